"""Weights to torch.nn and back, held against torch_side, which was written from torch's documentation alone."""

import numpy as np
import pytest

import rnnlib
from rnnlib import interop

from .helpers import CELLS, KINDS

torch = pytest.importorskip("torch", reason="torch is not installed: rnnlib.interop is not tried")


def drawn(kind, rng, D=3, H=4):
    cell = CELLS[kind](D, H, rng)
    for array in cell.params.values():          # no bias may stay zero
        array[...] = rng.normal(size=array.shape)
    return cell


@pytest.mark.parametrize("kind", KINDS)
def test_the_module_computes_the_same(kind):
    from . import torch_side
    rng = np.random.default_rng(0)
    cell, x = drawn(kind, rng), rng.normal(size=(6, 2, 3))
    net, expected = interop.to_torch(cell), torch_side.module(kind, cell.params)
    ours = cell.hidden(rnnlib.forward(cell, x)[0])[1:]
    for module in (net, expected):
        np.testing.assert_allclose(module(torch.tensor(x))[0].detach().numpy(), ours, atol=1e-12)
    with torch.no_grad():                       # it shares no memory
        net.weight_ih_l0.zero_()
    assert cell.W_x.any()


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back(kind):
    cell = drawn(kind, np.random.default_rng(1))
    back = interop.from_torch(interop.to_torch(cell))
    assert type(back) is type(cell)
    for name, array in cell.params.items():
        np.testing.assert_array_equal(back.params[name], array)


@pytest.mark.parametrize("kind", KINDS)
def test_a_module_of_torch_with_both_biases(kind):
    torch.manual_seed(0)
    net = getattr(torch.nn, kind.upper())(3, 4)                      # float32, both biases drawn
    x = np.random.default_rng(2).normal(size=(6, 2, 3))
    cell = interop.from_torch(net)
    with torch.no_grad():
        theirs = net(torch.tensor(x, dtype=torch.float32))[0].numpy()
    np.testing.assert_allclose(cell.hidden(rnnlib.forward(cell, x)[0])[1:], theirs, atol=1e-5)
    np.testing.assert_array_equal(net.bias_hh_l0.detach().numpy(), list(net.parameters())[3].detach().numpy())


@pytest.mark.parametrize("options, name", [
    ({"num_layers": 2}, "num_layers"), ({"bidirectional": True}, "bidirectional"), ({"bias": False}, "bias"),
    ({"nonlinearity": "relu"}, "nonlinearity")])
def test_what_a_cell_does_not_have_is_named(options, name):
    with pytest.raises(ValueError, match=f"net.{name} must be"):
        interop.from_torch(torch.nn.RNN(3, 4, **options))


def test_projections_and_other_modules_are_named():
    with pytest.raises(ValueError, match="net.proj_size must be 0"):
        interop.from_torch(torch.nn.LSTM(3, 4, proj_size=2))
    with pytest.raises(TypeError, match="it was Linear"):
        interop.from_torch(torch.nn.Linear(3, 4))
    with pytest.raises(TypeError, match="it was Readout"):
        interop.to_torch(rnnlib.Readout(3, 4, np.random.default_rng(0)))
