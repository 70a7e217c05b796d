"""Morse-like tones, heard through noise, frame by frame, and to be spelled out as letters.

A message is one or two of the ten letters of `CODE`. A key is pressed and released in units of time, as Morse has it: a
dot is one unit of tone, a dash three; one unit of silence separates the tones of a letter, three units separate two letters. The
sender's hand is unsteady: each unit lasts one frame, or two with probability DRAG. What is heard of a frame is its
loudness, 1 or 0, with noise of deviation NOISE added. So a message is x (T, 1), with about ten frames for a letter and
the silence after it, and nothing marks where one letter ends and the next begins.

`baseline` is a rule by hand: louder than one half is tone; a tone of up to two frames is a dot, a silence of up to two
frames lies inside a letter. `ceiling` is the best that a listener can do who knows the code, DRAG, NOISE and how often
each message is sent in training, and picks the most likely message (`ideal`).

The split goes by the key: for messages of two letters, one in five of the patterns of frames, pressed and released, is held
out for the test by its checksum, so no rhythm of the test is trained on (`draw`). One in ten of the messages of two
letters is kept out of both parts, to be heard for the first time after the training (`NEW`): that is harder. One letter or
two are equally likely, and so are the messages of each length.

Letters are tokens from 2 on, after END = 0 and START = 1 (`SYMBOLS`).
"""

import functools
import zlib
from itertools import product

import numpy as np

from ... import EncoderDecoder, Readout
from .task import CELL_TYPES, Task, halfway, held_out, new_cell, padded, up_to_end

CODE = {"e": ".", "t": "-", "a": ".-", "i": "..", "n": "-.", "m": "--", "s": "...", "u": "..-", "r": ".-.", "d": "-.."}
LETTERS = tuple(CODE)
END, START = 0, 1
SYMBOLS = ("end", "start", *LETTERS)
K, MOST_LETTERS = len(SYMBOLS), 2
DRAG, NOISE = 0.2, 0.23

MESSAGES = tuple("".join(letters) for n in range(1, MOST_LETTERS + 1) for letters in product(LETTERS, repeat=n))
NEW = tuple(message for message in MESSAGES if len(message) > 1 and zlib.crc32(message.encode()) % 10 == 0)
KNOWN = tuple(message for message in MESSAGES if message not in NEW)

H = 48
STEPS, LEARNING_RATE, BATCH = 900, 0.015, 48
TARGET = 0.95                               # of the ceiling, and at least half of the way from the baseline to it (`target`)
SHIPPED = [("GRU", seed) for seed in range(3)]              # (cell, seed)
RATE, PITCH, FRAME = 8000, 600, 0.08        # of `sound`: samples a second, hertz, seconds


def units(message):
    """What the key does, unit by unit: a str of letters -> (U,) of int, 1 pressed and 0 released; no silence at the end."""
    pressed = []
    for letter in message:
        for sign in CODE[letter]:
            pressed += [1] * (1 if sign == "." else 3) + [0]
        pressed += [0, 0]
    return np.array(pressed[:-3])


def draw(n, rng, test=False, messages=KNOWN):
    """n messages keyed by an unsteady hand, of the training part (or of the test part): (list of str, list of keys).

    A key is (T,) of int, pressed or not in each frame. Messages of each length are equally likely.
    """
    by_length = [[message for message in messages if len(message) == k] for k in range(1, MOST_LETTERS + 1)]
    by_length = [some for some in by_length if some]        # NEW has no single letters
    said, keys = [], []
    while len(said) < n:
        some = by_length[rng.integers(len(by_length))]
        message = some[rng.integers(len(some))]
        key = np.repeat(_UNITS[message], 1 + (rng.random(len(_UNITS[message])) < DRAG))
        if (len(message) > 1 and held_out(key.astype(np.int8).tobytes())) == test:
            said.append(message)
            keys.append(key)
    return said, keys


def hear(messages, keys, rng):
    """What is heard of keyed messages: x (T, B, 1), target (T', B) of int closed by END, lengths (B,) of the frames."""
    lengths = np.array([len(key) for key in keys])
    x = rng.normal(0, NOISE, (lengths.max(), len(messages), 1))
    for b, key in enumerate(keys):
        x[:len(key), b, 0] += key
        x[len(key):, b] = 0
    return x, padded([[SYMBOLS.index(letter) for letter in message] for message in messages], closed=True), lengths


_UNITS = {message: units(message) for message in MESSAGES}


