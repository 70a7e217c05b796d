"""Two routes to one answer, and what must not make a difference."""

# Each lambda is called within its own turn of the loop.
# ruff: noqa: B023

import copy
import functools

import numpy as np
import pytest

import rnnlib
from rnnlib import (
    Bidirectional,
    LSTMCell,
    bptt,
    cross_entropy,
    forward,
    jacobian_products,
    jacobians,
    mask_of,
    squared_error,
)

from .helpers import (
    CELLS,
    KINDS,
    assert_close,
    assert_same,
    copies,
    make_batch,
    make_bidirectional,
    make_cell,
    make_model,
    make_task,
    over_shapes,
    sigma,
)


@pytest.mark.parametrize("kind", KINDS)
@over_shapes
def test_step_by_step_equals_the_whole_sequence(kind, shape, seed):
    cell, x, state, _, _ = make_task(kind, shape, seed)
    states, _ = forward(cell, x, state)
    np.testing.assert_array_equal(states[0], state)
    for t, x_t in enumerate(x):
        state = cell.step(x_t, state)
        assert_close(states[t + 1], state, 1e-13)


def test_the_equations_number_by_number():
    """Each cell's step written with scalars, straight from its equations."""
    rng = np.random.default_rng(1)
    D, H = 2, 3

    def dot(row, vector):
        return sum(float(a) * float(b) for a, b in zip(row, vector))

    x, h, c = rng.normal(size=D), rng.normal(size=H), rng.normal(size=H)
    rnn, lstm, gru = (make_cell(kind, D, H, rng) for kind in KINDS)
    new_rnn = rnn.step(x[None], h[None])[0]
    new_lstm = lstm.step(x[None], np.stack([h, c])[:, None])[:, 0]
    new_gru = gru.step(x[None], h[None])[0]
    for u in range(H):
        i, f, g, o = (dot(lstm.W_x[k * H + u], x) + dot(lstm.W_h[k * H + u], h) + lstm.b[k * H + u] for k in range(4))
        c_new = sigma(f) * c[u] + sigma(i) * np.tanh(g)
        r, z = (sigma(dot(gru.W_x[k * H + u], x) + dot(gru.W_h[k * H + u], h) + gru.b[k * H + u]) for k in range(2))
        n = np.tanh(dot(gru.W_x[2 * H + u], x) + gru.b[2 * H + u] + r * (dot(gru.W_h[2 * H + u], h) + gru.b_hn[u]))
        assert abs(new_rnn[u] - np.tanh(dot(rnn.W_x[u], x) + dot(rnn.W_h[u], h) + rnn.b[u])) < 1e-14
        assert abs(new_lstm[1, u] - c_new) < 1e-14
        assert abs(new_lstm[0, u] - sigma(o) * np.tanh(c_new)) < 1e-14
        assert abs(new_gru[u] - ((1 - z) * n + z * h[u])) < 1e-14


@pytest.mark.parametrize("kind", KINDS)
@over_shapes
def test_truncate_at_least_T_is_the_full_pass(kind, shape, seed):
    cell, x, state_0, dh, d_last = make_task(kind, shape, seed)
    _, cache = forward(cell, x, state_0)
    full = bptt(cell, dh, cache, d_last)
    for k in (len(x), len(x) + 1, 10 ** 6, np.int64(len(x))):
        cut = bptt(cell, dh, cache, d_last, truncate=k)
        assert_same(cut.params, full.params)
        for a, b in zip(cut[1:], full[1:], strict=True):
            assert_same(a, b)


