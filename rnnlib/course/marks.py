"""Marks that figures are drawn with: boxes, letters and arrows, names at the ends of curves, fading arrows, a lit relief.

Boxes, letters and arrowheads are measured in points and placed in data coordinates: a box is square and a letter upright
on axes of any shape.
"""

import functools

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D, ScaledTranslation

from . import figures
from .figures import BLACK, GRADIENT, TEXT

ON_TOP = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.5}    # the ground of a text on a picture


def unit_of(ax):
    """Inches that a unit of the data is wide and high on these axes."""
    box, (left, right), (bottom, top) = ax.get_window_extent(), ax.get_xlim(), ax.get_ylim()
    return np.array([box.width / abs(right - left), box.height / abs(top - bottom)]) / ax.figure.dpi


def even(ax, width, height):
    """Take off frame and ticks and let a unit be as wide as high; `width` x `height` units are sure to fit, centred."""
    ax.set_axis_off()
    box = ax.get_window_extent()
    if box.width / box.height > width / height:
        spare = height * box.width / box.height - width
        ax.set(xlim=(-spare / 2, width + spare / 2), ylim=(0, height))
    else:
        spare = width * box.height / box.width - height
        ax.set(xlim=(0, width), ylim=(-spare / 2, height + spare / 2))


def side_of(ax):
    """Inches of a box of the unrolled network: what leaves room for the arrows between them."""
    across, up = unit_of(ax)
    return float(min(0.52 * across, 0.5 * up, 0.62))


def placed(ax, points, x, y):
    """The transform of something given in points, after `points`, that stands at (x, y) of the data."""
    return points + Affine2D().scale(1 / 72) + ax.figure.dpi_scale_trans + ScaledTranslation(x, y, ax.transData)


def box(ax, x, y, label, color, dashed=False, fill="white", side=None):
    """A rounded box with a label, one or more lines, centred on (x, y): a list of artists, the patch first.

    It is a square of `side` inches (as the axes leave room for), wider or higher where the label needs it.
    """
    side, across = side or side_of(ax), unit_of(ax)[0]
    lines = label.split("\n") if label else []
    size, pad = TEXT, 0.09
    widest = max((outlined(line, size)[1].width for line in lines), default=0) / 72
    most = max(0.9 * across - pad, 0.2)
    if widest > most:           # a long word: smaller letters, as large as there is room for
        size = size * most / widest
        widest = most
    spacing = 1.16 * size
    width, height = max(side, widest + pad), max(side, (len(lines) * spacing) / 72 + 0.06)
    patch = PathPatch(_rounded(width, height), facecolor=fill, edgecolor=color, linewidth=1.3 if dashed else 2.5,
                      linestyle="--" if dashed else "-", clip_on=False)
    patch.set_transform(placed(ax, Affine2D().scale(72), x, y))
    patch.half, patch.at = np.array([width, height]) / 2, (x, y)
    ax.add_patch(patch)
    top = spacing * (len(lines) - 1) / 2
    return [patch] + [write(ax, x, y, line, size=size, shift=top - spacing * i) for i, line in enumerate(lines)]


def write(ax, x, y, text, size=TEXT, ha="center", shift=0.0, color=BLACK):
    """A text at (x, y), `shift` points above it, as outlines: set once, they draw ten times as fast as a text."""
    outlines, extents = outlined(text, size)
    left = {"left": extents.x0, "center": (extents.x0 + extents.x1) / 2, "right": extents.x1}[ha]
    points = Affine2D().translate(-left, shift - 0.33 * size)                   # a capital is 0.66 of the size high
    patch = PathPatch(outlines, facecolor=color, linewidth=0, transform=placed(ax, points, x, y), clip_on=False)
    patch.set_label(text)
    patch.points = points
    ax.add_artist(patch)
    return patch


