"""Lesson 05: the LSTM's and the GRU's step, and the way back through the cell state."""

import numpy as np

from ...cells import sigmoid
from .checking import NONE, Exercise


def _rows_in(wrong, gates, parts):
    """The parts of a pre-activation, in the order of `gates`, where the rows are taken to lie in another one."""
    orders = sorted(key.removeprefix("rows ").split(", ") for key in wrong if key.startswith("rows "))
    return [parts[orders[0].index(gate)] for gate in gates] if orders else parts


def lstm_step(x_t, h_prev, c_prev, W_x, W_h, b, wrong=NONE):
    H = h_prev.shape[1]
    kept = (c_prev if "c for h in the products" in wrong else h_prev) @ W_h.T
    if "past left out" in wrong:
        kept = 0 * kept
    if "W_h transposed" in wrong:
        kept = h_prev @ np.concatenate([block.T for block in np.split(W_h, 4)]).T
    z = x_t @ W_x.T * ("input left out" not in wrong) + kept + (0 if "bias left out" in wrong else b)
    if "tanh before the gates" in wrong:
        z = np.tanh(z)
    z_i, z_f, z_g, z_o = _rows_in(wrong, "ifgo", np.split(z, 4, axis=1))
    if "gates side by side" in wrong:
        z_i, z_f, z_g, z_o = np.moveaxis(z.reshape(-1, H, 4), 2, 0)
    if "forget bias added" in wrong:
        z_f = z_f + 1
    i, f, g, o = sigmoid(z_i), sigmoid(z_f), np.tanh(z_g), sigmoid(z_o)
    if "g with sigma" in wrong:
        g = sigmoid(z_g)
    if "g not squashed" in wrong:
        g = z_g
    if "gates with tanh" in wrong:
        i, f, o = np.tanh(z_i), np.tanh(z_f), np.tanh(z_o)
    for key, gate in (("i with tanh", i), ("f with tanh", f), ("o with tanh", o)):
        if key in wrong:
            gate[:] = np.tanh({"i": z_i, "f": z_f, "o": z_o}[key[0]])
    if "gates not squashed" in wrong:
        i, f, o = z_i, z_f, z_o
    if "gate o always open" in wrong:
        o = np.ones_like(o)
    if "forget is 1 - i" in wrong:
        f = 1 - i
    if "write is 1 - f" in wrong:
        i = 1 - f
    if "f turned round" in wrong:
        f = 1 - f
    c_t = f * c_prev + i * g
    if "o for f" in wrong:
        c_t = o * c_prev + i * g
    if "nothing kept" in wrong:
        c_t = i * g
    if "all kept" in wrong:
        c_t = c_prev + i * g
    if "gate i missing" in wrong:
        c_t = f * c_prev + g
    if "i plus g" in wrong:
        c_t = f * c_prev + i + g
    if "i g subtracted" in wrong:
        c_t = f * c_prev - i * g
    if "f around the sum" in wrong:
        c_t = f * (c_prev + i * g)
    if "f times h_prev" in wrong:
        c_t = f * h_prev + i * g
    if "c squashed" in wrong:
        c_t = np.tanh(c_t)
    inner = c_t if "no tanh around c" in wrong else np.tanh(np.tanh(c_t)) if "tanh(tanh(c))" in wrong else np.tanh(c_t)
    if "sigma around c" in wrong:
        inner = sigmoid(c_t)
    shown = f if "f for o" in wrong else i if "i for o" in wrong else 1 - o if "o turned round" in wrong else o
    h_t = shown * (np.tanh(c_prev) if "h from the old c" in wrong else inner)
    if "o inside the tanh" in wrong:
        h_t = np.tanh(o * c_t)
    returned = {"returns tanh(c)": inner, "returns the old c": c_prev, "returns h twice": h_t, "returns the old h": h_prev}
    return h_t, next((returned[key] for key in returned if key in wrong), c_t)


