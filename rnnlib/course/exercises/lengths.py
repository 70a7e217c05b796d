"""Lessons 06 and 07: losses and gradients where sequences differ in length; two layers; a stream."""

import numpy as np

import rnnlib

from .checking import Exercise, Problem

LAST_STEP = """
def last_step_gradient(dh_last, T, lengths):
    dh = np.zeros((T, *dh_last.shape))
    for b, n in enumerate(lengths):
        dh[n - 1, b] = dh_last[b]
    return dh
"""

LAST_STEP_CHANGES = {
    "at the last of the padding": ("dh[n - 1, b]", "dh[-1, b]", "The gradient stands at step T for every sequence; sequence b "
        "was read where it ends, at dh[lengths[b] - 1]."),
    "in the padding too": ("dh[n - 1, b] = dh_last[b]", "dh[n - 1, b] = dh_last[b]; dh[-1, b] += dh_last[b]", "The gradient "
        "stands at step T too; it belongs at dh[lengths[b] - 1] alone."),
    "at every step": ("dh[n - 1, b]", "dh[:n, b]", "The gradient stands at every step; a many-to-one loss touches one state of "
        "each sequence."),
    "at all T steps": ("dh[n - 1, b]", "dh[:, b]", "The gradient stands at all T steps, in the padding too; a many-to-one loss "
        "touches one state of each sequence."),
    "from its end on": ("dh[n - 1, b]", "dh[n - 1:, b]", "The gradient stands from each sequence's end on, all through the "
        "padding; it belongs at dh[lengths[b] - 1] alone."),
    "spread evenly": ("dh[n - 1, b] = dh_last[b]", "dh[:n, b] = dh_last[b] / n", "The gradient is spread over the steps, as a "
        "mean over states would do; only the last valid state was read."),
    "at the first step": ("dh[n - 1, b]", "dh[0, b]", "The gradient stands at the first step; the answer was read from the "
        "last."),
    "at the longest one's end": ("dh[n - 1, b]", "dh[max(lengths) - 1, b]", "All gradients stand where the longest sequence "
        "ends; each belongs at its own end."),
    "at the shortest one's end": ("dh[n - 1, b]", "dh[min(lengths) - 1, b]", "All gradients stand where the shortest sequence "
        "ends; each belongs at its own end."),
    "at sequence 0's end": ("dh[n - 1, b]", "dh[lengths[0] - 1, b]", "All gradients stand where sequence 0 ends; each belongs at "
        "its own end."),
    "at every sequence's end": ("dh[n - 1, b]", "dh[lengths - 1, b]", "dh[lengths - 1] = dh_last fills whole rows, every "
        "sequence at each of the B ends: give both indices, dh[lengths - 1, np.arange(B)]."),
    "all in column 0": ("dh[n - 1, b]", "dh[n - 1, 0]", "All gradients stand in the column of sequence 0; the second index must "
        "run over b: np.arange(B)."),
    "counted from the end": ("dh[n - 1, b]", "dh[-n, b]", "It counts from the end, dh[-lengths[b]]; the padding stands behind a "
        "sequence, so it is dh[lengths[b] - 1]."),
    "one step late": ("dh[n - 1, b]", "dh[min(n, T - 1), b]", "It is one step late: dh has no entry for h_0, so dL/dh_n stands "
        "at dh[n - 1]."),
    "one step late, or nowhere": ("dh[n - 1, b]", "dh[n:n + 1, b]", "It is one step late, and where a sequence fills all T steps "
        "it is nowhere: dh has no entry for h_0, so dL/dh_n stands at dh[n - 1]."),
    "one step early": ("dh[n - 1, b]", "dh[max(n - 2, 0), b]", "It is one step early: dL/dh_n stands at dh[n - 1]."),
    "a row for h_0": ("((T,", "((T + 1,", "n - 1", "n", "dh has T + 1 entries, one for h_0 too; it has T, and dL/dh_n stands at "
        "dh[n - 1]."),
    "as long as the longest": ("return dh", "return dh[:max(lengths)]", "dh is as long as the longest sequence; it has T steps, "
        "as the batch has."),
    "sorted": ("enumerate(lengths)", "enumerate(np.sort(lengths))", "The lengths are sorted; each belongs to its own sequence."),
    "sequences turned round": ("dh_last[b]", "dh_last[-1 - b]", "The gradients are given to the sequences in reverse order."),
    "first sequence only": ("dh[n - 1, b] = dh_last[b]", "dh[n - 1, b] = dh_last[b]; break", "Only the first sequence gets its "
        "gradient. (A return inside the loop?)"),
    "gradient of sequence 0 for all": ("dh_last[b]", "dh_last[0]", "Every sequence gets the gradient of sequence 0; each has its "
        "own row of dh_last."),
    "divided by B": ("dh_last[b]", "dh_last[b] / len(lengths)", "It is divided by B; the mean, if any, was taken in the loss and "
        "is in dh_last already."),
    "divided by the length": ("dh_last[b]", "dh_last[b] / n", "It is divided by the sequence's length; one state alone was read, "
        "so nothing is shared out."),
    "ones": ("= dh_last[b]", "= 1", "It holds ones; at those places dh_last belongs."),
    "turned in sign": ("= dh_last[b]", "= -dh_last[b]", "The sign is turned; dh_last is handed on as it is."),
}

