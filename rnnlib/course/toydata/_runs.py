"""What the tasks' training runs have in common: the menu of cells, a falling learning rate, weights on disk, a row of scores."""

from typing import NamedTuple

import numpy as np

from ... import GRUCell, LSTMCell, RNNCell, train
from ...training import Adam

CELL_TYPES = {"RNN": RNNCell, "LSTM": LSTMCell, "GRU": GRUCell}


class Row(NamedTuple):
    """One task's line in the table of scores, see tools/scores.py."""

    task: str
    baseline: float
    ceiling: float
    target: float
    reached: float              # mean over the runs
    spread: float               # largest less smallest


def row(task, baseline, ceiling, target, scores):
    """The Row of a task from the scores of its runs, one a seed."""
    return Row(task, float(baseline), float(ceiling), float(target), float(np.mean(scores)), float(np.ptp(scores)))


def cell(cell_name, D, H, rng):
    """A new cell by its name in a menu; ValueError where there is none."""
    if cell_name not in CELL_TYPES:
        raise ValueError(f"cell_name must be one of {', '.join(CELL_TYPES)}; it was {cell_name!r}")
    return CELL_TYPES[cell_name](D, H, rng)


def train_with_decay(model, batches, steps, learning_rate, clip=1.0):
    """`rnnlib.train` with Adam and a learning rate that falls in a line to zero: the last batches no longer shake the weights."""
    optimiser = Adam(learning_rate)
    for step in train(model, batches, optimiser, steps, clip=clip):
        yield step
        optimiser.learning_rate = learning_rate * max(1 - step[0] / steps, 1e-9)


def save(path, models):
    """Write the weights of several models, dict of name to model, as one .npz of float32."""
    np.savez_compressed(path, **{f"{name}/{key}": array.astype(np.float32)
                                 for name, model in models.items() for key, array in model.params.items()})


def fill(model, path, name):
    """Put the weights stored under `name` into a model of the same sizes, and return it."""
    with np.load(path, allow_pickle=False) as file:
        for key, array in model.params.items():
            array[...] = file[f"{name}/{key}"]
    return model
