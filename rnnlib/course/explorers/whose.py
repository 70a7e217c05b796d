"""Whose fault is it? Which word (letter, sample) moved an answer, drawn under what the learner typed.

What is drawn comes from the dL/dx_t that `rnnlib.bptt` returns. L is the loss of the answer that was given, -ln p. Fade input
t out, that is multiply its vector x_t by a number s that falls from 1: the loss then grows at the rate -dL/dx_t · x_t. That
is gradient times input (`faded`), one number for each input; each answer's numbers are drawn as shares of their absolute sum.
"""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from .. import figures
from ..figures import BLACK, GRADIENT, GREY, PALE
from ..live import TextBox
from ._words import readable, words_of

MOST = 16                           # as many words as a picture has columns
AGAINST = LinearSegmentedColormap.from_list("against", [BLACK, "#FFFFFF", GRADIENT]).with_extremes(bad="#FFFFFF00")


def faded(x, dx):
    """How fast the loss grows as each input fades out: -dL/dx_t · x_t.

    x : ndarray (T, ..., D), the inputs; dx : ndarray (T, ..., D), dL/dx from `rnnlib.bptt`; returns (T, ...). Positive: the
    input speaks for the answer whose loss L is; negative: against it.
    """
    return -(x * dx).sum(axis=-1)


def shares(moved):
    """moved (..., T) as shares of its absolute sum over the last axis, signs kept; zeros where nothing moved."""
    total = np.abs(moved).sum(axis=-1, keepdims=True)
    return np.divide(moved, total, out=np.zeros(np.shape(moved)), where=total > 0)


@figures.style()
def whose_fault(read, known, text, thing="word", split=words_of):
    """A text box, and under what is typed a bar for each word: how much it moved the one answer.

    Parameters
    ----------
    read : function (words) -> (answer str, moved ndarray (T,), blank ndarray (T,))
        moved: `faded` of the answer's loss. blank: by how much the loss really grows when a word's vector is set to zero; drawn
        as diamonds, in shares of its own.
    known : sequence of str
        All words that `read` takes.
    text : str
        What is typed at first.
    thing : str, optional
        What one input is called: "letter", for example.
    split : function (str) -> list of str, optional
        The inputs that a text consists of.
    """
    figure, ax = figures.new(size=(8.4, 3.9), left=1.0, right=0.25, top=0.95, bottom=0.95)
    ax.axhline(0, color=BLACK, linewidth=1)
    bars = [ax.plot([], [], color=color, linewidth=20, solid_capstyle="butt")[0] for color in (GRADIENT, GREY)]
    real, = ax.plot([], [], "D", color=BLACK, markersize=8, markerfacecolor="white", markeredgewidth=1.8)
    ax.set(xlim=(0.4, MOST + 0.6), ylim=(-1, 1), xticks=[], yticks=[-1, -0.5, 0, 0.5, 1], ylabel="share of what moves it")
    ax.grid(False, axis="x")
    ax.text(0, 1.03, f"orange: speaks for the answer, grey: against it; diamonds: the {thing} blanked out",
            transform=ax.transAxes, va="bottom")
    texts = [ax.text(t + 0.25, 0, "", rotation=40, ha="right", va="top", rotation_mode="anchor") for t in range(1, MOST + 1)]

    def answer(typed):
        words = readable(split(typed), known, MOST, text)
        said, *numbers = read(words)
        share, blank = map(shares, numbers)
        t = np.arange(1, len(words) + 1)
        for line, part in zip(bars, (share > 0, share < 0)):
            line.set_data(np.repeat(t[part], 3), np.stack([0 * share, share, np.nan * share], axis=1)[part].ravel())
        real.set_data(t, blank)
        low, high = min(share.min(), blank.min(), -0.12) - 0.08, max(share.max(), blank.max(), 0.12) + 0.08
        ax.set_ylim(low, high)
        for i, label in enumerate(texts):
            label.set_text(words[i] if i < len(words) else "")
            label.set_y(low - 0.03 * (high - low))
        ax.set_title(_most(said, *(f"“{words[np.abs(each).argmax()]}”" for each in (share, blank))), y=1.12)
        return _told(said, words, share, blank, thing)

    return TextBox(f"your {'sentence' if thing == 'word' else 'text'}", text, answer, figure)


