"""Sentences of praise and blame in which order and negation decide: "the plot was anything but dull" is praise.

The grammar, with its probabilities::

    sentence -> clause 0.25  |  clause but clause 0.5  |  clause although clause 0.25      (two different subjects)
    clause   -> the SUBJECT was opinion
    SUBJECT  -> plot | acting | music | ending                                              (equally likely)
    opinion  -> ADJ 0.2  |  really ADJ 0.1  |  a NOUN 0.1  |  nothing but ADJ 0.1           as kind as its word
              | not ADJ 0.1  |  not ADJ at all 0.1  |  hardly ADJ 0.1  |  anything but ADJ 0.1
              | not a NOUN 0.05  |  hardly a NOUN 0.05                                      the opposite of its word
    ADJ      -> good | clever | charming | moving     or      bad | dull | clumsy | tedious
    NOUN     -> success | delight                     or      failure | bore                (each kind one half)

The main clause gives the verdict: the clause after "but", or the one before "although". The "but" in "nothing but" and
"anything but" joins no clauses. Every sentence has one verdict, so a reader of all words in order can always be right.

The split goes by the words without their order: each word has a number, and where the numbers of a sentence add up to a
multiple of five it is held out for the test. So no test sentence was trained on, and neither was any other order of its
words. `everything` lists one part of the grammar with probabilities: what the best rule scores that sees less than the
whole sentence is a sum and no estimate (`best_accuracy`).

Words are tokens 0 .. V - 1 (`WORDS`), a batch is (x (T, B) of int, target (B,) of int, lengths (B,)). The shipped weights
are made anew by ``python tools/weights.py sentiment``.
"""

import functools
from typing import NamedTuple

import numpy as np

from ... import Embedding, ManyToOne, Readout
from .task import CELL_TYPES, Task, new_cell, padded, pick

LABELS = ("negative", "positive")
K = len(LABELS)
FORMS = ("", "but", "although")
FORM_SHARE = np.array([0.25, 0.5, 0.25])
SUBJECTS = ("plot", "acting", "music", "ending")
KIND = {"ADJ": (("bad", "dull", "clumsy", "tedious"), ("good", "clever", "charming", "moving")),
        "NOUN": (("failure", "bore"), ("success", "delight"))}
# (frame, probability, whether it turns its word around)
OPINIONS = [("ADJ", 0.2, False), ("really ADJ", 0.1, False), ("a NOUN", 0.1, False), ("nothing but ADJ", 0.1, False),
            ("not ADJ", 0.1, True), ("not ADJ at all", 0.1, True), ("hardly ADJ", 0.1, True), ("anything but ADJ", 0.1, True),
            ("not a NOUN", 0.05, True), ("hardly a NOUN", 0.05, True)]
HELD_OUT = 5                                # one part in five is the test

D, H = 12, 24
STEPS, LEARNING_RATE, BATCH = 300, 0.01, 64
TARGET = 0.95                               # of the ceiling, 1: well beyond half the gap between baseline and ceiling
SHIPPED = [("GRU", 0), ("GRU", 1), ("GRU", 2), ("RNN", 0), ("RNN", 1), ("RNN", 2), ("LSTM", 0)]      # (cell, seed)


def _clauses():
    """Every clause: its words, its subject's number, whether it is praise, its probability."""
    clauses = []
    for subject, name in enumerate(SUBJECTS):
        for frame, share, turned in OPINIONS:
            slot = frame.replace(" at all", "").split()[-1]
            for kind, words in enumerate(KIND[slot]):
                for word in words:
                    clauses.append((f"the {name} was {frame.replace(slot, word)}".split(), subject, bool(kind) != turned,
                                    share / len(SUBJECTS) / K / len(words)))
    return clauses