@functools.cache
def outlined(text, size):
    """The path of a text that starts at (0, 0), in points, and its extents; the same few texts come again."""
    with figures.style():
        outlines = TextPath((0, 0), text, size=size)
    return outlines, outlines.get_extents()


@functools.cache
def _rounded(width, height, radius=0.08):
    """A rectangle with round corners around (0, 0), in the units of its sides."""
    x, y, r = width / 2, height / 2, min(radius, width / 3, height / 3)
    corners = [(x - r, -y), (x, -y), (x, -y + r), (x, y - r), (x, y), (x - r, y), (-x + r, y), (-x, y), (-x, y - r),
               (-x, -y + r), (-x, -y), (-x + r, -y), (x - r, -y)]
    codes = [Path.MOVETO] + [Path.CURVE3, Path.CURVE3, Path.LINETO] * 4
    return Path(corners, codes[:len(corners)])


def move(label, ax, x, y):
    """Put what `write` wrote somewhere else."""
    label.set_transform(placed(ax, label.points, x, y))


def link(ax, start, end, color, shift=0.0):
    """An arrow from one box to another.

    Between boxes beside each other it lies `shift` inches above the middle, between one above the other to the right of it.
    """
    unit, gap = unit_of(ax), 0.03
    (x_0, y_0), (x_1, y_1) = start.at, end.at
    if y_0 == y_1:
        way, lift = np.sign(x_1 - x_0), shift / unit[1]
        return arrow(ax, (x_0 + way * (start.half[0] + gap) / unit[0], y_0 + lift),
                     (x_1 - way * (end.half[0] + gap) / unit[0], y_1 + lift), color)
    way, aside = np.sign(y_1 - y_0), shift / unit[0]
    return arrow(ax, (x_0 + aside, y_0 + way * (start.half[1] + gap) / unit[1]),
                 (x_1 + aside, y_1 - way * (end.half[1] + gap) / unit[1]), color)


def arrow(ax, start, end, color, width=2.2):
    """A straight arrow along one of the axes, its tip on `end`: a line with a marker, quicker than a patch."""
    (x_0, y_0), (x_1, y_1) = start, end
    forward, across = np.sign([x_1 - x_0, y_1 - y_0]), np.sign([y_1 - y_0, x_1 - x_0])
    head = Path([(0, 0), -forward + 0.45 * across, -forward - 0.45 * across, (0, 0)], closed=True)
    line, = ax.plot([x_0, x_1], [y_0, y_1], color=color, linewidth=width, solid_capstyle="butt", marker=head,
                    markersize=12 + 2 * width, markeredgewidth=0, markevery=[1])
    return line


def apart(values, least):
    """Places near `values` that keep a distance of `least`, in the same order of size; a crowd spreads about its middle."""
    order = np.argsort(values, kind="stable")
    crowds = []                     # [mean of value - rank * least, members]: those that would come too close are one
    for rank, i in enumerate(order):
        crowds.append([values[i] - rank * least, 1])
        while len(crowds) > 1 and crowds[-2][0] > crowds[-1][0]:
            (a, n), (b, m) = crowds[-2:]
            crowds[-2:] = [[(n * a + m * b) / (n + m), n + m]]
    places = np.empty(len(order))
    places[order] = np.repeat([mean for mean, _ in crowds], [n for _, n in crowds]) + least * np.arange(len(order))
    return places


