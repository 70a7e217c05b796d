"""usage: python tools/weights.py [NAME...]

Trains again the models whose weights ship with the lessons, and writes them in place; without names, all of them. NAME
is how a module of rnnlib.course.toydata begins. A run depends on its seed alone: the same machine writes the same bytes.
"""

import argparse
import importlib
import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")       # these models are too small to share between cores
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Modules of rnnlib.course.toydata; each has WEIGHTS, the path of its .npz, and make_weights(path), which trains and writes it.
MAKERS = [
    "sentiment", "forecasting", "topics",           # lesson 06
    "part_of_speech", "motion", "moving_dot",       # lesson 07
    "number_words", "digit_strings", "morse", "run_summaries",      # lesson 08
    "captions", "melodies", "made_names",           # lesson 09
    "ambiguous_names",      # lesson 10
]


def remake(name):
    """Train and replace one file; an interrupted run leaves the old one whole. Returns the path written."""
    module = importlib.import_module(f"rnnlib.course.toydata.{name}")
    new = module.WEIGHTS.with_name(f"new_{module.WEIGHTS.name}")
    try:
        module.make_weights(new)
        new.replace(module.WEIGHTS)
    finally:
        new.unlink(missing_ok=True)
    return module.WEIGHTS


def main(arguments):
    parser = argparse.ArgumentParser(description="Train again the models whose weights ship with the lessons.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"how one of these begins: {', '.join(MAKERS)}")
    wanted = parser.parse_args(arguments).names
    strangers = [name for name in wanted if not any(maker.startswith(name) for maker in MAKERS)]
    if strangers:
        print(f"no weights are called {strangers[0]!r}; there are: {', '.join(MAKERS)}", file=sys.stderr)
        return 1
    for maker in MAKERS:
        if not wanted or any(maker.startswith(name) for name in wanted):
            start = time.monotonic()
            path = remake(maker)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB, {time.monotonic() - start:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