@pytest.mark.parametrize("kind", KINDS)
@over_shapes
def test_truncated_equals_separate_passes(kind, shape, seed):
    """One forward and one bptt per chunk, each started from the number the chunk before ended with."""
    cell, x, state_0, dh, d_last = make_task(kind, shape, seed)
    T = len(x)
    for k in range(1, T + 1):
        cut = bptt(cell, dh, forward(cell, x, state_0)[1], d_last, truncate=k)
        params, d_states, state = None, [], state_0
        for s in range(0, T, k):
            states, cache = forward(cell, x[s:s + k], state)
            part = bptt(cell, dh[s:s + k], cache, d_last if s + k >= T else None)
            params = part.params if params is None else {name: params[name] + g for name, g in part.params.items()}
            assert_close(cut.x[s:s + k], part.x, 1e-13)
            d_states += list(part.states[1:]) if s else list(part.states)
            state = states[-1]
        assert_close(cut.params, params, 1e-13)
        assert_close(cut.states, np.array(d_states), 1e-13)
        assert_close(cut.norms, np.sqrt((cut.h ** 2).sum(-1)), 1e-13)


@pytest.mark.parametrize("kind", KINDS)
@over_shapes
def test_jacobian_products_equal_the_gradients_of_the_states(kind, shape, seed):
    T, _, D, H = shape
    cell, x, state_0, _, _ = make_task(kind, (T, 1, D, H), seed)
    _, cache = forward(cell, x, state_0)
    products = jacobian_products(jacobians(cell, cache))
    S = state_0.size
    assert products.shape == (T + 1, S, S)
    nothing = np.zeros((T, 1, H))
    for i in range(S):                                              # from each number of the last state, c too
        d_last = np.zeros(S)
        d_last[i] = 1
        grads = bptt(cell, nothing, cache, d_last.reshape(state_0.shape))
        assert_close(products[:, i], grads.states.reshape(T + 1, S), 1e-12)
    for i in range(H):                                              # the same as a loss on the last step's h
        dh = nothing.copy()
        dh[-1, 0, i] = 1
        assert_close(products[:, i], bptt(cell, dh, cache).states.reshape(T + 1, S), 1e-12)


def test_jacobian_products_by_hand():
    J = np.random.default_rng(2).normal(size=(4, 3, 3))
    before = J.copy()
    products = jacobian_products(J)
    np.testing.assert_array_equal(products[4], np.eye(3))
    for k in range(4):
        np.testing.assert_allclose(products[k], functools.reduce(np.matmul, J[k:][::-1]), rtol=1e-12)
    np.testing.assert_array_equal(J, before)


def test_rnn_jacobian_is_its_formula():
    cell, x, state_0, _, _ = make_task("rnn", (5, 1, 2, 3), seed=3)
    states, cache = forward(cell, x, state_0)
    J = jacobians(cell, cache)
    for t in range(5):
        np.testing.assert_allclose(J[t], np.diag(1 - states[t + 1, 0] ** 2) @ cell.W_h, rtol=1e-14)


