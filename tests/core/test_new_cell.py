"""A cell that nobody thought of, written by what `rnnlib.Cell` says: all that the three cells can do, it can do too.

The tests of the three cells are run again with it, for they know no cell: each compares with differences or a plain loop.
"""

import numpy as np
import pytest

import rnnlib

from . import helpers, test_gradients, test_identities, test_patterns, test_training


class LeakyCell(rnnlib.Cell):
    """h_t = a h_{t-1} + (1 - a) n, n = tanh(W_x x_t + W_h h_{t-1} + b); a (H,) is learned, as all weights are."""

    gate_blocks, dz_blocks = 1, 2                       # n is kept; dz_t holds dL/dz_t and each sequence's share of dL/da

    def __init__(self, input_size, hidden_size, rng):
        super().__init__(input_size, hidden_size, rng)
        self.params["a"] = rng.uniform(0.5, 0.9, hidden_size)

    def step_forward(self, a_t, h_prev, W_h_T):
        a, n = self.params["a"], np.tanh(a_t + h_prev @ W_h_T)
        return a * h_prev + (1 - a) * n, n

    def step_backward(self, dh_t, h_prev, h_t, n):
        a = self.params["a"]
        dz_t = dh_t * (1 - a) * (1 - n**2)
        da = dh_t * (h_prev - n)
        return np.concatenate([dz_t, da], axis=-1), dz_t @ self.W_h + dh_t * a

    def weight_gradients(self, dz, x, states):
        da = dz[..., self.hidden_size:]
        return {**super().weight_gradients(dz, x, states), "a": da.sum(axis=(0, 1))}


class WithoutTheShareOfA(LeakyCell):
    def step_backward(self, dh_t, h_prev, h_t, n):
        dz, dh_prev = super().step_backward(dh_t, h_prev, h_t, n)
        dz[..., self.hidden_size:] = 0
        return dz, dh_prev


@pytest.fixture(autouse=True)
def leaky(monkeypatch):
    monkeypatch.setitem(helpers.CELLS, "leaky", LeakyCell)


def test_a_step_number_by_number():
    rng = np.random.default_rng(0)
    cell = helpers.make_cell("leaky", 2, 3, rng)
    x, h = rng.normal(size=2), rng.normal(size=3)
    new = cell.step(x[None], h[None])[0]
    for u, a in enumerate(cell.params["a"]):
        z = sum(cell.W_x[u] * x) + sum(cell.W_h[u] * h) + cell.b[u]
        assert abs(new[u] - (a * h[u] + (1 - a) * np.tanh(z))) < 1e-14


def test_forward():
    test_identities.test_step_by_step_equals_the_whole_sequence("leaky")
    test_identities.test_a_batch_is_its_sequences_side_by_side("leaky")
    test_identities.test_inputs_are_left_alone("leaky")
    for value in test_identities.PADDINGS:
        test_identities.test_padding_never_leaks_in_forward_and_bptt("leaky", value)


def test_bptt():
    for reach in ("dh", "d_last", "both"):
        test_gradients.test_bptt_every_number("leaky", reach)
    test_gradients.test_gradients_of_the_states_in_between("leaky")
    for truncate in (None, 2):
        test_gradients.test_bptt_with_lengths("leaky", truncate)
    for k in (1, 2, 3, 4):
        test_gradients.test_truncated_against_differences_with_detached_states("leaky", k)


def test_a_gradient_left_out_is_seen(monkeypatch):
    monkeypatch.setitem(helpers.CELLS, "leaky", WithoutTheShareOfA)
    with pytest.raises(AssertionError, match="^a"):
        test_gradients.test_bptt_every_number("leaky", "both")


def test_jacobians():
    test_gradients.test_jacobians_against_steps("leaky")
    test_gradients.test_jacobians_with_lengths("leaky")
    test_identities.test_jacobian_products_equal_the_gradients_of_the_states("leaky")


def test_in_both_directions_beside_a_cell_of_another_kind():
    for kinds in (("leaky", "leaky"), ("leaky", "lstm"), ("gru", "leaky")):
        for lengths in (None, (4, 1, 3)):
            test_gradients.test_bidirectional(*kinds, lengths)


@pytest.mark.parametrize("pattern", test_patterns.FOUR)
@pytest.mark.parametrize("embedded", [False, True])
def test_all_four_wirings_pass_the_gradient_check(pattern, embedded):
    rng = np.random.default_rng(1)
    model = test_patterns.make(pattern, "leaky", rng, embedded)
    lengths = None if pattern == "one to many" else test_patterns.LENGTHS
    test_patterns.check_gradients(model, test_patterns.make_batch(pattern, rng, embedded, lengths))


def test_train(monkeypatch):
    monkeypatch.setattr(test_training, "RNNCell", LeakyCell)
    test_training.test_training_learns_to_remember("rnn")
