"""Remake the stored runs of rnnlib/course/evidence: what the lessons' sentences about random things rest on.

    python tools/evidence.py [TABLE ...] [--processes 2] [--anew]

Rows already in a file are kept unless --anew is given, so an interrupted table goes on where it stopped. Every row depends on
its own settings and seed alone, whatever ran before or beside it. Another machine's rounding leaves what is only drawn as it
is and can change single training runs, those with a large gradient at the start above all; it does not change shares.

A table is a function that lists its jobs, the most important first, and a function that does one: from a job to its rows.
"""

import argparse
import csv
import os
import time
from collections import namedtuple
from contextlib import nullcontext
from multiprocessing import Pool
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")       # a run is too small to share; processes are the parallel part
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import evidence_06_07  # noqa: E402  (after the thread counts are set)
import evidence_08_10  # noqa: E402
import evidence_11_12  # noqa: E402
import evidence_drawn as drawn  # noqa: E402
import evidence_rivals  # noqa: E402
import evidence_trained as trained  # noqa: E402

from rnnlib.course import evidence  # noqa: E402


def jobs(kind, *settings, seeds):
    """kind(*setting, seed) for each setting (a tuple) and each seed."""
    return lambda: [kind(*setting, seed=seed) for setting in settings or [()] for seed in seeds]


def blocks(settings, measure):
    """The Table of what evidence_11_12.py lists: twenty seeds of each of its settings."""
    kind = namedtuple("Job", [*next(iter(settings())), "seed"])

    def rows(job):
        *values, seed = job
        yield {**job._asdict(), **measure(dict(zip(kind._fields, values)), seed)}

    return Table(lambda: [kind(*setting.values(), seed) for setting in settings() for seed in trained.SEEDS], rows, kind._fields)


# --- the tables ---------------------------------------------------------------------------------------------------------

class Table(NamedTuple):
    """A file of the folder."""

    jobs: callable          # () -> list of jobs, named tuples, the most important first
    rows: callable          # a job -> its rows, dicts from column to value
    names: tuple            # the columns that name a row, and sort the file; all but `steps` are fields of a job


MANY, HUNDRED = range(1000, 1200), range(1000, 1100)    # seeds of what is only drawn, not trained
GAINS = 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0
LOUD = (0.5, 0.1), (0.5, 10.0), (0.8, 0.1), (0.8, 0.3), (0.8, 3.0), (0.8, 10.0), (0.8, 30.0), (2.0, 20.0), (3.0, 30.0)

TABLES = {
    "spectrum": Table(jobs(drawn.Spectrum, (8,), (12,), (16,), (24,), (64,), (128,), (400,), seeds=MANY), drawn.spectrum_rows,
                      ("H", "seed")),
    "fresh": Table(jobs(drawn.Fresh, ("zero",), ("drawn",), seeds=MANY), drawn.fresh_rows, ("bias", "seed")),
    "gains": Table(jobs(drawn.Gain, *((gain, 1.0) for gain in GAINS), *LOUD, seeds=HUNDRED), drawn.gain_rows,
                   ("gain", "input_scale", "seed")),
    "travel": Table(jobs(drawn.Travel, *((gain, 1.0) for gain in (0.5, 0.9, 1.0, 1.1, 1.2, 1.4, 1.5, 1.6, 2.0, 3.0, 4.0)),
                         (1.5, 20.0), seeds=HUNDRED), drawn.travel_rows, ("gain", "input_scale", "seed")),
    "padded": Table(jobs(drawn.Padded, seeds=MANY), drawn.padded_rows, ("seed",)),
    "gradient_map": Table(jobs(drawn.Map, (0.5, 1.0), (1.0, 1.0), (1.5, 1.0), (2.0, 1.0), (3.0, 1.0), (1.5, 5.0), seeds=HUNDRED),
                          drawn.map_rows, ("gain", "input_scale", "seed")),
    "highways": Table(jobs(drawn.Highway, (0.0,), (2.0,), (4.0,), seeds=MANY), drawn.highway_rows, ("gate_bias", "seed")),
    "scales": Table(jobs(drawn.Scales, seeds=MANY), drawn.scales_rows, ("seed",)),
    "cliff": Table(jobs(drawn.Cliff, seeds=HUNDRED), drawn.cliff_rows, ("seed",)),
    "counter": Table(jobs(trained.Counter, (40,), (1,), (2,), (3,), (4,), seeds=trained.SEEDS), trained.counter_rows,
                     ("k", "steps", "seed")),
    "truncation": Table(jobs(trained.Truncation, seeds=trained.SEEDS), trained.truncation_rows, ("steps", "seed")),
    "recall": Table(trained.recall_jobs, trained.recall_rows,
                    ("same_symbols", "cell", "start", "learning_rate", "lag", "steps", "seed")),
    "memory": Table(jobs(trained.Memory, seeds=trained.SEEDS), trained.memory_rows, ("seed",)),
    "verdicts": Table(evidence_06_07.verdict_jobs, evidence_06_07.verdict_rows, ("kind", "seed")),
    "odds": Table(evidence_06_07.odds_jobs, evidence_06_07.odds_rows, ("kind", "seed")),
    "streams": Table(evidence_06_07.stream_jobs, evidence_06_07.stream_rows, ("seed",)),
    "bottleneck": Table(evidence_08_10.bottleneck_jobs, evidence_08_10.bottleneck_rows, ("H", "steps", "seed")),
    "captions": Table(evidence_08_10.caption_jobs, evidence_08_10.caption_rows,
                      ("kind", "order", "learning_rate", "steps", "seed")),
    "tunes": Table(evidence_08_10.tune_jobs, evidence_08_10.tune_rows, ("temperature", "top_k", "top_p", "seed")),
    "names": Table(evidence_08_10.name_jobs, evidence_08_10.name_rows, ("kind", "directions", "trained_on", "seed")),
    "late": Table(jobs(evidence_08_10.Late, (0,), (1,), (2,), (5,), seeds=evidence_08_10.SEEDS), evidence_08_10.late_rows,
                  ("words", "seed")),
    "widths": Table(evidence_rivals.width_jobs, evidence_rivals.width_rows, ("task", "width", "seed")),
    "rivals": Table(evidence_rivals.run_jobs, evidence_rivals.run_rows, ("task", "directions", "kind", "steps", "seed")),
    "controls": Table(evidence_rivals.control_jobs, evidence_rivals.control_rows, ("task", "kind", "steps", "seed")),
    **{name: blocks(*table) for name, table in evidence_11_12.TABLES.items()},
}