@over_shapes
def test_lstm_direct_path_is_the_forget_gate(shape, seed):
    """d c_t / d c_{t-1} with h_{t-1} held still is diag(f_t), and the direct path over many steps their product."""
    T, _, D, H = shape
    cell, x, state_0, _, _ = make_task("lstm", (T, 1, D, H), seed)
    states, cache = forward(cell, x, state_0)
    direct = jacobians(cell, cache)[:, H:, H:]
    W_xf, W_hf, b_f = (cell.params[name][H:2 * H] for name in ("W_x", "W_h", "b"))
    f = np.array([sigma(W_xf @ x[t, 0] + W_hf @ states[t, 0, 0] + b_f) for t in range(T)])
    np.testing.assert_allclose(direct, [np.diag(f_t) for f_t in f], rtol=1e-12)
    np.testing.assert_allclose(jacobian_products(direct)[0], np.diag(np.prod(f, axis=0)), rtol=1e-11)
    # measured: move c_{t-1} alone; c_t is linear in it, so a large step is exact
    t, moved = T - 1, states[T - 1].copy()
    moved[1] += 1.0
    np.testing.assert_allclose((cell.step(x[t], moved) - cell.step(x[t], states[t]))[1, 0], f[t], rtol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_its_sequences_side_by_side(kind):
    cell, x, state_0, dh, d_last = make_task(kind, (4, 3, 2, 3), seed=4)
    states, cache = forward(cell, x, state_0)
    grads = bptt(cell, dh, cache, d_last)
    params = {name: 0.0 for name in cell.params}
    for b in range(3):
        states_b, cache_b = forward(cell, x[:, b:b + 1], state_0[..., b:b + 1, :])
        grads_b = bptt(cell, dh[:, b:b + 1], cache_b, d_last[..., b:b + 1, :])
        assert_close(states[..., b:b + 1, :], states_b, 1e-14)
        assert_close(grads.states[..., b:b + 1, :], grads_b.states, 1e-14)
        assert_close(grads.x[:, b:b + 1], grads_b.x, 1e-14)
        params = {name: params[name] + g for name, g in grads_b.params.items()}
    assert_close(grads.params, params, 1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_no_state_0_is_zeros(kind):
    cell, x, _, _, _ = make_task(kind, (3, 2, 2, 3), seed=5)
    zero = cell.zero_state(2)
    assert zero.shape == ((2, 2, 3) if kind == "lstm" else (2, 3)) and zero.dtype == np.float64 and not zero.any()
    assert_same(forward(cell, x)[0], forward(cell, x, zero)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_hidden_is_a_view_of_h(kind):
    cell, x, state_0, _, _ = make_task(kind, (3, 2, 2, 3), seed=6)
    states, _ = forward(cell, x, state_0)
    for of in (states, states[-1]):
        h = cell.hidden(of)
        assert np.shares_memory(h, of)
        np.testing.assert_array_equal(h, of[..., 0, :, :] if kind == "lstm" else of)


@pytest.mark.parametrize("kind", KINDS)
def test_inputs_are_left_alone(kind):
    cell, x, state_0, dh, d_last = make_task(kind, (4, 2, 2, 3), seed=7)
    given = {"x": x, "state_0": state_0, "dh": dh, "d_last": d_last, **cell.params}
    before = copies(given)
    for array in given.values():
        array.setflags(write=False)
    states, cache = forward(cell, x, state_0)
    kept, gates = states.copy(), copy.deepcopy(cache.gates)
    first = bptt(cell, dh, cache, d_last, truncate=3)
    again = bptt(cell, dh, cache, d_last, truncate=3)
    cell.step(x[0], state_0)
    assert_same(given, before)
    assert_same(states, kept)
    assert_same(first.params, again.params)                         # the cache may be used twice
    assert_same(first.states, again.states)
    assert gates is None or (gates == cache.gates).all()
    for a in (states, first.x, first.states, *first.params.values()):
        assert not any(np.shares_memory(a, b) for b in given.values())
    first.h[...] = 7                                                # h is a view of the gradients, not of the states
    assert_same(states, kept)


def test_bidirectional_and_models_leave_inputs_alone():
    rng = np.random.default_rng(8)
    both = make_bidirectional("lstm", "gru", 2, 2, 3, rng)
    x, dout, lengths = rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 3, 5)), np.array([4, 1, 2])
    model = make_model("many", "gru", "classes", 2, 3, 3, rng)
    batch = make_batch("many", "classes", (4, 3, 2), 3, rng, lengths)
    given = {"x": x, "dout": dout, "lengths": lengths, "bx": batch[0], "target": batch[1], **both.params,
             **{"model " + name: p for name, p in model.params.items()}}
    before = copies(given)
    for array in given.values():
        array.setflags(write=False)
    both.backward(dout, both.forward(x, lengths)[1])
    model.loss_and_gradients(batch)
    assert_same(given, before)


@pytest.mark.parametrize("kind", KINDS)
def test_memory_layout_and_precision_of_x_make_no_difference(kind):
    cell, x, state_0, dh, d_last = make_task(kind, (4, 3, 2, 3), seed=9)
    states, cache = forward(cell, x, state_0)
    expected = bptt(cell, dh, cache, d_last)
    wide = np.repeat(np.repeat(x, 2, axis=0), 2, axis=2)[::2, :, ::2]
    for other in (np.asfortranarray(x), x[::-1].copy()[::-1], wide, x.transpose(1, 0, 2).copy().transpose(1, 0, 2)):
        s, c = forward(cell, other, np.asfortranarray(state_0))
        assert_close(s, states, 1e-14)
        assert_close(bptt(cell, np.asfortranarray(dh), c, d_last).params, expected.params, 1e-13)
    single = [a.astype(np.float32) for a in (x, state_0, dh, d_last)]
    double = [a.astype(np.float64) for a in single]
    (s, c), (S, C) = forward(cell, *single[:2]), forward(cell, *double[:2])
    assert s.dtype == np.float64
    assert_close(s, S, 1e-15)
    got, wanted = bptt(cell, single[2], c, single[3]), bptt(cell, double[2], C, double[3])
    assert all(g.dtype == np.float64 for g in (*got.params.values(), *got[1:]))
    assert_close(got.params, wanted.params, 1e-14)


@pytest.mark.parametrize("kind_f, kind_b", [("rnn", "rnn"), ("lstm", "gru"), ("gru", "lstm"), ("rnn", "lstm")])
@over_shapes
def test_bidirectional_equals_two_single_passes(kind_f, kind_b, shape, seed):
    T, B, D, H = shape
    rng = np.random.default_rng(seed)
    f, b = make_cell(kind_f, D, H, rng), make_cell(kind_b, D, H + 1, rng)
    both = Bidirectional(f, b)
    x, dout, lengths = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, 2 * H + 1)), rng.integers(1, T + 1, size=B)
    out, cache = both.forward(x, lengths)
    grads, dx = both.backward(dout, cache)
    total = {name: np.zeros_like(p) for name, p in both.params.items()}
    for i, n in enumerate(lengths):                                 # sequence by sequence, cut to its own length
        own, d = x[:n, i:i + 1], dout[:n, i:i + 1]
        (s_f, c_f), (s_b, c_b) = forward(f, own), forward(b, own[::-1])
        g_f, g_b = bptt(f, d[..., :H], c_f), bptt(b, d[::-1, :, H:], c_b)
        assert_close(out[:n, i:i + 1, :H], f.hidden(s_f)[1:], 1e-14)
        assert_close(out[:n, i:i + 1, H:], b.hidden(s_b)[1:][::-1], 1e-14)
        assert_close(dx[:n, i:i + 1], g_f.x + g_b.x[::-1], 1e-13)
        assert (out[n:, i] == 0).all() and (dx[n:, i] == 0).all()
        for side, g in (("forward", g_f), ("backward", g_b)):
            for name in g.params:
                total[f"{side}.{name}"] += g.params[name]
    assert_close(grads, total, 1e-13)
    if (lengths == T).all():
        assert_same(out, both.forward(x)[0])


