"""Lessons 03 and 04: where gradients come from, what becomes of them, and how to hold them."""

import numpy as np

from .checking import NONE, Exercise


def softmax_cross_entropy_gradient(logits, target, wrong=NONE):
    B, K = logits.shape
    logits = -logits if "exp of minus the logits" in wrong else logits
    shifted = logits - logits.max(axis=0 if "largest of the column" in wrong else -1, keepdims=True)
    axis = 0 if "softmax over the batch" in wrong else None if "softmax over everything" in wrong else -1
    p = np.exp(shifted) / np.exp(shifted).sum(axis=axis, keepdims=True)
    if "no softmax" in wrong:
        p = logits
    if "exp without the sum" in wrong:
        p = np.exp(logits)
    if "shifted exp without the sum" in wrong:
        p = np.exp(shifted)
    if "no exp" in wrong:
        p = logits / logits.sum(axis=-1, keepdims=True)
    if "sigmoid" in wrong:
        p = 1 / (1 + np.exp(-logits))
    if "powers of two" in wrong:
        p = 2.0 ** shifted / (2.0 ** shifted).sum(axis=-1, keepdims=True)
    if "logarithm kept" in wrong:
        p = np.log(p)
    if "the loss itself" in wrong:
        return -np.log(p[np.arange(B), target]).mean()
    onehot = np.eye(K)[target]
    if "target one too low" in wrong:
        onehot = np.eye(K)[target - 1]
    if "target one too high" in wrong:
        onehot = np.eye(K)[(target + 1) % K]
    if "best class for the target" in wrong:
        onehot = np.eye(K)[logits.argmax(axis=-1)]
    if "first sequence only" in wrong:
        onehot[1:] = 0
    if "every target in every row" in wrong:
        onehot = np.tile(np.minimum(np.bincount(target, minlength=K), 1.0), (B, 1))
    count = 1 if "summed" in wrong else B * K if "mean over B and K" in wrong else K if "divided by K" in wrong else B
    if "one not subtracted" in wrong:
        onehot = 0 * onehot
    if "added" in wrong:
        onehot = -onehot
    if "set to -1" in wrong:
        return np.where(onehot == 1, -1, p) / count
    if "p alone divided" in wrong:
        return p / count - onehot
    if "one alone divided" in wrong:
        return p - onehot / count
    if "slope of softmax alone" in wrong:
        return p * (1 - p) / count
    if "slope of the logarithm alone" in wrong:
        return -onehot / p / count
    if "slope of softmax once more" in wrong:
        return p * (1 - p) * (p - onehot) / count
    if "target's entry only" in wrong:
        return (p - onehot) * onehot / count
    return (onehot - p if "sign" in wrong else p - onehot) / count


CROSS_ENTROPY_MISTAKES = {
    "summed": "It is the gradient of the sum over the batch; the loss is the mean, so divide by B.",
    "mean over B and K": "It is divided by B K; the mean is taken over the B sequences alone.",
    "divided by K": "It is divided by K; the mean is taken over the B sequences.",
    "sign": "The sign is the other way round: y - p, uphill. The gradient is p - y.",
    "no softmax": "It uses the logits where their softmax belongs: p = softmax(logits), then p - y.",
    "exp without the sum": "It uses exp(logits) without dividing by the sum over the classes.",
    "shifted exp without the sum": "It uses the exponentials without dividing by their sum over the classes.",
    "no exp": "The exp is missing: p = exp(logits) / sum of exp(logits).",
    "exp of minus the logits": "It takes exp(-logits): the highest score gets the lowest probability.",
    "largest of the column": "The largest score is taken of each column (axis 0); of each row it must be (axis=1), for only what all scores of a "
                             "row share cancels.",
    "sigmoid": "It uses sigma(logits); the K classes exclude each other, so p = softmax(logits), each row with sum 1.",
    "powers of two": "It uses powers of 2; the softmax uses exp.",
    "logarithm kept": "It takes log p - y; the logarithm is gone in the gradient: p - y.",
    "the loss itself": "It is the loss, one number; asked for is its gradient with respect to the logits, (B, K): p - y, over B.",
    "softmax over the batch": "The softmax runs over the batch (axis 0); each row is a distribution over the K classes (axis 1).",
    "softmax over everything": "The softmax divides by the sum of the whole array; each row is a distribution of its own (axis=1).",
    "one not subtracted": "It is p / B: the 1 at the target's place is not subtracted, so nothing says which class was right.",
    "added": "The 1 at the target's place is added; it is subtracted: p - y.",
    "set to -1": "The target's entries are set to -1 where 1 must be taken off: -=, not =.",
    "first sequence only": "The 1 is taken off in the first row alone: p[np.arange(B), target] -= 1 does all rows.",
    "every target in every row": "p[:, target] -= 1 takes 1 off in every row at every target; each row has its own: p[np.arange(B), target].",
    "target one too low": "The 1 is taken off one class too low: target counts from 0, as indices do.",
    "target one too high": "The 1 is taken off one class too high: target counts from 0, as indices do.",
    "best class for the target": "The 1 is taken off at the largest score; it belongs where the target is.",
    "p alone divided": "p is divided by B, the 1 at the target's place is not: (p - y) / B.",
    "one alone divided": "The 1 at the target's place is divided by B, p is not: (p - y) / B.",
    "slope of softmax alone": "It is p (1 - p) / B, part of the softmax's own slope; with the logarithm before it all becomes p - y.",
    "slope of the logarithm alone": "It is the gradient with respect to p, -1/p at the target; through the softmax it becomes p - y.",
    "slope of softmax once more": "A factor p (1 - p) too many: p - y already is the gradient through softmax and logarithm.",
    "target's entry only": "Only the target's entry has a gradient; the other classes are pushed down too, by p.",
}


