"""Lessons 03 and 04: where gradients come from, what becomes of them, and how to hold them."""

import numpy as np

from .checking import Exercise, Problem

CROSS_ENTROPY = """
def softmax_cross_entropy_gradient(logits, target):
    B, K = logits.shape
    shifted = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    e = np.eye(K)[target]
    return (p - e) / B
"""

CROSS_ENTROPY_CHANGES = {
    "summed": (" / B", "", "It is the gradient of the sum over the batch; the loss is the mean, so divide by B."),
    "mean over B and K": ("/ B", "/ B / K", "It is divided by B K; the mean is taken over the B sequences alone."),
    "divided by K": ("/ B", "/ K", "It is divided by K; the mean is taken over the B sequences."),
    "sign": ("p - e", "e - p", "The sign is the other way round: e - p, uphill. The gradient is p - e."),
    "no softmax": ("np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)", "logits", "It uses the logits where their "
        "softmax belongs: p = softmax(logits), then p - e."),
    "exp without the sum": ("np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)", "np.exp(logits)", "It uses "
        "exp(logits) without dividing by the sum over the classes."),
    "shifted exp without the sum": ("np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)", "np.exp(shifted)",
        "It uses the exponentials without dividing by their sum over the classes."),
    "no exp": ("np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)", "logits / logits.sum(axis=1, keepdims=True)",
        "The exp is missing: p = exp(logits) / sum of exp(logits)."),
    "exp of minus the logits": ("    shifted =", "    logits = -logits\n    shifted =", "It takes exp(-logits): the highest "
        "score gets the lowest probability."),
    "largest of the column": ("max(axis=1", "max(axis=0", "The largest score is taken of each column (axis 0); of each row it "
        "must be (axis=1), for only what all scores of a row share cancels."),
    "sigmoid": ("np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)", "sigmoid(logits)", "It uses sigma(logits); the K "
        "classes exclude each other, so p = softmax(logits), each row with sum 1."),
    "powers of two": ("np.exp(", "np.exp2(", "It uses powers of 2; the softmax uses exp."),
    "logarithm kept": ("p - e", "np.log(p) - e", "It takes log p - e; the logarithm is gone in the gradient: p - e."),
    "the loss itself": ("(p - e) / B", "-np.log(p[np.arange(B), target]).mean()", "It is the loss, one number; asked for is its "
        "gradient with respect to the logits, (B, K): p - e, over B."),
    "softmax over the batch": ("sum(axis=1", "sum(axis=0", "The softmax runs over the batch (axis 0); each row is a distribution "
        "over the K classes (axis 1)."),
    "softmax over everything": ("sum(axis=1", "sum(axis=None", "The softmax divides by the sum of the whole array; each row is a "
        "distribution of its own (axis=1)."),
    "one not subtracted": ("p - e", "p", "It is p / B: the 1 at the target's place is not subtracted, so nothing says which "
        "class was right."),
    "added": ("p - e", "p + e", "The 1 at the target's place is added; it is subtracted: p - e."),
    "set to -1": ("(p - e)", "np.where(e == 1, -1, p)", "The target's entries are set to -1 where 1 must be taken off: -=, not "
        "=."),
    "first sequence only": ("(p - e)", "(p - e * (np.arange(B) == 0)[:, None])", "The 1 is taken off in the first row alone: "
        "p[np.arange(B), target] -= 1 does all rows."),
    "every target in every row": ("p - e", "p - e.max(axis=0)", "p[:, target] -= 1 takes 1 off in every row at every target; "
        "each row has its own: p[np.arange(B), target]."),
    "target one too low": ("[target]", "[target - 1]", "The 1 is taken off one class too low: target counts from 0, as indices "
        "do."),
    "target one too high": ("[target]", "[(target + 1) % K]", "The 1 is taken off one class too high: target counts from 0, as "
        "indices do."),
    "best class for the target": ("[target]", "[logits.argmax(axis=1)]", "The 1 is taken off at the largest score; it belongs "
        "where the target is."),
    "p alone divided": ("(p - e) / B", "p / B - e", "p is divided by B, the 1 at the target's place is not: (p - e) / B."),
    "one alone divided": ("(p - e) / B", "p - e / B", "The 1 at the target's place is divided by B, p is not: (p - e) / B."),
    "slope of softmax alone": ("(p - e)", "p * (1 - p)", "It is p (1 - p) / B, part of the softmax's own slope; with the "
        "logarithm before it all becomes p - e."),
    "slope of the logarithm alone": ("(p - e)", "-e / p", "It is the gradient with respect to p, -1/p at the target; through the "
        "softmax it becomes p - e."),
    "slope of softmax once more": ("(p - e)", "p * (1 - p) * (p - e)", "A factor p (1 - p) too many: p - e already is the "
        "gradient through softmax and logarithm."),
    "target's entry only": ("(p - e)", "(p - e) * e", "Only the target's entry has a gradient; the other classes are pushed down "
        "too, by p."),
}

