"""The topic of a made note, one of four, where an aside may say more words about another topic.

The grammar, with its probabilities::

    note       -> main 0.3
                | main by the way aside 0.25
                | main by the way aside anyway main' 0.2
                | before i forget aside now to business main 0.25
    main       -> 1 to 3 phrases of the note's topic        (equally likely; main' is drawn like main)
    aside      -> 1 to 3 phrases of one other topic         (equally likely, and so are the three others)
    phrase     -> the NOUN VERB                             NOUN and VERB each one of four of its topic
    topic      -> weather | cooking | football | railway    (equally likely)

The topic is what the note is about besides its aside, so the classes follow from all words in order, and the ceiling is 1.
The topics share no noun and no verb; without the order of the words all that is known are the form of the note and how
many phrases there are of each topic. From that the best accuracy of a bag of words is computed, as a sum (`baseline`).

The split: a note is held out for the test where the numbers of its words, of all of them, add up to a multiple of five. So
no test note was trained on, in whatever order.

Words are tokens 0 .. V - 1 (`WORDS`), a batch is (x (T, B) of int, target (B,) of int, lengths (B,)).
"""

from bisect import bisect
from itertools import accumulate, product
from pathlib import Path

import numpy as np

from ... import Embedding, ManyToOne, Readout
from . import _runs

TOPICS = {"weather": (("storm", "rain", "fog", "frost"), ("passed", "returned", "faded", "thickened")),
          "cooking": (("soup", "dough", "sauce", "roast"), ("simmered", "rose", "burned", "cooled")),
          "football": (("striker", "keeper", "captain", "referee"), ("scored", "tackled", "missed", "limped")),
          "railway": (("train", "conductor", "carriage", "signal"), ("departed", "whistled", "braked", "rattled"))}
LABELS = tuple(TOPICS)
K = len(LABELS)
# (what comes in which order, probability); "aside" is of the other topic
FORMS = [(("main",), 0.3), (("main", "by the way", "aside"), 0.25), (("main", "by the way", "aside", "anyway", "main"), 0.2),
         (("before i forget", "aside", "now to business", "main"), 0.25)]
MOST_PHRASES = 3
HELD_OUT = 5                                # one part in five is the test

D, H = 12, 24
STEPS, LEARNING_RATE, BATCH = 120, 0.01, 64
TARGET = 0.95                               # of the ceiling, 1
WEIGHTS = Path(__file__).with_name("topics.npz")
SHIPPED = [("GRU", seed) for seed in range(3)]          # (cell, seed)

_CUMULATED = list(accumulate(share for _, share in FORMS))
_MARKERS = {part for parts, _ in FORMS for part in parts} - {"main", "aside"}
WORDS = tuple(sorted({"the"} | {word for marker in _MARKERS for word in marker.split()}
                     | {word for pair in TOPICS.values() for words in pair for word in words}))
V = len(WORDS)
_TOKEN = {word: token for token, word in enumerate(WORDS)}


def baseline():
    """The best possible accuracy of any rule that sees a note's words without their order.

    It knows the form and the number of phrases of either topic, and answers with the topic that is likelier to be the main
    one: 0.731. Of the whole grammar, both parts of the split.
    """
    right, phrases = 0.0, range(1, MOST_PHRASES + 1)
    for parts, share in FORMS:
        mains = parts.count("main")
        if "aside" not in parts:
            right += share
            continue
        p = {}              # (phrases of the main topic, phrases of the other) -> probability
        for counts in product(phrases, repeat=mains + 1):
            key = sum(counts[:-1]), counts[-1]
            p[key] = p.get(key, 0) + MOST_PHRASES ** -len(counts)
        # a bag with a phrases of one topic and b of another comes from (a, b) or from (b, a); with a = b nothing tells which
        pairs = {tuple(sorted(key)) for key in p}
        right += share * sum(p[a, b] / 2 if a == b else max(p.get((a, b), 0), p.get((b, a), 0)) for a, b in pairs)
    return right


def ceiling():
    """The best possible accuracy of a rule that sees all words in order: 1, for the grammar can be read off every note."""
    return 1.0


def note(rng):
    """One note of the whole grammar: (list of str, its topic's number)."""
    uniform = iter(rng.random(64).tolist())         # all the chance a note needs, drawn at once: that is ten times as fast

    def one_of(options):
        return options[int(next(uniform) * len(options))]

    parts = FORMS[bisect(_CUMULATED, next(uniform) * _CUMULATED[-1])][0]
    main = one_of(range(K))
    other = one_of([topic for topic in range(K) if topic != main])
    words = []
    for part in parts:
        if part in _MARKERS:
            words += part.split()
            continue
        nouns, verbs = TOPICS[LABELS[main if part == "main" else other]]
        for _ in range(one_of(range(1, MOST_PHRASES + 1))):
            words += ["the", one_of(nouns), one_of(verbs)]
    return words, main


def held_out(words):
    """Whether a note belongs to the test part."""
    return sum(_TOKEN[word] for word in words) % HELD_OUT == 0


def draw(n, rng, test=False):
    """n notes of the training part (or of the test part): x (T, n) of int, target (n,) of int, lengths (n,) of int.

    Behind a note's end x holds 0, which is a word too: lengths leave it out.
    """
    notes = []
    while len(notes) < n:
        words, topic = note(rng)
        if held_out(words) == test:
            notes.append((words, topic))
    lengths = np.array([len(words) for words, _ in notes])
    x = np.zeros((lengths.max(), n), dtype=int)
    for b, (words, _) in enumerate(notes):
        x[:lengths[b], b] = [_TOKEN[word] for word in words]
    return x, np.array([topic for _, topic in notes]), lengths


def batches(rng, B=BATCH):
    """Fresh batches (x, target, lengths) of the training part without end."""
    while True:
        yield draw(B, rng)


def test_set(B=1000, rng=None):
    """B notes of the test part (x, target, lengths); the same ones without an rng."""
    return draw(B, np.random.default_rng(6) if rng is None else rng, test=True)


def words_of(x, lengths):
    """The notes of a batch as text: x (T, B), lengths (B,) -> list of str."""
    return [" ".join(WORDS[token] for token in x[:n, b]) for b, n in enumerate(lengths)]


def model(cell_name, rng):
    """A ManyToOne of H = 24 over word vectors of D = 12; cell_name is "RNN", "LSTM" or "GRU"."""
    return ManyToOne(_runs.cell(cell_name, D, H, rng), Readout(H, K, rng), Embedding(V, D, rng))


def training(model, batches, steps=STEPS):
    """The default run as a generator of (step, loss, gradient norm); `model` is changed in place."""
    return _runs.train_with_decay(model, batches, steps, LEARNING_RATE)


def score(model, batch=None):
    """The share of topics named rightly, 0 to 1, in a batch (x, target, lengths); in the test set without one."""
    x, target, lengths = test_set() if batch is None else batch
    return float((model.predict(x, lengths).argmax(axis=1) == target).mean())


def load_model(cell_name="GRU", seed=0):
    """The model of `model` with the shipped weights of one run; SHIPPED lists which there are."""
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
    return _runs.row("topics", baseline(), ceiling(), TARGET, [score(trained(seed=seed)) for seed in range(3)])
