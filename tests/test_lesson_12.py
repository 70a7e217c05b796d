"""Lesson 12: what its figures draw at every setting, its arguments about signs, and the solutions of its exercises."""

import numpy as np
import pytest
from lessons import moved, run, solutions, sources, sweep, title

import rnnlib
from rnnlib.course import evidence
from rnnlib.course.exercises.questions import QUESTIONS
from rnnlib.course.explorers import lesson12_linear as linear
from rnnlib.course.explorers import lesson12_price as price
from rnnlib.course.toydata import beats, counting, recall

pytestmark = pytest.mark.usefixtures("strict", "quick")


def cell_with(text):
    """The source of the lesson's one code cell that holds a text."""
    (found,) = (source for source in sources(12, "code") if text in source)
    return found


# --- the figures -----------------------------------------------------------------------------------------------------

def test_the_tree_joins_every_step_with_all_before_it():
    figure = linear.chain_and_tree(0.9).figure
    tree = figure.axes[1]
    edges = [tuple(np.round(line.get_xydata().ravel(), 9)) for line in tree.lines if len(line.get_xdata()) == 2]
    heard = {(t, 0): {t} for t in range(1, 9)}
    for r in range(1, 4):
        for t in range(1, 9):
            heard[t, r] = set().union(*(heard[x_0, y_0] for x_0, y_0, x_1, y_1 in edges if (x_1, y_1) == (t, r)))
    assert all(heard[t, 3] == set(range(1, t + 1)) for t in range(1, 9))
    filled = [line for line in tree.lines if len(line.get_xdata()) == 1 and line.get_markerfacecolor() != "white"]
    assert {(line.get_xdata()[0], line.get_ydata()[0]) for line in filled} == \
        {(t, r) for (t, r), steps in heard.items() if steps == set(range(1, t + 1))}
    shares = [float(text.get_text()) for text in figure.axes[0].texts[1:]]
    np.testing.assert_allclose(shares, 0.9 ** np.arange(7, -1, -1), atol=0.006)


def test_memory_at_the_start_draws_the_power_and_points_at_equal_ratios():
    runs = {"500 steps": ([10, 10, 20, 20], [0.2, 0.3, 1.0, 1.0]), "2500 steps": ([10, 10], [0.3, 0.99])}
    figure = linear.memory_at_the_start(lambda tau, T: (1 - 1 / tau) ** np.arange(T), runs, lag=100)
    curve, dots = figure.figure.axes
    line, pointer = curve.lines[0], next(line for line in dots.lines if line.get_linestyle() == "--")
    for values in sweep(figure, seed=3):
        tau, T = values["tau"], values["T"]
        np.testing.assert_allclose(line.get_ydata()[-1], max((T - 1) * np.log10(1 - 1 / tau), -300), atol=1e-9)
        np.testing.assert_allclose(pointer.get_xdata(), np.log10(T / tau))
        assert f"tau = {tau:g} steps" in figure.finding
    edge = curve.patches[0].get_extents().transformed(curve.transData.inverted()).y1
    np.testing.assert_allclose(edge, 99 * np.log10(0.95))       # what is left at the first memory that most runs learn