_CLAUSES = _clauses()
WORDS = tuple(sorted({word for words, *_ in _CLAUSES for word in words} | set(FORMS[1:])))
V = len(WORDS)
_TOKEN = {word: token for token, word in enumerate(WORDS)}
_NUMBER = {tuple(words): i for i, (words, *_) in enumerate(_CLAUSES)}
_SUBJECT, _PRAISE, _SHARE = (np.array(column) for column in zip(*[rest for _, *rest in _CLAUSES]))
_LENGTH = np.array([len(words) for words, *_ in _CLAUSES])
_TOKENS = [[_TOKEN[word] for word in words] for words, *_ in _CLAUSES]
_COUNTS = np.array([np.bincount(tokens, minlength=V) for tokens in _TOKENS])        # a clause's bag of words
_JOINER = np.array([0, *(_TOKEN[word] for word in FORMS[1:])])         # FORMS[0] has none
LONGEST = 2 * int(_LENGTH.max()) + 1


class Grammar(NamedTuple):
    """One part of the grammar, one row per sentence."""

    counts: np.ndarray          # (N, V) of int8: how often each word occurs in it, its bag of words
    form: np.ndarray            # (N,) of int: 0 one clause, 1 but, 2 although
    first: np.ndarray           # (N,) of int: the number of its first clause
    last: np.ndarray            # (N,) of int: the number of its last clause; of its only clause where there is one
    agree: np.ndarray           # (N,) of bool: both clauses praise, or both blame
    positive: np.ndarray        # (N,) of bool: the verdict
    probability: np.ndarray     # (N,): sums to 1 over the part


@functools.cache
def everything(test=True):
    """Every sentence of the test part (or of the training part) with its probability: a Grammar."""
    first, last = np.nonzero(_SUBJECT[:, None] != _SUBJECT)
    alone, pairs = np.arange(len(_CLAUSES)), len(first)
    form = np.repeat([0, 1, 2], [len(alone), pairs, pairs])
    first, last = np.concatenate([alone, first, first]), np.concatenate([alone, last, last])
    part = _held_out(form, first, last) == test
    form, first, last = form[part], first[part], last[part]
    second = np.where(form > 0, _SHARE[last] * len(SUBJECTS) / (len(SUBJECTS) - 1), 1)
    probability = FORM_SHARE[form] * _SHARE[first] * second
    counts = _COUNTS[first] + (form > 0)[:, None] * (_COUNTS[last] + np.eye(V, dtype=int)[_JOINER[form]])
    return Grammar(counts.astype(np.int8), form, first, last, _PRAISE[first] == _PRAISE[last], _positive(form, first, last),
                   probability / probability.sum())


def best_accuracy(seen, grammar):
    """What the best possible rule scores that sees no more of a sentence than `seen` (N,) of int.

    Sentences with the same number look alike to the rule; it answers with the verdict that is more likely among them.
    """
    _, which = np.unique(seen, return_inverse=True)
    praise = np.bincount(which, grammar.probability * grammar.positive)
    blame = np.bincount(which, grammar.probability * ~grammar.positive)
    return float(np.maximum(praise, blame).sum())


def bag_numbers(counts):
    """One number for each bag of words (N, V): no word occurs more than three times, so the counts are digits in base 4."""
    return counts @ 4 ** np.arange(V, dtype=np.int64)


def baseline():
    """The best possible accuracy of any rule that sees a test sentence's words without their order: 0.740."""
    grammar = everything()
    return best_accuracy(bag_numbers(grammar.counts), grammar)


def ceiling():
    """The best possible accuracy of a rule that sees all words of a test sentence in order: 1, since no two are alike."""
    grammar = everything()
    return best_accuracy((grammar.form * len(_CLAUSES) + grammar.first) * len(_CLAUSES) + grammar.last, grammar)


def batches(rng, B=BATCH):
    """Fresh batches (x, target, lengths) of the training part without end."""
    while True:
        yield draw(B, rng)


def test_set(B=2000, rng=None):
    """B sentences of the test part, drawn by their probabilities: (x, target, lengths); always the same ones without an rng."""
    return draw(B, np.random.default_rng(6) if rng is None else rng, test=True)


