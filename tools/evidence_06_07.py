"""The runs behind the sentences of lessons 06 and 07 that no table of rivals holds: which sentences are judged wrongly, how
well the probabilities of a tagger are calibrated, and how late a detector on a stream is.

tools/evidence.py makes the tables "verdicts", "odds" and "streams" of it.
"""

import functools
from typing import NamedTuple

import numpy as np

import rnnlib
from rnnlib.course.toydata import motion, sentiment
from rnnlib.course.toydata import part_of_speech as pos

SEEDS = range(100, 120)             # not those the lessons train live, 0 to 9
HOLDS = 1, 4


# --- verdicts: sentiment, by the kind of sentence -----------------------------------------------------------------------

class Verdicts(NamedTuple):
    """A reader of the sentiment task, trained in the lesson's way."""

    kind: str
    seed: int


def verdict_jobs():
    return [Verdicts(kind, seed) for kind in ("RNN", "window") for seed in SEEDS]


def verdict_rows(job):
    """Accuracy on the test sentences of each kind, and on all of them (score)."""
    model = sentiment.TASK.trained(job.kind, job.seed)
    x, target, lengths = sentiment.test_set()
    right = model.predict(x, lengths).argmax(axis=1) == target
    yield {**job._asdict(), **{name: f"{right[rows].mean():.4f}" for name, rows in sentence_kinds().items()},
           "score": f"{right.mean():.4f}"}


@functools.cache
def sentence_kinds():
    """The rows of the test set by kind of sentence: one clause, or a joiner and whether its clauses agree."""
    x, _, lengths = sentiment.test_set()
    form, first, last = np.array([sentiment.parse(sentence.split()) for sentence in sentiment.words_of(x, lengths)]).T
    kinds = {"one": form == 0}
    for i, joiner in enumerate(sentiment.FORMS[1:], 1):
        kinds[f"{joiner}_agreeing"] = (form == i) & (first == last)
        kinds[f"{joiner}_opposed"] = (form == i) & (first != last)
    return kinds


# --- odds: how well a tagger is calibrated ------------------------------------------------------------------------------

class Odds(NamedTuple):
    """A tagger of the lesson's own steps."""

    kind: str
    seed: int


def odds_jobs():
    return [Odds(kind, seed) for kind in ("GRU", "window") for seed in SEEDS]


def odds_rows(job):
    """The gaps between the tagger's probability of the likeliest tag and the grammar's, where the grammar leaves at least one
    chance in ten for another: median_gap, ninth_gap (nine in ten are smaller), and places, how many there are."""
    model = pos.TASK.trained(job.kind, job.seed)
    tokens, _, lengths = pos.test_set()
    says = rnnlib.softmax(model.predict(tokens, lengths))
    places, knows = uncertain()
    gaps = np.abs([says[t, b, k] - p for (t, b, k), p in zip(places, knows)])
    yield {**job._asdict(), "median_gap": f"{np.median(gaps):.4f}", "ninth_gap": f"{np.quantile(gaps, 0.9):.4f}",
           "places": len(gaps)}


@functools.cache
def uncertain():
    """((step, sentence, tag), probability of the likeliest tag) of every uncertain word of the test."""
    tokens, _, lengths = pos.test_set()
    places, knows = [], []
    for b, n in enumerate(lengths):
        odds = pos.odds([pos.WORDS[token] for token in tokens[:n, b]])
        for t in np.flatnonzero(odds.max(axis=1) < 0.9):
            places.append((t, b, odds[t].argmax()))
            knows.append(odds[t].max())
    return places, knows


# --- streams: how late a detector is ------------------------------------------------------------------------------------

class Streams(NamedTuple):
    """A GRU of the motion task, trained in the lesson's way."""

    seed: int


def stream_jobs():
    return [Streams(seed) for seed in SEEDS]


def stream_rows(job):
    """score: of the test recordings; stream: accuracy on 16 streams of a minute. For each of HOLDS, with a label shown only after
    that many samples in a row: the median delay of a change in samples, and the false changes per minute."""
    model = motion.TASK.trained("GRU", job.seed)
    x, truth = one_stream()
    answer = model.predict(x).argmax(axis=-1)
    row = {**job._asdict(), "score": f"{motion.score(model):.4f}", "stream": f"{(answer == truth).mean():.4f}"}
    for n in HOLDS:
        shown = motion.held(answer, n)
        waits = np.concatenate([motion.delays(*pair) for pair in zip(truth.T, shown.T)])
        row |= {f"delay_{n}": f"{np.median(waits):g}", f"false_{n}": f"{motion.false_changes(truth, shown):.3f}"}
    yield row


@functools.cache
def one_stream():
    return motion.stream(1500, 16, np.random.default_rng(5))[:2]
