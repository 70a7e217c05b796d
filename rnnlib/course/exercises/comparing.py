"""What can be said of a result without knowing its cause: whether it is right, in which way it is not, and where."""

import copy
import functools
import itertools
import time

import numpy as np

# what can be done to a right result as a whole, and how to say it
TURNS = (
    ("of the opposite sign", lambda w: -w),
    ("transposed: a .T is missing or one too many", lambda w: np.swapaxes(w, -1, -2) if w.ndim >= 2 else None),
    ("with its first two axes swapped", lambda w: np.swapaxes(w, 0, 1) if w.ndim == 3 else None),
    ("turned round along its first axis", lambda w: w[::-1] if w.ndim else None),
    ("squared", lambda w: w ** 2),
    ("under a square root", lambda w: np.sqrt(w)),
    ("as its reciprocal, 1 / x", lambda w: 1 / w),
    ("under a logarithm", lambda w: np.log(w)),
    ("under one more tanh", lambda w: np.tanh(w)),
    ("cut down to whole numbers: an array of dtype int, or int()", lambda w: np.trunc(w)),
    *((f"rounded to {d} decimals", lambda w, d=d: np.round(w, d)) for d in range(7)),
    ("summed up along its first axis", lambda w: np.cumsum(w, axis=0) if w.ndim else None),
    ("with an axis of length 1 too many", lambda w: w[None]),
    ("with an axis of length 1 too many at its end", lambda w: w[..., None]),
)
REDUCED = (("the sum over", np.sum), ("the mean over", np.mean), ("the largest over", np.max),
           ("the last entry along", lambda w, axis: np.take(w, -1, axis)),
           ("the first entry along", lambda w, axis: np.take(w, 0, axis)))


def agree(a, b):
    """Equal shapes, and numbers that differ by rounding only."""
    if isinstance(a, dict) or isinstance(b, dict):
        return isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys() and all(agree(a[k], b[k]) for k in a)
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    relative, absolute = {np.dtype(np.float32): (1e-4, 1e-5), np.dtype(np.float16): (5e-3, 1e-3)}.get(a.dtype, (1e-7, 1e-9))
    a, b = a.astype(float), b.astype(float)     # differences of bool and of unsigned numbers are none
    if a.size and abs(a.flat[0] - b.flat[0]) > 0.01 * np.abs(b).max():      # quickly out, as most comparisons are
        return False
    return _close(a, b, relative, absolute)


def _close(a, b, relative, absolute):
    if np.isfinite(b).all():
        size = np.abs(b)
        return bool((np.abs(a - b) <= relative * size + absolute * max(size.max(initial=0), 1e-300)).all())
    return np.allclose(a, b, rtol=relative, atol=absolute, equal_nan=True)


def is_finite(value, infinite=False):
    """Whether an array, or every array of a dict, has finite numbers alone; or infinite ones too, where these may be right."""
    if isinstance(value, dict):
        return all(map(is_finite, value.values()))
    value = np.asarray(value, dtype=float)
    return bool((~np.isnan(value) if infinite else np.isfinite(value)).all())


def asked_for(shape):
    """An output's shape or kind, in words."""
    return f"an array of shape {shape}" if shape.startswith("(") else shape


def _letters(shape):
    """One for each axis: "(T+1, B, H)" -> T+1, B, H."""
    return shape.split(" of ")[0].strip("()").replace(" ", "").rstrip(",").split(",")