MASKED = """
def masked_loss(losses, lengths):
    T, B = losses.shape
    t = np.arange(T)[:, None]
    mask = t < lengths
    return (losses * mask).sum() / mask.sum()
"""

MASKED_CHANGES = {
    "padding kept": ("mask = t < lengths", "mask = t < T + 0 * lengths", "The padding counts: the mean runs over all T B "
        "entries, and losses at steps that do not exist are in it."),
    "padding summed": ("(losses * mask)", "losses", "The losses of the padding are in the sum, though the number of valid steps "
        "divides it: multiply by the mask first."),
    "padding only": ("t < l", "t >= l", "The mask is turned round: it is the mean over the padding."),
    "padding in front": ("t < l", "t >= T - l", "The last lengths[b] steps are counted; the padding stands behind a sequence, "
        "not before it."),
    "up to the longest": ("t < lengths", "t < lengths.max() + 0 * lengths", "All sequences are counted up to the end of the "
        "longest; each has its own length."),
    "up to the shortest": ("t < lengths", "t < lengths.min() + 0 * lengths", "All sequences are counted up to the end of the "
        "shortest; each has its own length."),
    "last step only": ("t < lengths", "t == lengths - 1", "Only the last step of each sequence counts; the mean is over all its "
        "valid steps."),
    "first sequence only": ("t < lengths", "(t < lengths) & (np.arange(B) == 0)", "Only the first sequence counts."),
    "last sequence only": ("t < lengths", "(t < lengths) & (np.arange(B) == B - 1)", "Only the last sequence counts. "
        "(Overwritten in a loop?)"),
    "divided by T B": ("/ mask.sum()", "/ losses.size", "The padding is set to zero but still counted: divide by the number of "
        "valid steps, not by T B."),
    "divided by B": ("/ mask.sum()", "/ B", "It is divided by B; the mean is over all valid steps of all sequences."),
    "divided by T": ("/ mask.sum()", "/ T", "It is divided by T; the mean is over all valid steps of all sequences."),
    "divided by the mean length": ("/ mask.sum()", "/ lengths.mean()", "It is divided by the mean length; the number of valid "
        "steps is the sum of the lengths."),
    "divided by the longest": ("/ mask.sum()", "/ lengths.max()", "It is divided by the longest length; the number of valid "
        "steps is the sum of the lengths."),
    "not divided": (" / mask.sum()", "", "It is the sum; divide by the number of valid steps."),
    "mean of means": ("(losses * mask).sum() / mask.sum()", "((losses * mask).sum(axis=0) / lengths).mean()", "It is the mean of "
        "each sequence's mean, so that a word of a short sentence weighs more; every valid step counts alike here."),
    "sum of means": ("(losses * mask).sum() / mask.sum()", "((losses * mask).sum(axis=0) / lengths).sum()", "It is the sum of "
        "each sequence's mean; add up all losses first, then divide by the number of valid steps, once."),
    "mean of the steps' means": ("(losses * mask).sum() / mask.sum()",
        "np.nanmean((losses * mask).sum(axis=1) / mask.sum(axis=1))", "It is the mean of each step's mean, so that a late step, "
        "where few sequences are left, weighs more; every valid step counts alike here."),
    "one mean a sequence": ("(losses * mask).sum() / mask.sum()", "(losses * mask).sum(axis=0) / lengths", "It is one mean for "
        "each sequence, (B,); asked for is one number for all."),
    "masked, no mean": ("(losses * mask).sum() / mask.sum()", "losses * mask", "It is the array of losses with zeros in the "
        "padding; their mean over the valid steps is missing."),
    "valid losses, no mean": ("(losses * mask).sum() / mask.sum()", "losses[mask]", "It is the list of the valid losses; their "
        "mean is missing."),
    "median": ("(losses * mask).sum() / mask.sum()", "np.median(losses[mask])", "It is the median; asked for is the mean."),
    "one step too many": ("t < l", "t <= l", "One step of padding counts for each sequence: step t (from 0) is valid where t < "
        "lengths[b]."),
    "one step too few": ("t < lengths", "t < np.maximum(lengths - 1, 1)", "Each sequence's last step is left out: step t (from "
        "0) is valid where t < lengths[b]."),
    "first step left out": ("t < lengths", "(t < lengths) & (t > 0)", "The first step, t = 0, is left out: step t (from 0) is "
        "valid where t < lengths[b]."),
    "one step late": ("t < lengths", "(t <= lengths) & (t > 0)", "The mask is one step late: steps 1 .. lengths[b] count, but "
        "they are numbered from 0."),
    "one loss of padding in the sum": ("losses * mask", "losses * (t <= lengths)", "The sum holds one loss of the padding of "
        "each sequence: step t (from 0) is valid where t < lengths[b]."),
    "last loss not in the sum": ("losses * mask", "losses * (t < lengths - 1)", "The sum leaves out the last loss of each "
        "sequence: step t (from 0) is valid where t < lengths[b]."),
    "one step more in the count": ("/ mask.sum()", "/ (mask.sum() + 1)", "The number of valid steps is one too large."),
    "losses squared": ("losses * mask", "losses ** 2 * mask", "The losses are squared; they are losses already."),
    "sign turned": ("(losses *", "(-losses *", "The sign is turned."),
    "divided twice": ("mask.sum()", "mask.sum() ** 2", "It is divided by the number of valid steps twice: once the mean is "
        "taken, it is a mean."),
    "divided by B on top": ("/ mask.sum()", "/ mask.sum() / B", "The mean is divided by B once more; every valid step is in it "
        "already."),
}

