"""Lessons 01 to 03: the vanilla cell, along a sequence, and back."""

import numpy as np

from .checking import NONE, Exercise


def rnn_step(x_t, h_prev, W_x, W_h, b, wrong=NONE):
    W_h = W_h.T if "W_h transposed" in wrong else W_h
    read, kept = x_t @ W_x.T, h_prev @ W_h.T
    if "past left out" in wrong:
        kept = 0 * kept
    if "bias left out" in wrong:
        b = 0 * b
    if "bias subtracted" in wrong:
        b = -b
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
}


def rnn_forward(x, h_0, W_x, W_h, b, wrong=NONE):
    h = np.zeros((len(x) + 1, *h_0.shape))
    h[0] = 0 * h_0 if "starts from zero" in wrong else h_0
    if "reads backwards" in wrong:
        x = x[::-1]
    for t in range(1, len(x) + 1):
        x_t = x[0] if "always the first input" in wrong else x[t - 1] if "input one step late" not in wrong else x[max(t - 2, 0)]
        before = h[0] if "always from h_0" in wrong else h[t - 1]
        h[t] = rnn_step(x_t, before, W_x, W_h, b, wrong)
    if "h_0 left out" in wrong:
        return h[1:]
    if "only the last state" in wrong:
        return h[-1]
    if "last state left out" in wrong:
        return h[:-1]
    return h


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
    **{key: RNN_STEP_MISTAKES[key] for key in ("no tanh", "past left out", "W_h transposed", "bias left out")},
}


def last_valid_state(h, lengths, wrong=NONE):
    if "mean" in wrong:
        return np.stack([h[1:n + 1, b].mean(axis=0) for b, n in enumerate(lengths)])
    at = np.asarray(lengths)
    if "last of the padding" in wrong:
        at = np.full_like(at, len(h) - 1)
    if "one early" in wrong:
        at = at - 1
    elif "one late" in wrong:
        at = np.minimum(at + 1, len(h) - 1)
    if "shortest for all" in wrong:
        at = np.full_like(at, at.min())
    if "longest for all" in wrong:
        at = np.full_like(at, at.max())
    return h[at][np.arange(len(at)), 0] if "first sequence" in wrong else h[at, np.arange(len(at))]


LAST_VALID_MISTAKES = {
    "last of the padding": "It is h[-1], the state after the padding was read too. Sequence b ends after lengths[b] steps.",
    "one early": "It is one step early: h[0] is the start, so the state after n steps is h[n], not h[n - 1].",
    "one late": "It is one step late: the state after n steps is h[n]; h[n + 1] has read padding.",
    "shortest for all": "All sequences are read where the shortest one ends.",
    "longest for all": "All sequences are read where the longest one ends.",
    "first sequence": "The steps are right, but all are read from sequence 0: the second index must run over b.",
    "mean": "It is the mean over the valid states; asked for is the last of them.",
}


def parameter_count(D, H, K, wrong=NONE):
    cell_bias, readout_bias = H * ("no cell bias" not in wrong), K * ("no readout bias" not in wrong)
    recurrent = H * (H if "W_h counted as H" not in wrong else 1)
    readout = K * H if "readout counted on D" not in wrong else K * D
    if "readout left out" in wrong:
        readout = readout_bias = 0
    if "bias of b counted as D" in wrong:
        cell_bias = D
    if "W_h left out" in wrong:
        recurrent = 0
    if "two biases" in wrong:
        cell_bias *= 2
    return H * D + recurrent + cell_bias + readout + readout_bias


