"""Optimisers, clipping, the training loop, and the gradient check, each against arithmetic done here by hand."""

import functools

import numpy as np
import pytest

import rnnlib
from rnnlib import (
    SGD,
    Adam,
    GRUCell,
    LSTMCell,
    ManyToMany,
    ManyToOne,
    Readout,
    RNNCell,
    clip_by_norm,
    gradient_check,
    train,
)

from .helpers import KINDS, assert_close, assert_same, copies, differences, error, make_batch, make_model


def joint_norm(grads):
    return np.sqrt(sum((g ** 2).sum() for g in grads.values()))


# optimisers

def test_sgd_by_hand():
    p = np.array([1.0, -2.0])
    params, grads = {"p": p}, {"p": np.array([0.5, 3.0])}
    SGD(0.1).update(params, grads)
    assert params["p"] is p                                         # in place: the cell sees it
    np.testing.assert_allclose(p, [0.95, -2.3], rtol=1e-15)
    np.testing.assert_array_equal(grads["p"], [0.5, 3.0])


def test_adam_by_hand():
    """Algorithm 1 of Kingma and Ba (2015), number by number."""
    rng = np.random.default_rng(1)
    start, grads = rng.normal(size=3), rng.normal(size=(10, 3))
    p = start.copy()
    params, optimiser = {"p": p}, Adam(0.02, 0.8, 0.95, 1e-6)
    theta, m, v = list(start), [0.0] * 3, [0.0] * 3
    for t, g in enumerate(grads, start=1):
        before = g.copy()
        optimiser.update(params, {"p": g})
        np.testing.assert_array_equal(g, before)
        for i in range(3):
            m[i] = 0.8 * m[i] + (1 - 0.8) * g[i]
            v[i] = 0.95 * v[i] + (1 - 0.95) * g[i] ** 2
            theta[i] -= 0.02 * (m[i] / (1 - 0.8 ** t)) / ((v[i] / (1 - 0.95 ** t)) ** 0.5 + 1e-6)
        np.testing.assert_allclose(p, theta, rtol=1e-12)
    assert params["p"] is p


def test_adams_first_step_is_the_learning_rate_whatever_the_gradient():
    p = {"p": np.zeros(4)}
    Adam(0.01).update(p, {"p": np.array([1e-3, -1.0, 1e6, 0.0])})
    np.testing.assert_allclose(p["p"], [-0.01, 0.01, -0.01, 0.0], rtol=1e-4)


def test_two_adams_do_not_share_their_memory():
    first, second = Adam(0.1), Adam(0.1)
    a, b = {"p": np.zeros(2)}, {"p": np.zeros(2)}
    for _ in range(3):
        first.update(a, {"p": np.array([1.0, -5.0])})
    second.update(b, {"p": np.array([1.0, 5.0])})
    np.testing.assert_allclose(b["p"], [-0.1, -0.1], rtol=1e-6)


# clipping

@pytest.mark.parametrize("size", [1e-200, 1e-12, 1.0, 1e12, 1e200])
def test_clip_by_norm(size):
    rng = np.random.default_rng(2)
    unit = {"a": rng.normal(size=(2, 3)), "b": rng.normal(size=4)}
    grads = {name: size * g for name, g in unit.items()}
    before = copies(grads)
    expected = size * joint_norm(unit)
    for max_norm in (expected / 3, expected * 3):
        clipped, norm = clip_by_norm(grads, max_norm)
        assert isinstance(norm, float)
        np.testing.assert_allclose(norm, expected, rtol=1e-13)
        factor = min(1.0, max_norm / expected)
        for name, g in clipped.items():
            np.testing.assert_allclose(g, factor * grads[name], rtol=1e-12)
            assert not np.shares_memory(g, grads[name])
    assert_same(grads, before)


def test_clip_leaves_small_gradients_to_the_last_bit():
    grads = {"a": np.array([0.1, 0.2]), "b": np.array([[0.3]])}
    clipped, _ = clip_by_norm(grads, 1.0)
    assert_same(clipped, grads)
    clipped["a"][0] = 7                                             # a copy all the same
    assert grads["a"][0] == 0.1


def test_clip_of_zero_gradients():
    clipped, norm = clip_by_norm({"a": np.zeros(3)}, 1.0)
    assert norm == 0 and not clipped["a"].any()


def test_clip_at_the_edges_of_float64():
    tiny = {"a": np.array([5e-324, 0.0])}                           # the smallest number there is
    clipped, norm = clip_by_norm(tiny, np.float64(1.0))
    assert norm == 5e-324
    assert_same(clipped, tiny)
    huge = {"a": np.full(4, 1.7e308)}                               # the norm itself is beyond float64
    try:
        clipped, _ = clip_by_norm(huge, 1.0)
    except ValueError as refusal:
        assert "a" in str(refusal)
    else:
        np.testing.assert_allclose(clipped["a"], 0.5, rtol=1e-12)


