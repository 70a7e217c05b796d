"""Lessons 01 and 02: the vanilla cell, and along a sequence."""

import numpy as np

from .checking import NONE, Exercise


def rnn_step(x_t, h_prev, W_x, W_h, b, wrong=NONE):
    W_h = W_h.T if "W_h transposed" in wrong else W_h
    read, kept = x_t @ W_x.T, h_prev @ W_h.T
    if "W_h left out" in wrong:
        kept = h_prev
    if "W_h entry by entry" in wrong:
        kept = h_prev * np.diag(W_h)
    if "input left out" in wrong:
        read = 0 * read
    if "past left out" in wrong:
        kept = 0 * kept
    if "past subtracted" in wrong:
        kept = -kept
    if "bias left out" in wrong:
        b = 0 * b
    if "bias subtracted" in wrong:
        b = -b
    if "bias twice" in wrong:
        b = 2 * b
    if "bias with one part" in wrong:
        return np.tanh(read) + np.tanh(kept + b)
    if "tanh of the parts" in wrong:
        return np.tanh(read) + np.tanh(kept) + b
    if "past outside tanh" in wrong:
        return np.tanh(read + b) + kept
    if "bias outside tanh" in wrong:
        return np.tanh(read + kept) + b
    z = read + kept + b
    if "no tanh" in wrong:
        return z
    if "sigmoid" in wrong:
        return 1 / (1 + np.exp(-z))
    if "relu" in wrong:
        return np.maximum(z, 0)
    if "tanh twice" in wrong:
        return np.tanh(np.tanh(z))
    if "added to the past" in wrong:
        return h_prev + np.tanh(z)
    return np.tanh(z)


RNN_STEP_MISTAKES = {
    "no tanh": "It is the pre-activation z_t: the tanh around it is missing. Without it the network is linear and its "
               "state can grow without bound.",
    "past left out": "h_{t-1} plays no part: the term W_h h_{t-1} is missing, and with it all memory.",
    "W_h transposed": "W_h is used transposed. In batch form W_h h_{t-1} reads h_prev @ W_h.T; both shapes fit, for W_h is "
                      "square, so nothing warns you.",
    "bias left out": "The bias b is missing.",
    "bias subtracted": "The bias b is subtracted; the equation adds it.",
    "past outside tanh": "W_h h_{t-1} is added behind the tanh; it belongs inside, with W_x x_t and b.",
    "bias outside tanh": "b is added behind the tanh; it belongs inside, with the two products.",
    "tanh of the parts": "There is a tanh around each product; there is one, around the sum of all three terms.",
    "sigmoid": "It squashes with the logistic sigma(z); the cell of the course uses tanh, which is centred at 0.",
    "relu": "It squashes with max(z, 0); the cell of the course uses tanh.",
    "input left out": "x_t plays no part: the term W_x x_t is missing.",
    "W_h left out": "h_{t-1} is added as it is; it must go through W_h: h_prev @ W_h.T.",
    "W_h entry by entry": "h_{t-1} is multiplied by the diagonal of W_h alone, so no unit hears the others: h_prev @ W_h.T.",
    "past subtracted": "W_h h_{t-1} is subtracted; the equation adds it.",
    "bias twice": "The bias b is added twice.",
    "bias with one part": "There is a tanh around each product (b in the second); there is one, around the sum of all three terms.",
    "tanh twice": "tanh is applied twice.",
    "added to the past": "h_{t-1} itself is added to the tanh; the new state is the tanh alone.",
}


def rnn_forward(x, h_0, W_x, W_h, b, wrong=NONE):
    h = np.zeros((len(x) + 1, *h_0.shape))
    h[0] = 0 * h_0 if "starts from zero" in wrong else h_0
    if "reads backwards" in wrong:
        x = x[::-1]
    T = len(x)
    for t in range(1, T + 1):
        if t == T and "last step left out" in wrong or t == 1 and "first step left out" in wrong:
            continue
        x_t = x[t - 1]
        if "always the first input" in wrong:
            x_t = x[0]
        if "input one step late" in wrong:
            x_t = x[max(t - 2, 0)]
        if "last input first" in wrong:
            x_t = x[t - 2]
        if "input one step early" in wrong:
            x_t = x[min(t, T - 1)]
        before = h[0] if "always from h_0" in wrong else h[t - 1]
        if "state before last" in wrong:
            before = h[t - 2]
        h[t] = rnn_step(x_t, before, W_x, W_h, b, wrong)
        if "return inside the loop" in wrong:
            return h
    if "stored one step early" in wrong:
        return np.concatenate([_written_early(x, h_0, W_x, W_h, b, wrong), np.zeros_like(h[:1])])
    if "one array for all" in wrong:
        return np.stack([h[-1]] * len(h))
    if "h_0 at the end" in wrong:
        return np.roll(h, -1, axis=0)
    if "h_0 left out" in wrong:
        return h[1:]
    if "only the last state" in wrong:
        return h[-1]
    if "last state left out" in wrong:
        return h[:-1]
    return h


