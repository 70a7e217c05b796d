"""The visual language of the course: one colour for one thing, one style, and the drawings that every lesson shares.

Functions here take arrays, never models. Colours are Okabe and Ito's colour-blind-safe set; no meaning rests on colour
alone: lines also differ in style or carry a label.
"""

import base64
import contextlib
import functools
import threading

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D, ScaledTranslation

from .canvas import Canvas, encoded

INPUT, STATE, OUTPUT, GRADIENT = "#0072B2", "#CC79A7", "#009E73", "#D55E00"
BLACK, GREY, PALE, ORANGE, SKY = "#222222", "#6E6E6E", "#DDDDDD", "#E69F00", "#56B4E9"
# how a cell is drawn where several are compared: colour, line, marker
CELL_STYLES = {"RNN": (BLACK, "-", "o"), "LSTM": (ORANGE, "--", "s"), "GRU": (SKY, "-.", "^")}

STATES = LinearSegmentedColormap.from_list("states", [INPUT, "#FFFFFF", STATE])     # -1 .. 0 .. 1, a heat map of h
FADING = LinearSegmentedColormap.from_list("fading", ["#FFFFFF", GRADIENT])         # 0 .. 1, how much gradient is left

STYLE = {
    "figure.dpi": 100, "figure.facecolor": "white", "font.size": 12, "axes.titlesize": 13, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "axes.titley": 1.0, "axes.labelsize": 12, "xtick.labelsize": 11, "ytick.labelsize": 11,
    "legend.fontsize": 11, "legend.frameon": False, "lines.linewidth": 2, "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "grid.color": "#E6E6E6", "axes.axisbelow": True,
    "axes.edgecolor": GREY, "text.color": BLACK, "axes.labelcolor": BLACK, "xtick.color": BLACK, "ytick.color": BLACK,
}


# how windows open is no matter of looks
DEFAULTS = {key: value for key, value in mpl.rcParamsDefault.items()
            if not key.startswith(("backend", "interactive", "toolbar", "webagg", "tk.", "macosx.", "docstring."))}
WIDEST = 840        # pixels of a picture: a notebook's cell in a window of 1280 is 848 wide, and nothing is scaled there


# Matplotlib's settings are the process' own; JupyterLab lets a cell and a widget's callbacks run in two threads
LOCK = threading.RLock()


@contextlib.contextmanager
def _only(look):
    with LOCK, mpl.rc_context({key: value for key, value in look.items() if mpl.rcParams[key] != value}):
        yield


def defaults():
    """Matplotlib's own defaults as a context or a decorator, whatever the user's matplotlibrc says."""
    return _only(DEFAULTS)


def style():
    """The course's style as a context: ``with style(): ...``. Titles and texts take it on when they are made.

    It starts from Matplotlib's defaults: a matplotlibrc of the learner's own, or a style chosen in the notebook, is for
    the learner's own figures and does not reach these.
    """
    return _only(DEFAULTS | STYLE)


def new(rows=1, columns=1, size=(8.5, 4.0), left=0.85, right=0.25, bottom=0.65, top=0.5, **subplots):
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
        width, height = size
        figure.subplots_adjust(left=left / width, right=1 - right / width, bottom=bottom / height, top=1 - top / height,
                               **grid)
    return figure, axes


def png(figure):
    """The figure as PNG bytes, at its own size (never cropped, so that pictures of one figure all have one size)."""
    with style():
        figure.canvas.draw()
    return encoded(np.asarray(figure.canvas.buffer_rgba()))


class Picture:
    """A finished figure and the sentence that says its finding; a notebook shows the picture, a screen reader the sentence."""

    def __init__(self, figure, sentence):
        self.figure, self.sentence = figure, sentence

    def _repr_mimebundle_(self, **_):
        return {"image/png": base64.b64encode(png(self.figure)).decode(), "text/plain": self.sentence}


def scientific(log10):
    """A number given by its decimal logarithm, in words a formula can hold: -15.3 -> '4.6e-16', 0 -> '1.0'."""
    if -3 < log10 < 4:
        return f"{10 ** log10:.3g}"
    exponent = int(np.floor(log10))
    mantissa = round(10 ** (log10 - exponent), 1)
    if mantissa >= 10:
        mantissa, exponent = 1.0, exponent + 1
    return f"{mantissa:.1f}e{exponent:+03d}"


