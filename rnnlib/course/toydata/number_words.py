"""Numbers in words, to be written in digits: "three hundred and seven" -> 3 0 7.

The grammar, for whole numbers from 0 (the lessons train on 0 .. 9999)::

    number    ->  thousands [hundreds] [and pair]  |  hundreds [and pair]  |  pair  |  zero
    thousands ->  below_1000 thousand               (below 10,000: a single unit)
    hundreds  ->  unit hundred
    pair      ->  one .. nineteen  |  tens [unit]   "and" stands before it where hundreds or thousands came before

Every number has one sequence of words and every sequence one number, so the ceiling of exact match is 1 (`ceiling`).
The two sides differ in length: "nine thousand" is 2 words and 4 digits, "seventeen" 1 and 2, and a digit 0 is never said,
except in "zero". `baseline` is the score of a rule that gives each word its own digits and joins them.

The split: a quarter of the numbers 100 .. 9999, drawn from a generator of a fixed seed, is held out for the test; numbers
below 100 are all in the training part, since only there do some words stand alone. No number is in both parts.

Words are tokens 0 .. V - 1 (`WORDS`); digits are tokens 2 .. 11, after END = 0 and START = 1 (`SYMBOLS`).
"""

import numpy as np

from ... import Embedding, EncoderDecoder, Readout
from .task import CELL_TYPES, Task, new_cell, padded, up_to_end

UNITS = ("one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
         "eighteen nineteen").split()                       # 1 .. 19
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
WORDS = ("zero", *UNITS, *TENS, "hundred", "thousand", "and")
V = len(WORDS)
END, START = 0, 1
SYMBOLS = ("end", "start", *"0123456789")
K = len(SYMBOLS)
LARGEST = 9999
_TOKEN = {word: token for token, word in enumerate(WORDS)}

_order = np.random.default_rng(8).permutation(np.arange(100, LARGEST + 1))
TEST = np.sort(_order[:len(_order) // 4])                   # held out
TRAIN = np.setdiff1d(np.arange(LARGEST + 1), TEST)

D, H = 16, 48
STEPS, LEARNING_RATE, BATCH = 1000, 0.007, 48
EARLY = 300                                                 # steps of the run that was stopped early
TARGET = 0.95                                               # of the ceiling, 1
SHIPPED = [(cell_name, seed) for cell_name in ("RNN", "GRU") for seed in range(3)]      # and the run stopped early


def say(n):
    """The words of a whole number from 0 to 999,999: say(307) -> "three hundred and seven"."""
    if n == 0:
        return "zero"
    words, thousands, rest = [], *divmod(n, 1000)
    if thousands:
        words += [say(thousands), "thousand"]
    hundreds, pair = divmod(rest, 100)
    if hundreds:
        words += [UNITS[hundreds - 1], "hundred"]
    if pair:
        words += ["and"] if words else []
        tens, unit = divmod(pair, 10)
        words += [UNITS[pair - 1]] if pair < 20 else [TENS[tens - 2]] + ([UNITS[unit - 1]] if unit else [])
    return " ".join(words)


_BELOW_1000 = {say(n): n for n in range(1000)}


def encode(numbers):
    """Arrays of whole numbers: words (S, B) of int, digits (T, B) of int closed by END, lengths (B,) of the words.

    After the end of a sequence there are zeros; among the words 0 is also a word, so the lengths tell where they end.
    """
    words = [[_TOKEN[word] for word in say(int(n)).split()] for n in numbers]
    digits = [[int(digit) + 2 for digit in str(int(n))] for n in numbers]
    return padded(words), padded(digits, closed=True), np.array([len(row) for row in words])


def tokens_of(words):
    """Known words as an input: a sequence of str -> (S, 1) of int, whether they say a number or not."""
    return np.array([[_TOKEN[word]] for word in words])


def value_of(words):
    """The whole number that a sequence of str says, 0 to 999,999, or None where it says none."""
    words, thousands = list(words), 0
    before, _, after = " ".join(words).rpartition("thousand")
    if before:
        thousands = _BELOW_1000.get(before.strip(), 0)
    rest = _BELOW_1000.get(after.strip().removeprefix("and " if before else ""), 0)
    n = 1000 * thousands + rest
    return n if say(n).split() == words else None


def decode(digits):
    """Digits as text: tokens (T, B) or (T,) -> list of B str, each up to its first END."""
    columns = np.atleast_2d(np.asarray(digits, dtype=int).T).T
    return ["".join(SYMBOLS[token] for token in column) for column in up_to_end(columns)]


def word_by_word(n):
    """The baseline's answer: each word writes its own digits; "hundred", "thousand" and "and" write none: 307 -> "37".

    A ten writes one digit where a unit follows and two at the end. What is lost are the zeros that are never said.
    """
    words = say(n).split()
    own = {"zero": "0", **{unit: str(i) for i, unit in enumerate(UNITS, 1)}, **{ten: str(i) for i, ten in enumerate(TENS, 2)}}
    return "".join(own.get(word, "") for word in words) + ("0" if words[-1] in TENS else "")


def baseline():
    """The share of the held-out numbers that `word_by_word` writes correctly."""
    return float(np.mean([word_by_word(int(n)) == str(n) for n in TEST]))


def ceiling():
    """The best possible share: 1 if no two numbers have the same words, less otherwise. Counted, not assumed."""
    return len({say(int(n)) for n in TEST}) / len(TEST)


def batches(rng, B=BATCH):
    """Batches (words, digits, lengths), numbers drawn evenly from TRAIN, without end."""
    words, digits, lengths = encode(TRAIN)
    while True:
        b = rng.integers(len(TRAIN), size=B)
        yield words[:, b], digits[:, b], lengths[b]


def model(cell_name, rng):
    """An EncoderDecoder of H = 48, encoder and decoder each a cell of that name, over word vectors of D = 16."""
    encoder, decoder = new_cell(cell_name, D, H, rng), new_cell(cell_name, K, H, rng)
    return EncoderDecoder(encoder, decoder, Readout(H, K, rng), Embedding(V, D, rng), start=START, end=END)


def test_set():
    """All held-out numbers: (words, digits, lengths)."""
    return encode(TEST)


def exact(model, numbers):
    """Whether each of some numbers is written correctly, every digit and the end: bool (B,). The decoder reads its own digits."""
    return _exact(model, *encode(numbers))


def _exact(model, words, digits, lengths):
    written = model.predict(words, lengths, max_length=len(digits))
    found = np.full_like(digits, END)
    found[:len(written)] = written
    return (found == digits).all(axis=0)


def score(model, batch=None):
    """The share of numbers written correctly, 0 to 1, in a batch (words, digits, lengths), by default the test set."""
    return float(_exact(model, *(test_set() if batch is None else batch)).mean())


def load_early():
    """A vanilla RNN whose run was stopped after EARLY steps: its mistakes are worth a look."""
    return load_model("RNN", 0, steps=EARLY)


TASK = Task(name=__name__, title="number words", lesson=8, kinds=CELL_TYPES, model=model, batches=batches,
            test_set=test_set, score=score, baseline=baseline, ceiling=ceiling, target=TARGET,
            steps=STEPS, learning_rate=LEARNING_RATE, window=(7, 4),
            dtype=np.float16,               # three digits are enough, at half the size
            shipped={**{f"{cell_name}/{seed}": (cell_name, seed, {}) for cell_name, seed in SHIPPED},
                     "early": ("RNN", 0, {"steps": EARLY})})
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
