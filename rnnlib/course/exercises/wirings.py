"""Lessons 08 to 10: what generation and a second direction add around a cell."""

import numpy as np

from . import edits
from .checking import Exercise, Problem
from .gradients import OVERFLOW, large_logits

SHIFT = """
def teacher_forcing_shift(target, start):
    first = np.full_like(target[:1], start)
    return np.concatenate([first, target[:-1]])
"""

SHIFT_CHANGES = {
    "no shift": ("np.concatenate([first, target[:-1]])", "target.copy()", "The decoder reads the very token it must write: it "
        "would learn to copy, and know nothing when it writes alone."),
    "first overwritten": ("target[:-1]", "target[1:]", "Step 1 reads `start`, but the others read the very token they must "
        "write: shift, do not overwrite."),
    "last overwritten": ("[first, target[:-1]]", "[target[:-1], first]", "`start` stands in the last row, and the others read "
        "the very token they must write."),
    "start left out": ("np.concatenate([first, target[:-1]])", "target[:-1]", "It has T - 1 rows: the one of `start`, which step "
        "1 reads, is missing."),
    "start everywhere": ("target[:-1]", "np.full_like(target[:-1], start)", "Every step reads `start`; from the second on it "
        "reads the token of the step before."),
    "first token everywhere": ("target[:-1]", "np.tile(target[:1], (len(target) - 1, 1))", "From step 2 on every step reads the "
        "first token: copied one after another in a loop, it runs through. Copy from target, not from the array being filled."),
    "shifted the other way": ("[first, target[:-1]]", "[target[1:], first]", "It is shifted the other way: step t would read the "
        "token of step t + 1. It reads the one of step t - 1."),
    "rolled the other way": ("np.concatenate([first, target[:-1]])", "np.roll(target, -1, axis=0)", "np.roll by -1 shifts the "
        "other way: step t would read the token of step t + 1, and the last one the first."),
    "start added, nothing dropped": ("target[:-1]", "target", "The start is put in front, but the last token is still there: (T "
        "+ 1, B). Nothing reads the last token."),
    "shifted along the batch": ("np.concatenate([first, target[:-1]])",
        "np.concatenate([np.full_like(target[:, :1], start), target[:, :-1]], axis=1)", "It is shifted along the batch; time is "
        "the first axis."),
    "rolled through all": ("target[:-1]", "np.roll(target, 1)[1:]", "np.roll without axis=0 shifts through the whole array, from "
        "one sequence into the next."),
    "read from the end": ("target[:-1]", "target[::-1][:-1]", "The tokens are read from the end; step t reads the token of step "
        "t - 1."),
    "reversed": ("np.concatenate([first, target[:-1]])", "target[::-1]", "It is the target from its end; step t reads the token "
        "of step t - 1, and step 1 reads `start`."),
    "start added to tokens": ("np.concatenate([first, target[:-1]])", "target + start", "The number of the token `start` is "
        "added to every token; `start` is a token of its own, read at step 1."),
    "one taken off tokens": ("np.concatenate([first, target[:-1]])", "target - 1", "1 is taken off the tokens themselves; the "
        "shift is in time: step t reads the token of step t - 1."),
    "zeros at the start": ("np.full_like(target[:1], start)", "0 * target[:1]", "Step 1 reads token 0; it must read `start`."),
    "first token at the start": ("np.full_like(target[:1], start)", "target[:1]", "Step 1 reads the first token, the one it must "
        "write; it must read `start`."),
    "start for sequence 0 only": ("np.full_like(target[:1], start)",
        "np.where(np.arange(target.shape[1]) == 0, start, target[-1:])", "Only sequence 0 begins with `start`; all of them do."),
    "rolled round": ("np.concatenate([first, target[:-1]])", "np.roll(target, 1, axis=0)", "np.roll brings the last token to the "
        "front; step 1 must read `start`."),
    "shifted by two": ("np.concatenate([first, target[:-1]])", "np.concatenate([first, first, target])[:len(target)]",
        "It is shifted by two steps; step t reads the token of step t - 1."),
}

