"""Linear recurrences, and layers in general: the scan against the loop, every backward against differences, identities.

The same recurrences differentiated by torch are in test_torch_parity.py.
"""

# Each lambda is called within its own turn of the loop.
# ruff: noqa: B023

import numpy as np
import pytest

import rnnlib
from rnnlib import (
    Diagonal,
    Embedding,
    GRUCell,
    Layer,
    ManyToMany,
    ManyToOne,
    MinGRU,
    Readout,
    RNNCell,
    Rotating,
    SelfAttention,
    Stack,
    Stepwise,
    gradient_check,
    scan,
)
from rnnlib.cells import sigmoid
from rnnlib.linear import combine, scan_backward

from .helpers import (
    assert_close,
    assert_same,
    copies,
    differences,
    error,
    make_bidirectional,
    over_shapes,
    stir,
)
from .test_bad_input import bad_lengths, refused, with_value

LIMIT = 1e-7
T, B, D, H, K, V = 6, 3, 3, 4, 3, 5
LENGTHS = np.array([3, 6, 1])


def loop(a, b):
    """h_t = a_t h_{t-1} + b_t, step by step."""
    h, state = np.empty(b.shape, np.result_type(a, b)), np.zeros(b.shape[1:])
    for t in range(len(b)):
        h[t] = state = a[t] * state + b[t]
    return h


def steps(rng, shape, kind="real"):
    """Factors of size up to about 1, and what is added."""
    a, b = rng.uniform(-1, 1, shape), rng.normal(size=shape)
    if kind == "complex":
        a, b = a * np.exp(1j * rng.uniform(0, 7, shape)), b + 1j * rng.normal(size=shape)
    return a, b


# the scan

@pytest.mark.parametrize("kind", ["real", "complex"])
def test_the_scan_is_the_loop(kind):
    rng = np.random.default_rng(0)
    for T in [*range(1, 70), 127, 128, 129, 1000, 4097]:
        a, b = steps(rng, (T, 2, 3), kind)
        assert np.abs(scan(a, b) - loop(a, b)).max() < 1e-12
        slow = 1 - 1e-3 * np.abs(a) if kind == "real" else (1 - 1e-3) * a / np.abs(a)     # factors close to 1 in size
        assert np.abs(scan(slow, b) - loop(slow, b)).max() < 1e-12 * np.abs(loop(slow, b)).max()
    for shape in ((5,), (5, 1), (1, 1), (3, 2, 2, 2)):
        a, b = steps(rng, shape, kind)
        assert_same(scan(a, b).shape, shape)
        assert np.abs(scan(a, b) - loop(a, b)).max() < 1e-12


def test_the_scan_in_closed_form():
    """With one factor it is a convolution with its powers; with factor 1 a running sum; with 0 it forgets at once."""
    rng = np.random.default_rng(1)
    b = rng.normal(size=300)
    for factor in (0.3, 0.9, 0.999, -0.8, 0.95 * np.exp(0.4j)):
        h = scan(np.full(300, factor), b.astype(np.result_type(factor)))
        np.testing.assert_allclose(h, np.convolve(b, factor ** np.arange(300))[:300], rtol=0, atol=1e-12)
    np.testing.assert_allclose(scan(np.ones(300), b), np.cumsum(b), rtol=0, atol=1e-12)
    assert_same(scan(np.zeros(300), b), b)


def test_combine():
    """Two steps as one, in any grouping; the step (1, 0) changes nothing."""
    rng = np.random.default_rng(2)
    (a_1, a_2, a_3), (b_1, b_2, b_3), h = rng.normal(size=(3, 5)), rng.normal(size=(3, 5)), rng.normal(size=5)
    a, b = combine(a_1, b_1, a_2, b_2)
    np.testing.assert_allclose(a * h + b, a_2 * (a_1 * h + b_1) + b_2, rtol=1e-12)
    left, right = combine(*combine(a_1, b_1, a_2, b_2), a_3, b_3), combine(a_1, b_1, *combine(a_2, b_2, a_3, b_3))
    np.testing.assert_allclose(left, right, rtol=1e-12)
    assert_same(np.array(combine(np.ones(5), np.zeros(5), a_1, b_1)), np.array([a_1, b_1]))
    assert_same(np.array(combine(a_1, b_1, np.ones(5), np.zeros(5))), np.array([a_1, b_1]))
    assert not np.allclose(combine(a_1, b_1, a_2, b_2), combine(a_2, b_2, a_1, b_1))       # but not in any order


