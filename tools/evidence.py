"""Remake the stored runs of rnnlib/course/evidence: what the lessons' sentences about random things rest on.

    python tools/evidence.py [TABLE ...] [--processes 2] [--anew]

Rows already in a file are kept unless --anew is given, so an interrupted table goes on where it stopped. Every row depends on
its own settings and seed alone, whatever ran before or beside it. Another machine's rounding leaves what is only drawn as it
is and can change single training runs, those with a large gradient at the start above all; it does not change shares.

A table is a function that lists its jobs, the most important first, and a function that does one: from a job to its rows.
"""

import argparse
import csv
import os
import time
from collections import namedtuple
from contextlib import nullcontext
from multiprocessing import Pool
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")       # a run is too small to share; processes are the parallel part
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import evidence_06_07  # noqa: E402  (after the thread counts are set)
import evidence_08_10  # noqa: E402
import evidence_11_12  # noqa: E402
import evidence_rivals  # noqa: E402
import numpy as np  # noqa: E402

import rnnlib  # noqa: E402
from rnnlib.course import evidence  # noqa: E402
from rnnlib.course.evidence import starts  # noqa: E402
from rnnlib.course.toydata import recall  # noqa: E402

SEEDS = range(100, 120)             # not those the lessons train live, 0 to 9
SOLVED, CHECK_EVERY = 0.95, 25


# --- recall: trained networks -------------------------------------------------------------------------------------------

class Recall(NamedTuple):
    """One training run of the recall task; each of its budgets gives a row."""

    cell: str
    start: str
    lag: int
    budgets: tuple = (500,)
    learning_rate: float = 0.01
    same_symbols: bool = False
    seed: int = 0


def recall_jobs():
    """Blocks of twenty seeds, the most important first. Where hardly a run succeeds, five or six times the steps are tried."""
    orthogonal = ["orthogonal 1", "orthogonal 1.1", "orthogonal 1.2"]
    both = [("LSTM", "forget 4, input -4"), ("GRU", "update 4")]
    blocks = [
        *(Recall("RNN", "default", lag) for lag in (10, 20, 60, 80)),
        *(Recall("RNN", "default", lag, (500, 2500)) for lag in (40, 100)),
        *(Recall("RNN", start, lag) for lag in (20, 40, 100) for start in orthogonal),
        Recall("RNN", "identity", 40),
        *(Recall("RNN", start, 100, learning_rate=0.003) for start in ("orthogonal 1.1", "default")),
        Recall("LSTM", "forget 4", 100),
        Recall("wide LSTM", "forget 4", 100),
        *(Recall(*cell, lag) for lag in (20, 40, 100) for cell in both),
        *(Recall("LSTM", f"forget {bias}", lag) for lag in (20, 40) for bias in (1, 2, 4)),
        Recall("GRU", "default", 20),
        Recall("GRU", "default", 40, (500, 3000)),
        Recall("LSTM", "default", 40, (500, 2500)),
        Recall("GRU", "update 4", 100, (500, 1500), same_symbols=True),
    ]
    return [block._replace(seed=seed) for block in blocks for seed in SEEDS]


