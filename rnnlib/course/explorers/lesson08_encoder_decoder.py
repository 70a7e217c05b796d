"""Figures of lesson 08 on what passes from encoder to decoder: the wiring, the scores, the map of contexts, the bottleneck."""

import ipywidgets as widgets
import numpy as np

from .. import figures, marks
from ..drawings import DECODER, Unrolled
from ..figures import BLACK, CELL_STYLES, GREY, INPUT, OUTPUT, PALE, STATE, STATES
from ..live import WIDE, LiveFigure, slider
from ..marks import ON_TOP

# from a small context to a large one: shades of the colour of the state
SIZES = [("#D08FB5", ":", "o"), ("#B9628F", "-.", "s"), ("#8C4470", "--", "^"), ("#521F40", "-", "D")]
UNREAD = STATES.with_extremes(bad="#F0F0F0")
# of the digits 0 to 9: the even ones blue, the odd ones orange, from dark to light, so that neighbours differ in hue
SHADES = ["#0B2E59", "#7A2A00", "#1B5C9E", "#B34700", "#3F8FD2", "#E06A00", "#7DB9E8", "#F79A3E", "#B5DAF4", "#FFC98A"]


@figures.style()
def handing_over(words, written, states):
    """Two networks and one vector between them: the words go in, the context is handed over, the digits come out.

    Parameters
    ----------
    words : list of str (S,)
    written : list of str (T,)
        What the decoder writes, its end included; step t reads what step t - 1 wrote.
    states : ndarray (S + T + 1, H)
        h_0 .. h_S of the encoder and the T states of the decoder.
    """
    S, T, H = len(words), len(written), states.shape[1]
    figure, (ax, heat) = figures.new(2, 1, size=(8.4, 5.3), left=0.65, right=0.15, bottom=0.5, top=0.5, hspace=0.02,
                                     height_ratios=[3, 1.1])
    ax.set_axis_off()
    ax.set_xlim(-0.5, S + T + 0.5)
    ax.set_ylim(-1.35, 1.5)
    before = marks.box(ax, 0, 0, "$h_0$", STATE, dashed=True)
    steps = [before]
    for t, read in enumerate([*words, "start", *written[:-1]], 1):
        encoder = t <= S
        here = marks.box(ax, t, 0, f"$h_{{{t}}}$" if encoder else f"$g_{{{t - S}}}$", STATE if encoder else DECODER)
        lift = 0.03 + here[0].half[1] / (figure.get_figheight() * ax.get_position().height / 2.85)
        artists = [*here, marks.link(ax, before[0], here[0], STATE if t <= S + 1 else DECODER),
                   marks.write(ax, t, -1.1, read, color=INPUT if encoder else OUTPUT),
                   marks.arrow(ax, (t, -0.88), (t, -lift), INPUT if encoder else OUTPUT)]
        before = here
        if not encoder:
            above = marks.box(ax, t, 1.1, written[t - S - 1], OUTPUT)
            artists += [*above, marks.link(ax, here[0], above[0], OUTPUT)]
            if t > S + 1:           # what was written is read
                artists += ax.plot([t - 0.73, t - 0.5, t - 0.5, t - 0.22], [1.1, 1.1, -1.1, -1.1], color=OUTPUT, linewidth=1.5,
                                   linestyle=":", zorder=0)
        steps.append(artists)
    marks.write(ax, (S + 1) / 2, 0.62, "the encoder reads", color=STATE)
    marks.write(ax, S + 0.55, 1.1, "the decoder writes", ha="right", color=DECODER)
    marks.write(ax, S + 0.5, 0.5, "context", ha="center")
    ax.plot([S + 0.5, S + 0.5], [0.1, 0.38], color=BLACK, linewidth=1)
    image = heat.imshow(np.full((H, S + T + 1), np.nan), cmap=UNREAD, vmin=-1, vmax=1, aspect="auto", interpolation="nearest",
                        extent=(-0.5, S + T + 0.5, H + 0.5, 0.5))
    heat.plot([S - 0.5, S + 0.5, S + 0.5, S - 0.5, S - 0.5], [0.5, 0.5, H + 0.5, H + 0.5, 0.5], color=BLACK, linewidth=2.5)
    heat.set_yticks([1, H])
    heat.set_xticks([])
    heat.set_ylabel("unit of h")
    heat.grid(False)
    heat.spines[:].set_visible(False)
    heat.set_xlabel(f"framed: the context, {H} numbers (blue -1, faint 0, pink 1)")

    def draw(step):
        for t, artists in enumerate(steps):
            for artist in artists:
                artist.set_alpha(1.0 if t <= step else Unrolled.PALE)
        shown = np.full((H, S + T + 1), np.nan)
        shown[:, :step + 1] = states[:step + 1].T
        image.set_data(shown)
        done = written[:max(0, step - S)]
        ax.set_title(f"Read {min(step, S)} of {S} words; written: {' '.join(done) if done else 'nothing yet'}")
        if step < S:
            return f"Step {step}: the encoder has read “{' '.join(words[:step])}” and nothing is written." if step else \
                "Step 0: before the first word the state is zero."
        if step == S:
            return (f"Step {step}: all words are read. h_{S}, the context, is all that the decoder will ever know of them: "
                    f"{H} numbers.")
        read = "start" if step == S + 1 else written[step - S - 2]
        return f"Step {step}: the decoder reads “{read}”, updates its state and writes “{done[-1]}”."

    return LiveFigure(figure, draw, play="step", step=slider("step", S, 0, S + T))


