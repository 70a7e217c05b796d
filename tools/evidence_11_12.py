"""The runs behind lessons 11 and 12. tools/evidence.py makes the tables of it, lesson11_* and lesson12_*.

Jobs come in blocks of twenty seeds, the most important block first. Tables, and what a row holds after its settings (every
accuracy is on held-out or fresh sequences):

digits       exact match of strings of 4, 8, 9 and 10 digits; trained on 1 to 8 digits with lesson 08's budget; own, other: the
             share of 8-digit strings that are still written (or the other string is) from another string's context
dates        exact match of 600 held-out dates; own, other as above
morse        exact match of 600 messages with held-out keys; own, other as above
reversal     share of digits right in reversed strings of 8
gradients    untrained: the norm of the gradient of the first written token's loss at the encoder's first and last state,
             a mean over 16 strings
recall       the share of 500 sequences whose first symbol is named
memory       recall at lag 100 by a Diagonal whose units all begin with one memory tau
counting     the share of 500 sequences whose last count is right, at T = 20, 40, 100, 400; trained at T = 20
beats        the share of sequences whose beat is named, at distances held out and at those trained on, in fresh noise; the
             angle in degrees of the rotating unit on which the answer hangs most
"""

import itertools

import numpy as np

import rnnlib
from rnnlib.course.toydata import beats, counting, dates, digit_strings, morse, recall
from rnnlib.course.toydata.task import new_cell


def run(model, batches, steps, learning_rate):
    """Train with Adam and clipping at norm 1."""
    for _ in rnnlib.train(model, batches, rnnlib.Adam(learning_rate), steps, clip=1.0):
        pass
    return model


def train_as(task, model, rng, steps):
    """Train with the budget of a task, but for the number of steps."""
    for _ in task.TASK.training(model, task.batches(rng), steps):
        pass
    return model


def exact(written, target):
    """Which columns of what was written are the target up to its end, bool (B,)."""
    found = np.full_like(target, -1)
    found[:len(written)] = written
    return (found == target).all(axis=0)


def swapped(model, batch):
    """Write with the context of the next sequence in the batch: the shares that are the own target, and the other's."""
    x, target, lengths = batch
    step, context = model.writing(x, lengths)
    other = np.roll(np.arange(len(lengths)), 1)
    differ = (target != target[:, other]).any(axis=0)
    written = rnnlib.greedy(step, context[..., other, :], model.writer.start, model.writer.end, len(target))
    return {"own": share(exact(written, target)[differ]), "other": share(exact(written, target[:, other])[differ])}


def share(right):
    return f"{np.mean(right):.4f}"


# --- lesson 11 ----------------------------------------------------------------------------------------------------------

def digits_jobs():
    for cell, H in (("GRU", 16), ("GRU", 64), ("GRU", 32), ("RNN", 16)):
        for attention in (True, False):
            yield {"cell": cell, "H": H, "attention": attention, "steps": 1000}
    yield {"cell": "GRU", "H": 16, "attention": True, "steps": 5000}


def digits(job, seed):
    d, H, rng = digit_strings, job["H"], np.random.default_rng(seed)
    cells = new_cell(job["cell"], d.D, H, rng), new_cell(job["cell"], d.K, H, rng)
    readout, embedding = rnnlib.Readout(2 * H if job["attention"] else H, d.K, rng), rnnlib.Embedding(10, d.D, rng)
    attention = rnnlib.Attention(H, rng) if job["attention"] else None
    model = rnnlib.EncoderDecoder(*cells, readout, embedding, start=d.START, end=d.END, attention=attention)
    train_as(d, model, rng, job["steps"])
    row = {f"n{n}": share(d.right(model, n).all(axis=0)) for n in (4, 8, 9, 10)}
    return row | swapped(model, d.test_set(8))


def dates_jobs():
    for attention in (True, False):
        yield {"cell": "GRU", "H": 32, "attention": attention, "steps": 1000}


def dates_row(job, seed):
    rng = np.random.default_rng(seed)
    model = dates.model(job["cell"], rng, job["attention"], job["H"])
    train_as(dates, model, rng, job["steps"])
    return {"exact": share(dates.exact(model.predict(*dates.test_set()[::2], dates.LENGTH + 1), dates.test_set()[1])),
            **swapped(model, dates.test_set())}


def morse_jobs():
    yield {"cell": "GRU", "H": morse.H, "attention": True, "steps": morse.STEPS}