@pytest.mark.parametrize("T", [1, 2, 3, 7, 8])
def test_gradients_of_the_scan(T):
    rng = np.random.default_rng(3)
    a, b = steps(rng, (T, 2))
    dh = rng.normal(size=(T, 2))
    da, db = scan_backward(dh, a, scan(a, b))
    assert error(da, differences(lambda: (scan(a, b) * dh).sum(), a)) < LIMIT
    assert error(db, differences(lambda: (scan(a, b) * dh).sum(), b)) < LIMIT
    back = np.zeros(2)                                              # the textbook's loop, from the end
    for t in reversed(range(T)):
        back = dh[t] + (a[t + 1] * back if t + 1 < T else 0)
        np.testing.assert_allclose(db[t], back, rtol=0, atol=1e-13)


@pytest.mark.parametrize("T", [1, 2, 3, 7, 8])
def test_gradients_of_a_complex_scan(T):
    """Real and imaginary part are two numbers, and the gradient holds one slope in each."""
    rng = np.random.default_rng(4)
    a, b = steps(rng, (T, 2), "complex")
    dh = rng.normal(size=(T, 2)) + 1j * rng.normal(size=(T, 2))
    da, db = scan_backward(dh, a, scan(a, b))

    def loss():
        h = scan(a, b)
        return (h.real * dh.real + h.imag * dh.imag).sum()

    for array, got in ((a, da), (b, db)):
        assert error(got.real, differences(loss, array.real)) < LIMIT       # .real and .imag are views
        assert error(got.imag, differences(loss, array.imag)) < LIMIT


def test_the_gradient_is_the_product_of_the_factors():
    """d h_T / d b_k = a_T ... a_{k+1}: with one factor, lambda^(T-k), the course's first slider."""
    a, b = np.full((60, 1), 0.7), np.random.default_rng(5).normal(size=(60, 1))
    dh = np.zeros((60, 1))
    dh[-1] = 1
    _, db = scan_backward(dh, a, scan(a, b))
    np.testing.assert_allclose(db[:, 0], 0.7 ** np.arange(59, -1, -1), rtol=4e-15)


def test_arguments_of_the_scan():
    rng = np.random.default_rng(6)
    a, b = steps(rng, (4, 2))
    before = a.copy(), b.copy()
    h = scan(a, b)
    scan_backward(b, a, h)
    assert_same(a, before[0])
    assert_same(b, before[1])
    assert scan(a, b + 0j).dtype == complex == scan(a + 0j, b).dtype
    for i, name in enumerate("ab"):
        def call(value):
            return scan(*((value, b) if i == 0 else (a, value)))
        for bad in (a.tolist(), None, 1.0, a.astype(int), a > 0, a.astype(object), a.astype(str)):
            refused(lambda: call(bad), name, error=TypeError)
        for bad in (a[:0], np.ones((4, 0)), np.array(1.0)):
            refused(lambda: call(bad), name, "(T, ...)", str(bad.shape), error=ValueError)
        for bad in (a[:1], a[:, :1], a[0], a[None]):                # nothing is broadcast
            refused(lambda: call(bad), "a and b", str(bad.shape), "(4, 2)", error=ValueError)
        for value in (np.nan, np.inf, -np.inf):
            refused(lambda: call(with_value(a, value)), f"{name}[3, 1]", str(value), error=ValueError)
    for bad in (a[:1], a[:, :1], with_value(a, np.nan), a > 0):
        refused(lambda: scan_backward(bad, a, h), "dh")
        refused(lambda: scan_backward(b, bad, h), "a")
        refused(lambda: scan_backward(b, a, bad), "h")


# layers

