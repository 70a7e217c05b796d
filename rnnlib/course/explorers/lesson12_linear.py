"""Figures of lesson 12 on linear recurrences: the chain and the tree, the memory at the start, a unit that turns, the scan."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from .. import figures
from ..drawings import Unrolled
from ..figures import BLACK, GRADIENT, GREY, INPUT, ORANGE, OUTPUT, PALE, SKY, STATE, decade, number
from ..live import LiveFigure, slider
from ..marks import ON_TOP
from .lesson04_luck import SOLVED

HELD = LinearSegmentedColormap.from_list("held", ["#FFFFFF", STATE])       # 0 .. 1, how much of an input a place holds
# the beats of a bar: name, colour, marker
BEATS = [("beat 0", BLACK, "o"), ("beat 1", ORANGE, "s"), ("beat 2", SKY, "^"), ("beat 3", OUTPUT, "D")]


@figures.style()
def chain_and_tree(factor, T=8):
    """A linear recurrence in two ways: as a chain with the share of the gradient left at each state, and as a tree of pairs.

    factor : the factor of every step, 0 to 1; T : a power of two
    """
    figure, (chain, tree) = figures.new(2, 1, size=(8.4, 5.2), left=0.1, right=0.1, bottom=0.1, top=0.5, hspace=0.22,
                                        height_ratios=[1.15, 1])
    share = factor ** np.arange(T - 1, -1, -1.0)
    network = Unrolled(chain, T, outputs=False, gradient=True)
    network.gradient_left([0, *share[:-1]])
    chain.text(0, 0.48, "share left:", color=GRADIENT, ha="center", va="center")
    for t in range(1, T + 1):
        chain.text(t, 0.48, number(share[t - 1], 2), color=GRADIENT, weight="bold", ha="center", va="center")
    chain.set_title(f"One after the other: {T} steps; every factor is the same $\\lambda$ = {factor:g}")
    rounds = int(np.log2(T))
    tree.set_axis_off()
    tree.set(xlim=chain.get_xlim(), ylim=(-0.45, rounds + 0.4))
    for r in range(rounds + 1):
        done = np.arange(1, T + 1) <= 2 ** r
        for t in range(1, T + 1):
            if r and t > 2 ** (r - 1):
                tree.plot([t - 2 ** (r - 1), t], [r - 1, r], color=STATE, linewidth=1.6, zorder=1)
            if r:
                tree.plot([t, t], [r - 1, r], color=PALE, linewidth=1.6, zorder=0)
            tree.plot([t], [r], "o", color=STATE if done[t - 1] else "white", markeredgecolor=STATE if r else INPUT,
                      markersize=13, markeredgewidth=2, zorder=2)
        tree.text(0.5, r, f"round {r}" if r else "the steps", ha="right", va="center")
    tree.set_title(f"In pairs: {rounds} rounds, and all pairs of a round at the same time")
    return figures.Picture(figure, f"From left to right {T} steps wait for each other; of the gradient at h_{T}, a share of "
                                   f"{factor:g} is left per step back, {number(share[0], 2)} at h_1. In pairs, {rounds} rounds "
                                   "do.")


@figures.style()
def memory_at_the_start(left, runs, lag):
    """How much of a gradient units with one memory tau leave after T steps, beside what runs with that start learned.

    left : function (tau, T) -> (T,) the share that is left after 0 .. T - 1 steps
    runs : dict of label (a budget, the first is the one that `left` is judged by) to (taus, accuracies), of runs at this lag
    """
    figure, (curve, dots) = figures.new(1, 2, size=(8.4, 4.2), left=0.95, top=0.55, right=0.3, wspace=0.28)
    line, = curve.plot([], [], color=GRADIENT, linewidth=3)
    end, = curve.plot([], [], "o", color=GRADIENT, markersize=9, clip_on=False, zorder=5)
    curve.set(xlabel="steps back", ylabel="share left", ylim=(-6.2, 0.2), yticks=np.arange(-6, 1))
    curve.yaxis.set_major_formatter(decade)
    taus, found = map(np.asarray, next(iter(runs.values())))
    wall = min((tau for tau in np.unique(taus) if (found[taus == tau] >= SOLVED).mean() > 0.5), default=None)
    if wall:
        level = np.log10(left(float(wall), lag)[-1])
        curve.axhspan(-6.2, level, color=SKY, alpha=0.12, linewidth=0, zorder=0)
        curve.text(0.03, level - 0.12, f"the stored runs need more\nwithin {next(iter(runs))}", color=GREY, va="top",
                   transform=curve.get_yaxis_transform())
    for (label, (taus, found)), (color, marker, side) in zip(runs.items(), ((BLACK, "o", -1), (GRADIENT, "x", 1))):
        taus, found = np.asarray(taus, dtype=float), np.asarray(found)
        for tau in np.unique(taus):
            here = np.sort(found[taus == tau])
            dots.plot(np.log10(lag / tau) + 0.028 * (np.arange(len(here)) / len(here) + (0 if side > 0 else -1)), here, marker,
                      color=color, markersize=4, alpha=0.7, label=label if tau == taus[0] else None)
    pointer = dots.axvline(0, color=BLACK, linewidth=1.2, linestyle="--")
    dots.axhline(0.25, color=GREY, linewidth=1, linestyle=":")
    dots.text(-0.1, 0.265, "chance", color=GREY, va="bottom", bbox=ON_TOP)
    ticks = np.array([1, 2, 3, 5, 7, 10])
    dots.set(xlim=(-0.12, 1.1), ylim=(0.15, 1.07), xlabel=f"T / tau (stored runs, lag {lag})", ylabel="accuracy",
             yticks=[0.25, 0.5, 0.75, 1])
    dots.set_xticks(np.log10(ticks), ticks)
    dots.legend(loc="center left", bbox_to_anchor=(0.0, 0.42), markerscale=1.5)

    def draw(tau, T):
        shares = np.log10(np.maximum(left(tau, T), 1e-300))
        line.set_data(np.arange(T), shares)
        end.set_data([T - 1], [shares[-1]])
        end.set_visible(bool(shares[-1] >= -6.2))
        curve.set_xlim(0, T - 1)
        ratio = T / tau
        pointer.set_xdata([np.log10(ratio)] * 2)
        pointer.set_visible(bool(0.75 < ratio < 12.5))
        curve.set_title(f"T / tau = {number(ratio, 3)}: {figures.scientific(shares[-1])} is left")
        return (f"Units with a memory of tau = {tau:g} steps have lambda = {1 - 1 / tau:.4f}; over {T - 1} steps "
                f"{figures.scientific(shares[-1])} of a gradient is left. T / tau is {number(ratio, 3)}.")

    return LiveFigure(figure, draw, tau=slider("memory tau (steps)", 20.0, 2.0, 200.0, 1.0),
                      T=slider("steps T", lag, 10, 1000, 10))


@figures.style()
def turning_unit(path, angle=90.0, tau=100, n=60):
    """One complex unit after a stroke: its way through the plane, and its real part, a number that the readout gets.

    path : function (angle in degrees, tau, n) -> complex (n + 1,), the state 0 .. n steps after the stroke
    """
    figure, (plane, time) = figures.new(1, 2, size=(8.4, 4.4), left=0.75, right=0.3, top=0.55, bottom=0.7, wspace=0.25,
                                        width_ratios=[1, 1.15])
    turn = np.linspace(0, 2 * np.pi, 200)
    plane.plot(np.cos(turn), np.sin(turn), color=GREY, linewidth=1, linestyle=":")
    plane.axhline(0, color=GREY, linewidth=0.8)
    plane.axvline(0, color=GREY, linewidth=0.8)
    plane.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), xlabel="real part of h", ylabel="imaginary part", xticks=[-1, 0, 1],
              yticks=[-1, 0, 1], aspect="equal")
    way, = plane.plot([], [], color=STATE, linewidth=1, alpha=0.6)
    marks = [plane.plot([], [], marker, color=color, markersize=6, linestyle="none", label=name)[0]
             for name, color, marker in BEATS]
    now, = plane.plot([], [], "o", markersize=16, markerfacecolor="none", markeredgecolor=GRADIENT, markeredgewidth=2.5)
    wave, = time.plot([], [], color=STATE, linewidth=1.2)
    beats = [time.plot([], [], marker, color=color, markersize=5, linestyle="none")[0] for _, color, marker in BEATS]
    time.set(ylim=(-1.15, 1.15), xlabel="steps n since the stroke", ylabel="real part of h", yticks=[-1, 0, 1])
    figure.legend(*plane.get_legend_handles_labels(), loc="upper right", bbox_to_anchor=(0.98, 0.99), ncol=4, borderpad=0,
                  handletextpad=0.1, columnspacing=0.8)

    def draw(angle, tau, n):
        h = path(angle, tau, n)
        steps = np.arange(n + 1)
        way.set_data(h.real, h.imag)
        wave.set_data(steps, h.real)
        for k, (mark, beat) in enumerate(zip(marks, beats)):
            mark.set_data(h.real[k::4], h.imag[k::4])
            beat.set_data(steps[k::4], h.real[k::4])
        now.set_data([h[-1].real], [h[-1].imag])
        time.set_xlim(-0.5, n + 0.5)
        bars = n // 4
        drift, from_half, from_none = (4 * bars * (angle - other) for other in (90, 180, 0))    # in full: a turn is no way home
        title, told = "The beats run together", f"beat 0 has drifted by {drift:.0f} degrees after {bars} bars"
        if abs(drift) < 45:                     # half of what lies between two directions
            title = "Four beats, four directions"
        elif abs(from_half) < 90:
            title, told = "Two directions: even or odd", "beats 0 and 2 point in one direction, beats 1 and 3 in the other"
        elif abs(from_none) < 45:
            title, told = "One direction for all beats", "all beats point in one direction"
        plane.set_title(title)
        return (f"At {angle:.1f} degrees per step, {told}; "
                f"lambda has the size {1 - 1 / tau:.4f}, and {number(abs(h[-1]), 2)} of the stroke is left after {n} steps.")

    return LiveFigure(figure, draw, angle=slider("angle (degrees)", float(angle), 0.0, 180.0, 0.5),
                      tau=slider("memory tau (steps)", tau, 5, 500, 5), n=slider("steps n", n, 4, 100))


@figures.style()
def scan_in_rounds(after, T, factor=0.9):
    """What the places of a scan hold after each round: a map of which input stands in which place, and the values.

    after : function (round, factor) -> (T, T): row t holds the shares of b_1 .. b_T in place t
    """
    last = int(np.ceil(np.log2(T)))
    b = np.random.default_rng(1).normal(size=T)
    figure, (held, values) = figures.new(1, 2, size=(8.4, 4.4), left=0.75, right=0.3, top=0.55, bottom=0.7, wspace=0.3,
                                         width_ratios=[1, 1.25])
    image = held.imshow(np.zeros((T, T)), cmap=HELD, vmin=0, vmax=1, extent=(0.5, T + 0.5, T + 0.5, 0.5),
                        interpolation="nearest")
    held.grid(False)
    ticks = [1, *range(T // 4, T + 1, T // 4)]
    held.set(xlabel="input of step k", ylabel="place t", xticks=ticks, yticks=ticks)
    true, = values.plot([], [], color=GREY, linewidth=3, label="the loop's h")
    dots, = values.plot([], [], "o", color=STATE, markersize=4.5, label="places now")
    edge = values.axvline(1, color=BLACK, linewidth=1.2, linestyle="--")
    values.set(xlim=(0, T + 1), ylim=(-6.5, 6.5), xlabel="place t", ylabel="value", xticks=ticks)
    values.legend(loc="lower right", bbox_to_anchor=(1.04, 1.0), ncol=2, borderpad=0, handletextpad=0.4, columnspacing=1)

    def draw(round, factor):
        weights, whole = after(round, factor), after(last, factor)
        reach = min(2 ** round, T)
        image.set_data(weights)
        true.set_data(np.arange(1, T + 1), whole @ b)
        dots.set_data(np.arange(1, T + 1), weights @ b)
        edge.set_xdata([reach + 0.5] * 2)
        steps = f"{reach} step{'s' * (reach > 1)}"
        held.set_title(f"After round {round} of {last}: {steps} in a place")
        far = np.abs(weights @ b - whole @ b).max()
        return (f"After round {round} each place holds its last {steps}, so {reach} of the {T} places are finished. "
                + (f"The furthest value is off by {number(far, 2)}." if far > 1e-12 else "All agree with the loop."))

    return LiveFigure(figure, draw, play="round", round=slider("rounds done", 0, 0, last),
                      factor=slider("factor", float(factor), 0.1, 0.99, 0.01))
