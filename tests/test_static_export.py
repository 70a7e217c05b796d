"""Slider figures as pictures for a page without a kernel: what the page gets is what the notebook draws."""

import html
import io
import json
import re

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image

from rnnlib.course import figures, static_export
from rnnlib.course import live as live_module
from rnnlib.course.live import LiveFigure, slider


def line(**controls):
    """A figure whose line, title and sentence tell the values of its controls."""
    figure, ax = figures.new(size=(4, 2))
    drawn, = ax.plot([], [])
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)

    def draw(**values):
        numbers = [value if isinstance(value, (int, float)) else len(value) for value in values.values()]
        drawn.set_data([0, 1], [0, sum(numbers) / 100])
        ax.set_title(" ".join(f"{name} {value}" for name, value in values.items()))
        return f"It says {values}."

    return LiveFigure(figure, draw, **controls)


def three():
    return line(a=slider("first a", 7, 0, 30), b=slider("second b", 0.25, 0.0, 1.0, 0.05), c=slider("third c", 1, 1, 40))


@pytest.fixture(scope="module")
def exported_three(tmp_path_factory):
    live = three()
    return live, *exported(live, tmp_path_factory.mktemp("pictures"))


def exported(live, folder):
    """(what the HTML says of the controls, {place: (picture, sentence)}, sizes of the two files)."""
    markup = static_export.export(live, folder)
    name, first = (re.search(f'data-{key}="([^"]*)"', markup)[1] for key in ("name", "first"))
    controls = json.loads(html.unescape(re.search('data-controls="([^"]*)"', markup)[1]))
    start, rest = ((folder / f"{name}-{part}.bin").read_bytes() for part in ("start", "rest"))
    length = int.from_bytes(start[:4], "little")
    listed, found, data = json.loads(start[4:4 + length]), {}, start[4 + length:] + rest
    at, behind_start = 0, 4 + length
    for i, (*place, size, sentence) in enumerate(listed):
        found[tuple(place)] = Image.open(io.BytesIO(data[at:at + size])).convert("RGB"), sentence
        at += size
        behind_start += size if i < int(first) else 0
    assert at == len(data) and behind_start == len(start)
    return controls, found, (len(start), len(rest)), markup


def groups_of(markup):
    return json.loads(html.unescape(re.search('data-groups="([^"]*)"', markup)[1]))


def test_every_picture_is_the_one_a_notebook_draws_there(exported_three):
    live, controls, found, _, markup = exported_three
    assert len(found) == 12 * 12 + 11       # two together, the third alone
    for place, (picture, sentence) in list(found.items())[::13]:
        for control, shown, k in zip(live.sliders.values(), controls, place):
            control.value = type(control.value)(shown["texts"][k])
        assert sentence == live.finding
        drawn = np.asarray(live.figure.canvas.buffer_rgba())[:, :, :3].astype(float)
        assert picture.size == live.figure.canvas.get_width_height()
        assert np.abs(np.asarray(picture) - drawn).max() <= 4       # of 255: what 32 shades cost
    for control, value in zip(live.sliders.values(), (7, 0.25, 1)):
        control.value = value
    assert html.escape(live.finding) in markup


def test_the_grid_holds_both_ends_and_where_the_sliders_stand(exported_three):
    live, controls, found, _, _ = exported_three
    assert [c["texts"][c["at"]] for c in controls] == ["7", "0.25", "1"]
    assert [(c["texts"][0], c["texts"][-1]) for c in controls] == [("0", "30"), ("0.00", "1.00"), ("1", "40")]
    assert groups_of(exported_three[-1]) == [[0, 1]]
    assert [len(c["texts"]) for c in controls] == [12, 12, 12] and all(c["coarse"] for c in controls)
    stands = tuple(c["at"] for c in controls)
    assert next(iter(found)) == stands
    assert all(place[2] == stands[2] or place[:2] == stands[:2] for place in found)
    assert live.values() == {"a": 7, "b": 0.25, "c": 1}
    assert live.figure.axes[0].get_title(loc="left") == "a 7 b 0.25 c 1"    # drawn back to where it stands


@pytest.mark.parametrize("count, at, most", [(500, 98, 12), (500, 0, 12), (500, 499, 12), (5, 3, 12), (1, 0, 12), (13, 1, 12),
                                             (2, 1, 6)])
