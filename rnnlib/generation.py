"""Writing token by token: always the likeliest, the best few, or a draw.

`step` is a function (tokens (B,), state) -> (scores (B, K), new state), such as the .step of a model that
writes; the axis of B is the last but one in a state. A score of -inf rules its token out. NaN, +inf, or a
row that rules out all tokens raises ValueError.
"""

import numpy as np

from . import _check
from .readout import log_softmax, softmax


def greedy(step, state, start, end, max_length):
    """Always the likeliest token: (L, B), L <= max_length; a sequence is padded with `end` after its first."""
    def likeliest(scores):
        return _check.scores(scores).argmax(axis=-1)

    return _write(step, state, start, end, max_length, likeliest)


def probabilities(scores, temperature=1.0, top_k=None, top_p=None):
    """softmax(scores / temperature) over the last axis, (..., K); top_k and top_p leave nothing to unlikely tokens.

    A low temperature sharpens the distribution towards its largest entry, a high one flattens it towards
    equal shares. With top_k only the k likeliest tokens keep any; all whose score equals the k-th largest stay. With
    top_p only the *nucleus* keeps any: the fewest tokens that hold a share of top_p together, 0 < top_p <= 1 (Holtzman
    et al. 2020); all that are as likely as its last stay. The share is counted at the temperature, after top_k.
    """
    _check.scores(scores)
    _check.positive("temperature", temperature)
    if top_k is not None:
        kth = np.sort(scores, axis=-1)[..., -_check.whole("top_k", top_k, 1, scores.shape[-1])]
        scores = np.where(scores >= kth[..., None], scores, -np.inf)
    with np.errstate(over="ignore"):    # at a temperature of 1e-308 a quotient may be -inf, and exp(-inf) is 0
        p = softmax((scores - scores.max(axis=-1, keepdims=True)) / temperature)
    if top_p is not None and _check.positive("top_p", top_p) > 1:
        raise ValueError(f"top_p must be a share above 0 and at most 1; it was {top_p}")
    if top_p is None or top_p == 1:
        return p
    falling = -np.sort(-p, axis=-1)
    before = np.cumsum(falling, axis=-1) - falling          # what the likelier ones hold; below top_p inside the nucleus
    last = np.min(falling, axis=-1, keepdims=True, where=before < top_p, initial=1.0)
    p = np.where(p >= last, p, 0)
    return p / p.sum(axis=-1, keepdims=True)


def sample(step, state, start, end, max_length, rng, temperature=1.0, top_k=None, top_p=None):
    """One draw for each sequence: (tokens (L, B), the probabilities they were drawn from (L, B, K))."""
    _check.generator(rng)
    drawn_from = []

    def draw(scores):
        p = probabilities(scores, temperature, top_k, top_p)
        drawn_from.append(p)
        # the first token whose cumulative probability exceeds a uniform number from 0 to the total, 1 but
        # for rounding
        cumulative = np.cumsum(p, axis=-1)
        return (rng.random((len(p), 1)) * cumulative[:, -1:] < cumulative).argmax(axis=-1)

    return _write(step, state, start, end, max_length, draw), np.array(drawn_from)


def beam_search(step, state, start, end, max_length, width):
    """The `width` likeliest sequences among those the search keeps, for one sequence (B = 1).

    Returns
    -------
    list of (log probability, tokens)
        Best first; tokens (L,) without `end`. Fewer than `width` where no more are possible. Width 1 is greedy.
    """
    _check.whole("width", width, 1)
    max_length = _check.whole("max_length", max_length, 1)
    if state.shape[-2] != 1:
        raise ValueError(f"beam_search takes one sequence, a state with B = 1; the state had shape {state.shape}")
    tokens, total, written, ended = np.array([start]), np.zeros(1), np.empty((1, 0), dtype=int), []
    for _ in range(max_length):
        scores, state = step(tokens, state)
        log_p = total[:, None] + log_softmax(_check.scores(scores))
        best = np.argsort(-log_p, axis=None, kind="stable")[:width]
        best = best[log_p.flat[best] > -np.inf]         # what is ruled out is not kept
        beam, tokens = np.unravel_index(best, log_p.shape)
        total, written, state = log_p[beam, tokens], np.column_stack([written[beam], tokens]), state[..., beam, :]
        done = tokens == end
        ended += [(float(p), w[:-1]) for p, w in zip(total[done], written[done])]
        tokens, total, written, state = tokens[~done], total[~done], written[~done], state[..., ~done, :]
        ended = sorted(ended, key=lambda pair: -pair[0])[:width]
        # a longer sequence is never likelier than its beginning
        if not len(tokens) or (len(ended) == width and ended[-1][0] >= total.max()):
            break
    open_ones = [(float(p), w) for p, w in zip(total, written)]
    return sorted(ended + open_ones, key=lambda pair: -pair[0])[:width]


def _write(step, state, start, end, max_length, choose):
    """The tokens (L, B) that choose(scores (B, K)) -> (B,) picks one after another."""
    tokens = np.full(state.shape[-2], start)
    written, running = [], np.ones(len(tokens), dtype=bool)
    for _ in range(_check.whole("max_length", max_length, 1)):
        scores, state = step(tokens, state)
        tokens = np.where(running, choose(scores), end)
        written.append(tokens)
        running &= tokens != end
        if not running.any():
            break
    return np.array(written)
