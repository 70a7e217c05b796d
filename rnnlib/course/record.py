"""A record of solved exercises and of predictions, on the learner's own disk, for those who ask for one.

The record is one small JSON file beside the notebooks. Without that file nothing is written; nothing ever leaves the machine.
"""

import contextlib
import json
import os
import tempfile
import time
from pathlib import Path

NAME = "progress.json"


def start(folder="."):
    """Begin a record in `folder` (that of the notebook), or go on with the one that is there; says which."""
    path = Path(folder) / NAME
    if path.exists():
        return f"A record is kept in {path.name} already."
    _write(path, {"exercises": {}, "predictions": {}})
    return f"From now on solved exercises and predictions are noted in {path.name}, beside your notebooks. Delete it to stop."


def note_exercise(name, ok, folder="."):
    """Count an attempt at an exercise and, once it is right, the day; does nothing without a record."""
    with _changing(folder) as data:
        entry = data["exercises"].setdefault(name, {"attempts": 0})
        entry["attempts"] += 1
        if ok:
            entry.setdefault("solved", time.strftime("%Y-%m-%d"))


def note_prediction(question, answer, truth=None, folder="."):
    """Keep a committed prediction and, once it is known, the truth; does nothing without a record."""
    with _changing(folder) as data:
        entry = data["predictions"].setdefault(question, {})
        entry["answer"] = answer
        if truth is not None:
            entry["truth"] = truth


def summary(exercises, folder="."):
    """The record in words: which of `exercises` (names) are solved, and each prediction beside the truth."""
    path = Path(folder) / NAME
    if not path.exists():
        return ("No record is kept. rnnlib.course.record.start() begins one, in a file beside your notebooks; "
                "nothing leaves this machine.")
    data = _read(path)
    solved = [name for name in exercises if "solved" in data["exercises"].get(name, {})]
    lines = [f"Exercises solved: {len(solved)} of {len(exercises)}."]
    if len(solved) < len(exercises):
        lines.append("Still open: " + ", ".join(name for name in exercises if name not in solved) + ".")
    lines.append(f"Predictions kept: {len(data['predictions'])}.")
    lines += [f"- {question} You said {entry.get('answer')}" + (f"; it is {entry['truth']}." if "truth" in entry else ".")
              for question, entry in data["predictions"].items()]
    return "\n".join(lines)


@contextlib.contextmanager
def _changing(folder):
    """The record to be changed, written back at the end; a scrap where none is kept. A lesson goes on if the disk does not."""
    path = Path(folder) / NAME
    if not path.exists():
        yield {"exercises": {}, "predictions": {}}
        return
    data = _read(path)
    yield data
    try:
        _write(path, data)
    except OSError as error:
        print(f"The record {path.name} could not be written: {error.strerror}. Everything else goes on.")


def _read(path):
    """The record. One that cannot be read is set aside under another name, which is said, and a new one begins."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not all(isinstance(data[part], dict) and all(isinstance(entry, dict) for entry in data[part].values())
                   for part in ("exercises", "predictions")):
            raise ValueError("not a record")
        return data
    except (OSError, ValueError, KeyError, TypeError):
        aside = next(path.with_name(f"progress.unreadable-{n}.json") for n in range(1, 10_000)
                     if not path.with_name(f"progress.unreadable-{n}.json").exists())
        with contextlib.suppress(OSError):
            os.replace(path, aside)
            print(f"The record {path.name} could not be read; it is set aside as {aside.name}, and a new one begins.")
        data = {"exercises": {}, "predictions": {}}
        with contextlib.suppress(OSError):
            _write(path, data)
        return data


def _write(path, data):
    """All of it or nothing: an interruption leaves the old file."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".progress", suffix=".part")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=1, default=float)      # default: NumPy's numbers
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
