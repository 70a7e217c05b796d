"""Lessons 11 and 12: attention by hand, and linear recurrences."""

import numpy as np

from .checking import Exercise, Problem

ATTEND = """
def attend(q, keys, values, mask):
    scores = (keys * q).sum(axis=2)
    scores = np.where(mask, scores, -np.inf)
    e = np.exp(scores - scores.max(axis=0))
    a = e / e.sum(axis=0)
    c = (a[:, :, None] * values).sum(axis=0)
    return c, a
"""
ATTEND_CHANGES = {
    "mask ignored": ("np.where(mask, scores, -np.inf)", "scores", "the mask plays no part: places that hold nothing get a share "
        "of the attention."),
    "mask with zero": ("-np.inf", "0", "the masked scores are set to 0 (or multiplied by the mask), and exp(0) = 1 is a share "
        "like any other: they must be -inf."),
    "mask with -1": ("-np.inf", "-1", "the masked scores are set to -1, which still gives them a share: they must be -inf."),
    "mask after the softmax": ("np.where(mask, scores, -np.inf)", "scores", "e / e.sum(axis=0)", "e / e.sum(axis=0) * mask",
        "the mask comes after the softmax, so that the shares that are left no longer add up to 1: mask the scores, or divide by "
        "the sum again."),
    "mask turned round": ("where(mask,", "where(~mask,", "the mask is turned round: True is where a place may be looked at."),
    "mask on the values only": ("np.where(mask, scores, -np.inf)", "scores", "* values)", "* values * mask[:, :, None])",
        "the masked values are left out, but their shares are still given away: mask the scores."),
    "softmax over the batch": ("max(axis=0)", "max()", "e.sum(axis=0)", "e.sum(axis=1, keepdims=True)", "the shares add up to 1 "
        "over the batch; for each query they do so over the S places, the first axis."),
    "softmax over everything": ("max(axis=0)", "max()", "e.sum(axis=0)", "e.sum()", "the shares add up to 1 over all queries "
        "together; each query has its own."),
    "no softmax": ("a = e / e.sum(axis=0)", "a = np.where(mask, scores, 0)", "the scores themselves are the weights: the softmax "
        "is missing."),
    "no division": ("e / e.sum(axis=0)", "e", "the exponentials are not divided by their sum: the shares of each query add up to "
        "1."),
    "no exp": ("np.exp(scores - scores.max(axis=0))", "np.where(mask, scores, 0)", "the exp is missing: the scores are divided "
        "by their sum."),
    "sigma": ("e / e.sum(axis=0)", "sigmoid(scores)", "it uses sigma, a share for each place by itself; the places exclude each "
        "other: softmax."),
    "one place alone": ("e / e.sum(axis=0)", "1.0 * (scores == scores.max(axis=0))", "all the weight is on the best place; "
        "attention is soft: every place has its share."),
    "scaled": ("(keys * q).sum(axis=2)", "(keys * q).sum(axis=2) / np.sqrt(q.shape[1])", "the scores are divided by the root of "
        "H, as transformers do; here they are plain products."),
    "mean over the places": ("* values).sum(axis=0)", "* values).mean(axis=0)", "c is divided by S; the shares add up to 1, so "
        "their sum is the mean already."),
    "values ignored": ("* values)", "* keys)", "c is made of the keys; they decide where to look, and what is read there are the "
        "values."),
    "cosine": ("(keys * q).sum(axis=2)", "(keys * q).sum(axis=2) / np.linalg.norm(keys, axis=2)", "the scores are divided by the "
        "length of each key; here they are plain products."),
    "negated": ("(keys * q).sum(axis=2)", "-(keys * q).sum(axis=2)", "the sign of the scores is turned: it looks where the key "
        "fits least."),
    "plain mean": ("a = e / e.sum(axis=0)", "a = mask / mask.sum(axis=0)", "every place that may be looked at gets the same "
        "share: the query plays no part."),
}
KEYS = """
def keys_gradient(dc, a, q, values):
    da = (values * dc).sum(axis=2)
    ds = a * (da - (a * da).sum(axis=0))
    return ds[:, :, None] * q
"""
KEYS_CHANGES = {
    "shares independent": ("(da - (a * da).sum(axis=0))", "da", "The shares are taken for independent; they add up to 1, so what "
        "one gains the others lose: ds = a (da - sum of a da)."),
    "slope of sigma": ("a * (da - (a * da).sum(axis=0))", "da * a * (1 - a)", "The slope is a (1 - a), that of a share by "
        "itself; the other shares move too: ds = a (da - sum of a da)."),
    "plain mean": ("(a * da).sum(axis=0)", "da.mean(axis=0)", "The plain mean of da is taken off; it is the mean weighted by a."),
    "sum without weights": ("(a * da).sum(axis=0)", "da.sum(axis=0)", "The plain sum of da is taken off; it is the mean weighted "
        "by a."),
    "over the batch": ("(a * da).sum(axis=0)", "(a * da).sum(axis=1, keepdims=True)", "The sum runs over the batch; it runs over "
        "the S places."),
    "softmax left out": ("a * (da - (a * da).sum(axis=0))", "da", "The softmax is left out: ds is da itself."),
    "no factor a": ("a * (da -", "(da -", "The factor a before the bracket is missing: ds = a (da - sum of a da)."),
    "gradient of the values": ("ds[:, :, None] * q", "a[:, :, None] * dc", "It is the gradient of the values, a dc; the keys act "
        "through the scores."),
    "sign": ("a * (da - (a * da).sum(axis=0))", "a * ((a * da).sum(axis=0) - da)", "The sign is turned: da minus the weighted "
        "mean."),
    "not multiplied by q": ("ds[:, :, None] * q", "ds[:, :, None] * np.ones_like(q)", "q is missing: a score is q times a key, "
        "so each key's gradient is ds times q."),
    "summed over the places": ("ds[:, :, None] * q", "(ds[:, :, None] * q).sum(axis=0)", "It is summed over the places; each key "
        "has its own gradient, (S, B, H)."),
}
COMBINE = """
def combine(a1, b1, a2, b2):
    a = a2 * a1
    b = a2 * b1 + b2
    return a, b
"""
COMBINE_CHANGES = {
    "order": ("a2 * b1 + b2", "a1 * b2 + b1", "it is the other order, step 2 first: what step 1 added, b1, goes through a2."),
    "b only added": ("a2 * b1", "b1", "b1 and b2 are added as they are; b1 goes through step 2, so it is multiplied by a2."),
    "a added": ("a2 * a1", "a2 + a1", "the factors are added; two steps multiply: a2 a1."),
    "a1 for a2": ("a2 * b1", "a1 * b1", "b1 is multiplied by a1; step 1 added it after its own factor, and then came a2."),
    "both scaled": ("a2 * b1 + b2", "a2 * (b1 + b2)", "b2 is multiplied by a2 too; it is added last: a2 b1 + b2."),
    "b2 lost": ("a2 * b1 + b2", "a2 * b1", "b2 is missing."),
    "b1 lost": ("a2 * b1 + b2", "b2", "b1 is missing: step 2 hands on what step 1 added, times a2."),
    "a1 alone": ("a2 * a1", "a1", "it is a1 alone; both steps multiply."),
    "a2 alone": ("a2 * a1", "a2", "it is a2 alone; both steps multiply."),
    "b multiplied": ("a2 * b1 + b2", "b1 * b2", "b1 and b2 are multiplied; h -> a2 (a1 h + b1) + b2."),
}
LINEAR = """
def linear_backward(dh, a, h):
    da, db = np.zeros_like(a), np.zeros_like(a)
    from_later = np.zeros_like(a[0])
    for t in reversed(range(len(a))):
        db[t] = dh[t] + from_later
        da[t] = db[t] * h[t]
        from_later = a[t] * db[t]
    return da, db
"""
LINEAR_CHANGES = {
    "nothing carried": ("dh[t] + from_later", "dh[t]", "only each step's own loss is there; h[t + 1] also feeds the next step."),
    "own step only in da": ("da[t] = db[t]", "da[t] = dh[t]", "da is built from dh[t] alone; all that reaches the state "
        "multiplies h_{t-1}."),
    "a left out": ("a[t] * db[t]", "db[t]", "the factor a is missing on the way back: what step t + 1 sends back is a_{t+1} "
        "times its own total."),
    "a one step off": ("a[t] * db[t]", "a[t - 1] * db[t]", "the factor is that of the step before: what comes back through a "
        "step is multiplied by that step's own a."),
    "loop forwards": ("reversed(range(len(a)))", "range(len(a))", "the loop runs from the first step on; what comes from later "
        "must be known first."),
    "carried adds up": ("from_later = a[t]", "from_later = from_later + a[t]", "what is carried back adds up; db[t] holds all "
        "later steps already."),
    "da with the new state": ("* h[t]", "* h[t + 1]", "da is made with the state after the step; a_t multiplied the state before "
        "it."),
    "da without h": ("db[t] * h[t]", "db[t]", "the state is missing in da: a_t multiplied h_{t-1}."),
    "da and db swapped": ("return da, db", "return db, da", "da and db are swapped."),
    "overwritten": ("dh[t] + from_later", "from_later + dh[-1] * (t == len(a) - 1)", "the direct gradients of all steps but the "
        "last are left out."),
    "a slope of tanh": ("dh[t] + from_later", "(dh[t] + from_later) * (1 - h[t + 1] ** 2)", "there is a slope of tanh; this "
        "recurrence is linear, nothing is squashed."),
    "dh one step off": ("dh[t] +", "dh[t - 1] +", "each step takes the dh of the step before."),
}


