"""What the first cell of a lesson says where the library, or what stands in its place, cannot serve it."""

import re
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
from lessons import NOTEBOOKS, ROOT, sources

import rnnlib

READY = [f"{package}: ready" for package in ("numpy", "matplotlib", "ipywidgets", "anywidget", "rnnlib")]


def said(folder):
    """What lesson 00's first code cell prints in a folder with these files, where a kernel looks first."""
    code = f"import sys; sys.path[:0] = ['', {str(ROOT)!r}]\n" + sources(0, "code")[0]
    run = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def test_a_good_installation_is_ready(tmp_path):
    assert said(tmp_path) == READY


@pytest.mark.parametrize("package", ["numpy", "matplotlib", "ipywidgets", "anywidget", "rnnlib"])
@pytest.mark.parametrize("content", ["", "1 / 0", "def"])
def test_a_file_in_a_package_s_place_is_named(tmp_path, package, content):
    (tmp_path / f"{package}.py").write_text(content)
    *before, last = said(tmp_path)
    assert before == READY[:READY.index(f"{package}: ready")]
    assert last.startswith(f"{package}: ") and f"{package}.py stands in its place. Rename that file" in last


@pytest.mark.parametrize("package, version", [("rnnlib", "0.1.0"), ("numpy", "1.25.2"), ("ipywidgets", "7.6.5"),
                                              ("anywidget", "0.8.1")])
def test_an_old_package_is_told_with_what_to_install(tmp_path, package, version):
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text(f"__version__ = {version!r}\nndarray = None\ndef __getattr__(name): ...")
    wanted = {"rnnlib": "-e . (in the course's folder)", "numpy": '"numpy>=1.26"', "ipywidgets": '"ipywidgets>=7.7"',
              "anywidget": '"anywidget>=0.9"'}[package]
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + re.sub(
        r"^needed = .*", lambda line: "needed = " + str({package: eval(line[0][9:])[package]}), sources(0, "code")[0], flags=re.M)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.rstrip().endswith(f"or newer is missing. Install it with: python -m pip install {wanted}"), run


def test_a_missing_package_is_told():
    code = sources(0, "code")[0].replace('"numpy"', '"no_such_package"')
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert 'Install it with: python -m pip install "no_such_package>=1.26"' in run.stdout and run.returncode == 0


def test_rnnlib_does_not_start_on_a_file_that_stands_in_numpy_s_place(tmp_path):
    (tmp_path / "numpy.py").touch()
    run = subprocess.run([sys.executable, "-c", f"import sys; sys.path.append({str(ROOT)!r}); import rnnlib"], cwd=tmp_path,
                         capture_output=True, text=True)
    assert "numpy.py stands in NumPy's place: rename that file, then restart the kernel." in run.stderr.splitlines()[-1]


# --- the line in which a lesson asks for its library: it must serve with a library older than the line itself

LINE = re.compile(r'^assert getattr\(rnnlib, "version_info", \(\)\) >= \((\d+), (\d+)\), "install rnnlib .*"$', re.M)


def asked(path):
    return [match for cell in nbformat.read(path, 4).cells for match in LINE.finditer(cell.source)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_lesson_asks_for_no_more_than_there_is(path):
    for line in asked(path):
        assert (int(line[1]), int(line[2])) <= rnnlib.version_info and f"rnnlib {line[1]}.{line[2]} or newer" in line[0]


@pytest.mark.parametrize("library, fine", [
    (rnnlib, True), (SimpleNamespace(version_info=(0, 10, 0)), True), (SimpleNamespace(version_info=(1, 0, 0)), True),
    (SimpleNamespace(version_info=(0, 1, 9)), False), (SimpleNamespace(__version__="0.1.0"), False), (SimpleNamespace(), False)])
def test_the_line_itself(library, fine):
    line = 'assert getattr(rnnlib, "version_info", ()) >= (0, 2), "install rnnlib 0.2 or newer: lesson 00 says how"'
    assert LINE.fullmatch(line)
    if fine:
        return exec(line, {"rnnlib": library})
    with pytest.raises(AssertionError, match="install rnnlib 0.2 or newer"):
        exec(line, {"rnnlib": library})
