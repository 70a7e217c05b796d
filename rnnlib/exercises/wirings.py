"""Lessons 06 to 10: what the application patterns add around a cell."""

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


def last_step_gradient(dh_last, T, lengths, wrong=NONE):
    B, H = dh_last.shape
    dh = np.zeros((T + ("a row for h_0" in wrong), B, H))
    ends = np.sort(lengths) if "sorted" in wrong else lengths
    if "turned in sign" in wrong:
        dh_last = -dh_last
    if "divided by B" in wrong:
        dh_last = dh_last / B
    if "divided by the length" in wrong:
        dh_last = dh_last / ends[:, None]
    if "gradient of sequence 0 for all" in wrong:
        dh_last = np.tile(dh_last[0], (B, 1))
    if "sequences turned round" in wrong:
        dh_last = dh_last[::-1]
    if "ones" in wrong:
        dh_last = np.ones_like(dh_last)
    for b, n in enumerate(ends):
        if "first sequence only" in wrong and b > 0:
            break
        if "at every step" in wrong:
            dh[:n, b] = dh_last[b]
        elif "at all T steps" in wrong:
            dh[:, b] = dh_last[b]
        elif "from its end on" in wrong:
            dh[n - 1:, b] = dh_last[b]
        elif "spread evenly" in wrong:
            dh[:n, b] = dh_last[b] / n
        elif "at the last of the padding" in wrong:
            dh[-1, b] = dh_last[b]
        elif "at the longest one's end" in wrong:
            dh[max(ends) - 1, b] = dh_last[b]
        elif "at the shortest one's end" in wrong:
            dh[min(ends) - 1, b] = dh_last[b]
        elif "at sequence 0's end" in wrong:
            dh[ends[0] - 1, b] = dh_last[b]
        elif "at every sequence's end" in wrong:
            dh[ends - 1, b] = dh_last[b]
        elif "all in column 0" in wrong:
            dh[n - 1, 0] = dh_last[b]
        elif "at the first step" in wrong:
            dh[0, b] = dh_last[b]
        elif "counted from the end" in wrong:
            dh[T - n, b] = dh_last[b]
        elif "one step late, or nowhere" in wrong:
            dh[n:n + 1, b] = dh_last[b]
        elif "one step late" in wrong:
            dh[min(n, T - 1), b] = dh_last[b]
        elif "one step early" in wrong:
            dh[max(n - 2, 0), b] = dh_last[b]
        else:
            dh[n - 1 + ("a row for h_0" in wrong), b] = dh_last[b]
        if "in the padding too" in wrong:
            dh[-1, b] += dh_last[b]
    return dh[:max(lengths)] if "as long as the longest" in wrong else dh


LAST_STEP_MISTAKES = {
    "at the last of the padding": "The gradient stands at step T for every sequence; sequence b was read where it ends, at dh[lengths[b] - 1].",
    "in the padding too": "The gradient stands at step T too; it belongs at dh[lengths[b] - 1] alone.",
    "at every step": "The gradient stands at every step; a many-to-one loss touches one state of each sequence.",
    "at all T steps": "The gradient stands at all T steps, in the padding too; a many-to-one loss touches one state of each sequence.",
    "from its end on": "The gradient stands from each sequence's end on, all through the padding; it belongs at dh[lengths[b] - 1] alone.",
    "spread evenly": "The gradient is spread over the steps, as a mean over states would do; only the last valid state was read.",
    "at the first step": "The gradient stands at the first step; the answer was read from the last.",
    "at the longest one's end": "All gradients stand where the longest sequence ends; each belongs at its own end.",
    "at the shortest one's end": "All gradients stand where the shortest sequence ends; each belongs at its own end.",
    "at sequence 0's end": "All gradients stand where sequence 0 ends; each belongs at its own end.",
    "at every sequence's end": "dh[lengths - 1] = dh_last fills whole rows, every sequence at each of the B ends: give both indices, "
                               "dh[lengths - 1, np.arange(B)].",
    "all in column 0": "All gradients stand in the column of sequence 0; the second index must run over b: np.arange(B).",
    "counted from the end": "It counts from the end, dh[-lengths[b]]; the padding stands behind a sequence, so it is dh[lengths[b] - 1].",
    "one step late": "It is one step late: dh has no entry for h_0, so dL/dh_n stands at dh[n - 1].",
    "one step late, or nowhere": "It is one step late, and where a sequence fills all T steps it is nowhere: dh has no entry for h_0, so dL/dh_n "
                                 "stands at dh[n - 1].",
    "one step early": "It is one step early: dL/dh_n stands at dh[n - 1].",
    "a row for h_0": "dh has T + 1 entries, one for h_0 too; it has T, and dL/dh_n stands at dh[n - 1].",
    "as long as the longest": "dh is as long as the longest sequence; it has T steps, as the batch has.",
    "sorted": "The lengths are sorted; each belongs to its own sequence.",
    "sequences turned round": "The gradients are given to the sequences in reverse order.",
    "first sequence only": "Only the first sequence gets its gradient. (A return inside the loop?)",
    "gradient of sequence 0 for all": "Every sequence gets the gradient of sequence 0; each has its own row of dh_last.",
    "divided by B": "It is divided by B; the mean, if any, was taken in the loss and is in dh_last already.",
    "divided by the length": "It is divided by the sequence's length; one state alone was read, so nothing is shared out.",
    "ones": "It holds ones; at those places dh_last belongs.",
    "turned in sign": "The sign is turned; dh_last is handed on as it is.",
}


