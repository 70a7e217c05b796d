"""The recall task: one of four symbols comes first, then distractors; at the end the first symbol must be named.

A sequence of T steps, D = 8 one-hot inputs: step 1 shows one of the symbols 0..3, each of the other T - 1 steps one of the
symbols 4..7. Nothing after step 1 says anything about the answer, so whatever scores above chance has carried the first
symbol through all the others: T is the lag. With same_symbols=True the distractors are drawn from 0..3 too, and only its
place tells which symbol has to be kept.

A run is `STEPS` steps of Adam at `LEARNING_RATE`, gradients clipped at norm `CLIP`, batches of 32 fresh sequences::

    rng = np.random.default_rng(seed)
    model = recall.model("LSTM", rng, forget_bias=4, input_bias=-4)
    for step, loss, norm in recall.training(model, T, rng): ...
    recall.accuracy(model, *recall.test_set(T, recall.test_rng(seed)))

`stored` gives the results of such runs for many cells, lags and seeds; tools/sweep_recall.py makes them anew. `TASK` is the
task at a lag of LAG, with a score of its own as every task has one.
"""

import csv
from pathlib import Path

import numpy as np

from ... import ManyToOne, Readout
from .task import CELL_TYPES, Task, new_cell

K, D, H = 4, 8, 24
CHANCE = 1 / K
STEPS, LEARNING_RATE, CLIP = 500, 0.01, 1.0
LAG, TARGET = 20, 0.95

# (cell, label, biases): what the stored sweep compares
SETTINGS = [
    ("RNN", "default", {}),
    ("LSTM", "default", {}),
    ("LSTM", "forget 4", {"forget_bias": 4}),
    ("LSTM", "forget 6", {"forget_bias": 6}),
    ("LSTM", "forget 4, input -4", {"forget_bias": 4, "input_bias": -4}),
    ("GRU", "default", {}),
    ("GRU", "update 4", {"update_bias": 4}),
]
LAGS = (10, 20, 40, 60, 80, 100)
# where the distractors are drawn from the same symbols, only cells with open gates are worth a try
SAME_SYMBOLS_LABELS = ("forget 4, input -4", "update 4")
SAME_SYMBOLS_LAGS = (20, 40, 100)

SWEEP = Path(__file__).with_name("recall_sweep.csv")
FIELDS = ("cell", "label", "same_symbols", "lag", "seed", "accuracy", "steps", "solved")


def test_set(T, rng, B=500, same_symbols=False):
    """B sequences of length T and their first symbols.

    Parameters
    ----------
    T : int
        Steps, At least 1; the answer is given after step T.
    rng : numpy.random.Generator
    B : int
    same_symbols : bool
        Whether the distractors are drawn from the four symbols that may come first, instead of the other four.

    Returns
    -------
    x : ndarray (T, B, 8)
        One-hot floats.
    target : ndarray of int (B,)
        The first symbol, 0..3.
    """
    low = 0 if same_symbols else K
    symbols = rng.integers(low, low + K, (T, B))
    symbols[0] = rng.integers(0, K, B)
    return np.eye(D)[symbols], symbols[0]


def batches(T, rng, B=32, same_symbols=False):
    """Fresh batches (x (T, B, 8), target (B,)) without end, each drawn as in `test_set`."""
    while True:
        yield test_set(T, rng, B, same_symbols)


def test_rng(seed):
    """The generator of a seed's test set; its own, so that scoring changes nothing in the training."""
    return np.random.default_rng([seed, 1])


def model(cell_name, rng, **biases):
    """A rnnlib.ManyToOne with H = 24 of the named cell, all weights and biases uniform in +-1/sqrt(H).

    cell_name is "RNN", "LSTM" or "GRU"; biases are the cell's own: forget_bias, input_bias, update_bias.
    """
    return ManyToOne(new_cell(cell_name, D, H, rng, **biases), Readout(H, K, rng))


def training(model, T, rng, steps=STEPS, same_symbols=False):
    """One run as a generator of (step, loss, gradient norm), see `rnnlib.train`; `model` is changed in place."""
    return TASK.training(model, batches(T, rng, same_symbols=same_symbols), steps)


def accuracy(model, x, target):
    """The share of sequences whose first symbol is named, 0 to 1; guessing gives `CHANCE`."""
    named = [model.predict(x[:, b:b + 100]).argmax(axis=1) for b in range(0, len(target), 100)]    # all at once: too much memory
    return float((np.concatenate(named) == target).mean())


def stored():
    """The shipped sweep, a list of dicts, one per run.

    Each has cell ("RNN", "LSTM", "GRU"), label ("default", "forget 4", "forget 6", "forget 4, input -4", "update 4"),
    same_symbols (bool), lag (int, the T of the sequences), seed (int), accuracy (float, on 500 new sequences), steps (int,
    of training) and solved (int or None: the first of the steps 25, 50, 75 ... after which accuracy was at least 0.95).
    """
    with SWEEP.open(newline="") as file:
        return [{"cell": row["cell"], "label": row["label"], "same_symbols": row["same_symbols"] == "True",
                 "lag": int(row["lag"]), "seed": int(row["seed"]), "accuracy": float(row["accuracy"]),
                 "steps": int(row["steps"]), "solved": int(row["solved"]) if row["solved"] else None}
                for row in csv.DictReader(file)]


def score(model, batch=None):
    """The accuracy on a batch (x, target), by default on the test set at a lag of LAG."""
    return accuracy(model, *(TASK.test_set() if batch is None else batch))


TASK = Task(name=__name__, title=f"recall at lag {LAG}", lesson=4, kinds=CELL_TYPES, model=model,
            batches=lambda rng: batches(LAG, rng), test_set=lambda: test_set(LAG, test_rng(0)), score=score,
            steps=STEPS, learning_rate=LEARNING_RATE, clip=CLIP, decay=False,
            baseline=lambda: CHANCE, ceiling=lambda: 1.0, target=TARGET)
