"""usage: python benchmarks/run.py [--smoke] [PART...]

Measures the course beside its peers, prints the tables and writes them to benchmarks/results.md. Parts: core, growth,
sliders, start, pages, lessons; without names, all of them. A part measured alone leaves the others' tables as they were.
--smoke runs tiny sizes, holds nothing against a limit, and writes nothing: it only shows that the benchmark runs.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.md"
PARTS = ("core", "growth", "sliders", "start", "pages", "lessons")
PACKAGES = ("numpy", "torch", "matplotlib", "ipywidgets", "jupyterlab", "nbval", "playwright")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")
OPENING = """# Speed, measured beside the peers

Written by `make bench`; each part says when and on what it was measured, and every table the limit it is held against.
A number beyond its limit is marked **so**. The load is that of the whole machine when a part began: on an idle one it is near 0,
and a load near the number of cores means that other programs were running and times are longer than they need be.
"""


def processor():
    """The name of the processor, where Linux tells it."""
    try:
        names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        names = []
    return names[0] if names else "unknown processor"


def installed(package):
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"no {package}"


def circumstances():
    """One paragraph: machine, versions, date, load."""
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    return (f"{time.strftime('%Y-%m-%d %H:%M')}, {processor()}, {os.cpu_count()} cores, {sys.platform}, {load} at the start; "
            f"Python {sys.version.split()[0]}, {', '.join(map(installed, PACKAGES))}.")


def measure(part, smoke):
    """Run one part as a process of its own and pass on what it prints; its section, or None where it failed."""
    print(f"## {part}\n", flush=True)
    start, lines = time.monotonic(), [circumstances()]
    print(lines[0], flush=True)
    learners = HERE.parent / ".venv" / "bin" / "python"     # has no torch, which lesson 03 would import where it finds it
    python = learners if part == "lessons" and learners.exists() else sys.executable
    command = [str(python), "-u", str(HERE / f"{part}.py"), *(["--smoke"] if smoke else [])]
    environment = {**os.environ, **(ONE_THREAD if part in ("core", "growth", "lessons") else {})}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip("\n"))
    if process.returncode:
        print(f"{part} failed; its tables in {RESULTS.name} stay as they were", file=sys.stderr)
        return None
    lines.append(f"\nMeasured in {time.monotonic() - start:.0f} s.")
    print(lines[-1] + "\n", flush=True)
    return "\n".join(lines).strip()


def stored():
    """The sections of results.md by part."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    return dict(re.findall(rf"^## ({'|'.join(PARTS)})\n\n(.*?)\n*(?=^## |\Z)", text, re.M | re.S))


def main(arguments):
    parser = argparse.ArgumentParser(description="Measure the course beside its peers.")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, no limits, nothing written")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)}")
    options = parser.parse_args(arguments)
    strangers = [part for part in options.parts if part not in PARTS]
    if strangers:
        print(f"no part is called {strangers[0]!r}; there are: {', '.join(PARTS)}", file=sys.stderr)
        return 1
    well = True
    for part in options.parts or PARTS:
        section = measure(part, options.smoke)
        well = well and section is not None
        if section and not options.smoke:
            sections = {**stored(), part: section}
            RESULTS.write_text(OPENING + "".join(f"\n## {name}\n\n{sections[name]}\n" for name in PARTS if name in sections),
                               encoding="utf-8", newline="\n")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
