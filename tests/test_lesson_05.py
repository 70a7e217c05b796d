"""Lesson 05: what its figures draw at every setting of their sliders, and the solutions of its exercises."""

import re

import numpy as np
import pytest
from lessons import moved, run, sweep, titles
from lessons import solutions as folded

import rnnlib
from rnnlib.course import evidence, figures
from rnnlib.course.evidence import starts
from rnnlib.course.explorers import lesson05_highways as highways
from rnnlib.course.toydata import recall

pytestmark = pytest.mark.usefixtures("strict", "quick")
D, H = 8, 6
SYMBOLS, _ = recall.test_set(400, np.random.default_rng(3), B=2)


def says(number, text):
    """Whether a text holds the number as figures.scientific writes it."""
    return (figures.scientific(np.log10(number)) if number else "0") in re.findall(r"\d+(?:\.\d+)?(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?", text)


# --- three cells on one axis -----------------------------------------------------------------------------------------

def three_cells(gate_bias, weight_scale):
    rng = np.random.default_rng
    cells = {"RNN": rnnlib.RNNCell(D, H, rng(0)), "LSTM": rnnlib.LSTMCell(D, H, rng(0), forget_bias=gate_bias),
             "GRU": rnnlib.GRUCell(D, H, rng(0), update_bias=gate_bias)}
    for cell in cells.values():
        cell.W_h = cell.W_h * weight_scale
    return cells


def largest(P_by_name):
    """The norms the figure draws, from products by lag."""
    left = {name: np.linalg.norm(P, 2, axis=(1, 2)) for name, P in P_by_name.items()}
    return {**left, "LSTM, h to h": np.linalg.norm(P_by_name["LSTM"][:, :H, :H], 2, axis=(1, 2))}


def products(T, gate_bias, weight_scale):
    """As the lesson has it: multiplied Jacobians."""
    return largest({name: rnnlib.jacobian_products(rnnlib.jacobians(cell, rnnlib.forward(cell, SYMBOLS[:T, :1])[1]))[::-1]
                    for name, cell in three_cells(gate_bias, weight_scale).items()})


def norms(T, gate_bias, weight_scale):
    """The same by another route: one backward pass for each entry of the last state."""
    P = {}
    for name, cell in three_cells(gate_bias, weight_scale).items():
        S = H * cell.state_parts
        _, cache = rnnlib.forward(cell, np.repeat(SYMBOLS[:T, :1], S, axis=1))
        d_last = np.eye(S).reshape(S, cell.state_parts, H).swapaxes(0, 1).reshape(cell.zero_state(S).shape)
        rows = rnnlib.bptt(cell, np.zeros((T, S, H)), cache, d_last).states       # [k] = rows of d state_T / d state_k
        P[name] = rows.reshape(T + 1, cell.state_parts, S, H).swapaxes(1, 2).reshape(T + 1, S, S)[::-1]
    return largest(P)


def test_norms_drawn_are_the_backward_passes_own():
    figure = highways.gradient_norms(products)
    ax, rows = figure.figure.axes
    curves = {line.get_label(): line for line in ax.lines}
    for values in sweep(figure, seed=1, count=10):
        expected = norms(**values)
        for name, (label, *_) in highways.NORMS.items():
            x, y = curves[label].get_data()
            np.testing.assert_array_equal(x, np.arange(values["T"] + 1))
            seen = expected[name] > 1e-290
            np.testing.assert_allclose(y[seen], np.log10(expected[name][seen]), atol=1e-8)
            assert (y[~seen] < -280).all()
            if expected[name][-1] > 1e-290 or expected[name][-1] == 0:
                assert says(expected[name][-1], figure.finding), (name, figure.finding)
        assert ax.get_xlim() == (0, values["T"])
        last = [row[-1].get_alpha() for row in np.reshape(rows.lines, (3, -1))]
        left = [np.log10(max(expected[name][-1], 1e-300)) for name in ("RNN", "LSTM", "GRU")]
        np.testing.assert_allclose(last, 0.06 + 0.94 * np.clip(1 + np.array(left) / 6, 0, 1), atol=1e-6)
        kept = {name: expected[name][-1] >= 0.01 for name in ("RNN", "LSTM", "GRU")}
        title = figure.figure.axes[0].get_title(loc="left")
        if not any(kept.values()):
            assert title.startswith("None of the three")
        elif all(kept.values()):
            assert title.startswith("All three")
        else:
            before = re.split(r"keep", title)[0].lower()
            assert {"RNN": "vanilla" in before, "LSTM": "lstm" in before, "GRU": "gru" in before} == kept, title


