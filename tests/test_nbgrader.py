"""`make assignments` and INSTRUCTORS.md: assignments made from the lessons, as they stand, and as nbgrader handles them."""

import copy
import csv
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import assignments
import nbformat
import pytest

from rnnlib.course import exercises
from rnnlib.course.exercises.texts import TEXT

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")
STUB = "    ...  # your lines here"
SOLUTION = re.compile(rf" *{assignments.BEGIN}\n(.*?)\n *{assignments.END}", re.DOTALL)
MADE = {path.stem: made for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
        if (made := assignments.assignment(path)) is not None}
FOUND = [(stem, cell.source.split("(")[0].removeprefix("def ")) for stem, made in MADE.items() for cell in made.cells
         if cell.id.endswith("-solution")]


def marks(cell):
    return cell.metadata.get("nbgrader", {})


def mistaken(name):
    """The body of the solution with the first known mistake that needs no other name; a changed number for a line."""
    solution, changes = TEXT[name]
    if name == "faulty_line":
        return "    return 6"
    for old, new, *others, _ in changes.values():
        source = solution.replace(old, new)
        if not others and source != solution and name in source:
            space = {}
            try:
                exec("import numpy as np\n" + source, space)
                verdict = exercises.check(name, space[name])
            except SyntaxError:
                continue
            if not verdict.ok and verdict.mistake:
                return source
    raise AssertionError(f"{name} has no simple mistake")


def handed_in(stem, kind):
    """The assignment of a lesson as a student hands it in: "right", "wrong" or "empty"; the hidden answers are gone."""
    notebook = copy.deepcopy(MADE[stem])
    for cell in notebook.cells:
        if not marks(cell).get("solution"):
            continue
        if cell.cell_type == "markdown":
            cell.source = SOLUTION.sub("YOUR ANSWER HERE", cell.source)
        elif kind == "empty":
            cell.source = SOLUTION.sub(STUB, cell.source)
        elif kind == "wrong":
            name = cell.source.split("(")[0].removeprefix("def ")
            cell.source = put(cell.source, name, mistaken(name))
    return notebook


def put(source, name, wrong):
    """A wrong attempt in the place of the stub; as a whole function behind it where it is one."""
    if wrong.lstrip().startswith("return"):
        return SOLUTION.sub(lambda _: wrong, source)
    return SOLUTION.sub(STUB, source) + "\n\n\n" + wrong


