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

The topic is what the note is about apart from its aside, so the class follows from all words in order, and the ceiling is 1.
The topics share no noun and no verb; without the order of the words all that is known is the form of the note and how
many phrases there are of each topic. From that the best accuracy of a bag of words is computed, as a sum (`baseline`).

The split: a note is held out for the test where the numbers of all its words add up to a multiple of five. So no test
note is trained on, in any order of its words.

Words are tokens 0 .. V - 1 (`WORDS`), a batch is (x (T, B) of int, target (B,) of int, lengths (B,)).
"""

from bisect import bisect
from itertools import accumulate, product

import numpy as np

from ... import Embedding, ManyToOne, Readout
from .task import CELL_TYPES, Task, new_cell, padded

TOPICS = {"weather": (("storm", "rain", "fog", "frost"), ("passed", "returned", "faded", "thickened")),
          "cooking": (("soup", "dough", "sauce", "roast"), ("simmered", "rose", "burned", "cooled")),
          "football": (("striker", "keeper", "captain", "referee"), ("scored", "tackled", "missed", "limped")),
          "railway": (("train", "conductor", "carriage", "signal"), ("departed", "whistled", "braked", "rattled"))}
LABELS = tuple(TOPICS)
K = len(LABELS)
# (the parts in their order, probability); "aside" is about the other topic
FORMS = [(("main",), 0.3), (("main", "by the way", "aside"), 0.25), (("main", "by the way", "aside", "anyway", "main"), 0.2),
         (("before i forget", "aside", "now to business", "main"), 0.25)]
MOST_PHRASES = 3
HELD_OUT = 5                                # one part in five is the test

D, H = 12, 24
STEPS, LEARNING_RATE, BATCH = 120, 0.01, 64
TARGET = 0.95                               # of the ceiling, 1
SHIPPED = [("GRU", seed) for seed in range(3)]          # (cell, seed)

_CUMULATED = list(accumulate(share for _, share in FORMS))
_MARKERS = {part for parts, _ in FORMS for part in parts} - {"main", "aside"}
WORDS = tuple(sorted({"the"} | {word for marker in _MARKERS for word in marker.split()}
                     | {word for pair in TOPICS.values() for words in pair for word in words}))
V = len(WORDS)
_TOKEN = {word: token for token, word in enumerate(WORDS)}


def baseline():
    """The best possible accuracy of any rule that sees a note's words without their order.

    The rule knows the form and how many phrases each topic has, and answers with the topic that is more likely to be the
    main one: 0.731. Computed on the whole grammar, both parts of the split.
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
    """The best possible accuracy of a rule that sees all words in order: 1, since the topic can be read off every note."""
    return 1.0


def note(rng):
    """One note of the whole grammar: (list of str, its topic's number)."""
    uniform = iter(rng.random(64).tolist())         # all the random numbers a note needs at once: ten times as fast

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

    After the end of a note x holds 0, which is also a word: the lengths tell where a note ends.
    """
    notes = []
    while len(notes) < n:
        words, topic = note(rng)
        if held_out(words) == test:
            notes.append((words, topic))
    lengths = np.array([len(words) for words, _ in notes])
    x = padded([[_TOKEN[word] for word in words] for words, _ in notes])
    return x, np.array([topic for _, topic in notes]), lengths


def batches(rng, B=BATCH):
    """Fresh batches (x, target, lengths) of the training part without end."""
    while True:
        yield draw(B, rng)


def test_set(B=1000, rng=None):
    """B notes of the test part (x, target, lengths); always the same ones without an rng."""
    return draw(B, np.random.default_rng(6) if rng is None else rng, test=True)


def words_of(x, lengths):
    """The notes of a batch as text: x (T, B), lengths (B,) -> list of str."""
    return [" ".join(WORDS[token] for token in x[:n, b]) for b, n in enumerate(lengths)]


def model(cell_name, rng):
    """A ManyToOne of H = 24 over word vectors of D = 12; cell_name is "RNN", "LSTM" or "GRU"."""
    return ManyToOne(new_cell(cell_name, D, H, rng), Readout(H, K, rng), Embedding(V, D, rng))


def score(model, batch=None):
    """The share of topics named correctly, 0 to 1, in a batch (x, target, lengths), by default the test set."""
    x, target, lengths = test_set() if batch is None else batch
    return float((model.predict(x, lengths).argmax(axis=1) == target).mean())


TASK = Task(name=__name__, title="topics", lesson=6, kinds=CELL_TYPES, model=model, batches=batches,
            test_set=test_set, score=score, baseline=baseline, ceiling=ceiling, target=TARGET,
            steps=STEPS, learning_rate=LEARNING_RATE, window=16, shipped=SHIPPED)
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
