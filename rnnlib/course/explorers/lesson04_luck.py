"""Figures of lesson 04 on the recall task: what training does with a vanished gradient."""

import numpy as np

from .. import figures
from ..figures import BLACK, GRADIENT, GREY, decade, power
from ..marks import ON_TOP

SOLVED = 0.95
# how a run is drawn, by its accuracy: all four symbols told apart, some of them, none
KINDS = [(SOLVED, BLACK, "-", "learned it"), (0.4, GRADIENT, "--", "some of it"), (0.0, GREY, ":", "nothing")]
SPREAD = 7.0        # how wide the dots of one lag lie, in steps


def _kind(accuracy):
    return next(kind for kind in KINDS if accuracy >= kind[0])


@figures.style()
def training_and_gradient(losses, every, log10_shares, accuracies):
    """Runs of one task, side by side: the loss as it falls, and the share of the gradient that reaches the first step.

    losses (S, N): seeds, steps; log10_shares (S, M): after 0, every, 2 every ... steps; accuracies (S,): at the end
    """
    figure, (left, right) = figures.new(1, 2, size=(8.4, 4.2), left=0.75, wspace=0.34, top=0.9, right=0.3)
    steps = np.arange(1, losses.shape[1] + 1)
    smooth = np.ones(10) / 10                               # batches differ: the mean of ten steps
    for loss, shares, accuracy in zip(losses, log10_shares, accuracies):
        _, color, line, label = _kind(accuracy)
        left.plot(steps[9:], np.convolve(loss, smooth, mode="valid"), line, color=color)
        right.plot(every * np.arange(len(shares)), shares, line, color=color, label=label)
    for level, label in ((np.log(4), "nothing known: ln 4"), (0.75 * np.log(3), "one from three: 0.75 ln 3"),
                         (np.log(2), "two pairs: ln 2")):
        left.axhline(level, color=GREY, linewidth=1)
        above = level > 0.7     # a run that is stuck keeps above ln 2
        left.text(steps[-1], level + (0.06 if above else -0.06), label, color=GREY, ha="right",
                  va="bottom" if above else "top", bbox=ON_TOP)
    left.set(xlim=(0, steps[-1]), ylim=(0, 1.75), xlabel="step of training", ylabel="loss (nats)")
    right.axhline(0, color=GREY, linewidth=1)
    right.set(xlim=(0, steps[-1]), xlabel="step of training", ylabel="norm of d $h_T$ / d $h_1$")
    right.yaxis.set_major_formatter(decade)
    handles = dict(reversed(pair) for pair in zip(*right.get_legend_handles_labels()))
    figure.legend(handles.values(), handles.keys(), loc="upper right", bbox_to_anchor=(0.97, 0.89), ncol=3, borderpad=0)
    solved = np.asarray(accuracies) >= SOLVED
    lost = [max(shares[-5:]) for shares, well in zip(log10_shares, solved) if not well]     # of late
    title = f"{solved.sum()} of {len(solved)} seeds learned it"
    if lost and max(lost) < -2:
        others = "the one that did not" if len(lost) == 1 else f"the {len(lost)} that did not"
        title += f"; in {others}, less than {power(10, np.ceil(max(lost)))} gets through at the end"
    figure.text(0.75 / 8.4, 0.945, title, weight="bold", va="center")
    ends = ", ".join(power(10, np.round(shares[-1])) for shares in log10_shares)
    return figures.Picture(figure, f"{solved.sum()} of {len(solved)} runs learned the task. Share of the gradient that "
                                   f"reaches the first step at the end of each run: {ends}.")


