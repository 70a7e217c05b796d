"""Figures on one output per input: tags word by word, masks, confusions, directions of a dot, a second layer."""

import ipywidgets as widgets
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from .. import figures, marks
from ..drawings import Unrolled
from ..figures import BLACK, CELL_STYLES, GRADIENT, GREY, INPUT, OUTPUT, PALE, STATE
from ..live import WIDE, LiveFigure, TextBox, slider
from ..marks import even
from ._words import ends_with, readable, words_of
from .rivals import spread

WAYS = (-1, 0), (0, 1), (1, 0), (0, -1)     # up, right, down, left: rows, columns
MOST_WORDS = 12                     # as many as a row of tags has columns
SHARES = LinearSegmentedColormap.from_list("shares", ["#FFFFFF", OUTPUT])       # 0 .. 1, a probability
UNREAD = SHARES.with_extremes(bad="#F0F0F0")


@figures.style()
def one_answer_each(sentences):
    """Unrolled networks side by side, words below and an answer on top of every step.

    sentences : dict of sentence to list of answers, one a word; all sentences of equal length
    """
    figure, axes = figures.new(1, len(sentences), size=(8.4, 3.2), left=0.1, right=0.1, bottom=0.1, top=0.45, wspace=0.05)
    for ax, (sentence, answers) in zip(axes, sentences.items()):
        Unrolled(ax, len(answers), x=sentence.split(), y=answers)
    said = "One answer at every step, and the last words differ in nothing but their past"
    figure.text(0.02, 0.96, said, weight="bold", va="top")
    told = "; ".join(f"“{sentence}” is {', '.join(answers)}" for sentence, answers in sentences.items())
    return figures.Picture(figure, f"{said}: {told}.")


@figures.style()
def touched(losses, dh, lengths):
    """A padded batch: the loss of every answer, and the gradient that enters at every state.

    losses : ndarray (T, B); dh : ndarray (T, B, H), dL/dh_t of each step's own loss; lengths : ndarray of int (B,)
    """
    T, B = losses.shape
    inside = np.arange(T)[:, None] < lengths
    figure, axes = figures.new(1, 2, size=(8.4, 3.0), left=0.85, right=0.3, bottom=0.65, top=0.95, wspace=0.12, sharey=True)
    for ax, numbers, color, label in ((axes[0], losses, OUTPUT, "loss of each answer (nats)"),
                                      (axes[1], np.linalg.norm(dh, axis=-1), GRADIENT, "gradient entering at each state (norm)")):
        colors = LinearSegmentedColormap.from_list("numbers", ["#FFFFFF", color])
        ax.imshow(np.where(inside, numbers, np.nan).T, cmap=colors.with_extremes(bad="#F0F0F0"), vmin=0,
                  vmax=2 * numbers[inside].max(), aspect="auto", extent=(0.5, T + 0.5, B + 0.5, 0.5))
        for t, b in np.ndindex(T, B):
            ax.text(t + 1, b + 1, f"{numbers[t, b]:.2f}" if inside[t, b] else "·", ha="center", va="center")
        ax.set_xticks(np.arange(1, T + 1))
        ax.set_xlabel("step t (grey: padding)")
        ax.grid(False)
        ax.text(0.5, 0.35, label)
    axes[0].set_yticks(np.arange(1, B + 1))
    axes[0].set_ylabel("sequence")
    said = f"All {inside.sum()} answers send a gradient back, the {(~inside).sum()} steps of padding none"
    axes[0].set_title(said, y=1.24)
    return figures.Picture(figure, f"{said}. The mean loss of the answers is {losses[inside].mean():.3f}; with the padding "
                                   f"counted it would be {losses.mean():.3f}.")


class _TagMap:
    """Rows are tags, columns are words; a cell is as dark as the tag is probable, and the likeliest one has a ring."""

    def __init__(self, ax, tags, columns):
        self.columns, self.tags = columns, tags
        K = len(tags)
        self.image = ax.imshow(np.full((K, columns), np.nan), cmap=UNREAD, vmin=0, vmax=1, aspect="auto",
                               extent=(0.5, columns + 0.5, K - 0.5, -0.5))
        self.rings, = ax.plot([], [], "o", color=BLACK, markersize=9, markerfacecolor="none", markeredgewidth=1.8)
        ax.set_yticks(np.arange(K), tags)
        ax.set_xticks([])
        ax.grid(False)

    def show(self, p):
        """The probabilities (n, K) of the first n words, n from 0."""
        shown = np.full((len(self.tags), self.columns), np.nan)
        shown[:, :len(p)] = np.transpose(p)
        self.image.set_data(shown)
        self.rings.set_data(np.arange(1, len(p) + 1), p.argmax(axis=1) if len(p) else [])


