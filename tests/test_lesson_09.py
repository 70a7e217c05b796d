"""Lesson 09: what its figures draw at every setting, against the numbers they were given."""

import html
import re

import numpy as np
import pytest
from lessons import sweep

import rnnlib
from rnnlib.course.explorers import lesson09_one_to_many as one_to_many
from rnnlib.course.explorers import lesson09_tunes as tunes
from rnnlib.course.toydata import captions, made_names, melodies

PITCHES = range(58, 80)
pytestmark = pytest.mark.usefixtures("strict", "quick")


def title(ax):
    return ax.get_title(loc="left")


def ends_of(line, axis):
    """The upper ends of the bars of a thick broken line, along one axis."""
    data = line.get_data()[axis].reshape(-1, 3)
    return data[:, 1]


# --- captions --------------------------------------------------------------------------------------------------------

MODEL = captions.model("GRU", np.random.default_rng(0))


def describe(shape, colour, radius, x, y):
    """An untrained network's words, and probabilities of its own making."""
    picture = captions.picture_of(shape, colour, radius, x, y)
    tokens = MODEL.predict(captions.features(picture[None]), max_length=12)[:, 0]
    first = np.abs(np.sin(np.arange(len(tokens)) + radius + x)) * 0.5 + 0.5
    words = [captions.WORDS[token] for token in tokens]
    return picture, words, np.stack([first, 1 - first], axis=1), ["ring"] * len(words)


def test_captioner_draws_the_picture_and_the_words():
    figure = one_to_many.captioner(describe, captions.caption_of, captions.SHAPES, captions.COLOURS, "cross", "white")
    left, right = figure.figure.axes
    for values in sweep(figure, 1, count=15):
        picture, words, p, second = describe(**values)
        shown = min(len(words), 9)
        np.testing.assert_array_equal(left.images[0].get_array(), picture)
        np.testing.assert_allclose(ends_of(right.lines[0], 0), p[:shown, 0])
        np.testing.assert_array_equal(ends_of(right.lines[0], 1), np.arange(shown))
        texts = [text.get_text() for text in right.texts]
        assert texts[:9] == words[:shown] + [""] * (9 - shown)
        assert texts[9:18] == [f"ring {q:.2f}" if q >= 0.005 else "" for q in p[:shown, 1]] + [""] * (9 - shown)
        said = " ".join(word for word in words if word != "end")
        assert title(left) == f"“{said}”" and figure.finding.startswith(f"“{said}”: ")
        assert f"({p[:, 0].min():.2f};" in figure.finding
        right_one = captions.caption_of(**values)
        assert (f"wrong, it is “{right_one}”" if right_one else "between two captions") in figure.finding


def test_captioner_says_right_where_it_is():
    def knows(shape, colour, radius, x, y):
        words = [*captions.caption_of(shape, colour, radius, x, y).split(), "end"]
        return captions.picture_of(shape, colour, radius, x, y), words, np.full((len(words), 2), 0.5), words

    figure = one_to_many.captioner(knows, captions.caption_of, captions.SHAPES, captions.COLOURS, "ring", "indigo", x=8.0)
    assert "“an indigo ring on the left”: right." in figure.finding


def test_measured_shows_the_numbers():
    pictures, said = captions.draw(4, np.random.default_rng(0))
    v = captions.features(pictures)
    picture = one_to_many.measured(pictures, v, said, captions.GRID)
    for i, (above, below) in enumerate(np.array(picture.figure.axes).reshape(2, 4).T):
        np.testing.assert_array_equal(above.images[0].get_array(), pictures[i])
        np.testing.assert_allclose(2 * below.images[0].get_array().ravel() - 1, v[i, 7:])
        assert above.get_title().replace("\n", " ") == said[i]
        assert f"x {v[i, 0]:+.1f}, y {v[i, 1]:+.1f}" in below.get_xlabel()
        assert f"wide {v[i, 2]:+.1f}, high {v[i, 3]:+.1f}" in below.get_xlabel()
        assert "rgb " + " ".join(f"{(part + 1) / 2:.2f}" for part in v[i, 4:7]) in below.get_xlabel()
    assert "3,072" in picture.sentence and "23" in picture.sentence
    assert f"{captions.GRID} x {captions.GRID} parts" in picture.figure.texts[-1].get_text()


