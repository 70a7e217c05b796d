"""Grammars that can be listed: every sequence with its probability, so that baseline and ceiling are sums, not estimates."""

import functools
from dataclasses import dataclass

import numpy as np

from .task import pick


@dataclass(eq=False)
class Listed:
    """Sequences of a grammar, all of them or one part of the split, and what each is written from.

    Parameters
    ----------
    tokens : ndarray of int (T, n)
        One sequence per column, closed by END = 0 and padded with it.
    given : ndarray of int (n,)
        What a sequence is written from, one of a few things, as a number from 0.
    probability : ndarray (n,)
        Of the sequence, given that; over all sequences of one thing it sums to 1.
    """

    tokens: np.ndarray
    given: np.ndarray
    probability: np.ndarray

    @functools.cached_property
    def _cumulated(self):
        return np.cumsum(self.probability)

    def draw(self, n, rng):
        """n sequences drawn by their probabilities: given (n,) and tokens (T, n), both of int."""
        which = pick(self._cumulated, n, rng)
        return self.given[which], self.tokens[:, which]

    def batch(self, n, rng):
        """What a OneToMany trains on, n sequences: v (n, V), the given as one-hot vectors, and tokens (T, n)."""
        given, tokens = self.draw(n, rng)
        return np.eye(self.given.max() + 1)[given], tokens

    def entropy(self, log=np.log):
        """The mean of -log p per token, END included, for those who know all probabilities: no model has less."""
        lengths = (self.tokens != 0).sum(axis=0) + 1
        return float(-(self.probability * log(self.probability)).sum() / (self.probability * lengths).sum())

    def table_entropy(self, test, before, K, log=np.log):
        """The mean of -log p per token of another Listed, `test`, where p comes from a table counted on this one.

        The table says, for each thing given, how often each of K tokens follows the `before` tokens before it. A token that
        does not occur there counts as a thousandth of an even share.
        """
        given, history, token, weight = self._histories(before, K)
        table = np.full((given.max() + 1, K ** before, K), 1e-3 / K)
        np.add.at(table, (given, history, token), weight)
        table /= table.sum(axis=-1, keepdims=True)
        given, history, token, weight = test._histories(before, K)
        return float(-(weight * log(table[given, history, token])).sum() / weight.sum())

    def _histories(self, before, K):
        """Every token, the first END included: (given, number of the history, token, probability), each (m,)."""
        history, previous = np.zeros_like(self.tokens), self.tokens
        for lag in range(before):
            previous = np.concatenate([np.full_like(previous[:1], 1), previous[:-1]])       # START = 1
            history = history + previous * K ** lag
        ends = self.tokens == 0
        inside = np.cumsum(ends, axis=0) - ends == 0
        given, p = (np.broadcast_to(row, inside.shape)[inside] for row in (self.given, self.probability))
        return given, history[inside], self.tokens[inside], p
