"""Lesson 07: what its figures draw at every setting of their sliders, its text box, its stream, and its exercise's solution."""

import asyncio
import re

import numpy as np
import pytest
from lessons import moved, run, settings, solutions, sources, sweep, titles

import rnnlib
from rnnlib.course import figures
from rnnlib.course.exercises import check
from rnnlib.course.explorers import lesson07_many_to_many as many_to_many
from rnnlib.course.explorers import lesson07_streaming as streaming
from rnnlib.course.toydata import part_of_speech as pos

pytestmark = pytest.mark.usefixtures("strict", "quick")


def fake_tag(words):
    """Probabilities that depend on a word and on the one before, as numbers that can be known again."""
    p = np.zeros((len(words), 4))
    for i, word in enumerate(words):
        p[i, (len(word) + (words[i - 1] == "the" if i else 0)) % 4] = 0.7
        p[i] += 0.3 / 4
    return p


TAGS = ("a", "b", "c", "d")
PAIRS = [("the can", "they can"), ("we see the cook", "they will cook it")]


def test_same_words_draws_what_was_read():
    figure = many_to_many.same_words(fake_tag, PAIRS, TAGS)
    for values in sweep(figure, seed=1, count=15):
        answers = []
        for ax, sentence in zip(figure.figure.axes, values["pair"]):
            words = sentence.split()[:values["heard"]]
            p = fake_tag(words)
            shown = ax.images[0].get_array().filled(np.nan)
            np.testing.assert_allclose(shown[:, :len(words)], p.T)
            assert np.isnan(shown[:, len(words):]).all()
            np.testing.assert_array_equal(ax.lines[0].get_ydata(), p.argmax(axis=1))
            labels = [patch.get_label() for patch in ax.artists + ax.patches if patch.get_visible()]
            assert labels == sentence.split()
            answers.append(dict(zip(words, p.argmax(axis=1))))
            assert all(f"“{word}” {TAGS[k]}" in figure.finding for word, k in zip(words, p.argmax(axis=1)))
        turned = [word for word in answers[0] if word in answers[1] and answers[0][word] != answers[1][word]]
        assert re.findall("“(.*?)”", titles(figure)[0]) == turned


def test_tagged_answers_the_network_and_survives_anything(pixels):
    reader = pos.load_model("GRU")

    def tag(words):
        return rnnlib.softmax(reader.predict(np.array([[pos.TOKEN[word]] for word in words]))[:, 0])

    box = many_to_many.tagged(tag, pos.WORDS, pos.TAGS)
    ax = box.figure.axes[0]
    for text in ("they fish", "The  FISH, will eat!", "they can", "we water the water " * 3):
        box.input.value = text
        words = re.findall(r"\w+", text.lower())
        p = tag(words)
        np.testing.assert_allclose(ax.images[0].get_array().filled(np.nan)[:, :len(words)], p.T)
        assert box.finding.startswith(", ".join(f"{word} = {pos.TAGS[k]}" for word, k in zip(words, p.argmax(axis=1))))
        assert titles(box)[0].startswith(f"Sure of {(p.max(axis=1) >= 0.9).sum()} of {len(words)} words")
        assert [label.get_text() for label in ax.texts[:len(words)]] == words
    box.input.value = "they can"
    assert "“can” auxiliary (0." in box.finding and "or verb (0." in box.finding
    wicked = {"they wach": ["'wach'", "watch"], "<script>alert(1)</script> fish": ["'<script>alert(1)</script>'"],
              "$x^{$ the": ["'$x^{$'"], "!!! ??": ["no word"], "they " * 13: ["13 words"], "a" * 501: ["501 characters"],
              "": ["Nothing is written"], "fish qqq <b>zz</b>": ["'qqq'", "<b>zz</b>"], "\N{SNOWMAN} \x00": ["is not among"]}
    for text, parts in wicked.items():
        box.input.value = "they fish"
        box.input.value = text
        assert all(part in box.finding for part in parts), (text, box.finding)
        assert "<script>" not in box._html()["text/html"] and "<b>" not in box._html()["text/html"]
        assert figures.png(box.figure)            # whatever was typed, every letter of the picture has a glyph


