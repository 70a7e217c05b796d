"""Lesson 03: what its figures draw, at every setting of their sliders, and what its text says about the library."""

import re

import numpy as np
import pytest
from lessons import moved, run, solutions, sources, sweep, title

import rnnlib
from rnnlib.course import evidence, exercises, figures, marks
from rnnlib.course.exercises import backward
from rnnlib.course.explorers import lesson03_backprop as backprop

pytestmark = pytest.mark.usefixtures("strict", "quick")


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
    (path, here, ball, leaves, _star, across), (curve, point) = map_ax.lines, cut.lines
    arrow = next(c for c in map_ax.collections if hasattr(c, "U"))
    grid = np.linspace(-1.5, 1.5, 121)
    for values in sweep(figure, seed=1, count=4):
        w_x, w_h, T = values["w_x"], values["w_h"], values["T"]
        loss, gradient, points = counted(w_x, w_h, T), slope(w_x, w_h, T), walk(w_x, w_h, T, 10 ** values["log_rate"])
        surface = np.log10(np.maximum(counted(grid[:, None], grid[None, :], T), 0.01))
        seen = np.asarray(map_ax.images[0].get_array(), int)
        assert np.abs(seen - marks.lit(surface, 0.025, 0.025, 0, 8)).max() <= 1, "the ground of these heights"
        np.testing.assert_allclose(curve.get_ydata(), np.log10(np.maximum(counted(w_x, grid, T), 0.01)))
        np.testing.assert_allclose(cut.patches[0].get_xy()[:121], np.transpose(curve.get_data()), err_msg="the ground under it")
        np.testing.assert_allclose([*here.get_xdata(), *here.get_ydata(), *point.get_xdata()], [w_h, w_x, w_h])
        np.testing.assert_allclose(point.get_ydata(), [np.log10(max(loss, 0.01))])
        assert across.get_ydata()[0] == w_x
        if np.linalg.norm(gradient):
            np.testing.assert_allclose(np.ravel([arrow.V, arrow.U]), -0.5 * gradient / np.linalg.norm(gradient))
        drawn = np.transpose(path.get_data())[:, ::-1]
        assert len(drawn) == len(points)
        np.testing.assert_allclose(drawn[:-1], points[:-1])     # the last may lie far outside and is pulled in
        assert f"loss is {figures.number(loss)} and" in figure.finding
        left = np.abs(points[-1]).max() > 1.5
        assert title(figure).startswith(("Thrown off", "Out of the picture")) == left
        assert left or f"loss {figures.number(counted(*points[-1], T))}" in figure.finding
        assert len(ball.get_xdata()) == (not left), "a ball where the walk ends, if it ends in the picture"
        assert leaves.get_visible() == left
        if left:                                # an arrowhead where the last step crosses the border, and out of it
            at, (before, after) = leaves.get_xydata()[0, ::-1], points[-2:]
            np.testing.assert_allclose(np.abs(at).max(), 1.5)
            way = (after - before) / np.linalg.norm(after - before)
            np.testing.assert_allclose(at - before, (at - before) @ way * way, atol=1e-9)
            axis = {"<": (1, -1), ">": (1, 1), "v": (0, -1), "^": (0, 1)}[leaves.get_marker()]
            assert at[axis[0]] == pytest.approx(1.5 * axis[1]) and after[axis[0]] * axis[1] > 1.5


