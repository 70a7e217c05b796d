"""Toy data of the lessons: one module per task, made by code from a seeded generator, with an honest baseline.

How to add a task:

1. Write a module here. Its docstring tells the grammar, the split and what baseline and ceiling are; its code holds
   `batches`, `test_set`, `model`, `score`, `baseline` and `ceiling`, as task.Task describes them. No sequence of the test
   part may be in a batch: task.held_out splits by checksum, and listed.Listed helps where a grammar can be listed.
2. End it with ``TASK = Task(...)`` and, the names that lessons call,
   ``training, trained, load_model = TASK.training, TASK.trained, TASK.load_model``.
3. Add its name to `TASKS`: `python tools/weights.py NAME` then trains and writes the weights that ship, `python
   tools/scores.py NAME` prints its row of scores, and tests/test_toydata.py checks what every task must satisfy.
4. Test grammar, baseline and ceiling against a simulation, in tests/test_toydata_NAME.py.
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
