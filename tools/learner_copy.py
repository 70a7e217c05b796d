"""Copies notebooks/ into my_notebooks/, where learners write. Never overwrites what they wrote.

A file counts as theirs once its cells say something else than the copy they were given. Outputs, counts, metadata and
empty cells do not: merely running a notebook changes those.
"""
import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ".copied.json"  # file name -> what the original was when it was copied: {"bytes": ..., "cells": ...}


def digest(data):
    return hashlib.sha256(data).hexdigest()


def cells_of(data):
    """A digest of what a person types into a notebook; of all bytes for what is not a notebook."""
    try:
        cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(data)["cells"]]
    except (ValueError, KeyError, TypeError):
        return digest(data)
    return digest(json.dumps([cell for cell in cells if cell[1].strip()]).encode())


def write_whole(path, data):
    """All of it or nothing: an interruption leaves the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with open(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def read_manifest(path):
    """What was copied earlier. Unreadable or missing: nothing is known, so that every file that differs is kept."""
    try:
        manifest = json.loads(path.read_bytes())
        return {name: {"bytes": entry["bytes"], "cells": entry["cells"]} for name, entry in manifest.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def originals(folder):
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith((".", "__")) for part in name.parts):
            yield name.as_posix(), path.read_bytes()


def refresh(source, target):
    """Brings target up to date with source; yields a line for each file of which there is something to say."""
    manifest = read_manifest(target / MANIFEST)
    known = dict(manifest)
    for name, original in originals(source):
        path = target / name
        now = {"bytes": digest(original), "cells": cells_of(original)}
        given = manifest.get(name, now)
        if not path.exists():
            write_whole(path, original)
            manifest[name] = now
            yield f"{'given back' if name in known else 'new'}: {name}"
        elif cells_of(path.read_bytes()) in (given["cells"], now["cells"]):
            # Untouched, or already what the course has now. Their outputs stay until the course itself changes.
            if given["bytes"] != now["bytes"]:
                write_whole(path, original)
                yield f"updated: {name}"
            manifest[name] = now
        elif name in manifest and given["bytes"] == now["bytes"]:
            yield f"kept, yours: {name}"
        else:
            yield (f"kept, yours: {name} (the course's own is another by now: {source.name}/{name}; "
                   f"rename yours and start again to get it)")
    if manifest != known:
        write_whole(target / MANIFEST, json.dumps(manifest, indent=1).encode())


def copy_course(root=ROOT):
    """Prints what was done. False where the folder could not be written, with a sentence that says so."""
    target = root / "my_notebooks"
    try:
        for line in refresh(root / "notebooks", target):
            print(f"my_notebooks: {line}")
    except OSError as error:
        print(f"Cannot write your copy of the course: {error.strerror} ({error.filename}). "
              f"See that {target} is a folder you may write to and that the disk is not full.", file=sys.stderr)
        return False
    return True
