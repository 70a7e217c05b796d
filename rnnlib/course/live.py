"""What moves in a notebook: sliders that redraw one figure, predictions, progress, and training that can be stopped.

Everything here also leaves something readable in a saved notebook: a picture, a sentence, never the name of a widget.
"""

import asyncio
import contextlib
import difflib
import functools
import html
import signal
import threading
import time

import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from . import figures, record
from .ahead import Ahead
from .figures import LOCK
from .page import FIGURES, Page, Running, SavedWidget, asks_for, background, changed, line, say

WIDE = {"style": {"description_width": "11em"}, "layout": {"width": "min(98%, 640px)"}}
RIGHT, UP, DOWN = "\N{RIGHTWARDS ARROW}", "\N{BLACK UP-POINTING TRIANGLE}", "\N{BLACK DOWN-POINTING TRIANGLE}"
WINDOW = 12     # so many pictures may be on their way to the page before more are drawn ahead: a slow line is never clogged


def slider(label, value, low, high, step=None, continuous=True):
    """A slider in the course's style: whole numbers if `value` is an int, else floats; the arrow keys move it by `step`.

    continuous=False redraws when the slider is let go, for figures that take longer than 100 ms.
    """
    kind = widgets.IntSlider if isinstance(value, int) else widgets.FloatSlider
    step = step or (1 if isinstance(value, int) else (high - low) / 100)
    number = {} if isinstance(value, int) else {"readout_format": f".{max(1, -int(np.floor(np.log10(step) + 1e-9)))}f"}
    return kind(value=value, min=low, max=high, step=step, description=label, continuous_update=continuous,
                **WIDE, **number)


def menu(label, options, value=None):
    """A menu in the course's style; `options` as `ipywidgets.Dropdown` takes them, the first chosen where `value` is None."""
    chosen = {} if value is None else {"value": value}
    return widgets.Dropdown(options=options, description=label, **chosen, **WIDE)


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
        for i, control in enumerate(sliders.values()):
            control.observe(functools.partial(self._moved, i), "value")
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
        return f"{self.finding}\n[{', '.join(f'{name} = {_short(value)}' for name, value in self.values().items())}]"

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
        finally:
            self._drawing = False

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
            self.image.deliver(self._place() if self._fresh else None)
            if self._fresh:
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
            self._plan.leave()
            self._fresh = False
            if self._sent:
                self._sent.clear()
                self.image.send({"forget": True})

    def settle(self):
        """Set the artists to where the sliders stand: what was drawn ahead has left them elsewhere."""
        with LOCK:
            if self._late and not Running.elsewhere():
                with contextlib.suppress(Exception):
                    self._redraw()
            elif self._drawn != self.values():
                with contextlib.suppress(Exception), figures.style():
                    self._drawn = self.values()
                    self._draw(**self._drawn)

    def catch_up(self):
        """Draw what somebody asked for while a cell was running."""
        if self._late:
            self._redraw()

    def stored(self):
        with LOCK:
            self.settle()
            return super().stored()

    def _asked(self, content):
        with LOCK:
            super()._asked(content)

    def look_anew(self):
        self.forget()
        self.settle()
        super().look_anew()

    def release(self):
        FIGURES.discard(self)
        self._plan.leave()


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
    if position == _position(control):
        return control.value
    if hasattr(control, "index"):
        return control._options_values[position]
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


