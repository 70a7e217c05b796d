"""Lesson 07: what its figures draw at every setting of their sliders, its text box, its stream, and its exercise's solution."""

import re

import numpy as np
import pytest
from lessons import moved, run, settings, solutions, sources, sweep, titles

import rnnlib
from rnnlib.course import evidence, figures
from rnnlib.course.exercises import check
from rnnlib.course.explorers import lesson07_many_to_many as many_to_many
from rnnlib.course.explorers import lesson07_streaming as streaming
from rnnlib.course.toydata import motion, moving_dot
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
    assert "All 7 answers" in picture.sentence and "5 steps of padding" in picture.sentence


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
    strip, bars, board = figure.figure.axes
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
        (now,) = (line for line in board.lines if line.get_markersize() == 17)
        assert (now.get_ydata()[0], now.get_xdata()[0]) == divmod(places[t - 1], 6)
        arrows = [line for line in board.lines if line.get_marker() not in ("None", "o")]
        widths = [line.get_linewidth() for line in arrows]
        assert len(arrows) == 4 and np.argsort(widths).tolist() == np.argsort(p).tolist()
        for arrow, (down, right) in zip(arrows, many_to_many.WAYS):         # each leads to where the dot is
            (x_0, x_1), (y_0, y_1) = arrow.get_data()
            assert np.sign(x_1 - x_0) == right and np.sign(y_1 - y_0) == down
        assert titles(figure)[0].startswith(f"Frame {t} and {len(shown) - 1 or 'no'} frame")
        assert all(f"{label} {share:.2f}" in figure.finding for label, share in zip(TAGS, p))


def test_second_layer_says_only_what_holds():
    runs = {"RNN": (np.array([0.8, 0.82, 0.83]), np.array([0.85, 0.9])), "GRU": (np.array([0.9, 0.94]), np.array([0.92, 0.93]))}
    picture = many_to_many.second_layer(runs, 0.5, 0.88, 0.95)
    said = "RNN 0.820 to 0.875"
    assert said in titles(picture)[0] and said in picture.sentence and "GRU 0.920 to 0.925" in picture.sentence
    markers = [line.get_ydata() for line in picture.figure.axes[0].lines if line.get_marker() in ("o", "^")]
    for drawn, scores in zip(markers, [scores for pair in runs.values() for scores in pair], strict=True):
        np.testing.assert_allclose(drawn, scores)


def test_calibration_draws_every_word_of_every_run():
    knows, says = np.array([0.5, 0.7, 0.8]), np.array([[0.55, 0.6, 0.8], [0.52, 0.9, 0.71]])
    picture = many_to_many.calibration(knows, says)
    drawn = [line.get_xydata() for line in picture.figure.axes[0].lines if line.get_marker() != "None"]
    for points, run_says in zip(drawn, says, strict=True):
        np.testing.assert_allclose(points, np.column_stack([knows, run_says]))
    assert "within 0.070" in titles(picture)[0] and "3 uncertain words of the test, 2 runs" in picture.sentence


def test_stacked_has_two_rows_of_states_and_a_way_back():
    picture = many_to_many.stacked(3)
    (ax,) = picture.figure.axes
    labels = [artist.get_label() for artist in ax.get_children()]
    assert {"$x_{3}$", "$h_{1}^1$", "$h_{3}^2$", "$y_{2}$"} <= set(labels)
    back = [line for line in ax.lines if line.get_color() == figures.GRADIENT]
    assert len(back) == 3 * 3 + 2 * 2       # down from y, to the first layer and to x, and back along both rows


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
            assert ("has been named." if len(named) else "has not been named yet.") in figure.finding


def test_the_stream_plays_in_the_time_of_its_sensor(sensor):
    figure = streaming.sensor_stream(*sensor, TAGS[:3], rate=25)
    assert (list(figure.sliders)[figure.image.play], figure.image.pace) == ("t", 25)


