"""From an attempt to a verdict: whether it is right, and if not, which of the causes found is told."""

import functools
import gc
import re
import time
import warnings

import numpy as np

from .attempts import agreement, attempted, attempted_all, nothing, remarks_on_types
from .causes import best, fitting, mended_by, outcome, two_at_once
from .comparing import agree, is_finite, locate, mixture, never_set, whole
from .exercise import solved
from .running import Raised, Trouble, call
from .verdict import Verdict
from .wording import by_rule, by_two, lost_argument, mistake_of, nearest_to_text, seen_in_text, told

# by when (seconds of processor time, on a machine that counts to 50,000 in 0.6 ms) one change of the solution, one of the
# learner's text, two changes, a place must be found
ONE, OWN, TWO, LAST = 0.13, 0.2, 0.23, 0.27
# a rule about an index: one's own text says better where it is one off
INDEX = re.compile(r"`(\w+)\[[^`]*` stands where `\1\[")


@functools.cache
def _slowness():
    """How many times as slow this machine is, a browser say; at least 1."""
    def seconds():
        start = time.process_time()
        for _ in range(50_000):
            pass
        return time.process_time() - start

    return max(1.0, min(seconds() for _ in range(3)) / 0.0006)


def _until(start, seconds):
    """The processor time at which a search is over, on this machine, that began at `start` and has so many seconds."""
    return start + seconds * _slowness()


def check(exercise, attempt):
    """The Verdict on one attempt."""
    if not callable(attempt) and not (exercise.judge and not exercise.tried[0]):
        return Verdict(exercise.name, False, None, f"check needs your function itself, check(\"{exercise.name}\", "
                       f"{exercise.name}) without brackets behind it; what it was given is of type {type(attempt).__name__}.")
    start, collecting = time.process_time(), gc.isenabled()
    gc.disable()        # all the syntax trees would set it off again and again
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return (_judge if exercise.judge else _compare)(exercise, attempt)
    except Trouble as trouble:
        mendable = isinstance(trouble, Raised) and not exercise.judge
        mended = mended_by(exercise, attempt, _until(start, OWN)) if mendable else {}
        same = len(mended) == len(exercise.outputs) and len({*mended.values()}) == 1
        return Verdict(exercise.name, False, mended[0] if same else None,
                       str(trouble) + (f"\nOne change makes it right: {mended[0]}." if same else ""))
    finally:
        if collecting:
            gc.enable()


def _judge(exercise, attempt):
    """The verdict where many answers are right."""
    results = []
    for problem in exercise.tried:
        results.append(call(attempt, problem, quiet=bool(results))[0] if callable(attempt) else attempt)
        if results[-1] is None or results[-1] is ...:
            raise Trouble(nothing(exercise, attempt, results[-1]))
        said = exercise.judge(results[-1], *results[:-1], **problem)
        if said:
            return Verdict(exercise.name, False, *said)
    return Verdict(exercise.name, True, None, exercise.praise)


def _compare(exercise, function):
    """The verdict where the results must be those of the solution."""
    start = time.process_time()
    attempts, raised = attempted_all(exercise, function, show=True)
    if raised:      # a known mistake may raise there as well
        known = [(key,) for key in exercise.changes if all(
            _same(a, outcome(exercise, exercise.reference, (key,), n)) for n, a in enumerate(attempts))]
        if len(known) != 1:
            raise raised
        return Verdict(exercise.name, False, known[0][0], f"{told(exercise, known)}\n{raised}")
    right = agreement(exercise, attempts)
    if not all(map(all, right.values())):
        return _explain(exercise, function, attempts, right, start)
    return Verdict(exercise.name, True, None, "\n".join([exercise.praise, *remarks_on_types(exercise, attempts), *(
        _beyond(exercise, function) if exercise.beyond else ())]))


def _same(one, other):
    """Whether two attempts gave the same on a problem; None where they raised an exception."""
    return one is other if one is None or other is None else len(one) == len(other) and all(map(agree, one, other))


def _beyond(exercise, function):
    """What to say of a right answer that fails outside what is asked."""
    problem = exercise.beyond[0](np.random.default_rng(21))
    wanted = solved(exercise.reference, problem)
    try:
        got = attempted(exercise, function, problem)
    except Trouble:
        return [f"({exercise.beyond[1][0]})"]
    return [] if all(map(agree, got, wanted)) else [f"({exercise.beyond[1][all(map(is_finite, got))]})"]