@figures.style()
def exact_by_zeros(sizes, rule, runs):
    """Numbers written rightly, by how many of their zeros are not said.

    sizes : ndarray of int (G,), held-out numbers with 0, 1 .. and with G - 1 or more unsaid zeros;
    rule : ndarray (G,), of the baseline; runs : dict of cell name to ndarray (seeds, G)
    """
    figure, ax = figures.new(size=(8.4, 4.2), bottom=0.85)
    at = np.arange(len(sizes))
    for g in at:
        ax.plot([g - 0.35, g + 0.35], [rule[g]] * 2, color=GREY, linewidth=4, solid_capstyle="butt",
                label=None if g else "word by word")
    for (cell, shares), side in zip(runs.items(), (-0.13, 0.13)):
        color, _, marker = CELL_STYLES[cell]
        spread = side + 0.06 * (np.arange(len(shares)) - (len(shares) - 1) / 2)
        ax.plot((at + spread[:, None]).ravel(), shares.ravel(), marker, color=color, markersize=9, markeredgecolor="white",
                label=f"{cell}, {len(shares)} runs")
    names = [*map(str, at[:-1]), f"{at[-1]} or more"]
    ax.set_xticks(at, [f"{name}\n({n} numbers)" for name, n in zip(names, sizes)])
    ax.set_ylim(-0.05, 1.08)
    ax.set_xlabel("zeros that are not said")
    ax.set_ylabel("written exactly (share)")
    ax.legend(loc="center left")
    worst = {cell: np.average(shares.mean(axis=0)[1:], weights=sizes[1:]) for cell, shares in runs.items()}
    said = "Where a zero is not said, the rule gets " + f"{np.average(rule[1:], weights=sizes[1:]):.2f}"
    told = ", ".join(f"the {cell} {share:.2f}" for cell, share in worst.items())
    ax.set_title(f"{said}, {told}")
    return figures.Picture(figure, f"{said}, {told} of the numbers right; where all is said the rule gets {rule[0]:.2f}.")


