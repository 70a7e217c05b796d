"""Figures of lesson 09 on captions and names: what a network writes from one input, and how sure it was of each token."""

import ipywidgets as widgets
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from .. import figures, marks
from ..drawings import Unrolled
from ..figures import BLACK, CELL_STYLES, GREY, INPUT, OUTPUT
from ..live import WIDE, LiveFigure, TextBox, nearest, slider

LIKELY = LinearSegmentedColormap.from_list("likely", ["#FFFFFF", OUTPUT])           # 0 .. 1, the probability of an output
INKED = LinearSegmentedColormap.from_list("inked", ["#FFFFFF", INPUT])              # 0 .. 1, an input
LINES = {"RNN": (0, -0.09), "LSTM": (1, 0.0), "GRU": (2, 0.09)}     # where a cell stands beside the others


@figures.style()
def written_out(words):
    """The wiring: one input sets h_0, and from then on the network reads the word it wrote last.

    words : list of str, as written, `end` included
    """
    T = len(words)
    figure, ax = figures.new(size=(8.4, 3.6), left=0.1, right=0.1, bottom=0.1, top=0.5)
    network = Unrolled(ax, T, x=["start", *words[:-1]], y=words)
    marks.link(ax, marks.box(ax, 0, -1.05, "v", INPUT)[0], network.steps[0][0], INPUT)
    for t in range(1, T):               # from y_t over to x_{t+1}
        ax.plot([t + 0.27, t + 0.5, t + 0.5, t + 0.73], [1.1, 1.1, -1.05, -1.05], color=GREY, linewidth=1.6, linestyle=":",
                zorder=0)
    network.light(T)
    said = "One input sets the first state; from then on the network reads what it wrote"
    ax.set_title(said)
    return figures.Picture(figure, f"{said}: v, then {T} steps, each reading the word of the step before.")


@figures.style()
def measured(pictures, v, captions, grid):
    """Pictures above what is measured of them: the box around the shape, and how much of each part of it is painted.

    pictures (n, S, S, 3); v (n, V) with the painted shares of grid x grid parts last, -1 to 1; captions: list of n str
    """
    n = len(pictures)
    figure, axes = figures.new(2, n, size=(8.4, 5.55), left=0.15, right=0.15, bottom=1.3, top=1.05, wspace=0.18, hspace=0.12)
    for (above, below), picture, row, caption in zip(axes.T, pictures, v, captions):
        above.imshow(picture, interpolation="nearest")
        above.set_gid("photograph")
        below.imshow((row[-grid ** 2:].reshape(grid, grid) + 1) / 2, cmap=INKED, vmin=0, vmax=1)
        shade = " ".join(f"{part:.2f}" for part in (row[4:7] + 1) / 2)
        below.set_xlabel(f"x {row[0]:+.1f}, y {row[1]:+.1f}\nwide {row[2]:+.1f}, high {row[3]:+.1f}\nrgb {shade}")
        above.set_title(_halves(caption), fontweight="normal", loc="center")
        for ax in (above, below):
            ax.set_xticks([])
            ax.set_yticks([])
            ax.grid(False)
    said = f"Of the {pictures[0].size:,} numbers of a picture, {v.shape[1]} reach the network"
    figure.suptitle(said, x=0.02, ha="left", fontweight="bold", y=0.985)
    figure.text(0.02, 0.015, f"blue: how much of each of {grid} x {grid} parts of the box around the shape is painted\n"
                             "x, y, wide, high: scaled to about -1 to 1", va="bottom")
    return figures.Picture(figure, f"{said}: where the shape is, how wide and high, its mean colour, and how much of each of "
                                   f"{grid} x {grid} parts of the box around it is painted.")


def _halves(text, widest=18):
    """A caption on two lines."""
    words, first = text.split(), ""
    while words and len(first) + len(words[0]) < widest:
        first += (" " if first else "") + words.pop(0)
    return f"{first}\n{' '.join(words)}"


