"""Lesson 05: the LSTM's and the GRU's step, and the way back through the cell state."""

import numpy as np

from ...cells import sigmoid
from .checking import Exercise, Problem


def _rows(order, *names):
    """(old, new, ...) that reads the rows of these names, "x_", in another order: "z, r, n"."""
    gates = order.split(", ")
    right = [gate for gate in ("r, z, n" if "r" in gates else "i, f, g, o").split(", ")]
    return [", ".join(name + gate for gate in some) for name in names for some in (right, gates)]

LSTM = """
def lstm_step(x_t, h_prev, c_prev, W_x, W_h, b):
    z = x_t @ W_x.T + h_prev @ W_h.T + b
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
    i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
    c_t = f * c_prev + i * g
    h_t = o * np.tanh(c_t)
    return h_t, c_t
"""

LSTM_CHANGES = {
    "rows f, i, g, o": ("z_i, z_f, z_g, z_o =", "z_f, z_i, z_g, z_o =", "the gates i and f are swapped: the first H rows are i "
        "(write), the next f (keep), and c_t = f c_{t-1} + i g."),
    "gates side by side": ("np.split(z, 4, axis=1)", "np.moveaxis(z.reshape(len(z), -1, 4), 2, 0)", "z is cut as (B, H, 4), as "
        "if the four gates of a unit lay side by side; here each gate has H rows in one block: np.split(z, 4, axis=1)."),
    "bias left out": (" + b", "", "the bias b is missing."),
    "input left out": ("x_t @ W_x.T + ", "", "x_t plays no part: W_x x_t is missing."),
    "past left out": ("h_prev @ W_h.T + ", "", "h_{t-1} plays no part in the gates: W_h h_{t-1} is missing."),
    "c for h in the products": ("h_prev @", "c_prev @", "the products read c_{t-1}; gates and g are computed from h_{t-1}."),
    "W_h transposed": ("    z =", "    W_h = np.concatenate([rows.T for rows in np.split(W_h, 4)])\n    z =", "each gate's block "
        "of W_h is used transposed."),
    "tanh before the gates": ("split(z,", "split(np.tanh(z),", "the pre-activation goes through a tanh before it is split; each "
        "part has one squashing of its own."),
    "forget bias added": ("sigmoid(z_f)", "sigmoid(z_f + 1)", "1 is added to the forget gate's pre-activation; a forget bias "
        "stands in b already."),
    "g with sigma": ("np.tanh(z_g)", "sigmoid(z_g)", "g is squashed with sigma; it is what would be written, which may be "
        "negative: tanh."),
    "gates with tanh": ("sigmoid(", "np.tanh(", "the gates i, f, o are squashed with tanh; a gate lies between 0 and 1: sigma."),
    "g not squashed": ("np.tanh(z_g)", "z_g", "g is not squashed: what would be written goes through tanh."),
    "gates not squashed": ("sigmoid(", "(", "the gates i, f, o are not squashed: sigma brings each between 0 and 1."),
    "gate o always open": ("o * np", "np", "h_t is tanh(c_t) without the output gate: multiply by o."),
    "forget is 1 - i": ("f * c", "(1 - i) * c", "f is taken as 1 - i; an LSTM computes f from rows of its own (the GRU ties the "
        "two)."),
    "write is 1 - f": ("i * g", "(1 - f) * g", "i is taken as 1 - f; an LSTM computes i from rows of its own (the GRU ties the "
        "two)."),
    "f turned round": ("f * c", "(1 - f) * c", "c_{t-1} is multiplied by 1 - f; f = 1 keeps, f = 0 forgets: f c_{t-1}."),
    "all kept": ("f * c", "c", "the forget gate plays no part: c_t = f c_{t-1} + i g."),
    "i plus g": ("i * g", "i + g", "i and g are added; the gate multiplies: i g."),
    "i g subtracted": ("+ i * g", "- i * g", "i g is subtracted; it is added: c_t = f c_{t-1} + i g."),
    "f around the sum": ("f * c_prev + i * g", "f * (c_prev + i * g)", "f multiplies the new part too; it belongs to c_{t-1} "
        "alone: f c_{t-1} + i g."),
    "nothing kept": ("f * c_prev + ", "", "c_{t-1} plays no part: c_t = f c_{t-1} + i g. The kept part is the highway."),
    "gate i missing": ("i * g", "g", "g is written whole; the input gate i decides how much of it: i g."),
    "f times h_prev": ("f * c_prev", "f * h_prev", "f multiplies h_{t-1}; what is kept is the cell state c_{t-1}."),
    "no tanh around c": ("np.tanh(c_t)", "c_t", "h_t = o c_t: the tanh around c_t is missing."),
    "c squashed": ("f * c_prev + i * g", "np.tanh(f * c_prev + i * g)", "c_t itself goes through a tanh; it is f c_{t-1} + i g, "
        "and the tanh comes in h_t = o tanh(c_t) alone."),
    "sigma around c": ("np.tanh(c_t)", "sigmoid(c_t)", "h_t = o sigma(c_t); it is o tanh(c_t)."),
    "tanh(tanh(c))": ("np.tanh(c_t)", "np.tanh(np.tanh(c_t))", "there are two tanh around c_t; h_t = o tanh(c_t)."),
    "h from the old c": ("np.tanh(c_t)", "np.tanh(c_prev)", "h_t is computed from c_{t-1}; it shows the new c_t."),
    "o for f": ("f * c", "o * c", "c_{t-1} is multiplied by o; what is kept is decided by f: f c_{t-1}."),
    "f for o": ("o * np", "f * np", "h_t has the gate f; what is shown is decided by o: o tanh(c_t)."),
    "i for o": ("o * np", "i * np", "h_t has the gate i; what is shown is decided by o: o tanh(c_t)."),
    "o turned round": ("o * np", "(1 - o) * np", "h_t has the factor 1 - o; o = 1 shows: o tanh(c_t)."),
    "o inside the tanh": ("o * np.tanh(c_t)", "np.tanh(o * c_t)", "o stands inside the tanh; it multiplies it: o tanh(c_t)."),
    "returns the old c": ("return h_t, c_t", "return h_t, c_prev", "what is returned as c_t is c_{t-1}; the state carried on is "
        "the new c_t."),
    "returns h twice": ("return h_t, c_t", "return h_t, h_t", "what is returned as c_t is h_t; the state carried on is c_t = f "
        "c_{t-1} + i g."),
    "returns the old h": ("return h_t, c_t", "return h_t, h_prev", "what is returned as c_t is h_{t-1}; the state carried on is "
        "c_t = f c_{t-1} + i g."),
    "returns tanh(c)": ("return h_t, c_t", "return h_t, np.tanh(c_t)", "what is returned as c_t is tanh(c_t); the state carried "
        "on is c_t itself."),
    **{f"rows {order}": (*_rows(order, "z_"), f"the rows are read in the order {order}; here they are i, f, g, o.")
       for order in ("i, f, o, g", "i, g, f, o", "i, o, f, g", "i, o, g, f", "f, i, o, g", "f, o, i, g", "o, i, f, g", "o, f, i, g",
                     "g, i, f, o", "f, g, i, o", "o, f, g, i")},
    **{f"{gate} with tanh": (f"sigmoid(z_{gate})", f"np.tanh(z_{gate})",
                             f"the gate {gate} is squashed with tanh; a gate lies between 0 and 1: sigma.") for gate in "ifo"},
    "gates turned round": ("sigmoid(", "1 - sigmoid(", "each gate is 1 minus what it should be: sigma(z) = 1 / (1 + exp(-z)), "
        "with the minus."),
    "bias twice": ("+ b", "+ 2 * b", "the bias b is added twice."),
}