class OwnRNN(Stepwise):
    """Elman's cell as a learner would write it."""

    def __init__(self, D, H, rng):
        self.input_size, self.hidden_size = D, H
        self.params = {"W_x": rng.normal(size=(H, D)), "W_h": rng.normal(size=(H, H)), "b": rng.normal(size=H)}

    def step(self, x_t, h_prev):
        p = self.params
        return np.tanh(x_t @ p["W_x"].T + h_prev @ p["W_h"].T + p["b"])

    def step_backward(self, dh_t, x_t, h_prev, h_t):
        dz_t = dh_t * (1 - h_t ** 2)
        return ({"W_x": dz_t.T @ x_t, "W_h": dz_t.T @ h_prev, "b": dz_t.sum(axis=0)},
                dz_t @ self.params["W_x"], dz_t @ self.params["W_h"])


class Leaky(Stepwise):
    """An invented cell: h_t = (1 - m) h_{t-1} + m tanh(W_x x_t + u h_{t-1}), each unit with a rate m = sigma(r) of its own."""

    def __init__(self, D, H, rng):
        self.input_size, self.hidden_size = D, H
        self.params = {"W_x": rng.normal(size=(H, D)), "u": rng.normal(size=H), "r": rng.normal(size=H)}

    def step(self, x_t, h_prev):
        m = sigmoid(self.params["r"])
        return (1 - m) * h_prev + m * np.tanh(x_t @ self.params["W_x"].T + self.params["u"] * h_prev)

    def step_backward(self, dh_t, x_t, h_prev, h_t):
        m, n = sigmoid(self.params["r"]), np.tanh(x_t @ self.params["W_x"].T + self.params["u"] * h_prev)
        dz = dh_t * m * (1 - n * n)
        return ({"W_x": dz.T @ x_t, "u": (dz * h_prev).sum(axis=0), "r": (dh_t * (n - h_prev)).sum(axis=0) * m * (1 - m)},
                dz @ self.params["W_x"], dh_t * (1 - m) + dz * self.params["u"])


def even(n):
    return n + n % 2


LAYERS = {
    "diagonal": lambda D, H, rng: Diagonal(D, H, rng),
    "rotating": lambda D, H, rng: Rotating(D, even(H), rng),
    "mingru": lambda D, H, rng: MinGRU(D, H, rng),
    "signed mingru": lambda D, H, rng: MinGRU(D, H, rng, 1.5, signed=True),
    "own rnn": OwnRNN,
    "leaky": Leaky,
    "stack": lambda D, H, rng: Stack(MinGRU(D, 3, rng), Diagonal(3, 2, rng), Rotating(2, even(H), rng)),
    "stack with both directions": lambda D, H, rng: Stack(make_bidirectional("gru", "lstm", D, 2, 1, rng), MinGRU(3, H, rng)),
    "stack with attention": lambda D, H, rng: Stack(SelfAttention(D, 2, rng), SelfAttention(D + 2, H, rng, causal=True)),
}
CAUSAL = [name for name in LAYERS if "directions" not in name and "attention" not in name]


def make(name, D, H, rng):
    return stir(LAYERS[name](D, H, rng), rng)


def by_step(layer, x):
    """The equations of Diagonal, Rotating and MinGRU, step by step and unit by unit: x (T, D) -> (T, H)."""
    p, out = layer.params, []
    h = np.zeros(layer.hidden_size)
    for x_t in x:
        z = p["W_x"] @ x_t
        if isinstance(layer, Diagonal):
            h = np.array([np.exp(-np.exp(nu)) * h_i + z_i for nu, h_i, z_i in zip(p["nu"], h, z)])
        elif isinstance(layer, Rotating):
            N, new = len(h) // 2, np.empty(len(h))
            for i in range(N):                                      # a rotation of the plane, and a shrinking
                r, s, c = np.exp(-np.exp(p["nu"][i])), np.sin(p["theta"][i]), np.cos(p["theta"][i])
                new[i], new[N + i] = r * (c * h[i] - s * h[N + i]) + z[i], r * (s * h[i] + c * h[N + i]) + z[N + i]
            h = new
        else:
            z = z + p["b"]
            keep, n = 1 / (1 + np.exp(-z[:len(h)])), np.tanh(z[len(h):])
            h = (2 * keep - 1 if layer.signed else keep) * h + (1 - keep) * n
        out.append(h)
    return np.array(out)


