"""Cells drawn at random and walks without a seed's luck, for lessons 02 to 05: nothing is trained but two weights.

tools/evidence.py makes the tables of it.
"""

from typing import NamedTuple

import numpy as np

import rnnlib
from rnnlib.course.evidence import starts
from rnnlib.course.toydata import recall


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