def recall_rows(job):
    """Train one network (Adam, clipped at 1, batches of 32), looking on the way; a row for each budget of the job.

    accuracy: on 500 new sequences. solved_at: the first of the steps 25, 50 .. after which it was at least 0.95. loss: the
    mean of the last 50 training losses, in nats. missing_bits: the cross entropy on the new sequences, in bits; 2 when nothing
    is known. groups: see `groups`. product_start, product_highest, product_end: see `log10_product`, before training, the
    highest of the steps 0, 25, 50 .. (highest_at), and after it. closed_start, closed_25, closed_end: see `closed_share`,
    before training, after 25 steps and after all.
    """
    rng = np.random.default_rng(job.seed)
    model = starts.model(job.cell, job.start, rng)
    x, target = recall.test_set(job.lag, recall.test_rng(job.seed), same_symbols=job.same_symbols)
    few = x[:, :100], target[:100]
    batches = iter(lambda: recall.test_set(job.lag, rng, 32, job.same_symbols), None)
    losses, solved_at, products, closed = [], None, [log10_product(model.cell, x)], [closed_share(model.cell, x)]
    for step, loss, _ in rnnlib.train(model, batches, rnnlib.Adam(job.learning_rate), max(job.budgets), clip=recall.CLIP):
        losses.append(loss)
        if step % CHECK_EVERY:
            continue
        if job.cell == "RNN" or step in job.budgets:            # with gates it is slow, and no lesson asks
            products.append(log10_product(model.cell, x))
        if step == CHECK_EVERY or step in job.budgets:
            closed.append(closed_share(model.cell, x))
        # a hundred sequences first: where they are far from solved, the other four hundred need not be read
        if solved_at is None and recall.accuracy(model, *few) > SOLVED - 0.1 and recall.accuracy(model, x, target) >= SOLVED:
            solved_at = step
        if step in job.budgets:
            accuracy = recall.accuracy(model, x, target)
            y = np.concatenate([model.predict(x[:, b:b + 100]) for b in range(0, len(target), 100)])
            highest = int(np.argmax(products)) if job.cell == "RNN" else None
            yield {
                "cell": job.cell, "start": job.start, "learning_rate": job.learning_rate, "same_symbols": job.same_symbols,
                "lag": job.lag, "steps": step, "seed": job.seed,
                "accuracy": f"{accuracy:.3f}", "solved_at": solved_at, "loss": f"{np.mean(losses[-50:]):.4f}",
                "missing_bits": f"{rnnlib.cross_entropy(y, target)[0] / np.log(2):.3f}", "groups": groups(y, target),
                "product_start": f"{products[0]:.2f}", "product_highest": None if highest is None else f"{products[highest]:.2f}",
                "highest_at": None if highest is None else highest * CHECK_EVERY, "product_end": f"{products[-1]:.2f}",
                "closed_start": f"{closed[0]:.2f}", "closed_25": f"{closed[1]:.2f}", "closed_end": f"{closed[-1]:.2f}",
            }


def log10_product(cell, x):
    """log10 of the norm of d h_T / d state_1, the median of the first three sequences of x (T, B, D); -300 where it is less."""
    norms = []
    for b in range(3):
        states, cache = rnnlib.forward(cell, x[:, b:b + 1])
        product = rnnlib.jacobian_products(rnnlib.jacobians(cell, cache)[1:])[0]
        norms.append(np.linalg.norm(product[:cell.hidden_size], 2))
    return float(np.log10(max(np.median(norms), 1e-300)))


def closed_share(cell, x):
    """The share of units that let back less than one per cent of a gradient at the last step, over 16 sequences of x."""
    last = rnnlib.forward(cell, x[:, :16])[0][-1]
    shown = np.tanh(last[1] / getattr(cell, "width", 1.0)) if isinstance(cell, rnnlib.LSTMCell) else last
    return float((1 - shown ** 2 < 0.01).mean())


def groups(y, target):
    """How the network divides the four symbols: "together" tells none apart, "1+3" one from three, "1+1+1+1" all.

    Two symbols belong together where the probabilities that are named after them, on average, differ by less than half
    (total variation); and so do those that a third one joins.
    """
    mean = np.array([rnnlib.softmax(y[target == symbol]).mean(axis=0) for symbol in range(recall.K)])
    together = np.abs(mean[:, None] - mean).sum(axis=2) / 2 < 0.5
    reached = np.linalg.matrix_power(together.astype(int), recall.K) > 0
    sizes = sorted(np.unique(reached, axis=0).sum(axis=1))
    return "+".join(map(str, sizes)) if len(sizes) > 1 else "together"


# --- cells drawn at random, nothing trained -----------------------------------------------------------------------------

def row(job, **measured):
    """The job's fields and what was measured, with four digits."""
    fields = {name: value for name, value in job._asdict().items() if name != "budgets"}
    return {**fields, **{name: f"{value:.4g}" if isinstance(value, float) else value for name, value in measured.items()}}


def log10(value):
    """log10 as a float, -300 where nothing is left."""
    return float(np.log10(np.maximum(value, 1e-300)))


def radius(W):
    return float(np.abs(np.linalg.eigvals(W)).max())


def norm(a):
    return float(np.linalg.norm(a, 2))


def root_mean_square(a):
    return float(np.sqrt(np.mean(a ** 2)))


class Spectrum(NamedTuple):
    """A fresh W_h (H, H), uniform in +-1/sqrt(H): its spectral radius and its norm."""

    H: int
    seed: int


def spectrum_rows(job):
    W_h = rnnlib.RNNCell(8, job.H, np.random.default_rng(job.seed)).W_h
    yield row(job, radius=radius(W_h), norm=norm(W_h))


