"""Lesson 10: the grammar and its ceilings, the shipped weights, and what the figures draw at every setting."""

import html

import numpy as np
import pytest
from lessons import moved, sweep

import rnnlib
from rnnlib.course import evidence, figures
from rnnlib.course.explorers import lesson10_bidirectional as bidirectional
from rnnlib.course.toydata import ambiguous_names as names

pytestmark = pytest.mark.usefixtures("strict", "quick")
SENTENCES = ["last week paris of course laughed near jordan", "jordan flooded",
             "one day georgia as you may know laughed near austin"]


def past(words, t):
    return words[:t + 1]


def bars(line):
    """What a thick broken line shows: x, lower and upper ends of its bars."""
    x, y = line.get_xdata().reshape(-1, 3), line.get_ydata().reshape(-1, 3)
    assert np.isnan(y[:, 2]).all()
    np.testing.assert_array_equal(x[:, 0], x[:, 1])
    return x[:, 0], y[:, 0], y[:, 1]


# --- the grammar -----------------------------------------------------------------------------------------------------

def test_the_grammar_is_what_its_documentation_says():
    assert sum(s.probability for s in names.SENTENCES) == pytest.approx(1)
    assert len({(s.words, s.tags) for s in names.SENTENCES}) == len(names.SENTENCES)
    first = {name: [0.0, 0.0] for name in names.PERSON_SHARE}
    for s in names.SENTENCES:
        assert len(s.words) == len(s.tags)
        verb = s.words[s.start + 1:]
        assert (s.tags[s.start] == names.PERSON) == any(word in names.VERBS[0] for word in verb)
        if s.words[s.start] in first:
            first[s.words[s.start]][s.tags[s.start]] += s.probability
        if s.words[-2:-1] and s.words[-2] in names.TAIL_WORDS:
            assert s.tags[-1] == names.TAIL_WORDS.index(s.words[-2])
    for name, (person, place) in first.items():
        assert person / (person + place) == pytest.approx(names.PERSON_SHARE[name])
        assert person + place == pytest.approx(0.75 / 6)
    assert names.LONGEST == 10 == bidirectional.MOST_WORDS


def test_no_sentence_is_in_both_parts_and_the_ceiling_holds_exactly_in_each():
    parts = {test: [s for s in names.SENTENCES if s.test == test] for test in (False, True)}
    assert not {s.words for s in parts[False]} & {s.words for s in parts[True]}
    assert sum(s.probability for s in parts[True]) == pytest.approx(0.2)
    for part in parts.values():
        assert names.best_accuracy(past, names.ambiguous, part)[1] == pytest.approx(0.7)


def test_the_ceiling_after_waiting_agrees_with_arithmetic():
    gaps = {}                                                   # words between the name and the verb
    for aside, p in names.ASIDES.items():
        gaps[len(aside.split())] = gaps.get(len(aside.split()), 0) + p
    part = [s for s in names.SENTENCES if s.test]               # a fifth of the work, and the ceilings are the same
    for d in (0, 2, 4, 5):
        heard = sum(p for gap, p in gaps.items() if gap + 1 <= d)
        ahead = names.best_accuracy(lambda words, t, d=d: (t, words[:t + 1 + d]), names.ambiguous, part)[1]
        assert ahead == pytest.approx(heard + (1 - heard) * 0.7)


def test_the_best_rule_is_optimal_for_all_words_and_scored_by_group():
    toy = [names.Sentence(("a", "b"), (0, 2), 0, 0.5, False), names.Sentence(("a", "c"), (1, 2), 0, 0.3, False),
           names.Sentence(("b", "a"), (2, 1), 0, 0.2, False)]
    # "a": person 0.5, place 0.5 in all; the first tag wins the tie, so it is wrong at the end of the third sentence
    by_position = names.best_accuracy(lambda words, t: words[t], lambda s, t: t, toy)
    assert by_position == pytest.approx({0: 0.7, 1: 0.8})
    assert names.best_accuracy(lambda words, t: words[t], sentences=toy) == pytest.approx(0.75)
    assert names.best_accuracy(past, sentences=toy) == pytest.approx((0.5 + 0.2 + 1) / 2)
    assert names.best_accuracy(past, lambda s, t: t or None, toy) == pytest.approx({1: 1.0})


