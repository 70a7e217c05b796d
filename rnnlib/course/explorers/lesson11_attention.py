"""Figures of lesson 11: looking back, where a network looks, what that leaves of the gradient, and looking without recurrence."""

import numpy as np

from .. import figures, marks
from ..drawings import DECODER, fan
from ..figures import BLACK, CELL_STYLES, FADING, GRADIENT, GREY, INPUT, OUTPUT, PALE, STATE, scientific
from ..live import LiveFigure, menu, slider
from ..marks import EndLabels, move
from .lesson05_highways import _decades, _dots, _log10

WITH, WITHOUT = {"color": BLACK}, {"color": GREY, "markerfacecolor": "white"}       # dots of runs with attention, without it


@figures.style()
def one_vector_or_all(words, written, weights):
    """Two pictures of one pair of networks: the decoder gets one vector, or looks back at every state at every step.

    words, written : lists of str (S,) and (T,); weights : ndarray (T, S), each row adds up to 1
    """
    figure, axes = figures.new(1, 2, size=(8.4, 4.1), left=0.15, right=0.15, bottom=0.45, top=0.9, wspace=0.08)
    S, T = len(words), len(written)
    for ax, shares in zip(axes, (np.zeros((T, S)), weights)):
        fan(ax, [f"$h_{{{s}}}$" for s in range(1, S + 1)], [f"$g_{{{t}}}$" for t in range(1, T + 1)])(shares)
        if ax is axes[0]:               # no line looks back here
            for line in list(ax.lines):
                line.remove()
        most = max(S, T)
        first = {0: (most - S) / 2, 2: (most - T) / 2}
        for y, n, color in ((0, S, STATE), (2, T, DECODER)):
            for i in range(1, n):
                marks.arrow(ax, (first[y] + i + 0.3, y), (first[y] + i + 0.72, y), color)
        ax.plot([first[0] + S, first[2] + 1], [0.3, 1.7], color=STATE, linewidth=2.5 if ax is axes[1] else 5, zorder=0,
                solid_capstyle="round")
        for names, y, color, shift in ((words, 0, INPUT, -33), (written, 2, OUTPUT, 33)):
            for i, name in enumerate(names, 1):
                marks.write(ax, first[y] + i, y, name, color=color, shift=shift)
    axes[0].set_title("Lesson 8: one vector passes", y=1.09)
    axes[1].set_title("Attention: every step looks back", y=1.09)
    return figures.Picture(figure, f"Left, the decoder starts from h_{S} and gets nothing else. Right, it also looks back: at "
                                   f"each of its {T} steps a line leads to each of the {S} states, thick where it takes most.")


