"""Where a live output meets the page: what is stored of it, how it is shown, when it goes, and when its pictures are wrong.

In JupyterLab, Notebook 7 and JupyterLite an output stores plain HTML: the picture, its sentence, and a line that says how
to make it move. The script page.js, which comes with each output's `Page`, puts the live widgets into that element. So a
notebook that is opened on another day shows everything, with no kernel and no setting. Elsewhere, and where a notebook is
run by a program, the widgets themselves are the output, with a plain Image instead of the script.
"""

import asyncio
import base64
import contextlib
import gc
import html
import itertools
import math
import os
import secrets
import sys
import threading
import time
import weakref
from pathlib import Path

import anywidget
import ipywidgets as widgets
import traitlets
from IPython import get_ipython
from IPython.display import display

from . import figures
from .figures import LOCK

WIDGET = "application/vnd.jupyter.widget-view+json"
PATIENCE = 4.0      # seconds in which a page must have answered; else it has no anywidget, and gets plain widgets


class Page(anywidget.AnyWidget):
    """A live output's part in the page: its script and, where `size` is given, a picture with a sentence under it.

    Attributes
    ----------
    value : bytes
        The picture now, as PNG.
    width, height : int
        Its size on the page, in CSS pixels.
    sentence : str
    refused : bool
        Whether the picture is hidden, for it belongs to another text than the one that was refused.
    dark : bool
        Whether the page is dark, and the picture is drawn for it.
    answered : bool
        Whether a page has run the script.
    """

    # as text: of a file anywidget keeps a reference to every widget that has ever used it
    _esm = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
    _css = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    name = traitlets.Unicode().tag(sync=True)       # the class of the elements that show it
    box = traitlets.Unicode().tag(sync=True)        # the model of what is put into them
    controls = traitlets.List().tag(sync=True)      # of each control: its model, and which of its traits tells where it stands
    width = traitlets.Int().tag(sync=True)
    height = traitlets.Int().tag(sync=True)
    play = traitlets.Int(-1).tag(sync=True)         # which of the controls has a Play button, and positions a second
    pace = traitlets.Float(4.0).tag(sync=True)
    page_answers = None     # whether this kernel's front end runs scripts, once it is known
    busy_until = 0.0        # when the last cell had been run

    def __init__(self, size=(0, 0)):
        self._value, self._draw = b"", None
        self.sentence, self.refused, self.answered, self.dark, self._plain = "", False, False, False, None
        self.greet = self.deliver       # what to do when a page has run the script
        # random, for two notebooks side by side on one page
        super().__init__(name=f"rnn-{secrets.token_hex(6)}", width=size[0], height=size[1])
        self.on_msg(self._heard)
        PAGES.add(self)

    @property
    def value(self):
        if self._draw is not None:
            self._value, self._draw = self._draw(), None
        return self._value

    def later(self, sentence, draw):
        """Take note of a picture that the page has already: draw() -> PNG is called if somebody asks for it here."""
        self.sentence, self.refused, self._draw = sentence, False, draw

    def show(self, sentence, png=None, refused=False, place=None):
        """Show a sentence and a picture; without `png` the picture stays. A page keeps the picture of a `place`."""
        self.sentence, self.refused = sentence, refused
        if png is not None:
            self._value, self._draw = png, None
        if self.answered:
            self.deliver(place)
        if self._plain:
            self._show_plainly()

    def deliver(self, place=None):
        """Send what is shown now."""
        self.ship(self.sentence, self.value, place=place, refused=self.refused)

    def ship(self, sentence, png, **more):
        self.send({"sentence": sentence, **more}, [png] if png else None)

    def _heard(self, _widget, content, _buffers):
        if "hello" in content:
            Page.page_answers = True
            if self._plain is None:     # else what it shows is plain, though the script runs beside it
                self.answered = True
                self.greet()

    def plain(self):
        """The same as widgets that every front end knows."""
        if self._plain is None:
            self.answered = False
            image = widgets.Image(format="png", width=self.width, height=self.height,
                                  layout={"max_width": "100%", "height": "auto"})
            self._plain = widgets.VBox([image, line()])
            self._show_plainly()
        return self._plain

    def _show_plainly(self):
        image, told = self._plain.children
        image.value, image.layout.display = self.value, "none" if self.refused else "inline"
        say(told, self.sentence)