def _written_early(x, h_0, W_x, W_h, b, wrong):
    """Each new state written over the one it came from: h[t] = step(x[t], h[t]), where h holds h_0 and zeros."""
    return np.stack([rnn_step(x_t, h_0 if t == 0 else 0 * h_0, W_x, W_h, b, wrong) for t, x_t in enumerate(x)])


RNN_FORWARD_MISTAKES = {
    "h_0 left out": "h has T entries, h_1 .. h_T; it should begin with h_0: shape (T+1, B, H).",
    "last state left out": "h has T entries, h_0 .. h_{T-1}; the last state h_T is missing.",
    "only the last state": "It returns h_T alone; all of h_0 .. h_T are asked for, (T+1, B, H).",
    "starts from zero": "It starts from zeros; the start is the argument h_0.",
    "always from h_0": "Every step starts from h_0: the state is not carried from step to step. h_t comes from h_{t-1}.",
    "always the first input": "Every step reads x_1: the index into x stands still.",
    "input one step late": "Each step reads the input of the step before (and step 1 reads x_1): x[t - 1] is x_t where h[t] is "
                           "h_t, for x has no entry for t = 0.",
    "reads backwards": "The sequence is read from its end: x_T first.",
    "input one step early": "Each step reads the input of the step after: h[t] is made from x[t - 1], for x has no entry for t = 0.",
    "last input first": "Each step reads the input of the step before, and step 1 reads x[-1], the last one: h[t] is made from x[t - 1].",
    "state before last": "Each step reads the state two steps back; h[t] is made from h[t - 1].",
    "stored one step early": "Each new state is written over the one it came from, so that nothing is carried on: h[t] and x[t] make "
                             "h[t + 1].",
    "last step left out": "The last state is never computed: the loop ends one step too early; it has T rounds.",
    "first step left out": "h[1] is never computed: the loop begins one step too late; it has T rounds.",
    "return inside the loop": "It returns after the first step: the return stands inside the loop. Move it out, one indentation to the left.",
    "one array for all": "All entries are h_T: the list holds one array T + 1 times, overwritten in place. Make a new array at each step.",
    "h_0 at the end": "h_0 stands behind the other states; it comes first.",
    **{key: text for key, text in RNN_STEP_MISTAKES.items() if key not in ("tanh of the parts", "W_h entry by entry")},
}


def last_valid_state(h, lengths, wrong=NONE):
    if "mean" in wrong:
        return np.stack([h[1:n + 1, b].mean(axis=0) for b, n in enumerate(lengths)])
    if "mean with the start" in wrong:
        return np.stack([h[:n + 1, b].mean(axis=0) for b, n in enumerate(lengths)])
    if "sum" in wrong:
        return np.stack([h[:n + 1, b].sum(axis=0) for b, n in enumerate(lengths)])
    if "mean over all" in wrong:
        return h.mean(axis=0)
    if "largest over time" in wrong:
        return h.max(axis=0)
    n = np.asarray(lengths)
    at = {"last of the padding": np.full_like(n, len(h) - 1), "shortest for all": np.full_like(n, n.min()),
          "longest for all": np.full_like(n, n.max()), "length of sequence 0 for all": np.full_like(n, n[0]), "the start": 0 * n,
          "after one step": 0 * n + 1, "counted from the end": len(h) - n, "as much padding as steps": len(h) - 1 - n,
          "sorted": np.sort(n)}
    at = next((at[key] for key in at if key in wrong), n)
    if "one early" in wrong:
        at = at - 1
    elif "one late" in wrong:
        at = np.minimum(at + 1, len(h) - 1)
    if "every sequence at every end" in wrong:
        return h[at]
    if "batch turned round" in wrong:
        return h[at, np.arange(len(at))[::-1]]
    if "sequence before" in wrong:
        return h[at, np.arange(len(at)) - 1]
    return h[at][np.arange(len(at)), 0] if "first sequence" in wrong else h[at, np.arange(len(at))]


