"""Lessons 08 to 10: what generation and a second direction add around a cell."""

import numpy as np

from .checking import NONE, Exercise
from .gradients import OVERFLOW, large_logits


def bidirectional_forward(x, forward_rnn, backward_rnn, wrong=NONE):
    if "cells swapped" in wrong:
        forward_rnn, backward_rnn = backward_rnn, forward_rnn
    if "same cell twice" in wrong:
        backward_rnn = forward_rnn
    left = forward_rnn(x[::-1] if "forward half reversed too" in wrong else x)
    turned = x[::-1]
    if "input not reversed" in wrong or "nothing reversed" in wrong:
        turned = x
    if "batch reversed with time" in wrong:
        turned = x[::-1, ::-1]
    if "features reversed" in wrong:
        turned = x[..., ::-1]
    if "features reversed with time" in wrong:
        turned = x[::-1, :, ::-1]
    if "every axis reversed" in wrong:
        turned = x[::-1, ::-1, ::-1]
    right = backward_rnn(turned)
    if not wrong & {"output not turned back", "nothing reversed", "features reversed"}:
        right = right[::-1]
    if "every axis turned back" in wrong:
        right = right[:, ::-1, ::-1]
    if "batch turned back" in wrong:
        right = backward_rnn(turned)[:, ::-1]
    if "features turned back" in wrong:
        right = backward_rnn(turned)[..., ::-1]
    if "backward half only at the end" in wrong:
        right = np.broadcast_to(backward_rnn(turned)[-1], right.shape)
    if "backward half restarted at each step" in wrong:
        right = np.stack([backward_rnn(x[:t + 1][::-1])[-1] for t in range(len(x))])
    if "one step at a time" in wrong:
        left, right = (np.concatenate([cell(x_t[None]) for x_t in x]) for cell in (forward_rnn, backward_rnn))
    if "one position off" in wrong:
        right = np.roll(right, 1, axis=0)
    if "added" in wrong:
        return left + right
    if "averaged" in wrong:
        return (left + right) / 2
    if "multiplied" in wrong:
        return left * right
    if "forward half alone" in wrong:
        return left
    if "backward half alone" in wrong:
        return right
    if "forward half twice" in wrong:
        right = left
    if "backward half twice" in wrong:
        left = right
    if "forward half added to the backward" in wrong:
        right = left + right
    if "stacked" in wrong:
        return np.stack([left, right])
    if "stacked at the end" in wrong:
        return np.stack([left, right], axis=-1)
    if "units interleaved" in wrong:
        return np.stack([left, right], axis=-1).reshape(*left.shape[:2], -1)
    if "joined in time" in wrong:
        return np.concatenate([left, right], axis=0)
    if "joined in the batch" in wrong:
        return np.concatenate([left, right], axis=1)
    both = np.concatenate([right, left] if "halves swapped" in wrong else [left, right], axis=-1)
    return both[::-1] if "all turned round" in wrong else both


