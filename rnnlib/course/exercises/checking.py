"""From an attempt to a verdict: run it, compare it, and find the known mistake whose results are the same."""

import copy
import dis
import itertools
import pickle
import types
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .comparing import agree, asked_for, describe, is_finite
from .running import Trouble, call
from .verdict import Verdict

NONE = frozenset()


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    name : str
    outputs : dict of str to str
        What the function returns, in order, each with its shape in letters: {"dx_t": "(B, D)", ...}.
    reference : function (*arguments, wrong=frozenset()) -> result or tuple of results
        The solution with its known mistakes as code: where a mistake's key is in `wrong`, that mistake is made. So two
        mistakes at once are code as well.
    mistakes : dict of str to str
        Key -> one or two sentences of help: what was done, and why that is not it.
    problems : function (rng) -> list of dict
        Arguments by name, in order. From non-zero values; several shapes, B = 1 and T = 1 among them.
    first : str
        What to do first; said where nothing is written yet.
    praise : str
        One sentence for a right answer.
    sizes : function (dict) -> dict, optional
        Sizes of a problem ({"T": 3, "B": 2}), for findings such as "right where B = 1".
    copies : bool
        Whether the results must be new arrays, no views of the arguments.
    beyond : (function (rng) -> dict, str), optional
        One problem more, outside what is asked, and what to say of a right answer that fails there.
    """

    name: str
    outputs: dict
    reference: Callable
    mistakes: dict
    problems: Callable
    first: str
    praise: str
    sizes: Callable = field(default=lambda arguments: {})
    copies: bool = False
    beyond: tuple | None = None


def check(exercise, function):
    """The Verdict on one attempt."""
    if not callable(function):
        return Verdict(exercise.name, False, None, f"check needs your function itself, check(\"{exercise.name}\", "
                       f"{exercise.name}) without brackets behind it; what it was given is of type {type(function).__name__}.")
    try:
        with np.errstate(all="ignore"):
            return _compare(exercise, function)
    except Trouble as trouble:
        return Verdict(exercise.name, False, None, str(trouble))


def _compare(exercise, function):
    problems = exercise.problems(np.random.default_rng(20))
    first = _attempt(exercise, function, problems[0], first=True)
    kept = copy.deepcopy(first)
    again = _attempt(exercise, function, problems[0], first=False)
    if not all(map(agree, again, kept)):
        raise Trouble("Called twice with the same arguments it gave two different answers: it depends on something outside its "
                      "arguments, or keeps something between calls.")
    if any(_shared(again, first)):
        raise Trouble("It returns the same array at every call, so that the next call overwrites the last result: make the array "
                      "inside the function.")
    attempts = [kept, *(copy.deepcopy(_attempt(exercise, function, problem, first=False)) for problem in problems[1:])]
    wanted = [_as_tuple(exercise.reference(*problem.values())) for problem in problems]
    right = {name: [agree(a[i], w[i]) for a, w in zip(attempts, wanted)] for i, name in enumerate(exercise.outputs)}
    if not all(map(all, right.values())):
        return _explain(exercise, function, problems, attempts, wanted, right)
    notes = sorted({f"(Your {name} is {a[i].dtype}: right to its precision; the course computes in float64.)"
                    for a in attempts for i, name in enumerate(exercise.outputs)
                    if getattr(a[i], "dtype", None) in (np.float32, np.float16)})
    if exercise.beyond and not _right_beyond(exercise, function):
        notes.append(f"({exercise.beyond[1]})")
    return Verdict(exercise.name, True, None, "\n".join([exercise.praise, *notes]))


def _right_beyond(exercise, function):
    problem = exercise.beyond[0](np.random.default_rng(21))
    try:
        return all(map(agree, _attempt(exercise, function, problem, first=False), _as_tuple(exercise.reference(*problem.values()))))
    except Trouble:
        return False


def _explain(exercise, function, problems, attempts, wanted, right):
    """The verdict on a wrong attempt: a known mistake (or two) that gives the same results; else what can be said of each output."""
    names = list(exercise.outputs)
    wrong_outputs = [name for name in names if not all(right[name])]
    lines, found = [], []
    if len(wrong_outputs) < len(names):
        lines.append(f"Right: {', '.join(n for n in names if n not in wrong_outputs)}. Not yet: {', '.join(wrong_outputs)}.")
    singles = _fitting(exercise, problems, attempts, wrong_outputs, 1)
    exact = [keys for keys, fits in singles.items() if len(fits) == len(names)]
    if not exact:
        order = _another_order(attempts, wanted)
        if order:
            return Verdict(exercise.name, False, None, "The results are right, but in another order: it returns "
                           f"{', '.join(names[i] for i in order)}; asked for is {', '.join(names)}.")
    zero = all(not np.any(a[names.index(name)]) for a in attempts for name in wrong_outputs)   # as many mistakes would give
    pairs = {} if exact or zero else _fitting(exercise, problems, attempts, wrong_outputs, 2)
    exact = exact or [keys for keys, fits in pairs.items() if len(fits) == len(names)]
    if 0 < len(exact) <= 3:
        at = f"{', '.join(wrong_outputs)}: " if len(names) > 1 else ""
        return Verdict(exercise.name, False, _keys(exact), "\n".join([*lines, at + _told(exercise, exact)]))
    explained, general = {}, {}             # sentence -> the outputs it is true of
    for name in wrong_outputs:
        i = names.index(name)
        fits = _best(singles, i) or _best(pairs, i)
        if 0 < len(fits) <= 3:
            found.append(_keys(fits))
            explained.setdefault(_told(exercise, fits), []).append(name)
        else:
            said = describe(exercise, name, [a[i] for a in attempts], [w[i] for w in wanted], problems, right[name])
            general.setdefault(said, []).append(name)
    lines += [f"{', '.join(those)}: {said}" for said, those in explained.items()]
    lines += [f"{', '.join(those)}{': each' if len(those) > 1 else ''} {said}" for said, those in general.items()]
    lines += _about(function, problems[0]) if general else []
    return Verdict(exercise.name, False, " + ".join(dict.fromkeys(found)) or None, "\n".join(lines))


def _fitting(exercise, problems, attempts, wrong_outputs, at_once):
    """{mistakes: indices of the outputs that are what they give, on all problems}, where they explain any wrong output."""
    names, found = list(exercise.outputs), {}
    wrong = {names.index(name) for name in wrong_outputs}
    smallest_first = sorted(zip(problems, attempts), key=lambda pair: len(pickle.dumps(pair[1])))
    for keys in itertools.combinations(exercise.mistakes, at_once):
        fits = set(range(len(names)))
        for problem, attempt in smallest_first:
            try:
                result = _as_tuple(exercise.reference(*problem.values(), wrong=frozenset(keys)))
            except (ValueError, IndexError):    # two mistakes whose shapes do not go together
                break
            explained = {i for i in fits & wrong if agree(attempt[i], result[i]) and is_finite(result[i])}  # NaN has many causes
            if not explained:                   # most are out after one problem
                break
            fits = explained | {i for i in fits - wrong if agree(attempt[i], result[i])}
        else:
            found[keys] = fits
    return found


def _best(fitting, i):
    """The mistakes that explain output i, those that agree with most of the other results too."""
    fits = [keys for keys, outputs in fitting.items() if i in outputs]
    most = max((len(fitting[keys]) for keys in fits), default=0)
    return [keys for keys in fits if len(fitting[keys]) == most]


def _told(exercise, several):
    """The sentences of one set of mistakes, or of each set that gives the same results."""
    each = ["\nAnd besides: ".join(exercise.mistakes[key] for key in keys) for keys in several]
    return each[0] if len(each) == 1 else "More than one mistake gives this. Either: " + "\nOr: ".join(each)


def _keys(several):
    return " or ".join(" + ".join(keys) for keys in several)


def _another_order(attempts, wanted):
    """The order in which right results were returned, as indices, or None."""
    n = len(wanted[0])
    fits = [[all(agree(a[i], w[j]) for a, w in zip(attempts, wanted)) for j in range(n)] for i in range(n)]
    order = [row.index(True) for row in fits if any(row)]
    return order if sorted(order) == list(range(n)) else None


def _about(function, problem):
    """What the text of the function tells: arguments it never reads, arrays of the notebook that it does."""
    code = getattr(function, "__code__", None)
    if code is None:
        return []
    read = {name for instruction in dis.get_instructions(code) if instruction.opname.startswith("LOAD")
            for name in (instruction.argval if isinstance(instruction.argval, tuple) else (instruction.argval,))}
    lines = []
    if code.co_argcount == len(problem) and not code.co_flags & 0x0C:       # neither *arguments nor **names
        unread = [name for name in code.co_varnames[:code.co_argcount] if name not in read]
        if unread:
            lines.append(f"Your function never reads {', '.join(unread)}.")
    outside = sorted(set(code.co_names) & {key for key, value in function.__globals__.items() if isinstance(value, np.ndarray)})
    if outside:
        lines.append(f"Your function reads {', '.join(outside)} of the notebook, which {'is' if len(outside) == 1 else 'are'} not "
                     "among its arguments: is that meant?")
    return lines


def _shared(results, others):
    """Names of the arrays of `results` (through dicts) that share memory with any of `others`."""
    def arrays(values):
        for value in values:
            yield from arrays(value.values()) if isinstance(value, dict) else [value] if isinstance(value, np.ndarray) else []

    theirs = list(arrays(others))
    return [any(np.shares_memory(array, other) for other in theirs) for array in arrays(results)]


def _attempt(exercise, function, problem, first):
    """The results as a tuple of arrays (or dicts of arrays). Raises Trouble where there is nothing to compare."""
    result, given, changed = call(function, problem, quiet=not first)
    names = list(exercise.outputs)
    if result is None or result is ...:
        raise Trouble(f"Not written yet. {exercise.first}" if result is ... or _is_stub(function) else
                      f"It returned None: is the return missing, or not reached (inside a loop or an if)? It should return "
                      f"{', '.join(names)}.")
    if isinstance(result, (types.GeneratorType, types.CoroutineType)):
        result.close()
        raise Trouble("It gave a generator: there is a `yield` where `return` belongs." if isinstance(result, types.GeneratorType) else
                      "It is an `async def`; write `def`.")
    if changed:
        raise Trouble(f"It changed its argument {', '.join(changed)} in place. Whoever called it still needs the old values: "
                      "work on a copy, or write c = a + b instead of a += b.")
    results = tuple(result) if len(names) > 1 and isinstance(result, (tuple, list)) else (result,)
    if len(names) == 1 and isinstance(result, tuple) and len(result) == 1:
        results = result
    if len(results) != len(names) or (len(names) == 1 and isinstance(result, tuple) and len(result) != 1):
        got = len(result) if isinstance(result, (tuple, list)) else f"one, of type {type(result).__name__}"
        raise Trouble(f"It should return {len(names)} result{'s' * (len(names) > 1)} ({', '.join(names)}); it returned {got}.")
    values = tuple(_value(name, r, shape) for (name, shape), r in zip(exercise.outputs.items(), results))
    if exercise.copies and any(_shared(values, given.values())):
        raise Trouble(f"{names[0]} holds the very arrays that were given; asked for are copies. Whoever changes the one would "
                      "change the other: g.copy(), or g * scale, makes a new array.")
    return values


def _value(name, value, shape):
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
        raise Trouble(f"{name} should be {asked_for(shape)}, of real numbers; it is of type {type(value).__name__}, dtype {array.dtype}.")
    return array


def _as_tuple(result):
    return result if isinstance(result, tuple) else (result,)


def _is_stub(function):
    """Whether a function does nothing but return None: its body is a docstring, `...` or `pass`."""
    code = getattr(function, "__code__", None)
    return code is not None and not code.co_names and len(code.co_varnames) == code.co_argcount