def test_without_weights_only_the_direct_path_is_left():
    figure = highways.gradient_norms(products)
    moved(figure, {"T": 50, "gate_bias": 4.0, "weight_scale": 0.0})
    cell = rnnlib.LSTMCell(D, H, np.random.default_rng(0), forget_bias=4)
    cell.W_h = np.zeros((4 * H, H))
    gates = rnnlib.forward(cell, SYMBOLS[:50, :1])[1].gates[:, 0, H:2 * H]
    line = next(line for line in figure.figure.axes[0].lines if line.get_label() == "LSTM, whole state")
    assert abs(line.get_ydata()[-1] - np.log10(gates.prod(axis=0).max())) < 0.05    # the first step back passes the exit too
    assert "vanilla 0," in figure.finding


def test_jacobian_blocks_draws_the_jacobian():
    cell = rnnlib.LSTMCell(D, H, np.random.default_rng(0))
    _, cache = rnnlib.forward(cell, SYMBOLS[:3, :1])
    J, f = rnnlib.jacobians(cell, cache)[-1], cache.gates[-1, 0, H:2 * H]
    left, right, *_ = highways.jacobian_blocks(J, f).axes
    np.testing.assert_array_equal(left.images[0].get_array(), np.abs(J))
    circles, dots = right.lines
    np.testing.assert_allclose(circles.get_ydata(), dots.get_ydata(), atol=1e-15)
    np.testing.assert_array_equal(circles.get_ydata(), f)


# --- the gate bias ---------------------------------------------------------------------------------------------------

def log10_products(gate_bias, T):
    cell = rnnlib.LSTMCell(D, H, np.random.default_rng(0), forget_bias=gate_bias)
    forget = rnnlib.forward(cell, SYMBOLS[:T, :1])[1].gates[:, 0, H:2 * H]
    return np.array([np.log10(forget[T - lag:]).sum(axis=0) for lag in range(T + 1)])


def test_highway_draws_the_power_and_the_real_gates():
    figure = highways.gate_highway(log10_products)
    (ax,) = figure.figure.axes
    power = next(line for line in ax.lines if "sigma" in line.get_label())
    (measured,) = ax.collections
    for values in sweep(figure, seed=2):
        b, T = values["gate_bias"], values["T"]
        lag, keep = np.arange(T + 1), 1 / (1 + np.exp(-b))
        np.testing.assert_allclose(power.get_ydata(), lag * np.log10(keep), atol=1e-9)
        segments = np.array(measured.get_segments())
        np.testing.assert_allclose(segments[:, :, 1].T, log10_products(b, T))
        np.testing.assert_array_equal(segments[:, :, 0], np.tile(lag, (H, 1)))
        left = figures.scientific(T * np.log10(keep))
        assert f"{left} after {T} steps" in figure.finding and left in figure.figure.texts[0].get_text()
        said = re.search(r"after ([\d.]+) steps", titles(figure)[0])
        assert abs(keep ** float(said[1]) - 0.5) < 0.05 if said else keep < 0.5 and titles(figure)[0].endswith("less than a step")


# --- the memory that fills up ----------------------------------------------------------------------------------------

def memory(forget_bias, input_bias):
    cell = rnnlib.LSTMCell(D, H, np.random.default_rng(0), forget_bias, input_bias)
    return rnnlib.forward(cell, SYMBOLS[:60])[0][1:, 1]


