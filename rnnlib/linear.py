"""Linear recurrences h_t = a_t h_{t-1} + b_t: the factor is not a product of weights and slopes but a number of its own.

Nothing bends between the steps, so they may be joined in any grouping: `scan` needs about 2 log2(T) rounds, in each of which
all pairs are independent, where a loop needs T steps one after the other. The gradient is the same recurrence, run from the end.
"""

import numpy as np

from . import _check
from .cells import _set_bias, outer_products, parameter, sigmoid
from .layer import Layer


def combine(a_1, b_1, a_2, b_2):
    """Two steps as one: a_2 (a_1 h + b_1) + b_2 = a h + b. Returns a and b."""
    return a_2 * a_1, a_2 * b_1 + b_2


def scan(a, b):
    """All states h_1 .. h_T of h_t = a_t h_{t-1} + b_t from h_0 = 0, with the steps joined in pairs.

    The pairs (1, 2), (3, 4), ... make a sequence half as long, and so on; on the way back every other state is filled in.
    This is the parallel prefix sum of Blelloch (1990), who names linear recurrences; Martin and Cundy (2018) brought it into
    networks. It takes about twice the arithmetic of the loop.

    Parameters
    ----------
    a, b : ndarray (T, ...)
        The factors and what is added, of one shape, real or complex; both finite.

    Returns
    -------
    h : ndarray (T, ...)
        h[0] is h_1.
    """
    _check_steps(a=a, b=b)
    return _scan(a, b)


def _scan(a, b):
    h, even = np.empty(b.shape, np.result_type(a, b)), len(b) // 2 * 2
    h[0] = b[0]
    if even:
        h[1::2] = _scan(*combine(a[0:even:2], b[0:even:2], a[1:even:2], b[1:even:2]))   # h_2, h_4, ...
        h[2::2] = a[2::2] * h[1:-1:2] + b[2::2]                                         # h_3, h_5, ... are one step more
    return h


def scan_backward(dh, a, h):
    """dL/da and dL/db (T, ...) from dh: dL/dh_t of each step's own loss, (T, ...); a and h from the forward pass.

    What reaches h_t is dh_t plus a_{t+1} times what reaches h_{t+1}: a scan, from the end. Complex numbers hold the gradient
    as dL/d(real part) + i dL/d(imaginary part), and then the factor is the conjugate of a_{t+1}.
    """
    _check_steps(dh=dh, a=a, h=h)
    a_next, h_prev = np.zeros_like(a), np.zeros_like(h)
    a_next[:-1], h_prev[1:] = np.conj(a[1:]), h[:-1]
    db = _scan(a_next[::-1], dh[::-1])[::-1]
    return db * np.conj(h_prev), db


class Diagonal(Layer):
    """h_t = lambda h_{t-1} + W_x x_t: each unit has a factor of its own, between 0 and 1, and it is trained.

    lambda = exp(-exp(nu)), so that it stays between 0 and 1 whatever nu is, and a step of the optimiser moves the memory
    tau = 1 / (1 - lambda), in steps, by a share of itself. This is the real half of the linear recurrent unit (Orvieto et
    al. 2023), without its normalisation; the diagonal state space models S4D and DSS (2022) are its relatives. nu (H,),
    W_x (H, D).

    Parameters
    ----------
    input_size, hidden_size : int
        D and H, at least 1.
    rng : numpy.random.Generator
        Draws W_x uniformly from +-1/sqrt(D), and lambda.
    low, high : float
        lambda is drawn uniformly between them; 0 < low <= high < 1.
    """

    nu, W_x = parameter("nu"), parameter("W_x")

    def __init__(self, input_size, hidden_size, rng, low=0.9, high=0.999):
        self.input_size, self.hidden_size = D, H = _sizes(input_size, hidden_size, rng)
        self.params = {"nu": _draw_nu(low, high, H, rng), "W_x": rng.uniform(-1, 1, (H, D)) / np.sqrt(D)}

    @property
    def factor(self):
        """lambda (H,)."""
        return np.exp(-np.exp(self.nu))

    def run(self, x, lengths):
        b = x @ self.W_x.T                                          # (T, B, H)
        a = np.broadcast_to(self.factor, b.shape)                   # the same at every step
        h = scan(a, b)
        return h, (x, a, h)

    def run_backward(self, dh, kept):
        x, a, h = kept
        da, db = scan_backward(dh, a, h)
        d_factor = da.sum(axis=(0, 1))
        d_nu = -d_factor * self.factor * np.exp(self.nu)            # lambda' = -exp(nu) lambda
        return {"nu": d_nu, "W_x": outer_products(db, x)}, db @ self.W_x


