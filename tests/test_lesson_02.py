"""The figures of lesson 02: what is drawn and said equals the numeric core at every setting of the sliders."""

import math
import re

import numpy as np
import pytest
from lessons import sweep

import rnnlib
from rnnlib.course import drawings, evidence, explorers, figures

LETTERS, WORD, WORDS = "delnoru", "unrolled", ["red", "loud", "older", "unrolled"]
LENGTHS = [3, 4, 5, 8]
H = 6
pytestmark = pytest.mark.usefixtures("strict", "quick")


def one_hot(word):
    return np.eye(7)[[LETTERS.index(letter) for letter in word]]


def cell(hidden=H, seed=0):
    return rnnlib.RNNCell(7, hidden, np.random.default_rng(seed))


def states(word, T=None):
    """h_0 .. h_T of one word, zeros behind its end, one number at a time."""
    c, steps = cell(), len(word) if T is None else T
    h = [[0.0] * H]
    for t in range(steps):
        x = one_hot(word[t])[0] if t < len(word) else np.zeros(7)
        z = [sum(c.W_x[i] * x) + sum(c.W_h[i, j] * h[-1][j] for j in range(H)) + c.b[i] for i in range(H)]
        h.append([math.tanh(z_i) for z_i in z])
    return np.array(h)


def read(T):
    return rnnlib.forward(cell(), one_hot(WORD)[:T, None])[0][:, 0]


def read_padded(T):
    x = np.zeros((T, len(WORDS), 7))
    for b, word in enumerate(WORDS):
        x[:len(word), b] = one_hot(word)
    return rnnlib.forward(cell(), x)[0]


def spread(states):
    return np.linalg.norm(states[:, None] - states, axis=-1).max()


Q = np.linalg.qr(np.random.default_rng(1).normal(size=(16, 16)))[0]


def travel(gain, scale):
    """Norms of the change in h_1 .. h_60 and the root mean square slope of tanh, with x_1 = u or e and a fixed text after it."""
    c = cell(16, seed=2)
    c.W_h = gain * Q
    text = one_hot("u" + "".join(np.random.default_rng(3).choice(list(LETTERS), 59)))
    other = text.copy()
    other[0] = one_hot("e")
    h = rnnlib.forward(c, scale * np.stack([text, other], axis=1))[0][1:]
    return np.linalg.norm(h[:, 0] - h[:, 1], axis=-1), np.sqrt(((1 - h ** 2) ** 2).mean())


def outlines(ax, label):
    """The texts on an axes that were drawn as outlines and read so."""
    return [patch for patch in ax.patches if patch.get_label() == label]


# one network, two pictures

def test_loop_and_unrolled_draws_the_states_it_says():
    live = explorers.loop_and_unrolled(read, WORD, 84)
    fold, flat, now, diary = live.figure.axes[:4]
    for values in sweep(live, seed=0, count=25):
        T, t = values["T"], min(values["t"], values["T"])
        expected = states(WORD)
        drawn = diary.images[0].get_array()
        assert drawn.shape == (H, T + 1)
        np.testing.assert_allclose(drawn[:, :t + 1], expected[:t + 1].T, atol=1e-12)
        assert not np.ma.getmaskarray(drawn)[:, :t + 1].any() and np.ma.getmaskarray(drawn)[:, t + 1:].all()
        assert diary.images[0].get_extent() == [-0.5, T + 0.5, H + 0.5, 0.5]
        np.testing.assert_allclose(now.images[0].get_array()[:, 0], expected[t], atol=1e-12)
        assert live.finding.startswith(f"h_{t} = ({', '.join(f'{value:+.2f}' for value in expected[t])})")
        title = flat.get_title(loc="left")
        assert title.startswith(f"Step {t} of {T}:") and "84 weights" in title
        for k in range(1, len(WORD) + 1):
            for label in (f"$x_{k}$", f"$h_{{{k}}}$", f"$y_{{{k}}}$"):
                name, = outlines(flat, label)
                assert name.get_visible() == (k <= T), (label, values)
                assert name.get_alpha() == (1.0 if k <= t else 0.15), (label, values)
        for label in ("$W_x, b$", "$W_h$", "$W_y$"):        # named once; the bracket says that they are the same at all steps
            assert len(outlines(flat, label)) == len(outlines(fold, label)) == 1
        bracket, = outlines(flat, "the same $W_h$, $W_x$, $b$, $W_y$ at every step")
        assert bracket.get_visible()
        under = next(line for line in flat.lines if list(line.get_xdata()) == [0.6, 0.6, T + 0.4, T + 0.4])
        assert under.get_visible(), "from the first step to the last"
        assert live.sliders["t"].max == max(T, 1), "no step beyond the last one"


