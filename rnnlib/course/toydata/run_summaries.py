"""A long run of ups and downs, told in a few words: 30 daily changes become "rose fell rested".

A run has one to three phases, each number equally likely. A phase lasts SHORTEST to LONGEST steps, equally likely, and is
told by one word: "rose" (the mean change of a step is 1), "fell" (-1) or "rested" (0). No phase is of the same kind as the
one before it, and the kinds that are left are equally likely. Noise of deviation NOISE is added to every change, so x is
(T, 1), and many a single step goes the wrong way.

`baseline` is a rule by hand (`by_rule`): the mean of every WINDOW changes, called a rise above 1/2 and a fall below -1/2;
what lasts for fewer than WINDOW - 1 means is left out. `ceiling` is the best any teller can do on average: it knows all
of the above and picks the likeliest of the 21 summaries, adding up every way in which phases
could have followed each other (`ideal`).

The split goes by the plan: one in five of all sequences of (kind, length), by checksum, is held out for the test, so no
two runs of the two parts have the same phases. Words are tokens 2 to 4, after END = 0 and START = 1 (`SYMBOLS`).
"""

import functools
from itertools import product
from pathlib import Path

import numpy as np

from ... import EncoderDecoder, Readout
from . import _runs
from ._split import held_out

WORDS = ("fell", "rested", "rose")
DRIFT = (-1, 0, 1)
END, START = 0, 1
SYMBOLS = ("end", "start", *WORDS)
K = len(SYMBOLS)
MOST_PHASES, SHORTEST, LONGEST, NOISE, WINDOW = 3, 6, 10, 0.6, 4

H = 32
STEPS, LEARNING_RATE, BATCH = 400, 0.02, 48
TARGET = 0.95               # of the ceiling, and at least half of the way from the baseline to it (`target`)
WEIGHTS = Path(__file__).with_name("run_summaries.npz")
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
    """Plans as runs: x (T, B, 1) of float, target (T', B) of int closed by END, lengths (B,) of int; 0 behind the end."""
    lengths = np.array([sum(steps) for _, steps in plans])
    x = rng.normal(0, NOISE, (lengths.max(), len(plans), 1))
    target = np.full((max(len(kinds) for kinds, _ in plans) + 1, len(plans)), END)
    for b, (kinds, steps) in enumerate(plans):
        x[:lengths[b], b, 0] += np.repeat(np.take(DRIFT, kinds), steps)
        x[lengths[b]:, b] = 0
        target[:len(kinds), b] = np.array(kinds) + 2
    return x, target, lengths


def batches(rng, B=None):
    """Fresh batches (x, target, lengths) of the training part without end."""
    while True:
        yield run(draw(B or BATCH, rng), rng)


def test_set(n=600, rng=None):
    """n runs of the test part: (x, target, lengths); the same ones every time unless an rng is given."""
    rng = np.random.default_rng(80) if rng is None else rng
    return run(draw(n, rng, test=True), rng)


def by_rule(x, lengths):
    """The baseline's tokens (T', B) for x (T, B, 1), lengths (B,)."""
    answers = []
    for b, n in enumerate(lengths):
        means = np.convolve(x[:n, b, 0], np.ones(WINDOW) / WINDOW, mode="valid")
        kinds = 1 + (means > 0.5) - (means < -0.5).astype(int)
        runs = np.split(kinds, np.flatnonzero(np.diff(kinds)) + 1)
        told = [run[0] for run in runs if len(run) >= WINDOW - 1] or [kinds[0]]
        answers.append([kind for i, kind in enumerate(told) if i == 0 or kind != told[i - 1]])
    return _as_tokens(answers)


def ideal(x, lengths):
    """The likeliest summary of each run, tokens (T', B), for x (T, B, 1), lengths (B,): exact odds.

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


def _as_tokens(answers):
    tokens = np.full((max(map(len, answers)) + 1, len(answers)), END)
    for b, kinds in enumerate(answers):
        tokens[:len(kinds), b] = np.array(kinds) + 2
    return tokens


def agreement(found, target):
    """The share of summaries right in every word: found (T, B) and target (T', B) of int, both closed by END."""
    T = max(len(found), len(target))
    found, target = (np.concatenate([some, np.full((T - len(some), some.shape[1]), END)]) for some in (found, target))
    return float((found == target).all(axis=0).mean())


@functools.cache
def baseline():
    """The share of the test set that `by_rule` tells rightly."""
    x, target, lengths = test_set()
    return agreement(by_rule(x, lengths), target)


@functools.cache
def ceiling():
    """The share of the test set that `ideal` tells rightly."""
    x, target, lengths = test_set()
    return agreement(ideal(x, lengths), target)


def target():
    """The score to be reached: TARGET of the ceiling, and half of the gap between baseline and ceiling closed."""
    low, high = baseline(), ceiling()
    return max(TARGET * high, (low + high) / 2)


def decode(tokens):
    """Tokens (T, B) as a list of B str, each up to its first END."""
    return [" ".join(SYMBOLS[token] for token in column[:np.argmax([*column, END] == np.int64(END))]) for column in tokens.T]


def model(cell_name, rng):
    """An EncoderDecoder of H = 32, encoder and decoder each a cell of that name."""
    encoder, decoder = _runs.cell(cell_name, 1, H, rng), _runs.cell(cell_name, K, H, rng)
    return EncoderDecoder(encoder, decoder, Readout(H, K, rng), start=START, end=END)


def training(model, batches, steps=STEPS):
    """The default run as a generator of (step, loss, gradient norm); `model` is changed in place."""
    return _runs.train_with_decay(model, batches, steps, LEARNING_RATE)


def score(model, batch=None):
    """The share of summaries right in every word, 0 to 1, of a batch (x, target, lengths); of the test set without one."""
    x, target, lengths = test_set() if batch is None else batch
    return agreement(model.predict(x, lengths, MOST_PHASES + 1), target)


def load_model(cell_name="GRU", seed=0):
    """The default model with the shipped weights of one run; SHIPPED lists which there are."""
    if (cell_name, seed) not in SHIPPED:
        raise ValueError(f"(cell_name, seed) must be one of {SHIPPED}; it was {(cell_name, seed)}")
    return _runs.fill(model(cell_name, np.random.default_rng(0)), WEIGHTS, f"{cell_name}/{seed}")


def trained(cell_name="GRU", seed=0):
    """A default run from its beginning; it depends on the seed alone."""
    rng = np.random.default_rng(seed)
    made = model(cell_name, rng)
    for _ in training(made, batches(rng)):
        pass
    return made


def make_weights(path):
    """Train every model of SHIPPED and write the weights to `path` (.npz)."""
    _runs.save(path, {f"{cell_name}/{seed}": trained(cell_name, seed) for cell_name, seed in SHIPPED})


def table():
    """The task's row of scores from three fresh runs."""
    return _runs.row("run summaries", baseline(), ceiling(), target(), [score(trained(seed=seed)) for seed in range(3)])
