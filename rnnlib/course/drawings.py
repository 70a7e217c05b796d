"""The drawings that lessons share: the unrolled network, the gated cells, the wirings.

They take arrays and sizes, never models, and are drawn with `marks`.
"""

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from . import figures, marks
from .figures import BLACK, GRADIENT, GREY, INPUT, ORANGE, OUTPUT, STATE, TEXT

DECODER = "#8E4A78"         # the state of a second network, beside STATE: a darker tone of its hue, lighter at night


class Unrolled:
    """The unrolled network: x_t from below, h_t flowing right, y_t out of the top, the gradient back along the arrows.

    Drawn once on `ax`; `light`, `length`, `pulse` and `gradient_left` change what is seen without drawing anew.

    Parameters
    ----------
    ax : matplotlib Axes
        Its frame and ticks are taken off; step t stands at t on the horizontal axis, x_t at -1.05, h_t at 0, y_t at 1.1.
    T : int
        Steps drawn, from 1.
    outputs : bool or sequence of int
        Whether y_t is drawn, or at which steps.
    gradient : bool
        Whether the gradient's arrows are drawn.
    x, h, y : list of str, optional
        Labels instead of x_1.., h_0.. (T + 1 of them), y_1...; a label may have several lines.
    weights : bool
        Whether the weights are named: at the first step, and as the same at all steps under a bracket.
    state : str
        Colour of the states.

    Attributes
    ----------
    side : float
        Width and height of a box of one line, in inches.
    """

    PALE = 0.15
    ROWS = {"x": -1.05, "h": 0.0, "y": 1.1}

    def __init__(self, ax, T, outputs=True, gradient=False, x=None, h=None, y=None, weights=False, state=STATE):
        self.ax, self.T, rows = ax, T, self.ROWS
        ax.set_axis_off()
        ax.set_ylim(-2.05 if weights else -1.45, 1.5 if outputs else 0.75)
        ax.set_xlim(-0.5, T + 0.5)
        across, up = marks.unit_of(ax)
        if across > 2.2 * up:       # few steps on a wide picture: not all of its width
            spare = (T + 1) * (across / (2.2 * up) - 1)
            ax.set_xlim(-0.5 - spare / 2, T + 0.5 + spare / 2)
        x = x or [f"$x_{{{t}}}$" for t in range(1, T + 1)]
        h = h or [f"$h_{{{t}}}$" for t in range(T + 1)]
        y = y or [f"$y_{{{t}}}$" for t in range(1, T + 1)]
        outputs = set(range(1, T + 1) if outputs is True else outputs or ())
        self.side = marks.side_of(ax)
        self.steps = []     # for t = 0..T: the artists that belong to step t
        self.boxes = {"x": {}, "h": {}, "y": {}}        # by row and step
        self.back = []      # for t = 1..T: the gradient's arrow from h_t to h_{t-1}
        shift = 0.2 * self.side if gradient else 0.0
        before = None
        for t in range(T + 1):
            artists = marks.box(ax, t, rows["h"], h[t], state, dashed=t == 0)
            here = self.boxes["h"][t] = artists[0]
            if t:
                below = marks.box(ax, t, rows["x"], x[t - 1], INPUT)
                self.boxes["x"][t] = below[0]
                artists += [*below, marks.link(ax, below[0], here, INPUT), marks.link(ax, before, here, state, shift)]
                if t in outputs:
                    above = marks.box(ax, t, rows["y"], y[t - 1], OUTPUT)
                    self.boxes["y"][t] = above[0]
                    artists += [*above, marks.link(ax, here, above[0], OUTPUT)]
                if gradient:
                    self.back.append(marks.link(ax, here, before, GRADIENT, -shift))
            before = here
            self.steps.append(artists)
        self.halo, = ax.plot([], [], "o", markersize=72 * self.side * 1.75, color=state, alpha=0.25, markeredgewidth=0,
                             zorder=0)
        self.bracket = []
        if weights:
            self._name_weights(bool(outputs))

    def _name_weights(self, outputs):
        """The weights' names beside the arrows of step 1, and a bracket under all steps."""
        ax, aside = self.ax, 7 / 72 / marks.unit_of(self.ax)[0]
        lift = (0.5 * self.side + 0.1) / marks.unit_of(ax)[1]
        if marks.unit_of(ax)[0] - self.side > 0.5:      # room for the name between the boxes
            lift = 0.16 / marks.unit_of(ax)[1]
        names = [(0.5, lift, "$W_h$", "center"), (1 + aside, -0.52, "$W_x, b$", "left")]
        names += [(1 + aside, 0.55, "$W_y$", "left")] if outputs else []
        self.steps[1] += [marks.write(ax, *at, name, ha=ha) for *at, name, ha in names]
        self.bracket = [ax.plot([], [], color=GREY, linewidth=1.5)[0],
                        marks.write(ax, 0, 0, "the same $W_h$, $W_x$, $b$" + ", $W_y$" * outputs + " at every step", color=GREY)]
        self._embrace(self.T)

    def _embrace(self, T):
        """Put the bracket under steps 1 .. T."""
        line, text = self.bracket
        line.set_data([0.6, 0.6, T + 0.4, T + 0.4], [-1.52, -1.62, -1.62, -1.52])
        half = marks.outlined(text.get_label(), TEXT)[1].width / 144 / marks.unit_of(self.ax)[0]
        middle = max((T + 1) / 2, self.ax.get_xlim()[0] + half)
        text.set_transform(marks.placed(self.ax, text.points, middle, -1.84))

    def light(self, t):
        """Show steps 0..t in full colour and the later ones pale: what has been computed by time t."""
        for step, artists in enumerate(self.steps):
            for artist in artists:
                artist.set_alpha(1.0 if step <= t else self.PALE)

    def pulse(self, t):
        """Set a halo behind the state of step t: where the computation is now."""
        self.halo.set_data([t], [self.ROWS["h"]])

    def length(self, T):
        """Show the first T steps and nothing of the others."""
        for t, artists in enumerate(self.steps):
            for artist in artists:
                artist.set_visible(t <= T)
        for t, arrow in enumerate(self.back, 1):
            arrow.set_visible(t <= T)
        if self.bracket:
            self._embrace(T)

    def gradient_left(self, amounts):
        """Fade the gradient's arrow from h_t to h_{t-1} to amounts[t - 1], each from 0 to 1."""
        for arrow, amount in zip(self.back, amounts):
            arrow.set_alpha(0.08 + 0.92 * float(np.clip(amount, 0, 1)))


