"""Figures on reading in both directions: who feels a change, where a backward pass starts, what the future is worth."""

import ipywidgets as widgets
import numpy as np

from .. import figures, marks
from ..drawings import both_directions
from ..figures import BLACK, GREY, INPUT, ORANGE, OUTPUT, PALE, STATE, STATES, decade, scientific
from ..live import WIDE, LiveFigure, TextBox, slider
from ._words import ends_with, readable, words_of

FLOOR = -17.0                   # where an exact zero is drawn on an axis of decimal logarithms
SAME = 1e-12                    # a state that moved by less has not moved: rounding
MOST_WORDS = 10                 # as many as a verdict figure has columns
UNREAD = STATES.with_extremes(bad="#F0F0F0")
ONE, BOTH = (BLACK, "o"), (STATE, "D")      # a model of one direction and one of both: colour and marker


@figures.style()
def two_rows(x, y):
    """The wiring: one row of states made forwards, one made backwards, and answers that read both.

    x, y : lists of T str, the inputs and the answers
    """
    figure, ax = figures.new(size=(8.4, 3.9), left=1.1, right=0.2, bottom=0.1, top=0.5)
    both_directions(ax, x, y)
    said = "One row of states is made forwards, one backwards, and each answer reads both"
    ax.set_title(said, x=-0.12)
    return figures.Picture(figure, f"{said}: “{x[0]}” is tagged when “{x[-1]}” has been read, too.")


@figures.style()
def felt_change(change, k=8, gain=0.9):
    """Which states feel a change of x_k: the forward half from step k on, the backward half up to step k.

    change : function (k, gain) -> ndarray (2, T)
        The norm of the change at every step, in the forward and in the backward half.
    """
    T = change(k, gain).shape[1]
    steps = np.arange(1, T + 1)
    figure, ax = figures.new(size=(8.4, 4.0), left=1.3, right=0.3)
    looks = [{"color": STATE, "linestyle": line, "marker": marker, "markersize": 9}
             for line, marker in (("-", ">"), ("--", "<"))]
    lines = [ax.plot([], [], **look)[0] for look in looks]
    for look, at, label in zip(looks, (0.5, 0.75), ("forward half", "backward half")):
        _key(ax, 0.3 + at * (T + 0.4), 2.6, 0.06 * T, label, look)
    changed = ax.axvline(k, ymax=0.86, color=INPUT, linewidth=8, alpha=0.25)
    ax.set_xlim(0.3, T + 0.7)
    ax.set_xticks([1, *range(5, T + 1, 5)])
    ax.set_ylim(FLOOR - 0.8, 3.4)
    ax.set_yticks([FLOOR, -12, -8, -4, 0], ["exactly 0", *(decade(tick) for tick in (-12, -8, -4, 0))])
    ax.set_xlabel("step t (the blue bar: the step whose input was changed)")
    ax.set_ylabel("norm of the change")

    def draw(k, gain):
        moved = change(k, gain)
        log = np.log10(np.maximum(moved, 10.0 ** FLOOR))
        for line, values in zip(lines, log):
            line.set_data(steps, values)
        changed.set_xdata([k, k])
        felt = moved > 0
        ax.set_title(f"A change at step {k} reaches {felt.any(axis=0).sum()} of {T} joined states")
        ends = [f"{scientific(log[half, t])} at step {t + 1}" for half, t in ((0, T - 1), (1, 0)) if felt[half, t]]
        return (f"Moved: {_count(felt[0].sum(), 'state')} of the forward half and {felt[1].sum()} of the backward half. "
                f"At the far ends the change is {' and '.join(ends) or 'rounded away'}.")

    return LiveFigure(figure, draw, k=slider("changed step k", k, 1, T),
                      gain=slider("gain of W_h", float(gain), 0.4, 1.5, 0.05))


def _key(ax, x, y, width, label, look):
    """One entry of a legend that never moves: a line from x to x + width, and its label; quicker than a legend."""
    ax.plot([x, x + width / 2, x + width], [y, y, y], **{**look, "markevery": [1]})
    marks.write(ax, x + 1.25 * width, y, label, ha="left")


