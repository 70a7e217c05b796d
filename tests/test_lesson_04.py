"""Lessons 00 and 04: what the figures draw at every setting of their sliders, and that their words are true."""

import re

import numpy as np
import pytest
from lessons import moved, run, solutions, sources, sweep, title

import rnnlib
from rnnlib.course import evidence, explorers, figures
from rnnlib.course.explorers import lesson04_clipping as clipping
from rnnlib.course.explorers import lesson04_jacobians as jacobians
from rnnlib.course.explorers import lesson04_luck as luck
from rnnlib.course.explorers import lesson04_vanishing as vanishing

pytestmark = pytest.mark.usefixtures("strict", "quick")


def cells(*starts):
    """What the cells of the notebook define that hold these texts, run in order without their figures."""
    code = sources(4, "code")
    lines = [line for start in starts for line in next(source for source in code if start in source).splitlines()
             if not line.startswith(("explorers.", "print"))]
    return run("\n".join(lines), rnnlib=rnnlib, norm=np.linalg.norm)


def raised(number):
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def times_ten(text):
    """4.6e-16 as figures write it."""
    return re.sub(r"(\d)e([+-]\d+)", lambda m: f"{m[1]}×10{raised(int(m[2]))}", text)


# --- a power ---------------------------------------------------------------------------------------------------------

def log10_left(factor, T):
    return np.arange(T - 1, -1, -1) * np.log10(factor)


def test_the_way_back_names_every_share(monkeypatch):
    faded = []
    monkeypatch.setattr(vanishing.Unrolled, "gradient_left", lambda _, amounts: faded.extend(amounts))
    picture = vanishing.way_back(0.7 ** np.arange(5, -1, -1))
    np.testing.assert_allclose(faded[1:], 0.7 ** np.arange(5, 0, -1), err_msg="the arrow into h_t is as strong as what it brings")
    assert faded[0] == 0, "the arrow into h_0 is not on the way to h_1"
    shares = [text.get_text() for text in picture.figure.axes[0].texts][-6:]
    assert shares == ["0.17", "0.24", "0.34", "0.49", "0.7", "1"]
    assert "5 factors; 0.17" in picture.sentence


def test_the_vanishing_product_draws_the_power_and_says_what_each_format_holds():
    figure = explorers.vanishing_product(log10_left)
    curve, strip = figure.figure.axes
    for values in sweep(figure, count=3):
        factor, T = values.values()
        steps, drawn = curve.lines[0].get_data()
        np.testing.assert_allclose(drawn, [(T - k) * np.log10(factor) for k in range(1, T + 1)], atol=1e-9)
        assert list(steps) == list(range(1, T + 1))
        shades = strip.images[0].get_array()[0]
        np.testing.assert_allclose(shades, np.clip(1 + drawn / 6, 0, 1))
        assert f"{factor:g}{raised(T - 1)} = " in figure.finding
        number = figure.figure.texts[0].get_text().translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))
        assert number.startswith(f"{factor:g}{T - 1} = "), "in large type: the factor, raised to T - 1"
        # the words on the formats, from the formats themselves
        exact = float(drawn[0])
        assert ("zero" in figure.finding) == (exact < np.log10(0.5 * 2.0**-149))
        assert ("both round" in figure.finding) == (exact < np.log10(0.5) - 1074 * np.log10(2))
        assert ("too large" in figure.finding) == (exact > 128 * np.log10(2))
        assert ("vanishes" in title(figure)) == (exact < -6)
        assert ("explodes" in title(figure)) == (exact > 6)


@pytest.mark.parametrize("factor, T, left, said", [
    (0.7, 100, "4.6e-16", "After 39 steps back less than one millionth is left"), (0.7, 292, "8.4e-46", "only with fewer digits"),
    (0.7, 293, "5.9e-46", "sticks at 1.4e-45"), (0.9, 500, "1.5e-23", "both still hold"),
    (0.75, 360, "1.4e-45", "only with fewer digits"), (0.1, 500, "1.0e-499", "both round that to zero"),
    (1.5, 500, "7.4e+87", "too large for float32"), (1.5, 219, "2.4e+38", "both still hold"),
    (1.5, 220, "3.7e+38", "too large for float32"), (0.4, 200, "6.5e-80", "rounds the power to zero."),
    (1.0, 7, "1", "exactly 1")])
