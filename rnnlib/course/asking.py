"""Ask before showing: a prediction to commit to, and what came out beside it."""

import html

import ipywidgets as widgets

from . import figures, record
from .controls import short, slider
from .page import SavedWidget, line, say

RIGHT, UP, DOWN = "\N{RIGHTWARDS ARROW}", "\N{BLACK UP-POINTING TRIANGLE}", "\N{BLACK DOWN-POINTING TRIANGLE}"


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
        say(self._text, f"Kept: {short(self.answer)} {self.unit}".rstrip() + ". Read on.")
        for tell in self._waiting:
            tell()

    def sentence(self):
        span = " / ".join(self.options) if self.options else f"{short(self.low)} to {short(self.high)} {self.unit}".rstrip()
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
            "" if p.answer is None else label(guess, DOWN, f"your prediction: {short(p.answer)}{unit}"),
            f'<div style="height: 10px; background-color: {figures.PALE}"><div style="height: 10px; margin-left: {first:.1f}%; '
            f'width: {max(last - first, 0.5):.1f}%; background-color: {figures.GRADIENT}"></div></div>',
            label(truth, UP, f"truth: {short(self.truth)}{unit}"),
            f"<div>on a scale from {short(low)} to {short(high)}{html.escape(unit)}</div>"))

    def sentence(self):
        p = self.prediction
        unit = f" {p.unit}" if p.unit else ""
        if p.answer is None:
            said = f"Truth: {short(self.truth)}{unit}. No prediction was committed above."
        elif p.options:
            said = f"Right: {self.truth}." if p.answer == self.truth else f"You said {p.answer}; it is {self.truth}."
        else:
            off = abs(p.answer - self.truth)
            said = f"You said {short(p.answer)}{unit}; it is {short(self.truth)}{unit}, {short(off)} off."
        return f"{said} {self.why}"