def morse_row(job, seed):
    rng, H = np.random.default_rng(seed), job["H"]
    cells = new_cell("GRU", 1, H, rng), new_cell("GRU", morse.K, H, rng)
    readout = rnnlib.Readout(2 * H if job["attention"] else H, morse.K, rng)
    model = rnnlib.EncoderDecoder(*cells, readout, start=morse.START, end=morse.END,
                                  attention=rnnlib.Attention(H, rng) if job["attention"] else None)
    train_as(morse, model, rng, job["steps"])
    return {"exact": f"{morse.score(model):.4f}", **swapped(model, morse.test_set())}


def reversal_jobs():
    for reader in ("positions", "no positions", "causal", "both directions"):
        yield {"reader": reader, "steps": 500}
    for reader in ("no positions", "causal"):
        yield {"reader": reader, "steps": 2500}


def strings(rng, B=64, n=8):
    """Strings of n digits and the same from the end: tokens (n, B), target (n, B)."""
    while True:
        words = rng.integers(10, size=(n, B))
        yield words, words[::-1].copy()


def reversal(job, seed):
    rng, D = np.random.default_rng(seed), 16
    if job["reader"] == "both directions":
        reader = rnnlib.Bidirectional(rnnlib.GRUCell(D, D // 2, rng), rnnlib.GRUCell(D, D // 2, rng))
    else:
        reader = rnnlib.SelfAttention(D, 16, rng, causal=job["reader"] == "causal", ordered=job["reader"] != "no positions")
    model = rnnlib.ManyToMany(reader, rnnlib.Readout(reader.hidden_size, 10, rng), rnnlib.Embedding(10, D, rng))
    run(model, strings(rng), job["steps"], 0.01)
    words, target = next(strings(np.random.default_rng([seed, 1]), 1000))
    return {"right": share(model.predict(words).argmax(axis=-1) == target)}


def gradients_jobs():
    for S, cell, attention in itertools.product((50, 10, 100, 200, 400), ("RNN", "GRU", "LSTM"), (False, True)):
        yield {"cell": cell, "H": 32, "attention": attention, "S": S}


def gradients(job, seed):
    rng, H, B = np.random.default_rng(seed), job["H"], 16
    cells = new_cell(job["cell"], 8, H, rng), new_cell(job["cell"], 12, H, rng)
    readout = rnnlib.Readout(2 * H if job["attention"] else H, 12, rng)
    model = rnnlib.EncoderDecoder(*cells, readout, rnnlib.Embedding(10, 8, rng),
                                  attention=rnnlib.Attention(H, rng) if job["attention"] else None)
    words, target = rng.integers(10, size=(job["S"], B)), rng.integers(2, 12, size=(1, B))
    encoder = cells[0]
    states, cache = rnnlib.forward(encoder, model.reader.embedding.forward(words))
    h = encoder.hidden(states)[1:]
    _, _, d_context, dh = model.writer.loss_and_gradients(target, states[-1], (h, None))
    norms = B * rnnlib.bptt(encoder, np.zeros_like(h) if dh is None else dh, cache, d_context).norms    # of one string's loss
    return {"first": f"{norms[1].mean():.3e}", "last": f"{norms[-1].mean():.3e}"}


# --- lesson 12 ----------------------------------------------------------------------------------------------------------

KINDS = {
    "diagonal .5 to .9": lambda T, D, H, rng: rnnlib.Diagonal(D, H, rng, 0.5, 0.9),
    "diagonal .9 to .999": lambda T, D, H, rng: rnnlib.Diagonal(D, H, rng),
    "diagonal .99 to .9999": lambda T, D, H, rng: rnnlib.Diagonal(D, H, rng, 0.99, 0.9999),
    "minGRU default": lambda T, D, H, rng: rnnlib.MinGRU(D, H, rng),
    "minGRU keep 4": lambda T, D, H, rng: rnnlib.MinGRU(D, H, rng, 4),
    "minGRU keep ln T": lambda T, D, H, rng: rnnlib.MinGRU(D, H, rng, np.log(T)),
    "minGRU twice, keep 4": lambda T, D, H, rng: rnnlib.Stack(rnnlib.MinGRU(D, H, rng, 4), rnnlib.MinGRU(H, H, rng, 4)),
}


def recall_jobs():
    def jobs(kinds, lags, same=False, steps=500):
        return [{"kind": kind, "same_symbols": same, "lag": lag, "steps": steps} for lag in lags for kind in kinds]

    yield from jobs(("diagonal .9 to .999", "minGRU keep 4", "minGRU keep ln T", "minGRU default", "diagonal .5 to .9",
                     "diagonal .99 to .9999"), (100,))
    yield from jobs(("diagonal .9 to .999", "minGRU keep 4"), (20,))
    yield from jobs(("diagonal .9 to .999", "minGRU keep ln T"), (400,))
    yield from jobs(("minGRU keep 4", "minGRU twice, keep 4"), (20,), same=True)
    yield from jobs(("minGRU keep 4",), (20,), same=True, steps=2500)


def recall_row(job, seed):
    rng, T, same = np.random.default_rng(seed), job["lag"], job["same_symbols"]
    layer = KINDS[job["kind"]](T, recall.D, recall.H, rng)
    model = rnnlib.ManyToOne(layer, rnnlib.Readout(recall.H, recall.K, rng))
    run(model, recall.batches(T, rng, same_symbols=same), job["steps"], recall.LEARNING_RATE)
    return {"accuracy": f"{recall.accuracy(model, *recall.test_set(T, recall.test_rng(seed), same_symbols=same)):.3f}"}


def memory_jobs():
    for tau in (10, 12.5, 15, 20, 25, 33, 50, 100):
        yield {"tau": tau, "lag": 100, "steps": 500}
    for tau in (10, 12.5, 15, 20):          # longer ones are learned in 500 steps
        yield {"tau": tau, "lag": 100, "steps": 2500}


def memory(job, seed):
    rng, T, factor = np.random.default_rng(seed), job["lag"], 1 - 1 / job["tau"]
    layer = rnnlib.Diagonal(recall.D, recall.H, rng, factor, factor)
    model = rnnlib.ManyToOne(layer, rnnlib.Readout(recall.H, recall.K, rng))
    run(model, recall.batches(T, rng), job["steps"], recall.LEARNING_RATE)
    tau = 1 / (1 - layer.factor)
    return {"accuracy": f"{recall.accuracy(model, *recall.test_set(T, recall.test_rng(seed))):.3f}",
            "tau_median": f"{np.median(tau):.1f}", "tau_longest": f"{tau.max():.1f}"}


COUNT_CELLS, COUNT_LINEAR = ("RNN", "GRU", "LSTM"), ("diagonal", "minGRU", "minGRU twice", "signed minGRU", "rotating")


def counting_jobs():
    for modulus in (2, 3):
        for kind in (*COUNT_CELLS, *COUNT_LINEAR):
            yield {"kind": kind, "modulus": modulus, "steps": 1000}
    for kind in ("minGRU twice", "signed minGRU"):      # the others cannot, whatever the steps: see the lesson
        yield {"kind": kind, "modulus": 2, "steps": 5000}


def counting_row(job, seed):
    rng, modulus = np.random.default_rng(seed), job["modulus"]
    model = counting.model(job["kind"], rng, modulus)
    run(model, counting.batches(rng, modulus), job["steps"], counting.LEARNING_RATE)
    return {f"T{T}": share(model_right(model, T, modulus, seed)) for T in (20, 40, 100, 400)}


def model_right(model, T, modulus, seed):
    x, counts = counting.test_set(T, 500, np.random.default_rng([seed, T]), modulus)
    return model.predict(x)[-1].argmax(axis=1) == counts[-1]


def beats_jobs():
    for kind in ("rotating", "diagonal", "minGRU"):
        yield {"kind": kind, "T": 60, "steps": 500}
    for kind in ("diagonal", "minGRU"):
        yield {"kind": kind, "T": 60, "steps": 2500}


def beats_row(job, seed):
    rng, T = np.random.default_rng(seed), job["T"]
    model = beats.model(job["kind"], rng)
    run(model, beats.batches(rng, T), job["steps"], beats.LEARNING_RATE)
    trained = beats.encode(np.tile(beats.strokes(T), 5), T, np.random.default_rng([seed, 1]))
    row = {"held_out": f"{beats.score(model, beats.test_set(T)):.3f}", "trained": f"{beats.score(model, trained):.3f}",
           "angle": None}
    if job["kind"] == "rotating":                                   # the unit that the answer hangs on most
        layer = model.cell
        kick = np.hypot(*np.split(layer.W_x[:, 0], 2)) * np.abs(layer.factor) ** (T / 2)
        weight = np.linalg.norm(np.stack(np.split(model.readout.W_y, 2, axis=1)), axis=(0, 1))
        row["angle"] = f"{np.degrees(layer.theta[np.argmax(kick * weight)]):.1f}"
    return row


# name: (() -> settings of each block, a dict; (settings, seed) -> what was measured, a dict)
TABLES = {
    "lesson11_digits": (digits_jobs, digits), "lesson11_dates": (dates_jobs, dates_row),
    "lesson11_morse": (morse_jobs, morse_row), "lesson11_reversal": (reversal_jobs, reversal),
    "lesson11_gradients": (gradients_jobs, gradients), "lesson12_recall": (recall_jobs, recall_row),
    "lesson12_memory": (memory_jobs, memory), "lesson12_counting": (counting_jobs, counting_row),
    "lesson12_beats": (beats_jobs, beats_row),
}
