"""LiveFigure, predictions, text boxes, progress and training, driven without a browser."""

import asyncio
import base64
import functools
import json
import re
import signal
import time
from io import BytesIO
from pathlib import Path

import ipywidgets as widgets
import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure

from rnnlib.course import figures, live
from rnnlib.course.ahead import MOST
from rnnlib.course.page import changed

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("[0-9]*.ipynb"))


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
    assert shown.finding == shown.image.sentence == "slope 0.5"
    assert shown.image.value != before
    assert picture(shown).shape[:2] == (shown.image.height, shown.image.width)


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
    assert "failed at {'n': 3}: ValueError: too far" in shown.image.sentence
    shown.sliders["n"].value = 2
    assert shown.image.sentence == "fine"


def test_a_menu_takes_what_a_dropdown_takes():
    menu = live.menu("cell", [("vanilla", "RNN"), ("gated", "GRU")], "GRU")
    assert menu.value == "GRU" and menu.description == "cell" and menu.layout.width == live.slider("", 1, 0, 2).layout.width
    assert live.menu("cell", ["a", "b"]).value == "a"


# Prediction

def test_a_number_is_kept_and_compared():
    guess = live.Prediction("How many?", low=1, high=100, start=40, unit="steps")
    shown = guess.reveal(64, why="Because.")
    assert shown.sentence() == "Truth: 64 steps. No prediction was committed above. Because."
    assert shown.markup().startswith("<details>"), "the answer does not stand beside the question"
    guess.button.click()
    assert guess.answer == 40 and guess.input.disabled and guess.button.disabled
    assert shown.sentence() == "You said 40 steps; it is 64 steps, 24 off. Because."
    assert not shown.markup().startswith("<details>") and shown.markup() in shown._text.value
    assert "your prediction: 40 steps" in shown.markup() and "truth: 64 steps" in shown.markup()
    (left, width), = re.findall(r"margin-left: ([\d.]+)%; width: ([\d.]+)%", shown.markup())
    assert float(left) == pytest.approx(100 * 39 / 99, abs=0.1) and float(width) == pytest.approx(100 * 24 / 99, abs=0.1)
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
    guess.commit()
    shown = guess.reveal(25, why="").markup()
    (left, width), = re.findall(r"margin-left: ([\d.]+)%; width: ([\d.]+)%", shown)
    assert (float(left), float(width)) == (20.0, 80.0) and "on a scale from 0 to 25" in shown


def test_a_reveal_is_said_once_and_shows_text_as_text():
    guess = live.Prediction("Which?", options=["<b>this</b>", "that"])
    guess.input.value = "that"
    guess.commit()
    shown = guess.reveal("<b>this</b>", why="<i>So</i>.")
    assert set(shown.bundle()) == {"text/plain", "text/html"}
    markup = shown.markup()
    assert "<b>" not in markup and "<i>" not in markup and "<script" not in markup
    silent, said = markup.split("</div><p role")
    assert silent.startswith('<div aria-hidden="true"') and "your prediction \N{RIGHTWARDS ARROW}</span>" in silent
    assert said.count("You said that; it is") == 1


def test_a_prediction_needs_options_or_a_range():
    for wrong in ({}, {"low": 1}, {"options": ["a"], "low": 1, "high": 2}):
        with pytest.raises(ValueError, match="options, or low and high"):
            live.Prediction("?", **wrong)


