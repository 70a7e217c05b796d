"""INSTRUCTORS.md and its example of an assignment: the example works as it stands, and as nbgrader handles it."""

import copy
import csv
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from rnnlib.course import exercises

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "instructors" / "nbgrader_rnn_step.ipynb"
PAGE = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")
SOLUTION = re.compile(r"^ *### BEGIN SOLUTION\n.*?### END SOLUTION$", re.DOTALL | re.MULTILINE)
STUB = "    ...  # your lines here"
TRANSPOSED = "    return np.tanh(x_t @ W_x.T + h_prev @ W_h + b)"


def cells():
    return nbformat.read(EXAMPLE, 4).cells


def marks(cell):
    return cell.metadata.get("nbgrader", {})


def run(attempt=None):
    """Run the code cells in order, with these lines instead of the solution; returns what they defined."""
    space = {}
    for cell in cells():
        if cell.cell_type == "code":
            source = cell.source if attempt is None else SOLUTION.sub(lambda _: attempt, cell.source)
            exec(source, space)
    return space


# the example as it stands

def test_the_solution_earns_the_points():
    verdict = run()["verdict"]
    assert verdict.ok and verdict.name == "rnn_step"


@pytest.mark.parametrize("attempt, said", [
    (TRANSPOSED, "W_h is used transposed"),
    ("    return x_t @ W_x.T + h_prev @ W_h.T + b", "tanh"),
    (STUB, "Not written yet."),
    ("    raise NotImplementedError()", "Not written yet."),        # the stub that nbgrader puts there by itself
    ("    return 0", "shape (B, H)"),
])
def test_a_wrong_attempt_fails_with_the_diagnosis(attempt, said):
    with pytest.raises(AssertionError) as caught:
        run(attempt)
    assert said in str(caught.value)


def test_the_message_is_that_of_the_check():
    space = {}
    for cell in cells():
        if cell.cell_type == "code" and not marks(cell).get("grade"):
            exec(SOLUTION.sub(TRANSPOSED, cell.source), space)
    with pytest.raises(AssertionError) as caught:
        run(TRANSPOSED)
    assert str(caught.value) == exercises.check("rnn_step", space["rnn_step"]).message


def test_a_wrong_attempt_fails_without_asserts_too():
    """PYTHONOPTIMIZE=1 takes every assert out of a kernel's code."""
    source = "\n".join(cell.source for cell in cells() if cell.cell_type == "code")
    done = subprocess.run([sys.executable, "-c", SOLUTION.sub(lambda _: TRANSPOSED, source)], capture_output=True, text=True,
                          env={**os.environ, "PYTHONOPTIMIZE": "1"})
    assert done.returncode and "AssertionError: W_h is used transposed" in done.stderr


def test_another_function_by_the_name_of_check_earns_nothing():
    deceit = ("    return 0\n\n\ndef check(name, function):\n"
              "    return type('Verdict', (), {'ok': True, 'message': ''})")
    with pytest.raises(AssertionError, match="shape"):
        run(deceit)


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
        solution = bool(SOLUTION.search(cell.source))
        if solution != bool(m.get("solution")):
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
        if m.get("grade") and not re.search(
                r"^if not verdict\.ok:\n    raise AssertionError\(verdict\.message\)$", cell.source, re.MULTILINE):
            yield "raise"
        kinds.append("solution" if m["solution"] else "test" if m["grade"] else "text")
    if kinds.count("solution") != 1 or kinds[-1:] != ["test"] or kinds.count("test") != 1:
        yield "one solution, and behind it one test"


def test_the_metadata_is_valid():
    notebook = nbformat.read(EXAMPLE, 4)
    nbformat.validate(notebook)
    assert list(faults(notebook)) == []


@pytest.mark.parametrize("fault, change", [
    ("kernel", lambda cells, by: by["nb"].metadata.kernelspec.update(name="other")),
    ("grade_id", lambda cells, by: by["test"].update(grade_id=by["solution"]["grade_id"])),
    ("grade_id", lambda cells, by: by["test"].update(grade_id="")),
    ("executed", lambda cells, by: cells[-1].update(execution_count=3)),
    ("belong together", lambda cells, by: by["solution"].update(solution=False)),
    ("belong together", lambda cells, by: cells[2].update(source="def rnn_step(): pass")),
    ("schema_version", lambda cells, by: by["test"].update(schema_version=2)),
    ("schema_version", lambda cells, by: by["test"].update(cell_type="markdown")),
    ("task", lambda cells, by: by["test"].pop("task")),
    ("locked", lambda cells, by: by["test"].update(locked=False)),
    ("locked", lambda cells, by: by["solution"].update(locked=True)),
    ("points", lambda cells, by: by["test"].pop("points")),
    ("points", lambda cells, by: by["test"].update(points=0)),
    ("points", lambda cells, by: by["solution"].update(points=1)),
    ("raise", lambda cells, by: cells[-1].update(source="verdict.ok")),
    ("raise", lambda cells, by: cells[-1].update(source="assert verdict.ok, verdict.message")),
    ("one test", lambda cells, by: cells.reverse()),
])
def test_each_fault_of_the_metadata_is_found(fault, change):
    notebook = copy.deepcopy(nbformat.read(EXAMPLE, 4))
    by = {"nb": notebook}
    for cell in notebook.cells:
        by["solution" if marks(cell).get("solution") else "test" if marks(cell).get("grade") else "text"] = marks(cell)
    change(notebook.cells, by)
    assert any(fault in line for line in faults(notebook))


