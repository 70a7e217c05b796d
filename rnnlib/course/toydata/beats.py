"""Which beat of the bar is it? One stroke marks beat 0 of a bar of four; some steps later the beat must be named.

A sequence of T steps, one number per step: 1 at the stroke and 0 elsewhere, and a little noise, of deviation NOISE, on all of
them. The stroke falls on step k, each step as likely as the others, and the answer after step T is (T - k) mod 4. How long ago
the stroke was says nothing by itself; only the phase does.

The split goes by the distance T - k: some, by checksum, are never trained on, and they are the test (19 of the 60 at T = 60,
each beat among them). They must not lie in a pattern: with every fifth distance held out, units that turn by 90 + 72 degrees
and the like fit all the others and miss these. Guessing is right in about a quarter of the sequences (`baseline`: the most
frequent beat); whoever hears the stroke and counts is always right (`ceiling`, by the loudest step).
"""

import numpy as np

from ... import ManyToOne, Readout
from .counting import KINDS, new_layer
from .task import Task, held_out

K, D, H = 4, 1, 24
NOISE = 0.02
T = 60
STEPS, LEARNING_RATE, BATCH = 500, 0.01, 32
TARGET = 0.95


def strokes(T, test=False):
    """The steps, 1 .. T, on which a stroke may fall in training, or in the test: (n,) of int."""
    k = np.arange(1, T + 1)
    return k[[held_out(f"distance {distance}".encode()) == test for distance in T - k]]


def encode(k, T, rng):
    """Strokes on steps k (B,) of int, 1 .. T, and the beats after step T: x (T, B, 1) and (B,) of int, 0 .. 3."""
    x = rng.normal(0, NOISE, (T, len(k), D))
    x[k - 1, np.arange(len(k))] += 1
    return x, (T - k) % K


def batches(rng, T=T, B=BATCH):
    """Fresh batches (x (T, B, 1), beats (B,)) of the training part without end."""
    while True:
        yield encode(rng.choice(strokes(T), B), T, rng)


def test_set(T=T):
    """Every stroke that is held out, ten times: (x, beats); the same ones every time."""
    return encode(np.tile(strokes(T, test=True), 10), T, np.random.default_rng([12, T]))


def baseline(T=T):
    """The share of the test set that has its most frequent beat."""
    beats = test_set(T)[1]
    return float(np.bincount(beats).max() / len(beats))


def ceiling(T=T):
    """The share of the test set that is right where the loudest step is taken for the stroke."""
    x, beats = test_set(T)
    return float(((T - 1 - x[..., 0].argmax(axis=0)) % K == beats).mean())


def model(kind, rng):
    """A ManyToOne of H = 24 of a cell or layer named in counting.KINDS."""
    return ManyToOne(new_layer(kind, D, H, rng), Readout(H, K, rng))


def score(model, batch=None):
    """The share of sequences whose beat is named, 0 to 1, of a batch (x, beats); of the test set without one."""
    x, beats = test_set() if batch is None else batch
    return float((model.predict(x).argmax(axis=1) == beats).mean())


TASK = Task(name=__name__, title=f"beats at T = {T}", lesson=12, kinds=KINDS, default="rotating", model=model, batches=batches,
            test_set=test_set, score=score, baseline=baseline, ceiling=ceiling, target=TARGET, steps=STEPS,
            learning_rate=LEARNING_RATE, decay=False)
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
