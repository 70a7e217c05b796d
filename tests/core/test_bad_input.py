"""Every wrong argument gets an error in the course's words: what it was called, what it was, what it must be.

And nothing is half done: after the error, parameters and arguments are what they were.
"""

# Each lambda is called within its own turn of the loop.
# ruff: noqa: B023

import copy
import types

import numpy as np
import pytest

import rnnlib
from rnnlib import (
    SGD,
    Adam,
    Bidirectional,
    GRUCell,
    LSTMCell,
    ManyToMany,
    ManyToOne,
    Readout,
    RNNCell,
    beam_search,
    bptt,
    clip_by_norm,
    cross_entropy,
    forward,
    gradient_check,
    greedy,
    jacobian_products,
    jacobians,
    mask_of,
    probabilities,
    sample,
    squared_error,
    train,
)

from .helpers import CELLS, KINDS, assert_same, copies, make_bidirectional, make_model, make_task

NUMPYS_WORDS = ["broadcast", "operands", "matmul", "ufunc", "core dimension", "setting an array", "inhomogeneous",
                "axis 0", "out of bounds", "unpack", "subscriptable", "has no attribute", "takes", "unsupported"]
BOTH = (TypeError, ValueError)


def refused(call, *fragments, error=BOTH):
    """call() must raise, and its message must hold every fragment; NumPy's and Python's own complaints do not count."""
    with pytest.raises(BOTH) as caught:
        call()
    message = str(caught.value)
    assert isinstance(caught.value, error), f"{type(caught.value).__name__}: {message}"
    for fragment in fragments:
        assert fragment in message, f"{fragment!r} is missing in: {message}"
    for words in NUMPYS_WORDS:
        assert words not in message, message


def with_value(a, value):
    a = a.copy()
    a[(-1,) * a.ndim] = value
    return a


def not_float(a):
    """The same numbers in every type that is not a NumPy array of floats."""
    return {"int": np.ones(a.shape, int), "bool": np.ones(a.shape, bool), "object": a.astype(object), "complex": a + 0j,
            "str": a.astype(str), "list": a.tolist(), "tuple": tuple(a.tolist()), "None": None, "number": 1.5}


def wrong_shapes(shape):
    """Shapes of one axis too few and too many, and each axis empty, too long, or 1 (which NumPy would broadcast)."""
    yield shape[1:]
    yield (1, *shape)
    yield (*shape, 1)
    for i, size in enumerate(shape):
        for other in {0, 1, size + 1} - {size}:
            yield (*shape[:i], other, *shape[i + 1:])


T, B, D, H = 4, 3, 2, 5
KEEPS_SIZES = {"x": "TB", "x_t": "B"}       # the axes that the argument itself decides: there 1 or more is right


def task(kind):
    cell, x, state_0, dh, d_last = make_task(kind, (T, B, D, H), seed=0)
    _, cache = forward(cell, x, state_0)
    return types.SimpleNamespace(cell=cell, x=x, x_t=x[0], state=state_0, state_0=state_0, dh=dh, d_last=d_last,
                                 cache=cache)


CALLS = {
    "x": lambda t, a: forward(t.cell, a),
    "state_0": lambda t, a: forward(t.cell, t.x, a),
    "x_t": lambda t, a: t.cell.step(a, t.state),
    "state": lambda t, a: t.cell.step(t.x_t, a),
    "dh": lambda t, a: bptt(t.cell, a, t.cache),
    "d_last": lambda t, a: bptt(t.cell, t.dh, t.cache, a),
}
LETTERS = {"x": "(T, B, D)", "x_t": "(B, D)", "dh": "(T, B, H)"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CALLS)
def test_arrays_of_a_wrong_shape(kind, name):
    t = task(kind)
    good = getattr(t, name)
    CALLS[name](t, good)                                            # the call itself is right
    needed = LETTERS.get(name, "(2, B, H)" if kind == "lstm" else "(B, H)")
    letters = needed.strip("()").split(", ")
    rng = np.random.default_rng(1)
    tried = 0
    for shape in wrong_shapes(good.shape):
        if len(shape) == good.ndim:
            changed = [letter for letter, a, b in zip(letters, shape, good.shape) if a != b]
            if 0 not in shape and all(letter in KEEPS_SIZES.get(name, "") for letter in changed):
                continue                                            # more steps or sequences are fine
        a = rng.normal(size=shape)
        # x_t of another B does not fit the state: there the state is named
        named = "state" if name == "x_t" and len(shape) == 2 and shape[1] == D and shape[0] else name
        refused(lambda: CALLS[name](t, a), named, str(shape if named == name else t.state.shape),
                needed if named == name else "B = ", error=ValueError)
        tried += 1
    assert tried >= 5