GREEDY = """
def greedy_decode(step, state, start, end, max_length):
    token, written = start, []
    for _ in range(max_length):
        scores, state = step(token, state)
        token = int(np.argmax(scores))
        if token == end:
            break
        written.append(token)
    return np.array(written, dtype=int)
"""

GREEDY_CHANGES = {
    "end ignored": ("token == end", "False", "It writes on behind `end`: stop there."),
    "end skipped": ("break", "continue", "`end` is left out, but the loop goes on behind it (continue where break belongs): stop "
        "there."),
    "end kept": ("break", "written.append(token); break", "The token `end` itself is in the result; it only says that the "
        "sequence is over."),
    "stops at start": ("== end", "== start", "It stops at `start`; it stops at `end`."),
    "stops at a token seen before": ("== end", "== end or token in written", "It stops at a token that was written before; "
        "tokens may come again, only `end` stops."),
    "each token once": ("        written.append(token)\n",
        "        if token not in written:\n            written.append(token)\n", "A token that was written before is left out; "
        "tokens may come again."),
    "start kept": ("    return", "    written = [start, *written]\n    return", "The token `start` is in the result; it was only "
        "read."),
    "first left out": ("        written.append", "        if len(written) or _:\n            written.append", "The first token "
        "written is missing: what the first step chooses belongs to the result."),
    "last left out": ("(written,", "(written[:-1],", "The last token written is missing."),
    "always reads start": ("step(token", "step(start", "Every step reads `start`; from the second on it reads the token just "
        "written."),
    "state not carried": ("scores, state =", "scores, _ =", "Every step starts from the first state: keep the new state that "
        "step returns."),
    "state moved twice": ("        scores,", "        _, state = step(token, state)\n        scores,", "step is called twice in "
        "each round, so that the state moves on twice: call it once, and take both results."),
    "least likely": ("argmax", "argmin", "It takes the smallest score (argmin); greedy takes the largest."),
    "largest size": ("argmax(scores)", "argmax(np.abs(scores))", "It takes the score of the largest size, minus sign or not; "
        "greedy takes the largest score: no abs."),
    "second best": ("np.argmax(scores)", "np.argsort(scores)[-2]", "It takes the second largest score; greedy takes the "
        "largest."),
    "one too many": ("range(max_length)", "range(max_length + 1)", "It writes one token more than `max_length` where no `end` "
        "comes."),
    "one too few": ("range(max_length)", "range(max_length - 1)", "It writes one token less than `max_length` where no `end` "
        "comes."),
    "return inside the loop": ("written.append(token)\n", "written.append(token)\n        break\n", "It returns after one round: "
        "the return stands inside the loop. Move it out, one indentation to the left."),
    "from the end": ("(written,", "(written[::-1],", "The tokens stand in reverse order: append each at the end."),
    "padded": ("(written,", "(written + [end] * (max_length - len(written)),", "The result is filled up to `max_length` tokens; "
        "it is as long as what was written."),
    "scores written": ("written.append(token)", "written.append(scores)", "dtype=int", "dtype=float", "The scores are collected; "
        "asked for are the tokens, their argmax."),
    "last token only": ("(written,", "(written[-1] if written else end,", "It is one token alone; asked for are all that were "
        "written, in order."),
}

TEMPERATURE = """
def temperature_probabilities(logits, temperature):
    z = logits / temperature
    p = np.exp(z - z.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)
"""