@figures.style()
def same_words(tag, pairs, tags, heard=3):
    """Two sentences that share words, read side by side: the same word gets the tag that its past asks for.

    Parameters
    ----------
    tag : function (words) -> ndarray (n, K)
        Probabilities of the tags of n words, each from the words up to it.
    pairs : list of (str, str)
    tags : sequence of str (K,)
    """
    columns = max(len(sentence.split()) for pair in pairs for sentence in pair)
    figure, axes = figures.new(1, 2, size=(8.4, 4.0), left=0.85, right=0.25, bottom=0.25, top=0.95, wspace=0.1, sharey=True)
    maps = [_TagMap(ax, tags, columns) for ax in axes]
    for ax in axes[1:]:
        ax.tick_params(labelleft=False)
    words = {(pair, side): [marks.write(ax, c, -0.5, word, shift=12) for c, word in enumerate(pair[side].split(), 1)]
             for pair in pairs for side, ax in enumerate(axes)}

    def draw(pair, heard):
        for (other, _), labels in words.items():
            for i, label in enumerate(labels):
                label.set_visible(other == pair)
                label.set_alpha(1 if i < heard else 0.55)
        read = [sentence.split()[:heard] for sentence in pair]
        shares = [tag(part) for part in read]
        for each, p in zip(maps, shares):
            each.show(p)
        answers = [[(word, tags[k]) for word, k in zip(part, p.argmax(axis=1))] for part, p in zip(read, shares)]
        said = [dict(part) for part in answers]
        turned = [word for word in said[0] if word in said[1] and said[0][word] != said[1][word]]
        axes[0].set_title(f"{_and(turned)}: one spelling, two tags" if turned else "No word has had two tags so far", y=1.13)
        left, right = (", ".join(f"“{word}” {k}" for word, k in part) for part in answers)
        return f"Left: {left}. Right: {right}."

    menu = widgets.Dropdown(options=[(" / ".join(pair), pair) for pair in pairs], description="sentences", **WIDE)
    return LiveFigure(figure, draw, play="heard", pair=menu, heard=slider("words read", heard, 1, columns))


def _and(words):
    quoted = [f"“{word}”" for word in words]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


@figures.style()
def tagged(tag, known, tags, sentence="they still can fish by the old can"):
    """A text box: a sentence typed by the learner, and the probabilities of the tags of each of its words.

    Parameters
    ----------
    tag : function (words) -> ndarray (n, K)
    known : sequence of str
        All words that `tag` takes.
    tags : sequence of str (K,)
    """
    figure, ax = figures.new(size=(8.4, 4.3), left=1.3, right=0.55, bottom=0.2, top=1.25)
    shares = _TagMap(ax, tags, MOST_WORDS)
    texts = [ax.text(c - 0.2, -0.7, "", rotation=30, rotation_mode="anchor") for c in range(1, MOST_WORDS + 1)]

    def answer(text):
        words = readable(words_of(text), known, MOST_WORDS, "they fish")
        p = tag(words)
        shares.show(p)
        for i, label in enumerate(texts):
            label.set_text(words[i] if i < len(words) else "")
        unsure = [i for i in range(len(words)) if p[i].max() < 0.9]
        ax.set_title(f"Sure of {len(words) - len(unsure)} of {len(words)} words, each tagged as it was read", y=1.2)
        doubts = [f"“{words[i]}” " + " or ".join(f"{tags[k]} ({p[i, k]:.2f})" for k in np.argsort(-p[i])[:2]) for i in unsure[:2]]
        return (", ".join(f"{word} = {tags[k]}" for word, k in zip(words, p.argmax(axis=1)))
                + (f". In doubt when it was read: {'; '.join(doubts)}." if doubts else "."))

    return TextBox("your sentence", sentence, answer, figure)