LSTM_MISTAKES = {
    "rows f, i, g, o": "the gates i and f are swapped: the first H rows are i (write), the next f (keep), and c_t = f c_{t-1} + i g.",
    **{f"rows {order}": f"the rows are read in the order {order}; here they are i, f, g, o."
       for order in ("i, f, o, g", "i, g, f, o", "i, o, f, g", "i, o, g, f", "f, i, o, g", "f, o, i, g", "o, i, f, g", "o, f, i, g",
                     "g, i, f, o", "f, g, i, o", "o, f, g, i")},
    "gates side by side": "z is cut as (B, H, 4), as if the four gates of a unit lay side by side; here each gate has H rows in one "
                                   "block: np.split(z, 4, axis=1).",
    "bias left out": "the bias b is missing.",
    "input left out": "x_t plays no part: W_x x_t is missing.",
    "past left out": "h_{t-1} plays no part in the gates: W_h h_{t-1} is missing.",
    "c for h in the products": "the products read c_{t-1}; gates and g are computed from h_{t-1}.",
    "W_h transposed": "each gate's block of W_h is used transposed.",
    "tanh before the gates": "the pre-activation goes through a tanh before it is split; each part has one squashing of its own.",
    "forget bias added": "1 is added to the forget gate's pre-activation; a forget bias stands in b already.",
    "g with sigma": "g is squashed with sigma; it is what would be written, which may be negative: tanh.",
    "gates with tanh": "the gates i, f, o are squashed with tanh; a gate lies between 0 and 1: sigma.",
    "g not squashed": "g is not squashed: what would be written goes through tanh.",
    **{f"{gate} with tanh": f"the gate {gate} is squashed with tanh; a gate lies between 0 and 1: sigma." for gate in "ifo"},
    "gates not squashed": "the gates i, f, o are not squashed: sigma brings each between 0 and 1.",
    "gate o always open": "h_t is tanh(c_t) without the output gate: multiply by o.",
    "forget is 1 - i": "f is taken as 1 - i; an LSTM computes f from rows of its own (the GRU ties the two).",
    "write is 1 - f": "i is taken as 1 - f; an LSTM computes i from rows of its own (the GRU ties the two).",
    "f turned round": "c_{t-1} is multiplied by 1 - f; f = 1 keeps, f = 0 forgets: f c_{t-1}.",
    "all kept": "the forget gate plays no part: c_t = f c_{t-1} + i g.",
    "i plus g": "i and g are added; the gate multiplies: i g.",
    "i g subtracted": "i g is subtracted; it is added: c_t = f c_{t-1} + i g.",
    "f around the sum": "f multiplies the new part too; it belongs to c_{t-1} alone: f c_{t-1} + i g.",
    "nothing kept": "c_{t-1} plays no part: c_t = f c_{t-1} + i g. The kept part is the highway.",
    "gate i missing": "g is written whole; the input gate i decides how much of it: i g.",
    "f times h_prev": "f multiplies h_{t-1}; what is kept is the cell state c_{t-1}.",
    "no tanh around c": "h_t = o c_t: the tanh around c_t is missing.",
    "c squashed": "c_t itself goes through a tanh; it is f c_{t-1} + i g, and the tanh comes in h_t = o tanh(c_t) alone.",
    "sigma around c": "h_t = o sigma(c_t); it is o tanh(c_t).",
    "tanh(tanh(c))": "there are two tanh around c_t; h_t = o tanh(c_t).",
    "h from the old c": "h_t is computed from c_{t-1}; it shows the new c_t.",
    "o for f": "c_{t-1} is multiplied by o; what is kept is decided by f: f c_{t-1}.",
    "f for o": "h_t has the gate f; what is shown is decided by o: o tanh(c_t).",
    "i for o": "h_t has the gate i; what is shown is decided by o: o tanh(c_t).",
    "o turned round": "h_t has the factor 1 - o; o = 1 shows: o tanh(c_t).",
    "o inside the tanh": "o stands inside the tanh; it multiplies it: o tanh(c_t).",
    "returns the old c": "what is returned as c_t is c_{t-1}; the state carried on is the new c_t.",
    "returns h twice": "what is returned as c_t is h_t; the state carried on is c_t = f c_{t-1} + i g.",
    "returns the old h": "what is returned as c_t is h_{t-1}; the state carried on is c_t = f c_{t-1} + i g.",
    "returns tanh(c)": "what is returned as c_t is tanh(c_t); the state carried on is c_t itself.",
}


