"""The tunes of lesson 09: their rules, their entropy, how they sound, and what the shipped networks write."""

import collections
import io
import wave

import numpy as np
import pytest

from rnnlib.course.toydata import melodies
from rnnlib.course.toydata.task import held_out

SCALE = [0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19, 21]      # two octaves from home, and below it:
BELOW = {-1: -1, -2: -3}


def pick(shares, rng):
    return list(shares)[rng.choice(len(shares), p=list(shares.values()))]


def simulated(rng):
    """One tune made by following the rules word by word, with its probability: (seed place, notes, p)."""
    place = rng.integers(len(melodies.SEEDS))
    rhythm = pick(melodies.RHYTHMS, rng)
    while True:             # bar 1 stays within bounds: what leaves them is thrown away whole
        moves = [pick(melodies.MOVES, rng) for _ in rhythm[1:]]
        steps = np.cumsum([0, *moves])
        if steps.min() >= melodies.LOWEST and steps.max() <= melodies.HIGHEST:
            break
    shift, leading = pick(melodies.SHIFTS, rng), pick(melodies.LEADING, rng)
    heights = [*steps, *steps + shift, *steps, leading, 0]
    home = melodies.SEEDS[place]
    return place, [(home + (SCALE[h] if h >= 0 else BELOW[h]), beats) for h, beats in zip(heights, [*3 * rhythm, 1, 2])]


def test_tunes_are_those_of_the_rules_with_their_probabilities():
    part = melodies.everything()
    for place in range(len(melodies.SEEDS)):
        assert part.probability[part.seeds == place].sum() == pytest.approx(1)
    keys = list(zip(part.seeds.tolist(), map(tuple, part.tokens.T.tolist())))
    assert len(keys) == len(set(keys))
    by_notes = {(place, tuple(tune)): p for (place, _), tune, p in zip(keys, melodies.tunes(part.tokens), part.probability)}
    rng, drawn = np.random.default_rng(0), []
    for _ in range(1500):
        place, notes = simulated(rng)
        drawn.append(by_notes[place, tuple(notes)])                 # a tune outside the list would raise
    entropy = -(part.probability * np.log2(part.probability)).sum() / len(melodies.SEEDS)
    assert -np.log2(drawn).mean() == pytest.approx(entropy, abs=4 * np.log2(drawn).std() / np.sqrt(1500))


def test_no_tune_is_in_both_parts():
    parts = [{(s, tuple(t)) for s, t in zip(part.seeds.tolist(), part.tokens.T.tolist())}
             for part in map(melodies.everything, (False, True, None))]
    assert not parts[0] & parts[1] and parts[0] | parts[1] == parts[2]
    assert 0.15 < len(parts[1]) / len(parts[2]) < 0.25
    for test in (False, True):
        seeds, tokens = melodies.draw(100, np.random.default_rng(2), test)
        assert {(s, tuple(t)) for s, t in zip(seeds.tolist(), tokens.T.tolist())} <= parts[test]


def test_baseline_and_ceiling_agree_with_a_simulation():
    rng, parts = np.random.default_rng(1), {False: [], True: []}
    for _ in range(4000):
        place, notes = simulated(rng)
        row = [melodies.NOTES.index(note) + 2 for note in notes]
        parts[held_out(bytes(row))].append((place, [*row, melodies.END]))
    counts = collections.Counter((s, a, b) for s, row in parts[False] for a, b in zip([melodies.START, *row], row))
    totals = collections.Counter()
    for (s, a, _), n in counts.items():
        totals[s, a] += n
    bits = [-np.log2((counts[s, a, b] + 1e-3) / (totals[s, a] + 1e-3)) for s, row in parts[True]
            for a, b in zip([melodies.START, *row], row)]
    assert melodies.baseline() == pytest.approx(np.mean(bits), rel=0.05)
    part = melodies.everything(True)
    p = {(s, tuple(row[row != 0])): q for s, row, q in zip(part.seeds.tolist(), part.tokens.T, part.probability)}
    total = sum(-np.log2(p[s, tuple(row[:-1])]) for s, row in parts[True])
    assert melodies.ceiling() == pytest.approx(total / sum(len(row) for _, row in parts[True]), rel=0.03)
    assert melodies.ceiling() < melodies.target() < melodies.baseline(1) < melodies.baseline(0)