TWO_LAYERS = """
def two_layers_backward(dh, lower, upper):
    dx_2, grads_2 = upper(dh)
    dx_1, grads_1 = lower(dx_2)
    return dx_1, grads_1, grads_2
"""
TWO_LAYERS_CHANGES = {
    "dh for both": ("lower(dx_2)", "lower(dh)", "the lower layer gets dh, which belongs to the upper one's states; its own "
        "states are the upper layer's inputs, so it gets dx_2."),
    "dh added": ("lower(dx_2)", "lower(dx_2 + dh)", "dh is added to what the lower layer gets; the loss looks at the upper "
        "states alone, so all of it comes through dx_2."),
    "dx of the upper layer": ("return dx_1", "return dx_2", "it is the gradient of the upper layer's inputs, which are the lower "
        "layer's states; one layer more leads to x."),
    "turned in time": ("lower(dx_2)", "lower(dx_2[::-1])", "it is turned round in time: entry t of dx_2 belongs to entry t of "
        "the lower states."),
    "last step only": ("lower(dx_2)", "lower(np.concatenate([0 * dx_2[:-1], dx_2[-1:]]))", "the lower layer gets the gradient of "
        "the last step alone; the upper layer read its states at every step."),
    "one step off": ("lower(dx_2)", "lower(np.roll(dx_2, 1, axis=0))", "it is one step off: entry t of dx_2 belongs to entry t "
        "of the lower states."),
    "gradients swapped": ("grads_1, grads_2\n", "grads_2, grads_1\n", "the two layers' gradients are swapped: the lower layer's "
        "come first."),
    "upper layer twice": ("lower(dx_2)", "lower(upper(dx_2)[0])", "the upper layer is gone through twice."),
}
DELAYS = """
def delays(labels, announced):
    starts = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    ends = [*starts[1:], len(labels)]
    waits = []
    for start, end in zip(starts, ends):
        missed = np.flatnonzero(announced[start:end] != labels[start])
        waits.append(missed[-1] + 1 if len(missed) else 0)
    return np.array(waits, dtype=int)
"""
DELAYS_CHANGES = {
    "first time right": ("missed[-1] + 1 if len(missed) else 0",
        "np.append(announced[start:end] == labels[start], True).argmax()", "It counts until the label is right for the first "
        "time; a rule that names all labels in turn would look quick. Count until it is right and stays so."),
    "number of wrong samples": ("missed[-1] + 1 if len(missed) else 0", "len(missed)", "It is the number of wrong samples; asked "
        "for is how long it takes until the label is right and stays so."),
    "one too few": ("missed[-1] + 1", "missed[-1]", "It is the place of the last wrong sample, counted from 0: one more is the "
        "delay."),
    "first stay counted": ("labels[:-1]) + 1", "labels[:-1]) + 1; starts = np.append(0, starts)", "The stay at the beginning is "
        "counted; no change comes before it."),
    "last stay left out": ("[*starts[1:], len(labels)]", "starts[1:]", "The last stay is left out: it ends where the stream "
        "does."),
    "runs into the next stay": ("announced[start:end]", "announced[start:]", "It looks beyond the next change, where another "
        "label is right: a stay ends there."),
    "against the old label": ("!= labels[start])", "== labels[start - 1])", "It waits until the old label is gone; the new one "
        "must be there."),
    "changes of the announced": ("labels[1:] != labels[:-1]", "announced[1:] != announced[:-1]", "It begins where the announced "
        "label changes; the true one counts."),
    "starts one early": ("labels[:-1]) + 1", "labels[:-1])", "Each stay begins one sample early: labels[t] != labels[t - 1] at "
        "its first sample t."),
    "mean": ("np.array(waits, dtype=int)", "np.mean(waits)", "It is the mean; asked for is one number for each change."),
}
TOPIC = """
def topic_model(rng):
    from rnnlib import Embedding, GRUCell, ManyToMany, ManyToOne, Readout
    from rnnlib.course.toydata import topics
    V, K, answers = topics.V, topics.K, ManyToOne
    return answers(GRUCell(12, 24, rng), Readout(24, K, rng), Embedding(V, 12, rng))
"""
TOPIC_CHANGES = {
    "answers at every step": ("answers = topics.V, topics.K, ManyToOne", "answers = topics.V, topics.K, ManyToMany",
        "It is a ManyToMany, which answers at every step; a note has one topic: ManyToOne."),
    "no embedding": (", Embedding(V, 12, rng))", ")", "It has no Embedding: notes are words 0 .. topics.V - 1, and the cell "
        "reads vectors."),
    "too few words": ("V, K, answers = topics.V", "V, K, answers = topics.V - 1", "The Embedding must have a row for each of the "
        "topics.V words."),
    "wrong number of scores": ("topics.K", "topics.K + 1", "The Readout must give topics.K scores, one for each topic."),
    "does not learn": ("    return answers(",
        "    def answers(*parts):\n        model = ManyToOne(*parts)\n        model.params = {name: array.copy() for name, array in model.params.items()}\n        return model\n    return answers(",
        "The loss does not fall in 20 steps on one batch: do model.params hold the very arrays that the cell, the Readout and "
        "the Embedding use?"),
}


