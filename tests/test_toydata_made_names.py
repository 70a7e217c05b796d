"""The made names of lesson 09: how they are made, and what of them can be known."""

import re

import numpy as np
import pytest

from rnnlib.course.toydata import made_names
from rnnlib.course.toydata.task import held_out


def simulated(rng):
    """One name made letter by letter, as the documentation says: (land, name)."""
    def pick(shares):
        return list(shares)[rng.choice(len(shares), p=list(shares.values()))]

    land = rng.integers(3)
    consonants, endings = list(made_names.LANDS.values())[land]
    family = rng.integers(2)
    name = pick(consonants) + made_names.VOWELS[family][rng.integers(2)] + pick(made_names.CODAS)
    for _ in range(1 + (rng.random() < 0.4)):
        name += pick(consonants) + made_names.VOWELS[family][rng.integers(2)]
    return land, name + pick(endings[family])


def test_probabilities_sum_to_one_and_cover_what_is_made():
    part = made_names.everything()
    for land in range(3):
        assert part.probability[part.lands == land].sum() == pytest.approx(1)
    rng = np.random.default_rng(0)
    surprise = []
    for _ in range(3000):
        land, name = simulated(rng)
        surprise.append(-np.log(made_names.chance(name, land)))     # 0 would be an error
    entropy = -(part.probability * np.log(part.probability)).sum() / 3
    assert np.mean(surprise) == pytest.approx(entropy, abs=4 * np.std(surprise) / np.sqrt(3000))
    assert made_names.chance("bido", 0) == made_names.chance("zzz", 1) == 0


def test_every_name_has_vowels_of_one_family():
    part = made_names.everything()
    for name in made_names.decode(part.tokens[:, ::7]):
        assert re.fullmatch(r"[^aeio]+(?:[ei][^aeio]+){2,3}|[^aeio]+(?:[ao][^aeio]+){2,3}", name), name
        assert len(name) < made_names.MOST
    assert made_names.decode(made_names.encode(["bidirk", "sofoss"])) == ["bidirk", "sofoss"]


def test_no_name_is_in_both_parts():
    parts = {test: set(made_names.decode(made_names.everything(test).tokens)) for test in (False, True)}
    assert not parts[False] & parts[True]
    assert all(held_out(name.encode()) for name in parts[True])
    for test in (False, True):
        _, tokens = made_names.draw(200, np.random.default_rng(2), test)
        assert set(made_names.decode(tokens)) <= parts[test]


def test_baselines_and_ceiling_agree_with_a_simulation():
    rng, parts = np.random.default_rng(1), {False: [], True: []}
    for _ in range(8000):
        land, name = simulated(rng)
        parts[held_out(name.encode())].append((land, name))
    for before in (0, 1, 2):
        counts, totals = {}, {}
        for land, name in parts[False]:
            padded = "<<" + name + ">"
            for i in range(2, len(padded)):
                key = (land, padded[i - before:i])
                totals[key] = totals.get(key, 0) + 1
                counts[key, padded[i]] = counts.get((key, padded[i]), 0) + 1
        logs = [np.log((counts.get(((land, padded[i - before:i]), padded[i]), 0) + 1e-3)
                       / (totals.get((land, padded[i - before:i]), 0) + 1e-3))
                for land, name in parts[True] for padded in ["<<" + name + ">"] for i in range(2, len(padded))]
        assert made_names.baseline(before) == pytest.approx(np.exp(-np.mean(logs)), rel=0.04)
    entropy = (sum(-np.log(made_names.chance(name, land)) for land, name in parts[True])
               / sum(len(name) + 1 for _, name in parts[True]))
    assert made_names.ceiling() == pytest.approx(np.exp(entropy), rel=0.03)
    assert made_names.ceiling() < made_names.baseline(2) < made_names.baseline(1) < made_names.baseline(0)
