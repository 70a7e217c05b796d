"""Every command in README.md and INSTRUCTORS.md is run by a test, or the page says that it is untried."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "INSTRUCTORS.md")}
# how a command begins: where it, or what its target calls, is run
TRIED = {
    "make lab": ("tests/test_open_lab.py", "open_lab"), "python tools/open_lab.py": ("tests/test_open_lab.py", "open_lab"),
    "make test-hub": ("tests/hub/test_hub.py", "def test"), "make test": (".ci/run", "make test"),
    "make hub": ("tests/hub/students.py", "course_hub.configure"),
    "make slides": ("tests/browser/test_slides.py", "tools/slides.py"),
    "make assignments": ("tests/test_nbgrader.py", "assignments.main"),
    "make questions": ("tests/test_questions.py", "questions.main"),
    "make bench": ("tests/test_benchmarks.py", "run"), "make site": ("tests/browser/test_site.py", "def test"),
    "make mistakes": ("tests/test_exercises.py", "mistakes"), "nbgrader": ("tests/test_nbgrader.py", 'nbgrader(tmp_path, "{}"'),
    ". .venv/bin/activate": ("tests/test_nbgrader.py", "activated environment"),
    "python -m pip install -e": (".github/workflows/ci.yml", "python -m pip install -e"),
    "python -m jupyter lab": ("tests/browser/lab.py", "jupyterlab"), "cd ": ("tests/test_nbgrader.py", "cwd=folder"),
}
UNTRIED = ("sudo ", "conda ", "pip install \"rnnlib @ git", "%pip install \"rnnlib @ git", "jupyter lab")


def commands(page):
    """(command, the text around it) of the blocks of shell and of the commands inside sentences."""
    for block in re.finditer(r"```sh\n(.*?)```", page, re.S):
        around = page[max(0, block.start() - 300):block.end() + 300]
        yield from ((line.split("  #")[0].strip(), around) for line in block[1].split("\n") if line.strip())
    prose = re.sub(r"```.*?```", lambda block: " " * len(block[0]), page, flags=re.S)
    starts = "make |python |conda |pip |%pip |jupyter |nbgrader |sudo "
    for found in re.finditer(rf"`((?:{starts})[^`]+)`", prose):
        yield found[1], page[max(0, found.start() - 400):found.end() + 900]


FOUND = [(name, *each) for name, page in PAGES.items() for each in commands(page)]


@pytest.mark.parametrize("page, command, around", FOUND, ids=[f"{name}-{command}" for name, command, _ in FOUND])
def test_a_command_is_tried_or_said_to_be_untried(page, command, around):
    if command.startswith(UNTRIED):
        assert re.search("untried", around, re.I), f"{page} must say that {command} is untried"
        return
    start = next((start for start in TRIED if command.startswith(start)), None)
    assert start, f"{page}: no test is known that runs {command}"
    file, text = TRIED[start]
    if "{}" in text:
        text = text.format(command.removeprefix(start).split()[0])
    assert text in (ROOT / file).read_text(encoding="utf-8")


def test_there_are_commands():
    assert len(FOUND) > 25
