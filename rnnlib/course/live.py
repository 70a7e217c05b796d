"""What moves in a notebook: sliders that redraw one figure, predictions, progress, and training that can be stopped.

Everything here also leaves something readable in a saved notebook: a picture, a sentence, never the name of a widget.
"""

import asyncio
import base64
import difflib
import html
import os
import time

import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from . import figures, record, static_export


class SavedWidget(widgets.VBox):
    """A box of widgets that a saved notebook shows as `.sentence()` and, where there is one, the picture in `.image`."""

    image = None

    def sentence(self):
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        bundle["text/plain"] = self.sentence()
        if self.image is not None:
            bundle["image/png"] = base64.b64encode(self.image.value).decode()
        return bundle


def slider(label, value, low, high, step=None, continuous=True):
    """A slider in the course's style: whole numbers if `value` is an int, else floats; the arrow keys move it by `step`.

    continuous=False redraws when the slider is let go, for figures that take longer than 100 ms.
    """
    kind = widgets.IntSlider if isinstance(value, int) else widgets.FloatSlider
    step = step or (1 if isinstance(value, int) else (high - low) / 100)
    number = {} if isinstance(value, int) else {"readout_format": f".{max(1, -int(np.floor(np.log10(step) + 1e-9)))}f"}
    return kind(value=value, min=low, max=high, step=step, description=label, continuous_update=continuous,
                style={"description_width": "11em"}, layout={"width": "min(98%, 640px)"}, **number)


class LiveFigure(SavedWidget):
    """Sliders above one persistent figure, and under it a sentence that says what the figure shows.

    Parameters
    ----------
    figure : matplotlib Figure
        Made once (`figures.new`); its artists are changed in place, it is never drawn on a new canvas.
    draw : function
        draw(**values) -> str: sets the artists to the sliders' values and returns the finding in words.
    sliders : ipywidgets with a .value
        By name; sliders, menus, check boxes.

    Attributes
    ----------
    sliders : dict
        Setting ``.sliders["T"].value`` redraws, with or without a browser.
    finding : str
        The sentence now under the figure.
    """

    def __init__(self, figure, draw, **sliders):
        if not hasattr(figure.canvas, "buffer_rgba"):   # a Figure made without pyplot and without figures.new
            FigureCanvasAgg(figure)
        self.figure, self._draw, self.sliders = figure, draw, sliders
        self.image, self._text = _image(figure), _text()
        super().__init__([*sliders.values(), self.image, self._text])
        for control in sliders.values():
            control.observe(self._redraw, "value")
        self._redraw()

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        folder = os.environ.get("RNNLIB_PICTURES")      # set where the static site is built: its pages have no kernel to ask
        markup = static_export.export(self, folder) if folder else None
        return {**bundle, "text/html": markup} if markup else bundle

    def values(self):
        """The sliders' values now, by name."""
        return {name: control.value for name, control in self.sliders.items()}

    def sentence(self):
        return f"{self.finding}\n[{', '.join(f'{name} = {_short(value)}' for name, value in self.values().items())}]"

    def _redraw(self, _change=None):
        try:
            with figures.style():
                self.finding = self._draw(**self.values()) or "A live figure."
            self.image.value = figures.png(self.figure)
        except Exception as error:      # an exception in a callback is swallowed by the notebook; say it where it is seen
            _say(self._text, f"This figure failed at {self.values()}: {type(error).__name__}: {error}")
            raise
        _say(self._text, self.finding)


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
        self._text = _text("1.6em")
        super().__init__([widgets.HTML(f"<b>{html.escape(question)}</b>"), self.input, self.button, self._text])

    def commit(self):
        """Keep the prediction that now stands in the input."""
        if self.input.value is None:
            return _say(self._text, "Choose an answer first.")
        self.answer = self.input.value
        self.input.disabled = self.button.disabled = True
        record.note_prediction(self.question, self.answer)
        _say(self._text, f"Kept: {_short(self.answer)} {self.unit}".rstrip() + ". Read on.")
        for tell in self._waiting:
            tell()

    def sentence(self):
        span = " / ".join(self.options) if self.options else f"{_short(self.low)} to {_short(self.high)} {self.unit}".rstrip()
        return f"Prediction: {self.question} [{span}]"

    def reveal(self, truth, why):
        """Show the truth beside the prediction, how far off it was, and why. Committing later updates it too."""
        if self.options and truth not in self.options:
            raise ValueError(f"truth must be one of {self.options}; it was {truth!r}")
        shown = Reveal(self, truth, why)
        self._waiting.append(shown.update)
        return shown


