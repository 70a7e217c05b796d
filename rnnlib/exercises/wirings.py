"""Lessons 06 to 10: what the application patterns add around a cell."""

import numpy as np

from .checking import NONE, Exercise


def bidirectional_forward(x, forward_rnn, backward_rnn, wrong=NONE):
    left = forward_rnn(x)
    right = backward_rnn(x[::-1])
    if "input not reversed" in wrong:
        right = backward_rnn(x)
    if "output not turned back" not in wrong:
        right = right[::-1]
    if "same cell twice" in wrong:
        right = forward_rnn(x[::-1])[::-1]
    if "batch reversed" in wrong:
        right = backward_rnn(x[:, ::-1])[:, ::-1]
    if "backward half only at the end" in wrong:
        right = np.broadcast_to(right[-1], right.shape)
    if "added" in wrong:
        return left + right
    if "joined in time" in wrong:
        return np.concatenate([left, right], axis=0)
    return np.concatenate([right, left] if "halves swapped" in wrong else [left, right], axis=-1)


BIDIRECTIONAL_MISTAKES = {
    "output not turned back": "The backward half is in its own reading order: its first entry belongs to x_T. Turn it back with [::-1] before joining.",
    "input not reversed": "The backward cell reads x from left to right (its output is turned round, its input is not): give it x[::-1].",
    "same cell twice": "Both directions use forward_rnn; the second one is backward_rnn, with weights of its own.",
    "batch reversed": "The batch axis is reversed, not time: time is the first axis.",
    "halves swapped": "The halves are swapped: [h_forward ; h_backward].",
    "added": "The halves are added, (T, B, H); they are joined along the last axis, (T, B, 2H).",
    "joined in time": "The halves are joined along time, (2T, B, H); they are joined along the last axis, (T, B, 2H).",
    "backward half only at the end": "Every position gets the backward state of the last word; each has its own.",
}


def last_step_gradient(dh_last, T, lengths, wrong=NONE):
    B, H = dh_last.shape
    dh = np.zeros((T, B, H))
    for b, n in enumerate(lengths):
        if "at every step" in wrong:
            dh[:n, b] = dh_last[b]
        elif "spread evenly" in wrong:
            dh[:n, b] = dh_last[b] / n
        elif "at the last of the padding" in wrong:
            dh[-1, b] = dh_last[b]
        elif "at the first step" in wrong:
            dh[0, b] = dh_last[b]
        elif "one step late" in wrong:
            dh[min(n, T - 1), b] = dh_last[b]
        elif "one step early" in wrong:
            dh[max(n - 2, 0), b] = dh_last[b]
        else:
            dh[n - 1, b] = dh_last[b]
    return dh