@pytest.mark.parametrize("name", ["diagonal", "rotating", "mingru", "signed mingru"])
@over_shapes
def test_a_layer_is_its_equation(name, shape, seed):
    (T, B, D, H), rng = shape, np.random.default_rng(seed)
    layer, x = make(name, D, H, rng), rng.normal(size=(T, B, D))
    out, cache = layer.forward(x)
    for b in range(B):
        np.testing.assert_allclose(out[:, b], by_step(layer, x[:, b]), rtol=0, atol=1e-12)
    assert_same(layer.last(cache), out[-1])


@pytest.mark.parametrize("name", LAYERS)
@over_shapes
def test_gradients_of_a_layer(name, shape, seed):
    """x and every weight, with lengths and with what reaches the last step from elsewhere."""
    (T, B, D, H), rng = shape, np.random.default_rng(seed)
    layer, x, lengths = make(name, D, H, rng), rng.normal(size=(T, B, D)), rng.integers(1, T + 1, B)
    dout, d_last = rng.normal(size=(T, B, layer.hidden_size)), rng.normal(size=(B, layer.hidden_size))

    def loss():
        out, cache = layer.forward(x, lengths)
        return (out * dout).sum() + (layer.last(cache) * d_last).sum()

    grads, dx = layer.backward(dout, layer.forward(x, lengths)[1], d_last)
    assert error(dx, differences(loss, x)) < LIMIT
    assert set(grads) == set(layer.params)
    for key, array in layer.params.items():
        assert error(grads[key], differences(loss, array)) < LIMIT, key


@pytest.mark.parametrize("embedded", [False, True])
@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("pattern", [ManyToOne, ManyToMany])
@pytest.mark.parametrize("name", LAYERS)
def test_gradients_in_a_model(name, pattern, lengths, embedded):
    rng = np.random.default_rng(7)
    layer = LAYERS[name](D, H, rng)
    model = stir(pattern(layer, Readout(layer.hidden_size, K, rng), Embedding(V, D, rng) if embedded else None), rng)
    x = rng.integers(V, size=(T, B)) if embedded else rng.normal(size=(T, B, D))
    batch = (x, rng.integers(K, size=(B,) if pattern is ManyToOne else (T, B)), *([] if lengths is None else [lengths]))
    assert gradient_check(lambda: model.loss_and_gradients(batch)[0], model.params, model.loss_and_gradients(batch)[1]) < LIMIT


@pytest.mark.parametrize("value", [0.0, 1e6, -1e150])
@pytest.mark.parametrize("name", LAYERS)
def test_padding_never_leaks(name, value):
    rng = np.random.default_rng(8)
    layer, x = make(name, D, H, rng), rng.normal(size=(T, B, D))
    dout, d_last = rng.normal(size=(T, B, layer.hidden_size)), rng.normal(size=(B, layer.hidden_size))
    out, cache = layer.forward(x, LENGTHS)
    grads, dx = layer.backward(dout, cache, d_last)
    padding = np.arange(T)[:, None] >= LENGTHS
    x_2, dout_2 = x.copy(), dout.copy()
    x_2[padding], dout_2[padding] = value, value
    out_2, cache_2 = layer.forward(x_2, LENGTHS)
    grads_2, dx_2 = layer.backward(dout_2, cache_2, d_last)
    assert_same(out_2, out)
    assert_same(layer.last(cache_2), layer.last(cache))
    assert_same(grads_2, grads)
    assert_same(dx_2, dx)
    assert (out[padding] == 0).all() and (dx[padding] == 0).all()
    total = {key: np.zeros_like(g) for key, g in grads.items()}
    for b, n in enumerate(LENGTHS):                                 # and each sequence is as if it were alone
        alone, cache_b = layer.forward(x[:n, b:b + 1])
        grads_b, dx_b = layer.backward(dout[:n, b:b + 1], cache_b, d_last[b:b + 1])
        assert_close(alone[:, 0], out[:n, b], 1e-13)
        assert_close(layer.last(cache)[b], out[n - 1, b], 0)
        assert_close(dx_b[:, 0], dx[:n, b], 1e-13)
        total = {key: total[key] + g for key, g in grads_b.items()}
    assert_close(grads, total, 1e-13)


@pytest.mark.parametrize("name", CAUSAL)
def test_no_step_sees_what_comes_later(name):
    rng = np.random.default_rng(9)
    layer, x = make(name, D, H, rng), rng.normal(size=(T, B, D))
    out, cache = layer.forward(x)
    for t in range(1, T):
        other = x.copy()
        other[t:] = rng.normal(size=(T - t, B, D))
        assert_same(layer.forward(other)[0][:t], out[:t])           # to the last bit
        dout = np.zeros_like(out)
        dout[t - 1] = 1
        assert (layer.backward(dout, cache)[1][t:] == 0).all()


