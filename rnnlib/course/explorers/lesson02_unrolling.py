"""Figures of lesson 2: one network folded and unrolled, three lengths, padding, and how far a change travels."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path

from .. import figures, marks
from ..drawings import Unrolled
from ..figures import BLACK, GREY, INPUT, OUTPUT, PALE, STATE, STATES, decade, power, scientific
from ..live import LiveFigure, slider
from ..marks import ON_TOP
from ._words import ends_with

KEPT = LinearSegmentedColormap.from_list("kept", ["#FFFFFF", STATE])     # 0 .. 1, how much of a change is left in h
ROUNDING = -15.0        # log10 of the distance below which two runs in float64 differ by rounding alone


@figures.style()
def loop_and_unrolled(read, word, weights):
    """The loop picture and the unrolled picture of one network, over the states that both of them hold.

    Parameters
    ----------
    read : function (T) -> ndarray (T+1, H)
        h_0 .. h_T after the first T letters of the word.
    word : str
        What is read, one letter per step; its length is the largest T.
    weights : int
        Numbers in W_x, W_h and b together.
    """
    longest, H = len(word), read(1).shape[1]
    figure, ((fold, flat), (now, diary)) = figures.new(
        2, 2, size=(8.4, 5.1), left=0.7, right=0.7, top=0.45, bottom=0.65, width_ratios=[1.35, 6],
        height_ratios=[3.2, 1], wspace=0.06, hspace=0.04)
    network = Unrolled(flat, longest, weights=True, x=[f"$x_{t}$\n{letter}" for t, letter in enumerate(word, 1)])
    loop = _loop(fold, network.side)
    blank = STATES.with_extremes(bad="#F3F3F3")
    images = [ax.imshow(np.zeros((H, 1)), cmap=blank, vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
              for ax in (now, diary)]
    images[0].set_extent((-0.3, 0.3, H + 0.5, 0.5))
    now.set_xlim(fold.get_xlim())
    diary.set_xlim(flat.get_xlim())
    diary.set_xticks([])
    diary.set_yticks([])
    diary.set_xlabel("step t", labelpad=20)
    for t in range(longest + 1):
        marks.write(diary, t, H + 0.5, str(t), shift=-13)
    now.set_xticks([0])
    now.set_yticks([1, H])
    now.set_ylabel("unit of h")
    fold.set_title("The loop", y=1)
    for ax in (now, diary):
        ax.grid(False)
        ax.spines[:].set_visible(False)
    border, = diary.plot([], [], color=PALE, linewidth=1, clip_on=False)
    frame, = diary.plot([], [], color=BLACK, linewidth=2, clip_on=False)
    at = diary.get_position()
    _colour_bar(figure, images[1], at.x1, at.y0, at.y1)

    def draw(t, T):
        h, t = read(T), min(t, T)
        network.length(T)
        network.light(t)
        network.pulse(t)
        for artist in loop:
            artist.set_alpha(1.0 if t else Unrolled.PALE)
        images[0].set_data(h[t][:, None])
        images[1].set_data(np.ma.masked_array(h.T, np.broadcast_to(np.arange(T + 1) > t, h.T.shape)))
        images[1].set_extent((-0.5, T + 0.5, H + 0.5, 0.5))
        border.set_data(_rectangle(-0.5, T + 0.5, H))
        frame.set_data(_rectangle(t - 0.5, t + 0.5, H))
        now.set_xticklabels([f"h at t = {t}"])
        flat.set_title(f"Step {t} of {T}: the cell's {weights} weights, for the {_ordinal(t)} time" if t else
                       f"Step 0 of {T}: nothing is read yet, and the cell's {weights} weights wait", y=1)
        values = ", ".join(f"{value:+.2f}" for value in h[t])
        if t == 0:
            serve = f"all {T} steps" if T > 1 else "the one step"
            return f"h_0 = ({values}) is where every sequence starts. One W_x, one W_h, one b will serve {serve}."
        return (f"h_{t} = ({values}) was made from x_{t} = {word[t - 1]} and h_{t - 1}. "
                f"One W_x, one W_h, one b: {weights} numbers, whether T is 1 or {longest}; here T = {T}.")

    step, length = slider("computed up to t", min(5, longest), 0, longest), slider("length T", longest, 1, longest)
    ends_with(step, length, lambda T: T)
    return LiveFigure(figure, draw, play="t", T=length, t=step)      # first the one that the other depends on


def _rectangle(left, right, H):
    """The corners of a rectangle round the H units of a heat map, closed: x and y."""
    return np.array([left, right, right, left, left]), H * np.array([1, 1, 0, 0, 1]) + 0.5


def _loop(ax, side):
    """The network as a loop, its boxes as large as those of `Unrolled`: every artist of it but the box of h."""
    ax.set_axis_off()
    ax.set_xlim(-0.62, 1.18)
    ax.set_ylim(-2.05, 1.5)
    h = marks.box(ax, 0, 0, "$h_t$", STATE, side=side)[0]
    x, y = (marks.box(ax, 0, row, label, color, side=side) for row, label, color in (
        (-1.05, "$x_t$", INPUT), (1.1, "$y_t$", OUTPUT)))
    half = side / 2 / np.array([ax.get_position().width * 8.4 / 1.8, 1])[0]
    back = Path([(half, 0.16), (half + 0.75, 0.75), (half + 0.75, -0.75), (half + 0.03, -0.16)],
                [Path.MOVETO] + 3 * [Path.CURVE4])
    again = ax.add_patch(FancyArrowPatch(path=back, arrowstyle="-|>", mutation_scale=18, linewidth=2.2, color=STATE,
                                         shrinkA=0, shrinkB=0))
    names = [marks.write(ax, *place, name, ha="left") for *place, name in (
        (half + 0.62, 0.0, "$W_h$"), (0.1, -0.52, "$W_x, b$"), (0.1, 0.55, "$W_y$"))]
    return [*x, *y, again, *names, marks.link(ax, x[0], h, INPUT), marks.link(ax, h, y[0], OUTPUT)]


def _ordinal(n):
    return f"{n}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(n, 'th') }"


def _colour_bar(figure, image, right, bottom, top):
    """A scale of h from -1 to 1 just right of the axes that end there, in fractions of the figure."""
    bar = figure.colorbar(image, cax=figure.add_axes((right + 0.012, bottom, 0.012, top - bottom)), ticks=[-1, 0, 1])
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=figures.STYLE["ytick.labelsize"])


@figures.style()
def three_lengths(states, weights):
    """Heat maps of h for sequences of several lengths.

    states : list of ndarray (T+1, H), at least two
    weights : int, how many numbers W_x, W_h and b have together
    """
    figure, axes = figures.new(len(states), 1, size=(8.4, 1.0 + 1.25 * len(states)), left=0.85, right=0.75, hspace=0.75)
    for ax, h in zip(axes, states):
        steps, H = h.shape
        image = ax.imshow(h.T, cmap=STATES, vmin=-1, vmax=1, aspect="auto", interpolation="nearest",
                          extent=(-0.5, steps - 0.5, H + 0.5, 0.5))
        ax.set_yticks([1, H])
        ax.set_ylabel("unit of h")
        ax.grid(False)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set_title(f"T = {steps - 1}: {h.size} numbers in h", loc="right", weight="normal")
    axes[0].set_title(f"More states for a larger T, the same {weights} weights")
    axes[-1].set_xlabel("step t (colour: the value of h)")
    last, first = axes[-1].get_position(), axes[0].get_position()
    _colour_bar(figure, image, last.x1, last.y0, first.y1)
    counts = ", ".join(f"{h.size} for T = {len(h) - 1}" for h in states)
    return figures.Picture(figure, f"The same {weights} weights make every state of each sequence; "
                                   f"the numbers to keep grow with T: {counts}.")


@figures.style()
def padded_batch(read, words, spread, longest=40):
    """A padded batch of words, and how far apart their states are when all are read at the end of the padding.

    Parameters
    ----------
    read : function (T) -> ndarray (T+1, B, H)
        The states of all words, each padded to T steps.
    words : list of str
    spread : function (ndarray (B, H)) -> float
        The distance between the two most different of some states.
    longest : int
        The largest T.
    """
    lengths, least = np.array([len(word) for word in words]), max(map(len, words))
    h = read(least)
    H, rows = h.shape[2], h.shape[2] + 2        # two rows above each word's states hold its letters
    own = spread(np.stack([h[n, b] for b, n in enumerate(lengths)]))
    figure, (batch, apart) = figures.new(2, 1, size=(8.4, 5.7), left=1.0, right=0.75, top=0.5, height_ratios=[3, 2],
                                         hspace=0.12, sharex=True)
    blank = STATES.with_extremes(bad="white")

    def show(image, h):     # (T+1, B, H), with nothing in the rows of the letters
        blocks = np.full((len(words), rows, len(h)), np.nan)
        blocks[:, 2:] = h.transpose(1, 2, 0)
        image.set_data(np.ma.masked_invalid(blocks.reshape(-1, len(h))))
        image.set_extent((-0.5, len(h) - 0.5, len(words) * rows, 0))

    image, later = (batch.imshow(np.zeros((1, 1)), cmap=blank, vmin=-1, vmax=1, aspect="auto", interpolation="nearest",
                                 alpha=alpha, zorder=order) for alpha, order in ((1, 0), (0.3, -1)))
    at = batch.get_position()
    _colour_bar(figure, image, at.x1, at.y0, at.y1)
    padding, = batch.plot([], [], ".", color=INPUT, markersize=4)
    batch.set_xlim(-0.5, longest + 0.5)
    batch.set_ylim(len(words) * rows, 0)
    batch.set_yticks([b * rows + 2 + H / 2 for b in range(len(words))], words)
    batch.grid(False)
    batch.tick_params(labelbottom=False, length=0)
    batch.spines[:].set_visible(False)
    for b, word in enumerate(words):
        for t, letter in enumerate(word, 1):
            marks.write(batch, t, b * rows + 0.9, letter, color=INPUT)
    batch.plot(*_frames(lengths, rows, H), color=BLACK, linewidth=2, clip_on=False)
    read_here, = batch.plot([], [], color=BLACK, linewidth=1.2, linestyle=":", clip_on=False)
    line, = apart.plot([], [], color=STATE, linewidth=3)
    end, = apart.plot([], [], "o", color=STATE, markersize=9)
    everything = read(longest)
    show(later, everything)
    apart.plot(np.arange(least, longest + 1), [np.log10(spread(states)) for states in everything[least:]], color=STATE,
               linewidth=1.5, alpha=0.45)
    apart.axhline(np.log10(own), color=BLACK, linewidth=1.5, linestyle="--")
    marks.write(apart, longest, np.log10(own), "read at each word's own end", ha="right", shift=9)
    apart.axhline(-6, color=GREY, linewidth=1, linestyle=":")
    marks.write(apart, 0, -6, "one millionth", ha="left", shift=9, color=GREY)
    apart.set_ylim(-7.5, 1.7)
    apart.set_yticks([-6, -3, 0])
    apart.yaxis.set_major_formatter(decade)
    apart.set_ylabel("largest distance")
    apart.set_xlabel(f"step t (dots: padding; curve: from {least}, where the longest word ends)")
    apart.set_xticks(range(0, longest + 1, 10))

    def draw(T):
        h = read(T)                                                                 # (T+1, B, H)
        show(image, h)
        outside, t = np.nonzero(np.arange(T + 1) > lengths[:, None])
        padding.set_data(t, outside * rows + 0.9)
        read_here.set_data(*_frames(np.full(len(words), T), rows, H))
        distance = [spread(states) for states in h[least:]]
        line.set_data(np.arange(least, T + 1), np.log10(distance))
        end.set_data([T], [np.log10(distance[-1])])
        said = scientific(np.log10(distance[-1]))
        batch.set_title(f"Read at T = {T}: at most {said} apart; at their own ends: {own:.3g}", y=1.02)
        return (f"Padded to T = {T} and read there, {words[0]!r} is {T - lengths[0]} steps past its end. "
                f"The two most different states are {said} apart; read at each word's own end, {own:.3g}.")

    return LiveFigure(figure, draw, T=slider("padded to T", min(20, longest), least, longest))


def _frames(columns, rows, H):
    """One line, broken by NaN, that frames column columns[b] of the states of each word b."""
    x = np.array([-0.5, 0.5, 0.5, -0.5, -0.5, np.nan]) + np.asarray(columns)[:, None]
    y = np.array([0, 0, H, H, 0, np.nan]) + 2 + rows * np.arange(len(columns))[:, None]
    return x.ravel(), y.ravel()


@figures.style()
def loss_over_padding(T, with_mask, without_mask):
    """The loss of one batch padded to each length in T, counted with and without the mask."""
    figure, ax = figures.new(size=(8.4, 3.4))
    above = 1 if without_mask[-1] > with_mask[-1] else -1
    for loss, color, line, name, side in ((without_mask, GREY, "--", "without the mask", above),
                                          (with_mask, OUTPUT, "-", "with the mask", -above)):
        ax.plot(T, loss, color=color, linestyle=line)
        ax.annotate(name, (T[-1], loss[-1]), (0, 12 * side), textcoords="offset points", ha="right", va="center")
    ax.margins(y=0.25)
    ax.set_xlabel("padded to T (steps)")
    ax.set_ylabel("loss (nats per step)")
    first, last = without_mask[[0, -1]]
    ax.set_title(f"Padding moves the loss from {first:.2f} to {last:.2f}, unless it is masked")
    return figures.Picture(figure, f"Padded from {T[0]} to {T[-1]} steps, the loss goes from {first:.3f} to {last:.3f} "
                                   f"without the mask, from {with_mask[0]:.3f} to {with_mask[-1]:.3f} with it.")


@figures.style()
def travelling_change(travel, ceiling, gain=0.9, scale=1.0, t=100):
    """How a change of x_1 fares on its way along the sequence: the size of the change in h_t.

    Parameters
    ----------
    travel : function (gain, scale) -> (ndarray (T,), float)
        Norm of the change in h_1 .. h_T, and the root mean square of tanh's slopes 1 - h^2 over all states, from 0 to 1.
    ceiling : float
        The largest change there can be, 2 sqrt(H).
    """
    T = len(travel(gain, scale)[0])
    steps = np.arange(1, T + 1)
    figure, (curve, strip) = figures.new(2, 1, size=(8.4, 4.8), top=0.5, left=0.95, height_ratios=[8, 1], hspace=0.12,
                                         sharex=True)
    linear, = curve.plot([], [], color=GREY, linewidth=1.5, linestyle="--")
    later, = curve.plot([], [], color=STATE, linewidth=1.5, alpha=0.45)
    line, = curve.plot([], [], color=STATE, linewidth=3)
    point, = curve.plot([], [], "o", color=STATE, markersize=9)
    for level, note, shift in ((np.log10(ceiling), f"no change can exceed {ceiling:.3g}", 9),
                               (ROUNDING, "floor: below here float64 sees rounding alone", -9)):
        curve.axhline(level, color=GREY, linewidth=1, linestyle=":")
        marks.write(curve, T, level, note, ha="right", shift=shift, color=GREY)
    marks.write(curve, T, np.log10(ceiling) + 2.6, "solid: the network; dashed: without tanh, gain$^{t-1}$",
                   ha="right")
    curve.set_xlim(0.5, T + 0.5)
    curve.set_ylim(ROUNDING - 1.8, np.log10(ceiling) + 3.6)
    curve.set_yticks([-15, -10, -5, 0])
    curve.yaxis.set_major_formatter(decade)
    curve.set_ylabel("change in h")
    curve.tick_params(labelbottom=False)
    image = strip.imshow(np.zeros((1, T)), cmap=KEPT, vmin=0, vmax=1, aspect="auto", extent=(0.5, T + 0.5, 0, 1))
    strip.set_yticks([])
    strip.grid(False)
    strip.set_ylabel("share\nleft", rotation=0, ha="right", va="center")
    strip.set_xlabel("step t (strip: up to the dot; faint: a millionth or less)")

    def draw(t, gain, scale):
        change, slope = travel(gain, scale)
        log = np.log10(np.maximum(change, 10 ** ROUNDING))
        line.set_data(steps[:t], log[:t])
        later.set_data(steps[t - 1:], log[t - 1:])
        point.set_data([t], [log[t - 1]])
        linear.set_data(steps, log[0] + (steps - 1) * np.log10(gain))
        left = log - log[0]
        shade = np.where(log > ROUNDING, np.clip(1 + left / 6, 0, 1), 0)
        image.set_data(np.where(steps <= t, shade, 0)[None, :])
        curve.set_title(_fate(t, log[t - 1], left[t - 1]), y=1.02)
        size = f"{scientific(log[t - 1])}" if log[t - 1] > ROUNDING else f"less than {power(10, ROUNDING)}, rounding"
        left_alone = scientific(linear.get_ydata()[t - 1])
        return (f"The change in h_{t} is {size}; it was {scientific(log[0])} in h_1. Without tanh, {t - 1} factors of "
                f"{gain:.2f} would make it {left_alone}. tanh's root mean square slope is {slope:.2f}; that predicts "
                f"about {gain * slope:.2f} per step.")

    return LiveFigure(figure, draw, play="t", t=slider("step t", t, 1, T), gain=slider("gain of W_h", gain, 0.1, 4.0, 0.05),
                      scale=slider("input scale", scale, 0.5, 20.0, 0.5))


@figures.style()
def factors_per_step(gain, rms_slope, mean_slope, growth):
    """The factor by which a step multiplies a change: measured, over what the root mean square slope and the mean slope predict.

    gain, rms_slope, mean_slope, growth : ndarray (N,), one cell each
    """
    figure, ax = figures.new(size=(8.4, 4.6), left=0.85)
    ends = np.array([0.3, 1.75])
    ax.plot(ends, ends, "--", color=GREY, linewidth=1.5)
    ax.axhline(1, color=GREY, linewidth=1, linestyle=":")
    ax.plot(gain * mean_slope, growth, "x", color=GREY, markersize=5, markeredgewidth=1, alpha=0.6)
    ax.plot(gain * rms_slope, growth, "o", color=STATE, markersize=5, markeredgewidth=0, alpha=0.5)
    for g in np.unique(gain):
        here = gain == g
        at = g * np.median(rms_slope[here]), np.quantile(growth[here], 0.05)        # below its cloud, to either side of gain 1
        ax.annotate(f"gain {g:g}", at, (4 if g >= 1 else -4, -12), textcoords="offset points", va="center", bbox=ON_TOP,
                    ha="left" if g >= 1 else "right")
    ax.text(0.03, 0.93, "dots: gain times root mean square slope", color=STATE, transform=ax.transAxes)
    high = [g for g in np.unique(gain) if np.median(growth[gain == g]) > 1]
    ax.text(0.03, 0.86, f"crosses: gain times mean slope (above 1: gains {high[0]:g} to {high[-1]:g})", color=GREY,
            transform=ax.transAxes)
    ax.set(xlim=ends, ylim=(0.3, 1.7), xlabel="predicted factor per step (dashed: predicted = measured)",
           ylabel="measured factor per step")

    def off(slope):         # per cent, in nine of ten cells of every gain up to 1.4
        error = np.abs(gain * slope / growth - 1)
        return int(np.ceil(100 * max(np.quantile(error[gain == g], 0.9) for g in np.unique(gain) if g <= 1.4)))

    ax.set_title(f"Up to gain 1.4, nine of ten dots are within {off(rms_slope)} % of the measured factor")
    return figures.Picture(figure, f"{len(gain)} cells. At each gain up to 1.4, gain times root mean square slope is at most "
                                   f"{off(rms_slope)} % off the measured factor in nine of ten cells, gain times mean slope "
                                   f"{off(mean_slope)} %.")


@figures.style()
def memory_window(gain, left, told_apart, floor):
    """What each cell has left of a change at step 100, and whether it still tells a large change from a small one.

    gain, left : ndarray (N,), left a decimal logarithm or nan; told_apart : ndarray (N,) of bool
    floor : float, the least that counts as a memory, as a decimal logarithm
    """
    figure, ax = figures.new(size=(8.4, 4.4), left=0.95, top=0.85)
    gains, lowest = np.unique(gain), -8.0
    shares = []
    for place, g in enumerate(gains):
        here = np.flatnonzero(gain == g)
        across = place + np.linspace(-0.3, 0.3, len(here))
        height = np.maximum(np.nan_to_num(left[here], nan=lowest), lowest)
        for told, marker, look in ((True, "o", {"color": STATE, "markeredgewidth": 0, "alpha": 0.6}),
                                   (False, "x", {"color": GREY, "alpha": 0.8})):
            chosen = told_apart[here] == told
            ax.plot(across[chosen], height[chosen], marker, markersize=5, **look)
        shares.append(np.mean((left[here] > floor) & told_apart[here]))
        ax.text(place, 1.02, f"{100 * shares[-1]:.0f} %", ha="center", va="bottom", transform=ax.get_xaxis_transform())
    ax.axhline(floor, color=BLACK, linewidth=1.5, linestyle="--")
    ax.set(xlim=(-0.5, len(gains) - 0.5), ylim=(lowest - 0.4, 1.6), yticks=[-8, -6, -4, -2, 0],
           xlabel="gain of $W_h$ (dots: sizes still differ; crosses: alike, or no trace left)", ylabel="share left in $h_{100}$")
    ax.set_xticks(range(len(gains)), [f"{g:g}" for g in gains])
    ax.yaxis.set_major_formatter(lambda log, place: ("≤" if log == lowest else "") + decade(log, place))
    # 100 cells do not tell apart shares that differ by less than 0.05.
    best = [(f"{g:g}", f"{100 * share:.0f}") for g, share in zip(gains, shares) if share > max(shares) - 0.05]
    where, percent = (" and ".join(names) for names in zip(*best))
    ax.set_title(f"Useful memory is most common at gain{'s' * (len(best) > 1)} {where}: {percent} % of the cells", y=1.1)
    said = ", ".join(f"{g:g}: {100 * share:.0f} %" for g, share in zip(gains, shares))
    return figures.Picture(figure, f"Cells with a useful memory over 100 steps, by gain: {said}.")


def _fate(t, log, left):
    """The title: what has become of the change by step t, from its decimal logarithm and that of the share left."""
    if t == 1:
        return "At step 1, the change has just reached the state"
    if log <= ROUNDING:
        return f"At step {t}, no trace of the change is left that float64 could hold"
    if left < -6:
        return f"At step {t}, less than a millionth of the change is left"
    if abs(left) < 0.02:
        return f"At step {t}, the change is as large as at step 1"
    return f"At step {t}, {scientific(left)} of the change is left" if left < 0 else \
        f"At step {t}, the change is {scientific(left)} times as large as at step 1"