@figures.style()
def confusions(tables, labels):
    """Confusion matrices side by side: rows are the truth, columns the answer, each row in shares of its own.

    tables : dict of title to ndarray (K, K) of counts; labels : sequence of str (K,)
    """
    K = len(labels)
    figure, axes = figures.new(1, len(tables), size=(8.4, 4.7), left=0.95, right=0.2, bottom=0.85, top=0.95, wspace=0.1,
                               sharey=True)
    for ax, (title, counts) in zip(axes, tables.items()):
        share = counts / counts.sum(axis=1, keepdims=True)
        ax.imshow(share, cmap=SHARES, vmin=0, vmax=1, aspect="auto")
        for i, j in np.ndindex(K, K):
            if share[i, j] >= 0.005:
                ax.text(j, i, f"{100 * share[i, j]:.0f}", ha="center", va="center",
                        weight="bold" if i == j else "normal")
        ax.set_xticks(np.arange(K), labels, rotation=30, ha="right", rotation_mode="anchor")
        ax.set_xlabel("answer")
        ax.grid(False)
        ax.text(-0.5, -0.62, f"{title}: {np.trace(counts) / counts.sum():.3f} right", va="bottom")
    axes[0].set_yticks(np.arange(K), labels)
    axes[0].set_ylabel("truth (each row in %)")
    worst = list(_worst(tables))
    said = [f"{title} takes {labels[i]} for {labels[j]} in {share[i, j]:.0%}" for title, (i, j), share in worst]
    _, (i, j), _ = worst[0]
    axes[0].set_title(", ".join([said[0]] + [f"{title} in {share[i, j]:.0%}" for title, _, share in worst[1:]]), y=1.12)
    return figures.Picture(figure, "Largest confusions: " + "; ".join(said) + ".")


def _worst(tables):
    """(title, (truth, answer) of the largest wrong share, shares) of each table."""
    for title, counts in tables.items():
        share = counts / counts.sum(axis=1, keepdims=True)
        wrong = share * (1 - np.eye(len(share)))
        yield title, np.unravel_index(wrong.argmax(), wrong.shape), share


