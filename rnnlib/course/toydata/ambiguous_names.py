"""Names that a later word explains: tag every word of a sentence as person, place or other.

"jordan" is a person in "jordan of course laughed" and a place in "jordan of course flooded"; until the verb comes,
nobody can know. The grammar, with its probabilities::

    sentence  ->  opener  NAME  aside  verb  tail
    opener    ->  (none) 0.4  |  then  |  last week  |  one day             0.2 each
    NAME      ->  an ambiguous name 0.75 (one of six, see PERSON_SHARE)  |  a clear one 0.25 (anna, norway)
    aside     ->  (none) 0.25  |  suddenly 0.25  |  of course 0.2  |  so they say 0.15  |  as you may know 0.15
    verb      ->  one of five person verbs, or one of five place verbs, as NAME is a person or a place: 0.2 each
    tail      ->  (none) 0.3  |  says NAME (a person) 0.35  |  near NAME (a place) 0.35

An ambiguous NAME after the opener is a person with the probability in PERSON_SHARE, otherwise a place. Opener and aside
say nothing about which: only the verb does, 1 to 5 words later. In the tail the same names follow "says" or "near", so
there the past decides. The tail's NAME is one of the six (0.75) or the clear name of its kind (0.25).

The split: every way of filling the other slots comes with five verbs; one of the five, drawn from a generator with a
fixed seed, is held out for the test. So no sentence is in both parts, and whatever comes before the verb, persons and
places are held out alike: a ceiling that holds for the grammar holds exactly for either part.

`SENTENCES` lists all of them with their probabilities, so a ceiling is a sum, not an estimate (`best_accuracy`).
"""

from itertools import product
from typing import NamedTuple

import numpy as np

from ... import Bidirectional, ManyToMany, Readout, mask_of
from .task import CELL_TYPES, Task, new_cell, padded, pick

TAGS = ("person", "place", "other")
PERSON, PLACE, OTHER = range(3)
K = len(TAGS)

# how often each ambiguous name is a person, after the opener
PERSON_SHARE = {"jordan": 0.8, "florence": 0.7, "austin": 0.6, "georgia": 0.4, "sydney": 0.3, "paris": 0.2}
CLEAR = ("anna", "norway")
OPENERS = {"": 0.4, "then": 0.2, "last week": 0.2, "one day": 0.2}
ASIDES = {"": 0.25, "suddenly": 0.25, "of course": 0.2, "so they say": 0.15, "as you may know": 0.15}
VERBS = (("laughed", "sneezed", "whistled", "yawned", "dozed"),
         ("flooded", "sprawled", "expanded", "seceded", "thawed"))
TAIL_WORDS = ("says", "near")
AMBIGUOUS, NO_TAIL = 0.75, 0.3

H = 16                                      # in each direction; a model of one direction has 2H
STEPS, LEARNING_RATE, BATCH = 400, 0.01, 64
TARGET = 0.98                               # above the best that one direction can do, 0.963
# (cell, seed) of the shipped weights, each in one and in two directions
SHIPPED = [("RNN", 0), ("RNN", 1), ("RNN", 2), ("LSTM", 0), ("GRU", 0)]


class Sentence(NamedTuple):
    """One sentence of the grammar."""

    words: tuple            # of str
    tags: tuple             # of int, one per word: 0 person, 1 place, 2 other
    start: int              # index of the NAME after the opener
    probability: float
    test: bool              # held out of training


def _grammar():
    """Every sentence with its probability: the grammar written out."""
    rng, sentences = np.random.default_rng(10), []
    subjects = [(name, kind, AMBIGUOUS / len(PERSON_SHARE) * (share if kind == PERSON else 1 - share))
                for name, share in PERSON_SHARE.items() for kind in (PERSON, PLACE)]
    subjects += [(name, kind, (1 - AMBIGUOUS) / 2) for kind, name in enumerate(CLEAR)]
    tails = [((), (), NO_TAIL)]
    for kind, word in enumerate(TAIL_WORDS):
        names = {**dict.fromkeys(PERSON_SHARE, AMBIGUOUS / len(PERSON_SHARE)), CLEAR[kind]: 1 - AMBIGUOUS}
        tails += [((word, name), (OTHER, kind), (1 - NO_TAIL) / 2 * p) for name, p in names.items()]
    for (opener, p_o), (name, kind, p_n), (aside, p_a), (tail, tail_tags, p_t) in product(
            OPENERS.items(), subjects, ASIDES.items(), tails):
        opener, aside, test_verb = opener.split(), aside.split(), rng.integers(5)
        for i, verb in enumerate(VERBS[kind]):
            sentences.append(Sentence((*opener, name, *aside, verb, *tail),
                                      (*[OTHER] * len(opener), kind, *[OTHER] * (len(aside) + 1), *tail_tags),
                                      len(opener), p_o * p_n * p_a * p_t / 5, i == test_verb))
    return sentences


SENTENCES = _grammar()
WORDS = tuple(sorted({word for sentence in SENTENCES for word in sentence.words}))
D = len(WORDS)
LONGEST = max(len(sentence.words) for sentence in SENTENCES)
_INDEX = {word: i for i, word in enumerate(WORDS)}
_PARTS = {test: [s for s in SENTENCES if s.test == test] for test in (False, True)}
_CUMULATED = {test: np.cumsum([s.probability for s in part]) for test, part in _PARTS.items()}


