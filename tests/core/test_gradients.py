"""Every gradient against central differences of the forward pass, which know nothing of the derivation."""

# Each lambda is called within its own turn of the loop.
# ruff: noqa: B023

import itertools

import numpy as np
import pytest

from rnnlib import (
    ManyToMany,
    ManyToOne,
    Readout,
    bptt,
    cross_entropy,
    forward,
    jacobians,
    softmax,
    squared_error,
)

from .helpers import (
    KINDS,
    assert_close,
    copies,
    differences,
    error,
    make_batch,
    make_bidirectional,
    make_model,
    make_task,
    over_shapes,
    slope_along,
    stir,
)

LIMIT = 1e-7


def weighted(cell, x, state_0, dh, d_last):
    """A loss whose direct gradients are dh at every step and d_last at the last state."""
    states, _ = forward(cell, x, state_0)
    return (cell.hidden(states)[1:] * dh).sum() + (states[-1] * d_last).sum()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reach", ["dh", "d_last", "both"])
def test_bptt_every_number(kind, reach):
    cell, x, state_0, dh, d_last = make_task(kind, (4, 2, 2, 3), seed=1)
    if reach == "dh":
        d_last = None
    if reach == "d_last":
        dh = np.zeros_like(dh)
    _, cache = forward(cell, x, state_0)
    grads = bptt(cell, dh, cache, d_last)

    def loss():
        return weighted(cell, x, state_0, dh, 0 if d_last is None else d_last)

    assert set(grads.params) == set(cell.params)
    for name, array in cell.params.items():
        assert error(grads.params[name], differences(loss, array)) < LIMIT, name
    assert error(grads.x, differences(loss, x)) < LIMIT
    assert error(grads.states[0], differences(loss, state_0)) < LIMIT


def test_d_last_on_the_cell_state_alone_reaches_everything():
    cell, x, state_0, dh, d_last = make_task("lstm", (3, 2, 2, 3), seed=2)
    dh[...], d_last[0] = 0, 0
    _, cache = forward(cell, x, state_0)
    grads = bptt(cell, dh, cache, d_last)
    np.testing.assert_array_equal(grads.states[-1, 1], d_last[1])
    for name, array in {**cell.params, "state_0": state_0}.items():
        got = grads.states[0] if name == "state_0" else grads.params[name]
        assert np.abs(got).max() > 1e-3
        assert error(got, differences(lambda: weighted(cell, x, state_0, dh, d_last), array)) < LIMIT, name


