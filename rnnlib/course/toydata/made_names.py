"""Made-up names, letter by letter: given a land, the network writes a name in the fashion of that land.

How a name is made in each land of `LANDS`, with probabilities::

    name      ->  first second ending (0.6)  |  first second second ending (0.4)
    first     ->  consonant vowel [coda]        a coda, one of "n", "r", "l", with 0.5
    second    ->  consonant vowel
    ending    ->  one of three, which depend on the land and on the family of the vowels

All vowels of a name are of one family, front (e, i) or back (a, o), drawn once with 0.5. So a table that sees only the
letter before cannot know which vowel may come: after a consonant the family is out of its sight. And a name is complete
only with an ending: how many syllables there have been has to be remembered.

`everything` lists all names with their probabilities, so baseline and ceiling are sums, not estimates. The split: one
name in five, by its checksum, is held out for the test; no name is in both parts, not even in two lands.
"""

import functools
from itertools import product

import numpy as np

from ... import OneToMany, Readout
from .listed import Listed
from .task import CELL_TYPES, Task, halfway, held_out, new_cell, padded, up_to_end

VOWELS = ("ei", "ao")
CODAS = {"": .5, "n": .2, "r": .15, "l": .15}
THREE = 0.4                             # the share of names with three syllables before the ending
# land: its consonants, and its endings after front and after back vowels
LANDS = {"hills": ({"b": .35, "d": .3, "g": .2, "k": .15}, ({"rk": .5, "n": .3, "ld": .2}, {"rg": .5, "m": .3, "nd": .2})),
         "coast": ({"s": .35, "l": .3, "f": .2, "m": .15}, ({"sh": .5, "l": .3, "th": .2}, {"ss": .5, "n": .3, "ff": .2})),
         "river": ({"v": .35, "t": .3, "n": .2, "r": .15}, ({"x": .5, "r": .3, "nt": .2}, {"z": .5, "rn": .3, "x": .2}))}
_TABLES = [table for consonants, endings in LANDS.values() for table in (consonants, *endings)]
LETTERS = ("end", "start", *sorted(set("".join([*VOWELS, *CODAS, *map("".join, _TABLES)]))))
END, START, K = 0, 1, len(LETTERS)
TOKEN = {letter: token for token, letter in enumerate(LETTERS)}
MOST = 16                               # letters a network may write before it is stopped

H = 32
STEPS, LEARNING_RATE, BATCH = 500, 0.02, 32
SHIPPED = [("GRU", 0), ("GRU", 1), ("GRU", 2), ("RNN", 0), ("LSTM", 0)]


@functools.cache
def _made():
    """Every name of every land with its probability: a list of dicts. Where there are two ways to one name, they add up."""
    lands = []
    for consonants, endings in LANDS.values():
        names = {}
        for family, vowels in enumerate(VOWELS):
            second = {c + v: p / 2 for (c, p), v in product(consonants.items(), vowels)}
            middle = {**{s: p * (1 - THREE) for s, p in second.items()},
                      **{s + t: p * q * THREE for (s, p), (t, q) in product(second.items(), repeat=2)}}
            for (s, p), (coda, p_c), (m, p_m), (ending, p_e) in product(second.items(), CODAS.items(), middle.items(),
                                                                        endings[family].items()):
                name = s + coda + m + ending
                names[name] = names.get(name, 0.0) + p * p_c * p_m * p_e / 2
        lands.append(names)
    return lands


@functools.cache
def everything(test=None):
    """All names as Listed, given their lands, indices into LANDS; or those of the training part (False), the test part (True)."""
    chosen = [(name, land, p) for land, names in enumerate(_made()) for name, p in names.items()
              if test is None or held_out(name.encode()) == test]
    return Listed(encode([name for name, _, _ in chosen]), np.array([land for _, land, _ in chosen]),
                  np.array([p for _, _, p in chosen]))


def encode(names):
    """A list of names as tokens (T, B), each closed by END and padded with it."""
    return padded([[TOKEN[letter] for letter in name] for name in names], closed=True)


def decode(tokens):
    """Tokens (T, B) as a list of B names, each up to its first END."""
    return ["".join(LETTERS[token] for token in column) for column in up_to_end(tokens)]


def one_hot(lands):
    """The input v (B, V) for the lands (B,), indices into LANDS."""
    return np.eye(len(LANDS))[lands]


def chance(name, land):
    """The probability of a name in a land, 0 where the grammar cannot make it; land is an index into LANDS."""
    return _made()[land].get(name, 0.0)


def draw(n, rng, test=False):
    """n names of a part, drawn by their probabilities: lands (n,) of int, indices into LANDS, and tokens (T, n) of int."""
    return everything(test).draw(n, rng)


def batches(rng, B=BATCH):
    """Fresh batches (v (B, V), target (T, B)) of the training part without end."""
    while True:
        yield everything(False).batch(B, rng)


def test_set(n=1000, rng=None):
    """(v, target) of n names of the test part; always the same ones without an rng."""
    return everything(True).batch(n, np.random.default_rng(9) if rng is None else rng)


@functools.cache
def baseline(before=1):
    """The perplexity of a table: in each land, how often a letter follows the `before` letters before it."""
    return float(np.exp(everything(False).table_entropy(everything(True), before, K)))


@functools.cache
def ceiling():
    """The least possible perplexity, knowing how names are made; the end of a name counts as a letter."""
    return float(np.exp(everything(True).entropy()))


target = halfway(baseline, ceiling)         # perplexity


def model(cell_name, rng):
    """The default model, a OneToMany of H = 32 that reads its own letters one-hot; cell_name is "RNN", "LSTM" or "GRU"."""
    return OneToMany(new_cell(cell_name, K, H, rng), Readout(H, K, rng), len(LANDS), rng, start=START, end=END)


def score(model, batch=None):
    """The perplexity, e to the loss, on a batch (v, target), by default the test set."""
    return float(np.exp(model.loss_and_gradients(test_set() if batch is None else batch)[0]))


TASK = Task(name=__name__, title="names, perplexity", lesson=9, kinds=CELL_TYPES, model=model,
            batches=batches, test_set=test_set, score=score, baseline=baseline, ceiling=ceiling, target=target,
            steps=STEPS, learning_rate=LEARNING_RATE, window=8, shipped=SHIPPED)
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
