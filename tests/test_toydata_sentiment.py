"""The sentiment task: its grammar read by a second parser, its split, its ceilings against counts."""

import re
from collections import Counter

import numpy as np
import pytest

from rnnlib.course.toydata import sentiment

GOOD, BAD = "good|clever|charming|moving|success|delight", "bad|dull|clumsy|tedious|failure|bore"
CLAUSE = (r"the (?P<subject{0}>plot|acting|music|ending) was (?P<frame{0}>|really |nothing but |a |not |not a |hardly |hardly a |"
          rf"anything but )(?P<word{{0}}>{GOOD}|{BAD})(?P<end{{0}}>| at all)")
SENTENCE = re.compile(CLAUSE.format(1) + "(?: (?P<joiner>but|although) " + CLAUSE.format(2) + ")?")
PLAIN = ("", "really ", "nothing but ", "a ")


def verdict(sentence):
    """The verdict by regular expression and the rules of the docstring, or None."""
    match = SENTENCE.fullmatch(sentence)
    if not match:
        return None
    praise = []
    for i in "12" if match["joiner"] else "1":
        frame, word, end = match["frame" + i], match["word" + i], match["end" + i]
        is_noun = word in ("success", "delight", "failure", "bore")
        if frame.endswith("a ") != is_noun or (end and (frame != "not " or is_noun)):
            return None
        praise.append((word in GOOD.split("|")) == (frame in PLAIN))
    if match["joiner"] and match["subject1"] == match["subject2"]:
        return None
    return int(praise[0] if match["joiner"] == "although" else praise[-1])


def sentences(test, n=1500, seed=0):
    x, target, lengths = sentiment.draw(n, np.random.default_rng(seed), test)
    assert x.shape == (lengths.max(), n) and x.max() < sentiment.V and not x[np.arange(len(x))[:, None] >= lengths].any()
    return sentiment.words_of(x, lengths), target


@pytest.mark.parametrize("test", [False, True])
def test_every_sentence_is_of_the_grammar_and_has_its_verdict(test):
    for sentence, label in zip(*sentences(test)):
        assert verdict(sentence) == label == sentiment.truth(sentence.split()), sentence


def test_parts_share_no_bag_of_words():
    parts = [{tuple(sorted(sentence.split())) for sentence in sentences(test, 3000)[0]} for test in (False, True)]
    assert len(parts[0]) > 500 and len(parts[1]) > 500 and not parts[0] & parts[1]
    bags = [np.unique(sentiment.bag_numbers(sentiment.everything(test).counts)) for test in (False, True)]
    assert not np.intersect1d(*bags).size


def test_every_word_is_met_in_training_and_test():
    for test in (False, True):
        assert set(" ".join(sentences(test)[0]).split()) == set(sentiment.WORDS)


def test_parts_together_are_the_grammar():
    parts = [sentiment.everything(test) for test in (False, True)]
    clauses = 4 * (8 * 7 + 4 * 3)
    assert sum(len(part.form) for part in parts) == clauses + 2 * clauses * clauses * 3 // 4
    for part in parts:
        assert np.isclose(part.probability.sum(), 1) and abs((part.probability * part.positive).sum() - 0.5) < 0.01
        assert part.counts.max() <= 3, "bag_numbers needs counts below 4"


def test_drawn_shares_are_the_documented_ones():
    rng = np.random.default_rng(3)
    drawn = sentences(False, 20000, rng)[0] + sentences(True, 5000, rng)[0]        # about the split's own shares
    matches = [SENTENCE.fullmatch(sentence) for sentence in drawn]
    joiners = Counter(match["joiner"] for match in matches)
    frames = Counter(match["frame1"] + match["end1"] for match in matches)
    for counts, shares in ((joiners, {None: 0.25, "but": 0.5, "although": 0.25}),
                           (frames, {"": 0.2, "really ": 0.1, "a ": 0.1, "nothing but ": 0.1, "not ": 0.1, "not  at all": 0.1,
                                     "hardly ": 0.1, "anything but ": 0.1, "not a ": 0.05, "hardly a ": 0.05})):
        assert set(counts) == set(shares)
        for key, share in shares.items():
            assert abs(counts[key] / len(drawn) - share) < 0.015, key


def test_baseline_is_what_the_best_bag_rule_scores_by_hand():
    grammar, sides = sentiment.everything(), {}
    for counts, praise, p in zip(grammar.counts, grammar.positive, grammar.probability):
        sides.setdefault(counts.tobytes(), [0.0, 0.0])[int(praise)] += p
    assert np.isclose(sentiment.baseline(), sum(max(pair) for pair in sides.values()))
    assert sentiment.baseline() == pytest.approx(0.740, abs=5e-4) and sentiment.ceiling() == pytest.approx(1)
    # on a draw that rule scores the same within noise
    x, target, lengths = sentiment.test_set(4000, np.random.default_rng(1))
    rule = {bag: pair[1] > pair[0] for bag, pair in sides.items()}
    hits = [rule[bag.astype(np.int8).tobytes()] == label for bag, label in zip(sentiment.bag(x, lengths), target)]
    assert abs(np.mean(hits) - sentiment.baseline()) < 0.025


def test_best_accuracy_of_nothing_and_of_everything():
    grammar = sentiment.everything()
    n = len(grammar.form)
    share = (grammar.probability * grammar.positive).sum()
    assert np.isclose(sentiment.best_accuracy(np.zeros(n), grammar), max(share, 1 - share))
    assert np.isclose(sentiment.best_accuracy(np.arange(n), grammar), 1)


def test_bag_counts_words_and_no_padding():
    x, _, lengths = sentiment.draw(50, np.random.default_rng(2))
    for counts, sentence in zip(sentiment.bag(x, lengths), sentiment.words_of(x, lengths)):
        assert {sentiment.WORDS[i]: int(n) for i, n in enumerate(counts) if n} == Counter(sentence.split())


def test_what_is_no_sentence_has_no_verdict():
    for words in ("", "the plot", "the plot was not nothing", "the plot was good but the plot was bad", "but",
                  "the film was good", "the plot was good but the music was bad but the ending was good",
                  "the plot was hardly good at all"):
        assert sentiment.truth(words.split()) is None, words