PARAMETER_COUNT_MISTAKES = {
    "no cell bias": "The cell's bias b, H numbers, is missing.",
    "no readout bias": "The readout's bias b_y, K numbers, is missing.",
    "readout left out": "It counts the cell alone; the readout y = W_y h + b_y has K (H + 1) more.",
    "W_h left out": "W_h, H x H numbers, is missing.",
    "W_h counted as H": "W_h is counted as H numbers; it maps H to H, so it has H x H.",
    "readout counted on D": "W_y is counted as K x D; the readout reads the state, so it is K x H.",
    "bias of b counted as D": "b is counted as D numbers; there is one for each hidden unit, H.",
    "two biases": "b is counted twice. (torch.nn.RNN keeps two biases that only ever occur as a sum; the equation has one.)",
}


def rnn_step_backward(dh_t, x_t, h_prev, h_t, W_x, W_h, wrong=NONE):
    slope = 1 - h_t ** 2
    if "no slope" in wrong:
        slope = np.ones_like(h_t)
    if "slope of tanh(h)" in wrong:
        slope = 1 - np.tanh(h_t) ** 2
    if "slope without square" in wrong:
        slope = 1 - h_t
    if "slope squared as a whole" in wrong:
        slope = (1 - h_t) ** 2
    if "slope with plus" in wrong:
        slope = 1 + h_t ** 2
    if "slope of sigmoid" in wrong:
        slope = h_t * (1 - h_t)
    if "slope at h_prev" in wrong:
        slope = 1 - h_prev ** 2
    dz = dh_t * slope
    for_weights = dh_t if "weights skip the slope" in wrong else dz
    dW_h = for_weights.T @ (h_t if "dW_h with h_t" in wrong else h_prev)
    if "dW_h transposed" in wrong:
        dW_h = dW_h.T
    dW_x, db = for_weights.T @ x_t, for_weights.sum(axis=0)
    if "mean over the batch" in wrong:
        dW_x, dW_h, db = dW_x / len(x_t), dW_h / len(x_t), db / len(x_t)
    if "db not summed" in wrong:
        db = for_weights
    if "db with the mean" in wrong:
        db = db / len(x_t)
    back = dh_t if "dh_prev skips the slope" in wrong else dz
    dh_prev = back @ (W_h.T if "W_h transposed" in wrong else W_h)
    dx_t = (dh_t if "dx_t skips the slope" in wrong else dz) @ W_x
    return dx_t, dh_prev, dW_x, dW_h, db


STEP_BACKWARD_MISTAKES = {
    "no slope": "the tanh is missing on the way back: dz_t = dh_t (1 - h_t^2), and everything else starts from dz_t.",
    "slope of tanh(h)": "the slope is 1 - tanh(h_t)^2, tanh taken twice. h_t is tanh(z_t) already, so the slope is 1 - h_t^2.",
    "slope without square": "the slope is 1 - h_t; the square is missing: tanh'(z_t) = 1 - h_t^2.",
    "slope squared as a whole": "the slope is (1 - h_t)^2; the square belongs to h_t alone: 1 - h_t^2.",
    "slope with plus": "the slope is 1 + h_t^2; tanh'(z) = 1 - tanh(z)^2, never above 1.",
    "slope of sigmoid": "the slope is h_t (1 - h_t), that of the logistic sigma; tanh has 1 - h_t^2.",
    "slope at h_prev": "the slope is taken at h_{t-1}; the tanh of this step gave h_t, so it is 1 - h_t^2.",
    "weights skip the slope": "the weights' gradients are built from dh_t; they need dz_t, behind the tanh.",
    "dh_prev skips the slope": "dh_prev is built from dh_t; it needs dz_t, behind the tanh.",
    "dx_t skips the slope": "dx_t is built from dh_t; it needs dz_t, behind the tanh.",
    "dW_h with h_t": "it equals what you get with h_t where h_{t-1} belongs: W_h multiplied h_{t-1} in the forward pass.",
    "dW_h transposed": "it is transposed: row i belongs to dz_i, so it reads dz_t.T @ h_prev. Both shapes fit, for W_h is square.",
    "W_h transposed": "W_h is used transposed: forward it was h_prev @ W_h.T, so backward it is dz_t @ W_h.",
    "mean over the batch": "the weights' gradients are divided by B. The mean, if any, was taken in the loss and is in dh_t "
                           "already; here the sequences add up.",
    "db not summed": "b was added to every sequence of the batch, so their gradients add up: sum dz_t over B, shape (H,).",
    "db with the mean": "it is the mean over the batch; b was added to every sequence, so it is the sum.",
}