def gradient_product(factor, T, wrong=NONE):
    n = T - 1
    if "T factors" in wrong:
        n = T
    if "T + 1 factors" in wrong:
        n = T + 1
    if "T - 2 factors" in wrong:
        n = T - 2
    if "loop one round too short" in wrong:
        n = max(T - 2, 0)
    if "at least one factor" in wrong:
        n = max(n, 1)
    if "divided" in wrong:
        n = -n
    if "1 - factor" in wrong:
        factor = 1 - factor
    if "all powers" in wrong:
        return factor ** np.arange(n + 1.0)
    if "powers added up" in wrong:
        return float((factor ** np.arange(n + 1.0)).sum())
    if "sum" in wrong:
        return float(factor * n)
    if "rounded" in wrong:
        return float(round(factor ** n, 6))
    if "base and exponent swapped" in wrong:
        return float(n ** factor) if n >= 0 else 0.0
    if "one factor" in wrong:
        return float(factor)
    if "overwritten" in wrong:
        return float(factor) if n else 1.0
    if "two factors" in wrong:
        return float(factor ** 2)
    if "starts at zero" in wrong:
        return 0.0
    if "exp of the sum" in wrong:
        return float(np.exp(factor * n))
    if "no brackets" in wrong:
        return float(factor ** T - 1)
    return float(factor ** n)


PRODUCT_MISTAKES = {
    "T factors": "It has T factors. Between h_1 and h_T there are T - 1 steps, so T - 1 factors: 0.7^99 for T = 100.",
    "T + 1 factors": "It has T + 1 factors; from h_1 to h_T there are T - 1 steps.",
    "T - 2 factors": "It has T - 2 factors; from h_1 to h_T there are T - 1 steps.",
    "loop one round too short": "It has T - 2 factors: the loop is one round too short. range(1, T) has T - 1 rounds.",
    "at least one factor": "For T = 1 it has one factor; from h_1 to h_1 there is no step, so the product is 1.",
    "divided": "It divides by the factors, or the exponent has the wrong sign: factor^(T - 1).",
    "sum": "It adds the factors; the chain rule multiplies them.",
    "powers added up": "It adds up 1, factor, factor^2, ...; asked for is the last of these powers alone.",
    "all powers": "It is the whole list of powers; asked for is the last one, a number.",
    "base and exponent swapped": "It is (T - 1)^factor; the factor is what is raised to a power.",
    "one factor": "It is a single factor, whatever T is: the loop or the power is missing.",
    "overwritten": "The product is overwritten in the loop, so one factor is left: it must be multiplied, product *= factor.",
    "two factors": "It is factor^2, whatever T is: the exponent is T - 1.",
    "starts at zero": "It is 0: a product that starts at 0 stays there. Start at 1.",
    "exp of the sum": "It is exp((T - 1) factor); a power by exp needs the logarithm: exp((T - 1) log(factor)).",
    "no brackets": "Brackets are missing: factor**T-1 is factor^T minus 1; it is factor**(T - 1).",
    "1 - factor": "It multiplies 1 - factor; each step multiplies by the factor itself.",
    "rounded": "It is rounded; of 4.6e-16 nothing is left then, and that is the number to see.",
}


