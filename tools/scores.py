"""usage: python tools/scores.py [NAME...]

Trains the default model of each task with three seeds and prints baseline, ceiling, target and what was reached; without
names, for all tasks. NAME is the beginning of a task's name, see rnnlib.course.toydata.
"""

import sys

from weights import chosen  # before numpy: it sets the thread counts


def main(arguments):
    tasks = chosen(arguments, "Train every task from scratch and print its scores.")
    print(f"{'task':24}{'baseline':>10}{'ceiling':>10}{'target':>10}{'reached':>10}{'spread':>10}")
    for task in tasks:
        if task.target is None:
            print(f"{task.title} ({task.lesson:02d}): no target", flush=True)
        else:
            name, *numbers = task.row()
            print(f"{name:24}" + "".join(f"{number:10.3f}" for number in numbers), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
