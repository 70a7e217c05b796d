"""Lessons 08 to 10: what generation and a second direction add around a cell."""

import numpy as np

from . import edits
from .exercise import Exercise, Problem
from .gradients import OVERFLOW, large_logits
from .texts import TEXT


def _bidirectional_problems(rng):
    def cell(D, H):
        W_x, W_h = rng.normal(size=(H, D)), rng.normal(size=(H, H)) / np.sqrt(H)

        def run(x):
            h, states = np.full((x.shape[1], H), 0.1), []
            for x_t in x:
                h = np.tanh(x_t @ W_x.T + h @ W_h.T)
                states.append(h)
            return np.stack(states)

        return run

    return [Problem(f"T = {T}, B = {B}", x=rng.normal(size=(T, B, D)), forward_rnn=cell(D, H), backward_rnn=cell(D, H))
            for T, B, D, H in ((4, 3, 2, 3), (1, 2, 3, 2), (5, 1, 2, 2), (9, 2, 2, 2))]


def _shift_problems(rng):
    return [Problem(note, target=rng.integers(low, high, (T, B)), start=start) for note, T, B, low, high, start in (
        ("T = 5, B = 3", 5, 3, 2, 9, 1), ("T = 1", 1, 2, 2, 9, 1), ("B = 1", 4, 1, 2, 9, 7),
        ("tokens are large", 3, 2, 200, 400, 300),
        ("start is 0", 4, 2, 1, 4, 0), ("start is among the tokens", 6, 3, 0, 4, 2))]


def _temperature_problems(rng):
    problems = [Problem(f"temperature is {t}", logits=2 * rng.normal(size=(B, K)), temperature=t)
                for B, K, t in ((3, 4, 0.5), (1, 5, 2.0), (2, 3, 1.3))]
    problems.append(Problem("scores lie far apart, temperature is 100", logits=np.array([[0.0, 300, 250], [-400, 0, -70]]), temperature=100.0))
    # the largest share is near 1/2 at least
    near = np.array([[5.0, 4.998, -9.0, 1.0], [-1.0, 2.0, 0.5, 0.2], [0.5, 0.498, 0.497, 0.4]])
    return [*problems, Problem("temperature is 0.001", logits=near, temperature=0.001)]


def _greedy_problems(rng):
    """Small random writers of K tokens, drawn until each clause of the task has its own."""
    K, H = 5, 3

    def writer():
        from_token, from_state = 2 * rng.normal(size=(K, K)), 3 * rng.normal(size=(H, K))
        keep, hear = rng.normal(size=(H, H)), rng.normal(size=(K, H))

        def step(token, state):
            state = np.tanh(state @ keep + hear[token])
            return from_token[token] + state @ from_state, state

        return step

    greedy_decode, problems = edits.compiled(TEXT["greedy_decode"][0]), []
    for note, start, end, max_length, fits in (
            ("it stops by itself", 1, 0, 6, lambda w: len(w) == 3), ("it stops by itself", 1, 0, 6, lambda w: len(w) == 4),
            ("it must be stopped", 1, 0, 6, lambda w: len(w) == 6),
            ("a token comes twice running", 3, 4, 9, lambda w: len(w) > 6 and (w[1:] == w[:-1]).any()),
            ("token 0 is written", 2, 4, 5, lambda w: len(w) > 2 and 0 in w[:-1]),
            ("start is written", 2, 1, 8, lambda w: len(w) > 4 and 2 in w[:-1]),
            ("max_length is 12", 4, 3, 12, lambda w: len(w) == 12), ("nothing is written", 2, 3, 4, lambda w: len(w) == 0),
            ("max_length is 1", 1, 0, 1, lambda w: len(w) == 1),
            ("a token equals max_length", 4, 0, 3, lambda w: len(w) == 3 and 3 in w[:2])):
        while True:
            problem = Problem(note, step=writer(), state=rng.normal(size=H), start=start, end=end, max_length=max_length)
            written = greedy_decode(*problem.values())
            if fits(written) and (len(written) < 3 or len(set(written)) > 2):
                problems.append(problem)
                break
    return problems


EXERCISES = [
    Exercise("teacher_forcing_shift", {"read": "(T, B) of int"}, _shift_problems,
             "Step 1 reads `start`; what does step 2 read?",
             "Step t reads what should have been written at step t - 1.", lambda arguments: {"T": len(arguments["target"])}),
    Exercise("greedy_decode", {"tokens": "(L,) of int"}, _greedy_problems,
             "A loop of at most `max_length` rounds: call step, take the largest score, stop at `end`.",
             "Read, choose, carry the state on, stop at `end`."),
    Exercise("temperature_probabilities", {"p": "(B, K)"}, _temperature_problems,
             "Divide the logits by the temperature, then take the softmax of each row.",
             "softmax(logits / temperature): the order of the tokens stays, how sure it is changes.",
             beyond=(lambda rng: Problem("scores are large", logits=large_logits(rng), temperature=0.5), OVERFLOW)),
    Exercise("bidirectional_forward", {"out": "(T, B, 2H)"}, _bidirectional_problems,
             "Give the backward cell x[::-1]; then ask which of its outputs belongs to x_1.",
             "Two passes, one of them turned round twice, joined position by position.",
             lambda arguments: dict(zip("TB", arguments["x"].shape))),
]
