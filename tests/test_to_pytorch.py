"""notebooks/extra: what `make test` does not execute, for it needs more than the course; here it is, where torch is installed."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from test_notebooks import cell_faults, faults

import notebooks

ROOT = Path(__file__).parent.parent
PATH = ROOT / "notebooks" / "extra" / "to_pytorch.ipynb"
BYTES = PATH.read_bytes()


def test_hygiene():
    """As for every lesson, but for the number in its name and the number of pictures."""
    assert [fault for fault in faults("00_to_pytorch.ipynb", BYTES)] == []
    assert all(list(cell_faults(cell)) == [] for cell in json.loads(BYTES)["cells"])


def test_without_torch_it_says_so_in_one_sentence():
    first = next(cell.source for cell in nbformat.reads(BYTES.decode(), 4).cells if cell.cell_type == "code")
    done = subprocess.run([sys.executable, "-c", "import sys; sys.modules['torch'] = None\n" + first], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.returncode and done.stderr.rstrip().endswith(
        "ImportError: This notebook needs PyTorch: python -m pip install torch, then Kernel, Restart Kernel.")
    assert "another exception" not in done.stderr


@pytest.mark.parametrize("place", ["Makefile", ".github/workflows/ci.yml"])
def test_the_tests_of_all_notebooks_leave_it_to_this_file(place):
    lines = [line for line in (ROOT / place).read_text(encoding="utf-8").replace("\\\n", " ").split("\n") if "--nbval " in line]
    assert lines and all("--ignore=notebooks/extra" in line for line in lines)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None,
                    reason="torch is not installed: to_pytorch.ipynb is not executed (python -m pip install torch)")
def test_it_runs_and_says_what_is_stored():
    def said(data):
        return [(cell["id"], output.get("text"), output.get("data", {}).get("text/plain"))
                for cell in json.loads(data)["cells"] for output in cell.get("outputs", [])]

    assert said(notebooks.execute(PATH)) == said(BYTES)