def whole(exercise, name, got, wanted, problems):
    """What was done to a right result as a whole, as what follows its name; None where it is not that."""
    if isinstance(got[0], dict) or isinstance(wanted[0], dict):
        return None
    shape, letters = exercise.outputs[name], _letters(exercise.outputs[name])
    wanted = [np.asarray(w) for w in wanted]
    if not any(a.any() for a in got) and all(a.shape == w.shape for a, w in zip(got, wanted)):
        return "is zero in every entry: was it never filled, or cut down to whole numbers (dtype int, int())?"
    for word, turn in TURNS:
        turned = [turn(w) for w in wanted]
        if all(t is not None and agree(a, t) for a, t in zip(got, turned)):
            return f"is right but {word}."
    for axis, letter in enumerate(letters[:wanted[0].ndim]):
        for word, reduce in REDUCED:
            if all(w.size and agree(a, reduce(w, axis=axis)) for a, w in zip(got, wanted)):
                return f"should have shape {shape}; yours is {word} the axis {letter} of it."
        for word, cut in (("last", slice(None, -1)), ("first", slice(1, None))):
            if all(agree(a, w[(slice(None),) * axis + (cut,)]) for a, w in zip(got, wanted)):
                return (f"should have shape {shape}, here {wanted[0].shape}; yours leaves out the {word} entry of the axis "
                        f"{letter}.")
    factors = [_factor(a, w) for a, w in zip(got, wanted) if np.any(w)]
    sizes = [exercise.sizes(problem) for problem, w in zip(problems, wanted) if np.any(w)]
    if factors and all(f is not None for f in factors) and all(agree(a, w) for a, w in zip(got, wanted) if not np.any(w)):
        for letter in sizes[0]:
            for power, word in ((1, f"{letter} times too large"), (-1, f"{letter} times too small")):
                if np.allclose(factors, [float(s[letter]) ** power for s in sizes]):
                    return f"is {word}: a sum where a mean belongs, or the other way round?"
        if np.allclose(factors, factors[0], rtol=1e-9):
            return f"is {factors[0]:.6g} times what it should be, in every entry."
    return None


def never_set(exercise, name, got, wanted):
    """Whether the first or the last along an axis is 0 on all problems and should not be, as what follows its name; or None."""
    for axis, letter in enumerate(() if isinstance(wanted[0], dict) else _letters(exercise.outputs[name])):
        pairs = [(np.moveaxis(a, axis, 0), np.moveaxis(w, axis, 0)) for a, w in zip(got, wanted)
                 if np.shape(a) == np.shape(w) and np.ndim(w) > axis and np.shape(w)[axis] > 1]
        for t, word in ((0, "first"), (-1, "last")):
            if pairs and all(np.any(a) and np.any(w[t]) and not np.any(a[t]) for a, w in pairs):
                return (f"is 0 at its {word} place along {letter}, {name}[{', '.join([':'] * axis + [str(t)])}]: is it never set, or "
                        "does nothing arrive there? Is a loop or an index one step off?")
    return None