BIDIRECTIONAL_MISTAKES = {
    "output not turned back": "The backward half is in its own reading order: its first entry belongs to x_T. Turn it back with [::-1] before joining.",
    "input not reversed": "The backward cell reads x from left to right (its output is turned round, its input is not): give it x[::-1].",
    "nothing reversed": "The backward cell reads x from left to right too: time, the first axis, is not reversed. Give it x[::-1] and turn its "
                        "output back. (Reversing the batch axis, x[:, ::-1], and turning it back changes nothing.)",
    "batch reversed with time": "The batch axis is reversed too; time alone is: x[::-1].",
    "features reversed": "The features are reversed, x[..., ::-1]; time is the first axis: x[::-1], and the output is turned back.",
    "features reversed with time": "The features are reversed too; time alone is: x[::-1].",
    "every axis reversed": "np.flip(x) turns every axis, batch and features too; time alone is reversed: x[::-1].",
    "every axis turned back": "The output is turned round along every axis (np.flip); along time alone it is: [::-1].",
    "batch turned back": "The output is turned round along the batch; along time, the first axis, it must be: [::-1].",
    "features turned back": "The output is turned round along its features; along time, the first axis, it must be: [::-1].",
    "forward half reversed too": "The forward cell reads x[::-1]; it reads x as it is.",
    "all turned round": "The result is turned round as a whole; only the backward half is turned back, before joining.",
    "same cell twice": "Both directions use forward_rnn; the second one is backward_rnn, with weights of its own.",
    "cells swapped": "The cells are swapped: forward_rnn reads x, backward_rnn reads x[::-1].",
    "halves swapped": "The halves are swapped: [h_forward ; h_backward].",
    "added": "The halves are added, (T, B, H); they are joined along the last axis, (T, B, 2H).",
    "averaged": "It is the mean of the halves, (T, B, H); they are joined along the last axis, (T, B, 2H).",
    "multiplied": "The halves are multiplied, (T, B, H); they are joined along the last axis, (T, B, 2H).",
    "joined in time": "The halves are joined along time, (2T, B, H); they are joined along the last axis, (T, B, 2H).",
    "joined in the batch": "The halves are joined along the batch, (T, 2B, H); they are joined along the last axis, (T, B, 2H).",
    "stacked": "np.stack makes a new axis, (2, T, B, H); np.concatenate along the last axis joins: (T, B, 2H).",
    "stacked at the end": "np.stack makes a new axis, (T, B, H, 2); np.concatenate along the last axis joins: (T, B, 2H).",
    "units interleaved": "The units of the halves alternate; all of the forward half comes first: np.concatenate along the last axis.",
    "forward half alone": "It is the forward half alone, (T, B, H); the backward half is joined to it.",
    "backward half alone": "It is the backward half alone, (T, B, H); it is joined to the forward half.",
    "forward half twice": "Both halves are the forward one.",
    "backward half twice": "Both halves are the backward one.",
    "forward half added to the backward": "The forward half is added to the backward one; the two do not mix.",
    "backward half only at the end": "Every position gets the backward state of x_1, the last that the backward cell makes; each position has its own.",
    "backward half restarted at each step": "Position t gets what the backward cell makes of x_1 .. x_t; it must have read x_T .. x_t, the future.",
    "one step at a time": "The cells are called on one step at a time, so that they start anew at each and remember nothing: give them all of x.",
    "one position off": "The backward half is one position off.",
}


def teacher_forcing_shift(target, start, wrong=NONE):
    first = np.full_like(target[:1], start)
    if "zeros at the start" in wrong:
        first = 0 * first
    if "first token at the start" in wrong:
        first = target[:1]
    if "start for sequence 0 only" in wrong:
        first = np.where(np.arange(target.shape[1]) == 0, start, target[-1:])
    if "no shift" in wrong:
        return target.copy()
    if "first overwritten" in wrong:
        return np.concatenate([first, target[1:]])
    if "last overwritten" in wrong:
        return np.concatenate([target[:-1], first])
    if "start left out" in wrong:
        return target[:-1]
    if "start everywhere" in wrong:
        return np.full_like(target, start)
    if "first token everywhere" in wrong:
        return np.concatenate([first, *[target[:1]] * (len(target) - 1)])
    if "shifted the other way" in wrong:
        return np.concatenate([target[1:], first])
    if "rolled the other way" in wrong:
        return np.roll(target, -1, axis=0)
    if "start added, nothing dropped" in wrong:
        return np.concatenate([first, target])
    if "shifted along the batch" in wrong:
        return np.concatenate([np.full_like(target[:, :1], start), target[:, :-1]], axis=1)
    if "rolled through all" in wrong:
        return np.concatenate([first, np.roll(target, 1)[1:]])
    if "read from the end" in wrong:
        return np.concatenate([first, target[::-1][:-1]])
    if "reversed" in wrong:
        return target[::-1]
    if "start added to tokens" in wrong:
        return target + start
    if "one taken off tokens" in wrong:
        return target - 1
    if "rolled round" in wrong:
        return np.roll(target, 1, axis=0)
    if "shifted by two" in wrong:
        return np.concatenate([first, first, target])[:len(target)]
    return np.concatenate([first, target[:-1]])


