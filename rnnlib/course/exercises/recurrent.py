"""Lessons 01 and 02: the vanilla cell, and along a sequence."""

import itertools

import numpy as np

from .exercise import Exercise, Problem
from .texts import TEXT


def two_words_judge(result):
    """Run the designed cell on all sequences of up to four symbols and on long ones; which is told wrongly, and how?"""
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        return None, "It should be three arrays, W_x, W_h, b."
    W_x, W_h, b = (np.asarray(array, dtype=float) for array in result)
    H = len(b) if b.ndim == 1 else 0
    if H < 2 or W_x.shape != (H, 3) or W_h.shape != (H, H):
        return None, (f"W_x should have shape (H, 3), W_h (H, H) and b (H,) with the same H, at least 2; they have "
                      f"{W_x.shape}, {W_h.shape} "
                      f"and {b.shape}.")
    if not all(np.isfinite(array).all() for array in (W_x, W_h, b)):
        return None, "There are entries that are not finite."
    firsts = ((), (1,), (2,), (1, 2))
    waits = [(*first, *[0] * 50, *then) for first in firsts for then in ((), (1,), (2,))] + [first + (0,) * 1000 for first in firsts]
    for symbols in [s for T in range(1, 5) for s in itertools.product((0, 1, 2), repeat=T)] + waits + [
            (1,) * 50, (2,) * 50, (1,) + (2,) * 50, (2,) + (1,) * 50]:
        h = np.zeros(H)
        for symbol in symbols:
            h = np.tanh(W_x[:, symbol] + W_h @ h + b)
        for unit, word in enumerate("AB"):
            seen = unit + 1 in symbols
            if not _says(h[unit], seen):
                other = 1 - unit
                exchanged = _says(h[other], seen) and _says(h[unit], other + 1 in symbols)
                key = ("units swapped" if exchanged and W_x[unit, 1 + other] > W_x[unit, 1 + unit] else
                       "mixes the words" if _alone(W_x, W_h, b, unit, symbols) else
                       "believes without evidence" if not seen else
                       "does not notice" if symbols[-1] == unit + 1 else "forgets")
                told = ", ".join(("nothing", "A", "B")[symbol] for symbol in symbols)
                told = told if len(symbols) < 9 else f"{told[:40]} ... ({len(symbols)} symbols)"
                why = _why(key, W_x, W_h, b, unit, symbols[-1])
                return key, (f"After {told}: {word} has {'' if seen else 'not '}been seen, and h[{unit}] = {h[unit]:.2f} "
                             f"does not say so. {why or TEXT['two_word_memory'][1][key][-1]}")
    return None


def _why(key, W_x, W_h, b, unit, symbol):
    """What the weights of the unit themselves show, where the usual advice would not be true of them."""
    own, word, nothing = W_h[unit, unit], W_x[unit, unit + 1], W_x[unit, 0]
    still = b[unit] + nothing
    if key == "believes without evidence" and symbol == 0 and nothing > 0.5:
        return f"The symbol nothing turns it on, W_x[{unit}, 0] = {nothing:g}: the columns of W_x are nothing, A, B."
    if key != "units swapped" and own < 0:
        return f"W_h[{unit}, {unit}] = {own:g} is negative, so that it changes its sign from step to step; it must hold itself."
    if key == "forgets" and own > 1.1 and still < 0:
        return (f"Its W_h[{unit}, {unit}] = {own:g} would hold it, but b[{unit}] + W_x[{unit}, 0] = {still:g} pulls it down too "
                "strongly: w h + b with h near 1 must stay well above 0.")
    if key == "does not notice" and word < 0:
        return f"Its own word pushes it down, W_x[{unit}, {unit + 1}] = {word:g}; it must push it up."
    return None


def _says(h, seen):
    return h > 0.5 if seen else h < -0.5


def _alone(W_x, W_h, b, unit, symbols):
    """Whether the unit would be right if neither the other unit nor the other word reached it."""
    h = 0.0
    for symbol in symbols:
        h = np.tanh(W_x[unit, symbol] * (symbol in (0, unit + 1)) + W_h[unit, unit] * h + b[unit])
    return _says(h, unit + 1 in symbols)


