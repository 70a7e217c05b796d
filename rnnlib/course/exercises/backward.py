"""Lesson 03: one step of the vanilla cell backward, and backpropagation through time."""

import numpy as np

from . import edits, recurrent
from .checking import Exercise, Problem
from .recurrent import batch

PENCIL = """
def gradient_w_h(h_0, x_1, x_2, y, w_x, w_h):
    h_1 = np.tanh(w_x * x_1 + w_h * h_0)
    h_2 = np.tanh(w_x * x_2 + w_h * h_1)
    dz_2 = (h_2 - y) * (1 - h_2 ** 2)
    dh_1 = dz_2 * w_h
    dz_1 = dh_1 * (1 - h_1 ** 2)
    return dz_2 * h_1 + dz_1 * h_0
"""
PENCIL_CHANGES = {
    "path through h_1 forgotten": (" + dz_1 * h_0", "", "Only step 2 is there. w_h is used twice: it also made h_1, and h_1 "
        "reached h_2. That path adds dz_1 h_0, with dz_1 = dz_2 w_h (1 - h_1^2)."),
    "direct term forgotten": ("dz_2 * h_1 + ", "", "Only the path through h_1 is there. In step 2 w_h multiplied h_1 directly, "
        "which adds dz_2 h_1."),
    "no slope at step 1": ("dh_1 * (1 - h_1 ** 2)", "dh_1", "The slope of the first tanh, 1 - h_1^2, is missing on the path "
        "through h_1."),
    "no slope at step 2": (" * (1 - h_2 ** 2)", "", "The slope of the second tanh, 1 - h_2^2, is missing; both terms need it."),
    "no slopes": (" * (1 - h_2 ** 2)", "", "dh_1 * (1 - h_1 ** 2)", "dh_1", "Both slopes are missing: each tanh multiplies by 1 "
        "- h^2 on the way back."),
    "slopes of tanh(h)": ("h_1 ** 2", "np.tanh(h_1) ** 2", "h_2 ** 2", "np.tanh(h_2) ** 2", "The slopes are 1 - tanh(h)^2, tanh "
        "taken twice. h is tanh(z) already: 1 - h^2."),
    "slopes without square": ("h_1 ** 2", "h_1", "h_2 ** 2", "h_2", "The slopes are 1 - h; the square is missing: 1 - h^2."),
    "w_h forgotten on the way back": ("dz_2 * w_h", "dz_2", "On the way from z_2 to h_1 the factor w_h is missing: dz_2 w_h."),
    "x for h": ("dz_2 * h_1 + dz_1 * h_0", "dz_2 * x_2 + dz_1 * x_1", "It is the gradient of w_x: w_x multiplied the inputs. w_h "
        "multiplied h_1 and h_0."),
    "states one step late": ("dz_2 * h_1 + dz_1 * h_0", "dz_2 * h_2 + dz_1 * h_1", "Each dz is multiplied by the state it made; "
        "w_h multiplied the state before: dz_2 h_1 + dz_1 h_0."),
    "starts from zero": ("h_1 = np.tanh(w_x * x_1 + w_h * h_0)", "h_1 = np.tanh(w_x * x_1)", "h_1 is computed without w_h h_0."),
    "error squared": ("(h_2 - y) *", "(h_2 - y) ** 2 / 2 *", "The loss itself stands where its slope, h_2 - y, belongs."),
}
FAULTY = """\
def bptt_with_a_fault(dh, x, h, W_x, W_h):                                      # line 1
    dx, from_later = np.zeros(x.shape), np.zeros(h[0].shape)                    # line 2
    dW_x, dW_h, db = np.zeros(W_x.shape), np.zeros(W_h.shape), np.zeros(len(W_h))   # line 3
    for t in reversed(range(len(x))):                                           # line 4
        dz_t = (dh[t] + from_later) * (1 - h[t + 1]**2)                         # line 5
        dx[t] = dz_t @ W_x                                                      # line 6
        from_later = dz_t @ W_h.T                                               # line 7
        dW_x += dz_t.T @ x[t]                                                   # line 8
        dW_h += dz_t.T @ h[t]                                                   # line 9
        db += dz_t.sum(axis=0)                                                  # line 10
    return dx, from_later, dW_x, dW_h, db                                       # line 11
"""
LINE_CHANGES = {f"line {line}": ("7", str(line), f"Line {line} is right{said}") for line, said in (
    (2, ": no gradient comes back from later than T, so it starts from zeros."), (3, ": each weight's gradient is a sum, and a sum starts from zero."),
    (4, ": it runs from the last step to the first."),
    (5, ". Were the slope wrong, dx would be wrong for T = 1 too. Run the gradient check with T = 1: which results does it still call wrong?"),
    (6, ": for T = 1 the gradient check finds nothing wrong with dx. What differs at T = 2?"),
    (8, ": for T = 1 the gradient check finds nothing wrong with dW_x. What differs at T = 2?"),
    (9, ": for T = 1 the gradient check finds nothing wrong with dW_h. What differs at T = 2?"),
    (10, ": for T = 1 the gradient check finds nothing wrong with db. What differs at T = 2?"),
    (11, ": what is left over after the loop belongs to h_0. Yet dh_0 is wrong even for T = 1: where does it come from?"))}