# the page

def test_the_page_shows_the_cell_of_the_example():
    [test] = [cell.source for cell in cells() if marks(cell).get("grade")]
    shown = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert any(test.endswith(block.strip()) for block in shown)
    assert STUB.strip() in PAGE
    for attempt, opening in ((TRANSPOSED, "W_h is used"), (STUB, "Not written yet")):
        quoted = re.search(rf'"({opening}\s.*?|{opening}\..*?) …"', PAGE, re.DOTALL)[1].replace("\n", " ")
        with pytest.raises(AssertionError, match=re.escape(quoted)):
            run(attempt)


def test_links_of_the_page_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", PAGE) if "://" not in link]
    assert len(links) >= 8 and [link for link in links if not (ROOT / link).exists()] == []


def slider_names():
    """What the sliders of the lessons are called on the screen."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "rnnlib" / "course" / "explorers").glob("*.py")]
    return set(re.findall(r'(?:slider\(|description=)"([^"]+)"', "\n".join(sources)))


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


@pytest.mark.skipif(importlib.util.find_spec("nbgrader") is None,
                    reason='nbgrader is not installed: the example is checked without it (pip install "nbgrader>=0.9.6,<1")')
def test_nbgrader_hands_it_out_and_grades_it(tmp_path):
    source = tmp_path / "source" / "rnn_step" / EXAMPLE.name
    source.parent.mkdir(parents=True)
    source.write_bytes(EXAMPLE.read_bytes())
    [config] = [block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "get_config" in block]
    (tmp_path / "nbgrader_config.py").write_text(config, encoding="utf-8")
    assert "passes all the tests" in nbgrader(tmp_path, "validate", str(source))
    nbgrader(tmp_path, "generate_assignment", "rnn_step")

    released = json.loads((tmp_path / "release" / "rnn_step" / EXAMPLE.name).read_text(encoding="utf-8"))
    sources = ["".join(cell["source"]) for cell in released["cells"]]
    [place] = [i for i, text in enumerate(sources) if text.startswith("def rnn_step")]
    assert STUB in sources[place] and "np.tanh" not in "".join(sources) and "SOLUTION" not in "".join(sources)
    assert [cell["metadata"].get("editable", True) for cell in released["cells"]] == [False, False, True, True, False]

    attempts = {"ada": "    return np.tanh(x_t @ W_x.T + h_prev @ W_h.T + b)", "ben": TRANSPOSED, "cleo": STUB,
                "dan": "    return 0"}
    for name, attempt in attempts.items():
        handed_in = copy.deepcopy(released)
        handed_in["cells"][place]["source"] = sources[place].replace(STUB, attempt)
        if name == "dan":                                           # and a test cell of his own
            handed_in["cells"][-1]["source"] = "pass"
        path = tmp_path / "submitted" / name / "rnn_step" / EXAMPLE.name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(handed_in), encoding="utf-8")
    nbgrader(tmp_path, "autograde", "rnn_step")
    nbgrader(tmp_path, "export")
    with (tmp_path / "grades.csv").open(encoding="utf-8", newline="") as file:
        grades = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    assert grades == {"ada": (3, 3), "ben": (0, 3), "cleo": (0, 3), "dan": (0, 3)}

    def error(name):
        graded = json.loads((tmp_path / "autograded" / name / "rnn_step" / EXAMPLE.name).read_text(encoding="utf-8"))
        return [output["evalue"] for output in graded["cells"][-1]["outputs"] if output["output_type"] == "error"]

    assert error("ada") == []
    for name, said in (("ben", "W_h is used transposed"), ("cleo", "Not written yet."), ("dan", "shape (B, H)")):
        [message] = error(name)
        assert said in message
    nbgrader(tmp_path, "generate_feedback", "rnn_step")
    page = (tmp_path / "feedback" / "ben" / "rnn_step" / EXAMPLE.with_suffix(".html").name).read_text(encoding="utf-8")
    assert "W_h is used transposed" in page