@figures.style()
def one_query(look, keys, angle=0, length=1.4):
    """One query and a few keys in the plane: the weights, and the weighted mean, which stays between the keys.

    look : function (q (1, 2), keys (S, 2), values (S, 2)) -> c (1, 2), a (1, S); keys : ndarray (S, 2)
    """
    figure, (plane, bars) = figures.new(1, 2, size=(8.4, 4.4), left=0.75, right=0.3, wspace=0.32, width_ratios=[1.04, 1])
    S = len(keys)
    plane.fill(*keys.T, color=PALE, alpha=0.7, linewidth=0, zorder=0)
    plane.plot(*keys.T, "o", color=STATE, markersize=13)
    beside = keys + np.column_stack([np.full(S, -0.25), 0.25 * np.sign(keys[:, 1])])
    for s, place in enumerate(beside, 1):
        marks.write(plane, *place, f"$h_{{{s}}}$")
    plane.plot(*beside.T, "s", color="white", alpha=0.8, markersize=20, markeredgewidth=0, zorder=0.9)     # over the ray
    ray, = plane.plot([], [], color=DECODER, solid_capstyle="butt", zorder=0.8)     # over the grid, under the names
    mean, = plane.plot([], [], "D", color=BLACK, markersize=11)
    plane.set(xlim=(-2, 2), ylim=(-2, 2), xlabel="first number", ylabel="second number", yticks=[-1, 0, 1], xticks=[-1, 0, 1])
    names = [marks.write(plane, 0, 0, name, color=color) for name, color in (("$q$", DECODER), ("$c$", BLACK))]
    lines = [bars.plot([], [], color=GRADIENT, linewidth=22, solid_capstyle="butt")[0] for _ in range(S)]
    bars.set(xlim=(0, 1.02), ylim=(S + 0.5, 0.5), xticks=[0, 0.5, 1], xlabel="weight $a_s$")
    bars.set_yticks(range(1, S + 1), [f"$h_{{{s}}}$" for s in range(1, S + 1)])
    bars.grid(False, axis="y")

    def draw(angle, length):
        way = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        q = length * way
        (c,), (a,) = look(q[None], keys, keys)
        ray.set_data([0, 1.7 * way[0]], [0, 1.7 * way[1]])
        ray.set_linewidth(0.5 + 0.7 * length)
        mean.set_data([c[0]], [c[1]])
        move(names[0], plane, *(1.86 * way))
        for corner in ((-0.22, -0.2), (0.22, -0.2), (0.22, 0.2), (-0.22, 0.2)):     # the first that is off the ray and the names
            place = c + corner
            from_ray = np.linalg.norm(place - np.clip(place @ way, 0, 1.9) * way)
            if min(from_ray, *np.linalg.norm(beside - place, axis=1)) > 0.2:
                break
        move(names[1], plane, *place)
        for s, (line, share) in enumerate(zip(lines, a), 1):
            line.set_data([0, share], [s, s])
        s, most = a.argmax() + 1, a.max()
        plane.set_title(f"$c$ = ({_plain(c[0])}, {_plain(c[1])})")
        bars.set_title("Every key gets the same" if np.ptp(a) < 0.005 else f"Most comes from $h_{s}$: {most:.0%}")
        scores, shares = (", ".join(f"{_plain(value)}" for value in values) for values in (keys @ q, a))
        return (f"q = ({_plain(q[0])}, {_plain(q[1])}), of length {length:.1f}. Scores {scores}; weights {shares}; "
                f"c = ({_plain(c[0])}, {_plain(c[1])}).")

    return LiveFigure(figure, draw, angle=slider("angle of q (degrees)", angle, -180, 180, 5),
                      length=slider("length of q", float(length), 0.0, 8.0, 0.2))


def _plain(value):
    """Two decimals, and never -0.00."""
    return f"{round(float(value), 2) + 0.0:.2f}"


@figures.style()
def size_and_length(runs, settings, lengths=(8, 9, 10)):
    """Whole strings right with attention and without, a dot a run: one panel for each length, of which the first was trained.

    runs : rows of `evidence` with cell, H, attention and n8, n9 ...; settings : list of (cell, H)
    """
    figure, axes = figures.new(1, len(lengths), size=(8.4, 3.9), bottom=0.85, top=0.6, wspace=0.08, sharey=True)
    said = []
    for ax, n in zip(axes, lengths):
        for place, (cell, H) in enumerate(settings):
            for attention, side, look in ((False, -0.2, WITHOUT), (True, 0.2, WITH)):
                found = [run[f"n{n}"] for run in runs if (run["cell"], run["H"], run["attention"]) == (cell, H, attention)]
                name = ("with attention" if attention else "without") if not place and ax is axes[-1] else None
                ax.plot(place + side + _dots(len(found), 0.32), np.sort(found), "o", markersize=4.5, label=name, clip_on=False,
                        **look)
        ax.set_xticks(range(len(settings)), [f"{cell}\n{H}" for cell, H in settings])
        ax.set(xlim=(-0.5, len(settings) - 0.5), ylim=(-0.03, 1.03), yticks=[0, 0.5, 1])
        ax.grid(False, axis="x")
        at = {attention: np.median([run[f"n{n}"] for run in runs if run["attention"] == attention
                                    and (run["cell"], run["H"]) == settings[0]]) for attention in (False, True)}
        said.append(f"{n} digits, {settings[0][0]} with H = {settings[0][1]}: {at[False]:.2f} without, {at[True]:.2f} with")
        ax.set_title(f"{n} digits: {'trained' if n == lengths[0] else 'never trained'}")
    axes[0].set_ylabel("whole strings right (share)")
    axes[-1].legend(loc="upper left", handletextpad=0.1, markerscale=1.6)       # where hardly a dot is
    return figures.Picture(figure, f"Median shares of whole strings right. {'. '.join(said)}. "
                                   "A dot for each run, the runs of each setting sorted.")