TEMPERATURE_CHANGES = {
    "multiplied": ("logits / temperature", "logits * temperature", "The logits are multiplied by the temperature; dividing makes "
        "a high temperature flatten and a low one sharpen."),
    "temperature ignored": ("logits / temperature", "logits", "The temperature plays no part: these are the probabilities at "
        "temperature 1. (Subtracting it from the logits, or dividing the exponentials by it, cancels out.)"),
    "square root": ("logits / temperature", "logits / np.sqrt(temperature)", "The logits are divided by the square root of the "
        "temperature; by the temperature itself."),
    "divided twice": ("logits / temperature", "logits / temperature ** 2", "The logits are divided by the temperature twice."),
    "one added": ("logits / temperature", "logits / (temperature + 1)", "The logits are divided by the temperature + 1; by the "
        "temperature itself."),
    "never below 1": ("logits / temperature", "logits / max(temperature, 1)", "A temperature below 1 is taken as 1; it "
        "sharpens."),
    "exp(1 / temperature)": ("logits / temperature", "logits * np.exp(1 / temperature)", "The logits are multiplied by exp(1 / "
        "temperature); divide them by the temperature."),
    "negated": ("logits / temperature", "-logits / temperature", "The sign of the scores is turned: the highest score gets the "
        "lowest probability."),
    "divided afterwards": ("logits / temperature", "logits", "p / p.sum(axis=1, keepdims=True)",
        "p / p.sum(axis=1, keepdims=True) / temperature", "The probabilities are divided by the temperature, so that they do not "
        "sum to 1; it divides the logits, before the softmax."),
    "not normalised again": ("logits / temperature", "logits", "p / p.sum(axis=1, keepdims=True)",
        "(p / p.sum(axis=1, keepdims=True)) ** (1 / temperature)", "The probabilities are raised to 1 / temperature, and then no "
        "longer sum to 1: divide by the sum of each row again."),
    "softmax of probabilities": ("    z =",
        "    p = np.exp(logits - logits.max(axis=1, keepdims=True))\n    logits = p / p.sum(axis=1, keepdims=True)\n    z =",
        "There are two softmaxes, with the temperature in the second; it divides the logits, and one softmax follows."),
    "softmax twice": ("    return", "    p = np.exp(p / p.sum(axis=1, keepdims=True))\n    return", "The softmax is taken "
        "twice."),
    "sum without temperature": ("p.sum(", "(p ** temperature).sum(", "The temperature divides the logits above the fraction line "
        "only; the sum is over the same exponentials."),
    "not normalised": ("p / p.sum(axis=1, keepdims=True)", "np.exp(z)", "The exponentials are not divided by their sum: each row "
        "must sum to 1."),
    "shifted, not normalised": ("p / p.sum(axis=1, keepdims=True)", "p", "The exponentials (largest score taken off) are not "
        "divided by their sum: each row must sum to 1."),
    "divided by the mean": ("p.sum(", "p.mean(", "The exponentials are divided by their mean; by their sum, so that each row "
        "sums to 1."),
    "over the batch": ("axis=1", "axis=0", "Each column sums to 1; the K tokens of one row are the alternatives (last axis)."),
    "over the batch, rows shifted": ("sum(axis=1", "sum(axis=0", "The sum runs over the batch (axis 0); the K tokens of one row "
        "are the alternatives (axis 1)."),
    "largest of the column": ("max(axis=1", "max(axis=0", "The largest score is taken of each column (axis 0); of each row it "
        "must be (axis=1), for only what all scores of a row share cancels."),
    "over everything": ("sum(axis=1", "sum(axis=None", "The sum runs over the whole array; each row is a distribution of its own "
        "(axis=1)."),
    "no exp": ("p / p.sum(axis=1, keepdims=True)", "z / z.sum(axis=1, keepdims=True)", "The exp is missing: p = exp(logits / "
        "temperature), divided by its sum."),
    "sigmoid": ("p / p.sum(axis=1, keepdims=True)", "sigmoid(z)", "It uses sigma; the K tokens exclude each other, so it is a "
        "softmax: each row sums to 1."),
    "power of two": ("np.exp(", "np.exp2(", "It uses powers of 2; the softmax uses exp."),
    "greedy": ("p / p.sum(axis=1, keepdims=True)", "np.eye(z.shape[1])[z.argmax(axis=1)]", "All probability is on the best "
        "token, as at temperature 0; at a temperature above 0 the others have their share."),
    "best token": ("p / p.sum(axis=1, keepdims=True)", "z.argmax(axis=1)", "It is the number of the best token in each row; "
        "asked for are the probabilities of all, (B, K)."),
    "no maximum": ("z - z.max(axis=1, keepdims=True)", "z", "At a temperature of 0.001 exp overflows and NaN comes out: take the "
        "largest score of each row off first. It cancels."),
    "maximum after exp": ("np.exp(z - z.max(axis=1, keepdims=True))", "np.exp(z) / np.exp(z).max(axis=1, keepdims=True)",
        "At a temperature of 0.001 exp has overflowed already when its result is divided: take the largest score of each row off "
        "first."),
    "never below 0.1": ("/ temperature", "/ max(temperature, 0.1)", "A temperature below 0.1 is taken as 0.1; it should survive "
        "0.001."),
    "logarithm": ("p / p.sum(axis=1, keepdims=True)", "z - z.max(axis=1, keepdims=True) - np.log(p.sum(axis=1, keepdims=True))",
        "It is the logarithm of the probabilities; asked for are the probabilities themselves."),
}

