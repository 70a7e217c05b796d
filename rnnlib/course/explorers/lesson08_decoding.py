"""Figures of lesson 08 on how a decoder writes: what it reads, what it considers at each step, and what a search keeps."""

import re

import ipywidgets as widgets
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from .. import figures, marks
from ..figures import BLACK, GREY, INPUT, ORANGE, OUTPUT
from ..live import WIDE, LiveFigure, TextBox, slider
from ._words import cut, readable

LIKELY = LinearSegmentedColormap.from_list("likely", ["#FFFFFF", OUTPUT])           # 0 .. 1, the probability of an output
MOST_WORDS = 11                 # of a number below a million


def _name(ax, columns, tokens):
    """Steps 1 .. columns along the horizontal axis and the tokens along the vertical one, as outlines, which draw fast."""
    ax.set_xticks(range(1, columns + 1), [""] * columns)
    ax.set_yticks(range(len(tokens)), [""] * len(tokens))
    for column in range(1, columns + 1):
        marks.write(ax, column, ax.get_ylim()[0], str(column), shift=-13)
    for row, token in enumerate(tokens):
        marks.write(ax, 0.42, row, token, ha="right")
    ax.tick_params(length=0)
    ax.set_xlabel("step of writing", labelpad=22)


class _Proposals:
    """The probabilities of the next token at every step of writing, a column a step, and the token that was chosen."""

    def __init__(self, ax, tokens, columns):
        self.columns, rows = columns, len(tokens)
        self.image = ax.imshow(np.zeros((rows, columns)), cmap=LIKELY, vmin=0, vmax=1, aspect="auto", origin="lower",
                               interpolation="nearest", extent=(0.5, columns + 0.5, -0.5, rows - 0.5))
        self.truth, = ax.plot([], [], "s", markersize=17, markerfacecolor="none", markeredgecolor=ORANGE, markeredgewidth=2.5)
        self.chosen, = ax.plot([], [], "o", markersize=6, color=BLACK)
        ax.set_xlim(0.5, columns + 0.5)
        ax.set_ylim(-0.5, rows - 0.5)
        ax.grid(False)
        _name(ax, columns, tokens)

    def show(self, p, chosen, truth=()):
        """Probabilities (T, K), chosen tokens (T,) and the true ones (rows of the picture, any number of them)."""
        T = min(len(p), self.columns)
        shown = np.zeros((p.shape[1] if len(p) else 1, self.columns))
        shown[:, :T] = np.asarray(p[:T]).T if T else 0
        self.image.set_data(shown)
        self.chosen.set_data(np.arange(1, T + 1), chosen[:T])
        self.truth.set_data(np.arange(1, len(truth) + 1), truth)


@figures.style()
def forced_and_free(write, text, tokens, n=7185, largest=9999):
    """One decoder twice: reading the true digits (teacher forcing), and reading what it wrote itself.

    Parameters
    ----------
    write : function (n, forced) -> (truth (T,), p (T', K), chosen (T',))
        Tokens as rows of the picture; the probabilities of each step and the likeliest token.
    text : function (chosen) -> str
        What these tokens say.
    tokens : list of str (K,)
        The rows' names; "end" the first.
    """
    figure, axes = figures.new(1, 2, size=(8.4, 5.1), left=0.75, right=0.2, bottom=1.0, wspace=0.22, top=0.85)
    panels = [_Proposals(ax, tokens, 6) for ax in axes]
    notes = [ax.text(0.5, -0.235, "", transform=ax.transAxes, ha="center", va="top") for ax in axes]
    axes[0].set_ylabel("next token (the stronger, the likelier)", labelpad=30)

    def draw(n):
        told = []
        for panel, note, forced in zip(panels, notes, (True, False)):
            truth, p, chosen = write(n, forced)
            panel.show(p, chosen, truth)
            T = min(len(truth), len(chosen))
            right = int((truth[:T] == chosen[:T]).sum())
            whole = len(truth) == len(chosen) and right == len(truth)
            told.append((right, len(truth), text(chosen), whole))
            note.set_text(f"reads {'the truth' if forced else 'its own tokens'}, writes {text(chosen) or 'nothing'}")
        for ax, (right, of, *_), reader in zip(axes, told, ("Forced", "Free")):
            ax.set_title(f"{reader}: {right} of {of} tokens right")
        if told[0][3]:
            both = "Every token is right when forced, so the free decoder has read the truth as well."
        else:
            both = f"Neither gets the whole of it: forced {told[0][0]} of {told[0][1]} tokens right, free {told[1][0]}."
        return f"{n}: free it writes {told[1][2] or 'nothing'}. {both}"

    return LiveFigure(figure, draw, n=slider("number", n, 0, largest))


