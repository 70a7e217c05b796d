"""Run summaries: the grammar, the split, the rule and the ideal teller against an independent count."""

from itertools import product

import numpy as np
import pytest

from rnnlib.course.toydata import run_summaries as summaries


def test_plans_follow_the_grammar_and_no_plan_is_in_both_parts():
    rng = np.random.default_rng(0)
    parts = [summaries.draw(1500, rng, test) for test in (False, True)]
    for plans in parts:
        for kinds, lengths in plans:
            assert 1 <= len(kinds) == len(lengths) <= 3 and set(kinds) <= {0, 1, 2}
            assert all(a != b for a, b in zip(kinds, kinds[1:]))
            assert all(summaries.SHORTEST <= n <= summaries.LONGEST for n in lengths)
    seen = [{(*kinds, *lengths) for kinds, lengths in plans} for plans in parts]
    assert not seen[0] & seen[1]
    assert {tuple(kinds) for kinds, _ in parts[0]} == set(summaries._SUMMARIES) and len(summaries._SUMMARIES) == 21


def test_a_run_has_its_drift_its_noise_and_its_words():
    rng = np.random.default_rng(0)
    plans = [([2, 0, 1], [5, 6, 7])] * 300
    x, target, lengths = summaries.run(plans, rng)
    assert x.shape == (18, 300, 1) and (lengths == 18).all()
    np.testing.assert_allclose(x.mean(axis=(1, 2)), [1] * 5 + [-1] * 6 + [0] * 7, atol=0.12)
    assert abs((x[:, :, 0] - x.mean(axis=1)).std() - summaries.NOISE) < 0.02
    assert summaries.decode(target)[0] == "rose fell rested"
    x, target, lengths = summaries.run([([2], [5]), ([0, 2], [9, 9])], rng)
    assert (x[5:, 0] == 0).all() and summaries.decode(target) == ["rose", "fell rose"]


def likelihood(x, kinds):
    """p(x | kinds) up to a factor, by listing all lengths of the phases."""
    total = 0.0
    for lengths in product(range(summaries.SHORTEST, summaries.LONGEST + 1), repeat=len(kinds)):
        if sum(lengths) == len(x):
            drift = np.repeat(np.take(summaries.DRIFT, kinds), lengths)
            total += np.exp(-((x - drift) ** 2).sum() / (2 * summaries.NOISE ** 2))
    spread = summaries.LONGEST - summaries.SHORTEST + 1
    return total / spread ** len(kinds) / 2 ** (len(kinds) - 1)


@pytest.mark.parametrize("noise", [summaries.NOISE, 3.0])       # with so much, what is likely beforehand decides
def test_the_ideal_teller_finds_the_likeliest_summary_of_all_ways_listed(noise, monkeypatch):
    monkeypatch.setattr(summaries, "NOISE", noise)
    plans = [plan for plan in summaries.draw(200, np.random.default_rng(5)) if 18 <= sum(plan[1]) <= 20]    # of 2 or 3 phases
    x, _, lengths = summaries.run(plans, np.random.default_rng(5))
    told = summaries.ideal(x, lengths)
    for b, n in enumerate(lengths):
        p = {kinds: likelihood(x[:n, b, 0], kinds) for kinds in summaries._SUMMARIES}
        best = max(p, key=p.get)
        assert told[:len(best), b].tolist() == [kind + 2 for kind in best] and not told[len(best):, b].any()


def test_the_rule_is_right_on_clear_runs_and_the_ceiling_lies_above_it(monkeypatch):
    low, high = summaries.baseline(), summaries.ceiling()
    assert 0.7 < low < 0.85 < 0.97 < high <= 1
    assert summaries.target() == max(0.95 * high, (low + high) / 2)
    monkeypatch.setattr(summaries, "NOISE", 1e-6)
    x, target, lengths = summaries.run([([2], [9]), ([0, 2], [9, 9])], np.random.default_rng(0))
    assert summaries.agreement(summaries.by_rule(x, lengths), target) == 1


def test_agreement_counts_whole_summaries_of_any_length():
    target = np.array([[2, 3], [0, 4], [0, 0]])
    assert summaries.agreement(target, target) == 1
    assert summaries.agreement(np.array([[2, 3], [0, 4], [0, 0], [0, 2]]), target) == 0.5
    assert summaries.agreement(np.array([[2, 3]]), target) == 0.5