LAST_VALID_MISTAKES = {
    "last of the padding": "It is h[-1], the state after the padding was read too. Sequence b ends after lengths[b] steps.",
    "one early": "It is one step early: h[0] is the start, so the state after n steps is h[n], not h[n - 1].",
    "one late": "It is one step late: the state after n steps is h[n]; h[n + 1] has read padding.",
    "shortest for all": "All sequences are read where the shortest one ends.",
    "longest for all": "All sequences are read where the longest one ends.",
    "first sequence": "The steps are right, but all are read from sequence 0: the second index must run over b.",
    "mean": "It is the mean over the valid states; asked for is the last of them.",
    "mean with the start": "It is the mean over h_0 and the valid states; asked for is the last of them.",
    "mean over all": "It is the mean over time, padding included; asked for is the last valid state.",
    "largest over time": "It is the largest value over time, unit by unit; asked for is the last valid state.",
    "sum": "It is the sum of the states; asked for is the last valid one.",
    "length of sequence 0 for all": "All sequences are read where sequence 0 ends; each has its own length.",
    "after one step": "It is h[1], the state after one step, for every sequence.",
    "the start": "It is h[0], the state before anything was read.",
    "counted from the end": "It counts from the end, h[-lengths[b]]; padding stands behind a sequence, so count from the start: h[lengths[b]].",
    "as much padding as steps": "It reads h[T - lengths[b]]; after lengths[b] steps the state is h[lengths[b]].",
    "sorted": "The lengths are sorted; each belongs to its own sequence.",
    "every sequence at every end": "h[lengths] takes all B sequences at each of the B ends, (B, B, H). Give both indices: step lengths[b] of "
                                   "sequence b.",
    "batch turned round": "The sequences are read in reverse order: sequence b belongs to lengths[b].",
    "sequence before": "Each length is used for the sequence before its own.",
}