def rnn_jacobian(h_t, W_h, wrong=NONE):
    slope = 1 - h_t ** 2
    if "no slope" in wrong:
        slope = np.ones_like(h_t)
    if "slope of tanh(h)" in wrong:
        slope = 1 - np.tanh(h_t) ** 2
    if "slope without square" in wrong:
        slope = 1 - h_t
    if "slope of sigmoid" in wrong:
        slope = h_t * (1 - h_t)
    if "slope with plus" in wrong:
        slope = 1 + h_t ** 2
    if "slope squared as a whole" in wrong:
        slope = (1 - h_t) ** 2
    if "slope squared" in wrong:
        slope = slope ** 2
    if "h for the slope" in wrong:
        slope = h_t
    if "one slope for all" in wrong:
        slope = np.full_like(h_t, 1 - h_t @ h_t)
    if "mean slope" in wrong:
        slope = np.full_like(h_t, slope.mean())
    if "slope of the next step" in wrong:
        slope = 1 - np.tanh(W_h @ h_t) ** 2
    if "divided by the slope" in wrong:
        slope = 1 / slope
    W_h = W_h.T if "W_h transposed" in wrong else W_h
    if "no brackets" in wrong:
        return 1 - (h_t ** 2)[:, None] * W_h
    if "ones beside the diagonal" in wrong:
        return (1 - np.diag(h_t) ** 2) @ W_h
    if "W_h left out" in wrong:
        return np.diag(slope)
    if "times the vector" in wrong:
        return W_h @ slope
    if "plus the identity" in wrong:
        return np.eye(len(h_t)) + slope[:, None] * W_h
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
    "slope of sigmoid": "The slope is h_t (1 - h_t), that of the logistic sigma; tanh has 1 - h_t^2.",
    "slope with plus": "The slope is 1 + h_t^2; tanh'(z) = 1 - tanh(z)^2, never above 1.",
    "slope squared as a whole": "The slope is (1 - h_t)^2; the square belongs to h_t alone: 1 - h_t^2.",
    "slope squared": "The slope is multiplied in twice.",
    "h for the slope": "The rows are multiplied by h_t = tanh(z_t) itself; the slope is tanh'(z_t) = 1 - h_t^2.",
    "one slope for all": "h_t @ h_t adds up all squares, so that every row gets one slope; square entry by entry, h_t**2: a slope for each row.",
    "mean slope": "Every row gets the mean slope; each has its own, 1 - h_t[i]^2.",
    "slope of the next step": "The slope is taken at tanh(W_h h_t), one step further; h_t is the result of this step's tanh: 1 - h_t^2.",
    "divided by the slope": "It is divided by the slope 1 - h_t^2; the chain rule multiplies.",
    "no brackets": "Brackets are missing: 1 - h_t^2 W_h is not (1 - h_t^2) W_h.",
    "ones beside the diagonal": "1 - np.diag(h_t)**2 has ones beside the diagonal, and they mix the rows: np.diag(1 - h_t**2).",
    "W_h left out": "It is diag(1 - h_t^2) alone; h_{t-1} came in through W_h: diag(1 - h_t^2) W_h.",
    "times the vector": "It is a matrix times a vector, (H,); asked for is the matrix (H, H) itself, a slope for each row.",
    "plus the identity": "The identity is added, as if h_{t-1} were also handed on unchanged; the vanilla cell has no such path.",
    "no diagonal matrix": "The slopes multiply rows and columns; only the rows go through a tanh in this step.",
}


