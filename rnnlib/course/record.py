"""A record of tries at exercises and of predictions, on the learner's own disk, for those who ask for one.

The record is one small text file beside the notebooks, a line of JSON for each event. Lines are only ever added, so that lessons
open at the same time lose nothing of each other's. Without that file nothing is written; nothing ever leaves the machine.
"""

import errno
import json
import os
import time
from pathlib import Path

NAME = "progress.jsonl"
OLD = "progress.json"       # what rnnlib 0.1 wrote, one object for everything: still read, no longer written


def start(folder="."):
    """Begin a record in `folder` (that of the notebook), or go on with the one that is there; says which."""
    path = Path(folder) / NAME
    if path.exists():
        return f"A record is kept in {NAME} already."
    path.touch()
    return f"From now on tries at exercises and predictions are noted in {NAME}, beside your notebooks. Delete it to stop."


def note_exercise(name, ok, folder="."):
    """Note an attempt at an exercise, whether it was right, and the day; does nothing without a record."""
    _append({"exercise": name, "ok": bool(ok), "day": time.strftime("%Y-%m-%d")}, folder)


def note_prediction(question, answer, truth=None, folder="."):
    """Note a committed prediction and, once it is known, the truth; does nothing without a record."""
    _append({"prediction": question, "answer": answer, **({} if truth is None else {"truth": truth})}, folder)


def read(folder="."):
    """What is recorded: (exercises, predictions, the number of lines that cannot be read); None where no record is kept.

    exercises : dict name -> {"attempts": int, and once it was right "solved": the first such day, "2025-01-31"}
    predictions : dict question -> {"answer": the last one, and once it was revealed "truth"}
    """
    folder = Path(folder)
    if not _kept(folder):
        return None
    exercises, predictions, unreadable = {}, {}, 0
    try:
        old = json.loads((folder / OLD).read_text(encoding="utf-8"))
        exercises.update({name: dict(entry) for name, entry in old["exercises"].items()})
        predictions.update({question: dict(entry) for question, entry in old["predictions"].items()})
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        unreadable += 1
    try:
        lines = (folder / NAME).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        lines = []
    for line in filter(None, lines):
        try:
            event = json.loads(line)
            if "exercise" in event:
                entry = exercises.setdefault(event["exercise"], {})
                entry["attempts"] = entry.get("attempts", 0) + 1
                if event["ok"]:
                    entry.setdefault("solved", event["day"])
            elif "prediction" in event:
                predictions.setdefault(event["prediction"], {}).update(
                    {part: event[part] for part in ("answer", "truth") if part in event})
        except (ValueError, KeyError, TypeError):
            unreadable += 1
    return exercises, predictions, unreadable


def summary(exercises, folder="."):
    """The record in words: which of `exercises` (names) are solved, and each prediction beside the truth."""
    recorded = read(folder)
    if recorded is None:
        return ("No record is kept. rnnlib.course.record.start() begins one, in a file beside your notebooks; "
                "nothing leaves this machine.")
    tried, predictions, unreadable = recorded
    solved = [name for name in exercises if "solved" in tried.get(name, {})]
    lines = [f"Exercises solved: {len(solved)} of {len(exercises)}."]
    if len(solved) < len(exercises):
        lines.append("Still open: " + ", ".join(name for name in exercises if name not in solved) + ".")
    lines.append(f"Predictions kept: {len(predictions)}.")
    lines += [f"- {question} You said {entry.get('answer')}" + (f"; it is {entry['truth']}." if "truth" in entry else ".")
              for question, entry in predictions.items()]
    if unreadable:
        lines.append(f"Lines that could not be read: {unreadable}.")
    return "\n".join(lines)


def _kept(folder):
    return (folder / NAME).exists() or (folder / OLD).exists()


def _append(event, folder):
    """Add a line, in one write that the system puts whole at the end (Windows all but always). A full disk stops no lesson."""
    folder = Path(folder)
    if not _kept(folder):
        return
    # The line's end comes first: should the last line be cut short (a full disk, a power cut), this one is whole all the same.
    line = ("\n" + json.dumps(event, default=float)).encode()        # default: NumPy's numbers
    try:
        with open(folder / NAME, "ab", buffering=0) as file:
            if file.write(line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError as error:
        print(f"The record {NAME} could not be written: {error.strerror}. Everything else goes on.")