def _weights(rng, D, H, size=1):
    return {"W_x": size * rng.normal(size=(H, D)), "W_h": size * rng.normal(size=(H, H)) / np.sqrt(H), "b": rng.normal(size=H)}


def step_problems(rng):
    """One step's arguments, at four sizes; the last with units that saturate."""
    return [Problem(f"B = {B}, D = {D}, H = {H}", x_t=rng.normal(size=(B, D)), h_prev=rng.uniform(-0.9, 0.9, (B, H)),
                    **_weights(rng, D, H, size))
            for B, D, H, size in ((3, 2, 5, 1), (1, 3, 2, 1), (2, 3, 3, 1), (7, 6, 4, 3))]


def forward_problems(rng):
    """A sequence's arguments, at four sizes; T = 12 is longer than any window."""
    return [Problem(f"T = {T}, B = {B}", x=rng.normal(size=(T, B, D)), h_0=rng.uniform(-0.9, 0.9, (B, H)), **_weights(rng, D, H))
            for T, B, D, H in ((3, 4, 2, 5), (1, 2, 3, 2), (5, 1, 3, 3), (12, 2, 2, 2))]


def _last_valid_problems(rng):
    return [Problem(note, h=rng.normal(size=(T + 1, len(lengths), H)), lengths=np.array(lengths))
            for note, T, H, lengths in (
                ("a length is 1", 5, 3, (2, 4, 3, 1)), ("no sequence fills T", 6, 2, (3, 5)), ("B = 1", 4, 3, (2,)),
                ("a sequence has the full length T", 3, 2, (3, 1)), ("two lengths are equal", 4, 2, (2, 2, 3)), ("T = 12", 12, 2, (11, 9, 1)))]


def _spoiled_padding(rng):
    problem = _last_valid_problems(rng)[0]
    for b, n in enumerate(problem["lengths"]):
        problem["h"][n + 1:, b] = np.nan
    return problem


def _parameter_problems(rng):
    return [Problem(f"D = {D}, H = {H}, K = {K}", D=D, H=H, K=K) for D, H, K in (
        (3, 5, 2), (1, 1, 1), (50, 7, 4), (2, 64, 10), (3, 300, 1), map(int, rng.integers(2, 30, 3)))]


def batch(x="x_t", axis=0):
    """For `Exercise.sizes`: T and B, or B alone, from the shape of one argument."""
    return lambda arguments: dict(zip(("T", "B")[1 - axis:], arguments[x].shape))


STEP_FIRST = "Write the equation as one line of NumPy: a sum of three terms, then tanh."

EXERCISES = [
    Exercise("rnn_step", {"h_t": "(B, H)"}, step_problems, STEP_FIRST,
             "h_t = tanh(W_x x_t + W_h h_{t-1} + b), for every sequence of the batch at once.", batch()),
    Exercise("two_word_memory", {"W_x": "(H, 3)", "W_h": "(H, H)", "b": "(H,)"},
             lambda rng: [Problem("designed by hand")],
             "Give each word a unit of its own. What keeps a unit at +1, and what turns it from -1 to +1?",
             "Two units that hold themselves, each turned over by its own word alone: a memory, and not only a change.",
             judge=two_words_judge),
    Exercise("parameter_count", {"count": "a whole number"}, _parameter_problems,
             "Count W_x, W_h and b first, then W_y and b_y.",
             "H (D + H + 1) for the cell and K (H + 1) for the readout, however long the sequence is."),
    Exercise("rnn_forward", {"h": "(T+1, B, H)"}, forward_problems,
             "Make an array of shape (T+1, B, H), put h_0 first, then fill one step after the other.",
             "One cell, one loop, any length: T = 1 and T = 5 came out right.", batch("x", 1)),
    Exercise("last_valid_state", {"h_last": "(B, H)"}, _last_valid_problems,
             "Ask which entry of h holds the state of sequence b after lengths[b] steps; then take it for all b at once.",
             "Each sequence is read where it ends, not where the padding does.",
             lambda arguments: {"B": len(arguments["lengths"])},
             beyond=(_spoiled_padding, ("A NaN in the padding would spoil it, for 0 times NaN is NaN: take the state by its index "
                                        "instead of a sum over all.",) * 2)),
]
