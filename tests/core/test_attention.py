"""Attention against plain loops, differences and identities; the same done by torch is in test_torch_parity.py."""

# Each lambda is called within its own turn of the loop.
# ruff: noqa: B023

import itertools

import numpy as np
import pytest

import rnnlib
from rnnlib import (
    Attention,
    Embedding,
    EncoderDecoder,
    ManyToMany,
    ManyToOne,
    Readout,
    SelfAttention,
    attend,
    beam_search,
    gradient_check,
    greedy,
    positions,
)
from rnnlib.attention import attend_backward

from .helpers import (
    CELLS,
    KINDS,
    assert_close,
    assert_same,
    copies,
    differences,
    error,
    over_shapes,
    stir,
)
from .test_bad_input import bad_lengths, not_float, refused, with_value, wrong_shapes

LIMIT = 1e-7
START, END = 1, 0
T, S, B, D, H, K, V = 4, 5, 3, 3, 2, 4, 5           # K tokens are written, V tokens are read
LENGTHS = np.array([2, 5, 1])
TARGET = np.array([[2, 3, END], [3, 2, START], [END, 2, 2], [3, 3, END]])


def by_loops(q, k, v, mask=None, scale=1.0):
    """The definition, number by number; a masked step is left out of the sum, not given the score -inf."""
    (T, B, D), S = q.shape, len(k)
    c, a = np.zeros((T, B, v.shape[2])), np.zeros((T, B, S))
    mask = np.ones((T, B, S), bool) if mask is None else np.broadcast_to(mask, (T, B, S))
    for t, b in np.ndindex(T, B):
        seen = [s for s in range(S) if mask[t, b, s]]
        e = [np.exp(scale * sum(q[t, b, d] * k[s, b, d] for d in range(D))) for s in seen]
        for s, e_s in zip(seen, e):
            a[t, b, s] = e_s / sum(e)
            c[t, b] += a[t, b, s] * v[s, b]
    return c, a


def some_mask(rng, T, B, S):
    mask = rng.random((T, B, S)) < 0.5
    mask[..., 0] |= ~mask.any(axis=-1)
    return mask


def task(seed=0, T=T, S=S, B=B, D=D, E=2):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(T, B, D)), rng.normal(size=(S, B, D)), rng.normal(size=(S, B, E)), rng


def test_one_query_by_hand():
    """Scores 2, 0 and 1 give weights e^2, 1 and e over their sum."""
    q, k = np.array([[[2.0, 1.0]]]), np.array([[[1.0, 0.0]], [[0.0, 0.0]], [[0.0, 1.0]]])
    v = np.array([[[10.0]], [[20.0]], [[30.0]]])
    c, a = attend(q, k, v)
    np.testing.assert_allclose(a[0, 0], [0.66524096, 0.09003057, 0.24472847], atol=5e-9)
    np.testing.assert_allclose(c[0, 0], [15.794875], atol=5e-7)


@pytest.mark.parametrize("masked", ["no", "yes", "keys", "causal"])
@over_shapes
def test_attend_is_its_definition(masked, shape, seed):
    T, B, D, S = shape
    q, k, v, rng = task(seed, T, S, B, D)
    mask = {"no": None, "yes": some_mask(rng, T, B, S), "keys": some_mask(rng, 1, B, S),
            "causal": np.tri(T, S, dtype=bool)[:, None]}[masked]
    c, a = attend(q, k, v, mask, 0.7)
    c_2, a_2 = by_loops(q, k, v, mask, 0.7)
    assert_close(a, a_2, 1e-14)
    assert_close(c, c_2, 1e-14)
    np.testing.assert_allclose(a.sum(axis=-1), 1, rtol=1e-15)
    assert (a >= 0).all() and (mask is None or (a[~np.broadcast_to(mask, a.shape)] == 0).all())


