"""rnnlib against torch.nn, torch.optim and torch's losses, to 1e-10, over random shapes. Skipped without torch."""

import numpy as np
import pytest

import rnnlib
from rnnlib.attention import attend_backward
from rnnlib.linear import scan_backward

from .helpers import (
    CELLS,
    KINDS,
    assert_close,
    make_bidirectional,
    make_model,
    make_task,
    over_shapes,
)

pytest.importorskip("torch", reason="torch is not installed: only its stored values are checked (test_reference.py)")

import torch  # noqa: E402

from . import make_reference, torch_side  # noqa: E402

LIMIT = 1e-10


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("kind", KINDS)
@over_shapes
def test_cell(kind, shape, seed):
    cell, x, state_0, dh, d_last = make_task(kind, shape, seed)
    states, cache = rnnlib.forward(cell, x, state_0)
    grads = rnnlib.bptt(cell, dh, cache, d_last)
    expected = torch_side.run(kind, cell.params, x, state_0, dh, d_last)
    assert_close(cell.hidden(states)[1:], expected["h"], LIMIT)
    assert_close(states[-1], expected["last"], LIMIT)
    assert_close(grads.x, expected["dx"], LIMIT)
    assert_close(grads.states[0], expected["d_state_0"], LIMIT)
    assert_close(grads.params, {name: expected["d" + name] for name in cell.params}, LIMIT)


@pytest.mark.parametrize("kind", KINDS)
def test_long_sequence(kind):
    """The sizes the lessons work with, where rounding has room to add up."""
    rng = np.random.default_rng(1)
    cell = CELLS[kind](4, 20, rng)
    x, state_0 = rng.normal(size=(120, 3, 4)), rng.normal(size=cell.zero_state(3).shape)
    dh, d_last = rng.normal(size=(120, 3, 20)), rng.normal(size=state_0.shape)
    states, cache = rnnlib.forward(cell, x, state_0)
    grads = rnnlib.bptt(cell, dh, cache, d_last)
    expected = torch_side.run(kind, cell.params, x, state_0, dh, d_last)
    assert_close(cell.hidden(states)[1:], expected["h"], LIMIT)
    assert_close(grads.x, expected["dx"], LIMIT)
    assert_close(grads.params, {name: expected["d" + name] for name in cell.params}, LIMIT)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lengths", [(5, 5, 5), (5, 1, 3), (2, 4, 3)])
def test_bidirectional(kind, lengths):
    rng = np.random.default_rng(2)
    both = make_bidirectional(kind, kind, 3, 4, 4, rng)
    x, dout, lengths = rng.normal(size=(5, 3, 3)), rng.normal(size=(5, 3, 8)), np.array(lengths)
    out, cache = both.forward(x, lengths)
    grads, dx = both.backward(dout, cache)
    expected = torch_side.run_bidirectional(kind, both.forward_cell.params, both.backward_cell.params, x, lengths, dout)
    assert_close(out, expected["out"], LIMIT)
    assert_close(dx, expected["dx"], LIMIT)
    assert_close(grads, {name: expected["d" + name] for name in both.params}, LIMIT)


@pytest.mark.parametrize("name", ["cross_entropy", "squared_error"])
def test_losses(name):
    rng = np.random.default_rng(3)
    y, mask = 5 * rng.normal(size=(6, 4, 7)), rng.random((6, 4)) < 0.7
    target = rng.integers(7, size=(6, 4)) if name == "cross_entropy" else rng.normal(size=y.shape)
    for m in (mask, None):
        loss, dy = getattr(rnnlib, name)(y, target, m)
        expected = getattr(torch_side, name)(y, target, np.ones((6, 4), bool) if m is None else m)
        assert_close(loss, expected["loss"], LIMIT)
        assert_close(dy, expected["dy"], LIMIT)