def keys(table, job):
    """The names of the rows that a job makes: one, or one for each of its budgets."""
    fields = job._asdict()
    budgets = fields.pop("budgets", None) or [fields.get("steps")]
    return {tuple(str({**fields, "steps": steps}[name]) for name in table.names) for steps in budgets}


def key(table, row):
    return tuple(str(row[name]) for name in table.names)


def read(path):
    """The rows of a file as they stand there, or none."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def place(table, row):
    """Where a row stands in its file: by its names, numbers by their size and before words."""
    return [(1, text) if text[:1].isalpha() else (0, float(text)) for text in key(table, row)]


def write(path, table, rows):
    """The whole file anew, in one order, put in place at once: whoever reads it meanwhile sees a whole file."""
    new = path.with_suffix(".new")
    with new.open("w", newline="") as file:
        lines = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        lines.writeheader()
        lines.writerows(sorted(rows, key=lambda row: place(table, row)))
    new.replace(path)


def work(name_and_place):
    name, place = name_and_place            # a number, for not every job can be sent to another process
    return list(TABLES[name].rows(TABLES[name].jobs()[place]))


def make(name, processes, anew):
    """Do what is missing of one table."""
    table, path = TABLES[name], evidence.FOLDER / f"{name}.csv"
    stored = {} if anew else {key(table, row): row for row in read(path)}
    jobs = table.jobs()
    wanted = {k for job in jobs for k in keys(table, job)}
    stored = {k: row for k, row in stored.items() if k in wanted}
    todo = [place for place, job in enumerate(jobs) if not keys(table, job) <= stored.keys()]
    start = written = time.monotonic()
    with Pool(processes) if processes > 1 else nullcontext() as pool:
        each = (pool.imap_unordered if pool else map)(work, [(name, place) for place in todo])
        for count, rows in enumerate(each, 1):
            stored.update({key(table, row): row for row in rows})
            if time.monotonic() - written > 5 or count == len(todo):
                write(path, table, list(stored.values()))
                written = time.monotonic()
                print(f"{name}: {count} of {len(todo)}, {written - start:.0f} s", flush=True)
    write(path, table, list(stored.values()))
    print(f"{name}: {len(stored)} rows")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"which of {', '.join(TABLES)} (default all)")
    parser.add_argument("--processes", type=int, default=1, help="how many runs at a time (default 1)")
    parser.add_argument("--anew", action="store_true", help="forget the stored runs first")
    arguments = parser.parse_args()
    strangers = [name for name in arguments.tables if name not in TABLES]
    if strangers:
        parser.error(f"no table is called {strangers[0]!r}; there are {', '.join(TABLES)}")
    for name in arguments.tables or TABLES:
        make(name, arguments.processes, arguments.anew)


if __name__ == "__main__":
    main()
