"""A cell along a sequence: forward, backpropagation through time, Jacobians, and both directions.

Three moves make this fast, and nothing cleverer: all inputs are projected before the loop, the results
of every step go into arrays made once, and the T outer products of a weight gradient become one matrix
product after the loop.
"""

from typing import Any, NamedTuple

import numpy as np

from . import _check


class Cache(NamedTuple):
    """What `forward` keeps for the backward pass."""

    cell: Any
    x: np.ndarray           # (T, B, D)
    states: np.ndarray      # (T+1, B, H), LSTM (T+1, 2, B, H)
    gates: np.ndarray       # LSTM i, f, g, o (T, B, 4H); GRU r, z, n, q (T, B, 4H); RNNCell (T, B, 0)
    lengths: Any            # (B,), or None where all sequences have T steps


class Gradients(NamedTuple):
    """What `bptt` returns."""

    params: dict            # name -> gradient, like cell.params
    x: np.ndarray           # (T, B, D)     dL/dx_t
    states: np.ndarray      # like states   total dL/d state_t, t = 0..T
    h: np.ndarray           # (T+1, B, H)   its h part, a view
    norms: np.ndarray       # (T+1, B)      norm of the h part, per step and sequence


def forward(cell, x, state_0=None, lengths=None):
    """Run the cell along a sequence.

    Parameters
    ----------
    cell : Cell
    x : ndarray (T, B, D)
        The inputs, time first.
    state_0 : ndarray (B, H), LSTM (2, B, H), optional
        The state before the first input; zeros by default.
    lengths : ndarray of int (B,), optional
        Sequence b ends after lengths[b] steps, 1..T. After that its state no longer changes, whatever
        the padding holds, so states[-1] is every sequence's own last state.

    Returns
    -------
    states : ndarray (T+1, B, H), LSTM (T+1, 2, B, H)
        states[0] is the start, states[t] the state after t inputs.
    cache : Cache
        For `bptt` and `jacobians`. It holds x itself, not a copy: do not change x until they have run.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a finite floating-point array of that shape; nothing is broadcast.
    """
    _check.floats("x", x, {"T": None, "B": None, "D": cell.input_size})
    T, B, _ = x.shape
    if state_0 is None:
        state_0 = cell.zero_state(B)
    else:
        _check.floats("state_0", state_0, cell.state_shape(B))
    if lengths is not None:
        lengths = _check.whole_numbers("lengths", lengths, {"B": B}, 1, T)
    states = np.empty((T + 1, *state_0.shape))
    states[0] = state_0
    gates = np.empty((T, B, cell.gate_blocks * cell.hidden_size))
    W_x_T, W_h_T = np.ascontiguousarray(cell.W_x.T), np.ascontiguousarray(cell.W_h.T)
    a = x @ W_x_T                                       # W_x x_t + b, for all steps at once
    a += cell.b
    for t in range(T):
        states[t + 1], gates[t] = cell.step_forward(a[t], states[t], W_h_T)
        if lengths is not None:
            ended = lengths <= t
            states[t + 1][..., ended, :] = states[t][..., ended, :]
    return states, Cache(cell, x, states, gates, lengths)


