"""What an output stores, how a front end gets it, and what goes when a cell is run again: in this process and in a kernel."""

import queue
import re

import ipywidgets as widgets
import matplotlib as mpl
import numpy as np
import pytest
from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager

from rnnlib.course import explorers, figures, live
from rnnlib.course.page import WIDGET, Page


def vanishing(T=100):
    return explorers.vanishing_product(lambda factor, T: np.arange(T - 1, -1, -1) * np.log10(factor), 0.7, T)


# --- what is stored

def test_a_saved_figure_is_plain_html_that_needs_no_script():
    shown = vanishing()
    stored = shown._html()
    assert set(stored) == {"text/plain", "image/png", "text/html"}
    assert stored["text/plain"] == f"{shown.finding}\n[factor = 0.7, T = 100]"
    assert stored["image/png"] in stored["text/html"] and "Run this cell to move it." in stored["text/html"]
    assert not re.search(r"<script|<style|\bon\w+=|widget-view", stored["text/html"])
    # without data-* and id, which JupyterLab takes away from a notebook that it does not trust
    used = set(re.findall(r" ([\w-]+)=\"", stored["text/html"]))
    assert used == {"class", "src", "width", "height", "alt", "aria-hidden", "style"}


def test_every_output_says_what_to_do_and_shows_text_as_text():
    for shown in (live.Prediction("Is 1 < 2 & so on?", low=1, high=2), live.TextBox("say <b>:", "<i>", lambda text: text),
                  live.Training(lambda: iter(()), 3), live.Prediction("?", low=1, high=2).reveal(1, "<u>So</u>.")):
        stored = shown._html()["text/html"]
        assert f"<em>{shown.again}</em>" in stored and shown.again.startswith("Run this cell")
        assert not re.search("<[biu]>", stored)


def test_each_output_has_a_name_of_its_own():
    names = {vanishing()._page.name for _ in range(3)}
    assert len(names) == 3 and all(re.fullmatch("rnn-[0-9a-f]{12}", name) for name in names)


def test_elsewhere_the_widgets_are_the_output_with_a_plain_picture():
    shown = vanishing()
    given = shown._widgets()
    assert set(given) == {"text/plain", "image/png", WIDGET} and given[WIDGET]["model_id"] == shown.model_id
    image, told = shown.children[-1].children
    assert isinstance(image, widgets.Image) and not any(isinstance(part, Page) for part in shown.children)
    # a front end may run the script of what it does not show
    shown.image._heard(shown.image, {"hello": True}, [])
    first = image.value
    for T in (101, 100):
        shown.sliders["T"].value = T
        assert image.value == shown.image.value and (image.value == first) == (T == 100)
    shown.sliders["T"].value = 200
    assert image.value == shown.image.value and "0.7¹⁹⁹" in told.value
    box = live.TextBox("say:", "<b>", lambda text: text, figures.new()[0])
    box._widgets()
    image, told = box.children[-1].children
    box.input.value = ""
    assert image.layout.display == "none" and "&lt;b&gt;" not in told.value
    box.input.value = "<i>"
    assert image.layout.display != "none" and "&lt;i&gt;" in told.value


def test_closing_ends_its_widgets_and_a_control_can_serve_again():
    cell = live.menu("cell", ["RNN", "GRU"])
    panel = live.Training(lambda: iter(()), 3, cell=cell)
    parts = list(panel.parts())
    panel.close()
    assert all(part.comm is None for part in parts) and len(parts) > 10
    again = live.Training(lambda: iter(()), 3, cell=cell)
    assert cell.comm is not None and cell.layout.comm is not None and again.children[0] is cell


def test_a_control_that_serves_again_moves_the_new_figure_alone():
    k, drawn = live.slider("k", 1, 1, 5), []
    first, second = (live.LiveFigure(figures.new()[0], lambda k, name=name: drawn.append(name) or name, k=k) for name in "ab")
    first.close()
    again = live.LiveFigure(figures.new()[0], lambda k: drawn.append("c") or "c", k=k)
    drawn.clear()
    k.value = 2
    assert "a" not in drawn and set(drawn) == {"b", "c"} and again.finding == "c" and second.finding == "b"