def test_a_message_as_a_whole():
    t = task("rnn")
    with pytest.raises(ValueError) as caught:
        forward(t.cell, np.ones((4, 3, 7)))
    assert str(caught.value) == "x must have shape (T, B, D) with D = 2; it had shape (4, 3, 7)"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CALLS)
def test_arrays_of_a_wrong_type(kind, name):
    t = task(kind)
    good = getattr(t, name)
    for what, a in not_float(good).items():
        if what == "None" and name in ("state_0", "d_last"):
            continue                                                # None is how they are left out
        fragments = {"list": "list", "tuple": "tuple", "None": "NoneType", "number": "float"}.get(what)
        refused(lambda: CALLS[name](t, a), name, fragments or str(a.dtype), error=TypeError)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_arrays_that_are_not_finite(kind, name, value):
    t = task(kind)
    good = getattr(t, name)
    index = ", ".join(str(n - 1) for n in good.shape)
    refused(lambda: CALLS[name](t, with_value(good, value)), name, f"{name}[{index}]", str(value), str(good.shape),
            error=ValueError)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["state_0", "state", "d_last"])
def test_a_state_that_would_only_broadcast(kind, name):
    t = task(kind)
    one = t.state[..., :1, :]
    assert np.broadcast_shapes(one.shape, t.state.shape) == t.state.shape
    refused(lambda: CALLS[name](t, one), name, str(one.shape), "B = 3", "H = 5", error=ValueError)


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_half_done(name):
    for kind in KINDS:
        t = task(kind)
        good = getattr(t, name)
        watched = {"x": t.x, "state_0": t.state_0, "dh": t.dh, "d_last": t.d_last, "states": t.cache.states,
                   **t.cell.params}
        before = copies(watched)
        for bad in (with_value(good, np.nan), good[..., :-1], good.astype(int)):
            kept = bad.copy()
            refused(lambda: CALLS[name](t, bad), name)
            np.testing.assert_array_equal(bad, kept)
        assert_same(watched, before)


@pytest.mark.parametrize("truncate, error", [(0, ValueError), (-1, ValueError), (1.5, TypeError), (2.0, TypeError),
                                             (True, TypeError), ("3", TypeError), (np.float64(2), TypeError),
                                             ([2], TypeError), (np.nan, TypeError), (np.array([2, 2]), TypeError)])
def test_truncate(truncate, error):
    t = task("rnn")
    refused(lambda: bptt(t.cell, t.dh, t.cache, truncate=truncate), "truncate", "at least 1", error=error)


def test_truncate_none_is_the_full_pass():
    t = task("rnn")
    assert_same(bptt(t.cell, t.dh, t.cache, truncate=None).states, bptt(t.cell, t.dh, t.cache).states)


@pytest.mark.parametrize("kind", KINDS)
def test_a_cache_of_another_cell(kind):
    t, other = task(kind), task(kind)
    for cache in (other.cache, None, (t.cell, t.x), t.cache.states, copy.deepcopy(t).cache):
        refused(lambda: bptt(t.cell, t.dh, cache), "cache")
        refused(lambda: jacobians(t.cell, cache), "cache")


@pytest.mark.parametrize("cls", [RNNCell, LSTMCell, GRUCell, Readout])
def test_sizes_and_rng(cls):
    rng = np.random.default_rng(0)
    first, second = ("hidden_size", "output_size") if cls is Readout else ("input_size", "hidden_size")
    for size, error in ((0, ValueError), (-2, ValueError), (1.5, TypeError), (2.0, TypeError), (True, TypeError),
                        ("3", TypeError), (None, TypeError), (np.array([3]), TypeError)):
        refused(lambda: cls(size, 2, rng), first, "at least 1", repr(size), error=error)
        refused(lambda: cls(2, size, rng), second, "at least 1", error=error)
    for bad in (0, None, np.random, np.random.RandomState(0), "seed"):
        refused(lambda: cls(2, 3, bad), "rng", "Generator", error=TypeError)
    assert cls(np.int64(2), np.int32(3), rng).params


