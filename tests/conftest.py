"""Fixtures that whole files of tests ask for: pytestmark = pytest.mark.usefixtures("strict", "quick")."""

import numpy as np
import pytest


@pytest.fixture
def strict():
    """An invalid number is an error (a warning always is); an underflow is what a vanishing gradient does."""
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        yield


@pytest.fixture
def quick(monkeypatch):
    """Pictures without pixels, which cost ten times as much as the numbers in the artists that most tests look at."""
    from rnnlib.course import figures
    monkeypatch.setattr(figures, "png", lambda figure, dark=False: b"")
    yield


@pytest.fixture
def pixels(quick, monkeypatch):
    """With pixels after all, for one test of a file that asks for `quick`."""
    monkeypatch.undo()
