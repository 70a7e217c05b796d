"""The forecasting task: its signal, and its computed errors against simulations and other routes."""

import numpy as np
import pytest

from rnnlib.course.toydata import forecasting as task


def test_a_sequence_is_a_swing_with_noise():
    x, target = task.draw(4000, np.random.default_rng(0), noise=0.0)
    assert x.shape == (task.T, 4000, 1) and target.shape == (4000, task.K)
    s = np.concatenate([x[:, :, 0], target.T])
    # a sine obeys s_{t+1} + s_{t-1} = 2 cos(2 pi / period) s_t, and the period lies where it should
    clear = np.abs(s[15]) > 0.2
    cosine = ((s[16] + s[14])[clear] / (2 * s[15][clear]))
    period = 2 * np.pi / np.arccos(np.clip(cosine, -1, 1))
    assert abs(period.min() - task.SHORTEST) < 0.1 and abs(period.max() - task.LONGEST) < 0.1
    assert abs(period.mean() - 14) < 0.3 and abs(s.std() - np.sqrt(0.5)) < 0.02
    noisy, _ = task.draw(4000, np.random.default_rng(0))
    assert abs((noisy - x).std() - task.NOISE) < 0.005


def test_swing_takes_numbers_and_arrays():
    one = task.swing(12.0, 0.5)
    assert one.shape == (task.T + task.K,)
    np.testing.assert_array_equal(task.swing(np.array([12.0, 9.0]), np.array([0.5, 1.0]))[:, 0], one)
    np.testing.assert_allclose(one[12:24], one[:12], atol=1e-12)


def test_the_test_set_shares_nothing_with_training():
    x, _ = task.test_set()
    seen, _ = task.draw(3000, np.random.default_rng(0))
    first = seen[:, :, 0].T
    nearest = min(np.abs(first - sequence).max(axis=1).min() for sequence in x[:, :200, 0].T)
    assert nearest > 0.05, "a test sequence that training has shown"


def test_errors_from_covariances_agree_with_simulation():
    x, target = task.draw(20000, np.random.default_rng(1))
    np.testing.assert_allclose(task.error(np.repeat(x[-1], task.K, axis=1), target), task.persistence_error(), rtol=0.02)
    X = x[:, :, 0].T
    weights, *_ = np.linalg.lstsq(X, target, rcond=None)
    np.testing.assert_allclose(task.error(X @ weights, target), task.linear_error(), rtol=0.03)
    assert np.isclose(task.baseline(), np.sqrt(np.mean(task.linear_error() ** 2)))


def test_no_linear_rule_beats_the_linear_error():
    """Weights from other data, other lags, or shrunk, do no better than the bound."""
    x, target = task.draw(20000, np.random.default_rng(2))
    fit, fit_target = task.draw(3000, np.random.default_rng(3))
    for lags in (5, 15, 30):
        weights, *_ = np.linalg.lstsq(fit[-lags:, :, 0].T, fit_target, rcond=None)
        assert (task.error(x[-lags:, :, 0].T @ weights, target) > 0.985 * task.linear_error()).all()


def test_best_forecast_is_the_posterior_mean():
    """Against weighted draws of period and phase instead of a grid."""
    rng = np.random.default_rng(4)
    x, _ = task.draw(5, rng)
    curves = task.swing(rng.uniform(task.SHORTEST, task.LONGEST, 100000), rng.uniform(0, 2 * np.pi, 100000))
    for b in range(5):
        log = -((x[:, b] - curves[:task.T]) ** 2).sum(axis=0) / (2 * task.NOISE ** 2)
        weight = np.exp(log - log.max())
        np.testing.assert_allclose(task.best_forecast(x)[b], curves[task.T:] @ weight / weight.sum(), atol=0.03)


def test_ceiling_lies_between_noise_and_all_others():
    assert task.NOISE < task.ceiling() < task.baseline()
    assert task.ceiling() == pytest.approx(0.220, abs=1e-3) and task.baseline() == pytest.approx(0.399, abs=1e-3)
