"""Every slider figure of every notebook, moved to its ends and at random, without a browser.

The notebooks' own cells are run in this process, so the figures are driven with the notebooks' own functions, and a figure that
comes to a notebook is tested from then on. The last test finds what an explorer draws and no notebook shows.
"""

import ast
import importlib
import inspect
import pkgutil
from io import BytesIO

import contact_sheet
import matplotlib.image
import nbformat
import numpy as np
import pytest
from lessons import NOTEBOOKS, PlainCanvas, holds_its_texts, moved, settings

from rnnlib.course import explorers, live


def live_figures(path, monkeypatch):
    """The LiveFigures that running the notebook makes, in order."""
    made = []
    init = live.LiveFigure.__init__

    def recording(self, *args, **kwargs):
        init(self, *args, **kwargs)
        made.append(self)

    monkeypatch.setattr(live.LiveFigure, "__init__", recording)
    monkeypatch.chdir(path.parent)
    monkeypatch.setattr("IPython.display.display", lambda *shown, **_: None)
    namespace = {"__name__": "__main__"}
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, f"{path.name}:{cell.id}", "exec"), namespace)
    return made


def pixels(figure):
    return (255 * matplotlib.image.imread(BytesIO(figure.image.value))[..., :3]).round().astype(np.uint8)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_setting_of_every_slider_draws(path, monkeypatch):
    figures = live_figures(path, monkeypatch)
    assert figures, "a lesson without a slider figure"
    for number, figure in enumerate(figures):
        start, first, drawn = figure.values(), figure.image.value, []
        artists = [len(ax.get_children()) for ax in figure.figure.axes]
        for values in list(settings(figure, seed=number, count=8)):
            drawn.append((moved(figure, values), pixels(figure)))
            holds_its_texts(figure)
            assert not contact_sheet.faults(figure.figure, len(figure.sliders), figure.finding), values
        assert len({picture.tobytes() for _, picture in drawn}) > 2, f"moving the sliders of figure {number} changes nothing"
        assert [len(ax.get_children()) for ax in figure.figure.axes] == artists, f"figure {number} adds artists"
        moved(figure, start)
        assert figure.image.value == first, f"figure {number} does not come back to where it started"
        PlainCanvas(figure.figure)          # which keeps nothing from one picture to the next
        for values, before in drawn:
            moved(figure, values)
            difference = np.abs(pixels(figure).astype(int) - before)
            assert difference.max() <= 3, f"figure {number} at {values} keeps what has changed"


def slider_explorers():
    """The public functions in the explorers' modules that make a LiveFigure, by name."""
    found = set()
    for info in pkgutil.iter_modules(explorers.__path__):
        module = importlib.import_module(f"{explorers.__name__}.{info.name}")
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
                mentioned = [vars(module).get(word, vars(live).get(word)) for word in inspect.unwrap(function).__code__.co_names]
                if any(isinstance(thing, type) and issubclass(thing, live.LiveFigure) for thing in mentioned):
                    found.add(name)
    return found


def names_in(path):
    """Every name and attribute that a notebook's code mentions."""
    code = "\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")
    return {getattr(node, "attr", getattr(node, "id", None)) for node in ast.walk(ast.parse(code))}


def test_every_slider_figure_of_the_explorers_stands_in_a_notebook():
    """So it is moved above; one that no notebook shows would be tested by nothing."""
    made = slider_explorers()
    assert len(made) > 2 * len(NOTEBOOKS)
    assert made - set().union(*map(names_in, NOTEBOOKS)) == set()
