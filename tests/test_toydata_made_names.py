"""The made names of lesson 09: how they are made, what of them can be known, and which weights ship."""

import re

import numpy as np
import pytest
import weights

import rnnlib
from rnnlib.course.toydata import _split, made_names


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
    assert all(_split.held_out(name.encode()) for name in parts[True])
    for test in (False, True):
        _, tokens = made_names.draw(200, np.random.default_rng(2), test)
        assert set(made_names.decode(tokens)) <= parts[test]


def test_baselines_and_ceiling_agree_with_a_simulation():
    rng, held_out, rest = np.random.default_rng(1), [], []
    for _ in range(8000):
        land, name = simulated(rng)
        (held_out if _split.held_out(name.encode()) else rest).append((land, name))
    for before in (0, 1, 2):
        counts, totals = {}, {}
        for land, name in rest:
            padded = "<<" + name + ">"
            for i in range(2, len(padded)):
                key = (land, padded[i - before:i])
                totals[key] = totals.get(key, 0) + 1
                counts[key, padded[i]] = counts.get((key, padded[i]), 0) + 1
        logs = [np.log((counts.get(((land, padded[i - before:i]), padded[i]), 0) + 1e-3)
                       / (totals.get((land, padded[i - before:i]), 0) + 1e-3))
                for land, name in held_out for padded in ["<<" + name + ">"] for i in range(2, len(padded))]
        assert made_names.baseline(before) == pytest.approx(np.exp(-np.mean(logs)), rel=0.04)
    entropy = sum(-np.log(made_names.chance(name, land)) for land, name in held_out) / sum(len(name) + 1 for _, name in held_out)
    assert made_names.ceiling() == pytest.approx(np.exp(entropy), rel=0.03)
    assert made_names.ceiling() < made_names.baseline(2) < made_names.baseline(1) < made_names.baseline(0)


def test_shipped_weights_reach_the_target_and_stay_above_the_entropy():
    for cell, seed in made_names.SHIPPED:
        assert made_names.ceiling() < made_names.score(made_names.load_model(cell, seed)) < made_names.target(), (cell, seed)
    assert made_names.WEIGHTS.stat().st_size < 200_000


def test_the_row_of_scores(monkeypatch):
    monkeypatch.setattr(made_names, "trained", lambda seed: made_names.load_model("GRU", seed))
    row = made_names.table()
    assert row.ceiling < row.reached < row.target < row.baseline and 0 <= row.spread < 0.1


def test_weights_are_remade_from_the_seed(tmp_path, monkeypatch):
    monkeypatch.setattr(made_names, "SHIPPED", [("RNN", 7)])
    monkeypatch.setattr(made_names, "WEIGHTS", tmp_path / "w.npz")
    monkeypatch.setattr(made_names, "training", lambda model, batches: rnnlib.train(model, batches, rnnlib.SGD(0.1), 2))
    weights.remake("made_names")
    made = made_names.trained("RNN", 7)
    for name, array in made_names.load_model("RNN", 7).params.items():
        np.testing.assert_array_equal(array, made.params[name].astype(np.float32))
    with pytest.raises(ValueError, match="must be one of"):
        made_names.load_model("RNN", 5)