def test_positions_are_spread_over_the_whole_range(count, at, most):
    kept = static_export._spread(count, at, most)
    assert {0, at, count - 1} <= set(kept.tolist()) and len(kept) == len(set(kept)) == min(count, most)
    assert (np.diff(kept) > 0).all() and np.diff(kept, append=count).max() <= 2 * np.ceil(count / most)


def test_menus_keep_their_texts_and_few_positions_all_move_together(tmp_path):
    live = line(word=widgets.Dropdown(options=["yes", "no"], description="word"),
                cell=widgets.ToggleButtons(options=[("vanilla", "RNN"), ("gated", "GRU")], value="GRU", description="cell"),
                size=widgets.SelectionSlider(options=[(f"{n}", n) for n in (1, 2, 4)], value=2, description="size"))
    controls, found, _, _ = exported(live, tmp_path)
    assert [c["texts"] for c in controls] == [["yes", "no"], ["vanilla", "gated"], ["1", "2", "4"]]
    assert [c["slides"] for c in controls] == [False, False, True] and not any(c["coarse"] for c in controls)
    assert [c["at"] for c in controls] == [0, 1, 1]
    assert len(found) == 2 * 2 * 3
    assert found[1, 0, 2][1] == "It says {'word': 'no', 'cell': 'RNN', 'size': 4}."


def test_where_room_is_short_the_grid_gets_coarser_and_then_less_goes_together(tmp_path, monkeypatch):
    live = line(a=slider("a", 7, 0, 30), b=slider("b", 0.25, 0.0, 1.0, 0.05), c=widgets.Dropdown(options=["yes", "no"]))
    sizes = []
    for limit, grid in ((400_000, (12, 12)), (300_000, (10, 10)), (100_000, (6, 6))):
        monkeypatch.setattr(static_export, "ALL", limit)
        controls, found, both, markup = exported(live, tmp_path / str(limit))
        sizes.append(sum(both))
        assert tuple(len(c["texts"]) for c in controls[:2]) == grid and sizes[-1] <= limit
    assert groups_of(markup) == [[0, 1]] and len(found) == 6 * 6 + 1


def test_an_only_slider_gets_more_positions(tmp_path):
    _, found, _, _ = exported(line(a=slider("a", 7, 0, 300)), tmp_path)
    assert len(found) == static_export.ONLY


def test_what_cannot_be_laid_out_in_a_grid_keeps_its_saved_picture(tmp_path, following):
    following(tmp_path)
    for live in (line(text=widgets.Text(value="words")), line(a=slider("a", 3, 3, 3))):
        assert static_export.export(live, tmp_path) is None
        assert set(live.bundle()) == {"text/plain", "image/png"}
    assert not list(tmp_path.iterdir())


@pytest.fixture
def following(monkeypatch):
    """static_export.follow, which ends with the test."""
    for kind in (LiveFigure, live_module.Prediction, live_module.Reveal, live_module.TextBox, live_module.Training):
        monkeypatch.setattr(kind, "bundle", kind.bundle)
    return static_export.follow


def test_only_a_build_of_the_site_asks_for_pictures(tmp_path, following):
    live = line(a=slider("a", 2, 1, 3))
    assert set(live.bundle()) == {"text/plain", "image/png"}
    following(tmp_path / "new")
    assert live.bundle()["text/html"].startswith("<figure")
    assert len(list((tmp_path / "new").iterdir())) == 2


def test_sizes_keep_to_their_limits_and_a_figure_too_rich_for_them_says_so(tmp_path, monkeypatch):
    figure, ax = figures.new(size=(8.5, 4.6))
    image = ax.imshow(np.zeros((45, 80)), vmin=0, vmax=1, aspect="auto")

    def draw(a, b):     # noise does not compress
        image.set_data(np.random.default_rng(100 * a + b).uniform(size=(45, 80)))
        return f"Noise {a} {b}."

    live = LiveFigure(figure, draw, a=slider("a", 1, 1, 3), b=slider("b", 1, 1, 3))
    _, found, sizes, _ = exported(live, tmp_path)
    assert len(found) == 9 and sizes[0] <= static_export.START and sum(sizes) <= static_export.ALL
    monkeypatch.setattr(static_export, "ALL", sum(sizes) - 1)
    with pytest.raises(ValueError, match="Noise 1 1"):
        static_export.export(live, tmp_path)