BIDIRECTIONAL = """
def bidirectional_forward(x, forward_rnn, backward_rnn):
    left = forward_rnn(x)
    right = backward_rnn(x[::-1])[::-1]
    return np.concatenate([left, right], axis=-1)
"""

BIDIRECTIONAL_CHANGES = {
    "output not turned back": ("backward_rnn(x[::-1])[::-1]", "backward_rnn(x[::-1])", "The backward half is in its own reading "
        "order: its first entry belongs to x_T. Turn it back with [::-1] before joining."),
    "input not reversed": ("backward_rnn(x[::-1])[::-1]", "backward_rnn(x)[::-1]", "The backward cell reads x from left to right "
        "(its output is turned round, its input is not): give it x[::-1]."),
    "nothing reversed": ("backward_rnn(x[::-1])[::-1]", "backward_rnn(x)", "The backward cell reads x from left to right too: "
        "time, the first axis, is not reversed. Give it x[::-1] and turn its output back. (Reversing the batch axis, x[:, ::-1], "
        "and turning it back changes nothing.)"),
    "batch reversed with time": ("x[::-1]", "x[::-1, ::-1]", "The batch axis is reversed too; time alone is: x[::-1]."),
    "features reversed": ("backward_rnn(x[::-1])[::-1]", "backward_rnn(x[..., ::-1])", "The features are reversed, x[..., ::-1]; "
        "time is the first axis: x[::-1], and the output is turned back."),
    "features reversed with time": ("x[::-1]", "x[::-1, :, ::-1]", "The features are reversed too; time alone is: x[::-1]."),
    "every axis reversed": ("x[::-1]", "np.flip(x)", "np.flip(x) turns every axis, batch and features too; time alone is "
        "reversed: x[::-1]."),
    "every axis turned back": ("backward_rnn(x[::-1])[::-1]", "np.flip(backward_rnn(x[::-1]))", "The output is turned round "
        "along every axis (np.flip); along time alone it is: [::-1]."),
    "batch turned back": ("backward_rnn(x[::-1])[::-1]", "backward_rnn(x[::-1])[:, ::-1]", "The output is turned round along the "
        "batch; along time, the first axis, it must be: [::-1]."),
    "features turned back": ("backward_rnn(x[::-1])[::-1]", "backward_rnn(x[::-1])[..., ::-1]", "The output is turned round "
        "along its features; along time, the first axis, it must be: [::-1]."),
    "forward half reversed too": ("forward_rnn(x)", "forward_rnn(x[::-1])", "The forward cell reads x[::-1]; it reads x as it "
        "is."),
    "all turned round": ("np.concatenate([left, right], axis=-1)", "np.concatenate([left, right], axis=-1)[::-1]", "The result "
        "is turned round as a whole; only the backward half is turned back, before joining."),
    "same cell twice": ("= backward_rnn", "= forward_rnn", "Both directions use forward_rnn; the second one is backward_rnn, "
        "with weights of its own."),
    "cells swapped": ("forward_rnn(x)", "backward_rnn(x)", "backward_rnn(x[", "forward_rnn(x[", "The cells are swapped: "
        "forward_rnn reads x, backward_rnn reads x[::-1]."),
    "halves swapped": ("[left, right]", "[right, left]", "The halves are swapped: [h_forward ; h_backward]."),
    "added": ("np.concatenate([left, right], axis=-1)", "left + right", "The halves are added, (T, B, H); they are joined along "
        "the last axis, (T, B, 2H)."),
    "averaged": ("np.concatenate([left, right], axis=-1)", "(left + right) / 2", "It is the mean of the halves, (T, B, H); they "
        "are joined along the last axis, (T, B, 2H)."),
    "multiplied": ("np.concatenate([left, right], axis=-1)", "left * right", "The halves are multiplied, (T, B, H); they are "
        "joined along the last axis, (T, B, 2H)."),
    "joined in time": ("axis=-1", "axis=0", "The halves are joined along time, (2T, B, H); they are joined along the last axis, "
        "(T, B, 2H)."),
    "joined in the batch": ("axis=-1", "axis=1", "The halves are joined along the batch, (T, 2B, H); they are joined along the "
        "last axis, (T, B, 2H)."),
    "stacked": ("np.concatenate([left, right], axis=-1)", "np.stack([left, right])", "np.stack makes a new axis, (2, T, B, H); "
        "np.concatenate along the last axis joins: (T, B, 2H)."),
    "stacked at the end": ("np.concatenate", "np.stack", "np.stack makes a new axis, (T, B, H, 2); np.concatenate along the last "
        "axis joins: (T, B, 2H)."),
    "units interleaved": ("np.concatenate([left, right], axis=-1)",
        "np.stack([left, right], axis=-1).reshape(*left.shape[:2], -1)", "The units of the halves alternate; all of the forward "
        "half comes first: np.concatenate along the last axis."),
    "forward half alone": ("np.concatenate([left, right], axis=-1)", "left", "It is the forward half alone, (T, B, H); the "
        "backward half is joined to it."),
    "backward half alone": ("np.concatenate([left, right], axis=-1)", "right", "It is the backward half alone, (T, B, H); it is "
        "joined to the forward half."),
    "forward half twice": ("left, right]", "left, left]", "Both halves are the forward one."),
    "backward half twice": ("[left, right", "[right, right", "Both halves are the backward one."),
    "forward half added to the backward": ("left, right]", "left, left + right]", "The forward half is added to the backward "
        "one; the two do not mix."),
    "backward half only at the end": ("backward_rnn(x[::-1])[::-1]", "0 * left + backward_rnn(x[::-1])[-1]", "Every position "
        "gets the backward state of x_1, the last that the backward cell makes; each position has its own."),
    "backward half restarted at each step": ("backward_rnn(x[::-1])[::-1]",
        "np.stack([backward_rnn(x[:t + 1][::-1])[-1] for t in range(len(x))])", "Position t gets what the backward cell makes of "
        "x_1 .. x_t; it must have read x_T .. x_t, the future."),
    "one step at a time": ("forward_rnn(x)", "np.concatenate([forward_rnn(x_t[None]) for x_t in x])",
        "backward_rnn(x[::-1])[::-1]", "np.concatenate([backward_rnn(x_t[None]) for x_t in x])", "The cells are called on one "
        "step at a time, so that they start anew at each and remember nothing: give them all of x."),
    "one position off": ("backward_rnn(x[::-1])[::-1]", "np.roll(backward_rnn(x[::-1])[::-1], 1, axis=0)", "The backward half is "
        "one position off."),
}

