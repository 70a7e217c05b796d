"""Figures on gradient highways: three cells' gradients on one axis, what a gate keeps, what fills a memory, recall by lag."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap

from .. import figures
from ..figures import BLACK, CELL_STYLES, GRADIENT, GREY, ORANGE, STATES, scientific
from ..live import LiveFigure, slider

SHUT_TO_OPEN = LinearSegmentedColormap.from_list("gates", ["#FFFFFF", BLACK])       # 0 .. 1, a heat map of gates
ZERO = -310.0       # where the logarithm of an exact zero is drawn: below every float64, far outside the axes
# the curves of `gradient_norms`: label, colour, line style, line width
NORMS = {"RNN": ("vanilla", *CELL_STYLES["RNN"][:2], 2.5), "LSTM": ("LSTM, whole state", *CELL_STYLES["LSTM"][:2], 3),
         "LSTM, h to h": ("LSTM, h to h", ORANGE, ":", 2), "GRU": ("GRU", *CELL_STYLES["GRU"][:2], 3)}


def _log10(values):
    """Decimal logarithms, with ZERO for 0."""
    return np.log10(np.maximum(values, 10.0 ** -308)) + np.where(values > 0, 0.0, ZERO + 308)


def _decades(ax, low, high, every):
    """Mark an axis of decimal logarithms as powers of ten, with fixed limits."""
    ax.set_ylim(low, high)
    ticks = np.arange(np.ceil(low / every) * every, high, every)
    ax.set_yticks(ticks, [f"$10^{{{tick:.0f}}}$" for tick in ticks])


def _rule(ax, level, label="", outside=False):
    """A dotted line across the axes; its label stands on it at the left, or outside at its right end."""
    ax.axhline(level, color=GREY, linewidth=1, linestyle=":", zorder=1)
    ax.text(1.008 if outside else 0.008, level, label, fontsize=10, color=GREY, va="center" if outside else "bottom",
            transform=ax.get_yaxis_transform())


def _norm_axes(ax, labels=True):
    """Empty curves of `gradient_norms` on ax, by name."""
    _decades(ax, -17.5, 4.5, 4)
    _rule(ax, -2, "1 %" if labels else "", outside=True)
    _rule(ax, -16, "lost beside 1 in float64" if labels else "")
    ax.set_xlabel("lag T - k: steps back from the end")
    ax.xaxis.get_major_locator().set_params(integer=True)
    return {name: ax.plot([], [], color=color, linestyle=line, linewidth=width, label=label)[0]
            for name, (label, color, line, width) in NORMS.items()}


def gradient_norms(norms, T=100, gate_bias=0.0, weight_scale=1.0):
    """The norm of d state_T / d state_k by lag for the vanilla cell, the LSTM and the GRU, on one axis.

    norms : function (T, gate_bias, weight_scale) -> dict of "RNN", "LSTM" (whole state), "LSTM, h to h" and "GRU", each the
        spectral norms at lags 0..T, shape (T+1,)
    """
    figure, ax = figures.new(size=(8.5, 4.6), top=0.95, left=0.95, right=0.5)
    lines = _norm_axes(ax)
    ax.set_ylabel("norm of d state$_T$ / d state$_k$ (no unit)")
    with figures.style():
        ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.99), ncols=4, handlelength=2.6, columnspacing=1.6)

    def draw(T, gate_bias, weight_scale):
        logs = {name: _log10(values) for name, values in norms(T, gate_bias, weight_scale).items()}
        for name, line in lines.items():
            line.set_data(np.arange(T + 1), logs[name])
        ax.set_xlim(0, T)
        last = {name: values[-1] for name, values in logs.items()}
        ax.set_title(_who_keeps(last, T), y=1.11)
        return (f"At lag {T}: vanilla {_number(last['RNN'])}, LSTM {_number(last['LSTM'])} over its whole state and "
                f"{_number(last['LSTM, h to h'])} from h to h, GRU {_number(last['GRU'])}. "
                f"Gates were set to sigma({gate_bias:.1f}) = {1 / (1 + np.exp(-gate_bias)):.3f}, "
                f"W_h times {weight_scale:.2f}.")

    return LiveFigure(figure, draw, T=slider("steps T", T, 5, 200),
                      gate_bias=slider("gate bias b", float(gate_bias), -2.0, 8.0, 0.5),
                      weight_scale=slider("weight scale", float(weight_scale), 0.0, 4.0, 0.1))


def _who_keeps(log_left, T):
    """The title of `gradient_norms`: which cells have at least 1 % left at lag T."""
    names = {"RNN": "vanilla", "LSTM": "LSTM", "GRU": "GRU"}
    kept = [said for name, said in names.items() if log_left[name] >= -2]
    lost = [said for name, said in names.items() if log_left[name] < -2]
    if not kept:
        return f"None of the three keeps 1 % of the gradient over {T} steps"
    if not lost:
        return f"All three keep 1 % of the gradient over {T} steps"
    return (f"{' and '.join(kept)} keep{'s' * (len(kept) == 1)} 1 % over {T} steps, "
            f"{' and '.join(lost)} do{'es' * (len(lost) == 1)} not")


def _number(log10):
    return "0" if log10 <= ZERO else scientific(log10)


def norms_by_bias(curves):
    """`gradient_norms` at several gate biases side by side: dict of panel title -> dict like `norms` returns."""
    figure, axes = figures.new(1, len(curves), size=(8.5, 3.9), top=0.9, left=0.95, right=0.5, wspace=0.2, sharey=True)
    for ax, (title, by_name) in zip(axes, curves.items()):
        lines = _norm_axes(ax, labels=ax is axes[-1])
        for name, line in lines.items():
            line.set_data(np.arange(len(by_name[name])), _log10(by_name[name]))
        T = len(by_name["RNN"]) - 1
        ax.set_xlim(0, T)
        ax.set_xticks([0, T // 2, T])
        ax.set_xlabel("lag T - k (steps)")
        with figures.style():
            ax.set_title(title, fontsize=12)
    with figures.style():
        axes[0].set_ylabel("norm of d state$_T$ / d state$_k$ (no unit)")
        axes[0].legend(loc="lower left", bbox_to_anchor=(-0.05, 1.09), ncols=4, handlelength=2.6, columnspacing=1.6)
    return figure


def jacobian_blocks(J, f_t):
    """|d (h, c)_t / d (h, c)_{t-1}| of an LSTM as a picture: J (2H, 2H) with h before c, f_t (H,) the forget gate."""
    H = len(f_t)
    figure, (left, right) = figures.new(1, 2, size=(8.5, 4.4), left=0.95, right=0.35, bottom=0.75, wspace=0.42,
                                        width_ratios=[1.25, 1])
    image = left.imshow(np.abs(J), cmap=SHUT_TO_OPEN, vmin=0, vmax=1)
    left.grid(False)
    for place in (left.axhline, left.axvline):
        place(H - 0.5, color=GRADIENT, linewidth=2)
    middles = [(H - 1) / 2, H + (H - 1) / 2]
    left.set_xticks(middles, ["h", "c"])
    left.set_yticks(middles, ["h", "c"])
    left.tick_params(length=0, labelsize=13)
    with figures.style():
        left.set_xlabel("from the state at t - 1")
        left.set_ylabel("to the state at t")
        left.set_title("Out of c: two diagonals")
        right.set_title("c to c is the forget gate")
        bar = figure.colorbar(image, ax=left, fraction=0.046, pad=0.04)
        bar.ax.tick_params(labelsize=11)
    unit = np.arange(1, H + 1)
    right.plot(unit, f_t, "o", markersize=11, markerfacecolor="none", markeredgecolor=ORANGE, markeredgewidth=2.5)
    right.plot(unit, np.diag(J[H:, H:]), ".", color=BLACK, markersize=7)
    right.set_ylim(0, 1)
    right.set_xticks(unit[::2])
    right.set_xlabel("unit")
    right.set_ylabel("$f_t$ (circles), diagonal (dots)")
    return figure


def gate_highway(log10_products, gate_bias=2.0, T=100):
    """What a gate of sigma(b) leaves after T steps, and what the forget gates of a real LSTM leave of each unit's c.

    log10_products : function (gate_bias, T) -> (T+1, H), the decimal logarithms of the product of the last 0..T forget gates
    """
    figure, ax = figures.new(size=(8.5, 4.4), top=1.0, left=0.95)
    _decades(ax, -8.5, 0.6, 2)
    _rule(ax, -6, "one millionth")
    measured = LineCollection([], colors=ORANGE, linewidths=1.3, label="real forget gates, a line a unit")
    ax.add_collection(measured, autolim=False)
    power, = ax.plot([], [], color=GRADIENT, linewidth=3, label="$\\sigma(b)^{lag}$")
    ax.set_xlabel("lag T - k: steps back from the end")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_ylabel("share of the gradient left in c")
    number = figure.text(0.975, 0.91, "", fontsize=22, ha="right", va="center", weight="bold", color=BLACK)
    with figures.style():
        ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.99), ncols=2)

    def draw(gate_bias, T):
        lag, logs = np.arange(T + 1), log10_products(gate_bias, T)
        log_keep = -np.log10(1 + np.exp(-gate_bias))
        power.set_data(lag, lag * log_keep)
        measured.set_segments([np.column_stack([lag, unit]) for unit in logs.T])
        ax.set_xlim(0, T)
        half, millionth = np.log10(0.5) / log_keep, -6 / log_keep
        number.set_text(f"$\\sigma({gate_bias:g})^{{{T}}} = $ {scientific(T * log_keep)}")
        ax.set_title(f"Half is left after {_steps(half)}", y=1.11)
        return (f"sigma({gate_bias:.1f}) = {10 ** log_keep:.4f} a step: {scientific(T * log_keep)} after {T} steps; half after "
                f"{_steps(half)}, one millionth after {_steps(millionth)}. Measured, with inputs and weights at work: "
                f"{scientific(logs[-1].min())} to {scientific(logs[-1].max())}.")

    return LiveFigure(figure, draw, gate_bias=slider("gate bias b", float(gate_bias), -2.0, 8.0, 0.1),
                      T=slider("steps T", T, 2, 400))


def _steps(number):
    return "less than a step" if number < 1 else f"{number:.1f} steps" if number < 10 else f"{number:.0f} steps"


def memory_fills(memory, forget_bias=4.0, input_bias=0.0):
    """How large c grows while an LSTM reads, and how much of a gradient gets from h back into c at each step.

    memory : function (forget_bias, input_bias) -> c (T, B, H), an LSTM's cell states while it reads B sequences
    """
    figure, (fill, door) = figures.new(1, 2, size=(8.5, 3.7), top=0.5, left=0.85, wspace=0.3)
    _decades(fill, -4, 2.2, 1)
    _rule(fill, np.log10(3))
    size, = fill.plot([], [], color=ORANGE, linestyle="--", linewidth=3)
    through, = door.plot([], [], color=GRADIENT, linewidth=3)
    door.set_ylim(-0.02, 1.05)
    fill.set_ylabel("mean |c| (dotted: 3)")
    door.set_ylabel("mean of 1 - tanh²(c)")
    for ax in (fill, door):
        ax.set_xlabel("step t")

    def draw(forget_bias, input_bias):
        c = memory(forget_bias, input_bias)
        t, exits = np.arange(1, len(c) + 1), 1 - np.tanh(c) ** 2
        size.set_data(t, _log10(np.abs(c).mean(axis=(1, 2))))
        through.set_data(t, exits.mean(axis=(1, 2)))
        for ax in (fill, door):
            ax.set_xlim(1, len(c))
        last, shut = exits[-1].mean(), (exits[-1] < 0.01).mean()
        level = np.abs(c[-1]).mean()
        fill.set_title(("The memory fills up" if level > 1 else "The memory stays small")
                       + f": |c| {scientific(np.log10(level))}")
        door.set_title(("and its exit closes" if last < 0.5 else "The exit stays open" if last > 0.9 else
                        "The exit narrows") + f": {100 * last:.0f} % back")
        return (f"After {len(c)} steps the mean |c| is {level:.3g}. tanh lets back {100 * last:.0f} % of a gradient on average, "
                f"and less than 1 % in {100 * shut:.0f} % of the units "
                f"(forget bias {forget_bias:.1f}, input bias {input_bias:.1f}, before any training).")

    return LiveFigure(figure, draw, forget_bias=slider("forget bias", float(forget_bias), -2.0, 8.0, 0.5),
                      input_bias=slider("input bias", float(input_bias), -6.0, 4.0, 0.5))


# the panels of `recall_by_lag`: title, settings of the sweep, whether the distractors look like the symbols
PANELS = [
    ("Default: vanilla lasts longest", [("RNN", "default"), ("LSTM", "default"), ("GRU", "default")], False),
    ("Only keep much: lost at lag 100", [("LSTM", "forget 4"), ("LSTM", "forget 6")], False),
    ("Keep much, write little: every run", [("LSTM", "forget 4, input -4"), ("GRU", "update 4")], False),
    ("Symbols distract: lost at lag 100", [("LSTM", "forget 4, input -4"), ("GRU", "update 4")], True),
]


def recall_by_lag(records, chance):
    """Accuracy on the recall task by lag, a dot a seed, a line through the medians: `toydata.recall.stored()`."""
    figure, axes = figures.new(2, 2, size=(8.5, 7.0), top=0.85, left=0.85, hspace=0.46, wspace=0.12, sharex=True,
                               sharey=True)
    for ax, (title, settings, same) in zip(axes.flat, PANELS):
        ax.axhline(chance, color=GREY, linewidth=1, linestyle=":")
        for place, (cell, label) in enumerate(settings):
            color, line, marker = CELL_STYLES[cell]
            face = "white" if label == "forget 6" else color        # two settings of one cell must differ
            lags, scores = _accuracies(records, cell, label, same)
            shift = 2.8 * (place - (len(settings) - 1) / 2)
            for lag, seeds in zip(lags, scores):
                ax.plot(lag + shift + np.linspace(-1.1, 1.1, len(seeds)), seeds, marker, markersize=5, color=color,
                        markerfacecolor=face, clip_on=False)
            ax.plot(lags + shift, [np.median(seeds) for seeds in scores], color=color, marker=marker, markevery=[],
                    markerfacecolor=face, linestyle=":" if label == "forget 6" else line, linewidth=1.8,
                    label=cell if label == "default" else f"{cell} ({label})")
        with figures.style():
            ax.set_title(title, y=1.11)
            ax.legend(loc="lower left", bbox_to_anchor=(-0.03, 0.99), ncols=3, fontsize=10, handlelength=1.9,
                      columnspacing=1.0, handletextpad=0.4)
        ax.set_ylim(0, 1.03)
        ax.set_xlim(4, 106)
        ax.set_xticks([10, 20, 40, 60, 80, 100])
        ax.tick_params(labelbottom=True)
    axes[1, 0].text(104, chance - 0.02, "chance", fontsize=10, color=GREY, ha="right", va="top")
    for ax in axes[1]:
        ax.set_xlabel("lag T (steps)")
    for ax in axes[:, 0]:
        ax.set_ylabel("accuracy (share named)")
    return figure


def _accuracies(records, cell, label, same_symbols):
    """One setting's lags (n,), and for each lag its seeds' accuracies, sorted."""
    chosen = [r for r in records if (r["cell"], r["label"], r["same_symbols"]) == (cell, label, same_symbols)]
    lags = np.array(sorted({r["lag"] for r in chosen}))
    return lags, [sorted(r["accuracy"] for r in chosen if r["lag"] == lag) for lag in lags]


def gates_over_time(write, keep, show, memory, symbol=0):
    """The gates and the memory of a trained LSTM while it reads, as heat maps; a slider chooses the sequence.

    write, keep, show, memory : ndarray (T, B, H)
        i_t, f_t, o_t and c_t; sequence b begins with symbol b. Units are drawn in the order of their last c in sequence 0.
    """
    T, B, H = memory.shape
    order = np.argsort(memory[-1, 0])
    parts = [("write i", write, SHUT_TO_OPEN, 0), ("keep f", keep, SHUT_TO_OPEN, 0),
             ("show o", show, SHUT_TO_OPEN, 0), ("tanh(c)", np.tanh(memory), STATES, -1)]
    figure, axes = figures.new(4, 1, size=(8.5, 6.4), top=0.5, left=1.15, right=0.95, hspace=0.12, sharex=True)
    images = []
    for ax, (name, values, colors, low) in zip(axes, parts):
        images.append(ax.imshow(values[:, 0, order].T, cmap=colors, vmin=low, vmax=1, aspect="auto",
                                interpolation="nearest", extent=(0.5, T + 0.5, 0, H)))
        ax.grid(False)
        ax.set_yticks([])
        ax.tick_params(labelbottom=False)
        ax.set_ylabel(name, rotation=0, ha="right", va="center")
    axes[-1].tick_params(labelbottom=True)
    axes[-1].set_xlabel("step t (a row is a unit)")
    with figures.style():
        for rows, image, ticks in ((axes[:3], images[0], [0, 1]), (axes[3:], images[3], [-1, 0, 1])):
            bar = figure.colorbar(image, ax=list(rows), ticks=ticks, fraction=0.03, pad=0.02, aspect=12 * len(rows))
            bar.ax.tick_params(labelsize=11)
    apart = np.linalg.norm(memory - memory.mean(axis=1, keepdims=True), axis=2).mean(axis=1)

    def draw(symbol):
        for image, (_, values, _, _) in zip(images, parts):
            image.set_data(values[:, symbol, order].T)
        size = np.abs(memory[:, symbol]).mean(axis=1)
        axes[0].set_title("What the first step wrote is faint; later steps make it large"
                          if size[-1] > 10 * size[0] else "What the first step wrote is what is kept")
        return (f"First symbol {symbol}: mean |c| is {size[0]:.3f} after step 1 and {size[-1]:.2f} after step {T}. Gates on "
                f"average: write {write[0, symbol].mean():.2f} at step 1, {write[-1, symbol].mean():.2f} at step {T}; "
                f"keep {keep[:, symbol].mean():.2f}. "
                f"The {B} sequences are {apart[0]:.2f} apart at first, {apart[-1]:.0f} at last.")

    return LiveFigure(figure, draw, symbol=slider("first symbol", symbol, 0, B - 1))