def test_clipping_float32_near_its_end():
    """3e38 is almost all that float32 holds: the norm is beyond it, and the clipped numbers are not lost to its rounding."""
    grads = {"a": np.array([3e38, -3e38, 0.0], dtype=np.float32), "b": np.array([3e38, 3e38])}
    for max_norm in (1.0, 1e-10, 1e39):
        clipped, norm = clip_by_norm(grads, max_norm)
        np.testing.assert_allclose(norm, 6e38, rtol=1e-6)
        factor = min(1.0, max_norm / 6e38)
        np.testing.assert_allclose(clipped["a"], factor * np.array([3e38, -3e38, 0.0]), rtol=1e-6)
        np.testing.assert_allclose(clipped["b"], factor * 3e38, rtol=1e-6)


# the loop

@pytest.mark.parametrize("clip", [None, 0.05])
def test_train_is_the_loop_written_out(clip):
    rng = np.random.default_rng(3)
    model, twin = (make_model("one", "gru", "classes", 2, 3, 2, np.random.default_rng(4)) for _ in range(2))
    batches = [make_batch("one", "classes", (4, 3, 2), 2, rng) for _ in range(3)]
    for step, loss, norm in train(model, batches, SGD(0.5), 7, clip):
        expected, grads = twin.loss_and_gradients(batches[(step - 1) % 3])      # a list is gone through again and again
        assert loss == expected                                     # before the update
        expected_norm = joint_norm(grads)
        np.testing.assert_allclose(norm, expected_norm, rtol=1e-13)             # before clipping
        assert clip is None or norm > clip
        factor = 1.0 if clip is None else clip / expected_norm
        for name, g in grads.items():
            twin.params[name][...] -= 0.5 * factor * g
        assert_close(model.params, twin.params, 1e-13)
    assert step == 7


def test_train_takes_one_batch_a_step_and_no_more():
    rng = np.random.default_rng(5)
    model = make_model("one", "rnn", "classes", 2, 3, 2, rng)
    batches = iter([make_batch("one", "classes", (4, 3, 2), 2, rng) for _ in range(5)])
    assert [step for step, *_ in train(model, batches, SGD(0.1), 3)] == [1, 2, 3]
    assert len(list(batches)) == 2
    # a generator does nothing until it is asked, and can be stopped at any step
    before = copies(model.params)
    run = train(model, [make_batch("one", "classes", (4, 3, 2), 2, rng)], SGD(0.1), 3)
    assert_same(model.params, before)
    next(run)
    run.close()


def test_training_again_gives_the_same_numbers():
    def losses():
        rng = np.random.default_rng(6)
        model = ManyToMany(LSTMCell(2, 4, rng), Readout(4, 3, rng))
        batches = [make_batch("many", "classes", (5, 4, 2), 3, rng) for _ in range(2)]
        return [loss for _, loss, _ in train(model, batches, Adam(0.01), 10, clip=1.0)]
    assert losses() == losses()


@pytest.mark.parametrize("kind", KINDS)
def test_training_learns_to_remember(kind):
    """The sign of the first input, asked for at the end: from chance to nearly sure."""
    rng = np.random.default_rng(7)
    model = ManyToOne(dict(rnn=RNNCell, lstm=LSTMCell, gru=GRUCell)[kind](1, 8, rng), Readout(8, 2, rng))

    def batches():
        while True:
            x = rng.normal(size=(5, 32, 1))
            yield x, (x[0, :, 0] > 0).astype(int)

    losses = [loss for _, loss, _ in train(model, batches(), Adam(0.02), 200, clip=1.0)]
    assert np.mean(losses[:5]) > 0.6 and np.mean(losses[-20:]) < 0.3
    x, target = next(batches())
    assert (model.predict(x).argmax(-1) == target).mean() > 0.8


def test_divergence_stops_with_a_sentence():
    """A learning rate far too large: the loss leaves float64, and the parameters stay finite."""
    rng = np.random.default_rng(8)
    model = make_model("many", "rnn", "numbers", 2, 3, 2, rng)
    batch = make_batch("many", "numbers", (4, 3, 2), 2, rng)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="learning_rate|finite"):
        list(train(model, [batch], SGD(1e200), 50))
    assert all(np.isfinite(p).all() for p in model.params.values())


# the gradient check

def test_gradient_check_of_a_right_gradient():
    rng = np.random.default_rng(9)
    params = {"a": rng.normal(size=(2, 3)), "b": rng.normal(size=4)}
    before = copies(params)

    def f():
        return float(np.sin(params["a"]).sum() + (params["b"] ** 3).sum())

    grads = {"a": np.cos(params["a"]), "b": 3 * params["b"] ** 2}
    assert gradient_check(f, params, grads) < 1e-9
    assert gradient_check(lambda p: f(), params, grads) < 1e-9      # f may take the params
    assert_same(params, before)


