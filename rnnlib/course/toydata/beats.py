"""Which beat of the bar is it? One stroke marks beat 0 of a bar of four; some steps later the beat must be named.

A sequence of T steps, one number per step: 1 at the stroke and 0 elsewhere. The stroke falls on step k, each step as likely as
the others, and the answer after step T is (T - k) mod 4. How long ago the stroke was says nothing by itself; only the phase
does.

The split goes by the distance T - k: those with (T - k) mod 5 = 3 are never trained on, and they are the test. Five and four
have no common divisor, so that each beat is in both parts. Guessing is right in a quarter of the sequences (`baseline`: the
most frequent beat); whoever counts is always right.
"""

import numpy as np

from ... import Diagonal, ManyToOne, MinGRU, Readout, Rotating
from . import _runs

K, D, H = 4, 1, 24
T = 60
STEPS, LEARNING_RATE, BATCH = 500, 0.01, 32
TARGET = 0.95
LAYERS = {"diagonal": Diagonal, "rotating": Rotating, "minGRU": MinGRU}


def strokes(T, test=False):
    """The steps, 1 .. T, on which a stroke may fall in training, or in the test: (n,) of int."""
    k = np.arange(1, T + 1)
    return k[((T - k) % 5 == 3) == test]


def encode(k, T):
    """Strokes on steps k (B,) of int, 1 .. T, and the beats after step T: x (T, B, 1) and (B,) of int, 0 .. 3."""
    x = np.zeros((T, len(k), D))
    x[k - 1, np.arange(len(k))] = 1
    return x, (T - k) % K


def batches(rng, T=T, B=BATCH):
    """Fresh batches (x (T, B, 1), beats (B,)) of the training part without end."""
    while True:
        yield encode(rng.choice(strokes(T), B), T)


def test_set(T=T):
    """Every stroke that is held out, once: (x, beats)."""
    return encode(strokes(T, test=True), T)


def baseline(T=T):
    """The share of the test set that has its most frequent beat."""
    beats = test_set(T)[1]
    return float(np.bincount(beats).max() / len(beats))


def ceiling():
    """All of it: the beat is counted."""
    return 1.0


def model(kind, rng):
    """A ManyToOne of H = 24: a cell by its name, or one of LAYERS."""
    layer = LAYERS[kind](D, H, rng) if kind in LAYERS else _runs.cell(kind, D, H, rng)
    return ManyToOne(layer, Readout(H, K, rng))


def score(model, batch=None):
    """The share of sequences whose beat is named, 0 to 1, of a batch (x, beats); of the test set without one."""
    x, beats = test_set() if batch is None else batch
    return float((model.predict(x).argmax(axis=1) == beats).mean())