class EndLabels:
    """Names of curves just right of where they end, kept apart: what a legend would say without the eye going there and back.

    A curve that leaves the axes has an arrowhead at their border there, and its name beside it, where no curve runs.

    labels : list of str; colors : list of str
    """

    LINE = 1.15 * TEXT / 72         # inches from one name to the next
    PARTS = 200                     # of the axes' width, by which is seen where curves run

    def __init__(self, ax, labels, colors):
        self.ax = ax
        self.labels = [write(ax, 0, 0, label, ha="left", color=color) for label, color in zip(labels, colors)]
        self.widths = [outlined(label, TEXT)[1].width / 72 for label in labels]
        self.exits = [ax.plot([], [], "v", color=color, markersize=8, clip_on=False, zorder=3)[0] for color in colors]

    def set(self, x, values):
        """Name the curves values[i] over x, each (N,); of single points nobody can say where they left: they stand at the end."""
        unit, ((left, right), (low, high)) = unit_of(self.ax), (self.ax.get_xlim(), self.ax.get_ylim())
        values = np.reshape(values, (len(self.labels), -1))
        x, y = (np.atleast_1d(x) - left) * unit[0], (values - low) * unit[1]        # inches from the lower left corner
        self.wide, self.high = (right - left) * unit[0], (high - low) * unit[1]
        gone, self.taken = {}, []
        for i, (exit_, curve) in enumerate(zip(self.exits, y)):
            inside = np.flatnonzero((curve >= 0) & (curve <= self.high))
            exit_.set_data([], [])
            if len(inside) and inside[-1] < len(curve) - 1:
                k, up = inside[-1], curve[-1] > 0
                border = self.high if up else 0.0
                gone[i] = x[k] + (x[k + 1] - x[k]) * (border - curve[k]) / (curve[k + 1] - curve[k])
                exit_.set_data([left + gone[i] / unit[0]], [high if up else low])
                exit_.set_marker("^" if up else "v")
        placed = {}
        if gone:
            fine = np.array([np.interp(np.linspace(0, self.wide, self.PARTS + 1), x, curve) for curve in y])
            self.least, self.most = np.minimum(fine[:, 1:], fine[:, :-1]), np.maximum(fine[:, 1:], fine[:, :-1])
        for up in (False, True):
            self._beside([i for i in sorted(gone, key=gone.get) if (y[i, -1] > 0) == up], gone, up, placed)
        rest = [i for i in range(len(self.labels)) if i not in placed]
        if rest:
            # a trace of the ends themselves: those outside the axes keep their order, too
            ends = y[rest, -1]
            places = apart(np.clip(ends, self.LINE / 2, self.high - self.LINE / 2) + 1e-6 * ends, self.LINE)
            places -= max(0.0, places.max() - self.high + self.LINE / 2)
            places += max(0.0, self.LINE / 2 - places.min())
            placed.update(zip(rest, [(self.wide + 0.1, place) for place in places]))
        for i, (across, up) in placed.items():
            move(self.labels[i], self.ax, left + across / unit[0], low + up / unit[1])

    def _beside(self, names, gone, up, placed):
        """Stack names, in order of their exits, right of the last of these or left of the first; or else in two parts."""
        if not names:
            return
        rows = [(i, self.high - (len(names) - row) * self.LINE if up else row * self.LINE)
                for row, i in enumerate(names[::-1] if up else names)]
        for way, at in ((1, gone[names[-1]]), (-1, gone[names[0]])):
            found = {}
            for i, bottom in rows:
                starts = at + way * np.arange(0.12, 2, 0.1) - (way < 0) * self.widths[i]    # off by more where curves slope
                start = next((start for start in starts if self._free(start, start + self.widths[i], bottom)), None)
                if start is None:
                    break
                found[i] = start, bottom + self.LINE / 2
            else:
                self.taken += [(start, start + self.widths[i], middle - self.LINE / 2) for i, (start, middle) in found.items()]
                return placed.update(found)
        if len(names) > 1:
            self._beside(names[:-1], gone, up, placed)
            self._beside(names[-1:], gone, up, placed)

    def _free(self, start, end, bottom):
        """Whether a line of text there, in inches, lies within the axes and has no curve and no name in it."""
        if start < 0.03 or end > self.wide:
            return False
        if any(start < e and s < end and abs(bottom - b) < self.LINE for s, e, b in self.taken):
            return False
        here = np.s_[:, max(0, int((start - 0.06) / self.wide * self.PARTS)):int((end + 0.06) / self.wide * self.PARTS) + 1]
        return not np.any((self.most[here] > bottom) & (self.least[here] < bottom + self.LINE))