def line_judge(result):
    """Whether it is the line of `FAULTY` that the gradient check convicts."""
    if isinstance(result, bool) or not isinstance(result, (int, float, np.integer)) or f"line {result}" not in {*LINE_CHANGES, "line 7"}:
        return None, "It should be the number of the line that holds the fault, a whole number from 2 to 11."
    return None if result == 7 else (f"line {result}", LINE_CHANGES[f"line {result}"][-1])


def _pencil_problems(rng):
    values = (("the example", (0.5, 1.0, -1.0, 0.2, 0.8, 0.6)), ("w_h is negative", (0.3, 0.4, 0.9, -0.5, 1.1, -0.7)),
              ("h_0 is 0", (0.0, 0.7, 0.2, 0.9, -0.6, 1.2)), ("the gradient is large", (-0.8, 0.1, 0.2, 1.0, 0.3, 1.5)))
    return [Problem(note, **dict(zip(("h_0", "x_1", "x_2", "y", "w_x", "w_h"), numbers))) for note, numbers in values]

STEP_BACKWARD = """
def rnn_step_backward(dh_t, x_t, h_prev, h_t, W_x, W_h):
    dz_t = dh_t * (1 - h_t ** 2)
    dx_t = dz_t @ W_x
    dh_prev = dz_t @ W_h
    dW_x = dz_t.T @ x_t
    dW_h = dz_t.T @ h_prev
    db = dz_t.sum(axis=0)
    return dx_t, dh_prev, dW_x, dW_h, db
"""

