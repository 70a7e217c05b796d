"""The figures of lesson 11, and what its sentences say: drawn and told as the numeric core and the stored runs have it."""

import re
import time

import numpy as np
import pytest
from lessons import run, sources, sweep, titles
from matplotlib.colors import to_hex

import rnnlib
from rnnlib.course import evidence, explorers
from rnnlib.course.figures import GRADIENT
from rnnlib.course.toydata import dates

pytestmark = pytest.mark.usefixtures("strict", "quick")
TRAINED = dates.load_model()
ORDERS, SOME = list(dates.ORDERS), ["1984-03-03", "2021-05-21"]


def cells_with(*words):
    """The code of the lesson's cells that hold one of these words, in order, as one text."""
    return "\n".join(code for code in sources(11, "code") if any(word in code for word in words))


def softly(q, keys, values):
    """One query at a time, with the softmax written out: another route than the lesson's."""
    weights = []
    for query in q:
        e = [np.exp(sum(query * key)) for key in keys]
        weights.append(np.array(e) / sum(e))
    return np.array([sum(w * value for w, value in zip(row, values)) for row in weights]), np.array(weights)


def coloured(ax, color=GRADIENT):
    return [line for line in ax.lines if to_hex(line.get_color()).upper() == color and len(line.get_xdata()) == 2]


# --- the figures -----------------------------------------------------------------------------------------------------

def test_one_panel_looks_back_and_the_other_does_not():
    weights = np.random.default_rng(0).dirichlet(np.ones(4), size=3)
    picture = explorers.one_vector_or_all("a b c d".split(), list("123"), weights)
    left, right = picture.figure.axes
    assert not coloured(left) and len(coloured(right)) == 12
    np.testing.assert_allclose([line.get_linewidth() for line in coloured(right)], 0.4 + 9 * weights.ravel())
    names = {patch.get_label() for patch in left.findobj() if patch.get_label()}
    assert {"$h_{4}$", "$g_{3}$", "a", "3"} <= names
    assert "h_4" in picture.sentence and "each of the 4 states" in picture.sentence


def test_the_mean_lies_where_the_weights_say_and_never_outside():
    keys = np.array([[1.0, 1.0], [1.0, -1.0], [0.0, 1.0]])
    figure = explorers.one_query(softly, keys)
    plane, bars = figure.figure.axes
    for values in sweep(figure, count=8):
        angle, length = np.radians(values["angle"]), values["length"]
        c, a = softly(length * np.array([[np.cos(angle), np.sin(angle)]]), keys, keys)
        diamond = next(line for line in plane.lines if line.get_marker() == "D")
        np.testing.assert_allclose(np.ravel(diamond.get_data()), c[0], atol=1e-12)
        np.testing.assert_allclose([line.get_xdata()[1] for line in coloured(bars)], a[0], atol=1e-12)
        inside = np.linalg.solve(np.vstack([keys.T, np.ones(3)]), [*c[0], 1])       # its shares of the corners
        assert (inside > -1e-12).all()
        assert ("Every key gets the same" == titles(figure)[1]) == (np.ptp(a) < 0.005)
        assert f"c = ({c[0, 0] + 0:.2f}" in figure.finding.replace("-0.00", "0.00")