LAGS = 19, 39, 59, 79, 99           # factors between h_1 and h_T for T = 20, 40 .. 100


def lags_left(cell, x):
    """What lesson 04 measures on one sequence x (100, 1, D).

    mean_slope and rms_slope are those of tanh at steps 2 .. 100, mean and root mean square over steps and units; left_n is
    log10 of the norm of d h_(n+1) / d h_1.
    """
    states, cache = rnnlib.forward(cell, x)
    J, slopes = rnnlib.jacobians(cell, cache)[1:], 1 - states[2:] ** 2
    left = {f"left_{n}": log10(norm(rnnlib.jacobian_products(J[:n])[0])) for n in LAGS}
    return {"mean_slope": float(slopes.mean()), "rms_slope": root_mean_square(slopes), **left}


class Fresh(NamedTuple):
    """Lesson 04's cell before training (D = 8, H = 24), its bias drawn like all weights or set to zero."""

    bias: str
    seed: int


def fresh_rows(job):
    """Beside `lags_left`: radius and norm of W_h; the product of 99 factors with slopes and W_h swapped, its norm over the
    right one's and their distance over it; and late, how far the gradient of W_h at T = 40 moves when all steps but the last
    ten are left out, over its norm.
    """
    rng = np.random.default_rng(job.seed)
    model = recall.model("RNN", rng)
    cell = model.cell
    if job.bias == "zero":
        cell.b = np.zeros(recall.H)
    x, _ = recall.test_set(100, rng, B=1)
    states, cache = rnnlib.forward(cell, x)
    product = rnnlib.jacobian_products(rnnlib.jacobians(cell, cache)[1:])[0]
    swapped = rnnlib.jacobian_products(cell.W_h * (1 - states[2:, 0, None, :] ** 2))[0]
    x_40, target = recall.test_set(40, rng, 32)
    whole, late = (model.loss_and_gradients((part, target))[1]["W_h"] for part in (x_40, x_40[-10:]))
    yield row(job, radius=radius(cell.W_h), norm=norm(cell.W_h), **lags_left(cell, x),
              swapped_norm=norm(swapped) / norm(product),
              swapped_distance=float(np.linalg.norm(swapped - product) / np.linalg.norm(product)),
              late=float(np.linalg.norm(whole - late) / np.linalg.norm(whole)))


class Gain(NamedTuple):
    """Lesson 04's cell with zero bias and W_h scaled to the spectral radius `gain`, inputs times `input_scale`."""

    gain: float
    input_scale: float
    seed: int


def gain_rows(job):
    """`lags_left`, and gradient: log10 of the joint norm of the weights' gradients when dL/dh_100 is all ones."""
    rng = np.random.default_rng(job.seed)
    cell = rnnlib.RNNCell(8, 24, rng)
    cell.b = np.zeros(24)
    cell.W_h *= job.gain / radius(cell.W_h)
    x = job.input_scale * recall.test_set(100, rng, B=1)[0]
    _, cache = rnnlib.forward(cell, x)
    grads = rnnlib.bptt(cell, np.zeros((100, 1, 24)), cache, d_last=np.ones((1, 24))).params
    yield row(job, **lags_left(cell, x), gradient=log10(np.sqrt(sum((g ** 2).sum() for g in grads.values()))))


class Travel(NamedTuple):
    """Lesson 02's cell (D = 7, H = 16), W_h = gain times an orthogonal matrix; x_1 is changed, 200 letters follow."""

    gain: float
    input_scale: float
    seed: int


