"""The drawings that lessons share: what is drawn how often, that letters stay inside and apart, and what gates make of pipes."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.patches import PathPatch

from rnnlib.course import drawings, figures, marks


def labels(ax):
    """The lettering on an axes, texts and outlines, as [(text, box in pixels)]."""
    found = [(patch.get_label(), patch.get_window_extent()) for patch in ax.findobj(PathPatch)
             if hasattr(patch, "points") and patch.get_visible()]
    with figures.style():
        return found + [(text.get_text(), text.get_window_extent()) for text in ax.texts if text.get_text()]


def apart_and_inside(figure, ax):
    width, height = figure.canvas.get_width_height()
    found = labels(ax)
    for text, box in found:
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, f"cut: {text}"
    for (one, a), (other, b) in itertools.combinations(found, 2):
        assert a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 or b.y1 <= a.y0, f"{one} strikes {other}"
    return [text for text, _ in found]


def boxes(ax):
    return [patch for patch in ax.patches if hasattr(patch, "half")]


@pytest.mark.parametrize("T, size", [(1, (8.4, 3)), (2, (8.4, 4.5)), (6, (8.4, 2.9)), (8, (6.5, 3.5)), (8, (8.4, 3.6))])
def test_the_unrolled_network_is_square_at_any_size(T, size):
    figure, ax = figures.new(size=size, left=0.1, right=0.1, bottom=0.1, top=0.4)
    network = drawings.Unrolled(ax, T, gradient=True, weights=True)
    said = apart_and_inside(figure, ax)
    assert len(boxes(ax)) == 3 * T + 1 and len(network.back) == T
    for box in boxes(ax):
        extent = box.get_window_extent()
        assert extent.width == pytest.approx(extent.height, abs=0.5) == pytest.approx(100 * network.side, abs=0.5)
    assert [said.count(name) for name in ("$W_h$", "$W_x, b$", "$W_y$")] == [1, 1, 1]
    assert sum(text.startswith("the same") for text in said) == 1
    pixels = [line.get_transform().transform(np.transpose(line.get_data())) for line in network.back]
    centres = [ax.transData.transform((t, 0)) for t in range(T + 1)]
    for t, (start, end) in enumerate(pixels, 1):        # between its boxes, and touching neither
        assert centres[t - 1][0] + 50 * network.side < end[0] < start[0] < centres[t][0] - 50 * network.side


def test_a_label_of_several_lines_or_a_long_word_widens_its_box_and_stays_in_it():
    figure, ax = figures.new(size=(8.4, 4.5), left=0.1, right=0.1, bottom=0.1, top=0.1)
    network = drawings.Unrolled(ax, 3, x=["a", "unquestionably and much more", "$x_3$\n1.25\n−0.5"], outputs=[3])
    apart_and_inside(figure, ax)
    assert set(network.boxes["y"]) == {3} and set(network.boxes["x"]) == {1, 2, 3}
    assert network.boxes["x"][1].half[0] < network.boxes["x"][2].half[0] and network.boxes["x"][3].half[1] > network.side / 2
    for box in network.boxes["x"].values():
        inside = box.get_window_extent()
        for text, letters in labels(ax):
            if inside.x0 < (letters.x0 + letters.x1) / 2 < inside.x1 and inside.y0 < (letters.y0 + letters.y1) / 2 < inside.y1:
                assert letters.x0 >= inside.x0 and letters.x1 <= inside.x1 and letters.y0 >= inside.y0, text


@pytest.mark.parametrize("width, height", [(8.4, 3.3), (8.4, 2.2), (6.0, 2.8)])
def test_gates_are_pipes_as_wide_as_they_are_open(width, height):
    figure, ax = figures.new(size=(width, height), left=0.1, right=0.1, bottom=0.1, top=0.1)
    set_gates = drawings.lstm_cell(ax)
    before = {id(line): line.get_linewidth() for line in ax.lines}
    set_gates(1.0, 0.0, 0.5)
    said = apart_and_inside(figure, ax)
    assert {"keep $f$ = 1.00", "write $i$ = 0.00", "show $o$ = 0.50", "$c_{t-1}$", "$g_t$", "$x_t$"} <= set(said)
    changed = [line for line in ax.lines if line.get_linewidth() != before[id(line)]]
    widest = drawings._Pipes.WIDEST
    np.testing.assert_allclose(sorted(line.get_linewidth() for line in changed), [0.6, 0.6 + 0.5 * (widest - 0.6)])
    discs = {mpl.colors.to_hex(line.get_markerfacecolor()).upper() for line in ax.lines if line.get_marker() == "o"}
    assert {figures.ORANGE, "#FFFFFF"} <= discs, "open is full, shut is white"
    set_gates(7.0, -3.0, 0.5)
    assert "keep $f$ = 1.00" in dict(labels(ax)) and "write $i$ = 0.00" in dict(labels(ax)), "an opening is a share"


def test_a_gru_writes_what_it_does_not_keep():
    figure, ax = figures.new(size=(8.4, 3.3), left=0.1, right=0.1, bottom=0.1, top=0.1)
    drawings.gru_cell(ax)(0.9, 0.25)
    said = apart_and_inside(figure, ax)
    assert {"keep $z$ = 0.90", "reset $r$ = 0.25", "write $1 - z$ = 0.10"} <= set(said)


def test_the_highway_draws_both_ways_back():
    chain, lane = 0.5 ** np.arange(5, -1, -1.0), 0.97 ** np.arange(5, -1, -1.0)
    picture = drawings.highway(chain, lane)
    ax, = picture.figure.axes
    apart_and_inside(picture.figure, ax)
    assert len(boxes(ax)) == 12 and "0.031" in picture.sentence and "0.86" in picture.sentence
    for river, shares in zip(ax.collections, (chain, lane)):
        corners = river.get_paths()[0].vertices
        thick = [np.ptp(corners[np.isclose(corners[:, 0], t), 1]) for t in range(1, 7)]
        np.testing.assert_allclose(np.diff(thick), 0.66 * np.diff(shares), atol=1e-9, err_msg="as thick as what is left")


def test_five_wirings_and_one_lit():
    plain, lit = drawings.wirings(), drawings.wirings("many to one")
    counts = {"one to one": 3, "one to many": 9, "many to one": 9, "many to many, in turn": 10, "many to many, in step": 12}
    for picture in (plain, lit):
        ax, = picture.figure.axes
        apart_and_inside(picture.figure, ax)
        assert len(boxes(ax)) == sum(counts.values())
    assert {box.get_alpha() for box in boxes(plain.figure.axes[0])} == {1.0}
    bright = [box for box in boxes(lit.figure.axes[0]) if box.get_alpha() == 1]
    assert len(bright) == counts["many to one"] and lit.sentence.endswith("about many to one.")
    with pytest.raises(ValueError, match="one to many.*'many to few'"):
        drawings.wirings("many to few")


def test_both_directions_read_each_word_twice():
    figure, ax = figures.new(size=(8.4, 4), left=1.0, right=0.1, bottom=0.1, top=0.1)
    rows = drawings.both_directions(ax, "paris laughed near jordan".split(), "person other other place".split())
    apart_and_inside(figure, ax)
    assert {name: len(row) for name, row in rows.items()} == {"x": 4, "there": 4, "back": 4, "y": 4}
    run = {color: [np.sign(np.diff(line.get_xdata())[0]) for line in ax.lines if line.get_color() == color
                   and len(line.get_xdata()) == 2 and line.get_ydata()[0] == line.get_ydata()[1]]
           for color in (figures.STATE, drawings.DECODER)}
    assert run == {figures.STATE: [1] * 3, drawings.DECODER: [-1] * 3}


def test_the_fan_is_as_strong_as_its_weights():
    figure, ax = figures.new(size=(8.4, 3), left=0.1, right=0.1, bottom=0.1, top=0.1)
    weights = np.array([[0.9, 0.1, 0.0], [0.2, 0.2, 0.6]])
    drawings.fan(ax, ["a", "b", "c"], ["1", "2"])(weights)
    apart_and_inside(figure, ax)
    np.testing.assert_allclose([line.get_linewidth() for line in ax.lines], 0.4 + 9 * weights.ravel())
    np.testing.assert_allclose([line.get_alpha() for line in ax.lines], 0.12 + 0.88 * weights.ravel())


def test_names_at_the_ends_of_curves_keep_apart():
    figure, ax = figures.new(right=1.5)
    ax.set(xlim=(0, 10), ylim=(0, 1))
    names = marks.EndLabels(ax, ["one", "two", "three", "four"], ["black"] * 4)
    for ends in ([0.5, 0.5, 0.5, 0.5], [0.0, 0.01, 1.0, 2.0], [-5.0, -6.0, 0.3, 0.31]):
        names.set(10, ends)
        said = labels(ax)
        apart_and_inside(figure, ax)
        order = [text for text, _ in sorted(said, key=lambda pair: pair[1].y0)]
        assert order == [("one", "two", "three", "four")[i] for i in np.argsort(ends, kind="stable")]
    np.testing.assert_allclose(marks.apart([0, 10, 10.2, 30], 1), [0, 9.6, 10.6, 30], err_msg="a crowd keeps its middle")


def test_a_curve_that_leaves_has_its_name_where_it_leaves():
    figure, ax = figures.new(right=1.5)
    x = np.arange(41)
    ax.set(xlim=(0, 40), ylim=(-10, 10))
    names = marks.EndLabels(ax, ["stays", "falls", "rises", "sinks"], ["black"] * 4)
    for fall, rise, sink in ((1, 2, 1.2), (0.32, 0.27, 0.3), (300, 200, 4), (0.27, 300, 300)):
        curves = [0 * x, -fall * x, rise * x, -sink * x]
        names.set(x, curves)
        apart_and_inside(figure, ax)
        boxes = {text: box for text, box in labels(ax)}
        at = [exit_.get_xydata() for exit_ in names.exits]
        assert len(at[0]) == 0 and boxes["stays"].x0 > ax.bbox.x1
        for end, slope, border in zip(at[1:], (fall, rise, sink), (-10, 10, -10)):
            np.testing.assert_allclose(end, [[10 / slope, border]])
        for name in ("falls", "rises", "sinks"):
            box = boxes[name].transformed(ax.transData.inverted())
            assert 0 < box.x0 and box.x1 < 40, name
            across = np.linspace(box.x0, box.x1, 200)
            for curve in curves:
                y = np.interp(across, x, curve)
                assert (y > box.y1).all() or (y < box.y0).all(), name
    names.set(x, [0 * x, -0.1 * x, 0.1 * x, -0.05 * x])
    assert not any(len(exit_.get_xdata()) for exit_ in names.exits), "one that stays has no arrowhead any more"


def test_fading_arrows_follow_the_curve():
    _, ax = figures.new()
    ax.set_xlim(0, 24)
    rows = marks.Fading(ax, ("a", "b"), (figures.GRADIENT, figures.STATE))
    rows.set([np.linspace(0, -12, 25), np.linspace(0, 6, 25)])
    fading, growing = np.reshape(ax.lines, (2, 12))
    np.testing.assert_allclose([line.get_alpha() for line in fading], 0.06 + 0.94 * np.clip(1 - np.arange(1, 13) / 6, 0, 1))
    assert {line.get_alpha() for line in growing} == {1.0} and np.diff([line.get_linewidth() for line in growing]).min() > 0
    assert [line.get_xdata()[1] for line in fading] == list(range(2, 25, 2))


def test_a_relief_is_lit_from_the_upper_left():
    x = np.linspace(-1, 1, 41)
    bump = 4 * np.exp(-8 * (x[:, None] ** 2 + x**2))
    light = marks.lit(bump, 0.05, 0.05, 0, 8)[..., :3].astype(int).sum(axis=-1)
    assert light[28, 12] > light[12, 28], "rows run upwards: the slope to the upper left is bright, the other one dark"
    flat = marks.lit(np.full((5, 5), -3.0), 0.05, 0.05, 0, 8)
    assert (flat == flat[0, 0]).all() and flat[0, 0, 3] == 255


# --- the visual language ---------------------------------------------------------------------------------------------

def test_lettering_is_shipped_and_large_enough():
    """11 pixels where a window of 900 leaves a picture of 840 pixels 468 of them."""
    for entry in mpl.font_manager.fontManager.ttflist:
        if entry.name in figures.TYPEFACE:
            assert "SourceSansPro" in entry.fname or mpl.get_data_path() in entry.fname, "never a font of this machine"
    assert figures.TYPEFACE == ["Course", "Course fallback"]
    sizes = [value for key, value in figures.STYLE.items() if key.endswith("size")]
    assert min(sizes) / 72 * figures.STYLE["figure.dpi"] * 468 / 840 >= 11
    figure, ax = figures.new()
    with figures.style():
        ax.set_title("4.6×10⁻¹⁶ → ≤ σ “x” …")
        ax.set_xlabel(r"$\|\partial L_s/\partial h_t\|$, $W_y^\top$, $\sigma(b)$")
    assert figures.png(figure)      # a missing glyph would be a warning, which fails


def test_numbers_are_written_one_way():
    assert [figures.number(value) for value in (0, 1, -0.25, 4190, 0.00123, 9999.9, 12345, 4.6e-16, -3.14e7)] == [
        "0", "1", "-0.25", "4190", "0.00123", "1×10⁴", "1.23×10⁴", "4.6×10⁻¹⁶", "-3.14×10⁷"]
    assert [figures.decade(value) for value in (0, 1, -6, 20)] == ["1", "10¹", "10⁻⁶", "10²⁰"]
    assert figures.power(0.7, 99) == "0.7⁹⁹"
    for value in (3.2e-9, 0.5, 7.77e12):
        assert figures.scientific(np.log10(value)) == figures.number(value, 2)


def test_night_turns_the_page_and_keeps_the_hues():
    def rgb(color):
        pixel = figures.night(np.array([[[*(int(color[i:i + 2], 16) for i in (1, 3, 5)), 255]]], np.uint8))[0, 0]
        assert pixel[3] == 255
        return pixel[:3].astype(float)

    def luminance(color):
        channels = rgb(color) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return np.dot([0.2126, 0.7152, 0.0722], linear)

    assert rgb("#FFFFFF").max() < 24 and rgb(figures.BLACK).min() > 215
    one, other = luminance(figures.STATE) + 0.05, luminance(drawings.DECODER) + 0.05
    assert other / one > 1.5 and other / (luminance("#FFFFFF") + 0.05) > 3, "two networks' states are told apart"
    ramp = [luminance(mpl.colors.to_hex(figures.FADING(share))) for share in np.linspace(0, 1, 9)]
    assert (np.diff(ramp[:6]) > 0).all() and min(ramp[6:]) > 0.9 * ramp[5], "brighter the more, as it is darker on a white page"
    for color in (figures.INPUT, figures.STATE, figures.OUTPUT, figures.GRADIENT, figures.ORANGE, figures.SKY):
        hue = [mpl.colors.rgb_to_hsv(np.asarray(mpl.colors.to_rgb(color))), mpl.colors.rgb_to_hsv(rgb(color) / 255)]
        assert abs((hue[0][0] - hue[1][0] + 0.5) % 1 - 0.5) < 0.06, color
        on_page, letters = (luminance(color) + 0.05) / (luminance("#FFFFFF") + 0.05), luminance(figures.BLACK) + 0.05
        assert on_page >= 3 and letters / (luminance(color) + 0.05) >= 3, f"{color}: seen on the page, and letters on it"


def test_night_leaves_photographs_as_they_are():
    figure, (drawn, shown) = figures.new(1, 2)
    for ax in (drawn, shown):
        ax.imshow(np.zeros((4, 4, 3)), aspect="auto")
        ax.set(xticks=[], yticks=[])
    shown.set_gid("photograph")
    figure.canvas.draw()
    dark = figures.night(np.asarray(figure.canvas.buffer_rgba()), figure)
    for ax, kept in ((drawn, False), (shown, True)):
        x, y = np.round(ax.transAxes.transform((0.5, 0.5))).astype(int)
        assert (dark[len(dark) - y, x, :3].max() < 10) == kept
