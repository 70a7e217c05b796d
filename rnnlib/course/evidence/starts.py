"""Ways to start a cell of the recall task: other weights, other biases, and an LSTM with another exit.

::

    rng = np.random.default_rng(seed)
    model = starts.model("RNN", "orthogonal 1.1", rng)          # a rnnlib.ManyToOne, D = 8, H = 24, K = 4
"""

import numpy as np

from ... import LSTMCell, ManyToOne, Readout
from ..toydata import recall


class ExitLSTM(LSTMCell):
    """An LSTM that shows h_t = o * height tanh(c_t / width) instead of o * tanh(c_t); all else is as in `rnnlib.LSTMCell`.

    The slope of tanh(c / width) falls to one per cent at |c| = 3 width: a width of 10 keeps the exit open where c is large. The
    height says how large h may be. Only together, 10 and 10, do they leave a small c as it is shown; alone, each is the other's
    control.

    Parameters
    ----------
    input_size, hidden_size, rng, forget_bias, input_bias :
        As for `rnnlib.LSTMCell`.
    width, height : float
        How far c may go before the exit closes, and the largest |h|.
    """

    def __init__(self, input_size, hidden_size, rng, forget_bias=None, input_bias=None, width=10.0, height=10.0):
        super().__init__(input_size, hidden_size, rng, forget_bias, input_bias)
        self.width, self.height = float(width), float(height)

    def step_forward(self, a_t, state, W_h_T):
        (_, c_t), gates = super().step_forward(a_t, state, W_h_T)
        o = gates[..., 3 * self.hidden_size:]
        return np.array([o * self.height * np.tanh(c_t / self.width), c_t]), gates

    def step_backward(self, d_state, state, new_state, gates):
        # The slope of height tanh(c / width) is height / width (1 - tanh(c / width)^2), so the LSTM's own lines serve, given
        # c / width and height / width as much of dh; what reaches o is width times as much again.
        d_state = np.array([self.height / self.width * d_state[0], d_state[1]])
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
    ("wide quiet LSTM", "forget 4"): {"forget_bias": 4},
    ("loud LSTM", "forget 4"): {"forget_bias": 4},
    ("GRU", "default"): {},
    ("GRU", "update 4"): {"update_bias": 4},
}

# cell -> width and height of its exit: 10 tanh(c / 10), tanh(c / 10), 10 tanh(c)
EXITS = {"wide LSTM": (10, 10), "wide quiet LSTM": (10, 1), "loud LSTM": (1, 10)}


def model(cell, start, rng):
    """A rnnlib.ManyToOne for the recall task: `cell` and `start` are a key of `STARTS`.

    What is not said by the start is drawn as `recall.model` draws it, so that the default starts are the same network.
    """
    if (cell, start) not in STARTS:
        raise ValueError(f"cell and start must be one of {', '.join(map(str, STARTS))}; they were {(cell, start)}")
    how = STARTS[cell, start]
    if cell in EXITS:
        width, height = EXITS[cell]
        changed = ExitLSTM(recall.D, recall.H, rng, **how, width=width, height=height)
        return ManyToOne(changed, Readout(recall.H, recall.K, rng))
    if not callable(how):
        return recall.model(cell, rng, **how)
    network = recall.model(cell, rng)
    network.cell.W_h = how(recall.H, rng)
    network.cell.b = np.zeros(recall.H)
    return network