@pytest.mark.parametrize("masked", [False, True])
@over_shapes
def test_gradients_of_attend(masked, shape, seed):
    T, B, D, S = shape
    q, k, v, rng = task(seed, T, S, B, D)
    mask, dc = some_mask(rng, T, B, S) if masked else None, rng.normal(size=(T, B, v.shape[2]))
    _, a = attend(q, k, v, mask, 0.7)
    for array, d in zip((q, k, v), attend_backward(dc, a, q, k, v, 0.7), strict=True):
        assert error(d, differences(lambda: (attend(q, k, v, mask, 0.7)[0] * dc).sum(), array)) < LIMIT


def test_the_order_of_the_keys_means_nothing():
    q, k, v, rng = task()
    order = rng.permutation(S)
    c, a = attend(q, k, v)
    c_2, a_2 = attend(q, k[order], v[order])
    assert_close(c, c_2, 1e-15)
    assert_close(a[..., order], a_2, 1e-15)
    equal, _ = attend(q, np.broadcast_to(k[:1], k.shape), v)        # where all keys are alike, the plain mean
    assert_close(equal, np.broadcast_to(v.mean(axis=0), equal.shape), 1e-15)


def test_huge_scores():
    """The softmax becomes a choice; nothing overflows, with a mask or without."""
    q, k, v, _ = task()
    with np.errstate(over="raise", invalid="raise"):
        for mask in (None, np.tri(T, S, dtype=bool)[:, None]):
            c, a = attend(1e6 * q, 1e6 * k, v, mask)
            scores = np.einsum("tbd,sbd->tbs", q, k)
            best = (scores if mask is None else np.where(mask, scores, -np.inf)).argmax(axis=-1)
            assert_same(c, v[best, np.arange(B)])
            assert all(np.isfinite(d).all() for d in attend_backward(c, a, 1e6 * q, 1e6 * k, v))


@pytest.mark.parametrize("i, name", list(enumerate("qkv")))
def test_arrays_of_attend(i, name):
    *arrays, _ = task()
    good, letters = arrays[i], {"q": "TBD", "k": "SBD", "v": "SBE"}[name]

    def call(a):
        return attend(*arrays[:i], a, *arrays[i + 1:])

    call(good)
    tried = 0
    for shape in wrong_shapes(good.shape):
        free = {"q": "T", "k": "S", "v": "E"}[name]
        changed = [letter for letter, a, b in zip(letters, shape, good.shape) if a != b] if len(shape) == 3 else ["rank"]
        if 0 not in shape and changed == [free] and name != "k":    # more queries, longer values are fine
            continue
        # q and k are held against each other, k and v too: the later one is named
        later = {"q": "k", "k": "v"}.get(name) if 0 not in shape and len(shape) == 3 and changed[0] != "rank" else None
        if name == "k" and changed in (["B"], ["D"]):
            later = None
        refused(lambda: call(np.ones(shape)), later or name, "must have", error=ValueError)
        tried += 1
    assert tried >= 5
    for bad in not_float(good).values():
        refused(lambda: call(bad), name, error=TypeError)
    for value in (np.nan, np.inf, -np.inf):
        refused(lambda: call(with_value(good, value)), f"{name}[", str(value), error=ValueError)


def test_masks_of_attend():
    q, k, v, _ = task()
    good = np.ones((T, B, S), bool)
    for bad, said in ((good.astype(int), "int"), (good.astype(float), "float64"), (good.tolist(), "list"), (True, "bool"),
                      (good.astype(object), "object")):
        refused(lambda: attend(q, k, v, bad), "mask", said, error=TypeError)
    for bad in (good[0], good[:2], good[:, :2], good[..., :2], good[None], good[:0], np.ones((B, T, S), bool)):
        refused(lambda: attend(q, k, v, bad), "mask", "(T, B, S)", str(bad.shape), f"S = {S}", error=ValueError)
    good[2, 1] = False                                              # a row that may look nowhere has no mean
    refused(lambda: attend(q, k, v, good), "mask", "at least one key", "mask[2, 1]", error=ValueError)
    refused(lambda: attend(q, k, v, np.zeros((1, 1, 1), bool)), "mask", "at least one key", error=ValueError)
    for bad, wrong in ((0, ValueError), (-1.0, ValueError), (np.nan, ValueError), (np.inf, ValueError), ("1", TypeError),
                       (None, TypeError), (True, TypeError)):
        refused(lambda: attend(q, k, v, scale=bad), "scale", error=wrong)
    c, a = attend(q, k, v)
    for bad in (c[..., :1], c[:1], c[:, :1], c[0], with_value(c, np.nan), c > 0, c.tolist()):
        refused(lambda: attend_backward(bad, a, q, k, v), "dc")


