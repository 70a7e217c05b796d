"""The figure of lesson 04 on an exploding gradient: descent on a loss with a cliff, its gradients clipped."""

import numpy as np
from ipywidgets import SelectionSlider

from .. import figures
from ..figures import BLACK, GRADIENT, decade, scientific
from ..live import LiveFigure
from ..marks import ON_TOP, relief

TOP = 12        # decimal logarithm of the largest loss in the picture
THRESHOLDS = [step * 10.0 ** decade for decade in range(-1, 5) for step in (1, 2, 5)] + [1e5]


@figures.style()
def clipped_descent(descend, w_x, w_h, surface, threshold=10.0):
    """Steps of gradient descent on a surface with a cliff; no step follows more gradient than the threshold allows.

    descend : function (threshold) -> path (S+1, 2) as (w_x, w_h), losses (S+1,), norms (S,) of the gradients before
    clipping; a run whose loss passes all bounds may be shorter than the others
    w_x (N,), w_h (M,), surface (M, N): the loss over both weights
    """
    figure, (plane, curve) = figures.new(1, 2, size=(8.4, 4.4), left=0.75, right=0.2, width_ratios=[1.5, 1], wspace=0.26)
    relief(plane, w_h, w_x, 0, 8)(np.log10(np.maximum(surface, 1e-2)).T)
    plane.set(xlim=(w_h[0], w_h[-1]), ylim=(w_x[0], w_x[-1]), xlabel="$w_h$", ylabel="$w_x$",
              yticks=range(-1, 4), xticks=[0, 0.5, 1, 1.5])
    plane.plot([1], [1], "*", color=BLACK, markersize=17, markerfacecolor="white", zorder=4)
    plane.text(1.06, 1, "the answer", va="center", bbox=ON_TOP, zorder=1.5)      # under the path
    path_line, = plane.plot([], [], ".-", color=GRADIENT, linewidth=1.8, markersize=6)
    start, = plane.plot([], [], "o", color=BLACK, markeredgecolor="white", markersize=10)
    ball, = plane.plot([], [], "o", color=GRADIENT, markeredgecolor="white", markeredgewidth=1.5, markersize=13, zorder=5)
    loss_line, = curve.plot([], [], color=BLACK)
    curve.set(xlabel="step of training", ylabel="loss (squared error)", ylim=(-2, TOP), yticks=range(0, TOP + 1, 4))
    curve.yaxis.set_major_formatter(decade)
    steps = len(descend(threshold)[2])
    curve.set_xlim(0, steps)

    def draw(threshold):
        path, losses, norms = descend(threshold)
        log10 = np.log10(losses)
        near = np.clip(path, -1e4, 1e4).T[::-1]     # a run that is thrown off only has to leave the picture
        path_line.set_data(near)
        start.set_data(near[:, :1])
        ball.set_data(near[:, -1:])
        loss_line.set_data(np.arange(len(losses)), log10)
        plane.set_title(_outcome(path, losses))
        curve.set_title(f"Loss {scientific(log10[-1])}, step {len(norms)}")
        clipped = (norms > threshold).sum()
        largest, first, last = (scientific(value) for value in (np.log10(norms.max()), log10[0], log10[-1]))
        return (f"Threshold {threshold:g}: {clipped} of {len(norms)} gradients were clipped, the largest had norm "
                f"{largest}; the loss went from {first} to {last}.")

    choices = SelectionSlider(options=[(f"{value:g}", value) for value in THRESHOLDS], value=threshold,
                              description="threshold", style={"description_width": "11em"},
                              layout={"width": "min(98%, 640px)"})
    return LiveFigure(figure, draw, threshold=choices)


def _outcome(path, losses):
    if losses[-1] > 1e12:
        return "Thrown off the cliff"
    if losses.max() > 10 * losses[0]:
        return "Over the wall, and back"
    if losses[-20:].max() < 0.1 * losses[0]:
        return "Down in the valley"
    if losses.min() < 0.1 * losses[0]:
        return "From side to side"
    if np.abs(path - path[0]).max() < 0.05:         # less than the ball is wide
        return "Hardly moved"
    return "Thrown far back" if np.abs(np.diff(path, axis=0)).max() > 0.4 else "Still on its way"
