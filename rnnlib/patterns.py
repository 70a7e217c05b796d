"""One cell, several wirings. Each model has .params, .loss_and_gradients(batch) and .predict(...).

A batch is a tuple (x, target) or (x, target, lengths): x (T, B, D); lengths (B,), whole numbers from 1 to T, where the
sequences of a batch end at different steps.
"""

import numpy as np

from . import _check
from .readout import mask_of
from .sequence import bptt, forward


class _Model:
    """A cell and a readout with their parameters in one dict of live arrays."""

    def __init__(self, cell, readout):
        if cell.hidden_size != readout.hidden_size:
            raise ValueError(f"readout must have hidden_size {cell.hidden_size}, the cell's; it had {readout.hidden_size}")
        self.cell, self.readout = cell, readout
        self.params = {**cell.params, **readout.params}


class ManyToOne(_Model):
    """Read the whole sequence, answer once, from the last state. target: (B,) classes or (B, K) numbers."""

    def predict(self, x, lengths=None):
        """The outputs y (B, K): scores of the K classes, or K numbers."""
        states, _ = forward(self.cell, x)
        return self.readout.forward(self._last(states, lengths)[0])

    def loss_and_gradients(self, batch):
        """(loss, gradients like params) of one batch."""
        x, target, lengths = _unpack(batch)
        states, cache = forward(self.cell, x)
        h_last, where = self._last(states, lengths)
        loss, dy = self.readout.loss(self.readout.forward(h_last), target)
        grads_y, dh_last = self.readout.backward(dy, h_last)
        dh = np.zeros((*x.shape[:2], self.cell.hidden_size))
        dh[where] = dh_last                                         # the loss touches each sequence's last state alone
        return loss, {**bptt(self.cell, dh, cache).params, **grads_y}

    def _last(self, states, lengths):
        h = self.cell.hidden(states)[1:]
        T, B, _ = h.shape
        if lengths is None:
            lengths = np.full(B, T)
        _check.whole_numbers("lengths", lengths, {"B": B}, 1, T)
        where = lengths - 1, np.arange(B)
        return h[where], where


class ManyToMany(_Model):
    """Answer at every step, from the state of that step. target: (T, B) classes or (T, B, K) numbers."""

    def predict(self, x):
        """The outputs y (T, B, K) at every step; those behind a sequence's end mean nothing."""
        states, _ = forward(self.cell, x)
        return self.readout.forward(self.cell.hidden(states)[1:])

    def loss_and_gradients(self, batch):
        """(loss, gradients like params) of one batch; the loss is the mean over the steps inside the sequences."""
        x, target, lengths = _unpack(batch)
        states, cache = forward(self.cell, x)
        h = self.cell.hidden(states)[1:]
        mask = None if lengths is None else mask_of(lengths, len(x))
        loss, dy = self.readout.loss(self.readout.forward(h), target, mask)
        grads_y, dh = self.readout.backward(dy, h)
        return loss, {**bptt(self.cell, dh, cache).params, **grads_y}


def _unpack(batch):
    if not isinstance(batch, tuple) or len(batch) not in (2, 3):
        raise ValueError("batch must be a tuple (x, target) or (x, target, lengths); "
                         f"it was a {type(batch).__name__}" + (f" of {len(batch)}" if isinstance(batch, tuple) else ""))
    return (*batch, None) if len(batch) == 2 else batch