def test_memory_draws_size_and_exit():
    figure = highways.memory_fills(memory)
    fill, door = figure.figure.axes
    for values in sweep(figure, seed=3):
        c = memory(**values)
        exits = [np.mean([1 / np.cosh(number) ** 2 for number in c_t.ravel()]) for c_t in c]
        size = next(line for line in fill.lines if len(line.get_xdata()) == 60)
        np.testing.assert_allclose(size.get_ydata(), np.log10(np.abs(c).mean(axis=(1, 2))))
        np.testing.assert_allclose(door.lines[0].get_ydata(), exits, atol=1e-12)
        assert size.get_ydata().min() > fill.get_ylim()[0] and size.get_ydata().max() < fill.get_ylim()[1]
        assert f"mean |c| is {figures.number(np.abs(c[-1]).mean())}." in figure.finding
        assert f"{100 * exits[-1]:.0f} %" in figure.finding
        assert titles(figure)[0].startswith("The memory fills up") == (np.abs(c[-1]).mean() > 1)
        assert titles(figure)[1].endswith(f": {100 * exits[-1]:.0f} % back")
        assert ("closes" in titles(figure)[1]) == (exits[-1] < 0.5) and ("open" in titles(figure)[1]) == (exits[-1] > 0.9)


# --- stored runs -----------------------------------------------------------------------------------------------------

def stored_runs():
    """As the lesson has it: the sweep's seeds and those of the evidence."""
    sweep = [{**run, "start": run["label"]} for run in recall.stored()]
    return sweep + evidence.stored("recall", learning_rate=0.01)


def found(runs, cell, start, lag, steps=500, same=False):
    return [run["accuracy"] for run in runs if (run["cell"], run["start"], run["lag"], run["steps"], run["same_symbols"])
            == (cell, start, lag, steps, same)]


def test_every_stored_run_of_a_panel_is_a_dot():
    runs = stored_runs()
    figure = highways.recall_by_lag(runs, recall.CHANCE)
    for ax, (title, settings) in zip(figure.axes, highways.PANELS):
        assert ax.get_title(loc="left") == title
        dots = [y for line in ax.lines[1:] if line.get_label().startswith("_") for y in line.get_ydata()]
        lines = [line for line in ax.lines if not line.get_label().startswith("_")]
        expected = []
        for line, (cell, start, steps) in zip(lines, settings, strict=True):
            assert line.get_label() in (cell, start, f"{cell} ({start})")
            lags = sorted({run["lag"] for run in runs if found([run], cell, start, run["lag"], steps)})
            np.testing.assert_allclose(line.get_ydata(), [np.median(found(runs, cell, start, lag, steps)) for lag in lags])
            expected += [score for lag in lags for score in found(runs, cell, start, lag, steps)]
        assert sorted(dots) == sorted(expected) and len(dots) >= 30


def test_every_run_draws_each_accuracy_and_its_share():
    settings = {"one": [1.0, 0.2, 0.95], "two\nlines": [0.3]}
    picture = highways.every_run(settings, 0.25)
    (ax,) = picture.figure.axes
    for line, accuracies in zip([line for line in ax.lines if line.get_marker() == "s"], settings.values(), strict=True):
        assert list(line.get_ydata()) == sorted(accuracies)
    texts = [text.get_text() for text in ax.texts]
    assert "0.67 (0.21 to 0.94)" in texts and "0.00 (0.00 to 0.79)" in texts       # Wilson, by hand
    assert picture.sentence.endswith("one: 2 of 3; two lines: 0 of 1.") and ax.get_title(loc="left").endswith("2 of 3, 0 of 1")


def test_closed_exits_draws_each_run_at_each_time():
    runs = [{"accuracy": a, "closed_start": 0.1 * i, "closed_25": 0.5, "closed_end": 0.9 - 0.1 * i}
            for i, a in enumerate((1.0, 0.3, 0.97))]
    picture = highways.closed_exits({"first": runs, "second": runs[:1]})
    first, second = picture.figure.axes
    drawn = {(line.get_marker(), round(np.mean(line.get_xdata()))): sorted(line.get_ydata()) for line in first.lines}
    assert drawn["o", 0] == [0.0, 0.2] and drawn["x", 0] == [0.1] and drawn["o", 1] == [0.5, 0.5]
    np.testing.assert_allclose(drawn["o", 2], [0.7, 0.9])
    assert "first: 0.10, 0.50, 0.80" in picture.sentence and "second: 0.00, 0.50, 0.90" in picture.sentence


