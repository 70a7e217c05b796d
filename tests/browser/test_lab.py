"""The course in JupyterLab as a learner has it: a real browser, a real kernel, keys and pointer."""

import re
import time

import numpy as np
import pytest
from lab import PICTURE, Notebook, source
from playwright.sync_api import expect

from conftest import NOTEBOOKS
from rnnlib.course import explorers


def wait_for_new_picture(notebook, figure, before, seconds=20):
    """Asks anew each time: JupyterLab takes cells off the page and puts them back while it scrolls."""
    until = time.monotonic() + seconds
    while source(figure) == before or not figure.locator(PICTURE).first.evaluate("i => i.complete && i.naturalWidth > 0"):
        assert time.monotonic() < until, f"no new picture within {seconds} s"
        notebook.page.wait_for_timeout(50)


def settle(notebook, figure):
    """Until no new picture has come for a while."""
    before = None
    while source(figure) != before:
        before = source(figure)
        notebook.page.wait_for_timeout(400)
        notebook.wait_for_idle()


def step_by_key(notebook, handle):
    """One step with an arrow key, to the left where the slider stands at its right end."""
    handle.focus()
    at, most = (float(handle.get_attribute(f"aria-value{which}")) for which in ("now", "max"))
    notebook.page.keyboard.press("ArrowLeft" if at >= most else "ArrowRight")


def test_runs_to_the_end_without_a_complaint(ran):
    assert ran.errors() == []
    assert ran.complaints == []
    assert ran.figures(), "no slider figure on the page"


def test_every_slider_redraws_by_key_and_keeps_its_height(ran):
    for figure in ran.figures():
        figure.scroll_into_view_if_needed()
        height = figure.bounding_box()["height"]
        handles = figure.locator(".noUi-handle")
        for i in range(handles.count()):
            readout = figure.locator(".widget-readout").nth(i)
            before, value = source(figure), readout.inner_text()
            step_by_key(ran, handles.nth(i))
            expect(readout).not_to_have_text(value, timeout=15_000)
            settle(ran, figure)
            if source(figure) == before:        # one step may be finer than what is drawn; the other end never is
                at, most = (handles.nth(i).get_attribute(f"aria-value{which}") for which in ("now", "max"))
                high = float(at) > float(most) / 2
                ran.page.keyboard.press("Home" if high else "End")
                wait_for_new_picture(ran, figure, before)
                settle(ran, figure)
                ran.page.keyboard.press("End" if high else "Home")     # from an end nothing else may move the picture
                settle(ran, figure)
            assert figure.bounding_box()["height"] == height
            assert figure.locator("[role=status]").inner_text().strip()
    assert ran.complaints == []


def test_one_slider_of_each_figure_follows_the_pointer(ran):
    for figure in ran.figures():
        figure.scroll_into_view_if_needed()
        handle, readout = figure.locator(".noUi-handle").first, figure.locator(".widget-readout").first
        track, at = figure.locator(".noUi-target").first.bounding_box(), handle.bounding_box()
        before, value = source(figure), readout.inner_text()
        middle = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
        to = track["x"] + track["width"] * (0.75 if middle[0] < track["x"] + track["width"] / 2 else 0.25)
        ran.page.mouse.move(*middle)
        ran.page.mouse.down()
        ran.page.mouse.move(to, middle[1], steps=5)
        ran.page.mouse.up()
        wait_for_new_picture(ran, figure, before)
        expect(readout).not_to_have_text(value)
        settle(ran, figure)


def test_training_starts_and_stops_by_button_after_run_all(ran):
    panels = ran.page.locator(".jp-OutputArea-output .widget-vbox:has(> .widget-hbox button:has-text('Train'))")
    if not panels.count():
        pytest.skip("no training panel in this lesson")
    for i in range(panels.count()):
        panel = panels.nth(i)
        panel.scroll_into_view_if_needed()
        status, stop = panel.locator("[role=status]"), panel.locator("button:has-text('Stop')")
        # A short run may be over before a pointer gets there: the page presses Stop as soon as it can be pressed.
        stop.evaluate("""b => new MutationObserver((_, me) => { if (!b.disabled) { me.disconnect(); b.click(); } })
                             .observe(b, {attributes: true})""")
        panel.locator("button:has-text('Train')").click()
        expect(status).to_have_text(re.compile("^Stopped after"), timeout=20_000)
        expect(stop).to_be_disabled()       # its state comes as a message of its own, after the sentence
        expect(panel.locator("button:has-text('Train')")).to_be_enabled()


