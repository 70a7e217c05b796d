"""The figures and the text box of lesson 08: what is drawn and said equals the numeric core at every setting."""

import re

import numpy as np
import pytest
from lessons import holds_its_texts, run, size_of, solutions, sweep, titles
from matplotlib.patches import PathPatch

import rnnlib
from rnnlib.course import explorers
from rnnlib.course.explorers import lesson08_encoder_decoder as encoder_decoder
from rnnlib.course.toydata import morse, run_summaries
from rnnlib.course.toydata import number_words as numbers

pytestmark = pytest.mark.usefixtures("strict", "quick")
EARLY, GRU, EAR = numbers.load_early(), numbers.load_model("GRU"), morse.load_model("GRU")
NAMES = ["end", *"0123456789"]


def text(rows):
    return "".join(NAMES[row] for row in rows if row > 0)


def token_row(token):
    return NAMES.index(numbers.SYMBOLS[token])


def considered(model, n, forced):
    """Probabilities of every step by `forward` over all that is read at once: another route than the lesson's loop."""
    words, digits, _ = numbers.encode([n])
    if not forced:
        digits = model.predict(words, max_length=8)
    read = np.concatenate([np.full_like(digits[:1], numbers.START), digits[:-1]])
    g, _ = rnnlib.forward(model.writer.cell, model.writer.vectors(read), model.context(words))
    p = np.delete(rnnlib.softmax(model.writer.readout.forward(g[1:, 0])), numbers.START, axis=1)
    return p, p.argmax(axis=1)


def truth_of(n):
    return np.array([token_row(token) for token in numbers.encode([n])[1][:, 0]])


def shown(image):
    return np.asarray(image.get_array())


# --- the wiring, the scores, the map, the bottleneck -----------------------------------------------------------------

def test_the_words_go_in_the_context_passes_the_digits_come_out():
    states, words, written = np.random.default_rng(0).uniform(-1, 1, (9, 5)), "a b c d".split(), ["3", "0", "7", "end"]
    figure = explorers.handing_over(words, written, states)
    image = figure.figure.axes[1].images[0]
    for step in range(9):
        figure.sliders["step"].value = step
        np.testing.assert_array_equal(shown(image)[:, :step + 1], states[:step + 1].T)
        assert np.isnan(np.ma.filled(image.get_array(), np.nan)[:, step + 1:]).all()
        bright = {label for patch in figure.figure.axes[0].findobj(PathPatch) if patch.get_alpha() == 1
                  for label in [patch.get_label()] if label.startswith("$")}
        assert bright == {"$h_0$", *(f"$h_{{{t}}}$" for t in range(1, min(step, 4) + 1)),
                          *(f"$g_{{{t}}}$" for t in range(1, step - 3))}
        done = written[:max(0, step - 4)]
        assert titles(figure)[0] == f"Read {min(step, 4)} of 4 words; written: {' '.join(done) if done else 'nothing yet'}"
        assert f"Step {step}:" in figure.finding
        if step > 4:
            read = ["start", *written][step - 5]
            assert f"reads “{read}”" in figure.finding and f"writes “{written[step - 5]}”" in figure.finding
    figure.sliders["step"].value = 4
    assert "h_4, the context" in figure.finding and "5 numbers" in figure.finding


def test_every_run_is_a_marker_beside_the_rule():
    rng = np.random.default_rng(0)
    runs = {"RNN": rng.uniform(size=(3, 3)), "GRU": rng.uniform(size=(3, 3))}
    sizes, rule = np.array([50, 30, 20]), np.array([1, 0.5, 0])
    picture = explorers.exact_by_zeros(sizes, rule, runs)
    lines = picture.figure.axes[0].lines
    assert [line.get_ydata()[0] for line in lines[:3]] == rule.tolist()
    for line, shares in zip(lines[3:], runs.values()):
        np.testing.assert_array_equal(line.get_ydata(), shares.ravel())
    assert f"the GRU {(runs['GRU'].mean(axis=0)[1:] * [30, 20]).sum() / 50:.2f}" in picture.sentence
    assert "the rule gets 0.30" in picture.sentence