class Fading:
    """Rows of arrows that run along an axis of lags: each as strong as the gradient that is left there.

    names : list of str, one a row, written right of it; colors : list of str
    """

    ARROWS = 12

    def __init__(self, ax, names=("",), colors=(GRADIENT,)):
        self.ax = ax
        ax.set_axis_off()
        ax.set_ylim(len(names) - 0.4, -0.6)
        self.rows = [[arrow(ax, (i, row), (i + 1, row), color) for i in range(self.ARROWS)] for row, color in enumerate(colors)]
        for row, name in enumerate(names):
            if name:
                label = write(ax, 0, row, name, ha="left")
                label.set_transform(label.points + Affine2D().scale(1 / 72) + ax.figure.dpi_scale_trans
                                    + ScaledTranslation(1.0, row, ax.get_yaxis_transform()) + Affine2D().translate(8, 0))

    def set(self, log10_left):
        """log10_left : list of ndarray (N,), a row each: decimal logarithms of what is left at lags 0 .. N - 1."""
        for arrows, log10 in zip(self.rows, log10_left):
            last = len(log10) - 1
            ends = np.linspace(0, last, self.ARROWS + 1)
            left = np.interp(ends[1:], np.arange(last + 1), log10)
            for arrow, start, end, share in zip(arrows, ends, ends[1:], left):
                arrow.set_xdata([start + 0.1 * (end - start), end])
                arrow.set_alpha(0.06 + 0.94 * float(np.clip(1 + share / 6, 0, 1)))
                arrow.set_linewidth(2.4 + 0.8 * float(np.clip(share, 0, 8)))


GROUND = LinearSegmentedColormap.from_list("ground", ["#FBF7EE", "#B9C0C4", "#4E5964"])       # low .. high, a relief
SUN = np.array([-0.45, 0.35, 0.82])         # towards the light that falls on a relief: from the upper left


def lit(height, dx, dy, low, high):
    """The colours of a relief lit from the upper left: ndarray of uint8 (rows, columns, 4).

    height : ndarray (rows, columns); dx, dy : between its columns and rows; low, high : heights of the palest and of the darkest
    ground, and below low it counts as flat
    """
    up, across = np.gradient(np.maximum(height, low), dy, dx)
    normal = np.stack([-0.12 * across, -0.12 * up, np.ones_like(height)])
    shade = np.tensordot(SUN, normal / np.linalg.norm(normal, axis=0), axes=1) - SUN[2]         # 0 on the flat
    strength = np.clip(np.where(shade > 0, 1.6 * shade, -0.75 * shade), 0, 0.75)[..., None]     # white light, black shadow
    ground = GROUND(np.clip((height - low) / (high - low), 0, 1))
    ground[..., :3] += strength * ((shade > 0)[..., None] - ground[..., :3])
    return (255 * ground).round().astype(np.uint8)


def relief(ax, x, y, low, high, every=1):
    """A relief on `ax`, as `lit` shades it, with contours: a function set_height(ndarray (len(y), len(x))).

    x, y : evenly spaced coordinates; every : height between contours
    """
    image = ax.imshow(np.zeros((2, 2, 4), np.uint8), origin="lower", aspect="auto", interpolation="bilinear",
                      extent=(x[0], x[-1], y[0], y[-1]))
    drawn = []
    ax.grid(False)

    def set_height(height):
        image.set_data(lit(height, x[1] - x[0], y[1] - y[0], low, high))
        for old in drawn:
            old.remove()
        drawn[:] = [ax.contour(x, y, height, levels=np.arange(np.ceil(low + 0.5), high, every), colors=["#3C4650"],
                               linewidths=0.6, alpha=0.55, linestyles="solid")]

    return set_height
