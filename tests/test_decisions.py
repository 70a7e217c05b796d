"""The decisions that lessons ask for: one right answer each, a reason for every answer, and a panel that tells it."""

import pytest

from rnnlib.course import exercises
from rnnlib.course.exercises.decisions import DECISIONS


@pytest.mark.parametrize("question", DECISIONS, ids=lambda question: question.text[:30])
def test_every_answer_has_its_reason(question):
    assert len(question.options) >= 3 and all(len(reason) > 40 for reason in question.options.values())
    assert question.text.endswith("?") and question.right in question.shuffled()


def test_each_lesson_asks_for_two_decisions_and_the_place_of_the_right_answer_says_nothing():
    lessons = [question.lesson for question in DECISIONS]
    assert all(lessons.count(lesson) == 2 for lesson in lessons) and {"08", "09", "10"} <= set(lessons)
    assert len({question.shuffled().index(question.right) for question in DECISIONS}) > 2


@pytest.mark.parametrize("lesson", ["06", "07", "08", "09", "10"])
def test_the_panel_tells_the_reason(lesson):
    panel = exercises.decide(lesson)
    asked = [question for question in DECISIONS if question.lesson == lesson]
    assert panel.score() == (0, 0)
    for number, question in enumerate(asked, 1):
        for option, reason in question.options.items():
            panel.choose(number, option)
            told = panel._told[number - 1].value.replace("&#x27;", "'")
            assert reason in told and ("Right." in told) == (option == question.right)
    assert panel.score()[1] == 2 and asked[0].text in panel.sentence()


def test_a_lesson_without_decisions():
    with pytest.raises(ValueError, match="lesson must be one of .*08.*; it was '03'"):
        exercises.decide("03")