class _Pipes:
    """What the two gated cells are drawn with: pipes whose width is what gets through, and gates as taps."""

    WIDEST = 15.0       # points, of a pipe behind an open gate

    def __init__(self, ax, width, height):
        self.ax, self.taps = ax, {}
        ax.set_axis_off()
        ax.set(xlim=(0, width), ylim=(0, height))
        self.side = min(0.78 * marks.unit_of(ax))

    def box(self, x, y, label, color, dashed=False):
        return marks.box(self.ax, x, y, label, color, dashed=dashed, side=self.side)

    def wire(self, *points):
        """A thin line: what a gate reads."""
        self.ax.plot(*zip(*points), color=GREY, linewidth=1.1, zorder=0)

    def pipe(self, *points, color=STATE, width=WIDEST):
        """A pipe through the points; its line, whose width may be set."""
        return self.ax.plot(*zip(*points), color=color, linewidth=width, solid_capstyle="butt", solid_joinstyle="round",
                            zorder=1)[0]

    def tap(self, x, y, name, pipes, ha, aside):
        """A gate at (x, y): a disc as dark as it is open, its name and value beside it, the pipes behind it."""
        disc, = self.ax.plot([x], [y], "o", markersize=0.72 * 72 * self.side, markeredgecolor=ORANGE, markeredgewidth=2.2,
                             zorder=4)
        text = self.ax.text(x + aside[0], y + aside[1], "", ha=ha, va="center")
        self.taps[name] = (disc, text, pipes)

    def set(self, name, opening, said=None):
        """Open a gate by 0 .. 1."""
        opening = float(np.clip(opening, 0, 1))
        disc, text, pipes = self.taps[name]
        disc.set_markerfacecolor([1 - opening * (1 - part) for part in figures.mpl.colors.to_rgb(ORANGE)])
        text.set_text(f"{said or name} {opening:.2f}")
        for pipe in pipes:
            pipe.set_linewidth(0.6 + (self.WIDEST - 0.6) * opening)