CELL_BACKWARD = """
def lstm_cell_backward(dh_t, dc_t, c_prev, c_t, i, f, g, o):
    tanh_c = np.tanh(c_t)
    dc = dc_t + dh_t * o * (1 - tanh_c ** 2)
    dc_prev = dc * f
    di = dc * g
    df = dc * c_prev
    dg = dc * i
    do = dh_t * tanh_c
    return dc_prev, di, df, dg, do
"""

CELL_BACKWARD_CHANGES = {
    "path through h left out": (" + dh_t * o * (1 - tanh_c ** 2)", "", "only dc_t, what step t+1 sends back, reaches c_t. The "
        "other path is missing: h_t = o tanh(c_t), so add dh_t o (1 - tanh(c_t)^2) first."),
    "later steps left out": ("dc_t + ", "", "what comes back from step t+1, dc_t, is left out: add it to the path through h_t."),
    "path without o": ("dh_t * o", "dh_t", "the path through h_t lacks the gate: h_t = o tanh(c_t), so it is dh_t o (1 - "
        "tanh(c_t)^2)."),
    "no slope": ("dh_t * o * (1 - tanh_c ** 2)", "dh_t * o", "the path through h_t lacks the slope of the tanh, 1 - "
        "tanh(c_t)^2."),
    "slope 1 - c^2": ("tanh_c ** 2", "c_t ** 2", "the slope is 1 - c_t^2; it is 1 - tanh(c_t)^2, for c_t itself went into the "
        "tanh."),
    "slope of sigmoid": ("1 - tanh_c ** 2", "tanh_c * (1 - tanh_c)", "the slope is that of sigma, at tanh(c_t); tanh has 1 - "
        "tanh(c_t)^2."),
    "do without tanh": ("do = dh_t * tanh_c", "do = dh_t * c_t", "do is dh_t c_t; h_t = o tanh(c_t), so do = dh_t tanh(c_t)."),
    "do from dc": ("do = dh_t", "do = dc", "do is built from the gradient of c_t; o touches h_t alone: do = dh_t tanh(c_t)."),
    "slope without square": ("tanh_c ** 2", "tanh_c", "the slope is 1 - tanh(c_t); the square is missing: 1 - tanh(c_t)^2."),
    "slope of tanh(tanh(c))": ("tanh_c ** 2", "np.tanh(tanh_c) ** 2", "the slope is 1 - tanh(tanh(c_t))^2, tanh taken twice; it "
        "is 1 - tanh(c_t)^2."),
    "slope 1 - h^2": ("tanh_c ** 2", "(o * tanh_c) ** 2", "the slope is 1 - h_t^2, but h_t = o tanh(c_t): without the gate it is "
        "1 - tanh(c_t)^2."),
    "slope 1 - o^2": ("tanh_c ** 2", "o ** 2", "the slope is 1 - o^2; the tanh was around c_t: 1 - tanh(c_t)^2."),
    "tanh for the slope": ("1 - tanh_c ** 2", "tanh_c", "the path through h_t has the factor tanh(c_t) itself; its slope is 1 - "
        "tanh(c_t)^2."),
    "tanh of the old c": ("np.tanh(c_t)", "np.tanh(c_prev)", "tanh is taken of c_{t-1}; h_t = o tanh(c_t) shows the new c_t."),
    "sigma for tanh": ("np.tanh(c_t)", "sigmoid(c_t)", "sigma(c_t) stands where tanh(c_t) belongs: h_t = o tanh(c_t)."),
    "path without dh_t": ("dh_t * o", "o", "the path through h_t lacks dh_t: dh_t o (1 - tanh(c_t)^2)."),
    "gate's slope in the path": ("dh_t * o", "dh_t * o * (1 - o)", "the path through h_t has a factor 1 - o too many: o is only "
        "a factor on the way to c_t."),
    "path subtracted": ("dc_t + dh_t", "dc_t - dh_t", "the path through h_t is subtracted; gradients of two paths add up."),
    "paths multiplied": ("dc_t + dh_t", "dc_t * dh_t", "the two paths into c_t are multiplied; gradients of two paths add up: "
        "dc_t + dh_t o (1 - tanh(c_t)^2)."),
    "dc_t through o and tanh too": ("dc_t + dh_t * o", "(dc_t + dh_t) * o", "dc_t is multiplied by o (1 - tanh(c_t)^2) too; it "
        "reaches c_t directly. Only dh_t comes through o and tanh: are brackets in the wrong place?"),
    "dc_t through tanh too": ("dc_t + dh_t * o", "(dc_t + dh_t * o)", "dc_t is multiplied by 1 - tanh(c_t)^2 too; it reaches c_t "
        "directly. Only dh_t comes through the tanh: are brackets in the wrong place?"),
    "dc_t times f": ("dc_t +", "dc_t * f +", "dc_t is multiplied by f on arrival; it reaches c_t directly, and f comes on the "
        "way on to c_{t-1}: dc_prev = dc f."),
    "dh_t added bare": ("dh_t * o * (1 - tanh_c ** 2)", "dh_t", "dh_t is added as it is; it comes through h_t = o tanh(c_t): "
        "dh_t o (1 - tanh(c_t)^2)."),
    "do is dh_t": ("dh_t * tanh_c", "dh_t", "do is dh_t; h_t = o tanh(c_t), so do = dh_t tanh(c_t)."),
    "do is dh_t o": ("dh_t * tanh_c", "dh_t * o", "do is dh_t o; o was multiplied by tanh(c_t): do = dh_t tanh(c_t)."),
    "do with the slope": ("dh_t * tanh_c", "dh_t * (1 - tanh_c ** 2)", "do has the slope 1 - tanh(c_t)^2; o was multiplied by "
        "tanh(c_t) itself: do = dh_t tanh(c_t)."),
    "do with o": ("dh_t * tanh_c", "dh_t * tanh_c * o", "do has the factor o too; h_t = o tanh(c_t), so do = dh_t tanh(c_t)."),
    "di with i": ("di = dc * g", "di = dc * i", "di has the factor i; c_t = ... + i g, so each gets its partner: di = dc g."),
    "dg with g": ("dg = dc * i", "dg = dc * g", "dg has the factor g; c_t = ... + i g, so each gets its partner: dg = dc i."),
    "di from dh_t": ("di = dc", "di = dh_t", "di is built from dh_t; i acts on c_t, so it needs all that reaches c_t."),
    "dg from dh_t": ("dg = dc", "dg = dh_t", "dg is built from dh_t; g acts on c_t, so it needs all that reaches c_t."),
    "di from dc_t": ("di = dc", "di = dc_t", "di is built from dc_t alone; it needs all that reaches c_t, the path through h_t "
        "included."),
    "dg from dc_t": ("dg = dc", "dg = dc_t", "dg is built from dc_t alone; it needs all that reaches c_t, the path through h_t "
        "included."),
    "df from dc_t": ("df = dc", "df = dc_t", "df is built from dc_t alone; it needs all that reaches c_t, the path through h_t "
        "included."),
    "df with f": ("dc * c_prev", "dc * f", "df has the factor f; f multiplied c_{t-1}: df = dc c_{t-1}."),
    "dc_t added to dc_prev": ("dc * f", "dc * f + dc_t", "dc_t is added to dc_prev once more; it is part of what reaches c_t, "
        "and all of that is multiplied by f."),
    "mean over the batch": ("di, df, dg, do\n", "di / len(i), df / len(i), dg / len(i), do / len(i)\n", "the gates' gradients "
        "are divided by B. The mean, if any, was taken in the loss and is in dh_t already."),
    "di and dg swapped": ("di, df, dg", "dg, df, di", "di and dg are swapped: c_t = ... + i g, so di has the factor g and dg the "
        "factor i."),
    "df with c_t": ("dc * c_prev", "dc * c_t", "df has the factor c_t; f multiplied c_{t-1}."),
    "dc_prev with i": ("dc_prev = dc * f", "dc_prev = dc * i", "dc_prev has the factor i; c_{t-1} came in through f."),
    "dc_prev without f": ("dc * f", "dc", "dc_prev lacks the factor f: the direct path multiplies by the forget gate at every "
        "step."),
    "dc_prev from later steps only": ("dc * f", "dc_t * f", "dc_prev is dc_t f; all that reaches c_t goes on to c_{t-1}, the "
        "path through h_t included."),
    "slopes of the gates too": ("di, df, dg, do\n", "di * i * (1 - i), df * f * (1 - f), dg * (1 - g ** 2), do * o * (1 - o)\n",
        "the slopes of sigma and tanh are multiplied in; asked for are gradients of the gate values, behind them."),
    "df with sigma of f": ("dc * c_prev", "dc * c_prev * sigmoid(f) * (1 - sigmoid(f))", "df has the slope of sigma multiplied "
        "in, and sigma is taken of f, which is squashed already; asked for is the gradient of the gate's value: df = dc "
        "c_{t-1}."),
    **{f"d{gate} with its slope": (old, f"{old} * {slope}", f"d{gate} has the slope of the squashing, {slope.replace(' ** ', '^')}, multiplied in; asked "
                                   f"for is the gradient of the gate's value, behind it: d{gate} = {old.replace(' *', '')}.")
       for gate, old, slope in (("i", "dc * g", "i * (1 - i)"), ("f", "dc * c_prev", "f * (1 - f)"), ("g", "dc * i", "(1 - g ** 2)"),
                                ("o", "dh_t * tanh_c", "o * (1 - o)"))},
}

