"""Figures on backpropagation through time: the cliff, two paths, a check that fails, the gradient map, truncation."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.transforms import Bbox, TransformedBbox

from .. import figures, marks
from ..drawings import Unrolled
from ..figures import BLACK, GRADIENT, GREY, OUTPUT, SKY, decade, number, power
from ..live import LiveFigure, slider
from ..marks import ON_TOP, EndLabels, relief

REACH, LOWEST = 1.5, -2.0                      # of the weights on the loss surface; log10 of the loss
THROW = 0.4                                     # a step that moves a weight further than this is a throw
HEAT = LinearSegmentedColormap.from_list("heat", [(0, "#FFFFFF"), (2 / 3, GRADIENT), (1, "#2A0E00")])
HEAT = HEAT.with_extremes(bad="#E4E8EC")        # where there is no gradient at all
RUNS = [(GREY, ":", "s"), ("#484848", "-.", "^"), (BLACK, "--", "D")]      # curves of what went wrong


def _map_and_curve():
    """A figure with a map on the left, room for its colour bar, and a curve on the right."""
    return figures.new(1, 2, size=(8.4, 4.4), left=0.75, bottom=0.7, top=0.6, width_ratios=[1.25, 1], wspace=0.42)


@figures.style()
def two_paths():
    """Three steps of the unrolled network with the gradient's arrows: two paths lead into the middle state."""
    figure, ax = figures.new(size=(8.4, 4.9), left=0.1, right=0.1, bottom=0.1, top=0.45)
    with figures.style():
        labels = {name: [f"${name}_{{t-1}}$", f"${name}_t$", f"${name}_{{t+1}}$"] for name in "xhy"}
        net = Unrolled(ax, 3, gradient=True, x=labels["x"], h=["$h_{t-2}$", *labels["h"]], y=labels["y"])
        ax.set_xlim(-0.35, 3.65)
        ax.set_ylim(-1.95, 1.5)
        down = [marks.link(ax, net.boxes[start][t], net.boxes[end][t], GRADIENT, 0.09)
                for t in (1, 2, 3) for start, end in (("y", "h"), ("h", "x"))]
        for arrow in (*net.back, *down):
            into_h_t = arrow in (net.back[2], down[2])      # from h_{t+1}, and down from y_t
            arrow.set(linewidth=4 if into_h_t else 2.2, alpha=1.0 if into_h_t else 0.4)
        ax.text(2.2, 0.56, "path 1, direct:\nthis step's loss", color=GRADIENT, va="center", weight="bold")
        ax.text(2.5, -0.56, "path 2: from\nthe next step", color=GRADIENT, va="center", ha="center", weight="bold")
        ax.text(1.65, -1.62, r"$\mathrm{d}h_t\;=\;\mathrm{direct}_t\;+\;W_h^\top\,\mathrm{d}z_{t+1}$", fontsize=18,
                ha="center", va="center")
        ax.set_title("Two gradients meet in every state, and are added")
    return figures.Picture(figure, "Two gradients meet in h_t and are added: the direct one comes down from y_t, this "
                           "step's own loss; the other comes back from h_{t+1}. Their sum goes on to x_t and h_{t-1}.")


