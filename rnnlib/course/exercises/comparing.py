"""What can be said of a result without knowing its cause: whether it is right, and in which way it is not."""

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
           ("the last entry along", lambda w, axis: np.take(w, -1, axis)), ("the first entry along", lambda w, axis: np.take(w, 0, axis)))


def agree(a, b):
    """Equal shapes, and numbers that differ by rounding only."""
    if isinstance(a, dict) or isinstance(b, dict):
        return isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys() and all(agree(a[k], b[k]) for k in a)
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    relative, absolute = (1e-3, 1e-3) if a.dtype in (np.float32, np.float16) else (1e-7, 1e-9)
    a, b = a.astype(float), b.astype(float)     # differences of bool and of unsigned numbers are none
    if a.size and abs(a.flat[0] - b.flat[0]) > 0.01 * np.abs(b).max():      # quickly out, as most comparisons are
        return False
    if np.isfinite(b).all():
        size = np.abs(b)
        return bool((np.abs(a - b) <= relative * size + absolute * max(size.max(initial=0), 1e-300)).all())
    return np.allclose(a, b, rtol=relative, atol=absolute, equal_nan=True)


def is_finite(value):
    """Whether an array, or every array of a dict, has finite numbers alone."""
    return all(map(is_finite, value.values())) if isinstance(value, dict) else bool(np.isfinite(np.asarray(value, dtype=float)).all())


def asked_for(shape):
    """An output's shape or kind, in words."""
    return f"an array of shape {shape}" if shape.startswith("(") else shape


def describe(exercise, name, got, wanted, problems, right):
    """What can be said of one output that no known mistake explains, as what follows its name."""
    shape = exercise.outputs[name]
    if isinstance(got[0], dict) or isinstance(wanted[0], dict):
        return _general_dict(got, wanted, shape)
    wanted = [np.asarray(w) for w in wanted]
    letters = shape.strip("()").replace(" ", "").rstrip(",").split(",")     # one for each axis
    if not any(a.any() for a in got) and all(a.shape == w.shape for a, w in zip(got, wanted)):
        return "is zero in every entry: was it never filled, or cut down to whole numbers (dtype int, int())?"
    for word, turn in TURNS:
        turned = [turn(w) for w in wanted]
        if all(t is not None and agree(a, t) for a, t in zip(got, turned)):
            return f"is right but {word}."
    for axis, letter in enumerate(letters[:wanted[0].ndim]):
        for word, reduce in REDUCED:
            if all(agree(a, reduce(w, axis=axis)) for a, w in zip(got, wanted)):
                return f"should have shape {shape}; yours is {word} the axis {letter} of it."
        for word, cut in (("last", slice(None, -1)), ("first", slice(1, None))):
            if all(agree(a, w[(slice(None),) * axis + (cut,)]) for a, w in zip(got, wanted)):
                return f"should have shape {shape}, here {wanted[0].shape}; yours leaves out the {word} entry of the axis {letter}."
    for a, w in zip(got, wanted):
        if a.shape != w.shape:
            more = ""
            if a.ndim == 2 and a.T.shape == w.shape:
                more = " Its axes are the other way round: a transpose is missing or one too many."
            elif a.ndim == w.ndim and sum(np.abs(np.subtract(a.shape, w.shape))) == 1:
                axis = int(np.argmax(np.array(a.shape) != w.shape))
                more = f" It has one entry too {'many' if a.size > w.size else 'few'} along the axis {axis}, {letters[axis]}."
            if all(a.ndim == w.ndim == 1 and agree(a[:len(w)], w[:len(a)]) for a, w in zip(got, wanted)):
                more += " As far as both go, they agree."
            return (f"should be {shape}; yours is an array of shape {a.shape}." if shape.startswith("a ") else
                    f"should have shape {shape}, here {w.shape}; yours has {a.shape}.{more}")
    for a, w in zip(got, wanted):
        bad = np.argwhere(~np.isfinite(a.astype(float))) if np.isfinite(w).all() else ()
        if len(bad):
            where = f", first at {name}[{', '.join(map(str, bad[0]))}]" if a.ndim else ""
            return f"is not finite{where}: a division by zero, an overflow, or an array never filled (np.empty)?"
    sizes = [exercise.sizes(problem) for problem in problems]
    factors = [_factor(a, w) for a, w in zip(got, wanted)]
    if all(f is not None for f in factors):
        for letter in sizes[0]:
            for power, word in ((1, f"{letter} times too large"), (-1, f"{letter} times too small")):
                if np.allclose(factors, [float(s[letter]) ** power for s in sizes]):
                    return f"is {word}: a sum where a mean belongs, or the other way round?"
        if np.allclose(factors, factors[0], rtol=1e-9):
            return f"is {factors[0]:.6g} times what it should be, in every entry."
    for letter in sizes[0] if any(right) else ():
        one = [s[letter] == 1 for s in sizes]
        if any(one) and list(right) == one:
            return f"is right where {letter} = 1 and wrong for larger {letter}: {_along(name, letters, letter, got, wanted)}"
    for letter in letters:
        said = _along(name, letters, letter, got, wanted, otherwise="")
        if said:
            return f"is partly right: {said}"
    return "has the right shape but other numbers, and no mistake known here explains them."