def results(notebook):
    """{exercise: None, or what its test cell raised}, every code cell run in order."""
    space, found = {}, {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.id.endswith("-test"):
            try:
                exec(cell.source, space)
                found[space["verdict"].name] = None
            except AssertionError as error:
                found[re.search(r'check\("(\w+)"', cell.source)[1]] = str(error)
        elif cell.cell_type == "code":
            exec(cell.source, space)
    return found


# as they stand

def test_every_exercise_of_the_lessons_is_an_assignment():
    import test_solutions
    assert sorted(name for _, name in FOUND) == sorted(name for _, name, *_ in test_solutions.FOUND)


@pytest.mark.parametrize("stem", MADE)
def test_right_wrong_and_empty(stem, capsys):
    assert set(results(handed_in(stem, "right")).values()) == {None}
    for name, said in results(handed_in(stem, "wrong")).items():
        assert said and "Not written yet" not in said, name
    for name, said in results(handed_in(stem, "empty")).items():
        assert said and (said.startswith("Not written yet.") or name == "gradient_product"), name


@pytest.mark.parametrize("stem", MADE)
def test_students_get_no_solution(stem):
    text = "\n".join(cell.source for cell in handed_in(stem, "empty").cells)
    assert "SOLUTION" not in text and "<details>" not in text
    for task in assignments.tasks_of(ROOT / "notebooks" / f"{stem}.ipynb"):
        assert assignments.function(task.solution, task.name)[1].strip() not in text, task.name
        assert task.discussion not in text


def test_a_task_can_be_read_without_its_lesson():
    given = {task.name: "\n".join(source for kind, source in task.before if kind == "markdown")
             for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")) for task in assignments.tasks_of(path)}
    asked = "\n".join(cell.source for made in MADE.values() for cell in made.cells
                      if cell.cell_type == "markdown" and "-task-" in cell.id)
    for short, full in assignments.IN_FULL.items():
        times = sum(text.count(short) for text in given.values())
        assert times and asked.count(full) >= times and short not in asked.replace(full, ""), short
    assert asked.count("it counts like the others") == sum("(optional)" in text for text in given.values()) >= 5


@pytest.mark.parametrize("attempt, said", [
    ("    return np.tanh(x_t @ W_x.T + h_prev @ W_h + b)", "W_h is used transposed"),
    ("    raise NotImplementedError()", "Not written yet."),        # the stub that nbgrader puts there by itself
    ("    return 0", "shape (B, H)"),
    ("    return 0\n\n\ndef check(name, function):\n    return type('Verdict', (), {'ok': True, 'message': ''})", "shape"),
])
def test_a_wrong_attempt_fails_with_the_diagnosis(attempt, said, capsys):
    notebook = handed_in("01_rnn_cell", "right")
    [cell] = [cell for cell in notebook.cells if cell.id == "rnn-step-solution"]
    cell.source = SOLUTION.sub(lambda _: attempt, cell.source)
    assert said in results(notebook)["rnn_step"]


def test_a_wrong_attempt_fails_without_asserts_too():
    """PYTHONOPTIMIZE=1 takes every assert out of a kernel's code."""
    cells = [cell.source for cell in handed_in("00_start_here", "wrong").cells if cell.cell_type == "code"]
    done = subprocess.run([sys.executable, "-c", "\n".join(cells)], capture_output=True, text=True,
                          env={**os.environ, "PYTHONOPTIMIZE": "1"})
    assert done.returncode and "AssertionError: " in done.stderr


def faults(notebook):
    """What nbgrader would not accept in the notebook's metadata, or what would give points for nothing."""
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "kernel"
    ids = [marks(cell)["grade_id"] for cell in notebook.cells if marks(cell)]
    if len(set(ids)) != len(ids) or not all(re.fullmatch(r"[\w-]+", i) for i in ids):
        yield "grade_id"
    if any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells):
        yield "executed"
    kinds = []
    for cell in notebook.cells:
        m = marks(cell)
        if bool(SOLUTION.search(cell.source)) != bool(m.get("solution")):
            yield "a solution block and the mark of a solution cell belong together"
        if not m:
            continue
        if m.get("schema_version") != 3 or m.get("cell_type") != cell.cell_type:
            yield "schema_version, cell_type"
        if not all(isinstance(m.get(key), bool) for key in ("grade", "solution", "locked", "task")) or m.get("task"):
            yield "grade, solution, locked, task"
        if m.get("locked") == m.get("solution"):
            yield "all but the solution is locked"
        if m.get("grade") != ("points" in m) or not m.get("points", 1) > 0:
            yield "points"
        if m.get("grade") and cell.cell_type == "code" and not re.search(
                r"^if not verdict\.ok:\n    raise AssertionError\(verdict\.message\)$", cell.source, re.MULTILINE):
            yield "raise"
        kinds.append("words" if m["solution"] and m["grade"] else "solution" if m["solution"] else "test" if m["grade"] else "")
    if not re.fullmatch("(solution test words ?)+", " ".join(filter(None, kinds))):
        yield "one solution, and after it one test and one question"


@pytest.mark.parametrize("stem", MADE)
def test_the_metadata_is_valid(stem):
    nbformat.validate(MADE[stem])
    assert list(faults(MADE[stem])) == []


@pytest.mark.parametrize("fault, change", [
    ("kernel", lambda cells, by: by["nb"].metadata.kernelspec.update(name="other")),
    ("grade_id", lambda cells, by: by["test"].update(grade_id=by["solution"]["grade_id"])),
    ("grade_id", lambda cells, by: by["test"].update(grade_id="")),
    ("executed", lambda cells, by: cells[-2].update(execution_count=3)),
    ("belong together", lambda cells, by: by["solution"].update(solution=False)),
    ("schema_version", lambda cells, by: by["test"].update(schema_version=2)),
    ("schema_version", lambda cells, by: by["test"].update(cell_type="markdown")),
    ("task", lambda cells, by: by["test"].pop("task")),
    ("locked", lambda cells, by: by["test"].update(locked=False)),
    ("locked", lambda cells, by: by["solution"].update(locked=True)),
    ("points", lambda cells, by: by["test"].pop("points")),
    ("points", lambda cells, by: by["test"].update(points=0)),
    ("raise", lambda cells, by: cells[-2].update(source="assert verdict.ok")),
    ("after it one test", lambda cells, by: cells.reverse()),
])
def test_each_fault_of_the_metadata_is_found(fault, change):
    notebook = copy.deepcopy(MADE["00_start_here"])
    by = {"nb": notebook}
    for cell in notebook.cells:
        by[cell.id.rsplit("-", 1)[-1]] = marks(cell)
    change(notebook.cells, by)
    assert any(fault in line for line in faults(notebook))


def test_an_existing_configuration_is_kept_and_names_are_told(tmp_path, capsys):
    (tmp_path / "nbgrader_config.py").write_text("# mine", encoding="utf-8")
    assert assignments.main(["--to", str(tmp_path), "02"]) == 0
    assert (tmp_path / "nbgrader_config.py").read_text(encoding="utf-8") == "# mine"
    assert [path.name for path in (tmp_path / "source").iterdir()] == ["02_unrolling"]
    assert assignments.main(["--to", str(tmp_path), "99"]) == 1 and "99" in capsys.readouterr().err


# the page

def test_the_page_shows_the_test_cell():
    shown = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    [test] = [cell.source for cell in MADE["01_rnn_cell"].cells if cell.id == "rnn-step-test"]
    assert any(test.endswith(block.strip()) for block in shown)


def test_links_of_the_page_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", PAGE) if "://" not in link]
    assert len(links) >= 8 and [link for link in links if not (ROOT / link).exists()] == []


def slider_names():
    """What the sliders of the lessons are called on the screen."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "rnnlib" / "course" / "explorers").glob("*.py")]
    return set(re.findall(r'(?:slider\(|menu\(|description=)"([^"]+)"', "\n".join(sources)))


def test_the_table_agrees_with_the_lessons():
    rows = re.findall(r"^\| (?:\[(\d\d)\]\(notebooks/([^)]+)\) [^|]+)?\| (\d+ )?\| ([^|]+) \|", PAGE, re.MULTILINE)
    assert len(rows) >= 15
    for number, name, minutes, move in rows:
        if name:
            lesson = (ROOT / "notebooks" / name).read_text(encoding="utf-8")
            assert name.startswith(number) and re.search(rf"\b{minutes.strip()} min", lesson[:5000]), name
        named = re.findall(r"\*([^*]+)\*", move)
        assert named and set(named) <= slider_names(), f"{name}: {set(named) - slider_names()}"


# nbgrader itself

def nbgrader(folder, *arguments):
    """Run nbgrader's command line in a folder. It calls `alembic` by name, as an activated environment allows."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run([sys.executable, "-m", "nbgrader", *arguments], cwd=folder, capture_output=True, text=True, timeout=300,
                          env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "JUPYTER_CONFIG_DIR": str(folder / "none")})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


