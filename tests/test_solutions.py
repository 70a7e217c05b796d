"""The folded solutions of the lessons: the very text of the fold is run, and the check must call it right."""

import re
from pathlib import Path

import numpy as np
import pytest
from assignments import tasks_of

import rnnlib
from rnnlib.course import exercises
from rnnlib.course.toydata import topics

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("[0-9]*.ipynb"))


FOUND = [(path.stem, task.name, task.stub, task.fold) for path in NOTEBOOKS for task in tasks_of(path)]
IDS = [f"{stem[:2]}-{name}" for stem, name, *_ in FOUND]


def defined(source, name):
    space = {"np": np, "rnnlib": rnnlib, "topics": topics}
    exec(source, space)
    return space[name]


@pytest.mark.parametrize("stem,name,stub,fold", FOUND, ids=IDS)
def test_the_stub_is_met_kindly_and_the_solution_is_right(stem, name, stub, fold):
    verdict = exercises.check(name, defined(stub, name))
    assert not verdict.ok and (verdict.mistake or verdict.message.startswith("Not written yet.")), verdict
    assert fold.startswith("<details>") and fold.rstrip().endswith("</details>")
    code = re.search(r"```python\n(.*?)```(.*)</details>", fold, re.DOTALL)
    verdict = exercises.check(name, defined(code[1], name))
    assert verdict.ok, verdict
    assert len(code[2].split()) > 20, "a solution without a discussion"


# what no lesson asks for yet
WAITING = set()


def test_every_exercise_stands_in_one_lesson():
    placed = [name for _, name, *_ in FOUND]
    assert sorted(placed) == sorted(set(placed))
    assert set(placed) == set(exercises.names()) - WAITING
    assert {stem[:2] for stem, *_ in FOUND} >= {f"{n:02}" for n in range(1, 13)}