def locate(exercise, name, got, wanted, problems, right, attempt, reference, until):
    """Where one output is right and where it is not, as what follows its name.

    `attempt` and `reference` try one problem more; after the processor time `until` no more of them.
    """
    without = functools.partial(_without, exercise, problems, right, attempt, reference, until)
    shape = exercise.outputs[name]
    if isinstance(got[0], dict) or isinstance(wanted[0], dict):
        said, done = _where_in_dict(got, wanted, shape)
        return said if done else (said + _some(right, problems, wanted) + _where_wrong(got, wanted, right)
                                  + without())
    wanted, letters = [np.asarray(w) for w in wanted], _letters(shape)
    for a, w, problem in zip(got, wanted, problems):
        if a.shape != w.shape:
            more = "" if problem is problems[0] else f" That is where {problem.note}."
            if a.ndim == 2 and a.T.shape == w.shape:
                more += " Its axes are the other way round: a transpose is missing or one too many."
            elif a.ndim == w.ndim and sum(np.abs(np.subtract(a.shape, w.shape))) == 1:
                axis = int(np.argmax(np.array(a.shape) != w.shape))
                more += f" It has one entry too {'many' if a.size > w.size else 'few'} along the axis {axis}, {letters[axis]}."
            if all(a.ndim == w.ndim == 1 and agree(a[:len(w)], w[:len(a)]) for a, w in zip(got, wanted)):
                more += " As far as both go, they agree."
            return (f"should be {shape}; yours is an array of shape {a.shape}." if shape.startswith("a ") else
                    f"should have shape {shape}, here {w.shape}; yours has {a.shape}.{more}") + _some(right, problems, wanted)
    legal = any(np.isinf(w).any() for w in wanted)
    for a, w in zip(got, wanted):
        bad = np.argwhere(np.isnan(a.astype(float)) if legal else ~np.isfinite(a.astype(float))) if np.isfinite(w).all() else ()
        if len(bad):
            where = f", first at {name}[{', '.join(map(str, bad[0]))}]" if a.ndim else ""
            return (f"is not finite{where}: a division by zero, an overflow, or an array never filled (np.empty)?"
                    + _some(right, problems, wanted))
    sizes = [exercise.sizes(problem) for problem in problems]
    further = [*exercise.fresh, *map(larger, exercise.fresh)]      # what is said must hold for other numbers too, and for large ones
    for letter in sizes[0] if any(right) else ():
        one = [s[letter] == 1 for s in sizes]
        if any(one) and list(right) == one and all(_is_right(attempt, reference, problem) for problem in further
                                                   if exercise.sizes(problem)[letter] == 1):
            return (f"is right where {letter} = 1 and wrong for larger {letter}: {_along(name, letters, letter, got, wanted)}"
                    + without())
    which = _some(right, problems, wanted)
    without = without()
    for letter in letters if wanted[0].ndim else ():
        said = _along(name, letters, letter, got, wanted, otherwise="")
        if said:
            return f"is partly right: {said}{which}{without}"
    blank = never_set(exercise, name, got, wanted)
    if blank:
        return f"{blank}{which}{without}"
    pairs = list(zip(got, wanted)) if wanted[0].ndim else [(np.array(got), np.array(wanted))]
    if wanted[0].dtype.kind == "f" and not any(np.any(w) for w, r in zip(wanted, right) if r) and all(
            _close(a, w, 1e-2, 1e-3) for a, w in pairs):
        off = max(float(np.max(np.abs(a - w)) / np.abs(w).max()) for a, w in pairs if np.any(w))
        return (f"is nearly right, off by {off:.0e} of its size: is it rounded, computed in float32 or as a difference quotient, or "
                f"is a small number added somewhere?{which}")
    shaped = "has the right shape but other numbers" if wanted[0].ndim else "is another number"
    return (f"{shaped}, and no mistake known here explains {'them' if wanted[0].ndim else 'it'}."
            + which + _where_wrong(got, wanted, right) + _curve(
                *zip(*((a, w) for a, w, r in zip(got, wanted, right) if not r)), attempt, reference,
                [problem for n, r in enumerate(right) if not r for problem in (exercise.fresh[n], larger(exercise.fresh[n]))])
            + _values(got, wanted, problems)
            + _entries(letters, got, wanted) + without)


def _some(right, problems, wanted):
    """On which problems it is right, by what they try. Where nothing is asked for but zeros, being right tells nothing."""
    notes = {True: [], False: []}
    for r, problem, w in zip(right, problems, wanted):
        if not r or isinstance(w, dict) or np.any(w) and is_finite(w):
            notes[r].append(problem.note)
    if not notes[True] or not notes[False]:
        return ""
    only_wrong = list(dict.fromkeys(note for note in notes[False] if note not in notes[True])) or notes[False]
    said = f" It is right on {len(notes[True])} of {len(notes[True]) + len(notes[False])} problems"
    if len(only_wrong) <= len(notes[True]):
        return f"{said}, and wrong where {'; and where '.join(only_wrong)}."
    return f"{said}: only where {'; and where '.join(dict.fromkeys(notes[True]))}."