def _attend_problems(rng):
    problems = []
    for note, S, B, H, E, lengths in (("lengths differ", 5, 3, 2, 4, (5, 2, 4)), ("S = 1", 1, 2, 3, 2, (1, 1)), ("B = 1", 4, 1, 2, 3, (3,)),
                                      ("nothing is masked", 3, 2, 2, 2, (3, 3)), ("scores are large", 4, 2, 3, 3, (4, 2))):
        scale = 100.0 if note == "scores are large" else 1.0
        problems.append(Problem(note, q=scale * rng.normal(size=(B, H)), keys=rng.normal(size=(S, B, H)) * (1 if scale == 1 else 10),
                                values=rng.normal(size=(S, B, E)), mask=np.arange(S)[:, None] < np.array(lengths)))
    return problems


def _keys_problems(rng):
    problems = []
    for S, B, H, E in ((5, 3, 2, 4), (1, 2, 3, 2), (4, 1, 2, 3)):
        a = rng.dirichlet(np.ones(S), size=B).T
        problems.append(Problem(f"S = {S}, B = {B}", dc=rng.normal(size=(B, E)), a=a, q=rng.normal(size=(B, H)), values=rng.normal(size=(S, B, E))))
    return problems


def _linear_problems(rng):
    problems = []
    for T, B, H in ((4, 3, 2), (1, 2, 3), (5, 1, 2)):
        a, b, h = rng.uniform(0.3, 1.2, (T, B, H)), rng.normal(size=(T, B, H)), [rng.normal(size=(B, H))]
        for t in range(T):
            h.append(a[t] * h[-1] + b[t])
        problems.append(Problem(f"T = {T}, B = {B}", dh=rng.normal(size=(T, B, H)), a=a, h=np.stack(h)))
    return problems


