"""How a cause is said: the sentences of mistakes, of changes of the solution, and what the learner's own text adds to them."""

import dis
import re

import numpy as np

from . import edits


def told(exercise, several):
    """The sentences of one set of mistakes, or of each set that gives the same results."""
    as_if = "The result is as if two things were done. " if len(several[0]) > 1 else ""
    each = ["\nAnd besides: ".join(exercise.mistakes[key] for key in keys) for keys in several]
    return as_if + (each[0] if len(each) == 1 else "More than one mistake gives this. Either: " + "\nOr: ".join(each))


def by_rule(exercise, keys, at=""):
    """The name of a change of the solution, and what is said of it: it is about the solution's text, not the learner's."""
    if keys[0] in exercise.mistakes:
        return keys[0], exercise.mistakes[keys[0]]
    sentence = exercise.rules.sentences[exercise.rules.candidates.index(keys)]
    said = sentence.replace(", in `", ", in its line `", 1)
    return sentence, f"{at}{'i' if at else 'I'}t equals what you get from the solution if {said}."


def by_two(exercise, several, at=""):
    """The mistakes and what is said of two changes at once: pairs of known mistakes that give the same, or else the first."""
    known = [keys for keys in several if exercise.mistakes.keys() >= {*keys}]
    if 0 < len(known) <= 3:
        return mistake_of(known), at + told(exercise, known)
    names, sentences = zip(*(by_rule(exercise, keys) for keys in exercise.pairs[several[0]]))
    return " + ".join(names), f"{at}The result is as if two things were done. {sentences[0]}\nAnd besides: {sentences[1]}"


def mistake_of(several):
    """What Verdict.mistake is for one set of mistakes, or for each set that gives the same results."""
    return " or ".join(" + ".join(keys) for keys in several)


def nearest_to_text(exercise, function, several):
    """Of several mistakes that give the same, those that call what the learner's text calls.

    So that no maximum is said to be missing where one stands.
    """
    calls = [set(re.findall(r"(\w+)\(", _changed(exercise, keys[0]))) for keys in several]
    off = [len((its ^ _read(function)) & (set.union(*calls) - set.intersection(*calls))) for its in calls]
    return [keys for keys, its in zip(several, off) if its == min(off) or len(several) > 3]


def lost_argument(exercise, function, several):
    """A remark where an argument is said to be missing that stands in the learner's text: it does not come through."""
    said, text = told(exercise, several), " ".join(_changed(exercise, keys[0]).split(":\n", 1)[1] for keys in several)
    gone = [word for word in exercise.tried[0] if word in _read(function) and re.search(rf"\b{word}\b", said)
            and not re.search(rf"\b{word}\b", text)]
    return f" (`{gone[0]}` stands in your text, but it does not reach the result.)" if gone and re.search(
        "missing|left out|no part|ignored|without", said) else ""


def seen_in_text(function, problem):
    """What the text of the function tells: arguments it never reads, arrays of the notebook that it does."""
    code = getattr(function, "__code__", None)
    if code is None:
        return []
    read, lines = _read(function), []
    if code.co_argcount == len(problem) and not code.co_flags & 0x0C:       # neither *arguments nor **names
        unread = [name for name in code.co_varnames[:code.co_argcount] if name not in read]
        if unread:
            lines.append(f"Your function never reads {', '.join(unread)}.")
    arrays = {key for key, value in function.__globals__.items() if isinstance(value, np.ndarray)}
    outside = sorted(arrays & set(code.co_names))
    if outside:
        lines.append(f"Your function reads {', '.join(outside)} of the notebook, which "
                     f"{'is' if len(outside) == 1 else 'are'} not among its arguments: is that meant?")
    return lines


def _changed(exercise, key):
    """The text of the solution with one known mistake made."""
    return edits.replaced(exercise.solution, exercise.replacements[key], key)


def _read(function):
    """The names that a function reads: its own, the notebook's, methods."""
    code = getattr(function, "__code__", None)
    return {name for instruction in (dis.get_instructions(code) if code else ()) if instruction.opname.startswith("LOAD")
            for name in (instruction.argval if isinstance(instruction.argval, tuple) else (instruction.argval,))}
