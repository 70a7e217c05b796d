"""The weights of a cell carried over to ``torch.nn`` and back. The one place that imports torch, and not before it is asked to.

torch calls W_x weight_ih_l0, and W_h weight_hh_l0. It adds two biases, bias_ih_l0 + bias_hh_l0, where the equation has one b;
of the second only the rows of a GRU's n, which the reset gate multiplies, are something else: b_hn.
"""

import numpy as np

from .cells import GRUCell, LSTMCell, RNNCell

_KINDS = {RNNCell: "RNN", LSTMCell: "LSTM", GRUCell: "GRU"}


def to_torch(cell):
    """A ``torch.nn.RNN``, ``LSTM`` or ``GRU`` in float64 that computes what the cell computes; it shares no memory.

    bias_ih_l0 holds b, bias_hh_l0 is zero (of a GRU, b_hn in its last H entries). Raises TypeError for any other cell.
    """
    import torch

    if type(cell) not in _KINDS:
        raise TypeError(f"cell must be an RNNCell, LSTMCell or GRUCell; it was {type(cell).__name__}")
    H, D = cell.W_h.shape[1], cell.W_x.shape[1]
    second = np.zeros_like(cell.b)
    if isinstance(cell, GRUCell):
        second[2 * H:] = cell.b_hn
    net = getattr(torch.nn, _KINDS[type(cell)])(D, H).double()
    arrays = {"weight_ih_l0": cell.W_x, "weight_hh_l0": cell.W_h, "bias_ih_l0": cell.b, "bias_hh_l0": second}
    net.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
    return net


def from_torch(net):
    """A cell with the weights of a ``torch.nn.RNN``, ``LSTM`` or ``GRU`` of one layer and one direction, in float64.

    Raises TypeError for another module, ValueError for what a cell of this course does not have: several layers, a second
    direction, no biases, a projection, relu.
    """
    kind = type(net).__name__
    if kind not in _KINDS.values():
        raise TypeError(f"net must be a torch.nn.RNN, LSTM or GRU; it was {kind}")
    for name, wanted in {"num_layers": 1, "bidirectional": False, "bias": True, "proj_size": 0, "nonlinearity": "tanh"}.items():
        if getattr(net, name, wanted) != wanted:
            raise ValueError(f"net.{name} must be {wanted!r}, as in a cell of this course; it was {getattr(net, name)!r}")
    W_x, W_h, b, second = (p.detach().cpu().numpy().astype(float) for p in net.parameters())
    H = net.hidden_size
    [make] = [cell for cell, name in _KINDS.items() if name == kind]
    cell = make(net.input_size, H, np.random.default_rng(0))         # every number it draws is replaced
    if kind == "GRU":
        cell.b_hn = second[2 * H:]
        second[2 * H:] = 0
    cell.W_x, cell.W_h, cell.b = W_x, W_h, b + second
    return cell