def _along(name, letters, letter, got, wanted, otherwise="what happens along that axis?"):
    """Where along one axis the entries are right: at one end only, or everywhere but there."""
    if letter not in letters and f"{letter}+1" not in letters:
        return otherwise
    axis = letters.index(letter if letter in letters else f"{letter}+1")
    places = [np.array([agree(x, y) for x, y in zip(np.moveaxis(a, axis, 0), np.moveaxis(w, axis, 0))])
              for a, w in zip(got, wanted) if a.ndim == len(letters) and a.shape[axis] > 1]
    if not places:
        return otherwise
    at = f"{name}[{', '.join([':'] * axis + ['{}'])}]"
    for t, word in ((0, "first"), (-1, "last")):
        others = [np.delete(p, t) for p in places]
        if all(o.all() for o in others) and not any(p[t] for p in places):
            return f"all are right but the {word} along {letter}, {at.format(t)}. How does that one differ?"
        if all(p[t] for p in places) and not any(o.any() for o in others):
            return f"only the {word} along {letter}, {at.format(t)}, is right. What should happen to the others?"
    return otherwise


def _general_dict(got, wanted, shape):
    if not isinstance(wanted[0], dict):
        return f"should be {asked_for(shape)}; it is a dict."
    if not isinstance(got[0], dict):
        return f"should be a dict with the keys {', '.join(wanted[0])}; it is of type {type(got[0]).__name__}."
    for g, w in zip(got, wanted):
        if g.keys() != w.keys():
            return f"should have the keys {', '.join(w)}; yours has {', '.join(map(str, g)) or 'none'}."
        shapes = [key for key in w if np.shape(g[key]) != w[key].shape]
        if shapes:
            return f"has another shape at {', '.join(shapes)}: {np.shape(g[shapes[0]])}, not {w[shapes[0]].shape}."
        if not is_finite(g):
            return f"is not finite at {', '.join(key for key in g if not is_finite(g[key]))}: a division by zero, or an overflow?"
    whole = [all(agree(g[key], w[key]) for key in w) for g, w in zip(got, wanted)]
    off = sorted({key for g, w in zip(got, wanted) for key in w if not agree(g[key], w[key])})
    some = "" if not any(whole) else f" on {whole.count(False)} of {len(whole)} problems"
    return f"has other numbers at {', '.join(off)}{some}, and no mistake known here explains them."


def _factor(a, w):
    """The one number c with a = c w, or None."""
    w = np.asarray(w, dtype=float)
    if not np.abs(w).max(initial=0) > 0:
        return None
    c = float((a * w).sum() / (w * w).sum())
    return c if c and agree(a / c, w) else None