def test_a_page_that_asks_for_what_it_has_gets_no_new_picture_and_nonsense_does_nothing():
    shown = vanishing()
    before, size = shown.image.value, shown.figure.dpi
    for asked in ({"ratio": 1}, {"dark": False}, {"ratio": 0}, {"ratio": -2}, {"ratio": float("nan")}):
        shown._asked(asked)
        assert shown.image.value is before and shown.figure.dpi == size
    shown._asked({"ratio": 2})
    assert shown.figure.dpi == 2 * size and len(shown.image.value) > len(before)


# --- a look of its own

HOSTILE = {"axes.facecolor": "black", "figure.facecolor": "black", "text.color": "white", "axes.titlesize": 30,
           "figure.autolayout": True, "axes.prop_cycle": mpl.cycler(color="rgb"), "lines.linewidth": 9, "font.size": 30,
           "lines.marker": "o", "axes.unicode_minus": False, "image.cmap": "jet", "figure.dpi": 50, "xtick.direction": "in",
           "savefig.dpi": 30, "axes.spines.left": False, "path.simplify": False, "image.interpolation": "bilinear",
           "font.family": "monospace", "mathtext.fontset": "cm", "hatch.linewidth": 9, "text.usetex": True}


def test_nothing_of_a_users_matplotlibrc_reaches_a_figure():
    wanted = vanishing().image.value
    with mpl.rc_context(HOSTILE):
        assert vanishing().image.value == wanted
    shown = vanishing()
    with mpl.rc_context(HOSTILE):
        shown.sliders["T"].value = 200
        shown.sliders["T"].value = 100
        assert shown.image.value == wanted


def test_the_users_own_settings_stay():
    with mpl.rc_context({"lines.linewidth": 9}):
        vanishing()
        assert mpl.rcParams["lines.linewidth"] == 9


def test_no_figure_is_wider_than_a_cell():
    assert figures.new(size=(8.5, 4))[0].canvas.get_width_height()[0] == figures.WIDEST
    assert figures.new(size=(4, 2))[0].canvas.get_width_height() == (400, 200)


# --- in a kernel

