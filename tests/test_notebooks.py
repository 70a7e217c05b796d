"""Hygiene of every committed notebook, and proof that each fault would be found.

That the notebooks run, and give the outputs stored in them, is nbval's part: `pytest --nbval notebooks`.
"""
import ast
import copy
import dis
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

MOST_BYTES = 2_000_000    # beyond this GitHub stops showing a notebook
MOST_LINES = 20           # of code in a cell; 15 is the aim
MOST_WORDS = 150          # of prose in a cell; 120 is the aim
WIDGET = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
PATH = re.compile(r"(?<![\w/.:}-])/(?:home|Users|root|work|tmp|mnt|opt|usr|var)/\w|[A-Z]:\\Users|site-packages")
WARNING = re.compile(r"\w*Warning\b:")
# What a figure or a widget says for itself when nobody gave it words.
BARE = re.compile(r"^(?:<Figure size|[A-Z]\w*\((?:children=|value=|description=|\)$))")


def text(value):
    return "".join(value)


def prose_words(source):
    """Words between the tables and the code blocks."""
    source = re.sub(r"^```.*?^```", "", source, flags=re.M | re.S)
    return len([word for line in source.split("\n") if not line.startswith("|") for word in line.split()])


def output_faults(output):
    if output["output_type"] == "error":
        yield f"a stored error: {output['ename']}"
        return
    if output.get("name") == "stderr":
        yield f"something on stderr: {text(output['text'])[:60]!r}"
    data = output.get("data", {"text/plain": output.get("text", "")})
    if WIDGET in data:
        yield "a widget-view entry, which a fresh kernel does not know"
    words = "\n".join(text(value) for kind, value in data.items() if kind.startswith("text/"))
    if WARNING.search(words):
        yield f"a warning: {WARNING.search(words).group()}"
    if PATH.search(words):
        yield f"a path of some machine: {PATH.search(words).group()}"
    plain = text(data.get("text/plain", ""))
    # matplotlib's inline pictures always come with "<Figure size ...>"; alone it means that the picture is missing
    if BARE.match(plain) and not (plain.startswith("<Figure") and "image/png" in data):
        yield f"a text that says nothing to a reader: {plain[:40]!r}"


def cell_faults(cell):
    source = text(cell["source"])
    if PATH.search(source):
        yield f"a path of some machine: {PATH.search(source).group()}"
    if cell["cell_type"] == "markdown" and prose_words(source) > MOST_WORDS:
        yield f"{prose_words(source)} words of prose; {MOST_WORDS} is the most"
    if cell["cell_type"] == "code":
        if not source.strip():
            yield "an empty cell"
        if source.count("\n") + 1 > MOST_LINES:
            yield f"{source.count(chr(10)) + 1} lines of code; {MOST_LINES} is the most"
        if cell["execution_count"] is None:
            yield "not executed"
        for output in cell["outputs"]:
            yield from output_faults(output)


def globals_read(code):
    """The global names that this code object reads, in functions within it too."""
    inner = [globals_read(const) for const in code.co_consts if hasattr(const, "co_code")]
    return {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}.union(*inner)


def rebound(sources):
    """(function, name): what a button or a slider calls, and a global it reads that a later cell binds to something else.

    A press after Run All would then meet the other thing: a button of lesson 09 once read pictures from a target.
    """
    trees = [ast.parse(re.sub(r"^%.*", "", source, flags=re.M)) for source in sources]
    reads, given, where = {}, set(), {}
    for i, tree in enumerate(trees):
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                reads[node.name], where[node.name] = globals_read(compile(ast.Module([node], []), "cell", "exec")), i
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and re.match(r"(live|explorers)\.", ast.unparse(call.func)):
                given |= {node.id for value in (*call.args, *(word.value for word in call.keywords))
                          for node in [value] if isinstance(node, ast.Name)}
    for name in list(given):        # and what those call
        given |= reads.get(name, set())
    bound = [{name.id for statement in tree.body if not isinstance(statement, (ast.FunctionDef, ast.ClassDef))
              for name in ast.walk(statement) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
             for tree in trees]
    return sorted((name, read) for name in given & set(reads) for read in reads[name]
                  if any(read in names for names in bound[where[name] + 1:]))


def faults(name, content):
    """What is wrong with the notebook of this name and these bytes, in sentences."""
    notebook = json.loads(content)
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    number = re.fullmatch(r"(\d\d)_[a-z0-9_]+\.ipynb", name)
    if not number:
        yield "its name is not like 01_some_words.ipynb"
    if len(content) > MOST_BYTES:
        yield f"{len(content)} bytes; {MOST_BYTES} is the most"
    if "widgets" in notebook["metadata"]:
        yield "metadata.widgets is there; run make notebooks"
    if notebook["metadata"].get("kernelspec") != KERNEL:
        yield f"kernelspec is {notebook['metadata'].get('kernelspec')}; run make notebooks"
    ids = [cell.get("id") for cell in cells]
    if None in ids or len(set(ids)) != len(ids):
        yield "cells without an id, or two with the same; run make notebooks"
    if cells[0]["cell_type"] != "markdown" or not re.match(r"# \S", text(cells[0]["source"])):
        yield "the first cell is not a title"
    opening = "\n".join(text(cell["source"]) for cell in cells[:4] if cell["cell_type"] == "markdown")
    if not re.search(r"\b\d+ min", opening):
        yield "its opening does not say how many minutes it takes"
    if [cell["execution_count"] for cell in code] != list(range(1, len(code) + 1)):
        yield "its cells were not executed once, in order; run make notebooks"
    for function, other in rebound([text(cell["source"]) for cell in code]):
        yield f"{function}, which is called later, reads {other}, which a later cell binds anew"
    pictures = sum("image/png" in output.get("data", {}) for cell in code for output in cell["outputs"])
    if pictures < (1 if name.startswith("00") else 3):
        yield f"it stores {pictures} pictures"
    for position, cell in enumerate(cells, 1):
        for fault in cell_faults(cell):
            yield f"cell {position}: {fault}"


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_hygiene(path):
    assert list(faults(path.name, path.read_bytes())) == []


# --- every fault is found when planted in a notebook without any

def picture():
    return {"output_type": "display_data", "metadata": {},
            "data": {"image/png": "iVBORw0KGgo=", "text/plain": ["<Figure size 640x480 with 1 Axes>"]}}


def code(source, *outputs):
    return {"cell_type": "code", "source": [source], "outputs": list(outputs), "metadata": {}}


GOOD = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["# How can a network remember?\n", "\n", "40 minutes"]},
        code("x = 1", picture()), code("y = 2", picture()), code("z = 3", picture()),
        code("print(x)", {"output_type": "stream", "name": "stdout", "text": ["1\n"]}),
    ],
    "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5,
}
for n, cell in enumerate(GOOD["cells"]):
    cell["id"] = f"cell-{n}"
    if cell["cell_type"] == "code":
        cell["execution_count"] = n