def _along(name, letters, letter, got, wanted, otherwise="what happens along that axis?"):
    """Where along one axis the entries are right: at one end only, everywhere but there, in one half, up to some step."""
    axis = next((n for n, its in enumerate(letters) if its in (letter, f"{letter}+1", f"2{letter}")), None)
    if axis is None:
        return otherwise
    places = [np.array([agree(x, y) for x, y in zip(np.moveaxis(a, axis, 0), np.moveaxis(w, axis, 0))])
              for a, w in zip(got, wanted) if a.ndim == len(letters) and a.shape[axis] > 1]
    if not places:
        return otherwise
    at = f"{name}[{', '.join([':'] * axis + ['{}'])}]"
    if letters[axis].startswith("2"):
        halves = [np.split(p, 2) for p in places]
        for half, other, word in ((0, 1, "first"), (1, 0, "second")):
            if all(h[half].all() for h in halves) and not all(h[other].all() for h in halves):
                return f"the {word} half along the last axis is right, the other is not."
    for t, word in ((0, "first"), (-1, "last")):
        others = [np.delete(p, t) for p in places]
        if all(o.all() for o in others) and not any(p[t] for p in places):
            return f"all are right but the {word} along {letter}, {at.format(t)}. How does that one differ?"
        if all(p[t] for p in places) and not any(o.any() for o in others):
            return f"only the {word} along {letter}, {at.format(t)}, is right. What should happen to the others?"
    wrong = [p for p in places if not p.all()]
    if wrong and all(p.any() for p in wrong):
        shown = wrong[0]
        first = int(np.argmin(shown))
        if all(not p[np.argmin(p):].any() for p in wrong):
            return f"right at first, wrong from {at.format(first)} on (in the first problem where it is wrong)."
        if all(p[np.argmax(p):].all() for p in wrong):
            return f"wrong at first, right from {at.format(int(np.argmax(shown)))} on (in the first problem where it is wrong)."
        which = [str(n) for n in np.flatnonzero(~shown)]
        return (f"along {letter} wrong at {', '.join(which[:5])}{' ...' if len(which) > 5 else ''} only, right elsewhere (in "
                f"the first "
                "problem where it is wrong). What do these have in common?")
    return otherwise


def mixture(exercise, name, got, wanted, problems):
    """Whether it is the right result put together with an argument or a size, as what follows its name; or None."""
    if isinstance(got[0], dict) or any(a.shape != np.shape(w) for a, w in zip(got, wanted)):
        return None
    a, w = (np.concatenate([np.ravel(x).astype(float) for x in some]) for some in (got, wanted))
    if not np.isfinite(a).all() or not np.isfinite(w).all():
        return None
    if np.ndim(wanted[0]) == 0:
        return _difference(a - w, problems)
    shown = {"1": np.ones_like(w)}
    for key in problems[0]:
        for part, at in ((key, ...), (f"{key}[0]", 0), (f"{key}[-1]", -1)):
            values = [np.asarray(problem[key])[at] if np.ndim(problem[key]) else problem[key] for problem in problems]
            if all(np.shape(v) == x.shape and np.asarray(v).dtype.kind == "f" for v, x in zip(values, wanted)):
                shown[part] = np.concatenate([np.ravel(v) for v in values])
    for part, v in shown.items():
        (c, d), *_ = np.linalg.lstsq(np.stack([w, v], axis=1), a, rcond=None)
        if abs(c) > 1e-9 < abs(d) and len(a) > 6 and np.abs(c * w + d * v - a).max() < 1e-9 * np.abs(a).max():
            times = "" if abs(c - 1) < 1e-9 else f"{c:.4g} times "
            return f"is {times}the right result plus {d:.4g}{'' if part == '1' else f' times {part}'}."
    return None


def _where_wrong(got, wanted, right):
    """One factor on all problems on which it is wrong."""
    def flat(value):
        return np.concatenate([[], *(np.ravel(v).astype(float) for v in (value.values() if isinstance(value, dict) else [value]))])

    factors = [_factor(flat(a), flat(w)) for a, w, r in zip(got, wanted, right) if not r]
    if any(right) and all(f is not None for f in factors) and np.allclose(factors, factors[0], rtol=1e-9):
        return f" There it is {factors[0]:.6g} times what it should be."
    return ""