class Prediction(SavedWidget):
    """Ask before showing: the learner commits to a number or a choice, and `reveal` later puts both on one axis.

    Parameters
    ----------
    question : str
    options : list of str, optional
        For a choice.
    low, high : int or float, optional
        For a number: the ends of the slider.
    start : optional
        Where the slider stands at first; its middle if not given.
    unit : str
        What the number counts: "steps", "%".

    Attributes
    ----------
    answer : the committed number or choice; None before the button was pressed
    """

    again = "Run this cell to answer."

    def __init__(self, question, options=None, low=None, high=None, start=None, unit=""):
        if (options is None) == (low is None or high is None):
            raise ValueError("a Prediction needs either options, or low and high")
        self.question, self.options, self.low, self.high, self.unit = question, options, low, high, unit
        self.answer, self._waiting = None, []
        if options:
            self.input = widgets.RadioButtons(options=options, value=None, layout={"width": "auto"})
        else:
            whole = isinstance(low, int) and isinstance(high, int)
            middle = start if start is not None else (low + high) // 2 if whole else (low + high) / 2
            self.input = slider(unit or "your number", middle, low, high)
        self.button = widgets.Button(description="Commit", button_style="primary", tooltip="keep this prediction")
        self.button.on_click(lambda _: self.commit())
        self._text = line("1.6em")
        super().__init__([widgets.HTML(f"<b>{html.escape(question)}</b>"), self.input, self.button, self._text])

    def commit(self):
        """Keep the prediction that now stands in the input."""
        if self.input.value is None:
            return say(self._text, "Choose an answer first.")
        self.answer = self.input.value
        self.input.disabled = self.button.disabled = True
        record.note_prediction(self.question, self.answer)
        say(self._text, f"Kept: {_short(self.answer)} {self.unit}".rstrip() + ". Read on.")
        for tell in self._waiting:
            tell()

    def sentence(self):
        span = " / ".join(self.options) if self.options else f"{_short(self.low)} to {_short(self.high)} {self.unit}".rstrip()
        return f"Prediction: {self.question} [{span}]"

    def reveal(self, truth, why):
        """Show the truth beside the prediction, how far off it was, and why: a `Reveal`. Committing later updates it too."""
        if self.options and truth not in self.options:
            raise ValueError(f"truth must be one of {self.options}; it was {truth!r}")
        shown = Reveal(self, truth, why)
        self._waiting.append(shown.update)
        return shown


class Reveal(SavedWidget):
    """What `Prediction.reveal` shows: a bar from the prediction to the truth, or the options with both marked, and a sentence.

    Plain HTML, at home in any theme and size. A screen reader gets the sentence, which says it all. Where nothing has been
    committed, as in a notebook that is opened for the first time, it is folded: the question above is not answered at a glance.
    """

    again = "Run this cell to compare your prediction."

    def __init__(self, prediction, truth, why):
        self.prediction, self.truth, self.why = prediction, truth, why
        self._text = widgets.HTML(layout={"width": "min(98%, 850px)"})
        super().__init__([self._text])
        self.update()

    def update(self):
        if self.prediction.answer is not None:
            record.note_prediction(self.prediction.question, self.prediction.answer, self.truth)
        self._text.value = f'<div style="line-height: 1.5; font-size: 14px">{self.markup()}</div>'

    def bundle(self):
        return {"text/plain": self.sentence(), "text/html": self.markup()}

    def drawn(self):
        """The bar, or the options with their marks, as HTML; the sentence says the same."""
        shown = self._options() if self.prediction.options else self._bar()
        return f'<div aria-hidden="true" style="max-width: 640px">{shown}</div>'

    def markup(self):
        told = (self.drawn() +
                f'<p role="status" style="white-space: pre-line">{html.escape(self.sentence())}</p>')
        return told if self.prediction.answer is not None else \
            f"<details><summary>What came out (make your prediction first)</summary>{told}</details>"

    def _options(self):
        rows = []
        for option in self.prediction.options:
            marks = ["your prediction"] * (option == self.prediction.answer) + ["truth"] * (option == self.truth)
            weight = "bold" if option == self.truth else "normal"
            note = f'{" = ".join(marks)} {RIGHT}' if marks else ""
            rows.append('<div><span style="display: inline-block; width: 11em; text-align: right; margin-right: 0.6em">'
                        f'{note}</span>'
                        f'<span style="font-weight: {weight}">{html.escape(option)}</span></div>')
        return "".join(rows)

    def _bar(self):
        p, truth = self.prediction, float(self.truth)
        guess = truth if p.answer is None else float(p.answer)
        low, high = min(p.low, truth), max(p.high, truth)
        unit = f" {p.unit}" if p.unit else ""

        def share(value):
            return 100 * (value - low) / (high - low)

        def label(value, mark, text):
            text = html.escape(text)
            return f'<div style="margin-left: {share(value):.1f}%">{mark} {text}</div>' if share(value) <= 50 else \
                f'<div style="width: {share(value):.1f}%; text-align: right">{text} {mark}</div>'

        first, last = sorted((share(guess), share(truth)))
        return "".join((
            "" if p.answer is None else label(guess, DOWN, f"your prediction: {_short(p.answer)}{unit}"),
            f'<div style="height: 10px; background-color: {figures.PALE}"><div style="height: 10px; margin-left: {first:.1f}%; '
            f'width: {max(last - first, 0.5):.1f}%; background-color: {figures.GRADIENT}"></div></div>',
            label(truth, UP, f"truth: {_short(self.truth)}{unit}"),
            f"<div>on a scale from {_short(low)} to {_short(high)}{html.escape(unit)}</div>"))

    def sentence(self):
        p = self.prediction
        unit = f" {p.unit}" if p.unit else ""
        if p.answer is None:
            said = f"Truth: {_short(self.truth)}{unit}. No prediction was committed above."
        elif p.options:
            said = f"Right: {self.truth}." if p.answer == self.truth else f"You said {p.answer}; it is {self.truth}."
        else:
            off = abs(p.answer - self.truth)
            said = f"You said {_short(p.answer)}{unit}; it is {_short(self.truth)}{unit}, {_short(off)} off."
        return f"{said} {self.why}"


