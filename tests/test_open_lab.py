"""tools/open_lab.py: what JupyterLab is started with, and that its kernel is the one that has rnnlib."""
import json
import os
import subprocess
import sys

import open_lab
import pytest


@pytest.fixture(autouse=True)
def no_home(tmp_path, monkeypatch):
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))


def test_it_opens_lesson_00_of_the_learners_copy():
    arguments = open_lab.lab_arguments("my_notebooks", ["--no-browser", "--port", "8899"], is_root=False)
    assert "--LabApp.default_url=/lab/tree/my_notebooks/00_start_here.ipynb" in arguments
    assert arguments[-3:] == ["--no-browser", "--port", "8899"]  # last, so that they win


@pytest.mark.parametrize("is_root", [True, False])
def test_root_is_allowed_only_to_root(is_root):
    assert ("--allow-root" in open_lab.lab_arguments("my_notebooks", [], is_root)) is is_root


@pytest.mark.parametrize("options", [["--no-browser"], ["--edit", "--no-browser"]])
def test_the_course_is_copied_unless_the_originals_are_edited(monkeypatch, options):
    labapp = pytest.importorskip("jupyterlab.labapp", reason="JupyterLab is not installed: make lab installs it")
    started, copied = [], []
    monkeypatch.setattr(labapp, "main", started.append)
    monkeypatch.setattr(open_lab, "copy_course", lambda: copied.append(1) or True)
    monkeypatch.setenv("JUPYTER_PATH", "")
    open_lab.main(list(options))
    edit = options[0] == "--edit"
    assert copied == ([] if edit else [1])
    assert f"--LabApp.default_url=/lab/tree/{'' if edit else 'my_'}notebooks/00_start_here.ipynb" in started[0]
    assert started[0][-1] == "--no-browser" and "--edit" not in started[0]


def test_nothing_opens_when_the_copy_fails(monkeypatch):
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed: make lab installs it")
    monkeypatch.setattr(open_lab, "copy_course", lambda: False)
    assert open_lab.main([]) == 1


def test_a_missing_jupyterlab_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", None)
    assert open_lab.main([]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and 'pip install -e ".[lab]"' in error


@pytest.mark.skipif(os.name == "nt", reason="a home folder is not $HOME on Windows")
def test_a_home_that_cannot_be_written_to_is_a_sentence(tmp_path):
    """With the real JupyterLab; a file stands where the home folder should be, which stops the superuser, too."""
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed: make lab installs it")
    (tmp_path / "home").touch()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "XDG"))}
    run = subprocess.run([sys.executable, open_lab.__file__, "--edit", "--no-browser"], capture_output=True, text=True,
                         env={**environ, "HOME": str(tmp_path / "home")}, timeout=120)
    assert run.returncode == 1 and run.stderr.count("\n") == 1, run.stderr
    assert run.stderr.startswith("JupyterLab cannot write to ") and "set HOME to a folder of your own" in run.stderr


def test_a_kernel_from_elsewhere_does_not_stand_in(tmp_path):
    """A "python3" that the user once installed comes after the environment's own."""
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({"argv": ["other"], "display_name": "other", "language": "python"}))
    code = ("from jupyter_client.kernelspec import KernelSpecManager as Manager; "
            "print(Manager().get_kernel_spec('python3').display_name)")

    def chosen(path):
        environ = {**os.environ, "JUPYTER_PATH": path, "JUPYTER_DATA_DIR": str(tmp_path)}
        python = [sys.executable, "-W", "ignore", "-c", code]
        return subprocess.run(python, env=environ, capture_output=True, text=True).stdout

    assert chosen(str(tmp_path)) == "other\n"  # the danger is real
    assert chosen(open_lab.data_path(str(tmp_path))) == "Python 3 (ipykernel)\n"
