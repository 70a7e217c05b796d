"""Numbers in words, to be written in digits: "three hundred and seven" -> 3 0 7.

The grammar, for whole numbers from 0 (the lessons train on 0 .. 9999)::

    number    ->  thousands [hundreds] [and pair]  |  hundreds [and pair]  |  pair  |  zero
    thousands ->  below_1000 thousand               (below 10,000: a single unit)
    hundreds  ->  unit hundred
    pair      ->  one .. nineteen  |  tens [unit]   "and" stands before it where hundreds or thousands came before

Every number has one sequence of words and every sequence one number, so the ceiling of exact match is 1 (`ceiling`).
The two have no common length: "nine thousand" is 2 words and 4 digits, "seventeen" 1 and 2, and a digit 0 is never said
("zero" apart). `baseline` is what a rule scores that gives each word its own digits and joins them.

The split: a quarter of the numbers 100 .. 9999, drawn from a generator of a fixed seed, is held out for the test; numbers
below 100 are all trained on, for they are the only ones in which some words stand alone. No number is in both parts.

Words are tokens 0 .. V - 1 (`WORDS`); digits are tokens 2 .. 11, after END = 0 and START = 1 (`SYMBOLS`).
The shipped weights are made anew by ``python tools/weights.py number_words``.
"""

from pathlib import Path

import numpy as np

from ... import Embedding, EncoderDecoder, Readout
from . import _runs
from ._runs import CELL_TYPES  # noqa: F401  (the lesson's menu)

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
WEIGHTS = Path(__file__).with_name("number_words.npz")
SHIPPED = [(cell_name, seed) for cell_name in ("RNN", "GRU") for seed in range(3)]


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

    Behind a sequence's end stands 0 on either side, which is a word too: lengths leave it out. END closes the digits.
    """
    sentences = [say(int(n)).split() for n in numbers]
    lengths = np.array([len(sentence) for sentence in sentences])
    words = np.zeros((lengths.max(), len(sentences)), dtype=int)
    digits = np.full((max(len(str(int(n))) for n in numbers) + 1, len(sentences)), END)
    for b, (n, sentence) in enumerate(zip(numbers, sentences)):
        words[:lengths[b], b] = [_TOKEN[word] for word in sentence]
        digits[:len(str(int(n))), b] = [int(digit) + 2 for digit in str(int(n))]
    return words, digits, lengths


def tokens_of(words):
    """Known words as an input: a sequence of str -> (S, 1) of int; any row of them, whether it is a number or not."""
    return np.array([[_TOKEN[word]] for word in words])


def value_of(words):
    """The whole number that a sequence of str says, 0 to 999,999, or None where it says none."""
    words, thousands = list(words), 0
    before, _, behind = " ".join(words).rpartition("thousand")
    if before:
        thousands = _BELOW_1000.get(before.strip(), 0)
    rest = _BELOW_1000.get(behind.strip().removeprefix("and " if before else ""), 0)
    n = 1000 * thousands + rest
    return n if say(n).split() == words else None


def decode(digits):
    """Digits as text: tokens (T, B) or (T,) -> list of B str, each up to its first END."""
    columns = np.atleast_2d(np.asarray(digits, dtype=int).T)
    return ["".join(SYMBOLS[token] for token in column[:np.argmax([*column, END] == np.int64(END))]) for column in columns]


def word_by_word(n):
    """The baseline's answer: every word writes its own digits, "hundred", "thousand" and "and" none: 307 -> "37".

    A ten writes one digit where a unit follows and two at the end. What is lost are the zeros that nobody says.
    """
    words = say(n).split()
    own = {"zero": "0", **{unit: str(i) for i, unit in enumerate(UNITS, 1)}, **{ten: str(i) for i, ten in enumerate(TENS, 2)}}
    return "".join(own.get(word, "") for word in words) + ("0" if words[-1] in TENS else "")


def baseline():
    """The share of the held-out numbers that `word_by_word` writes rightly."""
    return float(np.mean([word_by_word(int(n)) == str(n) for n in TEST]))


def ceiling():
    """The best possible share: 1 where no two numbers have the same words, else less. Counted, not assumed."""
    return len({say(int(n)) for n in TEST}) / len(TEST)


def batches(rng, B=BATCH):
    """Batches (words, digits, lengths), numbers drawn evenly from TRAIN, without end."""
    words, digits, lengths = encode(TRAIN)
    while True:
        b = rng.integers(len(TRAIN), size=B)
        yield words[:, b], digits[:, b], lengths[b]


def model(cell_name, rng):
    """An EncoderDecoder of H = 48, encoder and decoder each a cell of that name, over word vectors of D = 16."""
    encoder, decoder = _runs.cell(cell_name, D, H, rng), _runs.cell(cell_name, K, H, rng)
    return EncoderDecoder(encoder, decoder, Readout(H, K, rng), Embedding(V, D, rng), start=START, end=END)


def training(model, batches, steps=STEPS):
    """The default run as a generator of (step, loss, gradient norm); `model` is changed in place."""
    return _runs.train_with_decay(model, batches, steps, LEARNING_RATE)


def exact(model, numbers):
    """Whether each of some numbers is written rightly, every digit and the end: bool (B,). Nobody helps the decoder."""
    words, digits, lengths = encode(numbers)
    written = model.predict(words, lengths, max_length=len(digits))
    found = np.full_like(digits, END)
    found[:len(written)] = written
    return (found == digits).all(axis=0)


def score(model):
    """The share of the held-out numbers written rightly, 0 to 1."""
    return float(exact(model, TEST).mean())


def trained(cell_name="GRU", seed=0, steps=STEPS):
    """A default run from its beginning; it depends on the seed alone."""
    rng = np.random.default_rng(seed)
    made = model(cell_name, rng)
    for _ in training(made, batches(rng), steps):
        pass
    return made


def load_model(cell_name="GRU", seed=0):
    """The default model with the shipped weights of one run; SHIPPED lists which there are."""
    if (cell_name, seed) not in SHIPPED:
        raise ValueError(f"(cell_name, seed) must be one of {SHIPPED}; it was {(cell_name, seed)}")
    return _runs.fill(model(cell_name, np.random.default_rng(0)), WEIGHTS, f"{cell_name}/{seed}")


def load_early():
    """A vanilla model whose run was stopped after EARLY steps: it makes mistakes to learn from."""
    return _runs.fill(model("RNN", np.random.default_rng(0)), WEIGHTS, "early")


def make_weights(path):
    """Train every model of SHIPPED, and the one stopped early, and write the weights to `path` (.npz)."""
    models = {f"{cell_name}/{seed}": trained(cell_name, seed) for cell_name, seed in SHIPPED}
    models["early"] = trained("RNN", 0, EARLY)
    # three digits of a weight are enough, and half the size: no number is written differently
    np.savez_compressed(path, **{f"{name}/{key}": array.astype(np.float16)
                                 for name, made in models.items() for key, array in made.params.items()})


def table():
    """The task's row of scores from three fresh runs."""
    return _runs.row("number words", baseline(), ceiling(), TARGET, [score(trained(seed=seed)) for seed in range(3)])