def test_every_run_is_a_dot_in_the_panel_of_its_length():
    rng, settings = np.random.default_rng(0), [("GRU", 16), ("RNN", 8)]
    runs = [{"cell": cell, "H": H, "attention": way, **{f"n{n}": rng.uniform() for n in (8, 9, 10)}}
            for cell, H in settings for way in (False, True) for _ in range(5)]
    picture = explorers.size_and_length(runs, settings)
    for n, ax in zip((8, 9, 10), picture.figure.axes):
        for line, i in zip(ax.lines, range(0, 20, 5)):
            np.testing.assert_array_equal(line.get_ydata(), sorted(run[f"n{n}"] for run in runs[i:i + 5]))
            assert line.get_xdata().mean() == pytest.approx(i // 10 + (0.2 if i // 5 % 2 else -0.2), abs=0.05)
    without, having = (np.median([run["n9"] for run in runs[i:i + 5]]) for i in (0, 5))
    assert f"9 digits, GRU with H = 16: {without:.2f} without, {having:.2f} with" in picture.sentence


def look(date, order):
    words, characters, _ = dates.encode([date], [order])
    names = [dates.SYMBOLS[token] for token in characters[:, 0]]
    return dates.say(date, order).split(), names, TRAINED.weights(words, characters)[:, 0]


def shows(axes, keys, queries, weights, step):
    """The map of `_Looks` holds these weights and nothing else, and its lines are as thick as those of the step."""
    left, right = axes
    map_ = np.asarray(right.images[0].get_array())
    np.testing.assert_array_equal(map_[:len(keys), :len(queries)], weights.T)
    assert not map_[len(keys):].any() and not map_[:, len(queries):].any()
    seen = [line for line in coloured(left) if line.get_visible()]
    np.testing.assert_allclose([line.get_linewidth() for line in seen], 0.5 + 10 * weights[step - 1])
    assert [text.get_text() for text in left.texts[:len(keys)]] == keys
    assert not any(text.get_text() for text in left.texts[len(keys):-1]) and left.texts[-1].get_text() == queries[step - 1]
    assert [text.get_text() for text in right.texts][:len(queries)] == queries
    frame = right.lines[0].get_xdata()
    assert (min(frame), max(frame)) == (step - 0.5, step + 0.5)


def test_the_map_of_a_date_is_the_models_and_moves_with_the_words():
    figure = explorers.where_it_looks(look, ORDERS, SOME)
    for values in sweep(figure, count=6):
        words, written, weights = look(values["date"], values["order"])
        shows(figure.figure.axes, words, written, weights, values["step"])
        row = weights[values["step"] - 1]
        assert titles(figure)[1] == f"{row.max():.0%} of the weight on “{words[row.argmax()]}”"
        assert f"writes “{written[values['step'] - 1]}”" in figure.finding and f"“{' '.join(words)}”" in figure.finding


def test_whose_answer_has_a_dot_for_each_run():
    rng = np.random.default_rng(0)
    tasks = {name: [{"own": rng.uniform(), "other": rng.uniform()} for _ in range(6)] for name in ("dates", "Morse")}
    picture = explorers.whose_answer(tasks)
    lines = iter(picture.figure.axes[0].lines)
    for runs in tasks.values():
        for which in ("own", "other"):
            np.testing.assert_array_equal(next(lines).get_ydata(), sorted(run[which] for run in runs))
    assert f"Morse: {np.median([run['own'] for run in tasks['Morse']]):.2f} and" in picture.sentence


def test_the_curves_of_the_gradient_stand_where_it_is():
    def norms(S):
        return {(cell, way): (2e-3 if way else 10.0 ** -np.arange(S)[::-1]) * np.ones(S) * (i + 1)
                for i, cell in enumerate(("RNN", "LSTM", "GRU")) for way in (True, False)}

    figure = explorers.gradient_lifelines(norms)
    ax = figure.figure.axes[0]
    curves = [line for line in ax.lines if len(line.get_xdata()) > 2]
    for values in sweep(figure, count=4):
        S = values["S"]
        for line, setting in zip(curves, [(cell, way) for way in (True, False) for cell in ("RNN", "LSTM", "GRU")]):
            np.testing.assert_array_equal(line.get_xdata(), np.arange(S))
            np.testing.assert_allclose(line.get_ydata(), np.log10(norms(S)[setting][::-1]))
        assert f"At word 1 of {S} the norm is 0.002 to 0.006 with attention" == titles(figure)[0]
        assert figure.finding.startswith(f"At the first of {S} words")


def test_the_map_of_self_attention_is_the_one_given():
    rng = np.random.default_rng(0)
    read = {way: (list("4159"), list(f"{i}159"), list("9514"), rng.dirichlet(np.ones(4), size=4)) for i, way in enumerate("ab")}
    figure = explorers.self_attention_map(read)
    for values in sweep(figure, count=6):
        symbols, written, true, weights = read[values["way"]]
        shows(figure.figure.axes, [f"{s}  at place {i}" for i, s in enumerate(symbols, 1)], written, weights, values["step"])
        right = sum(a == b for a, b in zip(written, true))
        assert titles(figure)[1] == f"{right} of 4 digits right" and f"In all {right} of 4" in figure.finding


def test_reversed_strings_have_a_dot_for_each_run_beside_what_was_computed():
    readers = {"a,\nb": [0.3, 0.1, 0.2], "c": [1.0, 0.9]}
    picture = explorers.reversed_by(readers, {"a,\nb": 0.25})
    lines = picture.figure.axes[0].lines
    assert [list(line.get_ydata()) for line in lines] == [[0.1, 0.2, 0.3], [0.25, 0.25], [0.9, 1.0]]
    assert "a, b: 0.20; c: 0.95" in picture.sentence


# --- what the lesson computes ----------------------------------------------------------------------------------------

def test_the_table_by_hand_is_right():
    (table,) = (text for text in sources(11, "markdown") if "7.39 / 11.11" in text)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.split("\n") if re.match(r"\| [123] ", line)]
    keys = np.array([eval(row[1]) for row in rows])
    scores = keys @ [1, 1]
    c, a = softly(np.array([[1, 1]]), keys, keys)
    assert [int(row[2]) for row in rows] == scores.tolist()
    np.testing.assert_allclose([float(row[3]) for row in rows], np.exp(scores), atol=0.005)
    np.testing.assert_allclose([float(row[4].split("=")[1]) for row in rows], a[0], atol=0.0006)
    np.testing.assert_allclose([eval(row[5]) for row in rows], a[0][:, None] * keys, atol=0.0006)
    np.testing.assert_allclose(eval(re.search(r"\$c\$ = (\(.*?\))", table)[1]), c[0], atol=0.0006)