@pytest.mark.parametrize("cls, name", [(LSTMCell, "forget_bias"), (LSTMCell, "input_bias"), (GRUCell, "update_bias")])
@pytest.mark.parametrize("value", [np.nan, np.inf, "4", True, [4.0], np.ones(3), 1j])
def test_gate_biases(cls, name, value):
    refused(lambda: cls(2, 3, np.random.default_rng(0), **{name: value}), name)


@pytest.mark.parametrize("kind", KINDS)
def test_zero_state(kind):
    for size in (0, -1, 1.5, True, "2", None):
        refused(lambda: task(kind).cell.zero_state(size), "B", "at least 1")


@pytest.mark.parametrize("kind", KINDS)
def test_assigning_a_parameter(kind):
    """Its shape is kept, nothing is broadcast into it, and no imaginary part is thrown away."""
    cell = task(kind).cell
    before = copies(cell.params)
    for name, array in cell.params.items():
        for bad in (0.0, np.ones(1), np.ones((1, *array.shape)), array.T[:-1], array[:1],
                    np.ones((1, array.shape[-1]))):
            refused(lambda: setattr(cell, name, bad), name, str(array.shape), str(np.shape(bad)), error=ValueError)
        refused(lambda: setattr(cell, name, array + 1j), name)
    assert_same(cell.params, before)


def test_jacobians_take_one_sequence():
    t = task("gru")
    refused(lambda: jacobians(t.cell, t.cache), "x", "(T, 1, D)", str(t.x.shape), error=ValueError)


def test_jacobian_products():
    for bad in (np.ones((3, 3)), np.ones((2, 3, 4)), np.ones((0, 3, 3)), np.ones((2, 0, 0))):
        refused(lambda: jacobian_products(bad), "J", "(T, S, S)", str(bad.shape), error=ValueError)
    refused(lambda: jacobian_products(np.full((2, 2, 2), np.nan)), "J[0, 0, 0]", "nan", error=ValueError)
    for bad in not_float(np.ones((2, 3, 3))).values():
        refused(lambda: jacobian_products(bad), "J", error=TypeError)


# both directions

def test_bidirectional_cells():
    rng = np.random.default_rng(0)
    cell = RNNCell(2, 3, rng)
    refused(lambda: Bidirectional(cell, GRUCell(4, 3, rng)), "input_size", "2", "4", error=ValueError)
    refused(lambda: Bidirectional(cell, cell), "forward_cell", "backward_cell", error=ValueError)


def test_bidirectional_arrays():
    rng = np.random.default_rng(0)
    both, other = (make_bidirectional("lstm", "gru", D, 2, 3, rng) for _ in range(2))
    x, dout = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, 5))
    _, cache = both.forward(x)
    for bad in (x[0], x[..., :1], x[:0], x[:, :0], with_value(x, np.nan), x.tolist(), x > 0):
        refused(lambda: both.forward(bad), "x")
    for bad in (dout[0], dout[..., :4], dout[:1], dout[:, :1], with_value(dout, np.inf), dout.tolist(), dout > 0):
        refused(lambda: both.backward(bad, cache), "dout")
    refused(lambda: both.backward(dout[:, :1], cache), "(T, B, 2H)", "(4, 1, 5)", "2H = 5", "B = 3", error=ValueError)
    for bad in (dout[-1, :1], dout, with_value(dout[-1], np.nan), (dout[-1] > 0)):
        refused(lambda: both.backward(dout, cache, bad), "d_last")
    for bad in (other.forward(x)[1], None, cache[:2], cache[0], "cache"):
        refused(lambda: both.backward(dout, bad), "cache")


def bad_lengths():
    """(lengths, what the message says) for B = 3 sequences of T = 4 steps."""
    return [(np.array([4, 3]), "(2,)"), (np.array([4]), "(1,)"), (np.array([[4], [3], [2]]), "(3, 1)"),
            (np.array(4), "()"), (np.array([4, 3, 0]), "0"), (np.array([4, 3, 5]), "5"), (np.array([-1, 3, 4]), "-1"),
            (np.array([4.0, 3.0, 2.0]), "float64"), (np.array([True] * 3), "bool"), ([4, 3, 2], "list"), (4, "int"),
            ("432", "str"), (np.array([4, 3, 2], dtype=object), "object")]


