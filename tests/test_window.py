"""The feedforward rival: its gradients, what it sees and what it does not, and its size beside the cells."""

import numpy as np
import pytest

from rnnlib import Bidirectional, Embedding, GRUCell, ManyToMany, ManyToOne, Readout, gradient_check
from rnnlib.course import evidence
from rnnlib.course.toydata import tasks
from rnnlib.course.toydata.window import Window, WindowEncoderDecoder, WindowOneToMany, rival

TASKS = {task.name: task for task in tasks() if task.window is not None}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def checked(model, batch):
    loss, grads = model.loss_and_gradients(batch)
    assert grads.keys() == model.params.keys() and np.isfinite(loss)
    return gradient_check(lambda: model.loss_and_gradients(batch)[0], model.params, grads)


def batch_of(shape, K, rng, lengths=None):
    return (rng.normal(size=shape), rng.integers(K, size=shape[:2])) + (() if lengths is None else (np.array(lengths),))


def test_every_application_task_has_a_rival():
    assert {task.lesson for task in TASKS.values()} == {6, 7, 8, 9, 10}
    assert TASKS.keys() == {task.name for task in tasks() if 6 <= task.lesson <= 10}


@pytest.mark.parametrize("T, width, after", [(5, 3, 0), (2, 4, 0), (1, 1, 0), (5, 2, 1), (1, 2, 3)])
def test_gradients_of_a_layer(T, width, after, rng):
    model = ManyToMany(Window(2, 3, width, rng, after), Readout(3, 4, rng))
    assert checked(model, batch_of((T, 2, 2), 4, rng, [T, 1])) < 1e-7


@pytest.mark.parametrize("tokens", [True, False])
@pytest.mark.parametrize("S", [1, 3, 6])
def test_gradients_of_a_writer_that_reads(S, tokens, rng):
    model = WindowEncoderDecoder(S, 2, 3, 5, 2, rng, Embedding(4, 2, rng) if tokens else None)
    x = rng.integers(4, size=(4, 3)) if tokens else rng.normal(size=(4, 3, 2))
    target = np.array([[2, 3, 4], [4, 0, 2], [0, 0, 0]])
    assert checked(model, (x, target, np.array([4, 1, 2]))) < 1e-7
    assert checked(model, (x, target)) < 1e-7


def test_gradients_of_a_writer(rng):
    model = WindowOneToMany(3, 4, 5, 2, rng)
    assert checked(model, (rng.normal(size=(2, 3)), np.array([[2, 0], [3, 0], [0, 0]]))) < 1e-7


def test_only_the_window_is_seen(rng):
    """The first step reaches the outputs of `width` steps, and no later one; with `after`, the last reaches steps before it."""
    model = ManyToMany(Window(2, 6, 3, rng, 1), Readout(6, 2, rng))
    x = rng.normal(size=(8, 1, 2))
    for changed, reached in ((0, [0, 1, 2]), (7, [6, 7])):
        other = x.copy()
        other[changed] += 1
        differs = (model.predict(other) != model.predict(x)).any(axis=(1, 2))
        assert np.flatnonzero(differs).tolist() == reached


def test_a_window_of_one_step_knows_no_order(rng):
    model, x, order = ManyToMany(Window(2, 6, 1, rng), Readout(6, 2, rng)), rng.normal(size=(7, 2, 2)), rng.permutation(7)
    np.testing.assert_allclose(model.predict(x[order]), model.predict(x)[order], rtol=0, atol=1e-14)


def test_padding_changes_nothing(rng):
    model, x = ManyToOne(Window(2, 4, 3, rng), Readout(4, 2, rng)), rng.normal(size=(6, 2, 2))
    padded = x.copy()
    padded[4:, 0] = 99
    np.testing.assert_allclose(model.predict(padded, np.array([4, 6]))[:1], model.predict(x[:4, :1]), rtol=0, atol=1e-15)
    writer = WindowEncoderDecoder(3, 2, 4, 5, 2, rng)
    np.testing.assert_array_equal(writer.predict(x), writer.predict(x[:3]))         # beyond `reads` nothing is seen
    np.testing.assert_array_equal(writer.predict(x[:2]), writer.predict(x, np.array([2, 2])))


def test_written_step_by_step_as_with_teacher_forcing(rng):
    """The loss of a target is what `step` gives its tokens, one after the other."""
    model = WindowOneToMany(3, 4, 5, 2, rng)
    v, target = rng.normal(size=(1, 3)), np.array([[3], [2], [4], [0]])
    state, token, losses = model.first_state(v), np.array([model.start]), []
    for wanted in target[:, 0]:
        scores, state = model.step(token, state)
        losses.append(np.log(np.exp(scores[0]).sum()) - scores[0, wanted])
        token = np.array([wanted])
    assert model.loss_and_gradients((v, target))[0] == pytest.approx(np.mean(losses), abs=1e-12)


@pytest.mark.parametrize("name", TASKS)
def test_as_large_as_the_gated_model(name):
    task = TASKS[name]
    gated = task.model("GRU" if "GRU" in task.kinds else task.default, np.random.default_rng(0))
    window = task.new("window", np.random.default_rng(0))
    size, own = (sum(array.size for array in model.params.values()) for model in (gated, window))
    assert own == pytest.approx(size, rel=0.06)         # a whole number of units


def test_a_bidirectional_rival_looks_both_ways(rng):
    model = ManyToMany(Bidirectional(GRUCell(2, 3, rng), GRUCell(2, 3, rng)), Readout(6, 2, rng))
    assert (rival(model, 2, rng).cell.before, rival(model, 2, rng).cell.after) == (2, 2)


def test_runs_repeat(rng):
    task = TASKS["sentiment"]
    one, two = (task.trained("window", 3, steps=2) for _ in range(2))
    assert all((one.params[name] == two.params[name]).all() for name in one.params)


@pytest.mark.parametrize("change", [{"width": 0}, {"after": -1}, {"input_size": 0}])
def test_bad_sizes(change, rng):
    with pytest.raises(ValueError, match=next(iter(change))):
        Window(**{"input_size": 2, "hidden_size": 3, "width": 2, "rng": rng, **change})


@pytest.mark.parametrize("name", TASKS)
def test_the_width_is_the_one_that_validation_chose(name):
    task = TASKS[name]
    losses = {}
    for row in evidence.stored("widths", task=name):
        losses.setdefault(row["width"], []).append(row["loss"])
    chosen = min(losses, key=lambda width: np.median(losses[width]))
    assert chosen == (task.window[1] if task.lesson == 8 else task.window)