def _curve(got, wanted, attempt, reference, problems):
    """Whether it is the right result put through another curve, with other numbers and with larger ones too."""
    a, w = (np.concatenate([np.ravel(x).astype(float) for x in some]) for some in (got, wanted))
    for word, sign in (("up", 1), ("down", -1)):
        if _monotone(sign * a, w) and np.asarray(wanted[0]).dtype.kind == "f":
            try:
                x, y = (np.concatenate([np.ravel(run(problem)) for problem in problems]) for run in (attempt, reference))
            except Exception:
                return ""
            if _monotone(sign * x, y):
                return (f" It goes {word} wherever the right result goes up, so it is the right one through another curve: another "
                        "squashing, a power, a limit?")
    return ""


def _monotone(a, w):
    w = np.round(w, 9)
    return len(a) > 5 and np.ptp(a) and np.ptp(w) and np.isfinite(a).all() and (np.diff(a[np.lexsort((a, w))]) >= 0).all()


def _difference(off, problems):
    """By how many of what a whole number is off: "H too large"."""
    numbers = {key: np.array([problem[key] for problem in problems], dtype=float) for key in problems[0]
               if all(isinstance(problem[key], int) for problem in problems)}
    if len(numbers) != len(problems[0]):
        return None
    of = {"1": np.ones(len(problems)), **numbers}
    of |= {f"{one} x {two}": numbers[one] * numbers[two] for one, two in itertools.combinations_with_replacement(numbers, 2)}
    for (one, x), (two, y) in itertools.product(of.items(), [("", 0 * of["1"]), *of.items()]):
        for sign in (1, -1):
            for factor in (1, -1, 2, -2):
                if one != two and np.array_equal(off, factor * x + sign * y):
                    first = f"is {'twice ' if abs(factor) == 2 else ''}{one} too {'large' if factor > 0 else 'small'}"
                    return first + (f" and {two} too {'large' if sign > 0 else 'small'}." if two else ".")
    return None


def _values(got, wanted, problems):
    """The first wrong number beside the right one."""
    for a, w, problem in zip(got, wanted, problems):
        if not agree(a, w) and a.ndim == 0:
            numbers = all(isinstance(value, (int, float)) for value in problem.values())
            given = "For " + ", ".join(f"{key} = {value}" for key, value in problem.items()) if numbers else f"Where {problem.note}"
            return f" {given} it is {float(a):.6g}, and right is {float(w):.6g}."
    return ""


def _entries(letters, got, wanted):
    """What the wrong entries have in common: a factor or a constant for each row, signs, the diagonal, sums."""
    pairs = [(a.astype(float), w.astype(float)) for a, w in zip(got, wanted) if a.size > 1 and not agree(a, w)]
    if not pairs:
        return ""
    if all(agree(np.abs(a), np.abs(w)) for a, w in pairs):
        return " The sizes are right and some signs are not."
    if all(a.ndim == 2 and len(a) == len(a.T) and len(a) > 1 for a, _ in pairs):
        if all(agree(np.diag(a), np.diag(w)) for a, w in pairs):
            return " The diagonal is right, the entries beside it are not."
        if all(agree(a - np.diag(np.diag(a)), w - np.diag(np.diag(w))) for a, w in pairs):
            return " The entries beside the diagonal are right, the diagonal is not."
    for axis, letter in enumerate(letters if pairs[0][0].ndim > 1 else ()):
        long = [(a, w) for a, w in pairs if a.ndim > axis and a.shape[axis] > 1]
        if not long or any(np.any(w == 0) for _, w in long):
            continue
        for word, between in (("times a factor", lambda a, w: a / w), ("plus a number", lambda a, w: a - w)):
            ratios = [between(a, w) for a, w in long]
            if all(np.allclose(r, np.take(r, [0], axis), rtol=1e-7, atol=1e-9) for r in ratios):
                return f" It is the right result {word} that is the same all along {letter}."
    for axis, letter in enumerate(letters if pairs[0][0].ndim > 1 else ()):
        ours, theirs = (all(np.allclose(x.sum(axis=axis), 1) for x in some) for some in zip(*pairs))
        if ours != theirs:
            return (f" Along {letter} the entries of yours {'sum' if ours else 'do not sum'} to 1; of the right result they "
                    f"{'do not' if ours else 'do'}.")
    matching = [np.isclose(a, w, rtol=1e-7, atol=1e-12) for a, w in pairs]
    share = sum(m.sum() for m in matching) / sum(m.size for m in matching)
    if share > 0.2:
        larger = all((np.abs(w[m]).min(initial=np.inf) >= np.abs(w[~m]).max(initial=0)) for (_, w), m in zip(pairs, matching))
        smaller = all((np.abs(w[m]).max(initial=0) <= np.abs(w[~m]).min(initial=np.inf)) for (_, w), m in zip(pairs, matching))
        which = " They are the largest." if larger else " They are the smallest." if smaller else ""
        return f" {share:.0%} of the entries are right.{which}"
    return ""


