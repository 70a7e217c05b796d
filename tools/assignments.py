"""usage: python tools/assignments.py [--to FOLDER] [NAME...]

Writes the exercises of the lessons as assignments for nbgrader: FOLDER/source/LESSON/LESSON.ipynb, one for each lesson (NAME: how
its file's name begins), and FOLDER/nbgrader_config.py where there is none. Task, stub and solution are the lesson's own.
"""
import argparse
import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
from learner_copy import write_whole

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "assignments"
POINTS, POINTS_FOR_WORDS = 3, 2
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"

CONFIG = '''c = get_config()
# a stub that does not look like an error
c.ClearSolutions.code_stub = {"python": "...  # your lines here"}
# gives back, before grading, the locked cells that a student has deleted
c.OverwriteCells.add_missing_cells = True
'''

OPENING = """# Lesson {number}: exercises

From the lesson *{title}*

Write your lines where the stubs are. The cell below each function says what is right and what is wrong, as often as you like; the
locked cell after it is the one that counts. Where a task says *above* or speaks of a picture, it means the lesson."""

# What a task says and only its lesson explains, and how it reads without the lesson beside it.
IN_FULL = {
    "(optional)": "(optional in the lesson; here it counts like the others)",
    "Write this gradient for a batch":
        "Write, for a batch, the gradient of the loss $-\\ln p_c$ with respect to the scores ($p$: their softmax,\n"
        "$c$: the right class)",
    "This is the function that will train a network below. ": "",
    "are the direct gradients, `x`": "are the direct gradients (of each state through its own step's loss alone), `x`",
    "the short cut leaves":
        "the short cut, $(\\text{radius} \\times \\text{slope})^n$ for $n$ steps (radius: the largest absolute value of an\n"
        "eigenvalue of `W_h`), leaves",
    "the delay, as an array":
        "the delay (how many samples pass\nuntil the answer is right and stays right for the rest of the stay), as an array",
    "the three moves for a batch of B queries, one per sequence.":
        "the three moves of attention (a score for each place, `q` times its key; a softmax over the scores; the mean of\n"
        "the values with these weights) for a batch of B queries, one per sequence.",
    "Write the three lines": "Write the three lines that lead back from `dc` through the weights and the scores to the keys,",
    "Now to the lower half of the first picture. ": "",
}

# The check is imported anew, and raises: with PYTHONOPTIMIZE=1 Python drops every assert.
TEST = """# Right: {points} points. The check is imported anew, whatever the cells above call by its name.
from rnnlib.course.exercises import check

verdict = check("{name}", {name})
if not verdict.ok:
    raise AssertionError(verdict.message)"""

QUESTION = """**In your own words** ({points} points, read by a person). Which mistake in `{name}` would raise no
error, and how would you notice it? Two to four sentences, no code.

{begin}
{answer}
{end}"""


@dataclass(frozen=True)
class Task:
    """An exercise as its lesson has it: the cells from its heading to its stub, the stub, and the text of the fold."""

    name: str
    before: list
    stub: str
    fold: str

    @property
    def solution(self):
        """The code of the fold."""
        return re.search(r"```python\n(.*?)```", self.fold, re.DOTALL)[1]

    @property
    def discussion(self):
        return re.search(r"```python\n.*?```(.*)</details>", self.fold, re.DOTALL)[1].strip()


def tasks_of(path):
    """The checked exercises of a lesson, in order; an attempt to mend stands in the check's own cell."""
    cells = nbformat.read(path, 4).cells
    for at, cell in enumerate(cells):
        call = re.search(r'^check\("(\w+)", (\w+)\)$', cell.source, re.MULTILINE) if cell.cell_type == "code" else None
        if not call:
            continue
        if call[1] != call[2] or not cells[at + 1].source.startswith("<details>"):
            raise ValueError(f"{path.name}: check({call[1]!r}, {call[2]}) needs its function and a folded solution")
        stub, place = cell.source[:call.start()].strip(), at
        if "def " not in stub:
            stub, place = cells[at - 1].source, at - 1
        first = place - 1
        while first > 0 and not (cells[first].cell_type == "markdown" and cells[first].source.startswith("#")):
            first -= 1
        yield Task(call[1], [(c.cell_type, c.source) for c in cells[first:place]], stub, cells[at + 1].source)


