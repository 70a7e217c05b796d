"""usage: python tools/weights.py [NAME...]

Trains the models whose weights ship with the lessons again, and writes them in place; without names, all of them. NAME is
the beginning of a task's name, see rnnlib.course.toydata. A run depends on its seed alone: the same machine writes the
same bytes.
"""

import argparse
import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")       # these models are too small to share between cores
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from rnnlib.course import toydata  # noqa: E402  (after the thread counts are set)


def chosen(arguments, description):
    """The tasks that the command line names; the program ends with a message where there is no such task."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"the beginning of one of: {', '.join(toydata.TASKS)}")
    names = parser.parse_args(arguments).names
    try:
        return toydata.tasks(names)
    except ValueError as error:
        parser.error(str(error))


def main(arguments):
    for task in chosen(arguments, "Train again the models whose weights ship with the lessons."):
        if task.shipped:
            start = time.monotonic()
            task.make_weights()
            print(f"{task.weights.name}: {task.weights.stat().st_size / 1000:.0f} kB, {time.monotonic() - start:.0f} s",
                  flush=True)
        else:
            print(f"{task.name}: no weights ship", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