SHIFT_MISTAKES = {
    "no shift": "The decoder reads the very token it must write: it would learn to copy, and know nothing when it writes alone.",
    "first overwritten": "Step 1 reads `start`, but the others read the very token they must write: shift, do not overwrite.",
    "last overwritten": "`start` stands in the last row, and the others read the very token they must write.",
    "start left out": "It has T - 1 rows: the one of `start`, which step 1 reads, is missing.",
    "start everywhere": "Every step reads `start`; from the second on it reads the token of the step before.",
    "first token everywhere": "From step 2 on every step reads the first token: copied one after another in a loop, it runs through. Copy from "
                              "target, not from the array being filled.",
    "shifted the other way": "It is shifted the other way: step t would read the token of step t + 1. It reads the one of step t - 1.",
    "rolled the other way": "np.roll by -1 shifts the other way: step t would read the token of step t + 1, and the last one the first.",
    "start added, nothing dropped": "The start is put in front, but the last token is still there: (T + 1, B). Nothing reads the last token.",
    "shifted along the batch": "It is shifted along the batch; time is the first axis.",
    "rolled through all": "np.roll without axis=0 shifts through the whole array, from one sequence into the next.",
    "read from the end": "The tokens are read from the end; step t reads the token of step t - 1.",
    "reversed": "It is the target from its end; step t reads the token of step t - 1, and step 1 reads `start`.",
    "start added to tokens": "The number of the token `start` is added to every token; `start` is a token of its own, read at step 1.",
    "one taken off tokens": "1 is taken off the tokens themselves; the shift is in time: step t reads the token of step t - 1.",
    "zeros at the start": "Step 1 reads token 0; it must read `start`.",
    "first token at the start": "Step 1 reads the first token, the one it must write; it must read `start`.",
    "start for sequence 0 only": "Only sequence 0 begins with `start`; all of them do.",
    "rolled round": "np.roll brings the last token to the front; step 1 must read `start`.",
    "shifted by two": "It is shifted by two steps; step t reads the token of step t - 1.",
}


def temperature_probabilities(logits, temperature, wrong=NONE):
    exponents = {"multiplied": temperature, "temperature ignored": 1, "square root": 1 / np.sqrt(temperature),
                 "divided twice": 1 / temperature ** 2, "one added": 1 / (temperature + 1), "never below 1": 1 / max(temperature, 1),
                 "exp(1 / temperature)": np.exp(1 / temperature)}
    factor = next((exponents[key] for key in exponents if key in wrong), 1 / temperature)
    axis = 0 if "over the batch" in wrong or "over the batch, rows shifted" in wrong else None if "over everything" in wrong else -1

    def softmax(scores):
        shifted = scores - scores.max(axis=0 if wrong & {"over the batch", "largest of the column"} else -1, keepdims=True)
        if "no exp" in wrong:
            return scores / scores.sum(axis=-1, keepdims=True)
        if "sigmoid" in wrong:
            return 1 / (1 + np.exp(-scores))
        p = 2.0 ** shifted if "power of two" in wrong else np.exp(shifted)
        return p / p.sum(axis=axis, keepdims=True)

    if "negated" in wrong:
        factor = -factor
    scaled = logits * factor
    if "not normalised" in wrong:
        return np.exp(scaled)
    if "shifted, not normalised" in wrong:
        return np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    if "divided afterwards" in wrong:
        return softmax(logits) / temperature
    if "not normalised again" in wrong:
        return softmax(logits) ** (1 / temperature)
    if "sum without temperature" in wrong:
        shifted = logits - logits.max(axis=-1, keepdims=True)
        return np.exp(shifted / temperature) / np.exp(shifted).sum(axis=-1, keepdims=True)
    if "softmax of probabilities" in wrong:
        return softmax(softmax(logits) * factor)
    if "softmax twice" in wrong:
        return softmax(softmax(scaled))
    if "divided by the mean" in wrong:
        return softmax(scaled) * logits.shape[1]
    if "greedy" in wrong:
        return np.eye(logits.shape[1])[scaled.argmax(axis=-1)]
    if "logarithm" in wrong:
        return np.log(softmax(scaled))
    if "best token" in wrong:
        return scaled.argmax(axis=-1)
    return softmax(scaled)