class TextBox(SavedWidget):
    """A line to type in, and what is answered to it; with a figure, if there is one, drawn anew for each text.

    What people type is shown as text, never as HTML.

    Parameters
    ----------
    label : str
    text : str
        What stands in it at first.
    answer : function
        answer(text) -> str: sets the figure's artists, if there is one, and returns the sentence under it. It meets empty,
        long and odd texts; a ValueError it raises is shown as a sentence.
    figure : matplotlib Figure, optional

    Attributes
    ----------
    input : ipywidgets.Text
        Setting ``.input.value`` answers, with or without a browser.
    finding : str
        The sentence now shown.
    """

    LONGEST = 500
    again = "Run this cell to type."

    def __init__(self, label, text, answer, figure=None):
        self._reader, self.figure = answer, figure
        self.input = widgets.Text(value=text, description=label, continuous_update=False, placeholder="type, then press Enter",
                                  style={"description_width": "initial"}, layout={"width": "min(98%, 640px)"})
        self._text = line() if figure is None else None
        image = Page(figure.canvas.get_width_height()) if figure is not None else None
        super().__init__([self.input, image or self._text], image)
        self.input.observe(self._reply, "value")
        self._reply()

    def sentence(self):
        return f"{self.input.description} {self.input.value!r}: {self.finding}"

    def _reply(self, _change=None):
        written, png = self.input.value.strip(), None
        try:
            if not written:
                raise ValueError("Nothing is written there yet.")
            if len(written) > self.LONGEST:
                raise ValueError(f"That is {len(written)} characters long; up to {self.LONGEST} are read.")
            with figures.style():
                self.finding = self._reader(written)
            png = self.png() if self.figure is not None else None
        except ValueError as error:
            self.finding = str(error)
        if self.image is None:
            say(self._text, self.finding)
        else:       # a picture that belongs to another text is not shown
            self.image.show(self.finding, png, refused=png is None)


def nearest(word, known):
    """A sentence on a word that is not known, with the nearest known ones offered."""
    close = difflib.get_close_matches(word.lower(), known, n=3, cutoff=0.5)
    offer = f" Near it: {', '.join(close)}." if close else ""
    return f"{word[:30]!r} is not among the words this network knows.{offer}"


def progress(steps, count, label="Training"):
    """Go through a generator of `count` steps with a bar under the cell: ``for step in progress(train(...), 300): ...``"""
    from IPython.display import display

    bar = _Bar(count, label)
    display(bar)
    shown, done = 0.0, 0
    try:
        for done, item in enumerate(steps, 1):
            if time.monotonic() - shown > 0.1:
                shown = time.monotonic()
                bar.to(done)
            yield item
    finally:
        bar.to(done, ended=True)


class _Bar(SavedWidget):
    def __init__(self, count, label):
        self.label, self.count = label, count
        self.bar = widgets.IntProgress(value=0, max=count, description=label, style={"description_width": "initial"},
                                       layout={"width": "min(98%, 640px)"})
        self._text = line("1.6em")
        super().__init__([self.bar, self._text])

    def to(self, done, ended=False):
        self.bar.value = done
        if ended:
            self.bar.bar_style = "success" if done >= self.count else "warning"
        say(self._text, f"{done} of {self.count} steps" + (", stopped early" if ended and done < self.count else ""))

    def sentence(self):
        return f"{self.label}: {self.count} steps"


