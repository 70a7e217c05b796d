"""A motion sensor worn on the belt: say at every sample, as it arrives, what its wearer is doing.

The sensor gives D = 3 numbers RATE = 25 times a second: acceleration sideways, forwards and upwards, in g (1 g: at rest,
upwards). Four activities: rest, walk, run, stairs. The simulation is a chain of states that a program can follow exactly:

    activity, at one of three paces and with one of three vigours: the wearer repeats one cycle of n samples, where n
    is set by the pace.
    After each whole cycle the activity goes on with probability STAYS; otherwise one of the others begins, each equally
    likely, at a new pace and a new vigour.

A cycle is a stride, two steps: upwards and forwards swing twice in it, sideways once; `_wave` has the shapes. Noise of
deviation NOISE is added to every number. Walking and climbing stairs share most of their accelerations, so a single
sample says little; the rhythm says more.

`baseline` is the accuracy of the best rule that sees one sample alone; `ceiling` that of the best rule that has seen all
samples so far (`belief` follows the chain's probabilities, so on average no detector can do better).

Recordings last SHORTEST to LONGEST samples, 2 to 4 seconds, each cut out of a longer stream. The split: one in five, by the
checksum of its chain of states, is held out for the test, so no movement is in both parts.
"""

import numpy as np

from ... import ManyToMany, Readout, bptt, forward, mask_of
from .task import CELL_TYPES, Task, held_out, new_cell

ACTIVITIES = ("rest", "walk", "run", "stairs")
K, D, RATE = len(ACTIVITIES), 3, 25
# samples per cycle at each pace: at 25 a second a stride of 26 samples takes 1.04 s
CYCLES = {"rest": (20, 25, 30), "walk": (23, 26, 29), "run": (16, 18, 20), "stairs": (30, 34, 38)}
VIGOUR = (0.8, 1.0, 1.25)
STAYS, NOISE = 0.75, 0.15

H, H_TWO = 32, 19        # units of one layer, and of each of two layers with as many parameters together
STEPS, LEARNING_RATE, BATCH, SHORTEST, LONGEST = 400, 0.02, 16, 50, 100
SEEDS = (0, 1, 2)
TARGET = 0.92       # at least 0.95 of the ceiling and half of the gap to it
# (cell, layers, seed) of the shipped weights
SHIPPED = [(name, layers, seed) for name in ("RNN", "GRU") for layers in (1, 2) for seed in SEEDS] + [("LSTM", 1, 0)]


def _wave(activity, n):
    """One cycle of n samples without noise, at vigour 1: (n, 3) in g; sideways, forwards, upwards."""
    turn = 2 * np.pi * np.arange(n) / n
    sway, step, double = np.sin(turn), 2 * turn, 4 * turn
    sideways, forwards, upwards = {
        "rest": (0 * sway, 0 * sway, 0 * sway),
        "walk": (.20 * sway, .20 * np.cos(step), .35 * np.sin(step) + .15 * np.sin(double)),
        "stairs": (.25 * sway, .12 - .20 * np.cos(step), .35 * np.sin(step) - .15 * np.cos(double)),
        "run": (.25 * sway, .40 * np.cos(step), .90 * np.sin(step) + .15 * np.sin(double)),
    }[activity]
    return np.stack([sideways, forwards, 1 + upwards], axis=1)


def _chain():
    """Every state of the chain, each an activity, pace, vigour and position in the cycle, as arrays over S states.

    Returns what the sensor shows without noise (S, 3), the activity (S,), the state that follows within a cycle (S,; -1
    at its last sample), the first state of its cycle (S,), and its probability when its activity begins (S,).
    """
    clean, activity, following, first, opening = [], [], [], [], []
    for a, name in enumerate(ACTIVITIES):
        for n in CYCLES[name]:
            for vigour in VIGOUR:
                start = len(activity)
                clean.append((_wave(name, n) - [0, 0, 1]) * vigour + [0, 0, 1])
                activity += [a] * n
                following += [*range(start + 1, start + n), -1]
                first += [start] * n
                opening += [1 / (len(CYCLES[name]) * len(VIGOUR))] + [0] * (n - 1)
    return np.concatenate(clean), *map(np.array, (activity, following, first, opening))


CLEAN, ACTIVITY, FOLLOWING, FIRST_OF, OPENING = _chain()
_LAST, _FIRST = np.flatnonzero(FOLLOWING < 0), np.flatnonzero(OPENING)
_BEFORE = np.where(np.arange(len(ACTIVITY)) == FIRST_OF, 0, np.arange(len(ACTIVITY)) - 1)


