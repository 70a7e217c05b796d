"""The motion sensor: the chain, the exact detectors against brute force, the split, the stack's gradients."""

import numpy as np
import pytest

import rnnlib
from rnnlib.course.toydata import motion
from rnnlib.course.toydata.task import held_out


@pytest.fixture(scope="module")
def test():
    return motion.test_set(60)


def transitions():
    """The chain's whole matrix (S, S), written out from the docstring."""
    S = len(motion.ACTIVITY)
    P, firsts = np.zeros((S, S)), sorted(set(motion.FIRST_OF))
    for s in range(S):
        if motion.FOLLOWING[s] >= 0:
            P[s, motion.FOLLOWING[s]] = 1
        else:
            P[s, motion.FIRST_OF[s]] += motion.STAYS
            for a in set(range(motion.K)) - {motion.ACTIVITY[s]}:
                those = [f for f in firsts if motion.ACTIVITY[f] == a]
                P[s, those] += (1 - motion.STAYS) / (motion.K - 1) / len(those)
    return P


def test_states_are_all_strides():
    assert len(motion.ACTIVITY) == sum(sum(motion.CYCLES[name]) for name in motion.ACTIVITIES) * len(motion.VIGOUR)
    n = motion.CYCLES["walk"][1]
    np.testing.assert_allclose(motion._wave("walk", n).mean(axis=0), [0, 0, 1], atol=1e-12)


def test_advance_is_the_whole_matrix():
    P, p = transitions(), np.random.default_rng(0).random((2, len(motion.ACTIVITY)))
    np.testing.assert_allclose(P.sum(axis=1), 1)
    np.testing.assert_allclose(motion._advance(p), p @ P, atol=1e-12)


def test_streams_follow_the_chain():
    P = transitions()
    x, activity, state = motion.stream(400, 30, np.random.default_rng(1))
    assert (P[state[:-1], state[1:]] > 0).all() and np.array_equal(activity, motion.ACTIVITY[state])
    noise = x - motion.CLEAN[state]
    assert noise.std() == pytest.approx(motion.NOISE, rel=0.02) and abs(noise.mean()) < 0.01
    ended = motion.FOLLOWING[state[:-1]] < 0
    assert (activity[1:] == activity[:-1])[ended].mean() == pytest.approx(motion.STAYS, abs=0.05)


def test_the_long_run_is_at_rest():
    """The average over whole turns: one sample later the shares of the activities are the same."""
    later = motion._advance(motion.LONG_RUN)
    share, share_later = (np.bincount(motion.ACTIVITY, weights=p) for p in (motion.LONG_RUN, later))
    np.testing.assert_allclose(share, share_later, atol=1e-3)
    assert motion.LONG_RUN.sum() == pytest.approx(1)


def test_belief_is_bayes_rule_written_out():
    P = transitions()
    x, _, _ = motion.stream(4, 2, np.random.default_rng(2))
    known = motion.belief(x)
    for b in range(2):
        p = motion.LONG_RUN
        for t in range(4):
            p = (p if t == 0 else p @ P) * np.exp(-((x[t, b] - motion.CLEAN) ** 2).sum(axis=1) / (2 * motion.NOISE ** 2))
            p = p / p.sum()
            np.testing.assert_allclose(known[t, b], np.bincount(motion.ACTIVITY, weights=p), atol=1e-9)
    np.testing.assert_allclose(motion.belief_alone(x)[0], known[0], atol=1e-9)


def test_beliefs_keep_their_word(test):
    """An exact detector that says 80 % is right in 80 % of such cases; and so its accuracy is what it expects."""
    x, activity, lengths = test
    inside = rnnlib.mask_of(lengths, len(x))
    for rule in (motion.belief, motion.belief_alone):
        known = rule(x)
        right = known.argmax(axis=-1) == activity
        assert known.max(axis=-1)[inside].mean() == pytest.approx(right[inside].mean(), abs=0.02)


def test_recordings_are_padded():
    x, activity, lengths = motion.test_set(40)
    assert lengths.min() >= motion.SHORTEST and lengths.max() <= motion.LONGEST
    outside = ~rnnlib.mask_of(lengths, len(x))
    assert (x[outside] == 0).all() and (activity[outside] == 0).all() and outside.any()


def test_no_movement_is_in_both_parts(monkeypatch):
    """Both parts ask one function of a recording's whole chain of states, and take opposite answers."""
    asked = {}
    monkeypatch.setattr(motion, "held_out", lambda content: asked.setdefault(content, held_out(content)))
    taken = {}
    for test in (False, True):
        monkeypatch.setattr(motion, "stream", lambda T, B, rng, first=motion.stream: first(T, B, np.random.default_rng(3)))
        taken[test] = motion.recordings(12, np.random.default_rng(3), test)[0]
    assert len(asked) >= 60 and 0.05 < np.mean(list(asked.values())) < 0.4
    films = [{x[:motion.SHORTEST, b].tobytes() for b in range(12)} for x in taken.values()]
    assert not films[0] & films[1]


def test_batches_are_as_models_take_them():
    x, activity, lengths = next(motion.batches(np.random.default_rng(0), B=5))
    assert x.shape == (lengths.max(), 5, motion.D) and activity.shape == x.shape[:2]
    loss, gradients = motion.model("GRU", np.random.default_rng(0)).loss_and_gradients((x, activity, lengths))
    assert np.isfinite(loss) and set(gradients) == {"W_x", "W_h", "b", "b_hn", "W_y", "b_y"}


@pytest.mark.parametrize("cells", [(rnnlib.RNNCell, rnnlib.LSTMCell), (rnnlib.GRUCell, rnnlib.RNNCell)])
def test_two_layers_by_central_differences(cells):
    rng = np.random.default_rng(4)
    stack = motion.TwoLayers(cells[0](3, 4, rng), cells[1](4, 3, rng), rnnlib.Readout(3, 4, rng))
    batch = rng.normal(size=(5, 3, 3)), rng.integers(0, 4, (5, 3)), np.array([5, 2, 3])
    _, gradients = stack.loss_and_gradients(batch)
    assert rnnlib.gradient_check(lambda: stack.loss_and_gradients(batch)[0], stack.params, gradients) < 1e-7


def test_two_layers_are_as_large_as_one():
    for name in ("RNN", "GRU"):
        one, two = (sum(array.size for array in motion.model(name, np.random.default_rng(0), layers).params.values())
                    for layers in (1, 2))
        assert abs(one - two) < 0.03 * one
    with pytest.raises(ValueError, match="layers must be 1 or 2"):
        motion.model("GRU", np.random.default_rng(0), 3)