@pytest.mark.parametrize("user", ["forward", "bidirectional", "one", "one predict", "many", "many predict"])
def test_lengths(user):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(T, B, D))
    if user == "forward":
        cell = GRUCell(D, H, rng)
        def call(lengths): forward(cell, x, None, lengths)          # noqa: E704
    elif user == "bidirectional":
        both = make_bidirectional("rnn", "gru", D, 2, 3, rng)
        def call(lengths): both.forward(x, lengths)                 # noqa: E704
    else:
        model = make_model(user.split()[0], "rnn", "classes", D, H, 2, rng)
        target = rng.integers(2, size=(B,) if "one" in user else (T, B))
        def call(lengths):
            if "predict" in user:
                model.predict(x, lengths)
            else:
                model.loss_and_gradients((x, target, lengths))
    call(np.array([4, 3, 2]))
    for lengths, said in bad_lengths():
        refused(lambda: call(lengths), "lengths", said)


def test_mask_of():
    for lengths, said in bad_lengths()[2:]:
        refused(lambda: mask_of(lengths, 4), "lengths", said)
    refused(lambda: mask_of(np.array([], dtype=int), 4), "lengths", "(0,)")


# losses

@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
def test_masks(loss):
    rng = np.random.default_rng(0)
    y = rng.normal(size=(T, B, 2))
    target = rng.integers(2, size=(T, B)) if loss is cross_entropy else rng.normal(size=y.shape)
    good = np.ones((T, B), bool)
    for bad, said in ((good.astype(int), "int"), (good.astype(float), "float64"), (good.tolist(), "list"), (1, "int"),
                      (good[:1], "(1, 3)"), (good[:, :1], "(4, 1)"), (good[0], "(3,)"), (good[..., None], "(4, 3, 1)"),
                      (~good, "False"), (True, "bool"), (good.astype(object), "object")):
        refused(lambda: loss(y, target, bad), "mask", said)
        if isinstance(bad, np.ndarray) and bad.dtype == bool and bad.shape != good.shape:
            refused(lambda: loss(y, target, bad), "(4, 3)", error=ValueError)


def test_cross_entropy_targets():
    y = np.random.default_rng(0).normal(size=(T, B, 3))
    good = np.zeros((T, B), int)
    for bad, said in ((good + 3, "3"), (good - 1, "-1"), (good.astype(float), "float64"), (good > 0, "bool"),
                      (good.tolist(), "list"), (good[:1], "(1, 3)"), (good[:, :1], "(4, 1)"), (good[0], "(3,)"),
                      (good[..., None], "(4, 3, 1)"),
                      (good.astype(object), "object"), (0, "int"), (None, "NoneType")):
        refused(lambda: cross_entropy(y, bad), "target", said)
    refused(lambda: cross_entropy(y, good[:1]), "target", "(1, 3)", "T = 4", error=ValueError)
    refused(lambda: cross_entropy(y, good + 3), "target", "between 0 and 2", error=ValueError)


def test_squared_error_targets():
    y = np.random.default_rng(0).normal(size=(T, B, 3))
    for bad, said in ((y[:1], "(1, 3, 3)"), (y[..., :1], "(4, 3, 1)"), (y[0], "(3, 3)"), (y > 0, "bool"),
                      (y.tolist(), "list"), (np.zeros(y.shape, int), "int"), (with_value(y, np.nan), "target[3, 2, 2]"),
                      (y + 0j, "complex128")):
        refused(lambda: squared_error(y, bad), "target", said)


@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
def test_scores(loss):
    y = np.random.default_rng(0).normal(size=(T, B, 3))
    target = np.zeros((T, B), int) if loss is cross_entropy else np.zeros(y.shape)
    for bad in not_float(y).values():
        refused(lambda: loss(bad, target), "y", error=TypeError)
    empty = np.zeros((0, B, 3)), (np.zeros((0, B), int) if loss is cross_entropy else np.zeros((0, B, 3)))
    refused(lambda: loss(*empty), "(0, 3")


@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite(loss, value):
    """Refused, or passed on as a loss that is not finite (where `train` stops); never a loss that looks well."""
    y = with_value(np.random.default_rng(0).normal(size=(T, B, 3)), value)
    target = np.full((T, B), 2) if loss is cross_entropy else np.zeros(y.shape)
    with np.errstate(all="ignore"):
        try:
            assert not np.isfinite(loss(y, target)[0])
        except ValueError as wrong:
            assert "y[3, 2, 2]" in str(wrong)