def _advance(p):
    """Probabilities (..., S) of the states one sample later."""
    moved = p[..., _BEFORE]
    ended = p[..., _LAST]                                                   # in the order of _FIRST
    share = np.stack([ended[..., ACTIVITY[_LAST] == a].sum(axis=-1) for a in range(K)], axis=-1)
    others = (share.sum(axis=-1, keepdims=True) - share) / (K - 1)         # what arrives from other activities
    moved[..., _FIRST] = STAYS * ended + (1 - STAYS) * others[..., ACTIVITY[_FIRST]] * OPENING[_FIRST]
    return moved


def _resting():
    """The probabilities (S,) of the states in a stream that has been running for ever."""
    p = OPENING / K
    mean = np.zeros_like(p)
    for _ in range(4000):
        p = _advance(p)
        mean += p / 4000
    return mean


LONG_RUN = _resting()


def stream(T, B, rng):
    """B streams of T samples: (x (T, B, 3) in g, activity (T, B) of int, state (T, B) of int).

    A stream begins anywhere in the middle of an activity.
    """
    state = rng.choice(len(LONG_RUN), size=B, p=LONG_RUN)
    states = np.empty((T, B), dtype=int)
    for t in range(T):
        states[t] = state
        ended = FOLLOWING[state] < 0
        state = np.where(ended, FIRST_OF[state], FOLLOWING[state])
        change = np.flatnonzero(ended & (rng.random(B) >= STAYS))
        activity = (ACTIVITY[state[change]] + rng.integers(1, K, len(change))) % K
        state[change] = [rng.choice(_FIRST[ACTIVITY[_FIRST] == a]) for a in activity]
    return CLEAN[states] + rng.normal(0, NOISE, (T, B, D)), ACTIVITY[states], states


def belief(x):
    """What can be known of the activity from all samples so far: x (T, B, 3) -> probabilities (T, B, K).

    Bayes' rule along the chain: the probabilities of the states move on by one sample, and each is then weighted by how
    well the state explains what the sensor shows.
    """
    p, known = np.tile(LONG_RUN, (x.shape[1], 1)), np.empty((*x.shape[:2], K))
    for t, x_t in enumerate(x):
        if t:
            p = _advance(p)
        p = p * _likelihood(x_t)
        p /= p.sum(axis=1, keepdims=True)
        known[t] = p @ np.eye(K)[ACTIVITY]
    return known


def _likelihood(x_t):
    """The likelihood of a sample in each state, up to a factor: (B, 3) -> (B, S)."""
    distance = ((x_t ** 2).sum(axis=1, keepdims=True) - 2 * x_t @ CLEAN.T + (CLEAN ** 2).sum(axis=1)) / (2 * NOISE ** 2)
    return np.exp(distance.min(axis=1, keepdims=True) - distance)


def belief_alone(x):
    """What can be known of the activity from one sample alone: x (T, B, 3) -> probabilities (T, B, K)."""
    # step by step: the probabilities of all states at all steps would fill 500 MB
    p = np.stack([(_likelihood(x_t) * LONG_RUN) @ np.eye(K)[ACTIVITY] for x_t in x])
    return p / p.sum(axis=-1, keepdims=True)


def recordings(n, rng, test=False):
    """n recordings of the training part (or of the test part): x (T, B, 3), activity (T, B), lengths (B,); 0 after the end."""
    kept = []
    while len(kept) < n:
        B = 2 * n if not test else 6 * n
        x, activity, state = stream(LONGEST, B, rng)
        lengths = rng.integers(SHORTEST, LONGEST + 1, B)
        kept += [(x[:T, b], activity[:T, b]) for b, T in enumerate(lengths)
                 if held_out(state[:T, b].astype("<i4").tobytes()) == test]
    lengths = np.array([len(x) for x, _ in kept[:n]])
    x, activity = np.zeros((lengths.max(), n, D)), np.zeros((lengths.max(), n), dtype=int)
    for b, (own_x, own_activity) in enumerate(kept[:n]):
        x[:lengths[b], b], activity[:lengths[b], b] = own_x, own_activity
    return x, activity, lengths


def batches(rng, B=BATCH):
    """Fresh batches (x, activity, lengths) of the training part without end; drawn 20 at a time, which is faster."""
    while True:
        x, activity, lengths = recordings(20 * B, rng)
        for b in range(0, 20 * B, B):
            T = lengths[b:b + B].max()
            yield x[:T, b:b + B], activity[:T, b:b + B], lengths[b:b + B]


def test_set(n=150, rng=None):
    """(x, activity, lengths) of n recordings of the test part, always the same ones without an rng."""
    return recordings(n, np.random.default_rng(7) if rng is None else rng, test=True)


def accuracy(known, activity, lengths):
    """The share of samples named correctly, the answer being the largest of `known` (T, B, K), scores or probabilities."""
    return float((known.argmax(axis=-1) == activity)[mask_of(lengths, len(activity))].mean())