def test_the_facts_of_the_vanishing_product(factor, T, left, said):
    figure = explorers.vanishing_product(log10_left, factor, T)
    left = times_ten(left)
    assert f"{factor:g}{raised(T - 1)} = {left} of" in figure.finding and times_ten(said) in figure.finding, figure.finding
    assert figure.figure.texts[0].get_text().endswith(f"= {left}")


def test_the_power_and_the_product_of_steps_in_float32():
    n = np.arange(1, 501)
    by_power, by_steps = (0.7**n).astype(np.float32), vanishing.step_by_step(0.7, 500)
    assert n[by_power == 0][0] == 292 and by_steps[-1] == np.float32(1e-45) > 0
    value = np.float32(1)
    for k in range(500):
        value = np.float32(value * np.float32(0.7))
        assert value == by_steps[k]
    picture = vanishing.two_roundings(0.7, n * np.log10(0.7), by_power, by_steps)
    exact, steps, power = (line.get_ydata() for line in picture.figure.axes[0].lines)
    shown = picture.figure.axes[0].lines[0].get_xdata()
    np.testing.assert_allclose(exact, shown * np.log10(0.7))
    np.testing.assert_allclose(steps, np.log10(by_steps[shown - 1].astype(float)))
    assert ((power > exact.min() - 1) == (shown < 292)).all()
    assert "292" in picture.sentence and times_ten("1.4e-45") in picture.sentence


# --- products of Jacobians -------------------------------------------------------------------------------------------

def test_the_norms_drawn_are_those_of_the_products_of_the_cell_itself():
    lesson = cells("cell = rnnlib.RNNCell(8, 24, rng)", "def norms_by_lag", "def spectral_radius", "def log10_norms")
    cell, x, W = (lesson[name] for name in ("cell", "x", "W"))
    assert np.isclose(np.abs(np.linalg.eigvals(W)).max(), 1)
    figure = explorers.jacobian_norms(lesson["log10_norms"])
    ax, arrows = figure.figure.axes
    for values in sweep(figure, count=3):
        radius, scale, T = values.values()
        measured, chained, bound, short_cut = (line.get_ydata() for line in ax.lines[:4])
        assert list(ax.lines[0].get_xdata()) == list(range(T))
        cell.W_h = radius * W
        states, cache = rnnlib.forward(cell, scale * x[:T])
        J = rnnlib.jacobians(cell, cache)
        products = rnnlib.jacobian_products(J)[:0:-1]           # lag 0 .. T-1
        np.testing.assert_allclose(measured, np.log10(np.linalg.norm(products, 2, axis=(1, 2))), atol=1e-6)
        slopes = (1 - states[2:] ** 2).ravel()
        np.testing.assert_allclose(short_cut, np.arange(T) * np.log10(radius * np.sqrt(slopes @ slopes / len(slopes))), atol=1e-9)
        np.testing.assert_allclose(bound[-1], (T - 1) * np.log10(np.linalg.norm(radius * W, 2) * slopes.max()), atol=1e-9)
        assert (measured <= chained + 1e-9).all() and (chained <= bound + 1e-9).all()
        low, high = ax.get_ylim()
        for curve in (measured, chained, bound, short_cut):
            assert low < curve.min() and curve.max() < high, "no curve leaves the picture"
        strength = [arrow.get_alpha() for arrow in arrows.lines]
        there = np.interp(np.linspace(0, T - 1, len(strength) + 1)[1:], np.arange(T), measured)
        np.testing.assert_allclose(strength, 0.06 + 0.94 * np.clip(1 + there / 6, 0, 1), atol=1e-6)
        left = figures.scientific(measured[-1])
        assert f"norm {left};" in figure.finding and left in title(figure)
        said = [figures.scientific(curve[-1]) for curve in (chained, bound, short_cut)]
        assert "product of the norms {}, bound {}, short cut {}.".format(*said) in figure.finding
        assert ("vanishes" in title(figure)) == (measured[-1] < -6)
        assert ("explodes" in title(figure)) == (measured[-1] > 6)


def test_without_input_the_product_is_a_power_of_the_weights():
    lesson = cells("cell = rnnlib.RNNCell(8, 24, rng)", "def norms_by_lag", "def spectral_radius", "def log10_norms")
    measured = lesson["log10_norms"](0.8, 0.0, 30)[0]
    norms = [np.linalg.norm(np.linalg.matrix_power(0.8 * lesson["W"], n), 2) for n in range(30)]
    np.testing.assert_allclose(measured, np.log10(norms), atol=1e-9)