PADDINGS = [0.0, -3.0, 1e6, 1e200, np.finfo(float).max]


def padded(x, lengths, value, rng):
    """x with the padding replaced by numbers of that size, of random sign (the largest overflows when W_x meets it)."""
    inside = mask_of(lengths, len(x))[..., None]
    return np.where(inside, x, value * rng.choice([-1.0, 1.0], size=x.shape))


@pytest.mark.parametrize("value", PADDINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_padding_never_leaks_in_forward_and_bptt(kind, value):
    cell, x, state_0, dh, d_last = make_task(kind, (5, 3, 3, 4), seed=10)
    rng, lengths = np.random.default_rng(10), np.array([2, 5, 1])
    cell.W_x *= 4
    states, cache = forward(cell, x, state_0, lengths)
    grads = bptt(cell, dh, cache, d_last)
    with np.errstate(over="ignore", invalid="ignore"):
        other, cache_2 = forward(cell, padded(x, lengths, value, rng), state_0, lengths)
        grads_2 = bptt(cell, dh, cache_2, d_last)
    assert_same(other, states)
    assert_same(grads_2.params, grads.params)
    assert_same(grads_2.states, grads.states)
    assert_same(grads_2.x, grads.x)
    for b, n in enumerate(lengths):
        assert (states[n:, ..., b, :] == states[n, ..., b, :]).all()
        assert (grads.x[n:, b] == 0).all()


@pytest.mark.parametrize("value", PADDINGS)
@pytest.mark.parametrize("kind_f, kind_b", [("rnn", "gru"), ("lstm", "rnn"), ("gru", "lstm")])
def test_padding_never_leaks_in_bidirectional(kind_f, kind_b, value):
    rng, lengths = np.random.default_rng(11), np.array([2, 5, 1])
    both = make_bidirectional(kind_f, kind_b, 3, 3, 4, rng)
    both.forward_cell.W_x *= 4
    both.backward_cell.W_x *= 4
    x, dout = rng.normal(size=(5, 3, 3)), rng.normal(size=(5, 3, 7))
    out, cache = both.forward(x, lengths)
    grads, dx = both.backward(dout, cache)
    with np.errstate(over="ignore", invalid="ignore"):
        out_2, cache_2 = both.forward(padded(x, lengths, value, rng), lengths)
        inside = mask_of(lengths, 5)[..., None]
        grads_2, dx_2 = both.backward(np.where(inside, dout, 1e9), cache_2)
    assert_same(out_2, out)
    assert_same(dx_2, dx)
    assert_same(grads_2, grads)
    assert (out_2[~inside[..., 0]] == 0).all() and (dx_2[~inside[..., 0]] == 0).all()


@pytest.mark.parametrize("value", PADDINGS)
@pytest.mark.parametrize("pattern", ["one", "many"])
@pytest.mark.parametrize("task", ["classes", "numbers"])
@pytest.mark.parametrize("kind", KINDS)
def test_padding_never_leaks_in_models(pattern, task, kind, value):
    rng, lengths = np.random.default_rng(12), np.array([2, 5, 1])
    model = make_model(pattern, kind, task, 3, 4, 3, rng)
    model.params["W_x"] *= 4
    x, target, _ = make_batch(pattern, task, (5, 3, 3), 3, rng, lengths)
    loss, grads = model.loss_and_gradients((x, target, lengths))
    other = target
    if pattern == "many":                                           # what stands in the padding of the target, too
        inside = mask_of(lengths, 5)
        other = np.where(inside, target, 2) if task == "classes" else np.where(inside[..., None], target, 1e3)
    with np.errstate(over="ignore", invalid="ignore"):
        loss_2, grads_2 = model.loss_and_gradients((padded(x, lengths, value, rng), other, lengths))
    assert loss_2 == loss
    assert_same(grads_2, grads)
    no_lengths = model.loss_and_gradients((x, target))[0]           # and the lengths do matter
    assert abs(no_lengths - loss) > 1e-6


@pytest.mark.parametrize("pattern", ["one", "many"])
def test_a_model_with_lengths_is_the_mean_over_its_sequences(pattern):
    """Each sequence alone, cut to its own length; ManyToMany weighs every step the same."""
    rng, lengths = np.random.default_rng(13), np.array([2, 5, 1])
    model = make_model(pattern, "lstm", "classes", 3, 4, 3, rng)
    x, target, _ = make_batch(pattern, "classes", (5, 3, 3), 3, rng, lengths)
    loss, grads = model.loss_and_gradients((x, target, lengths))
    weights = np.ones(3) / 3 if pattern == "one" else lengths / lengths.sum()
    alone = [model.loss_and_gradients((x[:n, b:b + 1], target[b:b + 1] if pattern == "one" else target[:n, b:b + 1]))
             for b, n in enumerate(lengths)]
    assert abs(loss - sum(w * value for w, (value, _) in zip(weights, alone))) < 1e-14
    assert_close(grads, {name: sum(w * g[name] for w, (_, g) in zip(weights, alone)) for name in grads}, 1e-13)


@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
def test_a_mask_keeps_what_it_masks_out_of_the_loss(loss):
    rng = np.random.default_rng(14)
    y, mask = rng.normal(size=(4, 3, 2)), np.array([[True, False, True]] * 3 + [[False] * 3])
    target = rng.integers(2, size=(4, 3)) if loss is cross_entropy else rng.normal(size=y.shape)
    value, dy = loss(y, target, mask)
    keep = mask if loss is cross_entropy else mask[..., None]
    value_2, dy_2 = loss(np.where(mask[..., None], y, 1e6), np.where(keep, target, 1), mask)
    assert value_2 == value
    assert_same(dy_2, dy)
    only, d_only = loss(y[mask], target[mask])                      # the same as never having had the others
    assert abs(only - value) < 1e-14
    assert_close(dy[mask], d_only, 1e-15)
    assert (dy[~mask] == 0).all()
    assert_same(loss(y, target, np.ones((4, 3), bool))[1], loss(y, target)[1])


def test_mask_of():
    np.testing.assert_array_equal(mask_of(np.array([1, 3, 2]), 3), [[1, 1, 1], [0, 1, 1], [0, 1, 0]])


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.uint8, np.uint64])
def test_lengths_and_targets_of_any_integer_type(dtype):
    rng, lengths = np.random.default_rng(15), np.array([2, 4, 1])
    both = make_bidirectional("rnn", "rnn", 2, 2, 2, rng)
    x = rng.normal(size=(4, 3, 2))
    assert_same(both.forward(x, lengths.astype(dtype))[0], both.forward(x, lengths)[0])
    model = make_model("many", "rnn", "classes", 2, 3, 3, rng)
    target = rng.integers(3, size=(4, 3))
    assert (model.loss_and_gradients((x, target.astype(dtype), lengths.astype(dtype)))[0]
            == model.loss_and_gradients((x, target, lengths))[0])


