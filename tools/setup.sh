#!/bin/sh
# usage: tools/setup.sh EXTRA...   Make .venv hold the course and the named extras.
# Finds a Python for tools/environment.py: the one .venv has, else the newest on PATH; PYTHON=... decides instead.
# A name on PATH may be a stub of a version manager that runs nothing, so each candidate is tried.
cd "$(dirname "$0")/.." || exit 1

if [ -n "$PYTHON" ]; then
    if ! "$PYTHON" -c '' 2>/dev/null; then
        echo "PYTHON=$PYTHON does not run: give the name or path of a Python 3.11 or newer." >&2
        exit 1
    fi
    exec "$PYTHON" tools/environment.py "$@"
fi

made= any=
[ -f .venv/pyvenv.cfg ] && made=.venv/bin/python
for python in $made python3.14 python3.13 python3.12 python3.11 python3 python; do
    "$python" tools/environment.py --suits 2>/dev/null && exec "$python" tools/environment.py "$@"
    "$python" -c '' 2>/dev/null && any=$python
done
# None suits: let one of them say what it is and what is needed.
[ -n "$any" ] && exec "$any" tools/environment.py "$@"
echo "No Python was found: install Python 3.11 or newer (https://www.python.org/downloads/), then run this again." >&2
exit 1