def test_fresh_seeds_draws_every_cell():
    tables = evidence.stored("highways"), evidence.stored("scales")
    picture = highways.fresh_seeds(*tables)
    gates, weights = picture.figure.axes
    columns = [line for line in gates.lines if len(line.get_xdata()) > 2]
    order = [(bias, cell) for bias in (0, 2, 4) for cell in ("rnn", "lstm", "gru")]
    for line, (bias, cell) in zip(columns, order, strict=True):
        left = [row[f"{cell}_100"] for row in tables[0] if row["gate_bias"] == bias]
        np.testing.assert_array_equal(line.get_ydata(), sorted(left))
        assert abs(line.get_xdata().mean() - (0, 2, 4).index(bias)) < 0.3
    scattered = [line for line in weights.lines if len(line.get_xdata()) > 2]
    for line, scale in zip(scattered, ("1", "1.5", "2", "3", "4"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), sorted(row[f"at_{scale}"] for row in tables[1]))
    low, high = gates.get_ylim()
    assert all(low < line.get_ydata().min() and line.get_ydata().max() < high for line in columns + scattered)


@pytest.mark.parametrize("name, gates", [("LSTM", {"keep": 0.9, "write": 0.3, "show": 0.5}),
                                         ("GRU", {"keep": 0.8, "reset": 0.5})])
def test_the_drawings_say_their_gates(name, gates):
    picture = highways.gated_cell(name, **gates)
    said = " ".join(text.get_text() for text in picture.figure.axes[0].texts)
    for gate, value in gates.items():
        assert re.search(rf"{gate} \$\w\$ = {value:.2f}", said) and f"{gate} {value:g}" in picture.sentence


def test_what_the_lesson_says_of_fresh_cells():
    rows = evidence.stored("highways")

    def column(name, bias):
        return np.array([row[name] for row in rows if row["gate_bias"] == bias])

    assert max(column(f"{name}_100", 0).max() for name in ("rnn", "lstm", "gru")) < -12
    assert min(column("lstm_100", 4).min(), column("gru_100", 4).min()) > -1
    assert evidence.share_with_interval(int(sum(row["best"] >= -2 for row in evidence.stored("scales"))), 200).low > 0.85
    later = column("lstm_h_2", 4) - column("lstm_h_100", 4)
    assert abs(np.median(later)) < 0.3 and np.percentile(later, 10) < -0.9 and np.percentile(later, 90) > 0.9
    assert (np.abs(later - 98 * np.log10(1 + np.exp(-4))) < np.log10(2)).mean() < 0.3


def test_what_the_lesson_says_of_trained_cells():
    runs = stored_runs()

    def share(*setting, **more):
        scores = np.array(found(runs, *setting, **more))
        assert len(scores) >= 20 or setting[:3] in (("LSTM", "default", 100), ("LSTM", "forget 6", 100)) or more.get("same")
        return evidence.share_with_interval(int((scores >= 0.95).sum()), len(scores))

    for cell in ("LSTM", "GRU"):
        assert share(cell, "default", 40).value == 0 < share("RNN", "default", 40).low
    assert share("RNN", "default", 100).value > 0
    assert share("GRU", "default", 40, steps=3000).low > 0.5 and share("LSTM", "default", 40, steps=2500).value == 0
    by_bias = [share("LSTM", f"forget {bias}", 40).value for bias in (1, 2, 4)]
    assert by_bias == sorted(by_bias) and share("LSTM", "forget 4", 40).low > 0.5
    assert share("LSTM", "forget 4", 100).value == share("LSTM", "forget 6", 100).value == 0
    for cell in starts.EXITS:
        assert share(cell, "forget 4", 100).low > share("LSTM", "forget 4", 100).high
    for setting in (("LSTM", "forget 4, input -4"), ("GRU", "update 4")):
        assert all(share(*setting, lag).low > 0.5 for lag in (40, 100))
    assert share("GRU", "update 4", 100, steps=1500, same=True).low > 0.5 > share("GRU", "update 4", 100, same=True).high
    closed = [run["closed_end"] for run in runs if (run["cell"], run["start"], run["lag"]) == ("LSTM", "forget 4, input -4", 100)
              and run["accuracy"] >= 0.95 and "closed_end" in run and not run["same_symbols"]]
    assert 0.4 < np.median(closed) < 0.7


