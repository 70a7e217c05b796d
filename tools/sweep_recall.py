"""Remake rnnlib/course/toydata/recall_sweep.csv: the recall task by cell, gate biases, lag and seed.

    python tools/sweep_recall.py [--processes 2] [--seeds 10] [--anew]

Runs already in the file are kept unless --anew is given, so an interrupted sweep goes on where it stopped; every run
depends on its own settings and seed alone, whatever ran before or beside it. All of it takes about 40 minutes on one core.
"""

import argparse
import csv
import os
import time
from multiprocessing import Pool

os.environ.setdefault("OMP_NUM_THREADS", "1")       # a run is too small to share; processes are the parallel part
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402  (after the thread counts are set)

from rnnlib.course.toydata import recall  # noqa: E402

CHECK_EVERY, SOLVED = 25, 0.95


def runs(seeds):
    """Every run of the sweep as (cell, label, biases, same_symbols, lag, seed), seed by seed."""
    return [(cell, label, biases, same, lag, seed)
            for seed in range(seeds) for same in (False, True) for cell, label, biases in recall.SETTINGS
            for lag in (recall.SAME_SYMBOLS_LAGS if same else recall.LAGS)
            if not same or label in recall.SAME_SYMBOLS_LABELS]


def run(settings):
    """Train one model for all its steps, looking at the test set on the way; a row of the file."""
    cell, label, biases, same, lag, seed = settings
    rng = np.random.default_rng(seed)
    model = recall.model(cell, rng, **biases)
    test = recall.test_set(lag, recall.test_rng(seed), same_symbols=same)
    solved = ""
    for step, _, _ in recall.training(model, lag, rng, same_symbols=same):
        if not solved and step % CHECK_EVERY == 0 and recall.accuracy(model, *test) >= SOLVED:
            solved = step
    accuracy = f"{recall.accuracy(model, *test):.3f}"
    return dict(zip(recall.FIELDS, (cell, label, same, lag, seed, accuracy, step, solved)))


def key(row):
    """What names a run, and its place in the file."""
    place = [(cell, label) for cell, label, _ in recall.SETTINGS].index((row["cell"], row["label"]))
    return str(row["same_symbols"]), place, int(row["lag"]), int(row["seed"])


def write(rows):
    """The whole file anew, put in place at once: whoever reads it meanwhile sees a whole file."""
    new = recall.SWEEP.with_suffix(".new")
    with new.open("w", newline="") as file:
        table = csv.DictWriter(file, recall.FIELDS, lineterminator="\n")
        table.writeheader()
        table.writerows(sorted(rows, key=key))
    new.replace(recall.SWEEP)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=1, help="how many runs at a time (default 1)")
    parser.add_argument("--seeds", type=int, default=10, help="how many seeds, from 0 (default 10)")
    parser.add_argument("--anew", action="store_true", help="forget the stored runs first")
    arguments = parser.parse_args()

    rows = [] if arguments.anew or not recall.SWEEP.exists() else recall.stored()
    rows = [{**row, "solved": row["solved"] or "", "accuracy": f"{row['accuracy']:.3f}"} for row in rows]
    done = {key(row) for row in rows}
    todo = [settings for settings in runs(arguments.seeds)
            if key(dict(zip(("cell", "label", "_", "same_symbols", "lag", "seed"), settings))) not in done]
    start = time.monotonic()
    with Pool(arguments.processes) as pool:
        for count, row in enumerate(pool.imap_unordered(run, todo), 1):
            rows.append(row)
            write(rows)
            print(f"{count} of {len(todo)}, {time.monotonic() - start:.0f} s: {row}", flush=True)
    print(f"{len(rows)} runs in {recall.SWEEP}")


if __name__ == "__main__":
    main()
