"""The final quiz: answers that hold, explanations for all of them."""

import numpy as np

from rnnlib import RNNCell, forward
from rnnlib.course import exercises
from rnnlib.course.exercises.questions import QUESTIONS


def test_a_question_from_each_lesson_with_an_explanation_for_every_answer():
    assert [question.lesson for question in QUESTIONS] == [f"{n:02d}" for n in range(1, 13)]
    for question in QUESTIONS:
        assert len(question.options) >= 3 and all(len(why) > 20 for why in question.options.values())
        assert question.text.endswith("?")
    # the place of the right answer says nothing, and its length neither
    assert len({question.shuffled().index(question.right) for question in QUESTIONS}) > 2
    longest = sum(max(question.options, key=len) == question.right for question in QUESTIONS)
    assert longest <= len(QUESTIONS) / 2


def test_the_numbers_in_it_hold():
    numbers = {question.lesson: question for question in QUESTIONS}
    assert numbers["04"].right == f"{10 ** -0.22:.1f}" and round(100 * np.log10(0.6)) == -22
    assert round(0.955 ** 100, 2) == 0.01 and "0.955" in numbers["04"].options
    assert numbers["05"].right.startswith(f"forget bias {np.log(1000):.0f},")
    leak = 1 / (1 + np.exp(-1))                                 # "hardly a thousandth is left after 22 steps"
    assert round(leak, 2) == 0.73 and 0.0009 < leak ** 22 < 0.0011
    assert list(numbers["09"].options)[:3] == [f"{np.exp(1 / tau):.1f}" for tau in (0.5, 1, 2)]


def test_the_sign_of_a_unit_turns_over_and_its_size_shrinks():
    cell = RNNCell(1, 1, np.random.default_rng(0))
    cell.W_x, cell.W_h, cell.b = np.ones((1, 1)), np.full((1, 1), -0.9), np.zeros(1)
    x = np.zeros((20, 1, 1))
    x[0] = 0.1
    h = forward(cell, x)[0][1:, 0, 0]
    assert (h[1:] * h[:-1] < 0).all() and (np.abs(h[1:]) < np.abs(h[:-1])).all()


def test_answers_are_told_and_counted():
    quiz = exercises.quiz()
    assert quiz.score() == (0, 0)
    for number, question in enumerate(QUESTIONS, 1):
        quiz.choose(number, question.right)
        assert "Right." in quiz._told[number - 1].value
    assert quiz.score() == (12, 12) and "12 right of 12 answered" in quiz._score.value
    quiz.choose(9, "2.7")
    assert quiz.score() == (11, 12) and "Not this." in quiz._told[8].value
    assert "VBox" not in quiz.sentence() and QUESTIONS[0].text in quiz.bundle()["text/plain"]
