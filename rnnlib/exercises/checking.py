"""From an attempt to a verdict: run it, compare it, and find the known mistake whose results are the same."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

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
    """

    name: str
    outputs: dict
    reference: Callable
    mistakes: dict
    problems: Callable
    first: str
    praise: str
    sizes: Callable = field(default=lambda arguments: {})


def check(exercise, function):
    """The Verdict on one attempt."""
    if not callable(function):
        return Verdict(exercise.name, False, None, f"check needs your function itself, check(\"{exercise.name}\", "
                       f"{exercise.name}) without brackets behind it; it was given a {type(function).__name__}.")
    try:
        problems = exercise.problems(np.random.default_rng(20))
        attempts = [_attempt(exercise, function, problem, first=i == 0) for i, problem in enumerate(problems)]
        again = _attempt(exercise, function, problems[0], first=False)
    except Trouble as trouble:
        return Verdict(exercise.name, False, None, str(trouble))
    wanted = [_as_tuple(exercise.reference(*problem.values())) for problem in problems]
    right = {name: [_agree(a[i], w[i]) for a, w in zip(attempts, wanted)] for i, name in enumerate(exercise.outputs)}
    if not all(map(_agree, again, attempts[0])):
        return Verdict(exercise.name, False, None, "Called twice with the same arguments it gave two different answers: it "
                       "depends on something outside its arguments, or keeps something between calls.")
    if all(map(all, right.values())):
        notes = sorted({f"(Your {name} is {a[i].dtype}: right to its precision; the course computes in float64.)"
                        for a in attempts for i, name in enumerate(exercise.outputs)
                        if getattr(a[i], "dtype", None) in (np.float32, np.float16)})
        return Verdict(exercise.name, True, None, "\n".join([exercise.praise, *notes]))
    return _explain(exercise, function, problems, attempts, wanted, right)


def _explain(exercise, function, problems, attempts, wanted, right):
    wrong_outputs = [name for name, flags in right.items() if not all(flags)]
    names = list(exercise.outputs)
    lines = []
    if len(names) > 1 and len(wrong_outputs) < len(names):
        lines.append(f"Right: {', '.join(n for n in names if n not in wrong_outputs)}. Not yet: {', '.join(wrong_outputs)}.")
    singles = list(_variants(exercise, problems, 1))
    for keys, results in itertools.chain(singles, _variants(exercise, problems, 2)):
        if all(all(map(_agree, a, r)) for a, r in zip(attempts, results)):
            at = "" if len(names) == 1 else f"{' and '.join(wrong_outputs)}: "
            return Verdict(exercise.name, False, " + ".join(keys),
                           "\n".join(lines + [at + exercise.mistakes[keys[0]]] +
                                     [f"And besides: {exercise.mistakes[key]}" for key in keys[1:]]))
    found = []
    for name in wrong_outputs:
        i = names.index(name)
        fits = [keys for keys, results in singles if all(_agree(a[i], r[i]) for a, r in zip(attempts, results))]
        if len(fits) == 1:
            found += fits[0]
            lines.append(f"{name}: {exercise.mistakes[fits[0][0]]}")
        elif fits:
            lines.append(f"{name} is what each of these would give: " + " Or: ".join(exercise.mistakes[k] for k, in fits))
        else:
            lines.append(_general(exercise, name, [a[i] for a in attempts], [w[i] for w in wanted], problems, right[name]))
    outside = sorted(set(getattr(getattr(function, "__code__", None), "co_names", ()))
                     & {key for key, value in getattr(function, "__globals__", {}).items() if isinstance(value, np.ndarray)})
    if outside:
        lines.append(f"Your function reads {', '.join(outside)} of the notebook, which {'is' if len(outside) == 1 else 'are'} not "
                     "among its arguments: is that meant?")
    return Verdict(exercise.name, False, " + ".join(dict.fromkeys(found)) or None, "\n".join(lines))


def _variants(exercise, problems, at_once):
    """(keys, results on all problems) of every known mistake, or of every two that can be made at once."""
    for keys in itertools.combinations(exercise.mistakes, at_once):
        results = _results(exercise, problems, frozenset(keys))
        if results is not None:
            yield keys, results


def _results(exercise, problems, wrong):
    try:
        with np.errstate(all="ignore"):
            return [_as_tuple(exercise.reference(*problem.values(), wrong=wrong)) for problem in problems]
    except ValueError:          # two mistakes whose shapes do not go together
        return None


def _attempt(exercise, function, problem, first):
    """The results as a tuple of arrays (or dicts of arrays). Raises Trouble where there is nothing to compare."""
    result, changed = call(function, problem, quiet=not first)
    names = list(exercise.outputs)
    if result is None or result is ...:
        raise Trouble(f"Not written yet. {exercise.first}" if result is ... or _is_stub(function) else
                      f"It returned None: is the return missing? It should return {', '.join(names)}.")
    if changed:
        raise Trouble(f"It changed its argument {', '.join(changed)} in place. Whoever called it still needs the old values: "
                      "work on a copy, or write c = a + b instead of a += b.")
    results = tuple(result) if len(names) > 1 and isinstance(result, (tuple, list)) else (result,)
    if len(names) == 1 and isinstance(result, tuple) and len(result) == 1:
        results = result
    if len(results) != len(names) or (len(names) == 1 and isinstance(result, tuple) and len(result) != 1):
        got = len(result) if isinstance(result, tuple) else len(results)
        raise Trouble(f"It should return {len(names)} result{'s' * (len(names) > 1)} ({', '.join(names)}); it returned {got}.")
    return tuple(_value(name, r, shape) for (name, shape), r in zip(exercise.outputs.items(), results))


