"""What moves in a notebook: sliders that redraw one figure, predictions, progress, and training that can be stopped.

A figure with sliders is made here; what asks and what trains come from `asking` and `panels`, so that a lesson imports one name.
Everything also leaves something readable in a saved notebook: a picture, a sentence, never the name of a widget.
"""

import asyncio
import contextlib
import functools
import threading

import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from . import figures
from .ahead import Ahead
from .asking import Prediction, Reveal
from .controls import WIDE, menu, short, slider
from .figures import LOCK
from .page import FIGURES, Page, Running, SavedWidget, asks_for, background
from .panels import TextBox, Training, nearest, progress

__all__ = ["WIDE", "LiveFigure", "Prediction", "Reveal", "TextBox", "Training", "menu", "nearest", "progress", "slider"]

WINDOW = 12     # so many pictures may be on their way to the page before more are drawn ahead: a slow line is never clogged


class LiveFigure(SavedWidget):
    """Sliders above one persistent figure, and under it a sentence that says what the figure shows.

    While somebody moves a slider, pictures of further positions are drawn and sent ahead (`ahead` says which), and the page
    shows them by itself. They go as soon as anything has run on which they may depend.

    Parameters
    ----------
    figure : matplotlib Figure
        Made once (`figures.new`); its artists are changed in place, it is never drawn on a new canvas.
    draw : function
        draw(**values) -> str: sets the artists to the sliders' values and returns the finding in words. It does nothing
        else, for it is also called with values that nobody has chosen yet.
    play : str, optional
        The name of the slider along which time runs: it gets a step back, Play and Pause, a step on, and a choice of speed.
        Play gives way to a hand on a slider, and where the system asks for reduced motion there are the steps alone. Nothing
        else is needed: ``LiveFigure(figure, draw, play="t", t=slider("step t", 1, 1, T))``.
    pace : float, optional
        Positions a second at which it plays; if not given, so that the whole takes about ten seconds.
    sliders : ipywidgets with a .value
        By name; sliders, menus, check boxes.

    Attributes
    ----------
    sliders : dict
        Setting ``.sliders["T"].value`` redraws, with or without a browser.
    finding : str
        The sentence now under the figure.
    """

    again = "Run this cell to move it."

    def __init__(self, figure, draw, play=None, pace=None, **sliders):
        if play is not None and (play not in sliders or _count(sliders[play]) is None):
            raise ValueError(f"play must name a slider or a menu, one of {list(sliders)}; it was {play!r}")
        if not hasattr(figure.canvas, "buffer_rgba"):   # a Figure made without pyplot and without figures.new
            FigureCanvasAgg(figure)
        self.figure, self._draw, self.sliders = figure, draw, sliders
        self._sent = {}                     # the sentence of each place whose picture the page has; None: it cannot be drawn
        self._shipped = self._got = 0       # pictures sent to the page, and those of them that it has taken in
        self._full = False                  # so many are under way that no more are drawn ahead
        self._late = False                  # it has been moved, and is to be drawn
        self._plan = Ahead(map(_count, sliders.values()))
        # a task draws ahead; a move that comes while it ends must not be lost
        self._task, self._drawing, self._wanted, self._gate = None, False, False, threading.Lock()
        image = Page(figure.canvas.get_width_height())
        if play is not None:
            image.play = list(sliders).index(play)
            image.pace = pace or float(np.clip(_count(sliders[play]) / 10, 1, 25))
        image.greet = self._greet
        image.on_msg(lambda _, content, buffers: self._heard(content))
        super().__init__([*sliders.values(), image], image, sliders.values())
        self._heeded = [(control, functools.partial(self._moved, i)) for i, control in enumerate(sliders.values())]
        for control, heed in self._heeded:
            control.observe(heed, "value")
        FIGURES.add(self)
        self._redraw()

    @property
    def finding(self):
        if self._late:
            self.settle()
        return self._finding

    def values(self):
        """The sliders' values now, by name."""
        return {name: control.value for name, control in self.sliders.items()}

    def sentence(self):
        return f"{self.finding}\n[{', '.join(f'{name} = {short(value)}' for name, value in self.values().items())}]"

    def _picture(self, values):
        """(finding, PNG) at these values."""
        self._drawn = values        # what the artists show
        with figures.style():
            finding = self._draw(**values) or "A live figure."
            return finding, self.png()

    def _redraw(self):
        with LOCK:
            self._late = False
            place, values = self._place(), self.values()
            try:
                self._finding, png = self._picture(values)
            except Exception as error:      # one in a callback is swallowed by the notebook; say it where it is seen
                self._fresh = False
                self.image.show(f"This figure failed at {values}: {type(error).__name__}: {error}")
                raise
            self._fresh = True
            self.image.show(self._finding, png, place=place)
            if self.image.answered:
                self._note(place, self._finding)

    def _moved(self, i, _change):
        self._plan.move(self._positions(), i)
        place = self._place()
        said = self._sent.get(place)
        if Running.elsewhere():
            self._late = True
        elif said is not None:      # the page shows it already
            self._show_kept(said)
        elif self._drawing and place not in self._sent and asks_for(self.sliders.values()):
            self._late = True       # the task will draw it in its turn, and this thread goes on to the next message
        else:
            with LOCK:
                self._late = Running.elsewhere()
                if not self._late:
                    self._redraw()
        self._go_ahead()

    def _show_kept(self, said):
        self._late, self._finding = False, said
        self.image.later(said, lambda: self._picture(self.values())[1])

    # --- what is drawn ahead

    def _place(self):
        """What the page knows this setting by."""
        return tuple(map(_known_by, self.sliders.values()))

    def _positions(self):
        return tuple(map(_position, self.sliders.values()))

    def _place_of(self, positions):
        """What the page knows a place of the plan by."""
        return tuple(_known_at(control, k) for control, k in zip(self.sliders.values(), positions))

    def _values_of(self, positions):
        return {name: _at(control, k) for (name, control), k in zip(self.sliders.items(), positions)}

    def _go_ahead(self):
        if not self.image.answered:
            return
        with self._gate:
            self._wanted = True
            if self._drawing:
                return
            self._drawing = True
        self._task = background(self._draw_ahead())
        if self._task is None:
            self._drawing = False

    async def _draw_ahead(self):
        """Draw one place of the plan after the other, and attend to messages between any two."""
        try:
            while True:
                self._wanted = False
                await asyncio.sleep(0.001)
                with LOCK:
                    going = Running.thread is None and self._draw_next()
                with self._gate:
                    if not going and not self._wanted:
                        self._drawing = False
                        return
        except BaseException:
            self._drawing = False
            raise

    def _draw_next(self):
        """Draw the next place of the plan; False where there is none."""
        said = self._sent.get(self._place())
        if self._late and said is not None:
            self._show_kept(said)
        self._full = self._shipped - self._got >= WINDOW
        positions = None if self._full else self._plan.next(lambda positions: self._place_of(positions) in self._sent)
        if self._late and (positions in (None, self._positions()) or self._place() in self._sent):
            with contextlib.suppress(Exception):    # it is told under the figure
                self._redraw()
            return True
        if positions is None:
            return False
        place = self._place_of(positions)
        try:
            finding, png = self._picture(self._values_of(positions))
        except Exception:       # whoever goes there is told
            self._sent[place] = None
        else:
            self.image.ship(finding, png, place=place)
            self._note(place, finding)
        return True

    def _note(self, place, finding):
        self._sent[place] = finding
        self._shipped += 1

    def _greet(self):
        """A page is there, which has no pictures yet."""
        with LOCK:
            self._sent.clear()
            self._shipped = self._got = 0
            keeps = self._fresh and not self._late
            self.image.deliver(self._place() if keeps else None)
            if keeps:
                self._note(self._place(), self._finding)

    def _heard(self, content):
        # without LOCK: the next message, a move, would wait until a picture has been drawn
        if "reach" in content:
            self._plan.reach(self._positions(), content["reach"], content.get("keys", False))
        if "leave" in content:
            self._plan.leave()
        if "got" in content:
            self._got = min(self._got + content["got"], self._shipped)
        for place in content.get("dropped", ()):
            self._sent.pop(tuple(place), None)
        if "got" not in content or self._full:
            self._go_ahead()

    @property
    def idle(self):
        """Whether nothing is drawn ahead or to be drawn, and the artists show where the sliders stand."""
        return not (self._sent or self._drawing or self._late) and self._drawn == self.values()

    def forget(self):
        """What was drawn is wrong from now on: something has run on which it may depend. The picture on the page stays."""
        with LOCK:
            self._plan.pause()
            self._fresh = False
            if self._sent:
                self._sent.clear()
                self.image.send({"forget": True})

    def settle(self):
        """Set the artists to where the sliders stand: what was drawn ahead has left them elsewhere."""
        with LOCK:
            if Running.elsewhere():
                return
            if self._late:
                with contextlib.suppress(Exception):
                    self._redraw()
            elif self._drawn != self.values():
                with contextlib.suppress(Exception), figures.style():
                    self._drawn = self.values()
                    self._draw(**self._drawn)

    def catch_up(self):
        """Draw what somebody asked for while a cell was running."""
        if self._late:
            with contextlib.suppress(Exception):    # it is told under the figure, and the others' turn comes
                self._redraw()

    def stored(self):
        with LOCK:
            self.settle()
            return super().stored()

    def look_anew(self):
        self.forget()
        self._late = self._late or Running.elsewhere()
        if not Running.elsewhere():     # else it is drawn when the cell has been run
            self.settle()
            super().look_anew()

    def release(self):
        FIGURES.discard(self)
        self._plan.leave()
        for control, heed in self._heeded:
            control.unobserve(heed, "value")


