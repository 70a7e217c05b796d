"""Lessons 01 to 03: the vanilla cell, along a sequence, and back."""

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
    if "slope squared" in wrong:
        slope = slope ** 2
    if "slope with the signs turned" in wrong:
        slope = -slope
    if "slope 1 - 2h" in wrong:
        slope = 1 - 2 * h_t
    if "h for the slope" in wrong:
        slope = h_t
    if "divided by the slope" in wrong:
        slope = 1 / slope
    dz = dh_t - h_t ** 2 if "no brackets" in wrong else dh_t * slope
    if "gradient over the batch" in wrong:
        dz = dz / len(x_t)
    for_weights = dh_t if "weights skip the slope" in wrong else dz
    dW_h = for_weights.T @ (h_t if "dW_h with h_t" in wrong else h_prev)
    if "one sequence only" in wrong:
        for_weights = for_weights[:1]
        x_t, h_prev = x_t[:1], h_prev[:1]
        dW_h = for_weights.T @ h_prev
    if "dW_h transposed" in wrong:
        dW_h = dW_h.T
    dW_x, db = for_weights.T @ x_t, for_weights.sum(axis=0)
    if "mean over the batch" in wrong:
        dW_x, dW_h, db = dW_x / len(x_t), dW_h / len(x_t), db / len(x_t)
    if "db not summed" in wrong:
        db = for_weights
    if "db with the mean" in wrong:
        db = db / len(x_t)
    if "db over the wrong axis" in wrong:
        db = for_weights.sum(axis=1)
    if "db as one number" in wrong:
        db = for_weights.sum()
    if "db skips the slope" in wrong:
        db = dh_t.sum(axis=0)
    if "dW_x skips the slope" in wrong:
        dW_x = dh_t.T @ x_t
    if "dW_h skips the slope" in wrong:
        dW_h = dh_t.T @ h_prev
    back = dh_t if "dh_prev skips the slope" in wrong else dz
    dh_prev = back @ (W_h.T if "W_h transposed" in wrong else W_h)
    if "slope at h_prev on top" in wrong:
        dh_prev = dh_prev * (1 - h_prev ** 2)
    if "dh_prev without W_h" in wrong:
        dh_prev = dz
    if "dh_prev is dh_t" in wrong:
        dh_prev = dh_t
    if "dh_t added to dh_prev" in wrong:
        dh_prev = dh_prev + dh_t
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
    "slope squared": "the slope is multiplied in twice: dz_t = dh_t (1 - h_t^2), once.",
    "slope with the signs turned": "the sign is turned: is the slope h_t^2 - 1 where 1 - h_t^2 belongs, or is there a minus too many?",
    "slope 1 - 2h": "the slope is 1 - 2 h_t; tanh'(z_t) = 1 - h_t^2.",
    "h for the slope": "dh_t is multiplied by h_t = tanh(z_t) itself; the slope is tanh'(z_t) = 1 - h_t^2.",
    "divided by the slope": "it is divided by the slope 1 - h_t^2; the chain rule multiplies.",
    "no brackets": "brackets are missing: dh_t * 1 - h_t**2 is dh_t minus h_t^2; it must be dh_t * (1 - h_t**2).",
    "gradient over the batch": "all gradients are divided by B. The mean, if any, was taken in the loss and is in dh_t already.",
    "one sequence only": "the weights' gradients hold the first sequence alone; all B of them add up.",
    "db over the wrong axis": "it is summed over the units (axis 1); b was added to every sequence, so sum over B (axis 0): shape (H,).",
    "db as one number": "it is summed over everything; there is one entry for each unit: sum over B alone (axis=0).",
    "db skips the slope": "db is built from dh_t; it needs dz_t, behind the tanh.",
    "dW_x skips the slope": "dW_x is built from dh_t; it needs dz_t, behind the tanh.",
    "dW_h skips the slope": "dW_h is built from dh_t; it needs dz_t, behind the tanh.",
    "slope at h_prev on top": "dh_prev has a factor 1 - h_{t-1}^2 too many: that is the tanh of the step before, and its turn comes there.",
    "dh_prev without W_h": "dh_prev is dz_t itself; h_{t-1} came in through W_h: dz_t @ W_h.",
    "dh_prev is dh_t": "dh_prev is dh_t unchanged; it comes back through the tanh and W_h: dz_t @ W_h.",
    "dh_t added to dh_prev": "dh_t is added to dh_prev; what reaches h_{t-1} through this step is dz_t @ W_h alone.",
}