def draw(n, rng, test=False):
    """n sentences of the training part (or of the test part): x (T, n) of int, target (n,) of int, lengths (n,) of int.

    After the end of a sentence x holds 0, which is also a word: the lengths tell where a sentence ends.
    """
    grammar = everything(test)
    rows = pick(_cumulated(test), n, rng)
    form, first, last = grammar.form[rows], grammar.first[rows], grammar.last[rows]
    lengths = _LENGTH[first] + (form > 0) * (_LENGTH[last] + 1)
    x = padded([[*_TOKENS[a], *([_JOINER[f], *_TOKENS[b]] if f else [])] for f, a, b in zip(form, first, last)])
    return x, grammar.positive[rows].astype(int), lengths


@functools.cache
def _cumulated(test):
    return np.cumsum(everything(test).probability)


def words_of(x, lengths):
    """The sentences of a batch as text: x (T, B), lengths (B,) -> list of str."""
    return [" ".join(WORDS[token] for token in x[:n, b]) for b, n in enumerate(lengths)]


def tokens_of(words):
    """Known words as an input: a sequence of str -> (T, 1) of int."""
    return np.array([[_TOKEN[word]] for word in words])


def bag(x, lengths):
    """How often each word occurs in each sentence: x (T, B), lengths (B,) -> (B, V) of float."""
    inside = np.arange(len(x))[:, None] < lengths
    counts = np.zeros((x.shape[1], V))
    np.add.at(counts, (np.nonzero(inside)[1], x[inside]), 1)
    return counts


def parse(words):
    """What the grammar makes of a sequence of str; None where it is not a sentence of the grammar.

    Returns
    -------
    form, first, last : int
        0 one clause, 1 but, 2 although; whether the first and the last clause praise (1) or blame (0).
    """
    words = tuple(words)
    if words in _NUMBER:
        praise = int(_PRAISE[_NUMBER[words]])
        return 0, praise, praise
    for t, word in enumerate(words):
        if word in FORMS[1:] and words[:t] in _NUMBER and words[t + 1:] in _NUMBER:
            first, last = _NUMBER[words[:t]], _NUMBER[words[t + 1:]]
            if _SUBJECT[first] != _SUBJECT[last]:
                return FORMS.index(word), int(_PRAISE[first]), int(_PRAISE[last])
    return None


def truth(words):
    """The grammar's verdict on a sequence of str, 1 or 0; None where it is not a sentence of the grammar."""
    parsed = parse(words)
    return None if parsed is None else parsed[1 if parsed[0] == FORMS.index("although") else 2]


def model(cell_name, rng):
    """A ManyToOne of H = 24 over word vectors of D = 12; cell_name is "RNN", "LSTM" or "GRU"."""
    return ManyToOne(new_cell(cell_name, D, H, rng), Readout(H, K, rng), Embedding(V, D, rng))


def score(model, batch=None):
    """The share of sentences judged correctly, 0 to 1, in a batch (x, target, lengths), by default the test set."""
    x, target, lengths = test_set() if batch is None else batch
    return float((model.predict(x, lengths).argmax(axis=1) == target).mean())


def _held_out(form, first, last):
    """Whether sentences belong to the test part: the sum of their words' numbers is a multiple of five."""
    number = _COUNTS @ np.arange(V)
    return (number[first] + (form > 0) * (number[last] + _JOINER[form])) % HELD_OUT == 0


def _positive(form, first, last):
    """The verdict: the first clause's before "although", else that of the last one."""
    return np.where(np.equal(form, FORMS.index("although")), _PRAISE[first], _PRAISE[last])


TASK = Task(name=__name__, title="sentiment", lesson=6, kinds=CELL_TYPES, model=model, batches=batches,
            test_set=test_set, score=score, baseline=baseline, ceiling=ceiling, target=TARGET,
            steps=STEPS, learning_rate=LEARNING_RATE, window=12, shipped=SHIPPED)
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