STEP_BACKWARD_CHANGES = {
    "slope of tanh(h)": ("h_t ** 2", "np.tanh(h_t) ** 2", "the slope is 1 - tanh(h_t)^2, tanh taken twice. h_t is tanh(z_t) "
        "already, so the slope is 1 - h_t^2."),
    "slope without square": ("h_t ** 2", "h_t", "the slope is 1 - h_t; the square is missing: tanh'(z_t) = 1 - h_t^2."),
    "slope squared as a whole": ("1 - h_t ** 2", "(1 - h_t) ** 2", "the slope is (1 - h_t)^2; the square belongs to h_t alone: 1 "
        "- h_t^2."),
    "slope with plus": ("1 - h_t ** 2", "1 + h_t ** 2", "the slope is 1 + h_t^2; tanh'(z) = 1 - tanh(z)^2, never above 1."),
    "slope of sigmoid": ("1 - h_t ** 2", "h_t * (1 - h_t)", "the slope is h_t (1 - h_t), that of the logistic sigma; tanh has 1 "
        "- h_t^2."),
    "no slope": ("dh_t * (1 - h_t ** 2)", "dh_t", "the tanh is missing on the way back: dz_t = dh_t (1 - h_t^2), and everything "
        "else starts from dz_t."),
    "slope at h_prev": ("h_t ** 2", "h_prev ** 2", "the slope is taken at h_{t-1}; the tanh of this step gave h_t, so it is 1 - "
        "h_t^2."),
    "weights skip the slope": ("dz_t.T", "dh_t.T", "dz_t.sum", "dh_t.sum", "the weights' gradients are built from dh_t; they "
        "need dz_t, behind the tanh."),
    "dh_prev skips the slope": ("dz_t @ W_h", "dh_t @ W_h", "dh_prev is built from dh_t; it needs dz_t, behind the tanh."),
    "dx_t skips the slope": ("dz_t @ W_x", "dh_t @ W_x", "dx_t is built from dh_t; it needs dz_t, behind the tanh."),
    "dW_h with h_t": ("T @ h_prev", "T @ h_t", "it equals what you get with h_t where h_{t-1} belongs: W_h multiplied h_{t-1} in "
        "the forward pass."),
    "dW_h transposed": ("dz_t.T @ h_prev", "h_prev.T @ dz_t", "it is transposed: row i belongs to dz_i, so it reads dz_t.T @ "
        "h_prev. Both shapes fit, for W_h is square."),
    "W_h transposed": ("dz_t @ W_h", "dz_t @ W_h.T", "W_h is used transposed: forward it was h_prev @ W_h.T, so backward it is "
        "dz_t @ W_h."),
    "mean over the batch": ("dz_t.T", "dz_t.T / len(x_t)", "dz_t.sum", "dz_t.mean", "the weights' gradients are divided by B. "
        "The mean, if any, was taken in the loss and is in dh_t already; here the sequences add up."),
    "db not summed": ("dz_t.sum(axis=0)", "dz_t", "b was added to every sequence of the batch, so their gradients add up: sum "
        "dz_t over B, shape (H,)."),
    "db with the mean": ("dz_t.sum", "dz_t.mean", "it is the mean over the batch; b was added to every sequence, so it is the "
        "sum."),
    "slope squared": ("(1 - h_t ** 2)", "(1 - h_t ** 2) ** 2", "the slope is multiplied in twice: dz_t = dh_t (1 - h_t^2), "
        "once."),
    "slope with the signs turned": ("1 - h_t ** 2", "h_t ** 2 - 1", "the sign is turned: is the slope h_t^2 - 1 where 1 - h_t^2 "
        "belongs, or is there a minus too many?"),
    "slope 1 - 2h": ("1 - h_t ** 2", "1 - 2 * h_t", "the slope is 1 - 2 h_t; tanh'(z_t) = 1 - h_t^2."),
    "h for the slope": ("1 - h_t ** 2", "h_t", "dh_t is multiplied by h_t = tanh(z_t) itself; the slope is tanh'(z_t) = 1 - "
        "h_t^2."),
    "divided by the slope": ("dh_t * (", "dh_t / (", "it is divided by the slope 1 - h_t^2; the chain rule multiplies."),
    "no brackets": ("dh_t * (1 - h_t ** 2)", "dh_t - h_t ** 2", "brackets are missing: dh_t * 1 - h_t**2 is dh_t minus h_t^2; it "
        "must be dh_t * (1 - h_t**2)."),
    "gradient over the batch": ("dh_t * (1 - h_t ** 2)", "dh_t / len(x_t) * (1 - h_t ** 2)", "all gradients are divided by B. "
        "The mean, if any, was taken in the loss and is in dh_t already."),
    "one sequence only": ("dz_t.T @ x_t", "dz_t[:1].T @ x_t[:1]", "dz_t.T @ h_prev", "dz_t[:1].T @ h_prev[:1]",
        "dz_t.sum(axis=0)", "dz_t[0]", "the weights' gradients hold the first sequence alone; all B of them add up."),
    "db over the wrong axis": ("sum(axis=0)", "sum(axis=1)", "it is summed over the units (axis 1); b was added to every "
        "sequence, so sum over B (axis 0): shape (H,)."),
    "db as one number": ("sum(axis=0)", "sum()", "it is summed over everything; there is one entry for each unit: sum over B "
        "alone (axis=0)."),
    "db skips the slope": ("dz_t.sum", "dh_t.sum", "db is built from dh_t; it needs dz_t, behind the tanh."),
    "dW_x skips the slope": ("dz_t.T @ x_t", "dh_t.T @ x_t", "dW_x is built from dh_t; it needs dz_t, behind the tanh."),
    "dW_h skips the slope": ("dz_t.T @ h_prev", "dh_t.T @ h_prev", "dW_h is built from dh_t; it needs dz_t, behind the tanh."),
    "slope at h_prev on top": ("dz_t @ W_h", "dz_t @ W_h * (1 - h_prev ** 2)", "dh_prev has a factor 1 - h_{t-1}^2 too many: "
        "that is the tanh of the step before, and its turn comes there."),
    "dh_prev without W_h": ("dz_t @ W_h", "dz_t", "dh_prev is dz_t itself; h_{t-1} came in through W_h: dz_t @ W_h."),
    "dh_prev is dh_t": ("dz_t @ W_h", "dh_t", "dh_prev is dh_t unchanged; it comes back through the tanh and W_h: dz_t @ W_h."),
    "dh_t added to dh_prev": ("dz_t @ W_h", "dz_t @ W_h + dh_t", "dh_t is added to dh_prev; what reaches h_{t-1} through this "
        "step is dz_t @ W_h alone."),
}