@figures.style()
def context_map(maps, digits, explained, axes="all numbers", colour="thousands"):
    """The context vectors of all numbers in a plane, coloured by one of their digits.

    Parameters
    ----------
    maps : dict of dict of str to ndarray (N, 2)
        By network and by what the two axes were chosen to spread.
    digits : dict of str to ndarray of int (N,)
        The digit of each number at each place, 0 to 9.
    explained : function (points (N, 2), digit (N,)) -> float
        The share of the spread in the plane that lies between the digits, 0 to 1.
    """
    figure, ax = figures.new(size=(8.4, 4.9), left=0.85, right=0.75)
    dots = [ax.plot([], [], ".", color=shade, markersize=3, markeredgewidth=0)[0] for shade in SHADES]
    halo, = ax.plot([], [], "o", markersize=21, markerfacecolor="white", markeredgecolor=BLACK, alpha=0.85)
    names = [ax.plot([], [], marker=f"${i}$", color=BLACK, markersize=11)[0] for i in range(10)]    # faster than texts
    ax.set_ylabel("second axis")

    for i, shade in enumerate(SHADES):      # a key: ten shades in their order, right of the plane
        ax.plot([1.03], [0.14 + 0.08 * i], "o", color=shade, markersize=9, markeredgewidth=0, transform=ax.transAxes,
                clip_on=False)
        ax.text(1.055, 0.14 + 0.08 * i, str(i), va="center", transform=ax.transAxes)
    ax.text(1.02, 0.96, "digit", va="center", transform=ax.transAxes)
    crowds = {(network, name, place): np.array([_crowd(points[digit == i]) for i in range(10)])
              for network, planes in maps.items() for name, points in planes.items() for place, digit in digits.items()}

    def draw(network, axes, colour):
        where, digit = maps[network][axes], digits[colour]
        for i, (line, name) in enumerate(zip(dots, names)):
            group = where[digit == i]
            line.set_data(*group.T)
            name.set_data(*crowds[network, axes, colour][i][:, None])
        halo.set_data(*crowds[network, axes, colour].T)
        span = np.abs(where).max(axis=0) * 1.05
        ax.set_xlim(-span[0], span[0])
        ax.set_ylim(-span[1], span[1])
        share = explained(where, digit)
        gathered = share >= 0.1
        for artist in (halo, *names):       # where a digit gathers nowhere, its numeral would mislead
            artist.set_visible(gathered)
        ax.set_xlabel("first axis of the plane" + (" (circles: where a digit is densest)" if gathered else ""))
        ax.set_title(f"The {colour} digit explains {share:.0%} of the spread in this plane")
        spread = "the contexts" if axes == "all numbers" else f"the means of the ten {axes} digits"
        return (f"{network}: contexts of {len(where)} numbers in the plane in which {spread} spread most; coloured by the "
                f"{colour} digit, which explains {share:.2f} of the spread.")

    menus = {name: widgets.Dropdown(options=options, value=value, description=label, **WIDE)
             for name, options, value, label in (("network", list(maps), next(iter(maps)), "network"),
                                                 ("axes", list(next(iter(maps.values()))), axes, "axes that spread"),
                                                 ("colour", list(digits), colour, "coloured by"))}
    return LiveFigure(figure, draw, **menus)


def _crowd(points):
    """Where most of the points (N, 2) are: the middle of the fullest cell of a coarse grid."""
    counts, x, y = np.histogram2d(*points.T, bins=8)
    i, j = np.unravel_index(counts.argmax(), counts.shape)
    return (x[i] + x[i + 1]) / 2, (y[j] + y[j + 1]) / 2


