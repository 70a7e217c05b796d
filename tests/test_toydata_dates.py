"""Dates, beats and counting: the grammar read back by an independent reader, the split, baseline and ceiling."""

import calendar

import numpy as np
import pytest

import rnnlib
from rnnlib.course.toydata import beats, counting, dates

SAID = [("1984-03-03", "month day year", "march third nineteen eighty four"),
        ("2021-05-21", "day month year", "the twenty first of may twenty twenty one"),
        ("2020-12-30", "year month day", "twenty twenty december thirtieth"),
        ("1905-02-20", "month day year", "february twentieth nineteen oh five"),
        ("1919-09-19", "day month year", "the nineteenth of september nineteen nineteen"),
        ("2099-01-31", "year month day", "twenty ninety nine january thirty first")]


@pytest.mark.parametrize("date, order, words", SAID)
def test_dates_are_said_as_people_say_them(date, order, words):
    assert dates.say(date, order) == words


def heard(sentence):
    """The date of a sentence, read with no look at how it was made: the month by name, the day as ordinal, the rest the year."""
    words = [word for word in sentence.split() if word not in ("the", "of")]
    month = next(i for i, word in enumerate(words) if word in dates.MONTHS)
    names = [name.lower() for name in calendar.month_name]
    ordinal = next(i for i, word in enumerate(words) if word in (*dates.ORDINALS, "twentieth", "thirtieth"))
    day = {**{word: n for n, word in enumerate(dates.ORDINALS, 1)}, "twentieth": 20, "thirtieth": 30}[words[ordinal]]
    used = {month, ordinal}
    # the ten of a compound day stands before it, and is not the last word of a year that came first
    if day < 10 and ordinal > 0 and words[ordinal - 1] in ("twenty", "thirty"):
        day += {"twenty": 20, "thirty": 30}[words[ordinal - 1]]
        used.add(ordinal - 1)
    values = {"oh": 0, **{word: n for n, word in enumerate((*dates.UNITS, *dates.TEENS), 1)},
              **{word: 10 * n for n, word in enumerate(dates.TENS, 2)}}
    century, *rest = (values[word] for i, word in enumerate(words) if i not in used)
    return f"{100 * century + sum(rest):04d}-{names.index(words[month]):02d}-{day:02d}"


def test_every_date_is_understood_in_every_order():
    rng = np.random.default_rng(0)
    some = [dates.DATES[i] for i in rng.integers(len(dates.DATES), size=3000)]
    for date in [*some, dates.DATES[0], dates.DATES[-1], "1904-02-29"]:
        for order in dates.ORDERS:
            assert heard(dates.say(date, order)) == date
    assert dates.ceiling() == 1
    with pytest.raises(ValueError, match="order must be one of"):
        dates.say("1984-03-03", "month year day")


def test_the_dates_are_those_of_the_calendar():
    expected = [f"{year}-{month:02d}-{day:02d}" for year in range(1901, 2100) if year != 2000 for month in range(1, 13)
                for day in range(1, calendar.monthrange(year, month)[1] + 1)]
    assert list(dates.DATES) == expected
    said = {word for date in dates.DATES for order in dates.ORDERS[:1] for word in dates.say(date, order).split()}
    assert said == set(dates.WORDS)


def test_the_baseline_is_the_one_order_that_need_not_be_changed():
    assert dates.in_the_order_heard("1984-03-23", "day month year") == "23-03-1984"
    assert dates.in_the_order_heard("1984-03-23", "month day year") == "03-23-1984"
    assert dates.baseline() == pytest.approx(1 / 3)


def test_dates_in_training_and_test():
    assert not set(dates.TRAIN) & set(dates.TEST) and set(dates.TRAIN) | set(dates.TEST) == set(dates.DATES)
    assert 0.19 < len(dates.TEST) / len(dates.DATES) < 0.21
    words, characters, lengths = next(dates.batches(np.random.default_rng(0), 200))
    assert characters.shape == (11, 200) and (characters[10] == dates.END).all()
    assert set(dates.decode(characters)) <= set(dates.TRAIN)
    for b, date in enumerate(dates.decode(characters)):
        assert heard(" ".join(dates.WORDS[token] for token in words[:lengths[b], b])) == date
        assert (words[lengths[b]:, b] == 0).all()
    for first, second in zip(dates.test_set(), dates.test_set(), strict=True):
        np.testing.assert_array_equal(first, second)
    assert set(dates.decode(dates.test_set()[1])) <= set(dates.TEST)
    assert dates.tokens_of(["may", "of"]).tolist() == [[dates.WORDS.index("may")], [dates.WORDS.index("of")]]