def line(height="3.4em"):
    """A line for a sentence, of a height of its own, so that nothing below jumps when the sentence changes."""
    return widgets.HTML(layout={"min_height": height, "width": "min(98%, 850px)"})


def say(told, sentence):
    told.value = f'<div role="status" style="line-height: 1.5; font-size: 14px">{html.escape(sentence)}</div>'


class SavedWidget(widgets.VBox):
    """A box of widgets that a saved notebook shows as `.sentence()` and, where there is one, the picture in `.image`.

    Parameters
    ----------
    children : list of widgets
    controls : list of widgets
        Those that decide which picture is shown.
    image : Page, optional
        One of the children.
    """

    image = None
    again = "Run this cell to use it."      # said under a saved output that is not alive

    def __init__(self, children, image=None, controls=()):
        self.image = image
        self._page = image if image is not None else Page()
        self._page.on_msg(lambda _, content, buffers: self._asked(content))
        self._display, self._shown_at, self._expecting, self.closed = None, 0.0, None, False
        for child in children:
            reopen(child)       # a control of the learner's own may have been closed with an earlier output
        super().__init__(children)
        with self._page.hold_sync():
            self._page.controls = [(control.model_id, "index" if hasattr(control, "index") else "value") for control in controls]
            self._page.box = self.model_id

    def sentence(self):
        raise NotImplementedError

    def bundle(self):
        """What an output holds that is plain: {mime type: data}."""
        data = {"text/plain": self.sentence()}
        if self.image is not None:
            data["image/png"] = base64.b64encode(self.stored()).decode()
        return data

    def stored(self):
        """The picture that an output keeps: light, whatever the page."""
        return figures.png(self.figure) if self.image.dark else self.image.value

    def png(self):
        """The figure as it now stands, for the page."""
        return figures.png(self.figure, dark=self.image.dark)

    def markup(self):
        """What an output holds as HTML, without a line on how to make it move."""
        data = self.bundle()
        said = html.escape(data["text/plain"])
        told = f'<p style="white-space: pre-line">{said}</p>'
        if self.image is None:
            return told
        size = f'width="{self.image.width}" height="{self.image.height}"'
        return (f'<img src="data:image/png;base64,{data["image/png"]}" {size} alt="{said}" '
                f'aria-hidden="true" style="max-width: 100%; height: auto">{told}')

    def _html(self):
        again = f'<p class="rnn-again"><em>{html.escape(self.again)}</em></p>'
        return {**self.bundle(), "text/html": f'<div class="rnn-live {self._page.name}">{self.markup()}{again}</div>'}

    def _widgets(self):
        """The output for a front end of which no more is known than that it may have ipywidgets."""
        if self.image is not None:
            self.children = tuple(self.image.plain() if child is self.image else child for child in self.children)
        return {**self.bundle(), WIDGET: {"version_major": 2, "version_minor": 0, "model_id": self.model_id}}

    # ipywidgets 7 has this one, 8 has _repr_mimebundle_; IPython prefers it
    def _ipython_display_(self, **_):
        if self.closed:
            print("This was closed when the cell that had shown it was run again: make it anew.")
            return
        in_page = shows_html() and Page.page_answers is not False
        data = self._html() if in_page else self._widgets()
        self._display, self._shown_at = display(data, raw=True, display_id=True), time.monotonic()
        OUTPUTS.note(self)
        if in_page and Page.page_answers is None:
            self._expecting = background(self._expect_answer())

    async def _expect_answer(self):
        """A page without anywidget never answers: give it plain widgets."""
        quiet = 0.0
        while quiet < PATIENCE:       # its answer may wait behind the cells that were run after it
            await asyncio.sleep(PATIENCE - quiet + 0.01)
            if Page.page_answers or self.closed:
                return
            quiet = time.monotonic() - max(Page.busy_until, self._shown_at)
        Page.page_answers = False
        self._display.update(self._widgets(), raw=True)

    def _asked(self, content):
        if self.image is None:
            return
        if content.keys() & {"ratio", "dark"}:      # any other message need not wait until a picture has been drawn
            with LOCK:
                self._look(content)

    def _look(self, content):
        # `ratio` times the pixels each way, as for a fine screen or the large view
        ratio, dark = content.get("ratio", 0), content.get("dark", self.image.dark)
        dpi = self.figure.dpi * ratio * self.image.width / self.figure.bbox.width
        if ratio > 0 and not math.isclose(dpi, self.figure.dpi, rel_tol=1e-6):
            self.figure.set_dpi(dpi)
        elif dark != self.image.dark:
            self.image.dark = dark
        else:
            return
        self.look_anew()

    def look_anew(self):
        """Draw again what is shown, for a page that wants it otherwise."""
        self.image.show(self.image.sentence, self.png(), self.image.refused)

    def close(self):
        """End it: the widgets in it, and the memory its picture takes."""
        if not getattr(self, "closed", True) and not sys.is_finalizing():
            self.closed = True
            if self._expecting is not None:
                self._expecting.cancel()
            self.release()
            held = {id(part) for other in OUTPUTS.all() if other is not self for part in other.parts()}
            for part in [*self.parts()]:
                if part is not self and id(part) not in held:
                    part.close()
        super().close()

    def release(self):
        """What else ends with it."""

    def parts(self):
        """All widgets of this output, itself among them."""
        return itertools.chain(parts_of(self), parts_of(self._page))


