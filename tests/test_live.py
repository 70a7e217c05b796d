"""LiveFigure, predictions, text boxes, progress and training, driven without a browser."""

import asyncio
import time
from io import BytesIO

import ipywidgets as widgets
import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure

from rnnlib.course import figures, live


def picture(shown):
    return matplotlib.image.imread(BytesIO(shown.image.value))


def line_figure():
    figure, ax = figures.new()
    line, = ax.plot([0, 1], [0, 0])

    def draw(slope):
        line.set_ydata([0, slope])
        return f"slope {slope}"

    return live.LiveFigure(figure, draw, slope=live.slider("slope", 0.0, 0.0, 1.0, 0.1)), line


# LiveFigure

def test_moving_a_slider_redraws_and_says_so():
    shown, line = line_figure()
    before = shown.image.value
    shown.sliders["slope"].value = 0.5
    assert list(line.get_ydata()) == [0, 0.5]
    assert shown.finding == "slope 0.5" and "slope 0.5" in shown._text.value
    assert shown.image.value != before
    assert picture(shown).shape[:2] == (int(shown.image.height), int(shown.image.width))


def test_what_a_saved_notebook_holds():
    bundle = line_figure()[0]._repr_mimebundle_()
    assert bundle["text/plain"] == "slope 0.0\n[slope = 0]"
    assert set(bundle) == {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"}


def test_any_figure_and_a_draw_that_says_nothing():
    figure = Figure()
    line, = figure.subplots().plot([0, 1])
    shown = live.LiveFigure(figure, lambda n: line.set_ydata([0, n]), n=widgets.IntSlider(1, 0, 9))
    shown.sliders["n"].value = 7
    assert list(line.get_ydata()) == [0, 7] and shown.sentence().endswith("[n = 7]")


def test_a_failing_draw_is_told_under_the_figure():
    def draw(n):
        if n > 2:
            raise ValueError("too far")
        return "fine"

    shown = live.LiveFigure(figures.new()[0], draw, n=live.slider("n", 1, 0, 9))
    with pytest.raises(ValueError):
        shown.sliders["n"].value = 3
    assert "failed at {&#x27;n&#x27;: 3}: ValueError: too far" in shown._text.value
    shown.sliders["n"].value = 2
    assert "fine" in shown._text.value


def test_a_sentence_is_shown_as_text():
    shown = live.LiveFigure(figures.new()[0], lambda n: "<b>bold</b>", n=live.slider("n", 1, 0, 9))
    assert "&lt;b&gt;" in shown._text.value


# Prediction

def test_a_number_is_kept_and_compared():
    guess = live.Prediction("How many?", low=1, high=100, start=40, unit="steps")
    shown = guess.reveal(64, why="Because.")
    assert shown.sentence() == "Truth: 64 steps. No prediction was committed above. Because."
    before = shown.image.value
    guess.button.click()
    assert guess.answer == 40 and guess.input.disabled and guess.button.disabled
    assert shown.sentence() == "You said 40 steps; it is 64 steps, 24 off. Because."
    assert shown.image.value != before, "the prediction is drawn beside the truth"
    assert guess.reveal(64, why="Because.").sentence() == shown.sentence()      # the cell run again


def test_a_choice_needs_an_answer_first():
    guess = live.Prediction("Which?", options=["this", "that"])
    guess.button.click()
    assert guess.answer is None and "Choose an answer first" in guess._text.value
    guess.input.value = "that"
    guess.button.click()
    assert guess.reveal("this", why="So.").sentence() == "You said that; it is this. So."
    assert guess.reveal("that", why="So.").sentence() == "Right: that. So."
    with pytest.raises(ValueError, match="truth must be one of"):
        guess.reveal("other", why="")


def test_a_truth_beyond_the_slider_is_still_on_the_axis():
    guess = live.Prediction("?", low=0, high=10)
    ax = guess.reveal(25, why="").figure.axes[0]
    assert ax.get_xlim()[0] <= 0 and ax.get_xlim()[1] >= 25


def test_a_prediction_needs_options_or_a_range():
    for wrong in ({}, {"low": 1}, {"options": ["a"], "low": 1, "high": 2}):
        with pytest.raises(ValueError, match="options, or low and high"):
            live.Prediction("?", **wrong)


# TextBox

def test_a_text_box_answers_anything():
    box = live.TextBox("say:", "hello", lambda text: text.upper())
    assert box.sentence() == "say: 'hello': HELLO"
    for text, says in (("", "Nothing is written"), ("   ", "Nothing is written"), ("x" * 501, "501 characters"),
                       ("<script>1</script>", "<SCRIPT>1</SCRIPT>"), ("ünï 漢", "ÜNÏ 漢")):
        box.input.value = text
        assert says in box.finding
        assert "<script>" not in box._text.value.lower()


def test_a_text_box_shows_a_refusal_as_a_sentence():
    def answer(text):
        raise ValueError(live.nearest(text, ["good", "bad"]))

    box = live.TextBox("say:", "goood", answer)
    assert box.finding == "'goood' is not among the words this network knows. Near it: good."
    assert "Near it" not in live.nearest("zzz", ["good"])


def test_a_refusal_leaves_no_picture_of_another_text():
    figure, ax = figures.new()
    box = live.TextBox("say:", "hello", lambda text: text, figure)
    assert box.image.layout.visibility == "visible"
    box.input.value = ""
    assert box.image.layout.visibility == "hidden"
    box.input.value = "again"
    assert box.image.layout.visibility == "visible"


# progress

def test_progress_passes_everything_on_and_counts(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    assert list(live.progress(iter("abc"), 3)) == ["a", "b", "c"]
    assert shown[0].bar.value == 3 and shown[0].bar.bar_style == "success"
    for _ in live.progress(iter("abc"), 3, "Looking"):
        break
    assert shown[1].bar.bar_style == "warning" and "stopped early" in shown[1]._text.value
    assert shown[1].sentence() == "Looking: 3 steps"


# Training

def steps(count, seen=None):
    for n in range(1, count + 1):
        if seen is not None:
            seen.append(n)
        yield n, 1 / n, 0.5


def test_a_run_shows_its_losses_and_its_end():
    panel = live.Training(lambda: steps(40), 40, after=lambda: "Score 7.")
    before = panel.image.value
    asyncio.run(panel.run())
    assert panel.said == "Done: 40 steps, loss 0.025; the weights are kept. Score 7."
    assert panel.bar.value == 40 and panel.image.value != before
    assert not panel.start_button.disabled and panel.stop_button.disabled
    assert "VBox" not in panel.sentence()


def test_stop_is_heard_while_it_runs_and_a_second_start_begins_anew():
    seen = []

    def slowly():
        for step in steps(10_000, seen):
            time.sleep(0.001)
            yield step

    async def press():
        panel = live.Training(slowly, 10_000)
        panel.start_button.click()
        task = panel.task
        panel.start_button.click()                      # while it runs: nothing
        assert panel.task is task
        while len(seen) < 5:
            await asyncio.sleep(0.01)
        assert not panel.stop_button.disabled
        panel.stop_button.click()
        await task
        assert len(seen) < 10_000
        assert panel.said.startswith(f"Stopped after {len(seen)} of 10000 steps")
        kept = len(seen)
        panel.start_button.click()
        await asyncio.sleep(0.1)
        panel.stop_button.click()
        await panel.task
        assert seen[kept] == 1

    asyncio.run(press())


def test_controls_are_handed_to_start():
    given = {}

    def start(**values):
        given.update(values)
        return steps(3)

    panel = live.Training(start, 3, cell=widgets.Dropdown(options=["RNN", "GRU"], value="GRU"),
                          rate=live.slider("rate", 0.1, 0.0, 1.0))
    asyncio.run(panel.run())
    assert given == {"cell": "GRU", "rate": 0.1}


def test_an_error_in_training_is_told_on_the_panel():
    def start():
        yield 1, 1.0, 1.0
        raise ValueError("the loss at step 2 was nan")

    panel = live.Training(start, 5)
    with pytest.raises(ValueError):
        asyncio.run(panel.run())
    assert "Training stopped with ValueError: the loss at step 2 was nan" in panel.said
    assert not panel.start_button.disabled


def test_an_earlier_run_is_shown_first():
    panel = live.Training(lambda: steps(3), 3, history=list(steps(3)))
    assert panel.said.startswith("A finished run of 3 steps") and panel.bar.value == 3


# figures

def test_scientific_never_shows_a_rounded_up_ten():
    for log10, text in ((-15.3353, "4.6×10⁻¹⁶"), (0, "1"), (-499, "1.0×10⁻⁴⁹⁹"), (np.log10(9.96e-10), "1.0×10⁻⁹"),
                        (87.8696, "7.4×10⁸⁷"), (np.log10(4190), "4190"), (-2.5, "0.00316")):
        assert figures.scientific(log10) == text


def test_the_palette_can_be_told_apart_from_white():
    def luminance(color):
        channels = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return np.dot([0.2126, 0.7152, 0.0722], linear)

    for color, least in ((figures.INPUT, 3), (figures.STATE, 3), (figures.OUTPUT, 3), (figures.GRADIENT, 3), (figures.GREY, 4.5),
                         (figures.BLACK, 4.5)):
        assert 1.05 / (luminance(color) + 0.05) >= least, color
