"""From states to outputs, y_t = W_y h_t + b_y, and from outputs to a loss: cross entropy, squared error, masks."""

import numpy as np

from . import _check
from .cells import parameter


class Readout:
    """y = W_y h + b_y, with the same weights at every step.

    Parameters
    ----------
    hidden_size, output_size : int
        H and K, at least 1.
    rng : numpy.random.Generator
        Draws W_y (K, H) and b_y (K,) uniformly from +-1/sqrt(H).
    loss : function, optional
        (y, target, mask) -> (loss, dL/dy): `cross_entropy` (default) for classes, `squared_error` for numbers.
    """

    W_y, b_y = parameter("W_y"), parameter("b_y")

    def __init__(self, hidden_size, output_size, rng, loss=None):
        self.hidden_size = H = _check.whole("hidden_size", hidden_size, 1)
        self.output_size = K = _check.whole("output_size", output_size, 1)
        bound = 1 / np.sqrt(H)
        _check.generator(rng)
        self.params = {"W_y": rng.uniform(-bound, bound, (K, H)), "b_y": rng.uniform(-bound, bound, K)}
        self.loss = cross_entropy if loss is None else loss

    def forward(self, h):
        """h (..., H) -> y (..., K)."""
        _check.vectors("h", h, "H", self.hidden_size)
        return h @ self.W_y.T + self.b_y

    def backward(self, dy, h):
        """(gradients of params, dL/dh (..., H)) from dL/dy (..., K) and the h of the forward pass."""
        _check.vectors("h", h, "H", self.hidden_size)
        _check.vectors("dy", dy, "K", self.output_size, like=h)
        flat = dy.reshape(-1, self.output_size)
        return {"W_y": flat.T @ h.reshape(-1, self.hidden_size), "b_y": flat.sum(axis=0)}, dy @ self.W_y


def softmax(y):
    """exp(y) / sum exp(y) over the last axis; the largest entry is subtracted first, so nothing overflows."""
    p = np.exp(y - y.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


def log_softmax(y):
    """log(softmax(y)) over the last axis, exact even where p is near 1 or too small for float64."""
    shifted = y - y.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def cross_entropy(y, target, mask=None):
    """Mean of -log softmax(y)[target] over the entries the mask keeps, and its gradient (p - onehot) / count.

    Parameters
    ----------
    y : ndarray (..., K)
        Scores before the softmax.
    target : ndarray of int (...)
        The right class of each entry, 0..K-1. Masked entries must hold a class too (0, say).
    mask : ndarray of bool (...), optional
        Which entries count; at least one.

    Returns
    -------
    loss : float
        In nats.
    dy : ndarray (..., K)
        Zero where masked.
    """
    K = _check.vectors("y", y, "K").shape[-1]
    target = _check.whole_numbers("target", target, _axes_before_last(y), 0, K - 1)
    weight = _entry_weights(mask, target.shape)
    log_p, index = log_softmax(y), target[..., None]
    loss = -(np.take_along_axis(log_p, index, -1)[..., 0] * weight).sum()
    dy = np.exp(log_p)
    np.put_along_axis(dy, index, np.take_along_axis(dy, index, -1) - 1, -1)
    return float(loss), dy * weight[..., None]


def squared_error(y, target, mask=None):
    """Mean of (y - target)^2 over all numbers of the entries that the mask keeps, and its gradient.

    y, target : ndarray (..., K); mask : ndarray of bool (...), at least one True. Returns (loss, dy (..., K)).
    """
    _check.floats("target", target, {**_axes_before_last(_check.vectors("y", y, "K")), "K": y.shape[-1]})
    weight = _entry_weights(mask, y.shape[:-1])[..., None] / y.shape[-1]
    error = y - target
    return float((error ** 2 * weight).sum()), 2 * error * weight


def mask_of(lengths, T):
    """True at the steps that belong to a sequence: lengths (B,), whole numbers 1..T -> bool (T, B)."""
    return np.arange(T)[:, None] < _check.whole_numbers("lengths", lengths, {"B": None}, 1, T)


def _axes_before_last(y):
    """The axes of y except the last, named by the letters of a sequence: name -> size."""
    names = {1: "", 2: "B", 3: "TB"}.get(y.ndim, [f"axis {i}" for i in range(y.ndim - 1)])
    return dict(zip(names, y.shape[:-1]))


def _entry_weights(mask, shape):
    """1 / count where the mask is True, else 0."""
    if mask is None:
        mask = np.ones(shape, dtype=bool)
    elif not isinstance(mask, np.ndarray) or mask.dtype != bool:
        kind = getattr(mask, "dtype", type(mask).__name__)
        raise TypeError(f"mask must be a NumPy array of bool, shape {shape}; it was {kind}")
    if mask.shape != shape:
        raise ValueError(f"mask must have shape {shape}; it had shape {mask.shape}")
    if not mask.any():
        raise ValueError("mask must keep at least one entry; every entry was False")
    return mask / mask.sum()
