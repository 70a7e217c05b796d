"""Lesson 05: the LSTM's and the GRU's step, and the way back through the cell state."""

import numpy as np

from ...cells import sigmoid
from .exercise import Exercise, Problem


def _lstm_problems(rng):
    return [Problem(f"B = {B}, D = {D}, H = {H}" if size == 1 else "c is large", x_t=rng.normal(size=(B, D)),
                    h_prev=rng.uniform(-0.9, 0.9, (B, H)), c_prev=size * rng.normal(size=(B, H)),
                    W_x=rng.normal(size=(4 * H, D)) * np.sqrt(size), W_h=rng.normal(size=(4 * H, H)) / np.sqrt(H), b=rng.normal(size=4 * H))
            for B, D, H, size in ((3, 2, 5, 1), (1, 3, 2, 1), (2, 3, 3, 1), (7, 2, 3, 20))]


def _cell_backward_problems(rng):
    problems = []
    for B, H, size in ((3, 4, 1), (1, 2, 1), (2, 3, 1), (6, 2, 9)):
        c_prev, dh_t, dc_t = (size * rng.normal(size=(B, H)) for _ in range(3))
        i, f, o = (sigmoid(rng.normal(size=(B, H))) for _ in range(3))
        g = np.tanh(rng.normal(size=(B, H)))
        problems.append(Problem(f"B = {B}, H = {H}", dh_t=dh_t, dc_t=dc_t, c_prev=c_prev, c_t=f * c_prev + i * g, i=i, f=f, g=g,
                                o=o))
    return problems


def _gru_problems(rng):
    return [Problem(f"B = {B}, D = {D}, H = {H}", x_t=rng.normal(size=(B, D)), h_prev=rng.uniform(-0.9, 0.9, (B, H)),
                    W_x=size * rng.normal(size=(3 * H, D)),
                    W_h=rng.normal(size=(3 * H, H)) / np.sqrt(H), b=rng.normal(size=3 * H), b_hn=rng.normal(size=H))
            for B, D, H, size in ((3, 2, 5, 1), (1, 3, 2, 1), (2, 3, 3, 1), (7, 6, 2, 4))]


def _batch(argument):
    return lambda arguments: {"B": len(arguments[argument])}


EXERCISES = [
    Exercise("lstm_step", {"h_t": "(B, H)", "c_t": "(B, H)"}, _lstm_problems,
             "Compute all four pre-activations in one line, split them into i, f, g, o, squash each; then c_t, then h_t.",
             "Keep, write, show: c_t = f c_{t-1} + i g and h_t = o tanh(c_t).", _batch("x_t"), gates="ifgo"),
    Exercise("lstm_cell_backward", {name: "(B, H)" for name in ("dc_prev", "di", "df", "dg", "do")},
             _cell_backward_problems,
             "Collect everything that reaches c_t first: dc_t from step t+1, and the path through h_t = o tanh(c_t).",
             "Two paths into c_t, and one factor, f, out of it: the highway.", _batch("dh_t")),
    Exercise("gru_step", {"h_t": "(B, H)"}, _gru_problems,
             "Split both products into their r, z, n parts; r and z first, then n, then the mixture.",
             "(1 - z) n + z h_{t-1}: one gate both keeps and writes.", _batch("x_t"), gates="rzn"),
]