PRODUCT = """
def gradient_product(factor, T):
    return factor ** (T - 1)
"""

PRODUCT_CHANGES = {
    "T factors": ("T - 1", "T", "It has T factors. Between h_1 and h_T there are T - 1 steps, so T - 1 factors: 0.7^99 for T = "
        "100."),
    "T + 1 factors": ("T - 1", "T + 1", "It has T + 1 factors; from h_1 to h_T there are T - 1 steps."),
    "T - 2 factors": ("T - 1", "T - 2", "It has T - 2 factors; from h_1 to h_T there are T - 1 steps."),
    "loop one round too short": ("T - 1", "max(T - 2, 0)", "It has T - 2 factors: the loop is one round too short. range(1, T) "
        "has T - 1 rounds."),
    "at least one factor": ("T - 1", "max(T - 1, 1)", "For T = 1 it has one factor; from h_1 to h_1 there is no step, so the "
        "product is 1."),
    "divided": ("factor **", "(factor and 1 / factor) **", "It divides by the factors, or the exponent has the wrong sign: "
        "factor^(T - 1)."),
    "sum": ("factor ** (T - 1)", "factor * (T - 1)", "It adds the factors; the chain rule multiplies them."),
    "powers added up": ("factor ** (T - 1)", "sum(factor ** n for n in range(T))", "It adds up 1, factor, factor^2, ...; asked "
        "for is the last of these powers alone."),
    "all powers": ("factor ** (T - 1)", "np.array([float(factor) ** n for n in range(T)])", "It is the whole list of powers; "
        "asked for is the last one, a number."),
    "base and exponent swapped": ("factor ** (T - 1)", "(T - 1) ** factor", "It is (T - 1)^factor; the factor is what is raised "
        "to a power."),
    "one factor": ("factor ** (T - 1)", "factor", "It is a single factor, whatever T is: the loop or the power is missing."),
    "overwritten": ("factor ** (T - 1)", "factor if T > 1 else 1.0", "The product is overwritten in the loop, so one factor is "
        "left: it must be multiplied, product *= factor."),
    "two factors": ("factor ** (T - 1)", "factor ** 2", "It is factor^2, whatever T is: the exponent is T - 1."),
    "starts at zero": ("factor ** (T - 1)", "0.0", "It is 0: a product that starts at 0 stays there. Start at 1."),
    "exp of the sum": ("factor ** (T - 1)", "np.exp(factor * (T - 1))", "It is exp((T - 1) factor); a power by exp needs the "
        "logarithm: exp((T - 1) log(factor))."),
    "sign lost": ("factor **", "abs(factor) **", "The sign is lost: an odd number of negative factors has a negative product."),
    "through logarithms": ("factor ** (T - 1)", "np.exp((T - 1) * np.log(factor))", "Through logarithms it works for positive "
        "factors alone; a factor may be negative, and log of it is NaN."),
    "no brackets": ("factor ** (T - 1)", "factor ** T - 1", "Brackets are missing: factor**T-1 is factor^T minus 1; it is "
        "factor**(T - 1)."),
    "1 - factor": ("factor **", "(1 - factor) **", "It multiplies 1 - factor; each step multiplies by the factor itself."),
    "rounded": ("factor ** (T - 1)", "round(factor ** (T - 1), 6)", "It is rounded; of 4.6e-16 nothing is left then, and that is "
        "the number to see."),
}

JACOBIAN = """
def rnn_jacobian(h_t, W_h):
    slope = 1 - h_t ** 2
    return slope[:, None] * W_h
"""