def guessed_numbers(path):
    """[(name, where the slider stands at first, the truth, the slider's width)] of a lesson, from its cells and outputs."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    asked, found = {}, []
    for cell in (cell for cell in cells if cell["cell_type"] == "code"):
        source = "".join(cell["source"])
        for name, arguments in re.findall(r"^(\w+) = live\.Prediction\((.*?)\)$", source, re.MULTILINE | re.DOTALL):
            numbers = dict(re.findall(r"\b(low|high|start)=(-?[\d.]+)", arguments))
            if "low" in numbers:
                low, high = float(numbers["low"]), float(numbers["high"])
                asked[name] = float(numbers.get("start", (low + high) / 2)), high - low
        for name in re.findall(r"(\w+)\.reveal\(", source):
            said = "".join("".join(output.get("data", {}).get("text/plain", "")) for output in cell["outputs"])
            if name in asked:
                found.append((name, asked[name][0], float(re.search(r"Truth: (-?[\d.e+-]*\d)", said)[1]), asked[name][1]))
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_slider_of_a_prediction_starts_on_the_truth(path):
    for name, start, truth, width in guessed_numbers(path):
        assert abs(start - truth) >= 0.05 * width, f"{name} starts at {start:g}, and the truth is {truth:g}"


def test_most_predictions_of_a_number_are_found():
    assert sum(len(guessed_numbers(path)) for path in NOTEBOOKS) >= 10


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
    assert not box.image.refused and box.image.sentence == "hello"
    box.input.value = ""
    assert box.image.refused and box.image.sentence == box.finding
    box.input.value = "again"
    assert not box.image.refused and box.image.sentence == "again"


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


def test_two_runs_never_train_one_model():
    seen = []

    def slowly(name):
        for step in steps(10_000):
            seen.append(name)
            time.sleep(0.001)
            yield step

    async def press():
        first, second = (live.Training(functools.partial(slowly, name), 10_000) for name in ("first", "second"))
        first.start_button.click()
        while len(seen) < 5:
            await asyncio.sleep(0.01)
        second.start_button.click()
        await first.task
        await asyncio.sleep(0.1)
        switched = seen.index("second")
        assert "first" not in seen[switched:], "the first run went on"
        assert first.said.startswith(f"Stopped after {switched} of 10000")
        second.close()          # its cell has been run again
        await second.task
        assert len(seen) < 10_000 and live.Training.under_way is None

    asyncio.run(press())


def test_interrupting_the_kernel_stops_a_run():
    def slowly():
        for step in steps(10_000):
            time.sleep(0.001)
            yield step

    async def interrupt():
        panel = live.Training(slowly, 10_000)
        panel.start_button.click()
        while len(panel.history) < 5:
            await asyncio.sleep(0.01)
        signal.raise_signal(signal.SIGINT)
        await panel.task
        assert panel.said.startswith("Stopped after")

    before = signal.getsignal(signal.SIGINT)
    asyncio.run(interrupt())
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_that_is_stopped_at_once_says_so():
    panel = live.Training(lambda: steps(40), 40)

    async def press():
        panel.start_button.click()
        panel.stop_button.click()
        await asyncio.sleep(0)      # the run begins
        panel.stop()
        await panel.task

    asyncio.run(press())
    assert panel.said == "Stopped after 0 of 40 steps."


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


# pictures ahead

class Browser:
    """What a page would do: say hello, keep what comes, take note of it."""

    def __init__(self, shown):
        self.shown, self.kept, self.came = shown, {}, []
        shown.image.send = self.hear
        self.say(hello=True)

    def say(self, **content):
        self.shown.image._handle_custom_msg(content, [])

    def hear(self, content, buffers=None):
        self.came.append(content)
        if content.get("forget"):
            self.kept.clear()
        elif content["place"]:
            self.kept[content["place"]] = content["sentence"], buffers[0]


def counting_figure(weights, low=0, high=40, drawn=None):
    """A figure that tells n and a weight that others may change; and which n were drawn."""
    figure, ax = figures.new(size=(3, 2))
    drawn = [] if drawn is None else drawn

    def draw(n):
        drawn.append(n)
        ax.set_title(f"{n} {weights['w']}")
        return f"n {n}, w {weights['w']}"

    return live.LiveFigure(figure, draw, n=live.slider("n", 20, low, high)), drawn


def test_a_touch_draws_ahead_and_a_move_finds_its_picture_there():
    async def touch():
        shown, drawn = counting_figure({"w": 1})
        page = Browser(shown)
        assert set(page.kept) == {(20,)}, "nothing is drawn ahead before somebody touches it"
        page.say(reach=0)
        while not shown._task.done():
            page.say(got=1)
            await asyncio.sleep(0.001)
        assert set(page.kept) == {(n,) for n in range(41)}
        assert drawn[1:5] == [21, 19, 22, 18]
        before = len(drawn)
        shown.sliders["n"].value = 33
        assert len(drawn) == before, "the page has it"
        assert shown.finding == "n 33, w 1" and page.kept[33,][0] == shown.finding
        assert page.kept[33,][1] == shown.image.value       # drawn here when somebody asks for it here
        assert shown.figure.axes[0].get_title(loc="left") == "33 1"

    asyncio.run(touch())


def test_each_picture_is_the_one_of_its_place():
    async def touch():
        shown, _ = counting_figure({"w": 1}, high=25, low=15)
        page = Browser(shown)
        page.say(reach=0)
        while not shown._task.done():
            page.say(got=1)
            await asyncio.sleep(0.001)
        alone, _ = counting_figure({"w": 1}, high=25, low=15)
        for (n,), (sentence, png) in page.kept.items():
            alone.sliders["n"].value = n
            assert (alone.finding, alone.image.value) == (sentence, png)

    asyncio.run(touch())


def test_what_was_drawn_is_dropped_when_something_has_run():
    async def touch():
        weights = {"w": 1}
        shown, _ = counting_figure(weights)
        page = Browser(shown)
        page.say(reach=0)
        await asyncio.sleep(0.05)
        weights["w"] = 2
        changed()
        assert page.kept == {}
        shown.sliders["n"].value = 21
        assert shown.finding == "n 21, w 2" and page.kept[21,][0] == "n 21, w 2"
        shown.sliders["n"].value = 20
        assert shown.finding == page.kept[20,][0] == "n 20, w 2", "the place where it stood at first"
        await asyncio.sleep(0.05)
        assert all("w 2" in sentence for sentence, _ in page.kept.values())

    asyncio.run(touch())


def test_a_shown_step_of_training_drops_what_was_drawn():
    async def train():
        weights = {"w": 1}
        shown, _ = counting_figure(weights)
        page = Browser(shown)
        await live.Training(lambda: steps(3), 3).run()
        assert page.kept == {} and page.came[-1] == {"forget": True}

    asyncio.run(train())


def test_nothing_is_drawn_when_nobody_touches_it_and_not_without_end():
    async def touch():
        shown, drawn = counting_figure({"w": 1}, high=5000)
        page = Browser(shown)
        await asyncio.sleep(0.1)
        assert len(drawn) == 1
        page.say(reach=0)
        while not shown._task.done():
            page.say(got=1)
            await asyncio.sleep(0)
        assert len(drawn) == 1 + MOST
        page.say(got=1)
        await asyncio.sleep(0.05)
        assert len(drawn) == 1 + MOST
        shown.sliders["n"].value += 1
        await asyncio.sleep(0.05)
        assert len(drawn) > 1 + MOST
        page.say(leave=True)
        await asyncio.sleep(0.05)
        before = len(drawn)
        await asyncio.sleep(0.1)
        assert len(drawn) == before, "the hand has left"

    asyncio.run(touch())


def test_no_more_pictures_are_under_way_than_a_slow_line_can_take():
    async def touch():
        shown, drawn = counting_figure({"w": 1}, high=5000)
        page = Browser(shown)
        page.say(reach=0)
        await shown._task
        assert len(page.kept) == live.WINDOW
        page.say(got=4)
        await shown._task
        assert len(page.kept) == live.WINDOW + 4

    asyncio.run(touch())


def test_what_the_page_has_dropped_is_drawn_again():
    async def touch():
        shown, drawn = counting_figure({"w": 1})
        page = Browser(shown)
        shown.sliders["n"].value = 21
        page.say(dropped=[[20]])
        page.kept.clear()
        shown.sliders["n"].value = 20
        assert (20,) in page.kept

    asyncio.run(touch())


def test_a_setting_that_cannot_be_drawn_is_told_only_to_who_goes_there():
    async def touch():
        def draw(n):
            if n == 21:
                raise ValueError("not this one")
            return f"n {n}"

        shown = live.LiveFigure(figures.new(size=(3, 2))[0], draw, n=live.slider("n", 20, 0, 40))
        page = Browser(shown)
        page.say(reach=0)
        while not shown._task.done():
            page.say(got=1)
            await asyncio.sleep(0.001)
        assert len(page.kept) == 40 and shown.finding == "n 20"
        with pytest.raises(ValueError):
            shown.sliders["n"].value = 21
        assert "not this one" in page.came[-1]["sentence"]

    asyncio.run(touch())


def test_menus_and_check_boxes_are_drawn_along_and_texts_are_not():
    async def touch():
        shown = live.LiveFigure(figures.new(size=(3, 2))[0], lambda **values: str(values),
                                cell=live.menu("cell", ["RNN", "LSTM", "GRU"], "LSTM"), well=widgets.Checkbox(value=False),
                                word=widgets.Text(value="a"), f=live.slider("f", 0.3, 0.0, 1.0, 0.1))
        page = Browser(shown)
        for i in range(4):
            page.say(reach=i)
            while not shown._task.done():
                page.say(got=1)
                await asyncio.sleep(0.001)
        assert {place[0] for place in page.kept} == {0, 1, 2} and {place[1] for place in page.kept} == {False, True}
        assert {place[2] for place in page.kept} == {"a"} and len({place[3] for place in page.kept}) == 11
        assert page.kept[0, False, "a", 0.3][0] == str({"cell": "RNN", "well": False, "word": "a", "f": 0.3})

    asyncio.run(touch())


def test_a_page_with_fine_pixels_gets_twice_as_many():
    shown, _ = counting_figure({"w": 1})
    size = picture(shown).shape[:2]
    page = Browser(shown)
    page.say(ratio=2)
    assert picture(shown).shape[:2] == (2 * size[0], 2 * size[1])
    shown.sliders["n"].value = 3
    assert picture(shown).shape[:2] == (2 * size[0], 2 * size[1]) and (3,) in page.kept


def test_a_dark_page_gets_dark_pictures_and_stores_light_ones():
    shown, _ = counting_figure({"w": 1})
    page, light = Browser(shown), shown.image.value
    page.say(dark=True)
    assert picture(shown)[0, 0, :3].max() < 0.1
    assert shown.bundle()["image/png"] == base64.b64encode(light).decode()
    shown.sliders["n"].value = 3
    assert picture(shown)[0, 0, :3].max() < 0.1
    page.say(dark=False)
    shown.sliders["n"].value = 20
    assert shown.image.value == light


def test_play_goes_along_one_of_the_controls():
    def draw(**values):
        return "fine"

    sliders = {"w": live.slider("w", 0.5, 0.0, 1.0, 0.1), "t": live.slider("step t", 1, 1, 60)}
    shown = live.LiveFigure(figures.new()[0], draw, play="t", **sliders)
    assert (shown.image.play, shown.image.pace) == (1, 6.0)
    assert live.LiveFigure(figures.new()[0], draw, play="w", pace=20, **sliders).image.pace == 20
    assert live.LiveFigure(figures.new()[0], draw, **sliders).image.play == -1
    with pytest.raises(ValueError, match="play must name a slider"):
        live.LiveFigure(figures.new()[0], draw, play="T", **sliders)


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