def test_a_turning_unit_stands_where_the_power_says():
    def path(angle, tau, n):
        return np.array([(1 - 1 / tau) ** k * np.exp(1j * np.radians(angle * k)) for k in range(n + 1)])

    figure = linear.turning_unit(path)
    plane = figure.figure.axes[0]
    marks = {line.get_label(): line for line in plane.lines}
    for values in sweep(figure, seed=4):
        h = path(**values)
        for k, (name, *_) in enumerate(linear.BEATS):
            np.testing.assert_allclose(marks[name].get_xdata(), h.real[k::4])
            np.testing.assert_allclose(marks[name].get_ydata(), h.imag[k::4])
        bars = h[:values["n"] // 4 * 4 + 1]
        drift = np.angle(bars[1:] / bars[:-1] / 1j, deg=True).sum()        # step by step: whole turns are not lost
        if abs(abs(drift) - 45) > 1e-6:
            assert (title(figure) == "Four beats, four directions") == (abs(drift) < 45)
        if "drifted by " in figure.finding:
            said = float(figure.finding.split("drifted by ")[1].split(" degrees")[0])
            assert abs(said - drift) <= 0.51
        else:
            assert title(figure) in ("Two directions: even or odd", "One direction for all beats") and abs(drift) > 45
            assert np.ptp(np.unwrap(np.angle(bars[::2]))) < np.pi / 2        # of these bars all even steps, beats 0 and 2


@pytest.mark.parametrize("angle, n, said", [
    (90, 60, "Four beats, four directions"), (92, 60, "The beats run together"), (96, 60, "The beats run together"),
    (180, 60, "Two directions: even or odd"), (178, 60, "The beats run together"), (0, 60, "One direction for all beats")])
def test_a_turning_unit_is_named_by_where_its_beats_point(angle, n, said):
    figure = linear.turning_unit(lambda angle, tau, n: np.exp(1j * np.radians(angle) * np.arange(n + 1)))
    moved(figure, {"angle": angle, "n": n})
    assert title(figure) == said


def after(round, factor, T=64):
    """What each place holds, without any scan: its last 2^round steps, each at its power."""
    back = np.subtract.outer(np.arange(T), np.arange(T))
    return np.where((back >= 0) & (back < 2 ** round), float(factor) ** np.maximum(back, 0), 0.0)


def test_the_lessons_rounds_hold_the_last_steps():
    space = run("import rnnlib\nfrom rnnlib.linear import combine as join\n" + cell_with("def rounds(")
                + "\n" + cell_with("def after(").split("explorers.")[0])
    for round in range(7):
        np.testing.assert_allclose(space["after"](round, 0.9), after(round, 0.9), atol=1e-14)


def test_the_scan_is_drawn_round_by_round():
    figure = linear.scan_in_rounds(after, 64)
    held, values = figure.figure.axes
    true, dots = values.lines[:2]
    for setting in sweep(figure, seed=5):
        np.testing.assert_array_equal(held.images[0].get_array(), after(**setting))
        h, b, loop = 0.0, np.random.default_rng(1).normal(size=64), []
        for b_t in b:
            h = setting["factor"] * h + b_t
            loop.append(h)
        np.testing.assert_allclose(true.get_ydata(), loop, atol=1e-12)
        done = np.isclose(dots.get_ydata(), loop, atol=1e-12)
        assert done[:2 ** setting["round"]].all()
        assert f"so {2 ** setting['round']} of the 64" in figure.finding
        low, high = values.get_ylim()
        if setting["factor"] <= 0.95:
            assert low < min(loop) and max(loop) < high
    moved(figure, {"round": 6, "factor": 0.9})
    assert figure.finding.endswith("All agree with the loop.")


def test_every_seed_is_a_dot():
    runs = {"one": {1: [0.2, 1.0, 1.0], 2: [0.3, 0.96, 0.97]}, "two": {1: [0.5, 0.4]}, "three": {1: [1.0], 2: [0.2]}}
    picture = price.every_seed(runs, {1: "lag 1", 2: "lag 2"}, 0.25)
    for ax, column in zip(picture.figure.axes, (1, 2)):
        drawn = [line for line in ax.lines if line.get_marker() == "o"]
        assert [sorted(line.get_xdata()) for line in drawn] == [sorted(found.get(column, [])) for found in runs.values()]
    assert [text.get_text() for text in picture.figure.axes[1].texts] == ["not tried"]
    assert picture.sentence == ("Runs that are right. lag 1: one 2 of 3, two 0 of 2, three 1 of 1; "
                                "lag 2: one 2 of 3, three 0 of 1.")
    assert picture.figure.texts[0].get_text() == "Kinds that are right in most runs: 2 of 3 (lag 1), 1 of 2 (lag 2)"


# --- what the lesson argues ------------------------------------------------------------------------------------------

def test_a_sum_of_powers_and_a_constant_changes_its_sign_no_more_often_than_it_has_powers():
    rng = np.random.default_rng(0)
    n = np.arange(60)
    for H in (1, 2, 3, 5):
        most = 0
        for _ in range(300):
            factors, weights = rng.uniform(0.5, 1, H), rng.normal(size=H) * 10 ** rng.uniform(0, 3, H)
            y = weights @ factors[:, None] ** n + rng.normal() * 10 ** rng.uniform(-3, 1)
            most = max(most, int((np.diff(np.sign(y)) != 0).sum()))
        assert 1 <= most <= H
    beat_0_or_2 = np.where(n[::2] % 4 == 0, 1, -1)
    assert (np.diff(beat_0_or_2) != 0).sum() == 29 > beats.H
    trained = np.sort(beats.T - beats.strokes(beats.T))
    trained = trained[trained % 2 == 0]
    assert (np.diff(np.where(trained % 4 == 0, 1, -1)) != 0).sum() == 14 < beats.H      # these alone are not forbidden


def test_in_one_layer_the_same_symbol_counts_more_when_it_comes_later():
    rng = np.random.default_rng(1)
    layer = rnnlib.MinGRU(recall.D, recall.H, rng, update_bias=4)
    symbols = np.tile(np.arange(4), 6)
    x = np.eye(recall.D)[symbols][:, None]
    _, cache = layer.forward(x)
    _, z, n, a, _ = cache[1]
    share = np.abs((1 - z) * n * np.cumprod(np.concatenate([a, np.ones_like(a[:1])])[::-1], axis=0)[::-1][1:])[:, 0]
    assert (np.diff(share.reshape(6, 4, -1), axis=0) > 0).all()


@pytest.mark.parametrize("kind", ["diagonal", "rotating"])
def test_the_answer_of_a_layer_with_constant_factors_is_linear_in_the_bits(kind):
    model = counting.model(kind, np.random.default_rng(2))
    x, _ = counting.draw(10, 3, np.random.default_rng(3))
    one, two, three = (model.predict(x[:, [b]]) for b in range(3))
    np.testing.assert_allclose(model.predict(x[:, [0]] + x[:, [1]] - x[:, [2]]), one + two - three, atol=1e-12)


def test_on_ones_alone_a_mingru_creeps_in_one_direction():
    out, _ = rnnlib.MinGRU(1, 24, np.random.default_rng(4)).forward(np.ones((50, 1, 1)))
    changes = np.diff(out[:, 0], axis=0)
    moving = np.abs(changes) > 1e-12
    assert (np.sign(changes)[moving] == np.broadcast_to(np.sign(changes[0]), changes.shape)[moving]).all()
    assert (np.abs(changes[1:]) <= np.abs(changes[:-1]) + 1e-15).all()


def test_what_the_prose_says_of_the_stored_runs():
    def hits(table, column, **only):
        return [row[column] >= 0.95 for row in evidence.stored(table, **only)]

    # the wall, and that with five times the steps some pass below it
    assert sum(hits("lesson12_memory", "accuracy", tau=20, steps=500)) >= 18
    assert not any(hits("lesson12_memory", "accuracy", tau=15, steps=500))
    longer = hits("lesson12_memory", "accuracy", tau=15, steps=2500)
    assert 0 < sum(longer) < len(longer) and not any(hits("lesson12_memory", "accuracy", tau=12.5, steps=2500))
    # "with five times the steps too", and "in both budgets"; real units do not even fit the trained distances
    for steps in (500, 2500):
        for kind in ("diagonal", "minGRU"):
            assert not any(hits("lesson12_beats", "held_out", kind=kind, T=60, steps=steps))
            assert not any(hits("lesson12_beats", "trained", kind=kind, T=60, steps=steps))
    # "the angle alone does not decide"
    turning = evidence.stored("lesson12_beats", kind="rotating", T=60)
    for angle, right, all_of_them in ((90, 11, 16), (180, 1, 4)):
        near = [run["held_out"] >= 0.95 for run in turning if abs(run["angle"] - angle) < 3]
        assert (sum(near), len(near)) == (right, all_of_them)
    # one layer never, two do
    for steps in (500, 2500):
        assert not any(hits("lesson12_recall", "accuracy", same_symbols=True, kind="minGRU keep 4", lag=20, steps=steps))
    assert sum(hits("lesson12_recall", "accuracy", same_symbols=True, kind="minGRU twice, keep 4", lag=20, steps=500)) >= 18
    # the start decides
    for kind in ("minGRU default", "diagonal .5 to .9"):
        assert not any(hits("lesson12_recall", "accuracy", kind=kind, lag=100, steps=500))
    assert sum(hits("lesson12_recall", "accuracy", kind="diagonal .9 to .999", lag=400, steps=500)) == 9
    longer_than = 1 - 1 / np.array([80, 20])                # above T / 5 at lag 400 and at lag 100, of 24 factors
    np.testing.assert_allclose(24 * (0.999 - longer_than) / (0.999 - 0.9), [3, 12], atol=0.3)
    # parity and counting modulo 3 at 400 steps: every cell with tanh, no linear layer
    for row in evidence.stored("lesson12_counting"):
        if row["kind"] not in ("RNN", "LSTM", "GRU", "signed minGRU"):
            assert row["T400"] < 0.95, row
    for modulus in (2, 3):
        for kind in ("RNN", "GRU"):
            assert sum(hits("lesson12_counting", "T400", kind=kind, modulus=modulus)) >= 18
    for steps in (1000, 5000):
        assert not any(hits("lesson12_counting", "T20", kind="minGRU twice", modulus=2, steps=steps))
    signed = hits("lesson12_counting", "T20", kind="signed minGRU", modulus=2, steps=1000)
    assert sum(signed) >= 18
    assert not any(hits("lesson12_counting", "T20", kind="signed minGRU", modulus=3))
    assert sum(hits("lesson12_counting", "T100", kind="signed minGRU", modulus=2, steps=5000)) == 20
    assert sum(hits("lesson12_counting", "T400", kind="signed minGRU", modulus=2, steps=5000)) == 1
    for steps in (1000, 5000):
        assert sum(hits("lesson12_counting", "T400", kind="signed minGRU", modulus=2, steps=steps)) <= 2


# --- exercises and questions -----------------------------------------------------------------------------------------

def test_the_loop_of_a_solution_is_the_librarys():
    combine = run(solutions(12)[0])["combine"]
    rng = np.random.default_rng(5)
    parts = [rng.normal(size=(2, 3)) for _ in range(4)]
    for ours, theirs in zip(combine(*parts), rnnlib.linear.combine(*parts)):
        np.testing.assert_array_equal(ours, theirs)


def test_a_cell_of_ones_own_is_examined():
    space = run(cell_with("def examine(").split("\n\n\nprint(")[0], rnnlib=rnnlib, recall=recall)
    stub = run(cell_with("class OwnCell"), rnnlib=rnnlib)["OwnCell"]
    solution = run(solutions(12)[2], rnnlib=rnnlib)["OwnCell"]

    class Half(stub):
        step = solution.step

    class Slip(solution):
        def step_backward(self, dh_t, x_t, h_prev, h_t):
            grads, dx_t, dh_prev = super().step_backward(dh_t, x_t, h_prev, h_t)
            return grads, dx_t, dh_prev - 0.9 * dh_t            # the path that does not pass the tanh

    said = [space["examine"](cell(recall.D, recall.H, np.random.default_rng(0))) for cell in (stub, Half, Slip, solution)]
    assert said[0].startswith("Not written yet") and "Now step_backward" in said[1]
    assert "does not belong" in said[2] and said[3].startswith("The gradients are right")


def test_the_picture_of_the_questions_shows_what_they_say():
    a, b, c = price.three_pictures().figure.axes
    questions = {question.lesson: question for question in QUESTIONS}
    curves = {text.get_text(): line.get_ydata() for text, line in zip(a.texts, a.lines)}
    np.testing.assert_allclose(10 ** np.diff(curves["1"]), float(questions["04"].right))
    looks = np.asarray(b.images[0].get_array())
    assert questions["11"].right == "from the last to the first" and looks.shape == (8, 8)
    np.testing.assert_array_equal(looks.argmax(axis=1), np.arange(8)[::-1])
    # the lines of C have their labels in the order in which they are drawn
    drawn = {text.get_text(): line.get_ydata() for text, line in zip(c.texts, c.lines)}
    for label, kind in (("1", "GRU"), ("2", "signed minGRU"), ("3", "minGRU")):
        runs = evidence.stored("lesson12_counting", modulus=2, steps=1000, kind=kind)
        np.testing.assert_allclose(drawn[label], [np.median([run[f"T{T}"] for run in runs]) for T in (20, 40, 100, 400)])
    assert questions["12"].right == "1"
    assert not any(word in source for source in sources(12, "code") for word in ("log10(0.6)", "w[::-1]", '("1", "GRU")'))