@figures.style()
def film(read, places, directions, labels, side=6, t=6, before=0):
    """A film of a moving dot: the frames that the network is shown, and what it then says of the last one.

    Parameters
    ----------
    read : function (places (n,)) -> ndarray (K,)
        Probabilities of the directions in the last of n frames.
    places, directions : ndarray of int (T,)
        Where the dot stands, row by row, and the direction of the move that led there.
    labels : sequence of str (K,)
    """
    T, K = len(places), len(labels)
    figure, (strip, bars) = figures.new(2, 1, size=(8.4, 5.1), left=0.3, right=0.3, bottom=0.65, top=0.5, hspace=0.25,
                                        height_ratios=[2, 6])
    bars.set_position([4.55 / 8.4, 0.8 / 5.1, 3.55 / 8.4, 2.35 / 5.1])
    board = figure.add_axes([0.35 / 8.4, 0.12 / 5.1, 3.2 / 8.4, 3.2 / 5.1])
    wide = side + 1
    empty = np.full((side, T * wide - 1), np.nan)
    dots = LinearSegmentedColormap.from_list("dots", ["#FFFFFF", INPUT]).with_extremes(bad="#FFFFFF00")
    image = strip.imshow(empty, cmap=dots, vmin=0, vmax=1, extent=(0, T * wide - 1, side, 0))
    strip.set_axis_off()
    strip.set(xlim=(-0.4, T * wide - 0.6), ylim=(side + 2.8, -0.4))
    outlines = [strip.fill(k * wide + np.array([0, side, side, 0]), np.array([0, 0, side, side]), facecolor="none")[0]
                for k in range(T)]
    for k in range(T):
        marks.write(strip, k * wide + side / 2, side + 1.9, str(k + 1))
    board.set(xlim=(-1.1, side + 0.1), ylim=(side + 0.1, -1.1), aspect="equal")
    board.set_axis_off()
    for i in range(side + 1):
        board.plot([i - 0.5] * 2, [-0.5, side - 0.5], color=PALE, linewidth=1)
        board.plot([-0.5, side - 0.5], [i - 0.5] * 2, color=PALE, linewidth=1)
    trail, = board.plot([], [], color=INPUT, linewidth=2, alpha=0.5)
    past, = board.plot([], [], "o", color=INPUT, markersize=11, alpha=0.4, markeredgewidth=0)
    now, = board.plot([], [], "o", color=INPUT, markersize=17, markeredgewidth=0, zorder=5)
    arrows = [marks.arrow(board, (-way[1], way[0]), (0, 0), OUTPUT) for way in WAYS]         # rows count downwards
    line, = bars.plot([], [], color=OUTPUT, linewidth=22, solid_capstyle="butt")
    truth, = bars.plot([], [], "D", color=BLACK, markersize=9)
    bars.set(xlim=(0, 1.02), ylim=(K - 0.5, -0.5))
    bars.set_yticks(np.arange(K), labels)
    bars.set_xticks([0, 0.25, 0.5, 0.75, 1])
    bars.grid(False, axis="y")
    bars.set_xlabel("probability (diamond: the truth)")

    def draw(t, before):
        n = min(before, t - 1)
        shown = range(t - 1 - n, t)
        pixels = empty.copy()
        for k, outline in enumerate(outlines):
            outline.set(edgecolor=BLACK if k in shown else PALE, linewidth=1.5, hatch=None if k in shown else "////")
            if k in shown:
                pixels[:, k * wide:k * wide + side] = 0
                pixels[places[k] // side, k * wide + places[k] % side] = 1
        image.set_data(pixels)
        rows, columns = np.divmod(np.asarray(places)[list(shown)], side)
        jumps = np.flatnonzero(np.abs(np.diff(rows)) + np.abs(np.diff(columns)) > 1) + 1    # out on one side, in on the other
        trail.set_data(np.insert(columns.astype(float), jumps, np.nan), np.insert(rows.astype(float), jumps, np.nan))
        past.set_data(columns[:-1], rows[:-1])
        now.set_data(columns[-1:], rows[-1:])
        p = read(places[t - 1 - n:t])
        for arrow, way, share in zip(arrows, WAYS, p):         # an arrow ends where the dot is, as thick as the share
            arrow.set_data(columns[-1] - np.array([0.95, 0.34]) * way[1], rows[-1] - np.array([0.95, 0.34]) * way[0])
            arrow.set(linewidth=1 + 7 * share, markersize=8 + 14 * share, alpha=0.15 + 0.85 * share)
        line.set_data(np.stack([np.zeros(K), p, np.full(K, np.nan)], axis=1).ravel(), np.repeat(np.arange(K), 3))
        truth.set_data([p[directions[t - 1]]], [directions[t - 1]])
        strip.set_title(f"Frame {t} and {n or 'no'} frame{'s' * (n != 1)} before it: "
                        + (f"{labels[p.argmax()]}, {p.max():.0%} sure" if p.max() > 0.5 else
                           f"no direction above {p.max():.0%}"))
        given = ", ".join(f"{label} {share:.2f}" for label, share in zip(labels, p))
        frames = f"frames {t - n} to {t}" if n else f"frame {t} alone"
        return f"Shown {frames}, the network gives {given}; the dot moved {labels[directions[t - 1]]}."

    at, earlier = slider("frame to label", t, 1, T), slider("frames before it", before, 0, T - 1)
    ends_with(earlier, at, lambda frame: frame - 1)
    return LiveFigure(figure, draw, t=at, before=earlier)


@figures.style()
def calibration(knows, says):
    """What a tagger says of words that cannot be known, against how it is in the grammar: a point for each such word of the test.

    knows : ndarray (n,), the grammar's probability of its likeliest tag; says : ndarray (runs, n), that of the network's
    """
    figure, ax = figures.new(size=(8.4, 4.2))
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1.5, linestyle=":")
    ax.text(0.81, 0.785, "as the grammar has it", va="top")
    ax.text(0.51, 0.93, "a marker for each run", va="bottom")
    gaps = np.abs(says - knows)
    for run, marker in zip(says, "oDs"):
        ax.plot(knows, run, marker, color=CELL_STYLES["GRU"][0], markersize=7, alpha=0.4, markeredgewidth=0)
    ax.set(xlim=(min(0.5, knows.min() - 0.02), 0.92), ylim=(min(0.28, says.min() - 0.02), 1.0),
           xlabel="the grammar's probability of the tag", ylabel="the network's probability")
    ax.set_title(f"Half of the probabilities lie within {np.median(gaps):.3f} of the grammar's")
    return figures.Picture(figure, f"{len(knows)} uncertain words of the test, {len(says)} runs: half of the probabilities lie "
                                   f"within {np.median(gaps):.3f} of the grammar's, nine in ten within "
                                   f"{np.quantile(gaps, 0.9):.3f}.")