def bptt(dh, x, h, W_x, W_h, wrong=NONE):
    T = len(x)
    step_mistakes = wrong & set(BPTT_STEP_MISTAKES)
    dx, dW_x, dW_h, db = np.zeros_like(x), np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(len(W_h))
    carried = np.zeros_like(h[0])
    total = carried
    steps = range(1, T + 1) if "loop forwards" in wrong else range(T, 0, -1)
    for t in steps:
        own = dh[t - 1] if "loss of the last step only" not in wrong or t == T else 0 * carried
        total = own if "nothing carried" in wrong else own + carried
        dx_t, back, dW_x_t, dW_h_t, db_t = rnn_step_backward(total, x[t - 1], h[t - 1], h[t], W_x, W_h, step_mistakes)
        if "carried adds up" in wrong:
            back = carried + back
        dx[T - t if "dx in reverse" in wrong else t - 1] = dx_t
        if "weights overwritten" in wrong:
            dW_x, dW_h, db = dW_x_t, dW_h_t, db_t
        elif t > 1 or "first step left out" not in wrong:
            dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t
        carried = back
    if "mean over T" in wrong:
        dW_x, dW_h, db = dW_x / T, dW_h / T, db / T
    return dx, total if "dh_0 is dh_1" in wrong else carried, dW_x, dW_h, db


BPTT_STEP_MISTAKES = {key: STEP_BACKWARD_MISTAKES[key] for key in (
    "no slope", "slope of tanh(h)", "slope at h_prev", "slope without square", "dW_h with h_t", "dW_h transposed",
    "W_h transposed", "mean over the batch", "weights skip the slope", "dh_prev skips the slope")}
BPTT_MISTAKES = {
    "nothing carried": "only this step's own loss reaches h_t. The second path is missing: h_t also feeds step t+1, so add what "
                       "step t+1 sends back, dz_{t+1} @ W_h, to dh[t] before you go on.",
    "loss of the last step only": "the direct gradients dh of all steps but the last are left out; every step may have a loss.",
    "weights overwritten": "the weights' gradients hold one step alone: they are assigned in the loop where they must add up (+=).",
    "first step left out": "the weights' gradients leave out step t = 1: the loop ends one step too early for them.",
    "loop forwards": "the loop runs from t = 1 to T; what step t+1 sends back must be known before step t, so it runs from T to 1.",
    "carried adds up": "what is carried back adds up from step to step; it must be replaced: step t sends back its own dz_t @ W_h, "
                       "which already holds all later steps.",
    "dx in reverse": "dx is in reverse order, as the loop made it: dx[0] must belong to x[0].",
    "dh_0 is dh_1": "it is dL/dh_1; one more step back, through W_h, leads to h_0.",
    "mean over T": "the weights' gradients are divided by T. The same weights were used at every step: the steps add up.",
    **BPTT_STEP_MISTAKES,
}


def _weights(rng, D, H):
    return {"W_x": rng.normal(size=(H, D)), "W_h": rng.normal(size=(H, H)) / np.sqrt(H), "b": rng.normal(size=H)}


def _step_problems(rng):
    return [{"x_t": rng.normal(size=(B, D)), "h_prev": rng.uniform(-0.9, 0.9, (B, H)), **_weights(rng, D, H)}
            for B, D, H in ((3, 2, 4), (1, 3, 2), (2, 3, 3))]


def _forward_problems(rng):
    return [{"x": rng.normal(size=(T, B, D)), "h_0": rng.uniform(-0.9, 0.9, (B, H)), **_weights(rng, D, H)}
            for T, B, D, H in ((4, 3, 2, 4), (1, 2, 3, 2), (5, 1, 3, 3))]


