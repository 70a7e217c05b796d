"""Lesson 03: one step of the vanilla cell backward, and backpropagation through time."""

import numpy as np

from .checking import NONE, Exercise
from .recurrent import batch, forward_problems, rnn_forward, rnn_step, step_problems


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


def _step_backward_problems(rng):
    problems = []
    for step in step_problems(rng):
        h_t = rnn_step(*step.values())
        b = step.pop("b")
        problems.append({"dh_t": rng.normal(size=(len(h_t), len(b))), "x_t": step["x_t"], "h_prev": step["h_prev"], "h_t": h_t,
                         "W_x": step["W_x"], "W_h": step["W_h"]})
    return problems


def _bptt_problems(rng):
    problems = []
    for run in forward_problems(rng):
        h = rnn_forward(*run.values())
        problems.append({"dh": rng.normal(size=h[1:].shape), "x": run["x"], "h": h, "W_x": run["W_x"], "W_h": run["W_h"]})
    return problems


EXERCISES = [
    Exercise("rnn_step_backward", {"dx_t": "(B, D)", "dh_prev": "(B, H)", "dW_x": "(H, D)", "dW_h": "(H, H)", "db": "(H,)"},
             rnn_step_backward, STEP_BACKWARD_MISTAKES, _step_backward_problems,
             "Go through the tanh first: dz_t from dh_t and h_t. All five results start from dz_t.",
             "All five gradients of one step are right: the tanh once, then each product's two sides.", batch()),
    Exercise("bptt", {"dx": "(T, B, D)", "dh_0": "(B, H)", "dW_x": "(H, D)", "dW_h": "(H, H)", "db": "(H,)"}, bptt, BPTT_MISTAKES,
             _bptt_problems,
             "Loop from t = T down to 1 and keep one array: what step t+1 sent back to h_t. It starts as zeros.",
             "Backpropagation through time, every gradient of it: two paths into each state, and shared weights whose steps add up.",
             batch("x", 1)),
]