BPTT = """
def bptt(dh, x, h, W_x, W_h):
    T = len(x)
    dx, from_later = np.zeros_like(x), np.zeros_like(h[0])
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(len(W_h))
    for t in reversed(range(T)):
        x_t, h_prev, h_t = x[t], h[t], h[t + 1]
        dh_t = dh[t] + from_later
        dz_t = dh_t * (1 - h_t ** 2)
        dx[t] = dz_t @ W_x
        from_later = dz_t @ W_h
        dW_x = dW_x + dz_t.T @ x_t
        dW_h = dW_h + dz_t.T @ h_prev
        db = db + dz_t.sum(axis=0)
    return dx, from_later, dW_x, dW_h, db
"""

BPTT_CHANGES = {
    "nothing carried": (" + from_later", "", "only this step's own loss reaches h_t. The second path is missing: h_t also feeds "
        "step t+1, so add what step t+1 sends back, dz_{t+1} @ W_h, to dh[t] before you go on."),
    "loss of the last step only": ("dh[t] +", "dh[t] * (t == T - 1) +", "the direct gradients dh of all steps but the last are "
        "left out; every step may have a loss."),
    "weights overwritten": ("= dW_x", "= 0 * dW_x", "= dW_h", "= 0 * dW_h", "= db", "= 0 * db", "the weights' gradients hold one "
        "step alone: they are assigned in the loop where they must add up (+=)."),
    "first step left out": ("dz_t.T", "(t > 0) * dz_t.T", "dz_t.sum", "(t > 0) * dz_t.sum", "the weights' gradients leave out "
        "step t = 1: the loop ends one step too early for them."),
    "loop forwards": ("reversed(range(T))", "range(T)", "the loop runs from t = 1 to T; what step t+1 sends back must be known "
        "before step t, so it runs from T to 1."),
    "carried adds up": ("from_later = dz_t @ W_h", "from_later = from_later + dz_t @ W_h", "what is carried back adds up from "
        "step to step; it must be replaced: step t sends back its own dz_t @ W_h, which already holds all later steps."),
    "dx in reverse": ("dx[t]", "dx[T - 1 - t]", "dx is in reverse order, as the loop made it: dx[0] must belong to x[0]."),
    "dh_0 is dh_1": ("dx, from_later, dW", "dx, dh_t, dW", "it is dL/dh_1; one more step back, through W_h, leads to h_0."),
    "dh_0 is dh[0]": ("dx, from_later, dW", "dx, dh[0], dW", "it is dh[0], the direct gradient of h_1; one more step back from "
        "the total gradient of h_1, through W_h, leads to h_0."),
    "dh_0 is dz_1": ("dx, from_later, dW", "dx, dz_t, dW", "it is dz_1; the way to h_0 goes through W_h too: dz_1 @ W_h."),
    "carried one step only": ("from_later = dz_t @ W_h", "from_later = dh[t] * (1 - h_t ** 2) @ W_h", "what is carried back "
        "holds the own loss of step t+1 alone: make it from dz_{t+1}, which holds all later steps."),
    "weights from dh alone": ("dz_t.T", "dh[t].T", "dz_t.sum", "dh[t].sum", "it is built from dh[t] itself; it needs dz_t: with "
        "what came back from later steps, and behind the tanh."),
    "dh_0 left at zero": ("dx, from_later, dW", "dx, 0 * from_later, dW", "it is zero; what step 1 sends back, dz_1 @ W_h, is "
        "dL/dh_0."),
    "loop ends early": ("range(T)", "range(1, T)", "the loop ends one step too early: step t = 1 has no gradients, and what is "
        "returned for h_0 belongs to h_1."),
    "loop starts late": ("range(T)", "range(T - 1)", "the loop begins at step T - 1: step T, where the way back starts, is left "
        "out."),
    "return inside the loop": ("sum(axis=0)\n", "sum(axis=0)\n        break\n", "it returns after one step, t = T: the return "
        "stands inside the loop. Move it out, one indentation to the left."),
    "dh one step off": ("dh[t] +", "dh[t - 1] +", "each step takes the dh of the step before: the direct gradient of h[t + 1] "
        "stands in dh[t]."),
    "slope on the carried part only": ("dh_t * (1 - h_t ** 2)", "dh[t] + from_later * (1 - h_t ** 2)", "the slope multiplies "
        "only what is carried back; both parts reach h_t, so add first: (dh[t] + carried) * (1 - h_t^2). Are brackets missing?"),
    "slope on the own part only": ("dh_t * (1 - h_t ** 2)", "dh[t] * (1 - h_t ** 2) + from_later", "the slope multiplies dh[t] "
        "alone; both parts reach h_t, so add first: (dh[t] + carried) * (1 - h_t^2). Are brackets missing?"),
    "dW_x with the input before": ("T @ x_t", "T @ x[t - 1]", "dW_x takes the input of the step before: in bptt x[t] is what "
        "made h[t + 1]."),
    "dW_h with the state before": ("T @ h_prev", "T @ h[t - 1]", "dW_h takes the state two steps back: h[t + 1] was made from "
        "h[t]."),
    "mean over T": ("dW_x, dW_h, db\n", "dW_x / T, dW_h / T, db / T\n", "the weights' gradients are divided by T. The same "
        "weights were used at every step: the steps add up."),
    "dh_prev skips the slope": ("dz_t @ W_h", "dh_t @ W_h", "what is carried back is built from dL/dh_t; it needs dz_t, behind "
        "the tanh: dz_t @ W_h."),
    "slope at h_prev on top": ("dz_t @ W_h", "dz_t @ W_h * (1 - h_prev ** 2)", "what is carried back gets the slope of step t-1 "
        "twice: once when it is carried, once in that step's own dz."),
    "dh_prev without W_h": ("dz_t @ W_h", "dz_t", "what is carried back is dz_t itself; h_{t-1} came in through W_h: dz_t @ "
        "W_h."),
    **{key: change for key, change in STEP_BACKWARD_CHANGES.items() if key not in (
        "one sequence only", "db over the wrong axis", "dh_prev is dh_t", "dh_t added to dh_prev", "slope with the signs turned",
        "divided by the slope", "dh_prev skips the slope", "dh_prev without W_h", "slope at h_prev on top")},
}

