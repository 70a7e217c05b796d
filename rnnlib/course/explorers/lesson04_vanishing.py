"""Figures of lessons 00 and 04 on a product of equal factors: what is left of a gradient, and what a format holds."""

import numpy as np

from .. import figures
from ..drawings import Unrolled
from ..figures import BLACK, FADING, GRADIENT, GREY, decade, number, power, scientific
from ..live import LiveFigure, slider

FLOAT32, FLOAT64 = np.finfo(np.float32), np.finfo(np.float64)
# a power is rounded to zero below half the smallest number of a format
ZERO = {"float32": np.log10(float(FLOAT32.smallest_subnormal)) - np.log10(2),
        "float64": np.log10(FLOAT64.smallest_subnormal) - np.log10(2)}
OVERFLOW = {"float32": np.log10(float(FLOAT32.max)), "float64": np.log10(FLOAT64.max)}


@figures.style()
def way_back(share):
    """The unrolled network with the gradient on its way from h_T to h_1, each arrow as strong as what it delivers.

    share : ndarray (T,): the share of dL/dh_T that arrives at h_1 .. h_T, 0 to 1
    """
    T = len(share)
    figure, ax = figures.new(size=(8.4, 2.9), left=0.1, right=0.1, bottom=0.1, top=0.5)
    network = Unrolled(ax, T, outputs=False, gradient=True)
    network.gradient_left([0, *share[:-1]])     # the arrow into h_0 is not on the way to h_1
    ax.text(0, 0.48, "share left:", color=GRADIENT, ha="center", va="center")
    for t in range(1, T + 1):
        ax.text(t, 0.48, f"{figures.number(share[t - 1], 2)}", color=GRADIENT, weight="bold", ha="center", va="center")
    ax.set_title(f"A loss computed from $h_{T}$: {T} states, {T - 1} factors, "
                 f"{figures.number(share[0], 2)} of its gradient reaches $h_1$")
    return figures.Picture(figure, f"Between h_1 and h_{T} lie {T - 1} factors; {figures.number(share[0], 2)} of the gradient at "
                                   f"h_{T} is left at h_1.")


@figures.style()
def vanishing_product(log10_left, factor=0.7, T=100):
    """How much of a gradient is left on its way from step T back to step 1, when every step multiplies it by `factor`.

    log10_left : function (factor, T) -> (T,) decimal logarithms of what is left at steps 1..T (0.0 at step T)
    """
    figure, (curve, strip) = figures.new(2, 1, size=(8.4, 4.6), top=0.85, bottom=0.65, left=0.95,
                                         height_ratios=[8, 1], hspace=0.12, sharex=True)
    line, = curve.plot([], [], color=GRADIENT, linewidth=3)
    end, = curve.plot([], [], "o", color=GRADIENT, markersize=9)
    big = figure.text(0.975, 0.905, "", fontsize=30, ha="right", va="center", weight="bold", color=BLACK)
    curve.set_ylabel("share left")
    limits = []
    for level, label in ((-6, "one millionth"), (ZERO["float32"], "float32 ends"), (ZERO["float64"], "float64 ends"),
                         (OVERFLOW["float32"], "float32 overflows")):
        limits.append((level, curve.axhline(level, color=GREY, linewidth=1, linestyle=":"),
                       curve.text(0.01, level, label, color=GREY, va="bottom",
                                  transform=curve.get_yaxis_transform(), clip_on=True)))
    curve.yaxis.set_major_formatter(decade)
    curve.yaxis.get_major_locator().set_params(integer=True, nbins=6)
    curve.xaxis.get_major_locator().set_params(integer=True)
    image = strip.imshow(np.zeros((1, 2)), cmap=FADING, vmin=0, vmax=1, aspect="auto", extent=(0.5, 2.5, 0, 1))
    strip.set_yticks([])
    strip.grid(False)
    strip.set_xlabel("step k (the loss is computed at step T; blank: less than one millionth is left)")
    curve.tick_params(labelbottom=False)

    def draw(factor, T):
        left = log10_left(factor, T)
        line.set_data(np.arange(1, T + 1), left)
        end.set_data([1], [left[0]])
        low, high = min(left.min(), -8.0), max(left.max(), 1.0)
        curve.set_xlim(0.5, T + 0.5)
        curve.set_ylim(low - 0.08 * (high - low), high + 0.08 * (high - low))
        for level, rule, label in limits:
            # two names on one spot read as neither: where the axis is long, one millionth is as good as one
            inside = low < level < high and (level != -6 or high - low < 120)
            rule.set_visible(inside)
            label.set_visible(inside)
        image.set_data(np.clip(1 + left / 6, 0, 1)[None, :])
        image.set_extent((0.5, T + 0.5, 0, 1))
        big.set_text(f"{power(factor, T - 1)} = {scientific(left[0])}")
        curve.set_title(_headline(factor, left), y=1.05)
        return _words(factor, T, left)

    return LiveFigure(figure, draw, factor=slider("factor per step", factor, 0.1, 1.5, 0.001),
                      T=slider("steps T", T, 2, 500))


