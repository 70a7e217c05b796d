"""The three recurrent cells: each equation, and directly under it its backward.

A cell is written for one step. `rnnlib.sequence` runs it along a sequence, in the same way for every
cell, and `Cell` says what a new one must provide. Equations are for column vectors (``W_x x_t``);
arrays hold one sequence per row, so in code the same thing reads ``x_t @ W_x.T``.

D inputs, H hidden units, B sequences side by side, T steps. Everything is float64.
"""

import numpy as np

from . import _check


def sigmoid(z):
    """1 / (1 + exp(-z)), written with tanh so that a large |z| saturates instead of overflowing."""
    s = np.tanh(0.5 * z)
    s *= 0.5
    s += 0.5
    return s


def split(a, n):
    """The n blocks (..., H) of a (..., n H), as views: np.split(a, n, axis=-1), but ten times as fast."""
    H = a.shape[-1] // n
    return [a[..., k * H:(k + 1) * H] for k in range(n)]


def outer_products(dz, a):
    """The sum of the T B outer products of dz (T, B, rows) and a (T, B, n), as one matrix product: (rows, n).

    (a^T dz)^T and not dz^T a: the same numbers, but BLAS is quicker with the longer rows on the right.
    """
    return (a.reshape(-1, a.shape[-1]).T @ dz.reshape(-1, dz.shape[-1])).T


def parameter(name):
    """A property for one entry of `.params`; assigning writes into the live array and keeps its shape."""

    def get(cell):
        return cell.params[name]

    def put(cell, value):
        array, value = cell.params[name], np.asarray(value)
        if value.dtype.kind not in "fiu":
            raise TypeError(f"{name} must hold real numbers; the new value had dtype {value.dtype}")
        if value.shape != array.shape:
            raise ValueError(f"{name} must have shape {array.shape}; the new value had shape {value.shape}")
        array[...] = value

    return property(get, put)


class Cell:
    """What all cells share: sizes, the zero state, and weights drawn uniformly from +-1/sqrt(H), as in torch.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H, at least 1.
    rng : numpy.random.Generator
        Draws the weights; nothing else is random.

    Attributes
    ----------
    params : dict of str to ndarray
        The live arrays: W_x (blocks H, D), W_h (blocks H, H), b (blocks H,). `cell.W_x` is
        `cell.params["W_x"]`, and assigning to it writes into that array.

    Notes
    -----
    To add a cell, write a subclass with these two methods, which leave their arguments unchanged. Then
    `forward`, `bptt`, `jacobians`, `Bidirectional`, the four wirings and `train` work with it.

    ``step_forward(a_t, state, W_h_T) -> (new_state, gates)``
        One step for B sequences. a_t (B, blocks H) is W_x x_t + b; a state is (B, H); W_h_T is W_h
        transposed. gates (B, gate_blocks H): what the backward step needs besides the two states, or
        () if it needs nothing.
    ``step_backward(d_state, state, new_state, gates) -> (dz_t, d_prev)``
        The same step backward, from d_state = dL/d new_state to d_prev = dL/d state, both shaped like a
        state. dz_t (B, dz_blocks H) begins with dL/d a_t; anything else that `weight_gradients` needs may
        follow. (`jacobians` gives d_state many rows and the other arguments one: let NumPy broadcast.)
    ``blocks, gate_blocks, dz_blocks, state_parts``
        Class attributes: those widths, and the number of (B, H) arrays in a state. With two of them a
        state is (2, B, H), and [0] is h.

    A cell with more parameters adds them to `params` in __init__ and to `weight_gradients`.
    """

    blocks, gate_blocks, dz_blocks, state_parts = 1, 0, 1, 1

    W_x, W_h, b = (parameter(name) for name in ("W_x", "W_h", "b"))

    def __init__(self, input_size, hidden_size, rng):
        self.input_size = D = _check.whole("input_size", input_size, 1)
        self.hidden_size = H = _check.whole("hidden_size", hidden_size, 1)
        _check.generator(rng)
        rows, bound = self.blocks * H, 1 / np.sqrt(H)
        self.params = {"W_x": rng.uniform(-bound, bound, (rows, D)),
                       "W_h": rng.uniform(-bound, bound, (rows, H)),
                       "b": rng.uniform(-bound, bound, rows)}

    def __repr__(self):
        return f"{type(self).__name__}(input_size={self.input_size}, hidden_size={self.hidden_size})"

    def state_shape(self, B):
        """Axes of one state for B sequences, as letters and sizes: (B, H), or (2, B, H) for an LSTM."""
        parts = {} if self.state_parts == 1 else {str(self.state_parts): self.state_parts}
        return {**parts, "B": B, "H": self.hidden_size}

    def zero_state(self, B):
        """The state before anything was read: all zeros, shape (B, H), LSTM (2, B, H)."""
        return np.zeros(tuple(self.state_shape(_check.whole("B", B, 1)).values()))

    def hidden(self, states):
        """The h part of one state or of many, as a view: (..., B, H) from (..., B, H), LSTM (..., 2, B, H)."""
        return states if self.state_parts == 1 else states[..., 0, :, :]

    def step(self, x_t, state):
        """One step: the new state from the input x_t (B, D) and the state before, (B, H), LSTM (2, B, H)."""
        _check.floats("x_t", x_t, {"B": None, "D": self.input_size})
        _check.floats("state", state, self.state_shape(len(x_t)))
        new_state, _ = self.step_forward(x_t @ self.W_x.T + self.b, state, self.W_h.T)
        return new_state

    def weight_gradients(self, dz, x, states):
        """The gradients of params: for each weight, the sum of the outer products of all steps.

        dz (T, B, dz_blocks H), zero after a sequence's end; x (T, B, D); states (T+1, B, H).
        """
        dz, h_prev = dz[..., :self.blocks * self.hidden_size], self.hidden(states)[:-1]
        return {"W_x": outer_products(dz, x), "W_h": outer_products(dz, h_prev), "b": dz.sum(axis=(0, 1))}