def topic_judge(model, rng):
    """Whether it is a wiring for the notes: its sizes, its weights, and that it learns."""
    from ..toydata import topics     # only here, for its import takes longer than all checks

    def wrong(key):
        return key, TOPIC_CHANGES[key][-1]

    if isinstance(model, rnnlib.ManyToMany):
        return wrong("answers at every step")
    if not isinstance(model, rnnlib.ManyToOne):
        return None, f"It should return a rnnlib.ManyToOne, a cell, a Readout and an Embedding in one; it returned a {type(model).__name__}."
    if "W_e" not in model.params:
        return wrong("no embedding")
    if len(model.params["W_e"]) != topics.V:
        return wrong("too few words")
    if model.readout.output_size != topics.K:
        return wrong("wrong number of scores")
    x, target, *lengths = next(iter(topics.batches(np.random.default_rng(1))))
    before = model.predict(x, *lengths)
    optimiser, first, batch = rnnlib.Adam(0.01), None, (x, target, *lengths)
    for _, loss, _ in rnnlib.train(model, iter([batch] * 20), optimiser, 20, clip=1.0):
        first = loss if first is None else first
    if not loss < 0.9 * first or np.array_equal(model.predict(x, *lengths), before):
        return wrong("does not learn")
    return None



def _last_step_problems(rng):
    return [Problem(note, dh_last=rng.normal(size=(len(lengths), H)), T=T, lengths=np.array(lengths)) for note, T, H, lengths in (
        ("no sequence fills T", 5, 3, (3, 4, 2)), ("B = 2", 6, 2, (4, 3)), ("a sequence has the full length T", 4, 2, (4, 2)), ("B = 1", 3, 2, (2,)),
        ("a length is 1", 4, 3, (1, 4, 1)), ("T = 1", 1, 2, (1, 1)))]