@figures.style()
def counting_cliff(losses, gradient, descend, w_x=0.2, w_h=0.4, log_rate=-3.0, T=10):
    """The loss of a network with two weights, the gradient at a point of it, and a descent from there.

    Parameters
    ----------
    losses : function (w_x, w_h, T) -> loss, for arrays that broadcast
    gradient : function (w_x, w_h, T) -> (dL/dw_x, dL/dw_h)
    descend : function (w_x, w_h, T, rate) -> (steps + 1, 2): the points of a descent, ending where it leaves |w| <= 1.5
    """
    grid = np.linspace(-REACH, REACH, 121)
    figure, (map_ax, cut) = figures.new(2, 1, size=(8.4, 4.8), left=0.95, right=0.2, bottom=0.65, top=0.5, sharex=True,
                                        height_ratios=[2.5, 1], hspace=0.06)
    set_height = relief(map_ax, grid, grid, 0, 8)
    path, = map_ax.plot([], [], ".-", color=GRADIENT, linewidth=1.8, markersize=6)
    arrow = map_ax.quiver([0], [0], [1], [0], color=[BLACK], scale=1, scale_units="xy", angles="xy", width=0.006, zorder=4)
    # at the border nothing is cut, but an arrow must not reach the title
    arrow.set_clip_box(TransformedBbox(Bbox([[-0.02, -0.04], [1.02, 1.04]]), map_ax.transAxes))
    here, = map_ax.plot([], [], "o", color=BLACK, markeredgecolor="white", markersize=10, clip_on=False, zorder=4)
    ball, = map_ax.plot([], [], "o", color=GRADIENT, markeredgecolor="white", markeredgewidth=1.5, markersize=13, clip_on=False,
                        zorder=4)
    leaves, = map_ax.plot([], [], "^", color=GRADIENT, markeredgecolor="white", markersize=14, clip_on=False, zorder=5)
    map_ax.plot([1], [1], "*", markerfacecolor="white", markeredgecolor=BLACK, markersize=17)
    map_ax.text(1.06, 1, "the answer", va="center", bbox=ON_TOP, zorder=1.5)       # under the path
    map_ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), ylabel="$w_x$", yticks=[-1, 0, 1])
    map_ax.tick_params(labelbottom=False)
    curve, = cut.plot([], [], color=BLACK, linewidth=1.5)
    ground, = cut.fill([0], [0], color="#C9CFD3", linewidth=0, zorder=0)
    across = map_ax.axhline(0, color=BLACK, linewidth=1, linestyle=":")
    point, = cut.plot([], [], "o", color=BLACK, markersize=10, markeredgecolor="white", clip_on=False)
    cut.set(xlim=(-REACH, REACH), xlabel="$w_h$ (below: the ground along the dotted line)", ylim=(LOWEST, 12.5),
            xticks=[-1, 0, 1], yticks=[-2, 4, 10], ylabel="loss")
    cut.yaxis.set_major_formatter(lambda v, _: decade(v) if v > LOWEST else f"\N{LESS-THAN OR EQUAL TO}{decade(v)}")
    drawn = {}

    def log(loss):
        return np.log10(np.maximum(loss, 10.0**LOWEST))

    def draw(w_x, w_h, log_rate, T):
        if drawn.get("T") != T:
            set_height(log(losses(grid[:, None], grid[None, :], T)))
            drawn["T"] = T
        rate, loss, slope = 10**log_rate, float(losses(w_x, w_h, T)), np.array(gradient(w_x, w_h, T))
        points = descend(w_x, w_h, T, rate)
        left = np.abs(points[-1]).max() > REACH
        path.set_data(*_shortened(points).T[::-1])
        here.set_data([w_h], [w_x])
        ball.set_data(*([], []) if left else points[-1:].T[::-1])
        leaves.set_visible(bool(left))
        if left:
            exit_, side = _exit(*points[-2:])
            leaves.set_data(exit_[::-1, None])
            leaves.set_marker(side)
        arrow.set_offsets([(w_h, w_x)])
        arrow.set_UVC(*(-0.5 * slope / max(np.linalg.norm(slope), 1e-300))[::-1, None])
        profile = log(losses(w_x, grid, T))
        curve.set_data(grid, profile)
        ground.set_xy(np.column_stack([[*grid, REACH, -REACH], [*profile, LOWEST, LOWEST]]))
        across.set_ydata([w_x, w_x])
        point.set_data([w_h], [log(loss)])
        last = np.inf if left else float(losses(*points[-1], T))
        title, end = _descent(loss, last, points, left, float(losses(0.0, 0.0, T)))
        map_ax.set_title(title)
        return (f"At w_x = {w_x:.2f}, w_h = {w_h:.2f}, T = {T} the loss is {number(loss)} and the gradient "
                f"({number(slope[0])}, {number(slope[1])}). With learning rate {number(rate, 2)}, {end}.")

    return LiveFigure(figure, draw, w_x=slider("w_x", w_x, -REACH, REACH, 0.05),
                      w_h=slider("w_h", w_h, -REACH, REACH, 0.05),
                      log_rate=slider("log10 learning rate", log_rate, -4.5, -1.0, 0.25), T=slider("steps T", T, 2, 30))


