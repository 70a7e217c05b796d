"""Figures on gradient highways: the gated cells, three cells' gradients on one axis, what a gate keeps, recall by lag."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap

from .. import evidence, figures, marks
from ..drawings import gru_cell, lstm_cell
from ..figures import BLACK, CELL_STYLES, GRADIENT, GREY, INPUT, ORANGE, SKY, STATES, decade, number, power, scientific
from ..live import LiveFigure, slider
from ..marks import EndLabels, Fading

SHUT_TO_OPEN = LinearSegmentedColormap.from_list("gates", ["#FFFFFF", BLACK])       # 0 .. 1, a heat map of gates
ZERO = -310.0       # where the logarithm of an exact zero is drawn: below every float64, far outside the axes
# the curves of `gradient_norms`: label, colour, line style, line width
NORMS = {"RNN": ("vanilla", *CELL_STYLES["RNN"][:2], 2.5), "LSTM": ("LSTM, whole state", *CELL_STYLES["LSTM"][:2], 3),
         "LSTM, h to h": ("LSTM, h to h (dotted)", ORANGE, ":", 2), "GRU": ("GRU", *CELL_STYLES["GRU"][:2], 3)}


@figures.style()
def gated_cell(name, **gates):
    """The drawing of an "LSTM" (keep, write, show) or a "GRU" (keep, reset) with its gates as open as `gates` says, 0 to 1."""
    draw, title = {"LSTM": (lstm_cell, "LSTM: the memory runs along the top; three gates and a candidate"),
                   "GRU": (gru_cell, "GRU: one state, two gates and a candidate")}[name]
    figure, ax = figures.new(size=(8.4, 3.6), left=0.1, right=0.1, bottom=0.1, top=0.45)
    draw(ax)(**gates)
    ax.set_title(title)
    said = ", ".join(f"{gate} {value:g}" for gate, value in gates.items())
    path = {"LSTM": "from c at the step before to c, through the forget gate; the input gate lets the candidate in, the output "
                    "gate lets the memory out as h",
            "GRU": "from h at the step before to h, through the update gate; what is not kept is written from the candidate"}
    article = "An" if name == "LSTM" else "A"
    return figures.Picture(figure, f"{article} {name} cell with the gates {said}. A broad path leads {path[name]}.")


def _log10(values):
    """Decimal logarithms, with ZERO for 0."""
    return np.log10(np.maximum(values, 10.0 ** -308)) + np.where(values > 0, 0.0, ZERO + 308)


def _decades(ax, low, high, every):
    """Mark an axis of decimal logarithms as powers of ten, with fixed limits."""
    ax.set_ylim(low, high)
    ticks = np.arange(np.ceil(low / every) * every, high, every)
    ax.set_yticks(ticks, [decade(tick) for tick in ticks])


def _rule(ax, level, label=""):
    """A dotted line across the axes; its label stands at its right end, where no curve can strike it."""
    ax.axhline(level, color=GREY, linewidth=1, linestyle=":", zorder=1)
    ax.text(1.01, level, label, color=GREY, va="center", transform=ax.get_yaxis_transform())


def _norm_axes(ax):
    """Empty curves of `gradient_norms` on ax, by name, over a shade where less than 1 % is left."""
    _decades(ax, -17.5, 4.5, 4)
    ax.set_yticks([*ax.get_yticks(), -2], [*(decade(tick) for tick in ax.get_yticks()), "1 %"])
    ax.axhspan(-17.5, -2, color=SKY, alpha=0.12, linewidth=0, zorder=0)
    ax.set_xlabel("lag T - k: steps back from the end")
    ax.xaxis.get_major_locator().set_params(integer=True)
    return {name: ax.plot([], [], color=color, linestyle=line, linewidth=width, label=label)[0]
            for name, (label, color, line, width) in NORMS.items()}


@figures.style()
def gradient_norms(norms, T=100, gate_bias=0.0, weight_scale=1.0):
    """The norm of d state_T / d state_k by lag for the vanilla cell, the LSTM and the GRU, on one axis.

    norms : function (T, gate_bias, weight_scale) -> dict of "RNN", "LSTM" (whole state), "LSTM, h to h" and "GRU", each the
        spectral norms at lags 0..T, shape (T+1,)
    """
    figure, (ax, rows) = figures.new(2, 1, size=(8.4, 5.0), top=0.5, left=0.95, right=2.05, height_ratios=[4, 1], hspace=0.05,
                                     sharex=True)
    lines = _norm_axes(ax)
    ax.set(ylabel="norm of d state$_T$ / d state$_k$", xlabel="")
    ax.tick_params(labelbottom=False, bottom=False)
    names = EndLabels(ax, [label for label, *_ in NORMS.values()], [color for _, color, *_ in NORMS.values()])
    arrows = Fading(rows, ("vanilla", "LSTM, whole", "GRU"), (GRADIENT,) * 3)
    rows.set_axis_on()
    rows.set(yticks=[], xlabel="lag T - k: steps back from the end (arrows: the gradient on its way)")
    rows.spines["left"].set_visible(False)
    rows.grid(False)

    def draw(T, gate_bias, weight_scale):
        logs = {name: _log10(values) for name, values in norms(T, gate_bias, weight_scale).items()}
        for name, line in lines.items():
            line.set_data(np.arange(T + 1), logs[name])
        ax.set_xlim(0, T)
        last = {name: values[-1] for name, values in logs.items()}
        names.set(np.arange(T + 1), [logs[name] for name in NORMS])
        arrows.set([logs[name] for name in ("RNN", "LSTM", "GRU")])
        ax.set_title(_who_keeps(last, T))
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


@figures.style()
def jacobian_blocks(J, f_t):
    """|d (h, c)_t / d (h, c)_{t-1}| of an LSTM as a picture: J (2H, 2H) with h before c, f_t (H,) the forget gate."""
    H = len(f_t)
    figure, (left, right) = figures.new(1, 2, size=(8.4, 4.4), left=0.95, right=0.35, bottom=0.75, wspace=0.42,
                                        width_ratios=[1.25, 1])
    image = left.imshow(np.abs(J), cmap=SHUT_TO_OPEN, vmin=0, vmax=1)
    left.grid(False)
    for place in (left.axhline, left.axvline):
        place(H - 0.5, color=GRADIENT, linewidth=2)
    middles = [(H - 1) / 2, H + (H - 1) / 2]
    left.set_xticks(middles, ["h", "c"])
    left.set_yticks(middles, ["h", "c"])
    left.tick_params(length=0)
    with figures.style():
        left.set_xlabel("from the state at t - 1")
        left.set_ylabel("to the state at t")
        left.set_title("Out of c: two diagonals")
        right.set_title("c to c is the forget gate")
        bar = figure.colorbar(image, ax=left, fraction=0.046, pad=0.04)
        bar.ax.tick_params(labelsize=11)
        bar.ax.set_title("size", fontsize=figures.TEXT, loc="center")
    unit = np.arange(1, H + 1)
    right.plot(unit, f_t, "o", markersize=11, markerfacecolor="none", markeredgecolor=ORANGE, markeredgewidth=2.5)
    right.plot(unit, np.diag(J[H:, H:]), ".", color=BLACK, markersize=7)
    right.set_ylim(0, 1)
    right.set_xticks(unit[::2])
    right.set_xlabel("unit")
    right.set_ylabel("$f_t$ (circles), diagonal (dots)")
    return figure


@figures.style()
def gate_highway(log10_products, gate_bias=2.0, T=100):
    """What a gate of sigma(b) leaves after T steps, and what the forget gates of a real LSTM leave of each unit's c.

    log10_products : function (gate_bias, T) -> (T+1, H), the decimal logarithms of the product of the last 0..T forget gates
    """
    figure, ax = figures.new(size=(8.4, 4.4), top=0.95, left=0.95, right=1.3)
    _decades(ax, -8.5, 0.6, 2)
    _rule(ax, -6, "one millionth")
    measured = LineCollection([], colors=ORANGE, linewidths=1.3, label="real forget gates, one line per unit")
    ax.add_collection(measured, autolim=False)
    plain, = ax.plot([], [], color=GRADIENT, linewidth=3, label="$\\sigma(b)$ to the power of the lag")
    ax.set_xlabel("lag T - k: steps back from the end")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_ylabel("share of the gradient left in c")
    big = figure.text(0.975, 0.94, "", fontsize=24, ha="right", va="center", weight="bold", color=BLACK)
    with figures.style():
        ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.98), ncols=2)

    def draw(gate_bias, T):
        lag, logs = np.arange(T + 1), log10_products(gate_bias, T)
        log_keep = -np.log10(1 + np.exp(-gate_bias))
        plain.set_data(lag, lag * log_keep)
        measured.set_segments([np.column_stack([lag, unit]) for unit in logs.T])
        ax.set_xlim(0, T)
        half, millionth = np.log10(0.5) / log_keep, -6 / log_keep
        big.set_text(f"σ({gate_bias:g}){power(1, T)[1:]} = {scientific(T * log_keep)}")
        ax.set_title(f"Half is left after {_steps(half)}", y=1.11)
        return (f"sigma({gate_bias:.1f}) = {10 ** log_keep:.4f} per step: {scientific(T * log_keep)} after {T} steps; half after "
                f"{_steps(half)}, one millionth after {_steps(millionth)}. Measured, with inputs and weights at work: "
                f"{scientific(logs[-1].min())} to {scientific(logs[-1].max())}.")

    return LiveFigure(figure, draw, gate_bias=slider("gate bias b", float(gate_bias), -2.0, 8.0, 0.1),
                      T=slider("steps T", T, 2, 400))


def _steps(number):
    return "less than a step" if number < 1 else f"{number:.1f} steps" if number < 10 else f"{number:.0f} steps"


@figures.style()
def memory_fills(memory, forget_bias=4.0, input_bias=0.0):
    """How large c grows while an LSTM reads, and how much of a gradient gets from h back into c at each step.

    memory : function (forget_bias, input_bias) -> c (T, B, H), an LSTM's cell states while it reads B sequences
    """
    figure, (fill, door) = figures.new(1, 2, size=(8.4, 3.7), top=0.5, left=0.85, wspace=0.3)
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
        return (f"After {len(c)} steps the mean |c| is {number(level)}. "
                f"tanh lets back {100 * last:.0f} % of a gradient on average, and less than 1 % in {100 * shut:.0f} % "
                f"of the units (forget bias {forget_bias:.1f}, input bias {input_bias:.1f}, before any training).")

    return LiveFigure(figure, draw, forget_bias=slider("forget bias", float(forget_bias), -2.0, 8.0, 0.5),
                      input_bias=slider("input bias", float(input_bias), -6.0, 4.0, 0.5))


def _dots(n, width):
    """Where n dots lie next to each other, around 0."""
    return width * ((np.arange(n) + 0.5) / n - 0.5)


@figures.style()
def fresh_seeds(highways, scales):
    """What is left of a gradient over 100 steps in many untrained cells, a dot a cell: `evidence` tables of these names.

    Left, three kinds of cell by gate bias; right, the vanilla cell with W_h times a scale.
    """
    figure, (gates, weights) = figures.new(1, 2, size=(8.4, 4.4), left=0.95, right=0.2, top=0.95, wspace=0.08, sharey=True,
                                           width_ratios=[1.35, 1])
    _decades(gates, -38.5, 12, 8)
    biases, by = (0, 2, 4), (1, 1.5, 2, 3, 4)
    columns = [(gates, place + 0.27 * (i - 1), cell, [row[f"{cell.lower()}_100"] for row in highways if row["gate_bias"] == bias])
               for place, bias in enumerate(biases) for i, cell in enumerate(CELL_STYLES)]
    columns += [(weights, place, "RNN", [row[f"at_{scale:g}"] for row in scales]) for place, scale in enumerate(by)]
    for ax, place, cell, left in columns:
        color, _, marker = CELL_STYLES[cell]
        ax.plot(place + _dots(len(left), 0.2 if ax is gates else 0.6), np.sort(left), marker, color=color, markersize=2.5,
                alpha=0.6, label={"RNN": "vanilla"}.get(cell, cell) if ax is gates and place < 0.5 else None)
    for ax, ticks in ((gates, biases), (weights, by)):
        ax.set_xticks(range(len(ticks)), [f"{tick:g}" for tick in ticks])
        ax.axhline(-2, color=GREY, linewidth=1, linestyle=":")
    gates.text(2.45, -2.6, "1 %", color=GREY, va="top", ha="right")
    gates.set(xlabel="gate bias b", ylabel="norm of d state$_{100}$ / d state$_0$")
    weights.set(xlabel="weight scale, vanilla cell")
    gates.set_title("The gate bias lifts gated cells", y=1.11)
    weights.set_title("The scale scatters vanilla cells", y=1.11)
    gates.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.98), ncols=3, markerscale=3, handletextpad=0.1,
                 columnspacing=1.0)
    open_4 = [row for row in highways if row["gate_bias"] == 4]
    lstm, gru = (100 * np.mean([row[f"{cell}_100"] >= -2 for row in open_4]) for cell in ("lstm", "gru"))
    at_4 = evidence.median_and_middle_80([row["at_4"] for row in scales])
    return figures.Picture(figure, f"Of {len(scales)} cells of each kind with gate bias 4, {lstm:.0f} % of the LSTMs and "
                                   f"{gru:.0f} % of the GRUs keep 1 % over 100 steps. With weight scale 4 the middle 80 % of the "
                                   f"vanilla cells lie between {scientific(at_4.low)} and {scientific(at_4.high)}.")


# the panels of `recall_by_lag`: title, and (cell, start, steps of training) of the runs in it
PANELS = [
    ("Default biases, 500 steps", [("RNN", "default", 500), ("LSTM", "default", 500), ("GRU", "default", 500)]),
    ("Forget bias alone, 500 steps", [("LSTM", "forget 1", 500), ("LSTM", "forget 2", 500), ("LSTM", "forget 4", 500)]),
    ("Keep much, write little, 500 steps", [("LSTM", "forget 4, input -4", 500), ("GRU", "update 4", 500)]),
    ("Default biases, 2,500 steps (GRU: 3,000)",
     [("RNN", "default", 2500), ("LSTM", "default", 2500), ("GRU", "default", 3000)]),
]
FACES = {"forget 1": ("white", ":"), "forget 2": (GREY, "-.")}       # settings of one cell must differ


@figures.style()
def recall_by_lag(runs, chance):
    """Accuracy on the recall task by lag, a dot a run, a line through the medians.

    runs : list of dict with cell, start, steps, lag, same_symbols and accuracy; those that belong to `PANELS` are drawn
    """
    figure, axes = figures.new(2, 2, size=(8.4, 6.3), top=0.95, left=0.85, right=0.2, hspace=0.55, wspace=0.12, sharex=True,
                               sharey=True)
    for ax, (title, settings) in zip(axes.flat, PANELS):
        ax.axhline(chance, color=GREY, linewidth=1, linestyle=":")
        for place, setting in enumerate(settings):
            cell, start, steps = setting
            color, line, marker = CELL_STYLES[cell]
            face, line = FACES.get(start, (color, line))
            lags, scores = _accuracies(runs, *setting)
            shift = 3.6 * (place - (len(settings) - 1) / 2)
            for lag, seeds in zip(lags, scores):
                ax.plot(lag + shift + _dots(len(seeds), 3.2), seeds, marker, markersize=4, color=color, markerfacecolor=face,
                        markeredgewidth=0.6, clip_on=False)
            ax.plot(lags + shift, [np.median(seeds) for seeds in scores], color=color, marker=marker, markevery=[],
                    markerfacecolor=face, linestyle=line, linewidth=1.8,
                    label=cell if start == "default" else start if len(settings) == 3 else f"{cell} ({start})")
        with figures.style():
            long = len(settings) == 2
            ax.set_title(title, y=1.0 if long else 1.16, fontsize=figures.TEXT)
            ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.3) if long else (-0.05, 0.97), handlelength=1.5,
                      ncols=1 if long else 3, columnspacing=0.8, handletextpad=0.3)
        ax.set_ylim(0, 1.03)
        ax.set_xlim(2, 108)
        ax.set_xticks([10, 20, 40, 60, 80, 100])
        ax.tick_params(labelbottom=True)
    axes[1, 0].text(106, chance - 0.02, "chance", color=GREY, ha="right", va="top")
    for ax in axes[1]:
        ax.set_xlabel("lag T (moved sideways; lines: medians)")
    for ax in axes[:, 0]:
        ax.set_ylabel("accuracy (share named)")
    return figure


def _accuracies(runs, cell, start, steps):
    """One setting's lags (n,), and for each lag its runs' accuracies, sorted."""
    chosen = [run for run in runs
              if not run["same_symbols"] and (run["cell"], run["start"], run["steps"]) == (cell, start, steps)]
    lags = np.array(sorted({run["lag"] for run in chosen}))
    return lags, [sorted(run["accuracy"] for run in chosen if run["lag"] == lag) for lag in lags]


@figures.style()
def every_run(settings, chance, solved=0.95, cell="LSTM"):
    """Accuracies of several settings of a cell side by side, a dot a run, and the share solved with its interval.

    settings : dict of label (may have two lines) to accuracies
    """
    color, _, marker = CELL_STYLES[cell]
    figure, ax = figures.new(size=(8.4, 4.2), left=0.85, right=0.9, bottom=0.85, top=0.55)
    said = []
    for place, (label, found) in enumerate(settings.items()):
        share = evidence.share_with_interval(sum(np.greater_equal(found, solved)), len(found))
        ax.plot(place + _dots(len(found), 0.5), np.sort(found), marker, color=color, markersize=5)
        said.append(f"{label.replace(chr(10), ' ')}: {sum(np.greater_equal(found, solved))} of {len(found)}")
        ax.text(place, 1.1, f"{share.value:.2f} ({share.low:.2f} to {share.high:.2f})", ha="center", va="center")
    ax.axhline(chance, color=GREY, linewidth=1, linestyle=":")
    ax.text(1.01, chance, "chance", color=GREY, va="center", transform=ax.get_yaxis_transform())
    ax.text(1.01, 1.1, "solved", color=GREY, va="center", transform=ax.get_yaxis_transform())
    ax.set(xlim=(-0.5, len(settings) - 0.5), ylim=(0, 1.18), yticks=[0, 0.25, 0.5, 0.75, 1], ylabel="accuracy (share named)")
    ax.set_xticks(range(len(settings)), list(settings))
    ax.set_title("Runs that solve it: " + ", ".join(text.rpartition(": ")[2] for text in said))
    return figures.Picture(figure, f"Runs that end with an accuracy of at least {solved}: " + "; ".join(said) + ".")


@figures.style()
def closed_exits(settings):
    """The share of units whose exit is closed before training, after 25 steps and after 500; a dot a run.

    settings : dict of label to runs with closed_start, closed_25, closed_end (0 to 1) and accuracy
    """
    figure, axes = figures.new(1, len(settings), size=(8.4, 3.7), top=0.85, left=0.95, wspace=0.1, sharey=True)
    times, said = ("closed_start", "closed_25", "closed_end"), []
    for ax, (label, runs) in zip(axes, settings.items()):
        for learned, color, marker, text in ((True, BLACK, "o", "solved"), (False, GRADIENT, "x", "not solved")):
            chosen = [run for run in runs if (run["accuracy"] >= 0.95) == learned]
            for place, time in enumerate(times):
                x = place + (0.16 if learned else -0.16) + _dots(len(chosen), 0.28)
                ax.plot(x, sorted(run[time] for run in chosen), marker, color=color, markersize=4.5,
                        label=None if place or ax is not axes[0] else text)
        ax.set_xticks(range(3), ["0", "25", "500"])
        ax.set(xlim=(-0.5, 2.5), ylim=(-0.03, 1.03), xlabel="steps of training")
        ax.set_title(label, fontsize=figures.TEXT)
        said.append(f"{label}: {', '.join(f'{np.median([run[time] for run in runs]):.2f}' for time in times)}")
    axes[0].set_ylabel("share of exits closed")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="upper right", ncols=2, bbox_to_anchor=(0.99, 1.02),
                  handletextpad=0.1)
    figure.text(0.1 / 8.4, 0.945, "Here, solved runs begin with open exits", weight="bold", va="center", fontsize=figures.TITLE)
    return figures.Picture(figure, "Median share of closed exits before training, after 25 and after 500 steps. "
                           + "; ".join(said) + ".")


@figures.style()
def gates_over_time(write, keep, show, memory, symbol=0):
    """A trained LSTM reads sequences that differ in their first symbol: its memory, and one unit's gates at one step.

    Above, the cell of the chosen unit at the chosen step, its gates as open as they are; below, for every first symbol, the
    memory of all units over time and that unit's gates, written in how much is let in, forgotten and shown per step.

    write, keep, show, memory : ndarray (T, B, H)
        i_t, f_t, o_t and c_t; sequence b begins with symbol b. Units are drawn in the order of their last c in sequence 0.
    """
    T, B, H = memory.shape
    order, t = np.argsort(memory[-1, 0]), np.arange(1, len(memory) + 1)
    figure, axes = figures.new(3, B, size=(8.4, 4.8), top=0.45, left=0.95, right=1.3, hspace=0.1, wspace=0.08,
                               height_ratios=[2.1, 1.25, 1.25])
    for ax in axes[0]:
        ax.remove()
    first = axes[0][0].get_position()
    above = figure.add_axes((0.01, first.y0 + 0.035, 0.98, first.height - 0.045))
    set_gates = lstm_cell(above)
    heats, cursors, frames, curves = [], [], [], []
    for b, (heat, gates) in enumerate(zip(*axes[1:])):
        heats.append(heat.imshow(np.tanh(memory[:, b, order]).T, cmap=STATES, vmin=-1, vmax=1, aspect="auto",
                                 interpolation="nearest", extent=(0.5, T + 0.5, H + 0.5, 0.5)))
        heat.set(yticks=[], xticks=[])
        heat.grid(False)
        marks.write(heat, 0.5, 0.5, f"symbol {b}", ha="left", shift=9)
        gates.set(xlim=(0.5, T + 0.5), ylim=(-4.3, 0.9), yticks=[-4, -2, 0], xticks=[T // 2])
        gates.yaxis.set_major_formatter(decade)
        gates.tick_params(labelleft=not b)
        cursors += [ax.axvline(1, color=BLACK, linewidth=1.2) for ax in (heat, gates)]
        frames.append(heat.axhline(1, color=BLACK, linewidth=1.2))
        curves.append([gates.plot([], [], color=color, linestyle=line, linewidth=1.6)[0]
                       for color, line in ((INPUT, "-"), (BLACK, "--"), (GREY, ":"))])
    axes[1][0].set_ylabel("units of c")
    axes[2][0].set_ylabel("per step")
    figure.text((axes[2][0].get_position().x0 + axes[2][-1].get_position().x1) / 2, 0.035, "step t", ha="center", va="center")
    names = EndLabels(axes[2][-1], ["write $i$", "forget $1 - f$", "show $o$"], [INPUT, BLACK, GREY])
    place = axes[1][-1].get_position()
    bar = figure.colorbar(heats[0], cax=figure.add_axes((place.x1 + 0.015, place.y0, 0.015, place.height)), ticks=[-1, 0, 1])
    bar.outline.set_visible(False)
    bar.ax.set_yticklabels(["-1", "tanh c", "1"])
    gap = np.linalg.norm(memory - memory.mean(axis=1, keepdims=True), axis=2).mean(axis=1)

    def draw(symbol, unit, step):
        k = order[unit - 1]
        set_gates(keep[step - 1, symbol, k], write[step - 1, symbol, k], show[step - 1, symbol, k])
        for cursor in cursors:
            cursor.set_xdata([step, step])
        for b, (frame, lines, heat) in enumerate(zip(frames, curves, heats)):
            frame.set_ydata([unit, unit])
            heat.set_alpha(1.0 if b == symbol else 0.55)
            logs = _log10(np.stack([write[:, b, k], 1 - keep[:, b, k], show[:, b, k]]))
            for line, values in zip(lines, logs):
                line.set_data(t, values)
                line.set_alpha(1.0 if b == symbol else 0.45)
        names.set(T + 0.5, logs[:, -1])
        size = np.abs(memory[:, symbol]).mean(axis=1)
        above.set_title("What the first step wrote is faint; later steps make it large"
                        if size[-1] > 10 * size[0] else "What the first step wrote is what is kept")
        half = np.log(0.5) / np.log(keep[:, symbol, k].clip(1e-12, 1 - 1e-12)).mean()
        return (f"First symbol {symbol}: mean |c| is {size[0]:.3f} after step 1, {size[-1]:.2f} after step {T}; the {B} c "
                f"lie {gap[0]:.2f} from their mean at first, {gap[-1]:.0f} at last. Unit {unit} at step {step}: c = "
                f"{memory[step - 1, symbol, k]:.2f}; averaged over {T} steps, its keep gate leaves half after {_steps(half)}.")

    return LiveFigure(figure, draw, play="step", symbol=slider("first symbol", symbol, 0, B - 1),
                      unit=slider("unit (row)", H, 1, H), step=slider("step t", 1, 1, T))