def test_readout():
    readout = Readout(H, 2, np.random.default_rng(0))
    h, dy = np.ones((T, B, H)), np.ones((T, B, 2))
    for bad in (h[..., :-1], h[..., :1], np.ones(H + 1), h.tolist(), h.astype(int), None, 1.0):
        refused(lambda: readout.forward(bad), "h")
    refused(lambda: readout.forward(h[..., :1]), "(..., H)", "H = 5", "(4, 3, 1)", error=ValueError)
    for bad in (dy[..., :1], dy[:1], dy[:, :1], np.ones((T, B, 3)), np.ones((B, T, 2)), dy.tolist()):
        refused(lambda: readout.backward(bad, h), "dy")


# models

@pytest.mark.parametrize("cls", [ManyToOne, ManyToMany])
def test_models(cls):
    rng = np.random.default_rng(0)
    refused(lambda: cls(RNNCell(2, 3, rng), Readout(4, 2, rng)), "readout", "hidden_size", "3", "4", error=ValueError)
    model = cls(RNNCell(D, H, rng), Readout(H, 2, rng))
    x = rng.normal(size=(T, B, D))
    target = np.zeros((B,) if cls is ManyToOne else (T, B), int)
    model.loss_and_gradients((x, target))
    before = copies(model.params)
    for bad in ([x, target], (x,), (x, target, None, None), x, {"x": x}, None, ()):
        refused(lambda: model.loss_and_gradients(bad), "batch", "(x, target)", error=ValueError)
    for bad in (x[..., :1], x[0], with_value(x, np.nan), x.tolist(), x.astype(int), x[:0]):
        refused(lambda: model.loss_and_gradients((bad, target)), "x")
        refused(lambda: model.predict(bad), "x")
    for bad in (target + 2, target - 1, target.astype(float), target[:1], target.tolist(), target[..., None]):
        refused(lambda: model.loss_and_gradients((x, bad)), "target")
    assert_same(model.params, before)


# writing