def bptt(cell, dh, cache, d_last=None, truncate=None):
    """Backpropagation through time (Rumelhart et al. 1986, Werbos 1990).

    Parameters
    ----------
    cell : Cell
        The cell that made the cache, with the weights it had then.
    dh : ndarray (T, B, H)
        dL/dh_t of each step's own loss, for t = 1..T.
    cache : Cache
        From `forward`.
    d_last : ndarray shaped like a state, optional
        The gradient that reaches the last state from elsewhere, such as a decoder; an LSTM's c included.
    truncate : int, optional
        Cut the sequence into chunks of this many steps, counted from t = 1. The state crosses a cut, the
        gradient does not: a state at a cut has the gradient of the chunk that it ends. truncate >= T is
        the full pass.

    Returns
    -------
    Gradients
    """
    if not isinstance(cache, Cache) or cache.cell is not cell:
        raise ValueError("cache must come from forward(cell, ...) with this same cell")
    _, x, states, gates, lengths = cache
    (T, B, _), H = x.shape, cell.hidden_size
    _check.floats("dh", dh, {"T": T, "B": B, "H": H})
    if d_last is not None:
        _check.floats("d_last", d_last, cell.state_shape(B))
    truncate = T if truncate is None else _check.whole("truncate", truncate, 1)

    d_states, dz = np.empty_like(states), np.empty((T, B, cell.dz_blocks * H))
    d_h = cell.hidden(d_states)
    d_states[T] = 0 if d_last is None else d_last
    d_h[T] += dh[T - 1]                                 # the first path: this step's own loss
    for t in reversed(range(T)):                        # from state t+1 back to state t
        # the second path, through the next step, comes into d_states[t]
        dz[t], d_states[t] = cell.step_backward(d_states[t + 1], states[t], states[t + 1], gates[t])
        if lengths is not None:                         # after a sequence's end its state does not change
            ended = lengths <= t
            dz[t, ended] = 0
            d_states[t][..., ended, :] = d_states[t + 1][..., ended, :]
        if t and t % truncate == 0:                     # no gradient crosses a cut
            d_states[t] = 0
        if t:
            d_h[t] += dh[t - 1]                         # and the first path is added
    dx = dz[..., :len(cell.W_x)] @ cell.W_x             # for all steps at once
    return Gradients(cell.weight_gradients(dz, x, states), dx, d_states, d_h, norm(d_h))


def norm(a):
    """Euclidean norm over the last of at least two axes; rows too large or small to square are scaled."""
    with np.errstate(over="ignore", under="ignore"):
        square = np.einsum("...i,...i", a, a)
        result = np.sqrt(square)
    inexact = ~((square > 1e-280) & (square < 1e300))
    if inexact.any():
        rows = a[inexact]
        largest = np.abs(rows).max(axis=-1, keepdims=True)
        largest[largest == 0] = 1
        result[inexact] = np.linalg.norm(rows / largest, axis=-1) * largest[..., 0]
    return result


def jacobians(cell, cache):
    """d state_t / d state_{t-1} for t = 1..T of one sequence (B = 1): (T, S, S), S = H, LSTM 2H, h first.

    Entry [t, i, j] is d state_{t+1}[i] / d state_t[j] (arrays count from 0). For RNNCell the matrix of a
    step is diag(1 - h_t^2) W_h.
    """
    if not isinstance(cache, Cache) or cache.cell is not cell:
        raise ValueError("cache must come from forward(cell, ...) with this same cell")
    T, B, _ = cache.x.shape
    if B != 1:
        raise ValueError(f"jacobians take one sequence, x of shape (T, 1, D); x had shape {cache.x.shape}")
    S = cell.state_parts * cell.hidden_size
    unit = np.eye(S).reshape(S, -1, cell.hidden_size).swapaxes(0, 1).reshape(cell.zero_state(S).shape)
    J = np.empty((T, S, S))
    for t in range(T):
        # one step backward from S gradients side by side: the i-th is 1 at entry i of the new state
        _, d_prev = cell.step_backward(unit, cache.states[t], cache.states[t + 1], cache.gates[t])
        J[t] = d_prev.reshape(-1, S, cell.hidden_size).swapaxes(0, 1).reshape(S, S)
    if cache.lengths is not None:
        J[cache.lengths[0]:] = np.eye(S)                # after a sequence's end its state does not change
    return J


def jacobian_products(J):
    """All products up to the last state: J (T, S, S) -> (T+1, S, S), [k] = d state_T / d state_k.

    [T] is the identity and [0] the whole product J_T ... J_1; the lag is T - k.
    """
    if isinstance(J, np.ndarray) and (J.ndim != 3 or J.shape[1] != J.shape[2] or J.size == 0):
        raise ValueError(f"J must have shape (T, S, S), square matrices, T at least 1; it had shape {J.shape}")
    _check.floats("J", J, {"T": None, "S": None, "S'": None})
    products = np.empty((len(J) + 1, *J.shape[1:]))
    products[-1] = np.eye(J.shape[1])
    for k in reversed(range(len(J))):
        np.matmul(products[k + 1], J[k], out=products[k])
    return products