@figures.style()
def captioner(describe, judge, shapes, colours, shape, colour, radius=4.8, x=12.0, y=16.0):
    """A picture that the learner changes, and the caption that follows, word by word, with its probabilities.

    Parameters
    ----------
    describe : function (shape, colour, radius, x, y) -> (picture (S, S, 3), words, p (n, 2), runner-up words)
        The caption that the network writes, `end` included, and the probabilities of each word and of its runner-up.
    judge : function (shape, colour, radius, x, y) -> str
        The right caption, or an empty text where the picture lies between two.
    shapes, colours : sequences of str, for the menus; shape, colour : what stands in them at first
    """
    most = 9
    figure, (left, right) = figures.new(1, 2, size=(8.4, 4.0), left=0.3, right=1.35, top=0.55, bottom=0.6, wspace=0.4,
                                        width_ratios=[3.1, 2.75])
    picture = left.imshow(describe(shape, colour, radius, x, y)[0], interpolation="nearest")
    left.set_xticks([])
    left.set_yticks([])
    left.grid(False)
    left.set_gid("photograph")
    left.set_xlabel("the picture, 32 x 32 pixels")
    rows = np.arange(most)
    bars, = right.plot([], [], color=OUTPUT, linewidth=13, solid_capstyle="butt")
    words = [right.text(-0.03, row, "", ha="right", va="center", weight="bold") for row in rows]
    others = [right.text(1.04, row, "", va="center") for row in rows]
    right.text(1.04, -1, "runner-up", va="center")
    right.set_xlim(0, 1)
    right.set_ylim(most - 0.4, -0.6)
    right.set_yticks([])
    right.set_xticks([0, 0.5, 1])
    right.set_xlabel("probability of the word")
    right.spines["left"].set_visible(False)

    def draw(shape, colour, radius, x, y):
        pixels, written, p, second = describe(shape, colour, radius, x, y)
        shown = min(len(written), most)
        picture.set_data(pixels)
        _set_bars(bars, rows[:shown], p[:shown, 0])
        for row in rows:
            words[row].set_text(written[row] if row < shown else "")
            unsure = row < shown and p[row, 1] >= 0.005
            others[row].set_text(f"{second[row]} {p[row, 1]:.2f}" if unsure else "")
        said = " ".join(word for word in written if word != "end")
        left.set_title(f"“{said}”")
        doubt = int(p[:, 0].argmin())
        right_one = judge(shape, colour, radius, x, y)
        verdict = ("a picture between two captions" if not right_one else "right" if said == right_one else
                   f"wrong, it is “{right_one}”")
        return (f"“{said}”: {verdict}. Least sure of “{written[doubt]}” ({p[doubt, 0]:.2f}; "
                f"“{second[doubt]}” {p[doubt, 1]:.2f}).")

    return LiveFigure(figure, draw, shape=widgets.Dropdown(options=shapes, description="shape", value=shape, **WIDE),
                      colour=widgets.Dropdown(options=colours, description="colour", value=colour, **WIDE),
                      radius=slider("half width (pixels)", radius, 3.4, 7.0, 0.1),
                      x=slider("across (pixels)", x, 7.0, 25.0, 0.5), y=slider("down (pixels)", y, 7.0, 25.0, 0.5))


def _set_bars(line, rows, lengths):
    """Lying bars from 0, as one thick broken line, which draws many times as fast as a patch each."""
    n = len(rows)
    line.set_data(np.stack([np.zeros(n), lengths, np.full(n, np.nan)], axis=1).ravel(), np.repeat(np.asarray(rows, float), 3))


@figures.style()
def things_by_cell(shares):
    """What one run of each cell gets right, thing by thing in the order in which a caption says them.

    shares : dict of cell name to (dict of thing to share right)
    """
    figure, ax = figures.new(size=(8.4, 3.9))
    things = list(next(iter(shares.values())))
    for cell, right in shares.items():
        color, line, marker = CELL_STYLES[cell]
        place, aside = LINES[cell]
        ax.plot(np.arange(len(things)) + aside, list(right.values()), color=color, linestyle=line, marker=marker, markersize=10,
                label=cell)
    ax.set_xticks(range(len(things)), things)
    ax.set_xlim(-0.4, len(things) - 0.3)
    ax.set_ylim(-0.03, 1.06)
    ax.set_xlabel("thing, in the order in which it is said")
    ax.set_ylabel("right (share of captions)")
    ax.legend(loc="lower left", handlelength=3)
    worst, what, share = min(((cell, thing, value) for cell, right in shares.items() for thing, value in right.items()),
                             key=lambda row: row[2])
    ax.set_title(f"One stored run each: the {worst} names the {what} in {share:.0%} of pictures")
    return figures.Picture(figure, "; ".join(f"{cell}: " + ", ".join(f"{thing} {value:.2f}" for thing, value in right.items())
                                             for cell, right in shares.items()) + " right.")