def _bidirectional_problems(rng):
    def cell(D, H):
        W_x, W_h = rng.normal(size=(H, D)), rng.normal(size=(H, H)) / np.sqrt(H)

        def run(x):
            h, states = np.full((x.shape[1], H), 0.1), []
            for x_t in x:
                h = np.tanh(x_t @ W_x.T + h @ W_h.T)
                states.append(h)
            return np.stack(states)

        return run

    return [Problem(f"T = {T}, B = {B}", x=rng.normal(size=(T, B, D)), forward_rnn=cell(D, H), backward_rnn=cell(D, H))
            for T, B, D, H in ((4, 3, 2, 3), (1, 2, 3, 2), (5, 1, 2, 2))]


def _shift_problems(rng):
    return [Problem(note, target=rng.integers(low, high, (T, B)), start=start) for note, T, B, low, high, start in (
        ("T = 5, B = 3", 5, 3, 2, 9, 1), ("T = 1", 1, 2, 2, 9, 1), ("B = 1", 4, 1, 2, 9, 7), ("tokens are large", 3, 2, 200, 400, 300),
        ("start is 0", 4, 2, 1, 4, 0))]


def _temperature_problems(rng):
    problems = [Problem(f"temperature is {t}", logits=2 * rng.normal(size=(B, K)), temperature=t) for B, K, t in ((3, 4, 0.5), (1, 5, 2.0), (2, 3, 1.3))]
    near = np.array([[5.0, 4.998, -9.0, 1.0], [-1.0, 2.0, 0.5, 0.2], [0.3, -3.0, 2.0, 1.2]])     # the largest share is near 1/2 at least
    return [*problems, Problem("temperature is 0.001", logits=near, temperature=0.001)]