def test_a_slider_that_ends_with_another_has_all_its_places_on_the_page(tmp_path):
    """In a notebook its end moves; a page without a kernel draws what the notebook draws beyond it: the same as at the end."""
    from rnnlib.course.explorers._words import ends_with

    sentence = widgets.Dropdown(options=["one", "one two three four", "one two"])
    heard = slider("words heard", 1, 1, 9)
    ends_with(heard, sentence, lambda text: len(text.split()))
    assert heard.max == 2, "a slider needs two places"
    sentence.value = "one two three four"
    assert heard.max == 4
    heard.value = 4
    sentence.value = "one two"
    assert heard.value == heard.max == 2
    live = line(sentence=sentence, heard=heard)
    controls, found, _, _ = exported(live, tmp_path)
    assert controls[1]["texts"] == ["1", "2", "3", "4"] and len(found) == 12


# --- what the text beside a figure asks for

TEXTS = [
    ("Leave c at 40, and move *first a* from 3 to 11; then *second b* to 0.35.", {"a": [3, 11], "b": [0.35], "c": [40]}),
    ("*second b*: 0.1, 0.85, then below 0.3. It was 1999 in lesson 7", {"a": [], "b": [0.1, 0.85, 0.3, 7], "c": []}),
    ("$b = 0.45$, and $c$ from −3 on", {"a": [], "b": [0.45], "c": [-3]}),
    ("Nothing of these: a10, b_1, x^2.", {"a": [], "b": [], "c": []}),
]


@pytest.mark.parametrize("text, expected", TEXTS)
def test_values_are_read_after_the_name_of_their_control(text, expected):
    live = three()
    found = {name: static_export.named_values(live.sliders, name, [text]) for name in live.sliders}
    for name, values in expected.items():
        assert [value for value in found[name] if value != 1999] == values, name


def test_values_that_the_text_names_are_in_the_grid_and_pairs_move_together(tmp_path):
    live = three()
    markup = static_export.export(live, tmp_path, ["Set *third c* to 17, then *first a* to 23.", "Move *second b* to 0.35."])
    controls = json.loads(html.unescape(re.search('data-controls="([^"]*)"', markup)[1]))
    for control, texts in zip(controls, (("0", "7", "23", "30"), ("0.00", "0.25", "0.35", "1.00"), ("1", "17", "40"))):
        assert set(texts) <= set(control["texts"]) and len(control["texts"]) == 12
    assert groups_of(markup) == [[0, 1], [0, 2]]


def test_a_value_that_no_slider_can_take_is_left_out():
    kept = static_export._controls(three(), 12, ["*first a* to 31, to 2.5 and to 29"])[0]["values"]
    assert 29 in kept and 31 not in kept and 2.5 not in kept


# --- what is asked, typed and trained

def test_a_prediction_is_asked_on_the_page_and_its_answer_kept_beside_it(following, tmp_path):
    from rnnlib.course.live import Prediction, TextBox, Training

    following(tmp_path)
    asked = Prediction("Is 1 < 2?", options=["yes", "no"])
    markup = asked.bundle()["text/html"]
    assert "Is 1 &lt; 2?" in markup and "yes" in markup and "<script" not in markup
    answer = asked.reveal("yes", "So it is.").bundle()["text/html"]
    key = re.search('data-key="([0-9a-f]+)"', markup)[1]
    assert f'data-key="{key}"' in answer and "The answer: yes. So it is." in answer and "No prediction" not in answer
    asked = Prediction("How many?", low=1, high=9, unit="steps")
    assert json.loads(html.unescape(re.search('data-asked="([^"]*)"', asked.bundle()["text/html"])[1])) == {
        "low": 1, "high": 9, "start": 5, "step": 1, "unit": "steps"}
    assert "It is 4 steps." in asked.reveal(4, "Count.").bundle()["text/html"]
    for shown, kind in ((TextBox("say", "a", lambda text: text), "text"), (Training(lambda: iter(()), 3), "training")):
        assert shown.bundle()[static_export.RECORDED] == kind
