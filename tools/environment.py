"""usage: python tools/environment.py EXTRA...

Makes .venv hold this course with the named extras of pyproject.toml, and does nothing when it already does.
`--suits` only answers, by its exit code, whether this Python is new enough.

Even an old Python has to get as far as the sentence that says so: nothing here is newer than Python 2.7.
"""
from __future__ import print_function

import hashlib
import json
import os
import subprocess
import sys
import tempfile

MINIMUM = (3, 11)
STARTED_WITH = "ipykernel.kernelapp, ipywidgets, jupyterlab.labapp, matplotlib.pyplot"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Trouble(Exception):
    """What is wrong and what to do, in one sentence for the learner."""


def dotted(version):
    return ".".join(str(part) for part in version)


def require_new_python(version):
    if version < MINIMUM:
        raise Trouble(
            "This is Python %s, but the course needs %s or newer: install one from https://www.python.org/downloads/, "
            "then run this again (PYTHON=/path/to/python chooses it)." % (dotted(version), dotted(MINIMUM))
        )


def require_venv_module():
    import importlib.util

    # Debian and Ubuntu leave ensurepip out
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        raise Trouble(
            "This Python (%s) cannot make a virtual environment: on Debian or Ubuntu run "
            "'sudo apt install python%s-venv', elsewhere install Python from https://www.python.org/downloads/, "
            "then run this again." % (sys.executable, dotted(sys.version_info[:2]))
        )


def require_writable(folder):
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except (IOError, OSError) as error:
        raise Trouble(
            "Cannot write to the folder %s (%s): copy the course to a folder of your own and run this there."
            % (folder, error.strerror)
        )


def version_of(python):
    """The version of an environment's interpreter as a tuple; None where it does not run or is in none."""
    code = "import sys; assert sys.prefix != sys.base_prefix; print('%d %d %d' % sys.version_info[:3])"
    try:
        process = subprocess.Popen([python, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        answer = process.communicate()[0].split()
    except (IOError, OSError):
        return None
    return tuple(int(part) for part in answer) if process.returncode == 0 and len(answer) == 3 else None


class Environment(object):
    """The virtual environment of one checkout, and the stamp that says what was installed into it."""

    def __init__(self, root):
        self.root = root
        self.folder = os.path.join(root, ".venv")
        self.python = os.path.join(self.folder, "bin", "python")
        self.stamp = os.path.join(self.folder, "rnn-course.json")

    def key(self, version):
        """Changes when an installation made before may no longer do; an editable one does not survive a move."""
        with open(os.path.join(self.root, "pyproject.toml"), "rb") as file:
            content = file.read()
        return hashlib.sha256(b"\0".join([content, dotted(version).encode(), os.fsencode(self.root)])).hexdigest()

    def installed(self, version):
        """The extras that the stamp vouches for; None where nothing, or something else, was installed."""
        try:
            with open(self.stamp) as file:
                stamp = json.load(file)
            return set(stamp["extras"]) if stamp["key"] == self.key(version) else None
        except (IOError, OSError, ValueError, KeyError, TypeError):
            return None

    def ensure(self, extras, wanted_version=None):
        """wanted_version: what the user asked for by PYTHON=...; without it an environment that runs is kept."""
        version = version_of(self.python)
        if version and (version < MINIMUM or wanted_version not in (None, version)):
            if not os.path.exists(self.stamp):
                raise Trouble(
                    "The folder .venv was made by hand and holds Python %s: remove it (rm -r .venv) and run this again."
                    % dotted(version)
                )
            version = None
        if version is None:
            version = self.create()
        extras, there = set(extras), self.installed(version)
        if there is None or not extras <= there:
            self.install(version, extras | (there or set()))

    def create(self):
        require_venv_module()
        require_writable(self.root)
        version = tuple(sys.version_info[:3])
        print("Making .venv with Python %s." % dotted(version))
        sys.stdout.flush()
        # --clear: what is there is no environment that runs
        if subprocess.call([sys.executable, "-m", "venv", "--clear", self.folder]) != 0 or not version_of(self.python):
            raise Trouble("Making %s failed, see above: remove that folder and run this again." % self.folder)
        return version

    def install(self, version, extras):
        require_writable(self.folder)
        print("Installing the course into .venv: once, about a minute.")
        sys.stdout.flush()
        if os.path.exists(self.stamp):
            os.remove(self.stamp)  # so that an interrupted installation is taken up again
        pip = [self.python, "-m", "pip"]
        if subprocess.call(pip + ["--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) != 0:
            subprocess.call([self.python, "-m", "ensurepip"])  # a half-made environment, or one made without pip
        # Most of what Jupyter brings is never imported: compiling it too would cost ten seconds and 60 MB.
        command = pip + ["install", "--disable-pip-version-check", "--no-compile", "--editable"]
        if subprocess.call(command + [".[%s]" % ",".join(sorted(extras))], cwd=self.root) != 0:
            raise Trouble(
                "Installing failed, the lines above say why: see that this machine is online and its disk not full, "
                "then run this again."
            )
        # What is imported at every start is compiled now; it also shows whether what was installed works here.
        if subprocess.call([self.python, "-c", "import " + STARTED_WITH]) != 0:
            raise Trouble("What was installed does not start, see above: remove the folder .venv and run this again.")
        with open(self.stamp, "w") as file:
            json.dump({"key": self.key(version), "extras": sorted(extras)}, file)


def main(arguments):
    version = tuple(sys.version_info[:3])
    if arguments == ["--suits"]:
        return 0 if version >= MINIMUM else 1
    try:
        require_new_python(version)
        Environment(ROOT).ensure(arguments, version if os.environ.get("PYTHON") else None)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted: run this again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
