"""tools/setup.sh and tools/environment.py: two commands on a fresh machine, and a sentence where that cannot work."""
import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import environment
import pytest
from environment import Environment, Trouble

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "tools" / "environment.py"
HERE = tuple(sys.version_info[:3])

posix = pytest.mark.skipif(os.name == "nt", reason="make and .venv/bin are not for Windows, where pip does it directly")


def old_pythons():
    """Interpreters of this machine that are too old for the course."""
    names = [f"python{version}" for version in ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10")]
    paths = [Path(found) for found in map(shutil.which, names) if found]
    paths += Path.home().glob(".pyenv/versions/*/bin/python")
    return [path for path in paths if answer(path, "-c", "import sys; sys.exit(sys.version_info >= (3, 11))") == 0]


def answer(*command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


# --- what an old Python says

def test_every_old_python_of_this_machine_says_what_is_needed():
    pythons = old_pythons()
    if not pythons:
        pytest.skip("no Python older than 3.11 on this machine")
    for python in pythons:
        run = subprocess.run([python, SCRIPT, "lab"], capture_output=True, text=True)
        assert run.returncode == 1, python
        assert run.stderr.count("\n") == 1 and "3.11 or newer" in run.stderr, (python, run.stderr)
        assert answer(python, SCRIPT, "--suits") == 1


def test_the_script_holds_nothing_an_old_python_cannot_read():
    new = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.AsyncFunctionDef, ast.Await, ast.Nonlocal, ast.YieldFrom)
    tree = ast.parse(SCRIPT.read_text())
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, new)]
    assert not [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.returns]


def test_the_oldest_python_is_the_one_pyproject_names():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert wanted == ">=" + environment.dotted(environment.MINIMUM)


# --- which Python is taken

@pytest.fixture
def checkout(tmp_path):
    """A checkout whose environment.py only says by which Python it was started: $0 of the stubs below."""
    root = tmp_path / "my course"
    (root / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "setup.sh", root / "tools")
    (root / "bin").mkdir()
    (root / "bin" / "dirname").symlink_to(shutil.which("dirname"))
    return root


def stub(path, runs=True, suits=True):
    """A Python that answers `-c ''` and `--suits` and else prints its name and what it was asked to do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"""#!/bin/sh
case "$1 $2" in
"-c ") exit {0 if runs else 127} ;;
*" --suits") exit {0 if runs and suits else 1} ;;
esac
echo "{path.name} $*"
""")
    path.chmod(0o755)


def setup(root, *extras, **variables):
    environ = {"PATH": str(root / "bin"), **variables}
    run = subprocess.run(["/bin/sh", root / "tools" / "setup.sh", *extras], env=environ, capture_output=True, text=True)
    return run.returncode, run.stdout, run.stderr


@posix
def test_no_python_at_all_is_a_sentence(checkout):
    code, _, error = setup(checkout, "lab")
    assert code == 1 and error.count("\n") == 1 and "install Python 3.11 or newer" in error


@posix
def test_a_stub_that_does_not_run_is_passed_over(checkout):
    stub(checkout / "bin" / "python3.13", runs=False)
    stub(checkout / "bin" / "python3", suits=False)
    stub(checkout / "bin" / "python")
    assert setup(checkout, "lab", "test") == (0, "python tools/environment.py lab test\n", "")


@posix
def test_the_newest_is_taken(checkout):
    for version in ("3.11", "3.12", "3.14"):
        stub(checkout / "bin" / f"python{version}")
    assert setup(checkout, "lab")[1] == "python3.14 tools/environment.py lab\n"


@posix
def test_where_all_are_too_old_one_of_them_may_say_so(checkout):
    stub(checkout / "bin" / "python3", suits=False)
    assert setup(checkout, "lab")[1] == "python3 tools/environment.py lab\n"


@posix
def test_an_environment_that_is_there_needs_no_other_python(checkout):
    stub(checkout / ".venv" / "bin" / "python")
    assert setup(checkout, "lab")[0] == 1  # without pyvenv.cfg it is half made
    (checkout / ".venv" / "pyvenv.cfg").touch()
    assert setup(checkout, "lab")[1] == "python tools/environment.py lab\n"


@posix
def test_python_can_be_chosen(checkout):
    stub(checkout / "bin" / "python3.14")
    stub(checkout / "else where" / "mine")
    assert setup(checkout, "lab", PYTHON=str(checkout / "else where" / "mine"))[1] == "mine tools/environment.py lab\n"
    code, _, error = setup(checkout, "lab", PYTHON="python9")
    assert code == 1 and error.count("\n") == 1 and "PYTHON=python9 does not run" in error


# --- what is installed, and when

class Recorder(Environment):
    """An environment whose making and pip are written down instead of done."""

    def __init__(self, root, python_here=HERE):
        super().__init__(str(root))
        self.python_here, self.log = python_here, []

    def create(self):
        self.log.append("create")
        shutil.rmtree(self.folder, ignore_errors=True)
        Path(self.folder).mkdir()
        self.python_here = HERE
        return HERE


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Makes a Recorder in a folder with a pyproject.toml; pip's answer is made.pip."""
    def make(folder=tmp_path, python_here=None):
        folder.mkdir(exist_ok=True)
        (folder / "pyproject.toml").write_text("[project]")
        made = Recorder(folder, python_here)

        def call(command, **_):
            if "install" in command:
                made.log.append(command[-1])
                if isinstance(make.pip, BaseException):
                    raise make.pip
                return make.pip
            return 0

        monkeypatch.setattr(environment, "version_of", lambda python: made.python_here)
        monkeypatch.setattr(environment.subprocess, "call", call)
        return made

    make.pip = 0
    return make


