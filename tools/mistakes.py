"""How often the checks of the exercises find the cause: try the held-out wrong solutions and count (make mistakes).

Each solution in tools/held_out was written with its true cause and with a pattern that a true verdict matches. Counted are

    accepted     called right
    named        the verdict names a cause, and it is the true one
    located      no cause is named, but where or when the result is wrong; that is measured, so it is true
    other        a cause is named that the pattern does not know: printed, to be read; the same results may have two true names
    blank        nothing said but that it is wrong

and of those in right.txt how many were rejected.
"""

import argparse
import itertools
import linecache
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np

import rnnlib
from rnnlib.course import exercises
from rnnlib.course.toydata import topics

CELLS = itertools.count()
HELD_OUT = Path(__file__).parent / "held_out"
# what a verdict says where it names no cause
OPEN = re.compile("no mistake known|partly right|not finite|nearly right|should have shape|should be [a(]|raised|is right where")
WHERE = re.compile(
    "partly right|not finite|nearly right|should have shape|should be [a(]|raised|is right where|It is right|[Ww]rong where|"
    "only where|sizes are right|diagonal is|never depends|of the entries are|all along|goes up|goes down|sum to 1|"
    "times what it should|^Where|Right at|another shape|Right: ", re.MULTILINE)


def solutions(folder=HELD_OUT):
    """(exercise, true cause, pattern of a true verdict, body of the function) of every held-out solution."""
    for path in sorted(folder.glob("*.txt")):
        for block in re.split(r"^== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            head, _, body = block.partition("\n")
            name, cause, pattern = head.split(" | ", 2)
            yield name, cause, pattern, body


def attempt(name, body):
    """The function of an entry, as if typed into a cell."""
    first = next(line for line in exercises._EXERCISES[name].solution.split("\n") if line.startswith("def "))
    space = {"np": np, "rnnlib": rnnlib, "topics": topics}     # what the lessons' cells have
    text, file = f"{first}\n{body}", f"<{name} {next(CELLS)}>"
    linecache.cache[file] = len(text), None, text.splitlines(True), file      # so that its text is known, as a cell's is
    exec(compile(text, file, "exec"), space)
    return space[name]


def kind(verdict, pattern):
    if pattern == "right":
        return "right" if verdict.ok else "rejected"
    if verdict.ok:
        return "accepted"
    true = re.search(pattern, verdict.message)
    if verdict.mistake:
        return "named" if true else "other"
    if true and not OPEN.search(verdict.message):
        return "named"
    return "located" if WHERE.search(verdict.message) else "blank" if OPEN.search(verdict.message) else "other"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("exercises", nargs="*", help="some exercises only")
    parser.add_argument("--all", action="store_true", help="print every verdict")
    options = parser.parse_args()
    counts, each = Counter(), {}
    for name, cause, pattern, body in solutions():
        if options.exercises and name not in options.exercises:
            continue
        verdict = exercises.check(name, attempt(name, body))
        found = kind(verdict, pattern)
        counts[found] += 1
        each.setdefault(name, Counter())[found] += 1
        if options.all or found in ("accepted", "rejected", "other", "blank"):
            print(f"--- {name}: {cause}\n    {found}: {verdict.mistake}\n    " + verdict.message.replace("\n", "\n    "))
    print(f"\nright solutions: {counts['right']} accepted, {counts['rejected']} rejected")
    total = sum(counts.values()) - counts["right"] - counts["rejected"]
    kinds = ("accepted", "named", "located", "other", "blank")
    print(f"\n{'':32}" + "".join(f"{word:>10}" for word in kinds))
    for name, some in each.items():
        print(f"{name:32}" + "".join(f"{some[word] or '':>10}" for word in kinds))
    print(f"{f'all {total}':32}" + "".join(f"{counts[word]:>10}" for word in kinds))
    print(f"{'':32}" + "".join(f"{counts[word] / total:>10.1%}" for word in kinds))
    return 1 if counts["accepted"] or counts["rejected"] else 0


if __name__ == "__main__":
    sys.exit(main())
