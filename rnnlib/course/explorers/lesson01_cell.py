"""Figures of lesson 01: word vectors added up, two steps of a cell with their numbers, one unit, and shared weights."""

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from .. import figures, marks
from ..drawings import Unrolled
from ..figures import BLACK, GREY, INPUT, OUTPUT, PALE, STATE, STATES
from ..live import LiveFigure, slider

COPIES = ListedColormap(["#FFFFFF", "#C9C9C9", BLACK])        # of a grid of cells: none, a copy, the one
SATURATED = 0.95        # |h| above this: tanh's slope 1 - h^2 is below 0.1
SETTLED = 1e-9          # two states, a period of two steps apart, that differ by less are said to stay


@figures.style()
def tip_to_tail(sentences):
    """Word vectors added up in the order of the words: where each sentence's sum ends.

    sentences : dict of str to (list of T words, ndarray (T, 2)); two sentences, drawn solid and dashed
    """
    figure, ax = figures.new(size=(6.5, 4.6), left=0.9, bottom=0.7)
    ends = [vectors.sum(axis=0) for _, vectors in sentences.values()]
    for (text, (words, vectors)), line in zip(sentences.items(), ("-", "--")):
        corners = np.vstack([np.zeros(2), np.cumsum(vectors, axis=0)])
        side = 1 if corners[:, 0].sum() > 0 else -1
        ha = "left" if side > 0 else "right"
        # each word stands on its own arrow; the first and the last arrow cross in the middle, so theirs stand near the outer ends
        for word, start, end, along in zip(words, corners, corners[1:], np.linspace(0.27, 0.73, len(words))):
            ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": INPUT, "linestyle": line,
                                                    "linewidth": 2.5, "mutation_scale": 18, "shrinkA": 0, "shrinkB": 0})
            ax.text(*start + along * (end - start), word, ha="center", va="center",
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
        ax.text(1.0 * side, 0.26, f"“{text}”", ha=ha, va="center", weight="bold")
    ax.plot(0, 0, "o", color=BLACK, markersize=7)
    ax.text(0, 0.13, "start", ha="center", va="center")
    named = ["both end here"] if np.allclose(*ends) else ["the first ends here", "the second ends here"]
    for end, name in zip(ends, named):
        ax.plot(*end, "o", markersize=15, markerfacecolor="none", markeredgecolor=BLACK, markeredgewidth=2)
        ax.text(end[0], end[1] - 0.22, name, ha="center", va="center")
    ax.set(xlim=(-2.6, 2.6), ylim=(-1.4, 0.5), xticks=[-2, -1, 0, 1, 2], yticks=[-1, 0],
           xlabel="how pleasant", ylabel="whether it negates")
    apart = float(np.abs(ends[0] - ends[1]).max())
    ax.set_title("Two orders, one sum" if np.allclose(*ends) else "Two orders, two sums")
    one, two = sentences
    return figures.Picture(figure, f"Added up word by word, “{one}” and “{two}” take different paths and end "
                                   + (f"{apart:.2g} apart." if len(named) > 1 else "at the same point."))


@figures.style()
def two_steps(x, h, y):
    """The unrolled network with the numbers of a worked example in its boxes: x (T, D), h (T+1, H), y (T, K)."""
    figure, ax = figures.new(size=(8.4, 4.9), left=0.1, right=0.1, bottom=0.1, top=0.5)
    Unrolled(ax, len(x), weights=True, **{name: [f"${name}_{t}$\n{_column(v, digits)}" for t, v in enumerate(vectors, first)]
                                          for name, vectors, digits, first in (("x", x, 0, 1), ("h", h, 2, 0), ("y", y, 2, 1))})
    ax.set_title("Two steps: the inputs and states change, the weights are the same")
    states = " to ".join("(" + ", ".join(_number(number) for number in vector) + ")" for vector in h)
    return figures.Picture(figure, f"The state goes from {states}; W_x, W_h and W_y are the same at both steps.")


def _column(vector, digits=2):
    return "\n".join(_number(number, digits) for number in vector)


@figures.style()
def two_turns(u, unit_2, unit_3, words):
    """Two tanh units whose difference changes sign twice: the verdict unit_2 - unit_3 + 1 over what both of them see.

    u, unit_2, unit_3 : ndarray (N,); words : dict of str to the u at which it is read
    """
    verdict = unit_2 - unit_3 + 1
    figure, ax = figures.new(size=(8.4, 4.0), left=0.85)
    ax.axhline(0, color=BLACK, linewidth=1)
    plain = {"textcoords": "offset points", "va": "center", "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1}}
    for unit, line, name, at, away in ((unit_2, "--", "unit 2: tanh(u)", -0.9, (12, -9)),
                                       (unit_3, ":", "unit 3: tanh(u + 2)", -4.95, (0, 18))):
        ax.plot(u, unit, line, color=STATE)
        ax.annotate(name, (at, np.interp(at, u, unit)), away, ha="left", color=STATE, **plain)
    ax.plot(u, verdict, color=OUTPUT, linewidth=3)
    ax.annotate("verdict", (-4.95, np.interp(-4.95, u, verdict)), (0, 18), ha="left", color=OUTPUT, **plain)
    for name, at in words.items():
        value = np.interp(at, u, verdict)
        ax.plot(at, value, "o", color=OUTPUT, markersize=10)
        # below zero the curves of the units run close by: there a line leads from the name to its dot
        look = {"xytext": (0, 30), "ha": "center"} if value > 0 else {
            "xytext": (62, 0), "ha": "left", "arrowprops": {"arrowstyle": "-", "color": BLACK, "linewidth": 1}}
        ax.annotate(f"{name}: {_number(value, plus=True)}", (at, value), weight="bold", **look, **plain)
    ax.set(xlim=(u[0], u[-1]), ylim=(-1.25, 1.55), yticks=[-1, 0, 1], xlabel="u: how pleasant the word is, less twice the note",
           ylabel="verdict and units")
    turned = [np.interp(at, u, verdict) > 0 for at in sorted(words.values())]
    ax.set_title("The verdict changes sign twice: positive, negative, positive" if turned == [True, False, True] else
                 "The verdict at each word")
    said = "; ".join(f"{name} at u = {at:g}: {_number(np.interp(at, u, verdict), plus=True)}" for name, at in words.items())
    return figures.Picture(figure, f"The verdict, unit 2 minus unit 3 plus 1: {said}.")


@figures.style()
def verdicts(sentences):
    """What a network says after every word, and the states it says it from.

    sentences : dict of str to (list of T words, h ndarray (T, H), y ndarray (T,))
    """
    figure, axes = figures.new(2, len(sentences), size=(8.4, 4.9), left=0.95, right=0.3, top=0.85, bottom=0.8,
                               height_ratios=[1.15, 1], hspace=0.12, wspace=0.12, squeeze=False)
    for column, (text, (words, h, y)) in enumerate(sentences.items()):
        above, below = axes[:, column]
        steps = np.arange(1, len(y) + 1)
        above.bar(steps, y, width=0.55, color=OUTPUT)
        above.axhline(0, color=BLACK, linewidth=1)
        for t, value in zip(steps, y):
            above.text(t, value + (0.06 if value >= 0 else -0.06), _number(value, plus=True), ha="center",
                       va="bottom" if value >= 0 else "top", bbox={"facecolor": "white", "edgecolor": "none", "pad": 0})
        above.set(xlim=(0.5, len(y) + 0.5), ylim=(-1.3, 1.3), xticks=[], yticks=[-1, 0, 1])
        above.set_title(f"“{text}”: {_number(y[-1], plus=True)}", weight="normal")
        below.imshow(h.T, cmap=STATES, vmin=-1, vmax=1, aspect="auto",
                     extent=(0.5, len(y) + 0.5, h.shape[1] + 0.5, 0.5))
        for t, states in zip(steps, h):
            for unit, value in enumerate(states, 1):
                below.text(t, unit, _number(value), ha="center", va="center",
                           color="white" if value < -0.85 else BLACK)
        below.grid(False)
        below.set(xticks=steps, yticks=np.arange(1, h.shape[1] + 1))
        below.set_xticklabels(words)
        if column:
            above.tick_params(labelleft=False)
            below.tick_params(labelleft=False)
        else:
            above.set_ylabel("verdict $y_t$")
            below.set_ylabel("unit of $h_t$")
    last = [y[-1] for _, _, y in sentences.values()]
    kind = "opposite verdicts" if min(last) < 0 < max(last) else "verdicts of one kind"
    figure.text(0.95 / 8.4, 0.95, f"The same words, {kind}", va="center", weight="bold")
    figure.text(0.95 / 8.4, 0.05, "states: pink above 0, blue below 0, faint at 0", va="center")
    said = "; ".join(f"“{text}” ends at {_number(y[-1], plus=True)}" for text, (_, _, y) in sentences.items())
    return figures.Picture(figure, f"The output after every word: {said}.")


@figures.style()
def one_unit(run, echo, half_life, inputs, w_x=1.0, w_h=0.8, b=0.0):
    """One unit h_t = tanh(w_x x_t + w_h h_{t-1} + b) under three inputs, and how long it remembers an impulse.

    run : function (x, w_x, w_h, b) -> (T+1,) states, the first one the start
    echo : function (w_x, w_h, b) -> (steps,) what an impulse at step 1 changes in h_1, h_2, ...
    half_life : function (echo) -> steps after which never more than half of the change is left, or None
    inputs : dict of str to ndarray (T,), all of one length; "impulse" among them
    """
    import ipywidgets as widgets

    T = len(inputs["impulse"])
    steps = np.arange(T + 1)
    figure, (above, below) = figures.new(2, 1, size=(8.4, 4.5), left=0.9, bottom=0.65, top=0.45, height_ratios=[1, 2.6],
                                         hspace=0.14, sharex=True)
    bars = above.vlines(steps[1:], 0, 0, color=INPUT, linewidth=6)
    above.axhline(0, color=GREY, linewidth=1)
    above.set(ylim=(-1.3, 1.3), yticks=[-1, 0, 1], ylabel="input $x_t$")
    above.tick_params(labelbottom=False)
    for side in (-1, 1):
        below.axhspan(side * SATURATED, side * 1.34, color=PALE, alpha=0.6, linewidth=0)
        marks.write(below, T + 0.4, side * 1.17, f"saturated: |h| > {SATURATED}", ha="right", color=GREY)
    quiet, = below.plot([], [], "--", color=GREY, linewidth=1.5)
    line, = below.plot([], [], "o-", color=STATE, markersize=6)
    nows = [ax.axvline(0, color=BLACK, linewidth=1.2, linestyle=":") for ax in (above, below)]
    note = above.text(0, -0.7, "", va="center")
    below.set(xlim=(-0.6, T + 0.6), ylim=(-1.34, 1.34), yticks=[-1, -0.5, 0, 0.5, 1], ylabel="state $h_t$",
              xlabel="step t (dashed: without an input; half-life: of the difference between the two)")

    def draw(w_x, w_h, b, x):
        h, answer = run(inputs[x], w_x, w_h, b), echo(w_x, w_h, b)
        idle = run(np.zeros_like(answer), w_x, w_h, b)
        half, swings = half_life(answer), abs(idle[-1] - idle[-2]) > 0.01
        bars.set_segments([[(t, 0), (t, value)] for t, value in zip(steps[1:], inputs[x])])
        line.set_data(steps, h)
        quiet.set_data(steps, idle[:T + 1])
        shown = x == "impulse" and half is not None and 1 + half <= T
        for artist in (*nows, note):
            artist.set_visible(shown)
        if shown:
            for now in nows:
                now.set_xdata([1 + half, 1 + half])
            note.set_text(f"half of the difference left: step 1 + {half}")
            right = 1 + half < 0.5 * T
            note.set_x(1 + half + (0.3 if right else -0.3))
            note.set_ha("left" if right else "right")
        kept = _kept(answer)
        saturated = int((np.abs(h[1:]) > SATURATED).sum())
        above.set_title(_headline(answer, half, kept, w_h, swings, 2 * saturated >= T) if x == "impulse" or not w_x or swings else
                        _answered(x, h, w_x, b, 2 * saturated >= T))
        return (_memory(answer, half, kept) + " It swings by itself." * bool(swings) + _ending(x, h, w_x, b)
                + f" |h| > {SATURATED} at {saturated} of {T} steps.")

    return LiveFigure(figure, draw,
                      w_x=slider("w_x (reads)", w_x, -3.0, 3.0, 0.1),
                      w_h=slider("w_h (remembers)", w_h, -2.0, 2.0, 0.05),
                      b=slider("b", b, -1.0, 1.0, 0.05),
                      x=widgets.ToggleButtons(options=list(inputs), value="impulse", description="input",
                                              style={"description_width": "11em", "button_width": "auto"}))


def _kept(answer):
    """The share of an impulse that never fades: its last changes over its first, 0 where they still shrink."""
    settled = abs(answer[-1] - answer[-3]) < SETTLED
    return np.abs(answer[-2:]).max() / abs(answer[0]) if settled and answer[0] else 0.0


def _steps(n):
    return "1 step" if n == 1 else f"{n} steps"


def _headline(answer, half, kept, w_h, swings, saturated):
    """What the unit does with an impulse, in the lesson's four words, and for how long."""
    if not answer[0]:
        return "The unit swings by itself; no input gets in" if swings else "No input gets in"
    span = "half-life " + (_steps(half) if half else "never reached" if kept else f"over {len(answer)} steps")
    if half and kept > 0.01:
        span += f", {100 * kept:.0f} % stays"
    if swings:
        return f"The unit swings by itself; {span}"
    memory = "no memory" if w_h == 0 else "persistence" if kept > 0.01 else "decay"
    names = ["oscillation"] * (w_h < 0) + [memory] + ["saturation"] * saturated
    return (", ".join(names[:-1]) + " and " * (len(names) > 1) + names[-1]).capitalize() + f": {span}"


def _answered(name, h, w_x, b, saturated):
    """What is seen under an input that goes on: where it takes the state, or how far the state swings along."""
    low, high = sorted(h[-2:])
    span = f"from {_number(low)} to {_number(high)}"
    if name == "alternating":
        alone = abs(np.tanh(w_x + b) - np.tanh(b - w_x))
        return (f"The state evens the input out: it swings {span}" if high - low < 0.98 * alone else
                f"The state swings along, {span}" if high - low > 1.02 * alone else f"The state follows the input, {span}")
    if high - low > 0.01:
        return f"With {name} input the state swings {span}"
    return f"{'Saturation: a' if saturated else 'A'} {name} takes the state to {_number(high)}"


def _memory(answer, half, kept):
    if not answer[0]:
        return "With w_x = 0 the input never reaches the state."
    stays = (f"{100 * min(kept, 1):.0f} % of it never fades" if kept < 1.05
             else f"its effect grows {kept:.2g} times and stays")
    if half is None:
        return (f"Half-life of an impulse: never reached, {stays}." if kept
                else f"Half-life of an impulse: more than {len(answer)} steps.")
    return f"Half-life of an impulse: {_steps(half)}" + (f"; {stays}." if kept > 0.01 else ".")


def _ending(name, h, w_x, b):
    low, high = sorted(h[-2:])
    said = f" With {name} input h ends "
    said += f"at {_number(h[-1])}" if high - low < 0.01 else f"swinging from {_number(low)} to {_number(high)}"
    if name == "alternating":
        low, high = sorted(np.tanh([b - w_x, b + w_x]))
        said += f" (w_h = 0: {_number(low)} to {_number(high)})"
    return said + "."


def _number(value, digits=2, plus=False):
    """Decimals with a true minus sign, and none before a zero."""
    return format(round(float(value), digits) + 0.0, f"{'+' if plus else ''}.{digits}f").replace("-", "\N{MINUS SIGN}")


@figures.style()
def shared_weights(shared, own, T=100, D=8, H=16, K=2):
    """How many numbers are learned: the cell's matrices as squares of true area, and one such cell against one for every step.

    shared, own : functions (T, D, H, K) -> int, T a whole number or an array of them
    """
    figure, (parts, steps) = figures.new(1, 2, size=(8.4, 3.9), left=0.15, right=0.15, bottom=0.2, top=0.5,
                                         width_ratios=[1.62, 1], wspace=0.05)
    for ax in (parts, steps):
        ax.set_axis_off()
    box = parts.get_window_extent()
    parts.set(xlim=(0, 10), ylim=(-0.9, 10 * box.height / box.width - 0.9))      # a unit is as wide as high
    room = parts.get_ylim()[1] - 0.3
    colors, names = [INPUT, STATE, GREY, OUTPUT], ["$W_x$", "$W_h$", "$b$", "readout"]
    squares = [parts.add_patch(Rectangle((0, 0), 0, 0, facecolor=color, edgecolor="white", linewidth=1)) for color in colors]
    labels = [parts.text(0, -0.28, name, ha="center", va="center") for name in names]
    numbers = [parts.text(0, -0.72, "", ha="center", va="center") for _ in range(4)]
    grid = steps.imshow(np.zeros((1, 1)), cmap=COPIES, vmin=0, vmax=2, extent=(0, 1, 0, 1), interpolation="nearest")
    steps.set(xlim=(0, 1), ylim=(-0.32, 1.02), aspect="equal", anchor="C")
    seams = steps.plot([], [], color="white", linewidth=1)[0]
    marks.write(steps, 0, -0.1, "top left: the one cell of the RNN", ha="left")
    marks.write(steps, 0, -0.1, "all: a cell for every step", ha="left", shift=-19)
    marks.write(steps, 0, -0.1, "(the readout is there once)", ha="left", shift=-38)

    def draw(T, D, H):
        one, many = shared(T, D, H, K), own(T, D, H, K)
        counts = np.array([H * D, H * H, H, K * (H + 1)])
        sides = np.sqrt(counts)
        least = 1.15                # a small square still needs room for its name
        scale = room / sides.max()
        for _ in range(20):         # the largest scale at which all squares and names fit side by side
            if np.maximum(sides * scale, least).sum() <= 9.6:
                break
            scale *= 0.93
        widths = np.maximum(sides * scale, least)
        middles = np.cumsum(widths + 0.12) - widths / 2
        for square, label, text, side, x, count in zip(squares, labels, numbers, sides * scale, middles, counts):
            square.set_bounds(x - side / 2, 0, side, side)
            label.set_x(x)
            text.set_x(x)
            text.set_text(f"{count:,}")
        across = int(np.ceil(np.sqrt(T)))
        tiles = np.zeros(across * across)
        tiles[:T] = 1
        tiles[0] = 2
        grid.set_data(tiles.reshape(across, across))
        lines = np.arange(1, across) / across
        ends, gaps = np.tile([0, 1, np.nan], across - 1), np.repeat(lines, 3)
        seams.set_data(np.concatenate([ends, gaps]), np.concatenate([gaps, ends]))
        seams.set_linewidth(min(2.0, 40 / across))
        growth = shared(T, D, 2 * H, K) / one
        parts.set_title(f"{one:,} numbers; with H doubled, {growth:.2f} times as many")
        steps.set_title("T = 1: just as many" if many == one else f"T cells: {many / one:.3g} times as many")
        return (f"The RNN has {one:,} parameters at every T; own weights at each of T = {T} steps would make "
                + (f"{many:,}, {many / one:.3g} times as many. " if many != one else "just as many. ")
                + f"Doubling H multiplies the RNN's count by {growth:.2f} (linear: 2, quadratic: 4).")

    return LiveFigure(figure, draw, T=slider("steps T", T, 1, 1000), D=slider("inputs D", D, 1, 1000),
                      H=slider("hidden units H", H, 1, 256))


@figures.style()
def sliding_cell(run, place, lengths=(12, 30), t=18, shift=8):
    """One cell slid over two inputs that hold the same pattern, the second one longer and with the pattern later.

    run : function (x (T,)) -> (T+1,) states, the first one the start
    place : function (T, shift) -> (T,) zeros with the pattern `shift` steps later than at shift 0
    """
    figure, axes = figures.new(2, 1, size=(8.4, 4.6), left=0.9, bottom=0.65, top=0.5, hspace=0.16, sharex=True)
    short, long = lengths
    rows = []
    for ax, T in zip(axes, lengths):
        if T < long:
            ax.axvspan(T + 0.5, long + 0.6, color=PALE, alpha=0.6, linewidth=0)
            ax.text((T + long) / 2 + 0.5, 0.5, f"ended after T = {T} steps", ha="center", va="center",
                    color=GREY)
        ax.axhline(0, color=GREY, linewidth=1)
        bars = ax.vlines(np.arange(1, T + 1), 0, 0, color=INPUT, linewidth=6)
        line, = ax.plot([], [], "o-", color=STATE, markersize=6)
        box = Rectangle((0, -1.2), 0.9, 2.4, fill=False, edgecolor=BLACK, linewidth=2)
        ax.add_patch(box)
        ax.set(xlim=(-0.6, long + 0.6), ylim=(-1.3, 1.3), yticks=[-1, 0, 1], ylabel="$x_t$ bars, $h_t$ dots")
        rows.append((T, bars, line, box))
    axes[0].tick_params(labelbottom=False)
    axes[1].set_xlabel("step t (frame: where the cell is; it stops where its input ends)")

    def draw(t, shift):
        states = []
        for (T, bars, line, box), later in zip(rows, (0, shift)):
            x = place(T, later)
            h = run(x)
            states.append(h)
            now = min(t, T)
            bars.set_segments([[(step, 0), (step, value)] for step, value in enumerate(x, 1)])
            line.set_data(np.arange(now + 1), h[:now + 1])
            box.set_x(now - 0.45)
        difference = float(np.abs(states[1][shift:shift + short + 1] - states[0]).max())
        moved = f"comes {_steps(shift)} later" if shift else "stands at the same place"
        if not states[1][1:t + 1].any():
            where = "below, the pattern is still ahead" if states[0][1:t + 1].any() else "the pattern is still ahead in both"
            title = f"The same cell at both; {where}"
        elif difference > 1e-12:
            title = f"The two answers differ by {difference:.2g}"
        else:
            title = f"The pattern {moved}, and so does the answer" if shift else "The same pattern, the same answer"
        axes[0].set_title(title)
        return (f"After step {t} the one cell has read {min(t, short)} of {short} inputs above, {t} of {long} below, "
                f"with the same w_x, w_h, b. The pattern {moved} below; moved together, the two answers "
                + (f"differ by at most {difference:.2g}." if difference > 1e-12 else "are equal."))

    return LiveFigure(figure, draw, play="t", t=slider("the cell at step t", t, 1, long),
                      shift=slider("pattern later by", shift, 0, long - short))
