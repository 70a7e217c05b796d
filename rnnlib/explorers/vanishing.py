"""Slider figures on what is left of a gradient after many steps back."""

import numpy as np

from .. import figures
from ..figures import BLACK, FADING, GRADIENT, GREY, scientific
from ..live import LiveFigure, slider

FLOAT32, FLOAT64 = np.finfo(np.float32), np.finfo(np.float64)
# a power is rounded to zero below half the smallest number of a format
ZERO = {"float32": np.log10(FLOAT32.smallest_subnormal.astype(float)) - np.log10(2),
        "float64": np.log10(FLOAT64.smallest_subnormal) - np.log10(2)}
OVERFLOW = {"float32": np.log10(float(FLOAT32.max)), "float64": np.log10(FLOAT64.max)}


def vanishing_product(log10_left, factor=0.7, T=100):
    """How much of a gradient is left on its way from step T back to step 1, when every step multiplies it by `factor`.

    log10_left : function (factor, T) -> (T,) decimal logarithms of what is left at steps 1..T (0.0 at step T)
    """
    figure, (curve, strip) = figures.new(2, 1, size=(8.5, 4.6), top=0.85, bottom=0.65, left=0.95,
                                         height_ratios=[8, 1], hspace=0.12, sharex=True)
    line, = curve.plot([], [], color=GRADIENT, linewidth=3)
    end, = curve.plot([], [], "o", color=GRADIENT, markersize=9)
    number = figure.text(0.975, 0.905, "", fontsize=26, ha="right", va="center", weight="bold", color=BLACK)
    curve.set_ylabel("share of the gradient left")
    limits = []
    for level, label in ((-6, "one millionth"), (ZERO["float32"], "float32 ends"), (ZERO["float64"], "float64 ends"),
                         (OVERFLOW["float32"], "float32 overflows")):
        limits.append((level, curve.axhline(level, color=GREY, linewidth=1, linestyle=":"),
                       curve.text(1, level, f" {label}", fontsize=10, color=GREY, va="bottom", ha="left",
                                  transform=curve.get_yaxis_transform(), clip_on=True)))
    curve.yaxis.set_major_formatter(lambda value, _: f"$10^{{{value:.0f}}}$")
    curve.yaxis.get_major_locator().set_params(integer=True, nbins=6)
    image = strip.imshow(np.zeros((1, 2)), cmap=FADING, vmin=0, vmax=1, aspect="auto", extent=(0.5, 2.5, 0, 1))
    strip.set_yticks([])
    strip.grid(False)
    strip.set_xlabel("step k of the sequence (the loss sits at step T, on the right)")
    curve.tick_params(labelbottom=False)

    def draw(factor, T):
        left = log10_left(factor, T)
        line.set_data(np.arange(1, T + 1), left)
        end.set_data([1], [left[0]])
        low, high = min(left.min(), -8.0), max(left.max(), 1.0)
        curve.set_xlim(0.5, T + 0.5)
        curve.set_ylim(low - 0.08 * (high - low), high + 0.08 * (high - low))
        for level, rule, label in limits:
            inside = low < level < high
            rule.set_visible(inside)
            label.set_visible(inside)
            label.set_position((0.01, level))
        image.set_data(np.clip(1 + left / 6, 0, 1)[None, :])
        image.set_extent((0.5, T + 0.5, 0, 1))
        number.set_text(f"${factor:g}^{{{T - 1}}} = $ {scientific(left[0])}")
        curve.set_title(_headline(factor, left), y=1.05)
        return _words(factor, T, left)

    return LiveFigure(figure, draw, factor=slider("factor per step", factor, 0.1, 1.5, 0.01), T=slider("steps T", T, 2, 500))


def _headline(factor, left):
    if factor == 1:
        return "Nothing is lost"
    return "The gradient vanishes" if left[0] < -6 else "The gradient explodes" if left[0] > 6 else \
        "The gradient shrinks" if factor < 1 else "The gradient grows"


def _words(factor, T, left):
    """The figure in words: what reaches step 1, how far one millionth is, and which formats still hold the number."""
    n, log10 = T - 1, left[0]
    said = f"{factor:g}^{n} = {scientific(log10)} of the gradient at step T = {T} reaches step 1. "
    if factor == 1:
        return said + "A factor of exactly 1 neither shrinks nor grows it, at any length."
    steps = int(np.ceil(6 / abs(np.log10(factor)) - 1e-9))
    said += f"{steps} steps back " + ("one millionth of it is left. " if factor < 1 else "it is a million times as large. ")
    lost = [name for name in ("float32", "float64") if log10 < ZERO[name] or log10 > OVERFLOW[name]]
    if not lost:
        return said + "float32 and float64 both still hold that number."
    what = "rounded to zero" if factor < 1 else "too large"
    return said + (f"In float32 it is {what}; float64 still holds it." if lost == ["float32"]
                   else f"It is {what} in float32 and in float64; the curve is drawn from logarithms.")