@figures.style()
def beams(search, tokens, numbers, text, width=3, widest=8):
    """The sequences that a beam search keeps, each a path through the tokens, and how likely each is.

    Parameters
    ----------
    search : function (n, width) -> list of (log probability, chosen (L,))
        Best first; tokens as rows of the picture, without the end.
    tokens : list of str
        The rows' names; "end" the first.
    numbers : list of int
        For the menu.
    text : function (chosen) -> str
    """
    figure, (paths, shares) = figures.new(1, 2, size=(8.4, 4.8), left=0.75, right=0.95, wspace=0.42, width_ratios=[6, 4])
    steps = 6
    lines = [paths.plot([], [], color=GREY, linewidth=2, alpha=0.6, marker="o", markersize=5)[0] for _ in range(widest - 1)]
    best, = paths.plot([], [], color=OUTPUT, linewidth=5, marker="o", markersize=10)
    truth, = paths.plot([], [], "s", markersize=17, markerfacecolor="none", markeredgecolor=ORANGE, markeredgewidth=2.5)
    paths.set_xlim(0.5, steps + 0.5)
    paths.set_ylim(-0.6, len(tokens) - 0.4)
    _name(paths, steps, tokens)
    paths.set_ylabel("token", labelpad=30)
    bars = [shares.plot([], [], color=OUTPUT if i == 0 else GREY, linewidth=13, solid_capstyle="butt")[0] for i in range(widest)]
    names = [shares.text(-0.03, i, "", ha="right", va="center", transform=shares.get_yaxis_transform())
             for i in range(widest)]
    shares.set_ylim(widest - 0.5, -0.5)
    shares.set_yticks([])
    shares.grid(False, axis="y")
    shares.set_xlabel("probability of the sequence")

    def path(chosen):
        rows = [*chosen, 0][:steps]
        return np.arange(1, len(rows) + 1), rows

    def draw(number, width):
        found = search(number, width)
        p = np.exp([log_p for log_p, _ in found])
        greedy = search(number, 1)[0]
        best.set_data(*path(found[0][1]))
        for i, line in enumerate(lines, 1):
            line.set_data(*(path(found[i][1]) if i < len(found) else ([], [])))
        for i, (bar, name) in enumerate(zip(bars, names)):
            inside = i < len(found)
            bar.set_data([0, p[i]] if inside else [], [i, i] if inside else [])
            name.set_text((text(found[i][1]) or "nothing") if inside else "")
        most = 1.0 if p.max() > 0.25 else 0.25
        shares.set_xlim(0, most)
        shares.set_xticks([0, most])
        truth.set_data(*path([tokens.index(digit) for digit in str(number)]))
        said = text(found[0][1]) or "nothing"
        paths.set_title(f"Width {width} writes {said} with p = {p[0]:.2f}, greedy {text(greedy[1]) or 'nothing'} with "
                        f"{np.exp(greedy[0]):.2f}; true is {number}")
        gain = ("the same sequence as greedy" if list(found[0][1]) == list(greedy[1])
                else f"likelier than greedy's {text(greedy[1]) or 'nothing'} (p = {np.exp(greedy[0]):.3f})")
        return (f"A beam of {width} finds {said} (p = {p[0]:.3f}), {gain}. The {len(found)} it has kept hold {p.sum():.2f} "
                f"of all probability; the true number is {number}.")

    menu = widgets.Dropdown(options=numbers, description="number", **WIDE)
    return LiveFigure(figure, draw, number=menu, width=slider("beam width", width, 1, widest))


