"""Lessons 06 and 07: losses and gradients where sequences differ in length; two layers; a stream."""

import copy

import numpy as np

import rnnlib

from .exercise import Exercise, Problem
from .texts import TEXT


def topic_judge(model, *before, rng):
    """Whether it is a wiring for the notes: its sizes, its weights, and that it learns."""
    from ..toydata import topics  # only here, for its import takes longer than all checks

    def wrong(key):
        return key, TEXT["topic_model"][1][key][-1]

    if isinstance(model, rnnlib.ManyToMany):
        return wrong("answers at every step")
    if not isinstance(model, rnnlib.ManyToOne):
        return None, ("It should return a rnnlib.ManyToOne, a cell, a Readout and an Embedding in one; it returned a "
                      f"{type(model).__name__}.")
    if "W_e" not in model.params:
        return wrong("no embedding")
    if len(model.params["W_e"]) != topics.V:
        return wrong("too few words")
    if model.readout.output_size != topics.K:
        return wrong("wrong number of scores")
    dull = [name for name, array in model.params.items() if array.ndim > 1 and np.ptp(array) == 0]
    same = [name for name, array in model.params.items() if array.ndim > 1 and any(
        np.array_equal(array, other.params.get(name)) for other in before[-1:])]
    if dull:
        return None, (f"All numbers in {', '.join(dull)} are the same, so that its units learn the same, or nothing: draw all weights "
                      "from rng.")
    if same:
        key, said = wrong("weights not from rng")
        return key, f"With another rng there are the same numbers in {', '.join(same)}. {said}"
    if len(before) == 2 and any(not np.array_equal(array, before[0].params.get(name)) for name, array in model.params.items()):
        return None, "With the same rng it gives other numbers at every call: draw all weights from rng."
    if before:
        return None
    x, target, *lengths = next(iter(topics.batches(np.random.default_rng(1))))
    model = copy.deepcopy(model)        # the other results are compared with what was drawn
    before = model.predict(x, *lengths)
    optimiser, first, batch = rnnlib.Adam(0.01), None, (x, target, *lengths)
    for _, loss, _ in rnnlib.train(model, iter([batch] * 20), optimiser, 20, clip=1.0):
        first = loss if first is None else first
    if not loss < 0.9 * first or np.array_equal(model.predict(x, *lengths), before):
        return wrong("does not learn")
    return None


def _last_step_problems(rng):
    return [Problem(note, dh_last=T * rng.normal(size=(len(lengths), H)), T=T, lengths=np.array(lengths)) for note, T, H, lengths in (
        ("no sequence fills T", 5, 3, (3, 4, 2)), ("B = 2", 6, 2, (4, 3)), ("a sequence has the full length T", 4, 2, (4, 2)),
        ("B = 1", 3, 2, (2,)), ("a length is 1", 4, 3, (1, 4, 1)), ("T = 1", 1, 2, (1, 1)), ("T = 12", 12, 2, (10, 7)))]


def _masked_problems(rng):
    problems = [Problem(note, losses=rng.uniform(0.5, 3, (T, len(lengths))), lengths=np.array(lengths)) for note, T, lengths in (
        ("no sequence fills T", 5, (3, 2, 4)), ("B = 2", 6, (3, 5)), ("B = 1", 4, (2,)),
        ("a sequence has the full length T", 4, (4, 2, 3)), ("a length is 1", 3, (2, 1, 1)), ("a loss is exactly 0", 4, (3, 2)),
        ("all losses are 0", 3, (2, 3)), ("T = 12", 12, (12, 9)))]
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

    return [Problem(f"T = {T}, B = {B}", dh=T ** 2 * rng.normal(size=(T, B, H)), lower=layer(T, B, D, H), upper=layer(T, B, H, H))
            for T, B, D, H in ((3, 2, 4, 5), (1, 3, 2, 2), (4, 1, 2, 2))]


def _delay_problems(rng):
    streams = (("the label flickers", "000011111222", "000000121212"), ("it is right at once", "0011", "0011"),
               ("it is never right", "011122", "000111"), ("nothing changes", "2222", "0022"),
               ("a label comes back", "001100", "000010"), ("a stay has one sample", "00100022", "00011022"),
               ("it is wrong before the first change", "0001111", "1101011"), ("it lags by one", "0112200", "0011220"),
               ("a stay ends wrong", "00111122", "00110022"), ("it flickers late", "0111111111", "0111111011"),
               ("a stay is long", "03333333333333333", "00000000000303333"),
                ("a stay of 40 flickers once", "0" + 40 * "1", "0" + 37 * "1" + "011"), ("T = 1", "3", "2"))
    problems = [Problem(note, labels=np.array(list(map(int, labels))), announced=np.array(list(map(int, announced))))
                for note, labels, announced in streams]
    for _ in range(4):
        labels = np.repeat(rng.permutation(6), rng.integers(1, 9, 6, dtype=np.intp))
        problems.append(Problem("labels are drawn", labels=labels, announced=np.where(
            rng.random(len(labels)) < 0.3, rng.integers(0, 6, len(labels)), labels)))
    return problems


EXERCISES = [
    Exercise("last_step_gradient", {"dh": "(T, B, H)"}, _last_step_problems,
             "Start from zeros of shape (T, B, H): which single entry of each sequence did the loss see?",
             "One entry a sequence, and bptt does the rest.", lambda arguments: {"T": arguments["T"]}),
    Exercise("topic_model", {"model": "a ManyToOne"}, lambda rng: [Problem("a new network", rng=np.random.default_rng(seed)) for seed in (0, 1, 0)],
             "Start with an Embedding, a cell and a Readout; ManyToOne joins them.",
             "The wiring of the sentiments with another K: it takes the notes and it learns.", judge=topic_judge),
    Exercise("masked_loss", {"loss": "a number"}, _masked_problems,
             "Make a mask (T, B) that is True where a step belongs to its sequence.",
             "A mean over what exists, and nothing else."),
    Exercise("delays", {"waits": "(C,) of int"}, _delay_problems,
             "Find the samples at which the true label changes; each begins a stay that ends at the next change.",
             "From each change to the first sample from which on the announced label is right: a delay that no guess in turn "
             "can beat."),
    Exercise("two_layers_backward", {"dx": "(T, B, D)", "grads_lower": "a dict of arrays", "grads_upper": "a dict of arrays"},
             _two_layer_problems,
             "Which layer did the loss see? Begin there; what it gives back for its inputs is what the other one's states get.",
             "The upper layer's input gradient is the lower layer's dh: two bptt, one after the other.",
             lambda arguments: dict(zip("TB", arguments["dh"].shape))),
]