def test_touched_draws_losses_and_gradients_inside():
    rng = np.random.default_rng(0)
    losses, dh, lengths = rng.random((4, 3)) + 0.1, rng.normal(size=(4, 3, 5)), np.array([4, 1, 2])
    picture = many_to_many.touched(losses, dh, lengths)
    inside = np.arange(4)[:, None] < lengths
    for ax, numbers in zip(picture.figure.axes, (losses, np.linalg.norm(dh, axis=-1))):
        shown = np.ma.filled(ax.images[0].get_array(), np.nan)
        np.testing.assert_allclose(shown[inside.T], numbers.T[inside.T])
        assert np.isnan(shown[~inside.T]).all()
    assert f"{losses[inside].mean():.3f}" in picture.sentence and f"{losses.mean():.3f}" in picture.sentence
    assert "All 7 words" in picture.sentence and "5 steps of padding" in picture.sentence


def test_confusions_names_the_largest():
    good, bad = np.diag([50, 50]), np.array([[30, 10], [1, 39]])
    picture = many_to_many.confusions({"first": bad, "second": good + [[0, 5], [0, 0]]}, ("x", "y"))
    np.testing.assert_allclose(picture.figure.axes[0].images[0].get_array(), [[0.75, 0.25], [0.025, 0.975]])
    assert titles(picture)[0] == "first takes x for y in 25%, second in 9%"
    assert {"75", "25", "98", "2"} == {text.get_text() for text in picture.figure.axes[0].texts if text.get_text().isdigit()}
    assert any("0.863 right" in text.get_text() for text in picture.figure.axes[0].texts)


def test_one_answer_each_shows_words_and_answers():
    picture = many_to_many.one_answer_each({"they fish": ["pron", "verb"], "the fish": ["det", "noun"]})
    labels = {patch.get_label() for ax in picture.figure.axes for patch in ax.artists + ax.patches}
    assert {"they", "the", "fish", "pron", "verb", "det", "noun"} <= labels