class RNNCell(Cell):
    """h_t = tanh(W_x x_t + W_h h_{t-1} + b): Elman (1990), with tanh. W_x (H, D), W_h (H, H), b (H,)."""

    def step_forward(self, a_t, h_prev, W_h_T):
        h_t = np.tanh(a_t + h_prev @ W_h_T)             # a_t = W_x x_t + b
        return h_t, ()                                  # no gates

    def step_backward(self, dh_t, h_prev, h_t, _):
        dz_t = dh_t * (1 - h_t**2)                      # tanh'(z_t) = 1 - h_t^2
        dh_prev = dz_t @ self.W_h
        return dz_t, dh_prev


class LSTMCell(Cell):
    """Long short-term memory (Hochreiter and Schmidhuber 1997, the forget gate by Gers et al. 2000).

    ::

        z_t = W_x x_t + W_h h_{t-1} + b                     rows in the order i, f, g, o (torch's)
        i, f, o = sigma(z_i), sigma(z_f), sigma(z_o)        write, keep, show
        g = tanh(z_g)                                       what would be written
        c_t = f c_{t-1} + i g
        h_t = o tanh(c_t)

    The state is (2, B, H): [0] is h, [1] is c. W_x (4H, D), W_h (4H, H), b (4H,). Directly, not through
    h, d c_t / d c_{t-1} = diag(f): over many steps a product of gates, not of matrices.

    Parameters
    ----------
    input_size, hidden_size, rng :
        As for every cell.
    forget_bias, input_bias : float, optional
        Set the bias of that gate in every unit; by default it is drawn like all weights. At each step
        forget_bias = 4 keeps sigma(4) = 0.982 of c, and input_bias = -4 writes 0.018 of g.
    """

    blocks = gate_blocks = dz_blocks = 4
    state_parts = 2

    def __init__(self, input_size, hidden_size, rng, forget_bias=None, input_bias=None):
        super().__init__(input_size, hidden_size, rng)
        b_i, b_f, _, _ = split(self.b, 4)
        _set_bias("input_bias", input_bias, b_i)
        _set_bias("forget_bias", forget_bias, b_f)

    def step_forward(self, a_t, state, W_h_T):
        h_prev, c_prev = state
        z_i, z_f, z_g, z_o = split(a_t + h_prev @ W_h_T, 4)
        i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
        c_t = f * c_prev + i * g
        h_t = o * np.tanh(c_t)
        return np.array([h_t, c_t]), np.concatenate([i, f, g, o], axis=-1)

    def step_backward(self, d_state, state, new_state, gates):
        (dh_t, dc_t), (_, c_prev), (_, c_t) = d_state, state, new_state
        i, f, g, o = split(gates, 4)
        tanh_c = np.tanh(c_t)
        dc_t = dc_t + dh_t * o * (1 - tanh_c**2)        # c_t acts through h_t = o tanh(c_t), too
        dz_i = dc_t * g * (i * (1 - i))                 # sigma'(z) = s (1 - s)
        dz_f = dc_t * c_prev * (f * (1 - f))
        dz_g = dc_t * i * (1 - g**2)
        dz_o = dh_t * tanh_c * (o * (1 - o))
        dz_t = np.concatenate([dz_i, dz_f, dz_g, dz_o], axis=-1)
        dh_prev, dc_prev = dz_t @ self.W_h, dc_t * f
        return dz_t, np.array([dh_prev, dc_prev])