def lstm_cell_backward(dh_t, dc_t, c_prev, c_t, i, f, g, o, wrong=NONE):
    tanh_c = np.tanh(c_prev if "tanh of the old c" in wrong else c_t)
    if "sigma for tanh" in wrong:
        tanh_c = sigmoid(c_t)
    slope = 1 - tanh_c ** 2
    if "slope without square" in wrong:
        slope = 1 - tanh_c
    if "slope of tanh(tanh(c))" in wrong:
        slope = 1 - np.tanh(tanh_c) ** 2
    if "slope 1 - h^2" in wrong:
        slope = 1 - (o * tanh_c) ** 2
    if "slope 1 - o^2" in wrong:
        slope = 1 - o ** 2
    if "tanh for the slope" in wrong:
        slope = tanh_c
    if "slope 1 - c^2" in wrong:
        slope = 1 - c_t ** 2
    if "no slope" in wrong:
        slope = np.ones_like(c_t)
    if "slope of sigmoid" in wrong:
        slope = tanh_c * (1 - tanh_c)
    through = dh_t * slope if "path without o" in wrong else dh_t * o * slope
    if "path without dh_t" in wrong:
        through = o * slope
    if "gate's slope in the path" in wrong:
        through = dh_t * o * (1 - o) * slope
    dc = dc_t + through
    if "path subtracted" in wrong:
        dc = dc_t - through
    if "paths multiplied" in wrong:
        dc = dc_t * through
    if "dc_t through o and tanh too" in wrong:
        dc = (dc_t + dh_t) * o * slope
    if "dc_t through tanh too" in wrong:
        dc = (dc_t + dh_t * o) * slope
    if "dc_t times f" in wrong:
        dc = dc_t * f + through
    if "dh_t added bare" in wrong:
        dc = dc_t + dh_t
    if "path through h left out" in wrong:
        dc = dc_t
    if "later steps left out" in wrong:
        dc = through
    do = dh_t * (c_t if "do without tanh" in wrong else tanh_c)
    if "do from dc" in wrong:
        do = dc * tanh_c
    if "do is dh_t" in wrong:
        do = dh_t
    if "do is dh_t o" in wrong:
        do = dh_t * o
    if "do with the slope" in wrong:
        do = dh_t * slope
    if "do with o" in wrong:
        do = dh_t * o * tanh_c
    di, dg = dc * g, dc * i
    if "di with i" in wrong:
        di = dc * i
    if "dg with g" in wrong:
        dg = dc * g
    if "di from dh_t" in wrong:
        di = dh_t * g
    if "dg from dh_t" in wrong:
        dg = dh_t * i
    if "di from dc_t" in wrong:
        di = dc_t * g
    if "dg from dc_t" in wrong:
        dg = dc_t * i
    if "di and dg swapped" in wrong:
        di, dg = dg, di
    df = (dc_t if "df from dc_t" in wrong else dc) * (f if "df with f" in wrong else c_t if "df with c_t" in wrong else c_prev)
    dc_prev = dc * (i if "dc_prev with i" in wrong else f)
    if "dc_prev without f" in wrong:
        dc_prev = dc
    if "dc_prev from later steps only" in wrong:
        dc_prev = dc_t * f
    if "dc_t added to dc_prev" in wrong:
        dc_prev = dc_prev + dc_t
    if "mean over the batch" in wrong:
        di, df, dg, do = di / len(i), df / len(i), dg / len(i), do / len(i)
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
    "slope without square": "the slope is 1 - tanh(c_t); the square is missing: 1 - tanh(c_t)^2.",
    "slope of tanh(tanh(c))": "the slope is 1 - tanh(tanh(c_t))^2, tanh taken twice; it is 1 - tanh(c_t)^2.",
    "slope 1 - h^2": "the slope is 1 - h_t^2, but h_t = o tanh(c_t): without the gate it is 1 - tanh(c_t)^2.",
    "slope 1 - o^2": "the slope is 1 - o^2; the tanh was around c_t: 1 - tanh(c_t)^2.",
    "tanh for the slope": "the path through h_t has the factor tanh(c_t) itself; its slope is 1 - tanh(c_t)^2.",
    "tanh of the old c": "tanh is taken of c_{t-1}; h_t = o tanh(c_t) shows the new c_t.",
    "sigma for tanh": "sigma(c_t) stands where tanh(c_t) belongs: h_t = o tanh(c_t).",
    "path without dh_t": "the path through h_t lacks dh_t: dh_t o (1 - tanh(c_t)^2).",
    "gate's slope in the path": "the path through h_t has a factor 1 - o too many: o is only a factor on the way to c_t.",
    "path subtracted": "the path through h_t is subtracted; gradients of two paths add up.",
    "paths multiplied": "the two paths into c_t are multiplied; gradients of two paths add up: dc_t + dh_t o (1 - tanh(c_t)^2).",
    "dc_t through o and tanh too": "dc_t is multiplied by o (1 - tanh(c_t)^2) too; it reaches c_t directly. Only dh_t comes through o and tanh: "
                                   "are brackets in the wrong place?",
    "dc_t through tanh too": "dc_t is multiplied by 1 - tanh(c_t)^2 too; it reaches c_t directly. Only dh_t comes through the tanh: are "
                             "brackets in the wrong place?",
    "dc_t times f": "dc_t is multiplied by f on arrival; it reaches c_t directly, and f comes on the way on to c_{t-1}: dc_prev = dc f.",
    "dh_t added bare": "dh_t is added as it is; it comes through h_t = o tanh(c_t): dh_t o (1 - tanh(c_t)^2).",
    "do is dh_t": "do is dh_t; h_t = o tanh(c_t), so do = dh_t tanh(c_t).",
    "do is dh_t o": "do is dh_t o; o was multiplied by tanh(c_t): do = dh_t tanh(c_t).",
    "do with the slope": "do has the slope 1 - tanh(c_t)^2; o was multiplied by tanh(c_t) itself: do = dh_t tanh(c_t).",
    "do with o": "do has the factor o too; h_t = o tanh(c_t), so do = dh_t tanh(c_t).",
    "di with i": "di has the factor i; c_t = ... + i g, so each gets its partner: di = dc g.",
    "dg with g": "dg has the factor g; c_t = ... + i g, so each gets its partner: dg = dc i.",
    "di from dh_t": "di is built from dh_t; i acts on c_t, so it needs all that reaches c_t.",
    "dg from dh_t": "dg is built from dh_t; g acts on c_t, so it needs all that reaches c_t.",
    "di from dc_t": "di is built from dc_t alone; it needs all that reaches c_t, the path through h_t included.",
    "dg from dc_t": "dg is built from dc_t alone; it needs all that reaches c_t, the path through h_t included.",
    "df from dc_t": "df is built from dc_t alone; it needs all that reaches c_t, the path through h_t included.",
    "df with f": "df has the factor f; f multiplied c_{t-1}: df = dc c_{t-1}.",
    "dc_t added to dc_prev": "dc_t is added to dc_prev once more; it is part of what reaches c_t, and all of that is multiplied by f.",
    "mean over the batch": "the gates' gradients are divided by B. The mean, if any, was taken in the loss and is in dh_t already.",
    "di and dg swapped": "di and dg are swapped: c_t = ... + i g, so di has the factor g and dg the factor i.",
    "df with c_t": "df has the factor c_t; f multiplied c_{t-1}.",
    "dc_prev with i": "dc_prev has the factor i; c_{t-1} came in through f.",
    "dc_prev without f": "dc_prev lacks the factor f: the direct path multiplies by the forget gate at every step.",
    "dc_prev from later steps only": "dc_prev is dc_t f; all that reaches c_t goes on to c_{t-1}, the path through h_t included.",
    "slopes of the gates too": "the slopes of sigma and tanh are multiplied in; asked for are gradients of the gate values, behind them.",
}


