"""The three recurrent cells: each equation, and right under it its backward.

A cell is written for one step. `rnnlib.sequence` walks it along a sequence, the same way for all three. Equations are for
column vectors (``W_x x_t``); arrays hold one sequence per row, so in code the same thing reads ``x_t @ W_x.T``.

D inputs, H hidden units, B sequences side by side, T steps. Everything is float64.
"""

import numpy as np

from . import _check


def sigmoid(z):
    """1 / (1 + exp(-z)), written with tanh so that a large |z| saturates instead of overflowing."""
    s = 0.5 * z
    np.tanh(s, out=s)
    s *= 0.5
    s += 0.5
    return s


def _outer_products(dz, a):
    """The T B outer products of dz (T, B, rows) and a (T, B, n), added up as one matrix product: (rows, n).

    a^T dz and its transpose, not dz^T a: the same numbers, and BLAS is quicker with the longer rows on the right.
    """
    return (a.reshape(-1, a.shape[-1]).T @ dz.reshape(-1, dz.shape[-1])).T


def _parameter(name):
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
    """What the three cells share: weights drawn uniformly from +-1/sqrt(H) (torch's default), sizes, and the zero state.

    Parameters
    ----------
    input_size, hidden_size : int
        D and H, at least 1.
    rng : numpy.random.Generator
        Draws the weights; nothing else is random.

    Attributes
    ----------
    params : dict of str to ndarray
        The live arrays: W_x (rows, D), W_h (rows, H), b (rows,) with rows = H, 4H (LSTM) or 3H (GRU). `cell.W_x` is
        `cell.params["W_x"]`, and assigning to it writes into that array.
    """

    blocks = 1          # rows of W_x, in units of H
    state_parts = 1     # arrays of shape (B, H) in one state
    cached_blocks = 0   # blocks of what `advance` leaves in its first argument, where the backward pass needs that

    W_x, W_h, b = (_parameter(name) for name in ("W_x", "W_h", "b"))

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
        return {"B": B, "H": self.hidden_size}

    def zero_state(self, B):
        """The start before anything was read: all zeros, shape (B, H), LSTM (2, B, H)."""
        return np.zeros(tuple(self.state_shape(_check.whole("B", B, 1)).values()))

    def hidden(self, states):
        """The h part of one state or of many, as a view: (..., B, H) -> (..., B, H), LSTM (..., 2, B, H) -> (..., B, H)."""
        return states

    def step(self, x_t, state):
        """One step: the new state from the input x_t (B, D) and the state before it (B, H), LSTM (2, B, H)."""
        _check.floats("x_t", x_t, {"B": None, "D": self.input_size})
        _check.floats("state", state, self.state_shape(len(x_t)))
        return self._step(x_t, state)

    def project(self, x, a):
        """W_x x_t + b for every step in one matrix product: x (T, B, D) -> a (T, B, rows), which is written."""
        np.matmul(x, np.ascontiguousarray(self.W_x.T), out=a)
        a += self.b

    def weight_gradients(self, dz, x, h_prev, gates):
        """Each weight gradient: the outer products of all steps, added up as one matrix product.

        dz (T, B, rows): dL/dz_t of the pre-activations; x (T, B, D); h_prev (T, B, H): h_0 .. h_{T-1}.
        """
        return {"W_x": _outer_products(dz, x), "W_h": _outer_products(dz, h_prev), "b": dz.sum(axis=(0, 1))}


class RNNCell(Cell):
    """h_t = tanh(W_x x_t + W_h h_{t-1} + b), Elman's cell (1990) with tanh. W_x (H, D), W_h (H, H), b (H,)."""

    def _step(self, x_t, h_prev):
        return np.tanh(x_t @ self.W_x.T + h_prev @ self.W_h.T + self.b)

    def advance(self, z_t, h_prev, h_t, W_h_T):
        """The step inside a sequence. z_t (B, H) comes in as W_x x_t + b; h_t (B, H) is written; both may be one array.

        W_h_T is W_h transposed and laid out anew, once for all steps.
        """
        z_t += h_prev @ W_h_T
        np.tanh(z_t, out=h_t)

    def step_backward(self, dh_t, h_prev, h_t, _, dz_t, dh_prev):
        """From dL/dh_t (B, H): dL/dz_t (B, H) is written into dz_t, dL/dh_{t-1} (B, H) into dh_prev."""
        np.multiply(dh_t, 1 - h_t * h_t, out=dz_t)                  # tanh'(z_t) = 1 - h_t^2
        np.matmul(dz_t, self.W_h, out=dh_prev)

    def jacobians(self, h, _):
        """d h_t / d h_{t-1} = diag(1 - h_t^2) W_h for every step: h (T+1, H) -> (T, H, H)."""
        return (1 - h[1:] ** 2)[:, :, None] * self.W_h


