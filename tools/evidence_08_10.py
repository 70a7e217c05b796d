"""The runs behind the sentences of lessons 08 to 10 that no table of rivals holds: what a context carries, what captions
say, what sampling costs, and what hearing more words is worth.

tools/evidence.py makes the tables "bottleneck", "captions", "tunes", "names" and "late" of it.
"""

import functools
from typing import NamedTuple

import numpy as np

import rnnlib
from rnnlib.course.toydata import ambiguous_names as names
from rnnlib.course.toydata import captions, digit_strings, melodies
from rnnlib.course.toydata.window import Window

SEEDS = range(100, 120)             # not those the lessons train live, 0 to 9


def share(right):
    return f"{np.mean(right):.4f}"


# --- bottleneck: digit strings through one vector -----------------------------------------------------------------------

class Bottleneck(NamedTuple):
    """An encoder-decoder whose context has H numbers."""

    H: int
    steps: int
    seed: int


def bottleneck_jobs():
    return [Bottleneck(16, steps, seed) for steps in (1000, 4000) for seed in SEEDS[:10]]


def bottleneck_rows(job):
    """n3 .. n12: share of held-out strings of that length written whole; of the digits of strings of 8, the share that the
    decoder writes (written), and that a linear rule reads from the last state (last) and from all of them (all)."""
    model = digit_strings.trained(job.H, job.seed, steps=job.steps)
    flags = {n: digit_strings.right(model, n) for n in range(3, 13)}
    spoken = digit_strings.encode(digit_strings.draw([8] * 3000, np.random.default_rng(0), test=True))[0]
    h = model.hidden_states(spoken)
    yield {**job._asdict(), **{f"n{n}": share(right.all(axis=0)) for n, right in flags.items()},
           "written": share(flags[8][:8]), "last": share(readable(h[-1], spoken)),
           "all": share(readable(np.concatenate(h, axis=1), spoken))}


def readable(vectors, digits):
    """Which digits (n, B) a linear rule, fitted on the first half of vectors (B, V), reads off the second."""
    bordered, half = np.column_stack([vectors, np.ones(len(vectors))]), len(vectors) // 2
    rules = [np.linalg.lstsq(bordered[:half], np.eye(10)[place[:half]], rcond=None)[0] for place in digits]
    return [(bordered[half:] @ rule).argmax(axis=1) == place[half:] for rule, place in zip(rules, digits)]


# --- captions -----------------------------------------------------------------------------------------------------------

class Caption(NamedTuple):
    """A captioner; order "place first" is trained on captions turned round."""

    kind: str
    order: str
    learning_rate: float
    steps: int
    seed: int


def caption_jobs():
    blocks = [("RNN", "as said", 0.02, 900), ("GRU", "as said", 0.02, 900), ("RNN", "place first", 0.02, 900)]
    return [*(Caption(*block, seed) for block in blocks for seed in SEEDS),
            *(Caption("RNN", "as said", 0.005, 3600, seed) for seed in SEEDS[:10])]


def place_first(text):
    place = captions.things(text)["place"]
    return f"{place} {text.removesuffix(place)}".strip()


def caption_rows(job):
    """exact, size .. place: shares of test captions; place_train: of pictures it was trained on. Of the strange pictures:
    strange, the share right; of the wrong captions, how many name a pair of colour and shape that was trained (known) and how
    many have the right colour (right_colour); on white crosses, P(cross) after "white" (white), after another colour (other)."""
    rng, turn = np.random.default_rng(job.seed), place_first if job.order == "place first" else str
    model, batches = captions.model(job.kind, rng), captions.batches(rng)
    if turn is place_first:
        batches = ((v, captions.encode([turn(text) for text in captions.decode(target)])) for v, target in batches)
    task = captions.TASK
    before, task.learning_rate = task.learning_rate, job.learning_rate
    for _ in task.training(model, batches, job.steps):
        pass
    task.learning_rate = before
    said = {part: captions.decode(model.predict(v, captions.MOST)) for part, (v, _) in measured().items()}
    right = {part: captions.things_right(said[part], wanted) for part, (_, wanted) in measured().items()}
    exact = captions.exact(said["test"], [turn(text) for text in measured()["test"][1]])
    yield {**job._asdict(), "exact": f"{exact:.4f}", **{thing: f"{value:.4f}" for thing, value in right["test"].items()},
           "place_train": f"{right['train']['place']:.4f}", **(strange(model, said["strange"]) if turn is str else {
               column: "" for column in ("strange", "known", "right_colour", "white", "other")})}


@functools.cache
def measured():
    """The parts of the pictures: v and the right captions."""
    sets = {"test": captions.test_set(), "strange": captions.test_set(part="strange"),
            "train": captions.draw(900, np.random.default_rng(9))}
    return {part: (captions.features(pictures), wanted) for part, (pictures, wanted) in sets.items()}


def strange(model, said):
    v, wanted = measured()["strange"]
    pairs = {pair(text) for text in captions.texts()}
    wrong = [(a, b) for a, b in zip(said, wanted) if a != b]
    after = {colour: chance_of_cross(model, v, wanted, colour) for colour in ("white", "yellow", "brown", "black")}
    white = after.pop("white")
    return {"strange": f"{captions.exact(said, wanted):.4f}",
            "known": share([pair(a) in pairs for a, _ in wrong]) if wrong else "",
            "right_colour": share([pair(a)[0] == pair(b)[0] for a, b in wrong]) if wrong else "",
            "white": f"{white:.4f}", "other": f"{np.mean(list(after.values())):.4f}"}