def test_a_fresh_checkout_is_installed_once(made):
    environment = made()
    environment.ensure(["lab"])
    assert environment.log == ["create", ".[lab]"]
    environment.ensure(["lab"])
    assert environment.log == ["create", ".[lab]"]


def test_extras_add_up(made):
    environment = made()
    for extras in (["lab"], ["lab", "test"], ["lab"], ["test"]):
        environment.ensure(extras)
    assert environment.log == ["create", ".[lab]", ".[lab,test]"]


def test_a_changed_pyproject_installs_again(made, tmp_path):
    environment = made()
    environment.ensure(["lab"])
    (tmp_path / "pyproject.toml").write_text("[project] # and more")
    environment.ensure(["lab"])
    assert environment.log == ["create", ".[lab]", ".[lab]"]


def test_a_moved_checkout_installs_again(made, tmp_path):
    made(tmp_path / "old").ensure(["lab"])
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    moved = made(tmp_path / "new", HERE)
    moved.ensure(["lab"])
    assert moved.log == [".[lab]"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"key": 1, "extras": null}', "\xff"])
def test_a_broken_stamp_installs_again(made, content):
    environment = made()
    environment.ensure(["lab"])
    Path(environment.stamp).write_text(content, encoding="latin-1")
    environment.ensure(["lab"])
    assert environment.log == ["create", ".[lab]", ".[lab]"]


@pytest.mark.parametrize(("pip", "raised"), [(1, Trouble), (KeyboardInterrupt(), KeyboardInterrupt)])
def test_an_installation_that_fails_is_taken_up_again(made, tmp_path, pip, raised):
    environment = made()
    environment.ensure(["lab"])
    made.pip = pip
    with pytest.raises(raised):
        environment.ensure(["test"])
    made.pip = 0
    environment.ensure(["lab"])
    assert environment.log == ["create", ".[lab]", ".[lab,test]", ".[lab]"]


def test_an_environment_made_by_hand_is_used(made, tmp_path):
    (tmp_path / ".venv").mkdir()
    environment = made(python_here=HERE)
    environment.ensure(["lab"])
    assert environment.log == [".[lab]"]


def test_an_environment_whose_python_is_gone_is_made_anew(made, tmp_path):
    (tmp_path / ".venv").mkdir()
    environment = made(python_here=None)
    environment.ensure(["lab"])
    assert environment.log == ["create", ".[lab]"]


@pytest.mark.parametrize(("inside", "wanted"), [((3, 10, 1), None), ((3, 12, 1), HERE)])
def test_another_python_inside(made, inside, wanted):
    """One we made is made anew; one made by hand is not ours to throw away."""
    environment = made()
    environment.ensure(["lab"])
    environment.python_here = inside
    environment.ensure(["lab"], wanted)
    assert environment.log == ["create", ".[lab]"] * 2
    os.remove(environment.stamp)
    environment.python_here = inside
    with pytest.raises(Trouble, match="made by hand and holds Python 3.1.*remove it"):
        environment.ensure(["lab"], wanted)


@posix
def test_a_real_environment_replaces_a_broken_one(tmp_path, monkeypatch):
    environment = Environment(str(tmp_path / "ein Ordner"))
    broken = tmp_path / "ein Ordner" / ".venv" / "bin"
    broken.mkdir(parents=True)
    (broken / "python").symlink_to(tmp_path / "gone")
    monkeypatch.setattr(environment, "install", lambda version, extras: None)
    environment.ensure(["lab"])
    run = subprocess.run([environment.python, "-m", "pip", "--version"], capture_output=True, text=True)
    assert run.returncode == 0 and "ein Ordner" in run.stdout


@posix
def test_an_interpreter_outside_any_environment_is_not_taken_for_one(tmp_path):
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    assert environment.version_of(str(base)) is None
    assert environment.version_of(str(tmp_path / "nothing here")) is None


# --- what goes wrong is said in a sentence

def refuse(number, text):
    def refusing(*_, **__):
        raise OSError(number, text)
    return refusing


def test_no_venv_module(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find(name))
    with pytest.raises(Trouble, match=rf"sudo apt install python3\.{sys.version_info.minor}-venv"):
        environment.require_venv_module()


def test_no_permission_to_write(tmp_path, monkeypatch):
    # simulated, as permissions do not stop the superuser, by whom tests may be run
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse(13, "Permission denied"))
    with pytest.raises(Trouble) as trouble:
        environment.require_writable(str(tmp_path))
    assert "Permission denied" in str(trouble.value) and "copy the course to a folder of your own" in str(trouble.value)


def test_venv_that_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(environment.subprocess, "call", lambda *_, **__: 1)
    with pytest.raises(Trouble, match="failed, see above"):
        Environment(str(tmp_path)).create()


@pytest.mark.parametrize(("problem", "code", "said"), [(Trouble("Do this."), 1, "Do this."),
                                                       (KeyboardInterrupt(), 130, "Interrupted")])
def test_no_traceback(monkeypatch, capsys, problem, code, said):
    def fail(*_):
        raise problem

    monkeypatch.setattr(Environment, "ensure", fail)
    assert environment.main(["lab"]) == code
    error = capsys.readouterr().err
    assert error.startswith(said) and error.count("\n") == 1


def test_what_was_installed_must_start(made, monkeypatch):
    environment_here = made()
    pip_only = environment.subprocess.call
    monkeypatch.setattr(environment.subprocess, "call",
                        lambda command, **kw: 1 if environment.STARTED_WITH in command[-1] else pip_only(command, **kw))
    with pytest.raises(Trouble, match="does not start"):
        environment_here.ensure(["lab"])
    assert not os.path.exists(environment_here.stamp)


def test_the_stamp_is_readable(made):
    environment = made()
    environment.ensure(["lab"])
    assert json.loads(Path(environment.stamp).read_text())["extras"] == ["lab"]