def test_two_units_draw_the_singular_values_of_the_power():
    powers = cells("def powers(eigenvalue, coupling)")["powers"]
    figure = explorers.two_units(powers)
    plane, curve = figure.figure.axes
    for values in sweep(figure, count=3):
        a, c, n = values.values()
        closed = np.array([[a**n, n * a ** (n - 1) * c if n else 0], [0, a**n]])
        largest = np.linalg.svd(closed)[1][0]
        norms, by_radius, by_norm, point = (line.get_data() for line in (*curve.lines[:3], curve.lines[3]))
        assert np.isclose(norms[1][n], np.log10(largest)) and np.isclose(point[1][0], np.log10(largest))
        assert np.isclose(by_radius[1][n], n * np.log10(a))
        assert np.isclose(by_norm[1][n], n * np.log10(np.linalg.norm([[a, c], [0, a]], 2)), atol=1e-9)
        before, after = (np.array(line.get_data()) for line in plane.lines[:2])
        np.testing.assert_allclose(after, closed @ before, atol=1e-9)
        farthest = np.linalg.norm(after, axis=0).max() / np.linalg.norm(before, axis=0).max()
        assert 0.95 * largest <= farthest <= largest * (1 + 1e-9)
        assert np.linalg.norm(before, axis=0).max() == pytest.approx(1) and max(plane.get_xlim()) > largest, "to scale, inside"
        assert f"semi-axis {figures.number(largest)}" in title(figure)
        peak = norms[1].argmax()
        assert ("only shrinks" in title(figure)) == (peak == 0) and f"n = {peak}." in figure.finding


def test_the_eigenvalues_come_late():
    W = np.array([[0.9, 1.0], [0.0, 0.5]])
    n = np.array([1, 10, 100])
    norms = np.array([np.linalg.norm(np.linalg.matrix_power(W, k), 2) for k in n])
    picture = jacobians.norm_and_radius(np.linalg.eigvals(W), n, norms)
    plane, curve = picture.figure.axes
    np.testing.assert_allclose(curve.lines[0].get_ydata(), norms ** (1 / n))
    assert sorted(plane.lines[2].get_xdata()) == [0.5, 0.9]
    assert f"norm {norms[0]:.2f} at n = 1" in picture.sentence and "spectral radius 0.90" in picture.sentence


def test_at_rest_no_factor_exceeds_one():
    factor_at_rest = cells("def factor_at_rest")["factor_at_rest"]
    w = np.linspace(0, 4, 41)
    factors = {"b = 0": factor_at_rest(w), "b = 0.5": factor_at_rest(w, b=0.5)}
    assert np.isclose(factors["b = 0"][5], 0.5) and 0.99 < factors["b = 0"][10] <= 1 and factors["b = 0"][30] < 0.04
    picture = jacobians.resting_factor(w, factors)
    drawn = picture.figure.axes[0].lines
    np.testing.assert_array_equal(drawn[1].get_ydata(), factors["b = 0"])
    np.testing.assert_array_equal(drawn[2].get_ydata(), factors["b = 0.5"])
    assert "over all weights is 1.00" in picture.sentence


def test_the_short_cut_is_drawn_against_the_product():
    predicted = {"radius 0.5": np.array([-30.0, -29.0, -31.0]), "radius 1.5": np.array([1.0, 3.0])}
    measured = {"radius 0.5": np.array([-29.5, -28.0, -33.0]), "radius 1.5": np.array([-4.0, 2.5])}
    picture = jacobians.predicted_left(predicted, measured)
    _, *dots = picture.figure.axes[0].lines
    for line, label in zip(dots, measured):
        np.testing.assert_array_equal(line.get_xydata(), np.transpose([predicted[label], measured[label]]))
    assert picture.sentence.endswith("(the blue band): radius 0.5: 2 of 3; radius 1.5: 1 of 2.")
    assert picture.figure.axes[0].get_title(loc="left").endswith("2 of 3 cells at radius 0.5, 1 at radius 1.5")


def test_the_map_shows_the_shares_and_counts_them():
    radii, scales = np.linspace(0.5, 3.5, 7), np.array([0.1, 1.0, 10.0])
    log10_left = np.array([[-40.0, -9, -3, 0, 8, 9, 30], [-40, -9, -7, 0, 8, 9, 30], [-40, -9, -8, -7, -6.5, 9, 30]])
    picture = jacobians.radius_map(radii, scales, log10_left)
    shown = picture.figure.axes[0].collections[0].get_array()
    np.testing.assert_array_equal(shown.reshape(3, 7), log10_left.clip(-20, 20))
    assert "14 %" in picture.figure.axes[0].get_title(loc="left")       # 3 of 21
    assert "up to a radius of 1.0 at every input scale, up to 2.5 at input scale 10" in picture.sentence