def test_attend_leaves_its_arguments_alone():
    q, k, v, rng = task()
    mask = some_mask(rng, T, B, S)
    before = [array.copy() for array in (q, k, v, mask)]
    c, a = attend(q, k, v, mask, 0.5)
    dc, kept = rng.normal(size=c.shape), a.copy()
    attend_backward(dc, a, q, k, v, 0.5)
    for array, old in zip((q, k, v, mask, a), (*before, kept), strict=True):
        assert_same(array, old)


# positions

def test_positions():
    p = positions(50, 7)
    for t, d in np.ndindex(p.shape):
        np.testing.assert_allclose(p[t, d], (np.cos if d % 2 else np.sin)(t / 10000 ** ((d - d % 2) / 7)), atol=1e-15)
    assert positions(1, 1).tolist() == [[0.0]]
    for D in (1, 2, 8):
        rows = positions(200, D)
        assert len(np.unique(rows.round(12), axis=0)) == 200
    # the score of two places depends on how far apart they are, and on nothing else
    p = positions(60, 8) @ positions(60, 8).T
    assert_close(p[10:, 10:], p[:-10, :-10], 1e-14)
    for bad in (0, -1, 1.5, "3", None, True):
        refused(lambda: positions(bad, 4), "T", "at least 1")
        refused(lambda: positions(4, bad), "D", "at least 1")


# self-attention

SETTINGS = [{}, {"causal": True}, {"ordered": False}, {"causal": True, "ordered": False}]


def make_self(rng, D=D, size=4, **settings):
    return stir(SelfAttention(D, size, rng, **settings), rng)


@pytest.mark.parametrize("settings", SETTINGS)
def test_self_attention_is_its_definition(settings):
    rng = np.random.default_rng(0)
    layer, x = make_self(rng, **settings), rng.normal(size=(S, B, D))
    out, cache = layer.forward(x, LENGTHS)
    for b, n in enumerate(LENGTHS):
        z = x[:n, b] + positions(n, D) if layer.ordered else x[:n, b]
        for t in range(n):
            scores = [(layer.W_q @ z[t]) @ (layer.W_k @ z[s]) / 2 for s in range(t + 1 if layer.causal else n)]     # sqrt(4)
            a = np.exp(scores) / np.exp(scores).sum()
            c = sum(a_s * layer.W_v @ z[s] for s, a_s in enumerate(a))
            assert_close(out[t, b], np.concatenate([z[t], c]), 1e-14)
            assert_close(layer.weights(x, LENGTHS)[t, b, :len(a)], a, 1e-14)
        assert (out[n:, b] == 0).all()
        assert_same(layer.last(cache)[b], out[n - 1, b])


@pytest.mark.parametrize("embedded", [False, True])
@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("pattern", [ManyToOne, ManyToMany])
@pytest.mark.parametrize("settings", SETTINGS)
def test_gradients_of_self_attention(settings, pattern, lengths, embedded):
    rng = np.random.default_rng(1)
    layer = SelfAttention(D, 4, rng, **settings)
    model = stir(pattern(layer, Readout(D + 4, K, rng), Embedding(V, D, rng) if embedded else None), rng)
    x = rng.integers(V, size=(S, B)) if embedded else rng.normal(size=(S, B, D))
    batch = (x, rng.integers(K, size=(B,) if pattern is ManyToOne else (S, B)), *([] if lengths is None else [lengths]))
    assert gradient_check(lambda: model.loss_and_gradients(batch)[0], model.params, model.loss_and_gradients(batch)[1]) < LIMIT