def _descent(loss, last, points, left, plain):
    """Title and words for where a descent went, from its points; plain: the loss of a network that counts nothing."""
    steps, (w_x, w_h) = len(points) - 1, points[-1]
    moves = np.abs(np.diff(points, axis=0)).max(axis=1)
    if left:
        end = f"to w_x = {number(w_x)}, w_h = {number(w_h)}"
        return ((f"Thrown off the cliff at step {steps}", f"step {steps} throws the weights out of the picture, {end}")
                if moves[-1] > THROW else
                (f"Out of the picture at step {steps}", f"step {steps} leaves the picture, {end}"))
    moved = f"{steps} steps lead to loss {number(last)}"
    if loss < 10.0**LOWEST:
        return "On the valley floor: nothing left to descend", moved
    if last < min(0.5 * loss, 0.1 * plain):
        return f"Down to the valley: loss {number(loss)} to {number(last)}", moved
    if moves.max() > THROW:
        return f"Too large a step: thrown about, at loss {number(last)}", moved
    if last < loss:
        return f"Too small a step: still at loss {number(last)}", moved
    return f"Too large a step: loss {number(loss)} to {number(last)}", moved


def _exit(inside, outside):
    """Where the line between two points (w_x, w_h) crosses the border of the picture, and an arrowhead out of it."""
    move = outside - inside
    share = np.full(2, np.inf)
    np.divide(np.copysign(REACH, move) - inside, move, out=share, where=move != 0)
    first = int(np.argmin(share))
    return inside + share[first] * move, (("v", "^"), ("<", ">"))[first][int(move[first] > 0)]


def _shortened(points):
    """The points of a path with the last one pulled in along its line where it lies far outside the picture."""
    points = np.array(points, dtype=float)
    if len(points) > 1:
        move = points[-1] - points[-2]
        points[-1] = points[-2] + move * min(1.0, 8 * REACH / max(np.abs(move).max(), 1e-300))
    return points


@figures.style()
def check_curves(epsilons, errors):
    """The worst error of gradient checks over the step of the differences, a curve for each gradient checked.

    epsilons : (N,); errors : dict name -> (N,), the right gradient first
    """
    figure, ax = figures.new(size=(8.4, 4.2), right=1.45, left=0.95)
    with figures.style():
        looks = [(GRADIENT, "-", "o"), *RUNS][:len(errors)]
        for i, (error, (color, line, marker)) in enumerate(zip(errors.values(), looks)):
            # curves of mistakes lie close together: each has its dots at steps of its own
            ax.plot(np.log10(epsilons), np.log10(error), line, marker=marker, color=color, markevery=(i - 1, 3) if i else 1)
        ax.axhline(-7, color=GREY, linewidth=1, linestyle=":")
        ax.text(np.log10(epsilons).min(), -7.15, f"passed: below {power(10, -7)}", color=GREY, va="top")
        ax.set(xlabel=r"step $\epsilon$ of the central differences", ylabel="error of the worst array", ylim=(-10.5, 1))
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(decade)
            axis.get_major_locator().set_params(integer=True, nbins=7)
        right = np.argmax(epsilons)
        EndLabels(ax, list(errors), [color for color, *_ in looks]).set(
            np.log10(epsilons[right]), [np.log10(error[right]) for error in errors.values()])
        first = next(iter(errors.values()))
        ax.set_title(f"A wrong gradient stays wrong; the right one falls to {number(first.min(), 1)}")
    return figures.Picture(figure, "The error of the right gradient forms a V over the step of the differences, its "
                           "lowest point far below 10\N{SUPERSCRIPT MINUS}⁷; each planted mistake stays on a plateau above 0.01.")