# params are the live arrays

@pytest.mark.parametrize("kind", KINDS)
def test_assigning_writes_into_the_live_array(kind):
    cell, x, state_0, _, _ = make_task(kind, (2, 2, 2, 3), seed=16)
    for name, array in cell.params.items():
        assert getattr(cell, name) is array
        before = forward(cell, x, state_0)[0]
        new = array + 0.5
        setattr(cell, name, new)
        assert getattr(cell, name) is array and cell.params[name] is array and not np.shares_memory(array, new)
        np.testing.assert_array_equal(array, new)
        assert (forward(cell, x, state_0)[0][-1] != before[-1]).any(), name


@pytest.mark.parametrize("kind", KINDS)
def test_all_ways_of_writing_a_parameter_are_seen(kind):
    cell, x, state_0, dh, _ = make_task(kind, (3, 2, 2, 3), seed=17)
    doubled = copy.deepcopy(cell)
    for name in doubled.params:
        doubled.params[name][...] = 2 * cell.params[name]

    def by_attribute(c, name):
        setattr(c, name, 2 * getattr(c, name))

    def by_item(c, name):
        c.params[name][...] = 2 * c.params[name]

    def in_place(c, name):
        c.params[name] *= 2

    def attribute_in_place(c, name):
        array = getattr(c, name)
        array += array

    states, cache = forward(doubled, x, state_0)
    expected = bptt(doubled, dh, cache)
    for write in (by_attribute, by_item, in_place, attribute_in_place):
        c = copy.deepcopy(cell)
        for name in c.params:
            write(c, name)
        states_2, cache_2 = forward(c, x, state_0)
        assert_same(states_2, states)
        assert_same(bptt(c, dh, cache_2).params, expected.params)
        assert_close(c.step(x[0], state_0), states[1], 1e-14)