class Reveal(SavedWidget):
    """What `Prediction.reveal` shows: truth and prediction on one axis, and a sentence."""

    def __init__(self, prediction, truth, why):
        self.prediction, self.truth, self.why = prediction, truth, why
        if prediction.options:
            self.figure, self._guess = figures.choice(prediction.options, truth)
        else:
            self.figure, self._guess = figures.number_line(prediction.low, prediction.high, float(truth), prediction.unit)
        self.image, self._text = _image(self.figure), _text()
        super().__init__([self.image, self._text])
        self.update()

    def update(self):
        if self.prediction.answer is not None:
            record.note_prediction(self.prediction.question, self.prediction.answer, self.truth)
        self._guess(self.prediction.answer)
        self.image.value = figures.png(self.figure)
        _say(self._text, self.sentence())

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

    def __init__(self, label, text, answer, figure=None):
        self._answer, self.figure = answer, figure
        self.input = widgets.Text(value=text, description=label, continuous_update=False, placeholder="type, then press Enter",
                                  style={"description_width": "initial"}, layout={"width": "min(98%, 640px)"})
        self._text = _text()
        if figure is not None:
            self.image = _image(figure)
        super().__init__([self.input, *([self.image] if figure is not None else []), self._text])
        self.input.observe(self._reply, "value")
        self._reply()

    def sentence(self):
        return f"{self.input.description} {self.input.value!r}: {self.finding}"

    def _reply(self, _change=None):
        text = self.input.value.strip()
        try:
            if not text:
                raise ValueError("Nothing is written there yet.")
            if len(text) > self.LONGEST:
                raise ValueError(f"That is {len(text)} characters long; up to {self.LONGEST} are read.")
            with figures.style():
                self.finding = self._answer(text)
            if self.figure is not None:
                self.image.value, self.image.layout.visibility = figures.png(self.figure), "visible"
        except ValueError as error:
            self.finding = str(error)
            if self.figure is not None:
                self.image.layout.visibility = "hidden"     # it belongs to another text; its room stays
        _say(self._text, self.finding)


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
        self._text = _text("1.6em")
        super().__init__([self.bar, self._text])

    def to(self, done, ended=False):
        self.bar.value = done
        if ended:
            self.bar.bar_style = "success" if done >= self.count else "warning"
        _say(self._text, f"{done} of {self.count} steps" + (", stopped early" if ended and done < self.count else ""))

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
    controls : ipywidgets with a .value
        By name; read when a run starts.
    """

    def __init__(self, start, steps, after=None, history=(), **controls):
        self._start, self.steps, self._after, self.controls = start, steps, after, controls
        self.history, self.task, self._stopping = list(history), None, False
        self.figure, self._set_losses = figures.loss_curve()
        self.image, self._text = _image(self.figure), _text()
        self.start_button = widgets.Button(description="Train", button_style="primary", icon="play")
        self.stop_button = widgets.Button(description="Stop", icon="stop", disabled=True)
        self.start_button.on_click(lambda _: self.start())
        self.stop_button.on_click(lambda _: self.stop())
        self.bar = widgets.IntProgress(value=0, max=steps, layout={"width": "220px"})
        super().__init__([*controls.values(), widgets.HBox([self.start_button, self.stop_button, self.bar]), self.image,
                          self._text])
        self._show("Press Train to watch the loss fall." if not self.history else
                   f"A finished run of {len(self.history)} steps; press Train for one of your own.")

    def sentence(self):
        return f"{self.said} [a panel with the buttons Train and Stop]"

    def start(self):
        """Start a run as a task on the running event loop; a second press while one runs does nothing."""
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self.run())

    def stop(self):
        """End the run after the step it is in; the weights stay as they are."""
        self._stopping = True

    async def run(self):
        """One whole run; `start` makes a task of it, a test may await it."""
        self._stopping, self.history = False, []
        self.start_button.disabled, self.stop_button.disabled = True, False
        shown = aside = time.monotonic()
        try:
            for step in self._start(**{name: control.value for name, control in self.controls.items()}):
                self.history.append(step)
                if self._stopping:
                    break
                if time.monotonic() - aside > 0.03:
                    if time.monotonic() - shown > 0.3:
                        self._show(f"Step {len(self.history)} of {self.steps}: loss {step[1]:.3g}.")
                        shown = time.monotonic()
                    await asyncio.sleep(0.001)
                    aside = time.monotonic()
            stopped = f"Stopped after {len(self.history)} of" if len(self.history) < self.steps else "Done:"
            ending = f"{stopped} {self.steps} steps, loss {self.history[-1][1]:.3g}; the weights are kept."
            self._show(ending + (f" {self._after()}" if self._after else ""))
        except Exception as error:      # a task's exception is shown nowhere else
            self._show(f"Training stopped with {type(error).__name__}: {error}")
            raise
        finally:
            self.start_button.disabled, self.stop_button.disabled = False, True

    def _show(self, said):
        self.said, self.bar.value = said, len(self.history)
        self._set_losses([loss for _, loss, _ in self.history])
        self.image.value = figures.png(self.figure)
        _say(self._text, said)


def _image(figure):
    width, height = figure.canvas.get_width_height()
    return widgets.Image(format="png", width=width, height=height, layout={"max_width": "100%", "height": "auto"})


def _text(height="3.4em"):
    """A line for a sentence, of a height of its own, so that nothing below jumps when the sentence changes."""
    return widgets.HTML(layout={"min_height": height, "width": "min(98%, 850px)"})


def _say(text, sentence):
    text.value = f'<div role="status" style="line-height: 1.5; font-size: 14px">{html.escape(sentence)}</div>'


def _short(value):
    return f"{value:.4g}" if isinstance(value, (float, np.floating)) else str(value)