def _greedy_problems(rng):
    """Small random writers of K tokens, drawn until each clause of the task has its own."""
    K, H = 5, 3

    def writer():
        from_token, from_state = 2 * rng.normal(size=(K, K)), 3 * rng.normal(size=(H, K))
        keep, hear = rng.normal(size=(H, H)), rng.normal(size=(K, H))

        def step(token, state):
            state = np.tanh(state @ keep + hear[token])
            return from_token[token] + state @ from_state, state

        return step

    greedy_decode, problems = edits.compiled(GREEDY), []
    for note, start, end, max_length, fits in (
            ("it stops by itself", 1, 0, 6, lambda w: len(w) == 3), ("it stops by itself", 1, 0, 6, lambda w: len(w) == 4),
            ("it must be stopped", 1, 0, 6, lambda w: len(w) == 6), ("a token comes twice running", 3, 4, 9, lambda w: len(w) > 6 and (w[1:] == w[:-1]).any()),
            ("token 0 is written", 2, 4, 5, lambda w: len(w) > 2 and 0 in w[:-1]), ("start is written", 2, 1, 8, lambda w: len(w) > 4 and 2 in w[:-1]),
            ("max_length is 8", 4, 3, 8, lambda w: len(w) == 8), ("nothing is written", 2, 3, 4, lambda w: len(w) == 0),
            ("max_length is 1", 1, 0, 1, lambda w: len(w) == 1)):
        while True:
            problem = Problem(note, step=writer(), state=rng.normal(size=H), start=start, end=end, max_length=max_length)
            written = greedy_decode(*problem.values())
            if fits(written) and (len(written) < 3 or len(set(written)) > 2):
                problems.append(problem)
                break
    return problems


EXERCISES = [
    Exercise("teacher_forcing_shift", {"read": "(T, B) of int"}, SHIFT, SHIFT_CHANGES, _shift_problems,
             "Step 1 reads `start`; what does step 2 read?",
             "Step t reads what should have been written at step t - 1.", lambda arguments: {"T": len(arguments["target"])}),
    Exercise("greedy_decode", {"tokens": "(L,) of int"}, GREEDY, GREEDY_CHANGES, _greedy_problems,
             "A loop of at most `max_length` rounds: call step, take the largest score, stop at `end`.",
             "Read, choose, carry the state on, stop at `end`."),
    Exercise("temperature_probabilities", {"p": "(B, K)"}, TEMPERATURE, TEMPERATURE_CHANGES, _temperature_problems,
             "Divide the logits by the temperature, then take the softmax of each row.",
             "softmax(logits / temperature): the order of the tokens stays, how sure it is changes.",
             beyond=(lambda rng: Problem("scores are large", logits=large_logits(rng), temperature=0.5), OVERFLOW)),
    Exercise("bidirectional_forward", {"out": "(T, B, 2H)"}, BIDIRECTIONAL, BIDIRECTIONAL_CHANGES, _bidirectional_problems,
             "Give the backward cell x[::-1]; then ask which of its outputs belongs to x_1.",
             "Two passes, one of them turned round twice, joined position by position.",
             lambda arguments: dict(zip("TB", arguments["x"].shape))),
]