def test_draws_follow_the_probabilities_and_the_part():
    drawn = names.draw(4000, np.random.default_rng(0))
    assert not any(s.test for s in drawn) and all(s.test for s in names.draw(200, np.random.default_rng(0), test=True))
    assert drawn[:50] == names.draw(50, np.random.default_rng(0)) != drawn[50:100]
    jordans = [s.tags[s.start] == names.PERSON for s in drawn if s.words[s.start] == "jordan"]
    assert abs(np.mean(jordans) - 0.8) < 4 * np.sqrt(0.8 * 0.2 / len(jordans))


def test_arrays_of_sentences():
    sentences = names.draw(30, np.random.default_rng(1))
    x, target, lengths = names.encode(sentences)
    where = names.mark(sentences, names.position)
    assert x.shape == (max(lengths), 30, names.D) and target.shape == where.shape == x.shape[:2]
    for b, s in enumerate(sentences):
        n = len(s.words)
        assert lengths[b] == n and not x[n:, b].any() and not where[n:, b].any()
        assert [names.WORDS[i] for i in x[:n, b].argmax(axis=1)] == list(s.words) and (x[:n, b].sum(axis=1) == 1).all()
        assert tuple(target[:n, b]) == s.tags
        assert [t + 1 if word in names.PERSON_SHARE else 0 for t, word in enumerate(s.words)] == list(where[:n, b])
        np.testing.assert_array_equal(names.one_hot(s.words)[:, 0], x[:n, b])


# --- models and weights ----------------------------------------------------------------------------------------------

def test_shipped_weights_reach_what_the_lesson_says():
    test = names.draw(1500, np.random.default_rng(5), test=True)
    x, target, lengths = names.encode(test)
    at_start = names.mark(test, names.ambiguous) == 1
    deviation = np.sqrt(0.7 * 0.3 / at_start.sum())
    for cell, seed in names.SHIPPED:
        one, both = ((names.load_model(cell, seed, directions=d).predict(x, lengths).argmax(axis=-1) == target)[at_start].mean()
                     for d in (1, 2))
        assert abs(one - 0.7) < 3 * deviation, (cell, seed)
        assert both >= 0.95, (cell, seed)


def test_models_say_what_they_want():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="directions must be 1 or 2; it was 3"):
        names.model("RNN", rng, 3)
    sizes = [sum(a.size for a in names.model("RNN", rng, d).params.values()) for d in (1, 2)]
    assert sizes[1] < sizes[0]      # the lesson says so


def test_the_learning_rate_falls_to_zero_and_a_cut_is_a_beginning():
    rng = np.random.default_rng(0)
    model = names.model("RNN", rng, 1)
    before, sizes = {name: a.copy() for name, a in model.params.items()}, []
    for _ in names.training(model, names.batches(rng, B=4), steps=20):
        sizes.append(max(np.abs(a - before[name]).max() for name, a in model.params.items()))
        before = {name: a.copy() for name, a in model.params.items()}
    assert sizes[0] == pytest.approx(names.LEARNING_RATE, rel=1e-3)     # Adam's first step
    assert sizes[-1] < 0.15 * sizes[0]
    (x, target, lengths), (x_cut, target_cut, cut) = (
        next(b) for b in (names.batches(np.random.default_rng(1), B=200),
                          names.cut(names.batches(np.random.default_rng(1), B=200), rng)))
    np.testing.assert_array_equal(x, x_cut)
    np.testing.assert_array_equal(target, target_cut)
    assert (cut >= 1).all() and (cut <= lengths).all() and 0.25 < (cut < lengths).mean() < 0.55


def test_tags_given_no_word_late_are_those_of_the_plain_runs_of_one_direction():
    plain, late = evidence.stored("names", directions=1, trained_on="whole"), evidence.stored("late", words=0)
    for run, same in zip(plain, late, strict=True):
        assert all(run[column] == same[column] for column in ("seed", "before_verb", "all"))


# --- figures ---------------------------------------------------------------------------------------------------------

def change(k, gain):
    lag = np.arange(1, 13) - k
    return np.stack([np.where(side * lag >= 0, 0.1 * gain ** np.abs(lag), 0) for side in (1, -1)])


def test_felt_change_draws_the_changes():
    figure = bidirectional.felt_change(change, k=3)
    (ax,) = figure.figure.axes
    forward, backward = ax.lines[:2]
    for values in sweep(figure, 1):
        expected = change(**values)
        for line, numbers in zip((forward, backward), expected):
            np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 13))
            y = line.get_ydata()
            np.testing.assert_allclose(y[numbers > 0], np.log10(numbers[numbers > 0]))
            assert (y[numbers == 0] == bidirectional.FLOOR).all()
            assert (y >= ax.get_ylim()[0]).all() and (y <= ax.get_ylim()[1]).all()
        assert ax.get_title(loc="left") == f"A change at step {values['k']} reaches 12 of 12 joined states"
        states = f"{13 - values['k']} state{'s' * (values['k'] < 12)}"
        assert figure.finding.startswith(f"Moved: {states} of the forward half and {values['k']} of the backward half.")
        assert figures.scientific(np.log10(expected[0, -1])) in figure.finding