def test_models_and_bidirectional_hold_the_same_arrays():
    rng = np.random.default_rng(18)
    both = make_bidirectional("lstm", "gru", 2, 3, 3, rng)
    assert set(both.params) == {"forward.W_x", "forward.W_h", "forward.b",
                                "backward.W_x", "backward.W_h", "backward.b", "backward.b_hn"}
    for side, cell in (("forward", both.forward_cell), ("backward", both.backward_cell)):
        assert all(both.params[f"{side}.{name}"] is array for name, array in cell.params.items())
    for cls in (rnnlib.ManyToOne, rnnlib.ManyToMany):
        cell, readout = make_cell("gru", 2, 3, rng), rnnlib.Readout(3, 2, rng)
        model = cls(cell, readout)
        assert set(model.params) == {"W_x", "W_h", "b", "b_hn", "W_y", "b_y"}
        assert all(model.params[name] is array for name, array in {**cell.params, **readout.params}.items())


# how cells begin

@pytest.mark.parametrize("kind, blocks", [("rnn", 1), ("lstm", 4), ("gru", 3)])
def test_initial_weights(kind, blocks):
    H, D = 64, 50
    cell = CELLS[kind](D, H, np.random.default_rng(19))
    shapes = {"W_x": (blocks * H, D), "W_h": (blocks * H, H), "b": (blocks * H,)}
    shapes |= {"b_hn": (H,)} if kind == "gru" else {}
    assert {name: p.shape for name, p in cell.params.items()} == shapes
    assert cell.input_size == D and cell.hidden_size == H
    check_uniform(cell.params, H)