class LSTMCell(Cell):
    """Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

    ::

        z_t = W_x x_t + W_h h_{t-1} + b                         rows in the order i, f, g, o (torch's)
        i, f, o = sigma(z_i), sigma(z_f), sigma(z_o)            write, keep, show
        g = tanh(z_g)                                           what would be written
        c_t = f c_{t-1} + i g
        h_t = o tanh(c_t)

    The state is (2, B, H): [0] is h, [1] is c. W_x (4H, D), W_h (4H, H), b (4H,).

    Parameters
    ----------
    input_size, hidden_size, rng :
        As for every cell.
    forget_bias, input_bias : float, optional
        Set the bias of that gate in every unit; without them it is drawn like all weights. forget_bias = 4 keeps
        sigma(4) = 0.982 of c a step, input_bias = -4 writes 0.018 of g.
    """

    blocks, cached_blocks, state_parts = 4, 4, 2

    def __init__(self, input_size, hidden_size, rng, forget_bias=None, input_bias=None):
        super().__init__(input_size, hidden_size, rng)
        H = self.hidden_size
        _set_bias("input_bias", input_bias, self.b[:H])
        _set_bias("forget_bias", forget_bias, self.b[H:2 * H])
        # sigma(z) = tanh(z / 2) / 2 + 1/2: with these factors one tanh serves all four gates
        self._half = np.repeat([0.5, 0.5, 1.0, 0.5], H)

    def state_shape(self, B):
        return {"2": 2, "B": B, "H": self.hidden_size}

    def hidden(self, states):
        return states[..., 0, :, :]

    def _step(self, x_t, state):
        h_prev, c_prev = state
        i, f, g, o = np.split(x_t @ self.W_x.T + h_prev @ self.W_h.T + self.b, 4, axis=-1)
        c_t = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)
        return np.stack([sigmoid(o) * np.tanh(c_t), c_t])

    def advance(self, z_t, state, new_state, W_h_T):
        """The step inside a sequence. z_t (B, 4H) comes in as W_x x_t + b and leaves as the gates i, f, g, o."""
        H, (h_prev, c_prev), (h_t, c_t) = self.hidden_size, state, new_state
        i, f, g, o = z_t[:, :H], z_t[:, H:2 * H], z_t[:, 2 * H:3 * H], z_t[:, 3 * H:]
        z_t += h_prev @ W_h_T
        z_t *= self._half
        np.tanh(z_t, out=z_t)
        z_t *= self._half
        z_t += 1 - self._half
        np.multiply(f, c_prev, out=c_t)
        c_t += i * g
        np.tanh(c_t, out=h_t)
        h_t *= o

    def step_backward(self, d_state, state, new_state, gates, dz_t, d_prev):
        """From dL/d(h, c)_t (2, B, H): dL/dz_t (B, 4H) is written into dz_t, dL/d(h, c)_{t-1} (2, B, H) into d_prev.

        d_state[1] is what reaches c_t from step t+1 alone; the path through h_t = o tanh(c_t) is added here.
        """
        H, (dh, dc), c_prev, tanh_c = self.hidden_size, d_state, state[1], np.tanh(new_state[1])
        i, f, g, o = gates[:, :H], gates[:, H:2 * H], gates[:, 2 * H:3 * H], gates[:, 3 * H:]
        dc = dc + dh * o * (1 - tanh_c * tanh_c)
        np.subtract(1, gates, out=dz_t)
        dz_t *= gates                                               # sigma'(z) = s (1 - s), right for i, f and o
        dz_t[:, :H] *= dc * g
        dz_t[:, H:2 * H] *= dc * c_prev
        np.multiply(dc * i, 1 - g * g, out=dz_t[:, 2 * H:3 * H])    # tanh'(z) = 1 - g^2
        dz_t[:, 3 * H:] *= dh * tanh_c
        np.matmul(dz_t, self.W_h, out=d_prev[0])
        np.multiply(dc, f, out=d_prev[1])

    def jacobians(self, states, gates):
        """d (h, c)_t / d (h, c)_{t-1} for every step: states (T+1, 2H) as [h, c], gates (T, 4H) -> (T, 2H, 2H).

        The c-to-c block is diag(f_t): the direct path, a product of gates where the vanilla cell has a product of matrices.
        """
        H = self.hidden_size
        c_prev, tanh_c = states[:-1, H:], np.tanh(states[1:, H:])
        i, f, g, o = np.split(gates[:, :, None], 4, axis=1)                                 # each (T, H, 1)
        W_i, W_f, W_g, W_o = np.split(self.W_h, 4)
        dc_dh = (g * i * (1 - i)) * W_i + (c_prev[:, :, None] * f * (1 - f)) * W_f + (i * (1 - g * g)) * W_g
        dc_dc = f * np.eye(H)
        through_tanh = o * (1 - tanh_c ** 2)[:, :, None]
        dh_dh = (tanh_c[:, :, None] * o * (1 - o)) * W_o + through_tanh * dc_dh
        return np.concatenate([np.concatenate([dh_dh, through_tanh * dc_dc], axis=2),
                               np.concatenate([dc_dh, dc_dc], axis=2)], axis=1)


