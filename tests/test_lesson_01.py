"""The figures of lesson 01: what is drawn and said equals the numeric core at every setting of the sliders."""

import math
import re

import numpy as np
import pytest
from lessons import moved, sweep, titles

import rnnlib
from rnnlib.course import explorers, figures, marks

pytestmark = pytest.mark.usefixtures("strict", "quick")
T = 30
INPUTS = {"impulse": np.eye(T)[0], "step": np.ones(T), "alternating": (-1.0) ** np.arange(T)}


def core(x, w_x, w_h, b):
    """One unit by the library's own cell and loop."""
    cell = rnnlib.RNNCell(1, 1, np.random.default_rng(0))
    cell.W_x, cell.W_h, cell.b = [[w_x]], [[w_h]], [b]
    return rnnlib.forward(cell, np.asarray(x, dtype=float)[:, None, None])[0][:, 0, 0]


def by_hand(x, w_x, w_h, b):
    h = [0.0]
    for x_t in x:
        h.append(math.tanh(w_x * x_t + w_h * h[-1] + b))
    return np.array(h)


def echo(w_x, w_h, b, steps=500):
    impulse = [1.0] + (steps - 1) * [0.0]
    return (by_hand(impulse, w_x, w_h, b) - by_hand(steps * [0.0], w_x, w_h, b))[1:]


def half_life(answer):
    """By counting back from the end; the lesson looks for the last one above."""
    n = len(answer)
    while n and abs(answer[n - 1]) <= abs(answer[0]) / 2:
        n -= 1
    return n if 0 < n < len(answer) else None


def shared(T, D, H, K):
    return H * (D + H + 1) + K * (H + 1)


def own(T, D, H, K):
    return T * H * (D + H + 1) + K * (H + 1)


def with_bump(T, shift):
    x = np.zeros(T)
    x[1 + shift:4 + shift] = 1.0, 0.5, -1.0
    return x


@pytest.fixture(scope="module")
def unit():
    return explorers.one_unit(by_hand, echo, half_life, INPUTS)


def test_one_unit_draws_the_cells_states_and_says_their_half_life(unit):
    bars, (quiet, line, mark) = unit.figure.axes[0].collections[0], unit.figure.axes[1].lines
    (note,), above = unit.figure.axes[0].texts, unit.figure.axes[0].lines[-1]
    for values in sweep(unit, 2, count=20):
        x, weights = INPUTS[values["x"]], [values[name] for name in ("w_x", "w_h", "b")]
        h = core(x, *weights)
        np.testing.assert_array_equal(line.get_xdata(), np.arange(T + 1))
        np.testing.assert_allclose(line.get_ydata(), h, rtol=0, atol=1e-12)
        np.testing.assert_allclose(quiet.get_ydata(), core(np.zeros(T), *weights), rtol=0, atol=1e-12)
        np.testing.assert_array_equal([segment[1, 1] for segment in bars.get_segments()], x)
        assert f"|h| > 0.95 at {(abs(h[1:]) > 0.95).sum()} of 30" in unit.finding

        half = half_life(echo(*weights)) if values["w_x"] else None
        said = re.search(r"Half-life of an impulse: (\d+) step", unit.finding)
        assert (int(said[1]) if said else None) == half
        assert half is None or values["x"] != "impulse" or f"half-life {half} step" in titles(unit)[0]
        assert mark.get_visible() == (values["x"] == "impulse" and half is not None and half < T)
        assert note.get_visible() == above.get_visible() == mark.get_visible()
        if mark.get_visible():
            assert mark.get_xdata()[0] == above.get_xdata()[0] == 1 + half
            assert note.get_text() == f"half of the difference left: step 1 + {half}"