def _explain(exercise, function, attempts, right, start):
    """The verdict on a wrong attempt.

    First one cause for everything: a known mistake, another order, a change that the rules make of the solution, a change of the
    learner's own text, two changes at once. Then a cause for each output by itself, a change of it as a whole among them; for what
    is left, where it is right.
    What is not found in time (from `start` on) is not said.
    """
    names, wanted, problems = list(exercise.outputs), exercise.wanted[:len(attempts)], exercise.tried
    legal = [any(not isinstance(w[i], dict) and np.isinf(w[i]).any() for w in wanted) for i in range(len(names))]
    attempt = _remembered(lambda problem: attempted(exercise, function, problem))
    reference = _remembered(lambda problem: solved(exercise.reference, problem))
    tried, attempts = attempts, list(attempts)          # from here on with the fresh problems; None where it fails
    for problem in exercise.fresh:
        try:
            attempts.append(attempt(problem))
        except Trouble:
            attempts.append(None)
    more = [(problem, a, w) for problem, a, w in zip(problems + exercise.fresh, attempts, exercise.wanted) if a]
    wrong = [i for i, name in enumerate(names) if not all(right[name])]
    lines = []
    if len(wrong) < len(names):
        lines.append(f"Right: {', '.join(n for i, n in enumerate(names) if i not in wrong)}. "
                     f"Not yet: {', '.join(names[i] for i in wrong)}.")
    at = f"{', '.join(names[i] for i in wrong)}: " if len(names) > 1 else ""

    bad = list(dict.fromkeys(problem.note for problem, a, w in zip(problems, tried, wanted)
                             if not all(map(is_finite, a, legal)) and all(map(is_finite, w))))
    unless = [f"But where {'; and where '.join(bad)}, it is not finite: a division by zero, or an overflow?"] if bad else []

    def verdict(mistake, said):
        return Verdict(exercise.name, False, mistake, "\n".join([*lines, said, *unless]))

    def results(i):
        return [a[i] for _, a, _ in more], [w[i] for *_, w in more]

    def unexplained():
        return [i for i in wrong if not (turned[i] or i in mended or any(best(some, i) for some in (singles, rules, pairs)))]

    def of_all(found):
        return [keys for keys, outputs in found.items() if len(outputs) == len(names)]

    known = [(key,) for key in exercise.changes]
    near = {}
    singles = fitting(exercise, exercise.reference, known, attempts, wrong, near=near)
    if not singles and any(not r and is_finite(a[i]) for i in wrong for r, a in zip(right[names[i]], tried)):
        singles = fitting(exercise, exercise.reference, known, attempts, wrong, finite_only=True)
    several = nearest_to_text(exercise, function, of_all(singles))
    if 0 < len(several) <= 3:
        return verdict(mistake_of(several), at + told(exercise, several) + lost_argument(exercise, function, several))
    copied = {i: j for j in range(len(names)) for i in wrong
              if all(agree(a[i], w[j]) for _, a, w in more) and np.any(wanted[0][j])}
    order = [copied.get(i, i) for i in range(len(names))]
    if copied.keys() == {*wrong} and sorted(order) == list(range(len(names))):
        return Verdict(exercise.name, False, None, "The results are right, but in another order: it returns "
                       f"{', '.join(names[i] for i in order)}; asked for is {', '.join(names)}.")
    turned = {i: whole(exercise, names[i], *results(i), [problem for problem, *_ in more]) for i in wrong}
    for i, j in copied.items():     # two are called swapped only if both are
        for outputs in singles.values():
            outputs -= {i} - ({i} if j in outputs else set())
        turned[i] = turned[i] or f"holds what belongs in {names[j]}: " + (
            "they have changed places." if copied.get(j) == i else "is one name used for both, or one result returned twice?")
    rules, mended, pairs = {}, {}, {}
    if unexplained():
        rules = fitting(exercise, exercise.rules.function, exercise.rules.candidates, attempts, wrong, near=near,
                        until=_until(start, ONE))
        first = of_all(rules)[:1]
        ruled = by_rule(exercise, first[0], at) if first else ("", "")
        if first and not INDEX.search(ruled[0]):
            return verdict(*ruled)
        mended = mended_by(exercise, function, _until(start, OWN), right, wrong)
        if len({*mended.values()}) == 1 and len(mended) == len(wrong):
            unless.clear()      # nor is there anything else amiss
            return verdict(mended[wrong[0]], at + f"{'o' if at else 'O'}ne change makes it right: {mended[wrong[0]]}.")
        if first:
            return verdict(*ruled)
        for i in wrong if mended else ():       # a change that leaves others wrong may hide what is wrong with all
            turned[i] = turned[i] or never_set(exercise, names[i], *results(i))
        pairs = fitting(exercise, exercise.rules.function, two_at_once(exercise, near), attempts, unexplained(),
                        until=_until(start, TWO))
        if of_all(pairs):
            return verdict(*by_two(exercise, of_all(pairs), at))
        for i in unexplained():
            turned[i] = mixture(exercise, names[i], *results(i), [problem for problem, *_ in more])
    found, explained, blank = [], {}, {}        # sentence -> the outputs it is true of
    for i in wrong:
        name = names[i]
        fits = best(singles, i)
        if 0 < len(fits) <= 3:
            mistake, said = mistake_of(fits), told(exercise, fits)
        elif turned[i]:
            mistake, said = None, turned[i]
        elif best(rules, i):
            mistake, said = by_rule(exercise, best(rules, i)[0])
            said = "i" + said[1:]
        elif i in mended:
            mistake, said = mended[i], f"one change makes {'it' if len(wrong) == 1 else 'this alone'} right: {mended[i]}."
        elif best(pairs, i):
            mistake, said = by_two(exercise, best(pairs, i))
        else:
            mistake, said = None, locate(
                exercise, name, [a[i] for a in tried], [w[i] for w in wanted], problems, right[name],
                lambda problem, i=i: attempt(problem)[i], lambda problem, i=i: reference(problem)[i], _until(start, LAST))
        found += [mistake] * bool(mistake)
        (explained if mistake else blank).setdefault(said, []).append(name)
    lines += [f"{', '.join(those)}: {said}" for said, those in explained.items()]
    lines += [f"{', '.join(those)}{': each' if len(those) > 1 else ''} {said}" for said, those in blank.items()]
    lines += seen_in_text(function, problems[0]) if blank else []
    return Verdict(exercise.name, False, " + ".join(dict.fromkeys(found)) or None, "\n".join(lines))


def _remembered(run):
    """run(problem), computed once for all outputs that ask for it."""
    known = {}

    def remembered(problem):
        key = tuple(value.tobytes() if isinstance(value, np.ndarray) else repr(value) for value in problem.values())
        if key not in known:
            known[key] = run(problem)
        return known[key]

    return remembered
