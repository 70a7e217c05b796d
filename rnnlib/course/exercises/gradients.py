"""Lessons 03 and 04: where gradients come from, what becomes of them, and how to hold them."""

import numpy as np

from .exercise import Exercise, Problem


def _lag_problems(rng):
    def scaled(H, radius):
        W_h = rng.normal(size=(H, H))
        return W_h * (radius / np.abs(np.linalg.eigvals(W_h)).max())

    turned = 0.9 * np.array([[0.6, -0.8], [0.8, 0.6]])
    return [Problem(note, W_h=W_h, slope=slope) for note, W_h, slope in (
        ("the radius is 0.6", scaled(5, 0.6), 0.83), ("the radius is above 1", scaled(4, 1.1), 0.8),
        ("eigenvalues are complex", turned, 0.9),
        ("the largest eigenvalue is negative", np.diag([0.3, -0.8]), 0.95),
        ("the norm is far above the radius", np.array([[0.5, 9.0], [0.0, 0.4]]), 0.9),
        ("radius times slope is above 1", scaled(3, 1.5), 0.9), ("H = 1", np.array([[0.7]]), 0.71),
        ("radius times slope is exactly 1", np.eye(2), 1.0), ("a power is exactly 1e-6", np.diag([1e-3, -5e-4]), 1.0),
        ("it shrinks slowly", scaled(4, 1.4), 0.712), ("the radius is just below 1", scaled(3, 0.95), 0.98),
        ("the radius is above 1 and the lag short", scaled(3, 1.2), 0.3),
        *(("radius and slope are drawn", scaled(3, rng.uniform(0.4, 1.3)), rng.uniform(0.2, 0.75)) for _ in range(2)))]


def _cross_entropy_problems(rng):
    problems = [Problem(f"B = {len(target)}, K = {K}", logits=2 * rng.normal(size=(len(target), K)), target=np.array(target))
                for K, target in ((4, (2, 0, 3)), (3, (1,)), (2, (1, 0, 1, 1, 0)), (7, (6, 4)))]
    return [*problems, Problem("scores lie far apart", logits=np.array([[100.0, 97, 80], [-60, 0, 20]]), target=np.array([1, 2]))]


def _jacobian_problems(rng):
    problems = [Problem(f"H = {H}", h_t=rng.uniform(-0.9, 0.9, H), W_h=rng.normal(size=(H, H))) for H in (3, 2, 5, 1)]
    return [*problems, Problem("units are saturated", h_t=np.array([0.99999, -0.9996, 0.98, 1.0]), W_h=rng.normal(size=(4, 4)))]


def _clip_problems(rng):
    """Above, below, and below while the square is above; other names and other numbers of arrays each time; nothing at all."""
    problems = []
    for note, shapes, norm, max_norm in (
            ("the norm is above max_norm", {"W_x": (3, 2), "W_h": (3, 3), "b": (3,)}, 20.0, 2.0),
            ("the norm is below max_norm", {"W_x": (2, 4), "b": (2,)}, 0.4, 3.0),
            ("max_norm is below 1", {"W_y": (4, 3), "b_y": (4,), "W_h": (2, 2), "b": (2,)}, 30.0, 0.5),
            ("the norm is below max_norm and its square above", {"W": (3, 2)}, 2.0, 3.0),
            ("the norm is just above max_norm", {"W": (2, 3), "b": (3,)}, 1.2, 1.1),
            ("the norm is between 1 and the root of max_norm", {"W": (3, 2), "b": (2,)}, 1.5, 4.0),
            ("both are below 1", {"W": (2, 2)}, 0.8, 0.6), ("the gradient is all zero", {"W_x": (2, 3), "b": (2,)}, 0.0, 1.0)):
        grads = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        norm *= rng.uniform(0.95, 1)
        scale = norm / np.sqrt(sum((g ** 2).sum() for g in grads.values()))
        problems.append(Problem(note, grads={name: scale * g for name, g in grads.items()}, max_norm=max_norm))
    return problems


def large_logits(rng):
    return 1000 * rng.normal(size=(3, 4))


OVERFLOW = ("With scores of a thousand NaN comes out, for exp overflows, or a whole row of it is 0: take the largest score of each row "
            "off first. It cancels.",
            "With scores of a thousand it gives other numbers: is something limited (np.clip), or added? Take the largest score of each "
            "row off first; it cancels, and no limit is needed.")


EXERCISES = [
    Exercise("softmax_cross_entropy_gradient", {"dlogits": "(B, K)"},
             _cross_entropy_problems, "Turn each row of logits into probabilities first; then take 1 off at the target's place.",
             "(p - e) / B: what is said too loudly goes down, what was right goes up.",
             lambda arguments: dict(zip("BK", arguments["logits"].shape)),
             beyond=(lambda rng: Problem("scores are large", logits=large_logits(rng), target=np.array([1, 0, 3])), OVERFLOW)),
    Exercise("gradient_product", {"product": "a number"},
             lambda rng: [Problem(note, factor=f, T=T) for note, f, T in (
                 ("T = 100", 0.7, 100), ("factor is below 1", 0.937, 6), ("factor is above 1", 1.53, 4), ("T = 2", 0.517, 2),
                 ("T = 1", 0.3, 1), ("T = 300", 0.99, 300),
                 ("factor is negative", -0.813, 4), ("factor is negative", -1.57, 3), ("factor is 0", 0.0, 3), ("factor is tiny", 2e-4, 3))],
             "How many steps lie between h_1 and h_T? That many equal factors are multiplied.",
             "factor^(T - 1): 0.7^99 = 4.6e-16 for T = 100, and 1 for T = 1."),
    Exercise("rnn_jacobian", {"J": "(H, H)"}, _jacobian_problems,
             "Ask what h_t[i] changes when h_{t-1}[j] does: through W_h[i, j], then through the tanh of unit i.",
             "diag(1 - h_t^2) W_h, the factor that a gradient meets at every step.",
             lambda arguments: {"H": len(arguments["h_t"])}),
    Exercise("clip_by_norm", {"clipped": "a dict like grads"}, _clip_problems,
             "Compute one norm over all arrays; then decide whether anything must be scaled.",
             "One norm, one factor for all arrays: the direction stays, the length is at most max_norm.", copies=True),
    Exercise("lag_of_one_millionth", {"lag": "a number"}, _lag_problems,
             "Each step back multiplies by about radius times slope: which power of it is at most 1e-6?",
             "ln(1e-6) over ln(radius times slope), rounded up; never, where nothing shrinks.",
             beyond=(lambda rng: Problem("the radius is 0", W_h=np.array([[0.0, 1.0], [0.0, 0.0]]), slope=0.9), (
                 "Where the radius is 0, as of [[0, 1], [0, 0]], the first lag is 1: nothing is left after one step.",) * 2)),
]