@pytest.mark.parametrize("values, title, words", [
    (dict(w_x=1.0, w_h=0.8, b=0.0, x="impulse"), "Decay: half-life 3 steps", "h ends at 0.00"),
    (dict(w_x=1.0, w_h=0.0, b=0.0, x="impulse"), "No memory: half-life 1 step", "1 step."),
    (dict(w_x=1.0, w_h=1.2, b=0.0, x="impulse"), "Persistence: half-life never reached", "86 % of it never fades"),
    (dict(w_x=1.0, w_h=1.05, b=0.0, x="impulse"), "Persistence: half-life 27 steps, 49 % stays", "27 steps; 49 %"),
    (dict(w_x=1.0, w_h=-0.8, b=0.0, x="impulse"), "Oscillation and decay: half-life 3 steps", "h ends at"),
    (dict(w_x=1.0, w_h=-1.5, b=0.0, x="impulse"), "Oscillation and persistence: half-life never reached", "swinging"),
    (dict(w_x=1.0, w_h=-2.0, b=0.3, x="step"), "The unit swings by itself; half-life 2 steps", "It swings by itself"),
    (dict(w_x=0.1, w_h=1.0, b=0.0, x="impulse"), "Decay: half-life 453 steps", "453 steps"),
    (dict(w_x=0.0, w_h=1.0, b=0.5, x="step"), "No input gets in", "w_x = 0"),
    (dict(w_x=3.0, w_h=0.0, b=0.0, x="step"), "Saturation: a step takes the state to 1.00", "at 30 of 30 steps"),
    (dict(w_x=1.0, w_h=2.0, b=-0.05, x="impulse"), "Persistence and saturation: half-life never reached",
     "its effect grows 2.4 times and stays"),
    (dict(w_x=1.0, w_h=-2.0, b=0.0, x="impulse"), "Oscillation, persistence and saturation: half-life never reached",
     "its effect grows 1.3 times and stays"),
    (dict(w_x=-3.0, w_h=-2.0, b=1.0, x="step"), "The unit swings by itself; half-life never reached", "100 % of it never fades"),
    (dict(w_x=1.0, w_h=-0.8, b=0.0, x="alternating"), "The state swings along, from −0.94 to 0.94",
     "(w_h = 0: −0.76 to 0.76)"),
    (dict(w_x=1.0, w_h=0.8, b=0.0, x="alternating"), "The state evens the input out: it swings from −0.52 to 0.52",
     "(w_h = 0: −0.76 to 0.76)"),
    (dict(w_x=1.0, w_h=0.0, b=0.0, x="alternating"), "The state follows the input, from −0.76 to 0.76", "1 step."),
])
def test_one_unit_names_what_it_does(unit, values, title, words):
    moved(unit, values)
    assert titles(unit)[0] == title and words in unit.finding


def test_a_memory_too_slow_for_the_window_is_not_called_endless():
    slow = explorers.one_unit(by_hand, lambda w_x, w_h, b: echo(w_x, w_h, b, steps=100), half_life, INPUTS)
    moved(slow, dict(w_x=0.1, w_h=1.0, b=0.0))
    assert titles(slow)[0] == "Decay: half-life over 100 steps" and "more than 100 steps" in slow.finding