def test_felt_change_counts_what_is_not_felt():
    figure = bidirectional.felt_change(lambda k, gain: np.array([[0, 0, 0.1], [0, 0, 0]]), k=1)
    assert figure.figure.axes[0].get_title(loc="left") == "A change at step 1 reaches 1 of 3 joined states"
    figure = bidirectional.felt_change(lambda k, gain: np.zeros((2, 3)), k=1)
    assert "rounded away" in figure.finding


def test_two_starts_shows_both_halves_and_the_largest_difference():
    rng = np.random.default_rng(0)
    own, array_end = rng.uniform(-1, 1, (2, 6, 4))
    picture = bidirectional.two_starts(own, array_end, length=4)
    upper, lower = (ax.images[0].get_array() for ax in picture.figure.axes[:2])
    np.testing.assert_array_equal(upper[:, :4], own[:4].T)
    assert np.ma.getmaskarray(np.ma.masked_invalid(upper))[:, 4:].all()
    np.testing.assert_array_equal(lower, array_end.T)
    assert f"{np.abs(own - array_end)[:4].max():.2f}" in picture.figure.axes[0].get_title(loc="left")
    assert "2 steps of padding" in picture.sentence


def test_accuracy_by_position_draws_every_run():
    rng, positions = np.random.default_rng(0), np.arange(1, 6)
    ceiling, baseline = np.array([0.7, 0.7, 1, 1, 1]), np.array([0.7, 0.7, 0.5, 0.5, 0.5])
    one, both = ceiling - 0.01 * rng.random((3, 5)), 1 - 0.01 * rng.random((3, 5))
    picture = bidirectional.accuracy_by_position(positions, baseline, ceiling, np.full(5, 0.02), one, both)
    (ax,) = picture.figure.axes
    for runs, label in ((one, "one direction"), (both, "both directions")):
        points = next(line for line in ax.lines if line.get_label() == label)
        np.testing.assert_array_equal(points.get_ydata(), runs.ravel())
        np.testing.assert_array_equal(np.round(points.get_xdata()), np.tile(positions, 3))
    rules = [line.get_ydata() for line in ax.lines if line.get_linestyle() in ("-", ":") and len(line.get_ydata()) == 2]
    np.testing.assert_array_equal(rules[0::2], np.repeat(ceiling[:, None], 2, axis=1))
    np.testing.assert_array_equal(rules[1::2], np.repeat(baseline[:, None], 2, axis=1))
    assert f"one direction stops at {one[:, :2].mean():.2f}" in ax.get_title(loc="left")
    assert f"both reach {both[:, :2].mean():.2f}" in ax.get_title(loc="left")


READER = rnnlib.Bidirectional(*(rnnlib.RNNCell(names.D, 5, np.random.default_rng(seed)) for seed in (1, 2)))


def read(words):
    """States of an untrained network, and probabilities that follow its first three states."""
    h = READER.forward(names.one_hot(words))[0][:, 0]
    return h, rnnlib.softmax(3 * h[:, 5:8])


def test_revealed_draws_the_halves_and_marks_what_changed():
    figure = bidirectional.revealed(read, SENTENCES)
    top, forward, backward, below = figure.figure.axes
    for values in sweep(figure, 2, count=20):
        words = values["sentence"].split()
        n = min(values["heard"], len(words))
        h, p = read(words[:n])
        old = READER.forward(names.one_hot(words[:n - 1]))[0][:, 0] if n > 1 else np.empty((0, 10))
        for side, (ax, line) in enumerate(zip((forward, backward), below.lines)):
            half = slice(5 * side, 5 * side + 5)
            image = ax.images[0].get_array()
            np.testing.assert_allclose(image[:, :n], h[:, half].T)
            assert np.ma.getmaskarray(np.ma.masked_invalid(image))[:, n:].all()
            x, low, high = bars(line)
            np.testing.assert_array_equal(np.round(x), np.arange(1, n))
            np.testing.assert_array_equal(low, 0)
            np.testing.assert_allclose(high, np.linalg.norm(h[:n - 1, half] - old[:, half], axis=1), atol=1e-12)
            framed = {round(x) for x in np.nanmean(ax.lines[0].get_xdata().reshape(-1, 6)[:, :4], axis=1)}
            assert framed == ({n} if side == 0 else set(range(1, n + 1)))
        x, low, high = bars(next(line for line in top.lines if line.get_linewidth() > 20))
        np.testing.assert_allclose(high, p[:, names.PERSON])
        np.testing.assert_allclose(low, -p[:, names.PLACE])
        shown = [patch for patch in top.artists + top.patches if patch.get_visible() and patch.get_label() in words]
        assert [patch.get_label() for patch in shown] == words
        assert [patch.get_alpha() for patch in shown] == [1] * n + [0.55] * (len(words) - n)
        title = top.get_title(loc="left")
        assert (f"0 of {n - 1} forward states and {n - 1} of {n - 1} backward" if n > 1 else "comes first") in title
        assert f"Word {n} of {len(words)}" in figure.finding
        turned = [words[i] for i in range(n - 1) if p[i].argmax() != read(words[:n - 1])[1][i].argmax()]
        assert figure.finding.count(" turned from ") == min(len(turned), 1)
        assert not turned or f"“{turned[0]}” turned from" in figure.finding


