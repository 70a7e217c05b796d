"""Figures of lessons 08 to 10 that draw stored runs: every cell beside a window without recurrence, each seed a dot."""

import numpy as np

from .. import figures, marks
from ..figures import BLACK, CELL_STYLES, GREY, ORANGE, OUTPUT, PALE, STATE
from ..marks import ON_TOP

WINDOW = (OUTPUT, "v")


def spread(n, width):
    """Where n dots of one row stand beside each other, about 0."""
    return width * (((np.arange(n) * 0.618034) % 1) - 0.5)
# two shades of one colour, for two amounts of training and for two kinds of pictures: no cell has it
LESS_AND_MORE = "#66C2A4", "#00684D"


@figures.style()
def beside_a_window(runs, baseline, ceiling, target, measure="test sequences exactly right (share)"):
    """What every kind of network scores on a task, after the lesson's steps and after four times as many: a dot for each seed.

    Parameters
    ----------
    runs : list of dict
        Stored "rivals" of one task: kind, steps, parameters, score.
    baseline, ceiling, target : float
        Of the score; where the ceiling is the smaller one, less is better.
    measure : str
        Name of the axis.
    """
    kinds = [kind for kind in ("window", *CELL_STYLES) if any(run["kind"] == kind for run in runs)]
    budgets = sorted({run["steps"] for run in runs})
    figure, ax = figures.new(size=(8.4, 0.95 + 0.78 * len(kinds)), left=1.75, right=0.3, bottom=0.65, top=0.85)
    told, left = [], []
    for row, kind in enumerate(kinds):
        color, marker = WINDOW if kind == "window" else CELL_STYLES[kind][::2]
        for steps, side, face in zip(budgets, (-0.2, 0.2), (color, "white")):
            scores = [run["score"] for run in runs if run["kind"] == kind and run["steps"] == steps]
            if scores:
                ax.plot(scores, row + side + spread(len(scores), 0.24), marker, color=color, markerfacecolor=face, markersize=7,
                        markeredgewidth=1.2)
                told.append(f"{kind} {np.median(scores):.3g} after {steps:,} steps ({len(scores)} seed{'s' * (len(scores) > 1)})")
                left += scores
        size = next(run["parameters"] for run in runs if run["kind"] == kind)
        ax.text(-0.02, row, f"{kind}\n{size:,} numbers", ha="right", va="center", transform=ax.get_yaxis_transform())
    low, high = min(*left, baseline, ceiling), max(*left, baseline, ceiling)
    margin = 0.06 * (high - low)
    ax.set(xlim=(low - margin, high + margin), ylim=(len(kinds) - 0.45, -0.55), xlabel=measure, yticks=[])
    ax.grid(False, axis="y")
    for value, line in ((baseline, ":"), (target, "--"), (ceiling, "-")):
        ax.axvline(value, color=GREY, linestyle=line, linewidth=1.8, zorder=0)
    limit = "floor" if ceiling < baseline else "ceiling"
    best = {kind: np.median([run["score"] for run in runs if run["kind"] == kind and run["steps"] == budgets[0]])
            for kind in kinds}
    said = ", ".join(f"{kind} {value:.3g}" for kind, value in best.items())
    figure.text(0.1 / 8.4, 1 - 0.25 / figure.get_figheight(), f"Medians after {budgets[0]:,} steps: {said}", weight="bold",
                va="center", fontsize=figures.TITLE)
    seeds = f"filled: {budgets[0]:,} steps, open: {budgets[1]:,}" if len(budgets) > 1 else "a marker for each seed"
    figure.text(0.1 / 8.4, 1 - 0.58 / figure.get_figheight(),
                f"{seeds}; dotted: baseline, dashed: target, full line: {limit}", va="center")
    return figures.Picture(figure, "Medians: " + "; ".join(told) + f". Baseline {baseline:.3g}, target {target:.3g}, "
                                   f"{limit} {ceiling:.3g}.")


@figures.style()
def length_by_budget(runs, H, trained):
    """Whole strings written through a context of H numbers, by their length, after two budgets: a dot for each seed.

    runs : list of dict, the stored "bottleneck" of one H: steps, seed, n3 .. n12; trained : the longest string of the training
    """
    lengths = np.array(sorted(int(name[1:]) for name in runs[0] if name[0] == "n" and name[1:].isdigit()))
    budgets = sorted({run["steps"] for run in runs})
    figure, ax = figures.new(size=(8.4, 4.2), right=0.3)
    ax.axvspan(trained + 0.5, lengths[-1] + 0.5, color=PALE, alpha=0.6, linewidth=0)
    marks.write(ax, trained + 0.65, 1.05, "lengths never trained", ha="left")
    told, lines = [], {}
    for steps, color, marker, side in zip(budgets, LESS_AND_MORE, "^o", (-0.17, 0.17)):
        found = np.array([[run[f"n{n}"] for n in lengths] for run in runs if run["steps"] == steps])      # (seeds, lengths)
        at = lengths + side + 0.22 * (((np.arange(len(found)) * 0.618034) % 1) - 0.5)[:, None]
        ax.plot(at.ravel(), found.ravel(), marker, color=color, markersize=5)
        middle, = ax.plot(lengths + side, np.median(found, axis=0), color=color, linewidth=2)
        lines[f"{steps:,} steps, {len(found)} seeds"] = middle
        half = lengths[np.median(found, axis=0) >= 0.5].max(initial=lengths[0] - 1)
        told.append((steps, half))
    ax.set(xlim=(lengths[0] - 0.5, lengths[-1] + 0.5), ylim=(-0.04, 1.12), xticks=lengths, xlabel="digits in the string",
           ylabel="whole strings right (share)")
    ax.legend(lines.values(), lines, loc="upper right", bbox_to_anchor=(1.0, 0.92), title="line: the median", alignment="left")
    ax.set_title(f"Half of the strings arrive whole: up to {told[0][1]} digits after {told[0][0]:,} steps, {told[-1][1]} after "
                 f"{told[-1][0]:,}")
    return figures.Picture(figure, f"Through {H} numbers, by the median over the seeds, half of the strings arrive whole: "
                           + "; ".join(f"after {steps:,} steps up to {n} digits" for steps, n in told) + ".")