@pytest.mark.parametrize("name", LAYERS)
def test_nothing_given_is_changed(name):
    rng = np.random.default_rng(10)
    layer, x = make(name, D, H, rng), rng.normal(size=(T, B, D))
    before, x_kept, lengths = copies(layer.params), x.copy(), LENGTHS.copy()
    out, cache = layer.forward(x, lengths)
    dout, d_last = rng.normal(size=out.shape), rng.normal(size=out[0].shape)
    dout_kept, d_kept = dout.copy(), d_last.copy()
    expected, dx = layer.backward(dout, cache, d_last)
    for array, old in ((x, x_kept), (dout, dout_kept), (d_last, d_kept), (lengths, LENGTHS)):
        assert_same(array, old)
    assert_same(layer.params, before)
    last = layer.last(cache)
    out[...], last[...] = 7, 7                                      # what was handed out is not what is kept
    assert (layer.last(cache) != 7).any()
    again, dx_again = layer.backward(dout, cache, d_last)
    assert_same(again, expected)
    assert_same(dx_again, dx)
    narrow = layer.forward(x.astype(np.float32))[0]
    assert narrow.dtype == float
    assert_same(narrow, layer.forward(x.astype(np.float32).astype(float))[0])
    assert_same(layer.hidden(out), out)


@pytest.mark.parametrize("name", LAYERS)
def test_bad_input_of_a_layer(name):
    rng = np.random.default_rng(11)
    layer, x = make(name, D, H, rng), rng.normal(size=(4, B, D))
    before = copies(layer.params)
    out, cache = layer.forward(x)
    for bad in (x[0], x[..., :1], x[:0], x[:, :0], x[None], with_value(x, np.nan), with_value(x, np.inf), x.tolist(), x > 0,
                x.astype(int), None, 1.5, x + 0j):
        refused(lambda: layer.forward(bad), "x")
    refused(lambda: layer.forward(x[..., :1]), "x must have shape (T, B, D) with D = 3; it had shape (4, 3, 1)")
    for lengths, said in bad_lengths():
        refused(lambda: layer.forward(x, lengths), "lengths", said)
    for bad in (out[0], out[..., :1], out[:1], out[:, :1], with_value(out, np.nan), out.tolist(), out > 0, None):
        refused(lambda: layer.backward(bad, cache), "dout")
    for bad in (out[-1, :1], out, out[-1][:, :1], with_value(out[-1], np.nan), out[-1] > 0, out[-1].tolist()):
        refused(lambda: layer.backward(out, cache, bad), "d_last")
    for bad in (make(name, D, H, rng).forward(x)[1], None, cache[:2], "cache", (), list(cache)):
        refused(lambda: layer.backward(out, bad), "cache", type(layer).__name__, error=ValueError)
        refused(lambda: layer.last(bad), "cache", error=ValueError)
    assert_same(layer.params, before)
    refused(lambda: ManyToOne(layer, Readout(layer.hidden_size + 1, K, rng)), "readout", "hidden_size", error=ValueError)


@pytest.mark.parametrize("cls", [Diagonal, Rotating, MinGRU])
def test_sizes_rng_and_parameters(cls):
    rng = np.random.default_rng(12)
    for size, wrong in ((0, ValueError), (-2, ValueError), (1.5, TypeError), (True, TypeError), ("3", TypeError),
                        (None, TypeError)):
        refused(lambda: cls(size, 2, rng), "input_size", "at least 1", error=wrong)
        refused(lambda: cls(2, size, rng), "hidden_size", "at least 1", error=wrong)
    for bad in (0, None, np.random, np.random.RandomState(0)):
        refused(lambda: cls(2, 4, bad), "rng", "Generator", error=TypeError)
    layer = cls(np.int64(2), np.int32(4), rng)
    assert repr(layer) == f"{cls.__name__}(input_size=2, hidden_size=4)"
    for name, array in layer.params.items():
        assert getattr(layer, name) is array
        setattr(layer, name, array + 1)
        assert layer.params[name] is array
        refused(lambda: setattr(layer, name, np.ones((7, 7))), name, str(array.shape), error=ValueError)
    one, two = (cls(3, 4, np.random.default_rng(5)) for _ in range(2))
    assert_same(one.params, two.params)


