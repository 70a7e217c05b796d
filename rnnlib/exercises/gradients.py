"""Lessons 03 and 04: where gradients come from, what becomes of them, and how to hold them."""

import numpy as np

from .checking import NONE, Exercise


def softmax_cross_entropy_gradient(logits, target, wrong=NONE):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    axis = 0 if "softmax over the batch" in wrong else -1
    p = np.exp(shifted) / np.exp(shifted).sum(axis=axis, keepdims=True)
    if "no softmax" in wrong:
        p = logits
    if "exp without the sum" in wrong:
        p = np.exp(logits)
    onehot = np.eye(logits.shape[1])[target]
    count = 1 if "summed" in wrong else logits.size if "mean over B and K" in wrong else len(logits)
    if "one not subtracted" in wrong:
        onehot = 0 * onehot
    if "slope of softmax once more" in wrong:
        return p * (1 - p) * (p - onehot) / count
    if "target's entry only" in wrong:
        return (p - onehot) * onehot / count
    return (onehot - p if "sign" in wrong else p - onehot) / count


CROSS_ENTROPY_MISTAKES = {
    "summed": "It is the gradient of the sum over the batch; the loss is the mean, so divide by B.",
    "mean over B and K": "It is divided by B K; the mean is taken over the B sequences alone.",
    "sign": "The sign is the other way round: y - p, uphill. The gradient is p - y.",
    "no softmax": "It uses the logits where their softmax belongs: p = softmax(logits), then p - y.",
    "exp without the sum": "It uses exp(logits) without dividing by the sum over the classes.",
    "softmax over the batch": "The softmax runs over the batch (axis 0); each row is a distribution over the K classes (axis 1).",
    "one not subtracted": "It is p / B: the 1 at the target's place is not subtracted, so nothing says which class was right.",
    "slope of softmax once more": "A factor p (1 - p) too many: p - y already is the gradient through softmax and logarithm.",
    "target's entry only": "Only the target's entry has a gradient; the other classes are pushed down too, by p.",
}


def gradient_product(factor, T, wrong=NONE):
    n = T - 1
    if "T factors" in wrong:
        n = T
    if "T - 2 factors" in wrong:
        n = T - 2
    if "sum" in wrong:
        return float(factor * n)
    if "rounded" in wrong:
        return float(round(factor ** n, 6))
    if "base and exponent swapped" in wrong:
        return float(n ** factor) if n >= 0 else 0.0
    if "one factor" in wrong:
        return float(factor)
    return float(factor ** n)


PRODUCT_MISTAKES = {
    "T factors": "It has T factors. Between h_1 and h_T there are T - 1 steps, so T - 1 factors: 0.7^99 for T = 100.",
    "T - 2 factors": "It has T - 2 factors; from h_1 to h_T there are T - 1 steps.",
    "sum": "It adds the factors; the chain rule multiplies them.",
    "base and exponent swapped": "It is (T - 1)^factor; the factor is what is raised to a power.",
    "one factor": "It is a single factor, whatever T is: the loop or the power is missing.",
    "rounded": "It is rounded to six decimals; of 4.6e-16 nothing is left then, and that is the number to see.",
}


def rnn_jacobian(h_t, W_h, wrong=NONE):
    slope = 1 - h_t ** 2
    if "no slope" in wrong:
        slope = np.ones_like(h_t)
    if "slope of tanh(h)" in wrong:
        slope = 1 - np.tanh(h_t) ** 2
    if "slope without square" in wrong:
        slope = 1 - h_t
    W_h = W_h.T if "W_h transposed" in wrong else W_h
    if "diagonal only" in wrong:
        return np.diag(slope * np.diag(W_h))
    if "slope on the columns" in wrong:
        return W_h * slope
    if "no diagonal matrix" in wrong:
        return np.outer(slope, slope) * W_h
    J = slope[:, None] * W_h
    return J.T if "transposed" in wrong else J


JACOBIAN_MISTAKES = {
    "slope on the columns": "It is W_h diag(1 - h_t^2): the slopes stand on the columns. h_t = tanh(W_h h_{t-1} + ...): W_h acts first, the "
                            "tanh second, so diag(1 - h_t^2) W_h, a slope for each row. The norms have the same bound; the products differ.",
    "no slope": "It is W_h alone; the slope of the tanh, 1 - h_t^2, multiplies each row.",
    "slope of tanh(h)": "The slope is 1 - tanh(h_t)^2; h_t is tanh(z_t) already, so it is 1 - h_t^2.",
    "slope without square": "The slope is 1 - h_t; the square is missing.",
    "W_h transposed": "W_h is used transposed: entry [i, j] is d h_t[i] / d h_{t-1}[j] = (1 - h_t[i]^2) W_h[i, j].",
    "transposed": "It is transposed: rows belong to h_t, columns to h_{t-1}.",
    "diagonal only": "Only the diagonal is filled: each unit also hears the others through W_h.",
    "no diagonal matrix": "The slopes multiply rows and columns; only the rows go through a tanh in this step.",
}


