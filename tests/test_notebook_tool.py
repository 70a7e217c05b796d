"""tools/notebooks.py: what is committed of a notebook is the same in every run, and a failing cell is named."""
import json
import os
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import notebooks

WIDGET_AND_PICTURE = """\
import ipywidgets, io, base64
from IPython.display import display, HTML
class Live(ipywidgets.VBox):
    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        return {**bundle, "text/plain": "T = 100", "image/png": base64.b64encode(b"png").decode()}
Live([ipywidgets.IntSlider()])"""
PLOT = """\
import matplotlib.pyplot as plt
plt.plot([1, 2, 4])
plt.show()"""
WHERE = """\
import sys
print("first")
print("second", flush=True)
print(sys.executable)"""


def write(path, *sources):
    cells = [new_markdown_cell("# A lesson", id="title")]
    cells += [new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(sources)]
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """A notebook executed once, under a shell that chose another matplotlib backend."""
    path = write(tmp_path_factory.mktemp("Kurs ü") / "01_lesson.ipynb", WIDGET_AND_PICTURE, PLOT, WHERE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLBACKEND", "agg")
        assert notebooks.process(path, check=False) == (True, "01_lesson.ipynb: rewritten")
    return path


def outputs(path, cell):
    return json.loads(path.read_text(encoding="utf-8"))["cells"][cell]["outputs"]


def test_a_second_run_changes_no_byte(lesson):
    before = lesson.read_bytes()
    assert notebooks.process(lesson, check=False) == (True, "01_lesson.ipynb: unchanged")
    assert lesson.read_bytes() == before
    assert before.endswith(b"\n") and not before.endswith(b"\n\n") and b"\r" not in before


def test_widgets_are_dropped_and_their_pictures_stay(lesson):
    assert outputs(lesson, 1)[0]["data"] == {"image/png": "cG5n", "text/plain": ["T = 100"]}
    assert b"widget" not in lesson.read_bytes().replace(b"ipywidgets", b"")


def test_plots_are_stored_whatever_backend_the_shell_chose(lesson):
    assert "image/png" in outputs(lesson, 2)[0]["data"]


def test_the_kernel_is_this_python_and_printed_text_is_one_piece(lesson):
    import sys
    (printed,) = outputs(lesson, 3)
    assert "".join(printed["text"]) == f"first\nsecond\n{sys.executable}\n"


def test_metadata_is_the_same_everywhere(lesson):
    content = json.loads(lesson.read_text(encoding="utf-8"))
    assert content["metadata"] == {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python",
                                                  "name": "python3"}, "language_info": {"name": "python"}}
    assert [cell["id"] for cell in content["cells"]] == ["title", "cell-0", "cell-1", "cell-2"]
    assert [cell["execution_count"] for cell in content["cells"][1:]] == [1, 2, 3]


def test_litter_goes_and_what_the_author_said_stays():
    cell = new_code_cell("1", metadata={"execution": {"iopub.status.busy": "now"}, "scrolled": True,
                                        "tags": ["nbval-ignore-output"], "jupyter": {"source_hidden": True}})
    widget_only = new_output("display_data", {notebooks.WIDGET: {}})
    cell.outputs = [widget_only, new_output("display_data", {"text/html": "<b>x</b>"})]
    notebook = notebooks.normalise(new_notebook(cells=[cell], metadata={"widgets": {}, "title": "x"}))
    assert cell.metadata == {"tags": ["nbval-ignore-output"], "jupyter": {"source_hidden": True}}
    assert [output.data for output in cell.outputs] == [{"text/html": "<b>x</b>"}]
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


@pytest.mark.parametrize(("source", "said"), [
    ("1 / 0", "broken.ipynb: cell 3 raised ZeroDivisionError: division by zero; left as it was"),
    ("import os; os._exit(1)", "broken.ipynb: the kernel died in cell 3; left as it was"),
])
def test_a_failing_cell_is_named_and_nothing_is_written(tmp_path, source, said):
    path = write(tmp_path / "broken.ipynb", "print(1)", source, "print(2)")
    before = path.read_bytes()
    assert notebooks.process(path, check=False) == (False, said)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["broken.ipynb"]


def test_a_cell_that_does_not_end_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "CELL_SECONDS", 1)
    path = write(tmp_path / "slow.ipynb", "while True: pass")
    assert notebooks.process(path, check=False) == (False, "slow.ipynb: cell 2 took longer than 1 s; left as it was")


def test_what_is_no_notebook_is_a_sentence(tmp_path):
    path = tmp_path / "no.ipynb"
    path.write_text("no json")
    fine, line = notebooks.process(path, check=False)
    assert not fine and line.startswith("no.ipynb: ") and line.endswith("left as it was")


def test_check_writes_nothing_and_says_which_would_change(tmp_path, capfd):
    for name in ("01_one", "02_two"):
        write(tmp_path / f"{name}.ipynb", "print(1)")
    assert notebooks.main(["02"], tmp_path) == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert notebooks.main(["--check"], tmp_path) == 1
    said = capfd.readouterr()
    assert "01_one.ipynb: would change" in said.err and "02_two.ipynb: unchanged" in said.out
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert notebooks.main(["--check", "02_two"], tmp_path) == 0


def test_names(tmp_path, capsys):
    one, two = (write(tmp_path / f"{name}.ipynb") for name in ("01_one", "02_two"))
    assert notebooks.find([], tmp_path) == [one, two]
    assert notebooks.find(["02"], tmp_path) == [two]
    assert notebooks.find([str(one)], Path("elsewhere")) == [one.resolve()]
    assert notebooks.main(["07"], tmp_path) == 1
    assert "no notebook is called '07'; there are: 01_one, 02_two" in capsys.readouterr().err