def travel_rows(job):
    """mean_slope, rms_slope: of tanh, over steps, units and both runs. growth: the factor per step of an infinitely small
    change over the 99 factors from h_1 to h_100. left: log10 of the change in h_100 over that in h_1. millionth: the first
    number of steps after which less than 1e-6 of it is left. thousandth: the change in h_100 over that of a change in x_1
    one thousandth as large. largest, and smallest from step 21 on: the change's norm. billionth: the change over that of a
    change in x_1 1e9 times smaller, means over the steps 100 to 200. What float64 no longer holds is left empty.
    """
    rng = np.random.default_rng(job.seed)
    cell = rnnlib.RNNCell(7, 16, rng)
    cell.W_h = starts.orthogonal(16, rng, job.gain)
    letters = rng.integers(0, 7, 200)
    letters[0] = 6                                          # the u of unrolled; e is letter 1
    text, swap = np.eye(7)[letters], np.zeros((200, 7))
    swap[0] = np.eye(7)[1] - np.eye(7)[6]
    sizes = (0, 1, 1e-3, 1e-9)
    x = job.input_scale * np.stack([text + size * swap for size in sizes], axis=1)
    h = rnnlib.forward(cell, x)[0]
    change = dict(zip(sizes, np.linalg.norm(h - h[:, :1], axis=-1).T))      # (T+1,) each
    slopes = 1 - h[1:, :2] ** 2
    _, cache = rnnlib.forward(cell, x[:100, :1])
    through = rnnlib.jacobian_products(rnnlib.jacobians(cell, cache)[1:])[0]
    first = h[1, 1] - h[1, 0]
    below = np.flatnonzero(change[1][1:] < 1e-6 * change[1][1])
    small, tiny = change[1e-3][100], change[1e-9][100:].mean()
    yield row(job, mean_slope=float(slopes.mean()), rms_slope=root_mean_square(slopes),
              growth=10 ** (log10(np.linalg.norm(through @ first) / np.linalg.norm(first)) / 99),
              left=log10(change[1][100] / change[1][1]) if change[1][100] > 1e-14 else None,
              millionth=int(below[0]) if len(below) else None,
              thousandth=float(change[1][100] / small) if small > 1e-14 else None,
              billionth=float(change[1][100:].mean() / tiny) if tiny > 1e-14 else None,
              largest=float(change[1].max()), smallest=float(change[1][21:].min()))


class Padded(NamedTuple):
    """Lesson 02's four padded words and its cell (D = 7, H = 6, W_x doubled)."""

    seed: int


def padded_rows(job):
    """apart: the two most different own last states. at_40: how far apart the two most different are at step 40 over that.
    moved: how far five steps of padding move the state of red, over its norm.
    """
    words = [np.eye(7)[["delnoru".index(letter) for letter in word]] for word in ("red", "loud", "older", "unrolled")]
    x = np.zeros((40, 4, 7))
    for b, word in enumerate(words):
        x[:len(word), b] = word
    cell = rnnlib.RNNCell(7, 6, np.random.default_rng(job.seed))
    cell.W_x = 2 * cell.W_x
    h = rnnlib.forward(cell, x)[0]

    def spread(states):
        return float(np.linalg.norm(states[:, None] - states, axis=-1).max())

    apart = spread(h[[len(word) for word in words], range(4)])
    yield row(job, apart=apart, at_40=spread(h[40]) / apart,
              moved=float(np.linalg.norm(h[8, 0] - h[3, 0]) / np.linalg.norm(h[3, 0])))


class Map(NamedTuple):
    """Lesson 03's gradient map: D = 4, H = 16, K = 4, T = 60, W_h = gain times an orthogonal matrix, inputs times `scale`."""

    gain: float
    input_scale: float
    seed: int


def map_rows(job):
    """left_n: the median over the loss steps of the share of the direct gradient that is left n steps back."""
    rng = np.random.default_rng(job.seed)
    T, D, H, K = 60, 4, 16, 4
    cell, readout = rnnlib.RNNCell(D, H, rng), rnnlib.Readout(H, K, rng)
    x, target = rng.normal(size=(T, 1, D)), rng.integers(0, K, T)
    cell.W_h = starts.orthogonal(H, rng, job.gain)
    states, cache = rnnlib.forward(cell, np.repeat(job.input_scale * x, T, axis=1))
    h = states[1:, 0]
    dh = np.zeros((T, T, H))
    dh[range(T), range(T)] = (rnnlib.softmax(readout.forward(h)) - np.eye(K)[target]) @ readout.W_y
    norms = rnnlib.bptt(cell, dh, cache).norms[1:].T                        # (loss step, state step)
    yield row(job, mean_slope=float((1 - h ** 2).mean()), rms_slope=root_mean_square(1 - h ** 2),
              **{f"left_{n}": float(np.median(np.diagonal(norms, -n) / np.diagonal(norms)[n:])) for n in (10, 20, 30)})


class Highway(NamedTuple):
    """Lesson 05's three cells before training (D = 8, H = 12, T = 100), LSTM forget gate and GRU update gate at `gate_bias`."""

    gate_bias: float
    seed: int