def lstm_cell(ax):
    """An LSTM cell on `ax`: a function set_gates(keep, write, show), each 0 (shut) to 1 (open), makes its pipes thick or thin.

    The memory runs along the top from c_{t-1} to c_t, through the gate keep (f); the gate write (i) lets the candidate g_t
    in, the gate show (o) lets the memory out as h_t. Thin lines are what gates read: h_{t-1} and x_t.
    """
    p = _Pipes(ax, 10.2, 3.7)
    top, middle, low = 3.15, 1.85, 0.55
    p.wire((0.6, middle), (3.0, middle), (3.0, top))
    p.wire((0.6, low), (1.6, low), (1.6, middle))
    p.wire((3.0, middle), (3.9, middle), (3.9, low), (5.2, low))
    p.wire((3.9, middle), (5.4, middle))
    p.wire((3.9, 1.2), (7.2, 1.2), (7.2, middle), (7.8, middle))
    p.pipe((0.9, top), (3.0, top))
    kept = p.pipe((3.0, top), (5.4, top))
    p.pipe((5.4, low), (5.4, middle), color=INPUT)
    written = p.pipe((5.4, middle), (5.4, top), color=INPUT)
    p.pipe((5.4, top), (9.3, top))
    p.pipe((7.8, top), (7.8, middle))
    shown = p.pipe((7.8, middle), (7.8, low), (9.3, low))
    ax.plot([5.4], [top], "o", color="white", markeredgecolor=BLACK, markersize=17, markeredgewidth=1.8, zorder=4)
    ax.plot([5.4], [top], "+", color=BLACK, markersize=11, markeredgewidth=1.8, zorder=5)
    p.box(0.55, top, "$c_{t-1}$", STATE)
    p.box(9.65, top, "$c_t$", STATE)
    p.box(0.55, middle, "$h_{t-1}$", STATE)
    p.box(0.55, low, "$x_t$", INPUT)
    p.box(5.4, low, "$g_t$", INPUT)
    p.box(9.65, low, "$h_t$", STATE)
    marks.write(ax, 8.1, 2.55, "tanh", ha="left", color=GREY)
    p.tap(3.0, top, "keep", [kept], "left", (0.3, -0.62))
    p.tap(5.4, middle, "write", [written], "left", (0.2, 0.68))
    p.tap(7.8, middle, "show", [shown], "left", (0.42, 0.0))

    def set_gates(keep, write, show):
        for name, opening in (("keep", keep), ("write", write), ("show", show)):
            p.set(name, opening, f"{name} ${ {'keep': 'f', 'write': 'i', 'show': 'o'}[name]}$ =")

    set_gates(1.0, 1.0, 1.0)
    return set_gates


def gru_cell(ax):
    """A GRU cell on `ax`: a function set_gates(keep, reset), each 0 to 1; what is not kept (1 - z) is written.

    The state runs along the top from h_{t-1} to h_t, through the gate keep (z); the candidate n_t comes in by 1 - z, and the
    gate reset (r) says how much of the old state the candidate sees. Thin lines are what is read: h_{t-1} and x_t by the two
    gates, x_t by the candidate.
    """
    p = _Pipes(ax, 10.2, 3.7)
    top, middle, low = 3.15, 1.95, 0.55
    p.wire((0.6, low), (6.5, low))
    p.wire((0.55, top), (0.55, middle), (3.6, middle), (3.6, 1.25))
    p.wire((2.3, low), (2.3, middle))
    p.wire((3.0, middle), (3.0, top))
    p.pipe((0.9, top), (3.0, top))
    kept = p.pipe((3.0, top), (6.9, top))
    p.pipe((1.5, top), (1.5, 1.25), (3.6, 1.25))
    seen = p.pipe((3.6, 1.25), (6.9, 1.25))
    p.pipe((6.9, 0.9), (6.9, 2.1), color=INPUT)
    written = p.pipe((6.9, 2.1), (6.9, top), color=INPUT)
    p.pipe((6.9, top), (9.3, top))
    ax.plot([6.9], [top], "o", color="white", markeredgecolor=BLACK, markersize=17, markeredgewidth=1.8, zorder=4)
    ax.plot([6.9], [top], "+", color=BLACK, markersize=11, markeredgewidth=1.8, zorder=5)
    p.box(0.55, top, "$h_{t-1}$", STATE)
    p.box(9.65, top, "$h_t$", STATE)
    p.box(0.55, low, "$x_t$", INPUT)
    p.box(6.9, 0.9, "$n_t$", INPUT)
    p.tap(3.0, top, "keep", [kept], "left", (0.42, -0.5))
    p.tap(3.6, 1.25, "reset", [seen], "left", (0.3, 0.55))
    p.tap(6.9, 2.1, "write", [written], "left", (0.42, 0.0))

    def set_gates(keep, reset):
        p.set("keep", keep, "keep $z$ =")
        p.set("reset", reset, "reset $r$ =")
        p.set("write", 1 - keep, "write $1 - z$ =")

    set_gates(1.0, 1.0)
    return set_gates


