"""A motion sensor worn at the belt: name what its wearer is doing, sample by sample, while the samples arrive.

The sensor gives D = 3 numbers RATE = 25 times a second: acceleration sideways, forwards and upwards, in g (1 g: at rest,
upwards). Four activities: rest, walk, run, stairs. The simulation is a chain of states that a program can follow exactly:

    activity, at a pace (three of each) and with a vigour (three): the wearer repeats one cycle of n samples, n by pace.
    After each whole cycle the activity goes on with probability STAYS, else another one begins, each with equal
    probability, at a pace and a vigour drawn anew.

A cycle is a stride, two steps: upwards and forwards swing twice in it, sideways once; `_wave` has the shapes. Noise of
deviation NOISE is added to every number. Walking and climbing stairs share most of their accelerations, so a single
sample says little; the rhythm does.

`baseline` is what the best rule reaches that sees one sample alone; `ceiling` the best rule that has seen all samples up to
now (`belief` follows the chain's probabilities, so no detector whatever can do better, or be faster, on average).

Recordings last SHORTEST to LONGEST samples, 2 to 4 seconds, each cut out of a longer stream. The split: one in five, by the
checksum of its chain of states, is held out for the test, so no movement is in both parts.

The shipped weights are made anew by ``python tools/weights.py motion``.
"""

from pathlib import Path

import numpy as np

from ... import ManyToMany, Readout, bptt, forward, mask_of
from . import _runs
from ._split import held_out

ACTIVITIES = ("rest", "walk", "run", "stairs")
K, D, RATE = len(ACTIVITIES), 3, 25
# samples a cycle at each pace: at 25 a second a stride of 26 samples takes 1.04 s
CYCLES = {"rest": (20, 25, 30), "walk": (23, 26, 29), "run": (16, 18, 20), "stairs": (30, 34, 38)}
VIGOUR = (0.8, 1.0, 1.25)
STAYS, NOISE = 0.75, 0.15