TEMPERATURE_MISTAKES = {
    "multiplied": "The logits are multiplied by the temperature; dividing makes a high temperature flatten and a low one sharpen.",
    "temperature ignored": "The temperature plays no part: these are the probabilities at temperature 1. (Subtracting it from the logits, or "
                           "dividing the exponentials by it, cancels out.)",
    "square root": "The logits are divided by the square root of the temperature; by the temperature itself.",
    "divided twice": "The logits are divided by the temperature twice.",
    "one added": "The logits are divided by the temperature + 1; by the temperature itself.",
    "never below 1": "A temperature below 1 is taken as 1; it sharpens.",
    "exp(1 / temperature)": "The logits are multiplied by exp(1 / temperature); divide them by the temperature.",
    "negated": "The sign of the scores is turned: the highest score gets the lowest probability.",
    "divided afterwards": "The probabilities are divided by the temperature, so that they do not sum to 1; it divides the logits, before the softmax.",
    "not normalised again": "The probabilities are raised to 1 / temperature, and then no longer sum to 1: divide by the sum of each row again.",
    "softmax of probabilities": "There are two softmaxes, with the temperature in the second; it divides the logits, and one softmax follows.",
    "softmax twice": "The softmax is taken twice.",
    "sum without temperature": "The temperature divides the logits above the fraction line only; the sum is over the same exponentials.",
    "not normalised": "The exponentials are not divided by their sum: each row must sum to 1.",
    "shifted, not normalised": "The exponentials (largest score taken off) are not divided by their sum: each row must sum to 1.",
    "divided by the mean": "The exponentials are divided by their mean; by their sum, so that each row sums to 1.",
    "over the batch": "Each column sums to 1; the K tokens of one row are the alternatives (last axis).",
    "over the batch, rows shifted": "The sum runs over the batch (axis 0); the K tokens of one row are the alternatives (axis 1).",
    "largest of the column": "The largest score is taken of each column (axis 0); of each row it must be (axis=1), for only what all scores of a "
                             "row share cancels.",
    "over everything": "The sum runs over the whole array; each row is a distribution of its own (axis=1).",
    "no exp": "The exp is missing: p = exp(logits / temperature), divided by its sum.",
    "sigmoid": "It uses sigma; the K tokens exclude each other, so it is a softmax: each row sums to 1.",
    "power of two": "It uses powers of 2; the softmax uses exp.",
    "greedy": "All probability is on the best token, as at temperature 0; at a temperature above 0 the others have their share.",
    "best token": "It is the number of the best token in each row; asked for are the probabilities of all, (B, K).",
    "logarithm": "It is the logarithm of the probabilities; asked for are the probabilities themselves.",
}


def greedy_decode(step, state, start, end, max_length, wrong=NONE):
    token, written = start, []
    for _ in range(max_length + 1 if "one too many" in wrong else max_length - 1 if "one too few" in wrong else max_length):
        if "state moved twice" in wrong:
            _, state = step(token, state)
        scores, new_state = step(token, state)
        if "state not carried" not in wrong:
            state = new_state
        choice = int(np.argmin(scores) if "least likely" in wrong else np.argmax(scores))
        if "largest size" in wrong:
            choice = int(np.argmax(np.abs(scores)))
        if "second best" in wrong:
            choice = int(np.argsort(scores)[-2])
        if choice == end and "end skipped" in wrong:
            token = choice
            continue
        if choice == (start if "stops at start" in wrong else end) and "end ignored" not in wrong:
            if "end kept" in wrong:
                written.append(choice)
            break
        if "stops at a token seen before" in wrong and choice in written:
            break
        if "each token once" not in wrong or choice not in written:
            written.append(scores if "scores written" in wrong else choice)
        if "always reads start" not in wrong:
            token = choice
        if "return inside the loop" in wrong:
            break
    if "start kept" in wrong:
        written = [start, *written]
    elif "first left out" in wrong:
        written = written[1:]
    if "last left out" in wrong:
        written = written[:-1]
    if "from the end" in wrong:
        written = written[::-1]
    if "padded" in wrong:
        written = written + [end] * (max_length - len(written))
    if "last token only" in wrong:
        return np.array(written[-1] if written else end)
    return np.array(written, dtype=float if "scores written" in wrong else int)