def _count(control):
    """How many positions a control has; None where they cannot be counted."""
    if hasattr(control, "index"):
        return len(control.options)
    if isinstance(control, widgets.Checkbox):
        return 2
    if isinstance(control, (widgets.IntSlider, widgets.FloatSlider)):
        return int(np.floor((control.max - control.min) / control.step + 1e-6)) + 1
    return None


def _position(control):
    if hasattr(control, "index"):
        return control.index or 0
    if isinstance(control, (widgets.IntSlider, widgets.FloatSlider)):
        return int(round((control.value - control.min) / control.step))
    return int(isinstance(control, widgets.Checkbox) and control.value)


def _at(control, position):
    """The value of a control at a position."""
    if hasattr(control, "index"):
        return control._options_values[position]
    if position == _position(control):
        return control.value
    if isinstance(control, widgets.Checkbox):
        return bool(position)
    return type(control.value)(round(min(control.min + position * control.step, control.max), 10))


def _known_by(control):
    """What a page knows a control's value by."""
    return control.index if hasattr(control, "index") else _rounded(control.value)


def _known_at(control, position):
    """The same of the value at a position."""
    if position == _position(control):      # a value given by code may lie between two positions
        return _known_by(control)
    return position if hasattr(control, "index") else _rounded(_at(control, position))


def _rounded(value):
    """0.3 and 0.1 + 0.2 are one place."""
    return float(f"{value:.12g}") if isinstance(value, float) else value