def parts_of(widget):
    """A widget and all that it holds."""
    yield widget
    inner = [*getattr(widget, "children", ()), getattr(widget, "layout", None), getattr(widget, "style", None)]
    for part in inner:
        if isinstance(part, widgets.Widget):
            yield from parts_of(part)


def reopen(widget):
    """Undo `close`, the innermost first."""
    for part in reversed(list(parts_of(widget))):
        if part.comm is None:
            part.open()


# --- what is being run, and for whom

def request():
    """The message from the page that is being dealt with; {} where there is none."""
    with contextlib.suppress(AttributeError, LookupError):
        return get_ipython().kernel.get_parent() or {}
    return {}


def cell_id():
    """The cell that is being run, where the front end names it; JupyterLab, Notebook 7 and their like do."""
    return (request().get("metadata") or {}).get("cellId")


def shows_html():
    """Whether the front end puts an output's HTML and its widgets' scripts into one page, as those of JupyterLab's family do.

    Colab and Visual Studio Code start a widget's script only where a widget is the output.
    """
    if sys.platform == "emscripten":
        return True
    elsewhere = "google.colab" in sys.modules or "VSCODE_PID" in os.environ or "vscode" in str(cell_id())
    return cell_id() is not None and not elsewhere


def drop_from_history(objects):
    """IPython keeps what every cell has given, in Out, _, _12 and so on; figures that are closed would stay in memory."""
    shell, ids = get_ipython(), set(map(id, objects))
    for results in (shell.user_ns, shell.user_ns_hidden, shell.user_ns.get("Out", {}), vars(shell.displayhook)):
        for name in [name for name, value in results.items() if id(value) in ids and not str(name).strip("_0123456789")]:
            results[name] = None
    gc.collect()


# --- two threads
#
# JupyterLab since 4.4 has the messages of widgets dealt with in a thread beside the one that runs cells. Nothing of a figure
# is drawn while a cell runs in the other thread: its numbers may be half changed, and Matplotlib's settings are shared.

