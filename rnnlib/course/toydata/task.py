"""What all tasks have in common: how their models are trained, kept, loaded and scored."""

import functools
import sys
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ... import GRUCell, LSTMCell, RNNCell, train
from ...training import Adam
from .window import rival

CELL_TYPES = {"RNN": RNNCell, "LSTM": LSTMCell, "GRU": GRUCell}


class Row(NamedTuple):
    """A task's line in the table of scores."""

    task: str
    baseline: float
    ceiling: float
    target: float
    reached: float              # mean over the runs
    spread: float               # largest minus smallest


@dataclass(kw_only=True, eq=False)
class Task:
    """What a task has; its methods are what follows from that, the same for all tasks.

    The *kind* of a model is the first thing that `model` asks for: the name of a cell as a rule, or a size, or the name
    of a rival without a cell. *Options* are what it takes after the rng, such as layers=2. A kind, a seed, a number of
    steps and options make a run: repeated, it gives the same weights.

    Parameters
    ----------
    name : str
        The __name__ of the task's module; without its packages it is the name of the task.
    title : str
        The name in the table of scores.
    lesson : int
        The first lesson that uses it.
    kinds : iterable
        The menu: the kinds of model that a lesson offers.
    model : function (kind, rng, **options) -> model
        An untrained model, see `rnnlib.train`. Raises ValueError or TypeError for a kind it does not know.
    batches : function (rng) -> iterator
        Batches of the training part without end.
    test_set : function () -> batch
        The same batch at every call, of sequences that are never trained on.
    score : function (model, batch) -> float
        How good a model is on a batch; on the test set where no batch is given.
    steps : int
    learning_rate : float
        Of Adam; it falls in a straight line to zero where decay is true, so that the last batches no longer move much.
    clip : float
        The largest norm of all gradients together.
    decay : bool
    baseline, ceiling : function () -> float
        The score of an honest simple rule, and the best score possible.
    target : float or function () -> float, optional
        The score that a trained model must reach. A task without a target is an experiment and has no row of scores.
    validation_set : function () -> batch, optional
        Like `test_set`, for choosing between settings: then the test set is looked at only once.
    default : optional
        The kind that stands for the task where none is named; "GRU" without it.
    options : dict, optional
        The options that `model` knows, each with its default.
    shipped : list of (kind, seed), or dict of str to (kind, seed, options), optional
        The runs whose weights ship with the lessons; the names in the file are kind/seed, or the keys of the dict. An
        option "steps" tells that a run is shorter or longer than usual.
    dtype : type, optional
        Of the numbers in the file.
    window : int or (int, int), optional
        The width of the rival without recurrence, see `window.rival`; the kind "window" is that rival. It was chosen with
        a validation set (tools/evidence.py, table "widths").

    Attributes
    ----------
    weights : Path
        The file of the shipped weights, next to the module and named like it.
    """

    name: str
    title: str
    lesson: int
    kinds: Iterable
    model: Callable
    batches: Callable
    test_set: Callable
    score: Callable
    steps: int
    learning_rate: float
    clip: float = 1.0
    decay: bool = True
    baseline: Callable
    ceiling: Callable
    target: float | Callable | None = None
    validation_set: Callable | None = None
    default: object = "GRU"
    options: dict = field(default_factory=dict)
    shipped: Iterable = ()
    dtype: type = np.float32
    window: int | tuple | None = None

    def __post_init__(self):
        self.weights = Path(sys.modules[self.name].__file__).with_suffix(".npz")
        self.name = self.name.rpartition(".")[2]
        self.baseline, self.ceiling = functools.cache(self.baseline), functools.cache(self.ceiling)
        named = self.shipped if isinstance(self.shipped, dict) else {f"{kind}/{seed}": (kind, seed, {})
                                                                    for kind, seed in self.shipped}
        self.shipped = {key: self._run(kind, seed, options) for key, (kind, seed, options) in named.items()}

    def _run(self, kind, seed, options):
        """(kind, seed, options) with all that was left out filled in."""
        return self.default if kind is None else kind, seed, {"steps": self.steps, **self.options, **options}

    def new(self, kind, rng, **options):
        """An untrained model of a kind; "window" is a feedforward network as large as the GRU (see `window.rival`)."""
        if kind != "window" or self.window is None:
            return self.model(kind, rng, **options)
        gated = "GRU" if "GRU" in self.kinds else self.default
        return rival(self.model(gated, np.random.default_rng(0), **options), self.window, rng)

    def training(self, model, batches, steps=None):
        """Train `model` in place: a generator of (step, loss, gradient norm), see `rnnlib.train`."""
        steps, optimiser = self.steps if steps is None else steps, Adam(self.learning_rate)
        for step in train(model, batches, optimiser, steps, clip=self.clip):
            yield step
            if self.decay:
                optimiser.learning_rate = self.learning_rate * max(1 - step[0] / steps, 1e-9)

    def trained(self, kind=None, seed=0, **options):
        """A model trained from scratch. The seed decides its first weights and its batches; steps may be among the options."""
        kind, seed, options = self._run(kind, seed, options)
        steps, rng = options.pop("steps"), np.random.default_rng(seed)
        model = self.new(kind, rng, **options)
        for _ in self.training(model, self.batches(rng), steps):
            pass
        return model

    def load_model(self, kind=None, seed=0, **options):
        """A model with its shipped weights. Raises ValueError, listing what there is, where a run does not ship."""
        kind, seed, options = run = self._run(kind, seed, options)
        key = next((key for key, shipped in self.shipped.items() if shipped == run), None)
        if key is None:
            raise ValueError(f"the shipped weights of {self.name} must be one of {', '.join(self.shipped) or 'none'}; "
                             f"asked for were kind {kind!r}, seed {seed!r}, {options}")
        model = self.model(kind, np.random.default_rng(0), **{name: options[name] for name in self.options})
        with np.load(self.weights, allow_pickle=False) as file:
            for name, array in model.params.items():
                array[...] = file[f"{key}/{name}"]
        return model

    def make_weights(self):
        """Train every run of `shipped` and replace the file of weights; when interrupted, the old file stays whole."""
        models = {key: self.trained(kind, seed, **options) for key, (kind, seed, options) in self.shipped.items()}
        new = self.weights.with_name(f"new_{self.weights.name}")
        try:
            np.savez_compressed(new, **{f"{key}/{name}": array.astype(self.dtype)
                                        for key, model in models.items() for name, array in model.params.items()})
            new.replace(self.weights)
        finally:
            new.unlink(missing_ok=True)

    def goal(self):
        """The target as a number."""
        return float(self.target() if callable(self.target) else self.target)

    def reaches(self, score):
        """Whether a score is as good as the target; where the ceiling lies below the baseline, less is better."""
        return score >= self.goal() if self.ceiling() > self.baseline() else score <= self.goal()

    def row(self, seeds=(0, 1, 2)):
        """The task's Row of scores: its default kind, trained from scratch with each seed."""
        scores = [self.score(self.trained(seed=seed)) for seed in seeds]
        return Row(f"{self.title} ({self.lesson:02d})", float(self.baseline()), float(self.ceiling()), self.goal(),
                   float(np.mean(scores)), float(np.ptp(scores)))