@pytest.mark.parametrize("kind", KINDS)
@over_shapes
def test_bptt_over_shapes(kind, shape, seed):
    cell, x, state_0, dh, d_last = make_task(kind, shape, seed)
    T, B, D, H = shape
    states, cache = forward(cell, x, state_0)
    grads = bptt(cell, dh, cache, d_last)
    assert states.shape == grads.states.shape == (T + 1, *state_0.shape)
    assert grads.x.shape == (T, B, D) and grads.h.shape == (T + 1, B, H) and grads.norms.shape == (T + 1, B)
    rng = np.random.default_rng(seed + 1)
    for name, array in {**cell.params, "x": x, "state_0": state_0}.items():
        got = {"x": grads.x, "state_0": grads.states[0]}.get(name)
        got = grads.params[name] if got is None else got
        assert got.shape == array.shape
        direction = rng.normal(size=array.shape)
        numeric = slope_along(lambda: weighted(cell, x, state_0, dh, d_last), array, direction)
        assert abs((got * direction).sum() - numeric) < LIMIT * max(np.abs(got).sum(), 1e-3), name


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_the_states_in_between(kind):
    """states[t] of Gradients: move state t by hand and let the rest of the sequence follow."""
    cell, x, state_0, dh, d_last = make_task(kind, (4, 2, 2, 3), seed=3)
    states, cache = forward(cell, x, state_0)
    grads = bptt(cell, dh, cache, d_last)
    for t in range(1, 4):
        start = states[t].copy()
        numeric = differences(lambda: ((cell.hidden(start) * dh[t - 1]).sum()
                                       + weighted(cell, x[t:], start, dh[t:], d_last)), start)
        assert error(grads.states[t], numeric) < LIMIT, t
    expected = d_last.copy()
    cell.hidden(expected)[...] += dh[-1]
    np.testing.assert_array_equal(grads.states[-1], expected)
    np.testing.assert_array_equal(grads.h, cell.hidden(grads.states))
    np.testing.assert_allclose(grads.norms, np.sqrt((grads.h ** 2).sum(axis=-1)), rtol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_truncated_against_differences_with_detached_states(kind, k):
    """The truncated gradient is the gradient of a loss where the state at each cut is a constant."""
    cell, x, state_0, dh, d_last = make_task(kind, (5, 2, 2, 2), seed=4)
    states, cache = forward(cell, x, state_0)
    grads = bptt(cell, dh, cache, d_last, truncate=k)
    at_cuts = states.copy()

    def loss():
        total = 0.0
        for s in range(0, 5, k):
            e = min(s + k, 5)
            last = d_last if e == 5 else np.zeros_like(d_last)
            total += weighted(cell, x[s:e], state_0 if s == 0 else at_cuts[s], dh[s:e], last)
        return total

    for name, array in cell.params.items():
        assert error(grads.params[name], differences(loss, array)) < LIMIT, name
    assert error(grads.x, differences(loss, x)) < LIMIT
    assert error(grads.states[0], differences(loss, state_0)) < LIMIT


def test_a_planted_error_is_seen():
    """The measuring stick itself: one wrong entry in a thousandth of its value is far beyond the limit."""
    cell, x, state_0, dh, d_last = make_task("rnn", (4, 2, 2, 3), seed=1)
    _, cache = forward(cell, x, state_0)
    wrong = bptt(cell, dh, cache, d_last).params["W_h"].copy()
    wrong[np.unravel_index(np.abs(wrong).argmax(), wrong.shape)] *= 1.001
    assert error(wrong, differences(lambda: weighted(cell, x, state_0, dh, d_last), cell.W_h)) > 1e-4


PAIRS = [("rnn", "lstm"), ("lstm", "gru"), ("gru", "rnn"), ("gru", "gru")]


@pytest.mark.parametrize("kind_f, kind_b", PAIRS)
@pytest.mark.parametrize("lengths", [None, (4, 1, 3)])
def test_bidirectional(kind_f, kind_b, lengths):
    rng = np.random.default_rng(5)
    both = make_bidirectional(kind_f, kind_b, 2, 2, 3, rng)
    x, dout = rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 3, 5))
    lengths = None if lengths is None else np.array(lengths)
    _, cache = both.forward(x, lengths)
    grads, dx = both.backward(dout, cache)

    def loss():
        return (both.forward(x, lengths)[0] * dout).sum()

    assert set(grads) == set(both.params)
    for name, array in both.params.items():
        direction = rng.normal(size=array.shape)
        numeric = slope_along(loss, array, direction)
        assert abs((grads[name] * direction).sum() - numeric) < LIMIT * np.abs(grads[name]).sum(), name
    assert error(dx, differences(loss, x)) < LIMIT


@pytest.mark.parametrize("pattern, task", list(itertools.product(["one", "many"], ["classes", "numbers"])))
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lengths", [None, (3, 4, 1)])
def test_models(pattern, task, kind, lengths):
    rng = np.random.default_rng(6)
    model = make_model(pattern, kind, task, 2, 3, 3, rng)
    batch = make_batch(pattern, task, (4, 3, 2), 3, rng, None if lengths is None else np.array(lengths))
    loss, grads = model.loss_and_gradients(batch)
    assert isinstance(loss, float) and set(grads) == set(model.params)
    for name, array in model.params.items():
        assert grads[name].shape == array.shape
        direction = rng.normal(size=array.shape)
        numeric = slope_along(lambda: model.loss_and_gradients(batch)[0], array, direction)
        assert abs((grads[name] * direction).sum() - numeric) < LIMIT * np.abs(grads[name]).sum(), name