def gru_step(x_t, h_prev, W_x, W_h, b, b_hn, wrong=NONE):
    H = h_prev.shape[1]
    b = 0 * b if "b left out" in wrong else b
    if "W_h transposed" in wrong:
        W_h = np.concatenate([block.T for block in np.split(W_h, 3)])
    read = np.split(x_t @ W_x.T + b, 3, axis=1)
    a_r, a_z, a_n = _rows_in(wrong, "rzn", read)
    u_r, u_z, u_n = _rows_in(wrong, "rzn", np.split(h_prev @ W_h.T + b * ("b twice" in wrong), 3, axis=1))
    b_n = b[2 * H:]
    if "b_hn left out" in wrong:
        b_hn = 0 * b_hn
    if "b_hn subtracted" in wrong:
        b_hn = -b_hn
    if "b_hn in the gates too" in wrong:
        a_r, a_z = a_r + b_hn, a_z + b_hn
    r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
    if "gates with tanh" in wrong:
        r, z = np.tanh(a_r + u_r), np.tanh(a_z + u_z)
    if "r with tanh" in wrong:
        r = np.tanh(a_r + u_r)
    if "z with tanh" in wrong:
        z = np.tanh(a_z + u_z)
    if "z for r" in wrong:
        r = z
    if "r for z" in wrong:
        z = r
    if "r turned round" in wrong:
        r = 1 - r
    if "gates without the past" in wrong:
        r, z = sigmoid(a_r), sigmoid(a_z)
    if "gates without the input" in wrong:
        r, z = sigmoid(u_r), sigmoid(u_z)
    q = u_n + b_hn
    inner = a_n + r * q
    if "b_hn outside r" in wrong:
        inner = a_n + r * u_n + b_hn
    if "reset before the product" in wrong:
        inner = a_n + (r * h_prev) @ W_h[2 * H:].T + b_hn
    if "reset before the product, r b_hn" in wrong:
        inner = a_n + (r * h_prev) @ W_h[2 * H:].T + r * b_hn
    if "r around the input too" in wrong:
        inner = r * (a_n + q)
    if "r around b_n too" in wrong:
        inner = a_n - b_n + r * (q + b_n)
    if "no product with W_hn" in wrong:
        inner = a_n + r * h_prev
    if "n without the input" in wrong:
        inner = r * q
    if "n without the past" in wrong:
        inner = a_n
    if "no reset" in wrong:
        inner = a_n + q
    n = sigmoid(inner) if "n with sigma" in wrong else inner if "n not squashed" in wrong else np.tanh(inner)
    if "z and 1 - z swapped" in wrong:
        z = 1 - z
    if "only n" in wrong:
        return n
    if "nothing kept" in wrong:
        return (1 - z) * n
    if "all kept" in wrong:
        return (1 - z) * n + h_prev
    if "z on both" in wrong:
        return z * n + z * h_prev
    if "n written whole" in wrong:
        return n + z * h_prev
    h_t = (1 - z) * n + z * h_prev
    return np.tanh(h_t) if "tanh around all" in wrong else h_t


