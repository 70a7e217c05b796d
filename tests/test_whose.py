"""Which word moved an answer: the numbers against finite differences, and the two panels that draw them."""

import numpy as np
import pytest
from lessons import holds_its_texts, titles

import rnnlib
from rnnlib.course.explorers import whose

pytestmark = pytest.mark.usefixtures("strict", "quick")
WORDS = ["red", "green", "blue", "a", "very"]
T = 5


def loss_of(cell, readout, x, k):
    """-ln p(k) after the whole of x (T, 1, D), and dL/dx from bptt."""
    states, cache = rnnlib.forward(cell, x)
    h = cell.hidden(states)
    loss, dy = rnnlib.cross_entropy(readout.forward(h[-1]), np.array([k]))
    dh = np.zeros((len(x), 1, cell.hidden_size))
    dh[-1] = dy @ readout.W_y
    return loss, rnnlib.bptt(cell, dh, cache).x


@pytest.mark.parametrize("kind", [rnnlib.RNNCell, rnnlib.LSTMCell, rnnlib.GRUCell])
def test_faded_is_the_slope_of_the_loss_as_a_vector_shrinks(kind):
    rng = np.random.default_rng(3)
    cell, readout, x = kind(4, 6, rng), rnnlib.Readout(6, 3, rng), rng.normal(size=(T, 1, 4))
    _, dx = loss_of(cell, readout, x, 1)
    for t in range(T):
        def shrunk(s, t=t):
            scale = np.ones((T, 1, 1))
            scale[t] = s
            return loss_of(cell, readout, scale * x, 1)[0]
        slope = (shrunk(1 - 1e-5) - shrunk(1 + 1e-5)) / 2e-5
        assert whose.faded(x, dx)[t, 0] == pytest.approx(slope, abs=1e-9)


def test_for_a_linear_score_the_bars_say_what_each_word_gave():
    x, w = np.random.default_rng(0).normal(size=(T, 3)), np.array([2.0, -1.0, 0.5])
    np.testing.assert_allclose(whose.faded(x, np.broadcast_to(-w, x.shape)), x @ w)      # loss = -sum of x @ w


def test_shares_add_up_to_one_and_keep_signs():
    moved = np.array([[3.0, -1.0, 0.0], [0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(whose.shares(moved), [[0.75, -0.25, 0], [0, 0, 0]])


def numbers(words):
    values = {word: i + 1.0 for i, word in enumerate(WORDS)}
    return np.array([(-1) ** t * values[word] for t, word in enumerate(words)])


def one(words):
    return "yes (0.90)", numbers(words), 10 - np.abs(numbers(words))


def many(words):
    each = np.ones(len(words))
    return ([f"{word}: x" for word in words], np.tril(np.outer(each, numbers(words))),
            np.tril(np.outer(each, 10 - np.abs(numbers(words)))))


def test_one_answer_draws_a_bar_and_a_diamond_for_each_word():
    box = whose.whose_fault(one, WORDS, "a green very")
    (ax,) = box.figure.axes
    _, up, down, real = ax.lines
    np.testing.assert_allclose([*up.get_xydata()[1::3]], [[1, 4 / 11], [3, 5 / 11]])
    np.testing.assert_allclose([*down.get_xydata()[1::3]], [[2, -2 / 11]])
    np.testing.assert_allclose(real.get_ydata(), np.array([6, 8, 5]) / 19)
    assert titles(box) == ["yes (0.90): faded, “very” moves it most; blanked out, “green”"]
    assert box.finding == ("yes (0.90). Most for it “very” (word 3), 0.45 of all that moves it; most against it “green” "
                           "(word 2), 0.18 of all that moves it. Blanked out, “green” (word 2) changes the loss most.")
    box.input.value = "blue"
    assert "Most for it “blue” (word 1), 1.00" in box.finding and "against" not in box.finding
    assert box.finding.endswith("most, too.")


def test_an_answer_that_nothing_moves_is_said_to_be_so():
    box = whose.whose_fault(lambda words: ("yes", np.zeros(len(words)), np.ones(len(words))), WORDS, "a red")
    assert "No word moves it." in box.finding


def test_a_map_has_a_row_for_each_answer_and_hatches_what_was_not_seen():
    box = whose.whose_faults(many, WORDS, "red green blue a")
    (ax,) = box.figure.axes
    data = ax.images[0].get_array()
    assert data.shape == (4, 4) and (np.ma.getmaskarray(np.ma.masked_invalid(data)) == np.triu(np.ones((4, 4)), 1)).all()
    np.testing.assert_allclose(np.ma.getdata(data)[3], np.array([1, -2, 3, -4]) / 10)
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [1, 2, 3, 4])
    np.testing.assert_array_equal(ax.lines[1].get_xdata(), [1, 1, 1, 1])
    assert titles(box) == ["green: x: faded, “green” moves it most; blanked out, “red”"]
    assert "its own place moves an answer most in 4 of 4 rows; blanked out, in 1." in box.finding
    box.input.value = "red"
    assert "No answer is moved by another word than its own" in box.finding


@pytest.mark.parametrize("make", [lambda: whose.whose_fault(one, WORDS, "a red"),
                                  lambda: whose.whose_faults(many, WORDS, "a red")])
@pytest.mark.parametrize("text", ["", "<b>", "pink", "$x^2$", "red " * 17, "💥", "?!", "x" * 600])
def test_odd_text_gets_a_sentence(make, text):
    box = make()
    box.input.value = text
    if text:        # nothing changes where nothing is typed
        assert 10 < len(box.finding) < 400 and box.image.refused
    box.input.value = "red a a very blue " * 3
    assert not box.image.refused


def test_letters_are_taken_one_by_one():
    box = whose.whose_fault(lambda letters: ("b (0.5)", np.arange(1.0, len(letters) + 1), np.ones(len(letters))), "abc", "abba",
                            thing="letter", split=list)
    assert "“a” (letter 4)" in box.finding and box.input.description == "your text"


def test_the_longest_text_fits(pixels):
    for box in (whose.whose_fault(one, WORDS, "green " * 16), whose.whose_faults(many, WORDS, "green " * 16)):
        holds_its_texts(box)
