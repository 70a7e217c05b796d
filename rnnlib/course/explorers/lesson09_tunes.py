"""Figures of lesson 09 on tunes: what temperature and top-k make of one choice, and of a whole tune, seen and heard."""

import html

import ipywidgets as widgets
import numpy as np
from IPython.display import Audio

from .. import figures, marks
from ..figures import BLACK, INPUT, OUTPUT, PALE
from ..live import WIDE, LiveFigure, slider
from ..marks import apart
from .lesson09_one_to_many import LIKELY

SLOTS = 120                             # half beats on the longest piano roll; a tune that ends early shows 32 of them


@figures.style()
def sharpened(probabilities, tokens, temperature=0.6):
    """One step's tokens, likeliest first: how temperature, top-k and nucleus share out the probability among them.

    probabilities : function (temperature, top_k, top_p) -> ndarray (K,), largest first
    tokens : list of str, names of the first of them; those that have none are drawn as one bar
    """
    n, usual = len(tokens), probabilities(1.0, None, None)
    K, at = len(usual), np.arange(n + 1)
    figure, ax = figures.new(size=(8.4, 3.8), bottom=0.9)
    bars, = ax.plot([], [], color=OUTPUT, linewidth=25, solid_capstyle="butt")
    ax.plot(np.repeat(at, 3) + np.tile([-0.42, 0.42, np.nan], n + 1), np.repeat([*usual[:n], usual[n:].sum()], 3), color=BLACK,
            linewidth=2)
    ax.set_xlim(-0.6, n + 0.6)
    ax.set_ylim(0, 1.02)
    ax.set_xticks([])
    for place, label in zip(at, [*tokens, f"{K - n}\nothers"]):
        for line, text in enumerate(label.split("\n")):
            marks.write(ax, place, 0, text, shift=-13 - 15 * line)
    ax.grid(False, axis="x")
    ax.set_xlabel(f"next note and its beats (lines: at temperature 1, from all {K})", labelpad=38)
    ax.set_ylabel("probability")

    def draw(temperature, top_k, top_p):
        p = probabilities(temperature, top_k, top_p)
        shown = np.append(p[:n], p[n:].sum())
        bars.set_data(np.repeat(at, 3), np.stack([np.zeros(n + 1), shown, np.full(n + 1, np.nan)], axis=1).ravel())
        kept = p[p > 0]
        choices = np.exp(-(kept * np.log(kept)).sum())
        ax.set_title(f"As open as a choice among {choices:.1f} notes of equal chance")
        return (f"Temperature {temperature:.2f}, the {top_k} likeliest of {K}, nucleus of {top_p:.2f}: {len(kept)} notes are "
                f"left. {tokens[0].split()[0]} has {p[0]:.2f}, all beyond the first {n} together {shown[-1]:.3f}; as open as a "
                f"choice among {choices:.1f} equal ones.")

    return LiveFigure(figure, draw, temperature=slider("temperature", temperature, 0.1, 3.0, 0.05),
                      top_k=slider("top k", K, 1, K), top_p=slider("top p (nucleus)", 1.0, 0.05, 1.0, 0.05))


class Roll:
    """A piano roll on `ax`: time in beats to the right, pitch upwards, notes as bars, home as a dashed line."""

    def __init__(self, ax, pitches, name):
        self.pitches = pitches
        self.image = ax.imshow(np.zeros((len(pitches), SLOTS)), cmap=LIKELY, vmin=0, vmax=1, aspect="auto", origin="lower",
                               extent=(0, SLOTS / 2, pitches[0] - 0.5, pitches[-1] + 0.5))
        self.home, = ax.plot([], [], color=INPUT, linewidth=1.6, linestyle="--")
        self.notes, = ax.plot([], [], color=BLACK, linewidth=4.5, solid_capstyle="butt")
        ax.set_xticks(np.arange(0, SLOTS / 2 + 1, 3))
        self.ax = ax
        named = [p for p in pitches if p % 12 in (0, 4, 7)]          # C, E and G: enough to find the others
        ax.set_yticks(named, [name(p) for p in named])
        ax.grid(False, axis="y")
        ax.grid(True, axis="x", color=PALE, linewidth=1.5)
        ax.set_axisbelow(False)
        ax.set_xlim(0, 16)
        ax.set_ylim(pitches[0] - 0.5, pitches[-1] + 0.5)
        ax.set_xlabel("time (beats; a bar has three)")
        ax.set_ylabel("pitch")

    def show(self, tune, home, p=None):
        """tune : list of (pitch, beats); home : its seed note; p : ndarray (notes, pitches), what each was drawn from."""
        ends = np.cumsum([beats for _, beats in tune])
        starts = ends - [beats for _, beats in tune]
        shade = np.zeros((len(self.pitches), SLOTS))
        if p is not None:
            for row, first, last in zip(p, (2 * starts).astype(int), (2 * ends).astype(int)):
                shade[:, first:last] = np.sqrt(row)[:, None]        # the root, so that a few per cent are seen
        self.image.set_data(shade)
        gap = np.full(len(tune), np.nan)
        self.notes.set_data(np.stack([starts + 0.06, ends - 0.06, gap], axis=1).ravel(),
                            np.repeat([float(midi) for midi, _ in tune], 3))
        self.home.set_data([0, SLOTS / 2], [home, home])
        over = max(0.0, (ends[-1] if len(ends) else 0) - 16)         # a long tune: by four bars more
        beats = min(16 + 12 * np.ceil(over / 12), SLOTS / 2)
        self.ax.set_xlim(0, beats)
        self.ax.set_xticks(np.arange(0, beats + 1, 3 if beats < 30 else 6))