@pytest.mark.parametrize("ours, name, settings", [
    (lambda: rnnlib.SGD(0.3), "SGD", {"lr": 0.3}),
    (lambda: rnnlib.Adam(0.05), "Adam", {"lr": 0.05}),
    (lambda: rnnlib.Adam(), "Adam", {}),
    (lambda: rnnlib.Adam(0.05, 0.8, 0.99, 1e-4), "Adam", {"lr": 0.05, "betas": (0.8, 0.99), "eps": 1e-4}),
])
def test_optimisers(ours, name, settings):
    rng = np.random.default_rng(4)
    start = {"a": rng.normal(size=(3, 2)), "b": rng.normal(size=4)}
    grads = [{key: rng.normal(size=p.shape) * 10.0 ** rng.integers(-6, 3) for key, p in start.items()}
             for _ in range(30)]
    params, optimiser = {key: p.copy() for key, p in start.items()}, ours()
    for g in grads:
        optimiser.update(params, g)
    for key in start:
        path = torch_side.optimise(name, start[key], [g[key] for g in grads], **({"lr": 1e-3} | settings))
        assert_close(params[key], path[-1], LIMIT)


@pytest.mark.parametrize("max_norm", [0.5, 1e3])
def test_clip_by_norm(max_norm):
    rng = np.random.default_rng(5)
    grads = {"a": rng.normal(size=(3, 2)), "b": rng.normal(size=4)}
    clipped, before = rnnlib.clip_by_norm(grads, max_norm)
    theirs, norm = torch_side.clip(grads, max_norm)
    assert abs(before - norm) < LIMIT
    factor = (norm + 1e-6) / norm if norm > max_norm else 1.0         # torch's own cushion against division by zero
    for name in grads:
        assert_close(clipped[name], theirs[name] * factor, LIMIT)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pattern", ["one", "many"])
def test_training(kind, pattern):
    """A whole training, loss by loss: cell, readout, cross entropy, gradients and Adam together."""
    rng = np.random.default_rng(6)
    model = make_model(pattern, kind, "classes", 2, 5, 3, rng)
    x = rng.normal(size=(6, 4, 2))
    target = rng.integers(3, size=(4,) if pattern == "one" else (6, 4))
    start = {name: p.copy() for name, p in model.params.items()}
    ours = [loss for _, loss, _ in rnnlib.train(model, [(x, target)], rnnlib.Adam(0.02), 25)]
    theirs = torch_side.train(kind, start, start, x, target, 25, 0.02, pattern)
    assert ours[-1] < 0.8 * ours[0]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


TARGET = np.array([[2, 3, 0, 4], [3, 0, 1, 2], [0, 2, 2, 3], [3, 1, 0, 1]])     # end is 0: from step 3, 2, 1, and never


@pytest.mark.parametrize("pattern", ["one", "many"])
@pytest.mark.parametrize("kind, embedded", [("rnn", True), ("lstm", True), ("gru", True), ("lstm", False)])
def test_reading_in_both_directions(pattern, kind, embedded):
    rng, lengths = np.random.default_rng(7), np.array([3, 6, 1, 4])
    both = make_bidirectional(kind, kind, 3, 4, 4, rng)
    model = {"one": rnnlib.ManyToOne, "many": rnnlib.ManyToMany}[pattern](
        both, rnnlib.Readout(8, 3, rng), rnnlib.Embedding(7, 3, rng) if embedded else None)
    x = rng.integers(7, size=(6, 4)) if embedded else rng.normal(size=(6, 4, 3))
    target = rng.integers(3, size=(4,) if pattern == "one" else (6, 4))
    loss, grads = model.loss_and_gradients((x, target, lengths))
    loss_2, grads_2 = torch_side.read(pattern, kind, model.params, x, target, lengths)
    assert abs(loss - loss_2) < LIMIT
    assert_close(grads, grads_2, LIMIT)


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("kind, embedded", [("rnn", True), ("lstm", True), ("gru", True), ("lstm", False)])
def test_encoder_and_decoder(kind, embedded, attention):
    rng, lengths = np.random.default_rng(8), np.array([3, 6, 1, 4])
    embeddings = (rnnlib.Embedding(7, 3, rng), rnnlib.Embedding(5, 3, rng)) if embedded else (None, None)
    model = rnnlib.EncoderDecoder(CELLS[kind](3, 4, rng), CELLS[kind](3 if embedded else 5, 4, rng),
                                  rnnlib.Readout(8 if attention else 4, 5, rng), *embeddings, start=1, end=0,
                                  attention=rnnlib.Attention(4, rng) if attention else None)
    x = rng.integers(7, size=(6, 4)) if embedded else rng.normal(size=(6, 4, 3))
    loss, grads = model.loss_and_gradients((x, TARGET, lengths))
    loss_2, grads_2 = torch_side.encode_and_decode(kind, model.params, x, TARGET, lengths, start=1, end=0)
    assert abs(loss - loss_2) < LIMIT
    assert_close(grads, grads_2, LIMIT)


