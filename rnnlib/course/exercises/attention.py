"""Lessons 11 and 12: attention by hand, and linear recurrences."""

import numpy as np

from .exercise import Exercise, Problem


def _attend_problems(rng):
    problems = []
    for note, S, B, H, E, lengths in (("lengths differ", 5, 3, 2, 4, (5, 2, 4)), ("S = 1", 1, 2, 3, 2, (1, 1)),
                                      ("B = 1", 4, 1, 2, 3, (3,)),
                                      ("nothing is masked", 3, 2, 2, 2, (3, 3)), ("scores are large", 4, 2, 3, 3, (4, 2)),
                                      ("scores are far below 0", 3, 2, 3, 2, (3, 2)),
                                      ("one sequence has far larger scores", 3, 3, 3, 2, (3, 2, 3)),
                                      ("the padding has the largest scores", 4, 2, 3, 2, (3, 2))):
        scale = 30.0 if note == "scores are large" else 1.0
        problems.append(Problem(note, q=scale * rng.normal(size=(B, H)), keys=scale * rng.normal(size=(S, B, H)),
                                values=rng.normal(size=(S, B, E)), mask=np.arange(S)[:, None] < np.array(lengths)))
        q, keys, mask = problems[-1]["q"], problems[-1]["keys"], problems[-1]["mask"]
        if note == "scores are far below 0":
            keys[:] -= 5000 * q / (q ** 2).sum(axis=1, keepdims=True)
        if note == "one sequence has far larger scores":
            keys[:, 1] += 2000 * q[1] / (q[1] ** 2).sum()
        if note == "the padding has the largest scores":
            keys[:] = np.where(mask[:, :, None], keys, 2000 * q / (q ** 2).sum(axis=1, keepdims=True))
    return problems


def _mask_with_a_gap(rng):
    problem = _attend_problems(rng)[0]
    problem["mask"] = np.arange(5)[:, None] != np.array([1, 0, 3])
    return problem


def _keys_problems(rng):
    problems = []
    for S, B, H, E, note in ((5, 3, 2, 4, ""), (1, 2, 3, 2, ""), (4, 1, 2, 3, ""), (4, 2, 3, 2, "a place has no share"), (3, 2, 3, 3, "E = H")):
        a = rng.dirichlet(np.ones(S), size=B).T
        if note.startswith("a "):
            a[0], a[1], a[-1] = a[0] + a[1] + a[-1] - 1e-4, 1e-4, 0
        problems.append(Problem(note or f"S = {S}, B = {B}", dc=S * rng.normal(size=(B, E)), a=a, q=rng.normal(size=(B, H)),
                                values=rng.normal(size=(S, B, E))))
    return problems


def _linear_problems(rng):
    problems = []
    for T, B, H, note in ((4, 3, 2, ""), (1, 2, 3, ""), (5, 1, 2, ""), (12, 2, 1, ""), (4, 1, 3, "a factor is negative, one is 0")):
        a, b, h = rng.uniform(0.3, 1.2, (T, B, H)), rng.normal(size=(T, B, H)), [rng.normal(size=(B, H))]
        if note:
            a[2, 0, 1], a[1:, 0, 2] = 0, -a[1:, 0, 2]
        for t in range(T):
            h.append(a[t] * h[-1] + b[t])
        problems.append(Problem(note or f"T = {T}, B = {B}", dh=T * rng.normal(size=(T, B, H)), a=a, h=np.stack(h)))
    return problems


EXERCISES = [
    Exercise("attend", {"c": "(B, E)", "a": "(S, B)"}, _attend_problems,
             "Compare the query with every key first: scores of shape (S, B). Masked ones become -inf, then a softmax over "
             "the places.",
             "A soft look-up: how well each key fits decides how much of its value is read.",
             lambda arguments: dict(zip("SB", arguments["mask"].shape)),
             beyond=(_mask_with_a_gap, ("Where the mask has a gap it is another result: the mask itself tells which places count, not "
                                        "how many.",) * 2)),
    Exercise("keys_gradient", {"dkeys": "(S, B, H)"}, _keys_problems,
             "Go back in three steps: from c to the shares a, through the softmax to the scores, from the scores to the keys.",
             "Through the mean, through the softmax, through the product: a (da - sum of a da) times q.",
             lambda arguments: dict(zip("SB", arguments["a"].shape))),
    Exercise("combine", {"a": "(B, H)", "b": "(B, H)"},
             lambda rng: [Problem(note, **{name: (np.arange(H) != n - zero) * B * rng.normal(size=(B, H))
                                           for n, name in enumerate(("a1", "b1", "a2", "b2"))})
                          for B, H, zero, note in ((3, 2, 9, "B = 3, H = 2"), (1, 4, 9, "B = 1, H = 4"), (2, 4, 0, "some are 0"))],
             "Put h_1 = a1 h + b1 into h_2 = a2 h_1 + b2 and collect what multiplies h.",
             "Two steps are one step of the same kind: that is all a scan needs."),
    Exercise("linear_backward", {"da": "(T, B, H)", "db": "(T, B, H)"}, _linear_problems,
             "As in bptt: from the last step back, one array for what comes from later. No tanh, no matrix.",
             "The same recurrence from the end, with a of the step that comes after.",
             lambda arguments: dict(zip("TB", arguments["dh"].shape))),
]