def test_waiting_draws_curves_and_delays():
    ceiling, whole, cut = np.linspace(0.7, 1, 7), np.linspace(0.5, 1, 7), np.linspace(0.69, 0.99, 7)
    words = SENTENCES[0].split()
    figure = bidirectional.waiting(ceiling, whole, cut, words)
    left, right = figure.figure.axes
    curves = [line for line in left.lines if len(line.get_ydata()) == 7]
    for line, expected in zip(curves, (ceiling, cut, whole), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), expected)
    for wait in range(7):
        moved(figure, {"wait": wait})
        tagged = next(line for line in right.lines if line.get_marker() == "s")
        np.testing.assert_array_equal(tagged.get_xdata(), [min(t + wait, 8) for t in range(1, 9)])
        np.testing.assert_array_equal(tagged.get_ydata(), np.arange(1, 9))
        assert f"{ceiling[wait]:.1%}" in left.get_title(loc="left")
        for number in (ceiling, cut, whole):
            assert f"{number[wait]:.3f}" in figure.finding


def tag(words):
    p = read(words)[1]
    return p[:, ::-1], p


def test_two_readings_draws_both_verdicts():
    figure = bidirectional.two_readings(tag, names.WORDS)
    for sentence in [*SENTENCES, "Paris laughed.", "  FLOODED ,  \"anna\" ", "suddenly"]:
        figure.input.value = sentence
        assert 20 < len(figure.finding) <= 230 and "nan" not in figure.finding, figure.finding
        words = [word.strip('.,"').lower() for word in sentence.split() if word.strip('.,"')]
        for ax, p in zip(figure.figure.axes, tag(words)):
            x, low, high = bars(next(line for line in ax.lines if line.get_linewidth() > 20))
            np.testing.assert_array_equal(x, np.arange(1, len(words) + 1))
            np.testing.assert_allclose(high, p[:, names.PERSON])
            np.testing.assert_allclose(low, -p[:, names.PLACE])
        assert [text.get_text() for text in figure.figure.axes[0].texts] == words + [""] * (10 - len(words))
        agree = sum(a.argmax() == b.argmax() for a, b in zip(*tag(words)))
        assert f"agree on {agree} of {len(words)} words" in figure.figure.axes[0].get_title(loc="left")


@pytest.mark.parametrize("sentence, said", [
    ("", "Nothing is written"), ("  ... ", "There is no word in it"), ("so " * 40, "That is 40 words"),
    ("berlin laughed", "'berlin' is not among the words"),
    ("pariss laughed", "'pariss' is not among the words this network knows. Near it: paris"),
    ("a b c d e f g", "Nor are: c, d, e and 2 more."), ("x" * 400, "not among the words"), ("x" * 5000, "5000 characters"),
    ("<b>paris</b> <script>alert(1)</script>", "'<b>paris</b>' is not among"), ("$x^2$ \\frac{ $", "'$x^2$' is not among"),
    ("\u65e5\u672c", "is not among the words"),
])
def test_two_readings_says_what_is_wrong_with_a_sentence(sentence, said, pixels):
    figure = bidirectional.two_readings(tag, names.WORDS)
    figure.input.value = sentence
    assert said in figure.finding and len(figure.finding) < 330
    shown = figure._html()["text/html"]
    assert html.escape(figure.finding) in shown and "<script" not in shown
    assert figure.image.refused, "the picture belongs to another sentence"