def larger(problem):
    """The same problem with all its real numbers three times as large."""
    return type(problem)(problem.note, **{**problem, **{key: 3 * problem[key] for key in _numbers(problem)}})


def _is_right(attempt, reference, problem):
    try:
        return agree(attempt(problem), reference(problem))
    except Exception:
        return False


def _without(exercise, problems, right, attempt, reference, until):
    """Which change of the arguments makes it right: one set to zero, two exchanged; and which argument has no influence.

    Said only if it does so on every problem on which it is wrong, with other numbers and with larger ones too.
    """
    wrong = [n for n, r in enumerate(right) if not r]
    others = [problems[n] for n in wrong[1:]]
    others += [problem for n in wrong for problem in (exercise.fresh[n], larger(exercise.fresh[n]))]

    def tried(function, problem, change):
        return function(type(problem)(problem.note, **copy.deepcopy({**problem, **change})))

    def makes_right(problem, said, change):
        try:
            a = tried(attempt, problem, change)
            w = reference(problem) if said.endswith("change places") else tried(reference, problem, change)
        except Exception:
            return None
        values = w.values() if isinstance(w, dict) else [w]
        return agree(a, w) and is_finite(w) and any(map(np.any, values)) and np.concatenate([*map(np.ravel, values)])

    others, makes = [problem for problem in others if not _is_right(attempt, reference, problem)], []
    changed = None
    for key, said, change in _changes(exercise, problems[wrong[0]]):
        if time.process_time() > until:
            break
        first = makes_right(problems[wrong[0]], said, change)
        if np.size(first) and np.any(first):
            changed = changed or [(problem, {words: its for _, words, its in _changes(exercise, problem)}) for problem in others]
            on = [makes_right(problem, said, its[said]) for problem, its in changed if said in its]
            # the same result whatever the numbers would tell nothing
            if on and all(np.any(one) for one in on) and not all(np.array_equal(one, first) for one in on):
                makes.append((key, said))
    idle = []
    for key in _numbers(problems[0]) if time.process_time() < until else ():
        another = [{key: each[key] * (1.25 + 0.2 * np.cos(np.arange(np.size(each[key])).reshape(np.shape(each[key]))))}
                   for each in problems]
        try:
            n = right.index(False)
            if all(agree(tried(attempt, each, change), attempt(each)) for each, change in zip(problems, another)) and not agree(
                    tried(reference, problems[n], another[n]), reference(problems[n])):
                idle.append(key)
        except Exception:
            continue
    said = f" It never depends on {', '.join(idle)}." if idle else ""
    if makes:
        said += f" It is right where {', or where '.join(said for _, said in makes[:4])}: look at how {makes[0][0]} enters."
    return said