def test_holding_draws_each_outcome():
    rng = np.random.default_rng(7)
    delays = {n: np.where(rng.random(40) < 0.1, np.nan, rng.integers(n, n + 9, 40)) for n in range(1, 9)}
    ideal = {n: rng.integers(n, n + 3, 40).astype(float) for n in range(1, 9)}
    figure = streaming.holding(lambda n: (delays[n], 12.0 / n), lambda n: (ideal[n], 6.0 / n), 25, 8)
    left, right = figure.figure.axes
    for values in sweep(figure, seed=4, count=8):
        n = values["hold"]
        for line, found in zip(left.lines, (delays, ideal)):
            seconds, share = line.get_data()
            for at, noticed in zip(seconds, share):
                assert noticed == pytest.approx(np.sum(found[n] <= round(at * 25)) / 40)
        half, best = np.nanmedian(delays[n]) / 25, np.median(ideal[n]) / 25
        assert [line.get_data() for line in right.lines[2:]] == [([half], [12.0 / n]), ([best], [6.0 / n])]
        assert f"within {half:.2f} s, {np.isnan(delays[n]).sum()} of 40 never; {12 / n:.1f} false" in figure.finding
        assert f"{half:.2f} s" in titles(figure)[0]
        assert f"held as long: {best:.2f} s and {6 / n:.1f}." in figure.finding


# --- the stream's measures -------------------------------------------------------------------------------------------

def test_a_blind_cycle_cannot_win():
    _, truth, _ = motion.stream(1500, 4, np.random.default_rng(1))
    cycle = np.repeat(np.arange(1500)[:, None] % motion.K, 4, axis=1)
    looking = np.roll(truth, 4, axis=0)                 # right, four samples late
    late = [np.concatenate([motion.delays(*pair) for pair in zip(truth.T, shown.T)]) for shown in (looking, cycle)]
    assert np.median(late[0]) == 4 and np.median(late[1]) > 20


def test_delays_and_false_changes_by_hand():
    labels = np.array([0, 0, 1, 1, 1, 1, 2, 2])
    shown = np.array([0, 0, 0, 1, 0, 1, 1, 1])
    assert motion.delays(labels, shown).tolist() == [3, 2]              # right to stay after 3; never: the whole stay
    assert motion.false_changes(labels[:, None], shown[:, None]) == pytest.approx(1 / (8 / 25 / 60))
    assert motion.held(shown[:, None], 2)[:, 0].tolist() == [0, 0, 0, 0, 0, 0, 1, 1]


def test_delays_are_those_that_the_exercise_checks():
    assert check("delays", motion.delays).ok


def test_the_folded_solutions_pass_their_checks():
    made = {}
    for solution in solutions(7):
        made |= run(solution)
    for name in ("delays", "two_layers_backward", "masked_loss"):
        assert check(name, made[name]).ok
        stub = run(next(source for source in sources(7) if source.startswith(f"def {name}(")))
        assert not check(name, stub[name]).ok


# --- the texts -------------------------------------------------------------------------------------------------------

def test_no_word_stands_where_a_rename_put_it():
    for text in sources(7):
        assert not re.search(r"\bfutures?\b|\bspelled\b", text), text


def test_what_the_prose_says_of_the_rivals_holds_in_the_stored_runs():
    def scores(task, kind, times=1):
        return [run["score"] for run in evidence.stored("rivals", task=task.TASK.name)
                if (run["kind"], run["steps"]) == (kind, times * task.STEPS)]

    assert all(abs(np.median(scores(pos, kind)) - pos.ceiling()) < 0.003 for kind in ("window", "RNN", "LSTM", "GRU"))
    for times in (1, 4):
        assert abs(np.median(scores(pos, "window, small", times)) - np.median(scores(pos, "RNN", times))) < 0.002
    assert np.quantile(scores(motion, "GRU") + scores(motion, "LSTM"), 0.1) > np.quantile(scores(motion, "window"), 0.9)
    assert np.median(scores(motion, "RNN")) < np.median(scores(motion, "window"))
    assert sum(score < 0.8 for score in scores(motion, "RNN")) == 1, "one has hardly learned"
    assert all(np.median(scores(motion, "LSTM")) < np.median(scores(motion, kind, 4)) < np.median(scores(motion, "GRU")) + 0.005
               for kind in ("window", "RNN"))
    assert [sum(score < 0.6 for score in scores(moving_dot, "RNN", times)) for times in (1, 4)] == [2, 3]
    assert all(min(scores(moving_dot, kind, times)) > moving_dot.TARGET for kind in ("window", "LSTM", "GRU") for times in (1, 4))
    assert abs(np.median(scores(moving_dot, "window")) - np.median(scores(moving_dot, "GRU"))) < 0.003
    middle, ninth = ({kind: np.median([run[gap] for run in evidence.stored("odds", kind=kind)]) for kind in ("window", "GRU")}
                     for gap in ("median_gap", "ninth_gap"))
    assert middle["window"] < 1.3 * middle["GRU"] and ninth["window"] > 1.3 * ninth["GRU"]