class Training(SavedWidget):
    """A training run with a start button, the loss as it falls, and a stop button that is heard at once.

    The run is an asyncio task on the kernel's own loop that steps aside every few milliseconds: a loop inside a running cell
    would never see the button. What was learned up to a stop is kept, for the model is changed in place.

    Parameters
    ----------
    start : function
        start(**values of the controls) -> generator of (step, loss, norm), as `rnnlib.train` makes it.
    steps : int
        How many steps a whole run has.
    after : function, optional
        after() -> str: said when a run has ended, early or not; the score, say.
    history : list of (step, loss, norm), optional
        A run to show before the first start.
    unit : str, optional
        Of the loss: nats for cross entropy, which is the rule.
    controls : ipywidgets with a .value
        By name; read when a run starts.
    """

    again = "Run this cell to train."
    under_way = None        # the one panel that trains now: two runs must never train one model

    def __init__(self, start, steps, after=None, history=(), unit="nats", **controls):
        self._start, self.steps, self._after, self.controls = start, steps, after, controls
        self.history, self.task, self._stopping = list(history), None, False
        self.figure, self._set_losses = figures.loss_curve(steps, unit)
        image = Page(self.figure.canvas.get_width_height())
        self.start_button = widgets.Button(description="Train", button_style="primary", icon="play")
        self.stop_button = widgets.Button(description="Stop", icon="stop", disabled=True)
        self.start_button.on_click(lambda _: self.start())
        self.stop_button.on_click(lambda _: self.stop())
        self.bar = widgets.IntProgress(value=0, max=steps, layout={"width": "220px"})
        super().__init__([*controls.values(), widgets.HBox([self.start_button, self.stop_button, self.bar]), image], image)
        self._show("Press Train to watch the loss fall." if not self.history else
                   f"A finished run of {len(self.history)} steps; press Train for one of your own.")

    def sentence(self):
        return f"{self.said} [a panel with the buttons Train and Stop]"

    def start(self):
        """Start a run as a task on the kernel's event loop; a second press while one runs does nothing."""
        if self.task is None or self.task.done():
            self.task = background(self.run())

    def stop(self):
        """End the run after the step it is in; the weights stay as they are."""
        self._stopping = True

    def release(self):
        self.stop()

    async def run(self):
        """One whole run; `start` makes a task of it, a test may await it. A run that is under way anywhere ends before."""
        if Training.under_way is not None:
            Training.under_way.stop()
        Training.under_way, self._stopping, self.history = self, False, []
        self.start_button.disabled, self.stop_button.disabled = True, False
        await asyncio.sleep(0)      # until the button's own message has been dealt with
        try:
            with _interrupt_calls(self.stop):
                await self._train()
            if self.closed:
                return
            ended = f"Stopped after {len(self.history)} of" if len(self.history) < self.steps else "Done:"
            loss = f", loss {self.history[-1][1]:.3g}; the weights are kept." if self.history else "."
            self._show(f"{ended} {self.steps} steps{loss}" + (f" {self._after()}" if self._after else ""))
        except Exception as error:      # a task's exception is shown nowhere else
            self._show(f"Training stopped with {type(error).__name__}: {error}")
            raise
        finally:
            if Training.under_way is self:
                Training.under_way = None
            self.start_button.disabled, self.stop_button.disabled = False, True

    async def _train(self):
        steps = iter(self._start(**{name: control.value for name, control in self.controls.items()}))
        shown = aside = time.monotonic()
        while not self._stopping:       # asked before each step: whoever stops a run may begin another at once
            step = next(steps, None)
            if step is None:
                break
            self.history.append(step)
            if time.monotonic() - aside > 0.03:
                if time.monotonic() - shown > 0.3:
                    self._show(f"Step {len(self.history)} of {self.steps}: loss {step[1]:.3g}.")
                    shown = time.monotonic()
                await asyncio.sleep(0.001)
                aside = time.monotonic()

    def _show(self, said):
        self.said, self.bar.value = said, len(self.history)
        self._set_losses([loss for _, loss, _ in self.history])
        self.image.show(said, self.png())
        changed()       # the model is another one


@contextlib.contextmanager
def _interrupt_calls(stop):
    """Let Kernel > Interrupt, which by itself reaches a running cell alone, call `stop`."""
    try:
        before = signal.signal(signal.SIGINT, lambda *_: stop())
    except (ValueError, AttributeError, OSError):       # in a browser, or in a thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _short(value):
    return f"{value:.4g}" if isinstance(value, (float, np.floating)) else str(value)