def found(change, name="01_rnn_cell.ipynb"):
    notebook = copy.deepcopy(GOOD)
    change(notebook, notebook["cells"])
    return list(faults(name, json.dumps(notebook).encode()))


def says(kind, value):
    """A change that makes the last cell give this as its result."""
    return lambda nb, cells: cells[-1].update(outputs=[{"output_type": "execute_result", "data": {kind: value}}])


def test_a_good_notebook_has_no_fault():
    assert found(lambda nb, cells: None) == []


@pytest.mark.parametrize(("fault", "change"), [
    ("bytes;", lambda nb, cells: cells[1]["outputs"][0]["data"].update({"image/png": "A" * MOST_BYTES})),
    ("metadata.widgets", lambda nb, cells: nb["metadata"].update(widgets={})),
    ("kernelspec is None", lambda nb, cells: nb["metadata"].pop("kernelspec")),
    ("kernelspec is", lambda nb, cells: nb["metadata"].update(kernelspec={**KERNEL, "name": "my-env"})),
    ("without an id", lambda nb, cells: cells[1].pop("id")),
    ("without an id", lambda nb, cells: cells[1].update(id="cell-2")),
    ("not a title", lambda nb, cells: cells[0].update(source=["How? 40 minutes"])),
    ("minutes", lambda nb, cells: cells[0].update(source=["# How can a network remember?"])),
    ("in order", lambda nb, cells: cells[-1].update(execution_count=9)),
    ("not executed", lambda nb, cells: cells[-1].update(execution_count=None)),
    ("2 pictures", lambda nb, cells: cells[1].update(outputs=[])),
    ("start, which is called later, reads x", lambda nb, cells: (
        cells[1].update(source=["x = 1\ndef start():\n    return x\nlive.Training(start, 3)"]),
        cells[2].update(source=["x = 2"]))),
    ("an empty cell", lambda nb, cells: cells[-1].update(source=[])),
    ("21 lines", lambda nb, cells: cells[1].update(source=["x\n"] * 20 + ["x"])),
    ("151 words", lambda nb, cells: cells[0].update(source=["# T\n", "40 min ", "word " * 147])),
    ("path of some machine", lambda nb, cells: cells[1].update(source=["open('/home/ada/x')"])),
    ("path of some machine", says("text/plain", "/usr/lib/python3/x.py:3")),
    ("path of some machine", says("text/html", r"<b>C:\Users\ada</b>")),
    ("stored error: ValueError", lambda nb, cells: cells[1].update(
        outputs=[picture(), {"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []}])),
    ("stderr", lambda nb, cells: cells[-1]["outputs"][0].update(name="stderr")),
    ("a warning: RuntimeWarning", says("text/plain", "RuntimeWarning: overflow")),
    ("a warning", lambda nb, cells: cells[-1]["outputs"][0].update(text=["UserWarning: no"])),
    ("widget-view", says(WIDGET, {})),
    ("says nothing", says("text/plain", ["VBox(children=(IntSlider(value=3),))"])),
    ("says nothing", says("text/plain", ["<Figure size 640x480 with 0 Axes>"])),
])
def test_each_fault_is_found(fault, change):
    assert any(fault in line for line in found(change)), found(change)


@pytest.mark.parametrize("name", ["1_rnn.ipynb", "RNN.ipynb", "01-rnn.ipynb", "01_rnn (copy).ipynb"])
def test_an_unnumbered_name_is_found(name):
    assert any("its name" in line for line in found(lambda nb, cells: None, name))


@pytest.mark.parametrize("change", [
    lambda nb, cells: cells[0].update(source=["# T\n", "40 min\n"] + ["| a row of the table |\n"] * 100),
    lambda nb, cells: cells[1].update(source=["url = 'https://example.org/home/x'  # a/usr/b"]),
    says("text/plain", "no Warning here, and 1/2"),
])
def test_what_is_no_fault_is_not_found(change):
    assert found(change) == []


def test_lesson_00_may_have_one_picture():
    def drop_two(nb, cells):
        cells[1]["outputs"] = cells[2]["outputs"] = []
    assert found(drop_two, "00_start_here.ipynb") == []
    assert found(drop_two) == ["it stores 1 pictures"]