@pytest.mark.parametrize("pattern", ["one", "many"])
@pytest.mark.parametrize("lengths", [None, (3, 4, 1)])
def test_models_that_read_in_both_directions(pattern, lengths):
    rng = np.random.default_rng(6)
    both, readout = make_bidirectional("lstm", "gru", 2, 2, 3, rng), Readout(5, 3, rng)
    model = {"one": ManyToOne, "many": ManyToMany}[pattern](both, readout)
    batch = make_batch(pattern, "classes", (4, 3, 2), 3, rng, None if lengths is None else np.array(lengths))
    _, grads = model.loss_and_gradients(batch)
    assert set(grads) == set(model.params) == {*both.params, *readout.params}
    for name, array in model.params.items():
        direction = rng.normal(size=array.shape)
        numeric = slope_along(lambda: model.loss_and_gradients(batch)[0], array, direction)
        assert abs((grads[name] * direction).sum() - numeric) < LIMIT * np.abs(grads[name]).sum(), name


@pytest.mark.parametrize("pattern, lengths", list(itertools.product(["one", "many"], [None, (3, 4, 1)])))
def test_model_loss_is_the_loss_of_its_own_predictions(pattern, lengths):
    rng = np.random.default_rng(7)
    model = make_model(pattern, "gru", "classes", 2, 3, 4, rng)
    lengths = None if lengths is None else np.array(lengths)
    batch = make_batch(pattern, "classes", (4, 3, 2), 4, rng, lengths)
    x, target = batch[:2]
    y = model.predict(x, lengths)
    nll = -np.log(np.take_along_axis(np.exp(y) / np.exp(y).sum(-1, keepdims=True), target[..., None], -1))[..., 0]
    if pattern == "many" and lengths is not None:
        nll = np.concatenate([nll[:n, b] for b, n in enumerate(lengths)])
    assert abs(model.loss_and_gradients(batch)[0] - nll.mean()) < 1e-12


@pytest.mark.parametrize("before", [(), (3,), (4, 3), (2, 3, 2)])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
def test_losses(loss, before, masked):
    rng = np.random.default_rng(8)
    y = 2 * rng.normal(size=(*before, 4))
    target = np.asarray(rng.integers(4, size=before)) if loss is cross_entropy else rng.normal(size=y.shape)
    mask = np.asarray(rng.random(before) < 0.6) if masked else None
    if masked:
        mask[(0,) * mask.ndim] = True
    value, dy = loss(y, target, mask)
    assert isinstance(value, float) and dy.shape == y.shape
    assert error(dy, differences(lambda: loss(y, target, mask)[0], y)) < LIMIT
    kept = np.ones(before, bool) if mask is None else mask
    if loss is cross_entropy:                                       # by hand, entry by entry
        by_hand = [-np.log(np.exp(y[i][target[i]]) / np.exp(y[i]).sum()) for i in np.ndindex(before) if kept[i]]
    else:
        by_hand = [((y[i] - target[i]) ** 2).mean() for i in np.ndindex(before) if kept[i]]
    assert abs(value - np.mean(by_hand)) < 1e-13
    if masked:
        assert (dy[~mask] == 0).all()


@pytest.mark.parametrize("before", [(), (3,), (4, 3)])
def test_readout(before):
    rng = np.random.default_rng(9)
    readout = stir(Readout(3, 2, rng), rng)
    h, dy = rng.normal(size=(*before, 3)), rng.normal(size=(*before, 2))
    y = readout.forward(h)
    for i in np.ndindex(before):
        np.testing.assert_allclose(y[i], [readout.W_y[k] @ h[i] + readout.b_y[k] for k in range(2)], rtol=1e-13)
    grads, dh = readout.backward(dy, h)
    for name, array in {**readout.params, "h": h}.items():
        numeric = differences(lambda: (readout.forward(h) * dy).sum(), array)
        assert error(dh if name == "h" else grads[name], numeric) < LIMIT, name


