"""Layers: a whole sequence goes in, one vector for each step comes out. `ManyToOne` and `ManyToMany` take one for a cell.

A cell is written for one step and walked along the sequence by `rnnlib.sequence`. A layer sees all steps at once, so that
it need not take them one by one (`rnnlib.linear`) or in any order at all (`rnnlib.attention`). From outside all layers look
like `Bidirectional`: forward, last, backward.
"""

import numpy as np

from . import _check
from .readout import mask_of
from .sequence import Bidirectional, _prefixed


class Layer:
    """What all layers share: the checks, the padding and the last step. It does nothing by itself.

    A layer of your own is a subclass that sets input_size (D), hidden_size (H, the width of what comes out) and params (a
    dict of arrays), and has two methods:

    ``run(x, lengths) -> (out, kept)``
        x (T, B, D), zero in the padding; lengths (B,). out (T, B, H); what it holds in the padding is never read. kept is
        whatever ``run_backward`` needs.
    ``run_backward(dout, kept) -> (gradients of params, dL/dx)``
        dout (T, B, H), zero in the padding.
    """

    def __repr__(self):
        return f"{type(self).__name__}(input_size={self.input_size}, hidden_size={self.hidden_size})"

    def hidden(self, states):
        """The h part of a state, as the cells have it; here a state is h alone."""
        return states

    def forward(self, x, lengths=None):
        """The whole sequence: x (T, B, D) -> out (T, B, H), and the cache.

        lengths (B,), whole numbers from 1 to T: sequence b ends after lengths[b] steps. What x holds after that (finite)
        reaches nothing, and out is zero there.
        """
        _check.floats("x", x, {"T": None, "B": None, "D": self.input_size})
        T, B, _ = x.shape
        lengths = np.full(B, T) if lengths is None else _check.whole_numbers("lengths", lengths, {"B": B}, 1, T)
        inside = mask_of(lengths, T)[:, :, None]
        out, kept = self.run(np.where(inside, x, 0).astype(float), lengths)
        out = np.where(inside, out, 0)
        return out, (self, kept, inside, out[lengths - 1, np.arange(B)], lengths)

    def last(self, cache):
        """out of each sequence's own last step: (B, H)."""
        return self._own(cache)[3].copy()

    def backward(self, dout, cache, d_last=None):
        """(gradients of params, dL/dx (T, B, D)) from dL/dout (T, B, H); what dout says of the padding is ignored.

        d_last (B, H), optional: what reaches `last(cache)`.
        """
        _, kept, inside, _, lengths = self._own(cache)
        T, B, _ = inside.shape
        _check.floats("dout", dout, {"T": T, "B": B, "H": self.hidden_size})
        dout = np.where(inside, dout, 0)
        if d_last is not None:
            dout[lengths - 1, np.arange(B)] += _check.floats("d_last", d_last, {"B": B, "H": self.hidden_size})
        return self.run_backward(dout, kept)

    def _own(self, cache):
        if not isinstance(cache, tuple) or len(cache) != 5 or cache[0] is not self:
            raise ValueError(f"cache must come from this {type(self).__name__}'s own forward")
        return cache


class Stepwise(Layer):
    """A cell of your own, taken step by step from h_0 = 0: slower than the cells of rnnlib, and all it needs is the equation.

    A subclass sets input_size, hidden_size and params, and has two methods:

    ``step(x_t, h_prev) -> h_t``
        x_t (B, D), h_prev and h_t (B, H).
    ``step_backward(dh_t, x_t, h_prev, h_t) -> (gradients of params, dL/dx_t, dL/dh_prev)``
        dh_t (B, H) is all that reaches h_t; the gradients are this step's alone.

    `gradient_check` on a `ManyToOne` of it says whether the two belong together.
    """

    def run(self, x, lengths):
        T, B, _ = x.shape
        h = np.zeros((T + 1, B, self.hidden_size))
        for t in range(T):
            h[t + 1] = _check.floats("step's h_t", self.step(x[t], h[t]), {"B": B, "H": self.hidden_size})
        return h[1:], (x, h)

    def run_backward(self, dout, kept):
        (x, h), B = kept, dout.shape[1]
        grads = {name: np.zeros_like(array) for name, array in self.params.items()}
        dx, dh_t = np.empty_like(x), np.zeros_like(h[0])
        for t in reversed(range(len(x))):
            of_step, dx_t, dh_t = self.step_backward(dout[t] + dh_t, x[t], h[t], h[t + 1])
            dx[t] = _check.floats("step_backward's dx_t", dx_t, {"B": B, "D": self.input_size})
            _check.floats("step_backward's dh_prev", dh_t, {"B": B, "H": self.hidden_size})
            if of_step.keys() != grads.keys():
                raise ValueError(f"step_backward's gradients must name the same arrays as params, {sorted(grads)}; "
                                 f"they named {sorted(of_step)}")
            for name, g in of_step.items():
                if np.shape(g) != grads[name].shape:
                    raise ValueError(f"step_backward's gradient of {name} must have shape {grads[name].shape}; "
                                     f"it had shape {np.shape(g)}")
                grads[name] += g
        return grads, dx


class Stack(Layer):
    """Layers one on top of the other: what comes out of each goes into the next.

    Parameters
    ----------
    *layers : Layer or Bidirectional
        From the lowest to the highest; each takes as many inputs as the one below it puts out.

    Attributes
    ----------
    params : dict
        The live arrays of all layers, named "0.W_x", "1.W_x" and so on.
    """

    def __init__(self, *layers):
        if not layers:
            raise ValueError("Stack must have at least one layer; it had none")
        for i, layer in enumerate(layers):
            if not isinstance(layer, (Layer, Bidirectional)):
                raise TypeError(f"layers[{i}] must be a Layer, such as Diagonal or MinGRU, or a Bidirectional; it was {layer!r}")
            if any(layer is below for below in layers[:i]):
                raise ValueError(f"layers[{i}] must be a layer of its own; the same object was given twice")
            if i and layer.input_size != layers[i - 1].hidden_size:
                raise ValueError(f"layers[{i}] must have input_size {layers[i - 1].hidden_size}, the hidden_size of the layer "
                                 f"below it; it had {layer.input_size}")
        self.layers, self.input_size, self.hidden_size = layers, layers[0].input_size, layers[-1].hidden_size
        self.params = {name: array for i, layer in enumerate(layers) for name, array in _prefixed(i, layer.params).items()}

    def run(self, x, lengths):
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x, lengths)
            caches.append(cache)
        return x, caches

    def run_backward(self, dout, caches):
        grads = {}
        for i in reversed(range(len(self.layers))):
            of_layer, dout = self.layers[i].backward(dout, caches[i])
            grads |= _prefixed(i, of_layer)
        return grads, dout
