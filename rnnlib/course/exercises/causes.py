"""The search for a cause: changes of the solution that give what the attempt gives, changes of its own text that mend it."""

import contextlib
import functools
import itertools
import time

import numpy as np

from . import edits
from .attempts import accepted
from .comparing import agree, is_finite
from .exercise import as_tuple, copies, solved
from .running import OutOfTime, Prints, aside

# how many changes that come near are tried with how many others, how many pairs besides
NEAR, OTHERS, FURTHER = 4, 300, 1200


def fitting(exercise, reference, candidates, attempts, wrong, finite_only=False, near=None, until=np.inf):
    """{keys: indices of the outputs that are what they give, on all problems}, where they explain any wrong output.

    finite_only: but for problems on which the attempt is not finite, though it should be.
    near: a dict, to which are added those that explain it on some problems, or some of the wrong outputs.
    until: the processor time at which it stops.
    """
    explainable = {i for i in wrong if _telling(i, attempts, reference is exercise.reference)}
    found = {}
    # where the attempt is right, so are many candidates: those problems come last, and behind them the fresh ones
    order = sorted(exercise.smallest_first, key=lambda n: all(agree(attempts[n][i], exercise.wanted[n][i]) for i in wrong))
    amiss = {n for n in order if not all(agree(attempts[n][i], exercise.wanted[n][i]) for i in explainable)}
    order += [n for n in range(len(order), len(attempts)) if attempts[n]]
    for keys in candidates if explainable else ():
        fits, explains = set(range(len(exercise.outputs))), False
        if time.process_time() > until:
            break
        for n in order:
            result = outcome(exercise, reference, keys, n)
            if result is None or len(result) != len(exercise.outputs):
                break
            explained = {i for i in fits & explainable if agree(attempts[n][i], result[i])
                         or finite_only and not is_finite(attempts[n][i]) and is_finite(exercise.wanted[n][i])}
            if not explained:                   # most are out after one problem
                break
            fits = explained | {i for i in fits.difference(wrong) if agree(attempts[n][i], result[i])}
            explains = explains or n in amiss
        else:
            found[keys] = fits
        if near is not None and explains:
            near[keys] = keys
    return found


def outcome(exercise, reference, keys, n):
    """What the solution with these changes gives on problem n; None where it raises, as shapes that do not fit do."""
    key = (reference is exercise.reference, keys, n)
    if key not in exercise.known:
        try:
            exercise.known[key] = solved(reference, (exercise.tried + exercise.fresh)[n], wrong=frozenset(keys))
        except Exception:
            exercise.known[key] = None
    return exercise.known[key]


def _telling(i, attempts, zeros):
    """Whether output i tells a cause: it has numbers on half of the problems, for NaN has many causes.

    And so has 0, unless `zeros`.
    """
    flat = [np.concatenate([[], *(np.ravel(v).astype(float) for v in (a[i].values() if isinstance(a[i], dict) else [a[i]]))])
            for a in attempts if a]
    return sum(not np.isnan(a).all() for a in flat) * 2 >= len(flat) and (
        zeros or any(np.any(a[np.isfinite(a)]) for a in flat))


def best(found, i):
    """Of what `fitting` found, the candidates that explain output i, those that agree with most of the other results too."""
    fits = [keys for keys, outputs in found.items() if i in outputs]
    most = max((len(found[keys]) for keys in fits), default=0)
    return [keys for keys in fits if len(found[keys]) == most]


def two_at_once(exercise, near=()):
    """Two changes at once: two known mistakes; one of those that come near with any other; and the most likely of the rest.

    But for two that each take 1 minus something, and so may cancel.
    """
    known = [(key,) for key in exercise.changes]
    turning = {key for key, parts in exercise.replacements.items() if "1 - " in "".join(parts[1::2])
               and "1 - " not in "".join(parts[::2])}
    every, seen = [*known, *exercise.rules.candidates], set()
    likely = every[:len(known) + 150]
    further = ((likely[i], likely[total - i]) for total in range(1, len(likely)) for i in range((total + 1) // 2))
    for one, other in itertools.chain(
            itertools.combinations(known, 2), itertools.product(list(near)[:NEAR], every[:len(known) + OTHERS]),
            itertools.islice(further, FURTHER * _tells_much(exercise))):
        both = frozenset(one + other)
        if not both <= turning and len(both) == len(one + other) and both not in seen:
            seen.add(both)
            exercise.pairs.setdefault(one + other, (one, other))
            yield one + other


def _tells_much(exercise):
    """Whether two results hardly agree by chance: they are no whole numbers."""
    values = [np.asarray(v, dtype=float) for wanted in exercise.wanted for v in wanted if not isinstance(v, dict)]
    return any(np.isfinite(v).all() and np.any(v != np.round(v)) for v in values)


def mended_by(exercise, function, until, right=None, wrong=None):
    """{output: the single change of the learner's own text that makes it right}; one for all outputs, if there is one.

    That one is put through the whole check before it is said.
    """
    rules = edits.own_rules(function, exercise.tried[0])
    names, found, problems = list(exercise.outputs), {}, exercise.tried + exercise.fresh
    wrong = wrong or range(len(names))
    order = sorted(exercise.smallest_first, key=lambda n: right is not None and all(right[names[i]][n] for i in wrong))
    with contextlib.suppress(OutOfTime), aside(
            Prints(), max(0.05, until - time.process_time()) if rules and rules.endless else None):
        for keys, sentence in zip(rules.candidates, rules.sentences) if rules else ():
            left = set(wrong)
            if time.process_time() > until:
                break
            for n in [*order, *range(len(exercise.tried), len(problems))]:
                try:
                    # 64 bits: p *= p would have no end otherwise
                    given = [np.int64(value) if type(value) is int else value for value in copies(problems[n])]
                    result = as_tuple(rules.function(*given, wrong=frozenset(keys)), len(names) > 1)
                    left = {i for i in left if agree(result[i], exercise.wanted[n][i])} if len(result) == len(names) else ()
                except (Exception, SystemExit):     # most changes break it
                    left = ()
                if not left:
                    break
            if len(left) == len(wrong) and (len(wrong) < len(names) or accepted(
                    exercise, functools.partial(rules.function, wrong=frozenset(keys)))):
                return dict.fromkeys(wrong, sentence)
            found = {**dict.fromkeys(left, sentence), **found} if len(left) < len(names) else found
    return found
