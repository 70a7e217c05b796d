"""Counting in a circle: after every bit, how many ones were there so far, modulo 2 (or 3)?

A sequence of T bits, x (T, B, 1), 0 or 1 with equal chance; the answer at step t is (x_1 + .. + x_t) mod M, M = 2 (parity)
or 3. Each one moves the count on, each zero leaves it, and one mistake spoils everything after it. The rule is the same at
every step, so what is learned at T = LENGTH can be asked for at any length.

A sequence of LENGTH bits is held out for the test where its checksum says so, one in five; longer ones are all new. What is
scored is the answer after the last step. `baseline` is the most frequent answer of the test set; knowing all bits, the
answer is certain, so the ceiling is 1.
"""

import numpy as np

from ... import Diagonal, ManyToMany, MinGRU, Readout, Rotating, Stack
from .task import CELL_TYPES, Task, held_out, new_cell

D, H = 1, 24
LENGTH = 20
STEPS, LEARNING_RATE, BATCH = 1000, 0.01, 32
TARGET = 0.95


LAYERS = {"diagonal": Diagonal, "rotating": Rotating, "minGRU": MinGRU,
          "minGRU twice": lambda D, H, rng: Stack(MinGRU(D, H, rng), MinGRU(H, H, rng)),
          "signed minGRU": lambda D, H, rng: MinGRU(D, H, rng, signed=True)}
KINDS = (*CELL_TYPES, *LAYERS)


def new_layer(kind, D, H, rng):
    """An untrained cell or layer by its name in `KINDS`. Raises ValueError where there is none of that name."""
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}; it was {kind!r}")
    return LAYERS[kind](D, H, rng) if kind in LAYERS else new_cell(kind, D, H, rng)


def draw(T, B, rng, modulus=2, test=False):
    """B sequences of T bits: x (T, B, 1) of float and the counts (T, B) of int, 0 .. modulus - 1."""
    bits = rng.integers(2, size=(T, B))
    if T == LENGTH:
        for b in range(B):
            while held_out(bits[:, b].astype(np.int8).tobytes()) != test:
                bits[:, b] = rng.integers(2, size=T)
    return bits[:, :, None].astype(float), np.cumsum(bits, axis=0) % modulus


def batches(rng, modulus=2, B=BATCH):
    """Fresh batches (x, counts) of LENGTH bits, of the training part, without end."""
    while True:
        yield draw(LENGTH, B, rng, modulus)


def test_set(T=LENGTH, B=500, rng=None, modulus=2):
    """B held-out sequences of T bits: (x, counts); the same ones every time unless an rng is given."""
    return draw(T, B, np.random.default_rng([12, T]) if rng is None else rng, modulus, test=True)


def baseline(modulus=2):
    """The share of the test set that has its most frequent last count."""
    last = test_set(modulus=modulus)[1][-1]
    return float(np.bincount(last).max() / len(last))


def ceiling():
    """All of it: the bits decide."""
    return 1.0


def model(kind, rng, modulus=2):
    """A ManyToMany of H = 24 of the named cell or layer."""
    return ManyToMany(new_layer(kind, D, H, rng), Readout(H, modulus, rng))


def score(model, batch=None):
    """The share of sequences whose last count is right, 0 to 1, of a batch (x, counts); of the test set without one."""
    x, counts = test_set(modulus=model.readout.output_size) if batch is None else batch
    return float((model.predict(x)[-1].argmax(axis=1) == counts[-1]).mean())


TASK = Task(name=__name__, title="counting", lesson=12, kinds=KINDS, default="RNN", model=model, batches=batches,
            test_set=test_set, score=score, baseline=baseline, ceiling=ceiling, target=TARGET, steps=STEPS,
            learning_rate=LEARNING_RATE, decay=False, options={"modulus": 2})
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