# ALL_LESSONS=1 takes all of them, which takes some ten minutes
TRIED = list(MADE) if os.environ.get("ALL_LESSONS") else ["01_rnn_cell"]


@pytest.mark.skipif(importlib.util.find_spec("nbgrader") is None,
                    reason='nbgrader is not installed: the assignments are checked without it (make assignments installs it)')
@pytest.mark.parametrize("stem", TRIED)
def test_nbgrader_hands_it_out_and_grades_it(stem, tmp_path):
    assert assignments.main(["--to", str(tmp_path), stem]) == 0
    source = tmp_path / "source" / stem / f"{stem}.ipynb"
    assert "passes all the tests" in nbgrader(tmp_path, "validate", str(source))
    nbgrader(tmp_path, "generate_assignment", stem)

    released = nbformat.read(tmp_path / "release" / stem / f"{stem}.ipynb", 4)
    text = "\n".join(cell.source for cell in released.cells)
    assert "SOLUTION" not in text and text.count("YOUR ANSWER HERE") == text.count("\nverdict = ") == text.count(STUB)
    expected = {cell.id: cell.source for cell in handed_in(stem, "empty").cells if cell.cell_type == "code"}
    assert {cell.id: cell.source for cell in released.cells if cell.cell_type == "code"} == expected
    assert all(cell.metadata.editable is False for cell in released.cells if marks(cell).get("locked"))

    for name, kind in (("ada", "right"), ("ben", "wrong"), ("cleo", "empty"), ("dan", "right")):
        copied, attempts = copy.deepcopy(released), {cell.id: cell.source for cell in handed_in(stem, kind).cells}
        for cell in copied.cells:
            if cell.id.endswith("-solution"):
                cell.source = attempts[cell.id]
        if name == "dan":                                           # deletes the tests
            copied.cells = [cell for cell in copied.cells if not cell.id.endswith("-test")]
        path = tmp_path / "submitted" / name / stem / f"{stem}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(copied, path)
    nbgrader(tmp_path, "autograde", stem)
    nbgrader(tmp_path, "generate_feedback", "--force", stem)
    nbgrader(tmp_path, "export")
    with (tmp_path / "grades.csv").open(encoding="utf-8", newline="") as file:
        grades = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    n = text.count("\nverdict = ")
    full = n * (assignments.POINTS + assignments.POINTS_FOR_WORDS)
    assert grades == {"ada": (3 * n, full), "ben": (0, full), "cleo": (0, full), "dan": (3 * n, full)}

    def errors(name):
        graded = json.loads((tmp_path / "autograded" / name / stem / f"{stem}.ipynb").read_text(encoding="utf-8"))
        return [output["evalue"] for cell in graded["cells"] for output in cell.get("outputs", [])
                if output["output_type"] == "error"]

    assert errors("ada") == []
    assert errors("ben") == list(results(handed_in(stem, "wrong")).values())
    assert errors("cleo") == list(results(handed_in(stem, "empty")).values())
    for name in ("ada", "ben", "cleo", "dan"):
        page = (tmp_path / "feedback" / name / stem / f"{stem}.html").read_text(encoding="utf-8")
        assert all(error.split(chr(10))[0].split("'")[0][:40] in page for error in errors(name))