@pytest.mark.parametrize("cls", [Diagonal, Rotating])
def test_the_factors_are_drawn_as_said_and_stay_below_one(cls):
    rng = np.random.default_rng(13)
    factor = np.abs(cls(4, 4000, rng, 0.5, 0.9).factor)
    assert 0.5 < factor.min() < 0.501 and 0.899 < factor.max() < 0.9 and abs(factor.mean() - 0.7) < 0.01
    np.testing.assert_allclose(np.abs(cls(4, 6, rng, 0.97, 0.97).factor), 0.97, rtol=1e-14)
    layer = cls(1, 2, rng)
    nu = np.linspace(-35, 6, 200)
    for value in nu:
        layer.nu = np.full(layer.nu.shape, value)
        assert (0 < np.abs(layer.factor)).all() and (np.abs(layer.factor) < 1).all()
    for low, high, wrong in ((0.9, 1.0, ValueError), (0.9, 0.8, ValueError), (0.0, 0.5, ValueError), (-0.5, 0.5, ValueError),
                             (np.nan, 0.5, ValueError), ("0.5", 0.9, TypeError), (0.5, None, TypeError)):
        refused(lambda: cls(2, 4, rng, low, high), "low" if low != 0.5 else "high", error=wrong)
    bound = 1 / np.sqrt(4 if cls is Diagonal else 8)
    W_x = cls(4, 4000, rng).W_x
    assert 0.99 * bound < np.abs(W_x).max() <= bound


def test_only_even_sizes_rotate():
    refused(lambda: Rotating(2, 3, np.random.default_rng(0)), "hidden_size", "even", "3", error=ValueError)
    theta = Rotating(1, 4000, np.random.default_rng(14)).theta
    assert theta.shape == (2000,) and 0 < theta.min() < 0.01 and np.pi - 0.01 < theta.max() < np.pi


def test_what_does_not_turn_is_diagonal():
    rng = np.random.default_rng(15)
    turning, plain = Rotating(D, 4, rng), Diagonal(D, 4, rng)
    turning.theta[...] = 0
    plain.nu, plain.W_x = np.tile(turning.nu, 2), turning.W_x
    x, dout = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, 4))
    (out, cache), (out_2, cache_2) = turning.forward(x), plain.forward(x)
    assert_close(out, out_2, 1e-14)
    (grads, dx), (grads_2, dx_2) = turning.backward(dout, cache), plain.backward(dout, cache_2)
    assert_close(dx, dx_2, 1e-14)
    assert_close(grads["W_x"], grads_2["W_x"], 1e-14)
    assert_close(grads["nu"], grads_2["nu"].reshape(2, 2).sum(axis=0), 1e-13)


def test_a_quarter_turn_tells_the_beat():
    """A pulse, and a unit that turns by 90 degrees each step: after 4 steps it points where it did."""
    layer = Rotating(1, 2, np.random.default_rng(16))
    layer.theta, layer.nu, layer.W_x = np.array([np.pi / 2]), np.array([-40.0]), np.array([[1.0], [0.0]])
    x = np.zeros((8, 1, 1))
    x[0] = 1
    out, _ = layer.forward(x)
    np.testing.assert_allclose(out[:, 0], [[1, 0], [0, 1], [-1, 0], [0, -1]] * 2, rtol=0, atol=1e-15)


@over_shapes
def test_mingru_is_a_gru_that_does_not_see_its_state(shape, seed):
    """GRUCell with W_h = 0 and b_hn = 0, forward and backward."""
    (T, B, D, H), rng = shape, np.random.default_rng(seed)
    layer, cell = make("mingru", D, H, rng), GRUCell(D, H, rng)
    cell.W_h[...], cell.b_hn[...] = 0, 0
    cell.W_x[H:], cell.b[H:] = layer.W_x, layer.b                   # rows r, z, n and z, n
    x, dh = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))
    states, cache = rnnlib.forward(cell, x)
    out, kept = layer.forward(x)
    assert_close(out, states[1:], 1e-13)
    expected, (grads, dx) = rnnlib.bptt(cell, dh, cache), layer.backward(dh, kept)
    assert_close(dx, expected.x, 1e-13)
    assert_close(grads["W_x"], expected.params["W_x"][H:], 1e-13)
    assert_close(grads["b"], expected.params["b"][H:], 1e-13)