def test_softmax():
    y = np.random.default_rng(10).normal(size=(3, 2, 5))
    assert_close(softmax(y), np.exp(y) / np.exp(y).sum(axis=-1, keepdims=True), 1e-15)
    np.testing.assert_allclose(softmax(y + 1000.0), softmax(y), rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@over_shapes
def test_jacobians_against_steps(kind, shape, seed):
    T, _, D, H = shape
    cell, x, state_0, _, _ = make_task(kind, (T, 1, D, H), seed)
    states, cache = forward(cell, x, state_0)
    J = jacobians(cell, cache)
    S = state_0.size
    assert J.shape == (T, S, S)
    before = copies(cell.params)
    for t in {0, T - 1}:
        numeric, state = np.empty((S, S)), states[t].copy()
        for i in range(S):
            numeric[i] = differences(lambda: cell.step(x[t], state).reshape(-1)[i], state).reshape(-1)
        assert error(J[t], numeric) < LIMIT
    assert all((cell.params[name] == before[name]).all() for name in before)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("truncate", [None, 2])
def test_bptt_with_lengths(kind, truncate):
    """After its end a sequence's state does not change, so d_last reaches each sequence's own last state."""
    cell, x, state_0, dh, d_last = make_task(kind, (5, 3, 2, 2), seed=11)
    lengths = np.array([3, 5, 1])
    states, cache = forward(cell, x, state_0, lengths)
    grads = bptt(cell, dh, cache, d_last, truncate=truncate)
    at_cuts = states.copy()

    def loss():
        total = 0.0
        for s in range(0, 5, truncate or 5):
            e = min(s + (truncate or 5), 5)
            state, inner = state_0 if s == 0 else at_cuts[s], np.zeros(())
            for t in range(s, e):                                   # step by step, each sequence up to its own end
                new = cell.step(x[t], state)
                state = np.where((lengths > t)[:, None], new, state)
                inner = inner + (cell.hidden(state) * dh[t]).sum()
            total += inner + ((state * d_last).sum() if e == 5 else 0)
        return float(total)

    for name, array in cell.params.items():
        assert error(grads.params[name], differences(loss, array)) < LIMIT, name
    assert error(grads.x, differences(loss, x)) < LIMIT
    assert error(grads.states[0], differences(loss, state_0)) < LIMIT
    for b, n in enumerate(lengths):
        assert (grads.x[n:, b] == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_jacobians_with_lengths(kind):
    """After the end of a sequence its state does not change, so the Jacobian there is the identity."""
    cell, x, state_0, _, _ = make_task(kind, (4, 1, 2, 2), seed=12)
    J = jacobians(cell, forward(cell, x, state_0, np.array([2]))[1])
    np.testing.assert_array_equal(J[2:], np.broadcast_to(np.eye(state_0.size), (2, state_0.size, state_0.size)))
    assert_close(J[:2], jacobians(cell, forward(cell, x[:2], state_0)[1]), 1e-15)


@pytest.mark.parametrize("lengths", [None, (4, 1, 3)])
def test_bidirectional_last(lengths):
    """d_last of Bidirectional: what reaches the states where the two directions ended."""
    rng = np.random.default_rng(13)
    both = make_bidirectional("lstm", "gru", 2, 2, 3, rng)
    x, dout, d_last = rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 3, 5)), rng.normal(size=(3, 5))
    lengths = None if lengths is None else np.array(lengths)

    def loss():
        out, cache = both.forward(x, lengths)
        return (out * dout).sum() + (both.last(cache) * d_last).sum()

    out, cache = both.forward(x, lengths)
    ends = np.full(3, 4) if lengths is None else lengths
    for b, n in enumerate(ends):                # forward ended at the sequence's own end, backward at its first step
        np.testing.assert_array_equal(both.last(cache)[b], np.concatenate([out[n - 1, b, :2], out[0, b, 2:]]))
    grads, dx = both.backward(dout, cache, d_last)
    for name, array in both.params.items():
        assert error(grads[name], differences(loss, array)) < LIMIT, name
    assert error(dx, differences(loss, x)) < LIMIT