def clip_by_norm(grads, max_norm, wrong=NONE):
    norms = {name: np.sqrt((g ** 2).sum()) for name, g in grads.items()}
    total = np.sqrt(sum(n ** 2 for n in norms.values()))
    if "each array by itself" in wrong:
        return {name: g * min(1, max_norm / norms[name]) for name, g in grads.items()}
    if "entry by entry" in wrong:
        return {name: np.clip(g, -max_norm, max_norm) for name, g in grads.items()}
    if "no square root" in wrong:
        total = total ** 2
    if "sum of norms" in wrong:
        total = sum(norms.values())
    if "sum of absolute values" in wrong:
        total = sum(np.abs(g).sum() for g in grads.values())
    if "divided by the norm only" in wrong:
        scale = 1 / total if total > max_norm else 1.0
    elif "divided by max_norm" in wrong:
        scale = 1 / max_norm if total > max_norm else 1.0
    elif "always scaled" in wrong:
        scale = max_norm / total
    else:
        scale = min(1.0, max_norm / total)
    return {name: g * scale for name, g in grads.items()}


CLIP_MISTAKES = {
    "each array by itself": "Each array is clipped by its own norm, which turns the direction of the step; it is one norm over all of them.",
    "entry by entry": "Every entry is cut at max_norm (np.clip), which turns the direction; clipping by norm scales all entries alike.",
    "always scaled": "Gradients smaller than max_norm are enlarged to it; they should stay as they are.",
    "no square root": "The norm is squared: the square root is missing.",
    "sum of norms": "The arrays' norms are added; squares add up: sqrt of the sum of all squares.",
    "sum of absolute values": "It uses the sum of absolute values; the norm is sqrt of the sum of squares.",
    "divided by the norm only": "Large gradients end at norm 1, whatever max_norm is: multiply by max_norm / norm.",
    "divided by max_norm": "Large gradients are divided by max_norm; multiply by max_norm / norm.",
}


def _cross_entropy_problems(rng):
    return [{"logits": 2 * rng.normal(size=(B, K)), "target": rng.integers(0, K, B)} for B, K in ((3, 4), (1, 3), (5, 2))]


def _jacobian_problems(rng):
    return [{"h_t": rng.uniform(-0.9, 0.9, H), "W_h": rng.normal(size=(H, H))} for H in (3, 2, 5)]


def _clip_problems(rng):
    return [{"grads": {"W_x": s * rng.normal(size=(3, 2)), "W_h": s * rng.normal(size=(3, 3)), "b": s * rng.normal(size=3)},
             "max_norm": m} for s, m in ((4.0, 2.0), (0.1, 3.0), (10.0, 0.5))]


EXERCISES = [
    Exercise("softmax_cross_entropy_gradient", {"dlogits": "(B, K)"}, softmax_cross_entropy_gradient, CROSS_ENTROPY_MISTAKES,
             _cross_entropy_problems, "Turn each row of logits into probabilities first; then take 1 off at the target's place.",
             "(p - y) / B: what is said too loudly goes down, what was right goes up.",
             lambda arguments: dict(zip("BK", arguments["logits"].shape))),
    Exercise("gradient_product", {"product": "a number"}, gradient_product, PRODUCT_MISTAKES,
             lambda rng: [{"factor": f, "T": T} for f, T in ((0.7, 100), (0.9, 5), (1.5, 4), (0.5, 2), (0.3, 1))],
             "How many steps lie between h_1 and h_T? That many equal factors are multiplied.",
             "factor^(T - 1): 0.7^99 = 4.6e-16 for T = 100, and 1 for T = 1."),
    Exercise("rnn_jacobian", {"J": "(H, H)"}, rnn_jacobian, JACOBIAN_MISTAKES, _jacobian_problems,
             "Ask what h_t[i] changes when h_{t-1}[j] does: through W_h[i, j], then through the tanh of unit i.",
             "diag(1 - h_t^2) W_h, the factor that a gradient meets at every step.",
             lambda arguments: {"H": len(arguments["h_t"])}),
    Exercise("clip_by_norm", {"clipped": "like grads"}, clip_by_norm, CLIP_MISTAKES, _clip_problems,
             "Compute one norm over all arrays; then decide whether anything must be scaled.",
             "One norm, one factor for all arrays: the direction stays, the length is at most max_norm."),
]