def _step_backward_problems(rng):
    problems = []
    for step in _step_problems(rng):
        h_t = rnn_step(*step.values())
        b = step.pop("b")
        problems.append({"dh_t": rng.normal(size=(len(h_t), len(b))), "x_t": step["x_t"], "h_prev": step["h_prev"], "h_t": h_t,
                         "W_x": step["W_x"], "W_h": step["W_h"]})
    return problems


def _bptt_problems(rng):
    problems = []
    for run in _forward_problems(rng):
        h = rnn_forward(*run.values())
        problems.append({"dh": rng.normal(size=h[1:].shape), "x": run["x"], "h": h, "W_x": run["W_x"], "W_h": run["W_h"]})
    return problems


def _last_valid_problems(rng):
    return [{"h": rng.normal(size=(T + 1, len(lengths), H)), "lengths": np.array(lengths)}
            for T, H, lengths in ((5, 3, (2, 4, 3, 1)), (6, 2, (3, 5)), (4, 3, (2,)), (3, 2, (3, 1)))]


def _parameter_problems(rng):
    return [{"D": D, "H": H, "K": K} for D, H, K in ((3, 5, 2), (1, 1, 1), (50, 7, 4), (2, 64, 10))]


def _batch(x="x_t", axis=0):
    return lambda arguments: dict(zip(("T", "B")[1 - axis:], arguments[x].shape))


STEP_FIRST = "Write the equation as one line of NumPy: a sum of three terms, then tanh."

EXERCISES = [
    Exercise("rnn_step", {"h_t": "(B, H)"}, rnn_step, RNN_STEP_MISTAKES, _step_problems, STEP_FIRST,
             "h_t = tanh(W_x x_t + W_h h_{t-1} + b), for every sequence of the batch at once.", _batch()),
    Exercise("parameter_count", {"count": "a whole number"}, parameter_count, PARAMETER_COUNT_MISTAKES, _parameter_problems,
             "Count W_x, W_h and b first, then W_y and b_y.",
             "H (D + H + 1) for the cell and K (H + 1) for the readout, however long the sequence is."),
    Exercise("rnn_forward", {"h": "(T+1, B, H)"}, rnn_forward, RNN_FORWARD_MISTAKES, _forward_problems,
             "Make an array of shape (T+1, B, H), put h_0 first, then fill one step after the other.",
             "One cell, one loop, any length: T = 1 and T = 5 came out right.", _batch("x", 1)),
    Exercise("last_valid_state", {"h_last": "(B, H)"}, last_valid_state, LAST_VALID_MISTAKES, _last_valid_problems,
             "Ask which entry of h holds the state of sequence b after lengths[b] steps; then take it for all b at once.",
             "Each sequence is read where it ends, not where the padding does.",
             lambda arguments: {"B": len(arguments["lengths"])}),
    Exercise("rnn_step_backward", {"dx_t": "(B, D)", "dh_prev": "(B, H)", "dW_x": "(H, D)", "dW_h": "(H, H)", "db": "(H,)"},
             rnn_step_backward, STEP_BACKWARD_MISTAKES, _step_backward_problems,
             "Go through the tanh first: dz_t from dh_t and h_t. All five results start from dz_t.",
             "All five gradients of one step are right: the tanh once, then each product's two sides.", _batch()),
    Exercise("bptt", {"dx": "(T, B, D)", "dh_0": "(B, H)", "dW_x": "(H, D)", "dW_h": "(H, H)", "db": "(H,)"}, bptt, BPTT_MISTAKES,
             _bptt_problems,
             "Loop from t = T down to 1 and keep one array: what step t+1 sent back to h_t. It starts as zeros.",
             "Backpropagation through time, every gradient of it: two paths into each state, and shared weights whose steps add up.",
             _batch("x", 1)),
]