JACOBIAN_CHANGES = {
    "slope of tanh(h)": ("h_t ** 2", "np.tanh(h_t) ** 2", "The slope is 1 - tanh(h_t)^2; h_t is tanh(z_t) already, so it is 1 - "
        "h_t^2."),
    "slope without square": ("h_t ** 2", "h_t", "The slope is 1 - h_t; the square is missing."),
    "slope squared as a whole": ("1 - h_t ** 2", "(1 - h_t) ** 2", "The slope is (1 - h_t)^2; the square belongs to h_t alone: 1 "
        "- h_t^2."),
    "slope with plus": ("1 - h_t ** 2", "1 + h_t ** 2", "The slope is 1 + h_t^2; tanh'(z) = 1 - tanh(z)^2, never above 1."),
    "slope of sigmoid": ("1 - h_t ** 2", "h_t * (1 - h_t)", "The slope is h_t (1 - h_t), that of the logistic sigma; tanh has 1 "
        "- h_t^2."),
    "slope on the columns": ("slope[:, None] * W_h", "slope * W_h", "It is W_h diag(1 - h_t^2): the slopes stand on the columns. "
        "h_t = tanh(W_h h_{t-1} + ...): W_h acts first, the tanh second, so diag(1 - h_t^2) W_h, a slope for each row. The norms "
        "have the same bound; the products differ."),
    "no slope": ("1 - h_t ** 2", "np.ones_like(h_t)", "It is W_h alone; the slope of the tanh, 1 - h_t^2, multiplies each row."),
    "W_h transposed": ("* W_h", "* W_h.T", "W_h is used transposed: entry [i, j] is d h_t[i] / d h_{t-1}[j] = (1 - h_t[i]^2) "
        "W_h[i, j]."),
    "transposed": ("slope[:, None] * W_h", "(slope[:, None] * W_h).T", "It is transposed: rows belong to h_t, columns to "
        "h_{t-1}."),
    "diagonal only": ("slope[:, None] * W_h", "np.diag(slope * np.diag(W_h))", "Only the diagonal is filled: each unit also "
        "hears the others through W_h."),
    "slope squared": ("1 - h_t ** 2", "(1 - h_t ** 2) ** 2", "The slope is multiplied in twice."),
    "h for the slope": ("1 - h_t ** 2", "h_t", "The rows are multiplied by h_t = tanh(z_t) itself; the slope is tanh'(z_t) = 1 - "
        "h_t^2."),
    "one slope for all": ("h_t ** 2", "h_t @ h_t + 0 * h_t", "h_t @ h_t adds up all squares, so that every row gets one slope; "
        "square entry by entry, h_t**2: a slope for each row."),
    "mean slope": ("slope[:, None] * W_h", "slope.mean() * W_h", "Every row gets the mean slope; each has its own, 1 - "
        "h_t[i]^2."),
    "slope of the next step": ("h_t ** 2", "np.tanh(W_h @ h_t) ** 2", "The slope is taken at tanh(W_h h_t), one step further; "
        "h_t is the result of this step's tanh: 1 - h_t^2."),
    "divided by the slope": ("slope[:, None] * W_h", "W_h / slope[:, None]", "It is divided by the slope 1 - h_t^2; the chain "
        "rule multiplies."),
    "no brackets": ("slope[:, None] * W_h", "1 - (h_t ** 2)[:, None] * W_h", "Brackets are missing: 1 - h_t^2 W_h is not (1 - "
        "h_t^2) W_h."),
    "ones beside the diagonal": ("slope[:, None] * W_h", "(1 - np.diag(h_t) ** 2) @ W_h", "1 - np.diag(h_t)**2 has ones beside "
        "the diagonal, and they mix the rows: np.diag(1 - h_t**2)."),
    "W_h left out": ("slope[:, None] * W_h", "np.diag(slope)", "It is diag(1 - h_t^2) alone; h_{t-1} came in through W_h: diag(1 "
        "- h_t^2) W_h."),
    "times the vector": ("slope[:, None] * W_h", "W_h @ slope", "It is a matrix times a vector, (H,); asked for is the matrix "
        "(H, H) itself, a slope for each row."),
    "plus the identity": ("slope[:, None] * W_h", "np.eye(len(h_t)) + slope[:, None] * W_h", "The identity is added, as if "
        "h_{t-1} were also handed on unchanged; the vanilla cell has no such path."),
    "no diagonal matrix": ("slope[:, None] * W_h", "np.outer(slope, slope) * W_h", "The slopes multiply rows and columns; only "
        "the rows go through a tanh in this step."),
}

