"""The topics task: its grammar, its split, its ceilings."""

from collections import Counter

import numpy as np
import pytest

from rnnlib.course.toydata import topics

OF = {word: label for label, pair in topics.TOPICS.items() for words in pair for word in words}


def main_topic(text):
    """The topic by cutting the aside out, and (form, phrases of the main matter, phrases of the aside)."""
    aside = ""
    if text.startswith("before i forget "):
        form, (aside, rest) = 3, text.removeprefix("before i forget ").split(" now to business ")
    elif " by the way " in text:
        rest, aside = text.split(" by the way ")
        form = 1
        if " anyway " in aside:
            form, (aside, more) = 2, aside.split(" anyway ")
            rest += " " + more
    else:
        form, rest = 0, text
    mains, asides = ([OF[word] for word in part.split() if word in OF] for part in (rest, aside))
    assert len(set(mains)) == 1 and len(set(asides)) <= 1 and not set(mains) & set(asides)
    return mains[0], (form, len(mains) // 2, len(asides) // 2), asides[:1]


def notes(n, rng):
    return [topics.note(rng) for _ in range(n)]


def test_notes_follow_the_grammar():
    drawn = notes(6000, np.random.default_rng(0))
    forms, classes, others, phrases = Counter(), Counter(), Counter(), Counter()
    for words, topic in drawn:
        label, (form, mains, asides), other = main_topic(" ".join(words))
        assert label == topics.LABELS[topic]
        forms[form] += 1
        classes[label] += 1
        others.update((label, name) for name in other)
        if form in (1, 3):
            phrases[mains, asides] += 1
    for form, (_, share) in enumerate(topics.FORMS):
        assert abs(forms[form] / len(drawn) - share) < 0.025
    assert set(classes) == set(topics.LABELS) and max(classes.values()) - min(classes.values()) < 250
    assert len(others) == 12 and len(phrases) == 9 and min(phrases.values()) > 200
    assert {word for words, _ in drawn for word in words} == set(topics.WORDS)


def test_parts_share_no_bag_of_words():
    parts = []
    for test in (False, True):
        x, target, lengths = topics.draw(1500, np.random.default_rng(1), test)
        assert x.shape == (lengths.max(), 1500) and not x[np.arange(len(x))[:, None] >= lengths].any()
        texts = topics.words_of(x, lengths)
        assert [main_topic(text)[0] for text in texts] == [topics.LABELS[k] for k in target]
        assert all(topics.held_out(text.split()) == test for text in texts)
        parts.append({tuple(sorted(text.split())) for text in texts})
    assert not parts[0] & parts[1]


def test_baseline_is_what_the_best_bag_rule_scores_in_a_simulation():
    """Learn the best answer for (form, phrases of each topic) from one draw, score it on another."""
    rng, seen = np.random.default_rng(2), {}

    def bag(words):
        counts = Counter(OF[word] for word in words if word in OF)
        # which topics they are says nothing: only the numbers, larger first, and who has them
        return tuple(word in words for word in ("way", "anyway", "forget")), tuple(sorted(counts.values(), reverse=True)), counts

    for words, topic in notes(20000, rng):
        form, sizes, counts = bag(words)
        seen.setdefault((form, sizes), Counter())[counts[topics.LABELS[topic]] == max(counts.values())] += 1
    right = []
    for words, topic in notes(10000, rng):
        form, sizes, counts = bag(words)
        if len(sizes) == 2 and sizes[0] == sizes[1]:
            right.append(0.5)
        else:
            more = seen[form, sizes][True] >= seen[form, sizes][False]
            right.append((counts[topics.LABELS[topic]] == max(counts.values())) == more)
    assert abs(np.mean(right) - topics.baseline()) < 0.012


def test_baseline_by_hand():
    # the form alone: no aside 1; aside only: longer or shorter is as likely, 1/2; and "anyway": 2 to 6 phrases against 1 to 3
    def p(n):
        return {2: 1, 3: 2, 4: 3, 5: 2, 6: 1}.get(n, 0) / 9

    pairs = {tuple(sorted((m, a))) for m in range(2, 7) for a in range(1, 4)}
    anyway = sum(max(p(m) * (1 <= a <= 3) / 3, p(a) * (1 <= m <= 3) / 3) if m != a else p(m) / 3 * 0.5 for m, a in pairs)
    assert topics.baseline() == pytest.approx(0.3 + 0.5 * 0.5 + 0.2 * anyway)