def test_the_letters_stand_in_the_boxes_of_the_inputs():
    flat = explorers.loop_and_unrolled(read, WORD, 84).figure.axes[1]
    placed = {k: outlines(flat, f"$x_{k}$")[0].get_transform().transform((0, 0))[0] for k in range(1, 9)}
    for letter in set(WORD):
        found = [patch.get_transform().transform((0, 0))[0] for patch in outlines(flat, letter)]
        assert len(found) == WORD.count(letter)
        for left in found:
            k = min(placed, key=lambda k: abs(placed[k] - left))
            assert WORD[k - 1] == letter


def test_the_title_counts_how_often_the_weights_were_used():
    live = explorers.loop_and_unrolled(read, WORD, 84)
    for t, said in ((1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (8, "8th")):
        live.sliders["t"].value = t
        assert f"for the {said} time" in live.figure.axes[1].get_title(loc="left")


# padding

def test_padded_batch_draws_the_states_and_their_distance():
    live = explorers.padded_batch(read_padded, WORDS, spread)
    batch, apart = live.figure.axes[:2]
    own = max(np.linalg.norm(states(a)[-1] - states(b)[-1]) for a in WORDS for b in WORDS)
    assert own > 0.5
    for values in sweep(live, seed=1, count=8):
        T, rows = values["T"], H + 2
        expected = [states(word, T) for word in WORDS]
        drawn = batch.images[0].get_array()
        assert drawn.shape == (len(WORDS) * rows, T + 1)
        for b, h in enumerate(expected):
            assert np.ma.getmaskarray(drawn)[b * rows:b * rows + 2].all()
            np.testing.assert_allclose(drawn[b * rows + 2:(b + 1) * rows], h.T, atol=1e-12)
        pale = batch.images[1].get_array()
        assert pale.shape == (len(WORDS) * rows, 41) and batch.images[1].get_alpha() < 0.5
        np.testing.assert_allclose(pale[:, :T + 1], drawn, atol=1e-12)
        distance = [max(np.linalg.norm(a[t] - b[t]) for a in expected for b in expected) for t in range(8, T + 1)]
        line, end = apart.lines[:2]
        np.testing.assert_array_equal(line.get_xdata(), np.arange(8, T + 1))
        np.testing.assert_allclose(line.get_ydata(), np.log10(distance), atol=1e-6)
        np.testing.assert_allclose(end.get_ydata(), np.log10(distance[-1]), atol=1e-6)
        said = figures.scientific(np.log10(distance[-1]))
        assert f"{said} apart" in live.finding and f"{own:.3g}" in live.finding
        assert f"'red' is {T - 3} steps past its end" in live.finding
        assert batch.get_title(loc="left") == f"Read at T = {T}: at most {said} apart; at their own ends: {own:.3g}"


def test_padded_batch_marks_padding_ends_and_where_it_is_read():
    live = explorers.padded_batch(read_padded, WORDS, spread)
    batch = live.figure.axes[0]
    for T in (8, 21, 40):
        live.sliders["T"].value = T
        dots, ends, here = batch.lines
        np.testing.assert_array_equal(sorted(dots.get_xdata()), sorted(t for n in LENGTHS for t in range(n + 1, T + 1)))
        for frames, columns in ((ends, LENGTHS), (here, [T] * len(WORDS))):
            x = frames.get_xdata().reshape(len(WORDS), -1)
            np.testing.assert_array_equal(np.nanmean([np.nanmin(x, axis=1), np.nanmax(x, axis=1)], axis=0), columns)
    assert [len(outlines(batch, letter)) for letter in LETTERS] == ["".join(WORDS).count(letter) for letter in LETTERS]


def test_loss_over_padding_names_both_losses():
    T, masked, unmasked = np.array([8, 9, 10]), np.array([0.5, 0.5, 0.5]), np.array([0.6, 0.7, 0.8])
    for without in (unmasked, 0.2 * unmasked):
        picture = explorers.loss_over_padding(T, masked, without)
        ax = picture.figure.axes[0]
        np.testing.assert_array_equal([line.get_ydata() for line in ax.lines], [without, masked])
        assert f"from {without[0]:.3f} to {without[-1]:.3f} without the mask" in picture.sentence
        assert "from 0.500 to 0.500 with it" in picture.sentence
        heights = {text.get_text(): text.xyann[1] for text in ax.texts}
        assert (heights["without the mask"] > heights["with the mask"]) == (without[-1] > 0.5)


def test_three_lengths_draws_every_state():
    runs = [read(T) for T in (1, 3, 8)]
    picture = explorers.three_lengths(runs, 84)
    for ax, h in zip(picture.figure.axes, runs):
        np.testing.assert_array_equal(ax.images[0].get_array(), h.T)
        assert ax.get_title(loc="right") == f"T = {len(h) - 1}: {h.size} numbers in h"
        assert f"{h.size} for T = {len(h) - 1}" in picture.sentence
    assert "84 weights" in picture.sentence


# how far a change travels

def test_travelling_change_draws_what_arrives():
    live = explorers.travelling_change(travel, ceiling=8.0, t=60)
    curve, strip = live.figure.axes
    fates = set()
    for values in sweep(live, seed=4, count=40):
        t = values["t"]
        change, slope = travel(values["gain"], values["scale"])
        log = np.log10(np.maximum(change, 1e-15))
        power, later, line, point = curve.lines[:4]
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, t + 1))
        np.testing.assert_allclose(line.get_ydata(), log[:t])
        np.testing.assert_allclose(later.get_ydata(), log[t - 1:])
        np.testing.assert_allclose(point.get_data(), ([t], log[t - 1:t]))
        np.testing.assert_allclose(power.get_ydata(), log[0] + np.arange(60) * np.log10(values["gain"]))
        left = change / change[0]
        shade = np.where(change > 1e-15, np.clip(1 + np.log10(np.maximum(left, 1e-30)) / 6, 0, 1), 0)
        shade[t:] = 0
        np.testing.assert_allclose(strip.images[0].get_array()[0], shade, atol=1e-12)
        said = "less than 10⁻¹⁵" if change[t - 1] <= 1e-15 else figures.scientific(log[t - 1])
        assert f"change in h_{t} is {said}" in live.finding
        assert f"slope is {slope:.2f}; that predicts about {values['gain'] * slope:.2f} per step." in live.finding
        title = curve.get_title(loc="left")
        assert title.startswith(f"At step {t}, ")
        fate = ("just reached the state" if t == 1 else
                "no trace" if change[t - 1] <= 1e-15 else "less than a millionth" if left[t - 1] < 1e-6 else
                "as large as at step 1" if abs(np.log10(left[t - 1])) < 0.02 else
                "of the change is left" if left[t - 1] < 1 else "times as large")
        assert fate in title, (title, left[t - 1])
        fates.add(fate)
    assert len(fates) >= 4, "the sweep should meet most of what can happen"


