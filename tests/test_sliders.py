"""Every slider figure of every notebook, moved to its ends and at random, without a browser.

The notebooks' own cells are run in this process, so the figures are driven with the notebooks' own functions.
"""

import re
import warnings
from io import BytesIO
from pathlib import Path

import ipywidgets as widgets
import matplotlib.image
import nbformat
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from rnnlib.course import live

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("[0-9]*.ipynb"))
RANDOM_SETTINGS = 12


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


def ends(control):
    """Every value worth trying at the edge of a control."""
    if isinstance(control, widgets.Checkbox):
        return [False, True]
    if isinstance(control, widgets.Text):
        return ["", "a word and <b>another</b>"]
    if hasattr(control, "options"):
        return [value for _, value in control._options_full]
    return [control.min, control.max]


def some_value(control, rng):
    if hasattr(control, "options") or isinstance(control, (widgets.Checkbox, widgets.Text)):
        values = ends(control)
        return values[rng.integers(len(values))]
    steps = round((control.max - control.min) / control.step)
    value = control.min + control.step * rng.integers(steps + 1)
    return int(value) if isinstance(control, widgets.IntSlider) else float(value)


def look_at(figure):
    """Fail unless the figure now says something sound and its picture has its one size."""
    said = figure.finding
    assert isinstance(said, str) and said.strip()
    assert not re.search(r"\b(nan|inf|None)\b|-inf", said), f"{figure.values()}: {said}"
    assert len(said) <= 330, f"{len(said)} characters at {figure.values()}: {said}"
    height, width = matplotlib.image.imread(BytesIO(figure.image.value)).shape[:2]
    assert (width, height) == (figure.image.width, figure.image.height)
    for ax in figure.figure.axes:
        for text in (ax.get_title(loc="left"), ax.get_title(), ax.get_xlabel(), ax.get_ylabel()):
            assert not re.search(r"\bnan\b|\binf\b", text), f"{figure.values()}: {text}"


def pixels(figure):
    return (255 * matplotlib.image.imread(BytesIO(figure.image.value))[..., :3]).round().astype(np.uint8)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_setting_of_every_slider_draws(path, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures = live_figures(path, monkeypatch)
        assert figures, "a lesson without a slider figure"
        for number, figure in enumerate(figures):
            start, first = figure.values(), figure.image.value
            pictures = {first}
            rng, drawn = np.random.default_rng(number), []

            def set_to(values, figure=figure, pictures=pictures, drawn=drawn):
                for name, value in values.items():
                    figure.sliders[name].value = value
                look_at(figure)
                pictures.add(figure.image.value)
                drawn.append((figure.values(), pixels(figure)))

            look_at(figure)
            for name, control in figure.sliders.items():
                for value in ends(control):
                    set_to({**start, name: value})
            for pick in (0, -1):
                set_to({name: ends(control)[pick] for name, control in figure.sliders.items()})
            for _ in range(RANDOM_SETTINGS):
                set_to({name: some_value(control, rng) for name, control in figure.sliders.items()})
            assert len(pictures) > 2, f"moving the sliders of figure {number} changes nothing"
            set_to(start)
            assert figure.image.value == first, f"figure {number} does not come back to where it started"
            FigureCanvasAgg(figure.figure)      # Matplotlib's own, that keeps nothing from one picture to the next
            for values, before in list(drawn):
                set_to(values)
                difference = np.abs(pixels(figure).astype(int) - before)
                assert difference.max() <= 3, f"figure {number} at {values} keeps what has changed"