EXERCISES = [
    Exercise("attend", {"c": "(B, E)", "a": "(S, B)"}, ATTEND, ATTEND_CHANGES, _attend_problems,
             "Compare the query with every key first: scores of shape (S, B). Masked ones become -inf, then a softmax over the places.",
             "A soft look-up: how well each key fits decides how much of its value is read.",
             lambda arguments: dict(zip("SB", arguments["mask"].shape))),
    Exercise("keys_gradient", {"dkeys": "(S, B, H)"}, KEYS, KEYS_CHANGES, _keys_problems,
             "Go back in three steps: from c to the shares a, through the softmax to the scores, from the scores to the keys.",
             "Through the mean, through the softmax, through the product: a (da - sum of a da) times q.",
             lambda arguments: dict(zip("SB", arguments["a"].shape))),
    Exercise("combine", {"a": "(B, H)", "b": "(B, H)"}, COMBINE, COMBINE_CHANGES,
             lambda rng: [Problem(f"B = {B}, H = {H}", **{name: rng.normal(size=(B, H)) for name in ("a1", "b1", "a2", "b2")})
                          for B, H in ((3, 2), (1, 4))],
             "Put h_1 = a1 h + b1 into h_2 = a2 h_1 + b2 and collect what multiplies h.",
             "Two steps are one step of the same kind: that is all a scan needs."),
    Exercise("linear_backward", {"da": "(T, B, H)", "db": "(T, B, H)"}, LINEAR, LINEAR_CHANGES, _linear_problems,
             "As in bptt: from the last step back, one array for what comes from later. No tanh, no matrix.",
             "The same recurrence from the end, with a of the step that comes after.", lambda arguments: dict(zip("TB", arguments["dh"].shape))),
]