def bptt(dh, x, h, W_x, W_h, wrong=NONE):
    T = len(x)
    step_mistakes = wrong & set(BPTT_STEP_MISTAKES)
    dx, dW_x, dW_h, db = np.zeros_like(x), np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(len(W_h))
    carried = np.zeros_like(h[0])
    total = carried
    steps = range(1, T + 1) if "loop forwards" in wrong else range(T, 0, -1)
    for t in steps:
        if t == 1 and "loop ends early" in wrong or t == T and "loop starts late" in wrong:
            continue
        own = dh[t - 1] if "loss of the last step only" not in wrong or t == T else 0 * carried
        if "dh one step off" in wrong:
            own = dh[t - 2]
        total = own if "nothing carried" in wrong else own + carried
        if "slope on the carried part only" in wrong or "slope on the own part only" in wrong:
            slope = 1 - h[t] ** 2       # divided out again of the part that should not have it
            total = own / slope + carried if "slope on the carried part only" in wrong else own + carried / slope
        x_t = x[t - 2] if "dW_x with the input before" in wrong else x[t - 1]
        dx_t, back, dW_x_t, dW_h_t, db_t = rnn_step_backward(total, x_t, h[t - 1], h[t], W_x, W_h, step_mistakes)
        if "dW_h with the state before" in wrong:
            dW_h_t = rnn_step_backward(total, x_t, h[t - 2], h[t], W_x, W_h, step_mistakes)[3]
        if "carried one step only" in wrong:
            back = rnn_step_backward(own, x_t, h[t - 1], h[t], W_x, W_h, step_mistakes)[1]
        if "weights from dh alone" in wrong:
            dW_x_t, dW_h_t, db_t = own.T @ x_t, own.T @ h[t - 1], own.sum(axis=0)
        if "carried adds up" in wrong:
            back = carried + back
        dx[T - t if "dx in reverse" in wrong else t - 1] = dx_t
        if "weights overwritten" in wrong:
            dW_x, dW_h, db = dW_x_t, dW_h_t, db_t
        elif t > 1 or "first step left out" not in wrong:
            dW_x, dW_h, db = dW_x + dW_x_t, dW_h + dW_h_t, db + db_t
        carried = back
        if "return inside the loop" in wrong:
            break
    if "mean over T" in wrong:
        dW_x, dW_h, db = dW_x / T, dW_h / T, db / T
    dh_0 = total if "dh_0 is dh_1" in wrong else carried
    if "dh_0 is dh[0]" in wrong:
        dh_0 = dh[0]
    if "dh_0 is dz_1" in wrong:
        dh_0 = total * (1 - h[1] ** 2)
    if "dh_0 left at zero" in wrong:
        dh_0 = np.zeros_like(carried)
    return dx, dh_0, dW_x, dW_h, db


BPTT_STEP_MISTAKES = {key: text for key, text in STEP_BACKWARD_MISTAKES.items() if key not in (
    "one sequence only", "db over the wrong axis", "dh_prev is dh_t", "dh_t added to dh_prev", "slope with the signs turned", "divided by the slope")} | {
    "dh_prev skips the slope": "what is carried back is built from dL/dh_t; it needs dz_t, behind the tanh: dz_t @ W_h.",
    "dh_prev without W_h": "what is carried back is dz_t itself; h_{t-1} came in through W_h: dz_t @ W_h.",
    "slope at h_prev on top": "what is carried back gets the slope of step t-1 twice: once when it is carried, once in that step's own dz.",
}
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
    "dh_0 is dh[0]": "it is dh[0], the direct gradient of h_1; one more step back from the total gradient of h_1, through W_h, leads to h_0.",
    "dh_0 is dz_1": "it is dz_1; the way to h_0 goes through W_h too: dz_1 @ W_h.",
    "carried one step only": "what is carried back holds the own loss of step t+1 alone: make it from dz_{t+1}, which holds all later steps.",
    "weights from dh alone": "it is built from dh[t] itself; it needs dz_t: with what came back from later steps, and behind the tanh.",
    "dh_0 left at zero": "it is zero; what step 1 sends back, dz_1 @ W_h, is dL/dh_0.",
    "loop ends early": "the loop ends one step too early: step t = 1 has no gradients, and what is returned for h_0 belongs to h_1.",
    "loop starts late": "the loop begins at step T - 1: step T, where the way back starts, is left out.",
    "return inside the loop": "it returns after one step, t = T: the return stands inside the loop. Move it out, one indentation to the left.",
    "dh one step off": "each step takes the dh of the step before: the direct gradient of h[t + 1] stands in dh[t].",
    "slope on the carried part only": "the slope multiplies only what is carried back; both parts reach h_t, so add first: "
                                      "(dh[t] + carried) * (1 - h_t^2). Are brackets missing?",
    "slope on the own part only": "the slope multiplies dh[t] alone; both parts reach h_t, so add first: (dh[t] + carried) * (1 - h_t^2). "
                                  "Are brackets missing?",
    "dW_x with the input before": "dW_x takes the input of the step before: in bptt x[t] is what made h[t + 1].",
    "dW_h with the state before": "dW_h takes the state two steps back: h[t + 1] was made from h[t].",
    "mean over T": "the weights' gradients are divided by T. The same weights were used at every step: the steps add up.",
    **BPTT_STEP_MISTAKES,
}


def _weights(rng, D, H):
    return {"W_x": rng.normal(size=(H, D)), "W_h": rng.normal(size=(H, H)) / np.sqrt(H), "b": rng.normal(size=H)}


def _step_problems(rng):
    return [{"x_t": rng.normal(size=(B, D)), "h_prev": rng.uniform(-0.9, 0.9, (B, H)), **_weights(rng, D, H)}
            for B, D, H in ((3, 2, 5), (1, 3, 2), (2, 3, 3))]


def _forward_problems(rng):
    return [{"x": rng.normal(size=(T, B, D)), "h_0": rng.uniform(-0.9, 0.9, (B, H)), **_weights(rng, D, H)}
            for T, B, D, H in ((3, 3, 2, 5), (1, 2, 3, 2), (5, 1, 3, 3))]


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
