"""A short film of 6 x 6 pixels: one dot moves a pixel per frame, and every frame is to be labelled with the direction.

The dot starts anywhere, each place and each direction equally likely. In every frame it keeps its direction with
probability STAYS, otherwise it takes one of the three others; what leaves the picture on one side comes in on the other. The
label of a frame is the direction of the move that led to it.

So a frame alone says nothing about the direction: `baseline` is 1 in 4. With the frame before it the direction is
certain, so only the first frame of a film is a guess: `ceiling` is 1 - 0.75 / T.

The split: one film in five, by the checksum of its places, is held out for the test; no film is in both parts.
"""

import numpy as np

from ... import ManyToMany, Readout
from .task import CELL_TYPES, Task, held_out, new_cell

DIRECTIONS = ("up", "right", "down", "left")
MOVES = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])        # rows, columns
K, SIDE, T, STAYS = len(DIRECTIONS), 6, 12, 0.7
D = SIDE * SIDE

H = 32
STEPS, LEARNING_RATE, BATCH = 400, 0.03, 32
SEEDS = (0, 1, 2)
TARGET = 0.90       # at least 0.95 of the ceiling and half of the gap to it
# (cell, seed) of the shipped weights
SHIPPED = [("RNN", 0), ("LSTM", 0), *(("GRU", seed) for seed in SEEDS)]


def _films(n, rng):
    """n films of either part: places (T, n) of int, row by row 0..35, and directions (T, n) of int."""
    place, direction = rng.integers(0, SIDE, (n, 2)), rng.integers(0, K, n)
    places, directions = np.empty((T, n), dtype=int), np.empty((T, n), dtype=int)
    for t in range(T):
        if t:
            turns = rng.random(n) >= STAYS
            direction = (direction + turns * rng.integers(1, K, n)) % K
            place = (place + MOVES[direction]) % SIDE
        places[t], directions[t] = place @ [SIDE, 1], direction
    return places, directions


def draw(n, rng, test=False):
    """n films of the training part (or of the test part): places (T, n) and directions (T, n), both of int."""
    kept = []
    while len(kept) < n:
        places, directions = _films(2 * n if not test else 6 * n, rng)
        kept += [(p, d) for p, d in zip(places.T, directions.T) if held_out(p.astype(np.uint8).tobytes()) == test]
    places, directions = np.array(kept[:n]).transpose(1, 2, 0)
    return places, directions


def frames(places):
    """Pictures as inputs: places (T, B) of int -> (T, B, 36), 1 where the dot is and 0 elsewhere."""
    return np.eye(D)[places]


def batches(rng, B=BATCH):
    """Fresh batches (frames (T, B, 36), directions (T, B)) of the training part without end; drawn 20 at a time."""
    while True:
        places, directions = draw(20 * B, rng)
        for b in range(0, 20 * B, B):
            yield frames(places[:, b:b + B]), directions[:, b:b + B]


def test_set(n=500, rng=None):
    """(frames, directions) of n films of the test part, always the same ones without an rng."""
    places, directions = draw(n, np.random.default_rng(7) if rng is None else rng, test=True)
    return frames(places), directions


def baseline():
    """The accuracy of the best rule that sees one frame alone: place and direction are independent, so 1 in 4."""
    return 1 / K


def ceiling():
    """The accuracy of the best rule that has seen all frames so far: a guess at the first, certain at the others."""
    return (1 / K + T - 1) / T


def model(cell_name, rng):
    """The default model: one cell of H = 32 units and a readout of K = 4 scores."""
    return ManyToMany(new_cell(cell_name, D, H, rng), Readout(H, K, rng))


def score(model, batch=None):
    """The share of frames labelled correctly in a batch (frames, directions), by default the test set."""
    x, directions = test_set() if batch is None else batch
    return float((model.predict(x).argmax(axis=-1) == directions).mean())


TASK = Task(name=__name__, title="moving dot", lesson=7, kinds=CELL_TYPES, model=model, batches=batches,
            test_set=test_set, score=score, baseline=baseline, ceiling=ceiling, target=TARGET,
            steps=STEPS, learning_rate=LEARNING_RATE, window=4, shipped=SHIPPED)
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
