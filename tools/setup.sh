#!/bin/sh
# usage: tools/setup.sh EXTRA...   Make .venv hold the course with the named extras of pyproject.toml; nothing where it does.
# The newest Python on PATH makes it; PYTHON=python3.12 chooses another.
cd "$(dirname "$0")/.." || exit 1
here=.venv/bin/python
stamp=.venv/rnn-course      # two lines: what the installation depends on, and the extras that are there

stop() { echo "$1" >&2; exit 1; }
version() { "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null; }
too_old() { case $1 in 2.* | 3.[0-9].* | 3.10.*) ;; *) return 1 ;; esac; }
writable() { [ -w "$1" ] || stop "Cannot write to the folder $1: copy the course to a folder of your own and run this there."; }
choose() { # A name on PATH may be a version manager's stub that runs nothing, so each is tried.
    for python in "$@"; do found=$(version "$python") && seen=$found && ! too_old "$found" && return; done
    stop "The course needs Python 3.11 or newer; here is ${seen:-none}. Install one from https://www.python.org/downloads/, then \
run this again (PYTHON=/path/to/python chooses it)."
}
trap 'echo "Interrupted: run this again to go on." >&2; exit 130' INT

inside= wanted=
[ -f .venv/pyvenv.cfg ] && inside=$(version $here)
if [ -n "$PYTHON" ]; then
    wanted=$(version "$PYTHON") || stop "PYTHON=$PYTHON does not run: give the name or path of a Python 3.11 or newer."
fi
if [ -n "$inside" ] && { too_old "$inside" || [ "${wanted:-$inside}" != "$inside" ]; }; then
    [ -f $stamp ] || stop "The folder .venv was made by hand and holds Python $inside: remove it (rm -r .venv), then run this \
again."
    inside=
fi

if [ -z "$inside" ]; then
    if [ -n "$PYTHON" ]; then choose "$PYTHON"; else choose python3.14 python3.13 python3.12 python3.11 python3 python; fi
    "$python" -c 'import venv, ensurepip' 2>/dev/null || stop "This Python ($python) cannot make a virtual environment: on Debian \
or Ubuntu run 'sudo apt install python${found%.*}-venv', elsewhere install Python from https://www.python.org/downloads/, then \
run this again."
    writable "$PWD"
    echo "Making .venv with Python $found."
    { "$python" -m venv --clear .venv && inside=$(version $here); } ||
        stop "Making the folder .venv failed, see above: remove it and run this again."
fi

# An editable installation does not survive a move, nor packages another Python.
key="$(cksum <pyproject.toml) $inside $PWD" known= there= missing=
[ -f $stamp ] && { IFS= read -r known && IFS= read -r there; } <$stamp
[ "$known" = "$key" ] || there= missing=yes
for extra; do
    case " $there " in *" $extra "*) ;; *) there="$there $extra" missing=yes ;; esac
done
[ -n "$missing" ] || exit 0

writable "$PWD/.venv"
echo "Installing the course into .venv: once, about a minute."
rm -f $stamp    # so that an interrupted installation is taken up again
$here -m pip --version >/dev/null 2>&1 || $here -m ensurepip    # an environment half made, or made without pip
# Most of what Jupyter brings is never imported: compiling it too would cost ten seconds and 60 MB.
$here -m pip install --disable-pip-version-check --no-compile --editable ".[$(echo $there | tr ' ' ,)]" ||
    stop "Installing failed, the lines above say why: see that this machine is online and its disk not full, then run this again."
# What is imported at every start is compiled now; it also shows whether what was installed works here.
$here -c 'import ipykernel.kernelapp, ipywidgets, jupyterlab.labapp, matplotlib.pyplot' ||
    stop "What was installed does not start, see above: remove the folder .venv and run this again."
printf '%s\n' "$key" "$there" >$stamp