class Bidirectional:
    """One cell reads from left to right, another from right to left; out is [h_forward ; h_backward].

    Schuster and Paliwal (1997). The two cells may be of any kind, with the same input size.

    Attributes
    ----------
    params : dict
        The live arrays of both cells, named "forward.W_x", "backward.W_x" and so on.
    """

    def __init__(self, forward_cell, backward_cell):
        if forward_cell.input_size != backward_cell.input_size:
            raise ValueError(f"both cells must have the same input_size; they had {forward_cell.input_size} "
                             f"and {backward_cell.input_size}")
        if forward_cell is backward_cell:
            raise ValueError("forward_cell and backward_cell must be two cells; the same object was given twice")
        self.forward_cell, self.backward_cell = forward_cell, backward_cell
        self.input_size = forward_cell.input_size
        self.hidden_size = forward_cell.hidden_size + backward_cell.hidden_size
        self.params = {**_prefixed("forward", forward_cell.params), **_prefixed("backward", backward_cell.params)}

    def hidden(self, states):
        """The h part of a state, as the cells have it; here a state is h alone."""
        return states

    def forward(self, x, lengths=None):
        """Both directions over x (T, B, D): out (T, B, 2H) (the sum of the two H if they differ), and the cache.

        lengths (B,), whole numbers from 1 to T: sequence b ends after lengths[b] steps. The backward cell
        starts at each sequence's own end, and out is zero in the padding, whatever (finite) x is there.
        """
        _check.floats("x", x, {"T": None, "B": None, "D": self.input_size})
        T, B, _ = x.shape
        if lengths is not None:
            lengths = _check.whole_numbers("lengths", lengths, {"B": B}, 1, T)
        mirror, inside = _mirror(np.full(B, T) if lengths is None else lengths, T)
        states_f, cache_f = forward(self.forward_cell, x, lengths=lengths)
        states_b, cache_b = forward(self.backward_cell, _take(x, mirror), lengths=lengths)
        h_f = self.forward_cell.hidden(states_f)[1:]
        h_b = _take(self.backward_cell.hidden(states_b)[1:], mirror)
        return np.concatenate([h_f, h_b], axis=-1) * inside, (cache_f, cache_b, mirror, inside)

    def last(self, cache):
        """The last state of each direction, joined: (B, 2H). The backward cell's is the one after x_1."""
        return np.concatenate([c.cell.hidden(c.states[-1]) for c in cache[:2]], axis=-1)

    def backward(self, dout, cache, d_last=None):
        """(gradients of params, dL/dx (T, B, D)) from dL/dout (T, B, 2H); in the padding it is ignored.

        d_last (B, 2H), optional: the gradient that reaches `last(cache)`.
        """
        if not isinstance(cache, tuple) or len(cache) != 4 or getattr(cache[0], "cell", None) is not self.forward_cell:
            raise ValueError("cache must come from this Bidirectional's own forward")
        cache_f, cache_b, mirror, inside = cache
        T, B, _ = cache_f.x.shape
        _check.floats("dout", dout, {"T": T, "B": B, "2H": self.hidden_size})
        if d_last is not None:
            _check.floats("d_last", d_last, {"B": B, "2H": self.hidden_size})
        H = self.forward_cell.hidden_size
        dh_f, dh_b = dout[..., :H] * inside, _take(dout[..., H:] * inside, mirror)
        if d_last is not None:                          # padded states repeat the last one, so add it at T
            dh_f[-1] += d_last[:, :H]
            dh_b[-1] += d_last[:, H:]
        grads_f = bptt(self.forward_cell, dh_f, cache_f)
        grads_b = bptt(self.backward_cell, dh_b, cache_b)
        return ({**_prefixed("forward", grads_f.params), **_prefixed("backward", grads_b.params)},
                grads_f.x + _take(grads_b.x, mirror))


def _prefixed(side, arrays):
    return {f"{side}.{name}": array for name, array in arrays.items()}


def _mirror(lengths, T):
    """The index (T, B) that reverses each sequence within its length, and the mask (T, B, 1) of its steps."""
    t = np.arange(T)[:, None]
    inside = t < lengths
    return np.where(inside, lengths - 1 - t, t), inside[:, :, None]


def _take(a, index):
    return np.take_along_axis(a, index[:, :, None], axis=0)