GRU = """
def gru_step(x_t, h_prev, W_x, W_h, b, b_hn):
    x_r, x_z, x_n = np.split(x_t @ W_x.T + b, 3, axis=1)
    h_r, h_z, h_n = np.split(h_prev @ W_h.T, 3, axis=1)
    r = sigmoid(x_r + h_r)
    z = sigmoid(x_z + h_z)
    n = np.tanh(x_n + r * (h_n + b_hn))
    return (1 - z) * n + z * h_prev
"""

GRU_CHANGES = {
    "z and 1 - z swapped": ("(1 - z) * n + z * h_prev", "z * n + (1 - z) * h_prev", "z and 1 - z are swapped: here, as in torch, "
        "z is what is kept: h_t = (1 - z) n + z h_{t-1}. (Other texts have it the other way round.)"),
    "rows z, r, n": ("x_r, x_z, x_n", "x_z, x_r, x_n", "h_r, h_z, h_n", "h_z, h_r, h_n", "the gates r and z are swapped: the "
        "first H rows are r (reset), the next z (update)."),
    "reset before the product": ("x_n + r * (h_n + b_hn)", "x_n + (r * h_prev) @ W_h[-len(b_hn):].T + b_hn", "r multiplies "
        "h_{t-1} before W_hn does, as in the first GRU paper; here, as in torch, it multiplies the product: r (W_hn h_{t-1} + "
        "b_hn)."),
    "b_hn outside r": ("x_n + r * (h_n + b_hn)", "x_n + r * h_n + b_hn", "b_hn is added outside r; it belongs inside: r (W_hn "
        "h_{t-1} + b_hn)."),
    "W_h transposed": ("    x_r,", "    W_h = np.concatenate([rows.T for rows in np.split(W_h, 3)])\n    x_r,", "each gate's "
        "block of W_h is used transposed."),
    "b left out": (" + b,", ",", "the bias b is missing."),
    "b twice": ("W_h.T", "W_h.T + b", "the bias b is added twice, once with each product; it belongs to one of them."),
    "b_hn left out": (" + b_hn", "", "the bias b_hn is missing."),
    "b_hn subtracted": ("+ b_hn", "- b_hn", "b_hn is subtracted; it is added."),
    "b_hn in the gates too": ("+ h_r", "+ h_r + b_hn", "+ h_z", "+ h_z + b_hn", "b_hn is added in r and z too; it belongs to n "
        "alone."),
    "reset before the product, r b_hn": ("x_n + r * (h_n + b_hn)", "x_n + (r * h_prev) @ W_h[-len(b_hn):].T + r * b_hn",
        "r multiplies h_{t-1} before W_hn does, as in the first GRU paper; here, as in torch, it multiplies the product: r (W_hn "
        "h_{t-1} + b_hn)."),
    "r around the input too": ("x_n + r * (h_n + b_hn)", "r * (x_n + h_n + b_hn)", "r multiplies the input's part too; it "
        "belongs to the past alone: n = tanh(W_xn x_t + b_n + r (W_hn h_{t-1} + b_hn))."),
    "r around b_n too": ("x_n + r * (h_n + b_hn)", "x_n + r * (h_n + b_hn) + (r - 1) * b[-len(b_hn):]", "b_n stands inside r; "
        "only b_hn does: n = tanh(W_xn x_t + b_n + r (W_hn h_{t-1} + b_hn))."),
    "no product with W_hn": ("(h_n + b_hn)", "h_prev", "r multiplies h_{t-1} itself; it multiplies W_hn h_{t-1} + b_hn."),
    "gates without the past": (" + h_r", "", " + h_z", "", "h_{t-1} plays no part in r and z."),
    "gates without the input": ("x_r + ", "", "x_z + ", "", "x_t plays no part in r and z."),
    "n without the input": ("x_n + ", "", "x_t plays no part in n: W_xn x_t + b_n is missing."),
    "n without the past": (" + r * (h_n + b_hn)", "", "h_{t-1} plays no part in n: r (W_hn h_{t-1} + b_hn) is missing."),
    "z for r": ("r * (h_n", "z * (h_n", "z stands where r belongs: n = tanh(W_xn x_t + b_n + r (W_hn h_{t-1} + b_hn))."),
    "r for z": ("(1 - z) * n + z * h_prev", "(1 - r) * n + r * h_prev", "r stands where z belongs: h_t = (1 - z) n + z h_{t-1}."),
    "r turned round": ("r * (h_n", "(1 - r) * (h_n", "1 - r stands where r belongs."),
    "gates with tanh": ("sigmoid(", "np.tanh(", "the gates r and z are squashed with tanh; a gate lies between 0 and 1: sigma."),
    "r with tanh": ("sigmoid(x_r", "np.tanh(x_r", "the gate r is squashed with tanh; a gate lies between 0 and 1: sigma."),
    "z with tanh": ("sigmoid(x_z", "np.tanh(x_z", "the gate z is squashed with tanh; a gate lies between 0 and 1: sigma."),
    "n not squashed": ("np.tanh", "", "n is not squashed: what would be written goes through tanh."),
    "only n": ("(1 - z) * n + z * h_prev", "n", "it is n alone; the mixture is missing: (1 - z) n + z h_{t-1}."),
    "all kept": ("+ z * h", "+ h", "h_{t-1} is kept whole; its share is z."),
    "z on both": ("(1 - z) * n", "z * n", "n and h_{t-1} both have the factor z; the shares add up to 1: (1 - z) n + z h_{t-1}."),
    "tanh around all": ("(1 - z) * n + z * h_prev", "np.tanh((1 - z) * n + z * h_prev)", "the mixture goes through one more "
        "tanh; h_t is the mixture itself."),
    "no reset": ("r * (h_n + b_hn)", "h_n + b_hn", "the reset gate r plays no part: n = tanh(W_xn x_t + b_n + r (W_hn h_{t-1} + "
        "b_hn))."),
    "n with sigma": ("np.tanh(", "sigmoid(", "n is squashed with sigma; it is what would be written: tanh."),
    "nothing kept": (" + z * h_prev", "", "the kept part z h_{t-1} is missing."),
    "rows z, r, n of W_x": ("x_r, x_z", "x_z, x_r", "the gates r and z are swapped in W_x x_t + b alone: the first H rows are r, "
        "the next z."),
    "rows z, r, n of W_h": ("h_r, h_z", "h_z, h_r", "the gates r and z are swapped in W_h h_{t-1} alone: the first H rows are r, "
        "the next z."),
    "gates turned round": ("sigmoid(", "1 - sigmoid(", "each gate is 1 minus what it should be: sigma(z) = 1 / (1 + exp(-z)), "
        "with the minus."),
    "n written whole": ("(1 - z) * n", "n", "n is written whole; its share is 1 - z."),
    **{f"rows {order}": (*_rows(order, "x_", "h_"), f"the rows are read in the order {order}; here they are r, z, n.")
       for order in ("n, r, z", "n, z, r", "r, n, z", "z, n, r")},
}