@figures.style()
def gradient_map(norms, gain=1.0, scale=1.0, T=40):
    """How large dL_s/dh_t is for every loss step s and state step t, and what is left of it over the lag s - t.

    norms : function (gain, scale, T) -> ((T, T) norms, [s - 1, t - 1] for loss step s and state step t, 0 where t > s;
        the root mean square of 1 - h_t^2)
    """
    figure, (map_ax, fade) = _map_and_curve()
    with figures.style():
        image = map_ax.imshow(np.zeros((2, 2)), cmap=HEAT, vmin=-6, vmax=3, origin="lower", aspect="auto",
                              interpolation="nearest")
        bar = figure.colorbar(image, ax=map_ax, ticks=[-6, -3, 0, 3], pad=0.03)
        bar.set_ticklabels([f"\N{LESS-THAN OR EQUAL TO}{decade(-6)}", decade(-3), "1",
                            f"\N{GREATER-THAN OR EQUAL TO}{decade(3)}"])
        bar.set_label(r"$\|\partial L_s/\partial h_t\|$", labelpad=-4)
        map_ax.set(xlabel="state step t", ylabel="loss step s")
        map_ax.text(0.97, 0.04, "a state after the loss:\nno gradient", transform=map_ax.transAxes, ha="right",
                    va="bottom", color=GREY)
        map_ax.grid(False)
        for axis in (map_ax.xaxis, map_ax.yaxis):
            axis.get_major_locator().set_params(integer=True, nbins=4)
        low, = fade.plot([], [], color=GREY, linewidth=1)
        high, = fade.plot([], [], color=GREY, linewidth=1)
        middle, = fade.plot([], [], color=GRADIENT, linewidth=3)
        fade.axhline(0, color=GREY, linewidth=1, linestyle=":")
        fade.text(0.03, 0.98, "thick: median\nthin: least, most", transform=fade.transAxes, va="top")
        fade.set(xlabel="lag s - t (steps back)", ylim=(-10, 8), yticks=[-10, -5, 0, 5])
        fade.set_ylabel("share of the gradient left", labelpad=-4)
        fade.yaxis.set_major_formatter(lambda v, _: decade(v) if v > -10 else f"\N{LESS-THAN OR EQUAL TO}{decade(v)}")
        fade.xaxis.get_major_locator().set_params(integer=True, nbins=4)

    def draw(gain, scale, T):
        size, slope = norms(gain, scale, T)
        inside = np.tril(np.ones((T, T), dtype=bool))
        log = np.log10(np.where(inside, size, 1))
        image.set_data(np.ma.masked_array(np.clip(log, -6, 3), mask=~inside))
        image.set_extent((0.5, T + 0.5, 0.5, T + 0.5))
        share = size / np.diagonal(size)[:, None]
        lags = [np.diagonal(share, -lag) for lag in range(T)]
        least, median, most = (np.log10([summary(lag) for lag in lags]) for summary in (np.min, np.median, np.max))
        for line, values in ((low, least), (middle, median), (high, most)):
            line.set_data(np.arange(T), np.clip(values, -10, 8))
        fade.set_xlim(0, T - 1)
        back = T // 2
        map_ax.set_title(_faded(median, gain), y=1.03)
        return (f"Gain {gain:.2f}, inputs x {scale:.1f}: {back} steps back the median share of the gradient left is "
                f"{figures.scientific(median[back])}, a factor of {10 ** (median[back] / back):.2f} per step. "
                f"Gain times root mean square slope is {gain * slope:.2f}.")

    return LiveFigure(figure, draw, gain=slider("gain of W_h", gain, 0.2, 3.0, 0.05),
                      scale=slider("size of the inputs", scale, 0.1, 5.0, 0.1), T=slider("steps T", T, 5, 60))