# --- gates over time -------------------------------------------------------------------------------------------------

def test_gates_are_drawn_for_the_chosen_symbol():
    cell = rnnlib.LSTMCell(D, H, np.random.default_rng(0), forget_bias=4, input_bias=-4)
    states, cache = rnnlib.forward(cell, np.repeat(SYMBOLS[:30], 2, axis=1))
    write, keep, _, show = np.split(cache.gates, 4, axis=-1)
    c = states[1:, 1]
    figure = highways.gates_over_time(write, keep, show, c)
    order = np.argsort(c[-1, 0])
    cell_ax = next(ax for ax in figure.figure.axes if ax.get_title(loc="left"))
    heats = [ax for ax in figure.figure.axes if ax.images][:2]
    for symbol, unit, step in ((1, 1, 1), (0, H, 30), (1, 3, 17)):
        moved(figure, {"symbol": symbol, "unit": unit, "step": step})
        gates = [ax for ax in figure.figure.axes if len(ax.lines) == 4][:2]
        k = order[unit - 1]
        for b, (heat, ax) in enumerate(zip(heats, gates)):
            np.testing.assert_array_equal(heat.images[0].get_array(), np.tanh(c[:, b, order]).T)
            np.testing.assert_allclose([line.get_ydata() for line in ax.lines[1:]],
                                       np.log10([write[:, b, k], 1 - keep[:, b, k], show[:, b, k]]))
        said = sorted(text.get_text() for text in cell_ax.texts)
        assert said == sorted(f"{name} ${letter}$ = {values[step - 1, symbol, k]:.2f}" for name, letter, values in (
            ("keep", "f", keep), ("write", "i", write), ("show", "o", show)))
        assert f"c = {c[step - 1, symbol, k]:.2f}" in figure.finding
        assert f"First symbol {symbol}: mean |c| is {np.abs(c[0, symbol]).mean():.3f}" in figure.finding
        grown = np.abs(c[-1, symbol]).mean() > 10 * np.abs(c[0, symbol]).mean()
        assert ("faint" in cell_ax.get_title(loc="left")) == grown


# --- the exercises ---------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def solutions():
    """The functions of the folded solutions, from the text a learner reads."""
    return run("\n".join(folded(5)))


@pytest.mark.parametrize("B, D, H", [(1, 1, 1), (3, 2, 4), (2, 5, 3)])
def test_solutions_agree_with_the_library(solutions, B, D, H):
    rng = np.random.default_rng(B)
    x_t, h, c = rng.normal(size=(B, D)), rng.normal(size=(B, H)), rng.normal(size=(B, H))
    lstm, gru = rnnlib.LSTMCell(D, H, rng), rnnlib.GRUCell(D, H, rng)
    h_t, c_t = solutions["lstm_step"](x_t, h, c, lstm.W_x, lstm.W_h, lstm.b)
    np.testing.assert_allclose([h_t, c_t], lstm.step(x_t, np.stack([h, c])), atol=1e-14)
    np.testing.assert_allclose(solutions["gru_step"](x_t, h, gru.W_x, gru.W_h, gru.b, gru.b_hn), gru.step(x_t, h), atol=1e-14)


def test_solution_of_the_backward_passes_central_differences(solutions):
    rng = np.random.default_rng(0)
    at = {name: rng.normal(size=(3, 4)) for name in ("c_prev", "i", "f", "g", "o")}
    dh_t, dc_t = rng.normal(size=(2, 3, 4))

    def loss():
        c_t = at["f"] * at["c_prev"] + at["i"] * at["g"]
        return (dh_t * at["o"] * np.tanh(c_t)).sum() + (dc_t * c_t).sum()

    c_t = at["f"] * at["c_prev"] + at["i"] * at["g"]
    grads = solutions["lstm_cell_backward"](dh_t, dc_t, at["c_prev"], c_t, at["i"], at["f"], at["g"], at["o"])
    assert rnnlib.gradient_check(loss, at, dict(zip(("c_prev", "i", "f", "g", "o"), grads))) < 1e-7
