"""Figures of lesson 06: one answer from the last state, the verdict word by word, a forecast from the end of a signal."""

import ipywidgets as widgets
import numpy as np

from .. import figures, marks
from ..drawings import Unrolled
from ..figures import BLACK, CELL_STYLES, GREY, INPUT, OUTPUT, PALE, STATES
from ..live import WIDE, LiveFigure, TextBox, slider
from ._words import ends_with, readable, words_of
from .rivals import WINDOW, spread

MOST_WORDS = 16                 # as many as a verdict figure has columns
UNREAD = STATES.with_extremes(bad="#F0F0F0")
# how a rule of forecasting is drawn: colour, line, marker
RULES = {"persistence": (GREY, ":", "v"), "linear rule": (GREY, "--", "s"), "network": CELL_STYLES["RNN"]}


@figures.style()
def one_answer(words, p, norms):
    """The unrolled network with one output, at the last step, and the gradient that comes back from it.

    words : list of str (T,); p : probability of praise; norms : ndarray (T+1,), the norm of dL/dh_t for t = 0..T
    """
    T = len(words)
    figure, ax = figures.new(size=(8.4, 3.9), left=0.1, right=0.1, bottom=0.35, top=0.45)
    network = Unrolled(ax, T, gradient=True, x=words, y=[""] * (T - 1) + [f"{p:.2f}"], outputs=[T])
    network.gradient_left(norms[:-1] / norms[-1])
    lift = 36 * network.side + 12
    for t, amount in enumerate(norms):
        marks.write(ax, t - 0.08 * (t == T), 0, f"{amount / norms[-1]:.2f}", shift=lift, color=figures.GRADIENT,
                       ha="center" if t < T else "right")
    marks.write(ax, -0.25, 0, f"size of the gradient, as a multiple of that at $h_{T}$:", ha="left", shift=lift + 22,
                   color=figures.GRADIENT)
    marks.write(ax, T - 0.35, 1.1, "P(positive)", ha="right")
    ax.set_title(f"Read {T} words, answer once: the loss touches $h_{{{T}}}$ alone")
    return figures.Picture(figure, f"{T} inputs and one output, P(positive) = {p:.2f}, read from h_{T}. The gradient at h_1 is "
                                   f"{norms[1] / norms[-1]:.2f} times as large as at h_{T}.")