class _Looks:
    """Where queries look: left the one that is chosen, a line to every key; right all of them as a map, its column framed.

    rows, columns : the most keys and queries there will be; key_name, query_name : for the axes
    """

    def __init__(self, figure, left, right, rows, columns, key_name, query_name):
        self.rows, self.columns, self.left, self.right = rows, columns, left, right
        left.set_axis_off()
        left.set(xlim=(0, 1), ylim=(rows - 0.4, -0.6))
        self.lines = [left.plot([0.46, 0.86], [row, row], color=GRADIENT, solid_capstyle="round")[0] for row in range(rows)]
        self.names = [left.text(0.43, row, "", ha="right", va="center", color=INPUT) for row in range(rows)]
        self.ring, = left.plot([0.91], [0], "o", markersize=30, markerfacecolor="white", markeredgecolor=DECODER,
                               markeredgewidth=2.5)
        self.query = left.text(0.91, 0, "", ha="center", va="center", color=OUTPUT)
        self.image = right.imshow(np.zeros((rows, columns)), cmap=FADING, vmin=0, vmax=1, aspect="auto", interpolation="nearest",
                                  extent=(0.5, columns + 0.5, rows - 0.5, -0.5))
        self.frame, = right.plot([], [], color=BLACK, linewidth=2.5)
        self.heads = [right.text(column, rows - 0.3, "", ha="center", va="top", color=OUTPUT) for column in range(1, columns + 1)]
        right.set(xlim=(0.5, columns + 0.5), ylim=(rows - 0.4, -0.6), xticks=[], yticks=[])
        right.set_ylabel(key_name)
        right.set_xlabel(query_name, labelpad=26)
        right.grid(False)

    def show(self, keys, queries, weights, step):
        """keys (S,) and queries (T,) of str, weights (T, S); the query of that step, counted from 1, stands out."""
        shown = np.zeros((self.rows, self.columns))
        shown[:len(keys), :len(queries)] = weights.T
        self.image.set_data(shown)
        middle = (len(keys) - 1) / 2
        for row, (line, name) in enumerate(zip(self.lines, self.names)):
            inside = row < len(keys)
            share = float(weights[step - 1, row]) if inside else 0.0
            name.set_text(keys[row] if inside else "")
            line.set_ydata([row, middle])
            line.set_visible(inside)
            line.set_linewidth(0.5 + 10 * share)
            line.set_alpha(0.15 + 0.85 * share)
        self.ring.set_ydata([middle])
        self.query.set_y(middle)
        self.query.set_text(queries[step - 1])
        for head, query in zip(self.heads, [*queries, *[""] * self.columns]):
            head.set_text(query)
        x, top, bottom = step, -0.5, len(keys) - 0.5
        self.frame.set_data([x - 0.5, x + 0.5, x + 0.5, x - 0.5, x - 0.5], [top, top, bottom, bottom, top])


