"""Digits read out one by one, to be written down again: "four one five" -> 4 1 5. What fits through one context vector?

A string has n digits, each of the ten equally likely, so it holds n log2(10) = 3.3 n bits that nothing can compress, and
no grammar helps. In training n is 1 .. LONGEST, equally likely; a test may be longer. Models of several sizes H, the
length of the context vector, are trained alike.

Guessing gets 10^-n of the strings right, a writer who may look back at what was read all of them. The split is by checksum:
one string in five of three digits or more is held out for the test; the 110 shorter ones are for the training alone. This
is an experiment on one question and no task with a target.

Words are tokens 0 .. 9; what is written are tokens 2 .. 11, after END = 0 and START = 1. The shipped weights are made anew
by ``python tools/weights.py digit_strings``.
"""

from pathlib import Path

import numpy as np

from ... import Embedding, EncoderDecoder, Readout
from . import _runs
from ._split import held_out

END, START, K, D = 0, 1, 12, 8
SIZES, SHORTEST_TEST, LONGEST = (8, 16, 32, 64), 3, 8
STEPS, LEARNING_RATE, BATCH = 1000, 0.01, 64
WEIGHTS = Path(__file__).with_name("digit_strings.npz")


def encode(strings):
    """Arrays of digit strings, a list of sequences of int: words (S, B), digits (S + 1, B) closed by END, lengths (B,)."""
    lengths = np.array([len(string) for string in strings])
    words = np.zeros((lengths.max(), len(strings)), dtype=int)
    digits = np.full((len(words) + 1, len(strings)), END)
    for b, string in enumerate(strings):
        words[:lengths[b], b] = string
        digits[:lengths[b], b] = np.array(string) + 2
    return words, digits, lengths


def draw(lengths, rng, test=False):
    """Strings of the training part (or of the test part), one for each of some lengths: a list of (n,) of int."""
    if test and min(lengths) < SHORTEST_TEST:
        raise ValueError(f"lengths of a test must be at least {SHORTEST_TEST}: every shorter string is trained on")
    strings = []
    for n in lengths:
        digits = rng.integers(10, size=n)
        while (n >= SHORTEST_TEST and held_out(digits.astype(np.int8).tobytes())) != test:
            digits = rng.integers(10, size=n)
        strings.append(digits)
    return strings


def batches(rng, B=BATCH):
    """Fresh batches (words, digits, lengths) of the training part without end; lengths 1 .. LONGEST equally likely."""
    while True:
        yield encode(draw(rng.integers(1, LONGEST + 1, B), rng))


def test_set(n, B=400, rng=None):
    """B held-out strings of n digits: (words, digits, lengths); the same ones every time unless an rng is given."""
    rng = np.random.default_rng([8, n]) if rng is None else rng
    return encode(draw([n] * B, rng, test=True))


def model(H, rng):
    """An EncoderDecoder of two GRU cells whose context vector has H numbers."""
    return EncoderDecoder(_runs.cell("GRU", D, H, rng), _runs.cell("GRU", K, H, rng), Readout(H, K, rng), Embedding(10, D, rng),
                          start=START, end=END)


def right(model, n):
    """Which digits of the held-out strings of length n stand where they should: bool (n + 1, B), the end among them."""
    words, digits, lengths = test_set(n)
    written = model.predict(words, lengths, max_length=n + 1)
    found = np.full_like(digits, -1)            # a sequence that stops early has nothing to compare
    found[:len(written)] = written
    return found == digits


def trained(H, seed=0):
    """A run from its beginning; it depends on the seed alone."""
    rng = np.random.default_rng(seed)
    made = model(H, rng)
    for _ in _runs.train_with_decay(made, batches(rng), STEPS, LEARNING_RATE):
        pass
    return made


def load_model(H):
    """The model of that size, one of SIZES, with its shipped weights."""
    if H not in SIZES:
        raise ValueError(f"H must be one of {SIZES}; it was {H!r}")
    return _runs.fill(model(H, np.random.default_rng(0)), WEIGHTS, f"H{H}")


def make_weights(path):
    """Train the models of all SIZES and write the weights to `path` (.npz)."""
    _runs.save(path, {f"H{H}": trained(H) for H in SIZES})
