"""The final quiz: answers that hold, explanations for all of them."""

import numpy as np

from rnnlib import RNNCell
from rnnlib.course import exercises
from rnnlib.course.exercises.questions import QUESTIONS


def test_ten_questions_with_an_explanation_for_every_answer():
    assert [question.lesson for question in QUESTIONS] == [f"{n:02d}" for n in range(1, 11)]
    for question in QUESTIONS:
        assert len(question.options) >= 3 and all(len(why) > 20 for why in question.options.values())
        assert question.text.endswith("?")
    # the place of the right answer says nothing
    assert len({question.shuffled().index(question.right) for question in QUESTIONS}) > 2


def test_the_numbers_in_it_hold():
    cell = RNNCell(10, 20, np.random.default_rng(0))
    assert QUESTIONS[0].right == str(sum(array.size for array in cell.params.values()))
    assert QUESTIONS[3].right == f"{0.7 ** 99:.1e}" and f"{0.7 ** 100:.1e}" in QUESTIONS[3].options


def test_answers_are_told_and_counted():
    quiz = exercises.quiz()
    assert quiz.score() == (0, 0)
    for number, question in enumerate(QUESTIONS, 1):
        quiz.choose(number, question.right)
        assert "Right." in quiz._told[number - 1].value
    assert quiz.score() == (10, 10) and "10 right of 10 answered" in quiz._score.value
    quiz.choose(2, "h[7]")
    assert quiz.score() == (9, 10) and "Not this." in quiz._told[1].value
    assert "VBox" not in quiz.sentence() and QUESTIONS[0].text in quiz.bundle()["text/plain"]