def clip_by_norm(grads, max_norm, wrong=NONE):
    norms = {name: np.sqrt((g ** 2).sum()) for name, g in grads.items()}
    total = np.sqrt(sum(n ** 2 for n in norms.values()))
    if "each array by itself" in wrong:
        return {name: g * min(1, max_norm / norms[name]) for name, g in grads.items()}
    if "each array to max_norm" in wrong:
        return {name: g * max_norm / norms[name] for name, g in grads.items()}
    if "each row by itself" in wrong:
        return {name: g * np.minimum(1, max_norm / np.sqrt((g ** 2).sum(axis=-1, keepdims=True))) for name, g in grads.items()}
    if "entry by entry" in wrong:
        return {name: np.clip(g, -max_norm, max_norm) for name, g in grads.items()}
    if "upper side only" in wrong:
        return {name: np.minimum(g, max_norm) for name, g in grads.items()}
    if "no square root" in wrong:
        total = total ** 2
    if "sum of norms" in wrong:
        total = sum(norms.values())
    if "largest norm" in wrong:
        total = max(norms.values())
    if "norm of the last array" in wrong:
        total = list(norms.values())[-1]
    if "norm of the first array" in wrong:
        total = list(norms.values())[0]
    if "largest entry" in wrong:
        total = max(np.abs(g).max() for g in grads.values())
    if "sum of absolute values" in wrong:
        total = sum(np.abs(g).sum() for g in grads.values())
    if "sums squared" in wrong:
        total = np.sqrt(sum(g.sum() ** 2 for g in grads.values()))
    if "root of the mean square" in wrong:
        total = total / np.sqrt(sum(g.size for g in grads.values()))
    large = (total ** 2 if "square compared" in wrong else total) > max_norm
    if "divided by the norm only" in wrong:
        scale = 1 / total if large else 1.0
    elif "min(1, 1 / norm)" in wrong:
        scale = min(1.0, 1 / total)
    elif "always divided by the norm" in wrong:
        scale = 1 / total
    elif "divided by max_norm" in wrong:
        scale = 1 / max_norm if large else 1.0
    elif "always scaled" in wrong:
        scale = max_norm / total
    elif "not clipped" in wrong:
        scale = 1.0
    elif "set to zero" in wrong:
        scale = 0.0 if large else 1.0
    elif "upside down" in wrong:
        scale = total / max_norm if large else 1.0
    elif "upside down, never above 1" in wrong:
        scale = min(1.0, total / max_norm)
    elif "small ones scaled instead" in wrong:
        scale = max(1.0, max_norm / total)
    else:
        scale = max_norm / total if large else 1.0
    if "scaled twice" in wrong:
        scale = scale ** 2
    if "shared among the arrays" in wrong:
        scale = min(1.0, max_norm / total / len(grads))
    return {name: g * scale for name, g in grads.items()}


CLIP_MISTAKES = {
    "each array by itself": "Each array is clipped by its own norm, which turns the direction of the step; it is one norm over all of them.",
    "entry by entry": "Every entry is cut at max_norm (np.clip), which turns the direction; clipping by norm scales all entries alike.",
    "always scaled": "Gradients smaller than max_norm are enlarged to it; they should stay as they are.",
    "no square root": "The norm is squared: the square root is missing.",
    "sum of norms": "The arrays' norms are added; squares add up: sqrt of the sum of all squares.",
    "sum of absolute values": "It uses the sum of absolute values; the norm is sqrt of the sum of squares.",
    "divided by the norm only": "Large gradients end at norm 1, whatever max_norm is: multiply by max_norm / norm.",
    "min(1, 1 / norm)": "Gradients longer than 1 end at norm 1, whatever max_norm is: the factor is max_norm / norm.",
    "divided by max_norm": "Large gradients are divided by max_norm; multiply by max_norm / norm.",
    "always divided by the norm": "All gradients end at norm 1; only those above max_norm are scaled, by max_norm / norm.",
    "each array to max_norm": "Each array is scaled to norm max_norm; it is one norm over all of them, and only what is longer is scaled.",
    "each row by itself": "Each row is clipped by its own norm, which turns the direction of the step; it is one norm over all arrays.",
    "upper side only": "Entries above max_norm are cut (np.minimum); clipping by norm scales all entries alike.",
    "largest norm": "The largest of the arrays' norms decides; it is one norm over all of them: sqrt of the sum of all squares.",
    "norm of the last array": "The norm is that of the last array alone (overwritten in the loop?); the squares of all arrays add up.",
    "norm of the first array": "The norm is that of the first array alone; the squares of all arrays add up.",
    "largest entry": "It uses the largest entry for the norm; the norm is sqrt of the sum of all squares.",
    "sums squared": "It squares the sum of each array; square first, then add: (g**2).sum().",
    "root of the mean square": "It uses the root of the mean square; the norm is the root of the sum of all squares.",
    "square compared": "The square of the norm is compared with max_norm, so that gradients below it are scaled too (or large ones left): "
                       "take the square root first.",
    "not clipped": "Nothing is clipped: gradients longer than max_norm must be scaled down to it.",
    "set to zero": "Gradients above max_norm are set to zero; scale them by max_norm / norm, the direction is still good.",
    "upside down": "Large gradients are multiplied by norm / max_norm, which makes them larger: multiply by max_norm / norm.",
    "upside down, never above 1": "The factor is norm / max_norm: small gradients shrink, large ones stay. It is max_norm / norm.",
    "small ones scaled instead": "Small gradients are enlarged and large ones left (max where min belongs): min(1, max_norm / norm).",
    "scaled twice": "The factor max_norm / norm is applied twice.",
    "shared among the arrays": "The factor is divided by the number of arrays; all arrays get the whole factor max_norm / norm.",
}