def highway_cells(seed, gate_bias=None, weight_scale=1.0):
    rng = np.random.default_rng
    cells = {"rnn": rnnlib.RNNCell(8, 12, rng(seed)), "lstm": rnnlib.LSTMCell(8, 12, rng(seed), forget_bias=gate_bias),
             "gru": rnnlib.GRUCell(8, 12, rng(seed), update_bias=gate_bias)}
    for cell in cells.values():
        cell.W_h *= weight_scale
    return cells, recall.test_set(100, np.random.default_rng([seed, 1]), B=1)[0]


def highway_rows(job):
    """CELL_n: log10 of the norm of d state_100 / d state_(100-n); lstm_h is the h-to-h block. gates_low, gates_high: log10 of
    the products of the LSTM's 100 forget gates, smallest and largest of the twelve units.
    """
    cells, x = highway_cells(job.seed, job.gate_bias)
    left = {}
    for name, cell in cells.items():
        _, cache = rnnlib.forward(cell, x)
        products = rnnlib.jacobian_products(rnnlib.jacobians(cell, cache))
        left |= {f"{name}_{n}": log10(norm(products[100 - n])) for n in (2, 40, 100)}
        if name == "lstm":
            left |= {f"lstm_h_{n}": log10(norm(products[100 - n, :12, :12])) for n in (2, 40, 100)}
            gates = np.log10(cache.gates[:, 0, 12:24]).sum(axis=0)
    yield row(job, **left, gates_low=float(gates.min()), gates_high=float(gates.max()))


class Scales(NamedTuple):
    """Lesson 05's vanilla cell with W_h times 0.5, 0.6 .. 4.0."""

    seed: int


def scales_rows(job):
    """best_scale: where most is left over 100 steps; best: how much there, log10; at_1 .. at_4: at these scales."""
    left = {}
    for scale in np.arange(5, 41) / 10:
        cells, x = highway_cells(job.seed, weight_scale=scale)
        _, cache = rnnlib.forward(cells["rnn"], x)
        left[scale] = log10(norm(rnnlib.jacobian_products(rnnlib.jacobians(cells["rnn"], cache))[0]))
    best = max(left, key=left.get)
    yield row(job, best_scale=float(best), best=left[best],
              **{f"at_{scale:g}": left[scale] for scale in (1.0, 1.5, 2.0, 3.0, 4.0)})


class Cliff(NamedTuple):
    """The counting network of two weights (lessons 03 and 04), on sequences of zeros and ones drawn from the seed."""

    seed: int


def cliff_rows(job):
    """Lesson 03's walk from (0.2, 0.4) with learning rate 0.001, 40 steps at most, left where a weight exceeds 1.5:
    walk_10, walk_15: the steps it took at T = 10, 15; loss_10 the loss where it ended; long_10, long_loss_10 and long_20 the
    same with 100 steps at T = 10, 20. wall_T: the gradient norm at (1, 1.3).
    Lesson 04's descent from (0, 0.5), 200 steps of at most 0.001 times the threshold, T = 20: loss_at_01, loss_at_10 for the
    thresholds 0.1 and 10; thrown: the steps until the loss passes 1e12 for threshold 1e5. steeper: the gradient norm at
    (1, 1.5) over that at (1, 0.9).
    """
    bits = np.random.default_rng(job.seed).integers(0, 2, (30, 20)).astype(float)

    def loss_and_gradient(w, T):
        lag, ones = np.arange(T - 1, -1, -1), bits[:T].sum(axis=0)
        kept, d_kept = w[1] ** lag @ bits[:T], (lag * w[1] ** np.maximum(lag - 1, 0)) @ bits[:T]
        error = w[0] * kept - ones
        return (error ** 2).mean(), np.array([(2 * error * kept).mean(), (2 * error * w[0] * d_kept).mean()])

    def walk(T, most=40):
        w, steps = np.array([0.2, 0.4]), 0
        while steps < most and np.abs(w).max() <= 1.5:
            w, steps = w - 0.001 * loss_and_gradient(w, T)[1], steps + 1
        return steps, loss_and_gradient(w, T)[0]

    def descent(threshold):
        w, steps, loss = np.array([0.0, 0.5]), 0, 0.0
        while steps < 200 and loss < 1e12:
            gradient = loss_and_gradient(w, 20)[1]
            w, steps = w - 0.001 * gradient * min(1, threshold / np.linalg.norm(gradient)), steps + 1
            loss = loss_and_gradient(w, 20)[0]
        return steps, loss

    def steepness(w_h, T):
        return float(np.linalg.norm(loss_and_gradient((1.0, w_h), T)[1]))

    (walk_10, loss_10), (walk_15, _), (long_10, long_loss_10), (long_20, _) = walk(10), walk(15), walk(10, 100), walk(20, 100)
    yield row(job, walk_10=walk_10, loss_10=float(loss_10), walk_15=walk_15,
              long_10=long_10, long_loss_10=float(long_loss_10), long_20=long_20,
              **{f"wall_{T}": steepness(1.3, T) for T in (10, 20, 30)},
              loss_at_01=float(descent(0.1)[1]), loss_at_10=float(descent(10.0)[1]), thrown=descent(1e5)[0],
              steeper=steepness(1.5, 20) / steepness(0.9, 20))


