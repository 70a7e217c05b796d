"""Attention: a query is compared with all keys, and the better a key fits, the more of its value is taken.

T steps ask and S steps are asked; in self-attention these are the same steps. No state is carried from step to step.
"""

import numpy as np

from . import _check
from .cells import outer_products, parameter
from .layer import Layer
from .readout import mask_of, softmax


def attend(q, k, v, mask=None, scale=1.0):
    """For each query a weighted mean of the values: a_ts = softmax over s of (scale q_t . k_s), c_t = sum_s a_ts v_s.

    Dot-product attention (Luong et al. 2015). With scale = 1 / sqrt(D) it is that of Vaswani et al. (2017), and torch's
    scaled_dot_product_attention.

    Parameters
    ----------
    q : ndarray (T, B, D)
        Queries.
    k, v : ndarray (S, B, D) and (S, B, E)
        Keys and values, one of each for every step that can be looked at.
    mask : ndarray of bool (T, B, S), optional
        What may be looked at (True); an axis of size 1 serves for all. Each query must be left at least one key.
    scale : float
        Above 0; the scores are multiplied by it before the softmax.

    Returns
    -------
    c : ndarray (T, B, E)
        The weighted means. (The letter is the field's; it is not an LSTM's c.)
    a : ndarray (T, B, S)
        The weights: not negative, zero where masked, and each row a[t, b] adds up to 1.
    """
    T, B, D = _check.floats("q", q, {"T": None, "B": None, "D": None}).shape
    S, *_ = _check.floats("k", k, {"S": None, "B": B, "D": D}).shape
    _check.floats("v", v, {"S": S, "B": B, "E": None})
    scores = _check.positive("scale", scale) * _batched(_batched(q) @ k.transpose(1, 2, 0))      # (T, B, S)
    if mask is not None:
        scores = np.where(_check_mask(mask, T, B, S), scores, -np.inf)                           # exp(-inf) = 0
    a = softmax(scores)
    return _batched(_batched(a) @ _batched(v)), a


def attend_backward(dc, a, q, k, v, scale=1.0):
    """dL/dq, dL/dk, dL/dv, shaped like q, k and v, from dL/dc (T, B, E) and the weights a of the forward pass."""
    _check.floats("dc", dc, dict(zip("TBE", (*q.shape[:2], v.shape[2]))))
    dc, a, q, k, v = (_batched(array) for array in (dc, a, q, k, v))
    da = dc @ v.swapaxes(1, 2)
    ds = scale * a * (da - (a * da).sum(axis=-1, keepdims=True))                                 # through the softmax
    return _batched(ds @ k), _batched(ds.swapaxes(1, 2) @ q), _batched(a.swapaxes(1, 2) @ dc)


def _batched(a):
    """(T, B, n) -> (B, T, n) and back: `@` multiplies the last two axes, for each sequence by itself."""
    return a.swapaxes(0, 1)


class Attention:
    """A decoder's look back at the encoder: scores g_t^T W_a h_s (Luong et al. 2015, "general").

    g_t is the decoder's state, h_s are the encoder's. Out comes [g_t; c_t], 2H numbers, which the readout reads; Luong's
    tanh layer between the two is left out. The decoder's recurrence is not touched. (Bahdanau et al. 2015, who were the first,
    score with a small network, v^T tanh(W g_{t-1} + U h_s), and feed c_t into the decoder's next step.)

    Parameters
    ----------
    hidden_size : int
        H of encoder and decoder.
    rng : numpy.random.Generator
        Draws W_a (H, H) uniformly from +-1/sqrt(H).

    Attributes
    ----------
    input_size, hidden_size : int
        H and 2H: what goes in, and what the readout gets.
    """

    W_a = parameter("W_a")

    def __init__(self, hidden_size, rng):
        H, _ = _check.whole("hidden_size", hidden_size, 1), _check.generator(rng)
        bound = 1 / np.sqrt(H)
        self.input_size, self.hidden_size = H, 2 * H
        self.params = {"W_a": rng.uniform(-bound, bound, (H, H))}

    def __repr__(self):
        return f"Attention(hidden_size={self.input_size})"

    def forward(self, g, h, mask=None):
        """g (T, B, H), h (S, B, H), mask as in `attend` -> [g; c] (T, B, 2H), weights (T, B, S), and the cache."""
        T, B, H = _check.floats("g", g, {"T": None, "B": None, "H": self.input_size}).shape
        _check.floats("h", h, {"S": None, "B": B, "H": H})
        k = h @ self.W_a.T                                          # W_a h_s for every s
        c, a = attend(g, k, h, mask)
        return np.concatenate([g, c], axis=-1), a, (self, g, h, k, a)

    def backward(self, dout, cache):
        """(gradients of params, dL/dg (T, B, H), dL/dh (S, B, H)) from dL/d[g; c] (T, B, 2H)."""
        if not isinstance(cache, tuple) or len(cache) != 5 or cache[0] is not self:
            raise ValueError("cache must come from this Attention's own forward")
        _, g, h, k, a = cache
        _check.floats("dout", dout, {"T": len(g), "B": g.shape[1], "2H": self.hidden_size})
        dg, dc = np.split(dout, 2, axis=-1)
        dq, dk, dv = attend_backward(dc, a, g, k, h)
        return {"W_a": outer_products(dk, h)}, dg + dq, dv + dk @ self.W_a