def new_cell(cell_name, D, H, rng, **biases):
    """An untrained cell by its name in `CELL_TYPES`. Raises ValueError where there is none of that name."""
    if cell_name not in CELL_TYPES:
        raise ValueError(f"cell_name must be one of {', '.join(CELL_TYPES)}; it was {cell_name!r}")
    return CELL_TYPES[cell_name](D, H, rng, **biases)


def held_out(content):
    """Whether a sequence, given as bytes, belongs to the test part: one in five does, by its checksum alone.

    With b"validation" put before the bytes, another one in five is chosen, independently of the first.
    """
    return zlib.crc32(content) % 5 == 0


def pick(cumulated, n, rng):
    """n indices, each drawn by its probability: (n,) of int; cumulated are the sums of the probabilities so far."""
    return np.searchsorted(cumulated, rng.random(n) * cumulated[-1], side="right")


def halfway(baseline, ceiling, share=0.0):
    """A target as a function: half of the gap from baseline() to ceiling(), and at least a share of the ceiling."""
    return lambda: max(share * ceiling(), (baseline() + ceiling()) / 2)


def padded(rows, closed=False):
    """Rows of tokens, unequally long, as the columns of one array (T, B) of int, with 0 after the end of each.

    With closed=True, T is one more than the longest row, so that every column ends with at least one 0, the token END.
    """
    tokens = np.zeros((max(map(len, rows)) + closed, len(rows)), dtype=int)
    for b, row in enumerate(rows):
        tokens[:len(row), b] = row
    return tokens


def up_to_end(tokens):
    """The columns of tokens (T, B) of int, each up to its first END = 0: a list of B arrays."""
    lengths = np.cumprod(tokens != 0, axis=0).sum(axis=0)
    return [column[:n] for column, n in zip(tokens.T, lengths)]