@figures.style()
def where_it_looks(look, orders, dates, step=3):
    """Where a decoder looks while it writes a date, for several orders of its words.

    look : function (date, order) -> (words (S,), written (T,), weights (T, S)); orders, dates : lists of str
    """
    read = {(date, order): look(date, order) for date in dates for order in orders}
    S, T = (max(len(one[i]) for one in read.values()) for i in (0, 1))
    figure, axes = figures.new(1, 2, size=(8.4, 4.4), left=0.1, right=0.2, bottom=0.8, wspace=0.14, width_ratios=[1, 1.35])
    looks = _Looks(figure, *axes, S, T, "the words, as heard", "what is written, one character per step")

    def draw(date, order, step):
        words, written, weights = read[date, order]
        looks.show(words, written, weights, step)
        row = weights[step - 1]
        axes[0].set_title(f"Step {step} writes “{written[step - 1]}”")
        axes[1].set_title(f"{row.max():.0%} of the weight on “{words[row.argmax()]}”")
        best = row.argsort()[::-1][:2]
        return (f"“{' '.join(words)}”, step {step} writes “{written[step - 1]}”: {row[best[0]]:.2f} of the weight lies on word "
                f"{best[0] + 1}, “{words[best[0]]}”, {row[best[1]]:.2f} on word {best[1] + 1}, “{words[best[1]]}”.")

    return LiveFigure(figure, draw, date=menu("date", dates), order=menu("order of the words", orders),
                      step=slider("written character", step, 1, T))


@figures.style()
def whose_answer(tasks):
    """Started from another input's context, what is written: the own answer, or the other's? A dot a run.

    tasks : dict of name to rows of `evidence` with own and other
    """
    figure, ax = figures.new(size=(8.4, 4.0), bottom=0.6, top=1.0)
    said = []
    for place, (task, runs) in enumerate(tasks.items()):
        for which, side, marker, look in (("own", -0.2, "o", WITH), ("other", 0.2, "o", WITHOUT)):
            label = None if place else "the answer to what it " + {"own": "looks at", "other": "started from"}[which]
            ax.plot(place + side + _dots(len(runs), 0.32), np.sort([run[which] for run in runs]), marker, markersize=5,
                    clip_on=False, label=label, **look)
        said.append(f"{task}: {np.median([run['own'] for run in runs]):.2f} and {np.median([run['other'] for run in runs]):.2f}")
    ax.set_xticks(range(len(tasks)), list(tasks))
    ax.set(xlim=(-0.5, len(tasks) - 0.5), ylim=(-0.03, 1.03), yticks=[0, 0.5, 1], ylabel="sequences (share)")
    ax.grid(False, axis="x")
    ax.set_title("Whose answer is written? It depends on the task", y=1.14)
    ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.99), ncols=2, handletextpad=0.1, columnspacing=1.2, markerscale=1.6)
    return figures.Picture(figure, "Median share of sequences: the answer to what it looks at, then to what it started "
                                   "from. " + "; ".join(said) + ".")


@figures.style()
def gradient_lifelines(norms, S=50):
    """What the loss of the first written token leaves at every state of the encoder, with attention and without: lesson 5's axis.

    norms : function (S) -> dict of (cell name, attention) to ndarray (S,), the norms at s = 1 .. S
    """
    figure, ax = figures.new(size=(8.4, 4.5), left=0.95, right=2.0)
    _decades(ax, -17.5, 4.5, 4)
    ax.set_xlabel("steps back from the last word: S - s")
    ax.set_ylabel("norm of dL / d$h_s$")
    ax.xaxis.get_major_locator().set_params(integer=True)
    settings = [(cell, attention) for attention in (True, False) for cell in CELL_STYLES]
    lines = {(cell, attention): ax.plot([], [], color=CELL_STYLES[cell][0], linestyle=CELL_STYLES[cell][1],
                                        linewidth=3.5 if attention else 1.6)[0] for cell, attention in settings}
    names = EndLabels(ax, [f"{cell} {'with attention' if attention else 'without'}" for cell, attention in settings],
                      [CELL_STYLES[cell][0] for cell, _ in settings])

    def draw(S):
        logs = {setting: _log10(values[::-1]) for setting, values in norms(S).items()}
        for setting, line in lines.items():
            line.set_data(np.arange(S), logs[setting])
        ax.set_xlim(0, S - 1)
        names.set(np.arange(S), [logs[setting] for setting in settings])
        least, most = (end(logs[cell, True][-1] for cell in CELL_STYLES) for end in (min, max))
        kept, lost = (", ".join(f"{cell} {scientific(logs[cell, attention][-1])}" for cell in CELL_STYLES)
                      for attention in (True, False))
        ax.set_title(f"At word 1 of {S} the norm is {10 ** least:.2g} to {10 ** most:.2g} with attention")
        return f"At the first of {S} words the gradient's norm is, with attention, {kept}; without, {lost}."

    return LiveFigure(figure, draw, S=slider("words S", S, 5, 200, 5))


