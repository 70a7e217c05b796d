"""What a lesson costs: its time and the memory of its kernel, and all of them re-executed and compared."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
from tables import held, smoke, table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import notebooks  # noqa: E402

ALL_SECONDS = 120
# The last words of every kernel: its processor seconds and the most memory it has had.
CONFESSION = """import resource, sys, time
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(f"[{time.process_time()}, {most}]")"""


def run(path):
    """(wall seconds, kernel's processor seconds, kernel's most bytes) of one notebook; the file is a copy that may change."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(CONFESSION))
    nbformat.write(notebook, path)
    start = time.perf_counter()
    executed = nbformat.reads(notebooks.execute(path).decode(), as_version=4)
    return time.perf_counter() - start, *json.loads(executed.cells[-1].outputs[0].text)


def strict(paths):
    """(seconds, pytest's last line) of nbval over these notebooks, in its strict mode."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider",
               "--nbval", "--nbval-current-env", *map(str, paths)]
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True)
    return time.perf_counter() - start, ended.stdout.strip().splitlines()[-1].strip("= ")


def main():
    tiny = smoke()
    originals = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))[:1 if tiny else None]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "course")
        shutil.copytree(ROOT / "notebooks", folder)
        start = time.perf_counter()
        with ProcessPoolExecutor(notebooks.AT_ONCE) as pool:
            costs = list(pool.map(run, [folder / path.name for path in originals]))
        together = time.perf_counter() - start
    table("Memory and CPU per student: a lesson run from its first cell to its last",
          ["lesson", "seconds, two at a time", "processor seconds of its kernel", "most memory of its kernel, MB"],
          [[path.stem, f"{wall:.1f}", f"{cpu:.1f}", f"{most / 1e6:.0f}"] for path, (wall, cpu, most) in zip(originals, costs)]
          + [["all, or the most", f"{together:.1f}", f"{sum(cost[1] for cost in costs):.1f}",
              f"{max(cost[2] for cost in costs) / 1e6:.0f}"]])
    print("\nEach kernel computes on one thread, as in `make test`: two at a time fill two cores.")
    rows = [[f"executed, {notebooks.AT_ONCE} at a time", held(f"{together:.0f}", tiny or together <= ALL_SECONDS), "-"]]
    if not tiny:
        seconds, said = strict(originals)
        rows.append(["executed and compared, strict nbval, 2 workers", held(f"{seconds:.0f}", seconds <= ALL_SECONDS), said])
    table(f"All {len(originals)} lessons", ["", f"seconds{'' if tiny else f', at most {ALL_SECONDS}'}", "pytest says"], rows)


if __name__ == "__main__":
    main()
