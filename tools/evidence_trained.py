"""Trained networks of lessons 03 to 05: runs of the recall task, counting with a gradient that is cut, what a gate has learned.

tools/evidence.py makes the tables of it.
"""

from typing import NamedTuple

import numpy as np
from evidence_drawn import row

import rnnlib
from rnnlib.course.evidence import starts
from rnnlib.course.toydata import recall

SEEDS = range(100, 120)             # not those the lessons train live, 0 to 9
SOLVED, CHECK_EVERY = 0.95, 25


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
        *(Recall(cell, "forget 4", 100) for cell in starts.EXITS),
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