@figures.style()
def gallery(pictures, found, wanted, title):
    """Pictures with the captions that a network gave them, and the right one where it was wrong.

    pictures (n, S, S, 3), n even; found, wanted : lists of n str
    """
    n = len(pictures)
    figure, axes = figures.new(2, n // 2, size=(8.4, 6.2), left=0.15, right=0.15, bottom=0.9, top=0.5, wspace=0.1, hspace=0.55)
    for ax, picture, a, b in zip(axes.flat, pictures, found, wanted):
        ax.imshow(picture, interpolation="nearest")
        ax.set_gid("photograph")
        wrong = "\ntruly: " + _difference(b, a).replace(", not", ",\nnot")
        ax.set_xlabel(_halves(a, 20) + ("\ncorrect" if a == b else wrong),
                      fontweight="normal" if a == b else "bold")
        ax.set_xticks([])
        ax.set_yticks([])
        ax.grid(False)
    figure.suptitle(title, x=0.02, ha="left", fontweight="bold", y=0.985)
    wrong = [f"“{a}” for “{b}”" for a, b in zip(found, wanted) if a != b]
    return figures.Picture(figure, f"{title}. Wrong: {'; '.join(wrong) or 'none'}.")


def _difference(wanted, found):
    """The words that stand in one caption and not in the other, articles aside: "cross, not ring"."""
    missing, extra = ([word for word in a.split() if word not in (*b.split(), "a", "an")]
                      for a, b in ((wanted, found), (found, wanted)))
    return ", ".join([" ".join(missing)] * bool(missing) + [f"not {' '.join(extra)}"] * bool(extra)) or wanted


@figures.style()
def next_letters(read, lands, letters, text="hills bidebo"):
    """A text box for a land and the beginning of a name; after each letter, what the network expects next.

    read : function (land: int, name) -> ndarray (len(name) + 1, K): the probabilities before each letter and after the last
    lands : list of str; letters : sequence of K str, `end` and `start` first
    """
    longest, K = 12, len(letters)
    figure, ax = figures.new(size=(8.4, 5.6), left=0.75, top=0.55, bottom=0.65)
    image = ax.imshow(np.zeros((K - 1, longest + 1)), cmap=LIKELY, vmin=0, vmax=1, aspect="auto",
                      extent=(0.5, longest + 1.5, K - 1, 0))
    frames, = ax.plot([], [], color=BLACK, linewidth=2.2)
    for row, letter in enumerate(["end", *letters[2:]]):        # outlines, which draw fast
        marks.write(ax, 0.42, row + 0.5, letter, ha="right")
    for column in range(1, longest + 2):
        marks.write(ax, column, K - 1, str(column), shift=-13)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    ax.set_xlabel("letter of the name (framed: what you typed; the stronger, the likelier)", labelpad=26)

    def answer(text):
        land, _, name = text.lower().partition(" ")
        name = name.strip()
        if land not in lands:
            raise ValueError(f"{nearest(land, lands)} Begin with one of {', '.join(lands)}, then a space, then some letters.")
        if len(name) > longest:
            raise ValueError(f"That beginning has {len(name)} letters; up to {longest} are read.")
        odd = next((letter for letter in name if letter not in letters[2:]), None)
        if odd is not None:
            raise ValueError(f"{odd!r} is not among the letters of these lands: {' '.join(letters[2:])}.")
        p = read(lands.index(land), name)
        shade = np.zeros((K - 1, longest + 1))
        shade[:, :len(p)] = np.delete(p, 1, axis=1).T               # without `start`
        image.set_data(np.sqrt(shade))
        rows = np.array([letters.index(letter) - 1 for letter in name], dtype=float)
        frames.set_data(*_frames(np.arange(1, len(name) + 1), rows))
        order = np.argsort(-p[-1])[:3]
        where = f"After “{name}” in the {land}" if name else f"At the beginning, in the {land}"
        ax.set_title(f"{where}: {letters[order[0]]} ({p[-1, order[0]]:.2f})")
        told = ", ".join(f"{letters[k]} {p[-1, k]:.2f}" for k in order)
        surprise = [p[i, letters.index(letter)] for i, letter in enumerate(name)]
        least = f" Least expected so far: “{name[int(np.argmin(surprise))]}” ({min(surprise):.2g})." if name else ""
        return f"{where}: {told}.{least}"

    return TextBox("land and beginning of a name", text, answer, figure)


def _frames(columns, rows):
    """One line, broken by NaN, around the cells of a heat map; columns are centres, rows upper edges, both (n,)."""
    x = columns[:, None] + np.array([-0.47, 0.47, 0.47, -0.47, -0.47, np.nan])
    y = rows[:, None] + np.array([0.06, 0.06, 0.94, 0.94, 0.06, np.nan])
    return x.ravel(), y.ravel()