def highway(vanilla, lane):
    """The vanilla chain and the highway of a gated cell, one above the other, with the gradient that can get through each.

    Parameters
    ----------
    vanilla, lane : ndarray (T,)
        The largest share of a gradient at step T that can arrive at steps 1 .. T, 0 to 1, through the chain of states and
        along the memory.
    """
    T = len(vanilla)
    figure, ax = figures.new(size=(8.4, 3.9), left=0.1, right=0.1, bottom=0.1, top=0.5)
    with figures.style():
        ax.set_axis_off()
        ax.set(xlim=(0.35, T + 0.65), ylim=(-0.35, 3.75))
        side = min(marks.side_of(ax), 0.45)
        for y, shares, name in ((2.6, vanilla, "h"), (0.55, lane, "c")):
            width = 0.02 + 0.33 * np.asarray(shares)
            ax.fill_between(np.arange(1, T + 1), y - width, y + width, color=GRADIENT, alpha=0.75, linewidth=0, zorder=0)
            for t in range(1, T + 1):
                marks.box(ax, t, y, f"${name}_{{{t}}}$", STATE, side=side)
                if name == "c" and t < T:
                    ax.plot([t + 0.5], [y], "o", color="white", markeredgecolor=ORANGE, markersize=14, markeredgewidth=2)
            for t, share in enumerate(shares, 1):
                marks.write(ax, t, y, figures.number(share, 2), color=GRADIENT, shift=-72 * side / 2 - 13)
        marks.write(ax, 0.45, 3.4, "the chain of states: every step multiplies by a matrix and bends", ha="left")
        marks.write(ax, 0.45, 1.4, "the highway: every step multiplies by a gate", ha="left")
        ax.set_title(f"Of a gradient at step {T} at most {figures.number(vanilla[0], 2)} gets through the chain, "
                     f"{figures.number(lane[0], 2)} along the highway")
    return figures.Picture(figure, f"Going back from step {T} to step 1, at most {figures.number(vanilla[0], 2)} of a gradient "
                                   f"arrives through the chain of states, {figures.number(lane[0], 2)} along the gated memory.")


# the five wirings: steps of the network, those that get an input, those that give an output, where a second network begins
WIRINGS = {"one to one": (1, (1,), (1,), None), "one to many": (4, (1,), (1, 2, 3, 4), None),
           "many to one": (4, (1, 2, 3, 4), (4,), None), "many to many, in turn": (5, (1, 2, 3), (4, 5), 4),
           "many to many, in step": (4, (1, 2, 3, 4), (1, 2, 3, 4), None)}


def wirings(lit=None):
    """The five ways to wire inputs and outputs to a network, side by side: a Picture.

    lit : one of WIRINGS that stands out, or None
    """
    if lit is not None and lit not in WIRINGS:
        raise ValueError(f"lit must be None or one of {', '.join(WIRINGS)}; it was {lit!r}")
    figure, ax = figures.new(size=(8.4, 2.55), left=0.1, right=0.1, bottom=0.05, top=0.45)
    gap, across = 1.35, sum(steps for steps, *_ in WIRINGS.values())
    marks.even(ax, across + gap * len(WIRINGS) - 0.2, 5.1)
    side, at = 0.56 * marks.unit_of(ax)[0], 0.55
    with figures.style():
        for name, (steps, inputs, outputs, second) in WIRINGS.items():
            alpha = 1.0 if lit in (None, name) else 0.22
            artists, states = [], []
            for t in range(1, steps + 1):
                x, color = at + t - 0.5, DECODER if second and t >= second else STATE
                states += marks.box(ax, x, 3.0, "", color, fill=_tint(color), side=side)[:1]
                artists += states[-1:]
                if t > 1:
                    artists.append(marks.link(ax, states[-2], states[-1], color))
                for there, y, shade in ((inputs, 1.8, INPUT), (outputs, 4.2, OUTPUT)):
                    if t in there:
                        end = marks.box(ax, x, y, "", shade, fill=_tint(shade), side=side)[0]
                        pair = (end, states[-1]) if y < 3 else (states[-1], end)
                        artists += [end, marks.link(ax, *pair, shade)]
            for line in artists:
                line.set_alpha(alpha)
                line.set_linewidth(min(line.get_linewidth(), 1.8))
                if hasattr(line, "set_markersize"):
                    line.set_markersize(11)
            for i, part in enumerate(name.split(", ") if "," in name else name.split(" to ")):
                part = part if "," in name or i else f"{part} to"
                label = marks.write(ax, at + steps / 2, 0.85, part, shift=-15 * i)
                label.set_alpha(1.0 if lit in (None, name) else 0.5)
            at += steps + gap
        ax.set_title(f"Five wirings of one kind of network; here: {lit}" if lit else "One kind of network, five wirings")
    return figures.Picture(figure, "Five wirings of inputs and outputs: " + "; ".join(WIRINGS)
                           + (f". This lesson is about {lit}." if lit else "."))