def _step_backward_problems(rng):
    rnn_step, problems = edits.compiled(recurrent.RNN_STEP), []
    for step in recurrent.step_problems(rng):
        h_t = rnn_step(*step.values())
        problems.append(Problem(step.note, dh_t=rng.normal(size=h_t.shape), x_t=step["x_t"], h_prev=step["h_prev"], h_t=h_t,
                                W_x=step["W_x"], W_h=step["W_h"]))
    return problems


def _bptt_problems(rng):
    rnn_forward, problems = edits.compiled(recurrent.RNN_FORWARD), []
    for run in recurrent.forward_problems(rng):
        h = rnn_forward(*run.values())
        problems.append(Problem(run.note, dh=rng.normal(size=h[1:].shape), x=run["x"], h=h, W_x=run["W_x"], W_h=run["W_h"]))
    return problems


EXERCISES = [
    Exercise("gradient_w_h", {"gradient": "a number"}, PENCIL, PENCIL_CHANGES, _pencil_problems,
             "Compute h_1 and h_2 first. Then walk back from the loss: dz_2, and what of it reaches h_1 through w_h.",
             "Two uses of one weight, two terms: dz_2 h_1 + dz_1 h_0."),
    Exercise("rnn_step_backward", {"dx_t": "(B, D)", "dh_prev": "(B, H)", "dW_x": "(H, D)", "dW_h": "(H, H)", "db": "(H,)"},
             STEP_BACKWARD, STEP_BACKWARD_CHANGES, _step_backward_problems,
             "Go through the tanh first: dz_t from dh_t and h_t. All five results start from dz_t.",
             "All five gradients of one step are right: the tanh once, then each product's two sides.", batch()),
    Exercise("bptt", {"dx": "(T, B, D)", "dh_0": "(B, H)", "dW_x": "(H, D)", "dW_h": "(H, H)", "db": "(H,)"}, BPTT, BPTT_CHANGES,
             _bptt_problems,
             "Loop from t = T down to 1 and keep one array: what step t+1 sent back to h_t. It starts as zeros.",
             "Backpropagation through time, every gradient of it: two paths into each state, and shared weights whose steps add up.",
             batch("x", 1)),
    Exercise("faulty_line", {"line": "a whole number"}, "\ndef faulty_line():\n    return 7\n", LINE_CHANGES, lambda rng: [Problem("the fault")],
             "Run the gradient check on each of the five results, with T = 1 and with T = 3: which are wrong, and from when on?",
             "Line 7: what goes back through W_h is dz_t @ W_h. It spoils dh_0 at once, and from T = 2 on everything that it flows into.",
             judge=line_judge),
]
