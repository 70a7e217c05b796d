"""What the tests of the lessons share: how a figure is moved, what holds for every figure, and what stands in a notebook."""

import itertools
import re
from pathlib import Path

import ipywidgets as widgets
import nbformat
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg

from rnnlib.course import figures

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
LONGEST = 225       # characters under a figure: three lines on a projector


# --- a canvas ---------------------------------------------------------------------------------------------------------

class PlainRenderer(RendererAgg):
    """Matplotlib's own, which keeps nothing; as in the course, texts begin at whole pixels."""

    def draw_text(self, gc, x, y, *args, **kwargs):
        super().draw_text(gc, round(x), round(y), *args, **kwargs)


class PlainCanvas(FigureCanvasAgg):
    def get_renderer(self):
        plain = super().get_renderer()
        self.renderer = PlainRenderer(plain.width, plain.height, plain.dpi)
        return self.renderer


# --- a notebook ------------------------------------------------------------------------------------------------------

def sources(number, kind=None):
    """The texts of a lesson's cells, in order; of one kind of cell ("code", "markdown") or of all."""
    (path,) = (path for path in NOTEBOOKS if path.name.startswith(f"{number:02}_"))
    return [cell.source for cell in nbformat.read(path, 4).cells if kind in (None, cell.cell_type)]


def solutions(number):
    """The code of a lesson's folded solutions, as a learner reads it, in order."""
    return [code for source in sources(number) if "<details>" in source
            for code in re.findall(r"```python\n(.*?)```", source, re.S)]


def run(code, **space):
    """What the code defines when it runs with NumPy and these names."""
    space = {"np": np, **space}
    exec(code, space)
    return space


# --- a figure at every setting ---------------------------------------------------------------------------------------

def ends(control):
    """The values worth trying at the edge of a control: both ends of a slider, every entry of a menu."""
    if isinstance(control, widgets.Checkbox):
        return [False, True]
    if isinstance(control, widgets.Text):
        return ["", "a word and <b>another</b>"]
    if hasattr(control, "options"):
        return [value for _, value in control._options_full]
    return [control.min, control.max]


def some_value(control, rng):
    if not hasattr(control, "step"):
        values = ends(control)
        return values[rng.integers(len(values))]
    steps = round((control.max - control.min) / control.step)
    return type(control.value)(control.min + control.step * rng.integers(steps + 1))


def settings(figure, seed, count=12):
    """Each control at its ends with the others at rest, all together at their ends, and a random sweep.

    "Together" means all corners where there are no more than eight, otherwise the two where all are at one end.
    """
    rest, rng = figure.values(), np.random.default_rng(seed)
    at_end = {name: ends(control) for name, control in figure.sliders.items()}
    yield from ({**rest, name: value} for name, values in at_end.items() for value in values)
    outer = [(values[0], values[-1]) for values in at_end.values()]
    yield from (dict(zip(at_end, pick)) for pick in (itertools.product(*outer) if len(outer) <= 3 else zip(*outer)))
    for _ in range(count):
        yield {name: some_value(control, rng) for name, control in figure.sliders.items()}


def moved(figure, values):
    """Sets the sliders, checks what holds for every figure, and returns the values as the sliders hold them."""
    for _ in range(2):      # the end of one slider may hang on where another stands: the first pass can be clipped
        for name, value in values.items():
            figure.sliders[name].value = value
    is_sound(figure)
    return figure.values()


def sweep(figure, seed=0, count=12):
    """Moves the figure through its `settings`; yields the values after each move."""
    for values in list(settings(figure, seed, count)):
        yield moved(figure, values)


def is_sound(figure):
    """Fails unless the figure says something in words, without a number gone wrong, in a picture of its one size."""
    assert "failed" not in figure.image.sentence, figure.image.sentence
    assert figure.finding in figure.sentence()
    assert 20 < len(figure.finding) <= LONGEST, f"{len(figure.finding)} characters: {figure.finding}"
    wrong = r"(?<![A-Za-z])(nan|inf|None|True|False)(?![A-Za-z])"
    assert not re.search(wrong, figure.finding), f"{figure.values()}: {figure.finding}"
    labels = [label for ax in figure.figure.axes for label in (ax.get_xlabel(), ax.get_ylabel())]
    for said in (*titles(figure), *labels):     # a title may begin "None of the three"
        assert not re.search(r"(?<![A-Za-z])(nan|inf)(?![A-Za-z])", said), f"{figure.values()}: {said}"
    if figure.image.value:      # empty where the fixture `quick` draws none
        assert size_of(figure) == (int(figure.image.width), int(figure.image.height)), "the picture keeps its size"


def titles(figure):
    """The titles of a figure (of ours or of Matplotlib's) in the order of its axes, without the empty ones."""
    return [title for ax in figure.figure.axes for title in [ax.get_title(loc="left") or ax.get_title()] if title]


def title(figure):
    return " | ".join(titles(figure))


def size_of(figure):
    """(width, height) in the header of the picture's PNG."""
    assert figure.image.value[:4] == b"\x89PNG"
    return tuple(int(side) for side in np.frombuffer(figure.image.value[16:24], ">u4"))


def holds_its_texts(figure):
    """Fails where a text reaches beyond the picture; for a figure that has been drawn."""
    canvas = figure.figure.canvas
    width, height = canvas.get_width_height()
    with figures.style():
        texts = [text for ax in figure.figure.axes
                 for text in (ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label, *ax.texts)]
        for text in (*texts, *figure.figure.texts):
            if text.get_text() and text.get_visible():
                box = text.get_window_extent(canvas.get_renderer())
                assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, text.get_text()