def _lstm_problems(rng):
    return [Problem(f"B = {B}, D = {D}, H = {H}", x_t=rng.normal(size=(B, D)), h_prev=rng.uniform(-0.9, 0.9, (B, H)), c_prev=rng.normal(size=(B, H)),
                    W_x=rng.normal(size=(4 * H, D)), W_h=rng.normal(size=(4 * H, H)) / np.sqrt(H), b=rng.normal(size=4 * H))
            for B, D, H in ((3, 2, 5), (1, 3, 2), (2, 3, 3))]


def _cell_backward_problems(rng):
    problems = []
    for B, H in ((3, 4), (1, 2), (2, 3)):
        c_prev, dh_t, dc_t = (rng.normal(size=(B, H)) for _ in range(3))
        i, f, o = (sigmoid(rng.normal(size=(B, H))) for _ in range(3))
        g = np.tanh(rng.normal(size=(B, H)))
        problems.append(Problem(f"B = {B}, H = {H}", dh_t=dh_t, dc_t=dc_t, c_prev=c_prev, c_t=f * c_prev + i * g, i=i, f=f, g=g, o=o))
    return problems


def _gru_problems(rng):
    return [Problem(f"B = {B}, D = {D}, H = {H}", x_t=rng.normal(size=(B, D)), h_prev=rng.uniform(-0.9, 0.9, (B, H)), W_x=rng.normal(size=(3 * H, D)),
                    W_h=rng.normal(size=(3 * H, H)) / np.sqrt(H), b=rng.normal(size=3 * H), b_hn=rng.normal(size=H))
            for B, D, H in ((3, 2, 5), (1, 3, 2), (2, 3, 3))]