def test_gallery_says_what_is_wrong():
    pictures, _ = captions.draw(4, np.random.default_rng(0))
    wanted = ["a white cross on the left", "an indigo ring at the top",
              "a small black ring at the top", "a black ring on the left"]
    found = ["a white ring on the left", "an indigo ring at the top", "a black ring at the top", "a large black ring on the left"]
    picture = one_to_many.gallery(pictures, found, wanted, "One of four is right")
    labels = [ax.get_xlabel() for ax in picture.figure.axes]
    said = [re.search("(truly|correct).*", label.replace("\n", " "))[0] for label in labels]
    assert said == ["truly: cross, not ring", "correct", "truly: small", "truly: not large"]
    assert picture.sentence.startswith("One of four is right") and picture.sentence.count(" for ") == 3


def test_things_by_cell_draws_every_share():
    shares = {cell: dict(zip(captions.THINGS, row)) for cell, row in
              zip(("RNN", "LSTM", "GRU"), ([1, .98, .97, .1], [1, 1, 1, .99], [1, 1, 1, 1]))}
    picture = one_to_many.things_by_cell(shares)
    (ax,) = picture.figure.axes
    for line, (cell, right) in zip(ax.lines, shares.items(), strict=True):
        assert line.get_label() == cell
        np.testing.assert_array_equal(line.get_ydata(), list(right.values()))
    assert title(ax) == "One stored run each: the RNN names the place in 10% of pictures"
    shares["RNN"]["size"] = 0.05
    (ax,) = one_to_many.things_by_cell(shares).figure.axes
    assert title(ax) == "One stored run each: the RNN names the size in 5% of pictures"


def test_written_out_writes_each_word_below_the_next_step():
    picture = one_to_many.written_out("a black ring end".split())
    (ax,) = picture.figure.axes
    words = [artist.get_label() for artist in ax.patches]
    assert words.count("black") == 2 and words.count("end") == 1 and words.count("start") == 1 and words.count("v") == 1
    back = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert [(line.get_xdata()[0], line.get_xdata()[-1]) for line in back] == [(t + 0.27, t + 0.73) for t in (1, 2, 3)]
    assert "4 steps" in picture.sentence


# --- tunes -----------------------------------------------------------------------------------------------------------

SCORES = np.sort(np.random.default_rng(3).normal(0, 3, 30))[::-1]


def test_sharpened_draws_the_probabilities():
    figure = tunes.sharpened(lambda *chosen: rnnlib.probabilities(SCORES, *chosen), ["D4\n1"] * 8)
    (ax,) = figure.figure.axes
    bars, usual = ax.lines
    p = rnnlib.softmax(SCORES)
    np.testing.assert_allclose(ends_of(usual, 1), [*p[:8], p[8:].sum()])
    for values in sweep(figure, 2, count=15):
        q = np.exp((SCORES - SCORES[0]) / values["temperature"]) * (np.arange(30) < values["top_k"])
        q /= q.sum()
        if values["top_p"] < 1:
            q *= np.cumsum(q) - q < values["top_p"]
            q /= q.sum()
        np.testing.assert_allclose(ends_of(bars, 1), [*q[:8], q[8:].sum()], atol=1e-12)
        q = q[q > 0]
        openness = np.exp(-(q * np.log(q)).sum())
        assert title(ax) == f"As open as a choice among {openness:.1f} notes of equal chance"
        assert f"D4 has {q[0]:.2f}" in figure.finding and f"among {openness:.1f} equal" in figure.finding
        assert f"the {values['top_k']} likeliest of 30" in figure.finding and f"{len(q)} notes are left" in figure.finding