def test_nothing_rises_above_the_ceiling():
    live = explorers.travelling_change(travel, ceiling=8.0, t=60)
    curve = live.figure.axes[0]
    for gain in (0.1, 1.5, 4.0):
        live.sliders["gain"].value = gain
        drawn = np.concatenate([line.get_ydata() for line in curve.lines[1:4]])
        assert curve.get_ylim()[0] < drawn.min() and drawn.max() <= np.log10(8.0) < curve.get_ylim()[1]


def travel_runs(*names, **only):
    return [np.array([np.nan if run[name] is None else run[name] for run in evidence.stored("travel", **only)], dtype=float)
            for name in names]


def test_factors_per_step_draws_every_cell():
    gain, rms, mean, growth = travel_runs("gain", "rms_slope", "mean_slope", "growth", input_scale=1.0)
    picture = explorers.factors_per_step(gain, rms, mean, growth)
    ax = picture.figure.axes[0]
    clouds = {line.get_marker(): np.array(line.get_data()) for line in ax.lines if len(line.get_xdata()) == len(gain)}
    np.testing.assert_array_equal(clouds["o"], [gain * rms, growth])
    np.testing.assert_array_equal(clouds["x"], [gain * mean, growth])
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    assert left < (gain * mean).min() and (gain * rms).max() < right and low < growth.min() and growth.max() < high
    off, within = abs(gain * rms / growth - 1), float(re.search(r"at most (\d+) %", picture.sentence)[1]) / 100
    near = [off[gain == g] for g in (0.5, 0.9, 1.0, 1.1, 1.2, 1.4)]
    assert min((cells <= within).mean() for cells in near) >= 0.9 > min((cells <= within - 0.01).mean() for cells in near)