def test_shared_weights_draws_and_says_the_counts_of_real_cells():
    figure = explorers.shared_weights(shared, own)
    parts, copies = figure.figure.axes
    for values in sweep(figure, 3):
        steps, D, H = values["T"], values["D"], values["H"]
        cell = rnnlib.RNNCell(D, H, np.random.default_rng(0))
        arrays = {**cell.params, **rnnlib.Readout(H, 2, np.random.default_rng(0)).params}
        readout = arrays["W_y"].size + arrays["b_y"].size
        in_cell = sum(array.size for array in cell.params.values())
        one, many = in_cell + readout, steps * in_cell + readout
        counts = np.array([arrays["W_x"].size, arrays["W_h"].size, arrays["b"].size, readout])
        areas = np.array([square.get_width() * square.get_height() for square in parts.patches[:4]])
        np.testing.assert_allclose(areas / areas.sum(), counts / counts.sum(), err_msg="an area for a count")
        assert [text.get_text() for text in parts.texts[4:]] == [f"{count:,}" for count in counts]
        edges = np.array([[square.get_x(), square.get_x() + square.get_width()] for square in parts.patches[:4]])
        assert (edges[1:, 0] > edges[:-1, 1]).all() and edges[0, 0] >= 0 and edges[-1, 1] <= 10, "side by side, inside"
        tiles = copies.images[0].get_array()
        assert (tiles > 0).sum() == steps and (tiles == 2).sum() == 1, "a tile for every cell, one of them the RNN's"
        assert f"{one:,} parameters at every T" in figure.finding
        assert ("just as many" if steps == 1 else f"{many:,}, {many / one:.3g} times") in figure.finding
        assert f"by {shared(1, D, 2 * H, 2) / one:.2f} " in figure.finding


def test_sliding_cell_draws_what_the_cell_has_computed_so_far():
    figure = explorers.sliding_cell(lambda x: core(x, 0.8, 0.7, 0.0), with_bump)
    above, below = figure.figure.axes
    for values in sweep(figure, 4):
        t, shift = values["t"], values["shift"]
        for ax, length, later in ((above, 12, 0), (below, 30, shift)):
            x, now = with_bump(length, later), min(t, length)
            line, box = ax.lines[-1], ax.patches[-1]
            np.testing.assert_allclose(line.get_ydata(), core(x, 0.8, 0.7, 0.0)[:now + 1], rtol=0, atol=1e-12)
            np.testing.assert_array_equal([segment[1, 1] for segment in ax.collections[0].get_segments()], x)
            assert box.get_x() + box.get_width() / 2 == pytest.approx(now)
        title = above.get_title(loc="left")
        assert ("still ahead" in title) == (t < 2 + shift)
        if t >= 2 + shift:
            later = f"{shift} step later" if shift == 1 else f"{shift} steps later"
            assert title == (f"The pattern comes {later}, and so does the answer" if shift
                             else "The same pattern, the same answer")
        assert f"has read {min(t, 12)} of 12 inputs above, {t} of 30 below" in figure.finding
        assert figure.finding.endswith("the two answers are equal.")


def test_sliding_cell_does_not_claim_equal_answers_where_a_bias_spoils_them():
    figure = explorers.sliding_cell(lambda x: core(x, 0.8, 0.7, 0.3), with_bump)
    short, long = (core(with_bump(length, moved), 0.8, 0.7, 0.3) for length, moved in ((12, 0), (30, 8)))
    difference = abs(long[8:21] - short).max()
    assert difference > 0.1
    assert titles(figure)[0] == f"The two answers differ by {difference:.2g}"
    assert figure.finding.endswith(f"at most {difference:.2g}.")


def test_sums_end_where_the_vectors_say():
    vectors = {"not": [0.0, 1.0], "bad": [-1.0, -1.0], "good": [1.0, -1.0]}
    sentences = {text: (text.split(), np.array([vectors[word] for word in text.split()]))
                 for text in ("good not bad", "bad not good")}
    picture = explorers.tip_to_tail(sentences)
    ax = picture.figure.axes[0]
    np.testing.assert_array_equal([line.get_xydata()[0] for line in ax.lines], [[0, 0], [0, -1]])
    tips = [tuple(text.xy) for text in ax.texts if hasattr(text, "xy")]
    assert tips == [(1, -1), (1, 0), (0, -1), (-1, -1), (-1, 0), (0, -1)], "word by word, in the words' order"
    assert ax.get_title(loc="left") == "Two orders, one sum" and picture.sentence.endswith("end at the same point.")
    sentences["bad not good"] = (["bad", "not"], sentences["bad not good"][1][:2])
    picture = explorers.tip_to_tail(sentences)
    ax = picture.figure.axes[0]
    assert [tuple(line.get_xydata()[0]) for line in ax.lines] == [(0, 0), (0, -1), (-1, 0)]
    assert ax.get_title(loc="left") == "Two orders, two sums" and picture.sentence.endswith("end 1 apart.")