WRITERS = {
    "greedy": lambda step, B: greedy(step, np.zeros((B, 1)), 1, 0, 3),
    "sample": lambda step, B: sample(step, np.zeros((B, 1)), 1, 0, 3, np.random.default_rng(0)),
    "sample of two": lambda step, B: sample(step, np.zeros((B, 1)), 1, 0, 3, np.random.default_rng(0), top_k=2),
    "sample of a nucleus": lambda step, B: sample(step, np.zeros((B, 1)), 1, 0, 3, np.random.default_rng(0), top_p=0.9),
    "beam": lambda step, B: beam_search(step, np.zeros((B, 1)), 1, 0, 3, 2),
    "probabilities": lambda step, B: probabilities(step(np.ones(B, int), None)[0]),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("where", [0, 2])
def test_scores_to_choose_from(name, bad, where):
    """No token is written from NaN or +inf, wherever it stands in the row; a row that rules out all tokens is told too."""
    B = 1 if name == "beam" else 2
    good = np.array([[0.5, 1.0, -1.0]] * B)
    WRITERS[name](lambda tokens, state: (good[:len(tokens)], state), B)
    wrong, none_left = good.copy(), good.copy()
    wrong[-1, where], none_left[-1] = bad, -np.inf
    refused(lambda: WRITERS[name](lambda tokens, state: (wrong, state), B), "scores", f"scores[{B - 1}, {where}] was {bad}",
            "(", error=ValueError)
    refused(lambda: WRITERS[name](lambda tokens, state: (none_left, state), B), f"scores[{B - 1}]", "-inf", "possible",
            error=ValueError)
    for other in not_float(good).values():
        refused(lambda: WRITERS[name](lambda tokens, state: (other, state), B), "scores", error=TypeError)


@pytest.mark.parametrize("pattern", ["encoder-decoder", "one to many"])
def test_models_that_write(pattern):
    rng = np.random.default_rng(0)
    readout, rest = Readout(H, 3, rng), {"start": 1, "end": 0}
    model = (rnnlib.OneToMany(GRUCell(3, H, rng), readout, **rest) if pattern == "one to many"
             else rnnlib.EncoderDecoder(GRUCell(D, H, rng), GRUCell(3, H, rng), readout, **rest))
    state, tokens = np.zeros((B, H)), np.full((2, B), 2)
    model.step(tokens[0], state)
    model.teacher_forced(tokens, state)
    for bad in (tokens + 1, tokens - 3, tokens.astype(float), tokens[..., None], tokens[0, 0], tokens.tolist(), None):
        refused(lambda: model.teacher_forced(bad, state), "tokens")
        refused(lambda: model.step(bad[0] if isinstance(bad, np.ndarray) and bad.ndim else bad, state), "tokens")
    for bad in (state[:1], state[:, :1], with_value(state, np.nan), state.tolist()):
        refused(lambda: model.teacher_forced(tokens, bad), "state")
        refused(lambda: model.step(tokens[0], bad), "state")


# training

@pytest.mark.parametrize("value, error", [(0, ValueError), (-1.0, ValueError), (np.nan, ValueError),
                                          (np.inf, ValueError), (True, TypeError), ("1", TypeError),
                                          (None, TypeError), (1j, TypeError), (np.array([1.0]), TypeError)])
def test_numbers_that_must_be_positive(value, error):
    rng = np.random.default_rng(0)
    grads = {"a": np.ones(3)}
    refused(lambda: clip_by_norm(grads, value), "max_norm", "above 0", error=error)
    refused(lambda: SGD(value), "learning_rate", "above 0", error=error)
    refused(lambda: Adam(value), "learning_rate", "above 0", error=error)
    if value is not None:                                           # clip=None: no clipping
        model = make_model("one", "rnn", "classes", D, H, 2, rng)
        before = copies(model.params)
        batch = rng.normal(size=(T, B, D)), np.zeros(B, int)
        refused(lambda: next(train(model, [batch], SGD(0.1), 3, clip=value)), "clip", "above 0", error=error)
        assert_same(model.params, before)
    np.testing.assert_array_equal(grads["a"], np.ones(3))


@pytest.mark.parametrize("settings", [{"beta1": 1.0}, {"beta2": 1.0}, {"beta1": -0.1}, {"beta2": 1.5}, {"epsilon": 0.0},
                                      {"epsilon": -1e-8}, {"beta1": np.nan}, {"beta2": "0.9"}])
def test_adam_settings(settings):
    refused(lambda: Adam(0.01, **settings), *settings)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_clipping_what_is_not_finite(bad):
    grads = {"fine": np.ones(2), "W_h": np.array([1.0, bad])}
    refused(lambda: clip_by_norm(grads, 1.0), "W_h", "finite", error=ValueError)
    np.testing.assert_array_equal(grads["W_h"], [1.0, bad])


def test_clipping_nothing():
    refused(lambda: clip_by_norm({}, 1.0), "grads", "empty", error=ValueError)
    model = types.SimpleNamespace(params={}, loss_and_gradients=lambda batch: (1.0, {}))
    for clip in (None, 1.0):
        refused(lambda: next(train(model, ["batch"], SGD(0.1), 1, clip)), "grads", "empty", error=ValueError)


@pytest.mark.parametrize("optimiser", [SGD, Adam])
def test_gradients_that_do_not_fit_the_parameters(optimiser):
    """Of a shape that would broadcast, missing, or of an unknown name: refused before any parameter has moved."""
    params = {"a": np.ones(3), "b": np.ones((3, 2))}
    good = {"a": np.ones(3), "b": np.ones((3, 2))}
    for bad, said in (({**good, "b": np.ones((1, 2))}, "b"), ({**good, "b": np.ones(2)}, "b"),
                      ({**good, "b": 1.0}, "b"), ({"a": good["a"]}, "b"), ({**good, "c": np.ones(3)}, "c")):
        before = copies(params)
        refused(lambda: optimiser(0.1).update(params, bad), said)
        assert_same(params, before)


@pytest.mark.parametrize("steps, error", [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError),
                                          ("3", TypeError)])
def test_steps(steps, error):
    rng = np.random.default_rng(0)
    model = make_model("one", "rnn", "classes", D, H, 2, rng)
    batch = rng.normal(size=(T, B, D)), np.zeros(B, int)
    refused(lambda: next(train(model, [batch], SGD(0.1), steps)), "steps", "at least 1", error=error)


def test_batches_that_end_early():
    rng = np.random.default_rng(0)
    model = make_model("one", "rnn", "classes", D, H, 2, rng)
    batch = rng.normal(size=(T, B, D)), np.zeros(B, int)
    done = []

    def run(batches):
        done.clear()
        for step, *_ in train(model, batches, SGD(0.1), 5):
            done.append(step)
            after.update(copies(model.params))

    after = {}
    refused(lambda: run(batch for _ in range(3)), "batches", "steps = 5", "3", error=ValueError)
    assert done == [1, 2, 3]
    assert_same(model.params, after)
    for empty in ([], (), iter([]), (b for b in [])):
        before = copies(model.params)
        refused(lambda: run(empty), "batches", "5", error=ValueError)
        assert done == []
        assert_same(model.params, before)