def _cross_entropy_problems(rng):
    return [{"logits": 2 * rng.normal(size=(len(target), K)), "target": np.array(target)}
            for K, target in ((4, (2, 0, 3)), (3, (1,)), (2, (1, 0, 1, 1, 0)))]


def _jacobian_problems(rng):
    return [{"h_t": rng.uniform(-0.9, 0.9, H), "W_h": rng.normal(size=(H, H))} for H in (3, 2, 5)]


def _clip_problems(rng):
    """Above, below, and below while the square is above; other names and other numbers of arrays each time."""
    problems = []
    for shapes, norm, max_norm in (({"W_x": (3, 2), "W_h": (3, 3), "b": (3,)}, 20.0, 2.0), ({"W_x": (2, 4), "b": (2,)}, 0.4, 3.0),
                                   ({"W_y": (4, 3), "b_y": (4,), "W_h": (2, 2), "b": (2,)}, 30.0, 0.5), ({"W": (3, 2)}, 2.0, 3.0)):
        grads = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        scale = norm / np.sqrt(sum((g ** 2).sum() for g in grads.values()))
        problems.append({"grads": {name: scale * g for name, g in grads.items()}, "max_norm": max_norm})
    return problems


def large_logits(rng):
    return 1000 * rng.normal(size=(3, 4))


OVERFLOW = "With scores of a thousand exp overflows and NaN comes out: take the largest score of each row off first. It cancels."


EXERCISES = [
    Exercise("softmax_cross_entropy_gradient", {"dlogits": "(B, K)"}, softmax_cross_entropy_gradient, CROSS_ENTROPY_MISTAKES,
             _cross_entropy_problems, "Turn each row of logits into probabilities first; then take 1 off at the target's place.",
             "(p - y) / B: what is said too loudly goes down, what was right goes up.",
             lambda arguments: dict(zip("BK", arguments["logits"].shape)),
             beyond=(lambda rng: {"logits": large_logits(rng), "target": np.array([1, 0, 3])}, OVERFLOW)),
    Exercise("gradient_product", {"product": "a number"}, gradient_product, PRODUCT_MISTAKES,
             lambda rng: [{"factor": f, "T": T} for f, T in ((0.7, 100), (0.9, 5), (1.5, 4), (0.5, 2), (0.3, 1))],
             "How many steps lie between h_1 and h_T? That many equal factors are multiplied.",
             "factor^(T - 1): 0.7^99 = 4.6e-16 for T = 100, and 1 for T = 1."),
    Exercise("rnn_jacobian", {"J": "(H, H)"}, rnn_jacobian, JACOBIAN_MISTAKES, _jacobian_problems,
             "Ask what h_t[i] changes when h_{t-1}[j] does: through W_h[i, j], then through the tanh of unit i.",
             "diag(1 - h_t^2) W_h, the factor that a gradient meets at every step.",
             lambda arguments: {"H": len(arguments["h_t"])}),
    Exercise("clip_by_norm", {"clipped": "a dict like grads"}, clip_by_norm, CLIP_MISTAKES, _clip_problems,
             "Compute one norm over all arrays; then decide whether anything must be scaled.",
             "One norm, one factor for all arrays: the direction stays, the length is at most max_norm.", copies=True),
]
