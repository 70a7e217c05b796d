"""Short tunes of our own: one seed note goes in, a tune in its key comes out and finds the way home.

A tune has four bars of three beats in the major scale of its seed note, which is its first note and its home. A note is a
pitch (MIDI number, 60 is middle C) and a length in beats. How a tune is made, with probabilities::

    bar 1   a rhythm of `RHYTHMS`; the first note is home, each next one a step of `MOVES` of the scale further
    bar 2   bar 1 once more, all of it `SHIFTS` steps higher or lower
    bar 3   bar 1 as it was
    bar 4   one of `LEADING` for a beat, then home for two

So after bar 1 hardly anything is left to chance, but to go on one has to remember it, and to end one has to remember the
seed. Pitch and length together make a token: K of them, `end` and `start` among them.

`everything` lists all tunes with their probabilities, so baseline and ceiling are sums. The split: one tune in five, by the
checksum of its notes, is held out for the test; no tune is in both parts.
The shipped weights are made anew by ``python tools/weights.py melodies``.
"""

import functools
import io
import wave
from itertools import accumulate, product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ... import OneToMany, Readout
from . import _runs, _split

SEEDS = (60, 62, 64, 65, 67)
MAJOR = (0, 2, 4, 5, 7, 9, 11)          # semitones from home to the seven notes of the scale
RHYTHMS = {(1, 1, 1): .35, (2, 1): .2, (1, .5, .5, 1): .25, (.5, .5, 1, 1): .2}
MOVES = {-1: .35, 1: .4, 2: .25}
SHIFTS = {1: .4, 2: .35, -1: .25}
LEADING = {1: .6, -1: .4}               # steps above home
LOWEST, HIGHEST = -1, 4                 # how far bar 1 may go, in steps from home
BAR, BARS = 3, 4                        # beats in a bar, bars in a tune
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "Bb", "B")

END, START = 0, 1
MOST = 18                               # notes a network may write before it is stopped
BEATS_A_MINUTE, RATE = 150, 8000        # of the sound; samples a second

CELL_TYPES = _runs.CELL_TYPES
H = 40
STEPS, LEARNING_RATE, BATCH = 1000, 0.02, 32
WEIGHTS = Path(__file__).with_name("melodies.npz")
SHIPPED = [("GRU", 0), ("GRU", 1), ("GRU", 2), ("RNN", 0)]


class Part(NamedTuple):
    """Tunes of the grammar: all of them, or one part of the split."""

    tokens: np.ndarray          # (T, n) of int, padded with END
    seeds: np.ndarray           # (n,) of int, places in SEEDS
    probability: np.ndarray     # (n,), given the seed; over all tunes of a seed it sums to 1


def pitch(step, home):
    """The MIDI number of a scale step above (or below) home."""
    octave, degree = divmod(step, len(MAJOR))
    return home + 12 * octave + MAJOR[degree]


def name(midi):
    """The name of a pitch: name(60) -> "C4"."""
    return f"{NAMES[midi % 12]}{midi // 12 - 1}"


def _compose():
    """(scale steps, lengths, probability) of every tune, in no key yet."""
    motifs = []
    for rhythm, p in RHYTHMS.items():
        ways = [(tuple(accumulate(moves, initial=0)), np.prod([MOVES[move] for move in moves]))
                for moves in product(MOVES, repeat=len(rhythm) - 1)]
        ways = [(steps, q) for steps, q in ways if min(steps) >= LOWEST and max(steps) <= HIGHEST]
        total = sum(q for _, q in ways)
        motifs += [(rhythm, steps, p * q / total) for steps, q in ways]
    for (rhythm, steps, p), (shift, p_s), (leading, p_l) in product(motifs, SHIFTS.items(), LEADING.items()):
        second = tuple(step + shift for step in steps)
        yield (*steps, *second, *steps, leading, 0), (*3 * rhythm, 1, 2), p * p_s * p_l


_TUNES = list(_compose())
NOTES = tuple(sorted({(pitch(step, home), float(beats)) for steps, lengths, _ in _TUNES for home in SEEDS
                      for step, beats in zip(steps, lengths)}))
K = len(NOTES) + 2
_TOKEN = {note: token for token, note in enumerate(NOTES, 2)}