# --- clipping --------------------------------------------------------------------------------------------------------

def test_the_clipped_descent_draws_the_path_it_was_given():
    lesson = cells("def counting_gradient", "def descend")
    w_x, w_h = np.linspace(-1, 3, 9), np.linspace(0, 1.6, 9)
    surface = lesson["counting_loss"](w_x[None, :], w_h[:, None], lesson["ones"][:20])
    figure = explorers.clipped_descent(lesson["descend"], w_x, w_h, surface)
    plane, curve = figure.figure.axes
    outcomes = set()
    for threshold in clipping.THRESHOLDS:
        moved(figure, {"threshold": threshold})
        path, losses, norms = lesson["descend"](threshold)
        star, line, start, ball = (np.array(drawn.get_data())[::-1] for drawn in plane.lines)
        np.testing.assert_allclose(line, path.clip(-1e4, 1e4).T)
        np.testing.assert_allclose(start[:, 0], path[0])
        np.testing.assert_allclose(ball[:, 0], path[-1].clip(-1e4, 1e4))
        np.testing.assert_allclose(curve.lines[0].get_ydata(), np.log10(losses))
        steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
        assert (steps <= 0.001 * threshold * (1 + 1e-9)).all(), "no step is longer than rate times threshold"
        assert f"Threshold {threshold:g}: {(norms > threshold).sum()} of {len(norms)}" in figure.finding
        outcome = plane.get_title(loc="left")
        outcomes.add(outcome)
        assert (outcome == "Thrown off the cliff") == (losses[-1] > 1e12)
        assert (outcome == "Down in the valley") == (len(norms) == 200 and losses[-20:].max() < losses[0] / 10)
        assert outcome != "Still on its way" or steps.max() < 0.4, "who was thrown two units back is not on the way"
        assert outcome != "Still on its way" or np.ptp(path, axis=0).max() > 0.05, "the ball has left its place"
        assert outcome != "Hardly moved" or np.ptp(path, axis=0).max() < 0.1
    assert len(outcomes) == 7


def test_the_loss_of_two_weights_is_that_of_the_recurrence():
    lesson = cells("def counting_gradient")
    x, w_x, w_h = lesson["ones"][:12], np.array([[0.3], [-1.2]]), np.array([[0.7, -0.4, 1.3]])
    h = np.zeros((2, 3, 20))
    for x_t in x:
        h = w_x[..., None] * x_t + w_h[..., None] * h
    loss = ((h - x.sum(axis=0)) ** 2).mean(axis=-1)
    np.testing.assert_allclose(lesson["counting_loss"](w_x, w_h, x), loss)
    for a, b in ((0.3, 0.7), (-1.2, 1.3)):
        numeric = [(lesson["counting_loss"](a + d, b + e, x) - lesson["counting_loss"](a - d, b - e, x)) / 2e-6
                   for d, e in ((1e-6, 0), (0, 1e-6))]
        np.testing.assert_allclose(lesson["counting_gradient"](a, b, x), numeric, rtol=1e-6)


def test_clipping_takes_the_path_that_the_library_s_clip_by_norm_takes():
    lesson = cells("def counting_gradient", "def descend")
    w, path = np.array([0.0, 0.5]), lesson["descend"](10.0)[0]
    for k in range(100):
        np.testing.assert_allclose(path[k], w, rtol=1e-7, atol=1e-12)
        clipped, _ = rnnlib.clip_by_norm({"w": lesson["counting_gradient"](*w, lesson["ones"][:20])}, 10.0)
        w = w - 0.001 * clipped["w"]


# --- the recall task -------------------------------------------------------------------------------------------------

