"""The visual language of the course: one colour for one thing, one typeface, one style, one way to write a number.

Functions here, in `marks` and in `drawings` take arrays, never models. Colours are Okabe and Ito's colour-blind-safe set; no
meaning rests on colour alone: lines also differ in style or carry a label.
"""

import base64
import contextlib
import dataclasses
import functools
import threading
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from .canvas import Canvas, encoded, quicken

INPUT, STATE, OUTPUT, GRADIENT = "#0072B2", "#CC79A7", "#009E73", "#D55E00"
BLACK, GREY, PALE, ORANGE, SKY = "#222222", "#6E6E6E", "#DDDDDD", "#E69F00", "#56B4E9"
# how a cell is drawn where several are compared: colour, line, marker
CELL_STYLES = {"RNN": (BLACK, "-", "o"), "LSTM": (ORANGE, "--", "s"), "GRU": (SKY, "-.", "^")}

STATES = LinearSegmentedColormap.from_list("states", [INPUT, "#FFFFFF", STATE])     # -1 .. 0 .. 1, a heat map of h
FADING = LinearSegmentedColormap.from_list("fading", ["#FFFFFF", GRADIENT])         # 0 .. 1, how much gradient is left



def _typeface():
    """Family names of the lettering, the second for what the first lacks.

    Source Sans Pro comes in a package of its own; without it DejaVu Sans, which Matplotlib carries, does all. Both are
    registered by path under names of ours: what is installed on a machine must not change a stored picture.
    """
    carried = Path(mpl.get_data_path(), "fonts", "ttf")
    faces = {"Course fallback": {("normal", 400): carried / "DejaVuSans.ttf", ("normal", 700): carried / "DejaVuSans-Bold.ttf",
                                 ("italic", 400): carried / "DejaVuSans-Oblique.ttf"}}
    try:
        import font_source_sans_pro
    except ImportError:
        pass
    else:
        files = Path(font_source_sans_pro.__file__).parent / "files"
        faces = {"Course": {("normal", 400): files / "SourceSansPro-Regular.ttf", ("italic", 400): files / "SourceSansPro-It.ttf",
                            ("normal", 700): files / "SourceSansPro-Semibold.ttf"}, **faces}
    for name, files in faces.items():
        for (slant, weight), path in files.items():
            entry = font_manager.ttfFontProperty(font_manager.get_font(path))
            entry = dataclasses.replace(entry, name=name, style=slant, weight=weight)
            if entry not in font_manager.fontManager.ttflist:
                font_manager.fontManager.ttflist.append(entry)
    return list(faces)


TYPEFACE = _typeface()
# Points. At 100 dots an inch a picture 840 pixels wide has letters of 20 pixels; where a window of 900 pixels leaves it 468,
# they are still 11 pixels high. DejaVu is a fifth wider.
TEXT = 14.5 if "Course" in TYPEFACE else 12.0
TITLE = TEXT + 1.5

STYLE = {
    "figure.dpi": 100, "figure.facecolor": "white", "font.family": TYPEFACE, "font.size": TEXT, "axes.titlesize": TITLE,
    "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.titley": 1.0, "axes.labelsize": TEXT,
    "xtick.labelsize": TEXT, "ytick.labelsize": TEXT, "legend.fontsize": TEXT, "legend.frameon": False,
    "lines.linewidth": 2, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": "#E6E6E6", "axes.axisbelow": True, "axes.edgecolor": GREY, "text.color": BLACK,
    "axes.labelcolor": BLACK, "xtick.color": BLACK, "ytick.color": BLACK, "mathtext.fontset": "custom",
    "mathtext.fallback": "stixsans", "mathtext.it": f"{TYPEFACE[0]}:italic", "mathtext.bf": f"{TYPEFACE[0]}:bold",
    **{f"mathtext.{kind}": TYPEFACE[0] for kind in ("rm", "sf", "tt", "cal", "bfit")},
}


# how windows open is no matter of looks
DEFAULTS = {key: value for key, value in mpl.rcParamsDefault.items()
            if not key.startswith(("backend", "interactive", "toolbar", "webagg", "tk.", "macosx.", "docstring."))}
