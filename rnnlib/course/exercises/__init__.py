"""Exercises that say what is wrong: ``check("rnn_step", rnn_step)``.

`exercise` says what an exercise is; the lessons' modules hold them, the text files beside these their solutions and known mistakes,
which `texts` reads. `attempts` runs a learner's function, by `running`; `checking` comes to the `Verdict`. What is wrong it learns
from `causes`, which tries the changes that `edits` makes, and from `comparing`; `wording` says it.
"""

from .. import record
from . import attention, backward, checking, gated, gradients, lengths, recurrent, wirings
from .verdict import Verdict

_LESSONS = (recurrent, backward, gradients, gated, lengths, wirings, attention)
_EXERCISES = {exercise.name: exercise for module in _LESSONS for exercise in module.EXERCISES}

__all__ = ["check", "decide", "names", "quiz", "Verdict"]


def quiz():
    """The final quiz: twelve questions across all lessons, each answer with its explanation."""
    from .questions import Quiz  # only here, for it is all widgets

    return Quiz()


def decide(lesson):
    """The decisions that a lesson asks for, "08" say, each answer with its reason. Raises ValueError where it asks for none."""
    from .decisions import DECISIONS
    from .questions import Quiz

    asked = [question for question in DECISIONS if question.lesson == lesson]
    if not asked:
        raise ValueError(f"lesson must be one of {', '.join(sorted({q.lesson for q in DECISIONS}))}; it was {lesson!r}")
    return Quiz(asked)


def names():
    """The names that `check` knows, in the order of the lessons."""
    return list(_EXERCISES)


def check(name, function):
    """Try a learner's function on several random problems and say what is right, what is wrong, and why.

    Parameters
    ----------
    name : str
        The exercise, one of `names()`.
    function : callable, or the answer itself
        With the exercise's signature. Where it has no arguments (`two_word_memory`, `faulty_line`) the value will do as well.

    Returns
    -------
    Verdict
        .ok, .mistake (the mistake whose results are the same, or None) and .message; shows itself in a notebook.

    Raises
    ------
    ValueError
        An unknown name.
    """
    if name not in _EXERCISES:
        raise ValueError(f"name must be one of {', '.join(_EXERCISES)}; it was {name!r}")
    verdict = checking.check(_EXERCISES[name], function)
    record.note_exercise(name, verdict.ok)
    return verdict
