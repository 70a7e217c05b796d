"""Where float64 ends: saturated units, vanished gradients, huge scores. No warning, nothing that is not finite."""

import warnings

import numpy as np
import pytest

from rnnlib import bptt, cross_entropy, forward, jacobian_products, jacobians, softmax
from rnnlib.cells import sigmoid

from .helpers import KINDS, make_cell, make_task, sigma, state_like


@pytest.fixture(autouse=True)
def every_warning_is_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def all_finite(*arrays):
    return all(np.isfinite(a).all() for a in arrays)


def test_sigmoid():
    z = np.linspace(-30, 30, 601)
    np.testing.assert_allclose(sigmoid(z), sigma(z), rtol=0, atol=2.5e-16)
    with np.errstate(all="raise"):
        far = sigmoid(np.array([-1e3, -1e6, -1e308, 0.0, 1e3, 1e6, 1e308]))
    np.testing.assert_array_equal(far, [0, 0, 0, 0.5, 1, 1, 1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1e3, 1e4, 1e6])
@pytest.mark.parametrize("grow", ["x", "W_x", "b", "W_h"])
def test_saturated_cells(kind, size, grow):
    """|pre-activation| from 1e3 to 1e6: gates and tanh saturate exactly, gradients are finite, no flag is raised."""
    cell, x, state_0, dh, d_last = make_task(kind, (6, 2, 3, 4), seed=1)
    if grow == "x":
        x *= size
    else:
        cell.params[grow][...] *= size
    with np.errstate(all="raise"):
        states, cache = forward(cell, x, state_0)
        grads = bptt(cell, dh, cache, d_last)
        step = cell.step(x[0], state_0)
        one = forward(cell, x[:, :1], state_0[..., :1, :])[1]
        J = jacobians(cell, one)
        products = jacobian_products(J)
    assert all_finite(states, step, grads.x, grads.states, grads.norms, J, products, *grads.params.values())
    # below 1, save where the GRU, which mixes, still carries the state it was given
    assert np.abs(cell.hidden(states)[1:]).max() <= 1.000001 * max(1, np.abs(cell.hidden(state_0)).max())
    np.testing.assert_allclose(step, states[1], rtol=1e-9, atol=1e-9)
    if kind == "rnn" and grow in ("x", "W_x"):                      # it really is saturated: tanh is +-1, its slope 0
        assert (np.abs(states[1:]) == 1).mean() > 0.9 and np.abs(grads.x).max() < 1e-3 * size


@pytest.mark.parametrize("kind", KINDS)
def test_vanished_gradients_are_not_flushed_to_zero(kind):
    """Through hundreds of steps the gradient shrinks beyond 1e-162, where its square is no longer a float64."""
    rng = np.random.default_rng(2)
    cell = make_cell(kind, 2, 3, rng, scale=0.2)
    if kind == "lstm":
        cell.b[3:6] = -3                                            # forget quickly
    if kind == "gru":
        cell.b[3:6] = -3                                            # overwrite quickly
    x, state_0 = rng.normal(size=(400, 1, 2)), state_like(cell, 1, rng)
    states, cache = forward(cell, x, state_0)
    grads = bptt(cell, np.zeros((400, 1, 3)), cache, state_like(cell, 1, rng))
    norms = grads.norms[:, 0]
    small = (norms > 0) & (norms < 1e-170)
    assert small.sum() > 20
    for t in np.flatnonzero(norms > 1e-300):                        # without squaring: scaled by hand in extended steps
        h = grads.h[t, 0]
        np.testing.assert_allclose(norms[t], np.hypot.reduce(h), rtol=1e-12)
    assert all((grads.h[t, 0] == 0).all() for t in np.flatnonzero(norms == 0))


def test_norms_of_tiny_and_huge_gradients():
    cell, x, state_0, _, _ = make_task("rnn", (1, 3, 2, 4), seed=3)
    dh = np.array([[[3e-200, 0, 4e-200, 0], [3e200, 4e200, 0, 0], [0, 0, 0, 0]]])
    norms = bptt(cell, dh, forward(cell, x, state_0)[1]).norms
    np.testing.assert_allclose(norms[1], [5e-200, 5e200, 0], rtol=1e-15)
    assert norms[0, 0] > 0 and norms[0, 2] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_exploding_gradients_stay_finite_as_long_as_float64_does(kind):
    cell, x, state_0, dh, d_last = make_task(kind, (60, 2, 3, 4), seed=4)
    cell.W_h *= 0.01
    cell.W_h[-4:] += 3 * np.eye(4)
    x *= 0.01
    grads = bptt(cell, 1e200 * dh, forward(cell, x, 0 * state_0)[1], 1e200 * d_last)
    assert all_finite(grads.norms, grads.states, *grads.params.values())
    assert grads.norms.max() > 1e200


def test_softmax_and_cross_entropy_of_huge_scores():
    y = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, -1e4], [-700.0, 0.0, 700.0]])
    p = softmax(y)
    np.testing.assert_allclose(p, [[1, 0, 0], [1 / 3] * 3, [0.5, 0.5, 0], [0, 0, 1]], rtol=1e-15, atol=1e-300)
    for target, expected in (([0, 0, 0], [0, np.log(3), np.log(2)]), ([1, 2, 2], [2e4, np.log(3), 2e4 + np.log(2)]),
                             ([2, 1, 1], [1e4, np.log(3), np.log(2)])):
        loss, dy = cross_entropy(y[:3], np.array(target))
        np.testing.assert_allclose(loss, np.mean(expected), rtol=1e-14)
        np.testing.assert_allclose(dy, (p[:3] - np.eye(3)[target]) / 3, rtol=0, atol=1e-15)
        assert abs(dy.sum()) < 1e-15


def test_cross_entropy_of_a_sure_answer_keeps_its_small_loss():
    """-log p of p near 1: lost in 1 - p if p is computed first."""
    loss, _ = cross_entropy(np.array([[30.0, 0.0]]), np.array([0]))
    np.testing.assert_allclose(loss, 9.357622968839299e-14, rtol=1e-2)          # log(1 + exp(-30))


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_sequence(kind):
    cell, x, state_0, _, _ = make_task(kind, (5000, 1, 1, 2), seed=5)
    states, cache = forward(cell, x, state_0)
    grads = bptt(cell, np.ones((5000, 1, 2)), cache)
    assert all_finite(states, grads.states, grads.norms)