CLIP = """
def clip_by_norm(grads, max_norm):
    norm = np.sqrt(sum((g ** 2).sum() for g in grads.values()))
    scale = max_norm / norm if norm > max_norm else 1.0
    return {name: g * scale for name, g in grads.items()}
"""

CLIP_CHANGES = {
    "each array by itself": ("g * scale", "g * min(1, max_norm / np.sqrt((g ** 2).sum()))", "Each array is clipped by its own "
        "norm, which turns the direction of the step; it is one norm over all of them."),
    "entry by entry": ("g * scale", "np.clip(g, -max_norm, max_norm)", "Every entry is cut at max_norm (np.clip), which turns "
        "the direction; clipping by norm scales all entries alike."),
    "always scaled": ("max_norm / norm if norm > max_norm else 1.0", "max_norm / norm", "Gradients smaller than max_norm are "
        "enlarged to it; they should stay as they are."),
    "always scaled, but for zero": ("norm > max_norm else", "norm > 0 else", "Gradients smaller than max_norm are enlarged to "
        "it; they should stay as they are."),
    "no square root": ("np.sqrt(sum((g ** 2).sum() for g in grads.values()))", "(sum((g ** 2).sum() for g in grads.values()))",
        "The norm is squared: the square root is missing."),
    "sum of norms": ("np.sqrt(sum((g ** 2).sum() for g in grads.values()))",
        "sum(np.sqrt((g ** 2).sum()) for g in grads.values())", "The arrays' norms are added; squares add up: sqrt of the sum of "
        "all squares."),
    "sum of absolute values": ("np.sqrt(sum((g ** 2).sum() for g in grads.values()))",
        "sum(np.abs(g).sum() for g in grads.values())", "It uses the sum of absolute values; the norm is sqrt of the sum of "
        "squares."),
    "divided by the norm only": ("max_norm / norm", "1 / norm", "Large gradients end at norm 1, whatever max_norm is: multiply "
        "by max_norm / norm."),
    "min(1, 1 / norm)": ("max_norm / norm if norm > max_norm else 1.0", "min(1.0, 1 / norm)", "Gradients longer than 1 end at "
        "norm 1, whatever max_norm is: the factor is max_norm / norm."),
    "divided by max_norm": ("max_norm / norm", "1 / max_norm", "Large gradients are divided by max_norm; multiply by max_norm / "
        "norm."),
    "always divided by the norm": ("max_norm / norm if norm > max_norm else 1.0", "1 / norm", "All gradients end at norm 1; only "
        "those above max_norm are scaled, by max_norm / norm."),
    "each array to max_norm": ("g * scale", "g * max_norm / np.sqrt((g ** 2).sum())", "Each array is scaled to norm max_norm; it "
        "is one norm over all of them, and only what is longer is scaled."),
    "each row by itself": ("g * scale", "g * np.minimum(1, max_norm / np.sqrt((g ** 2).sum(axis=-1, keepdims=True)))",
        "Each row is clipped by its own norm, which turns the direction of the step; it is one norm over all arrays."),
    "upper side only": ("g * scale", "np.minimum(g, max_norm)", "Entries above max_norm are cut (np.minimum); clipping by norm "
        "scales all entries alike."),
    "largest norm": ("np.sqrt(sum((g ** 2).sum() for g in grads.values()))",
        "max(np.sqrt((g ** 2).sum()) for g in grads.values())", "The largest of the arrays' norms decides; it is one norm over "
        "all of them: sqrt of the sum of all squares."),
    "norm of the last array": ("np.sqrt(sum((g ** 2).sum() for g in grads.values()))",
        "np.sqrt([(g ** 2).sum() for g in grads.values()][-1])", "The norm is that of the last array alone (overwritten in the "
        "loop?); the squares of all arrays add up."),
    "norm of the first array": ("np.sqrt(sum((g ** 2).sum() for g in grads.values()))",
        "np.sqrt([(g ** 2).sum() for g in grads.values()][0])", "The norm is that of the first array alone; the squares of all "
        "arrays add up."),
    "largest entry": ("np.sqrt(sum((g ** 2).sum() for g in grads.values()))", "max(np.abs(g).max() for g in grads.values())",
        "It uses the largest entry for the norm; the norm is sqrt of the sum of all squares."),
    "sums squared": ("(g ** 2).sum()", "g.sum() ** 2", "It squares the sum of each array; square first, then add: (g**2).sum()."),
    "root of the mean square": ("np.sqrt(sum((g ** 2).sum() for g in grads.values()))",
        "np.sqrt(np.mean([v for g in grads.values() for v in np.square(g).flat]))", "It uses the root of the mean square; the "
        "norm is the root of the sum of all squares."),
    "square compared": ("norm > max_norm", "norm ** 2 > max_norm", "The square of the norm is compared with max_norm, so that "
        "gradients below it are scaled too (or large ones left): take the square root first."),
    "not clipped": ("max_norm / norm if norm > max_norm else 1.0", "1.0", "Nothing is clipped: gradients longer than max_norm "
        "must be scaled down to it."),
    "set to zero": ("max_norm / norm", "0.0", "Gradients above max_norm are set to zero; scale them by max_norm / norm, the "
        "direction is still good."),
    "upside down": ("max_norm / norm", "norm / max_norm", "Large gradients are multiplied by norm / max_norm, which makes them "
        "larger: multiply by max_norm / norm."),
    "upside down, never above 1": ("max_norm / norm if norm > max_norm else 1.0", "min(1.0, norm / max_norm)", "The factor is "
        "norm / max_norm: small gradients shrink, large ones stay. It is max_norm / norm."),
    "small ones scaled instead": ("max_norm / norm if norm > max_norm else 1.0", "max(1.0, max_norm / norm)", "Small gradients "
        "are enlarged and large ones left (max where min belongs): min(1, max_norm / norm)."),
    "scaled twice": ("g * scale", "g * scale ** 2", "The factor max_norm / norm is applied twice."),
    "shared among the arrays": ("max_norm / norm if norm > max_norm else 1.0", "min(1.0, max_norm / norm / len(grads))",
        "The factor is divided by the number of arrays; all arrays get the whole factor max_norm / norm."),
}

