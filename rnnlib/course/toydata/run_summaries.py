"""A long run of ups and downs, summed up in a few words: 30 daily changes become "rose fell rested".

A run has one to three phases, each number equally likely. A phase lasts SHORTEST to LONGEST steps, each equally likely, and
is told by one word: "rose" (the mean change per step is 1), "fell" (-1) or "rested" (0). No phase is of the same kind as the
one before it, and the two kinds left are equally likely. Noise of deviation NOISE is added to every change, so x is (T, 1),
and many a single step goes the wrong way.

`baseline` is a rule by hand (`by_rule`): a running mean over WINDOW changes is called a rise above 1/2 and a fall
below -1/2; what lasts for fewer than WINDOW - 1 means is left out. `ceiling` is the best that can be done on average: to
know all of the above and to pick the most likely of the 21 summaries, summing over every way in which phases could have
followed each other (`ideal`).

The split goes by the plan: one in five of all sequences of (kind, length), by checksum, is held out for the test, so no
two runs of the two parts have the same phases. Words are tokens 2 to 4, after END = 0 and START = 1 (`SYMBOLS`).
"""

import functools
from itertools import product

import numpy as np

from ... import EncoderDecoder, Readout
from .task import CELL_TYPES, Task, halfway, held_out, new_cell, padded, up_to_end

WORDS = ("fell", "rested", "rose")
DRIFT = (-1, 0, 1)
END, START = 0, 1
SYMBOLS = ("end", "start", *WORDS)
K = len(SYMBOLS)
MOST_PHASES, SHORTEST, LONGEST, NOISE, WINDOW = 3, 6, 10, 0.6, 4

H = 32
STEPS, LEARNING_RATE, BATCH = 400, 0.02, 48
TARGET = 0.95               # of the ceiling, and at least half of the way from the baseline to it (`target`)
SHIPPED = [("GRU", seed) for seed in range(3)]              # (cell, seed)
_SUMMARIES = tuple(kinds for n in range(1, MOST_PHASES + 1) for kinds in product(range(3), repeat=n)
                   if all(a != b for a, b in zip(kinds, kinds[1:])))


def draw(n, rng, test=False):
    """n plans of the training part (or of the test part): a list of (kinds, lengths), each a list of int."""
    plans = []
    while len(plans) < n:
        phases = int(rng.integers(1, MOST_PHASES + 1))
        kinds = [int(rng.integers(3))]
        for _ in range(phases - 1):
            kinds.append(int(kinds[-1] + rng.integers(1, 3)) % 3)
        lengths = rng.integers(SHORTEST, LONGEST + 1, phases).tolist()
        if held_out(bytes(kinds + lengths)) == test:
            plans.append((kinds, lengths))
    return plans


def run(plans, rng):
    """Plans as runs: x (T, B, 1) of float, target (T', B) of int closed by END, lengths (B,) of int; 0 after the end."""
    lengths = np.array([sum(steps) for _, steps in plans])
    x = rng.normal(0, NOISE, (lengths.max(), len(plans), 1))
    for b, (kinds, steps) in enumerate(plans):
        x[:lengths[b], b, 0] += np.repeat(np.take(DRIFT, kinds), steps)
        x[lengths[b]:, b] = 0
    return x, _as_tokens([kinds for kinds, _ in plans]), lengths


def batches(rng, B=BATCH):
    """Fresh batches (x, target, lengths) of the training part without end."""
    while True:
        yield run(draw(B, rng), rng)


def test_set(n=600, rng=None):
    """n runs of the test part: (x, target, lengths); always the same ones without an rng."""
    rng = np.random.default_rng(80) if rng is None else rng
    return run(draw(n, rng, test=True), rng)


def by_rule(x, lengths):
    """The baseline's answers, tokens (T', B), for x (T, B, 1), lengths (B,)."""
    answers = []
    for b, n in enumerate(lengths):
        means = np.convolve(x[:n, b, 0], np.ones(WINDOW) / WINDOW, mode="valid")
        kinds = 1 + (means > 0.5) - (means < -0.5).astype(int)
        runs = np.split(kinds, np.flatnonzero(np.diff(kinds)) + 1)
        told = [run[0] for run in runs if len(run) >= WINDOW - 1] or [kinds[0]]
        answers.append([kind for i, kind in enumerate(told) if i == 0 or kind != told[i - 1]])
    return _as_tokens(answers)


@functools.cache
def baseline():
    """The share of the test set that `by_rule` tells correctly."""
    return _score(by_rule)


def ideal(x, lengths):
    """The most likely summary of each run, tokens (T', B), for x (T, B, 1), lengths (B,).

    ways[k, t] is p(steps 1 .. t | the first phases, the last of kind k), summed over all lengths of the phases; one more
    phase ends at t where the one before ended at t - L, for every L.
    """
    answers = []
    for b, n in enumerate(lengths):
        log_p = -(x[:n, b, 0] - np.array(DRIFT)[:, None]) ** 2 / (2 * NOISE ** 2)
        sums = np.concatenate([np.zeros((3, 1)), np.cumsum(log_p - log_p.max(axis=0), axis=1)], axis=1)    # (3, n + 1)
        ways = {(): np.eye(n + 1)[0]}
        for kinds in _SUMMARIES:
            before, own, now = ways[kinds[:-1]], sums[kinds[-1]], np.zeros(n + 1)
            for L in range(SHORTEST, min(LONGEST, n) + 1):
                now[L:] += before[:n + 1 - L] * np.exp(own[L:] - own[:n + 1 - L])
            ways[kinds] = now / (LONGEST - SHORTEST + 1) / (2 if len(kinds) > 1 else 1)
        answers.append(max(_SUMMARIES, key=lambda kinds: ways[kinds][n]))
    return _as_tokens(answers)


@functools.cache
def ceiling():
    """The share of the test set that `ideal` tells correctly."""
    return _score(ideal)


def _as_tokens(answers):
    return padded([np.add(kinds, 2) for kinds in answers], closed=True)


def agreement(found, target):
    """The share of summaries right in every word: found (T, B) and target (T', B) of int, both closed by END."""
    T = max(len(found), len(target))
    found, target = (np.concatenate([some, np.full((T - len(some), some.shape[1]), END)]) for some in (found, target))
    return float((found == target).all(axis=0).mean())


target = halfway(baseline, ceiling, share=TARGET)


def decode(tokens):
    """Tokens (T, B) as a list of B str, each up to its first END."""
    return [" ".join(SYMBOLS[token] for token in column) for column in up_to_end(tokens)]


def model(cell_name, rng):
    """An EncoderDecoder of H = 32, encoder and decoder each a cell of that name."""
    encoder, decoder = new_cell(cell_name, 1, H, rng), new_cell(cell_name, K, H, rng)
    return EncoderDecoder(encoder, decoder, Readout(H, K, rng), start=START, end=END)


def score(model, batch=None):
    """The share of summaries right in every word, 0 to 1, in a batch (x, target, lengths), by default the test set."""
    return _score(lambda x, lengths: model.predict(x, lengths, MOST_PHASES + 1), batch)


def _score(teller, batch=None):
    x, target, lengths = test_set() if batch is None else batch
    return agreement(teller(x, lengths), target)


TASK = Task(name=__name__, title="run summaries", lesson=8, kinds=CELL_TYPES, model=model, batches=batches,
            test_set=test_set, score=score, baseline=baseline, ceiling=ceiling, target=target,
            steps=STEPS, learning_rate=LEARNING_RATE, window=(30, 4), shipped=SHIPPED)
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