def pair(text):
    things = captions.things(text)
    return things["colour"], things["shape"]


def chance_of_cross(model, v, wanted, colour):
    """The mean P(cross) over white crosses, after the right words but for this colour."""
    chances = []
    for row, text in zip(v, wanted):
        if "white cross" in text:
            words = text.replace("white", colour).split()
            read = np.array([captions.START, *(captions.TOKEN[word] for word in words[:words.index("cross")])])[:, None]
            scores, _ = model.teacher_forced(read, model.first_state(row[None]))
            chances.append(rnnlib.softmax(scores[-1, 0])[captions.TOKEN["cross"]])
    return np.mean(chances)


# --- tunes: what sampling costs -----------------------------------------------------------------------------------------

class Tunes(NamedTuple):
    """300 tunes drawn from one trained network, in one way."""

    temperature: float
    top_k: int
    top_p: float
    seed: int


def tune_jobs():
    """All ways for one network after the other, which is trained once."""
    ways = [*((t, melodies.K, 1.0) for t in (0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0)),
            *((1.0, k, 1.0) for k in (1, 2, 3, 4, 6, 10)), *((1.0, melodies.K, p) for p in (0.5, 0.7, 0.8, 0.9, 0.95)),
            (2.0, 3, 1.0), (2.0, melodies.K, 0.5)]
    return [Tunes(*way, seed) for seed in SEEDS for way in ways]


@functools.lru_cache(maxsize=1)
def composer(seed):
    return melodies.trained("GRU", seed)


def tune_rows(job, B=300):
    """Shares of the tunes that keep each rule, that keep all of them (flawless), and that are different; notes in a tune."""
    seeds = np.arange(B) % len(melodies.SEEDS)
    tokens, _ = composer(job.seed).sample(melodies.one_hot(seeds), np.random.default_rng(1), job.temperature, job.top_k,
                                          melodies.MOST, job.top_p)
    tunes = melodies.tunes(tokens)
    kept = [melodies.rules(tune, melodies.SEEDS[s]) for tune, s in zip(tunes, seeds)]
    yield {**job._asdict(), **{rule.replace(" ", "_"): share([k[rule] for k in kept]) for rule in kept[0]},
           "flawless": share(melodies.of_the_grammar(seeds, tokens)), "different": f"{len(set(map(tuple, tunes))) / B:.4f}",
           "notes": f"{np.mean([len(tune) for tune in tunes]):.2f}"}


# --- names that a later word explains -----------------------------------------------------------------------------------

class Names(NamedTuple):
    """A tagger, trained on whole sentences or with half of them cut off; "small window": one word back, five ahead, 3 units."""

    kind: str
    directions: int
    trained_on: str
    seed: int


def name_jobs():
    blocks = [("RNN", 1, "whole"), ("RNN", 2, "whole"), ("RNN", 2, "cut"), ("small window", 2, "whole")]
    return [Names(*block, seed) for block in blocks for seed in SEEDS]


@functools.cache
def heard():
    test = names.draw(3000, np.random.default_rng(10), test=True)
    return test, *names.encode(test), names.mark(test, names.ambiguous) == 1


def name_rows(job):
    """Accuracy at the names before the verb, over all words, and at those names when d words more have been heard (d0 .. d6);
    gap: the largest distance between P(person), after nothing but a name, and the share of persons in the grammar."""
    rng = np.random.default_rng(job.seed)
    if job.kind == "small window":
        model = rnnlib.ManyToMany(Window(names.D, 3, 2, rng, after=5), rnnlib.Readout(3, names.K, rng))
    else:
        model = names.TASK.new(job.kind, rng, directions=job.directions)
    batches = names.batches(rng)
    for _ in names.training(model, names.cut(batches, rng) if job.trained_on == "cut" else batches):
        pass
    test, x, target, lengths, at_start = heard()

    def right(n):
        return (model.predict(x, n).argmax(axis=-1) == target)[at_start]

    after = [right(np.minimum(lengths, [s.start + 1 + d for s in test])) for d in range(7)]
    gaps = [abs(rnnlib.softmax(model.predict(names.one_hot([name]))[0, 0])[names.PERSON] - of)
            for name, of in names.PERSON_SHARE.items()]
    yield {**job._asdict(), "before_verb": share(right(lengths)), "all": f"{names.score(model):.4f}",
           **{f"d{d}": share(flags) for d, flags in enumerate(after)}, "gap": f"{max(gaps):.4f}"}


class Late(NamedTuple):
    """A tagger of one direction that gives the tag of word t at step t + words."""

    words: int
    seed: int


def late(batches, d):
    """The same batches with every tag d steps later: d zero inputs after a sentence's end, "other" as its first d targets."""
    for x, target, lengths in batches:
        yield (np.pad(x, ((0, d), (0, 0), (0, 0))), np.pad(target, ((d, 0), (0, 0)), constant_values=names.OTHER), lengths + d)


def late_rows(job):
    """Accuracy at the names before the verb, and over all words."""
    rng = np.random.default_rng(job.seed)
    model = names.TASK.new("RNN", rng, directions=1)
    for _ in names.training(model, late(names.batches(rng), job.words)):
        pass
    _, *whole, at_start = heard()
    (x, target, lengths), = late([whole], job.words)
    right = (model.predict(x, lengths).argmax(axis=-1) == target)[job.words:]
    yield {**job._asdict(), "before_verb": share(right[at_start]), "all": share(right[rnnlib.mask_of(whole[2], len(right))])}