@pytest.mark.parametrize("settings", SETTINGS)
@over_shapes
def test_gradients_of_self_attention_over_shapes(settings, shape, seed):
    """x and every weight, with what reaches the last step from elsewhere; T = 1, B = 1, D = 1 and size = 1 among them."""
    (T, B, D, size), rng = shape, np.random.default_rng(seed)
    layer, x, lengths = make_self(rng, D, size, **settings), rng.normal(size=(T, B, D)), rng.integers(1, T + 1, B)
    dout, d_last = rng.normal(size=(T, B, D + size)), rng.normal(size=(B, D + size))

    def loss():
        out, cache = layer.forward(x, lengths)
        return (out * dout).sum() + (layer.last(cache) * d_last).sum()

    grads, dx = layer.backward(dout, layer.forward(x, lengths)[1], d_last)
    assert error(dx, differences(loss, x)) < LIMIT
    for name, array in layer.params.items():
        assert error(grads[name], differences(loss, array)) < LIMIT


def test_a_permutation_of_the_input_permutes_the_output():
    """A bag of steps: nothing but positions or the causal mask tells the order."""
    rng = np.random.default_rng(2)
    x, order = rng.normal(size=(9, B, D)), rng.permutation(9)
    layer = make_self(rng, ordered=False)
    out, swapped = (layer.forward(a)[0] for a in (x, x[order]))
    assert_close(swapped, out[order], 1e-15)                        # but for the rounding of sums in another order
    plain, whole = make_self(rng, ordered=False), rng.integers(-9, 10, (8, B, D)).astype(float)
    plain.W_q, plain.W_v = np.zeros((4, D)), rng.integers(-9, 10, (4, D))       # eight equal weights of whole numbers: sums
    order_8 = rng.permutation(8)                                                # without rounding, equal to the last bit
    assert_same(plain.forward(whole[order_8])[0], plain.forward(whole)[0][order_8])
    for settings in ({}, {"causal": True, "ordered": False}):
        other = make_self(rng, **settings)
        assert np.abs(other.forward(x[order])[0][..., D:] - other.forward(x)[0][order][..., D:]).max() > 1e-2


@pytest.mark.parametrize("ordered", [False, True])
def test_a_causal_step_does_not_see_what_comes_later(ordered):
    rng = np.random.default_rng(3)
    layer, x = make_self(rng, causal=True, ordered=ordered), rng.normal(size=(8, B, D))
    out, _ = layer.forward(x)
    for t in range(1, 8):
        other = x.copy()
        other[t:] = 1e3 * rng.normal(size=(8 - t, B, D))
        assert_same(layer.forward(other)[0][:t], out[:t])           # to the last bit
        assert_close(layer.forward(x[:t])[0], out[:t], 1e-15)
        dout = np.zeros_like(out)
        dout[t - 1] = 1
        _, dx = layer.backward(dout, layer.forward(x)[1])
        assert (dx[t:] == 0).all() and np.abs(dx[:t]).min() > 0
    looking_ahead = make_self(rng, ordered=ordered)
    assert np.abs(looking_ahead.forward(other)[0][0] - looking_ahead.forward(x)[0][0]).max() > 1e-2


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("value", [0.0, 1e6, -1e150])
def test_padding_never_leaks_in_self_attention(settings, value):
    rng = np.random.default_rng(4)
    layer, x = make_self(rng, **settings), rng.normal(size=(S, B, D))
    dout, d_last = rng.normal(size=(S, B, D + 4)), rng.normal(size=(B, D + 4))
    out, cache = layer.forward(x, LENGTHS)
    grads, dx = layer.backward(dout, cache, d_last)
    padding = np.arange(S)[:, None] >= LENGTHS
    x_2, dout_2 = x.copy(), dout.copy()
    x_2[padding], dout_2[padding] = value, value
    out_2, cache_2 = layer.forward(x_2, LENGTHS)
    grads_2, dx_2 = layer.backward(dout_2, cache_2, d_last)
    assert_same(out_2, out)
    assert_same(grads_2, grads)
    assert_same(dx_2, dx)
    assert (dx[padding] == 0).all() and (out[padding] == 0).all()
    assert_same(layer.weights(x_2, LENGTHS), layer.weights(x, LENGTHS))
    for b, n in enumerate(LENGTHS):                                 # and each sequence is as if it were alone
        alone, cache_b = layer.forward(x[:n, b:b + 1])
        assert_close(alone[:, 0], out[:n, b], 1e-15)
        _, dx_b = layer.backward(dout[:n, b:b + 1], cache_b, d_last[b:b + 1])
        assert_close(dx_b[:, 0], dx[:n, b], 1e-14)


