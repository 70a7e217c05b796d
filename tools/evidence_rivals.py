"""The runs behind the comparisons of lessons 06 to 10: every task by each cell and by a feedforward network on a window.

tools/evidence.py makes the tables of it, "widths", "rivals" and "controls".
"""

import copy
import functools
from typing import NamedTuple

import numpy as np

from rnnlib import Embedding, ManyToOne, Readout
from rnnlib.course.toydata import tasks
from rnnlib.course.toydata.task import held_out, new_cell
from rnnlib.course.toydata.window import rival

SEEDS = range(100, 110)             # not those the lessons train live, 0 to 9
TASKS = {task.name: task for task in tasks() if task.window is not None}
LONGER = ("sentiment", "topics", "part_of_speech", "moving_dot", "forecasting", "run_summaries", "made_names")
WIDTHS = {6: (1, 2, 4, 8, 12, 16, 24), 7: (1, 2, 4, 8, 16, 32), 8: (1, 2, 4, 8), 9: (1, 2, 4, 8, 12), 10: (1, 2, 4, 8)}
AXES = {6: (1, 0, 0), 7: (1, 1, 0), 8: (1, 1, 0), 9: (0, 1), 10: (1, 1, 0)}     # of B, in what a batch holds, by lesson
VALIDATION_BATCHES = 40


def part(task, rng, validation):
    """The batches of a task with one of their two parts: one sequence in five, by checksum, is for validation."""
    axes = AXES[task.lesson]
    for batch in task.batches(rng):
        told = batch[1] if task.lesson == 9 else batch[0]           # a picture is in the part that its caption is in
        chosen = [held_out(b"validation" + np.ascontiguousarray(sequence).tobytes()) for sequence in np.moveaxis(told, 1, 0)]
        columns = np.flatnonzero(np.equal(chosen, validation))
        if len(columns):
            yield tuple(np.take(array, columns, axis) for array, axis in zip(batch, axes))


class Width(NamedTuple):
    """A window of one width, trained without the validation part."""

    task: str
    width: int                      # for lesson 8: of the tokens written; all of the input is seen
    seed: int


def width_jobs():
    """Five seeds of each width, as wide as the sequences at most."""
    return [Width(task.name, width, seed) for task in TASKS.values() for width in WIDTHS[task.lesson] for seed in SEEDS[:5]
            if not width > longest(task)]


@functools.cache
def longest(task):
    """How long the sequences are that a window slides over, in a hundred batches."""
    batches, which = task.batches(np.random.default_rng(0)), 1 if task.lesson in (8, 9) else 0
    return max(len(next(batches)[which]) for _ in range(100))


@functools.cache
def validation_set(task):
    """Batches (padded to lengths of their own) of the validation part; always the same."""
    batches = part(task, np.random.default_rng(5), True)
    return [next(batches) for _ in range(VALIDATION_BATCHES)]


def width_rows(job):
    """loss: the mean over the validation part, as in training (nats; squared error for the forecast)."""
    task, rng = TASKS[job.task], np.random.default_rng(job.seed)
    width = (task.window[0], job.width) if task.lesson == 8 else job.width
    gated = task.model("GRU" if "GRU" in task.kinds else task.default, np.random.default_rng(0))
    model = rival(gated, width, rng)
    for _ in task.training(model, part(task, rng, False)):
        pass
    loss = np.mean([model.loss_and_gradients(batch)[0] for batch in validation_set(task)])
    yield {**job._asdict(), "loss": f"{loss:.5f}"}


class Run(NamedTuple):
    """A model of a task, trained from scratch in its lesson's way."""

    task: str
    kind: str
    steps: int
    directions: int                 # 2 for lesson 10's models that read both ways
    seed: int


def run_jobs():
    """Ten seeds of each kind: with the lesson's own steps, and, of what is not dear, with four times as many."""
    def blocks(names, times, kinds=None):
        for task in map(TASKS.get, names):
            for kind in kinds or ("window", *(() if task.name == "digit_strings" else task.kinds)):     # "bottleneck" has those
                for directions in ((1, 2) if task.lesson == 10 else (1,)):
                    for seed in SEEDS:
                        yield Run(task.name, str(kind), times * task.steps, directions, seed)

    return [*blocks(TASKS, 1), *blocks(LONGER, 4), *blocks(["part_of_speech"], 1, [SMALL_WINDOW]),
            *blocks(["part_of_speech"], 4, [SMALL_WINDOW]), *blocks(["motion"], 4, ["window", "RNN"])]


def run_rows(job):
    """parameters: how many numbers were trained; score: the task's own, on its test set."""
    task, options = TASKS[job.task], {"directions": job.directions} if "directions" in TASKS[job.task].options else {}
    if job.kind == SMALL_WINDOW:
        row, = control_rows(Control(job.task, job.kind, job.steps, job.seed))
        yield {**job._asdict(), **row}
        return
    kind = next(kind for kind in ("window", *task.kinds) if str(kind) == job.kind)
    model = task.trained(kind, job.seed, steps=job.steps, **options)
    yield {**job._asdict(), "parameters": numbers(model), "score": f"{task.score(model):.4f}"}


# --- controls: what is size, and what is the learning rate, in lesson 06 ------------------------------------------------

class Control(NamedTuple):
    """A network of lesson 06 that differs from one of the rivals in a single respect."""

    task: str
    kind: str                       # the network and that respect
    steps: int
    seed: int


SMALL_WINDOW, LARGE_RNN, QUICK = "window, small", "RNN, large", ", rate 0.03"        # as small as the RNN, as large as the GRU
WHOLE_WINDOW = "window, all 30"                                                     # of the forecast's values
CONTROLS = (("sentiment", LARGE_RNN, 1), ("sentiment", SMALL_WINDOW, 4), ("sentiment", "window" + QUICK, 1),
            ("sentiment", "RNN" + QUICK, 1), ("forecasting", SMALL_WINDOW, 4), ("forecasting", WHOLE_WINDOW, 4))


def control_jobs():
    """Twenty seeds of each."""
    return [Control(name, kind, times * TASKS[name].steps, seed) for name, kind, times in CONTROLS for seed in range(100, 120)]


def control_rows(job):
    """As run_rows."""
    task, rng = copy.copy(TASKS[job.task]), np.random.default_rng(job.seed)
    fresh = {kind: task.model(kind, np.random.default_rng(0)) for kind in ("RNN", "GRU")}
    if job.kind.endswith(QUICK):
        task.learning_rate = 0.03
        model = task.new(job.kind.removesuffix(QUICK), rng)
    elif job.kind == LARGE_RNN:
        model = as_large(fresh["RNN"], numbers(fresh["GRU"]), rng)
    elif job.kind == WHOLE_WINDOW:
        model = rival(fresh["GRU"], longest(task), rng)
    else:
        model = rival(fresh["RNN"], task.window, rng)
    for _ in task.training(model, task.batches(rng), job.steps):
        pass
    yield {**job._asdict(), "parameters": numbers(model), "score": f"{task.score(model):.4f}"}


def as_large(model, size, rng):
    """An RNN for the same task as `model`, with at most size parameters and no room for another unit."""
    V, D = model.embedding.params["W_e"].shape

    def new(H):
        return ManyToOne(new_cell("RNN", D, H, rng), Readout(H, model.readout.output_size, rng), Embedding(V, D, rng))

    state, H = rng.bit_generator.state, 1
    while numbers(new(H + 1)) <= size:
        H += 1
    rng.bit_generator.state = state                         # the sizes that were tried leave no trace
    return new(H)


def numbers(model):
    return sum(array.size for array in model.params.values())