def _value(name, value, shape):
    if value is None or value is ...:
        raise Trouble(f"{name} is not written yet: it is {value!r}.")
    if isinstance(value, dict):
        return {key: _value(f"{name}[{key!r}]", entry, shape) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        raise Trouble(f"{name} should be an array of shape {shape}; it is a {type(value).__name__}. np.stack or np.array makes "
                      "an array of a list.")
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise Trouble(f"{name} should hold numbers, shape {shape}; it is {type(value).__name__} of dtype {array.dtype}.")
    return array


def _agree(a, b):
    """Equal shapes, and numbers that differ by rounding only."""
    if isinstance(a, dict) or isinstance(b, dict):
        return isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys() and all(_agree(a[k], b[k]) for k in a)
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    coarse = a.dtype in (np.float32, np.float16)
    scale = np.abs(b).max(initial=0) if np.isfinite(b).all() else 1
    return np.allclose(a, b, rtol=1e-3 if coarse else 1e-7, atol=(1e-3 if coarse else 1e-9) * max(scale, 1e-300), equal_nan=True)


def _general(exercise, name, got, wanted, problems, right):
    """What can be said of one output that no known mistake explains."""
    shape = exercise.outputs[name]
    if isinstance(got[0], dict) or isinstance(wanted[0], dict):
        return _general_dict(name, got[0], wanted[0])
    for a, w in zip(got, wanted):
        if a.shape != np.shape(w):
            turned = " Its axes are the other way round: a transpose is missing or one too many." \
                if a.ndim == 2 and a.T.shape == np.shape(w) and a.shape != a.T.shape else ""
            return f"{name} should have shape {shape}, here {np.shape(w)}; yours has {a.shape}.{turned}"
    for a, w in zip(got, wanted):
        bad = np.argwhere(~np.isfinite(a.astype(float))) if np.isfinite(w).all() else ()
        if len(bad):
            where = f", first at {name}[{', '.join(map(str, bad[0]))}]" if a.ndim else ""
            return f"{name} is not finite{where}: a division by zero, an overflow, or an array never filled (np.empty)?"
    for word, turn in (("transposed", lambda w: np.swapaxes(w, -1, -2) if w.ndim >= 2 else None),
                       ("of the opposite sign", lambda w: -w)):
        turned = [turn(np.asarray(w)) for w in wanted]
        if all(t is not None and _agree(a, t) for a, t in zip(got, turned)):
            return f"{name} is right but {word}."
    sizes = [exercise.sizes(problem) for problem in problems]
    factors = [_factor(a, w) for a, w in zip(got, wanted)]
    if all(f is not None for f in factors):
        for letter in sizes[0]:
            for power, word in ((1, f"{letter} times too large"), (-1, f"{letter} times too small")):
                if np.allclose(factors, [float(s[letter]) ** power for s in sizes]):
                    return f"{name} is {word}: a sum where a mean belongs, or the other way round?"
        if np.allclose(factors, factors[0]):
            return f"{name} is {factors[0]:.4g} times what it should be, in every entry."
    for letter in sizes[0] if any(right) else ():
        one = [s[letter] == 1 for s in sizes]
        if any(one) and list(right) == one:
            return f"{name} is right where {letter} = 1 and wrong for larger {letter}: what happens along that axis?"
    if shape.startswith("(T"):
        places = [np.array([_agree(x, y) for x, y in zip(a, w)]) for a, w in zip(got, wanted)]
        long = [p for p in places if len(p) > 1]
        for t, word in ((0, "at the first step"), (-1, "at the last step")):
            others = [np.delete(p, t) for p in long]
            if long and all(o.all() for o in others) and not all(p[t] for p in long):
                return f"{name} is right everywhere except {word}, {name}[{t}]: how does that step differ from the others?"
            if long and all(p[t] for p in long) and not any(o.any() for o in others):
                return f"{name} is right {word}, {name}[{t}], only: what should carry over from step to step?"
    worst = max((float(np.abs(a - w).max()) for a, w in zip(got, wanted) if np.size(w)), default=0.0)
    return f"{name} has the right shape, {shape}, but other numbers (off by up to {worst:.2g}). No mistake known here explains it."


def _general_dict(name, got, wanted):
    if not isinstance(got, dict):
        return f"{name} should be a dict with the keys {', '.join(wanted)}; it is a {type(got).__name__}."
    if got.keys() != wanted.keys():
        return f"{name} should have the keys {', '.join(wanted)}; yours has {', '.join(map(str, got)) or 'none'}."
    off = [key for key in wanted if not _agree(got[key], wanted[key])]
    return f"{name} has other numbers (or another shape) at {', '.join(off) or 'some problems'}. No mistake known here explains it."


def _factor(a, w):
    """The one number c with a = c w, or None."""
    w = np.asarray(w, dtype=float)
    if not np.abs(w).max(initial=0) > 0:
        return None
    c = float((a * w).sum() / (w * w).sum())
    return c if c and _agree(a / c, w) else None


def _as_tuple(result):
    return result if isinstance(result, tuple) else (result,)


def _is_stub(function):
    """Whether a function does nothing but return None: its body is a docstring, `...` or `pass`."""
    code = getattr(function, "__code__", None)
    return code is not None and not code.co_names and len(code.co_varnames) == code.co_argcount
