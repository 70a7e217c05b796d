"""Dates in words, in three orders, to be written as ISO 8601 has them: "march third nineteen eighty four" -> 1984-03-03.

The grammar, for the dates of 1901 to 2099, the year 2000 apart, which nobody says in two halves::

    date  ->  the day of month year  |  month day year  |  year month day       (ORDERS, equally likely)
    day   ->  first .. nineteenth, twentieth, thirtieth  |  twenty first .. twenty ninth, thirty first
    month ->  january .. december
    year  ->  nineteen rest  |  twenty rest
    rest  ->  oh one .. oh nine  |  ten .. nineteen  |  twenty .. ninety [one .. nine]

What is written is always year, month, day: ten characters, of which the first may have been said last. A day ends in an
ordinal and a year does not, so no sentence has two meanings (`ceiling`, counted). "twenty" may stand in the day, in the
century and in the rest, as in "the twenty first of may twenty twenty one". `baseline` is what a rule scores that turns
year, month and day into characters without fault, and writes them in the order in which it heard them.

The split goes by the date: one in five, by checksum, is held out for the test in all three orders.

Words are tokens 0 .. V - 1 (`WORDS`); characters are tokens from 2 on, after END = 0 and START = 1 (`SYMBOLS`).
"""

import datetime
import functools

import numpy as np

from ... import Attention, Embedding, EncoderDecoder, Readout
from .task import CELL_TYPES, Task, held_out, new_cell, padded, up_to_end

UNITS = "one two three four five six seven eight nine".split()
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = ("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
            "sixteenth seventeenth eighteenth nineteenth").split()
MONTHS = "january february march april may june july august september october november december".split()
WORDS = (*UNITS, *TEENS, *TENS, *ORDINALS, "twentieth", "thirtieth", *MONTHS, "oh", "the", "of")
V = len(WORDS)
END, START = 0, 1
SYMBOLS = ("end", "start", *"0123456789-")
K = len(SYMBOLS)
LENGTH = len("1984-03-03")
ORDERS = ("day month year", "month day year", "year month day")
_TOKEN = {word: token for token, word in enumerate(WORDS)}

D, H = 16, 32
STEPS, LEARNING_RATE, BATCH = 1000, 0.01, 48
TARGET = 0.95                                               # of the ceiling, 1

_days = [datetime.date(1901, 1, 1) + datetime.timedelta(days) for days in range(366 * 199)]
DATES = tuple(day.isoformat() for day in _days if day.year != 2000 and day.year < 2100)
TEST = tuple(date for date in DATES if held_out(date.encode()))
TRAIN = tuple(date for date in DATES if not held_out(date.encode()))


def say(date, order):
    """The words of a date: say("1984-03-03", "month day year") -> "march third nineteen eighty four"."""
    if order not in ORDERS:
        raise ValueError(f"order must be one of {', '.join(ORDERS)}; it was {order!r}")
    year, month, day = (int(part) for part in date.split("-"))
    century, rest = divmod(year, 100)
    parts = {"year": f"{'nineteen' if century == 19 else 'twenty'} {_pair(rest) if rest >= 10 else 'oh ' + UNITS[rest - 1]}",
             "month": MONTHS[month - 1], "day": _ordinal(day)}
    if order == "day month year":
        parts["day"], parts["month"] = f"the {parts['day']}", f"of {parts['month']}"
    return " ".join(parts[name] for name in order.split())


def _pair(n):
    tens, unit = divmod(n, 10)
    return TEENS[unit] if tens == 1 else TENS[tens - 2] + (f" {UNITS[unit - 1]}" if unit else "")


def _ordinal(n):
    if n < 20:
        return ORDINALS[n - 1]
    tens, unit = divmod(n, 10)
    return f"{TENS[tens - 2]} {ORDINALS[unit - 1]}" if unit else {20: "twentieth", 30: "thirtieth"}[n]


def encode(dates, orders):
    """Arrays of dates, each said in its order: words (S, B), characters (11, B) closed by END, lengths (B,) of the words."""
    words = [[_TOKEN[word] for word in say(date, order).split()] for date, order in zip(dates, orders, strict=True)]
    characters = [[SYMBOLS.index(character) for character in date] for date in dates]
    return padded(words), padded(characters, closed=True), np.array([len(row) for row in words])


def tokens_of(words):
    """Known words as an input: a sequence of str -> (S, 1) of int, whether they say a date or not."""
    return np.array([[_TOKEN[word]] for word in words])


def decode(characters):
    """Tokens (T, B) as a list of B str, each up to its first END."""
    return ["".join(SYMBOLS[token] for token in column) for column in up_to_end(characters)]


def draw(n, rng, test=False):
    """n dates of the training part (or of the test part) and an order for each: (list of str, list of str)."""
    dates = TEST if test else TRAIN
    return [dates[i] for i in rng.integers(len(dates), size=n)], [ORDERS[i] for i in rng.integers(len(ORDERS), size=n)]


def batches(rng, B=BATCH):
    """Fresh batches (words, characters, lengths) of the training part without end; the orders are equally likely."""
    while True:
        yield encode(*draw(B, rng))


def test_set(n=600, rng=None):
    """n held-out dates: (words, characters, lengths); the same ones every time unless an rng is given."""
    return encode(*draw(n, np.random.default_rng(11) if rng is None else rng, test=True))


def in_the_order_heard(date, order):
    """The baseline's answer: each part in its digits, where it was said: "03-03-1984" for a date said day first."""
    parts = dict(zip(("year", "month", "day"), date.split("-")))
    return "-".join(parts[name] for name in order.split())


def baseline():
    """The share of all held-out dates and orders that `in_the_order_heard` writes rightly."""
    return float(np.mean([in_the_order_heard(date, order) == date for date in TEST for order in ORDERS]))


@functools.cache
def ceiling():
    """The best possible share: 1 where no two dates have the same words, in whatever order, else less. Counted."""
    said = [say(date, order) for date in DATES for order in ORDERS]
    return len(set(said)) / len(said)


def model(cell_name, rng, attention=True, hidden_size=H):
    """An EncoderDecoder over word vectors of D = 16, with attention or without."""
    encoder, decoder = new_cell(cell_name, D, hidden_size, rng), new_cell(cell_name, K, hidden_size, rng)
    readout = Readout(2 * hidden_size if attention else hidden_size, K, rng)
    return EncoderDecoder(encoder, decoder, readout, Embedding(V, D, rng), start=START, end=END,
                          attention=Attention(hidden_size, rng) if attention else None)


def exact(written, characters):
    """Which columns of what was written (T', B) are the dates of characters (T, B), in every character and the end: bool (B,)."""
    found = np.full_like(characters, -1)                            # a date that stops early is not one
    found[:len(written)] = written
    return (found == characters).all(axis=0)


def score(model, batch=None):
    """The share of dates written rightly, 0 to 1, of a batch (words, characters, lengths); of the test set without one."""
    words, characters, lengths = test_set() if batch is None else batch
    return float(exact(model.predict(words, lengths, LENGTH + 1), characters).mean())


TASK = Task(name=__name__, title="dates", lesson=11, kinds=CELL_TYPES, model=model, batches=batches, test_set=test_set,
            score=score, baseline=baseline, ceiling=ceiling, target=TARGET, steps=STEPS, learning_rate=LEARNING_RATE,
            options={"attention": True, "hidden_size": H}, dtype=np.float16,
            shipped={**{f"GRU/{seed}": ("GRU", seed, {}) for seed in range(3)}, "without": ("GRU", 0, {"attention": False})})
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
