"""Lessons 06 and 07: the loss and its gradient where sequences differ in length."""

import numpy as np

from .checking import NONE, Exercise


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


def _last_step_problems(rng):
    return [{"dh_last": rng.normal(size=(len(lengths), H)), "T": T, "lengths": np.array(lengths)}
            for T, H, lengths in ((5, 3, (3, 4, 2)), (6, 2, (4, 3)), (4, 2, (4, 2)), (3, 2, (2,)))]


def _masked_problems(rng):
    return [{"losses": rng.uniform(0.5, 3, (T, len(lengths))), "lengths": np.array(lengths)}
            for T, lengths in ((5, (3, 2, 4)), (6, (3, 5)), (4, (2,)))]


EXERCISES = [
    Exercise("last_step_gradient", {"dh": "(T, B, H)"}, last_step_gradient, LAST_STEP_MISTAKES, _last_step_problems,
             "Start from zeros of shape (T, B, H): which single entry of each sequence did the loss see?",
             "One entry a sequence, and bptt does the rest.", lambda arguments: {"T": arguments["T"]}),
    Exercise("masked_loss", {"loss": "a number"}, masked_loss, MASKED_MISTAKES, _masked_problems,
             "Make a mask (T, B) that is True where a step belongs to its sequence.",
             "A mean over what exists, and nothing else."),
]