def by_rule(x, lengths):
    """The baseline's answers to x (T, B, 1), lengths (B,): a list of str, "?" where the signs belong to no letter."""
    letters = {signs: letter for letter, signs in CODE.items()}
    answers = []
    for b, n in enumerate(lengths):
        loud = x[:n, b, 0] > 0.5
        ends = np.flatnonzero(np.diff(loud)) + 1
        signs = ""
        for run in np.split(loud, ends):
            signs += (".-"[len(run) > 2] if run[0] else "" if len(run) <= 2 else " ")
        answers.append("".join(letters.get(letter, "?") for letter in signs.split()))
    return answers


@functools.cache
def baseline():
    """The share of the test set that `by_rule` spells correctly."""
    return _score(by_rule)


def ideal(x, lengths, messages=KNOWN):
    """The most likely message for each of x (T, B, 1), lengths (B,): a list of str.

    For a message of U units, p(frames | message) is a sum over every way in which U units can last that many frames: a
    forward pass over (unit, its first or second frame), for all messages at once.
    """
    size = np.array([len(_UNITS[message]) for message in messages])
    key = np.zeros((len(messages), size.max()))
    for m, message in enumerate(messages):
        key[m, :size[m]] = _UNITS[message]
    letters = np.array([len(message) for message in messages])
    prior = 1 / np.bincount(letters)[letters]
    answers = []
    for b, n in enumerate(lengths):
        over, half = np.zeros((2, *key.shape))      # p(frames so far, and the unit is over, or is in the first of two frames)
        for t, loudness in enumerate(x[:n, b, 0]):
            entering = np.zeros_like(over)
            entering[:, 0] = t == 0
            entering[:, 1:] = over[:, :-1]
            heard = np.exp(-(loudness - key) ** 2 / (2 * NOISE ** 2))
            over, half = heard * ((1 - DRAG) * entering + half), heard * DRAG * entering
            total = (over + half).sum()             # the same factor for all messages
            over, half = over / total, half / total
        answers.append(messages[(prior * over[np.arange(len(messages)), size - 1]).argmax()])
    return answers


@functools.cache
def ceiling():
    """The share of the test set that `ideal` spells correctly."""
    return _score(ideal)


def batches(rng, B=BATCH):
    """Fresh batches (x, target, lengths) of the training part without end."""
    while True:
        yield hear(*draw(B, rng), rng)


def test_set(n=600, rng=None, messages=KNOWN):
    """n messages with held-out keys: (x, target, lengths); always the same ones without an rng."""
    rng = np.random.default_rng(8) if rng is None else rng
    return hear(*draw(n, rng, True, messages), rng)


def decode(tokens):
    """Tokens (T, B) as a list of B str, each up to its first END."""
    return ["".join(SYMBOLS[token] for token in column) for column in up_to_end(tokens)]


def agreement(answers, target):
    """The share of answers, a list of str, that agree with the target (T, B) in every letter."""
    return float(np.mean([answer == message for answer, message in zip(answers, decode(target), strict=True)]))


target = halfway(baseline, ceiling, share=TARGET)


def model(cell_name, rng):
    """An EncoderDecoder of H = 48, encoder and decoder each a cell of that name."""
    encoder, decoder = new_cell(cell_name, 1, H, rng), new_cell(cell_name, K, H, rng)
    return EncoderDecoder(encoder, decoder, Readout(H, K, rng), start=START, end=END)


def score(model, batch=None):
    """The share of messages spelled correctly, 0 to 1, in a batch (x, target, lengths), by default the test set."""
    return _score(lambda x, lengths: decode(model.predict(x, lengths, MOST_LETTERS + 1)), batch)


def _score(listener, batch=None):
    x, target, lengths = test_set() if batch is None else batch
    return agreement(listener(x, lengths), target)


def sound(x):
    """Frames (T,) as a tone that swells and fades with them, to listen to: (samples,) of float, -1 to 1, RATE a second."""
    each = round(RATE * FRAME)
    loudness = np.convolve(np.repeat(np.clip(x, 0, 2) / 2, each), np.ones(each // 8) / (each // 8), mode="same")
    return loudness * np.sin(2 * np.pi * PITCH * np.arange(len(loudness)) / RATE)


TASK = Task(name=__name__, title="Morse tones", lesson=8, kinds=CELL_TYPES, model=model, batches=batches,
            test_set=test_set, score=score, baseline=baseline, ceiling=ceiling, target=target,
            steps=STEPS, learning_rate=LEARNING_RATE, window=(28, 2), shipped=SHIPPED)
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