@figures.style()
def self_attention_map(read, step=2):
    """Where every place of a string looks, for several ways of looking.

    read : dict of a way's name to (symbols (T,), written (T,), true (T,), weights (T, T))
    """
    T = len(next(iter(read.values()))[0])
    figure, axes = figures.new(1, 2, size=(8.4, 4.6), left=0.1, right=0.2, bottom=0.8, top=0.75, wspace=0.14,
                               width_ratios=[1, 1.35])
    looks = _Looks(figure, *axes, T, T, "the places that are looked at", f"what places 1 to {T} write")
    axes[1].set_xticks(range(1, T + 1))
    axes[1].xaxis.set_ticks_position("top")
    axes[1].tick_params(length=0)

    def draw(way, step):
        symbols, written, true, weights = read[way]
        keys = [f"{symbol}  at place {s}" for s, symbol in enumerate(symbols, 1)]
        looks.show(keys, written, weights, step)
        row, right = weights[step - 1], sum(w == t for w, t in zip(written, true))
        axes[0].set_title(f"Place {step}: wants {true[step - 1]}, writes {written[step - 1]}", y=1.08)
        axes[1].set_title(f"{right} of {T} digits right", y=1.08)
        return (f"{way}: place {step} holds {symbols[step - 1]}, should write {true[step - 1]}, writes {written[step - 1]}; "
                f"{row.max():.2f} of its weight lies on place {row.argmax() + 1}. In all {right} of {T} digits are right.")

    return LiveFigure(figure, draw, way=menu("way of looking", list(read)), step=slider("place", step, 1, T))


@figures.style()
def reversed_by(readers, levels):
    """Digits right in reversed strings, a dot a run, beside what can be expected of each reader.

    readers : dict of label (may have two lines) to shares; levels : dict of label to float, where one was computed
    """
    figure, ax = figures.new(size=(8.4, 3.9), bottom=0.85, top=0.55)
    said = []
    for place, (name, found) in enumerate(readers.items()):
        ax.plot(place + _dots(len(found), 0.45), np.sort(found), "o", color=BLACK, markersize=5, clip_on=False)
        if name in levels:
            ax.plot([place - 0.4, place + 0.4], [levels[name]] * 2, color=GRADIENT, linewidth=2, zorder=0)
            ax.text(place + 0.27, levels[name] + 0.035 - 0.12 * (levels[name] > 0.9), f"computed {levels[name]:.2f}", ha="left",
                    color=GRADIENT)
        said.append(f"{name.replace(chr(10), ' ')}: {np.median(found):.2f}")
    ax.set_xticks(range(len(readers)), list(readers))
    ax.set(xlim=(-0.5, len(readers) - 0.3), ylim=(0, 1.04), yticks=[0, 0.5, 1], ylabel="digits right (share)")
    ax.grid(False, axis="x")
    ax.set_title("Positions and no mask: the whole string is reversed")
    return figures.Picture(figure, "Median share of digits right in reversed strings of 8. " + "; ".join(said) + ".")