def test_training_and_gradient_draws_every_run_by_what_it_learned():
    rng = np.random.default_rng(0)
    losses, shares = rng.uniform(0, 1.4, (3, 40)), rng.uniform(-9, -5, (3, 5))
    picture = luck.training_and_gradient(losses, 10, shares, [1.0, 0.5, 0.26])
    left, right = picture.figure.axes
    for k, look in enumerate(("-", "--", ":")):
        x, y = right.lines[k].get_data()
        assert list(x) == [0, 10, 20, 30, 40] and right.lines[k].get_linestyle() == look
        np.testing.assert_array_equal(y, shares[k])
        steps, mean = left.lines[k].get_data()
        assert list(steps) == list(range(10, 41))
        np.testing.assert_allclose(mean[[0, -1]], [losses[k, :10].mean(), losses[k, -10:].mean()])
    assert picture.sentence.startswith("1 of 3 runs")
    said = picture.figure.texts[0].get_text()
    assert said.startswith("1 of 3 seeds learned it; in the 2 that did not, less than 10")
    alone = luck.training_and_gradient(losses, 10, shares, [1.0, 1.0, 0.26]).figure.texts[0].get_text()
    assert alone.startswith("2 of 3 seeds learned it; in the one that did not, less than 10")
    kept = luck.training_and_gradient(losses, 10, shares + 9, [1.0, 0.5, 0.26])
    assert kept.figure.texts[0].get_text() == "1 of 3 seeds learned it"