def test_memory_window_counts_the_cells_that_remember():
    gain, left, ratio = travel_runs("gain", "left", "thousandth", input_scale=1.0)
    picture = explorers.memory_window(gain, left, ratio > 10, floor=-2)
    ax = picture.figure.axes[0]
    shown = [line for line in ax.lines if line.get_linestyle() == "None"]
    assert sum(len(line.get_xdata()) for line in shown) == len(gain)
    assert sum(len(line.get_xdata()) for line in shown if line.get_marker() == "o") == (ratio > 10).sum()
    percent = {g: round(100 * np.mean([(a > -2) and (r > 10) for a, r in zip(left[gain == g], ratio[gain == g])]))
               for g in sorted(set(gain))}
    assert picture.sentence.endswith(", ".join(f"{g:g}: {share} %" for g, share in percent.items()) + ".")
    assert [text.get_text() for text in ax.texts] == [f"{share} %" for share in percent.values()]
    title = ax.get_title(loc="left")
    for g, share in percent.items():
        assert (f"{g:g}" in re.findall(r"[\d.]+", title)) == (share > max(percent.values()) - 5), title


def test_the_stored_cells_say_what_the_lesson_says():
    for gain, low, high in ((0.5, 0.98, 1.02), (0.9, 0.98, 1.02), (1.4, 0.95, 1.05), (2.0, 0.95, 1.08), (3.0, 1.05, 1.2),
                            (4.0, 1.1, 1.25)):
        rms, mean, growth = travel_runs("rms_slope", "mean_slope", "growth", gain=gain, input_scale=1.0)
        assert low < np.median(gain * rms) / np.median(growth) < high, gain
        assert gain < 1.4 or 0.85 < np.median(gain * mean) < 0.95, gain
    left, = travel_runs("left", gain=1.5, input_scale=20.0)
    assert len(left) == 100 and np.isnan(left).all(), "strong inputs: no trace of the change in any cell"
    billionth, = travel_runs("billionth", gain=4.0, input_scale=1.0)
    assert 0.9 < np.median(billionth) < 1.1, "chaos: a change a billion times smaller becomes as large"


# all of them

def test_every_axis_has_a_name():
    for live, named in ((explorers.loop_and_unrolled(read, WORD, 84), {"step t", "unit of h"}),
                        (explorers.padded_batch(read_padded, WORDS, spread),
                         {"step t (dots: padding; curve: from 8, where the longest word ends)", "largest distance"}),
                        (explorers.travelling_change(travel, ceiling=8.0),
                         {"step t (strip: up to the dot; faint: a millionth or less)", "share\nleft", "change in h"})):
        names = {ax.get_xlabel() for ax in live.figure.axes} | {ax.get_ylabel() for ax in live.figure.axes}
        assert named <= names


# the diagram itself

def test_unrolled_lights_hides_and_fades(pixels):
    figure, ax = figures.new()
    network = drawings.Unrolled(ax, 3, gradient=True)
    network.light(1)
    network.length(2)
    network.gradient_left([0.0, 0.5, 2.0])
    for t, artists in enumerate(network.steps):
        assert {artist.get_alpha() for artist in artists} == {1.0 if t <= 1 else network.PALE}
        assert {artist.get_visible() for artist in artists} == {t <= 2}
    np.testing.assert_allclose([arrow.get_alpha() for arrow in network.back], [0.08, 0.54, 1.0])
    assert [arrow.get_visible() for arrow in network.back] == [True, True, False]
    assert figures.png(figure)


def test_unrolled_arrows_run_from_input_up_and_from_state_to_state():
    figure, ax = figures.new()
    network = drawings.Unrolled(ax, 2, gradient=True)
    ends = [(line.get_color(), np.array(line.get_data())) for line in ax.lines if len(line.get_xdata()) == 2]
    for color, step in ((figures.INPUT, (0, 1)), (figures.STATE, (1, 0)), (figures.OUTPUT, (0, 1)),
                        (figures.GRADIENT, (-1, 0))):
        runs = [end[:, 1] - end[:, 0] for name, end in ends if name == color]
        assert len(runs) == 2
        for run in runs:
            np.testing.assert_array_equal(np.sign(np.round(run, 9)), step)
    texts = [re.sub(r"[${}]", "", patch.get_label()) for patch in ax.patches if "$" in patch.get_label()]
    assert sorted(texts) == ["h_0", "h_1", "h_2", "x_1", "x_2", "y_1", "y_2"]
    assert network.T == 2