@pytest.mark.parametrize("clip", [None, 1.0])
@pytest.mark.parametrize("what", ["loss nan", "loss inf", "gradient nan", "gradient inf"])
@pytest.mark.parametrize("optimiser", [SGD, Adam])
def test_training_that_diverges(what, clip, optimiser):
    """At the third step something is no longer finite: params keep what the second step left."""
    class Model:
        params = {"a": np.ones(2), "b": np.ones(3)}
        calls = 0

        def loss_and_gradients(self, batch):
            self.calls += 1
            value = float(what.split()[1]) if self.calls == 3 else 1.0
            bad_loss, bad_gradient = (value, 1.0) if "loss" in what else (1.0, value)
            return bad_loss, {"a": np.ones(2), "b": np.array([1.0, bad_gradient, 1.0])}

    model, steps, kept = Model(), [], {}
    model.params = copies(Model.params)

    def run():
        for step, *_ in train(model, ["batch"], optimiser(0.1), 5, clip):
            steps.append(step)
            kept.update(copies(model.params))

    refused(run, *(["loss", "step 3"] if "loss" in what else ["gradient", "b"]), what.split()[1], error=ValueError)
    assert steps == [1, 2]
    assert_same(model.params, kept)


@pytest.mark.parametrize("bad", ["batch", None, (1, 2, 3, 4), [np.ones((T, B, D)), np.zeros(B, int)]])
def test_training_on_a_wrong_batch(bad):
    model = make_model("one", "rnn", "classes", D, H, 2, np.random.default_rng(0))
    before = copies(model.params)
    refused(lambda: next(train(model, [bad], SGD(0.1), 3)), "batch", "tuple (x, target)", error=ValueError)
    assert_same(model.params, before)


# the gradient check

def test_gradient_check():
    params = {"a": np.array([1.0, 2.0])}

    def f():
        return float((params["a"] ** 2).sum())

    good = {"a": 2 * params["a"]}
    for bad, said in (({}, "grads"), ({"b": good["a"]}, "grads"), ({**good, "b": good["a"]}, "grads"),
                      ({"a": np.ones(1)}, "(2,)"), ({"a": np.ones((1, 2))}, "(1, 2)"), ({"a": 4.0}, "(2,)")):
        refused(lambda: gradient_check(f, params, bad), "grads", said, error=ValueError)
    refused(lambda: gradient_check(f, {"a": np.array([1, 2])}, good), "params['a']", "int", error=TypeError)
    refused(lambda: gradient_check(f, {"a": [1.0, 2.0]}, good), "params['a']", error=TypeError)
    refused(lambda: gradient_check(f, {"a": np.ones((0, 2))}, {"a": np.ones((0, 2))}), "'a'", "(0, 2)", error=ValueError)
    for bad in (None, "4", params["a"], [1.0, 2.0], 1j):
        refused(lambda: gradient_check(lambda: bad, params, good), "f must return", "one number", error=TypeError)
    np.testing.assert_array_equal(params["a"], [1.0, 2.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_gradient_check_cannot_pass_below_float64(dtype):
    """Neither params nor the loss may be less exact; float64 gradients of the same are found right."""
    params = {"a": np.array([1.0, 2.0], dtype=dtype)}
    good = {"a": 2 * params["a"]}
    refused(lambda: gradient_check(lambda: float((params["a"] ** 2).sum()), params, good), "params['a']",
            np.dtype(dtype).name, "float64", "astype(float)", error=TypeError)
    exact = {"a": params["a"].astype(float)}
    refused(lambda: gradient_check(lambda: dtype((exact["a"] ** 2).sum()), exact, good), "loss", np.dtype(dtype).name,
            "float64", error=TypeError)
    np.testing.assert_array_equal(exact["a"], [1.0, 2.0])
    assert gradient_check(lambda: (exact["a"] ** 2).sum(), exact, good) < 1e-9


def test_unknown_attribute():
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = rnnlib.no_such_thing


def test_every_cell_is_covered():
    assert set(CELLS.values()) == {RNNCell, LSTMCell, GRUCell}