def masked_loss(losses, lengths, wrong=NONE):
    T, B = losses.shape
    t = np.arange(T)[:, None]
    lengths = np.asarray(lengths)
    mask = t < lengths
    if "one step too many" in wrong:
        mask = t <= lengths
    if "one step too few" in wrong:
        mask = t < np.maximum(lengths - 1, 1)
    if "first step left out" in wrong:
        mask = (t < lengths) & (t > 0)
    if "one step late" in wrong:
        mask = (t <= lengths) & (t > 0)
    if "padding in front" in wrong:
        mask = t >= T - lengths
    if "padding kept" in wrong:
        mask = np.ones((T, B), dtype=bool)
    if "padding only" in wrong:
        mask = ~mask
    if "up to the longest" in wrong:
        mask = np.broadcast_to(t < lengths.max(), (T, B))
    if "up to the shortest" in wrong:
        mask = np.broadcast_to(t < lengths.min(), (T, B))
    if "last step only" in wrong:
        mask = t == lengths - 1
    if "first sequence only" in wrong:
        mask = mask & (np.arange(B) == 0)
    if "last sequence only" in wrong:
        mask = mask & (np.arange(B) == B - 1)
    total, valid = (losses * mask).sum(), mask.sum()
    if "padding summed" in wrong:
        total = losses.sum()
    for key, last in (("one loss of padding in the sum", lengths), ("last loss not in the sum", lengths - 2)):
        if key in wrong:
            total = (losses * (t <= last)).sum()
    if "one step more in the count" in wrong:
        valid = valid + 1
    if "losses squared" in wrong:
        total = (losses ** 2 * mask).sum()
    if "sign turned" in wrong:
        total = -total
    if "masked, no mean" in wrong:
        return losses * mask
    if "valid losses, no mean" in wrong:
        return losses[mask]
    if "one mean a sequence" in wrong:
        return (losses * mask).sum(axis=0) / mask.sum(axis=0)
    if "median" in wrong:
        return float(np.median(losses[mask]))
    for key, divisor in (("divided by T B", T * B), ("divided by B", B), ("divided by T", T), ("not divided", 1),
                         ("divided by the mean length", lengths.mean()), ("divided by the longest", lengths.max())):
        if key in wrong:
            return float(total / divisor)
    if "mean of means" in wrong:
        return float(((losses * mask).sum(axis=0) / mask.sum(axis=0)).mean())
    if "sum of means" in wrong:
        return float(((losses * mask).sum(axis=0) / mask.sum(axis=0)).sum())
    if "mean of the steps' means" in wrong:
        return float(np.nanmean((losses * mask).sum(axis=1) / mask.sum(axis=1)))
    return float(total / valid)