GRU_MISTAKES = {
    "z and 1 - z swapped": "z and 1 - z are swapped: here, as in torch, z is what is kept: h_t = (1 - z) n + z h_{t-1}. (Other texts have it "
                           "the other way round.)",
    "rows z, r, n": "the gates r and z are swapped: the first H rows are r (reset), the next z (update).",
    "reset before the product": "r multiplies h_{t-1} before W_hn does, as in the first GRU paper; here, as in torch, it multiplies the product: "
                                "r (W_hn h_{t-1} + b_hn).",
    "b_hn outside r": "b_hn is added outside r; it belongs inside: r (W_hn h_{t-1} + b_hn).",
    **{f"rows {order}": f"the rows are read in the order {order}; here they are r, z, n."
       for order in ("n, r, z", "n, z, r", "r, n, z", "z, n, r")},
    "W_h transposed": "each gate's block of W_h is used transposed.",
    "b left out": "the bias b is missing.",
    "b twice": "the bias b is added twice, once with each product; it belongs to one of them.",
    "b_hn left out": "the bias b_hn is missing.",
    "b_hn subtracted": "b_hn is subtracted; it is added.",
    "b_hn in the gates too": "b_hn is added in r and z too; it belongs to n alone.",
    "reset before the product, r b_hn": "r multiplies h_{t-1} before W_hn does, as in the first GRU paper; here, as in torch, it multiplies the "
                                        "product: r (W_hn h_{t-1} + b_hn).",
    "r around the input too": "r multiplies the input's part too; it belongs to the past alone: n = tanh(W_xn x_t + b_n + r (W_hn h_{t-1} + b_hn)).",
    "r around b_n too": "b_n stands inside r; only b_hn does: n = tanh(W_xn x_t + b_n + r (W_hn h_{t-1} + b_hn)).",
    "no product with W_hn": "r multiplies h_{t-1} itself; it multiplies W_hn h_{t-1} + b_hn.",
    "gates without the past": "h_{t-1} plays no part in r and z.",
    "gates without the input": "x_t plays no part in r and z.",
    "n without the input": "x_t plays no part in n: W_xn x_t + b_n is missing.",
    "n without the past": "h_{t-1} plays no part in n: r (W_hn h_{t-1} + b_hn) is missing.",
    "z for r": "z stands where r belongs: n = tanh(W_xn x_t + b_n + r (W_hn h_{t-1} + b_hn)).",
    "r for z": "r stands where z belongs: h_t = (1 - z) n + z h_{t-1}.",
    "r turned round": "1 - r stands where r belongs.",
    "gates with tanh": "the gates r and z are squashed with tanh; a gate lies between 0 and 1: sigma.",
    "r with tanh": "the gate r is squashed with tanh; a gate lies between 0 and 1: sigma.",
    "z with tanh": "the gate z is squashed with tanh; a gate lies between 0 and 1: sigma.",
    "n not squashed": "n is not squashed: what would be written goes through tanh.",
    "only n": "it is n alone; the mixture is missing: (1 - z) n + z h_{t-1}.",
    "all kept": "h_{t-1} is kept whole; its share is z.",
    "z on both": "n and h_{t-1} both have the factor z; the shares add up to 1: (1 - z) n + z h_{t-1}.",
    "tanh around all": "the mixture goes through one more tanh; h_t is the mixture itself.",
    "no reset": "the reset gate r plays no part: n = tanh(W_xn x_t + b_n + r (W_hn h_{t-1} + b_hn)).",
    "n with sigma": "n is squashed with sigma; it is what would be written: tanh.",
    "nothing kept": "the kept part z h_{t-1} is missing.",
    "n written whole": "n is written whole; its share is 1 - z.",
}


def _lstm_problems(rng):
    return [{"x_t": rng.normal(size=(B, D)), "h_prev": rng.uniform(-0.9, 0.9, (B, H)), "c_prev": rng.normal(size=(B, H)),
             "W_x": rng.normal(size=(4 * H, D)), "W_h": rng.normal(size=(4 * H, H)) / np.sqrt(H), "b": rng.normal(size=4 * H)}
            for B, D, H in ((3, 2, 5), (1, 3, 2), (2, 3, 3))]


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
            for B, D, H in ((3, 2, 5), (1, 3, 2), (2, 3, 3))]


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