def compose(seed, temperature, top_k, number):
    """Tunes of any length, none at all among them, up to the longest that a network may write, and rows that sum to 1."""
    rng = np.random.default_rng([seed, round(10 * temperature), top_k, number])
    n = rng.integers(0, melodies.MOST + 1)
    tune = [(int(rng.choice(PITCHES)), float(rng.choice([0.5, 1, 2]))) for _ in range(n)]
    return tune, rng.dirichlet(np.ones(len(PITCHES)), n)


def test_piano_roll_draws_the_notes_the_odds_and_the_home():
    figure = tunes.piano_roll(compose, melodies.wav, melodies.rules, melodies.SEEDS, PITCHES, melodies.name, most=50)
    (ax,) = figure.figure.axes
    assert figure.children[-1] is figure.sound and not figure.sound.autoplay and not figure.sound.loop
    lengths = set()
    for values in sweep(figure, 3, count=40):
        tune, p = compose(**values)
        lengths.add(len(tune))
        home, notes = ax.lines
        np.testing.assert_array_equal(home.get_ydata(), [values["seed"]] * 2)
        np.testing.assert_array_equal(notes.get_ydata().reshape(-1, 3)[:, 0], [midi for midi, _ in tune])
        x = notes.get_xdata().reshape(-1, 3)
        np.testing.assert_allclose(x[:, 1] - x[:, 0] + 0.12, [beats for _, beats in tune])
        shade, slot = ax.images[0].get_array(), 0
        for row, (_, beats) in zip(p, tune):
            for _ in range(int(2 * beats)):
                if slot < tunes.SLOTS:
                    np.testing.assert_allclose(shade[:, slot], np.sqrt(row))
                slot += 1
        assert (shade[:, slot:] == 0).all()
        assert figure.sound.value == melodies.wav(tune)
        broken = [rule for rule, kept in melodies.rules(tune, values["seed"]).items() if not kept]
        shown = ", ".join(broken[:4]) + f" and {len(broken) - 4} more" * (len(broken) > 4)
        assert title(ax) == (f"Broken: {shown}" if broken else "Every rule is kept")
        assert ax.get_xlim()[1] >= sum(beats for _, beats in tune), "the axis ends with the sound, not before"
        assert figure.finding.startswith(f"From {melodies.name(values['seed'])}: ")
        assert ("no note at all" in figure.finding) == (not tune)
        if tune:
            chosen = np.mean([row[midi - PITCHES[0]] for row, (midi, _) in zip(p, tune)])
            assert f"probability {chosen:.2f}" in figure.finding
    assert 0 in lengths and max(lengths) == melodies.MOST


def test_piano_roll_says_when_every_rule_is_kept():
    seeds, tokens = melodies.draw(1, np.random.default_rng(0))
    home, tune = melodies.SEEDS[seeds[0]], melodies.tunes(tokens)[0]
    figure = tunes.piano_roll(lambda seed, temperature, top_k, number: (tune, np.full((len(tune), 22), 1 / 22)),
                              melodies.wav, melodies.rules, [home], PITCHES, melodies.name, most=50)
    assert title(figure.figure.axes[0]) == "Every rule is kept"


def test_rolls_and_the_sound_say_their_notes():
    seeds, tokens = melodies.draw(3, np.random.default_rng(0))
    three, homes = melodies.tunes(tokens), [melodies.SEEDS[seed] for seed in seeds]
    picture = tunes.rolls(three, homes, PITCHES, melodies.name, "Three tunes")
    for ax, tune, home in zip(picture.figure.axes, three, homes, strict=True):
        np.testing.assert_array_equal(ax.lines[1].get_ydata().reshape(-1, 3)[:, 0], [midi for midi, _ in tune])
        assert ax.texts[0].get_text() == f"home: {melodies.name(home)}"
    spelled = " ".join(melodies.name(midi) for midi, _ in three[0])
    assert spelled in picture.sentence
    sound = tunes.Sound(spelled + " <&", melodies.wav(three[0]))
    assert repr(sound) == f"A sound: {spelled} <&"
    shown = sound._repr_html_()
    assert "data:audio/wav;base64," in shown and shown == sound._repr_html_()
    assert f"<div>{spelled} &lt;&amp;</div>" in shown and f'aria-label="{spelled} &lt;&amp;"' in shown