def test_the_map_shows_every_number_in_the_colour_of_its_digit():
    rng, n = np.random.default_rng(0), np.arange(400)
    digits = {"tens": n // 10 % 10, "units": n % 10}
    maps = {cell: {axes: rng.normal(size=(400, 2)) for axes in ("all numbers", "tens")} for cell in ("RNN", "GRU")}
    figure = explorers.context_map(maps, digits, lambda points, digit: float(points[0, 0] ** 2 % 1), colour="tens")
    ax = figure.figure.axes[0]
    for values in sweep(figure, count=8):
        points, digit = maps[values["network"]][values["axes"]], digits[values["colour"]]
        for i in range(10):
            np.testing.assert_array_equal(np.column_stack(ax.lines[i].get_data()), points[digit == i])
        share = points[0, 0] ** 2 % 1
        assert titles(figure)[0] == f"The {values['colour']} digit explains {share:.0%} of the spread in this plane"
        assert f"{share:.2f} of the spread" in figure.finding
        halo = next(line for line in ax.lines if line.get_markersize() == 21)
        assert halo.get_visible() == ax.lines[11].get_visible() == (share >= 0.1)
        assert ("densest" in ax.get_xlabel()) == halo.get_visible()
        for (x, y), line in zip(np.column_stack(halo.get_data()), ax.lines[11:21]):
            assert (line.get_xdata()[0], line.get_ydata()[0]) == (x, y)
        low, high = np.array(ax.get_xlim()), np.array(ax.get_ylim())
        assert (points >= [low[0], high[0]]).all() and (points <= [low[1], high[1]]).all()


def test_the_number_on_the_map_stands_in_the_crowd():
    points = np.concatenate([np.full((50, 2), 3.0), np.random.default_rng(0).uniform(-4, 4, (40, 2))])
    assert np.abs(np.array(encoder_decoder._crowd(points)) - 3).max() < 0.6


def test_the_bottleneck_draws_whole_strings_and_single_places():
    rng, lengths = np.random.default_rng(0), np.arange(3, 15)
    right = {H: [rng.random((n + 1, 60)) < 0.5 + H / 140 for n in lengths] for H in (8, 16, 32, 64)}
    figure = explorers.through_one_vector(right, lengths, 8)
    left, places = figure.figure.axes
    for values in sweep(figure, count=8):
        H, n = values["H"], values["n"]
        flags = right[H][n - 3]
        for size, line in zip(right, left.lines):
            np.testing.assert_allclose(line.get_ydata(), [some.all(axis=0).mean() for some in right[size]])
            assert (line.get_alpha() == 1) == (size == H)
        exact = flags.all(axis=0).mean()
        assert left.lines[4].get_xdata()[0] == n and left.lines[4].get_ydata()[0] == exact
        np.testing.assert_allclose(places.lines[0].get_ydata()[1::3], flags[:n].mean(axis=1))
        assert titles(figure)[0] == f"H = {H}: {exact:.0%} of strings of {n} digits are right"
        assert f"{exact:.3f} of the strings of {n} digits" in figure.finding
        assert ("The training ended at 8" in figure.finding) == (n > 8)


def test_kept_or_looked_up_draws_both_readers():
    last, everything = np.linspace(0.9, 0.3, 8), np.full(8, 0.99)
    picture = explorers.kept_or_looked_up(last, everything)
    lines = picture.figure.axes[0].lines
    np.testing.assert_array_equal(lines[0].get_ydata(), everything)
    np.testing.assert_array_equal(lines[1].get_ydata(), last)
    assert "0.99 of the digits" in picture.sentence and f"{last.mean():.2f} from the last" in picture.sentence


# --- writing ---------------------------------------------------------------------------------------------------------

def test_forced_and_free_show_what_the_decoder_considers():
    figure = explorers.forced_and_free(lambda n, forced: (truth_of(n), *considered(EARLY, n, forced)), text, NAMES)
    for values in sweep(figure, count=20):
        n, told = values["n"], []
        for i, (ax, forced) in enumerate(zip(figure.figure.axes, (True, False))):
            p, chosen = considered(EARLY, n, forced)
            heat = shown(ax.images[0])
            T = min(len(p), heat.shape[1])
            np.testing.assert_allclose(heat[:, :T], p[:T].T, atol=1e-12)
            assert not heat[:, T:].any()
            squares, dots = ax.lines[:2]
            np.testing.assert_array_equal(squares.get_ydata(), truth_of(n))
            np.testing.assert_array_equal(dots.get_ydata(), chosen[:T])
            both = min(len(chosen), len(truth_of(n)))
            told.append((truth_of(n)[:both] == chosen[:both]).sum())
            assert titles(figure)[i] == f"{('Forced', 'Free')[i]}: {told[-1]} of {len(truth_of(n))} tokens right"
        exact = numbers.exact(EARLY, [n])[0]
        assert ("Every token is right" in figure.finding) == exact == (told[0] == len(truth_of(n)))
        # up to the first mistake the two are one
        (p_forced, chosen), (p_free, _) = considered(EARLY, n, True), considered(EARLY, n, False)
        same = np.flatnonzero(chosen != truth_of(n))
        same = same[0] + 1 if len(same) else len(chosen)
        np.testing.assert_allclose(p_forced[:same], p_free[:same], atol=1e-12)


def found(n, width):
    context = EARLY.context(numbers.encode([n])[0])
    beam = rnnlib.beam_search(EARLY.writer.step, context, numbers.START, numbers.END, 6, width)
    return [(log_p, np.maximum(tokens - 1, 0)) for log_p, tokens in beam]


def test_beams_draws_the_sequences_with_their_true_probabilities():
    figure = explorers.beams(found, NAMES, [9510, 1148, 307], text)
    paths, shares = figure.figure.axes
    for values in sweep(figure, count=6):
        n, width = values["number"], values["width"]
        kept = [line for line in shares.lines if len(line.get_xdata())]
        assert len(kept) == len(found(n, width)) <= width
        lines = [paths.lines[7], *paths.lines[:7]]
        for i, (bar, (_, rows)) in enumerate(zip(kept, found(n, width))):
            tokens = np.array([[row + 1] for row in rows] + [[numbers.END]])
            loss, _ = EARLY.loss_and_gradients((numbers.encode([n])[0], tokens))
            assert bar.get_xdata()[1] == pytest.approx(np.exp(-loss * len(tokens)), rel=1e-9)
            np.testing.assert_array_equal(lines[i].get_ydata(), [*rows, 0][:6])
        best = found(n, width)[0]
        assert titles(figure)[0].startswith(f"Width {width} writes {text(best[1])} with p = {np.exp(best[0]):.2f}, greedy")
        assert titles(figure)[0].endswith(f"true is {n}")
        assert f"finds {text(best[1])} (p = {np.exp(best[0]):.3f})" in figure.finding
        same = list(best[1]) == list(found(n, 1)[0][1])
        assert ("the same sequence as greedy" in figure.finding) == same
        assert shares.get_xlim()[1] >= np.exp(best[0])
    figure.sliders["number"].value, figure.sliders["width"].value = 9510, 4
    assert "finds 9510" in figure.finding and "likelier than greedy's 9500" in figure.finding


def box():
    def write(words):
        tokens, token, p = numbers.tokens_of(words), numbers.START, []
        state = GRU.context(tokens)
        while token != numbers.END and len(p) < 8:
            scores, state = GRU.writer.step(np.array([token]), state)
            token = scores[0].argmax()
            p.append(np.delete(rnnlib.softmax(scores[0]), numbers.START))
        return np.array(p), np.argmax(p, axis=1)

    return explorers.number_box(write, numbers.WORDS, numbers.value_of, NAMES, text)


def test_the_box_answers_to_numbers_in_words():
    typed = box()
    for written, digits in (("three hundred and seven", 307), ("Forty-Two!", 42), ("  NINE thousand, and two. ", 9002),
                            ("zero", 0)):
        typed.input.value = written
        assert typed.finding.startswith(f"It writes {digits}, which is right."), typed.finding
        assert f"{GRU_least(written):.2f}" in typed.finding
    typed.input.value = "nine hundred and ninety nine"
    assert typed.figure.axes[0].get_title(loc="left") == "It writes 999"
    p, chosen = considered(GRU, 999, False)
    np.testing.assert_allclose(shown(typed.figure.axes[0].images[0])[:, :len(p)], p.T, atol=1e-12)


def GRU_least(written):
    n = numbers.value_of(re.sub(r"[-,.!]", " ", written.lower()).split())
    return considered(GRU, n, False)[0].max(axis=1).min()


@pytest.mark.parametrize("written, said", [
    ("", "Nothing is written"), ("   ", "Nothing is written"), ("...", "There is no word"), ("307", "holds digits"),
    ("three hundred and 7", "holds digits"), ("three hunderd", "hundred"), ("<script>alert(1)</script>", "holds digits"),
    ("<b>seven</b>", "not among the words"), ("sieben", "seven"), ("drei und zwei", "not among the words"),
    ("$x^2$", "holds digits"),
    ("${\\frac", "not among the words"), ("seven " * 12, "That is 12 words"), ("seven " * 200, "characters long"),
    ("x" * 490, "not among the words"), ("twelve thousand", ": 12000 would be right. It has only been"),
    ("and and and", "no number in good order"),
    ("seven hundred three", "no number in good order"), ("one million", "not among the words"), ("\u0664\u0662", "holds digits"),
    ("minus seven", "not among the words")])
def test_the_box_explains_what_it_cannot_read(written, said):
    typed = box()
    typed.input.value = "x"                         # so that setting an equal text fires too
    typed.input.value = written
    assert said in typed.finding and len(typed.finding) < 260, typed.finding
    assert "<script>" not in typed._html()["text/html"] and "<b>" not in typed._html()["text/html"]
    assert (not typed.image.refused) == ("It writes" in typed.finding)


def listen(message, noise):
    key = np.repeat(morse.units(message), 1 + (np.arange(len(morse.units(message))) % 3 == 0))
    x = key + noise * np.random.default_rng(4).normal(size=len(key))
    written = EAR.predict(x[:, None, None], max_length=3)[:, 0]
    read = np.concatenate([[morse.START], written[:-1]])[:, None]
    g, _ = rnnlib.forward(EAR.writer.cell, EAR.writer.vectors(read), EAR.context(x[:, None, None]))
    p = np.delete(rnnlib.softmax(EAR.writer.readout.forward(g[1:, 0])), morse.START, axis=1)
    truth = np.array([1 + morse.LETTERS.index(letter) for letter in message] + [0])
    return key, x, truth, p, p.argmax(axis=1)


def test_tones_draws_the_key_what_is_heard_and_the_letters():
    figure = explorers.tones(listen, ["end", *morse.LETTERS], ["me", "us", "e"], morse.NOISE)
    ear, spelled = figure.figure.axes
    for values in sweep(figure, count=12):
        key, x, truth, p, chosen = listen(values["message"], values["noise"])
        np.testing.assert_array_equal(ear.lines[0].get_ydata(), [0, *key, 0])
        np.testing.assert_allclose(ear.lines[1].get_ydata(), np.clip(x, -1.45, 2.45))
        np.testing.assert_allclose(shown(spelled.images[0])[:, :len(p)], p.T, atol=1e-12)
        np.testing.assert_array_equal(spelled.lines[0].get_ydata(), truth)
        heard = "".join(morse.LETTERS[row - 1] for row in chosen if row)
        verdict = "right" if heard == values["message"] else "wrong"
        assert titles(figure)[0] == f"“{values['message']}” is heard as “{heard}”: {verdict}"
        assert f"{len(key)} frames" in figure.finding and f"noise {values['noise']:.2f}" in figure.finding
        assert f"{((x > 0.5) != (key > 0.5)).sum()} of them on the wrong side" in figure.finding


# --- what the lesson says of the runs that ship -------------------------------------------------------------------------

def test_two_of_the_three_vanilla_maps_have_an_upper_and_a_lower_row():
    n = np.arange(10000)
    ends_in_a_pair, apart = (n // 10 % 10 >= 2) & (n % 10 > 0), []
    words, _, lengths = numbers.encode(n)
    for seed in range(3):
        vectors = numbers.load_model("RNN", seed).context(words, lengths)
        vectors = vectors - vectors.mean(axis=0)
        plane = np.column_stack([vectors @ np.linalg.svd(vectors, full_matrices=False)[2][:2].T, np.ones(len(n))])
        side = plane @ np.linalg.lstsq(plane, 2.0 * ends_in_a_pair - 1, rcond=None)[0] > 0
        apart.append((side == ends_in_a_pair).mean())
    assert apart[0] > 0.97 and apart[2] > 0.97
    assert apart[1] < 0.75              # 0.72 of the numbers end in a pair: no line is better than saying so of all or none


def test_a_beam_of_two_finds_five_of_the_six_numbers_of_the_menu():
    for n in (9510, 1148, 4222, 696, 8984):
        assert text(found(n, 1)[0][1]) != str(n) == text(found(n, 2)[0][1])
    (greedy, first), (wider, second) = found(307, 1)[0], found(307, 2)[0]
    assert wider > greedy and "307" not in (text(first), text(second))


# --- pictures and exercises ------------------------------------------------------------------------------------------

def test_the_box_keeps_its_size_and_holds_its_texts(pixels):
    typed = box()
    size = size_of(typed)
    typed.input.value = "nine thousand nine hundred and ninety nine"
    assert size_of(typed) == size
    holds_its_texts(typed)


def test_solution_of_the_run_summaries_reaches_the_target(capsys):
    made = run(next(code for code in solutions(8) if "run_summaries" in code), run_summaries=run_summaries)
    assert run_summaries.score(made["teller"]) >= run_summaries.target()
    assert "the target is" in capsys.readouterr().out