def _masked_problems(rng):
    problems = [Problem(note, losses=rng.uniform(0.5, 3, (T, len(lengths))), lengths=np.array(lengths)) for note, T, lengths in (
        ("no sequence fills T", 5, (3, 2, 4)), ("B = 2", 6, (3, 5)), ("B = 1", 4, (2,)), ("a sequence has the full length T", 4, (4, 2, 3)),
        ("a length is 1", 3, (2, 1, 1)), ("a loss is exactly 0", 4, (3, 2)), ("all losses are 0", 3, (2, 3)))]
    problems[5]["losses"][1, 0] = 0
    problems[6]["losses"][:] = 0
    return problems


def _two_layer_problems(rng):
    def layer(T, B, D, H):
        cell = rnnlib.RNNCell(D, H, rng)
        cache = rnnlib.forward(cell, rng.normal(size=(T, B, D)))[1]

        def back(dh):
            grads = rnnlib.bptt(cell, dh, cache)
            return grads.x, grads.params

        return back

    return [Problem(f"T = {T}, B = {B}", dh=rng.normal(size=(T, B, H)), lower=layer(T, B, D, H), upper=layer(T, B, H, H))
            for T, B, D, H in ((3, 2, 4, 5), (1, 3, 2, 2), (4, 1, 2, 2))]


def _delay_problems(rng):
    streams = (("the label flickers", "000011111222", "000000121212"), ("it is right at once", "0011", "0011"), ("it is never right", "011122", "000111"),
               ("nothing changes", "2222", "0022"), ("a label comes back", "001100", "000010"), ("a stay has one sample", "00100022", "00011022"),
               ("it is wrong before the first change", "0001111", "1101011"), ("it lags by one", "0112200", "0011220"))
    return [Problem(note, labels=np.array(list(map(int, labels))), announced=np.array(list(map(int, announced))))
            for note, labels, announced in streams]


EXERCISES = [
    Exercise("last_step_gradient", {"dh": "(T, B, H)"}, LAST_STEP, LAST_STEP_CHANGES, _last_step_problems,
             "Start from zeros of shape (T, B, H): which single entry of each sequence did the loss see?",
             "One entry a sequence, and bptt does the rest.", lambda arguments: {"T": arguments["T"]}),
    Exercise("topic_model", {"model": "a ManyToOne"}, TOPIC, TOPIC_CHANGES, lambda rng: [Problem("a new network", rng=np.random.default_rng(0))],
             "Start with an Embedding, a cell and a Readout; ManyToOne joins them.",
             "The wiring of the sentiments with another K: it takes the notes and it learns.", judge=topic_judge),
    Exercise("masked_loss", {"loss": "a number"}, MASKED, MASKED_CHANGES, _masked_problems,
             "Make a mask (T, B) that is True where a step belongs to its sequence.",
             "A mean over what exists, and nothing else."),
    Exercise("delays", {"waits": "(C,) of int"}, DELAYS, DELAYS_CHANGES, _delay_problems,
             "Find the samples at which the true label changes; each begins a stay that ends at the next change.",
             "From each change to the first sample from which on the announced label is right: a delay that no guess in turn can beat."),
    Exercise("two_layers_backward", {"dx": "(T, B, D)", "grads_lower": "a dict of arrays", "grads_upper": "a dict of arrays"},
             TWO_LAYERS, TWO_LAYERS_CHANGES, _two_layer_problems,
             "Which layer did the loss see? Begin there; what it gives back for its inputs is what the other one's states get.",
             "The upper layer's input gradient is the lower layer's dh: two bptt, one after the other.",
             lambda arguments: dict(zip("TB", arguments["dh"].shape))),
]