LAST_STEP_MISTAKES = {
    "at the last of the padding": "The gradient stands at step T for every sequence; sequence b was read where it ends, at dh[lengths[b] - 1].",
    "at every step": "The gradient stands at every step; a many-to-one loss touches one state of each sequence.",
    "spread evenly": "The gradient is spread over the steps, as a mean over states would do; only the last valid state was read.",
    "at the first step": "The gradient stands at the first step; the answer was read from the last.",
    "one step late": "It is one step late: dh has no entry for h_0, so dL/dh_n stands at dh[n - 1].",
    "one step early": "It is one step early: dL/dh_n stands at dh[n - 1].",
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
    if "padding kept" in wrong:
        mask = np.ones((T, B), dtype=bool)
    if "padding only" in wrong:
        mask = ~mask
    total = (losses * mask).sum()
    if "divided by T B" in wrong:
        return float(total / (T * B))
    if "divided by B" in wrong:
        return float(total / B)
    if "not divided" in wrong:
        return float(total)
    if "mean of means" in wrong:
        return float(((losses * mask).sum(axis=0) / mask.sum(axis=0)).mean())
    return float(total / mask.sum())


MASKED_MISTAKES = {
    "padding kept": "The padding counts: the mean runs over all T B entries, and losses at steps that do not exist are in it.",
    "divided by T B": "The padding is set to zero but still counted: divide by the number of valid steps, not by T B.",
    "divided by B": "It is divided by B; the mean is over all valid steps of all sequences.",
    "not divided": "It is the sum; divide by the number of valid steps.",
    "mean of means": "It is the mean of each sequence's mean, so that a word of a short sentence weighs more; every valid step counts alike here.",
    "one step too many": "One step of padding counts for each sequence: step t (from 0) is valid where t < lengths[b].",
    "one step too few": "Each sequence's last step is left out: step t (from 0) is valid where t < lengths[b].",
}


def teacher_forcing_shift(target, start, wrong=NONE):
    first = np.full_like(target[:1], start)
    if "no shift" in wrong:
        return target.copy()
    if "shifted the other way" in wrong:
        return np.concatenate([target[1:], first])
    if "start added, nothing dropped" in wrong:
        return np.concatenate([first, target])
    if "shifted along the batch" in wrong:
        return np.concatenate([np.full_like(target[:, :1], start), target[:, :-1]], axis=1)
    if "zeros at the start" in wrong:
        return np.concatenate([0 * first, target[:-1]])
    if "rolled round" in wrong:
        return np.roll(target, 1, axis=0)
    if "shifted by two" in wrong:
        return np.concatenate([first, first, target])[:len(target)]
    return np.concatenate([first, target[:-1]])


SHIFT_MISTAKES = {
    "no shift": "The decoder reads the very token it must write: it would learn to copy, and know nothing when it writes alone.",
    "shifted the other way": "It is shifted the other way: step t would read the token of step t + 1. It reads the one of step t - 1.",
    "start added, nothing dropped": "The start is put in front, but the last token is still there: (T + 1, B). Nothing reads the last token.",
    "shifted along the batch": "It is shifted along the batch; time is the first axis.",
    "zeros at the start": "Step 1 reads token 0; it must read `start`.",
    "rolled round": "np.roll brings the last token to the front; step 1 must read `start`.",
    "shifted by two": "It is shifted by two steps; step t reads the token of step t - 1.",
}


def temperature_probabilities(logits, temperature, wrong=NONE):
    scaled = logits / temperature
    if "multiplied" in wrong:
        scaled = logits * temperature
    if "temperature ignored" in wrong:
        scaled = logits
    if "power of two" in wrong:
        p = 2.0 ** (scaled - scaled.max(axis=-1, keepdims=True))
        return p / p.sum(axis=-1, keepdims=True)
    p = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    if "not normalised" in wrong:
        return np.exp(scaled)
    if "over the batch" in wrong:
        p = np.exp(scaled - scaled.max(axis=0, keepdims=True))
        return p / p.sum(axis=0, keepdims=True)
    p = p / p.sum(axis=-1, keepdims=True)
    if "divided afterwards" in wrong:
        q = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return q / q.sum(axis=-1, keepdims=True) / temperature
    return p


TEMPERATURE_MISTAKES = {
    "multiplied": "The logits are multiplied by the temperature; dividing makes a high temperature flatten and a low one sharpen.",
    "temperature ignored": "The temperature plays no part: these are the probabilities at temperature 1.",
    "divided afterwards": "The probabilities are divided by the temperature, so that they do not sum to 1; it divides the logits, before the softmax.",
    "not normalised": "The exponentials are not divided by their sum: each row must sum to 1.",
    "over the batch": "Each column sums to 1; the K tokens of one row are the alternatives (last axis).",
    "power of two": "It uses powers of 2; the softmax uses exp.",
}


def greedy_decode(step, state, start, end, most, wrong=NONE):
    token, written = start, []
    for _ in range(most + ("one too many" in wrong)):
        scores, new_state = step(token, state)
        if "state not carried" not in wrong:
            state = new_state
        choice = int(np.argmin(scores) if "least likely" in wrong else np.argmax(scores))
        if choice == end and "end ignored" not in wrong:
            if "end kept" in wrong:
                written.append(choice)
            break
        written.append(choice)
        if "always reads start" not in wrong:
            token = choice
    if "start kept" in wrong:
        written = [start, *written]
    return np.array(written, dtype=int)


GREEDY_MISTAKES = {
    "end ignored": "It writes on behind `end`: stop there.",
    "end kept": "The token `end` itself is in the result; it only says that the sequence is over.",
    "start kept": "The token `start` is in the result; it was only read.",
    "always reads start": "Every step reads `start`; from the second on it reads the token just written.",
    "state not carried": "Every step starts from the first state: keep the new state that step returns.",
    "least likely": "It takes the smallest score (argmin); greedy takes the largest.",
    "one too many": "It writes one token more than `most` where no `end` comes.",
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
            for T, H, lengths in ((5, 3, (2, 4, 3)), (6, 2, (3, 4)), (4, 2, (4, 2)), (3, 2, (2,)))]


def _masked_problems(rng):
    return [{"losses": rng.uniform(0.5, 3, (T, len(lengths))), "lengths": np.array(lengths)}
            for T, lengths in ((5, (2, 4, 3)), (6, (3, 5)), (4, (2,)))]


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
             "softmax(logits / temperature): the order of the tokens stays, how sure it is changes."),
    Exercise("bidirectional_forward", {"out": "(T, B, 2H)"}, bidirectional_forward, BIDIRECTIONAL_MISTAKES, _bidirectional_problems,
             "Give the backward cell x[::-1]; then ask which of its outputs belongs to x_1.",
             "Two passes, one of them turned round twice, joined position by position.",
             lambda arguments: dict(zip("TB", arguments["x"].shape))),
]
