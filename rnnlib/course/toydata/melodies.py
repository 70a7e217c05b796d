"""Short made-up tunes: one seed note goes in, a tune in its key comes out and ends on it.

A tune has four bars of three beats in the major scale of its seed note, its home, with which it begins and ends. A note is a
pitch (MIDI number, 60 is middle C) and a length in beats. How a tune is made, with probabilities::

    bar 1   a rhythm of `RHYTHMS`; the first note is home, each next one moves by `MOVES` along the scale
    bar 2   bar 1 again, all of it `SHIFTS` steps higher or lower
    bar 3   bar 1 unchanged
    bar 4   one of `LEADING` for a beat, then home for two

So after bar 1 hardly anything is left to chance, but to go on means to remember it, and to end means to remember the seed.
Pitch and length together make a token; there are K of them, `end` and `start` included.

`everything` lists all tunes with their probabilities, so baseline and ceiling are sums, not estimates. The split: one
tune in five, by the checksum of its notes, is held out for the test; no tune is in both parts.
"""

import functools
import io
import wave
from itertools import accumulate, product

import numpy as np

from ... import OneToMany, Readout
from .listed import Listed
from .task import CELL_TYPES, Task, halfway, held_out, new_cell, up_to_end

SEEDS = (60, 62, 64, 65, 67)
MAJOR = (0, 2, 4, 5, 7, 9, 11)          # semitones from home to the seven notes of the scale
RHYTHMS = {(1, 1, 1): .35, (2, 1): .2, (1, .5, .5, 1): .25, (.5, .5, 1, 1): .2}
MOVES = {-1: .35, 1: .4, 2: .25}
SHIFTS = {1: .4, 2: .35, -1: .25}
LEADING = {1: .6, -1: .4}               # scale steps above home
LOWEST, HIGHEST = -1, 4                 # how far bar 1 may go, in scale steps from home
BAR, BARS = 3, 4                        # beats in a bar, bars in a tune
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "Bb", "B")

END, START = 0, 1
MOST = 18                               # notes a network may write before it is stopped
BEATS_A_MINUTE, RATE = 150, 8000        # of the sound; samples a second

H = 40
STEPS, LEARNING_RATE, BATCH = 1000, 0.02, 32
SHIPPED = [("GRU", 0), ("GRU", 1), ("GRU", 2), ("RNN", 0)]


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
    """All tunes as Listed, given their seeds, indices into SEEDS; or those of the training part (False), the test part (True)."""
    T, rows, seeds, probability = max(len(steps) for steps, _, _ in _TUNES) + 1, [], [], []
    for (place, home), (steps, lengths, p) in product(enumerate(SEEDS), _TUNES):
        row = [_TOKEN[pitch(step, home), beats] for step, beats in zip(steps, lengths)]
        if test is None or held_out(bytes(row)) == test:
            rows.append(row + [END] * (T - len(row)))
            seeds.append(place)
            probability.append(p)
    return Listed(np.array(rows).T, np.array(seeds), np.array(probability))


def draw(n, rng, test=False):
    """n tunes of a part, drawn by their probabilities: seeds (n,) of int, indices into SEEDS, and tokens (T, n) of int."""
    return everything(test).draw(n, rng)


def tunes(tokens):
    """Tokens (T, B) as B lists of notes (midi, beats), each up to its first END; a START that was written is left out."""
    return [[NOTES[token - 2] for token in column if token != START] for column in up_to_end(tokens)]


def one_hot(seeds):
    """The input v (B, V) for the seeds (B,), indices into SEEDS."""
    return np.eye(len(SEEDS))[seeds]


def batches(rng, B=BATCH):
    """Fresh batches (v (B, V), target (T, B)) of the training part without end."""
    while True:
        yield everything(False).batch(B, rng)


def test_set(n=500, rng=None):
    """(v, target) of n tunes of the test part; always the same ones without an rng."""
    return everything(True).batch(n, np.random.default_rng(9) if rng is None else rng)


@functools.cache
def baseline(before=1):
    """The bits per note of a table: for each seed, how often each token follows the `before` tokens before it."""
    return everything(False).table_entropy(everything(True), before, K, np.log2)


@functools.cache
def ceiling():
    """The least possible bits per note, knowing how tunes are made; `end` counts as a note."""
    return everything(True).entropy(np.log2)


target = halfway(baseline, ceiling)         # bits per note


def rules(tune, home):
    """Which rules a list of notes keeps, a dict of rule to bool, for the home note as a MIDI number.

    A tune keeps them all exactly when the grammar can make it (`of_the_grammar`).
    """
    bars, beat = [[] for _ in range(BARS)], 0.0
    for midi, beats in tune:
        if int(beat // BAR) < BARS:
            bars[int(beat // BAR)].append((midi, beats))
        beat += beats
    scale = [(midi - home) % 12 in MAJOR for midi, _ in tune]
    whole = beat == BAR * BARS and all(sum(beats for _, beats in bar) == BAR for bar in bars)
    rhythm = tuple(beats for _, beats in bars[0])
    first, second = ([_step(midi, home) for midi, _ in bar] for bar in bars[:2])       # off the scale NaN, which equals nothing
    walks = (rhythm in RHYTHMS and all(b - a in MOVES for a, b in zip(first, first[1:]))
             and LOWEST <= min(first) and max(first) <= HIGHEST)
    shifted = any(second == [step + shift for step in first] for shift in SHIFTS)
    homeward = [[(pitch(step, home), 1), (home, 2)] for step in LEADING]
    return {"key": bool(tune) and all(scale), "four bars": whole, "bar 1 in steps": walks,
            "bar 2 shifted": bool(first) and shifted and rhythm == tuple(beats for _, beats in bars[1]),
            "bar 3 repeated": bool(first) and bars[2] == bars[0],
            "way home": bool(tune) and tune[0][0] == home and bars[3] in homeward}


def _step(midi, home):
    """The scale step of a pitch, NaN where the pitch is not in the scale of home."""
    octave, above = divmod(midi - home, 12)
    return 7 * octave + MAJOR.index(above) if above in MAJOR else float("nan")


@functools.cache
def _known():
    part = everything()
    return set(zip(part.given.tolist(), map(tuple, part.tokens.T.tolist())))


def of_the_grammar(seeds, tokens):
    """Whether the grammar can make each of B written tunes, up to its last note: seeds (B,), tokens (L, B) -> (B,)."""
    T, known = everything().tokens.shape[0], _known()
    padded = np.full((max(T, len(tokens)), tokens.shape[1]), END)
    padded[:len(tokens)] = tokens
    return np.array([not column[T:].any() and (int(seed), tuple(column[:T].tolist())) in known
                     for seed, column in zip(seeds, padded.T)])


def wav(tune, bars=BARS + 2):
    """A list of notes as sound: the bytes of a .wav file, 16 bit, RATE samples per second, cut off after that many bars.

    A note is four harmonics that fade away; it begins and ends in silence, so that nothing clicks.
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
    return OneToMany(new_cell(cell_name, K, H, rng), Readout(H, K, rng), len(SEEDS), rng, start=START, end=END)


def score(model, batch=None):
    """The bits per note on a batch (v, target), by default the test set: the mean of -log2 of what the model gave each token."""
    return model.loss_and_gradients(test_set() if batch is None else batch)[0] / np.log(2)


TASK = Task(name=__name__, title="melodies, bits", lesson=9, kinds=CELL_TYPES, model=model, batches=batches,
            test_set=test_set, score=score, baseline=baseline, ceiling=ceiling, target=target,
            steps=STEPS, learning_rate=LEARNING_RATE, window=12, shipped=SHIPPED)
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