def positions(T, D):
    """A vector for each place, sines and cosines of D / 2 frequencies (Vaswani et al. 2017): (T, D), no two rows alike.

    [t, 2i] = sin(t / 10000^(2i/D)) and [t, 2i + 1] = cos of the same angle; t counts from 0.
    """
    T, D = _check.whole("T", T, 1), _check.whole("D", D, 1)
    angle = np.arange(T)[:, None] / 10000.0 ** (np.arange(0, D, 2) / D)
    p = np.empty((T, D))
    p[:, 0::2], p[:, 1::2] = np.sin(angle), np.cos(angle)[:, :D // 2]
    return p


class SelfAttention(Layer):
    """Every step looks at every step: q_t = W_q x_t, k_s = W_k x_s, v_s = W_v x_s, scores q_t . k_s / sqrt(size).

    One head of Vaswani et al. (2017), without their output projection, normalisation and feedforward part. Out comes
    [x_t; c_t], D + size numbers: the step itself and what it found. Nothing says which step came first, unless `positions`
    are added to x.

    Parameters
    ----------
    input_size, size : int
        D, and the length of queries, keys and values.
    rng : numpy.random.Generator
        Draws W_q, W_k, W_v (size, D) uniformly from +-1/sqrt(D).
    causal : bool
        A step looks at itself and at what came before it, no further.
    ordered : bool
        Whether `positions(T, D)` are added to x first.

    Attributes
    ----------
    hidden_size : int
        D + size, what the readout gets.
    """

    W_q, W_k, W_v = (parameter(name) for name in ("W_q", "W_k", "W_v"))

    def __init__(self, input_size, size, rng, causal=False, ordered=True):
        self.input_size, self.size = D, N = _check.whole("input_size", input_size, 1), _check.whole("size", size, 1)
        _check.generator(rng)
        self.hidden_size, self.causal, self.ordered = D + N, bool(causal), bool(ordered)
        self.params = {name: rng.uniform(-1, 1, (N, D)) / np.sqrt(D) for name in ("W_q", "W_k", "W_v")}

    def weights(self, x, lengths=None):
        """Where each step of x (T, B, D) looks: (T, B, T), each row adds up to 1; rows in the padding mean nothing."""
        return self.forward(x, lengths)[1][1][-1]

    def run(self, x, lengths):
        T, _, D = x.shape
        if self.ordered:
            x = x + positions(T, D)[:, None]
        q, k, v = x @ self.W_q.T, x @ self.W_k.T, x @ self.W_v.T
        # causal: s <= t, and the padding comes last; else no step looks into the padding
        mask = np.tri(T, dtype=bool)[:, None] if self.causal else mask_of(lengths, T).T[None]
        c, a = attend(q, k, v, mask, self.size ** -0.5)
        return np.concatenate([x, c], axis=-1), (x, q, k, v, a)

    def run_backward(self, dout, kept):
        x, q, k, v, a = kept
        dx, dc = np.split(dout, [self.input_size], axis=-1)
        dq, dk, dv = attend_backward(dc, a, q, k, v, self.size ** -0.5)
        grads = {"W_q": outer_products(dq, x), "W_k": outer_products(dk, x), "W_v": outer_products(dv, x)}
        return grads, dx + dq @ self.W_q + dk @ self.W_k + dv @ self.W_v


def _check_mask(mask, T, B, S):
    if not isinstance(mask, np.ndarray) or mask.dtype != bool:
        kind = getattr(mask, "dtype", type(mask).__name__)
        raise TypeError(f"mask must be a NumPy array of bool, shape (T, B, S); it was {kind}")
    if mask.ndim != 3 or any(size not in (1, wanted) for size, wanted in zip(mask.shape, (T, B, S))):
        raise ValueError(f"mask must have shape (T, B, S) with T = {T}, B = {B}, S = {S}, or 1 for any of them; "
                         f"it had shape {mask.shape}")
    mask = np.broadcast_to(mask, (T, B, S))
    if not mask.any(axis=-1).all():
        t, b = np.argwhere(~mask.any(axis=-1))[0]
        raise ValueError(f"mask must leave every query at least one key; all of mask[{t}, {b}] was False")
    return mask