# --- trained networks beside the recall runs ----------------------------------------------------------------------------

class Counter(NamedTuple):
    """Lesson 03's network that counts the ones among the last four inputs, the gradient cut every k steps (T = 40)."""

    k: int
    seed: int
    budgets: tuple = (300, 1500)


class CountingModel(rnnlib.ManyToMany):
    """rnnlib.ManyToMany with a gradient that is cut every `truncate` steps."""

    def __init__(self, seed, truncate=None):
        rng = np.random.default_rng(seed)
        super().__init__(rnnlib.RNNCell(1, 24, rng), rnnlib.Readout(24, 5, rng))
        self.truncate = truncate

    def loss_and_gradients(self, batch):
        x, target = batch
        states, cache = rnnlib.forward(self.cell, x)
        loss, dy = rnnlib.cross_entropy(self.readout.forward(states[1:]), target)
        grads_y, dh = self.readout.backward(dy, states[1:])
        return loss, {**rnnlib.bptt(self.cell, dh, cache, truncate=self.truncate).params, **grads_y}


def last_four(B, rng):
    bits = rng.integers(0, 2, (40, B))
    padded = np.concatenate([np.zeros((3, B), dtype=int), bits])
    return bits[:, :, None].astype(float), sum(padded[i:i + 40] for i in range(4))


def counter_training(model, seed, steps):
    rng = np.random.default_rng([seed, 1])
    return rnnlib.train(model, (last_four(32, rng) for _ in range(steps)), rnnlib.Adam(0.01), steps, clip=1.0)


def counter_rows(job):
    """accuracy on 500 new sequences; loss: mean of the last 10 training losses, in nats; baseline: accuracy of always 2."""
    model = CountingModel(job.seed, job.k)
    x, target = last_four(500, np.random.default_rng([job.seed, 2]))
    losses = []
    for step, loss, _ in counter_training(model, job.seed, max(job.budgets)):
        losses.append(loss)
        if step in job.budgets:
            yield row(job, steps=step, accuracy=float((model.predict(x).argmax(axis=-1) == target).mean()),
                      loss=float(np.mean(losses[-10:])), baseline=float((target == 2).mean()))


class Truncation(NamedTuple):
    """How far the truncated gradient of lesson 03's counter lies from the full one, along its training with the full one."""

    seed: int
    budgets: tuple = (0, 50, 100, 150, 200, 250, 300)


def truncation_rows(job):
    """cosine_k, size_k: angle and length of the gradient of W_x, W_h, b with cuts every k steps, to and over the full one."""
    model, batch = CountingModel(job.seed), last_four(32, np.random.default_rng([job.seed, 3]))

    def gradient(k):
        model.truncate = k
        grads = model.loss_and_gradients(batch)[1]
        model.truncate = None
        return np.concatenate([grads[name].ravel() for name in ("W_x", "W_h", "b")])

    def measured(step):
        full, at = gradient(None), {}
        for k in (1, 4, 20):
            cut = gradient(k)
            size = np.linalg.norm(cut) / np.linalg.norm(full)
            at |= {f"cosine_{k}": float(cut @ full / (size * (full @ full))), f"size_{k}": float(size)}
        return row(job, steps=step, **at)

    yield measured(0)
    for step, _, _ in counter_training(model, job.seed, max(job.budgets)):
        if step in job.budgets:
            yield measured(step)


class Memory(NamedTuple):
    """Lesson 05's live run, an LSTM with forget bias 4 and input bias -4 after 200 steps of lag 100, asked at other lags."""

    seed: int