def test_initial_readout():
    readout = rnnlib.Readout(64, 100, np.random.default_rng(20))
    assert readout.W_y.shape == (100, 64) and readout.b_y.shape == (100,)
    check_uniform(readout.params, 64)


def check_uniform(params, H):
    """Uniform within +-1/sqrt(H): nothing outside, the edges reached, mean and spread as they must be."""
    bound = 1 / np.sqrt(H)
    for name, p in params.items():
        assert p.dtype == np.float64 and np.abs(p).max() <= bound, name
        assert np.abs(p.mean()) < 5 * bound / np.sqrt(3 * p.size), name
        assert abs(p.std() * np.sqrt(3) / bound - 1) < 4 / np.sqrt(p.size), name
        assert np.abs(p).max() > (1 - 10 / p.size) * bound, name


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides(kind):
    def weights(seed):
        rng = np.random.default_rng(seed)
        return {**CELLS[kind](2, 3, rng).params, **rnnlib.Readout(3, 2, rng).params}
    a, b, c = weights(1), weights(1), weights(2)
    assert_same(a, b)
    assert all((a[name] != c[name]).any() for name in a)
    values = np.concatenate([p.ravel() for p in a.values()])
    assert len(np.unique(values)) == values.size                    # no draw is used twice


def test_gate_biases_set_their_rows():
    H, plain = 3, LSTMCell(2, 3, np.random.default_rng(21))
    cell = LSTMCell(2, H, np.random.default_rng(21), forget_bias=4.0, input_bias=-4)
    np.testing.assert_array_equal(cell.b, np.concatenate([np.full(H, -4.0), np.full(H, 4.0), plain.b[2 * H:]]))
    only = LSTMCell(2, H, np.random.default_rng(21), forget_bias=0)
    np.testing.assert_array_equal(only.b, np.concatenate([plain.b[:H], np.zeros(H), plain.b[2 * H:]]))
    gru, plain_gru = (rnnlib.GRUCell(2, H, np.random.default_rng(21), update_bias=u) for u in (4.0, None))
    np.testing.assert_array_equal(gru.b, np.concatenate([plain_gru.b[:H], np.full(H, 4.0), plain_gru.b[2 * H:]]))
    for one, other in ((cell, plain), (gru, plain_gru)):
        assert all((one.params[name] == other.params[name]).all() for name in one.params if name != "b")


def test_opened_gates_keep_the_state():
    """What the biases are for: a forget gate near 1 keeps c, an update gate near 1 keeps h."""
    rng = np.random.default_rng(22)
    x = 0.1 * rng.normal(size=(20, 1, 2))
    lstm, gru = LSTMCell(2, 3, rng, forget_bias=20, input_bias=-20), rnnlib.GRUCell(2, 3, rng, update_bias=20)
    state = rng.normal(size=(2, 1, 3))
    assert_close(forward(lstm, x, state)[0][-1, 1], state[1], 1e-6)
    assert_close(forward(gru, x, state[0])[0][-1], state[0], 1e-6)


def test_the_global_random_state_is_not_touched():
    before = np.random.get_state()[1].copy()
    rng = np.random.default_rng(23)
    model = make_model("one", "gru", "classes", 2, 3, 2, rng)
    list(rnnlib.train(model, [make_batch("one", "classes", (3, 2, 2), 2, rng)], rnnlib.Adam(), 3))
    assert (np.random.get_state()[1] == before).all()