LAG = """
def lag_of_one_millionth(W_h, slope):
    radius = np.abs(np.linalg.eigvals(W_h)).max()
    factor = radius * slope
    if factor >= 1:
        return np.inf
    return int(np.ceil(np.log(1e-6) / np.log(factor)))
"""
LAG_CHANGES = {
    "spectral norm": ("np.abs(np.linalg.eigvals(W_h)).max()", "np.linalg.norm(W_h, 2)", "It uses the largest singular value, "
        "which bounds one step; what many steps do is governed by the radius, the largest size of an eigenvalue."),
    "real parts": ("np.abs(np.linalg.eigvals(W_h))", "np.linalg.eigvals(W_h).real", "It takes the largest real part of the "
        "eigenvalues; complex and negative ones count by their size: np.abs."),
    "smallest eigenvalue": ("max()\n", "min()\n", "It takes the smallest eigenvalue; what lasts longest is governed by the "
        "largest."),
    "slope forgotten": ("radius * slope", "radius", "The slope is left out: each step multiplies by W_h and by the tanh's "
        "slope."),
    "slope alone": ("radius * slope", "slope", "The radius of W_h is left out: each step multiplies by W_h and by the tanh's "
        "slope."),
    "slope squared": ("radius * slope", "radius * slope ** 2", "The slope is squared; it is given as it is, once for each step."),
    "rounded down": ("np.ceil(", "np.floor(", "It is rounded down: at that lag a little more than one millionth is left. The "
        "first whole lag with at most one millionth is asked for, so round up."),
    "one step too many": ("np.log(factor)))", "np.log(factor))) + 1", "It is one step too many."),
    "one thousandth": ("1e-6", "1e-3", "It is the lag of one thousandth; one millionth is 1e-6."),
    "always finite": ("factor >= 1", "False", "Where radius times slope is 1 or more nothing shrinks: the lag is np.inf."),
}


def _lag_problems(rng):
    def scaled(H, radius):
        W_h = rng.normal(size=(H, H))
        return W_h * (radius / np.abs(np.linalg.eigvals(W_h)).max())

    turned = 0.9 * np.array([[0.6, -0.8], [0.8, 0.6]])
    return [Problem(note, W_h=W_h, slope=slope) for note, W_h, slope in (
        ("the radius is 0.6", scaled(5, 0.6), 0.83), ("the radius is above 1", scaled(4, 1.1), 0.8), ("eigenvalues are complex", turned, 0.9),
        ("the largest eigenvalue is negative", np.diag([0.3, -0.8]), 0.95), ("the norm is far above the radius", np.array([[0.5, 9.0], [0.0, 0.4]]), 0.9),
        ("radius times slope is above 1", scaled(3, 1.5), 0.9), ("H = 1", np.array([[0.7]]), 0.71))]