def _faded(median, gain):
    """The headline for the median share left at lags 0, 1, 2 ..., given as logarithms."""
    back = len(median) // 2
    rate = 10 ** (median[back] / back)
    if 0.98 <= rate <= 1.02:
        return f"{back} steps back the median gradient has kept its size"
    if rate > 1.02:
        return f"The gradient grows: x {figures.scientific(median[back])} over {back} steps"
    gone = np.flatnonzero(median < -2)
    said = f"{gone[0]} steps back less than 1 % is left" if len(gone) else \
        f"{back} steps back {100 * 10 ** median[back]:.0f} % is left"
    return said + (", for units saturate" if gain > 1 else "")


@figures.style()
def truncation(steps, cosine, size, norms, k=4, step=0):
    """The gradient of chunks of k steps beside the full gradient.

    Parameters
    ----------
    steps : (S,) steps of training, evenly spaced, after which the gradients were taken
    cosine, size : (S, T), [i, k - 1]: the cosine between truncated and full gradient, and the ratio of their norms
    norms : (S, T, T + 1), [i, k - 1, t]: the mean norm of dL/dh_t with chunks of k steps; [i, T - 1] is the full one
    """
    S, T = cosine.shape
    figure, (states, curves) = figures.new(1, 2, size=(8.4, 4.2), left=0.95, top=0.5, wspace=0.28)
    with figures.style():
        cuts, = states.plot([], [], color=GREY, linewidth=1, linestyle=":")
        full, = states.plot([], [], color=BLACK)
        short, = states.plot([], [], color=GRADIENT, marker=".")
        states.text(1, 1.3, "full", va="center")
        states.text(0.3 * T, 1.3, "truncated", va="center", color=GRADIENT, weight="bold")
        states.set(xlabel="step t of the sequence (dotted: cuts)", xlim=(0, T + 1))
        states.set(ylabel=r"mean $\|\partial L/\partial h_t\|$ (largest full = 1)", ylim=(0, 1.45), yticks=[0, 0.5, 1])
        lines = []
        for values, color, line, name in ((cosine, SKY, "-", "cosine of the angle"), (size, OUTPUT, "--", "ratio of lengths")):
            curve, = curves.plot([], [], line, color=color, label=name)
            point, = curves.plot([], [], "o", color=color, markersize=9)
            lines.append((values, curve, point))
        curves.legend(loc="lower right")
        curves.set(xlabel="chunk length k (steps)", ylabel="against the full gradient", xlim=(-0.2, np.log2(T) + 0.2),
                   ylim=(0, max(1.15, 1.05 * size.max())), yticks=[0, 0.5, 1])
        shown = [k for k in (1, 2, 4, 10, 20) if k < T / 1.5] + [T]
        curves.set_xticks(np.log2(shown), [str(k) for k in shown])      # a real log axis takes longer to draw

    def draw(k, step):
        i = int(np.searchsorted(steps, step))
        t = np.arange(1, T + 1)
        largest = norms[i, -1, 1:].max()
        full.set_data(t, norms[i, -1, 1:] / largest)
        short.set_data(t, norms[i, k - 1, 1:] / largest)
        places = np.arange(k, T, k) + 0.5
        cuts.set_data(np.repeat(places, 3), np.tile([0, 1.2, np.nan], len(places)))
        for values, curve, point in lines:
            curve.set_data(np.log2(t), values[i])
            point.set_data([np.log2(k)], [values[i, k - 1]])
        c, r = cosine[i, k - 1], size[i, k - 1]
        angle = np.degrees(np.arccos(np.clip(c, -1, 1)))
        states.set_title(f"Chunks of {k}: {angle:.0f} degrees off the full gradient")
        return (f"After {step} steps of training, k = {k}: cosine {c:.2f} ({angle:.0f} degrees off), {100 * r:.0f} % "
                f"of the full gradient's length; {len(places)} cut{'' if len(places) == 1 else 's'} in {T} steps.")

    return LiveFigure(figure, draw, play="step", k=slider("chunk length k", k, 1, T),
                      step=slider("steps of training", step, int(steps[0]), int(steps[-1]), int(steps[1] - steps[0])))