def _headline(factor, left):
    if factor == 1:
        return "Nothing is lost"
    return "The gradient vanishes" if left[0] < -6 else "The gradient explodes" if left[0] > 6 else \
        "The gradient shrinks" if factor < 1 else "The gradient grows"


def _words(factor, T, left):
    """The figure in words: what reaches step 1, how far one millionth is, and which formats still hold the number."""
    n, log10 = T - 1, left[0]
    said = f"{power(factor, n)} = {scientific(log10)} of the gradient at step T = {T} reaches step 1. "
    if factor == 1:
        return said + "A factor of exactly 1 neither shrinks nor grows it, at any length."
    steps = int(np.ceil(6 / abs(np.log10(factor)) - 1e-9))
    said += f"After {steps} steps back {'less than one millionth' if factor < 1 else 'a million times as much'} "
    said += "is left. " if steps <= n else "would be left. "
    lost = [name for name in ("float32", "float64") if log10 < ZERO[name] or log10 > OVERFLOW[name]]
    if not lost:
        # below the smallest normal number a format goes on with fewer and fewer digits
        return said + ("float32 and float64 both still hold that number." if log10 >= np.log10(float(FLOAT32.tiny))
                       else "float64 still holds that number, float32 only with fewer digits.")
    if factor > 1:
        return said + "That is too large for float32; float64 still holds it."
    if lost == ["float32", "float64"]:
        return said + "float32 and float64 both round that to zero; the curve is drawn from logarithms."
    stuck = step_by_step(factor, n)[-1]
    return said + ("float64 holds it; float32 rounds the power to zero"
                   + (f", and multiplied step by step it sticks at {number(stuck, 2)}." if stuck else "."))


def step_by_step(factor, n):
    """What float32 holds after 1..n multiplications by `factor`, rounded after each: (n,) float32."""
    with np.errstate(under="ignore", over="ignore"):
        return np.multiply.accumulate(np.full(n, factor, dtype=np.float32))


@figures.style()
def two_roundings(factor, log10_left, power_32, steps_32):
    """One product in float32 by two routes: as a power it ends in zero, multiplied step by step it sticks above zero.

    log10_left (N,): decimal logarithms of factor^n, n = 1..N; power_32, steps_32 (N,): what float32 holds either way.
    """
    figure, ax = figures.new(size=(8.4, 3.9), left=0.95)
    last = int(np.flatnonzero(power_32)[-1]) + 1            # the power is above zero up to this n
    n, stuck = np.arange(last - 22, last + 21), float(steps_32[-1])
    exact, by_power, by_steps = log10_left[n - 1], power_32[n - 1].astype(float), steps_32[n - 1].astype(float)
    floor = np.floor(exact[-1]) - 1
    ax.plot(n, exact, color=GRADIENT, linewidth=3, label="exact, from logarithms")
    ax.plot(n, np.log10(by_steps), "o", color=BLACK, markersize=8, markerfacecolor="none",
            label="float32, step by step")
    ax.plot(n, np.log10(by_power, out=np.full(len(n), floor), where=by_power > 0), "x", color=BLACK, markersize=6,
            label="float32, as one power", clip_on=False)
    ax.text(n[-1] + 0.5, np.log10(stuck) + 0.25, f"stuck at {number(stuck, 2)}", ha="right")
    ax.text(last + 1, floor + 0.25, f"zero from n = {last + 1}", ha="left")
    ax.set(xlim=(n[0] - 1, n[-1] + 1), ylim=(floor, exact[0] + 0.5), xlabel="number of factors n",
           ylabel=f"{factor:g} to the power n")
    ax.yaxis.set_major_formatter(lambda value, _: "zero" if value == floor else decade(value))
    ax.set_yticks([floor, *np.arange(floor + 1, exact[0], 2)])
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 0.08))
    ax.set_title("One number, two roundings: the power is zero, the product gets stuck")
    return figures.Picture(figure, f"In float32, {factor:g}ⁿ as one power is zero from n = {last + 1}; multiplied "
                                   f"step by step it sticks at {number(stuck, 2)}.")
