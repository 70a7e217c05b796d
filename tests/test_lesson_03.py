"""Lesson 03: what its figures draw, at every setting of their sliders, and what its text says about the library."""

import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import rnnlib
from rnnlib.course import figures
from rnnlib.course.explorers import lesson03_backprop as backprop

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "03_backpropagation_through_time.ipynb"


@pytest.fixture(autouse=True)
def strict():
    with warnings.catch_warnings(), np.errstate(divide="raise", over="raise", invalid="raise"):
        warnings.simplefilter("error")
        yield


def settings(figure, seed, count=4):
    """Every slider at both extremes with the others at rest, all at each extreme together, and a random sweep."""
    rest = figure.values()
    ends = {name: (control.min, control.max) for name, control in figure.sliders.items()}
    for name, pair in ends.items():
        for value in pair:
            yield {**rest, name: value}
    for side in (0, 1):
        yield {name: pair[side] for name, pair in ends.items()}
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield {name: type(rest[name])(control.min + control.step * rng.integers(notches(control) + 1))
               for name, control in figure.sliders.items()}


def notches(control):
    return round((control.max - control.min) / control.step)


def moved(figure, values):
    """Set the sliders; everything on the picture stays within it."""
    for name, value in values.items():
        figure.sliders[name].value = value
    assert "failed" not in figure.image.sentence, figure.image.sentence
    assert figure.finding in figure.sentence() and 20 < len(figure.finding) <= 220, figure.finding
    assert "nan" not in figure.finding and "nan" not in title(figure)
    return figure.values()      # as the sliders hold them


def title(figure):
    return " ".join(ax.get_title(loc="left") for ax in figure.figure.axes).strip()


def size_of(figure):
    return tuple(np.frombuffer(figure.image.value[16:24], ">u4"))


def titles_fit(figure):
    renderer = figure.figure.canvas.get_renderer()
    width, height = figure.figure.canvas.get_width_height()
    with figures.style():
        for text in [t for ax in figure.figure.axes for t in (ax._left_title, ax.xaxis.label, ax.yaxis.label)]:
            if text.get_text():
                box = text.get_window_extent(renderer)
                assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, text.get_text()


# --- the cliff -------------------------------------------------------------------------------------------------------

ONES = np.random.default_rng(0).integers(0, 2, (30, 20)).astype(float)


def counted(w_x, w_h, T):
    """The loss from the closed form h_T = w_x sum_t w_h^(T - t) x_t, not from the recurrence."""
    powers = np.asarray(w_h)[..., None] ** np.arange(T - 1, -1, -1)
    h = np.asarray(w_x)[..., None] * (powers @ ONES[:T])
    return ((h - ONES[:T].sum(axis=0)) ** 2).mean(axis=-1)


def slope(w_x, w_h, T):
    lag = np.arange(T - 1, -1, -1)
    sums, bent = w_h**lag.astype(float) @ ONES[:T], (lag * w_h ** np.maximum(lag - 1.0, 0)) @ ONES[:T]
    error = 2 * (w_x * sums - ONES[:T].sum(axis=0)) / ONES.shape[1]
    return np.array([error @ sums, w_x * error @ bent])


def walk(w_x, w_h, T, rate):
    path = [np.array([w_x, w_h])]
    while len(path) <= 40 and np.abs(path[-1]).max() <= backprop.REACH:
        path.append(path[-1] - rate * slope(*path[-1], T))
    return np.array(path)


def test_cliff_draws_loss_gradient_and_descent():
    figure = backprop.counting_cliff(counted, slope, walk)
    map_ax, cut, *_ = figure.figure.axes
    (path, here, _star), (curve, point) = map_ax.lines, cut.lines
    arrow = next(c for c in map_ax.collections if hasattr(c, "U"))
    size, grid = size_of(figure), np.linspace(-1.5, 1.5, 121)
    for wanted in settings(figure, seed=1):
        values = moved(figure, wanted)
        w_x, w_h, T = values["w_x"], values["w_h"], values["T"]
        loss, gradient, points = counted(w_x, w_h, T), slope(w_x, w_h, T), walk(w_x, w_h, T, 10 ** values["log_rate"])
        surface = np.log10(np.maximum(counted(grid[None, :], grid[:, None], T), 0.01))
        np.testing.assert_allclose(map_ax.images[0].get_array(), surface)
        np.testing.assert_allclose(curve.get_ydata(), np.log10(np.maximum(counted(w_x, grid, T), 0.01)))
        np.testing.assert_allclose([*here.get_xdata(), *here.get_ydata(), *point.get_xdata()], [w_x, w_h, w_h])
        np.testing.assert_allclose(point.get_ydata(), [np.log10(max(loss, 0.01))])
        if np.linalg.norm(gradient):
            np.testing.assert_allclose(np.ravel([arrow.U, arrow.V]), -0.5 * gradient / np.linalg.norm(gradient))
        drawn = np.transpose(path.get_data())
        assert len(drawn) == len(points)
        np.testing.assert_allclose(drawn[:-1], points[:-1])     # the last may lie far outside and is pulled in
        assert f"loss is {loss:.3g}" in figure.finding
        left = np.abs(points[-1]).max() > 1.5
        assert title(figure).startswith(("Thrown off", "Out of the picture")) == left
        assert left or f"loss {counted(*points[-1], T):.3g}" in figure.finding
        assert size_of(figure) == size
        titles_fit(figure)