def test_by_temperature_draws_every_share():
    temperatures = np.array([0.5, 1.0, 2.0])
    shares = {"key": np.array([1, .9, .5]), "four whole bars": np.array([1, .8, .49]), "flawless": np.array([.9, .5, .1])}
    different = np.array([0.2, 0.7, 1.0])
    picture = tunes.by_temperature(temperatures, shares, different)
    (ax,) = picture.figure.axes
    for line, values in zip(ax.lines, [*shares.values(), different], strict=True):
        np.testing.assert_array_equal(line.get_ydata(), values)
    assert title(ax) == "From temperature 0.5 to 2: 90% to 10% flawless, 20% to 100% different"
    heights = [text.get_position()[1] for text in ax.texts]
    assert np.diff(np.sort(heights)).min() >= 0.075 - 1e-12


# --- names -----------------------------------------------------------------------------------------------------------

def read(land, name):
    """Probabilities that depend on the letters read so far."""
    weight = np.array([land + 1.0] + [made_names.TOKEN[letter] for letter in name])
    p = np.abs(np.sin(np.cumsum(weight)[:, None] * (1 + np.arange(made_names.K)))) + 0.01
    return p / p.sum(axis=1, keepdims=True)


def box():
    return one_to_many.next_letters(read, list(made_names.LANDS), made_names.LETTERS)


@pytest.mark.parametrize("text, land, name", [("hills bido", 0, "bido"), ("coast", 1, ""), ("  RIVER   Tarv ", 2, "tarv"),
                                              ("coast aaaaaaaaaaaa", 1, "a" * 12)])
def test_next_letters_draws_what_is_expected(text, land, name):
    figure = box()
    figure.input.value = text
    (ax,) = figure.figure.axes
    p = read(land, name)
    shade = np.asarray(ax.images[0].get_array())
    np.testing.assert_allclose(shade[:, :len(p)] ** 2, np.delete(p, made_names.START, axis=1).T)
    assert (shade[:, len(p):] == 0).all()
    frames = ax.lines[0].get_data()
    centres = np.nanmean(np.reshape(frames, (2, -1, 6))[:, :, :4], axis=2) if name else np.empty((2, 0))
    np.testing.assert_allclose(centres[0], np.arange(1, len(name) + 1))
    np.testing.assert_allclose(centres[1] - 0.5, [made_names.LETTERS.index(letter) - 1 for letter in name])
    best = made_names.LETTERS[p[-1].argmax()]
    where = (f"After “{name}” in" if name else "At the beginning, in") + f" the {list(made_names.LANDS)[land]}"
    assert title(ax) == f"{where}: {best} ({p[-1].max():.2f})" and figure.finding.startswith(f"{where}: {best}")
    assert f"{best} {p[-1].max():.2f}" in figure.finding
    assert ("Least expected" in figure.finding) == bool(name)


@pytest.mark.parametrize("text, said", [
    ("", "Nothing is written"), ("   ", "Nothing is written"), ("x" * 5000, "5000 characters"), ("hils bid", "Near it: hills"),
    ("bidirk", "Begin with one of hills, coast, river"), ("coast selé", "'é' is not among the letters"),
    ("hills " + "a" * 13, "13 letters; up to 12"), ("hills a b", "' ' is not among"), ("coast $x^2$", "'$' is not among"),
    ("<b>hills</b> bi", "'<b>hills</b>' is not among"), ("hills <script>", "'<' is not among"), ("hills 1", "'1' is not among"),
    ("hills end", None), ("ﬁ \u202e hills", "is not among"),
])
def test_next_letters_answers_odd_texts_with_a_sentence(text, said):
    figure = box()
    figure.input.value = text
    if said is not None:
        assert said in figure.finding
    assert len(figure.finding) < 330
    shown = figure._html()["text/html"]
    assert html.escape(figure.finding) in shown and "<script" not in shown and "<b>" not in shown
