"""A release: what `make release` asks for, and what already must hold on every day."""

import re
import tomllib
from pathlib import Path

import nbformat
import pytest
import release
from lessons import NOTEBOOKS
from test_lesson_00 import LINE

import rnnlib

ROOT = Path(__file__).parent.parent
GOOD = {
    "rnnlib/__init__.py": '__version__ = "1.2.3"\n',
    "pyproject.toml": '[tool.rnnlib]\naddress = "https://github.com/ada/course"\nref = "v1.2.3"\n',
    "CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2027-01-02\n\n### Added\n\n- A lesson.\n",
    "CITATION.cff": 'version: 1.2.3\ndate-released: "2027-01-02"\nrepository-code: https://github.com/ada/course\n',
}


def found(tmp_path, git=lambda *arguments: "", **changes):
    for name, text in GOOD.items():
        old, new = changes.get(Path(name).stem.strip("_"), ("", ""))
        assert old in text
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text.replace(old, new) if old else text, encoding="utf-8")
    return list(release.faults(tmp_path, git))


def test_a_release_in_order_has_no_fault(tmp_path):
    assert found(tmp_path) == []


@pytest.mark.parametrize("fault, changes", [
    ("CHANGELOG.md has no section", {"init": ("1.2.3", "1.2.4")}),
    ("CITATION.cff names version 1.2.3", {"init": ("1.2.3", "1.2.4")}),
    ("three numbers", {"init": ("1.2.3", "1.2.3rc1")}),
    ("that says what changed", {"CHANGELOG": ("- A lesson.", "")}),
    ("under [Unreleased]", {"CHANGELOG": ("[Unreleased]\n", "[Unreleased]\n\n- more\n")}),
    ("date-released 2027-01-03", {"CITATION": ("01-02", "01-03")}),
    ("still OWNER/REPOSITORY", {"pyproject": ("ada/course", "OWNER/REPOSITORY")}),
    ("is not the address", {"CITATION": ("ada", "eve")}),
    ("ref in pyproject.toml is 'main'", {"pyproject": ("v1.2.3", "main")}),
])
def test_each_fault_is_found(tmp_path, fault, changes):
    assert any(fault in line for line in found(tmp_path, **changes))


@pytest.mark.parametrize("command, fault", [("status", "not clean"), ("tag", "is taken")])
def test_git_is_asked(tmp_path, command, fault):
    assert any(fault in line for line in found(tmp_path, git=lambda *arguments: command if arguments[0] == command else ""))


def test_nothing_is_tagged(tmp_path, monkeypatch, capsys):
    asked = []

    class Done:
        stdout = ""

    monkeypatch.setattr(release.subprocess, "run", lambda command, **options: asked.append(command[1]) or Done)
    assert found(tmp_path) == [] and release.main(tmp_path) == 0
    assert asked == ["status", "tag"] and "git tag -a v1.2.3" in capsys.readouterr().out


def test_citation_and_changelog_are_those_of_the_project():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert release.field(citation, "version") == rnnlib.__version__
    assert release.field(citation, "repository-code") == settings["tool"]["rnnlib"]["address"]
    assert release.field(citation, "license") == settings["project"]["license"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[(.*?)\]", changes, re.M)[0] == "Unreleased" and rnnlib.__version__ in changes


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_lesson_asks_for_its_library_in_its_first_cell_of_code(path):
    first = next(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")
    if path.name.startswith("00"):
        assert re.search(r'"rnnlib": \(\d+, \d+\)', first)
    else:
        assert LINE.search(first)
        assert "rnnlib.course" not in first.split("assert getattr")[0]