def parameter_count(D, H, K, wrong=NONE):
    given = {"W_x": H * D, "W_h": H * H, "b": H, "W_y": K * H, "b_y": K}
    counted = {"no cell bias": {"b": 0}, "no readout bias": {"b_y": 0}, "readout left out": {"W_y": 0, "b_y": 0},
               "W_x left out": {"W_x": 0}, "W_h left out": {"W_h": 0}, "W_y left out": {"W_y": 0},
               "W_x counted as D": {"W_x": D}, "W_x counted as D x D": {"W_x": D * D}, "W_h counted as H": {"W_h": H},
               "W_h counted twice": {"W_h": 2 * H * H}, "half of W_h": {"W_h": H * (H - 1) // 2}, "readout counted on D": {"W_y": K * D},
               "readout counted on D too": {"W_y": K * (H + D)}, "W_y counted as K x K": {"W_y": K * K},
               "bias of b counted as D": {"b": D}, "readout bias counted as H": {"b_y": H}, "one number a bias": {"b": 1, "b_y": 1},
               "two biases": {"b": 2 * H}, "H ^ 2": {"W_h": H ^ 2}}
    if "H and D swapped" in wrong:
        return parameter_count(H, D, K, wrong - {"H and D swapped"})
    for key in wrong & set(counted):
        given |= counted[key]
    cell = given["W_x"] + given["W_h"] + given["b"]
    gates = 4 if "four gates" in wrong else 3 if "three gates" in wrong else 1
    return gates * cell + given["W_y"] + given["b_y"]


PARAMETER_COUNT_MISTAKES = {
    "no cell bias": "The cell's bias b, H numbers, is missing.",
    "no readout bias": "The readout's bias b_y, K numbers, is missing.",
    "readout left out": "It counts the cell alone; the readout y = W_y h + b_y has K (H + 1) more.",
    "W_x left out": "W_x, H x D numbers, is missing.",
    "W_h left out": "W_h, H x H numbers, is missing.",
    "W_y left out": "W_y, K x H numbers, is missing.",
    "W_x counted as D": "W_x is counted as D numbers; it maps D to H, so it has H x D.",
    "W_x counted as D x D": "W_x is counted as D x D; it maps D to H, so it has H x D.",
    "W_h counted as H": "W_h is counted as H numbers; it maps H to H, so it has H x H.",
    "W_h counted twice": "W_h is counted twice.",
    "half of W_h": "W_h is counted as H (H - 1) / 2, as if it were symmetric with nothing on the diagonal; all H x H numbers are free.",
    "readout counted on D": "W_y is counted as K x D; the readout reads the state, so it is K x H.",
    "readout counted on D too": "W_y is counted as K x (H + D); the readout reads the state alone, so it is K x H.",
    "W_y counted as K x K": "W_y is counted as K x K; it maps H to K, so it has K x H.",
    "bias of b counted as D": "b is counted as D numbers; there is one for each hidden unit, H.",
    "readout bias counted as H": "b_y is counted as H numbers; there is one for each output, K.",
    "one number a bias": "Each bias is counted as one number; b has H, one for each hidden unit, and b_y has K.",
    "two biases": "H numbers too many: b counted twice, or h_0 with it. (torch.nn.RNN keeps two biases that only ever occur as a sum; the "
                  "equation has one, and h_0 is no parameter.)",
    "H ^ 2": "H ^ 2 is no power in Python (it flips a bit of H): write H**2, or H * H.",
    "H and D swapped": "H and D are swapped: H (D + H + 1) + K (H + 1).",
    "four gates": "The cell is counted four times, as in an LSTM; the vanilla cell has one set of weights.",
    "three gates": "The cell is counted three times, as in a GRU; the vanilla cell has one set of weights.",
}


def _weights(rng, D, H):
    return {"W_x": rng.normal(size=(H, D)), "W_h": rng.normal(size=(H, H)) / np.sqrt(H), "b": rng.normal(size=H)}


def step_problems(rng):
    """One step's arguments, at three sizes."""
    return [{"x_t": rng.normal(size=(B, D)), "h_prev": rng.uniform(-0.9, 0.9, (B, H)), **_weights(rng, D, H)}
            for B, D, H in ((3, 2, 5), (1, 3, 2), (2, 3, 3))]


def forward_problems(rng):
    """A sequence's arguments, at three sizes."""
    return [{"x": rng.normal(size=(T, B, D)), "h_0": rng.uniform(-0.9, 0.9, (B, H)), **_weights(rng, D, H)}
            for T, B, D, H in ((3, 3, 2, 5), (1, 2, 3, 2), (5, 1, 3, 3))]


def _last_valid_problems(rng):
    return [{"h": rng.normal(size=(T + 1, len(lengths), H)), "lengths": np.array(lengths)}
            for T, H, lengths in ((5, 3, (2, 4, 3, 1)), (6, 2, (3, 5)), (4, 3, (2,)), (3, 2, (3, 1)))]


def _parameter_problems(rng):
    return [{"D": D, "H": H, "K": K} for D, H, K in ((3, 5, 2), (1, 1, 1), (50, 7, 4), (2, 64, 10))]


def batch(x="x_t", axis=0):
    """For `Exercise.sizes`: T and B, or B alone, from the shape of one argument."""
    return lambda arguments: dict(zip(("T", "B")[1 - axis:], arguments[x].shape))


STEP_FIRST = "Write the equation as one line of NumPy: a sum of three terms, then tanh."

EXERCISES = [
    Exercise("rnn_step", {"h_t": "(B, H)"}, rnn_step, RNN_STEP_MISTAKES, step_problems, STEP_FIRST,
             "h_t = tanh(W_x x_t + W_h h_{t-1} + b), for every sequence of the batch at once.", batch()),
    Exercise("parameter_count", {"count": "a whole number"}, parameter_count, PARAMETER_COUNT_MISTAKES, _parameter_problems,
             "Count W_x, W_h and b first, then W_y and b_y.",
             "H (D + H + 1) for the cell and K (H + 1) for the readout, however long the sequence is."),
    Exercise("rnn_forward", {"h": "(T+1, B, H)"}, rnn_forward, RNN_FORWARD_MISTAKES, forward_problems,
             "Make an array of shape (T+1, B, H), put h_0 first, then fill one step after the other.",
             "One cell, one loop, any length: T = 1 and T = 5 came out right.", batch("x", 1)),
    Exercise("last_valid_state", {"h_last": "(B, H)"}, last_valid_state, LAST_VALID_MISTAKES, _last_valid_problems,
             "Ask which entry of h holds the state of sequence b after lengths[b] steps; then take it for all b at once.",
             "Each sequence is read where it ends, not where the padding does.",
             lambda arguments: {"B": len(arguments["lengths"])}),
]