@figures.style()
def place_by_budget(settings):
    """The share of places named rightly, in training pictures and in test pictures, for several settings: a dot for each seed.

    settings : dict of label (may have two lines) to stored "captions" runs with place_train and place
    """
    figure, ax = figures.new(size=(8.4, 4.2), bottom=0.85, left=0.85, right=1.95)
    told = []
    for at, (label, runs) in enumerate(settings.items()):
        for part, column, color, marker, side in (("training pictures", "place_train", LESS_AND_MORE[0], "o", -0.17),
                                                  ("test pictures", "place", LESS_AND_MORE[1], "D", 0.17)):
            found = np.array([run[column] for run in runs])
            ax.plot(at + side + spread(len(found), 0.2), found, marker, color=color, markersize=6, alpha=0.8,
                    label=None if at else part)
        told.append(f"{label.replace(chr(10), ' ')} ({len(runs)} seeds): {np.median([run['place_train'] for run in runs]):.2f} "
                    f"in training pictures, {np.median([run['place'] for run in runs]):.2f} in test pictures")
    ax.axhline(1 / 9, color=GREY, linestyle=":")
    ax.text(1.01, 1 / 9, "guessing\n(1 of 9)", va="center", color=GREY, transform=ax.get_yaxis_transform())
    ax.set(xlim=(-0.5, len(settings) - 0.5), ylim=(-0.03, 1.06), ylabel="place named correctly (share)")
    ax.set_xticks(range(len(settings)), list(settings))
    ax.grid(False, axis="x")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 0.9), handletextpad=0.1, borderaxespad=0)
    every = list(settings.values())
    first, last = (np.median([run["place"] for run in runs]) for runs in (every[0], every[-1]))
    ax.set_title(f"Place in test pictures, medians: {first:.2f} in the first setting, {last:.2f} in the last")
    return figures.Picture(figure, "Medians. " + "; ".join(told) + ".")


@figures.style()
def mistakes_against_sameness(ways, rules=None, measure="tunes that are all different (share)"):
    """What ways of choosing the next token cost and bring: flawless tunes against different ones, a line for each way.

    ways : dict of name to list of (label, runs): stored "tunes" with flawless and different
    rules : sequence of float, optional
        Which share is different of the tunes that the rules themselves draw; all of those are flawless.
    """
    figure, ax = figures.new(size=(8.4, 4.8), right=0.3)
    looks = ((STATE, "-", "o"), (BLACK, "--", "s"), (ORANGE, "-.", "D"))
    named = []                          # where a value is written; the next one keeps away
    for i, ((name, points), (color, line, marker)) in enumerate(zip(ways.items(), looks)):
        x = np.array([[run["different"] for run in runs] for _, runs in points])        # (values, seeds)
        y = np.array([[run["flawless"] for run in runs] for _, runs in points])
        ax.plot(x.ravel(), y.ravel(), marker, color=color, markersize=3, alpha=0.3)
        middle = np.median(x, axis=1), np.median(y, axis=1)
        ax.plot(*middle, color=color, linestyle=line, marker=marker, markersize=8, label=name)
        for (label, _), at_x, at_y in zip(points, *middle):
            if all(np.hypot(at_x - x, at_y - y) > 0.055 for x, y in named):
                below = i and at_x > 0.1        # the first curve lies uppermost: its names stand above it, the others' below
                ax.annotate(label, (at_x, at_y), xytext=(-7, -7) if below else (7, 4), textcoords="offset points", color=color,
                            ha="right" if below else "left", va="top" if below else "bottom", zorder=3,
                            bbox=ON_TOP | {"alpha": 0.9})
                named.append((at_x, at_y))
    told = ""
    if rules is not None:
        at = np.median(rules)
        ax.plot(rules, np.ones(len(rules)), "*", color=OUTPUT, markersize=5, alpha=0.4)
        ax.plot([at], [1], "*", color=OUTPUT, markersize=16, label="the rules themselves")
        told = f" The rules themselves: 1 flawless and {at:.2f} different."
    ax.set(xlim=(0, 1.08), ylim=(0, 1.08), xlabel=measure, ylabel="flawless tunes (share)")
    ax.legend(loc="lower left")
    seeds = len(next(iter(ways.values()))[0][1])
    ax.set_title("Every way of choosing pays for variety with mistakes")
    return figures.Picture(figure, f"Medians of {seeds} networks. " + " ".join(
        f"{name}: " + ", ".join(f"{label} {np.median([run['flawless'] for run in runs]):.2f} flawless and "
                                f"{np.median([run['different'] for run in runs]):.2f} different" for label, runs in points) + "."
        for name, points in ways.items()) + told)
