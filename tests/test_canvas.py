"""The canvas of the live figures: what it keeps from one picture to the next, and that the pictures are Matplotlib's own."""

from io import BytesIO

import numpy as np
import pytest
from lessons import PlainCanvas
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
    PlainCanvas(plain)
    for said in ("first", "second", "", "first"):
        note.set_text(said)
        plain_note.set_text(said)
        drawn(figure)       # the second time all texts are kept
        assert not differ(drawn(figure), drawn(plain)), said


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
    monkeypatch.setattr(renderer, "_pixels", lambda *args, cut_out=renderer._pixels: cut.append(args[1]) or cut_out(*args))
    figure.canvas.draw()
    assert cut == []
    note.set_text("second")
    figure.canvas.draw()
    assert cut == ["second"]
    for i in range(25):
        note.set_text(str(i))
        figure.canvas.draw()
    assert len(renderer._kept) <= 40


def colour_a_number(ax):
    ax.xaxis.get_major_ticks()[1].label1.set_color(figures.GRADIENT)


CHANGES = {
    "limits": lambda ax: ax.set_xlim(-3, 700),
    "turned round": lambda ax: ax.invert_xaxis(),
    "scale": lambda ax: ax.set_xscale("symlog"),
    "numbers": lambda ax: ax.set_xticks([0, 300], ["none", "some"]),
    "how numbers are written": lambda ax: ax.xaxis.set_major_formatter("{x:.1f} s"),
    "label": lambda ax: ax.set_xlabel("another"),
    "label gone": lambda ax: ax.xaxis.label.set_visible(False),
    "colours": lambda ax: ax.tick_params(colors=figures.INPUT),
    "one number's colour": colour_a_number,
    "grid gone": lambda ax: ax.grid(False),
    "numbers gone": lambda ax: ax.tick_params(labelbottom=False),
    "axis gone": lambda ax: ax.xaxis.set_visible(False),
    "place": lambda ax: ax.set_position([0.1, 0.3, 0.35, 0.5]),
    "what the frame is": lambda ax: ax.axis("off"),
}


@pytest.mark.parametrize("change", CHANGES)
@figures.style()
def test_an_axis_that_has_changed_is_drawn_anew(change):
    figure, plain = busy_figure()[0], busy_figure()[0]
    PlainCanvas(plain)
    before = [drawn(figure) for _ in range(2)][-1]
    assert not differ(before, drawn(plain))
    for each in (figure, plain):
        CHANGES[change](each.axes[1])
    after = drawn(figure)
    assert differ(after, before), "the change is not to be seen"
    assert not differ(after, drawn(plain))


def test_an_axis_that_has_not_changed_is_not_drawn_again(monkeypatch):
    figure, _ = busy_figure()
    line = figure.axes[0].lines[0]
    drawn(figure)
    worked = []
    monkeypatch.setattr(canvas.axis.Axis, "draw", lambda self, _: worked.append(self))
    line.set_ydata([0.5, 0.1])
    drawn(figure)
    assert worked == []
    figure.axes[0].set_xlim(0, 5)
    drawn(figure)
    assert worked == [figure.axes[0].xaxis]


def test_a_figure_that_changes_its_size_gets_a_renderer_of_that_size():
    figure, _ = busy_figure()
    figure.canvas.draw()
    figure.set_size_inches(5, 3)
    figure.set_dpi(100)
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