def test_cliff_tells_the_bottom_and_the_small_and_the_large_step():
    figure = backprop.counting_cliff(counted, slope, walk)
    assert title(figure).startswith("Down to the valley")
    moved(figure, {"w_x": 1.0, "w_h": 1.0})
    assert "nothing left" in title(figure)
    moved(figure, {"w_x": 0.5, "w_h": 0.5, "log_rate": -6.0})
    assert title(figure).startswith("Too small a step")
    moved(figure, {"w_x": 0.3, "w_h": 1.2, "log_rate": -3.25, "T": 15})
    assert title(figure).startswith("Too large a step")


def test_cliff_tells_a_throw_from_a_walk():
    figure = backprop.counting_cliff(counted, slope, walk)
    moved(figure, {"T": 15})
    assert title(figure) == "Thrown off the cliff at step 26"
    moved(figure, {"w_x": 1.5, "T": 10})        # a gentle slope at the edge of the picture: no cliff
    assert title(figure) == "Out of the picture at step 1" and "step 1 leaves the picture" in figure.finding
    moved(figure, {"w_x": 0.2, "log_rate": -2.5})       # over the wall and back, more than once: not too small a step
    assert title(figure).startswith("Too large a step: thrown about")
    moved(figure, {"w_h": -1.5, "log_rate": -3.0})      # from the wall onto the plain: less than half the loss, no valley
    assert "valley" not in title(figure)


# --- the gradient map ------------------------------------------------------------------------------------------------

def norms_by_copies(gain, scale, T, H=8):
    """As in the lesson: T copies of a sequence, copy s with its loss at step s alone."""
    cell, x, dh_direct = network(gain, scale, H)
    states, cache = rnnlib.forward(cell, np.repeat(x[:T], T, axis=1))
    dh = np.zeros((T, T, H))
    dh[range(T), range(T)] = dh_direct[:T]
    return rnnlib.bptt(cell, dh, cache).norms[1:].T, (1 - states[1:, 0] ** 2).mean()


def network(gain, scale, H):
    rng = np.random.default_rng(7)
    cell = rnnlib.RNNCell(3, H, rng)
    cell.W_h = gain * np.linalg.qr(rng.normal(size=(H, H)))[0]
    return cell, scale * rng.normal(size=(60, 1, 3)), rng.normal(size=(60, H))


def test_copies_give_the_products_of_jacobians():
    T, H = 9, 8
    cell, x, direct = network(1.3, 0.8, H)
    _, cache = rnnlib.forward(cell, x[:T])
    J = rnnlib.jacobians(cell, cache)
    norms, _ = norms_by_copies(1.3, 0.8, T)
    for s in range(1, T + 1):
        for t in range(1, T + 1):
            product = np.linalg.multi_dot([np.eye(H), np.eye(H), *J[t:s][::-1]]) if t <= s else np.zeros((H, H))
            np.testing.assert_allclose(norms[s - 1, t - 1], np.linalg.norm(direct[s - 1] @ product), atol=1e-12)