LOOK = DEFAULTS | STYLE
WIDEST = 840        # pixels of a picture: a notebook's cell in a window of 1280 is 848 wide, and nothing is scaled there


# Matplotlib's settings are the process' own; JupyterLab lets a cell and a widget's callbacks run in two threads
LOCK = threading.RLock()


_looks = []     # the contexts that are open: one within its like changes nothing, and takes no time


@contextlib.contextmanager
def _only(look):
    with LOCK, contextlib.ExitStack() as stack:
        if not _looks or _looks[-1] is not look:
            stack.enter_context(mpl.rc_context({key: value for key, value in look.items() if mpl.rcParams[key] != value}))
        _looks.append(look)
        stack.callback(_looks.pop)
        yield


def defaults():
    """Matplotlib's own defaults as a context or a decorator, whatever the user's matplotlibrc says."""
    return _only(DEFAULTS)


def style():
    """The course's style as a context: ``with style(): ...``. Titles and texts take it on when they are made.

    It starts from Matplotlib's defaults: a matplotlibrc of the learner's own, or a style chosen in the notebook, is for
    the learner's own figures and does not reach these.
    """
    return _only(LOOK)


def new(rows=1, columns=1, size=(8.4, 4.0), left=0.85, right=0.25, bottom=0.65, top=0.5, **subplots):
    """A figure in the course's style and its axes: (Figure, Axes or array of Axes).

    size and the margins are in inches; wspace, hspace, width_ratios, height_ratios, sharex ... go to `Figure.subplots`.
    The layout is fixed, so that a picture keeps its size and its axes their place while a slider moves. What is set later
    takes on the style within ``with style():`` (LiveFigure's draw runs there), or in a function decorated with ``@style()``.
    """
    grid = {key: subplots.pop(key) for key in ("wspace", "hspace") if key in subplots}
    with style():
        figure = Figure(figsize=size, dpi=min(mpl.rcParams["figure.dpi"], WIDEST / size[0]))
        Canvas(figure)
        axes = figure.subplots(rows, columns, **subplots)
        for ax in np.ravel(axes):       # ticks made later, while a slider moves, keep the style
            ax.tick_params(labelsize=STYLE["xtick.labelsize"], colors=BLACK)
            quicken(ax)
        width, height = size
        figure.subplots_adjust(left=left / width, right=1 - right / width, bottom=bottom / height, top=1 - top / height,
                               **grid)
    return figure, axes


def png(figure, dark=False):
    """The figure as PNG bytes, at its own size (never cropped, so that pictures of one figure all have one size).

    dark : as `night` has it
    """
    with style():
        figure.canvas.draw()
        pixels = np.asarray(figure.canvas.buffer_rgba())
        return encoded(night(pixels, figure) if dark else pixels)


class Picture:
    """A finished figure and the sentence that says its finding; a notebook shows the picture, a screen reader the sentence."""

    def __init__(self, figure, sentence):
        self.figure, self.sentence = figure, sentence

    def _repr_mimebundle_(self, **_):
        return {"image/png": base64.b64encode(png(self.figure)).decode(), "text/plain": self.sentence}