def _batch(argument):
    return lambda arguments: {"B": len(arguments[argument])}


EXERCISES = [
    Exercise("lstm_step", {"h_t": "(B, H)", "c_t": "(B, H)"}, LSTM, LSTM_CHANGES, _lstm_problems,
             "Compute all four pre-activations in one line, split them into i, f, g, o, squash each; then c_t, then h_t.",
             "Keep, write, show: c_t = f c_{t-1} + i g and h_t = o tanh(c_t).", _batch("x_t"), gates="ifgo"),
    Exercise("lstm_cell_backward", {name: "(B, H)" for name in ("dc_prev", "di", "df", "dg", "do")}, CELL_BACKWARD,
             CELL_BACKWARD_CHANGES, _cell_backward_problems,
             "Collect everything that reaches c_t first: dc_t from step t+1, and the path through h_t = o tanh(c_t).",
             "Two paths into c_t, and one factor, f, out of it: the highway.", _batch("dh_t")),
    Exercise("gru_step", {"h_t": "(B, H)"}, GRU, GRU_CHANGES, _gru_problems,
             "Split both products into their r, z, n parts; r and z first, then n, then the mixture.",
             "(1 - z) n + z h_{t-1}: one gate both keeps and writes.", _batch("x_t"), gates="rzn"),
]