@figures.style()
def two_starts(from_own_end, from_array_end, length):
    """The backward half of one padded sequence, read from its own end and from the end of the array.

    from_own_end, from_array_end : ndarray (T, H); length : steps before the padding
    """
    T, H = from_own_end.shape
    figure, axes = figures.new(2, 1, size=(8.4, 4.2), left=1.9, right=1.2, hspace=0.25, sharex=True)
    for ax, states, label in zip(axes, (from_own_end, from_array_end),
                                 ("read from\nits own end", "read from the\narray's end")):
        shown = states.T.copy()
        if states is from_own_end:
            shown[:, length:] = np.nan
        image = ax.imshow(shown, cmap=UNREAD, vmin=-1, vmax=1, aspect="auto", extent=(0.5, T + 0.5, H, 0))
        ax.axvline(length + 0.5, color=BLACK, linewidth=2)
        ax.set_yticks([])
        ax.grid(False)
        ax.set_ylabel(label, rotation=0, ha="right", va="center")
    axes[1].set_xlabel(f"step t (after the line, from t = {length + 1}: padding)")
    axes[1].set_xticks(np.arange(1, T + 1))
    difference = np.abs(from_own_end - from_array_end)[:length].max()
    with figures.style():
        axes[0].set_title(f"Padding read first moves the states by up to {difference:.2f}")
    bar = figure.add_axes((1 - 0.95 / 8.4, 0.2, 0.18 / 8.4, 0.6))
    figure.colorbar(image, cax=bar, ticks=[-1, 0, 1])
    bar.set_title("h", fontweight="normal", loc="center")
    return figures.Picture(figure, f"A backward pass from the array's end reads {T - length} steps of padding first, "
                                   f"and the states inside the sequence differ by up to {difference:.2f}.")


@figures.style()
def accuracy_by_position(positions, baseline, ceiling, noise, one, both):
    """Accuracy on ambiguous names by their position in the sentence, every run a marker.

    Parameters
    ----------
    positions : ndarray of int (P,)
    baseline, ceiling, noise : ndarray (P,)
        Of the word alone; of one direction; and two standard deviations of a test set's draw around that ceiling.
    one, both : ndarray (runs, P)
        Measured.
    """
    figure, ax = figures.new(size=(8.4, 4.4))
    across = np.array([-0.42, 0.42])
    for i, p in enumerate(positions):
        labels = ("ceiling ± 2 standard deviations", "ceiling of one direction", "the word alone") if not i else (None,) * 3
        ax.fill_between(p + across, ceiling[i] - noise[i], min(ceiling[i] + noise[i], 1), color=PALE, linewidth=0,
                        label=labels[0])
        ax.plot(p + across, ceiling[[i, i]], color=GREY, linewidth=7, alpha=0.6, solid_capstyle="butt", label=labels[1])
        ax.plot(p + across, baseline[[i, i]], color=ORANGE, linewidth=2.5, linestyle=":", label=labels[2])
    for runs, (color, marker), side, label in ((one, ONE, -0.12, "one direction"),
                                               (both, BOTH, 0.12, "both directions")):
        spread = side + 0.09 * (np.arange(len(runs)) - (len(runs) - 1) / 2)
        ax.plot((positions + spread[:, None]).ravel(), runs.ravel(), marker, color=color, markersize=7,
                markeredgecolor="white", label=label)
    ax.set_xticks(positions)
    ax.set_ylim(0.4, 1.04)
    ax.set_xlabel("position of the name in its sentence (words)")
    ax.set_ylabel("accuracy (share right)")
    early = ceiling < 1 - 1e-9
    said = (f"Before the verb one direction stops at {one[:, early].mean():.2f} and "
            f"both reach {both[:, early].mean():.2f}")
    with figures.style():
        ax.set_title(said)
        ax.legend(loc="center right", bbox_to_anchor=(1.0, 0.71), ncols=2, handlelength=1.6, columnspacing=1.0)
    return figures.Picture(figure, f"{said}; the ceiling of one is {ceiling[early].mean():.2f}. After the verb one direction "
                                   f"gets {one[:, ~early].mean():.2f}, the word alone {baseline[~early].mean():.2f}.")


