"""Toy data of the lessons: one module per task, made by code from a seeded generator, with an honest baseline.

How to add a task:

1. Write a module here. Its docstring holds the grammar, the split into training and test part, and what baseline and
   ceiling are; its code holds `batches(rng)`, `test_set()`, `model(kind, rng)`, `score(model, batch=None)`, `baseline()`
   and `ceiling()`. No sequence of the test part may ever be in a batch: `held_out` in task.py splits by checksum.
2. End it with ``TASK = Task(...)``, see task.py, and, for the lessons, with
   ``training, trained, load_model = TASK.training, TASK.trained, TASK.load_model``.
3. Add the module's name to `TASKS` below. From then on `python tools/weights.py NAME` trains and writes what it ships,
   `python tools/scores.py NAME` prints its scores, and tests/test_toydata.py checks what every task must satisfy.
4. Test the grammar, and baseline and ceiling by simulation, in tests/test_toydata_NAME.py.
"""

import importlib

TASKS = (
    "recall",                                                       # lessons 04 and 05
    "sentiment", "forecasting", "topics",                           # lesson 06
    "part_of_speech", "motion", "moving_dot",                       # lesson 07
    "number_words", "digit_strings", "morse", "run_summaries",      # lesson 08
    "captions", "melodies", "made_names",                           # lesson 09
    "ambiguous_names",                                              # lesson 10
    "dates",                                                        # lesson 11
    "counting", "beats",                                            # lesson 12
)


def tasks(beginnings=()):
    """The tasks whose names begin with one of some strings; all of them without any. A list of task.Task.

    Raises ValueError for a string with which no name begins.
    """
    for beginning in beginnings:
        if not any(name.startswith(beginning) for name in TASKS):
            raise ValueError(f"no task is called {beginning!r}; there are: {', '.join(TASKS)}")
    return [importlib.import_module(f"{__name__}.{name}").TASK for name in TASKS
            if not beginnings or name.startswith(tuple(beginnings))]