@figures.style()
def swapped_clauses(bag, network, opposed):
    """What two classifiers say of a sentence and of the same words with the clauses swapped.

    bag, network : ndarray (n, 2), P(positive) of each sentence and of its twin
    opposed : ndarray (n,) of bool, the right verdict turns with the swap
    """
    figure, axes = figures.new(1, 2, size=(8.4, 4.4), left=0.95, right=0.3, wspace=0.16, sharey=True)
    for ax, p, label, color, marker in ((axes[0], bag, "bag of words", GREY, "o"),
                                        (axes[1], network, "recurrent network", OUTPUT, "D")):
        ax.plot([0, 1], [0, 1], ":", color=GREY, linewidth=1.5)
        ax.plot(*p.T, marker, color=color, markersize=8, alpha=0.5, markeredgewidth=0)
        ax.set(xlim=(-0.06, 1.06), ylim=(-0.06, 1.06), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
        ax.text(0.5, 1.02 if label.startswith("bag") else 0.92, label, ha="center", va="top")
        ax.set_xlabel("P(positive) of the sentence")
    axes[0].set_ylabel("P(positive), clauses swapped")
    turned = [int(((p > 0.5)[:, 0] != (p > 0.5)[:, 1]).sum()) for p in (bag, network)]
    axes[0].set_title(f"The verdict turns: network {turned[1]}, bag {turned[0]}; it should in {opposed.sum()} of {len(bag)}")
    return figures.Picture(figure, f"Of {len(bag)} sentences whose clauses were swapped, the bag of words gives {turned[0]} "
                                   f"another verdict, the recurrent network {turned[1]}; the right one turns in {opposed.sum()}.")


@figures.style()
def accuracy_by_kind(kinds, bag, runs):
    """Accuracy by kind of sentence: a marker for every run, and what the best rule without order reaches.

    kinds : list of str (G,); bag : ndarray (G,); runs : dict of the network's name to ndarray (seeds, G)
    """
    figure, ax = figures.new(size=(8.4, 4.5), bottom=0.75, top=0.9)
    for g, share in enumerate(bag):
        ax.plot([g - 0.42, g + 0.42], [share, share], color=GREY, linewidth=4, solid_capstyle="butt", alpha=0.55,
                label=None if g else "best bag of words")
    for i, (name, accuracy) in enumerate(runs.items()):
        color, marker = WINDOW if name == "window" else CELL_STYLES[name][::2]
        at = np.arange(len(kinds)) + 0.42 * (i - (len(runs) - 1) / 2) + spread(len(accuracy), 0.34)[:, None]
        ax.plot(at.ravel(), accuracy.ravel(), marker, color=color, markersize=6, markeredgecolor="white", markeredgewidth=0.5,
                label=f"{name}, {len(accuracy)} seeds")
    ax.set_xticks(range(len(kinds)), kinds)
    ax.set_xlim(-0.55, len(kinds) - 0.45)
    ax.set_ylim(0, 1.05)
    ax.set_ylabel("accuracy (share right)")
    ax.grid(False, axis="x")
    figure.legend(*ax.get_legend_handles_labels(), loc="upper left", bbox_to_anchor=(0.005, 0.935), ncols=3, handletextpad=0.2,
                  columnspacing=1.2)
    middle = {name: np.median(accuracy[:, -1]) for name, accuracy in runs.items()}
    last = kinds[-1].replace("\n", " ")
    said = ", ".join(f"{name} {value:.2f}" for name, value in middle.items())
    figure.text(0.1 / 8.4, 0.955, f"“{last}”: medians {said}, the best bag {bag[-1]:.2f}", weight="bold", va="center",
                fontsize=figures.TITLE)
    seeds = ", ".join(str(len(accuracy)) for accuracy in runs.values())
    return figures.Picture(figure, f"Median accuracy on the kind “{last}”: {said} ({seeds} seeds); the best bag of words "
                                   f"{bag[-1]:.2f}.")


class _Reading:
    """Bars of P(positive) over the words read, and under them the states they were read from.

    A bar where a sentence may end is wide; elsewhere it is thin: nobody asked for an answer there.
    """

    def __init__(self, H):
        self.figure, (ax, below) = figures.new(2, 1, size=(8.4, 4.9), left=1.25, right=0.25, top=0.5, bottom=1.05, hspace=0.08,
                                               sharex=True)
        self.ax = ax
        self.wide, self.thin = (ax.vlines([], 0, 1, color=OUTPUT, linewidth=width) for width in (23, 5))
        ax.axhline(0.5, color=BLACK, linewidth=1)
        ax.set(xlim=(0.5, MOST_WORDS + 0.5), ylim=(-0.03, 1.03))
        ax.set_yticks([0, 0.5, 1], ["0 negative", "0.5", "1 positive"])
        ax.grid(False, axis="x")
        ax.tick_params(bottom=False, labelbottom=False)
        self.empty = np.full((H, MOST_WORDS), np.nan)
        self.image = below.imshow(self.empty, cmap=UNREAD, vmin=-1, vmax=1, aspect="auto", extent=(0.5, MOST_WORDS + 0.5, H, 0))
        below.set_yticks([])
        below.set_xticks([])
        below.grid(False)
        below.set_ylabel(f"{H} units of $h_t$\npink: 1\nblue: -1", rotation=0, ha="right", va="center")
        with figures.style():
            self.texts = [below.text(t + 0.15, H * 1.05, "", rotation=40, ha="right", va="top", rotation_mode="anchor")
                          for t in range(1, MOST_WORDS + 1)]

    def show(self, words, h, p, ends, title):
        """words: any number up to MOST_WORDS; h (n, H), p (n,), ends (n,) of bool: the first n of them were read."""
        n = len(p)
        for i, text in enumerate(self.texts):
            text.set_text(words[i] if i < len(words) else "")
            text.set_alpha(1 if i < n else 0.55)
        for bars, chosen in ((self.wide, ends), (self.thin, ~ends)):
            bars.set_segments([((t + 1, 0.5), (t + 1, p[t])) for t in np.flatnonzero(chosen)])
        states = self.empty.copy()
        states[:, :n] = h.T
        self.image.set_data(states)
        self.ax.set_title(title)


@figures.style()
def running_verdict(read, truth, sentences, words_read=3):
    """The verdict after every word: what would be answered if the sentence stopped there.

    Parameters
    ----------
    read : function (words) -> (h ndarray (n, H), p ndarray (n,))
        The states and P(positive) after each of the words.
    truth : function (words) -> 1, 0 or None
        The right verdict; None where no sentence ends.
    sentences : list of str
        For the menu; at most MOST_WORDS words each.
    """
    reading = _Reading(read(sentences[0].split())[0].shape[1])

    def draw(sentence, words_read):
        words = sentence.split()
        n = min(words_read, len(words))
        h, p = read(words[:n])
        ends = _ends(words[:n], truth)
        verdict = f"{_label(p[-1])} ({p[-1]:.2f})"
        reading.show(words, h, p, ends, f"After “{words[n - 1]}”: {verdict}" if ends[-1] else
                     f"After “{words[n - 1]}” no sentence ends: {p[-1]:.2f} is not yet a verdict")
        said = [f"“{words[t]}” {_label(p[t])} ({p[t]:.2f})" for t in np.flatnonzero(ends)]
        return (f"{n} of {len(words)} words read, P(positive) = {p[-1]:.2f}. "
                + (f"Where the sentence could have ended: {', '.join(said)}." if said else "It could not have ended so far."))

    longest = max(len(sentence.split()) for sentence in sentences)
    menu = widgets.Dropdown(options=sentences, description="sentence", **WIDE)
    read_so_far = slider("words read", words_read, 1, longest)
    ends_with(read_so_far, menu, lambda sentence: len(sentence.split()))
    return LiveFigure(reading.figure, draw, play="words_read", sentence=menu, words_read=read_so_far)


@figures.style()
def own_sentence(read, truth, known, sentence):
    """A sentence typed by the learner, judged word by word; read and truth as for `running_verdict`, known: the words."""
    reading = _Reading(read(sentence.split())[0].shape[1])

    def answer(text):
        words = readable(words_of(text), known, MOST_WORDS, sentence)
        h, p = read(words)
        reading.show(words, h, p, _ends(words, truth), f"The verdict: {_label(p[-1])}, P(positive) = {p[-1]:.2f}")
        right = truth(words)
        if right is None:
            return (f"P(positive) = {p[-1]:.2f}. The grammar has no such sentence, so there is no right answer; the network "
                    "gives one all the same.")
        return (f"P(positive) = {p[-1]:.2f}. The grammar says {('negative', 'positive')[right]}, and so does the network."
                if right == (p[-1] > 0.5) else
                f"P(positive) = {p[-1]:.2f}, but the grammar says {('negative', 'positive')[right]}: the network is wrong here.")

    return TextBox("your sentence", sentence, answer, reading.figure)


def _ends(words, truth):
    return np.array([truth(words[:t + 1]) is not None for t in range(len(words))])


def _label(p):
    return "positive" if p > 0.5 else "negative"


@figures.style()
def forecast(run, trained, K, period=12.0, phase=60, noise=0.2):
    """The last values of one measured swing and what each rule says comes next.

    Parameters
    ----------
    run : function (period, phase, noise) -> (x ndarray (T,), swing ndarray (T+K,), dict of str to ndarray (K,))
        What was measured, the swing without noise, and the forecasts by the names of RULES; phase in degrees.
    trained : (shortest, longest)
        The periods of the training.
    """
    T = len(run(period, phase, noise)[0])
    steps, ahead = np.arange(1, T + K + 1), np.arange(T + 1, T + K + 1)
    figure, ax = figures.new(size=(8.4, 4.3), right=0.25)
    band, = ax.fill([], [], color=PALE, linewidth=0)
    truth, = ax.plot([], [], color=GREY, linewidth=1.5)
    dots, = ax.plot([], [], "o", color=INPUT, markersize=6)
    lines = {name: ax.plot([], [], line, color=color, marker=marker, markersize=7, linewidth=1.5)[0]
             for name, (color, line, marker) in RULES.items()}
    ax.plot([T + 0.5] * 2, [-3.7, 3.6], color=BLACK, linewidth=1)
    # a key of our own: a legend would take a quarter of the time of the whole picture
    for at, (color, marker), name in zip((0.8, 7.6, 15.4, 22.8), ((INPUT, "o"), *((c, m) for c, _, m in RULES.values())),
                                         ("measured", *RULES)):
        ax.plot([at], [4.05], marker, color=color, markersize=7)
        marks.write(ax, at + 0.7, 4.05, name, ha="left")
    ax.fill([28.8, 30.2, 30.2, 28.8], [3.85, 3.85, 4.25, 4.25], color=PALE, linewidth=0)
    marks.write(ax, 30.6, 4.05, "swing ± noise", ha="left")
    ax.set(xlim=(0, T + K + 0.7), ylim=(-3.7, 4.5), xlabel=f"step (after the line: 1 to {K} steps ahead)",
           ylabel="value", xticks=[1, 10, 20, 30], yticks=[-3, -2, -1, 0, 1, 2, 3])

    def draw(period, phase, noise):
        x, swing, forecasts = run(period, phase, noise)
        dots.set_data(steps[:T], x)
        truth.set_data(steps, swing)
        band.set_xy(np.concatenate([np.stack([ahead, swing[T:] + noise], axis=1),
                                    np.stack([ahead, swing[T:] - noise], axis=1)[::-1]]))
        off = {}
        for name, line in lines.items():
            line.set_data(ahead, forecasts[name])
            off[name] = float(np.sqrt(((forecasts[name] - swing[T:]) ** 2).mean()))
        closest = min(off, key=off.get)
        ax.set_title(f"Closest to the swing: {'' if closest == 'persistence' else 'the '}{closest}, off by {off[closest]:.2f}")
        known = trained[0] <= period <= trained[1]
        return (f"Root mean square distance from the swing over {K} steps: "
                + ", ".join(f"{name} {value:.2f}" for name, value in off.items())
                + (f". The noise is {noise:.2f}." if known else
                   f". A period of {period:g} steps lies outside the training's {trained[0]:g} to {trained[1]:g}."))

    return LiveFigure(figure, draw, period=slider("period (steps)", period, 5.0, 30.0, 0.5),
                      phase=slider("phase (degrees)", phase, 0, 360, 10), noise=slider("noise", noise, 0.0, 0.5, 0.05))


@figures.style()
def error_by_horizon(errors, zero, best, runs, noise):
    """The error of each rule by the number of steps ahead, down to the noise.

    errors : dict of str to ndarray (K,), the rules that need no network; zero : float, the error of always saying 0;
    best : ndarray (K,), of the best rule of any kind; runs : ndarray (runs, K), measured; noise : float
    """
    figure, ax = figures.new(size=(8.4, 4.4))
    K = len(best)
    ahead = np.arange(1, K + 1)
    for name, values in errors.items():
        color, line, marker = RULES[name]
        ax.plot(ahead, values, line, color=color, marker=marker, markersize=7)
        ax.text(K + 0.2, values[-1], name, va="center", color=BLACK)
    ax.plot([1, K], [zero, zero], color=GREY, linewidth=1.5, linestyle="-.")
    ax.text(K + 0.2, zero, "always 0", va="center")
    color, _, marker = RULES["network"]
    for run in runs:
        ax.plot(ahead, run, marker, color=color, markersize=7, alpha=0.7, markeredgewidth=0)
    ax.plot(ahead, best, color=GREY, linewidth=3)
    ax.text(K + 0.2, runs[:, -1].mean() + 0.06, f"RNN, {len(runs)} runs", va="center")
    ax.text(K + 0.2, best[-1] - 0.005, "best possible", va="center")
    ax.fill_between([0.7, K + 0.1], 0, noise, color=PALE, linewidth=0)
    ax.text(1, noise / 2, f"the noise, {noise:g}: no forecast gets below", va="center")
    ax.set(xlim=(0.7, K + 2.15), ylim=(0, 1.45), xticks=ahead, xlabel="steps ahead",
           ylabel="error against what is measured")
    middle = K // 2
    ax.set_title(f"{middle + 1} steps ahead: persistence {errors['persistence'][middle]:.2f}, linear "
                 f"{errors['linear rule'][middle]:.2f}, RNN {runs[:, middle].mean():.2f}, best {best[middle]:.2f}")
    return figures.Picture(figure, f"{middle + 1} steps ahead the root mean squared error is "
                                   f"{errors['persistence'][middle]:.2f} with persistence, "
                                   f"{errors['linear rule'][middle]:.2f} with the best linear rule, "
                                   f"{runs[:, middle].mean():.2f} with the network, {best[middle]:.2f} at best; "
                                   f"the noise is {noise:g}.")
