"""What the tests of the numeric core share: random cells away from zero, differences, and the shapes to try."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnlib import (
    Bidirectional,
    GRUCell,
    LSTMCell,
    ManyToMany,
    ManyToOne,
    Readout,
    RNNCell,
    cross_entropy,
    squared_error,
)

CELLS = {"rnn": RNNCell, "lstm": LSTMCell, "gru": GRUCell}
KINDS = list(CELLS)
few = settings(max_examples=12, deadline=None, derandomize=True, database=None)

_shape = st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(1, 3), st.integers(1, 4))


def over_shapes(test):
    """Run test(..., shape=(T, B, D, H), seed=...) over random shapes, always over those where an axis has size 1."""
    for axis in range(4):
        test = example(shape=tuple(1 if i == axis else size for i, size in enumerate((4, 2, 3, 3))), seed=axis)(test)
    test = example(shape=(1, 1, 1, 1), seed=9)(test)
    return few(given(shape=_shape, seed=st.integers(0, 2 ** 16))(test))


def stir(model, rng, scale=0.7):
    """Draw every parameter anew, away from zero: zeros hide wrong gradients."""
    for array in model.params.values():
        array[...] = scale * rng.normal(size=array.shape)
    return model


def make_cell(kind, D, H, rng, scale=0.7):
    return stir(CELLS[kind](D, H, rng), rng, scale)


def state_like(cell, B, rng):
    return rng.normal(size=cell.zero_state(B).shape)


def make_task(kind, shape, seed):
    """(cell, x, state_0, dh, d_last) for a shape (T, B, D, H), all random."""
    (T, B, D, H), rng = shape, np.random.default_rng(seed)
    cell = make_cell(kind, D, H, rng)
    x, state_0 = rng.normal(size=(T, B, D)), state_like(cell, B, rng)
    return cell, x, state_0, rng.normal(size=(T, B, H)), state_like(cell, B, rng)


def make_bidirectional(kind_f, kind_b, D, H_f, H_b, rng):
    return Bidirectional(make_cell(kind_f, D, H_f, rng), make_cell(kind_b, D, H_b, rng))


def make_model(pattern, kind, task, D, H, K, rng):
    loss = {"classes": cross_entropy, "numbers": squared_error}[task]
    model = {"one": ManyToOne, "many": ManyToMany}[pattern](CELLS[kind](D, H, rng), Readout(H, K, rng, loss))
    return stir(model, rng)


def make_batch(pattern, task, shape, K, rng, lengths=None):
    T, B, D = shape
    where = (B,) if pattern == "one" else (T, B)
    target = rng.integers(K, size=where) if task == "classes" else rng.normal(size=(*where, K))
    x = rng.normal(size=(T, B, D))
    return (x, target) if lengths is None else (x, target, lengths)


def differences(f, array, h=1e-3):
    """df/d(array), number by number: central differences over four points, exact to about 1e-12 for smooth f."""
    slope = np.empty(array.shape)
    for i in np.ndindex(array.shape):
        kept = array[i]
        values = []
        for k in (1, -1, 2, -2):
            array[i] = kept + k * h
            values.append(f())
        array[i] = kept
        slope[i] = (8 * (values[0] - values[1]) - (values[2] - values[3])) / (12 * h)
    return slope


def slope_along(f, array, direction, h=1e-3):
    """The derivative of f as array moves along a direction: one number instead of array.size of them."""
    kept, values = array.copy(), []
    for k in (1, -1, 2, -2):
        array[...] = kept + k * h * direction
        values.append(f())
    array[...] = kept
    return (8 * (values[0] - values[1]) - (values[2] - values[3])) / (12 * h)


def error(analytic, numeric):
    """The error of a gradient check, as DESIGN.md has it."""
    analytic, numeric = np.asarray(analytic, float), np.asarray(numeric, float)
    assert analytic.shape == numeric.shape
    return np.abs(analytic - numeric).max() / max(np.abs(analytic).max(), np.abs(numeric).max(), 1e-8)


def assert_same(a, b):
    """Equal to the last bit, dicts name by name."""
    if isinstance(a, dict):
        assert set(a) == set(b)
        for name in a:
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)
    else:
        np.testing.assert_array_equal(a, b)


def assert_close(a, b, tolerance):
    """Equal within tolerance times the largest number (at least 1), dicts name by name."""
    if isinstance(a, dict):
        assert set(a) == set(b)
        for name in a:
            assert_close(a[name], b[name], tolerance)
        return
    a, b = np.asarray(a, float), np.asarray(b, float)
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * max(1.0, np.abs(b).max()))


def copies(arrays):
    return {name: array.copy() for name, array in arrays.items()}


def sigma(z):
    """The logistic function the plain way, for numbers small enough."""
    return 1 / (1 + np.exp(-z))