def _bars(ax, width, color):
    """Upright bars as one thick broken line, which draws many times as fast as a patch each; `_set_bars` sets it."""
    line, = ax.plot([], [], color=color, linewidth=width, solid_capstyle="butt")
    return line


def _set_bars(line, x, low, high):
    """Bars at x from low to high, all ndarray (n,)."""
    gap = np.full(len(x), np.nan)
    line.set_data(np.stack([x, x, gap], axis=1).ravel(), np.stack([low, high, gap], axis=1).ravel())


class _Verdicts:
    """A bar for each word, upwards by P(person) and downwards by P(place), and the word itself above."""

    def __init__(self, ax, label, words=True, rotation=0):
        columns = np.arange(1, MOST_WORDS + 1)
        self.bars = _bars(ax, 28, OUTPUT)
        ax.axhline(0, color=GREY, linewidth=1)
        ax.set_xlim(0.5, MOST_WORDS + 0.5)
        ax.set_ylim(-1.05, 1.05)
        ax.set_yticks([-1, 0, 1], ["place", "other", "person"])
        ax.tick_params(bottom=False, labelbottom=False)
        ax.grid(False, axis="x")
        ax.set_ylabel(label)
        self.texts = [ax.text(c - 0.2 * bool(rotation), 1.2, "", ha="left" if rotation else "center",
                              va="bottom", rotation=rotation, rotation_mode="anchor")
                      for c in columns if words]

    def show(self, words, p):
        """Words (any number up to MOST_WORDS) and the probabilities (n, K) of the first n of them."""
        for i, text in enumerate(self.texts):
            text.set_text(words[i] if i < len(words) else "")
            text.set_alpha(1 if i < len(p) else 0.55)
        _set_bars(self.bars, np.arange(1, len(p) + 1), -p[:, 1], p[:, 0])


@figures.style()
def revealed(read, sentences, heard=3):
    """A sentence heard word by word: the forward half stays, the backward half is another one after every word.

    Parameters
    ----------
    read : function (words) -> (ndarray (n, 2H), ndarray (n, K))
        The joined states and the probabilities of the tags, for the n words heard so far.
    sentences : list of str
        For the menu; at most MOST_WORDS words each.
    """
    H = read(sentences[0].split())[0].shape[1] // 2
    figure, axes = figures.new(4, 1, size=(8.4, 5.2), top=0.85, bottom=0.6, left=1.15, hspace=0.14, sharex=True,
                               height_ratios=[5, 5, 5, 4])
    verdicts = _Verdicts(axes[0], "verdict", words=False)
    words = {sentence: [marks.write(axes[0], c, 1.05, word, shift=11)
                        for c, word in enumerate(sentence.split(), 1)] for sentence in sentences}
    images, frames = [], []
    for ax, label in zip(axes[1:3], ("forward\nhalf", "backward\nhalf")):
        images.append(ax.imshow(np.full((H, MOST_WORDS), np.nan), cmap=UNREAD, vmin=-1, vmax=1, aspect="auto",
                                extent=(0.5, MOST_WORDS + 0.5, H, 0)))
        frames += ax.plot([], [], color=BLACK, linewidth=2.5)
        ax.set_yticks([])
        ax.tick_params(bottom=False)
        ax.grid(False)
        ax.set_ylabel(label)
    ax = axes[3]
    bars = [_bars(ax, 14, color) for color in (GREY, STATE)]
    marks.write(ax, MOST_WORDS + 0.4, 2.2 * np.sqrt(H), "of the backward half; the forward half never changes", ha="right",
                   shift=-6)
    ax.set_ylim(0, 2.2 * np.sqrt(H))
    ax.set_yticks([0, np.sqrt(H), 2 * np.sqrt(H)])
    ax.set_xticks(np.arange(1, MOST_WORDS + 1))
    ax.grid(False, axis="x")
    ax.set_ylabel("change\n(norm)")
    ax.tick_params(labelbottom=False)
    marks.write(ax, (MOST_WORDS + 1) / 2, 0, "framed: states that are new or have changed since the last word "
                   "(blue -1, faint 0, pink 1)", shift=-18)

    def draw(sentence, heard):
        everything = sentence.split()
        n = min(heard, len(everything))
        out, p = read(everything[:n])
        before, p_before = read(everything[:n - 1]) if n > 1 else (np.empty((0, 2 * H)), np.empty((0, p.shape[1])))
        verdicts.show(everything, p)
        for other, labels in words.items():
            for i, label in enumerate(labels):
                label.set_visible(other == sentence)
                label.set_alpha(1 if i < n else 0.55)
        moved = []
        for half, image, frame, line, side in zip((slice(0, H), slice(H, None)), images, frames, bars, (-0.19, 0.19)):
            shown = np.full((H, MOST_WORDS), np.nan)
            shown[:, :n] = out[:, half].T
            image.set_data(shown)
            change = np.linalg.norm(out[:n - 1, half] - before[:, half], axis=1)
            _set_bars(line, np.arange(1, n) + side, np.zeros(n - 1), change)
            moved.append(change > SAME)
            frame.set_data(*_frames([*np.flatnonzero(moved[-1]) + 1, n], H))
        axes[0].set_title(f"“{everything[n - 1]}” changed {moved[0].sum()} of {n - 1} forward states and "
                          f"{moved[1].sum()} of {n - 1} backward states" if n > 1 else
                          f"“{everything[0]}” comes first: there are no states to change yet", y=1.3)
        return _told(everything, n, p, p_before, moved)

    longest = max(len(sentence.split()) for sentence in sentences)
    menu = widgets.Dropdown(options=sentences, description="sentence", **WIDE)
    so_far = slider("words heard", heard, 1, longest)
    ends_with(so_far, menu, lambda sentence: len(sentence.split()))
    return LiveFigure(figure, draw, play="heard", sentence=menu, heard=so_far)


