"""The final quiz: a question from each lesson, 01 to 12; every answer, right or wrong, comes with its explanation."""

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


# Panels A to C are `explorers.three_pictures` in lesson 12.
QUESTIONS = [
    Question("01", "One unit, h_t = tanh(w_x x_t + w_h h_{t-1}) with w_h = -0.9, gets a single small impulse. What does its state "
                   "do afterwards?", {
        "it changes its sign at every step and fades": "Each step multiplies it by about -0.9: the sign turns over, the size shrinks.",
        "it fades without changing its sign": "That is w_h = 0.9. A negative w_h turns the sign over at every step.",
        "it changes its sign at every step and grows": "It would need a w_h below -1, and tanh would stop the growth.",
        "it stays where it is": "That takes a w_h near 1: the same sign, and next to nothing lost per step."}),
    Question("02", "A batch is padded to T = 7 with zeros. You put random numbers in their place, and the trained network now answers "
                   "differently for the short sequences. Where is the leak?", {
        "the answer is read from h_7": "For a short sequence h_7 has read the padding. Read each one's own last state, h[length].",
        "the mask is missing in the loss": "A mask on the loss changes what is learned, not what a trained network reads.",
        "all sequences share the same weights": "They always do, and it carries nothing from one sequence into another.",
        "h_0 should not be zero": "h_0 comes before all inputs; what is put after the end of a sequence cannot reach it."}),
    Question("03", "A gradient check of an RNN: dL/dx, W_x and b are right, W_h is wrong. Where do you look first?", {
        "at the product of dz_t and h_{t-1}": "dL/dx is right, so every dz_t is. Only the last product can be wrong: h_t in it, say.",
        "at the slope of tanh": "Then dz_t would be wrong, and with it W_x, b and dL/dx.",
        "at the path from h_{t+1} back to h_t": "A mistake there spoils dz_t at all steps but the last, and so W_x, b and dL/dx.",
        "at the epsilon of the check": "A bad epsilon blurs all arrays alike."}),
    Question("04", "Panel A: the gradient in three networks. By which factor per step does curve 1 shrink?", {
        "0.6": "22 decades in 100 steps are 0.22 a step, and 10 to the power -0.22 is 0.6.",
        "0.22": "That is how many decades it loses per step; the factor is 10 to the power -0.22.",
        "0.955": "That is curve 2: one per cent is left after 100 steps.",
        "1.02": "A factor above 1 grows, as curve 3 does."}),
    Question("05", "An LSTM is to keep one symbol over 1,000 steps, while other inputs arrive at each of them. Which start do you "
                   "choose?", {
        "forget bias 7, input bias -7": "ln 1000 is 6.9: it keeps for about 1,000 steps, and writes so little that its exits stay open.",
        "forget bias 7, input bias 0": "It keeps, but it also writes at every step: c grows, and the exit through tanh closes.",
        "forget bias 1, input bias 0": "sigma(1) = 0.73 per step: hardly a thousandth is left after 22 steps.",
        "all biases 0, larger weights": "Half-open gates lose one half per step, and no scale of the weights suits all cells."}),
    Question("06", "On your sentences a feedforward network on the last five words reaches the ceiling that you computed, as your GRU "
                   "does. What follows?", {
        "the task asks for no memory beyond five words": "Then recurrence may still save parameters, but it gets no credit for memory.",
        "recurrent networks do not help with sentences": "Not with these. A task with a longer dependency may tell the two apart.",
        "the window was trained on the test set": "Nothing points to that: nobody can pass an honest ceiling, and both stop at it.",
        "the GRU's gates must be opened further": "It has reached the ceiling: there is nothing left to gain."}),
    Question("07", "A sensor is to be labelled live. In the study each recording was first scaled by its own mean and its largest "
                   "value. Where is the leak?", {
        "in the scaling, which knows the end of the recording": "Live, the mean and the largest value are not known yet. Take them "
                                                                "from the training recordings.",
        "nowhere, for nothing was learned in the scaling": "What is not learned can leak, too: each step has seen a number from the future.",
        "in the labels, of which there is one for each step": "One label for each step is what many-to-many means.",
        "in the state, which is carried from step to step": "The state comes from the past alone; carrying it is allowed live."}),
    Question("08", "With the true tokens as its inputs a decoder's loss is nearly 0. Writing by itself, it gets few of the same "
                   "sequences right. What has it not met in training?", {
        "its own mistakes": "Teacher forcing always puts it back on the right way; one wrong token leads it to where it has never been.",
        "the end of a sequence": "The end token is part of every target.",
        "sequences that it was not trained on": "These are the same sequences; here it fails without any new ones.",
        "the context vector": "It begins from the context in training and in use."}),
    Question("09", "Two tokens have the logits 2 and 1. At temperature 0.5, how many times as likely as the second is the first?", {
        "7.4": "exp((2 - 1) / 0.5) = exp(2). A low temperature makes differences larger.",
        "2.7": "That is temperature 1: exp(2 - 1).",
        "1.6": "That is temperature 2, exp(1 / 2): a high temperature makes differences smaller.",
        "4": "Logits are no probabilities. Their difference is divided by the temperature and goes through exp."}),
    Question("10", "Two jobs: finding names in finished e-mails, and an alarm that rings as soon as a stream shows trouble. Which "
                   "wiring for which?", {
        "both directions for the e-mails, one for the alarm": "The rest of an e-mail is there to be read; the rest of a stream is not.",
        "both directions for each": "The alarm would ring at the end of the stream, when the backward half can begin.",
        "one direction for each": "It serves the alarm, but in an e-mail a later word may say what a name is.",
        "an encoder-decoder for each": "Both want one answer for each input, in step; nothing is written in another length."}),
    Question("11", "Panel B: where self-attention looks while it writes 8 digits that it has read, a mean over 200 strings. In which "
                   "order does it write them?", {
        "from the last to the first": "The answer at step 1 looks at step 8, that at step 8 looks at step 1.",
        "as they were read": "Then the dark squares would run from the upper left to the lower right.",
        "by size": "Then the places would differ from string to string, and the mean would have no such line.",
        "in any order, for it has no positions": "Without positions no place could be preferred; here each answer has its place."}),
    Question("12", "Panel C: a GRU, a minGRU and a minGRU with signs were trained to tell the parity of 20 bits. Which one is the GRU?", {
        "1": "It settles in one of two states after each bit, so the length does not matter.",
        "2": "That is the one with signs: a factor near -1 turns the state over, but the memory fades.",
        "3": "That is the minGRU: a factor between 0 and 1 never turns anything over.",
        "it cannot be told": "It can: only a network that falls back into resting points keeps counting at 400 steps."}),
]


class Quiz(SavedWidget):
    """The questions with their explanations; ``quiz.choose(9, "7.4")`` answers one without a browser."""

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