def _most(said, faded, blanked):
    """What moves an answer most: the input that does so faded a little, and the one that does so blanked out."""
    return (f"{said}: {faded} moves it most, faded or blanked out" if faded == blanked else
            f"{said}: faded, {faded} moves it most; blanked out, {blanked}")


def _told(said, words, share, blank, thing):
    """The bars in words: what speaks most for the answer, what speaks most against it, and what the diamonds say."""
    best, worst, real = int(share.argmax()), int(share.argmin()), int(np.abs(blank).argmax())
    parts = [f"{side} “{words[i]}” ({thing} {i + 1}), {abs(share[i]):.2f} of all that moves it"
             for side, i, there in (("for it", best, share[best] > 0), ("against it", worst, share[worst] < 0)) if there]
    text = f"{said}. Most {'; most '.join(parts)}." if parts else f"{said}. No {thing} moves it."
    same = ", too" if real == np.abs(share).argmax() else ""
    return f"{text} Blanked out, “{words[real]}” ({thing} {real + 1}) changes the loss most{same}."


@figures.style()
def whose_faults(read, known, text, thing="word", split=words_of):
    """A text box, and under what is typed a map: one row for each answer, one column for each word that may have moved it.

    Parameters
    ----------
    read : function (words) -> (answers list of str (A,), moved ndarray (A, T), blank ndarray (A, T))
        moved[i]: `faded` of the loss of answer i. Entries that are exactly zero are hatched: the answer has not seen that word.
        blank[i]: by how much that loss really grows when a word's vector is set to zero; a diamond marks the largest.
    known, text, thing, split :
        As for `whose_fault`; at most 16 answers.
    """
    figure, ax = figures.new(size=(8.4, 4.9), left=2.0, right=0.45, top=1.45, bottom=0.75)
    image = ax.imshow(np.full((1, 1), np.nan), cmap=AGAINST, vmin=-1, vmax=1, aspect="auto")
    rings, = ax.plot([], [], "o", color=BLACK, markersize=9, markerfacecolor="none", markeredgewidth=1.8)
    real, = ax.plot([], [], "D", color=BLACK, markersize=15, markerfacecolor="none", markeredgewidth=1.8)
    ax.grid(False)
    ax.patch.set(hatch="///", edgecolor=PALE)           # where the map has no number
    ax.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
    figure.text(0.02, 0.02, "orange: speaks for the answer, grey: against it, hatched: not seen\n"
                          "largest in its row: ring, when faded a little; diamond, when blanked out",
                va="bottom")

    def answer(typed):
        words = readable(split(typed), known, MOST, text)
        said, moved, blank = read(words)
        share = shares(moved)
        A, T = share.shape
        image.set_data(np.where(moved == 0, np.nan, share))
        image.set_extent((0.5, T + 0.5, A + 0.5, 0.5))
        ax.set(xlim=(0.5, T + 0.5), ylim=(A + 0.5, 0.5))
        ax.set_xticks(np.arange(1, T + 1), words, rotation=40, ha="left", va="bottom", rotation_mode="anchor")
        ax.set_yticks(np.arange(1, A + 1), said)
        faded_most, blank_most = (np.abs(each).argmax(axis=1) for each in (share, blank))
        for marks, most in ((rings, faded_most), (real, blank_most)):
            marks.set_data(most + 1, np.arange(1, A + 1))
        others = np.abs(share)
        others[np.arange(min(A, T)), np.arange(min(A, T))] = 0          # beside the one in its own place
        i, j = np.unravel_index(others.argmax(), others.shape)
        found = f"No answer is moved by another {thing} than its own"
        if others[i, j] > 0:
            found = _most(said[i], *(f"“{words[most[i]]}”" for most in (faded_most, blank_most)))
        ax.set_title(found, y=1.24)
        own = [int((most == np.arange(A)).sum()) for most in (faded_most, blank_most)]
        return (f"{found}. Faded a little, the {thing} in its own place moves an answer most in {own[0]} of {A} rows; blanked "
                f"out, in {own[1]}.")

    return TextBox(f"your {'sentence' if thing == 'word' else 'text'}", text, answer, figure)