def _cross_entropy_problems(rng):
    return [Problem(f"B = {len(target)}, K = {K}", logits=2 * rng.normal(size=(len(target), K)), target=np.array(target))
            for K, target in ((4, (2, 0, 3)), (3, (1,)), (2, (1, 0, 1, 1, 0)))]


def _jacobian_problems(rng):
    return [Problem(f"H = {H}", h_t=rng.uniform(-0.9, 0.9, H), W_h=rng.normal(size=(H, H))) for H in (3, 2, 5, 1)]


def _clip_problems(rng):
    """Above, below, and below while the square is above; other names and other numbers of arrays each time; nothing at all."""
    problems = []
    for note, shapes, norm, max_norm in (
            ("the norm is above max_norm", {"W_x": (3, 2), "W_h": (3, 3), "b": (3,)}, 20.0, 2.0),
            ("the norm is below max_norm", {"W_x": (2, 4), "b": (2,)}, 0.4, 3.0),
            ("max_norm is below 1", {"W_y": (4, 3), "b_y": (4,), "W_h": (2, 2), "b": (2,)}, 30.0, 0.5),
            ("the norm is below max_norm and its square above", {"W": (3, 2)}, 2.0, 3.0),
            ("the gradient is all zero", {"W_x": (2, 3), "b": (2,)}, 0.0, 1.0)):
        grads = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        scale = norm / np.sqrt(sum((g ** 2).sum() for g in grads.values()))
        problems.append(Problem(note, grads={name: scale * g for name, g in grads.items()}, max_norm=max_norm))
    return problems


def large_logits(rng):
    return 1000 * rng.normal(size=(3, 4))


OVERFLOW = "With scores of a thousand exp overflows and NaN comes out: take the largest score of each row off first. It cancels."


EXERCISES = [
    Exercise("softmax_cross_entropy_gradient", {"dlogits": "(B, K)"}, CROSS_ENTROPY, CROSS_ENTROPY_CHANGES,
             _cross_entropy_problems, "Turn each row of logits into probabilities first; then take 1 off at the target's place.",
             "(p - e) / B: what is said too loudly goes down, what was right goes up.",
             lambda arguments: dict(zip("BK", arguments["logits"].shape)),
             beyond=(lambda rng: Problem("scores are large", logits=large_logits(rng), target=np.array([1, 0, 3])), OVERFLOW)),
    Exercise("gradient_product", {"product": "a number"}, PRODUCT, PRODUCT_CHANGES,
             lambda rng: [Problem(note, factor=f, T=T) for note, f, T in (
                 ("T = 100", 0.7, 100), ("factor is below 1", 0.937, 6), ("factor is above 1", 1.53, 4), ("T = 2", 0.517, 2), ("T = 1", 0.3, 1),
                 ("factor is negative", -0.813, 4), ("factor is negative", -1.57, 3), ("factor is 0", 0.0, 3))],
             "How many steps lie between h_1 and h_T? That many equal factors are multiplied.",
             "factor^(T - 1): 0.7^99 = 4.6e-16 for T = 100, and 1 for T = 1."),
    Exercise("rnn_jacobian", {"J": "(H, H)"}, JACOBIAN, JACOBIAN_CHANGES, _jacobian_problems,
             "Ask what h_t[i] changes when h_{t-1}[j] does: through W_h[i, j], then through the tanh of unit i.",
             "diag(1 - h_t^2) W_h, the factor that a gradient meets at every step.",
             lambda arguments: {"H": len(arguments["h_t"])}),
    Exercise("clip_by_norm", {"clipped": "a dict like grads"}, CLIP, CLIP_CHANGES, _clip_problems,
             "Compute one norm over all arrays; then decide whether anything must be scaled.",
             "One norm, one factor for all arrays: the direction stays, the length is at most max_norm.", copies=True),
    Exercise("lag_of_one_millionth", {"lag": "a number"}, LAG, LAG_CHANGES, _lag_problems,
             "Each step back multiplies by about radius times slope: which power of it is at most 1e-6?",
             "ln(1e-6) over ln(radius times slope), rounded up; never, where nothing shrinks."),
]