def memory_rows(job):
    """accuracy_n: on 200 new sequences of lag n. Over four sequences that begin with the four symbols and go on with the same
    99 distractors: keep, the mean forget gate; write_first, write_last, the mean input gate at steps 1 and 100; apart_first,
    apart_last, the mean distance of the four c from their mean at these steps.
    """
    rng = np.random.default_rng(job.seed)
    model = starts.model("LSTM", "forget 4, input -4", rng)
    for _ in recall.training(model, 100, rng, steps=200):
        pass
    scores = {f"accuracy_{lag}": recall.accuracy(model, *recall.test_set(lag, np.random.default_rng([job.seed, 2]), 200))
              for lag in (10, 20, 40, 100, 1000)}
    x = np.repeat(recall.test_set(100, recall.test_rng(job.seed), B=1)[0], 4, axis=1)
    x[0] = np.eye(8)[:4]
    states, cache = rnnlib.forward(model.cell, x)
    write, keep, _, _ = np.split(cache.gates, 4, axis=-1)
    c = states[1:, 1]
    apart = np.linalg.norm(c - c.mean(axis=1, keepdims=True), axis=2).mean(axis=1)
    yield row(job, **scores, keep=float(keep.mean()), write_first=float(write[0].mean()), write_last=float(write[-1].mean()),
              apart_first=float(apart[0]), apart_last=float(apart[-1]))


def jobs(kind, *settings, seeds):
    """kind(*setting, seed) for each setting (a tuple) and each seed."""
    return lambda: [kind(*setting, seed=seed) for setting in settings or [()] for seed in seeds]


def blocks(settings, measure):
    """The Table of what evidence_11_12.py lists: twenty seeds of each of its settings."""
    kind = namedtuple("Job", [*next(iter(settings())), "seed"])

    def rows(job):
        *values, seed = job
        yield {**job._asdict(), **measure(dict(zip(kind._fields, values)), seed)}

    return Table(lambda: [kind(*setting.values(), seed) for setting in settings() for seed in SEEDS], rows, kind._fields)


# --- the tables ---------------------------------------------------------------------------------------------------------

class Table(NamedTuple):
    """A file of the folder."""

    jobs: callable          # () -> list of jobs, named tuples, the most important first
    rows: callable          # a job -> its rows, dicts from column to value
    names: tuple            # the columns that name a row, and sort the file; all but `steps` are fields of a job


MANY, HUNDRED = range(1000, 1200), range(1000, 1100)    # seeds of what is only drawn, not trained
GAINS = 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0
LOUD = (0.5, 0.1), (0.5, 10.0), (0.8, 0.1), (0.8, 0.3), (0.8, 3.0), (0.8, 10.0), (0.8, 30.0), (2.0, 20.0), (3.0, 30.0)

TABLES = {
    "spectrum": Table(jobs(Spectrum, (8,), (12,), (16,), (24,), (64,), (128,), (400,), seeds=MANY), spectrum_rows, ("H", "seed")),
    "fresh": Table(jobs(Fresh, ("zero",), ("drawn",), seeds=MANY), fresh_rows, ("bias", "seed")),
    "gains": Table(jobs(Gain, *((gain, 1.0) for gain in GAINS), *LOUD, seeds=HUNDRED), gain_rows,
                   ("gain", "input_scale", "seed")),
    "travel": Table(jobs(Travel, *((gain, 1.0) for gain in (0.5, 0.9, 1.0, 1.1, 1.2, 1.4, 1.5, 1.6, 2.0, 3.0, 4.0)),
                         (1.5, 20.0), seeds=HUNDRED), travel_rows, ("gain", "input_scale", "seed")),
    "padded": Table(jobs(Padded, seeds=MANY), padded_rows, ("seed",)),
    "gradient_map": Table(jobs(Map, (0.5, 1.0), (1.0, 1.0), (1.5, 1.0), (2.0, 1.0), (3.0, 1.0), (1.5, 5.0), seeds=HUNDRED),
                          map_rows, ("gain", "input_scale", "seed")),
    "highways": Table(jobs(Highway, (0.0,), (2.0,), (4.0,), seeds=MANY), highway_rows, ("gate_bias", "seed")),
    "scales": Table(jobs(Scales, seeds=MANY), scales_rows, ("seed",)),
    "cliff": Table(jobs(Cliff, seeds=HUNDRED), cliff_rows, ("seed",)),
    "counter": Table(jobs(Counter, (40,), (1,), (2,), (3,), (4,), seeds=SEEDS), counter_rows, ("k", "steps", "seed")),
    "truncation": Table(jobs(Truncation, seeds=SEEDS), truncation_rows, ("steps", "seed")),
    "recall": Table(recall_jobs, recall_rows, ("same_symbols", "cell", "start", "learning_rate", "lag", "steps", "seed")),
    "memory": Table(jobs(Memory, seeds=SEEDS), memory_rows, ("seed",)),
    "verdicts": Table(evidence_06_07.verdict_jobs, evidence_06_07.verdict_rows, ("kind", "seed")),
    "odds": Table(evidence_06_07.odds_jobs, evidence_06_07.odds_rows, ("kind", "seed")),
    "streams": Table(evidence_06_07.stream_jobs, evidence_06_07.stream_rows, ("seed",)),
    "bottleneck": Table(evidence_08_10.bottleneck_jobs, evidence_08_10.bottleneck_rows, ("H", "steps", "seed")),
    "captions": Table(evidence_08_10.caption_jobs, evidence_08_10.caption_rows,
                      ("kind", "order", "learning_rate", "steps", "seed")),
    "tunes": Table(evidence_08_10.tune_jobs, evidence_08_10.tune_rows, ("temperature", "top_k", "top_p", "seed")),
    "names": Table(evidence_08_10.name_jobs, evidence_08_10.name_rows, ("kind", "directions", "trained_on", "seed")),
    "widths": Table(evidence_rivals.width_jobs, evidence_rivals.width_rows, ("task", "width", "seed")),
    "rivals": Table(evidence_rivals.run_jobs, evidence_rivals.run_rows, ("task", "directions", "kind", "steps", "seed")),
    **{name: blocks(*table) for name, table in evidence_11_12.TABLES.items()},
}