def test_exact_counts_whole_dates():
    _, characters, _ = dates.encode(["1984-03-03", "2021-05-21", "1999-09-09"], dates.ORDERS)
    wrong = characters.copy()
    wrong[9, 1] = 2
    assert dates.exact(wrong, characters).tolist() == [True, False, True]
    assert not dates.exact(characters[:6], characters).any()
    assert dates.decode(characters) == ["1984-03-03", "2021-05-21", "1999-09-09"]


def test_a_date_model_sees_the_order_through_attention():
    """Twelve dates by heart: the map is trained, and each row of it adds up to 1."""
    rng = np.random.default_rng(0)
    model = dates.model("GRU", rng)
    batch = dates.encode(dates.TRAIN[:12], dates.ORDERS * 4)
    losses = [loss for _, loss, _ in rnnlib.train(model, [batch], rnnlib.Adam(0.02), 120, clip=1.0)]
    assert losses[-1] < 0.1 < 1 < losses[0] and dates.score(model, batch) == 1
    a = model.weights(*batch)
    assert a.shape == (11, 12, len(batch[0]))
    np.testing.assert_allclose(a.sum(axis=-1), 1)
    assert dates.model("RNN", rng, attention=False, hidden_size=5).writer.attention is None


# beats

@pytest.mark.parametrize("T", [20, 60, 100])
def test_beats(T):
    """Counted on the fingers, from the stroke on; no distance is in both parts, and each beat is in either."""
    x, answer = beats.encode(np.arange(1, T + 1), T, np.random.default_rng(0))
    for b in range(T):
        beat = None
        for step in x[:, b, 0]:
            beat = 0 if step > 0.5 else beat if beat is None else (beat + 1) % 4
        assert beat == answer[b]
    assert ((x > 0.5).sum(axis=0) == 1).all() and x.shape == (T, T, 1)
    assert abs(x[x < 0.5].std() - beats.NOISE) < 0.002 and abs(x[x > 0.5].mean() - 1) < 0.02
    train, test = beats.strokes(T), beats.strokes(T, test=True)
    assert not set(train) & set(test) and sorted([*train, *test]) == list(range(1, T + 1))
    assert set((T - train) % 4) == set((T - test) % 4) == {0, 1, 2, 3}
    x, answer = next(beats.batches(np.random.default_rng(0), T, 300))
    assert set(x[..., 0].argmax(axis=0) + 1) <= set(train) and np.array_equal(beats.test_set(T)[1], np.tile((T - test) % 4, 10))
    assert 0.25 <= beats.baseline(T) < 0.4 and beats.ceiling(T) == 1


@pytest.mark.parametrize("kind", ["rotating", "diagonal", "minGRU", "GRU"])
def test_models_of_beats(kind):
    model = beats.model(kind, np.random.default_rng(0))
    assert model.predict(beats.test_set()[0]).shape == (190, 4) and 0 <= beats.score(model) <= 1
    with pytest.raises(ValueError, match="must be one of"):
        beats.model("mingru", np.random.default_rng(0))


# counting

@pytest.mark.parametrize("modulus", [2, 3])
def test_counting(modulus):
    x, counts = counting.draw(50, 20, np.random.default_rng(0), modulus)
    for b in range(20):
        count = 0
        for t in range(50):
            count = (count + int(x[t, b, 0])) % modulus
            assert counts[t, b] == count
    assert x.shape == (50, 20, 1) and set(np.unique(x)) == {0.0, 1.0}
    assert abs(counting.baseline(modulus) - 1 / modulus) < 0.07 and counting.ceiling() == 1


def test_counting_in_training_and_test():
    strings = [set(map(bytes, x[..., 0].T.astype(np.int8))) for x in
               (np.concatenate([x for (x, _), _ in zip(counting.batches(np.random.default_rng(0)), range(100))], axis=1),
                counting.test_set()[0], counting.draw(20, 2000, np.random.default_rng(1), test=True)[0])]
    assert len(strings[0]) > 3000 and not strings[0] & (strings[1] | strings[2])
    np.testing.assert_array_equal(counting.test_set(40)[0], counting.test_set(40)[0])
    assert counting.test_set(400)[0].shape == (400, 500, 1)


@pytest.mark.parametrize("kind", ["RNN", *counting.LAYERS])
def test_models_of_counting(kind):
    model = counting.model(kind, np.random.default_rng(0), modulus=3)
    assert model.predict(counting.test_set()[0]).shape == (20, 500, 3) and 0 <= counting.score(model) <= 1
