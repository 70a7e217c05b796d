"""How long until something moves: the import of rnnlib, and `jupyter lab` to the first moved slider."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tables import held, smoke, table

IMPORT_SECONDS = 0.25


def imports(rounds):
    """Seconds of each import beyond Python's own start, medians of alternating runs: {name: seconds}."""
    taken = {name: [] for name in ("pass", "import numpy", "import rnnlib")}
    for _ in range(rounds + 1):     # the first fills the disk's cache
        for code, times in taken.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times.append(time.perf_counter() - start)
    own = taken.pop("pass")[1:]
    return {code: statistics.median(b - a for a, b in zip(own, times[1:])) for code, times in taken.items()}


def megabytes_below(pid):
    """Resident memory of the JupyterLab server and of its kernel, which are children of this process."""
    import psutil

    (server,) = [child for child in psutil.Process(pid).children() if "jupyterlab" in " ".join(child.cmdline())]
    kernels = [child for child in server.children(recursive=True) if "ipykernel_launcher" in " ".join(child.cmdline())]
    return [process.memory_info().rss / 1e6 for process in (server, *kernels)]


def first_slider(lesson="00_start_here.ipynb"):
    """(rows of a table: what had happened, seconds since `jupyter lab`; megabytes of server and kernel then)."""
    import os
    import shutil

    from playwright.sync_api import sync_playwright
    from sliders import ROOT, WATCH, Notebook, away, launch, press, server

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = launch(playwright)
        folder, home = Path(scratch, "course"), Path(scratch, "home")
        home.mkdir()
        shutil.copytree(ROOT / "notebooks", folder)
        start, rows = time.perf_counter(), []

        def done(what):
            rows.append([what, f"{time.perf_counter() - start:.1f}"])

        with server(folder, home) as address:
            done("the server answers")
            notebook = Notebook(browser, address, lesson)
            done("lesson 00 is open and its kernel ready")
            notebook.command("notebook:run-all-cells")
            notebook.page.locator(".jp-OutputArea-output .noUi-handle").first.wait_for(timeout=120_000)
            done("Run All has drawn the first slider figure")
            box = notebook.figures()[0]
            box.scroll_into_view_if_needed()
            notebook.wait_for_idle()
            box.evaluate(WATCH)
            handle = box.locator(".noUi-handle").first
            if press(notebook, handle, away(handle)[0], seconds=30) is None:
                raise RuntimeError("the first slider moved no picture")
            done("an arrow key has moved the picture")
            memory = megabytes_below(os.getpid())
            notebook.close()
        browser.close()
    return rows, memory


def main():
    tiny = smoke()
    times = imports(1 if tiny else 9)
    limits = {"import rnnlib": IMPORT_SECONDS}
    table("Import, beyond Python's own start", ["", "seconds", "at most"],
          [[f"`{code}`", held(f"{seconds:.2f}", tiny or seconds <= limits.get(code, seconds)), limits.get(code, "none")]
           for code, seconds in times.items()])
    if tiny:
        return
    try:
        rows, memory = first_slider()
    except ImportError as error:
        print(f"\n{error.name} is not installed: the way to the first slider is skipped.")
        return
    table("From `jupyter lab` to the first moved slider, lesson 00", ["what has happened", "seconds since the start"], rows)
    print("\nNo limit is set here. Resident memory at that moment: "
          f"server {memory[0]:.0f} MB, kernel {' + '.join(f'{m:.0f}' for m in memory[1:])} MB.")


if __name__ == "__main__":
    main()