@pytest.mark.parametrize("kind, embedded", [("rnn", True), ("lstm", True), ("gru", True), ("lstm", False)])
def test_one_to_many(kind, embedded):
    rng = np.random.default_rng(9)
    model = rnnlib.OneToMany(CELLS[kind](3 if embedded else 5, 4, rng), rnnlib.Readout(4, 5, rng), 6, rng,
                             rnnlib.Embedding(5, 3, rng) if embedded else None, start=1, end=0)
    v = rng.normal(size=(4, 6))
    loss, grads = model.loss_and_gradients((v, TARGET))
    loss_2, grads_2 = torch_side.write_from(kind, model.params, v, TARGET, start=1, end=0)
    assert abs(loss - loss_2) < LIMIT
    assert_close(grads, grads_2, LIMIT)


@pytest.mark.parametrize("masked", [False, True])
@over_shapes
def test_attend(masked, shape, seed):
    (T, B, D, S), rng = shape, np.random.default_rng(seed)
    q, k, v, dc = (rng.normal(size=size) for size in ((T, B, D), (S, B, D), (S, B, 2), (T, B, 2)))
    mask = rng.random((T, B, S)) < (0.5 if masked else 1)
    mask[..., 0] |= ~mask.any(axis=-1)
    c, a = rnnlib.attend(q, k, v, mask if masked else None, D ** -0.5)
    grads = attend_backward(dc, a, q, k, v, D ** -0.5)
    expected = torch_side.attend(q, k, v, mask, dc)
    assert_close(c, expected["c"], LIMIT)
    for name, d in zip("qkv", grads, strict=True):
        assert_close(d, expected["d" + name], LIMIT)


@pytest.mark.parametrize("causal", [False, True])
def test_self_attention(causal):
    rng = np.random.default_rng(10)
    layer = rnnlib.SelfAttention(3, 4, rng, causal, ordered=False)
    x, dout = rng.normal(size=(6, 2, 3)), rng.normal(size=(6, 2, 7))
    out, cache = layer.forward(x)
    grads, dx = layer.backward(dout, cache)
    expected = torch_side.self_attention(layer.params, x, dout, causal)
    assert_close(out[..., 3:], expected["c"], LIMIT)
    assert_close(layer.weights(x).swapaxes(0, 1), expected["a"], LIMIT)
    assert_close(dx, expected["dx"], LIMIT)
    assert_close(grads, {name: expected["d" + name] for name in grads}, LIMIT)


@pytest.mark.parametrize("numbers", [float, complex])
@over_shapes
def test_scan(numbers, shape, seed):
    rng = np.random.default_rng(seed)
    size = (5 * shape[0], *shape[1:])
    a, b, dh = rng.uniform(-1, 1, size), rng.normal(size=size), rng.normal(size=size)
    if numbers is complex:
        a, b, dh = a * np.exp(1j * b), b + 1j * dh, dh - 1j * a
    h = rnnlib.scan(a, b)
    da, db = scan_backward(dh, a, h)
    expected = torch_side.recurrence(a, b, dh)
    assert_close_complex(h, expected["h"])
    assert_close_complex(da, expected["da"])
    assert_close_complex(db, expected["db"])


def assert_close_complex(a, b):
    assert_close(a.real, b.real, LIMIT)
    assert_close(a.imag, b.imag, LIMIT)


def test_stored_values_are_what_torch_gives():
    """make_reference.py remakes reference.json; rounding may differ from version to version of torch."""
    from .test_reference import CASES, arrays
    made = make_reference.make()["cases"]
    assert set(made) == set(CASES)
    for name, case in made.items():
        for side in ("in", "out"):
            stored = arrays(CASES[name][side])
            assert set(stored) == set(case[side])
            for key, value in case[side].items():
                if isinstance(value, dict):
                    assert_close(stored[key], value, 1e-13)
                else:
                    assert_close(np.asarray(stored[key], float), np.asarray(value, float), 1e-12)