def _told(words, n, p, p_before, moved):
    """The reveal in words: what the last word moved, the first verdict it turned, and the first two names."""
    tags = ("a person", "a place", "neither")
    new, old = p.argmax(axis=1), p_before.argmax(axis=1)
    said = f"Word {n} of {len(words)}, “{words[n - 1]}”"
    if n > 1:
        said += f", moved {moved[0].sum()} of {n - 1} forward and {moved[1].sum()} of {n - 1} backward states"
    turned = [f" “{words[i]}” turned from {tags[old[i]]} ({p_before[i, old[i]]:.2f}) "
              f"to {tags[new[i]]} ({p[i, new[i]]:.2f})."
              for i in range(n - 1) if new[i] != old[i]]
    names = [f"“{words[i]}” {tags[new[i]]} ({p[i, new[i]]:.2f})" for i in range(n) if new[i] != 2]
    return f"{said}.{''.join(turned[:1])} Now {', '.join(names[:2])}." if names else f"{said}. No name so far."


def _frames(columns, rows):
    """One line, broken by NaN, that frames the columns (counted from 1) of a heat map."""
    x = np.array([-0.47, 0.47, 0.47, -0.47, -0.47, np.nan]) + np.asarray(columns)[:, None]
    y = np.broadcast_to(np.array([0.02, 0.02, 0.98, 0.98, 0.02, np.nan]) * rows, x.shape)
    return x.ravel(), y.ravel()


