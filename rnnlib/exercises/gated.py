"""Lesson 05: the LSTM's and the GRU's step, and the way back through the cell state."""

import numpy as np

from ..cells import sigmoid
from .checking import NONE, Exercise


def lstm_step(x_t, h_prev, c_prev, W_x, W_h, b, wrong=NONE):
    z = x_t @ W_x.T + h_prev @ W_h.T + b
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
    if "rows i, f, o, g" in wrong:
        z_g, z_o = z_o, z_g
    if "rows f, i, g, o" in wrong:
        z_i, z_f = z_f, z_i
    i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
    if "g with sigma" in wrong:
        g = sigmoid(z_g)
    if "gates with tanh" in wrong:
        i, f, o = np.tanh(z_i), np.tanh(z_f), np.tanh(z_o)
    if "gate o always open" in wrong:
        o = np.ones_like(o)
    if "forget is 1 - i" in wrong:
        f = 1 - i
    c_t = f * c_prev + i * g
    if "nothing kept" in wrong:
        c_t = i * g
    if "gate i missing" in wrong:
        c_t = f * c_prev + g
    if "f times h_prev" in wrong:
        c_t = f * h_prev + i * g
    inner = c_t if "no tanh around c" in wrong else np.tanh(np.tanh(c_t)) if "tanh(tanh(c))" in wrong else np.tanh(c_t)
    h_t = o * (np.tanh(c_prev) if "h from the old c" in wrong else inner)
    return h_t, inner if "returns tanh(c)" in wrong else c_t


LSTM_MISTAKES = {
    "rows i, f, o, g": "the rows are read in the order i, f, o, g; here they are i, f, g, o.",
    "rows f, i, g, o": "the gates i and f are swapped: the first H rows are i (write), the next f (keep).",
    "g with sigma": "g is squashed with sigma; it is what would be written, which may be negative: tanh.",
    "gates with tanh": "the gates i, f, o are squashed with tanh; a gate lies between 0 and 1: sigma.",
    "gate o always open": "h_t is tanh(c_t) without the output gate: multiply by o.",
    "forget is 1 - i": "f is taken as 1 - i; an LSTM computes f from rows of its own (the GRU ties the two).",
    "nothing kept": "c_{t-1} plays no part: c_t = f c_{t-1} + i g. The kept part is the highway.",
    "gate i missing": "g is written whole; the input gate i decides how much of it: i g.",
    "f times h_prev": "f multiplies h_{t-1}; what is kept is the cell state c_{t-1}.",
    "no tanh around c": "h_t = o c_t: the tanh around c_t is missing.",
    "tanh(tanh(c))": "there are two tanh around c_t; h_t = o tanh(c_t).",
    "h from the old c": "h_t is computed from c_{t-1}; it shows the new c_t.",
    "returns tanh(c)": "what is returned as c_t is tanh(c_t); the state carried on is c_t itself.",
}


def lstm_cell_backward(dh_t, dc_t, c_prev, c_t, i, f, g, o, wrong=NONE):
    tanh_c = np.tanh(c_t)
    slope = 1 - tanh_c ** 2
    if "slope 1 - c^2" in wrong:
        slope = 1 - c_t ** 2
    if "no slope" in wrong:
        slope = np.ones_like(c_t)
    if "slope of sigmoid" in wrong:
        slope = tanh_c * (1 - tanh_c)
    through = dh_t * slope if "path without o" in wrong else dh_t * o * slope
    dc = dc_t + through
    if "path through h left out" in wrong:
        dc = dc_t
    if "later steps left out" in wrong:
        dc = through
    do = dh_t * (c_t if "do without tanh" in wrong else tanh_c)
    if "do from dc" in wrong:
        do = dc * tanh_c
    di, dg = dc * g, dc * i
    if "di and dg swapped" in wrong:
        di, dg = dg, di
    df = dc * (c_t if "df with c_t" in wrong else c_prev)
    dc_prev = dc * (i if "dc_prev with i" in wrong else f)
    if "dc_prev without f" in wrong:
        dc_prev = dc
    if "dc_prev from later steps only" in wrong:
        dc_prev = dc_t * f
    if "slopes of the gates too" in wrong:
        di, df, dg, do = di * i * (1 - i), df * f * (1 - f), dg * (1 - g ** 2), do * o * (1 - o)
    return dc_prev, di, df, dg, do


CELL_BACKWARD_MISTAKES = {
    "path through h left out": "only dc_t, what step t+1 sends back, reaches c_t. The other path is missing: h_t = o tanh(c_t), so add "
                               "dh_t o (1 - tanh(c_t)^2) first.",
    "later steps left out": "what comes back from step t+1, dc_t, is left out: add it to the path through h_t.",
    "path without o": "the path through h_t lacks the gate: h_t = o tanh(c_t), so it is dh_t o (1 - tanh(c_t)^2).",
    "no slope": "the path through h_t lacks the slope of the tanh, 1 - tanh(c_t)^2.",
    "slope 1 - c^2": "the slope is 1 - c_t^2; it is 1 - tanh(c_t)^2, for c_t itself went into the tanh.",
    "slope of sigmoid": "the slope is that of sigma, at tanh(c_t); tanh has 1 - tanh(c_t)^2.",
    "do without tanh": "do is dh_t c_t; h_t = o tanh(c_t), so do = dh_t tanh(c_t).",
    "do from dc": "do is built from the gradient of c_t; o touches h_t alone: do = dh_t tanh(c_t).",
    "di and dg swapped": "di and dg are swapped: c_t = ... + i g, so di has the factor g and dg the factor i.",
    "df with c_t": "df has the factor c_t; f multiplied c_{t-1}.",
    "dc_prev with i": "dc_prev has the factor i; c_{t-1} came in through f.",
    "dc_prev without f": "dc_prev lacks the factor f: the direct path multiplies by the forget gate at every step.",
    "dc_prev from later steps only": "dc_prev is dc_t f; all that reaches c_t goes on to c_{t-1}, the path through h_t included.",
    "slopes of the gates too": "the slopes of sigma and tanh are multiplied in; asked for are gradients of the gate values, behind them.",
}