def keys(table, job):
    """The names of the rows that a job makes: one, or one for each of its budgets."""
    fields = job._asdict()
    budgets = fields.pop("budgets", None) or [fields.get("steps")]
    return {tuple(str({**fields, "steps": steps}[name]) for name in table.names) for steps in budgets}


def key(table, row):
    return tuple(str(row[name]) for name in table.names)


def read(path):
    """The rows of a file as they stand there, or none."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def place(table, row):
    """Where a row stands in its file: by its names, numbers by their size and before words."""
    return [(1, text) if text[:1].isalpha() else (0, float(text)) for text in key(table, row)]


def write(path, table, rows):
    """The whole file anew, in one order, put in place at once: whoever reads it meanwhile sees a whole file."""
    new = path.with_suffix(".new")
    with new.open("w", newline="") as file:
        lines = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        lines.writeheader()
        lines.writerows(sorted(rows, key=lambda row: place(table, row)))
    new.replace(path)


def work(name_and_job):
    name, job = name_and_job
    return list(TABLES[name].rows(job))


def make(name, processes, anew):
    """Do what is missing of one table."""
    table, path = TABLES[name], evidence.FOLDER / f"{name}.csv"
    stored = {} if anew else {key(table, row): row for row in read(path)}
    jobs = table.jobs()
    wanted = {k for job in jobs for k in keys(table, job)}
    stored = {k: row for k, row in stored.items() if k in wanted}
    todo = [job for job in jobs if not keys(table, job) <= stored.keys()]
    start = written = time.monotonic()
    with Pool(processes) if processes > 1 else nullcontext() as pool:
        each = (pool.imap_unordered if pool else map)(work, [(name, job) for job in todo])
        for count, rows in enumerate(each, 1):
            stored.update({key(table, row): row for row in rows})
            if time.monotonic() - written > 5 or count == len(todo):
                write(path, table, list(stored.values()))
                written = time.monotonic()
                print(f"{name}: {count} of {len(todo)}, {written - start:.0f} s", flush=True)
    write(path, table, list(stored.values()))
    print(f"{name}: {len(stored)} rows")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"which of {', '.join(TABLES)} (default all)")
    parser.add_argument("--processes", type=int, default=1, help="how many runs at a time (default 1)")
    parser.add_argument("--anew", action="store_true", help="forget the stored runs first")
    arguments = parser.parse_args()
    strangers = [name for name in arguments.tables if name not in TABLES]
    if strangers:
        parser.error(f"no table is called {strangers[0]!r}; there are {', '.join(TABLES)}")
    for name in arguments.tables or TABLES:
        make(name, arguments.processes, arguments.anew)


if __name__ == "__main__":
    main()