def test_update_bias_and_sign():
    rng = np.random.default_rng(17)
    layer = MinGRU(3, 5, rng, update_bias=np.log(50))
    assert_same(layer.b[:5], np.full(5, np.log(50)))
    np.testing.assert_allclose(sigmoid(layer.b[:5]), 50 / 51, rtol=1e-14)
    assert len(set(layer.b[5:])) == 5 and not layer.signed
    for bad in (np.nan, np.inf, "4", True, [4.0], np.ones(3), 1j):
        refused(lambda: MinGRU(2, 3, rng, update_bias=bad), "update_bias", error=ValueError)
    # a unit that turns its sign at every one and keeps it at every zero counts modulo 2
    layer = MinGRU(1, 1, rng, signed=True)
    layer.W_x, layer.b = np.array([[-80.0], [0.0]]), np.array([40.0, 0.0])
    bits = np.random.default_rng(18).integers(2, size=200)
    state, out = 1.0, []
    for z in sigmoid(layer.W_x[0, 0] * bits + layer.b[0]):
        state *= 2 * z - 1
        out.append(state)
    np.testing.assert_array_equal(np.array(out) > 0, np.cumsum(bits) % 2 == 0)


def test_diagonals_one_on_the_other_are_still_linear():
    rng = np.random.default_rng(19)
    layer = Stack(Diagonal(D, H, rng), Rotating(H, H, rng), Diagonal(H, 2, rng))
    x, y = rng.normal(size=(2, T, B, D))
    assert_close(layer.forward(2 * x - 3 * y)[0], 2 * layer.forward(x)[0] - 3 * layer.forward(y)[0], 1e-14)
    bent = Stack(Diagonal(D, H, rng), MinGRU(H, H, rng))
    assert np.abs(bent.forward(2 * x)[0] - 2 * bent.forward(x)[0]).max() > 1e-2


def test_stack():
    rng = np.random.default_rng(20)
    low, high = MinGRU(D, 3, rng), Diagonal(3, 2, rng)
    stack, x = Stack(low, high), rng.normal(size=(T, B, D))
    assert (stack.input_size, stack.hidden_size) == (D, 2)
    assert set(stack.params) == {"0.W_x", "0.b", "1.nu", "1.W_x"} and stack.params["1.nu"] is high.nu
    middle, _ = low.forward(x, LENGTHS)
    assert_same(stack.forward(x, LENGTHS)[0], high.forward(middle, LENGTHS)[0])
    assert_same(Stack(low).forward(x)[0], low.forward(x)[0])
    refused(lambda: Stack(), "Stack", "at least one", error=ValueError)
    refused(lambda: Stack(low, Diagonal(4, 2, rng)), "layers[1]", "input_size 3", "4", error=ValueError)
    same = Diagonal(3, 3, rng)
    refused(lambda: Stack(low, same, same), "layers[2]", "twice", error=ValueError)
    for bad in (RNNCell(3, 2, rng), "mingru", None, [low, high], MinGRU):
        refused(lambda: Stack(low, bad), "layers[1]", "Layer", error=TypeError)


# cells of one's own

@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("pattern", [ManyToOne, ManyToMany])
def test_a_cell_written_by_a_learner_is_the_library_s(pattern, lengths):
    rng = np.random.default_rng(21)
    own, cell, readout = OwnRNN(D, H, rng), RNNCell(D, H, rng), Readout(H, K, rng)
    for name, array in cell.params.items():
        array[...] = own.params[name]
    batch = (rng.normal(size=(T, B, D)), rng.integers(K, size=(B,) if pattern is ManyToOne else (T, B)),
             *([] if lengths is None else [lengths]))
    (loss, grads), (loss_2, grads_2) = (pattern(c, readout).loss_and_gradients(batch) for c in (own, cell))
    assert abs(loss - loss_2) < 1e-14
    assert_close(grads, grads_2, 1e-14)


