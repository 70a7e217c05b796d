"""Figures of lesson 04 on products of real Jacobians: how fast they shrink or grow, and what can be read off W_h."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from .. import figures, marks
from ..figures import BLACK, GRADIENT, GREY, SKY, STATE, decade, number, power, scientific
from ..live import LiveFigure, slider
from ..marks import EndLabels, Fading, move

FLOOR = -20                     # decimal logarithm of what is drawn as gone
MILLIONTH, MILLION = -6, 6
REACHES = [3, *10.0 ** np.arange(1, 12)]     # of the plane on which a circle is stretched
RANGES = [12, 25, 50, 100, 200, 400, 800]       # how far an axis of decimal logarithms may reach either way
BOTH_WAYS = LinearSegmentedColormap.from_list("both ways", ["#FFFFFF", GRADIENT, BLACK])    # vanished, kept, exploded


def _verdict(log10):
    """What has become of a gradient, by the decimal logarithm of the share that is left."""
    return "vanishes" if log10 < MILLIONTH else "explodes" if log10 > MILLION else \
        "shrinks" if log10 < -0.02 else "grows" if log10 > 0.02 else "keeps its size"


@figures.style()
def jacobian_norms(log10_norms, radius=0.9, input_scale=1.0, T=100):
    """The spectral norm of d h_T / d h_k over the lag T - k, against three curves that need no product of matrices.

    log10_norms : function (radius, input_scale, T) -> (4, T) decimal logarithms, by lag 0..T-1: the norm of the product,
    the product of the factors' norms, the bound (||W_h|| max tanh')^lag, and (spectral radius times root mean square
    slope)^lag
    """
    figure, (ax, row) = figures.new(2, 1, size=(8.4, 5.0), left=0.95, right=1.75, top=0.5, bottom=0.65, height_ratios=[8, 1],
                                    hspace=0.06, sharex=True)
    looks = [(GRADIENT, "-", 4, "the product"), (BLACK, "--", 1.8, "product of norms"),
             (GREY, "-.", 1.8, "bound"), (BLACK, ":", 2.2, "short cut")]
    lines = [ax.plot([], [], line, color=color, linewidth=width, zorder=3 if width == 4 else 2)[0]
             for color, line, width, _ in looks]
    end, = ax.plot([], [], "o", color=GRADIENT, markersize=9, zorder=4, clip_on=False)
    names = EndLabels(ax, [label for *_, label in looks], [color for color, *_ in looks])
    for low, high, color in ((-1000, MILLIONTH, SKY), (MILLION, 1000, GRADIENT)):
        ax.axhspan(low, high, color=color, alpha=0.12, linewidth=0, zorder=0)
    zones = [marks.write(ax, 0, 0, name, ha="left", color=GREY) for name in ("explodes", "vanishes")]
    ax.axhline(0, color=GREY, linewidth=1)
    ax.set(ylabel="norm of d $h_T$ / d $h_k$")
    ax.yaxis.set_major_formatter(decade)
    ax.yaxis.get_major_locator().set_params(integer=True, nbins=7)
    ax.tick_params(labelbottom=False, bottom=False)
    arrows = Fading(row)
    row.set_axis_on()
    row.set(yticks=[], xlabel="lag T - k (steps back from the loss; arrows: the gradient on its way)")
    row.spines["left"].set_visible(False)
    row.grid(False)
    row.xaxis.get_major_locator().set_params(integer=True, nbins=6)

    def draw(radius, input_scale, T):
        curves = log10_norms(radius, input_scale, T)
        for line, curve in zip(lines, curves):
            line.set_data(np.arange(T), curve)
        left, chained, bound, predicted = (float(curve[-1]) for curve in curves)
        end.set_data([T - 1], [left])
        ax.set_xlim(0, T - 1)
        low, high = curves.min(), curves.max()      # few ranges, so that the axis stays where it is from most moves to the next
        ax.set_ylim(-next(r for r in RANGES if r > -low + 1), next(r for r in RANGES if r > high + 1))
        names.set(T - 1, [left, chained, bound, predicted])
        arrows.set([curves[0]])
        for name, edge in zip(zones, ((ax.get_ylim()[1] + MILLION) / 2, (ax.get_ylim()[0] + MILLIONTH) / 2)):
            move(name, ax, 0.015 * (T - 1), edge)
            name.set_visible(abs(edge) - MILLION > 0.035 * np.diff(ax.get_ylim())[0])     # a thin zone has no room for it
        ax.set_title(f"The gradient {_verdict(left)}: {scientific(left)} after {T - 1} step{'s' * (T > 2)}")
        said = [scientific(value) for value in (left, chained, bound, predicted)]
        return (f"Radius {radius:g}, input scale {input_scale:g}, lag {T - 1}: the product has norm {said[0]}; product of "
                f"the norms {said[1]}, bound {said[2]}, short cut {said[3]}.")

    return LiveFigure(figure, draw, radius=slider("spectral radius", radius, 0.2, 4.0, 0.05),
                      input_scale=slider("input scale", input_scale, 0.0, 20.0, 0.25), T=slider("steps T", T, 2, 200))


@figures.style()
def predicted_left(predicted, measured):
    """What a short cut predicts of a product of Jacobians against the product itself, each cell a dot.

    predicted, measured : dict of str (a label) to ndarray (N,), decimal logarithms, one entry for each cell
    """
    figure, ax = figures.new(size=(8.4, 4.6), left=0.95, right=0.3)
    low = min(min(values.min() for values in of.values()) for of in (predicted, measured)) - 1
    high = max(max(values.max() for values in of.values()) for of in (predicted, measured)) + 1
    ax.fill_between([low, high], [low - 1, high - 1], [low + 1, high + 1], color=SKY, alpha=0.25, linewidth=0)
    ax.plot([low, high], [low, high], color=GREY, linewidth=1)
    looks = [(STATE, "o"), (GREY, "s"), (GRADIENT, "^"), (BLACK, "x")]
    for (label, values), (color, marker) in zip(measured.items(), looks):
        ax.plot(predicted[label], values, marker, color=color, markersize=5, alpha=0.6, label=label)
    ax.set(xlim=(low, high), ylim=(low, high), xlabel="norm predicted from radius and slope", ylabel="measured norm")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(decade)
        axis.get_major_locator().set_params(integer=True, nbins=7)
    ax.legend(loc="lower right")
    close = {label: (np.abs(predicted[label] - values) <= 1).sum() for label, values in measured.items()}
    said = "; ".join(f"{label}: {close[label]} of {len(values)}" for label, values in measured.items())
    first, last = list(measured)[0], list(measured)[-1]
    ax.set_title(f"Right within a factor of ten: {close[first]} of {len(measured[first])} cells at {first}, "
                 f"{close[last]} at {last}")
    return figures.Picture(figure, f"Cells in which the prediction is within a factor of ten (the blue band): {said}.")


@figures.style()
def norm_and_radius(eigenvalues, n, norms):
    """Why the eigenvalues come late: where they lie, and the n-th root of the norm of W^n on its way to their radius.

    eigenvalues : complex ndarray (H,) of W; n, norms : ndarray (N,), the spectral norm of W^n
    """
    figure, (plane, curve) = figures.new(1, 2, size=(8.4, 4.0), left=0.8, right=0.4, top=0.6, width_ratios=[1, 1.35],
                                         wspace=0.3)
    angle = np.linspace(0, 2 * np.pi, 200)
    radius, norm = float(np.abs(eigenvalues).max()), float(norms[0])
    for r, line, label in ((radius, ":", f"radius {radius:.2f}"), (norm, "--", f"norm {norm:.2f}")):
        plane.plot(r * np.cos(angle), r * np.sin(angle), line, color=BLACK, linewidth=1.8)
        plane.text(0, r + 0.04, label, ha="center", va="bottom")
    plane.plot(eigenvalues.real, eigenvalues.imag, "o", color=STATE, markeredgecolor=BLACK, markersize=7)
    side = 1.25 * norm
    plane.set(xlim=(-side, side), ylim=(-side, side), aspect="equal", xlabel="real part", ylabel="imaginary part",
              xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    plane.set_title("The eigenvalues of W")
    curve.plot(n, norms ** (1 / n), "o-", color=GRADIENT)
    curve.axhline(radius, color=BLACK, linestyle=":")
    curve.axhline(norm, color=BLACK, linestyle="--")
    curve.text(n[-1], radius - 0.02, "spectral radius", ha="right", va="top")
    curve.text(n[-1], norm - 0.02, "spectral norm", ha="right", va="top")
    curve.set(xscale="log", ylim=(radius - 0.15, norm + 0.1), xlabel="number of factors n",
              ylabel="stretch per factor", xticks=[1, 10, 100])
    curve.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    curve.set_title("From the norm (n = 1) down to the radius")
    at_end = norms[-1] ** (1 / n[-1])
    return figures.Picture(figure, f"The largest stretch per factor falls from the norm {norm:.2f} at n = 1 towards "
                                   f"the spectral radius {radius:.2f}; at n = {n[-1]} it is {at_end:.3f}.")


@figures.style()
def two_units(powers, eigenvalue=0.9, coupling=1.0, lag=3):
    """Powers of a 2 x 2 matrix as what they do to a circle, and their norm against the power of the eigenvalue.

    powers : function (eigenvalue, coupling) -> (N+1, 2, 2), W^0 .. W^N of [[eigenvalue, coupling], [0, eigenvalue]]
    """
    figure, (plane, curve) = figures.new(1, 2, size=(8.4, 4.2), left=0.85, right=1.2, width_ratios=[1, 1.35], wspace=0.42)
    N = len(powers(eigenvalue, coupling)) - 1
    angle = np.linspace(0, 2 * np.pi, 121)
    circle = np.array([np.cos(angle), np.sin(angle)])
    before, = plane.plot([], [], "--", color=GREY, linewidth=1.5)
    after, = plane.plot([], [], color=GRADIENT, linewidth=3)
    axis, = plane.plot([], [], color=BLACK, linewidth=1.5)
    plane.set(aspect="equal", xlabel="unit 1", ylabel="unit 2", xticks=[0], yticks=[0])
    actual, = curve.plot([], [], color=GRADIENT, linewidth=3, label="norm of $W^n$")
    by_radius, = curve.plot([], [], ":", color=BLACK, label="radius$^n$")
    by_norm, = curve.plot([], [], "--", color=BLACK, linewidth=1.5, label="norm$^n$")
    point, = curve.plot([], [], "o", color=GRADIENT, markersize=10)
    curve.axhline(0, color=GREY, linewidth=1)
    curve.set(xlim=(0, N), ylim=(-6, 6), xlabel="number of factors n", ylabel="norm",
              yticks=[-6, -3, 0, 3, 6])
    curve.yaxis.set_major_formatter(decade)
    names = EndLabels(curve, ["norm of $W^n$", "radius$^n$", "norm$^n$"], [GRADIENT, BLACK, BLACK])
    for axis_of in (plane.xaxis, plane.yaxis):
        axis_of.set_major_formatter(lambda value, _: number(value) if abs(value) < 1e4 else
                                    "-" * int(value < 0) + decade(np.log10(abs(value))))

    def draw(eigenvalue, coupling, lag):
        W_n = powers(eigenvalue, coupling)
        stretched, lengths, _ = np.linalg.svd(W_n)
        norms, n = lengths[:, 0], np.arange(N + 1)
        image = W_n[lag] @ circle
        reach = next(r for r in REACHES if r > 1.02 * norms[lag])       # few, so that sizes can be compared from move to move
        plane.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[-reach, 0, reach], yticks=[-reach, 0, reach])
        before.set_data(circle)
        after.set_data(image)
        axis.set_data(np.outer(stretched[lag, :, 0] * norms[lag], [-1, 1]))
        plane.set_title(f"Longer semi-axis {number(norms[lag])}")
        actual.set_data(n, np.log10(norms))
        by_radius.set_data(n, n * np.log10(eigenvalue))
        by_norm.set_data(n, n * np.log10(norms[1]))
        point.set_data([lag], [np.log10(norms[lag])])
        names.set(n, [actual.get_ydata(), by_radius.get_ydata(), by_norm.get_ydata()])
        peak = int(norms.argmax())
        curve.set_title("It only shrinks" if peak == 0 else f"It grows up to n = {peak}, then shrinks" if peak < N
                        else "It grows all the way")
        promise, found, highest = (scientific(v) for v in (lag * np.log10(eigenvalue), *np.log10(norms[[lag, peak]])))
        return (f"Both eigenvalues are {eigenvalue:g}: after {lag} factor{'s' * (lag != 1)} they promise {promise}, "
                f"the largest singular value is {found}. Its peak is {highest}, at n = {peak}.")

    return LiveFigure(figure, draw, play="lag", eigenvalue=slider("eigenvalue", eigenvalue, 0.5, 1.1, 0.01),
                      coupling=slider("coupling", coupling, 0.0, 3.0, 0.05), lag=slider("factors n", lag, 0, N))


@figures.style()
def resting_factor(w, factors):
    """One unit left to itself: the factor w (1 - h^2) at the state it settles in, over its weight w.

    w : ndarray (N,); factors : dict of str (label) to ndarray (N,)
    """
    figure, ax = figures.new(size=(8.4, 3.6))
    ax.plot(w, w, "--", color=GREY)
    ax.text(1.22, 1.3, "w alone", color=GREY, ha="right", va="bottom")
    for (label, factor), line in zip(factors.items(), ("-", "-.")):
        ax.plot(w, factor, line, color=GRADIENT, linewidth=3, label=label)
    ax.axhline(1, color=BLACK, linewidth=1)
    ax.set(xlim=(w[0], w[-1]), ylim=(0, 1.45), xlabel="weight w", ylabel="factor per step")
    ax.legend(loc="upper right")
    highest = max(float(factor.max()) for factor in factors.values())
    ax.set_title("At rest the factor never exceeds one, and a large weight makes it vanish")
    at_end = max(float(factor[-1]) for factor in factors.values())
    return figures.Picture(figure, f"At rest, the largest factor over all weights is {highest:.2f}; at w = {w[-1]:g} "
                                   f"it is {at_end:.3f}.")


@figures.style()
def radius_map(radii, scales, log10_left):
    """Where the gradient vanishes and where it explodes: the norm of d h_T / d h_1 over spectral radius and input scale.

    radii (G,), scales (S,); log10_left (S, G) decimal logarithms
    """
    figure, ax = figures.new(size=(8.4, 4.2), right=0.75)
    mesh = ax.pcolormesh(radii, scales, np.clip(log10_left, FLOOR, -FLOOR), cmap=BOTH_WAYS, vmin=FLOOR, vmax=-FLOOR,
                         shading="nearest", rasterized=True)
    ax.contour(radii, scales, log10_left, levels=[MILLIONTH, MILLION], colors=[BLACK], linestyles=["--", "-"],
               linewidths=2)
    bar = figure.colorbar(mesh, ax=ax, pad=0.02, ticks=[-20, -6, 0, 6, 20])
    bar.ax.set_yticklabels([f"{power(10, -20)} or less", "one millionth", "1", "a million", f"{power(10, 20)} or more"])
    for level, line in ((MILLIONTH, "--"), (MILLION, "-")):
        bar.ax.axhline(level, color=BLACK, linewidth=2, linestyle=line)
    ax.set(yscale="log", xlabel="spectral radius of $W_h$", ylabel="input scale")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.grid(False)
    ax.text(0.03, 0.95, "vanishes\n(left of the dashed line)", transform=ax.transAxes, va="top")
    ax.text(0.97, 0.05, "explodes\n(right of the solid line)", transform=ax.transAxes, ha="right", color="white")
    between = float(((log10_left > MILLIONTH) & (log10_left < MILLION)).mean())
    ax.set_title(f"Between vanishing and exploding lies a strip, {100 * between:.0f} % of this map")
    small, loud = (radii[(rows < MILLIONTH).all(axis=0)] for rows in (log10_left, log10_left[-1:]))
    return figures.Picture(figure, f"Less than one millionth is left up to a radius of {small[-1]:.1f} at every input "
                                   f"scale, up to {loud[-1]:.1f} at input scale {scales[-1]:g}.")
