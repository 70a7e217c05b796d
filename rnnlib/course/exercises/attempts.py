"""What an attempt gives, on one problem and on all. Trouble, where it cannot be right whatever its numbers are."""

import copy
import types

import numpy as np

from .comparing import agree, asked_for
from .exercise import as_tuple
from .running import Raised, Trouble, call


def attempted(exercise, function, problem, show=False):
    """The results on one problem, as a tuple of arrays (or dicts of arrays). Raises Trouble where there is nothing to compare.

    show : whether to show what it prints.
    """
    result, given, changed = call(function, problem, quiet=not show)
    names = list(exercise.outputs)
    if result is None or result is ...:
        raise Trouble(nothing(exercise, function, result))
    if isinstance(result, (types.GeneratorType, types.CoroutineType)):
        result.close()
        raise Trouble("It is an `async def`; write `def`." if isinstance(result, types.CoroutineType) else
                      "It gave a generator: there is a `yield` where `return` belongs.")
    if changed:
        raise Trouble(f"It changed its argument {', '.join(changed)} in place. Whoever called it still needs the old values: "
                      "work on a copy, or write c = a + b instead of a += b.")
    results = as_tuple(result, len(names) > 1)
    if len(results) != len(names):
        got = len(result) if isinstance(result, (tuple, list)) else f"one, of type {type(result).__name__}"
        raise Trouble(f"It should return {len(names)} result{'s' * (len(names) > 1)} ({', '.join(names)}); it returned {got}.")
    values = tuple(_value(name, r, shape) for (name, shape), r in zip(exercise.outputs.items(), results))
    if exercise.copies and _shared(values, given.values()):
        raise Trouble(f"{names[0]} holds the very arrays that were given; asked for are copies. Whoever changes the one would "
                      "change the other: g.copy(), or g * scale, makes a new array.")
    return values


def _value(name, value, shape):
    """One output as an array, or a dict of arrays. Raises Trouble where it is neither."""
    if value is None or value is ...:
        raise Trouble(f"{name} is not written yet: it is {value!r}.")
    if isinstance(value, dict):
        return {key: _value(f"{name}[{key!r}]", entry, "an array") for key, entry in value.items()}
    if isinstance(value, (list, tuple)) and shape.startswith("a "):
        raise Trouble(f"{name} should be {shape}; it is a {type(value).__name__} of {len(value)}.")
    if isinstance(value, (list, tuple)):
        raise Trouble(f"{name} should be {asked_for(shape)}; it is a {type(value).__name__}. np.stack or np.array makes "
                      "an array of a list.")
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise Trouble(f"{name} should be {asked_for(shape)}, of real numbers; it is of type {type(value).__name__}, dtype "
                      f"{array.dtype}.")
    return array


def _shared(results, others):
    """Whether an array of `results` (through dicts) shares memory with any of `others`."""
    def arrays(values):
        for value in values:
            yield from arrays(value.values()) if isinstance(value, dict) else [value] if isinstance(value, np.ndarray) else []

    theirs = list(arrays(others))
    return any(np.shares_memory(array, other) for array in arrays(results) for other in theirs)


def nothing(exercise, function, result):
    """What to say where it returned nothing."""
    if result is ... or _is_stub(function):
        return f"Not written yet. {exercise.first}"
    return ("It returned None: is the return missing, or not reached (inside a loop or an if)? It should return "
            f"{', '.join(exercise.outputs)}.")


def _is_stub(function):
    """Whether a function does nothing but return None: its body is a docstring, `...` or `pass`."""
    code = getattr(function, "__code__", None)
    return code is not None and not code.co_names and len(code.co_varnames) == code.co_argcount


def attempted_all(exercise, function, show=False):
    """The results on every problem tried, None where it raised an exception; and the first such exception as Trouble, or None.

    Raises Trouble where there is nothing to compare. What it prints on the first problem is shown if `show`.
    """
    first = attempted(exercise, function, exercise.tried[0], show)
    kept = copy.deepcopy(first)
    again = attempted(exercise, function, exercise.tried[0])
    if not all(map(agree, again, kept)):
        raise Trouble("Called twice with the same arguments it gave two different answers: it depends on something outside "
                      "its arguments, or keeps something between calls.")
    if _shared(again, first):
        raise Trouble("It returns the same array at every call, so that the next call overwrites the last result: make the "
                      "array inside the function.")
    attempts, raised = [kept], None
    for problem in exercise.tried[1:]:
        try:
            attempts.append(copy.deepcopy(attempted(exercise, function, problem)))
        except Trouble as trouble:
            raised = raised or type(trouble)(f"Where {problem.note}: {trouble}")
            if not isinstance(trouble, Raised):
                raise raised from None
            attempts.append(None)
    return attempts, raised


def agreement(exercise, attempts):
    """{output: whether it is right, problem by problem}."""
    return {name: [agree(a[i], w[i]) for a, w in zip(attempts, exercise.wanted)] for i, name in enumerate(exercise.outputs)}


def remarks_on_types(exercise, attempts):
    """What to say of the types of right numbers. Raises Trouble where they must be others."""
    notes = []
    for i, (name, shape) in enumerate(exercise.outputs.items()):
        kinds = {a[i].dtype for a in attempts if isinstance(a[i], np.ndarray) and (a[i].size or shape.endswith("of int"))}
        floats = sorted(str(kind) for kind in kinds if kind.kind not in "iu")
        small = sorted(str(kind) for kind in kinds if kind.kind in "iu" and kind.itemsize < 4)
        if shape.endswith("of int") and small:
            raise Trouble(f"The numbers are right, but {name} is {small[0]}, which cannot hold every token: let it be int.")
        if shape.endswith("of int") and floats:
            raise Trouble(f"The numbers are right, but {name} must be of whole numbers in type too (dtype int), for they "
                          f"count or point at something and an index cannot be a float: yours is {floats[0]}"
                          + ("." if any(a[i].size and a[i].dtype.kind == "f" for a in attempts) else
                             f" where it is empty, for np.array([]) makes one of floats: np.array({name}, dtype=int)."))
        if shape == "a whole number" and floats:
            raise Trouble(f"The numbers are right, but {name} is a float, and a whole number is asked for: what is counted is "
                          "an int. (// divides without a remainder.)")
        notes += [f"(Your {name} is {kind}: right to its precision; the course computes in float64.)"
                  for kind in floats if kind in ("float16", "float32")]
    return notes


def accepted(exercise, function):
    """Whether it is right on all problems tried, and nothing else is to be said of it."""
    try:
        attempts, raised = attempted_all(exercise, function)
        return (not raised and all(map(all, agreement(exercise, attempts).values()))
                and not remarks_on_types(exercise, attempts))
    except Trouble:
        return False