def test_gradient_check_hands_params_only_to_an_argument_without_a_default():
    params, given = {"a": np.array([1.0, 2.0])}, []

    def loss(*arguments, **named):
        given.append((arguments, named))
        return float((params["a"] ** 2).sum())

    grads, cell = {"a": 2 * params["a"]}, object()
    wanted = {"default": (lambda cell=cell: loss(cell), ((cell,), {})), "keyword": (lambda *, c=1: loss(c), ((1,), {})),
              "partial": (functools.partial(loss, cell=cell), ((), {"cell": cell})), "any": (loss, ((), {})),
              "one": (lambda p: loss(p), ((params,), {})), "one and a default": (lambda p, c=2: loss(p, c), ((params, 2), {}))}
    for name, (f, call) in wanted.items():
        given.clear()
        assert gradient_check(f, params, grads) < 1e-9, name
        assert len(given) == 4 and all(one == call for one in given), name


@pytest.mark.parametrize("off", [1e-5, 1e-2, 0.5])
def test_gradient_check_measures_as_it_says(off):
    """The worst array's max |analytic - numeric| / max(max |analytic|, max |numeric|, 1e-8); no mean, nothing joint."""
    params = {"large": np.zeros(2), "small": np.zeros(2)}

    def f():                                                        # small numbers, so that rounding stays small
        return float(params["large"] @ [1000.0, 2000.0] + params["small"] @ [1.0, 2.0])

    grads = {"large": np.array([1000.0, 2000.0]), "small": np.array([1.0 + off, 2.0])}
    assert abs(gradient_check(f, params, grads) - off / 2) < 1e-9
    grads = {"large": np.array([1000.0 + off, 2000.0]), "small": np.array([1.0, 2.0])}
    assert gradient_check(f, params, grads) < off / 2000 + 1e-9


def test_gradient_check_near_zero_and_wrong_throughout():
    params = {"a": np.array([1.0, 2.0])}
    assert abs(gradient_check(lambda: 0.0, params, {"a": np.array([1e-9, 0.0])}) - 0.1) < 1e-12
    assert gradient_check(lambda: 0.0, params, {"a": np.zeros(2)}) == 0
    assert gradient_check(lambda: 0.0, params, {"a": np.ones(2)}) == 1
    assert gradient_check(lambda: float(params["a"].sum()), params, {"a": np.zeros(2)}) == 1
    assert abs(gradient_check(lambda: float(params["a"].sum()), params, {"a": -np.ones(2)}) - 2) < 1e-9


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_gradient_check_of_what_is_not_finite(bad):
    params = {"a": np.array([1.0, 2.0]), "b": np.array([1.0])}
    with np.errstate(invalid="ignore"):
        assert gradient_check(lambda: float(params["a"].sum() + params["b"].sum()), params,
                              {"a": np.array([1.0, bad]), "b": np.ones(1)}) == np.inf
        assert not gradient_check(lambda: bad, params, {"a": np.ones(2), "b": np.ones(1)}) < 1e300


def test_gradient_check_puts_everything_back():
    params = {"a": np.array([0.1, 0.2, 0.3])}
    before, calls = params["a"].copy(), []

    def f():
        calls.append(1)
        if len(calls) == 4:
            raise RuntimeError("in the middle")
        return float(params["a"].sum())

    with pytest.raises(RuntimeError):
        gradient_check(f, params, {"a": np.ones(3)})
    np.testing.assert_array_equal(params["a"], before)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lengths", [None, (3, 1)])
def test_gradient_check_of_models(kind, lengths):
    """The library checks itself, and agrees with the finer differences used elsewhere in these tests."""
    rng = np.random.default_rng(10)
    model = make_model("many", kind, "classes", 2, 2, 2, rng)
    batch = make_batch("many", "classes", (3, 2, 2), 2, rng, None if lengths is None else np.array(lengths))

    def f():
        return model.loss_and_gradients(batch)[0]

    _, grads = model.loss_and_gradients(batch)
    assert gradient_check(f, model.params, grads) < 1e-7
    assert max(error(grads[name], differences(f, p)) for name, p in model.params.items()) < 1e-7
    grads["W_h"] = grads["W_h"].copy()
    grads["W_h"].flat[0] += 1e-3 * np.abs(grads["W_h"]).max()
    assert gradient_check(f, model.params, grads) > 5e-4


def test_public_names():
    """The names the notebooks rely on."""
    for name in ("RNNCell", "LSTMCell", "GRUCell", "forward", "bptt", "jacobians", "jacobian_products", "Bidirectional",
                 "Readout", "ManyToOne", "ManyToMany", "OneToMany", "EncoderDecoder", "train", "SGD", "Adam",
                 "clip_by_norm", "gradient_check"):
        assert name in rnnlib.__all__ and callable(getattr(rnnlib, name)) and getattr(rnnlib, name).__doc__
    assert len(set(rnnlib.__all__)) == len(rnnlib.__all__)
    assert all(hasattr(rnnlib, name) for name in rnnlib.__all__)