MASKED_MISTAKES = {
    "padding kept": "The padding counts: the mean runs over all T B entries, and losses at steps that do not exist are in it.",
    "padding summed": "The losses of the padding are in the sum, though the number of valid steps divides it: multiply by the mask first.",
    "padding only": "The mask is turned round: it is the mean over the padding.",
    "padding in front": "The last lengths[b] steps are counted; the padding stands behind a sequence, not before it.",
    "up to the longest": "All sequences are counted up to the end of the longest; each has its own length.",
    "up to the shortest": "All sequences are counted up to the end of the shortest; each has its own length.",
    "last step only": "Only the last step of each sequence counts; the mean is over all its valid steps.",
    "first sequence only": "Only the first sequence counts.",
    "last sequence only": "Only the last sequence counts. (Overwritten in a loop?)",
    "divided by T B": "The padding is set to zero but still counted: divide by the number of valid steps, not by T B.",
    "divided by B": "It is divided by B; the mean is over all valid steps of all sequences.",
    "divided by T": "It is divided by T; the mean is over all valid steps of all sequences.",
    "divided by the mean length": "It is divided by the mean length; the number of valid steps is the sum of the lengths.",
    "divided by the longest": "It is divided by the longest length; the number of valid steps is the sum of the lengths.",
    "not divided": "It is the sum; divide by the number of valid steps.",
    "mean of means": "It is the mean of each sequence's mean, so that a word of a short sentence weighs more; every valid step counts alike here.",
    "sum of means": "It is the sum of each sequence's mean; add up all losses first, then divide by the number of valid steps, once.",
    "mean of the steps' means": "It is the mean of each step's mean, so that a late step, where few sequences are left, weighs more; every valid step "
                                "counts alike here.",
    "one mean a sequence": "It is one mean for each sequence, (B,); asked for is one number for all.",
    "masked, no mean": "It is the array of losses with zeros in the padding; their mean over the valid steps is missing.",
    "valid losses, no mean": "It is the list of the valid losses; their mean is missing.",
    "median": "It is the median; asked for is the mean.",
    "one step too many": "One step of padding counts for each sequence: step t (from 0) is valid where t < lengths[b].",
    "one step too few": "Each sequence's last step is left out: step t (from 0) is valid where t < lengths[b].",
    "first step left out": "The first step, t = 0, is left out: step t (from 0) is valid where t < lengths[b].",
    "one step late": "The mask is one step late: steps 1 .. lengths[b] count, but they are numbered from 0.",
    "one loss of padding in the sum": "The sum holds one loss of the padding of each sequence: step t (from 0) is valid where t < lengths[b].",
    "last loss not in the sum": "The sum leaves out the last loss of each sequence: step t (from 0) is valid where t < lengths[b].",
    "one step more in the count": "The number of valid steps is one too large.",
    "losses squared": "The losses are squared; they are losses already.",
    "sign turned": "The sign is turned.",
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


def greedy_decode(step, state, start, end, most, wrong=NONE):
    token, written = start, []
    for _ in range(most + 1 if "one too many" in wrong else most - 1 if "one too few" in wrong else most):
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
        written = written + [end] * (most - len(written))
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
    "one too many": "It writes one token more than `most` where no `end` comes.",
    "one too few": "It writes one token less than `most` where no `end` comes.",
    "return inside the loop": "It returns after one round: the return stands inside the loop. Move it out, one indentation to the left.",
    "from the end": "The tokens stand in reverse order: append each at the end.",
    "padded": "The result is filled up to `most` tokens; it is as long as what was written.",
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


def _last_step_problems(rng):
    return [{"dh_last": rng.normal(size=(len(lengths), H)), "T": T, "lengths": np.array(lengths)}
            for T, H, lengths in ((5, 3, (3, 4, 2)), (6, 2, (4, 3)), (4, 2, (4, 2)), (3, 2, (2,)))]


def _masked_problems(rng):
    return [{"losses": rng.uniform(0.5, 3, (T, len(lengths))), "lengths": np.array(lengths)}
            for T, lengths in ((5, (3, 2, 4)), (6, (3, 5)), (4, (2,)))]


def _shift_problems(rng):
    return [{"target": rng.integers(2, 9, (T, B)), "start": start} for T, B, start in ((5, 3, 1), (1, 2, 1), (4, 1, 7))]


def _temperature_problems(rng):
    return [{"logits": 2 * rng.normal(size=(B, K)), "temperature": t} for B, K, t in ((3, 4, 0.5), (1, 5, 2.0), (2, 3, 1.3))]


def _greedy_problems(rng):
    """Small random writers of K tokens, drawn until some stop by themselves and one must be stopped."""
    start, end, K, H, most = 1, 0, 5, 3, 6

    def writer():
        from_token, from_state = 2 * rng.normal(size=(K, K)), 3 * rng.normal(size=(H, K))
        keep, hear = rng.normal(size=(H, H)), rng.normal(size=(K, H))

        def step(token, state):
            state = np.tanh(state @ keep + hear[token])
            return from_token[token] + state @ from_state, state

        return step

    problems, wanted = [], [3, 4, most]
    while wanted:
        problem = {"step": writer(), "state": rng.normal(size=H), "start": start, "end": end, "most": most}
        written = greedy_decode(*problem.values())
        if len(written) == wanted[0] and len(set(written)) > 2:
            problems.append(problem)
            wanted.pop(0)
    return problems


EXERCISES = [
    Exercise("last_step_gradient", {"dh": "(T, B, H)"}, last_step_gradient, LAST_STEP_MISTAKES, _last_step_problems,
             "Start from zeros of shape (T, B, H): which single entry of each sequence did the loss see?",
             "One entry a sequence, and bptt does the rest.", lambda arguments: {"T": arguments["T"]}),
    Exercise("masked_loss", {"loss": "a number"}, masked_loss, MASKED_MISTAKES, _masked_problems,
             "Make a mask (T, B) that is True where a step belongs to its sequence.",
             "A mean over what exists, and nothing else."),
    Exercise("teacher_forcing_shift", {"read": "(T, B)"}, teacher_forcing_shift, SHIFT_MISTAKES, _shift_problems,
             "Step 1 reads `start`; what does step 2 read?",
             "Step t reads what should have been written at step t - 1.", lambda arguments: {"T": len(arguments["target"])}),
    Exercise("greedy_decode", {"tokens": "(L,)"}, greedy_decode, GREEDY_MISTAKES, _greedy_problems,
             "A loop of at most `most` rounds: call step, take the largest score, stop at `end`.",
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