@figures.style()
def number_box(write, known, value_of, tokens, text, start="three hundred and seven"):
    """Type a number in words and see it written in digits, with what the decoder considered at each step.

    Parameters
    ----------
    write : function (words) -> (p (T, K), chosen (T,))
    known : sequence of str
        The words that `write` takes.
    value_of : function (words) -> int or None
        The number that they say, if they say one.
    tokens : list of str (K,)
        The rows' names; "end" the first.
    text : function (chosen) -> str
    """
    figure, ax = figures.new(size=(8.4, 4.4), left=0.75)
    panel = _Proposals(ax, tokens, 8)
    ax.set_ylabel("next token", labelpad=30)

    def answer(typed):
        words = _parsed(typed, known)
        n, (p, chosen) = value_of(words), write(words)
        said = text(chosen) or "nothing"
        truth = [] if n is None else [*(tokens.index(digit) for digit in str(n)), 0]
        panel.show(p, chosen, truth)
        ax.set_title(f"It writes {said}")
        sure = f"Its least certain step has p = {p.max(axis=1).min():.2f}."
        if n is None:
            return f"It writes {said}. These words are no number in good order, and it answers all the same. {sure}"
        verdict = "right" if said == str(n) else f"wrong: {n} would be right"
        beyond = " It has only been trained on numbers up to 9999." if n > 9999 else ""
        return f"It writes {said}, which is {verdict}.{beyond} {sure}"

    return TextBox("a number in words", start, answer, figure)


def _parsed(typed, known):
    """The known words of a text; ValueError with a sentence for whoever typed it."""
    words = re.sub(r"[-,.;:!?\"']", " ", typed.lower()).split()
    for word in words:
        if any(letter.isdigit() for letter in word):
            raise ValueError(f"“{cut(word, 12)}” holds digits; write the number in words and the network will find the digits.")
    return readable(words, known, MOST_WORDS, "three hundred and seven")


@figures.style()
def tones(listen, letters, messages, noise, loudest=0.6):
    """A message in tones: what the key did, what is heard through noise, and the letters it is spelled out as.

    Parameters
    ----------
    listen : function (message, noise) -> (key (T,) of int, x (T,), truth (L + 1,), p (L', K), chosen (L',))
        Pressed or not, the loudness heard, the true letters and the end, and what the decoder makes of it; letters as rows.
    letters : list of str (K,)
        The rows' names; "end" the first.
    messages : list of str
        For the menu.
    noise : float
        Deviation of the noise in training.
    """
    figure, (ear, spelled) = figures.new(1, 2, size=(8.4, 4.2), wspace=0.3, width_ratios=[7, 3], right=0.2)
    T = max(len(listen(message, 0.0)[0]) for message in messages)
    pressed, = ear.plot([], [], color=GREY, linewidth=2, drawstyle="steps-mid")
    heard, = ear.plot([], [], "o", color=INPUT, markersize=6)
    ear.axhline(0.5, color=GREY, linewidth=1, linestyle=":")
    ear.set_xlim(0, T + 1.5)
    ear.set_xticks(range(0, T + 2, 5))
    ear.set_yticks([-1, 0, 1, 2])
    ear.set_ylim(-1.5, 2.5)
    ear.set_xlabel("frame (line: the key; dots: what is heard)")
    ear.set_ylabel("loudness")
    panel = _Proposals(spelled, letters, 3)

    def draw(message, noise):
        key, x, truth, p, chosen = listen(message, noise)
        frames = np.arange(1, len(key) + 1)
        pressed.set_data(np.arange(len(key) + 2), [0, *key, 0])
        heard.set_data(frames, np.clip(x, -1.45, 2.45))
        panel.show(p, chosen, truth)
        found = "".join(letters[row] for row in chosen if row)
        right = found == message
        wrong = int(((x > 0.5) != (key > 0.5)).sum())
        ear.set_title(f"“{message}” is heard as “{found}”: {'right' if right else 'wrong'}")
        return (f"“{message}” at noise {noise:.2f}: {len(key)} frames, {wrong} of them on the wrong side of 0.5; the network "
                f"spells “{found}”, the least certain letter with p = {p.max(axis=1).min():.2f}.")

    menu = widgets.Dropdown(options=messages, description="message", **WIDE)
    return LiveFigure(figure, draw, message=menu, noise=slider("noise", float(noise), 0.0, loudest, 0.01))
