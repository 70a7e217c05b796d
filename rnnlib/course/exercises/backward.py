"""Lesson 03: one step of the vanilla cell backward, and backpropagation through time."""

import copy

import numpy as np

from . import edits, recurrent
from .exercise import Exercise, Problem
from .recurrent import batch
from .texts import TEXT

FAULTY = """\
def bptt_with_a_fault(direct, x, h, W_x, W_h):                                  # line 1
    dx, from_later = np.zeros(x.shape), np.zeros(h[0].shape)                    # line 2
    dW_x, dW_h, db = np.zeros(W_x.shape), np.zeros(W_h.shape), np.zeros(len(W_h))   # line 3
    for t in reversed(range(len(x))):                                           # line 4
        dz_t = (direct[t] + from_later) * (1 - h[t + 1]**2)                     # line 5
        dx[t] = dz_t @ W_x                                                      # line 6
        from_later = dz_t @ W_h.T                                               # line 7
        dW_x += dz_t.T @ x[t]                                                   # line 8
        dW_h += dz_t.T @ h[t]                                                   # line 9
        db += dz_t.sum(axis=0)                                                  # line 10
    return dx, from_later, dW_x, dW_h, db                                       # line 11
"""


def line_judge(result):
    """Whether it is the line of `FAULTY` that the gradient check convicts."""
    lines = TEXT["faulty_line"][1]
    if isinstance(result, bool) or not isinstance(result, (int, np.integer)) or f"line {result}" not in {*lines, "line 7"}:
        return None, "It should be the number of the line that holds the fault, a whole number from 2 to 11."
    return None if result == 7 else (f"line {result}", lines[f"line {result}"][-1])


def _pencil_problems(rng):
    values = (("the example", (0.5, 1.0, -1.0, 0.2, 0.8, 0.6)), ("w_h is negative", (0.3, 0.4, 0.9, -0.5, 1.1, -0.7)),
              ("h_0 is 0", (0.0, 0.7, 0.2, 0.9, -0.6, 1.2)), ("the gradient is large", (-0.8, 0.1, 0.2, 1.0, 0.3, 1.5)),
              ("the gradient is negative and large", (0.8, 0.1, 0.2, 2.5, 0.3, 0.9)))
    values += tuple(("all six are others", rng.uniform(0.3, 1.2, 6) * rng.choice([-1.0, 1.0], 6)) for _ in range(2))
    return [Problem(note, **dict(zip(("h_0", "x_1", "x_2", "target", "w_x", "w_h"), map(float, numbers)))) for note, numbers in values]


def _step_backward_problems(rng):
    rnn_step, problems = edits.compiled(TEXT["rnn_step"][0]), []
    for step in recurrent.step_problems(rng):
        h_t = rnn_step(*step.values())
        problems.append(Problem(step.note, dh_t=len(h_t) * rng.normal(size=h_t.shape), x_t=step["x_t"], h_prev=step["h_prev"], h_t=h_t,
                                W_x=step["W_x"], W_h=step["W_h"]))
    return problems


def _bptt_problems(rng):
    rnn_forward, problems = edits.compiled(TEXT["rnn_forward"][0]), []
    for run in recurrent.forward_problems(rng):
        h = rnn_forward(*run.values())
        problems.append(Problem(run.note, direct=len(run["x"]) * rng.normal(size=h[1:].shape), x=run["x"], h=h, W_x=run["W_x"], W_h=run["W_h"]))
    last = Problem("the loss is at the last step alone", **copy.deepcopy(problems[0]))
    last["direct"][:-1] = 0
    return [*problems, last]


EXERCISES = [
    Exercise("gradient_w_h", {"gradient": "a number"}, _pencil_problems,
             "Compute h_1 and h_2 first. Then walk back from the loss: dz_2, and what of it reaches h_1 through w_h.",
             "Two uses of one weight, two terms: dz_2 h_1 + dz_1 h_0."),
    Exercise("rnn_step_backward", {"dx_t": "(B, D)", "dh_prev": "(B, H)", "dW_x": "(H, D)", "dW_h": "(H, H)", "db": "(H,)"},
             _step_backward_problems,
             "Go through the tanh first: dz_t from dh_t and h_t. All five results start from dz_t.",
             "All five gradients of one step are right: the tanh once, then each product's two sides.", batch()),
    Exercise("bptt", {"dx": "(T, B, D)", "dh_0": "(B, H)", "dW_x": "(H, D)", "dW_h": "(H, H)", "db": "(H,)"},
             _bptt_problems,
             "Loop from t = T down to 1 and keep one array: what step t+1 sent back to h_t. It starts as zeros.",
             "Backpropagation through time, every gradient of it: two paths into each state, and shared weights whose steps "
             "add up.",
             batch("x", 1)),
    Exercise("faulty_line", {"line": "a whole number"}, lambda rng: [Problem("the fault")],
             "Run the gradient check on each of the five results, with T = 1 and with T = 3: which are wrong, and from when on?",
             "Line 7: what goes back through W_h is dz_t @ W_h. It spoils dh_0 at once, and from T = 2 on everything that it "
             "flows into.",
             judge=line_judge),
]