@figures.style()
def rolls(tunes, homes, pitches, name, title):
    """Several tunes, a piano roll each. tunes : list of lists of (pitch, beats); homes : their seed notes."""
    figure, axes = figures.new(1, len(tunes), size=(8.4, 3.6), wspace=0.12, sharey=True)
    for i, (ax, tune, home) in enumerate(zip(axes, tunes, homes)):
        Roll(ax, pitches, name).show(tune, home)
        ax.set_xlim(0, 12)
        ax.set_xlabel("time (beats)")
        ax.set_ylabel("" if i else "pitch")
        ax.text(0.04, 0.96, f"home: {name(home)}", color=INPUT, va="top", transform=ax.transAxes)
    axes[0].set_title(title)
    spelled = "; ".join(" ".join(name(midi) for midi, _ in tune) for tune in tunes)
    return figures.Picture(figure, f"{title}: {spelled}.")


class Sound(Audio):
    """A sound to play in the notebook, with a line above the player that says what it is; elsewhere the line alone.

    said : str; wav : bytes of a .wav file, or samples (n,) with `rate`, their number per second
    """

    def __init__(self, said, wav, rate=None):
        super().__init__(data=wav, rate=rate)
        self.said = said

    def __repr__(self):
        return f"A sound: {self.said}"

    def _repr_html_(self):
        said = html.escape(self.said)
        return f"<div>{said}</div>" + super()._repr_html_().replace("<audio", f'<audio aria-label="{said}"', 1)


@figures.style()
def piano_roll(compose, wav, rules, seeds, pitches, name, most, temperature=1.0):
    """A tune drawn note by note, on a piano roll over the probabilities it was drawn from, and to be played.

    Parameters
    ----------
    compose : function (seed, temperature, top_k, number) -> (tune, p); number says which draw
        A list of (pitch, beats), and the probability of each pitch before each note, ndarray (notes, pitches).
    wav : function (tune) -> bytes of a .wav file
    rules : function (tune, seed) -> dict of rule to bool
    seeds, pitches : sequences of MIDI numbers; name : function (pitch) -> str; most : the largest k of top-k
    """
    figure, ax = figures.new(size=(8.4, 4.4), left=0.8)
    roll = Roll(ax, pitches, name)
    sound = widgets.Audio(format="wav", autoplay=False, loop=False)

    def draw(seed, temperature, top_k, number):
        tune, p = compose(seed, temperature, top_k, number)
        roll.show(tune, seed, p)
        kept = rules(tune, seed)
        broken = [rule for rule, well in kept.items() if not well]
        more = f" and {len(broken) - 4} more" if len(broken) > 4 else ""
        ax.set_title(f"Broken: {', '.join(broken[:4])}{more}" if broken else "Every rule is kept")
        spelled = " ".join(name(midi) for midi, _ in tune[:14]) + (" ..." if len(tune) > 14 else "")
        chosen = np.mean([row[pitches.index(midi)] for row, (midi, _) in zip(p, tune)]) if tune else 0.0
        return (f"From {name(seed)}: {spelled or 'no note at all'}. "
                f"On average a pitch had probability {chosen:.2f} when it was drawn.")

    figure = LiveFigure(figure, draw,
                        seed=widgets.Dropdown(options=[(name(s), s) for s in seeds], description="seed note", **WIDE),
                        temperature=slider("temperature", temperature, 0.1, 3.0, 0.1),
                        top_k=slider("top k", most, 1, most), number=slider("number of the draw", 1, 1, 30))

    def play(_change=None):     # beside `draw`, which is also called with values that nobody has chosen
        sound.value = wav(compose(**figure.values())[0])

    for control in figure.sliders.values():
        control.observe(play, "value")
    play()
    figure.sound = sound
    figure.notes = lambda **values: compose(**values)[0]        # for a page that makes the sound itself
    figure.children = [*figure.children, widgets.HTML("The tune above, to be played:"), sound]
    return figure


@figures.style()
def by_temperature(temperatures, shares, different):
    """Rules kept and tunes that differ, by temperature.

    temperatures (n,); shares : dict of label to (n,) share of tunes; different (n,): what remains without repeats, as a share
    """
    figure, ax = figures.new(size=(8.4, 4.2), right=2.45)
    looks = zip(("-", "--", "-.", ":", "--", "-.", "-"), ("o", "s", "P", "^", "<", "v", "D"))
    ends = []
    for (label, values), (line, marker) in zip(shares.items(), looks):
        ax.plot(temperatures, values, color=OUTPUT, linestyle=line, marker=marker, markersize=7)
        ends.append((values[-1], label))
    ax.plot(temperatures, different, color=BLACK, marker="x", markersize=9, linewidth=2.5)
    ends.append((different[-1], "different tunes"))
    heights = apart([value for value, _ in ends], 0.075)
    for (_, label), height in zip(ends, heights):
        ax.text(temperatures[-1] + 0.06, height, label, va="center", clip_on=False,
                color=BLACK if label == ends[-1][1] else OUTPUT)
    ax.set_xlim(0, temperatures[-1] + 0.05)
    ax.set_ylim(-0.03, 1.05)
    ax.set_xlabel("temperature")
    ax.set_ylabel("share of tunes")
    first, last = list(shares.values())[-1][[0, -1]]
    said = (f"From temperature {temperatures[0]:g} to {temperatures[-1]:g}: {first:.0%} to {last:.0%} flawless, "
            f"{different[0]:.0%} to {different[-1]:.0%} different")
    ax.set_title(said)
    return figures.Picture(figure, said + ".")