@figures.style()
def luck_by_lag(lags, accuracies, chance, live_lag=None, live_accuracies=()):
    """Accuracy against lag, each seed a dot; the runs of this notebook next to them.

    lags, accuracies : (R,), one entry a stored run; live_lag : int, live_accuracies : the runs just made
    """
    figure, ax = figures.new(size=(8.4, 4.2), top=0.55)
    lags, accuracies = np.asarray(lags), np.asarray(accuracies)
    for lag in np.unique(lags):
        found = np.sort(accuracies[lags == lag])
        ax.plot(lag + beside(found, SPREAD), found, "o", color=BLACK, markersize=5, alpha=0.7)
        solved = (found >= SOLVED).sum()
        ax.text(lag, 1.1, f"{solved}/{len(found)}", ha="center", va="center")
    if live_lag is not None:
        found = np.sort(live_accuracies)
        ax.plot(live_lag + SPREAD / 2 + 2 + 1.2 * np.arange(len(found)), found, "D", color=BLACK, markerfacecolor="none",
                markersize=7)
        ax.text(live_lag + SPREAD / 2 + 2, 0.75, f"lag {live_lag},\ntrained\nhere", va="center")
    for level, label in ((chance, "chance"), (2 * chance, "half right")):
        ax.axhline(level, color=GREY, linestyle="--", linewidth=1.2)
        ax.text(max(lags) + 20, level + 0.015, label, color=GREY, va="bottom", ha="right")
    ax.text(-1, 1.1, "learned", va="center", ha="right")
    ax.set(xlim=(0, max(lags) + 20), ylim=(0.1, 1.17), xlabel="lag: steps T of the sequence", ylabel="accuracy (share)",
           xticks=np.unique(lags), yticks=[0.25, 0.5, 0.75, 1.0])
    counts = [(lag, (accuracies[lags == lag] >= SOLVED).sum(), (lags == lag).sum()) for lag in np.unique(lags)]
    (near, most, of), (far, least, _) = counts[0], counts[-1]
    ax.set_title(f"At lag {near}, {most} of {of} seeds learn it; at lag {far}, {least}")
    return figures.Picture(figure, "Seeds that learned the recall task: "
                           + ", ".join(f"lag {lag}: {solved} of {seeds}" for lag, solved, seeds in counts) + ".")


@figures.style()
def starts_by_lag(runs, solved=SOLVED):
    """Accuracy at the end of training for several starts of one cell, each seed a dot; a panel for each lag.

    runs : dict of lag (int) to dict of start (str) to accuracies (list of float)
    """
    starts = list(dict.fromkeys(start for by_start in runs.values() for start in by_start))
    figure, row = figures.new(1, len(runs), size=(8.4, 1.7 + 0.5 * len(starts)), left=2.25, right=0.35, wspace=0.12, top=0.85,
                              bottom=0.85, sharey=True)
    counts = []
    for ax, (lag, by_start) in zip(np.atleast_1d(row), runs.items()):
        for start, accuracies in by_start.items():
            y, found = starts.index(start), np.sort(accuracies)
            ax.plot(found, y - beside(found, 0.5), "o", color=BLACK, markersize=4.5, alpha=0.7)
            counts.append(f"lag {lag}, {start}: {(found >= solved).sum()} of {len(found)}")
            ax.text(0.62, y - 0.3, f"{(found >= solved).sum()}/{len(found)}", ha="center", va="center", weight="bold")
        for start in set(starts) - set(by_start):
            ax.text(0.62, starts.index(start), "not tried", color=GREY, ha="center", va="center")
        ax.axvline(0.25, color=GREY, linestyle="--", linewidth=1.2)
        ax.set(xlim=(0.15, 1.07), xticks=[0.25, 0.5, 1.0], xlabel="accuracy", ylim=(len(starts) - 0.4, -0.7),
               yticks=range(len(starts)), yticklabels=[start.replace(", rate", ",\nrate") for start in starts])
        ax.set_xticklabels(["0.25\nchance", "0.5", "1"])
        ax.set_title(f"Lag {lag}", fontsize=figures.TEXT)
    learned = {start: (np.asarray(found) >= solved).sum() for start, found in by_start.items()}     # at the last lag
    best, _, rate = max(learned, key=learned.get).partition(", rate ")
    rate = rate and f", rate {rate}"
    title = (f"Lag {lag}{rate}: {learned[best + rate]} of {len(by_start[best + rate])} seeds learn it with \"{best}\", "
             f"{learned[starts[0] + rate]} with \"{starts[0]}\"")
    figure.text(0.1 / 8.4, 1 - 0.28 / figure.get_figheight(), title, weight="bold", va="center")
    return figures.Picture(figure, "Seeds that learned the recall task: " + "; ".join(counts) + ".")


def spread(n, width):
    """Where n dots lie side by side, around 0."""
    return width * ((np.arange(n) + 0.5) / n - 0.5)


def beside(values, width, near=0.03):
    """Where dots at these sorted values lie side by side, around 0: the lowest of those that would touch in the middle.

    width : what 20 dots on one spot take
    """
    places = []
    for group in np.split(np.asarray(values), np.flatnonzero(np.diff(values) > near) + 1):
        there = spread(len(group), width * len(group) / 20)
        places.extend(there[np.argsort(np.abs(there), kind="stable")])
    return np.array(places)