def test_bad_input_of_self_attention():
    rng = np.random.default_rng(5)
    for bad in (0, -1, 1.5, True, "3", None):
        refused(lambda: SelfAttention(bad, 2, rng), "input_size", "at least 1")
        refused(lambda: SelfAttention(2, bad, rng), "size", "at least 1")
    for bad in (0, None, np.random):
        refused(lambda: SelfAttention(2, 3, bad), "rng", error=TypeError)
    layer, x = make_self(rng), rng.normal(size=(4, B, D))
    out, cache = layer.forward(x)
    for bad in (x[0], x[..., :1], x[:0], x[:, :0], with_value(x, np.nan), x.tolist(), x > 0):
        refused(lambda: layer.forward(bad), "x")
        refused(lambda: layer.weights(bad), "x")
    for lengths, said in bad_lengths():
        refused(lambda: layer.forward(x, lengths), "lengths", said)
    for bad in (out[0], out[..., :1], out[:1], out[:, :1], with_value(out, np.inf), out.tolist(), out > 0):
        refused(lambda: layer.backward(bad, cache), "dout")
    for bad in (out[-1, :1], out, with_value(out[-1], np.nan), out[-1] > 0, out[-1].tolist()):
        refused(lambda: layer.backward(out, cache, bad), "d_last")
    for bad in (make_self(rng).forward(x)[1], None, cache[:2], "cache", ()):
        refused(lambda: layer.backward(out, bad), "cache", error=ValueError)
        refused(lambda: layer.last(bad), "cache", error=ValueError)


def test_precision_of_x_and_its_arrays():
    """float32 in, float64 out; what comes out is not what is kept; nothing given is changed."""
    rng = np.random.default_rng(6)
    layer, x = make_self(rng), rng.normal(size=(4, B, D)).astype(np.float32)
    kept, before = x.copy(), copies(layer.params)
    out, cache = layer.forward(x)
    assert out.dtype == float
    assert_same(out, layer.forward(x.astype(float))[0])
    dout = rng.normal(size=out.shape)
    expected = layer.backward(dout, cache)
    dout_kept = dout.copy()
    out[...] = x[...] = 0                                           # the cache has its own
    grads, dx = layer.backward(dout, cache)
    assert_same(grads, expected[0])
    assert_same(dx, expected[1])
    assert_same(dout, dout_kept)
    assert_same(layer.params, before)
    x[...] = kept


# the decoder's look back

def make(kind, rng, embedded=False, attention=True, scale=0.7):
    embeddings = (Embedding(V, D, rng), Embedding(K, D, rng)) if embedded else (None, None)
    cells = CELLS[kind](D, H, rng), CELLS[kind](D if embedded else K, H, rng)
    return stir(EncoderDecoder(*cells, Readout(2 * H if attention else H, K, rng), *embeddings, start=START, end=END,
                               attention=Attention(H, rng) if attention else None), rng, scale)


def read_by(embedded, rng):
    return rng.integers(V, size=(S, B)) if embedded else rng.normal(size=(S, B, D))


