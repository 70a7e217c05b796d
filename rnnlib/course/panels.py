"""What is typed into and what trains: text boxes, bars of progress, and training that can be stopped."""

import asyncio
import contextlib
import difflib
import signal
import time

import ipywidgets as widgets

from . import figures
from .page import Page, SavedWidget, background, changed, line, say


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
