"""The final quiz: ten questions, one of each lesson from 01 to 10; every answer, right or wrong, comes with its explanation."""

import html
import zlib
from dataclasses import dataclass

import ipywidgets as widgets

from ..page import SavedWidget, line, say


@dataclass(frozen=True)
class Question:
    """A question of one lesson, and its options with an explanation each; the first is the right one."""

    lesson: str
    text: str
    options: dict

    @property
    def right(self):
        return next(iter(self.options))

    def shuffled(self):
        """The options in an order that says nothing and stays: by checksum."""
        return sorted(self.options, key=lambda option: zlib.adler32((option + self.text).encode()))


QUESTIONS = [
    Question("01", "A cell has D = 10 inputs and H = 20 hidden units. How many numbers does it learn?", {
        "620": "H (D + H + 1) = 20 · 31: W_x has 200, W_h 400, b 20.",
        "400": "That is W_h alone, H · H. W_x (20 · 10) and b (20) are learned too.",
        "600": "W_x and W_h, but each unit also has a bias: 20 more.",
        "it depends on the length of the sequence": "The same weights serve every step, so T does not enter."}),
    Question("02", "Sequences of lengths 3 and 7 share a batch of T = 7 steps. Where is the shorter one's last state in h (T+1, B, H)?", {
        "h[3]": "h[0] is the start, so the state after 3 steps is h[3]; what follows has read padding.",
        "h[2]": "One early: h[0] is the state before anything was read, so h[2] has read two inputs.",
        "h[7]": "That state has read four steps of padding as well.",
        "h[-1], where the loss is masked": "A mask on the loss does not stop the state from reading the padding."}),
    Question("03", "What is dL/dh_t made of?", {
        "this step's own loss, and what step t+1 sends back": "Two paths leave h_t, so two gradients come back and add up.",
        "this step's own loss alone": "h_t also feeds step t+1; without that path nothing is learned across time.",
        "the loss of the last step alone": "Every step may have a loss; the direct gradients of all of them count.",
        "the mean of all losses' gradients": "Gradients of several paths add up; no mean is taken."}),
    Question("04", "The loss is at step T = 100 and every factor is 0.7. What share of the gradient reaches h_1?", {
        "4.6e-16": "From h_1 to h_100 there are 99 factors, and 0.7^99 = 4.6e-16.",
        "3.2e-16": "That is 0.7^100, one factor too many: 100 states have 99 steps between them.",
        "0.7": "One step back 0.7 is left; the factors multiply.",
        "exactly 0 in float64": "float64 goes down to 4.9e-324, far below."}),
    Question("05", "What is d c_t / d c_{t-1} along the direct path of an LSTM?", {
        "diag(f_t)": "A product of gates, not of matrices: where f stays near 1, the gradient stays.",
        "diag(1 - h_t^2) W_h": "That is the vanilla cell's factor, which the direct path avoids.",
        "the identity": "Only with f = 1, as in the first LSTM of 1997, which had no forget gate.",
        "W_f": "W_f acts inside the gate; along the direct path c_{t-1} is multiplied by the gate's value."}),
    Question("06", "A many-to-one network reads a batch of sentences of unequal length. Where does the loss enter?", {
        "at each sentence's own last state": "That state has read the whole sentence and nothing else; the gradient starts there.",
        "at h_T for all, T the longest length": "For the shorter ones h_T has read padding as well.",
        "at every state": "That is many to many. Here the states before the last get their gradient through the next step alone.",
        "at h_0": "h_0 has read nothing; the gradient arrives there last."}),
    Question("07", "What does the mask change when sentences of unequal length are tagged in one batch?", {
        "padding counts neither in the loss nor in the score": "Its direct dL/dh_t is zero, so the padding teaches nothing and flatters nobody.",
        "the network learns which inputs are padding": "It is told nothing: the mask works on the loss, outside the network.",
        "nothing, padding is zero anyway": "W_h h_{t-1} + b goes on at a zero input, and its guess would be counted.",
        "only the speed": "Without it the loss is a mean over words that nobody wrote."}),
    Question("08", "What limits an encoder-decoder without attention on long inputs?", {
        "all of the input must fit into one context vector": "Its size is fixed while the input grows: the bottleneck that attention removed.",
        "the decoder cannot write sequences of another length": "It can: it writes until `end`, however long the input was.",
        "teacher forcing is impossible": "Teacher forcing only needs the target, and has no limit of length.",
        "beam search is too slow": "Greedy search meets the same limit: what the context has lost, no search brings back."}),
    Question("09", "Sampling at a temperature that goes to 0 turns into what?", {
        "greedy decoding": "exp(logit / temperature) lets the largest logit win ever more clearly.",
        "a uniform draw": "That is the other end, a temperature that grows without bound.",
        "a draw from the network's own probabilities": "That is temperature 1.",
        "a copy of the training data": "Temperature sharpens what the network says; it knows nothing of where that came from."}),
    Question("10", "Why can a bidirectional network not label a live stream at once?", {
        "its backward half starts at the end of the sequence": "Every new input changes the backward states of all earlier positions.",
        "it has twice as many weights": "It is twice the work, which a stream would allow.",
        "its forward half needs the future": "The forward half is an ordinary network; it could stream.",
        "gradients vanish in both directions": "That is about learning; the delay is there even with perfect weights."}),
]


class Quiz(SavedWidget):
    """Ten questions with their explanations; ``quiz.choose(2, "h[3]")`` answers one without a browser."""

    again = "Run this cell to answer."

    def __init__(self, questions=QUESTIONS):
        self.questions, self.inputs, self._told, blocks = questions, [], [], []
        for n, question in enumerate(questions, 1):
            box = widgets.RadioButtons(options=question.shuffled(), value=None, layout={"width": "auto"})
            told = line("1.6em")
            box.observe(lambda change, at=n - 1: self._tell(at), "value")
            self.inputs.append(box)
            self._told.append(told)
            blocks.append(widgets.VBox([widgets.HTML(f"<b>{n}. {html.escape(question.text)}</b> (lesson {question.lesson})"),
                                        box, told]))
        self._score = line("1.6em")
        super().__init__([*blocks, self._score])
        self._count()

    def choose(self, number, option):
        """Answer question `number` (from 1)."""
        self.inputs[number - 1].value = option

    def sentence(self):
        return "\n".join(f"{n}. {q.text} [{' / '.join(q.shuffled())}]" for n, q in enumerate(self.questions, 1))

    def score(self):
        """(right answers, answered questions)."""
        answers = [(box.value == q.right) for box, q in zip(self.inputs, self.questions) if box.value is not None]
        return sum(answers), len(answers)

    def _tell(self, at):
        question, answer = self.questions[at], self.inputs[at].value
        if answer is not None:
            say(self._told[at], ("\N{CHECK MARK} Right. " if answer == question.right else "\N{RIGHTWARDS ARROW} Not this. ")
                 + question.options[answer])
        self._count()

    def _count(self):
        right, answered = self.score()
        say(self._score, f"{right} right of {answered} answered, {len(self.questions)} questions in all.")
