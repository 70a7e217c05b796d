"""Recurrent neural networks in NumPy, written to be read: the library under the course in notebooks/.

``import rnnlib`` needs numpy alone. The figures, widgets and exercises of the lessons are in
`rnnlib.course`, which is loaded on first use.
"""

import importlib

from .attention import Attention, SelfAttention, attend, positions
from .cells import Cell, GRUCell, LSTMCell, RNNCell
from .generation import beam_search, greedy, probabilities, sample
from .gradcheck import gradient_check
from .layer import Layer, Stack, Stepwise
from .linear import Diagonal, MinGRU, Rotating, scan
from .patterns import Embedding, EncoderDecoder, ManyToMany, ManyToOne, OneToMany
from .readout import Readout, cross_entropy, mask_of, softmax, squared_error
from .sequence import Bidirectional, Gradients, bptt, forward, jacobian_products, jacobians
from .training import SGD, Adam, clip_by_norm, train

__version__ = "0.2.0"
version_info = tuple(int(part) for part in __version__.split("."))      # what a lesson asks for, in its first cell
__all__ = [
    "Cell", "RNNCell", "LSTMCell", "GRUCell", "forward", "bptt", "Gradients", "jacobians",
    "jacobian_products", "Bidirectional", "Readout", "softmax", "cross_entropy", "squared_error", "mask_of",
    "Embedding", "ManyToOne", "ManyToMany", "EncoderDecoder", "OneToMany", "greedy", "beam_search", "sample",
    "probabilities", "SGD", "Adam", "clip_by_norm", "train", "gradient_check",
    "Layer", "Stack", "Stepwise", "scan", "Diagonal", "Rotating", "MinGRU", "attend", "Attention",
    "SelfAttention", "positions",
]


def __getattr__(name):
    if name == "course":
        return importlib.import_module("rnnlib.course")
    raise AttributeError(f"module 'rnnlib' has no attribute {name!r}")