def test_cliff_tells_the_bottom_and_the_small_and_the_large_step():
    figure = backprop.counting_cliff(counted, slope, walk)
    assert title(figure).startswith("Down to the valley")
    moved(figure, {"w_x": 1.0, "w_h": 1.0})
    assert "nothing left" in title(figure)
    moved(figure, {"w_x": 0.5, "w_h": 0.5, "log_rate": -4.5})
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
    return rnnlib.bptt(cell, dh, cache).norms[1:].T, np.sqrt(((1 - states[1:, 0] ** 2) ** 2).mean())


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
    for values in sweep(figure, seed=2, count=4):
        T = values["T"]
        norms, rms_slope = norms_by_copies(**values)
        image = map_ax.images[0].get_array()
        inside = np.tril(np.ones((T, T), bool))
        assert (image.mask == ~inside).all()
        np.testing.assert_allclose(image[inside], np.clip(np.log10(norms[inside]), -6, 3))
        assert map_ax.images[0].get_extent() == [0.5, T + 0.5, 0.5, T + 0.5]
        share = [[norms[s, s - lag] / norms[s, s] for s in range(lag, T)] for lag in range(T)]
        for line, summary in ((low, min), (middle, np.median), (high, max)):
            wanted_log = np.clip([np.log10(summary(row)) for row in share], -10, 8)
            np.testing.assert_allclose(line.get_ydata(), wanted_log, atol=1e-9)
        assert f"Gain times root mean square slope is {values['gain'] * rms_slope:.2f}." in figure.finding
        left, back = np.median(share[T // 2]), T // 2
        said = title(figure)
        assert ("grows" in said) == (left ** (1 / back) > 1.02)
        match = re.match(r"(\d+) steps back less than 1 %", said)
        if match:
            assert np.median(share[int(match[1])]) < 0.01 <= np.median(share[int(match[1]) - 1])
        assert ("saturate" in said) == (values["gain"] > 1 and left ** (1 / back) < 0.98)


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
    for values in sweep(figure, seed=3, count=4):
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


def test_pictures_of_checks_and_of_runs(pixels):
    errors = {"right": np.array([1e-5, 1e-9, 1e-4]), "wrong": np.array([0.5, 0.6, 0.7])}
    picture = backprop.check_curves(np.array([1e-8, 1e-5, 1e-2]), errors)
    for line, error in zip(picture.figure.axes[0].lines, errors.values()):
        np.testing.assert_allclose(line.get_ydata(), np.log10(error))
    assert "10⁻⁹" in picture.figure.axes[0].get_title(loc="left")
    assert figures.png(backprop.two_paths().figure)


def test_a_dot_for_every_network():
    rng = np.random.default_rng(5)
    factor, by_rms, by_mean = rng.uniform(0.5, 1.4, (3, 20))
    picture = backprop.factor_per_step(["one"] * 10 + ["other"] * 10, factor, by_rms, by_mean)
    _diagonal, mean, rms, _one = picture.figure.axes[0].lines
    for dots, predicted in ((mean, by_mean), (rms, by_rms)):
        np.testing.assert_array_equal(dots.get_xydata(), np.column_stack([predicted, factor]))
    told = [f"{np.median(values[10:]):.2f}" for values in (factor, by_rms, by_mean)]
    assert picture.sentence.endswith(f"other: {' / '.join(told)}.")

    scores = {(k, steps): rng.uniform(0.5, 1, 20) for k in (1, 4, 40) for steps in (300, 1500)}
    picture = backprop.accuracy_by_chunk(scores, 0.37)
    ax = picture.figure.axes[0]
    drawn = [np.sort(line.get_ydata()) for line in ax.lines if len(line.get_ydata()) == 20]
    for steps in (300, 1500):
        for k in (1, 4, 40):
            np.testing.assert_array_equal(drawn.pop(0), np.sort(scores[k, steps]))
    assert not drawn and f"k = 4: {np.median(scores[4, 300]):.3f}, {np.median(scores[4, 1500]):.3f}" in picture.sentence


# --- what the lesson's text says -------------------------------------------------------------------------------------

def cell(beginning):
    return next(text for text in sources(3) if text.startswith(beginning))


def two_step_loss(z_2=(0, 0), h_1=(0, 0), z_1=(0, 0), W_h=((0, 0), (0, 0)), b=(0, 0)):
    """The loss of the two steps by hand with something added to what is named, everything later following."""
    W_x, W_h = np.array([[0.5, 0], [-0.5, 1]]), np.array([[1, -0.5], [0.5, 0.2]]) + W_h
    first = np.tanh(W_x[:, 0] + [0, 0.1] + z_1 + b) + h_1
    second = np.tanh(W_x[:, 1] + W_h @ first + [0, 0.1] + z_2 + b)
    errors = np.array([first, second]) @ [1, -1] + 0.5 - [1, 0]
    return (errors ** 2).sum() / 2


def measured(name):
    """The gradient of the two steps' loss with respect to what is named, by central differences."""
    shape = (2, 2) if name == "W_h" else (2,)
    steps = 1e-5 * np.eye(np.prod(shape)).reshape(-1, *shape)
    return np.array([two_step_loss(**{name: e}) - two_step_loss(**{name: -e}) for e in steps]).reshape(shape) / 2e-5


def test_the_pencil_tables_are_right():
    tables = {name: cell(beginning) for name, beginning in (
        ("step 2", "**Step 2**"), ("step 1", "**Step 1.**"), ("weights", "**The weights.**"))}
    bold = {name: np.array(re.findall(r"\*\*(-?\d\.\d\d)\*\*", text), dtype=float) for name, text in tables.items()}
    np.testing.assert_allclose(bold["step 2"], measured("z_2"), atol=0.005)
    np.testing.assert_allclose(bold["step 1"], [*measured("h_1"), *measured("z_1")], atol=0.005)
    np.testing.assert_allclose(bold["weights"], measured("W_h").ravel(), atol=0.005)
    db = re.search(r"= \((-?\d\.\d\d), (-?\d\.\d\d)\)\$", tables["weights"]).groups()
    np.testing.assert_allclose(np.array(db, dtype=float), measured("b"), atol=0.005)
    worked = re.findall(r"\| ([\d.·²+() -]+) = \**(-?\d\.\d\d)\**(?= \|)", "\n".join(tables.values()).replace(" |", " | |"))
    assert len(worked) == 18
    for sum_, result in worked:         # with the rounded numbers that stand there
        sum_ = sum_.replace("·", "*").replace("²", "**2")
        assert abs(eval(sum_) - float(result)) < 0.0051, (sum_, result)


def test_what_is_said_of_stored_runs():
    text = " ".join(" ".join(sources(3)).split())
    assert "none of the 20 networks passes 99 %, with 1,500 steps 10 of them do" in text
    passed = {(k, steps): sum(run["accuracy"] > 0.99 for run in evidence.stored("counter", k=k, steps=steps))
              for k in (1, 2, 4, 40) for steps in (300, 1500)}
    assert (passed[1, 300], passed[1, 1500]) == (0, 10)
    assert "With $k = 4$ all 20 networks pass 99 %, as with 40" in text and "Shorter chunks learn more slowly" in text
    assert passed[4, 300] == passed[40, 300] == 20 > passed[2, 1500] > passed[2, 300]
    assert "An untrained network is hurt less by the cuts" in text
    for k in (1, 4):
        cosines = ([run[f"cosine_{k}"] for run in evidence.stored("truncation", steps=steps)] for steps in (0, 300))
        fresh, trained = map(evidence.median_and_middle_80, cosines)
        assert trained.high < fresh.low if k == 1 else trained.value < fresh.low
    assert "its direct gradients alone ($k = 1$) already give most of the full gradient" in text
    first = evidence.stored("truncation", steps=0)
    assert all(evidence.median_and_middle_80([run[name] for run in first]).low > 0.7 for name in ("cosine_1", "size_1"))
    assert "Up to a gain of 1.5 the rms slope predicts the factor per step" in text
    assert "the mean slope says 0.9 where the gradient in fact keeps its size" in text
    too_much = r"The rms prediction is (\d+) % too high at gain 2, (\d+) % at 3, (\d+) % with large inputs"
    told = re.search(too_much, text).groups()
    too_high = dict(zip([(2.0, 1.0), (3.0, 1.0), (1.5, 5.0)], map(int, told)))
    for gain, scale in ((0.5, 1.0), (1.0, 1.0), (1.5, 1.0), (2.0, 1.0), (3.0, 1.0), (1.5, 5.0)):
        runs = evidence.stored("gradient_map", gain=gain, input_scale=scale)
        factor, rms, mean = (np.median([run[name] for run in runs]) for name in ("left_20", "rms_slope", "mean_slope"))
        factor = factor ** (1 / 20)
        good = gain <= 1.5 and scale == 1.0
        assert abs(gain * rms - factor) < 0.05 if good else gain * rms > factor + 0.05, (gain, scale)
        assert good or abs(100 * (gain * rms / factor - 1) - too_high[gain, scale]) < 1
        if gain == 1.5 and good:
            assert f"{factor:.1f} {gain * mean:.1f}" == "1.0 0.9"


def test_more_is_left_in_the_network_shown_than_in_most():
    assert "in which more of the gradient is left than in most" in cell("Read the picture row by row")
    space = {"np": np, "rnnlib": rnnlib}
    exec(cell("def gradient_map"), space)
    for gain, scale in ((0.5, 1.0), (1.0, 1.0), (3.0, 1.0), (1.5, 5.0)):
        left = [run["left_10"] for run in evidence.stored("gradient_map", gain=gain, input_scale=scale)]
        norms, _ = space["gradient_map"](gain, scale, 60)
        assert np.median(np.diagonal(norms, -10) / np.diagonal(norms)[10:]) > np.quantile(left, 0.6), (gain, scale)


def test_mistakes_at_one_step_are_as_the_solution_says():
    said = "For T = 1 the first and the last are right, and the second spoils `dh_0` alone"
    solution = next(text for text in sources(3) if said in text)
    right = re.search(r"```python\n(def bptt\(.*?)```", solution, re.S)[1]
    rng = np.random.default_rng(6)
    direct, x, h = rng.normal(size=(1, 2, 4)), rng.normal(size=(1, 2, 3)), rng.normal(size=(2, 2, 4))
    W_x, W_h = rng.normal(size=(4, 3)), rng.normal(size=(4, 4))

    def results(source):
        space = {"np": np}
        exec(source, space)
        return space["bptt"](direct, x, h, W_x, W_h)

    for line, wrong, spoilt in (("dW_h += dz", "dW_h = dz", []), ("= dz_t @ W_h\n", "= direct[t] + dz_t @ W_h\n", [1]),
                                ("in reversed(range(len(x)))", "in range(len(x))", [])):
        assert right.count(line) == 1
        pairs = zip(results(right.replace(line, wrong)), results(right))
        assert [i for i, (mine, true) in enumerate(pairs) if not np.allclose(mine, true)] == spoilt, wrong


def test_with_one_step_the_fault_shows_in_dh_0_alone(capsys):
    space = {"np": np, "rnnlib": rnnlib}
    assert cell("def bptt_with_a_fault") == backward.FAULTY.strip()
    for source in (cell("def bptt_with_a_fault"), cell("def errors_of")):
        exec(source, space)
    capsys.readouterr()
    space["errors_of"](space["bptt_with_a_fault"], T=1)
    said = capsys.readouterr().out
    assert said.count("right") == 4 and "dh_0: WRONG" in said
    exec(re.search(r"```python\n(def bptt\(.*?)```", "\n".join(sources(3)), re.S)[1], space)
    for T in (1, 3):
        space["errors_of"](space["bptt"], T)
    assert "WRONG" not in capsys.readouterr().out


def test_a_finished_bptt_trains_the_network(capsys):
    space = {"np": np, "rnnlib": rnnlib, "check": exercises.check}
    exec(re.search(r"```python\n(def bptt\(.*?)```", "\n".join(sources(3)), re.S)[1], space)
    exec(cell("class Counter"), space)
    exec(cell("class MyCounter"), space)
    assert "your own bptt" in capsys.readouterr().out
    mine, theirs = space["model"], space["Counter"](seed=0)
    rng = np.random.default_rng(9)
    batch = rng.normal(size=(12, 3, 1)), rng.integers(0, 5, (12, 3))
    (loss, grads), (their_loss, their_grads) = mine.loss_and_gradients(batch), theirs.loss_and_gradients(batch)
    assert loss == their_loss and not hasattr(mine, "back")
    for name in mine.params:
        np.testing.assert_allclose(grads[name], their_grads[name], atol=1e-12)


def test_folded_solutions_are_right():
    space = run("\n".join(solutions(3)))
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
