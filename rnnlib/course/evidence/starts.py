"""Ways to start a cell of the recall task: other weights, other biases, and an LSTM with a wider exit.

::

    rng = np.random.default_rng(seed)
    model = starts.model("RNN", "orthogonal 1.1", rng)          # a rnnlib.ManyToOne, D = 8, H = 24, K = 4
"""

import numpy as np

from ... import LSTMCell, ManyToOne, Readout
from ..toydata import recall


class WideExitLSTM(LSTMCell):
    """An LSTM that shows h_t = o * 10 tanh(c_t / 10) instead of o * tanh(c_t); all else is as in `rnnlib.LSTMCell`.

    The slope of the exit falls to one per cent at |c| = 30 instead of 3. Where an LSTM fails because c has grown too large to be
    seen, this one does not; that is all it is for.
    """

    width = 10.0

    def step_forward(self, a_t, state, W_h_T):
        (_, c_t), gates = super().step_forward(a_t, state, W_h_T)
        o = gates[..., 3 * self.hidden_size:]
        return np.array([o * self.width * np.tanh(c_t / self.width), c_t]), gates

    def step_backward(self, d_state, state, new_state, gates):
        # The slope of w tanh(c / w) is 1 - tanh(c / w)^2, so the LSTM's own lines serve, given c / w; only what reaches o
        # is w times as much.
        dz_t, d_prev = super().step_backward(d_state, state, new_state / self.width, gates)
        dz_t[..., 3 * self.hidden_size:] *= self.width
        d_prev[0] = dz_t @ self.W_h
        return dz_t, d_prev


def orthogonal(size, rng, gain=1.0):
    """A matrix (size, size) that turns and mirrors and stretches every vector by `gain` (Saxe et al. 2014).

    Drawn evenly from all orthogonal matrices: Q of a normal matrix, with the signs of R's diagonal put back (Mezzadri 2007).
    """
    Q, R = np.linalg.qr(rng.normal(size=(size, size)))
    return gain * Q * np.sign(np.diag(R))


# (cell, start) -> biases of the cell; for the RNN a function that gives W_h instead, and b = 0 with it
STARTS = {
    ("RNN", "default"): {},
    ("RNN", "orthogonal 1"): lambda H, rng: orthogonal(H, rng),
    ("RNN", "orthogonal 1.1"): lambda H, rng: orthogonal(H, rng, 1.1),
    ("RNN", "orthogonal 1.2"): lambda H, rng: orthogonal(H, rng, 1.2),
    ("RNN", "identity"): lambda H, rng: np.eye(H),
    ("LSTM", "default"): {},
    ("LSTM", "forget 1"): {"forget_bias": 1},
    ("LSTM", "forget 2"): {"forget_bias": 2},
    ("LSTM", "forget 4"): {"forget_bias": 4},
    ("LSTM", "forget 4, input -4"): {"forget_bias": 4, "input_bias": -4},
    ("wide LSTM", "default"): {},
    ("wide LSTM", "forget 4"): {"forget_bias": 4},
    ("GRU", "default"): {},
    ("GRU", "update 4"): {"update_bias": 4},
}


def model(cell, start, rng):
    """A rnnlib.ManyToOne for the recall task: `cell` and `start` are a key of `STARTS`.

    What is not said by the start is drawn as `recall.model` draws it, so that the default starts are the same network.
    """
    if (cell, start) not in STARTS:
        raise ValueError(f"cell and start must be one of {', '.join(map(str, STARTS))}; they were {(cell, start)}")
    how = STARTS[cell, start]
    if cell == "wide LSTM":
        return ManyToOne(WideExitLSTM(recall.D, recall.H, rng, **how), Readout(recall.H, recall.K, rng))
    if not callable(how):
        return recall.model(cell, rng, **how)
    network = recall.model(cell, rng)
    network.cell.W_h = how(recall.H, rng)
    network.cell.b = np.zeros(recall.H)
    return network
