"""A swing at its own pace, measured with noise: read T values, forecast the next K at once.

::

    s_t = sin(2 pi t / period + phase)          period uniform in 8 .. 20 steps, phase uniform, both new for each sequence
    x_t = s_t + 0.2 e_t                         e_t standard normal, new at every step

A sequence shows x_1 .. x_T (T = 30) and asks for x_{T+1} .. x_{T+K} (K = 8): "some steps after the end", for eight
choices of "some". The values asked for are measured with noise too, so no forecast has an error below the noise, 0.2 (`NOISE`).

Errors are root mean squares over all K values (`score`), smaller is better. `baseline` is the smallest error that any
linear rule with fixed weights can have, from the covariances of the generator; `ceiling` that of the best rule of any
kind, which weighs all periods and phases by how well they fit the T values (Bayes' rule on a grid). No two sequences are
alike, since noise, period and phase are drawn from a continuum; the test set is one fixed draw.
"""

import functools

import numpy as np

from ... import ManyToOne, Readout, squared_error
from .task import CELL_TYPES, Task, new_cell

T, K = 30, 8
SHORTEST, LONGEST = 8.0, 20.0               # periods, in steps
NOISE = 0.2

D, H = 1, 24
STEPS, LEARNING_RATE, BATCH = 400, 0.01, 64
TARGET = 0.30                               # an error: more than half of the way from baseline (0.399) down to ceiling (0.220)
SHIPPED = [("RNN", 0), ("RNN", 1), ("RNN", 2), ("GRU", 0), ("LSTM", 0)]        # (cell, seed)


def swing(period, phase, steps=T + K):
    """s_1 .. s_steps without noise: period and phase (B,) or numbers -> (steps, B) or (steps,)."""
    t = np.arange(1, steps + 1).reshape(-1, *[1] * np.ndim(period))
    return np.sin(2 * np.pi * t / period + phase)


def draw(n, rng, noise=NOISE):
    """n sequences: x (T, n, 1) and target (n, K), the K values measured after them."""
    measured = swing(rng.uniform(SHORTEST, LONGEST, n), rng.uniform(0, 2 * np.pi, n))
    measured = measured + noise * rng.normal(size=measured.shape)
    return measured[:T, :, None], measured[T:].T.copy()


def batches(rng, B=BATCH):
    """Fresh batches (x, target) without end."""
    while True:
        yield draw(B, rng)


def test_set(B=1000, rng=None):
    """B sequences (x, target); always the same ones without an rng."""
    return draw(B, np.random.default_rng(6) if rng is None else rng)


def error(forecast, target):
    """Root mean squared error of forecasts (B, K) at each number of steps ahead: (K,)."""
    return np.sqrt(((forecast - target) ** 2).mean(axis=0))


def covariances(shortest=SHORTEST, longest=LONGEST):
    """E[s_t s_{t+lag}] for lag = 0 .. T + K - 1, the mean over phases (cos(2 pi lag / period) / 2) and over periods."""
    periods = shortest + (longest - shortest) * (np.arange(2000) + 0.5) / 2000
    return 0.5 * np.cos(2 * np.pi * np.arange(T + K)[:, None] / periods).mean(axis=1)


def linear_error(shortest=SHORTEST, longest=LONGEST, noise=NOISE):
    """The error (K,) of the best linear rule on all T values, computed from the covariances; no data are drawn."""
    c, lag = covariances(shortest, longest), np.arange(T)
    between = c[np.abs(lag[:, None] - lag)] + noise ** 2 * np.eye(T)        # of x_1 .. x_T with one another
    ahead = c[T - 1 + np.arange(1, K + 1)[:, None] - lag]                   # (K, T), with what is asked for
    explained = (ahead * np.linalg.solve(between, ahead.T).T).sum(axis=1)
    return np.sqrt(c[0] + noise ** 2 - explained)


def persistence_error(noise=NOISE):
    """The error (K,) of forecasting the last value again: E[(s_{T+k} - s_T)^2], plus the noise of both."""
    c = covariances()
    return np.sqrt(2 * (c[0] - c[1:K + 1]) + 2 * noise ** 2)


def best_forecast(x, noise=NOISE):
    """The forecast (B, K) with the smallest expected error, given the generator but not period and phase.

    The mean of the future over periods and phases, each weighted by its likelihood given x (T, B, 1); a grid of
    160 periods by 64 phases.
    """
    periods = SHORTEST + (LONGEST - SHORTEST) * (np.arange(160) + 0.5) / 160
    periods, phases = (grid.ravel() for grid in np.meshgrid(periods, 2 * np.pi * np.arange(64) / 64))
    curves = swing(periods, phases)                                         # (T + K, grid)
    past, future = curves[:T], curves[T:]
    forecasts = []
    for part in np.array_split(x[:, :, 0], -(-x.shape[1] // 100), axis=1):          # 100 at a time: less memory
        fit = (part.T @ past - 0.5 * (past ** 2).sum(axis=0)) / noise ** 2          # log likelihood up to a constant
        weight = np.exp(fit - fit.max(axis=1, keepdims=True))
        forecasts.append(weight @ future.T / weight.sum(axis=1, keepdims=True))
    return np.concatenate(forecasts)


def baseline():
    """The error of the best linear rule over all K values."""
    return float(np.sqrt((linear_error() ** 2).mean()))


@functools.cache
def ceiling():
    """The error of the best rule of any kind over all K values, on the test set."""
    x, target = test_set()
    return float(np.sqrt((error(best_forecast(x), target) ** 2).mean()))


def model(cell_name, rng):
    """A ManyToOne of H = 24 that reads one number per step and gives K at the end; cell_name is "RNN", "LSTM" or "GRU"."""
    return ManyToOne(new_cell(cell_name, D, H, rng), Readout(H, K, rng, loss=squared_error))


def score(model, batch=None):
    """Root mean squared error over all K values of a batch (x, target), by default the test set. Smaller is better."""
    x, target = test_set() if batch is None else batch
    return float(np.sqrt(((model.predict(x) - target) ** 2).mean()))


TASK = Task(name=__name__, title="forecast (error)", lesson=6, kinds=CELL_TYPES, default="RNN", model=model,
            batches=batches, test_set=test_set, score=score, baseline=baseline, ceiling=ceiling, target=TARGET,
            steps=STEPS, learning_rate=LEARNING_RATE, window=24, shipped=SHIPPED)
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