def test_film_shows_the_frames_it_was_given():
    rng = np.random.default_rng(5)
    places, directions = rng.integers(0, 36, 12), rng.integers(0, 4, 12)

    def read(shown):
        p = 1.0 + np.arange(4) * len(shown) + shown[-1] % 3
        return p / p.sum()

    figure = many_to_many.film(read, places, directions, TAGS)
    strip, bars = figure.figure.axes
    for values in sweep(figure, seed=2, count=15):
        t, before = values.values()
        shown = range(max(t - before, 1), t + 1)
        pixels = strip.images[0].get_array().filled(np.nan)
        assert np.nansum(pixels) == len(shown)
        for k in shown:
            assert pixels[places[k - 1] // 6, (k - 1) * 7 + places[k - 1] % 6] == 1
        p = read(places[shown[0] - 1:t])
        np.testing.assert_allclose(bars.lines[0].get_xdata()[1::3], p)
        assert bars.lines[1].get_ydata() == [directions[t - 1]]
        assert titles(figure)[0].startswith(f"Frame {t} and {len(shown) - 1 or 'no'} frame")
        assert all(f"{label} {share:.2f}" in figure.finding for label, share in zip(TAGS, p))


def test_second_layer_says_only_what_holds():
    better = {"RNN": (np.array([0.8, 0.82]), np.array([0.85, 0.9]))}
    picture = many_to_many.second_layer(better, 0.5, 0.88, 0.95)
    assert "every run" in titles(picture)[0] and "RNN 0.810 to 0.875" in picture.sentence
    markers = [line.get_ydata() for line in picture.figure.axes[0].lines if line.get_marker() == "o"]
    np.testing.assert_allclose(markers, [better["RNN"][0], better["RNN"][1]])
    mixed = {**better, "GRU": (np.array([0.9, 0.94]), np.array([0.92, 0.93]))}
    assert "not always" in titles(many_to_many.second_layer(mixed, 0.5, 0.88, 0.95))[0]


@pytest.fixture
def sensor():
    rng = np.random.default_rng(6)
    activity = np.repeat([0, 2, 1, 2], [60, 30, 90, 40])
    p = rng.random((220, 3))
    p[np.arange(220), np.roll(activity, 7)] += 3
    return rng.normal(size=(220, 3)), activity, p / p.sum(axis=1, keepdims=True)


def test_sensor_stream_knows_nothing_of_the_future(sensor):
    x, activity, p = sensor
    figure = streaming.sensor_stream(x, activity, p, TAGS[:3], 25)
    top, bottom = figure.figure.axes
    turns = np.flatnonzero(np.diff(p.argmax(axis=1))) + 2               # where the answer is another than just before
    assert len(turns) >= 4
    for wanted in [*settings(figure, seed=3, count=15), *({"t": int(t)} for t in turns)]:
        t = moved(figure, wanted)["t"]
        first = max(t - streaming.SHOWN, 0)
        for trace, values in zip(top.lines, x.T):
            np.testing.assert_array_equal(trace.get_ydata(), values[first:t])
            assert trace.get_xdata()[-1] <= 0 and trace.get_xdata()[0] >= -streaming.SHOWN / 25
        shares = bottom.images[0].get_array()
        np.testing.assert_allclose(shares[:, streaming.SHOWN - t + first:], p[first:t].T)
        assert not shares[:, :streaming.SHOWN - t + first].any()
        np.testing.assert_array_equal(bottom.lines[0].get_ydata(), activity[first:t])
        k = p[t - 1].argmax()
        assert f"it says {TAGS[k]} ({p[t - 1, k]:.2f})" in figure.finding
        assert ("that is right" in titles(figure)[0]) == (k == activity[t - 1])
        last = max((c for c in (60, 90, 180) if c < t), default=0)
        named = np.flatnonzero(p[last:t].argmax(axis=1) == activity[last])
        if not last:
            assert "Nothing has changed" in figure.finding
        else:
            assert f"came {(t - last) / 25:.2f} s ago" in figure.finding
            assert (f"its {streaming._ordinal(named[0] + 1)} sample" if len(named) else "not been named") in figure.finding


def test_ordinals():
    assert [streaming._ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "111th"]


def test_the_stream_plays_to_its_end_and_stops_when_told(sensor):
    figure = streaming.sensor_stream(*sensor, TAGS[:3], rate=2000)
    control = figure.sliders["t"]

    async def run():
        control.value = control.max - 60
        await figure.run()
        assert control.value == control.max and not figure.play_button.disabled and figure.stop_button.disabled
        figure.rate = 20
        figure.play()                       # from its end it begins again
        await asyncio.sleep(0.05)
        assert figure.play_button.disabled
        task = figure.task
        figure.play()                       # a second press changes nothing
        assert figure.task is task
        figure.stop()
        await asyncio.wait_for(task, 2)
        assert control.value < 60 and figure.stop_button.disabled

    asyncio.run(run())


def test_holding_draws_each_outcome():
    rng = np.random.default_rng(7)
    delays = {n: np.where(rng.random(40) < 0.1, np.nan, rng.integers(n, n + 9, 40)) for n in range(1, 9)}
    ideal = rng.integers(1, 4, 40).astype(float)
    figure = streaming.holding(lambda n: (delays[n], 12.0 / n), ideal, 25, 8)
    left, right = figure.figure.axes
    for values in sweep(figure, seed=4, count=8):
        n = values["hold"]
        seconds, share = left.lines[1].get_data()
        for at, noticed in zip(seconds, share):
            assert noticed == pytest.approx(np.sum(delays[n] <= round(at * 25)) / 40)
        half = np.nanmedian(delays[n]) / 25
        assert right.lines[1].get_data() == ([half], [12.0 / n])
        assert f"within {half:.2f} s, {np.isnan(delays[n]).sum()} of 40 never; {12 / n:.1f} false" in figure.finding
        assert f"{half:.2f} s" in titles(figure)[0]
        assert f"best possible rule: {np.median(ideal) / 25:.2f} s" in figure.finding


def test_the_folded_solution_passes_its_check():
    (solution,) = solutions(7)
    namespace = run(solution)
    assert check("masked_loss", namespace["masked_loss"]).ok
    namespace = run(next(source for source in sources(7) if source.startswith("def masked_loss")))
    assert not check("masked_loss", namespace["masked_loss"]).ok