class Unrolled:
    """The unrolled network: x_t from below, h_t flowing right, y_t out of the top, the gradient back along the arrows.

    Drawn once on `ax`; `light`, `length` and `gradient_left` change what is seen without drawing anew.

    Parameters
    ----------
    ax : matplotlib Axes
        Its frame and ticks are taken off; step t stands at t on the horizontal axis, -0.5 .. T + 0.5.
    T : int
        Steps drawn, from 1.
    outputs, gradient : bool
        Whether y_t and the gradient's arrows are drawn.
    x, h, y : list of str, optional
        Labels instead of x_1.., h_0.. (T + 1 of them), y_1...
    weights : bool
        Whether every arrow carries the names of its weights: W_x and b, W_h, W_y.
    """

    PALE = 0.15

    def __init__(self, ax, T, outputs=True, gradient=False, x=None, h=None, y=None, weights=False):
        self.T = T
        ax.set_axis_off()
        ax.set_xlim(-0.5, T + 0.5)
        ax.set_ylim(-1.35, 1.45 if outputs else 0.75)
        x = x or [f"$x_{{{t}}}$" for t in range(1, T + 1)]
        h = h or [f"$h_{{{t}}}$" for t in range(T + 1)]
        y = y or [f"$y_{{{t}}}$" for t in range(1, T + 1)]
        self.steps = []     # for t = 0..T: the artists that belong to step t
        self.back = []      # for t = 1..T: the gradient's arrow from h_t to h_{t-1}
        for t in range(T + 1):
            artists = [*self.box(ax, t, 0, h[t], STATE, dashed=t == 0)]
            if t:
                artists += [*self.box(ax, t, -1.05, x[t - 1], INPUT), self.arrow(ax, (t, -0.78), (t, -0.28), INPUT),
                            self.arrow(ax, (t - 0.73, 0.06), (t - 0.27, 0.06), STATE)]
                if outputs:
                    artists += [*self.box(ax, t, 1.1, y[t - 1], OUTPUT), self.arrow(ax, (t, 0.27), (t, 0.82), OUTPUT)]
                if weights:
                    names = [(t - 0.5, 0.2, "$W_h$", "center"), (t + 0.07, -0.56, "$W_x$", "left"),
                             (t - 0.07, -0.56, "$b$", "right")]
                    names += [(t + 0.07, 0.52, "$W_y$", "left")] if outputs else []
                    artists += [self.label(ax, *at, name, size=10.5, ha=ha) for *at, name, ha in names]
                if gradient:
                    self.back.append(self.arrow(ax, (t - 0.27, -0.12), (t - 0.73, -0.12), GRADIENT))
            self.steps.append(artists)

    @classmethod
    def box(cls, ax, x, y, label, color, dashed=False):
        """A rounded box with a label, one or more lines, centred on (x, y): a list of artists, the patch first."""
        patch = FancyBboxPatch((x - 0.2, y - 0.2), 0.4, 0.4, boxstyle="round,pad=0.06", facecolor="white",
                               edgecolor=color, linewidth=1.2 if dashed else 2.5, linestyle="--" if dashed else "-")
        ax.add_patch(patch)
        lines = label.split("\n")
        top = 8 * (len(lines) - 1)                                                  # points; lines stand 16 apart
        return [patch] + [cls.label(ax, x, y, line, shift=top - 16 * i) for i, line in enumerate(lines)]

    @staticmethod
    def label(ax, x, y, text, size=13, ha="center", shift=0.0, color=BLACK):
        """A text at (x, y), `shift` points above it, as outlines: set once, they draw ten times as fast as a text."""
        outlines, box = Unrolled._outlines(text, size)
        left = {"left": box.x0, "center": (box.x0 + box.x1) / 2, "right": box.x1}[ha]
        points = Affine2D().translate(-left, shift - 0.36 * size).scale(1 / 72)     # a capital is 0.72 of the size high
        place = points + ax.figure.dpi_scale_trans + ScaledTranslation(x, y, ax.transData)
        patch = PathPatch(outlines, facecolor=color, linewidth=0, transform=place, clip_on=False)
        patch.set_label(text)
        ax.add_artist(patch)
        return patch

    @staticmethod
    @functools.cache
    def _outlines(text, size):
        """The path of a text that starts at (0, 0), in points, and its extents; the same few texts come again."""
        outlines = TextPath((0, 0), text, size=size)
        return outlines, outlines.get_extents()

    @staticmethod
    def arrow(ax, start, end, color):
        """A straight arrow along one of the axes, its tip on `end`: a line with a marker, quicker than a patch."""
        (x_0, y_0), (x_1, y_1) = start, end
        forward, across = np.sign([x_1 - x_0, y_1 - y_0]), np.sign([y_1 - y_0, x_1 - x_0])
        head = Path([(0, 0), -forward + 0.45 * across, -forward - 0.45 * across, (0, 0)], closed=True)
        line, = ax.plot([x_0, x_1], [y_0, y_1], color=color, linewidth=2.2, solid_capstyle="butt", marker=head,
                        markersize=17, markeredgewidth=0, markevery=[1])
        return line

    def light(self, t):
        """Show steps 0..t in full colour and the later ones pale: what has been computed by time t."""
        for step, artists in enumerate(self.steps):
            for artist in artists:
                artist.set_alpha(1.0 if step <= t else self.PALE)

    def length(self, T):
        """Show the first T steps and nothing of the others."""
        for t, artists in enumerate(self.steps):
            for artist in artists:
                artist.set_visible(t <= T)
        for t, arrow in enumerate(self.back, 1):
            arrow.set_visible(t <= T)

    def gradient_left(self, amounts):
        """Fade the gradient's arrow from h_t to h_{t-1} to amounts[t - 1], each from 0 to 1."""
        for arrow, amount in zip(self.back, amounts):
            arrow.set_alpha(0.08 + 0.92 * float(np.clip(amount, 0, 1)))