def test_two_turns_draws_the_difference_of_its_units():
    u = np.linspace(-5, 3, 161)
    picture = explorers.two_turns(u, np.tanh(u), np.tanh(u + 2), {"good": 1, "bad": -1, "not bad": -3})
    ax = picture.figure.axes[0]
    drawn = {line.get_color(): line for line in ax.lines if len(line.get_xdata()) == len(u)}
    np.testing.assert_allclose(drawn[figures.OUTPUT].get_ydata(), [math.tanh(v) - math.tanh(v + 2) + 1 for v in u])
    dots = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if len(line.get_xdata()) == 1]
    assert dots == [(v, pytest.approx(math.tanh(v) - math.tanh(v + 2) + 1)) for v in (1, -1, -3)]
    assert "good at u = 1: +0.77; bad at u = -1: −0.52; not bad at u = -3: +0.77" in picture.sentence
    assert ax.get_title(loc="left") == "The verdict changes sign twice: positive, negative, positive"
    picture = explorers.two_turns(u, np.tanh(u), np.tanh(u), {"good": 1, "bad": -1})
    assert "changes sign" not in picture.figure.axes[0].get_title(loc="left")


def test_two_steps_shows_the_numbers_it_is_given(monkeypatch):
    drawn, write = [], marks.write

    def recording(ax, x, y, text, **look):
        drawn.append(text)
        return write(ax, x, y, text, **look)

    monkeypatch.setattr(marks, "write", recording)
    x, h, y = [[1.0, 0], [0, 1]], [[0.0, 0], [0.462, -0.38], [0.573, 0.85]], [[1.342], [-0.001]]
    picture = explorers.two_steps(x, h, y)
    numbers = sorted(text for text in drawn if "$" not in text)
    assert numbers == sorted("1 0 0 1 0.00 0.00 0.46 −0.38 0.57 0.85 1.34 0.00".split())
    assert drawn.index("$h_2$") + 1 == drawn.index("0.57") and {"$h_0$", "$x_1$", "$y_2$"} <= set(drawn)
    assert "from (0.00, 0.00) to (0.46, −0.38) to (0.57, 0.85);" in picture.sentence


def test_verdicts_shows_outputs_and_states():
    rng = np.random.default_rng(0)
    h = {"a b": rng.uniform(-1, 1, (2, 3)), "b a": rng.uniform(-1, 1, (2, 3))}
    y = {"a b": np.array([0.25, 0.5]), "b a": np.array([0.25, -0.5])}
    picture = explorers.verdicts({text: (text.split(), h[text], y[text]) for text in h})
    for column, text in enumerate(h):
        above, below = picture.figure.axes[column], picture.figure.axes[2 + column]
        assert [bar.get_height() for bar in above.patches] == list(y[text])
        np.testing.assert_array_equal(below.images[0].get_array(), h[text].T)
        assert [label.get_text() for label in below.get_xticklabels()] == text.split()
    assert "opposite verdicts" in picture.figure.texts[0].get_text()
    assert "“a b” ends at +0.50; “b a” ends at −0.50" in picture.sentence
    same = explorers.verdicts({text: (text.split(), h[text], y["a b"]) for text in h})
    assert "one kind" in same.figure.texts[0].get_text()


def test_pictures_keep_the_colours_of_the_course(unit):
    assert unit.figure.axes[1].lines[1].get_color() == figures.STATE
    parts = explorers.shared_weights(shared, own).figure.axes[0]
    assert [figures.mpl.colors.to_hex(square.get_facecolor()).upper() for square in parts.patches[:4]] == [
        figures.INPUT, figures.STATE, figures.GREY, figures.OUTPUT]
