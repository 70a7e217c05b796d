"""Parts of speech: the grammar, the split, baseline and ceiling against independent counts."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from rnnlib.course.toydata import part_of_speech as pos


@pytest.fixture(scope="module")
def sample():
    """Many sentences of the whole grammar, both parts in their true shares."""
    return pos._walk(10_000, np.random.default_rng(1))


def paths(words, tags=(), following=None, p=1.0):
    """Every way the grammar can say exactly these words: (tags, probability), by going through GRAMMAR as it is written."""
    following = pos.FIRST if following is None else following
    if not words:
        return [(tags, p * following["end"])] if following.get("end") else []
    found = []
    for state, share in following.items():
        if state != "end":
            tag, vocabulary, after = pos.GRAMMAR[state]
            if words[0] in vocabulary:
                found += paths(words[1:], (*tags, pos.TAGS.index(tag)), after, p * share * vocabulary[words[0]])
    return found


def test_shares_sum_to_one():
    assert sum(pos.FIRST.values()) == pytest.approx(1)
    for tag, words, following in pos.GRAMMAR.values():
        assert tag in pos.TAGS and sum(words.values()) == pytest.approx(1) and sum(following.values()) == pytest.approx(1)


def test_sentences_are_the_grammars(sample):
    for words, tags in sample[:500]:
        found = paths(words)
        assert tags in [found_tags for found_tags, _ in found]
    lengths = [len(words) for words, _ in sample]
    assert min(lengths) == 2 and max(lengths) <= pos.LONGEST


def test_a_whole_sentence_leaves_no_doubt(sample):
    assert all(len({tags for tags, _ in paths(words)}) == 1 for words, _ in sample[:500])


def test_parts_are_disjoint_and_one_in_five_is_held_out(sample):
    parts = [{words for words, _ in pos.draw(1000, np.random.default_rng(seed), test=test)}
             for seed, test in ((0, False), (0, True))]
    assert not parts[0] & parts[1]
    assert np.mean([pos.held_out(" ".join(words).encode()) for words, _ in sample]) == pytest.approx(0.2, abs=0.02)


def test_encode():
    tokens, target, lengths = pos.encode([(("they", "fish"), (1, 5)), (("the", "can", "will", "eat"), (0, 4, 6, 5))])
    assert tokens.shape == target.shape == (4, 2) and lengths.tolist() == [2, 4]
    assert [pos.WORDS[token] for token in tokens[:, 1]] == ["the", "can", "will", "eat"]
    assert target[:, 0].tolist() == [1, 5, 0, 0] and tokens[2:, 0].tolist() == [0, 0]


@pytest.mark.parametrize("ambiguous", [False, True])
@pytest.mark.parametrize("previous", [0, 1])
def test_baseline_is_what_counting_gives(sample, previous, ambiguous):
    seen = defaultdict(Counter)
    for words, tags in sample:
        for t, (word, tag) in enumerate(zip(words, tags)):
            if not ambiguous or word in pos.AMBIGUOUS:
                seen[words[t - 1:t] if previous else (), word][tag] += 1
    right = sum(max(counts.values()) for counts in seen.values())
    assert pos.baseline(previous, ambiguous) == pytest.approx(right / sum(map(Counter.total, seen.values())), abs=0.006)


@pytest.mark.parametrize("ambiguous", [False, True])
def test_ceiling_is_what_the_best_rule_scores(sample, ambiguous):
    hits = [int(k == tag) for words, tags in sample[:2500] for word, tag, k in zip(words, tags, pos.odds(words).argmax(axis=1))
            if not ambiguous or word in pos.AMBIGUOUS]
    assert pos.ceiling(ambiguous) == pytest.approx(np.mean(hits), abs=0.01)


def test_odds_are_bayes_rule():
    """The share of each tag among all continuations of two words, written out."""
    for start in (("they", "can"), ("the", "light")):
        shares = np.zeros(pos.K)
        for state, share in pos.FIRST.items():
            _, vocabulary, following = pos.GRAMMAR[state]
            for then, p in following.items():
                tag, words, _ = pos.GRAMMAR[then]
                shares[pos.TAGS.index(tag)] += share * vocabulary.get(start[0], 0) * p * words.get(start[1], 0)
        np.testing.assert_allclose(pos.odds(start)[-1], shares / shares.sum(), atol=1e-12)
    with pytest.raises(ValueError, match="the the"):
        pos.odds(["the", "the"])


def test_target_is_as_far_as_it_must_be():
    assert pos.TARGET >= max(0.95 * pos.ceiling(), pos.baseline(1))