@style()
def number_line(low, high, truth, unit=""):
    """A truth on an axis from low to high (wider where the truth lies outside): (figure, set_guess(number or None))."""
    figure, ax = new(size=(8.5, 1.5), left=0.4, right=0.4, bottom=0.55, top=0.35)
    margin = 0.04 * (high - low)
    ax.set_xlim(min(low, truth) - margin, max(high, truth) + margin)
    ax.set_ylim(-1, 1)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(unit or "(no unit)")
    if isinstance(low, int) and isinstance(high, int):
        ax.xaxis.get_major_locator().set_params(integer=True)
    ax.plot([truth], [0], "D", color=BLACK, markersize=11)
    side = "right" if truth > (low + high) / 2 else "left"
    ax.text(truth, 0.55, "truth", ha=side, va="center")
    point, = ax.plot([], [], "o", markersize=14, markerfacecolor="none", markeredgecolor=GRADIENT, markeredgewidth=3)
    label = ax.text(0, -0.62, "", ha="center", va="center")

    @style()
    def set_guess(guess):
        point.set_data([] if guess is None else [guess], [] if guess is None else [0])
        label.set_text("" if guess is None else "your prediction")
        label.set_x(low if guess is None else guess)
        label.set_ha("right" if guess is not None and guess > (low + high) / 2 else "left")

    return figure, set_guess


@style()
def choice(options, truth):
    """The options as a list with the true one marked: (figure, set_guess(option or None))."""
    figure, ax = new(size=(8.5, 0.45 + 0.34 * len(options)), left=0.2, right=0.2, bottom=0.1, top=0.1)
    ax.set_axis_off()
    ax.set_xlim(0, 1)
    ax.set_ylim(len(options) - 0.5, -0.5)
    notes = []
    for i, option in enumerate(options):
        ax.text(0.26, i, option, va="center", weight="bold" if option == truth else "normal")
        notes.append(ax.text(0.245, i, "", va="center", ha="right", color=BLACK))

    @style()
    def set_guess(guess):
        for option, note in zip(options, notes):
            marks = (["your prediction"] if option == guess else []) + (["truth"] if option == truth else [])
            note.set_text(" = ".join(marks) + (" \N{RIGHTWARDS ARROW}" if marks else ""))

    return figure, set_guess


@style()
def loss_curve():
    """An empty loss curve: (figure, set_losses(list of numbers, one a step))."""
    figure, ax = new(size=(8.5, 3.0))
    line, = ax.plot([], [], color=BLACK)
    ax.set_xlabel("step of training")
    ax.set_ylabel("loss (no unit)")
    ax.set_title("no run yet")

    @style()
    def set_losses(losses):
        line.set_data(np.arange(1, len(losses) + 1), losses)
        ax.set_xlim(0, max(len(losses), 10))
        ax.set_ylim(0, 1.05 * max(losses) if losses and max(losses) > 0 else 1)
        ax.set_title(f"loss {losses[-1]:.3g} after {len(losses)} steps" if losses else "no run yet")

    return figure, set_losses
