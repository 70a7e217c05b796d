"""The recall task of lessons 04 and 05: its data, its runs, and what the stored sweep holds."""

import csv
import importlib.util
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import rnnlib
from rnnlib.course.toydata import recall

ROOT = Path(__file__).resolve().parent.parent
OPENED = [("LSTM", "forget 4, input -4"), ("GRU", "update 4")]


@pytest.fixture(scope="module")
def sweep():
    spec = importlib.util.spec_from_file_location("sweep_recall", ROOT / "tools" / "sweep_recall.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize("T", [1, 2, 17])
def test_one_symbol_then_distractors(T, same):
    x, target = recall.test_set(T, np.random.default_rng(T), B=400, same_symbols=same)
    assert x.shape == (T, 400, 8) and x.dtype == float and target.shape == (400,)
    np.testing.assert_array_equal(np.sort(x, axis=2)[..., :-1], 0)
    np.testing.assert_array_equal(x.sum(axis=2), 1)
    symbols = x.argmax(axis=2)
    np.testing.assert_array_equal(symbols[0], target)
    assert set(target) == {0, 1, 2, 3}
    assert set(symbols[1:].ravel()) == (set() if T == 1 else {0, 1, 2, 3} if same else {4, 5, 6, 7})


def test_distractors_say_nothing_of_the_first_symbol():
    x, target = recall.test_set(3, np.random.default_rng(0), B=20_000, same_symbols=True)
    for t in (1, 2):
        together = np.eye(4)[target].T @ x[t, :, :4] / len(target)
        np.testing.assert_allclose(together, 1 / 16, atol=0.008)


def test_batches_are_fresh_endless_and_seeded():
    first, second = islice(recall.batches(5, np.random.default_rng(0)), 2)
    again = next(recall.batches(5, np.random.default_rng(0)))
    assert first[0].shape == (5, 32, 8) and first[1].shape == (32,)
    assert not np.array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[0], again[0])
    small = next(recall.batches(5, np.random.default_rng(0), B=3, same_symbols=True))
    assert small[0].shape == (5, 3, 8) and small[0][:, :, 4:].sum() == 0


@pytest.mark.parametrize("cell, label, biases", recall.SETTINGS)
def test_model_is_as_the_curriculum_sets_it(cell, label, biases):
    model = recall.model(cell, np.random.default_rng(0), **biases)
    assert isinstance(model, rnnlib.ManyToOne)
    inside = model.reader.cell
    assert (type(inside), inside.input_size, inside.hidden_size) == (recall.CELL_TYPES[cell], 8, 24)
    assert model.params["W_y"].shape == (4, 24)
    rows = {"forget_bias": slice(24, 48), "input_bias": slice(0, 24), "update_bias": slice(24, 48)}
    for name, value in biases.items():
        np.testing.assert_array_equal(inside.b[rows[name]], value)
    for name, array in model.params.items():
        free = array[np.abs(array) < 3.9]
        assert np.abs(free).max() <= 1 / np.sqrt(24), name
        assert array.size < 20 or np.abs(free).max() > 0.8 / np.sqrt(24), name


def test_accuracy_counts():
    class Constant:
        def predict(self, x):
            return np.eye(4)[np.full(x.shape[1], 2)]

    x, target = recall.test_set(4, np.random.default_rng(0), B=1000)
    assert recall.accuracy(Constant(), x, target) == (target == 2).mean()
    assert abs(recall.accuracy(Constant(), x, target) - recall.CHANCE) < 0.05


def test_training_learns_a_short_lag_and_looking_on_changes_nothing():
    scores = []
    for look in (False, True):
        rng = np.random.default_rng(0)
        model = recall.model("GRU", rng, update_bias=4)
        before = recall.accuracy(model, *recall.test_set(10, recall.test_rng(0)))
        for step, _, _ in recall.training(model, 10, rng, steps=100):
            if look and step % 50 == 0:
                recall.accuracy(model, *recall.test_set(10, recall.test_rng(0)))
        scores.append((before, recall.accuracy(model, *recall.test_set(10, recall.test_rng(0)))))
    assert scores[0] == scores[1]
    assert scores[0][0] < 0.5 and scores[0][1] >= 0.95


def test_sweep_is_whole():
    runs = recall.stored()
    names = ("cell", "label", "same_symbols", "lag")
    seeds = {}
    for run in runs:
        seeds.setdefault(tuple(run[name] for name in names), []).append(run["seed"])
    wanted = [(cell, label, same, lag) for cell, label, _ in recall.SETTINGS for same in (False, True)
              for lag in (recall.SAME_SYMBOLS_LAGS if same else recall.LAGS)
              if not same or label in recall.SAME_SYMBOLS_LABELS]
    assert set(seeds) == set(wanted)
    for found in seeds.values():
        assert found == list(range(len(found))) and len(found) >= 5
    assert len(set(map(len, seeds.values()))) == 1
    for run in runs:
        assert run["steps"] == recall.STEPS and 0.1 < run["accuracy"] <= 1
        assert run["solved"] is None or (run["solved"] % 25 == 0 and 25 <= run["solved"] <= 500)
        assert run["accuracy"] < 0.95 or run["solved"] is not None
    with recall.SWEEP.open(newline="") as file:
        assert tuple(next(csv.reader(file))) == recall.FIELDS


def test_opened_cells_solve_lag_100_in_every_run():
    for cell, label in OPENED:
        scores = [run["accuracy"] for run in recall.stored()
                  if (run["cell"], run["label"], run["lag"], run["same_symbols"]) == (cell, label, 100, False)]
        assert len(scores) >= 5 and min(scores) >= 0.95


def test_sweep_lists_every_run_once_and_a_run_repeats(sweep):
    listed = sweep.runs(5)
    keys = Counter((cell, label, same, lag, seed) for cell, label, _, same, lag, seed in listed)
    assert len(keys) == len(listed) == 5 * (len(recall.SETTINGS) * len(recall.LAGS)
                                            + len(recall.SAME_SYMBOLS_LABELS) * len(recall.SAME_SYMBOLS_LAGS))
    row = sweep.run(("RNN", "default", {}, False, 10, 0))
    kept = next(run for run in recall.stored()
                if (run["cell"], run["lag"], run["seed"], run["label"]) == ("RNN", 10, 0, "default"))
    assert abs(float(row["accuracy"]) - kept["accuracy"]) < 0.02 and row["steps"] == kept["steps"]


def test_written_sweep_reads_back_in_one_order(sweep, monkeypatch, tmp_path):
    rows = [{"cell": cell, "label": label, "same_symbols": same, "lag": lag, "seed": seed, "accuracy": "0.500", "steps": 500,
             "solved": ""} for cell, label, _, same, lag, seed in sweep.runs(2)]
    texts = []
    for order in (rows, rows[::-1]):
        monkeypatch.setattr(recall, "SWEEP", tmp_path / "sweep.csv")
        sweep.write(order)
        texts.append(recall.SWEEP.read_bytes())
        assert len(recall.stored()) == len(rows) and recall.stored()[0]["solved"] is None
    assert texts[0] == texts[1] and b"\r" not in texts[0]
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.csv"]