@functools.cache
def everything(test=None):
    """All tunes as a Part; those of the training part (test=False) or of the test part (test=True)."""
    T, rows, seeds, probability = max(len(steps) for steps, _, _ in _TUNES) + 1, [], [], []
    for (place, home), (steps, lengths, p) in product(enumerate(SEEDS), _TUNES):
        row = [_TOKEN[pitch(step, home), beats] for step, beats in zip(steps, lengths)]
        if test is None or _split.held_out(bytes(row)) == test:
            rows.append(row + [END] * (T - len(row)))
            seeds.append(place)
            probability.append(p)
    return Part(np.array(rows).T, np.array(seeds), np.array(probability))


def draw(n, rng, test=False):
    """n tunes of a part, with their probabilities: seeds (n,) of int, places in SEEDS, and tokens (T, n) of int."""
    part = everything(test)
    cumulated = np.cumsum(part.probability)
    which = np.searchsorted(cumulated, rng.random(n) * cumulated[-1], side="right")
    return part.seeds[which], part.tokens[:, which]


def one_hot(seeds):
    """What a network gets of the seeds (B,), places in SEEDS: v (B, V)."""
    return np.eye(len(SEEDS))[seeds]


def batches(rng, B=BATCH):
    """Fresh batches (v (B, V), target (T, B)) of the training part without end."""
    while True:
        seeds, tokens = draw(B, rng)
        yield one_hot(seeds), tokens


def test_set(n=500, rng=None):
    """(v, target) of n tunes of the test part; the same ones every time unless an rng is given."""
    seeds, tokens = draw(n, np.random.default_rng(9) if rng is None else rng, test=True)
    return one_hot(seeds), tokens


def tunes(tokens):
    """Tokens (T, B) as B lists of notes (midi, beats), each up to its first END; a START that was written is left out."""
    return [[NOTES[token - 2] for token in column[:np.argmax([*column, END] == np.int64(END))] if token != START]
            for column in np.asarray(tokens).T]


@functools.cache
def baseline(before=1):
    """Bits a note of a table: for each seed, how often each token follows the `before` tokens before it (0 or 1).

    Counted on the whole training part and scored on the test part; `end` counts as a note. A token never met there gets
    a thousandth of an even share.
    """
    table = np.full((len(SEEDS), K if before else 1, K), 1e-3 / K)
    seeds, previous, token, weight = _pairs(everything(False), before)
    np.add.at(table, (seeds, previous, token), weight)
    table /= table.sum(axis=-1, keepdims=True)
    seeds, previous, token, weight = _pairs(everything(True), before)
    return float(-(weight * np.log2(table[seeds, previous, token])).sum() / weight.sum())


def _pairs(part, before):
    """Every token of a part, its first `end` included: (seed, token before it or 0, token, probability), each (n,)."""
    previous = np.concatenate([np.full_like(part.tokens[:1], START), part.tokens[:-1]])
    inside = previous != END
    seeds, p = (np.broadcast_to(row, inside.shape)[inside] for row in (part.seeds, part.probability))
    return seeds, previous[inside] * (before > 0), part.tokens[inside], p


@functools.cache
def ceiling():
    """Bits a note of whoever knows how tunes are made: the entropy of a test tune, given its seed, over its length."""
    part = everything(True)
    lengths = (part.tokens != END).sum(axis=0) + 1
    return float(-(part.probability * np.log2(part.probability)).sum() / (part.probability * lengths).sum())


def target():
    """Bits a note to be reached: half of the gap between baseline and ceiling closed."""
    return (baseline() + ceiling()) / 2