class GRUCell(Cell):
    """Gated recurrent unit (Cho et al. 2014), with the reset after the product, as in torch and cuDNN.

    ::

        r = sigma(W_xr x_t + W_hr h_{t-1} + b_r)            rows in the order r, z, n (torch's)
        z = sigma(W_xz x_t + W_hz h_{t-1} + b_z)            keep
        q = W_hn h_{t-1} + b_hn
        n = tanh(W_xn x_t + b_n + r q)                      what would be written
        h_t = (1 - z) n + z h_{t-1}

    W_x (3H, D), W_h (3H, H), b (3H,), b_hn (H,).

    Parameters
    ----------
    input_size, hidden_size, rng :
        As for every cell.
    update_bias : float, optional
        Sets the bias of the gate z in every unit: 4 keeps sigma(4) = 0.982 of h at each step.
    """

    blocks, gate_blocks, dz_blocks = 3, 4, 4            # r, z, n; r, z, n, q; the gradients of those
    b_hn = parameter("b_hn")

    def __init__(self, input_size, hidden_size, rng, update_bias=None):
        super().__init__(input_size, hidden_size, rng)
        H = self.hidden_size
        self.params["b_hn"] = rng.uniform(-1 / np.sqrt(H), 1 / np.sqrt(H), H)
        _, b_z, _ = split(self.b, 3)
        _set_bias("update_bias", update_bias, b_z)

    def step_forward(self, a_t, h_prev, W_h_T):
        a_r, a_z, a_n = split(a_t, 3)
        u_r, u_z, u_n = split(h_prev @ W_h_T, 3)
        r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
        q = u_n + self.b_hn
        n = np.tanh(a_n + r * q)
        h_t = z * (h_prev - n) + n                      # (1 - z) n + z h_{t-1}
        return h_t, np.concatenate([r, z, n, q], axis=-1)

    def step_backward(self, dh_t, h_prev, h_t, gates):
        r, z, n, q = split(gates, 4)
        kept = dh_t * z
        dz_n = (dh_t - kept) * (1 - n**2)
        dq = dz_n * r
        dz_r = dq * q * (1 - r)                         # dz_n q r (1 - r)
        dz_z = kept * (h_prev - n) * (1 - z)            # dh_t (h_{t-1} - n) z (1 - z)
        dh_prev = np.concatenate([dz_r, dz_z, dq], axis=-1) @ self.W_h + kept
        return np.concatenate([dz_r, dz_z, dz_n, dq], axis=-1), dh_prev

    def weight_gradients(self, dz, x, states):
        H, h_prev = self.hidden_size, states[:-1]
        dz, dq = dz[..., :3 * H], dz[..., 3 * H:]
        # W_hn acts through q, so its rows take dq where those of W_xn take dz_n
        W_h = np.concatenate([outer_products(dz[..., :2 * H], h_prev), outer_products(dq, h_prev)])
        return {"W_x": outer_products(dz, x), "W_h": W_h,
                "b": dz.sum(axis=(0, 1)), "b_hn": dq.sum(axis=(0, 1))}


def _set_bias(name, value, rows):
    if value is None:
        return
    real = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not real or not np.isfinite(value):
        raise ValueError(f"{name} must be a finite number or None; it was {value!r}")
    rows[...] = value