def test_text_boxes_answer_and_show_markup_as_text(ran):
    boxes = ran.page.locator(".jp-OutputArea-output .widget-vbox:has(> .widget-text)")
    if not boxes.count():
        pytest.skip("no text box in this lesson")
    for i in range(boxes.count()):
        box = boxes.nth(i)
        box.scroll_into_view_if_needed()
        field, status = box.locator("input[type=text]"), box.locator("[role=status]")
        typed, answer = field.input_value(), status.text_content()
        height = box.bounding_box()["height"]
        for odd in {"<b>zzyzx</b>", "", "zzyzx " * 300} - {typed}:
            field.fill(odd)
            field.press("Enter")
            expect(status).not_to_have_text(answer, timeout=10_000)
            assert status.text_content().strip() and not status.locator("b").count()
            field.fill(typed)
            field.press("Enter")
            expect(status).to_have_text(answer, timeout=10_000)
        assert box.bounding_box()["height"] == height
    assert ran.errors() == [] and ran.complaints == []


def test_an_exercise_goes_from_stub_to_wrong_to_right(browser, address):
    notebook = Notebook(browser, address, "01_rnn_cell.ipynb")
    notebook.run_all()
    cells = {cell["id"]: i for i, cell in enumerate(notebook.cells())}
    check = cells["check-rnn-step"]
    stub = next(i for i in range(check, -1, -1) if "def rnn_step(" in notebook.cells()[i]["source"])

    def attempt(line):
        notebook.write(stub, f"def rnn_step(x_t, h_prev, W_x, W_h, b):\n    {line}")
        notebook.run(stub)
        return notebook.run(check)

    assert "Not written yet" in attempt("...")
    said = attempt("return np.tanh(x_t @ W_x.T + h_prev @ W_h + b)")
    assert "not yet" in said and "W_h is used transposed" in said
    said = attempt("return np.tanh(x_t @ W_x.T + h_prev @ W_h.T + b)")
    assert "\N{CHECK MARK} right" in said
    notebook.close()


def test_a_narrow_dark_window_cuts_nothing(ran, keep_picture):
    ran.page.set_viewport_size({"width": 900, "height": 1000})
    ran.command("apputils:change-theme", theme="JupyterLab Dark")
    ran.page.wait_for_timeout(1000)
    for number, figure in enumerate(ran.figures()):
        figure.scroll_into_view_if_needed()
        settle(ran, figure)
        keep_picture(ran.page, f"narrow_dark_{ran.name[:2]}_{number}")
        frame = ran.page.locator(".jp-WindowedPanel-outer").first.bounding_box()
        for part in (figure.locator(PICTURE).first, figure.locator("[role=status]")):
            box = part.bounding_box()
            assert box["x"] >= frame["x"] and box["x"] + box["width"] <= frame["x"] + frame["width"]
    ran.command("apputils:change-theme", theme="JupyterLab Light")


def test_two_sliders_at_once_and_a_queue_of_moves_end_at_the_right_picture(browser, address):
    notebook = Notebook(browser, address, "00_start_here.ipynb")
    notebook.run_all()
    figure = notebook.figures()[0]
    figure.scroll_into_view_if_needed()
    factor, steps = (figure.locator(".noUi-handle").nth(i) for i in (0, 1))
    factor.focus()
    for _ in range(100):
        notebook.page.keyboard.press("ArrowLeft")           # 0.700 -> 0.600
    steps.focus()
    for _ in range(100):
        notebook.page.keyboard.press("ArrowRight")          # 100 -> 200
    settle(notebook, figure)
    assert figure.locator(".widget-readout").all_inner_texts() == ["0.600", "200"]
    assert figure.locator("[role=status]").inner_text().startswith("0.6¹⁹⁹ = 7.1×10⁻⁴⁵")
    shown = notebook.page.evaluate("async url => Array.from(new Uint8Array(await (await fetch(url)).arrayBuffer()))",
                                   source(figure))
    drawn_here = explorers.vanishing_product(lambda factor, T: np.arange(T - 1, -1, -1) * np.log10(factor), 0.6, 200)
    assert bytes(shown) == drawn_here.image.value
    notebook.close()


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS], ids=lambda name: name.removesuffix(".ipynb"))
def test_a_committed_notebook_reopened_on_a_fresh_kernel_shows_its_pictures(name, browser, address):
    notebook = Notebook(browser, address, name)
    notebook.command("notebook:trust")
    if notebook.page.locator(".jp-Dialog button:has-text('Trust')").count():
        notebook.page.locator(".jp-Dialog button:has-text('Trust')").click()
    notebook.show_all()
    text = notebook.page.locator(".jp-Notebook").inner_text()
    assert not re.search(r"model not found|Error displaying widget|Loading widget", text, re.IGNORECASE)
    assert notebook.page.locator(".jp-OutputArea-output img[src^='data:image/png']").count() >= 1
    assert notebook.complaints == []
    notebook.close()