@pytest.mark.parametrize("masked", [False, True])
@over_shapes
def test_gradients_of_attention(masked, shape, seed):
    (T, B, H, S), rng = shape, np.random.default_rng(seed)
    attention = stir(Attention(H, rng), rng)
    g, h, dout = rng.normal(size=(T, B, H)), rng.normal(size=(S, B, H)), rng.normal(size=(T, B, 2 * H))
    mask = some_mask(rng, T, B, S) if masked else None
    out, a, cache = attention.forward(g, h, mask)
    c, a_2 = by_loops(g, h @ attention.W_a.T, h, mask)
    assert_close(out, np.concatenate([g, c], axis=-1), 1e-14)
    assert_close(a, a_2, 1e-14)
    grads, dg, dh = attention.backward(dout, cache)

    def loss():
        return (attention.forward(g, h, mask)[0] * dout).sum()

    for d, array in ((grads["W_a"], attention.W_a), (dg, g), (dh, h)):
        assert error(d, differences(loss, array)) < LIMIT


@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("kind, embedded", [("rnn", True), ("gru", True), ("lstm", True), ("gru", False)])
def test_gradients_with_attention(kind, embedded, lengths):
    rng = np.random.default_rng(7)
    model = make(kind, rng, embedded)
    batch = (read_by(embedded, rng), TARGET, *([] if lengths is None else [lengths]))
    loss, grads = model.loss_and_gradients(batch)
    assert "decoder.W_a" in grads
    assert gradient_check(lambda: model.loss_and_gradients(batch)[0], model.params, grads) < LIMIT


@pytest.mark.parametrize("kind", KINDS)
def test_teacher_forcing_against_a_loop(kind):
    """Every number once more, with the cells' own steps and nothing of attention's code."""
    rng = np.random.default_rng(8)
    model, x = make(kind, rng, scale=1.0), rng.normal(size=(S, B, D))
    encoder, decoder, W_a = model.reader.cell, model.writer.cell, model.params["decoder.W_a"]
    total, count, weights = 0.0, 0, model.weights(x, TARGET, LENGTHS)
    for b, n in enumerate(LENGTHS):
        state, seen = encoder.zero_state(1), []
        for s in range(n):
            state = encoder.step(x[s, b:b + 1], state)
            seen.append(encoder.hidden(state)[0])
        token = START
        for t, wanted in enumerate(TARGET[:, b]):
            state = decoder.step(np.eye(K)[[token]], state)
            g = decoder.hidden(state)[0]
            e = np.exp([g @ W_a @ h for h in seen])
            a = e / e.sum()
            np.testing.assert_allclose(weights[t, b], [*a, *[0] * (S - n)], rtol=0, atol=1e-14)
            c = sum(a_s * h for a_s, h in zip(a, seen))
            y = model.params["decoder.W_y"] @ np.concatenate([g, c]) + model.params["decoder.b_y"]
            total, count, token = total - y[wanted] + np.log(np.exp(y).sum()), count + 1, wanted
            if wanted == END:
                break
    np.testing.assert_allclose(model.loss_and_gradients((x, TARGET, LENGTHS))[0], total / count, rtol=1e-13)


