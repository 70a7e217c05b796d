"""What an exercise is: its task, its problems, and what is computed of them once."""

import copy
import functools
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from . import edits
from .texts import TEXT


class Problem(dict):
    """Arguments by name, in order, and in `note` which clause of the task they try: "T = 1", "factor is negative"."""

    def __init__(self, note, /, **arguments):
        super().__init__(arguments)
        self.note = note


@dataclass(frozen=True)
class Exercise:
    """One exercise. Its solution and its known mistakes stand in the text file of its lessons, by its name.

    Attributes
    ----------
    name : str
    outputs : dict of str to str
        What the function returns, in order, each with its shape in letters: {"dx_t": "(B, D)", ...}. "(T, B) of int" are
        tokens and the like, which must be whole numbers in type too; elsewhere an equal number is right whatever its type.
    problems : function (rng) -> list of Problem
        One or more for each clause of the task. From non-zero values; several shapes, B = 1 and T = 1 among them. The first
        has sizes that differ from each other: by them the rules know which names could stand for each other.
    first : str
        What to do first; said where nothing is written yet.
    praise : str
        One sentence for a right answer.
    sizes : function (dict) -> dict, optional
        Sizes of a problem ({"T": 3, "B": 2}), for findings such as "right where B = 1".
    copies : bool
        Whether the results must be new arrays, no views of the arguments.
    beyond : (function (rng) -> Problem, (str, str)), optional
        One problem more, outside what is asked, and what to say of a right answer that is not finite there, or is another
        number.
    gates : str
        The blocks of rows in W_x, W_h and b, as letters, where there are any: "ifgo".
    judge : function (result, *results before, **arguments) -> (str or None, str) or None, optional
        For a task with many right answers: None for a right one, else the mistake's key (or None) and what is wrong. It is
        given the results on the problems before, too. The attempt may be a plain value as well, where the function would have
        no arguments.
    """

    name: str
    outputs: dict
    problems: Callable
    first: str
    praise: str
    sizes: Callable = field(default=lambda arguments: {})
    copies: bool = False
    beyond: tuple | None = None
    gates: str = ""
    judge: Callable | None = None

    @property
    def solution(self):
        """The right solution, as text. Its letters are those of the verdicts."""
        return TEXT[self.name][0]

    @property
    def changes(self):
        """The known mistakes: {key: (old, new, ..., sentence)}."""
        return TEXT[self.name][1]

    @property
    def replacements(self):
        """What each of them replaces in the solution: {key: (old, new, ...)}."""
        return {key: change[:-1] for key, change in self.changes.items()}

    @property
    def mistakes(self):
        """{key: sentence} of the known mistakes."""
        return {key: change[-1] for key, change in self.changes.items()}

    @functools.cached_property
    def reference(self):
        """The solution as a function; `wrong`, a set of keys of `mistakes`, makes these mistakes."""
        return edits.switched(self.solution, self.replacements)

    @functools.cached_property
    def tried(self):
        """The problems, the same at every check."""
        return self.problems(np.random.default_rng(20))

    @functools.cached_property
    def fresh(self):
        """The problems with other numbers: a cause is said only if it holds for them too."""
        return self.problems(np.random.default_rng(22))

    @functools.cached_property
    def wanted(self):
        """The right results, on the problems tried and on the fresh ones."""
        solve = edits.compiled(self.solution)
        return [solved(solve, problem) for problem in self.tried + self.fresh]

    @functools.cached_property
    def smallest_first(self):
        """Indices of the problems: most candidates are out after one small one.

        Of equal ones those first in which something is 0.
        """
        return sorted(range(len(self.tried)), key=lambda n: (len(pickle.dumps(self.wanted[n])), sum(
            map(np.count_nonzero, self.tried[n].values()))))

    @functools.cached_property
    def rules(self):
        """The changes that the rules make of the solution."""
        return edits.Rules(self.solution, edits.values_in(edits.compiled(self.solution), self.tried[0]), edits.SPACE,
                           changes=self.replacements)

    @functools.cached_property
    def pairs(self):
        """{keys of two changes: (keys of the one, keys of the other)}, of the pairs tried so far."""
        return {}

    @functools.cached_property
    def known(self):
        """What was computed of the candidates so far: {(whether by `reference`, keys, index of the problem): results or None}."""
        return {}


def copies(problem):
    """The arguments of a problem, arrays copied."""
    return [value.copy() if isinstance(value, np.ndarray) else copy.deepcopy(value) for value in problem.values()]


def as_tuple(result, several=False):
    """What a function returned, as a tuple of results; where there are `several`, a list will do as well."""
    return tuple(result) if isinstance(result, (tuple, list) if several else tuple) else (result,)


def solved(solution, problem, **wrong):
    """The results of the solution, or of a function made from it, on copies of a problem's arguments."""
    return as_tuple(solution(*copies(problem), **wrong))