@figures.style()
def stacked(T=4):
    """Two layers, unrolled: the states of the first are the inputs of the second, and the gradient takes the same way back."""
    figure, ax = figures.new(size=(8.4, 3.9), left=0.1, right=0.1, bottom=0.1, top=0.5)
    even(ax, 8.2, 3.95)
    rows = [[marks.box(ax, 1.25 + 1.35 * t, height, label.format(t), color, side=0.5)[0] for t in range(1, T + 1)]
            for label, height, color in (("$x_{{{}}}$", 0.5, INPUT), ("$h_{{{}}}^1$", 1.45, STATE), ("$h_{{{}}}^2$", 2.4, STATE),
                                         ("$y_{{{}}}$", 3.35, OUTPUT))]
    for lower, upper, color in zip(rows, rows[1:], (INPUT, STATE, OUTPUT)):
        for start, end in zip(lower, upper):
            marks.link(ax, start, end, color, shift=-0.07)
            marks.link(ax, end, start, GRADIENT, shift=0.07)
    for row in rows[1:3]:
        for start, end in zip(row, row[1:]):
            marks.link(ax, start, end, STATE, shift=0.07)
            marks.link(ax, end, start, GRADIENT, shift=-0.07)
    for height, said in ((0.5, "input"), (1.45, "first layer"), (2.4, "second layer"), (3.35, "output")):
        marks.write(ax, 2.1, height, said, ha="right")
    marks.write(ax, 2.6 + 1.35 * (T - 1) + 0.46, 1.92, "dL/dx of the", ha="left", color=GRADIENT)
    marks.write(ax, 2.6 + 1.35 * (T - 1) + 0.46, 1.92, "second layer", ha="left", color=GRADIENT, shift=-17)
    ax.set_title("What the second layer sends back to its inputs is the gradient of the first one's states")
    return figures.Picture(figure, "Two layers unrolled: x feeds the first, the states of the first feed the second, and y is "
                                   "read from the second. The gradient of the second layer's inputs enters at the first layer's "
                                   "states.")


@figures.style()
def second_layer(scores, baseline, target, ceiling):
    """Every run's accuracy, one wide layer beside two narrow ones, cell by cell.

    scores : dict of cell name to (ndarray of runs with one layer, ndarray of runs with two); the others are numbers
    """
    figure, ax = figures.new(size=(8.4, 4.2), left=0.95, right=1.4, bottom=0.95)
    for level, label, line in ((baseline, "baseline", ":"), (target, "target", "--"), (ceiling, "ceiling", "-")):
        ax.axhline(level, color=GREY, linestyle=line)
        ax.text(1.01, level, f"{label} {level:.3f}", transform=ax.get_yaxis_transform(), va="center")
    ticks, gains = [], []
    for i, (name, (one, two)) in enumerate(scores.items()):
        color, _, marker = CELL_STYLES[name]
        for x, runs, label in ((3 * i, one, "one layer"), (3 * i + 1, two, "two layers")):
            ax.plot(x + spread(len(runs), 0.6), runs, marker, color=color, markersize=6, markeredgewidth=1.5,
                    markerfacecolor="white" if runs is one else color)
            ax.plot([x - 0.42, x + 0.42], [np.median(runs)] * 2, color=color, linewidth=2)
            ticks.append((x, f"{name}\n{label}\n{len(runs)} runs"))
        gains.append(f"{name} {np.median(one):.3f} to {np.median(two):.3f}")
    ax.set_xlim(-0.7, 3 * len(scores) - 1.3)
    lowest = min(baseline, *(runs.min() for pair in scores.values() for runs in pair))
    ax.set_ylim(lowest - 0.02, ceiling + 0.03)
    ax.set_xticks(*zip(*ticks))
    ax.set_ylabel("accuracy (share right)")
    ax.set_title(f"From one layer to two, medians: {', '.join(gains)}")
    return figures.Picture(figure, f"Medians, from one layer to two of the same size in all: {'; '.join(gains)}. "
                                   f"One sample alone gives {baseline:.3f}, the ceiling is {ceiling:.3f}.")
