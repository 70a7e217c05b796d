"""Values that torch gave, stored in reference.json by make_reference.py: no torch is needed to compare with them."""

import json

import numpy as np
import pytest

import rnnlib
from rnnlib.attention import attend_backward

from .helpers import CELLS, KINDS, assert_close
from .make_reference import PATH

CASES = json.loads(PATH.read_text(encoding="utf-8"))["cases"]
LIMIT = 1e-10


def arrays(side):
    return {name: arrays(value) if isinstance(value, dict) else np.array(value) for name, value in side.items()}


def case(name):
    return arrays(CASES[name]["in"]), arrays(CASES[name]["out"])


def cell_with(kind, params):
    cell = CELLS[kind](params["W_x"].shape[1], params["W_h"].shape[1], np.random.default_rng(0))
    assert set(params) == set(cell.params)
    for name, value in params.items():
        cell.params[name][...] = value
    return cell


def test_every_kind_is_there():
    assert set(CASES) == {*KINDS, *(f"bidirectional {kind}" for kind in KINDS), "cross_entropy", "squared_error", "SGD",
                          "Adam", "attend"}


@pytest.mark.parametrize("kind", KINDS)
def test_cell(kind):
    given, expected = case(kind)
    cell = cell_with(kind, given["params"])
    states, cache = rnnlib.forward(cell, given["x"], given["state_0"])
    grads = rnnlib.bptt(cell, given["dh"], cache, given["d_last"])
    assert_close(cell.hidden(states)[1:], expected["h"], LIMIT)
    assert_close(states[-1], expected["last"], LIMIT)
    assert_close(grads.x, expected["dx"], LIMIT)
    assert_close(grads.states[0], expected["d_state_0"], LIMIT)
    assert_close(grads.params, {name: expected["d" + name] for name in cell.params}, LIMIT)


@pytest.mark.parametrize("kind", KINDS)
def test_bidirectional(kind):
    given, expected = case(f"bidirectional {kind}")
    both = rnnlib.Bidirectional(cell_with(kind, given["params_f"]), cell_with(kind, given["params_b"]))
    out, cache = both.forward(given["x"], given["lengths"])
    grads, dx = both.backward(given["dout"], cache)
    assert_close(out, expected["out"], LIMIT)
    assert_close(dx, expected["dx"], LIMIT)
    assert_close(grads, {name: expected["d" + name] for name in both.params}, LIMIT)


@pytest.mark.parametrize("name", ["cross_entropy", "squared_error"])
def test_loss(name):
    given, expected = case(name)
    loss, dy = getattr(rnnlib, name)(**given)
    assert_close(loss, expected["loss"], LIMIT)
    assert_close(dy, expected["dy"], LIMIT)


def test_attend():
    given, expected = case("attend")
    q, k, v, scale = given["q"], given["k"], given["v"], given["q"].shape[-1] ** -0.5
    c, a = rnnlib.attend(q, k, v, given["mask"], scale)
    assert_close(c, expected["c"], LIMIT)
    for name, d in zip("qkv", attend_backward(given["dc"], a, q, k, v, scale), strict=True):
        assert_close(d, expected["d" + name], LIMIT)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_optimiser(name):
    given, expected = case(name)
    params, optimiser = {"p": given["start"].copy()}, getattr(rnnlib, name)(0.1)
    for g, after in zip(given["grads"], expected["path"], strict=True):
        optimiser.update(params, {"p": g})
        assert_close(params["p"], after, LIMIT)