@pytest.mark.parametrize("embedded", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_without_attention_nothing_has_changed(kind, embedded):
    """Loss, gradients and greedy output put together from forward, Readout and bptt: equal to the last bit."""
    rng = np.random.default_rng(9)
    model, x = make(kind, rng, embedded, attention=False), read_by(embedded, rng)
    encoder, decoder, readout = model.reader.cell, model.writer.cell, model.writer.readout
    states, cache = rnnlib.forward(encoder, model.reader.embedding.forward(x) if embedded else x, lengths=LENGTHS)
    read = np.concatenate([np.full((1, B), START), TARGET[:-1]])
    g_states, g_cache = rnnlib.forward(decoder, model.writer.vectors(read), states[-1])
    g, ends = decoder.hidden(g_states)[1:], TARGET == END
    loss, dy = rnnlib.cross_entropy(readout.forward(g), TARGET, np.cumsum(ends, axis=0) - ends == 0)
    grads_y, dg = readout.backward(dy, g)
    back = rnnlib.bptt(decoder, dg, g_cache)
    front = rnnlib.bptt(encoder, np.zeros((S, B, H)), cache, back.states[0])
    expected = {f"encoder.{name}": d for name, d in front.params.items()}
    expected |= {f"decoder.{name}": d for name, d in {**back.params, **grads_y}.items()}
    if embedded:
        expected |= {"encoder.W_e": model.reader.embedding.backward(front.x, x)["W_e"],
                     "decoder.W_e": model.writer.embedding.backward(back.x, read)["W_e"]}
    got_loss, got = model.loss_and_gradients((x, TARGET, LENGTHS))
    assert got_loss == loss
    assert_same(got, expected)
    assert_same(model.predict(x, LENGTHS, 6), greedy(model.writer.step, states[-1], START, END, 6))
    refused(lambda: model.weights(x, TARGET), "attention", "None", error=ValueError)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_never_leaks_through_attention(kind):
    rng = np.random.default_rng(10)
    model, x = make(kind, rng, scale=1.5), rng.normal(size=(S, B, D))
    other = np.where((np.arange(S)[:, None] >= LENGTHS)[..., None], 1e6, x)
    loss, grads = model.loss_and_gradients((x, TARGET, LENGTHS))
    loss_2, grads_2 = model.loss_and_gradients((other, TARGET, LENGTHS))
    assert loss == loss_2
    assert_same(grads, grads_2)
    assert_same(model.weights(x, TARGET, LENGTHS), model.weights(other, TARGET, LENGTHS))
    written = model.predict(x, LENGTHS, 5)
    assert_same(model.predict(other, LENGTHS, 5), written)
    longer = np.concatenate([x, np.ones((3, B, D))])
    assert_close(model.loss_and_gradients((longer, TARGET, LENGTHS))[1], grads, 1e-14)
    for b, n in enumerate(LENGTHS):
        alone = model.predict(x[:n, b:b + 1], None, 5)[:, 0]
        assert_same(alone, written[:len(alone), b])
    # and the direct gradient to the encoder's states is zero in the padding
    h, context, _ = model.reader.forward(x, LENGTHS)
    *_, dh = model.writer.loss_and_gradients(TARGET, context, (h, LENGTHS))
    outside = np.arange(S)[:, None] >= LENGTHS
    assert (dh[outside] == 0).all() and (np.abs(dh[~outside]).max(axis=-1) > 0).all()


@pytest.mark.parametrize("kind, embedded", [("rnn", False), ("lstm", True), ("gru", True)])
def test_writing_with_attention(kind, embedded):
    rng = np.random.default_rng(11)
    model, x = make(kind, rng, embedded, scale=1.5), read_by(embedded, rng)
    written = model.predict(x, LENGTHS, 4)
    for b, n in enumerate(LENGTHS):
        step, context = model.writing(x[:n, b:b + 1])
        assert_same(context, model.context(x[:n, b:b + 1]))
        best = beam_search(step, context, START, END, 4, 1)[0][1]
        column = [token for token in written[:, b] if token != END]
        assert column == best.tolist()
        # a beam wide enough holds every sequence of two tokens; each probability once more by itself
        for log_p, tokens in beam_search(step, context, START, END, 2, 30):
            state, token, total = context, START, 0.0
            for wanted in ([*tokens, END] if len(tokens) < 2 else tokens):
                scores, state = step(np.array([token]), state)
                total, token = total + scores[0, wanted] - np.log(np.exp(scores[0]).sum()), wanted
            np.testing.assert_allclose(log_p, total, rtol=1e-12)
    refused(lambda: model.writer.step(np.array([START]), context), "step", "writing(x, lengths)", error=ValueError)
    step, context = model.writing(x)
    drawn, p = rnnlib.sample(step, context, START, END, 3, rng)
    assert drawn.shape[1] == B and p.shape[1:] == (B, K)


def test_the_path_back_is_one_step_long():
    """With weights that shut every other way, the gradient still reaches x_1 of 200: through the look back alone."""
    rng = np.random.default_rng(12)
    for attention in (False, True):
        model = make("rnn", np.random.default_rng(13), attention=attention)
        model.params["encoder.W_h"][...] = 0                        # nothing is carried from step to step
        h, context, _ = model.reader.forward(rng.normal(size=(200, 1, D)), None)
        *_, dh = model.writer.loss_and_gradients(TARGET[:, :1], context, (h, None))
        assert (dh is None) != attention
    assert (np.abs(dh).max(axis=-1) > 0).all()


def test_training_with_attention_learns_a_batch_by_heart():
    rng = np.random.default_rng(14)
    model = make("gru", rng, embedded=True)
    batch = (rng.integers(V, size=(S, B)), TARGET, LENGTHS)
    losses = [loss for _, loss, _ in rnnlib.train(model, [batch], rnnlib.Adam(0.05), 150)]
    assert losses[-1] < 0.05 < losses[0]
    assert model.writer.attention.W_a is model.params["decoder.W_a"]
    written = model.predict(batch[0], LENGTHS, 4)
    assert_same(written[0], TARGET[0])


def test_bad_input_of_attention():
    rng = np.random.default_rng(15)
    for bad in (0, -1, 1.5, True, "3", None):
        refused(lambda: Attention(bad, rng), "hidden_size", "at least 1")
    for bad in (0, None, np.random):
        refused(lambda: Attention(2, bad), "rng", error=TypeError)
    attention, other = Attention(H, rng), Attention(H, rng)
    g, h = rng.normal(size=(T, B, H)), rng.normal(size=(S, B, H))
    out, _, cache = attention.forward(g, h)
    for bad in (g[0], g[..., :1], g[:0], with_value(g, np.nan), g.tolist(), g > 0):
        refused(lambda: attention.forward(bad, h), "g")
    for bad in (h[0], h[..., :1], h[:, :1], h[:0], with_value(h, np.nan), h.tolist(), h > 0):
        refused(lambda: attention.forward(g, bad), "h")
    for bad in (out[..., :H], out[:1], out[:, :1], with_value(out, np.nan), out.tolist()):
        refused(lambda: attention.backward(bad, cache), "dout")
    for bad in (other.forward(g, h)[2], None, cache[:2], "cache", ()):
        refused(lambda: attention.backward(out, bad), "cache", error=ValueError)
    for bad in (np.ones((3, 3)), np.ones(1), 0.0):
        refused(lambda: setattr(attention, "W_a", bad), "W_a", "(2, 2)", error=ValueError)

    def build(readout, attention):
        return EncoderDecoder(CELLS["gru"](D, H, rng), CELLS["gru"](K, H, rng), readout, attention=attention)

    build(Readout(2 * H, K, rng), attention)
    refused(lambda: build(Readout(H, K, rng), attention), "readout", "hidden_size", str(2 * H), error=ValueError)
    refused(lambda: build(Readout(2 * H, K, rng), None), "readout", "hidden_size", str(H), error=ValueError)
    refused(lambda: build(Readout(2 * H, K, rng), Attention(H + 1, rng)), "attention", "hidden_size", str(H), error=ValueError)
    for bad in (True, "yes", SelfAttention(H, H, rng), 1.0):
        refused(lambda: build(Readout(2 * H, K, rng), bad), "attention", "Attention", error=TypeError)
    refused(lambda: EncoderDecoder(SelfAttention(D, H, rng), CELLS["gru"](K, H, rng), Readout(H, K, rng)), "encoder",
            "SelfAttention", error=ValueError)
    model = make("gru", rng)
    x = rng.normal(size=(S, B, D))
    for bad in (TARGET + K, TARGET.astype(float), TARGET[:, :1]):
        refused(lambda: model.weights(x, bad), "target")
    for lengths in (np.array([S + 1, 1, 1]), np.array([1, 1])):
        for call in (model.predict, model.writing):
            refused(lambda: call(x, lengths), "lengths")


def test_parts_of_attention_are_named_once():
    rng = np.random.default_rng(16)
    model = make("lstm", rng, embedded=True)
    names = [f"{side}.{name}" for side, name in itertools.product(("encoder", "decoder"), ("W_x", "W_h", "b", "W_e"))]
    assert set(model.params) == {*names, "decoder.W_y", "decoder.b_y", "decoder.W_a"}
    assert repr(model.writer.attention) == f"Attention(hidden_size={H})"