def test_a_wrong_backward_is_seen():
    class Forgetful(OwnRNN):
        def step_backward(self, dh_t, x_t, h_prev, h_t):
            grads, dx_t, _ = super().step_backward(dh_t, x_t, h_prev, h_t)
            return grads, dx_t, np.zeros_like(h_prev)               # nothing goes back to the step before

    rng = np.random.default_rng(22)
    model = ManyToOne(Forgetful(D, H, rng), Readout(H, K, rng))
    batch = rng.normal(size=(T, B, D)), rng.integers(K, size=B)
    assert gradient_check(lambda: model.loss_and_gradients(batch)[0], model.params, model.loss_and_gradients(batch)[1]) > 1e-2


def test_what_a_step_returns_is_looked_at():
    rng = np.random.default_rng(23)
    x = rng.normal(size=(T, B, D))
    own = OwnRNN(D, H, rng)
    for bad in (np.zeros((B, H + 1)), np.zeros(H), np.zeros((1, H)), np.zeros((B, H), int), np.full((B, H), np.nan), None, 0.0):
        own.step = lambda x_t, h_prev: bad
        refused(lambda: own.forward(x), "step's h_t")
    own = OwnRNN(D, H, rng)
    good, (out, cache) = OwnRNN.step_backward, own.forward(x)
    for i, said in ((1, "step_backward's dx_t"), (2, "step_backward's dh_prev")):
        for bad in (np.zeros((B, 7)), np.zeros(H), None, np.full((B, D if i == 1 else H), np.inf)):
            def step_backward(*given):
                got = list(good(own, *given))
                got[i] = bad
                return got
            own.step_backward = step_backward
            refused(lambda: own.backward(out, cache), said)
    for bad, said in (({"W_x": own.params["W_x"]}, "name the same arrays"), ({**own.params, "b": 0.0}, "gradient of b"),
                      ({**own.params, "b": np.zeros((1, H))}, "gradient of b")):
        own.step_backward = lambda *given: (bad, *good(own, *given)[1:])
        refused(lambda: own.backward(out, cache), said, error=ValueError)


def test_a_layer_of_one_s_own():
    """What the docstring of Layer asks for is enough: here the mean of all that was read so far, one matrix of weights."""
    class RunningMean(Layer):
        def __init__(self, D, H, rng):
            self.input_size, self.hidden_size, self.params = D, H, {"W": rng.normal(size=(H, D))}

        def run(self, x, lengths):
            assert x.dtype == float                                 # whatever was given
            mean = np.cumsum(x, axis=0) / np.arange(1, len(x) + 1)[:, None, None]
            return mean @ self.params["W"].T, mean

        def run_backward(self, dout, mean):
            d = dout @ self.params["W"] / np.arange(1, len(dout) + 1)[:, None, None]
            return {"W": np.einsum("tbh,tbd->hd", dout, mean)}, np.cumsum(d[::-1], axis=0)[::-1]

    rng = np.random.default_rng(24)
    x = rng.normal(size=(T, B, D)).astype(np.float32)
    layer = RunningMean(D, H, rng)
    assert_same(layer.forward(x)[0], layer.forward(x.astype(float))[0])
    model = ManyToOne(RunningMean(D, H, rng), Readout(H, K, rng), Embedding(V, D, rng))
    batch = rng.integers(V, size=(T, B)), rng.integers(K, size=B), LENGTHS
    assert gradient_check(lambda: model.loss_and_gradients(batch)[0], model.params, model.loss_and_gradients(batch)[1]) < LIMIT


@pytest.mark.parametrize("name", ["mingru", "rotating", "leaky", "stack"])
def test_training_learns_a_batch_by_heart(name):
    rng = np.random.default_rng(25)
    layer = LAYERS[name](D, H, rng)
    model = ManyToMany(layer, Readout(layer.hidden_size, K, rng))
    batch = rng.normal(size=(T, B, D)), rng.integers(K, size=(T, B)), LENGTHS
    losses = [loss for _, loss, _ in rnnlib.train(model, [batch], rnnlib.Adam(0.05), 200)]
    assert losses[-1] < 0.1 < losses[0]
    assert (model.predict(batch[0], LENGTHS).argmax(axis=-1) == batch[1])[np.arange(T)[:, None] < LENGTHS].all()