def draw(n, rng, test=False):
    """n sentences of the training part (or of the test part), drawn by their probabilities: a list of Sentence."""
    return [_PARTS[test][i] for i in pick(_CUMULATED[test], n, rng)]


def encode(sentences):
    """Arrays of a list of Sentence: x (T, B, D) one-hot, target (T, B) of int, lengths (B,) of int.

    T is the length of the longest; after the end of a sentence x is zero and target is 0, which a mask leaves out.
    """
    lengths = np.array([len(sentence.words) for sentence in sentences])
    x = np.zeros((lengths.max(), len(sentences), D))
    for b, sentence in enumerate(sentences):
        x[np.arange(lengths[b]), b, [_INDEX[word] for word in sentence.words]] = 1
    return x, padded([sentence.tags for sentence in sentences]), lengths


def mark(sentences, group):
    """group(sentence, t) of every word, laid out like the target of `encode`: int (T, B), 0 where the group is None."""
    T = max(len(sentence.words) for sentence in sentences)
    return np.array([[group(s, t) or 0 if t < len(s.words) else 0 for s in sentences] for t in range(T)])


def one_hot(words):
    """Known words as an input: a sequence of str -> (T, 1, D)."""
    return np.eye(D)[[_INDEX[word] for word in words]][:, None]


def ambiguous(sentence, t):
    """1 where word t (from 0) is an ambiguous name before anything has said what it is, else None."""
    return 1 if t == sentence.start and sentence.words[t] in PERSON_SHARE else None


def position(sentence, t):
    """The position (from 1) of an ambiguous name, None for other words: 1 to 3 before the verb, 4 to 10 after it."""
    return t + 1 if sentence.words[t] in PERSON_SHARE else None


def best_accuracy(view, group=None, sentences=SENTENCES):
    """The score of the best possible rule that sees no more than `view`, computed from the grammar, without a test set.

    Whatever the rule sees, it answers with the tag that is then the most probable.

    Parameters
    ----------
    view : function (words, t) -> anything hashable
        What the rule sees when it tags word t (from 0) of a tuple of words: ``words[:t + 1]`` is one direction.
    group : function (sentence, t) -> number or None, optional
        Splits the words into groups that are scored separately; None leaves a word out. Without it all words are one group.
    sentences : list of Sentence, optional
        One part of the grammar instead of the whole.

    Returns
    -------
    float or dict of float
        The accuracy, 0 to 1; with `group` one for each group.
    """
    seen, scored = {}, {}                   # probability by tag: of a view, and of a view within a group
    for sentence in sentences:
        for t, tag in enumerate(sentence.tags):
            what, g = view(sentence.words, t), group(sentence, t) if group else 0
            seen.setdefault(what, [0.0] * K)[tag] += sentence.probability
            if g is not None:
                scored.setdefault((g, what), [0.0] * K)[tag] += sentence.probability
    right, total = {}, {}
    for (g, what), shares in scored.items():
        total[g] = total.get(g, 0.0) + sum(shares)
        right[g] = right.get(g, 0.0) + shares[seen[what].index(max(seen[what]))]
    accuracies = {g: right[g] / total[g] for g in sorted(total)}
    return accuracies if group else accuracies[0]


def model(cell_name, rng, directions=2):
    """A ManyToMany of 2H = 32 states: one cell of that size (directions=1), or two of H = 16 side by side (2)."""
    if directions not in (1, 2):
        raise ValueError(f"directions must be 1 or 2; it was {directions!r}")
    cells = [new_cell(cell_name, D, 2 * H // directions, rng) for _ in range(directions)]
    return ManyToMany(cells[0] if directions == 1 else Bidirectional(*cells), Readout(2 * H, K, rng))


def batches(rng, B=BATCH):
    """Fresh batches (x, target, lengths) of the training part without end."""
    while True:
        yield encode(draw(B, rng))


def cut(batches, rng):
    """The same batches, half of the sentences cut off after a word drawn at random: for a model that cannot wait."""
    for x, target, lengths in batches:
        yield x, target, np.where(rng.random(len(lengths)) < 0.5, lengths, rng.integers(1, lengths + 1))


def test_set(n=3000, rng=None):
    """(x, target, lengths) of n sentences of the test part; always the same ones without an rng."""
    return encode(draw(n, np.random.default_rng(10) if rng is None else rng, test=True))


def baseline():
    """The best possible accuracy, over all words, of a rule that sees one word alone."""
    return best_accuracy(lambda words, t: words[t])


def ceiling():
    """The best possible accuracy, over all words, of a rule that sees the whole sentence: 1, since it leaves no doubt."""
    return best_accuracy(lambda words, t: (words, t))


def score(model, batch=None):
    """The share of all words tagged correctly in a batch (x, target, lengths), by default the test set."""
    x, target, lengths = test_set() if batch is None else batch
    return float((model.predict(x, lengths).argmax(axis=-1) == target)[mask_of(lengths, len(x))].mean())


TASK = Task(name=__name__, title="ambiguous names", lesson=10, kinds=CELL_TYPES, default="RNN", model=model,
            batches=batches, test_set=test_set, score=score, baseline=baseline, ceiling=ceiling, target=TARGET,
            steps=STEPS, learning_rate=LEARNING_RATE, window=8, options={"directions": 2},
            shipped={f"{cell_name}/{directions}/{seed}": (cell_name, seed, {"directions": directions})
                     for cell_name, seed in SHIPPED for directions in (1, 2)})
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