CELL_TYPES = _runs.CELL_TYPES
H, H_TWO = 32, 19        # units of one layer, and of each of two with as many parameters
STEPS, LEARNING_RATE, BATCH, SHORTEST, LONGEST = 400, 0.02, 16, 50, 100
SEEDS = (0, 1, 2)
TARGET = 0.92       # at least 0.95 of the ceiling and half of the gap to it
# (cell, layers, seed) of the shipped weights
SHIPPED = [(name, layers, seed) for name in ("RNN", "GRU") for layers in (1, 2) for seed in SEEDS] + [("LSTM", 1, 0)]
WEIGHTS = Path(__file__).with_name("motion.npz")


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
    """Every state of the chain, one activity, pace, vigour and position in the cycle each, as arrays over S states.

    Returns what the sensor shows without noise (S, 3), the activity (S,), the state that follows inside a cycle (S,; -1 at
    a cycle's last sample), each state's first of its cycle (S,), and the probability of the states at the start (S,).
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
    others = (share.sum(axis=-1, keepdims=True) - share) / (K - 1)         # what comes in from other activities
    moved[..., _FIRST] = STAYS * ended + (1 - STAYS) * others[..., ACTIVITY[_FIRST]] * OPENING[_FIRST]
    return moved


def _resting():
    """The probabilities (S,) with which a stream that has run for ever stands in each state."""
    p = OPENING / K
    mean = np.zeros_like(p)
    for _ in range(4000):
        p = _advance(p)
        mean += p / 4000
    return mean


LONG_RUN = _resting()


def stream(T, B, rng):
    """B streams of T samples: (x (T, B, 3) in g, activity (T, B) of int, state (T, B) of int).

    A stream begins somewhere in the middle of its wearer's day.
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
    """What can be known of the activity from all samples up to each: x (T, B, 3) -> probabilities (T, B, K).

    Bayes' rule along the chain: the states' probabilities move on a sample, and each is weighed by how well it explains
    what the sensor showed.
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
    """How well each state explains a sample, up to a factor: (B, 3) -> (B, S)."""
    distance = ((x_t ** 2).sum(axis=1, keepdims=True) - 2 * x_t @ CLEAN.T + (CLEAN ** 2).sum(axis=1)) / (2 * NOISE ** 2)
    return np.exp(distance.min(axis=1, keepdims=True) - distance)


def belief_alone(x):
    """What can be known of the activity from one sample alone: x (T, B, 3) -> probabilities (T, B, K)."""
    # step by step: the states' probabilities at all steps would fill 500 MB
    p = np.stack([(_likelihood(x_t) * LONG_RUN) @ np.eye(K)[ACTIVITY] for x_t in x])
    return p / p.sum(axis=-1, keepdims=True)


def recordings(n, rng, test=False):
    """n recordings of the training part (or of the test part): x (T, B, 3), activity (T, B), lengths (B,); 0 behind the end."""
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
    """Fresh batches (x, activity, lengths) of the training part without end; drawn 20 at a time, which is quicker."""
    while True:
        x, activity, lengths = recordings(20 * B, rng)
        for b in range(0, 20 * B, B):
            T = lengths[b:b + B].max()
            yield x[:T, b:b + B], activity[:T, b:b + B], lengths[b:b + B]


def test_set(n=150, rng=None):
    """(x, activity, lengths) of n recordings of the test part, the same ones every time unless an rng is given."""
    return recordings(n, np.random.default_rng(7) if rng is None else rng, test=True)


def accuracy(known, activity, lengths):
    """The share of samples right where the largest of `known` (T, B, K), scores or probabilities, is the answer."""
    return float((known.argmax(axis=-1) == activity)[mask_of(lengths, len(activity))].mean())


def baseline(batch=None):
    """The accuracy of the best rule that sees one sample alone, on a batch or else the test set: exact odds, sampled streams."""
    x, activity, lengths = test_set() if batch is None else batch
    return accuracy(belief_alone(x), activity, lengths)


def ceiling(batch=None):
    """The accuracy of the best rule that has seen all samples up to now, on a batch or else the test set, by `belief`."""
    x, activity, lengths = test_set() if batch is None else batch
    return accuracy(belief(x), activity, lengths)


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
        lower = bptt(self.first, upper.x, cache_1)              # what the second cell read is what the first one wrote
        return loss, {**{f"1.{name}": g for name, g in lower.params.items()},
                      **{f"2.{name}": g for name, g in upper.params.items()}, **grads_y}


def model(cell_name, rng, layers=1):
    """The default model: one cell of H = 32 units, or two of H_TWO = 19 on top of each other, and a readout of K = 4 scores."""
    if layers not in (1, 2):
        raise ValueError(f"layers must be 1 or 2; it was {layers!r}")
    hidden = H if layers == 1 else H_TWO
    first = _runs.cell(cell_name, D, hidden, rng)
    if layers == 1:
        return ManyToMany(first, Readout(hidden, K, rng))
    return TwoLayers(first, _runs.cell(cell_name, hidden, hidden, rng), Readout(hidden, K, rng))


def training(model, batches, steps=STEPS):
    """One run as a generator of (step, loss, gradient norm); `model` is changed in place."""
    return _runs.train_with_decay(model, batches, steps, LEARNING_RATE)


def score(model, batch=None):
    """The share of samples named right, of a batch (x, activity, lengths) or else of the test set."""
    x, activity, lengths = test_set() if batch is None else batch
    return accuracy(model.predict(x, lengths), activity, lengths)


def trained(cell_name, seed, layers=1):
    """A default model trained from scratch; the seed decides its weights and its batches."""
    rng = np.random.default_rng(seed)
    result = model(cell_name, rng, layers)
    for _ in training(result, batches(rng)):
        pass
    return result


def load_model(cell_name="GRU", seed=0, layers=1):
    """The model with its shipped weights; SHIPPED lists which there are."""
    if (cell_name, layers, seed) not in SHIPPED:
        raise ValueError(f"(cell_name, layers, seed) must be one of {SHIPPED}; it was {(cell_name, layers, seed)}")
    return _runs.fill(model(cell_name, np.random.default_rng(0), layers), WEIGHTS, f"{cell_name}/{layers}/{seed}")


def make_weights(path):
    """Train every model of SHIPPED, and write the weights to `path`."""
    _runs.save(path, {f"{name}/{layers}/{seed}": trained(name, seed, layers) for name, layers, seed in SHIPPED})


def table():
    """The row of this task in the table of scores, from fresh training of the GRU with three seeds."""
    batch = test_set()
    scores = [score(trained("GRU", seed), batch) for seed in SEEDS]
    return _runs.row("motion sensor (07)", baseline(batch), ceiling(batch), TARGET, scores)