def test_every_tune_keeps_the_rules_and_a_changed_one_breaks_its_rule():
    part = melodies.everything()
    for place, tune in zip(part.seeds, melodies.tunes(part.tokens)):
        assert all(melodies.rules(tune, melodies.SEEDS[place]).values())
    assert melodies.of_the_grammar(part.seeds, part.tokens).all()
    good = [(60, 1), (62, 1), (64, 1), (62, 1), (64, 1), (65, 1), (60, 1), (62, 1), (64, 1), (59, 1), (60, 2)]
    assert all(melodies.rules(good, 60).values())

    def broken(tune, home=60):
        return {rule for rule, kept in melodies.rules(tune, home).items() if not kept}

    assert broken(good[:4] + [(61, 1)] + good[5:]) == {"key", "bar 2 shifted"}
    assert broken(good[:5] + [(67, 1)] + good[6:]) == {"bar 2 shifted"}
    assert broken(good[:6] + [(64, 1)] + good[7:]) == {"bar 3 repeated"}
    assert broken(good[:9] + [(65, 1), (60, 2)]) == {"way home"} == broken(good[:-1] + [(64, 2)])
    assert broken([(62, 1), *good[1:]]) == {"bar 1 in steps", "bar 2 shifted", "bar 3 repeated", "way home"}
    leap = [(60, 1), (67, 1), (64, 1)]
    assert broken(leap + [(62, 1), (69, 1), (65, 1)] + leap + good[9:]) == {"bar 1 in steps"}
    far = [(60, 1), (62, 1), (64, 1), (67, 1), (69, 1), (71, 1)]
    assert broken(far[:3] + far[3:] + far[:3] + good[9:]) == {"bar 2 shifted"}, "four steps higher is no shift of the grammar"
    assert broken(good[:-1] + [(60, 1)]) == {"four bars", "way home"} == broken(good + [(60, 1)]) | {"way home"}
    assert len(broken([])) == 6


def test_whoever_keeps_all_rules_is_of_the_grammar_and_nobody_else():
    seeds, tokens = melodies.draw(300, np.random.default_rng(4))
    rng = np.random.default_rng(5)
    places = rng.integers(0, 8, 300), np.arange(300)        # one note of each tune replaced by any other
    tokens[places] = np.where(tokens[places] == melodies.END, melodies.END, rng.integers(2, melodies.K, 300))
    same = melodies.of_the_grammar(seeds, tokens)
    kept = [all(melodies.rules(tune, melodies.SEEDS[place]).values()) for tune, place in zip(melodies.tunes(tokens), seeds)]
    np.testing.assert_array_equal(kept, same)
    assert 0 < same.mean() < 0.5


def test_a_tune_is_of_the_grammar_to_its_last_note():
    seeds, tokens = melodies.draw(20, np.random.default_rng(0))
    assert melodies.of_the_grammar(seeds, tokens).all()
    assert not melodies.of_the_grammar((seeds + 1) % 5, tokens).any()
    changed = tokens.copy()
    changed[3] = changed[3] % (melodies.K - 2) + 2
    assert melodies.of_the_grammar(seeds, changed).mean() < 0.3
    longer = np.concatenate([np.where(tokens == 0, 5, tokens), np.full((4, 20), 5)])
    assert not melodies.of_the_grammar(seeds, longer).any()


def samples(sound):
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getparams()[:3] == (1, 2, melodies.RATE)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)


def test_every_pitch_is_heard_at_its_frequency_and_in_time():
    beat = 60 / melodies.BEATS_A_MINUTE
    for first in range(0, len(melodies.NOTES) - 3, 3):
        tune = melodies.NOTES[first:first + 3]
        sound, start = samples(melodies.wav(tune)), 0.0
        assert len(sound) == pytest.approx(sum(beats for _, beats in tune) * beat * melodies.RATE, abs=2)
        assert np.abs(sound).max() < 32767 and np.abs(sound).max() > 8000
        for midi, beats in tune:
            part = sound[int(start * melodies.RATE):int((start + beats * beat) * melodies.RATE)]
            spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 16))
            peak = spectrum.argmax() * melodies.RATE / (1 << 16)
            assert 12 * np.log2(peak / 440) + 69 == pytest.approx(midi, abs=0.15)
            assert np.abs(part[[0, -1]]).max() < 500                # from silence to silence: no click
            start += beats * beat


def test_a_wav_is_the_same_each_time_and_never_long():
    tune = [(60, 1), (67, 2)]
    assert melodies.wav(tune) == melodies.wav(tune)
    assert len(samples(melodies.wav([]))) == 0
    assert len(samples(melodies.wav([(60, 2)] * 50))) == 18 * 60 * melodies.RATE // melodies.BEATS_A_MINUTE
    seeds, tokens = melodies.draw(1, np.random.default_rng(0))
    assert len(melodies.wav(melodies.tunes(tokens)[0])) < 100_000


def test_names_of_pitches():
    assert [melodies.name(midi) for midi in (60, 69, 59, 66, 70, 72)] == ["C4", "A4", "B3", "F#4", "Bb4", "C5"]
    assert [melodies.pitch(step, 62) for step in (-1, 0, 2, 6, 7)] == [61, 62, 66, 73, 74]


def test_the_likeliest_tune_of_a_shipped_network_is_of_the_grammar():
    for cell, seed in melodies.SHIPPED:
        model = melodies.load_model(cell, seed)
        seeds = np.arange(len(melodies.SEEDS))
        assert melodies.of_the_grammar(seeds, model.predict(melodies.one_hot(seeds), melodies.MOST)).all()