def gru_step(x_t, h_prev, W_x, W_h, b, b_hn, wrong=NONE):
    a_r, a_z, a_n = np.split(x_t @ W_x.T + b, 3, axis=1)
    H = h_prev.shape[1]
    u_r, u_z, u_n = np.split(h_prev @ W_h.T, 3, axis=1)
    if "rows z, r, n" in wrong:
        a_r, a_z, u_r, u_z = a_z, a_r, u_z, u_r
    r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
    q = u_n + (0 if "b_hn left out" in wrong else b_hn)
    inner = a_n + r * q
    if "b_hn outside r" in wrong:
        inner = a_n + r * u_n + b_hn
    if "reset before the product" in wrong:
        inner = a_n + (r * h_prev) @ W_h[2 * H:].T + b_hn
    if "no reset" in wrong:
        inner = a_n + q
    n = sigmoid(inner) if "n with sigma" in wrong else np.tanh(inner)
    if "z and 1 - z swapped" in wrong:
        z = 1 - z
    if "nothing kept" in wrong:
        return (1 - z) * n
    if "n written whole" in wrong:
        return n + z * h_prev
    return (1 - z) * n + z * h_prev


GRU_MISTAKES = {
    "z and 1 - z swapped": "z and 1 - z are swapped: here, as in torch, z is what is kept: h_t = (1 - z) n + z h_{t-1}. (Other texts have it "
                           "the other way round.)",
    "rows z, r, n": "the gates r and z are swapped: the first H rows are r (reset), the next z (update).",
    "reset before the product": "r multiplies h_{t-1} before W_hn does, as in the first GRU paper; here, as in torch, it multiplies the product: "
                                "r (W_hn h_{t-1} + b_hn).",
    "b_hn outside r": "b_hn is added outside r; it belongs inside: r (W_hn h_{t-1} + b_hn).",
    "b_hn left out": "the bias b_hn is missing.",
    "no reset": "the reset gate r plays no part: n = tanh(W_xn x_t + b_n + r (W_hn h_{t-1} + b_hn)).",
    "n with sigma": "n is squashed with sigma; it is what would be written: tanh.",
    "nothing kept": "the kept part z h_{t-1} is missing.",
    "n written whole": "n is written whole; its share is 1 - z.",
}


def _lstm_problems(rng):
    return [{"x_t": rng.normal(size=(B, D)), "h_prev": rng.uniform(-0.9, 0.9, (B, H)), "c_prev": rng.normal(size=(B, H)),
             "W_x": rng.normal(size=(4 * H, D)), "W_h": rng.normal(size=(4 * H, H)) / np.sqrt(H), "b": rng.normal(size=4 * H)}
            for B, D, H in ((3, 2, 4), (1, 3, 2), (2, 3, 3))]


def _cell_backward_problems(rng):
    problems = []
    for B, H in ((3, 4), (1, 2), (2, 3)):
        c_prev, dh_t, dc_t = (rng.normal(size=(B, H)) for _ in range(3))
        i, f, o = (sigmoid(rng.normal(size=(B, H))) for _ in range(3))
        g = np.tanh(rng.normal(size=(B, H)))
        problems.append({"dh_t": dh_t, "dc_t": dc_t, "c_prev": c_prev, "c_t": f * c_prev + i * g, "i": i, "f": f, "g": g, "o": o})
    return problems


def _gru_problems(rng):
    return [{"x_t": rng.normal(size=(B, D)), "h_prev": rng.uniform(-0.9, 0.9, (B, H)), "W_x": rng.normal(size=(3 * H, D)),
             "W_h": rng.normal(size=(3 * H, H)) / np.sqrt(H), "b": rng.normal(size=3 * H), "b_hn": rng.normal(size=H)}
            for B, D, H in ((3, 2, 4), (1, 3, 2), (2, 3, 3))]


def _batch(argument):
    return lambda arguments: {"B": len(arguments[argument])}


EXERCISES = [
    Exercise("lstm_step", {"h_t": "(B, H)", "c_t": "(B, H)"}, lstm_step, LSTM_MISTAKES, _lstm_problems,
             "Compute all four pre-activations in one line, split them into i, f, g, o, squash each; then c_t, then h_t.",
             "Keep, write, show: c_t = f c_{t-1} + i g and h_t = o tanh(c_t).", _batch("x_t")),
    Exercise("lstm_cell_backward", {name: "(B, H)" for name in ("dc_prev", "di", "df", "dg", "do")}, lstm_cell_backward,
             CELL_BACKWARD_MISTAKES, _cell_backward_problems,
             "Collect everything that reaches c_t first: dc_t from step t+1, and the path through h_t = o tanh(c_t).",
             "Two paths into c_t, and one factor, f, out of it: the highway.", _batch("dh_t")),
    Exercise("gru_step", {"h_t": "(B, H)"}, gru_step, GRU_MISTAKES, _gru_problems,
             "Split both products into their r, z, n parts; r and z first, then n, then the mixture.",
             "(1 - z) n + z h_{t-1}: one gate both keeps and writes.", _batch("x_t")),
]