def _tint(color):
    """A pale fill of a colour."""
    return tuple(1 - 0.25 * (1 - part) for part in figures.mpl.colors.to_rgb(color))


def both_directions(ax, x, y, backward=DECODER):
    """A bidirectional network on `ax`: one row of states read forwards, one backwards, and outputs that read both.

    x, y : lists of T str, the inputs' and the outputs' labels
    """
    T = len(x)
    marks.even(ax, 1.55 * T, 4.3)
    side, unit = 0.52 * marks.unit_of(ax)[0], marks.unit_of(ax)[0]
    low, there, back, top = 0.5, 1.6, 2.7, 3.8
    rows = {}
    for name, height, labels, color in (("x", low, x, INPUT), ("there", there, [f"$f_{{{t}}}$" for t in range(1, T + 1)], STATE),
                                        ("back", back, [f"$b_{{{t}}}$" for t in range(1, T + 1)], backward),
                                        ("y", top, y, OUTPUT)):
        rows[name] = [marks.box(ax, 1.55 * t - 0.75, height, label, color, side=side)[0] for t, label in enumerate(labels, 1)]
    for t in range(T):
        marks.link(ax, rows["x"][t], rows["there"][t], INPUT)
        marks.link(ax, rows["back"][t], rows["y"][t], OUTPUT)
        if t:
            marks.link(ax, rows["there"][t - 1], rows["there"][t], STATE)
            marks.link(ax, rows["back"][t], rows["back"][t - 1], backward)
        at, half, aside = rows["x"][t].at[0], rows["there"][t].half[1] / unit + 0.04, 0.17
        # past the row of the other direction, in a bend
        wide = rows["there"][t].half[0] / unit + aside
        for start, end, way, color in ((rows["x"][t], rows["back"][t], 1, INPUT), (rows["there"][t], rows["y"][t], -1, OUTPUT)):
            y_0, y_1 = start.at[1] + start.half[1] / unit, end.at[1] - half
            bend = Path([(at + 0.1 * way, y_0), (at + wide * way, y_0 + 0.25), (at + wide * way, (y_0 + y_1) / 2),
                         (at + wide * way, y_1 - 0.25), (at + 0.2 * way, y_1)],
                        [Path.MOVETO, Path.CURVE3, Path.CURVE3, Path.CURVE3, Path.CURVE3])
            ax.add_patch(PathPatch(bend, facecolor="none", edgecolor=color, linewidth=1.5, zorder=0.5))
            ax.plot([at + 0.2 * way], [y_1], marker=(3, 0, 35 * way), color=color, markersize=9, markeredgewidth=0)
    marks.write(ax, 0.05, there, "forwards", ha="right", color=STATE)
    marks.write(ax, 0.05, back, "backwards", ha="right", color=backward)
    return rows


def fan(ax, keys, queries):
    """Attention on `ax`: queries above keys, and a line from each to each; a function set_weights(ndarray (Q, K)).

    A line is as thick and as dark as its weight, 0 to 1.
    """
    ax.set_axis_off()
    most = max(len(keys), len(queries))
    ax.set(xlim=(0.4, most + 0.6), ylim=(-0.45, 2.45))
    places = {}
    for labels, height, color in ((keys, 0, STATE), (queries, 2, DECODER)):
        start = (most - len(labels)) / 2
        places[height] = [marks.box(ax, start + i, height, label, color, side=0.4)[0] for i, label in enumerate(labels, 1)]
    lift = places[0][0].half[1] / marks.unit_of(ax)[1] + 0.03
    lines = [[ax.plot([query.at[0], key.at[0]], [2 - lift, lift], color=GRADIENT, solid_capstyle="round", zorder=0)[0]
              for key in places[0]] for query in places[2]]

    def set_weights(weights):
        for row, shares in zip(lines, weights):
            for line, share in zip(row, shares):
                line.set_linewidth(0.4 + 9 * float(share))
                line.set_alpha(0.12 + 0.88 * float(share))

    set_weights(np.full((len(queries), len(keys)), 1 / len(keys)))
    return set_weights
