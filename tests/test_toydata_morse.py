"""Morse tones: the code, the split, the rule and the ideal listener against independent counts."""

from itertools import product

import numpy as np

from rnnlib.course.toydata import morse


def test_the_code_is_international_morse_and_no_two_letters_share_one():
    assert morse.CODE["a"] == ".-" and morse.CODE["s"] == "..." and morse.CODE["d"] == "-.."
    assert len(set(morse.CODE.values())) == len(morse.CODE) == 10
    assert morse.units("a").tolist() == [1, 0, 1, 1, 1]
    assert morse.units("et").tolist() == [1, 0, 0, 0, 1, 1, 1]
    assert len({morse.units(message).tobytes() for message in morse.MESSAGES}) == len(morse.MESSAGES) == 110


def test_keys_are_units_of_one_frame_or_two():
    rng = np.random.default_rng(0)
    messages, keys = morse.draw(300, rng)
    stretched = 0
    for message, key in zip(messages, keys):
        units = morse.units(message)
        runs = [len(list(run)) for run in np.split(units, np.flatnonzero(np.diff(units)) + 1)]
        heard = [len(list(run)) for run in np.split(key, np.flatnonzero(np.diff(key)) + 1)]
        assert len(runs) == len(heard) and all(r <= h <= 2 * r for r, h in zip(runs, heard))
        stretched += (len(key) - len(units)) / len(units)
    assert abs(stretched / len(messages) - morse.DRAG) < 0.03


def test_hear_adds_noise_to_the_key_and_nothing_behind_its_end():
    rng = np.random.default_rng(0)
    messages, keys = morse.draw(200, rng)
    x, target, lengths = morse.hear(messages, keys, rng)
    noise = np.concatenate([x[:n, b, 0] - key for b, (n, key) in enumerate(zip(lengths, keys))])
    assert abs(noise.std() - morse.NOISE) < 0.01 and abs(noise.mean()) < 0.01
    assert all((x[n:, b] == 0).all() for b, n in enumerate(lengths))
    assert morse.decode(target) == messages


def test_no_rhythm_is_in_both_parts_and_new_messages_are_in_neither():
    rng = np.random.default_rng(1)
    parts = [morse.draw(1500, rng, test) for test in (False, True)]
    rhythms = [{key.tobytes() for message, key in zip(*part) if len(message) > 1} for part in parts]
    assert not rhythms[0] & rhythms[1] and min(map(len, rhythms)) > 300
    assert not (set(parts[0][0]) | set(parts[1][0])) & set(morse.NEW)
    assert set(parts[0][0]) == set(morse.KNOWN) and {len(message) for message in parts[1][0]} == {2}
    assert len(morse.NEW) == 11 and len(morse.KNOWN) == 99
    x, target, lengths = morse.test_set(100, messages=morse.NEW)
    assert set(morse.decode(target)) <= set(morse.NEW)


def test_the_rule_is_right_without_noise(monkeypatch):
    monkeypatch.setattr(morse, "NOISE", 1e-3)
    messages, keys = morse.draw(300, np.random.default_rng(0))
    x, target, lengths = morse.hear(messages, keys, np.random.default_rng(0))
    assert morse.by_rule(x, lengths) == messages
    assert morse.by_rule(0.46 + 0.08 * x, lengths) == messages, "one half is the threshold"
    assert morse.by_rule(np.zeros((5, 1, 1)), np.array([5])) == [""]
    assert morse.by_rule(np.array([1, 0, 1, 0, 1, 0, 1.0])[:, None, None], np.array([7])) == ["?"]


def likelihood(x, message):
    """p(x | message) up to a factor, by listing every way in which the units can last that many frames."""
    units, total = morse.units(message), 0.0
    for lasts in product((1, 2), repeat=len(units)):
        if sum(lasts) == len(x):
            key = np.repeat(units, lasts)
            doubled = sum(lasts) - len(units)
            total += (morse.DRAG ** doubled * (1 - morse.DRAG) ** (len(units) - doubled)
                      * np.exp(-((x - key) ** 2).sum() / (2 * morse.NOISE ** 2)))
    return total


def test_the_ideal_listener_finds_the_likeliest_message_of_all_ways_listed():
    rng, messages = np.random.default_rng(2), ("e", "t", "i", "a", "n", "ee", "et", "te", "ie")
    said = [messages[i] for i in rng.integers(len(messages), size=25)]
    keys = [np.repeat(morse.units(message), 1 + (rng.random(len(morse.units(message))) < morse.DRAG)) for message in said]
    x, _, lengths = morse.hear(said, keys, rng)
    prior = {message: 1 / sum(len(other) == len(message) for other in messages) for message in messages}
    for b, n in enumerate(lengths):
        p = {message: prior[message] * likelihood(x[:n, b, 0], message) for message in messages}
        assert morse.ideal(x[:, b:b + 1], lengths[b:b + 1], messages) == [max(p, key=p.get)]


def test_the_target_lies_between_the_rule_and_the_ideal_listener():
    low, high = morse.baseline(), morse.ceiling()
    assert low < 0.88 and high > 0.94 and morse.target() == max(0.95 * high, (low + high) / 2)


def test_the_sound_is_a_tone_of_the_right_pitch_where_the_key_is_pressed():
    key = np.array([1.0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1])
    sound = morse.sound(key)
    assert len(sound) == round(len(key) * morse.FRAME * morse.RATE) and np.abs(sound).max() <= 1
    each = len(sound) // 3
    spectrum = np.abs(np.fft.rfft(sound[:each]))
    assert abs(np.fft.rfftfreq(each, 1 / morse.RATE)[spectrum.argmax()] - morse.PITCH) < 5
    quiet = sound[each + each // 4:2 * each - each // 4]
    assert np.abs(quiet).max() < 1e-9 < 0.3 < np.abs(sound[:each]).max()