class Running:
    """The thread in which a cell is being run; None while none is."""

    thread = None

    @classmethod
    def elsewhere(cls):
        return cls.thread not in (None, threading.get_ident())


try:
    KERNEL_LOOP = asyncio.get_running_loop()    # this module is imported in a cell
except RuntimeError:
    KERNEL_LOOP = None


def background(coroutine):
    """Let a coroutine run beside everything else, on the loop of the thread that runs the cells: a task, or a future of one.

    None where there is no loop.
    """
    try:
        here = asyncio.get_running_loop()
    except RuntimeError:
        here = None
    loop = KERNEL_LOOP if KERNEL_LOOP is not None and KERNEL_LOOP.is_running() else here
    if loop is None:
        coroutine.close()
        return None
    return loop.create_task(coroutine) if loop is here else asyncio.run_coroutine_threadsafe(coroutine, loop)


# --- what cells show

class Outputs:
    """Which outputs each cell shows. What a cell showed when it was run before, and shows no more, is closed."""

    def __init__(self):
        self.shown, self.now = {}, []

    def note(self, output):
        self.now.append(output)

    def all(self):
        return itertools.chain(self.now, *self.shown.values())

    def close_replaced(self):
        """To be called after a cell has been run."""
        gone = [output for cell in (request().get("metadata") or {}).get("deletedCells") or ()
                for output in self.shown.pop(cell, [])]
        if cell_id() is not None:
            gone += self.shown.get(cell_id(), [])
            self.shown[cell_id()], self.now = self.now, []
        kept = {id(output) for output in self.all()}
        gone = [output for output in gone if id(output) not in kept]
        for output in gone:
            output.close()
        if gone:
            drop_from_history(gone)


# --- when pictures that were drawn ahead are wrong

FIGURES = weakref.WeakSet()     # with .forget(), .settle(), .catch_up(), .idle and .sliders
PAGES = weakref.WeakSet()


def _figures():
    """All of them; the other thread may be making one."""
    while True:
        with contextlib.suppress(RuntimeError):
            return list(FIGURES)


def changed(but=()):
    """Say that something has run on which figures may depend: what was drawn ahead is wrong, except that of `but`."""
    for figure in _figures():
        if figure not in but:
            figure.forget()


def asks_for(controls):
    """Whether the message that is being dealt with is a page's, for one of these controls."""
    model = (request().get("content") or {}).get("comm_id")
    return model is not None and any(control.comm is not None and control.model_id == model for control in controls)


def _concerned():
    """The figures for whose own control the message is that is being dealt with; None where it runs nothing but this file."""
    if asks_for(list(PAGES)):
        return None
    return [figure for figure in _figures() if asks_for(figure.sliders.values())]


def _for_a_widget():
    return (request().get("content") or {}).get("comm_id") is not None


def _nothing_to_do(concerned):
    """Whether the message cannot make any picture wrong; it is not kept waiting while one is being drawn."""
    if concerned is None:
        return True
    return _for_a_widget() and all(figure in concerned or figure.idle for figure in _figures())


def _before():
    """Before a cell, or the callbacks of a widget, are run: IPython calls both so, and `_after` afterwards."""
    concerned = _concerned()
    if _nothing_to_do(concerned):
        return
    with LOCK:
        changed(concerned)      # these may change anything and then set a slider
        for figure in _figures():
            if figure not in concerned:
                figure.settle()
        if not _for_a_widget():
            OUTPUTS.now, Running.thread = [], threading.get_ident()


def _after():
    concerned = _concerned()
    if _nothing_to_do(concerned):
        return
    with LOCK:
        changed(concerned)
        if not _for_a_widget():
            Running.thread, Page.busy_until = None, time.monotonic()
            OUTPUTS.close_replaced()
            for figure in _figures():
                figure.catch_up()


OUTPUTS = Outputs()
if get_ipython() is not None:
    get_ipython().events.register("pre_execute", _before)
    get_ipython().events.register("post_execute", _after)