def test_gradient_map_draws_the_norms_and_the_share_left():
    figure = backprop.gradient_map(norms_by_copies)
    map_ax, fade, *_ = figure.figure.axes
    low, high, middle, _one = fade.lines
    size = size_of(figure)
    for wanted in settings(figure, seed=2):
        values = moved(figure, wanted)
        T = values["T"]
        norms, tanh_slope = norms_by_copies(**values)
        image = map_ax.images[0].get_array()
        inside = np.tril(np.ones((T, T), bool))
        assert (image.mask == ~inside).all()
        np.testing.assert_allclose(image[inside], np.clip(np.log10(norms[inside]), -6, 3))
        assert map_ax.images[0].get_extent() == [0.5, T + 0.5, 0.5, T + 0.5]
        share = [[norms[s, s - lag] / norms[s, s] for s in range(lag, T)] for lag in range(T)]
        for line, summary in ((low, min), (middle, np.median), (high, max)):
            wanted_log = np.clip([np.log10(summary(row)) for row in share], -10, 8)
            np.testing.assert_allclose(line.get_ydata(), wanted_log, atol=1e-9)
        assert f"{tanh_slope:.2f} on average" in figure.finding
        left, back = np.median(share[T // 2]), T // 2
        said = title(figure)
        assert ("grows" in said) == (left ** (1 / back) > 1.02)
        match = re.match(r"(\d+) steps back less than 1 %", said)
        if match:
            assert np.median(share[int(match[1])]) < 0.01 <= np.median(share[int(match[1]) - 1])
        assert ("saturate" in said) == (values["gain"] > 1 and left ** (1 / back) < 0.98)
        assert size_of(figure) == size
        titles_fit(figure)


# --- truncation ------------------------------------------------------------------------------------------------------

def test_truncation_draws_its_tables():
    rng, S, T = np.random.default_rng(4), 7, 40
    cosine, size = rng.uniform(-0.2, 1, (S, T)), rng.uniform(0.1, 1.1, (S, T))
    cosine[:, -1] = size[:, -1] = 1
    norms = rng.uniform(0.001, 0.002, (S, T, T + 1))
    figure = backprop.truncation(np.arange(0, 301, 50), cosine, size, norms)
    states, curves = figure.figure.axes
    cuts, full, short = states.lines
    cosine_line, cosine_point, size_line, size_point = curves.lines
    picture = size_of(figure)
    for wanted in settings(figure, seed=3):
        values = moved(figure, wanted)
        k, i = values["k"], values["step"] // 50
        np.testing.assert_allclose(full.get_ydata(), norms[i, -1, 1:] / norms[i, -1, 1:].max())
        np.testing.assert_allclose(short.get_ydata(), norms[i, k - 1, 1:] / norms[i, -1, 1:].max())
        np.testing.assert_allclose(cosine_line.get_ydata(), cosine[i])
        np.testing.assert_allclose(size_line.get_ydata(), size[i])
        np.testing.assert_allclose(np.ravel(cosine_point.get_data()), [np.log2(k), cosine[i, k - 1]])
        np.testing.assert_allclose(np.ravel(size_point.get_data()), [np.log2(k), size[i, k - 1]])
        np.testing.assert_allclose(sorted(set(cuts.get_xdata())), [t + 0.5 for t in range(1, T) if t % k == 0])
        assert f"cosine {cosine[i, k - 1]:.2f} " in figure.finding
        assert f"{np.degrees(np.arccos(cosine[i, k - 1])):.0f} degrees" in title(figure)
        assert size_of(figure) == picture
        titles_fit(figure)


def test_pictures_of_checks_and_of_runs():
    errors = {"right": np.array([1e-5, 1e-9, 1e-4]), "wrong": np.array([0.5, 0.6, 0.7])}
    picture = backprop.check_curves(np.array([1e-8, 1e-5, 1e-2]), errors)
    for line, error in zip(picture.figure.axes[0].lines, errors.values()):
        np.testing.assert_allclose(line.get_ydata(), error)
    assert "1e-09" in picture.figure.axes[0].get_title(loc="left")
    runs = {1: np.full(30, 0.5), 2: np.full(30, 0.2), 4: np.full(30, 0.0100), 40: np.full(30, 0.0101)}
    picture = backprop.losses_by_chunk(runs, 1.4)
    for line, loss in zip(picture.figure.axes[0].lines, runs.values()):
        np.testing.assert_allclose(line.get_ydata(), loss[:21])
    assert [text.get_text() for text in picture.figure.axes[0].texts[:4]] == ["k = 1", "k = 2", "", "k = 4 and 40"]
    assert "below 0.03: k = 4, 40; that do not: k = 1, 2" in picture.sentence
    assert figures.png(backprop.two_paths().figure)


# --- what the lesson's text says -------------------------------------------------------------------------------------

def cells():
    return ["".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]]


def test_lines_quoted_from_the_library_stand_in_it():
    quoted = 0
    for source, file in (("## Now open cells.py", "cells.py"), ("[rnnlib/sequence.py]", "sequence.py")):
        text = next(cell for cell in cells() if source in cell)
        code = (ROOT / "rnnlib" / file).read_text(encoding="utf-8")
        for row in re.findall(r"^\| (?!you wrote|---).* \| (.*) \|$", text, re.M):
            line, *places = re.findall(r"`([^`]+)`", row)
            assert line in code, f"{file} no longer says {line}"
            assert all(f"def {place}(" in code for place in places)
            quoted += 1
    assert quoted >= 14


def test_folded_solutions_are_right():
    space = {"np": np}
    for cell in cells():
        for solution in re.findall(r"^```python\n(def .*?)^```$", cell, re.M | re.S):
            exec(solution, space)
    rng = np.random.default_rng(8)
    cell = rnnlib.RNNCell(3, 5, rng)
    x, h_0, dh = rng.normal(size=(6, 4, 3)), rng.normal(size=(4, 5)), rng.normal(size=(6, 4, 5))
    states, cache = rnnlib.forward(cell, x, h_0)
    back = rnnlib.bptt(cell, dh, cache)
    same(space["bptt"](dh, x, states, cell.W_x, cell.W_h), (back.x, back.h[0]), back.params)
    _, cache = rnnlib.forward(cell, x[:1], h_0)
    back = rnnlib.bptt(cell, dh[:1], cache)
    one_step = space["rnn_step_backward"](dh[0], x[0], h_0, states[1], cell.W_x, cell.W_h)
    same(one_step, (back.x[0], back.h[0]), back.params)
    logits, target = rng.normal(size=(4, 5)), rng.integers(0, 5, 4)
    dlogits = space["softmax_cross_entropy_gradient"](logits, target)
    np.testing.assert_allclose(dlogits, rnnlib.cross_entropy(logits, target)[1])


def same(answer, arrays, params):
    for mine, theirs in zip(answer, (*arrays, params["W_x"], params["W_h"], params["b"]), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-12)