@figures.style()
def factor_per_step(setting, factor, by_rms, by_mean):
    """The factor per step by which a gradient fades or grows, over what two averages of the slopes of tanh predict.

    setting : N strings, a network each: the name of its cloud, by which the sentence sums up
    factor, by_rms, by_mean : (N,), the measured factor, and gain times the root mean square and the mean slope
    """
    figure, ax = figures.new(size=(8.4, 4.4), left=0.85)
    ends = np.array([0.35, 1.5])
    ax.plot(ends, ends, "--", color=GREY, linewidth=1.5)
    ax.text(1.48, 0.44, "on the line: predicted = measured", ha="right")
    for predicted, marker, color, name in ((by_mean, "x", GREY, "gain x mean slope"),
                                           (by_rms, "o", GRADIENT, "gain x rms slope")):
        ax.plot(predicted, factor, marker, color=color, markersize=5, markeredgewidth=marker == "x", alpha=0.5, label=name)
    ax.axhline(1, color=GREY, linewidth=1, linestyle=":")
    ax.set(xlim=ends, ylim=ends, xlabel="predicted factor per step", ylabel="measured factor per step")
    ax.legend(loc="upper left")
    ax.set_title("The rms slope predicts the factor, unless gain or inputs are large")
    said = []
    for one in dict.fromkeys(setting):
        these = np.array(setting) == one
        right, low = by_rms[these].max() + 0.005, np.quantile(factor[these], 0.15)
        ax.text(min(right, ends[1] - 0.115), low, one, va="top", bbox=ON_TOP)       # below its cloud
        told = (np.median(values[these]) for values in (factor, by_rms, by_mean))
        said.append(f"{one}: " + " / ".join(f"{value:.2f}" for value in told))
    return figures.Picture(figure, f"{len(setting)} networks, a dot and a cross each. Medians of the factor per step, measured / "
                           f"predicted by the rms slope / by the mean slope. {'; '.join(said)}.")


@figures.style()
def accuracy_by_chunk(scores, baseline):
    """The accuracy of networks trained with chunks of k steps, every network a dot.

    scores : dict (k, steps of training) -> accuracies, the networks in any order; baseline : the accuracy of one constant answer
    """
    chunks, budgets = sorted({k for k, _ in scores}), sorted({steps for _, steps in scores})
    figure, ax = figures.new(size=(8.4, 4.0), left=0.85)
    for side, steps, color, mark in zip((-0.17, 0.17), budgets, (SKY, GRADIENT), "os"):
        for i, k in enumerate(chunks):
            values = np.sort(scores[k, steps])
            places = i + side + np.linspace(-0.09, 0.09, len(values))
            ax.plot(places, values, mark, color=color, markersize=4.5, label=f"{steps:,} steps" if i == 0 else None)
            ax.hlines(np.median(values), places[0] - 0.03, places[-1] + 0.03, color=BLACK, linewidth=2)
    ax.axhline(baseline, color=GREY, linewidth=1, linestyle=":")
    ax.text(len(chunks) - 0.5, baseline + 0.01, "always the commonest count ", color=GREY, ha="right")
    ax.set(xlabel="chunk length k (steps)", ylabel="share of right answers", ylim=(0.3, 1.03),
           xlim=(-0.5, len(chunks) - 0.5))
    ax.set_xticks(range(len(chunks)), [str(k) for k in chunks])
    ax.legend(loc="lower right", bbox_to_anchor=(1, 0.12), title="bar: median")
    ax.set_title("Short chunks learn more slowly, and less surely")
    said = "; ".join(f"k = {k}: " + ", ".join(f"{np.median(scores[k, steps]):.3f}" for steps in budgets) for k in chunks)
    after = " and ".join(f"{steps:,}" for steps in budgets)
    return figures.Picture(figure, f"The median share of right answers after {after} steps: {said}.")