def function(code, name):
    """(the first line with the docstring or the comments under it, the lines after them) of a function in some code."""
    [node] = [node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef) and node.name == name]
    lines = code.split("\n")
    end = node.body[0].lineno - 1 if ast.get_docstring(node) is None else node.body[0].end_lineno
    return "\n".join(lines[node.lineno - 1:end]), "\n".join(lines[end:node.end_lineno])


def attempt_cell(task):
    """The stub with the solution in nbgrader's marks. An attempt that is to be mended stays below them."""
    head, given = function(task.stub, task.name)
    solved_head, solution = function(task.solution, task.name)
    if head.split("\n")[0] != solved_head.split("\n")[0]:       # the solution calls an argument by another name
        head = solved_head
    rest = "" if given.strip().startswith("...") else "\n" + given
    return f"{head}\n    {BEGIN}\n{solution}\n    {END}{rest}"


def in_full(text):
    """A task's text with IN_FULL in its place."""
    for short, full in IN_FULL.items():
        text = text.replace(short, full)
    return text


def marked(kind, identity, source, points=None, solution=False):
    """A cell with nbgrader's marks: all but a solution is locked, and what has points is graded."""
    cell = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    cell["id"] = identity
    cell.metadata["nbgrader"] = {
        "cell_type": kind, "grade": points is not None, "grade_id": identity, "locked": not solution, "schema_version": 3,
        "solution": solution, "task": False, **({} if points is None else {"points": points})}
    return cell


def assignment(path):
    """The notebook of one lesson's exercises; None where it has none."""
    tasks = list(tasks_of(path))
    if not tasks:
        return None
    title = re.match(r"# (?:\d\d )?(.+)", nbformat.read(path, 4).cells[0].source)[1]
    code = "\n".join(source for task in tasks for kind, source in [*task.before, ("code", task.solution)] if kind == "code")
    imports = ["import numpy as np", "", *(["import rnnlib"] if "rnnlib." in code else []),
               "from rnnlib.course.exercises import check",
               *(["from rnnlib.course.toydata import topics"] if "topics." in code else [])]
    cells = [marked("markdown", "opening", OPENING.format(number=path.stem[:2], title=title)),
             marked("code", "imports", "\n".join(imports))]
    for task in tasks:
        name = task.name.replace("_", "-")
        cells += [marked(kind, f"{name}-task-{n}", in_full(source) if kind == "markdown" else source)
                  for n, (kind, source) in enumerate(task.before, 1)]
        cells.append(marked("code", f"{name}-solution", attempt_cell(task), solution=True))
        cells.append(nbformat.v4.new_code_cell(f'check("{task.name}", {task.name})', id=f"{name}-verdict"))
        cells.append(marked("code", f"{name}-test", TEST.format(name=task.name, points=POINTS), POINTS))
        question = QUESTION.format(name=task.name, points=POINTS_FOR_WORDS, begin=BEGIN, answer=task.discussion, end=END)
        cells.append(marked("markdown", f"{name}-words", question, POINTS_FOR_WORDS, solution=True))
    return nbformat.v4.new_notebook(cells=cells, metadata={
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"}})


def write(folder, names=(), lessons=ROOT / "notebooks"):
    """Write the assignments; yields a line for each."""
    for path in sorted(lessons.glob("[0-9]*.ipynb")):
        notebook = assignment(path) if not names or path.name.startswith(tuple(names)) else None
        if notebook:
            write_whole(folder / "source" / path.stem / path.name, nbformat.writes(notebook).encode() + b"\n")
            count = sum("points" in cell.metadata.get("nbgrader", {}) for cell in notebook.cells) // 2
            yield f"{path.stem}: {count} exercise{'s' * (count > 1)}, {count * (POINTS + POINTS_FOR_WORDS)} points"
    if not (folder / "nbgrader_config.py").exists():
        write_whole(folder / "nbgrader_config.py", CONFIG.encode())


def main(arguments):
    parser = argparse.ArgumentParser(description="The exercises of the lessons as assignments for nbgrader.")
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER", help="the folder of the nbgrader course")
    parser.add_argument("names", nargs="*", metavar="NAME", help="how the file of a lesson begins; all without")
    options = parser.parse_args(arguments)
    lines = list(write(options.to, options.names))
    if not lines:
        print(f"No lesson with exercises begins with {' or '.join(options.names)}.", file=sys.stderr)
        return 1
    print("\n".join(lines))
    print(f"Now: . .venv/bin/activate; cd {options.to}; nbgrader generate_assignment {lines[0].split(':')[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