def test_every_stored_seed_is_a_dot():
    lags, scores = np.array([10, 10, 20, 20, 20]), np.array([0.5, 1.0, 0.25, 0.96, 0.98])
    picture = luck.luck_by_lag(lags, scores, 0.25, 20, [0.3, 0.9])
    ax, = picture.figure.axes
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [list(line.get_ydata()) for line in dots] == [[0.5, 1.0], [0.25, 0.96, 0.98]]
    assert [text.get_text() for text in ax.texts[:2]] == ["1/2", "2/3"]
    assert all(abs(line.get_xdata() - lag).max() < 3 for line, lag in zip(dots, (10, 20)))
    live, = (line for line in ax.lines if line.get_marker() == "D")
    assert list(live.get_ydata()) == [0.3, 0.9]
    assert {0.25, 0.5} <= {line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--"}
    assert picture.sentence == "Seeds that learned the recall task: lag 10: 1 of 2, lag 20: 2 of 3."
    assert "At lag 10, 1 of 2 seeds learn it; at lag 20, 2" in title(picture)


def test_every_seed_of_every_start_is_a_dot():
    runs = {20: {"default": [0.3, 1.0]}, 100: {"default": [0.25, 0.5, 0.94], "default, rate 0.003": [0.2, 0.3],
                                                  "orthogonal, rate 0.003": [0.95, 1.0, 0.2]}}
    picture = luck.starts_by_lag(runs)
    for ax, by_start, missing in zip(picture.figure.axes, runs.values(), (2, 0)):
        assert [text.get_text() for text in ax.texts].count("not tried") == missing
        dots = [line for line in ax.lines if line.get_marker() == "o"]
        assert [list(line.get_xdata()) for line in dots] == [sorted(found) for found in by_start.values()]
        for row, line in enumerate(dots):
            assert np.abs(line.get_ydata() - row).max() < 0.3
    assert picture.sentence == ("Seeds that learned the recall task: lag 20, default: 1 of 2; lag 100, default: 0 of 3; "
                                "lag 100, default, rate 0.003: 0 of 2; lag 100, orthogonal, rate 0.003: 2 of 3.")
    said = picture.figure.texts[0].get_text()
    assert said == 'Lag 100, rate 0.003: 2 of 3 seeds learn it with "orthogonal", 0 with "default"', "two starts at one rate"


def test_only_dots_that_would_touch_are_moved_aside():
    values = np.array([0.25, 0.26, 0.27, 0.5, 1.0, 1.0])
    places = luck.beside(values, 20)
    assert places[3] == 0 and sorted(places[:3]) == [-1, 0, 1] and sorted(places[4:]) == [-0.5, 0.5]


# --- the lesson ------------------------------------------------------------------------------------------------------

def test_the_order_of_the_factor():
    cell = rnnlib.RNNCell(3, 5, np.random.default_rng(1))
    states, cache = rnnlib.forward(cell, np.random.default_rng(2).normal(size=(4, 1, 3)))
    slope = np.diag(1 - states[2, 0] ** 2)
    np.testing.assert_allclose(rnnlib.jacobians(cell, cache)[1], slope @ cell.W_h)
    assert np.abs(rnnlib.jacobians(cell, cache)[1] - cell.W_h @ slope).max() > 0.01


def test_the_folded_solutions_are_right():
    namespace = run("\n".join(solutions(4)))
    assert namespace["lag_of_one_millionth"](0.5 * np.eye(3), 1.0) == 20 and 0.5**20 < 1e-6 < 0.5**19
    assert namespace["lag_of_one_millionth"](np.eye(3), 1.0) == np.inf
    cell = rnnlib.RNNCell(3, 5, np.random.default_rng(1))
    states, cache = rnnlib.forward(cell, np.random.default_rng(2).normal(size=(2, 1, 3)))
    np.testing.assert_allclose(namespace["rnn_jacobian"](states[2, 0], cell.W_h), rnnlib.jacobians(cell, cache)[1])
    grads = {"a": np.array([3.0, 0.0]), "b": np.array([[4.0]])}
    for threshold in (1.0, 5.0, 100.0):
        clipped, wanted = namespace["clip_by_norm"](grads, threshold), rnnlib.clip_by_norm(grads, threshold)[0]
        assert all(np.allclose(clipped[name], wanted[name]) for name in grads)
    assert not namespace["clip_by_norm"]({"a": np.zeros(2)}, 1.0)["a"].any()


# --- what its sentences say of random things, in the stored runs ----------------------------------------------------------

def stored_runs(**only):
    return evidence.stored("recall", cell="RNN", **only)


def well(runs):
    return sum(run["accuracy"] >= 0.95 for run in runs)


def test_every_stored_fresh_cell_vanishes():
    radii = [row["radius"] for row in evidence.stored("spectrum")]
    assert len(radii) >= 1000 and max(radii) < 1, "1/sqrt(3), whatever H"
    assert all(0.57 < np.median([row["radius"] for row in evidence.stored("spectrum", H=H)]) < 0.63 for H in (12, 24, 64, 400))
    assert max(row["left_99"] for row in evidence.stored("fresh")) < -10


def test_the_short_cut_holds_below_radius_one_and_not_above():
    def close(radius, scale=1.0):
        rows = evidence.stored("gains", gain=radius, input_scale=scale)
        return np.mean([abs(99 * np.log10(radius * row["rms_slope"]) - row["left_99"]) <= 1 for row in rows])

    assert min(close(radius) for radius in (0.5, 0.6, 0.7, 0.8, 0.9)) > 0.9 and close(1.5) < 0.4
    assert close(0.8, 10.0) == 0.16, "large inputs"


def test_with_longer_sequences_the_same_rate_is_thrown_off():
    rows = evidence.stored("cliff")
    assert len(rows) == 100 and all(row["long_loss_10"] < 0.2 for row in rows)
    assert sum(row["long_20"] < 100 for row in rows) == 99


def test_a_small_radius_vanishes_in_every_cell_and_a_large_one_does_not_explode_in_all():
    assert max(row["left_99"] for row in evidence.stored("gains", gain=0.8)) < -6
    exploded = [row["left_99"] > 6 for row in evidence.stored("gains", gain=2.0, input_scale=1.0)]
    assert 5 < sum(exploded) < 50


def test_what_the_lesson_says_of_luck():
    runs = stored_runs(start="default", learning_rate=0.01, steps=500)
    by_lag = {lag: [run for run in runs if run["lag"] == lag] for lag in (10, 20, 40, 60, 80, 100)}
    assert all(len(of) == 20 for of in by_lag.values())
    assert [well(of) for of in by_lag.values()] == [16, 14, 4, 3, 3, 4]
    failed = [run for run in runs if run["accuracy"] < 0.95]
    assert {run["groups"] for run in failed if run["lag"] <= 20} == {"2+2"}
    assert {run["groups"] for run in failed} == {"together", "2+2", "1+3", "1+1+2"}
    open_way = [run for run in runs if run["product_highest"] >= 0]
    assert well(open_way) > 0.8 * len(open_way) and 0 < well(runs) - well(open_way) < 5
    assert max(run["product_start"] for run in by_lag[100] if run["accuracy"] >= 0.95) < -18
    assert sum(run["product_start"] < -16 for run in by_lag[100]) > 15, "nothing that float64 could add to 1"


def test_what_the_lesson_says_of_the_orthogonal_start():
    assert well(stored_runs(start="orthogonal 1.1", lag=40, steps=500)) == 20
    assert well(stored_runs(start="identity", lag=40, steps=500)) == 7
    assert well(stored_runs(start="orthogonal 1.1", lag=100, steps=500, learning_rate=0.003)) == 13
    assert well(stored_runs(start="default", lag=100, steps=500, learning_rate=0.003)) == 0
    assert [well(stored_runs(start=f"orthogonal {gain}", lag=100, steps=500, learning_rate=0.01)) for gain in (1, 1.1, 1.2)] \
        == [7, 6, 9], "not clearly more than the 4 of the default"
