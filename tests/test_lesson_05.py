"""Lesson 05: what its figures draw at every setting of their sliders, and the solutions of its exercises."""

import re

import numpy as np
import pytest
from lessons import moved, run, sweep, titles
from lessons import solutions as folded

import rnnlib
from rnnlib.course import figures
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


def test_norms_by_bias_draws_each_panel():
    curves = {f"bias {b}": products(40, b, 1.0) for b in (0, 4)}
    figure = highways.norms_by_bias(curves)
    for ax, (title, by_name) in zip(figure.axes, curves.items()):
        assert ax.get_title(loc="left") == title
        lines = {line.get_label(): line for line in ax.lines}
        for name, (label, *_) in highways.NORMS.items():
            np.testing.assert_allclose(lines[label].get_ydata(), np.log10(by_name[name]))


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


# --- recall ----------------------------------------------------------------------------------------------------------

def test_every_stored_run_is_a_dot_and_the_titles_hold():
    runs = recall.stored()
    figure = highways.recall_by_lag(runs, recall.CHANCE)
    drawn, shown = [], set()
    for ax, (title, members, same) in zip(figure.axes, highways.PANELS):
        assert ax.get_title(loc="left") == title
        for line in ax.lines[1:]:
            if line.get_label().startswith("_"):
                drawn += list(line.get_ydata())
        for cell, label in members:
            shown.add((cell, label, same))
            medians = next(line for line in ax.lines if line.get_label() in (f"{cell} ({label})", cell)).get_ydata()
            lags = recall.SAME_SYMBOLS_LAGS if same else recall.LAGS
            np.testing.assert_allclose(medians, [np.median(found(runs, cell, label, lag, same)) for lag in lags])
    assert sorted(drawn) == sorted(run["accuracy"] for run in runs)
    assert shown == {(run["cell"], run["label"], run["same_symbols"]) for run in runs}

    assert max(max(found(runs, cell, "default", 40)) for cell in ("LSTM", "GRU")) < 0.95 < max(found(runs, "RNN", "default", 40))
    assert max(found(runs, "LSTM", "forget 4", 100) + found(runs, "LSTM", "forget 6", 100)) < 0.95
    for cell, label in (("LSTM", "forget 4, input -4"), ("GRU", "update 4")):
        assert min(min(found(runs, cell, label, lag)) for lag in recall.LAGS) >= 0.95
        assert max(found(runs, cell, label, 100, True)) < 0.95


def found(runs, cell, label, lag, same=False):
    return [run["accuracy"] for run in runs
            if (run["cell"], run["label"], run["lag"], run["same_symbols"]) == (cell, label, lag, same)]


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
