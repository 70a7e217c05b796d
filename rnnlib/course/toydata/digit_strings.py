"""Digits read out one by one, to be written down again: "four one five" -> 4 1 5. How much fits into a context vector?

A string has n digits, each of the ten equally likely, so it holds n log2(10) = 3.3 n bits: nothing can compress
them, and no grammar helps. In training n is 1 .. LONGEST, equally likely; a test may be longer. Models of
several sizes H, the length of the context vector, are trained in the same way.

Guessing gets 10^-n of the strings right, looking back at what was read all of them. The split: one in five of the strings of
three digits or more, by checksum, is held out for the test; the 110 shorter ones are all in the training part. This is an
experiment on one question, without a target.

Words are tokens 0 .. 9; what is written are tokens 2 .. 11, after END = 0 and START = 1.
"""

import numpy as np

from ... import Embedding, EncoderDecoder, Readout
from .task import Task, held_out, new_cell, padded

END, START, K, D = 0, 1, 12, 8
SIZES, SHORTEST_TEST, LONGEST = (8, 16, 32, 64), 3, 8
STEPS, LEARNING_RATE, BATCH = 1000, 0.01, 64


def encode(strings):
    """Arrays of digit strings, a list of sequences of int: words (S, B), digits (S + 1, B) closed by END, lengths (B,)."""
    digits = padded([np.add(string, 2) for string in strings], closed=True)
    return padded(strings), digits, np.array([len(string) for string in strings])


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
    """B held-out strings of n digits: (words, digits, lengths); always the same ones without an rng."""
    rng = np.random.default_rng([8, n]) if rng is None else rng
    return encode(draw([n] * B, rng, test=True))


def model(H, rng):
    """An EncoderDecoder of two GRU cells whose context vector has H numbers."""
    return EncoderDecoder(new_cell("GRU", D, H, rng), new_cell("GRU", K, H, rng), Readout(H, K, rng), Embedding(10, D, rng),
                          start=START, end=END)


def right(model, n):
    """Which digits of the held-out strings of length n are right, the end included: bool (n + 1, B)."""
    return _right(model, *test_set(n))


def _right(model, words, digits, lengths):
    written = model.predict(words, lengths, max_length=len(digits))
    found = np.full_like(digits, -1)            # where a sequence stops early nothing is right
    found[:len(written)] = written
    return found == digits


def score(model, batch=None):
    """The share of strings right in every digit, in a batch as of `test_set`, by default of strings of LONGEST digits."""
    return float(_right(model, *(test_set(LONGEST) if batch is None else batch)).all(axis=0).mean())


TASK = Task(name=__name__, title="digit strings", lesson=8, kinds=SIZES, default=SIZES[-1], model=model, batches=batches,
            test_set=lambda: test_set(LONGEST), score=score, steps=STEPS, learning_rate=LEARNING_RATE, window=(8, 8),
            baseline=lambda: 10.0 ** -LONGEST, ceiling=lambda: 1.0, shipped={f"H{H}": (H, 0, {}) for H in SIZES})
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
