"""The benchmark runs, at tiny sizes and without limits, and keeps what it has measured before."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"
BROWSER = importlib.util.find_spec("playwright") and any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))


def smoke(part):
    """What `run.py --smoke PART` prints."""
    before = (FOLDER / "results.md").read_bytes() if (FOLDER / "results.md").exists() else None
    ended = subprocess.run([sys.executable, FOLDER / "run.py", "--smoke", part], capture_output=True, text=True, encoding="utf-8",
                           env={**os.environ, "PYTHONIOENCODING": "utf-8"})
    assert ended.returncode == 0, ended.stderr
    after = (FOLDER / "results.md").read_bytes() if (FOLDER / "results.md").exists() else None
    assert after == before, "a smoke run has written results"
    assert "**" not in ended.stdout, "a smoke run holds a time against a limit"
    return ended.stdout


def numbers(printed, row):
    """The cells behind the name of a row, as they were printed."""
    (cells,) = re.findall(rf"^\| [^|]*{re.escape(row)}[^|]*\|(.*)\|$", printed, re.M)
    return [cell.strip() for cell in cells.split("|")]


def test_core_runs_and_skips_a_peer_that_is_missing():
    printed = smoke("core")
    cells = numbers(printed, "(3, 2, 2, 4) LSTM")
    assert float(cells[0]) > 0
    if importlib.util.find_spec("torch"):
        assert len(cells) == 7 and float(cells[2]) > 0
    else:
        assert "torch is not installed: the peer is skipped" in printed and len(cells) == 2


def test_growth_runs():
    printed = smoke("growth")
    for letter in "TBH":
        assert f"### Along {letter}" in printed
    times, memory = numbers(printed.split("### Along B")[0], "GRU time"), numbers(printed.split("### Along B")[0], "GRU peak")
    assert all(float(cell) > 0 for cell in times[:2]) and len(memory) == 4


def test_start_runs():
    assert all(-1 < float(numbers(smoke("start"), f"`import {name}`")[0]) < 60 for name in ("rnnlib",))


def test_lessons_run_and_tell_what_their_kernels_cost():
    wall, processor, most = map(float, numbers(smoke("lessons"), "00_start_here"))
    assert wall > 0 and 0 < processor < 60 and 40 < most < 2000


@pytest.mark.skipif(not BROWSER, reason="needs playwright and a Chromium")
def test_sliders_run_and_name_the_figure():
    printed = smoke("sliders")
    cells = numbers(printed, "00 vanishing_product")
    assert len(cells) == 9
    assert float(cells[0]) > 0 and float(cells[5]) > 0
    assert float(numbers(printed, "80 ms each way | plain")[0]) >= 160, "what is held back each way comes later"


def test_an_unknown_part_is_named():
    ended = subprocess.run([sys.executable, FOLDER / "run.py", "speed"], capture_output=True, text=True)
    assert ended.returncode == 1
    assert "no part is called 'speed'; there are: core, growth, sliders, start, pages, lessons" in ended.stderr


def test_a_part_measured_alone_leaves_the_others(tmp_path, monkeypatch):
    specification = importlib.util.spec_from_file_location("benchmark_run", FOLDER / "run.py")
    run = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(run)
    monkeypatch.setattr(run, "RESULTS", tmp_path / "results.md")
    monkeypatch.setattr(run, "measure", lambda part, smoke: f"{part} one\n\n### A table\n\n| a |")
    run.main([])
    monkeypatch.setattr(run, "measure", lambda part, smoke: None if part == "start" else f"{part} two")
    assert run.main(["growth", "start"]) == 1
    text = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)", text, re.M) == list(run.PARTS)
    for part, section in run.stored().items():
        assert section == (f"{part} two" if part == "growth" else f"{part} one\n\n### A table\n\n| a |")