@figures.style()
def waiting(ceiling, whole, cut, words, wait=2):
    """What an answer gains by waiting for more words, and when each tag is then given.

    Parameters
    ----------
    ceiling, whole, cut : ndarray (W,)
        Accuracy on ambiguous names after waiting for 0 .. W - 1 words: the best possible, of a model trained on whole
        sentences, and of one trained on sentences cut off as well.
    words : list of str
        The sentence on the right.
    """
    waits, T = np.arange(len(ceiling)), len(words)
    figure, (left, right) = figures.new(1, 2, size=(8.4, 4.4), wspace=0.42, width_ratios=[6, 5], right=0.3)
    curves = ((ceiling, "ceiling", {"color": GREY, "linewidth": 6, "alpha": 0.45}),
              (cut, "also on cut sentences", {"color": STATE, "marker": "D", "markersize": 7}),
              (whole, "on whole sentences alone", {"color": STATE, "marker": "s", "markersize": 7, "linestyle": ":"}))
    for i, (values, label, look) in enumerate(curves):
        left.plot(waits, values, **look)
        _key(left, 0.9, 0.46 - 0.06 * i, 0.7, label, look)
    here = left.axvline(wait, ymin=0.28, color=OUTPUT, linewidth=8, alpha=0.3)
    left.set_ylim(0.3, 1.03)
    left.set_yticks([0.4, 0.6, 0.8, 1.0])
    left.set_xticks(waits[::2])
    left.set_xlabel("words waited for")
    left.set_ylabel("accuracy (share right)")
    heard = np.arange(1, T + 1)
    spans, = right.plot([], [], color=OUTPUT, linewidth=2.5)
    right.plot(heard, heard, "o", color=INPUT, markersize=8)
    given, = right.plot([], [], "s", color=OUTPUT, markersize=8)
    right.set_xlim(0.4, T + 0.6)
    right.set_ylim(T + 0.6, 0.4)
    right.set_xticks(heard[::2])
    right.grid(False, axis="y")
    right.set_yticks(heard, [""] * T)
    for t, word in zip(heard, words):
        marks.write(right, 0.2, t, word, ha="right")
    right.set_xlabel("words heard (● heard, ■ tagged)")

    def draw(wait):
        tagged = np.minimum(heard + wait, T)
        given.set_data(tagged, heard)
        spans.set_data(np.stack([heard, tagged, np.full(T, np.nan)], axis=1).ravel(), np.repeat(heard, 3))
        here.set_xdata([wait, wait])
        late = f"{_count(wait, 'word')} late" if wait else "at once"
        left.set_title(f"Tagged {late}, the best rule gets {ceiling[wait]:.1%} of the ambiguous names right")
        return (f"{_count(wait, 'word')} of delay: ceiling {ceiling[wait]:.3f}; measured {cut[wait]:.3f} when trained on cut "
                f"sentences too, {whole[wait]:.3f} when trained on whole ones alone. "
                f"“{words[0]}” gets its tag after {_count(tagged[0], 'word')}.")

    return LiveFigure(figure, draw, wait=slider("words to wait for", wait, 0, len(ceiling) - 1))


def _count(n, thing):
    return f"1 {thing}" if n == 1 else f"{n} {thing}s"


@figures.style()
def two_readings(tag, known, sentence="paris so they say laughed near jordan"):
    """A sentence typed by the learner, tagged left to right and in both directions.

    Parameters
    ----------
    tag : function (words) -> (ndarray (n, K), ndarray (n, K))
        Probabilities of the tags from one direction and from both.
    known : sequence of str
        All words that `tag` takes.
    """
    figure, axes = figures.new(2, 1, size=(8.4, 4.8), top=1.3, bottom=0.2, left=1.15, right=0.45, hspace=0.15)
    one, both = _Verdicts(axes[0], "left to right", rotation=30), _Verdicts(axes[1], "both", words=False)

    def answer(text):
        words = readable(words_of(text), known, MOST_WORDS, "paris laughed")
        p_one, p_both = tag(words)
        one.show(words, p_one)
        both.show(words, p_both)
        differ = [i for i in range(len(words)) if p_one[i].argmax() != p_both[i].argmax()]
        axes[0].set_title(f"The two readings agree on {len(words) - len(differ)} of {len(words)} words", y=1.5)
        return _compared(words, p_one, p_both)

    return TextBox("your sentence", sentence, answer, figure)


def _compared(words, p_one, p_both):
    """What both readings say of up to two names."""
    tags = ("a person", "a place", "neither")
    names = [i for i in range(len(words)) if p_both[i].argmax() != 2 or p_one[i].argmax() != 2]
    said = [f"“{words[i]}”: left to right {tags[p_one[i].argmax()]} ({p_one[i].max():.2f}), "
            f"both directions {tags[p_both[i].argmax()]} ({p_both[i].max():.2f})" for i in names[:2]]
    return ". ".join(said) + "." if said else "Neither reading finds the name of a person or a place in it."