def test_looking_back_by_hand_is_the_softmax_written_out():
    space = run(cells_with("def look_back"), rnnlib=rnnlib)
    rng = np.random.default_rng(0)
    q, keys, values = rng.normal(size=(3, 4)), rng.normal(size=(5, 4)), rng.normal(size=(5, 2))
    for ours, theirs in zip(space["look_back"](q, keys, values), softly(q, keys, values)):
        np.testing.assert_allclose(ours, theirs, atol=1e-14)


@pytest.mark.parametrize("cell", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("attention", [True, False])
def test_the_norms_of_the_lesson_are_those_of_central_differences(cell, attention):
    space = run(cells_with("def encoder_norms"), rnnlib=rnnlib)
    S, H = 4, 3
    norms = space["encoder_norms"](cell, attention, S, H=H, B=1)
    rng = np.random.default_rng(0)                  # the same network, words and target, drawn in the same order
    pair = space["CELLS"][cell](8, H, rng), space["CELLS"][cell](12, H, rng)
    model = rnnlib.EncoderDecoder(*pair, rnnlib.Readout(2 * H if attention else H, 12, rng), rnnlib.Embedding(10, 8, rng),
                                  attention=rnnlib.Attention(H, rng) if attention else None)
    words, target = rng.integers(10, size=(S, 1)), rng.integers(2, 12, size=(1, 1))
    vectors = model.embedding.forward(words)
    states, _ = rnnlib.forward(model.encoder, vectors)
    h_part = model.encoder.hidden

    def loss(s, i, change):
        """The loss when number i of h_s is another one."""
        start = states[s].copy()
        h_part(start)[0, i] += change
        later = rnnlib.forward(model.encoder, vectors[s:], start)[0] if s < S else start[None]
        h = np.concatenate([h_part(states)[1:s], h_part(later)])
        return model.writer.loss_and_gradients(target, later[-1], (h, None))[0]

    for s in range(1, S + 1):
        slope = [(loss(s, i, 1e-5) - loss(s, i, -1e-5)) / 2e-5 for i in range(H)]
        assert norms[s - 1] == pytest.approx(np.linalg.norm(slope), rel=1e-6)


def test_the_machine_is_measured_only_where_that_makes_sense():
    rng = np.random.default_rng(0)
    space = run(cells_with("def seconds"), rnnlib=rnnlib, time=time, rng=rng, D=32, layer=rnnlib.SelfAttention(32, 32, rng),
                cell=rnnlib.RNNCell(32, 32, rng))
    said = space["measure"]("200")
    assert re.fullmatch(r"200 steps: attention [\d.]+ ms, [\d.]+ times .*; RNN [\d.]+ ms, [\d.]+ times .*\.", said)
    for typed in ("many", "99", "3001", "-200", "1e3"):
        with pytest.raises(ValueError, match="whole number from 100 to 3000"):
            space["measure"](typed)


# --- what the lesson says of the stored runs -------------------------------------------------------------------------

def median(name, column, **only):
    rows = evidence.stored(name, **only)
    assert len(rows) >= 20
    return np.median([row[column] for row in rows])


def digits(column, cell, H, attention, steps=1000):
    return median("lesson11_digits", column, cell=cell, H=H, attention=attention, steps=steps)


def test_the_wall_of_size_falls_and_the_wall_of_length_stays():
    for cell, H in (("GRU", 16), ("GRU", 32), ("GRU", 64), ("RNN", 16)):
        assert digits("n8", cell, H, True) > 0.95 > digits("n8", cell, H, False)
        assert digits("n9", cell, H, True) < 0.2 and digits("n10", cell, H, True) < 0.02
    assert digits("n9", "GRU", 64, True) < 0.01 and 0.25 < digits("n9", "GRU", 64, False) < 0.42


def test_dates_and_digits_are_looked_up_and_morse_is_not():
    assert median("lesson11_dates", "exact", cell="GRU", H=32, attention=True, steps=1000) >= dates.TARGET
    assert median("lesson11_dates", "own", cell="GRU", H=32, attention=True, steps=1000) > 0.95
    assert digits("own", "GRU", 16, True) > 0.95
    rows = evidence.stored("lesson11_morse", attention=True)
    assert len(rows) >= 20 and max(row["own"] for row in rows) < min(row["other"] for row in rows) + 0.05


def test_what_is_left_of_the_gradient_is_thin_and_not_vanishing():
    thin = [S * median("lesson11_gradients", "first", cell="GRU", attention=True, S=S) for S in (10, 50, 100, 200, 400)]
    assert np.ptp(thin) < 0.05 * np.mean(thin)
    assert median("lesson11_gradients", "first", cell="GRU", attention=False, S=400) < 1e-60


def test_reversal_is_as_good_as_what_each_reader_can_know():
    found = {name: median("lesson11_reversal", "right", reader=name, steps=500)
             for name in ("positions", "no positions", "causal", "both directions")}
    strings = np.random.default_rng(1).integers(10, size=(5000, 8))
    best = np.mean([max(np.bincount(np.delete(string, 0))) / 7 for string in strings])      # place 1 knows the other seven
    assert found["positions"] > 0.99 and found["both directions"] < 0.5
    assert found["no positions"] == pytest.approx(best, abs=0.02) and found["causal"] == pytest.approx(0.55, abs=0.02)