class GRUCell(Cell):
    """Gated recurrent unit (Cho et al. 2014), with the reset after the product, as in torch and cuDNN.

    ::

        r = sigma(W_xr x_t + W_hr h_{t-1} + b_r)                rows in the order r, z, n (torch's)
        z = sigma(W_xz x_t + W_hz h_{t-1} + b_z)                keep
        n = tanh(W_xn x_t + b_n + r (W_hn h_{t-1} + b_hn))      what would be written
        h_t = (1 - z) n + z h_{t-1}

    W_x (3H, D), W_h (3H, H), b (3H,), b_hn (H,).

    Parameters
    ----------
    input_size, hidden_size, rng :
        As for every cell.
    update_bias : float, optional
        Sets the bias of the gate z in every unit: 4 keeps sigma(4) = 0.982 of h a step and writes the rest.
    """

    blocks, cached_blocks = 3, 4
    b_hn = _parameter("b_hn")

    def __init__(self, input_size, hidden_size, rng, update_bias=None):
        super().__init__(input_size, hidden_size, rng)
        H = self.hidden_size
        self.params["b_hn"] = rng.uniform(-1 / np.sqrt(H), 1 / np.sqrt(H), H)
        _set_bias("update_bias", update_bias, self.b[H:2 * H])

    def _step(self, x_t, h_prev):
        a_r, a_z, a_n = np.split(x_t @ self.W_x.T + self.b, 3, axis=-1)
        u_r, u_z, u_n = np.split(h_prev @ self.W_h.T, 3, axis=-1)
        r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
        n = np.tanh(a_n + r * (u_n + self.b_hn))
        return (1 - z) * n + z * h_prev

    def project(self, x, a):
        """W_x x_t + b into a[..., :3H] for every step; the rest of a (T, B, 4H) is room for q = W_hn h_{t-1} + b_hn."""
        super().project(x, a[..., :3 * self.hidden_size])

    def advance(self, a_t, h_prev, h_t, W_h_T):
        """The step inside a sequence. a_t (B, 4H) comes in as `project` made it and leaves as r, z, n, q."""
        H, u = self.hidden_size, h_prev @ W_h_T
        rz, r, z, n, q = a_t[:, :2 * H], a_t[:, :H], a_t[:, H:2 * H], a_t[:, 2 * H:3 * H], a_t[:, 3 * H:]
        rz[...] = sigmoid(rz + u[:, :2 * H])
        np.add(u[:, 2 * H:], self.b_hn, out=q)
        n += r * q
        np.tanh(n, out=n)
        np.subtract(h_prev, n, out=h_t)
        h_t *= z
        h_t += n                                                    # n + z (h_{t-1} - n)

    def step_backward(self, dh_t, h_prev, h_t, gates, dz_t, dh_prev):
        """From dL/dh_t (B, H): dL/d(W_x x_t + b) (B, 3H) is written into dz_t, dL/dh_{t-1} (B, H) into dh_prev."""
        H = self.hidden_size
        r, z, n, q = gates[:, :H], gates[:, H:2 * H], gates[:, 2 * H:3 * H], gates[:, 3 * H:]
        keep = dh_t * z
        dn = (dh_t - keep) * (1 - n * n)
        dq = dn * r
        np.multiply(dq * q, 1 - r, out=dz_t[:, :H])                 # sigma'(r) = r (1 - r)
        np.multiply(keep * (h_prev - n), 1 - z, out=dz_t[:, H:2 * H])
        dz_t[:, 2 * H:] = dq                                        # what reaches W_hn h_{t-1}
        np.matmul(dz_t, self.W_h, out=dh_prev)
        dh_prev += keep
        dz_t[:, 2 * H:] = dn                                        # what reaches W_xn x_t

    def weight_gradients(self, dz, x, h_prev, gates):
        H = self.hidden_size
        dq = dz[..., 2 * H:] * gates[..., :H]                       # n sees h_{t-1} through r
        return {"W_x": _outer_products(dz, x),
                "W_h": np.concatenate([_outer_products(dz[..., :2 * H], h_prev), _outer_products(dq, h_prev)]),
                "b": dz.sum(axis=(0, 1)), "b_hn": dq.sum(axis=(0, 1))}

    def jacobians(self, h, gates):
        """d h_t / d h_{t-1} for every step: h (T+1, H), gates (T, 4H) -> (T, H, H)."""
        r, z, n, q = np.split(gates[:, :, None], 4, axis=1)         # each (T, H, 1)
        W_r, W_z, W_n = np.split(self.W_h, 3)
        dn = (1 - z) * (1 - n * n)
        return (z * np.eye(self.hidden_size) + ((h[:-1, :, None] - n) * z * (1 - z)) * W_z
                + dn * (r * W_n + q * r * (1 - r) * W_r))


def _set_bias(name, value, rows):
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)) or not np.isfinite(value):
        raise ValueError(f"{name} must be a finite number or None; it was {value!r}")
    rows[...] = value