class Rotating(Layer):
    """Diagonal with complex lambda = exp(-exp(nu) + i theta): at each step a unit shrinks and turns by the angle theta.

    The linear recurrent unit (Orvieto et al. 2023), without its normalisation. H / 2 complex units make H numbers for the
    readout, [real parts; imaginary parts], and W_x (H, D) has its rows in that order. nu, theta (H/2,).

    Parameters
    ----------
    input_size, hidden_size : int
        D and H; H is even.
    rng : numpy.random.Generator
        Draws W_x uniformly from +-1/sqrt(2 D), |lambda|, and theta uniformly from 0 to pi.
    low, high : float
        |lambda| is drawn uniformly between them; 0 < low <= high < 1.
    """

    nu, theta, W_x = (parameter(name) for name in ("nu", "theta", "W_x"))

    def __init__(self, input_size, hidden_size, rng, low=0.9, high=0.999):
        self.input_size, self.hidden_size = D, H = _sizes(input_size, hidden_size, rng)
        if H % 2:
            raise ValueError(f"hidden_size must be even, two numbers for each unit; it was {H}")
        self.params = {"nu": _draw_nu(low, high, H // 2, rng), "theta": rng.uniform(0, np.pi, H // 2),
                       "W_x": rng.uniform(-1, 1, (H, D)) / np.sqrt(2 * D)}

    @property
    def factor(self):
        """lambda (H/2,), complex."""
        return np.exp(-np.exp(self.nu) + 1j * self.theta)

    def run(self, x, lengths):
        b = _complex(x @ self.W_x.T)                                # (T, B, H/2)
        a = np.broadcast_to(self.factor, b.shape)
        h = scan(a, b)
        return _real(h), (x, a, h)

    def run_backward(self, dout, kept):
        x, a, h = kept
        da, db = scan_backward(_complex(dout), a, h)
        d_log = np.conj(da.sum(axis=(0, 1))) * self.factor          # towards the exponent of lambda
        grads = {"nu": -d_log.real * np.exp(self.nu), "theta": -d_log.imag, "W_x": outer_products(_real(db), x)}
        return grads, _real(db) @ self.W_x


class MinGRU(Layer):
    """A GRU whose gates see x_t alone, so that its recurrence is linear in h (Feng et al. 2024).

    ::

        z = sigma(W_xz x_t + b_z)                               keep; rows in the order z, n
        n = tanh(W_xn x_t + b_n)                                what would be written
        h_t = z h_{t-1} + (1 - z) n

    As in `GRUCell`, z keeps; in the paper it writes. The paper leaves out the tanh as well. W_x (2H, D), b (2H,).

    Parameters
    ----------
    input_size, hidden_size : int
        D and H, at least 1.
    rng : numpy.random.Generator
        Draws the weights uniformly from +-1/sqrt(H).
    update_bias : float, optional
        Sets the bias of the gate z in every unit: 4 keeps sigma(4) = 0.982 of h per step; ln T keeps T / (T + 1).
    signed : bool
        The factor is 2 z - 1, between -1 and 1, instead of z.
    """

    W_x, b = parameter("W_x"), parameter("b")

    def __init__(self, input_size, hidden_size, rng, update_bias=None, signed=False):
        self.input_size, self.hidden_size = D, H = _sizes(input_size, hidden_size, rng)
        bound, self.signed = 1 / np.sqrt(H), bool(signed)
        self.params = {"W_x": rng.uniform(-bound, bound, (2 * H, D)), "b": rng.uniform(-bound, bound, 2 * H)}
        _set_bias("update_bias", update_bias, self.b[:H])

    def run(self, x, lengths):
        z, n = np.split(x @ self.W_x.T + self.b, 2, axis=-1)        # all steps at once: nothing here sees h
        z, n = sigmoid(z), np.tanh(n)
        a = 2 * z - 1 if self.signed else z
        h = scan(a, (1 - z) * n)
        return h, (x, z, n, a, h)

    def run_backward(self, dh, kept):
        x, z, n, a, h = kept
        da, db = scan_backward(dh, a, h)
        dz = (2 * da if self.signed else da) - db * n
        d = np.concatenate([dz * z * (1 - z), db * (1 - z) * (1 - n * n)], axis=-1)      # before sigma, before tanh
        return {"W_x": outer_products(d, x), "b": d.sum(axis=(0, 1))}, d @ self.W_x


def _complex(a):
    re, im = np.split(a, 2, axis=-1)
    return re + 1j * im


def _real(a):
    return np.concatenate([a.real, a.imag], axis=-1)


def _sizes(input_size, hidden_size, rng):
    _check.generator(rng)
    return _check.whole("input_size", input_size, 1), _check.whole("hidden_size", hidden_size, 1)


def _draw_nu(low, high, size, rng):
    low, high = _check.positive("low", low), _check.positive("high", high)
    if not low <= high < 1:
        raise ValueError(f"low and high must be factors with 0 < low <= high < 1; they were {low} and {high}")
    return np.log(-np.log(rng.uniform(low, high, size)))


def _check_steps(**arrays):
    """All must be finite arrays of floats or complex numbers, of one shape (T, ...)."""
    names = list(arrays)
    for name, value in arrays.items():
        if not isinstance(value, np.ndarray):
            raise TypeError(f"{name} must be a NumPy array of floats or complex numbers; it was a {type(value).__name__}")
        if value.dtype.kind not in "fc":
            raise TypeError(f"{name} must hold floating-point or complex numbers; its dtype was {value.dtype}")
        if value.ndim == 0 or value.size == 0:
            raise ValueError(f"{name} must have shape (T, ...), every axis at least 1; it had shape {value.shape}")
        if value.shape != arrays[names[0]].shape:
            raise ValueError(f"{' and '.join(names)} must have one shape; {name} had shape {value.shape} and {names[0]} had "
                             f"{arrays[names[0]].shape}")
        if not np.isfinite(value).all():
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
            raise ValueError(f"{name} must be finite; {name}{list(where)} was {value[where]} (shape {value.shape})")