GREEDY_MISTAKES = {
    "end ignored": "It writes on behind `end`: stop there.",
    "end skipped": "`end` is left out, but the loop goes on behind it (continue where break belongs): stop there.",
    "end kept": "The token `end` itself is in the result; it only says that the sequence is over.",
    "stops at start": "It stops at `start`; it stops at `end`.",
    "stops at a token seen before": "It stops at a token that was written before; tokens may come again, only `end` stops.",
    "each token once": "A token that was written before is left out; tokens may come again.",
    "start kept": "The token `start` is in the result; it was only read.",
    "first left out": "The first token written is missing: what the first step chooses belongs to the result.",
    "last left out": "The last token written is missing.",
    "always reads start": "Every step reads `start`; from the second on it reads the token just written.",
    "state not carried": "Every step starts from the first state: keep the new state that step returns.",
    "state moved twice": "step is called twice in each round, so that the state moves on twice: call it once, and take both results.",
    "least likely": "It takes the smallest score (argmin); greedy takes the largest.",
    "largest size": "It takes the score of the largest size, minus sign or not; greedy takes the largest score: no abs.",
    "second best": "It takes the second largest score; greedy takes the largest.",
    "one too many": "It writes one token more than `max_length` where no `end` comes.",
    "one too few": "It writes one token less than `max_length` where no `end` comes.",
    "return inside the loop": "It returns after one round: the return stands inside the loop. Move it out, one indentation to the left.",
    "from the end": "The tokens stand in reverse order: append each at the end.",
    "padded": "The result is filled up to `max_length` tokens; it is as long as what was written.",
    "scores written": "The scores are collected; asked for are the tokens, their argmax.",
    "last token only": "It is one token alone; asked for are all that were written, in order.",
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

    return [{"x": rng.normal(size=(T, B, D)), "forward_rnn": cell(D, H), "backward_rnn": cell(D, H)}
            for T, B, D, H in ((4, 3, 2, 3), (1, 2, 3, 2), (5, 1, 2, 2))]


def _shift_problems(rng):
    return [{"target": rng.integers(2, 9, (T, B)), "start": start} for T, B, start in ((5, 3, 1), (1, 2, 1), (4, 1, 7))]


def _temperature_problems(rng):
    return [{"logits": 2 * rng.normal(size=(B, K)), "temperature": t} for B, K, t in ((3, 4, 0.5), (1, 5, 2.0), (2, 3, 1.3))]


def _greedy_problems(rng):
    """Small random writers of K tokens, drawn until some stop by themselves and one must be stopped."""
    start, end, K, H, max_length = 1, 0, 5, 3, 6

    def writer():
        from_token, from_state = 2 * rng.normal(size=(K, K)), 3 * rng.normal(size=(H, K))
        keep, hear = rng.normal(size=(H, H)), rng.normal(size=(K, H))

        def step(token, state):
            state = np.tanh(state @ keep + hear[token])
            return from_token[token] + state @ from_state, state

        return step

    problems, wanted = [], [3, 4, max_length]
    while wanted:
        problem = {"step": writer(), "state": rng.normal(size=H), "start": start, "end": end, "max_length": max_length}
        written = greedy_decode(*problem.values())
        if len(written) == wanted[0] and len(set(written)) > 2:
            problems.append(problem)
            wanted.pop(0)
    return problems


EXERCISES = [
    Exercise("teacher_forcing_shift", {"read": "(T, B)"}, teacher_forcing_shift, SHIFT_MISTAKES, _shift_problems,
             "Step 1 reads `start`; what does step 2 read?",
             "Step t reads what should have been written at step t - 1.", lambda arguments: {"T": len(arguments["target"])}),
    Exercise("greedy_decode", {"tokens": "(L,)"}, greedy_decode, GREEDY_MISTAKES, _greedy_problems,
             "A loop of at most `max_length` rounds: call step, take the largest score, stop at `end`.",
             "Read, choose, carry the state on, stop at `end`."),
    Exercise("temperature_probabilities", {"p": "(B, K)"}, temperature_probabilities, TEMPERATURE_MISTAKES, _temperature_problems,
             "Divide the logits by the temperature, then take the softmax of each row.",
             "softmax(logits / temperature): the order of the tokens stays, how sure it is changes.",
             beyond=(lambda rng: {"logits": large_logits(rng), "temperature": 0.5}, OVERFLOW)),
    Exercise("bidirectional_forward", {"out": "(T, B, 2H)"}, bidirectional_forward, BIDIRECTIONAL_MISTAKES, _bidirectional_problems,
             "Give the backward cell x[::-1]; then ask which of its outputs belongs to x_1.",
             "Two passes, one of them turned round twice, joined position by position.",
             lambda arguments: dict(zip("TB", arguments["x"].shape))),
]