@figures.style()
def through_one_vector(right, lengths, trained, H=32, n=8):
    """How long a string gets through a context vector of H numbers, and at which place it fails.

    Parameters
    ----------
    right : dict of int to list of ndarray of bool (n + 1, B)
        For each H and each of the lengths: which digits (the end last) of B strings stand where they should.
    lengths : ndarray of int (L,)
    trained : int
        The longest string of the training.
    """
    exact = {size: np.array([flags.all(axis=0).mean() for flags in some]) for size, some in right.items()}
    figure, (left, places) = figures.new(1, 2, size=(8.4, 4.3), wspace=0.3, right=0.3, width_ratios=[6, 5])
    lines = {}
    left.axvspan(trained + 0.5, lengths[-1] + 1.5, color=PALE, alpha=0.6, linewidth=0)
    for (size, shares), (color, line, marker) in zip(exact.items(), SIZES):
        lines[size], = left.plot(lengths, shares, color=color, linestyle=line, marker=marker, markersize=7)
        half = np.argmin(np.abs(shares - 0.5))
        side = -1 if size == sorted(exact)[-2] else 1       # the two largest lie close: one label on either side
        left.text(lengths[half] + 0.7 * side, shares[half] + 0.05 * side, f"{size}", ha="center", va="center", bbox=ON_TOP)
    marks.write(left, trained + 0.7, 1.0, "never trained", ha="left")
    here, = left.plot([], [], "o", markersize=15, markerfacecolor="none", markeredgecolor=BLACK, markeredgewidth=2, zorder=4)
    left.set_xlim(lengths[0] - 0.5, lengths[-1] + 1.2)
    left.set_ylim(-0.04, 1.08)
    left.set_xticks([4, 8, 12])
    left.set_yticks([0, 0.5, 1])
    left.set_xlabel("digits in the string (at the lines: H)")
    left.set_ylabel("whole strings right (share)")
    bars, = places.plot([], [], color=OUTPUT, linewidth=14, solid_capstyle="butt")
    places.axhline(0.1, color=GREY, linewidth=1.5, linestyle=":")
    places.set_xlim(0.3, lengths[-1] + 0.7)
    places.set_ylim(0, 1.08)
    places.set_xticks([1, 5, 10])
    places.set_yticks([0, 0.5, 1])
    places.set_xlabel("place of the digit (dotted: guessing)")
    places.set_ylabel("digits right (share)")

    def draw(H, n):
        i = int(np.flatnonzero(lengths == n)[0])
        for size, line in lines.items():
            line.set_alpha(1.0 if size == H else 0.55)
        here.set_data([n], [exact[H][i]])
        each = right[H][i][:n].mean(axis=1)
        at = np.arange(1, n + 1)
        gap = np.full(n, np.nan)
        bars.set_data(np.stack([at, at, gap], axis=1).ravel(), np.stack([np.zeros(n), each, gap], axis=1).ravel())
        left.set_title(f"H = {H}: {exact[H][i]:.0%} of strings of {n} digits are right")
        news = "" if n <= trained else f" The training ended at {trained} digits."
        return (f"Through {H} numbers, {exact[H][i]:.3f} of the strings of {n} digits arrive whole. Place by place "
                f"between {each.min():.2f} (digit {each.argmin() + 1}) and {each.max():.2f} (digit {each.argmax() + 1}) are "
                f"right.{news}")

    menu = widgets.SelectionSlider(options=list(right), value=H, description="context size H", **WIDE)
    return LiveFigure(figure, draw, H=menu, n=slider("digits n", n, int(lengths[0]), int(lengths[-1])))


@figures.style()
def kept_or_looked_up(from_last, from_all):
    """How many digits a linear rule reads from the encoder's last state alone, and from all its states side by side.

    from_last, from_all : ndarray (n,), shares by place
    """
    figure, ax = figures.new(size=(8.4, 4.0))
    places = np.arange(1, len(from_last) + 1)
    ax.plot(places, from_all, "o--", color=INPUT, markersize=8)
    ax.plot(places, from_last, "D-", color=STATE, markersize=8)
    ax.axhline(0.1, color=GREY, linewidth=1.5, linestyle=":")
    for y, label in ((from_all[-1] - 0.08, "all states, side by side"),
                     (from_last[-1] + 0.08, "the last state, the context"), (0.05, "guessing")):
        ax.text(places[-1], y, label, ha="right", va="center")
    ax.set_ylim(0, 1.08)
    ax.set_xticks(places)
    ax.set_xlabel("place of the digit in the string")
    ax.set_ylabel("read by a linear rule (share)")
    ax.set_title(f"All states hold {from_all.mean():.0%} of the digits for a linear reader, the last one {from_last.mean():.0%}")
    return figures.Picture(figure, f"A linear rule reads {from_all.mean():.2f} of the digits from all states together and "
                                   f"{from_last.mean():.2f} from the last state alone; there it is between {from_last.min():.2f} "
                                   f"and {from_last.max():.2f}, place by place.")
