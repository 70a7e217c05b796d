"""The canvas of the live figures: what it keeps from one picture to the next, and that the pictures are Matplotlib's own."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from rnnlib.course import canvas, figures


def busy_figure():
    figure, (left, right) = figures.new(1, 2)
    for ax in (left, right):
        ax.plot([0, 1000], [1, 1e-4], color=figures.STATE)
        ax.set(title="a finding: $W_h$ is 0.5", xlabel="lag T - k", ylabel="norm (no unit)")
        ax.text(300, 0.5, "Übergang gjp", rotation=30, alpha=0.5, color=figures.GRADIENT)
    left.set_yscale("log")
    return figure, right.text(100, 0.2, "first")


def drawn(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba()).astype(int)


def differ(ours, plain):
    """Whether a picture is not the one that Matplotlib draws; edges of kept texts are mixed once more, hence the 3."""
    difference = np.abs(ours - plain)
    return difference.max() > 3 or (difference > 0).any(axis=-1).sum() > 40


def test_a_picture_with_kept_texts_is_the_one_that_agg_draws():
    (figure, note), (plain, plain_note) = busy_figure(), busy_figure()
    FigureCanvasAgg(plain)
    for said in ("first", "second", "", "first"):
        note.set_text(said)
        plain_note.set_text(said)
        drawn(figure)       # the second time all texts are kept
        assert not differ(drawn(figure), drawn(plain)), said


CHANGES = {
    "limits": lambda ax: ax.set_xlim(-200, 700),
    "limits of a logarithmic axis": lambda ax: ax.set_ylim(1e-7, 1),
    "the other way round": lambda ax: ax.invert_yaxis(),
    "more data": lambda ax: (ax.plot([2000], [30]), ax.autoscale()),
    "scale": lambda ax: ax.set_xscale("symlog"),
    "ticks": lambda ax: ax.set_xticks([0, 123]),
    "words for ticks": lambda ax: ax.set_xticks([0, 500], ["none", "half"]),
    "other words for the same ticks": lambda ax: ax.set_xticks([0, 500], ["few", "many"]),
    "number of ticks": lambda ax: ax.locator_params(axis="x", nbins=3),
    "no ticks": lambda ax: ax.set_yticks([]),
    "small ticks": lambda ax: ax.minorticks_on(),
    "format": lambda ax: ax.xaxis.set_major_formatter("{x:.1f} steps"),
    "look of the ticks": lambda ax: ax.tick_params(labelsize=8, colors="#0072B2", direction="in"),
    "one tick's label": lambda ax: ax.get_xticklabels()[1].set_color("red"),
    "no numbers": lambda ax: ax.tick_params(labelbottom=False),
    "ticks above": lambda ax: ax.xaxis.tick_top(),
    "name of the axis": lambda ax: ax.set_xlabel("another name"),
    "a wide number": lambda ax: (ax.set_xlim(0, 1e7), ax.ticklabel_format(axis="x", style="plain")),
    "its colour": lambda ax: ax.yaxis.label.set_color("#D55E00"),
    "a factor for all": lambda ax: ax.set_xlim(0, 3e9),
    "no grid": lambda ax: ax.grid(False),
    "invisible": lambda ax: ax.xaxis.set_visible(False),
    "all off": lambda ax: ax.set_axis_off(),
    "place": lambda ax: ax.set_position([0.6, 0.3, 0.3, 0.4]),
    "size": lambda ax: ax.figure.set_size_inches(7, 3),
    "none": lambda ax: None,
}


@pytest.mark.parametrize("side", (0, 1), ids=["logarithmic", "linear"])
@pytest.mark.parametrize("what", CHANGES)
def test_an_axis_is_drawn_anew_when_anything_of_it_changes(what, side):
    (ours, _), (plain, _) = busy_figure(), busy_figure()
    FigureCanvasAgg(plain)
    for figure in (ours, plain):
        for _ in range(2):
            before = drawn(figure)
        with figures.style():
            CHANGES[what](figure.axes[side])
    now, wanted = drawn(ours), drawn(plain)
    assert not differ(now, wanted)
    assert what == "none" or now.shape != before.shape or differ(now, before), "the change cannot be seen"
    assert not differ(drawn(ours), wanted), "the second time"


def test_an_axis_that_stays_is_not_measured_again(monkeypatch):
    figure, note = busy_figure()
    drawn(figure)
    measured = []
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            monkeypatch.setattr(axis, "_update_ticks", lambda axis=axis, real=axis._update_ticks: measured.append(axis) or real())
    note.set_text("another")
    drawn(figure)
    assert measured == []
    figure.axes[0].set_xlim(0, 10)
    drawn(figure)
    assert set(measured) == {figure.axes[0].xaxis}


def test_a_change_that_went_into_a_file_is_not_missed_on_the_page(tmp_path):
    figure, _ = busy_figure()
    drawn(figure)
    figure.axes[1].set_xlabel("changed")
    figure.savefig(tmp_path / "figure.svg")
    now = drawn(figure)
    FigureCanvasAgg(figure)
    assert not differ(now, drawn(figure))


def test_a_kept_text_is_clipped_by_its_axes_of_now():
    figure, ax = figures.new()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.text(0.9, 0.5, "wide enough to leave the axes, and more", clip_on=True)
    figure.canvas.draw()
    wide = np.asarray(figure.canvas.buffer_rgba()).copy()
    outside = int(figure.bbox.width - 0.1 * figure.dpi)
    assert (wide[:, outside:, :3] == 255).all(), "a text reaches beyond its axes"


def test_kept_texts_are_not_drawn_again_and_not_without_end(monkeypatch):
    figure, note = busy_figure()
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    monkeypatch.setattr(renderer, "MOST", 40)
    cut = []
    monkeypatch.setattr(renderer, "_pixels", lambda *args, cut_out=renderer._pixels: cut.append(args[3]) or cut_out(*args))
    figure.canvas.draw()
    assert cut == []
    note.set_text("second")
    figure.canvas.draw()
    assert cut == ["second"]
    for i in range(25):
        note.set_text(str(i))
        figure.canvas.draw()
    assert len(renderer._kept) <= 40


def test_a_figure_that_changes_its_size_gets_a_renderer_of_that_size():
    figure, _ = busy_figure()
    figure.canvas.draw()
    figure.set_size_inches(5, 3)
    figure.canvas.draw()
    assert np.asarray(figure.canvas.buffer_rgba()).shape[:2] == (300, 500)
    assert isinstance(figure.canvas.get_renderer(), canvas.Renderer)


# --- the picture's file ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("size", [(1, 1), (1, 300), (257, 3), (460, 850)])
def test_a_picture_is_a_png_that_others_read(size):
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 4)).astype(np.uint8)
    data = canvas.encoded(pixels)
    Image.open(BytesIO(data)).verify()      # the chunks' lengths and checksums
    read = Image.open(BytesIO(data))
    assert read.format == "PNG" and read.mode == "RGBA" and np.array_equal(np.asarray(read), pixels)


def test_a_drawing_is_packed_about_as_small_as_by_pillow():
    figure, _ = busy_figure()
    pixels = drawn(figure).astype(np.uint8)
    pillow = BytesIO()
    Image.fromarray(pixels).save(pillow, "png", compress_level=1)
    assert len(canvas.encoded(pixels)) < 1.2 * len(pillow.getvalue())