def rules(tune, home):
    """Which rules a list of notes keeps, a dict of rule to bool, for the home note as a MIDI number.

    A tune that keeps them all is one of the grammar (`of_the_grammar`), and the other way round.
    """
    bars, beat = [[] for _ in range(BARS)], 0.0
    for midi, beats in tune:
        if int(beat // BAR) < BARS:
            bars[int(beat // BAR)].append((midi, beats))
        beat += beats
    scale = [(midi - home) % 12 in MAJOR for midi, _ in tune]
    whole = beat == BAR * BARS and all(sum(beats for _, beats in bar) == BAR for bar in bars)
    rhythm = tuple(beats for _, beats in bars[0])
    first, second = ([_step(midi, home) for midi, _ in bar] for bar in bars[:2])       # NaN off the scale equals nothing
    walks = (rhythm in RHYTHMS and all(b - a in MOVES for a, b in zip(first, first[1:]))
             and LOWEST <= min(first) and max(first) <= HIGHEST)
    shifted = any(second == [step + shift for step in first] for shift in SHIFTS)
    homeward = [[(pitch(step, home), 1), (home, 2)] for step in LEADING]
    return {"key": bool(tune) and all(scale), "four bars": whole, "bar 1 in steps": walks,
            "bar 2 shifted": bool(first) and shifted and rhythm == tuple(beats for _, beats in bars[1]),
            "bar 3 repeated": bool(first) and bars[2] == bars[0],
            "way home": bool(tune) and tune[0][0] == home and bars[3] in homeward}


def _step(midi, home):
    """The scale step of a pitch, NaN where it is not in the scale of home."""
    octave, above = divmod(midi - home, 12)
    return 7 * octave + MAJOR.index(above) if above in MAJOR else float("nan")


@functools.cache
def _known():
    part = everything()
    return set(zip(part.seeds.tolist(), map(tuple, part.tokens.T.tolist())))


def of_the_grammar(seeds, tokens):
    """Whether each of B written tunes is one that the grammar can make, to the last note: seeds (B,), tokens (L, B) -> (B,)."""
    T, known = everything().tokens.shape[0], _known()
    padded = np.full((max(T, len(tokens)), tokens.shape[1]), END)
    padded[:len(tokens)] = tokens
    return np.array([not column[T:].any() and (int(seed), tuple(column[:T].tolist())) in known
                     for seed, column in zip(seeds, padded.T)])


def wav(tune, bars=BARS + 2):
    """A list of notes as sound: the bytes of a .wav file, 16 bit, RATE samples a second; what lasts longer is cut off.

    A note is four harmonics that die away; it begins and ends in silence, so nothing clicks.
    """
    total = int(min(sum(beats for _, beats in tune), bars * BAR) * 60 * RATE / BEATS_A_MINUTE)
    sound, start = np.zeros(total), 0.0
    for midi, beats in tune:
        first, last = (min(int(beat * 60 * RATE / BEATS_A_MINUTE), total) for beat in (start, start + beats))
        t = np.arange(last - first) / RATE
        angle = 2 * np.pi * 440 * 2 ** ((midi - 69) / 12) * t
        tone = sum(np.sin(harmonic * angle) * strength for harmonic, strength in ((1, 1), (2, .35), (3, .15), (4, .05)))
        swell = np.minimum(1, np.minimum(t, t[::-1]) / 0.012)
        sound[first:last] = tone * swell * np.exp(-2.5 * t)
        start += beats
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(np.round(18000 * sound).astype("<i2").tobytes())
    return file.getvalue()


def model(cell_name, rng):
    """The default model, a OneToMany of H = 40 that reads its own notes one-hot; cell_name is "RNN", "LSTM" or "GRU"."""
    return OneToMany(_runs.cell(cell_name, K, H, rng), Readout(H, K, rng), len(SEEDS), rng, start=START, end=END)


def training(model, batches, steps=STEPS):
    """The default run as a generator of (step, loss, gradient norm); `model` is changed in place."""
    return _runs.train_with_decay(model, batches, steps, LEARNING_RATE)


def score(model, batch=None):
    """Bits a note, of a batch (v, target) or else of the test set: the mean of -log2 of what the model gave each token."""
    return model.loss_and_gradients(test_set() if batch is None else batch)[0] / np.log(2)


def trained(cell_name="GRU", seed=0):
    """A default run from its beginning; it depends on the seed alone."""
    rng = np.random.default_rng(seed)
    made = model(cell_name, rng)
    for _ in training(made, batches(rng)):
        pass
    return made


def load_model(cell_name="GRU", seed=0):
    """The default model with its shipped weights; SHIPPED lists the (cell_name, seed) there are."""
    if (cell_name, seed) not in SHIPPED:
        raise ValueError(f"(cell_name, seed) must be one of {SHIPPED}; it was {(cell_name, seed)}")
    return _runs.fill(model(cell_name, np.random.default_rng(0)), WEIGHTS, f"{cell_name}/{seed}")


def make_weights(path):
    """Train every model of SHIPPED and write the weights to `path` (.npz)."""
    _runs.save(path, {f"{cell_name}/{seed}": trained(cell_name, seed) for cell_name, seed in SHIPPED})


def table():
    """The row of this task in the table of scores, in bits a note (less is better), from three fresh runs."""
    scores = [score(trained(seed=seed)) for seed in range(3)]
    return _runs.row("melodies, bits (09)", baseline(), ceiling(), target(), scores)