class Kernel:
    """A kernel, and what a front end of JupyterLab's family sends it."""

    def __init__(self):
        self.manager = KernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
        self.manager.start_kernel(extra_arguments=["--log-level=ERROR"])
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def send(self, kind, content, metadata=None):
        """Send a message and collect what comes back until it is done: [(message type, content), ...]."""
        message = self.client.session.msg(kind, content, metadata=metadata)
        self.client.shell_channel.send(message)
        came = []
        while True:
            answer = self.client.get_iopub_msg(timeout=60)
            if answer["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                came.append((answer["msg_type"], answer["content"]))
                if came[-1] == ("status", {"execution_state": "idle"}):
                    return came

    def run(self, code, cell=None, **metadata):
        if cell:
            metadata["cellId"] = cell
        came = self.send("execute_request", {"code": code, "silent": False, "store_history": True, "user_expressions": {},
                                             "allow_stdin": False, "stop_on_error": True}, metadata)
        failed = [content["evalue"] for kind, content in came if kind == "error"]
        assert failed == []
        return [content for kind, content in came if kind in ("display_data", "execute_result", "update_display_data", "stream")]

    def ask(self, expression):
        return self.run(f"print({expression})")[0]["text"].strip()

    def move(self, model, **state):
        """What the page sends when a widget is used."""
        return self.send("comm_msg", {"comm_id": model, "data": {"method": "update", "state": state, "buffer_paths": []}})

    def later(self, seconds):
        """What comes by itself within a time."""
        came = []
        while True:
            try:
                came.append(self.client.get_iopub_msg(timeout=seconds))
            except queue.Empty:
                return [(answer["msg_type"], answer["content"]) for answer in came]


MAKE = """
import numpy as np, ipywidgets
from rnnlib.course import explorers, live, page
def figure(T=100):
    return explorers.vanishing_product(lambda factor, T: np.arange(T - 1, -1, -1) * np.log10(factor) * weight, 0.7, T)
weight = 1.0
alive = lambda: len(__import__("ipywidgets").widgets.widget._instances)
"""


@pytest.fixture(scope="module")
def kernel():
    kernel = Kernel()
    kernel.run(MAKE)
    yield kernel
    kernel.client.stop_channels()
    kernel.manager.shutdown_kernel(now=True)


def test_a_page_gets_html_and_a_program_gets_widgets(kernel):
    (given,) = kernel.run("figure()", cell="a")
    assert "text/html" in given["data"] and WIDGET not in given["data"]
    (given,) = kernel.run("figure()")
    assert WIDGET in given["data"] and "text/html" not in given["data"]
    (given,) = kernel.run("figure()", cell="vscode-notebook-cell:/lesson.ipynb#W1")
    assert WIDGET in given["data"] and "text/html" not in given["data"]


def test_what_a_cell_showed_before_is_closed_when_it_is_run_again(kernel):
    kernel.run("figure()", cell="a")
    before = int(kernel.ask("alive()"))
    for _ in range(5):
        kernel.run("figure()", cell="a")
    assert int(kernel.ask("alive()")) == before
    kernel.run("f = figure(); f", cell="b")
    kernel.run("f", cell="c")
    kernel.run("f = None", cell="b")        # it still stands under cell c
    assert int(kernel.ask("alive()")) > before
    kernel.run("1", cell="c")
    assert int(kernel.ask("alive()")) == before
    kernel.run("f = figure(); f", cell="b")
    kernel.run("f", cell="b")               # shown again: it stays
    assert kernel.ask("f.closed") == "False"
    kernel.run("1", cell="x", deletedCells=["b"])
    assert kernel.ask("f.closed") == "True"
    (said,) = kernel.run("f", cell="b")
    assert "make it anew" in said["text"]


def test_a_weight_changed_in_another_cell_is_seen_at_the_next_move(kernel):
    kernel.run("weight = 1.0; f = figure(); f", cell="stale")
    model, page = kernel.ask("f.sliders['T'].model_id"), kernel.ask("f.image.model_id")
    kernel.send("comm_msg", {"comm_id": page, "data": {"method": "custom", "content": {"hello": True}}})
    kernel.move(model, value=101)
    kernel.move(model, value=100)
    came = [content["data"] for kind, content in kernel.later(1.0) if kind == "comm_msg"]
    ahead = {tuple(data["content"]["place"]) for data in came if data["method"] == "custom" and data["content"].get("place")}
    assert (0.7, 99) in ahead, "it draws ahead while somebody moves"
    came = kernel.run("weight = 2.0", cell="other")
    assert kernel.ask("f._sent") == "{}"
    came = [content["data"] for kind, content in kernel.move(model, value=101) if kind == "comm_msg"]
    (frame,) = [data["content"] for data in came if data["method"] == "custom" and data["content"].get("place") == [0.7, 101]]
    assert "0.7¹⁰⁰ = 1.0×10⁻³¹" in frame["sentence"]        # 10 to the power 2 * 100 * log10(0.7)


def test_another_widgets_callback_drops_what_was_drawn_and_the_figures_own_does_not(kernel):
    kernel.run("weight = 1.0; f = figure(); f", cell="stale")
    kernel.run("""g = figure(); button = ipywidgets.Button(); menu = ipywidgets.Dropdown(options=[1.0, 2.0])
menu.observe(lambda change: globals().update(weight=menu.value), "value"); g""", cell="more")
    t, page, menu = (kernel.ask(f"{name}.model_id") for name in ("f.sliders['T']", "f.image", "menu"))
    kernel.run("f._sent_before = f._sent", cell="x")

    def sent():     # without running a cell, which would drop it
        return any(kind == "comm_msg" and content["data"].get("content", {}).get("forget") for kind, content in came)

    kernel.send("comm_msg", {"comm_id": page, "data": {"method": "custom", "content": {"hello": True}}})
    came = kernel.move(t, value=99)
    assert not sent()
    came = kernel.move(t, value=98)
    assert not sent(), "its own slider"
    came = kernel.move(menu, index=1)
    assert sent()
    came = kernel.move(t, value=99)
    frames = [content["data"]["content"] for kind, content in came
              if kind == "comm_msg" and content["data"]["method"] == "custom"]
    assert "0.7⁹⁸ = 4.4×10⁻³¹" in frames[0]["sentence"]


def test_a_page_that_never_answers_gets_plain_widgets(kernel):
    kernel.run("page.Page.page_answers, page.PATIENCE = None, 0.4")
    (given,) = kernel.run("figure()", cell="silent")
    assert "text/html" in given["data"]
    updates = [content for kind, content in kernel.later(2.0)
               if kind == "update_display_data" and content["transient"] == given["transient"]]
    assert len(updates) == 1 and WIDGET in updates[0]["data"] and "text/html" not in updates[0]["data"]
    (given,) = kernel.run("figure()", cell="silent")
    assert WIDGET in given["data"]
    kernel.run("page.Page.page_answers = None")