_RAISED = str.maketrans("-0123456789", "\N{SUPERSCRIPT MINUS}⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(base, exponent):
    """'0.7⁹⁹' as plain text: mathtext would take longer to set than the rest of a figure to draw."""
    return f"{base:g}" + f"{exponent:.0f}".translate(_RAISED)


def decade(log10, _position=None):
    """The label of a tick on an axis of decimal logarithms, also as a formatter: '1', '10⁻⁶'."""
    return power(10, log10) if round(log10) else "1"


def scientific(log10):
    """A number given by its decimal logarithm, which may lie beyond any float: -15.3 -> '4.6×10⁻¹⁶', 0 -> '1'."""
    if -3 < log10 < 4:
        return f"{float(f'{10 ** log10:.3g}'):g}"
    exponent = int(np.floor(log10))
    mantissa = round(10 ** (log10 - exponent), 1)
    if mantissa >= 10:
        mantissa, exponent = 1.0, exponent + 1
    return f"{mantissa:.1f}×{power(10, exponent)}"


def number(value, digits=3):
    """A number to a few digits, written like `scientific` where it is large or small: 0.0625, 4190, '3.1×10⁷'."""
    short = float(f"{value:.{digits}g}")
    if short == 0 or 1e-3 <= abs(short) < 1e4:
        return f"{short:g}"
    mantissa, exponent = f"{short:.{digits - 1}e}".split("e")
    return f"{float(mantissa):g}×{power(10, int(exponent))}"


def night(pixels, figure=None):
    """A picture for a dark page: white becomes #111111, black becomes nearly white, a colour keeps its hue.

    Greys are turned over in lightness (OKLab, https://bottosson.github.io/posts/oklab/), colours become about equally light: a
    heat map from white to pink runs from dark to pink, and a number written on it stays legible.

    Parameters
    ----------
    pixels : ndarray of uint8 (height, width, 4)
    figure : matplotlib Figure, optional
        The one they were drawn from: its axes with the gid "photograph" show something as it is, and keep their colours.

    Returns
    -------
    ndarray of uint8, of the same shape
    """
    r, g, b = (pixels[..., i].astype(np.uint32) >> 2 for i in range(3))
    dark = _nights()[(r << 12) | (g << 6) | b].view(np.uint8).reshape(pixels.shape)
    for ax in figure.axes if figure is not None else ():
        if ax.get_gid() == "photograph":
            left, bottom, right, top = np.round(ax.get_window_extent().extents).astype(int)
            rows = slice(len(pixels) - top, len(pixels) - bottom)
            dark[rows, left:right] = pixels[rows, left:right]
    return dark


@functools.cache
def _nights():
    """The dark colour, as four bytes in a number, of each colour given by six bits a channel."""
    steps = np.arange(64) / 63
    rgb = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_lms = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                       [0.0883024619, 0.2817188376, 0.6299787005]])
    to_lab = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                       [0.0259040371, 0.7827717662, -0.8086757660]])
    light, *ab = (np.cbrt(linear @ to_lms.T) @ to_lab.T).T
    colourful = np.clip(np.hypot(*ab) / 0.15, 0, 1)
    # the darker tone of STATE that stands for a second network is a lighter one here
    purple = np.exp(-((light - 0.52) ** 2 + (ab[0] - 0.1) ** 2 + (ab[1] + 0.03) ** 2) / 0.05 ** 2)
    light = np.clip((1 - colourful) * (1.178 - light) + colourful * (0.5 + 0.16 * light + 0.2 * purple), 0, 0.95)
    linear = (np.stack([light, *ab], axis=-1) @ np.linalg.inv(to_lab).T) ** 3 @ np.linalg.inv(to_lms).T
    linear = np.clip(linear, 0, 1)
    rgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    opaque = np.full((len(rgb), 1), 255)
    return np.concatenate([(255 * rgb).round(), opaque], axis=1).astype(np.uint8).view(np.uint32)[:, 0].copy()


@style()
def loss_curve(steps=10, unit=""):
    """An empty loss curve of a run of so many steps: (figure, set_losses(list of numbers, one per step)).

    unit : "nats" for a cross entropy
    """
    figure, ax = new(size=(8.4, 3.0))
    line, = ax.plot([], [], color=BLACK)
    ax.set_xlabel("step of training")
    ax.set_ylabel(f"loss ({unit})" if unit else "loss")
    ax.set_xlim(0, steps)
    ax.set_title("No run yet: press Train")

    @style()
    def set_losses(losses):
        line.set_data(np.arange(1, len(losses) + 1), losses)
        ax.set_xlim(0, max(len(losses), steps))
        ax.set_ylim(0, 1.05 * max(losses) if losses and max(losses) > 0 else 1)
        done = f"{len(losses)}{f' of {steps}' * (len(losses) < steps)} steps"
        ax.set_title(f"loss {number(losses[-1])} after {done}" if losses else "No run yet: press Train")

    return figure, set_losses
