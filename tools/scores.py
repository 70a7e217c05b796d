"""usage: python tools/scores.py [NAME...]

Trains the default model of each task with three seeds and prints baseline, ceiling, target and what was reached; without
names, all of them. NAME is how a module of rnnlib.course.toydata begins.
"""

import argparse
import importlib
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")       # these models are too small to share between cores
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Modules of rnnlib.course.toydata; each has table(), its row: (task, baseline, ceiling, target, reached mean, spread).
TASKS = [
    "sentiment", "forecasting", "topics",           # lesson 06
    "part_of_speech", "motion", "moving_dot",       # lesson 07
    "number_words", "morse", "run_summaries",       # lesson 08
    "captions", "melodies", "made_names",           # lesson 09
]


def main(arguments):
    parser = argparse.ArgumentParser(description="Train every task afresh and print its scores.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"how one of these begins: {', '.join(TASKS)}")
    wanted = parser.parse_args(arguments).names
    strangers = [name for name in wanted if not any(task.startswith(name) for task in TASKS)]
    if strangers:
        print(f"no task is called {strangers[0]!r}; there are: {', '.join(TASKS)}", file=sys.stderr)
        return 1
    print(f"{'task':24}{'baseline':>10}{'ceiling':>10}{'target':>10}{'reached':>10}{'spread':>10}")
    for task in TASKS:
        if not wanted or any(task.startswith(name) for name in wanted):
            name, *numbers = importlib.import_module(f"rnnlib.course.toydata.{task}").table()
            print(f"{name:24}" + "".join(f"{number:10.3f}" for number in numbers), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
