"""tools/setup.sh: two commands on a fresh machine, and a sentence where that cannot work."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = ("dirname", "cksum", "rm", "tr", "cp", "mkdir", "touch", "cat", "sleep")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="make and .venv/bin are not for Windows, where pip does it directly")

# A Python that writes down what it is asked for: $0 is its name, `pip` beside pyproject.toml what installing comes to.
STUB = """#!/bin/sh
case "$*" in
"-c import sys;"*) {version} ;;
"-c import venv, ensurepip") {venv} ;;
"-m venv --clear .venv") echo "${{0##*/}} makes .venv" >>log
    rm -rf .venv; mkdir -p .venv/bin; touch .venv/pyvenv.cfg; cp "$0" {here} ;;
"-m pip install "*) for last; do :; done; echo "pip $last" >>log; . ./pip ;;
"-m pip --version") [ ! -f no_pip ] ;;
"-m ensurepip") echo ensurepip >>log; rm no_pip ;;
"-c import ipykernel"*) [ ! -f does_not_start ] ;;
esac
"""


@pytest.fixture
def checkout(tmp_path):
    root = tmp_path / "my course"
    (root / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "setup.sh", root / "tools")
    (root / "pyproject.toml").write_text("[project]")
    (root / "pip").write_text("exit 0")
    (root / "bin").mkdir()
    for tool in TOOLS:
        (root / "bin" / tool).symlink_to(shutil.which(tool))
    return root


def stub(path, version="3.12.1", venv=True, here=".venv/bin/python"):
    path.parent.mkdir(parents=True, exist_ok=True)
    said, has_venv = f"echo {version}" if version else "exit 127", "exit 0" if venv else "exit 1"
    path.write_text(STUB.format(version=said, venv=has_venv, here=here))
    path.chmod(0o755)


def setup(root, *extras, **variables):
    """(exit code, what was done, what was said on stderr) of a run in which PATH holds the checkout's bin alone."""
    (root / "log").unlink(missing_ok=True)
    run = subprocess.run(["/bin/sh", root / "tools" / "setup.sh", *extras], env={"PATH": str(root / "bin"), **variables},
                         capture_output=True, text=True)
    done = (root / "log").read_text().splitlines() if (root / "log").exists() else []
    return run.returncode, done, run.stderr


def made(root, *extras, version="3.12.1"):
    stub(root / "bin" / "python3", version)
    assert setup(root, *extras) == (0, ["python3 makes .venv", f"pip .[{','.join(extras)}]"], "")
    return root


def sentence(answer, *parts):
    code, done, error = answer
    assert code == 1 and done == [] and error.count("\n") == 1 and all(part in error for part in parts), answer


# --- which Python is taken