def baseline(batch=None):
    """The accuracy of the best rule that sees one sample alone, on a batch, by default the test set."""
    x, activity, lengths = test_set() if batch is None else batch
    return accuracy(belief_alone(x), activity, lengths)


def ceiling(batch=None):
    """The accuracy of the best rule that has seen all samples so far, `belief`, on a batch, by default the test set."""
    x, activity, lengths = test_set() if batch is None else batch
    return accuracy(belief(x), activity, lengths)


def held(answer, n):
    """The labels (T, B) that are shown where a new one is shown only once it has been the answer n times in a row."""
    shown, run = answer.copy(), np.ones(answer.shape[1])
    for t in range(1, len(answer)):
        run = np.where(answer[t] == answer[t - 1], run + 1, 1)
        shown[t] = np.where(run >= n, answer[t], shown[t - 1])
    return shown


def delays(labels, announced):
    """How late each change of the true labels (T,) is announced (T,): samples until it is right and stays so, (C,) of int.

    A stay begins where the label changes and ends at the next change, or with the stream. Counted from 0: 0 is right from the
    first sample on; the length of the stay, never right at its end.
    """
    starts = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    waits = []
    for start, end in zip(starts, [*starts[1:], len(labels)]):
        wrong = np.flatnonzero(announced[start:end] != labels[start])
        waits.append(wrong[-1] + 1 if len(wrong) else 0)
    return np.array(waits, dtype=int)


def false_changes(labels, announced):
    """Changes to a wrong label per minute: labels and announced (T, B)."""
    false = (announced[1:] != announced[:-1]) & (announced[1:] != labels[1:])
    return float(false.sum() / (labels.size / RATE / 60))


class TwoLayers:
    """Two cells, one on top of the other: the second reads the hidden states of the first, and the readout those of the second.

    Attributes
    ----------
    params : dict
        The live arrays of both cells and the readout, named "1.W_x", "2.W_x" and so on.
    """

    def __init__(self, first, second, readout):
        self.first, self.second, self.readout = first, second, readout
        self.params = {**{f"1.{name}": array for name, array in first.params.items()},
                       **{f"2.{name}": array for name, array in second.params.items()}, **readout.params}

    def _forward(self, x, lengths):
        lower, cache_1 = forward(self.first, x, lengths=lengths)
        upper, cache_2 = forward(self.second, self.first.hidden(lower)[1:], lengths=lengths)
        return self.second.hidden(upper)[1:], cache_1, cache_2

    def predict(self, x, lengths=None):
        """The scores (T, B, K) at every step."""
        return self.readout.forward(self._forward(x, lengths)[0])

    def loss_and_gradients(self, batch):
        """(loss, gradients like params) of a batch (x, target, lengths)."""
        x, target, lengths = batch
        h, cache_1, cache_2 = self._forward(x, lengths)
        loss, dy = self.readout.loss(self.readout.forward(h), target, mask_of(lengths, len(x)))
        grads_y, dh = self.readout.backward(dy, h)
        upper = bptt(self.second, dh, cache_2)
        lower = bptt(self.first, upper.x, cache_1)              # what the second cell reads is what the first one wrote
        return loss, {**{f"1.{name}": g for name, g in lower.params.items()},
                      **{f"2.{name}": g for name, g in upper.params.items()}, **grads_y}


def model(cell_name, rng, layers=1):
    """The default model: one cell of H = 32 units, or two of H_TWO = 19 on top of each other, and a readout of K = 4 scores."""
    if layers not in (1, 2):
        raise ValueError(f"layers must be 1 or 2; it was {layers!r}")
    hidden = H if layers == 1 else H_TWO
    first = new_cell(cell_name, D, hidden, rng)
    if layers == 1:
        return ManyToMany(first, Readout(hidden, K, rng))
    return TwoLayers(first, new_cell(cell_name, hidden, hidden, rng), Readout(hidden, K, rng))


def score(model, batch=None):
    """The share of samples named correctly in a batch (x, activity, lengths), by default the test set."""
    x, activity, lengths = test_set() if batch is None else batch
    return accuracy(model.predict(x, lengths), activity, lengths)


TASK = Task(name=__name__, title="motion sensor", lesson=7, kinds=CELL_TYPES, model=model, batches=batches,
            test_set=test_set, score=score, baseline=baseline, ceiling=ceiling, target=TARGET,
            steps=STEPS, learning_rate=LEARNING_RATE, window=16, options={"layers": 1},
            shipped={f"{cell_name}/{layers}/{seed}": (cell_name, seed, {"layers": layers})
                     for cell_name, layers, seed in SHIPPED})
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