def _numbers(problem):
    """The arguments that are real numbers or arrays of them."""
    return [key for key, value in problem.items() if isinstance(value, float) or isinstance(value, np.ndarray)
            and value.dtype.kind == "f"]


def _changes(exercise, problem):
    """(what to look at, how to say it, arguments instead): arguments set to zero, made symmetric, made equal, exchanged."""
    numbers = _numbers(problem)
    for one, other in itertools.combinations(numbers, 2):
        if np.shape(problem[one]) == np.shape(problem[other]):
            yield f"{one} and {other}", f"{one} and {other} change places", {one: problem[other], other: problem[one]}
    for key in numbers:
        value = problem[key]
        yield key, f"{key} is 0", {key: 0 * value}
        if key.startswith("W") and np.ndim(value) == 2 and len(value) == len(value.T) > 1:
            yield key, f"{key} is symmetric", {key: (value + value.T) / 2}
            yield key, f"{key} is the identity", {key: np.eye(len(value))}
        if np.ndim(value) and len(numbers) == 1:
            yield key, f"all entries of {key} are equal", {key: np.full_like(value, value.mean())}
    if "lengths" in problem:
        yield "lengths", "all lengths are equal", {"lengths": np.full_like(problem["lengths"], problem["lengths"].min())}
    blocks = len(exercise.gates)
    for n, gate in enumerate(exercise.gates):
        for keys in (("W_h",), ("W_x",), ("b",), ("W_x", "W_h", "b")):
            rows = {key: problem[key].copy() for key in keys}
            for array in rows.values():
                np.split(array, blocks)[n][...] = 0
            yield gate, f"the rows of {gate} in {', '.join(keys)} are 0", rows
        wide = rows["b"].copy()
        np.split(wide, blocks)[n][...] = 40
        yield f"{gate} is squashed and", f"{gate} is wide open", {**rows, "b": wide}
    if {"W_x", "W_h", "b"} <= set(problem):
        small = {key: 1e-5 * problem[key] for key in ("W_x", "W_h", "b")}
        yield "the squashing", "all pre-activations are near 0", small
    if blocks:
        gates = np.repeat([gate not in "gn" for gate in exercise.gates], len(problem["b"]) // blocks)
        yield "each squashing", "all gates are wide open", {"b": problem["b"] + 40 * gates}


def _where_in_dict(got, wanted, shape):
    """What can be said of dicts of arrays, and whether that is all."""
    if not isinstance(wanted[0], dict):
        return f"should be {asked_for(shape)}; it is a dict.", True
    if not isinstance(got[0], dict):
        return f"should be a dict with the keys {', '.join(wanted[0])}; it is of type {type(got[0]).__name__}.", True
    for g, w in zip(got, wanted):
        if g.keys() != w.keys():
            return f"should have the keys {', '.join(w)}; yours has {', '.join(map(str, g)) or 'none'}.", True
        shapes = [key for key in w if np.shape(g[key]) != w[key].shape]
        if shapes:
            return f"has another shape at {', '.join(shapes)}: {np.shape(g[shapes[0]])}, not {w[shapes[0]].shape}.", True
        if not is_finite(g):
            bad = ", ".join(key for key in g if not is_finite(g[key]))
            return f"is not finite at {bad}: a division by zero, or an overflow?", False
    off = sorted({key for g, w in zip(got, wanted) for key in w if not agree(g[key], w[key])})
    fine = sorted({key for w in wanted for key in w} - set(off))
    also = f" Right at {', '.join(fine)}." if fine else ""
    return f"has other numbers at {', '.join(off)}, and no mistake known here explains them.{also}", False


def _factor(a, w):
    """The one number c with a = c w, or None."""
    w = np.asarray(w, dtype=float)
    if a.shape != w.shape or not np.abs(w).max(initial=0) > 0:
        return None
    c = float((a * w).sum() / (w * w).sum())
    return c if c and agree(a / c, w) else None