def old_pythons():
    """Interpreters of this machine that are too old for the course."""
    names = [f"python{version}" for version in ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10")]
    paths = [Path(found) for found in map(shutil.which, names) if found] + [*Path.home().glob(".pyenv/versions/*/bin/python")]
    too_old = "import sys; sys.exit(sys.version_info >= (3, 11))"
    return [path for path in paths if not subprocess.run([path, "-c", too_old], capture_output=True).returncode]


def test_every_old_python_of_this_machine_is_told_what_is_needed(checkout):
    pythons = old_pythons()
    if not pythons:
        pytest.skip("no Python older than 3.11 on this machine")
    for python in pythons:
        sentence(setup(checkout, "lab", PYTHON=str(python)), "3.11 or newer; here is ", "python.org")


def test_no_python_at_all_is_a_sentence(checkout):
    sentence(setup(checkout, "lab"), "3.11 or newer; here is none")


@pytest.mark.parametrize(("version", "suits"), [("2.7.18", False), ("3.9.18", False), ("3.10.13", False), ("3.11.0", True),
                                                ("3.14.0", True), ("3.20.1", True), ("4.0.0", True)])
def test_which_versions_suit(checkout, version, suits):
    stub(checkout / "bin" / "python", version)
    answer = setup(checkout, "lab")
    assert answer[0] == 0 if suits else not sentence(answer, f"here is {version}.")


def test_the_oldest_python_is_the_one_pyproject_names():
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"] == ">=3.11"


def test_a_stub_that_does_not_run_and_an_old_one_are_passed_over(checkout):
    stub(checkout / "bin" / "python3.13", version=None)
    stub(checkout / "bin" / "python3", version="3.10.1")
    stub(checkout / "bin" / "python")
    assert setup(checkout, "lab", "test") == (0, ["python makes .venv", "pip .[lab,test]"], "")


def test_the_newest_is_taken(checkout):
    for version in ("3.11", "3.12", "3.14"):
        stub(checkout / "bin" / f"python{version}", version + ".0")
    assert setup(checkout, "lab")[1][0] == "python3.14 makes .venv"


def test_python_can_be_chosen(checkout):
    stub(checkout / "bin" / "python3.14", "3.14.0")
    stub(checkout / "else where" / "mine")
    assert setup(checkout, "lab", PYTHON=str(checkout / "else where" / "mine"))[1][0] == "mine makes .venv"
    assert setup(checkout, "lab")[:2] == (0, [])                                        # what there is does
    assert setup(checkout, "lab", PYTHON="python3.14")[1][0] == "python3.14 makes .venv"    # another one is asked for
    sentence(setup(checkout, "lab", PYTHON="python9"), "PYTHON=python9 does not run")


def test_an_environment_that_is_there_needs_no_other_python(checkout):
    made(checkout, "lab")
    (checkout / "bin" / "python3").unlink()
    assert setup(checkout, "lab")[:2] == (0, [])


def test_a_half_made_environment_is_made_anew(checkout):
    stub(checkout / ".venv" / "bin" / "python")         # without pyvenv.cfg
    sentence(setup(checkout, "lab"), "here is none")
    made(checkout, "lab")


@pytest.mark.parametrize("version", ["3.10.1", "3.13.0"])
def test_another_python_inside(checkout, version):
    """One we made is made anew; one made by hand is not ours to throw away."""
    made(checkout, "lab")
    stub(checkout / ".venv" / "bin" / "python", version)
    chosen = {"PYTHON": "python3"} if version == "3.13.0" else {}
    assert setup(checkout, "lab", **chosen)[:2] == (0, ["python3 makes .venv", "pip .[lab]"])
    stub(checkout / ".venv" / "bin" / "python", version)
    (checkout / ".venv" / "rnn-course").unlink()
    sentence(setup(checkout, "lab", **chosen), f"made by hand and holds Python {version}: remove it")


# --- what is installed, and when

def test_a_checkout_is_installed_once_and_extras_add_up(checkout):
    made(checkout, "lab")
    done = [setup(checkout, *extras)[1] for extras in (["lab"], ["lab", "test"], ["lab"], ["test"], ["test", "lab"])]
    assert done == [[], ["pip .[lab,test]"], [], [], []]


def test_a_changed_pyproject_another_python_and_a_move_install_again(checkout):
    made(checkout, "lab")
    (checkout / "pyproject.toml").write_text("[project] # and more")
    assert setup(checkout, "lab")[1] == ["pip .[lab]"]
    stub(checkout / ".venv" / "bin" / "python", "3.12.2")
    assert setup(checkout, "lab")[1] == ["pip .[lab]"]
    moved = checkout.rename(checkout.parent / "moved")
    assert setup(moved, "lab")[1] == ["pip .[lab]"]
    assert setup(moved, "lab")[1] == []


@pytest.mark.parametrize("content", ["", "\n\n", "1 2\nlab", "\xff"])
def test_a_broken_stamp_installs_again(checkout, content):
    made(checkout, "lab")
    (checkout / ".venv" / "rnn-course").write_text(content, encoding="latin-1")
    assert setup(checkout, "lab")[1] == ["pip .[lab]"]


def test_an_installation_that_fails_is_taken_up_again(checkout):
    made(checkout, "lab")
    (checkout / "pip").write_text("exit 1")
    code, done, error = setup(checkout, "test")
    assert code == 1 and done == ["pip .[lab,test]"] and error.startswith("Installing failed")
    (checkout / "pip").write_text("exit 0")
    assert setup(checkout, "lab")[1] == ["pip .[lab]"]


def test_an_interrupted_installation_is_taken_up_again(checkout):
    stub(checkout / "bin" / "python3")
    (checkout / "pip").write_text("exec sleep 60")
    process = subprocess.Popen(["/bin/sh", checkout / "tools" / "setup.sh", "lab"], env={"PATH": str(checkout / "bin")},
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    for _ in range(200):
        if (checkout / "log").exists() and "pip" in (checkout / "log").read_text():
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)       # as Ctrl-C does: the shell and what it has started
    assert process.communicate(timeout=30)[1] == "Interrupted: run this again to go on.\n" and process.returncode == 130
    (checkout / "pip").write_text("exit 0")
    assert setup(checkout, "lab")[:2] == (0, ["pip .[lab]"])


def test_an_environment_made_by_hand_is_used_and_given_pip(checkout):
    stub(checkout / ".venv" / "bin" / "python")
    for name in (".venv/pyvenv.cfg", "no_pip"):
        (checkout / name).touch()
    assert setup(checkout, "lab")[:2] == (0, ["ensurepip", "pip .[lab]"])


def test_what_was_installed_must_start(checkout):
    stub(checkout / "bin" / "python3")
    (checkout / "does_not_start").touch()
    for _ in range(2):
        code, done, error = setup(checkout, "lab")
        assert code == 1 and done[-1] == "pip .[lab]" and "does not start" in error


# --- what cannot work is said in a sentence

def test_no_venv_module(checkout):
    stub(checkout / "bin" / "python3", "3.13.2", venv=False)
    sentence(setup(checkout, "lab"), "sudo apt install python3.13-venv")


def test_making_it_fails(checkout):
    stub(checkout / "bin" / "python3", here="/nowhere/python")
    code, _, error = setup(checkout, "lab")
    assert code == 1 and "Making the folder .venv failed, see above" in error


def test_no_permission_to_write(checkout):
    stub(checkout / "bin" / "python3")
    with tempfile.TemporaryDirectory() as folder:       # where another user, too, may look
        there = Path(folder, "course")
        shutil.copytree(checkout, there, symlinks=True)
        for path in (Path(folder), there):
            path.chmod(0o555)
        somebody = {"user": 65534} if os.geteuid() == 0 else {}     # permissions do not stop the superuser
        run = subprocess.run(["/bin/sh", there / "tools" / "setup.sh", "lab"], env={"PATH": str(there / "bin")},
                             capture_output=True, text=True, **somebody)
        for path in (Path(folder), there):
            path.chmod(0o755)
    assert run.returncode == 1 and "copy the course to a folder of your own" in run.stderr and run.stderr.count("\n") == 1


def test_a_real_environment_replaces_a_broken_one(checkout):
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to(checkout / "gone")
    run = subprocess.run(["/bin/sh", checkout / "tools" / "setup.sh", "lab"], capture_output=True, text=True,
                         env={**os.environ, "PYTHON": sys.executable, "PIP_NO_INDEX": "1"})
    assert run.returncode == 1 and "Installing failed" in run.stderr       # this pyproject.toml names no project
    run = subprocess.run([checkout / ".venv" / "bin" / "python", "-m", "pip", "--version"], capture_output=True, text=True)
    assert run.returncode == 0 and "my course" in run.stdout
