"""The figures that draw stored runs in lessons 08 to 10: every run is a marker, every number in a title is the runs' own."""

import numpy as np
import pytest
from lessons import holds_its_texts

from rnnlib.course import explorers, figures

RNG = np.random.default_rng(0)


def drawn(ax, face=None):
    """The markers on axes: x and y of all lines that are made of markers alone."""
    lines = [line for line in ax.lines if line.get_linestyle() == "None" and line.get_marker() not in ("None", "")
             and (face is None or line.get_markerfacecolor() == face)]
    return np.concatenate([line.get_xdata() for line in lines]), np.concatenate([line.get_ydata() for line in lines])


def fits(picture):
    figures.png(picture.figure)
    holds_its_texts(picture)


def rivals(kinds, budgets, n=5):
    return [{"kind": kind, "steps": steps, "parameters": size, "score": float(RNG.random())} for kind, size in kinds.items()
            for steps in budgets for _ in range(n)]


@pytest.mark.parametrize("budgets", [(100,), (100, 400)])
def test_every_run_beside_a_window_is_a_marker(budgets):
    runs = rivals({"window": 900, "RNN": 300, "GRU": 905}, budgets)
    picture = explorers.beside_a_window(runs, 0.1, 1.0, 0.9)
    (ax,) = picture.figure.axes
    x, y = drawn(ax)
    assert sorted(x) == sorted(run["score"] for run in runs)
    for run in runs:                    # each in the row of its kind
        assert round(y[list(x).index(run["score"])]) == ["window", "RNN", "GRU"].index(run["kind"])
    open_ones, _ = drawn(ax, "white") if len(budgets) > 1 else ([], [])
    assert sorted(open_ones) == sorted(run["score"] for run in runs if run["steps"] == 400)
    for kind in ("window", "RNN", "GRU"):
        median = np.median([run["score"] for run in runs if run["kind"] == kind and run["steps"] == 100])
        assert f"{kind} {median:.3g}" in picture.figure.texts[0].get_text()
        assert f"{kind} {median:.3g} after 100" in picture.sentence
    assert [line.get_xdata()[0] for line in ax.lines if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2] == [
        0.1, 0.9, 1.0]
    low, high = ax.get_xlim()
    assert low < min(x) and max(x) < high
    fits(picture)


def test_lengths_by_budget():
    runs = [{"steps": steps, "seed": seed, **{f"n{n}": float(RNG.random() * best / n) for n in range(3, 8)}, "last": 0.4}
            for steps, best in ((1000, 3), (4000, 7)) for seed in range(5)]
    picture = explorers.length_by_budget(runs, 16, 6)
    (ax,) = picture.figure.axes
    x, y = drawn(ax)
    assert sorted(y) == sorted(run[f"n{n}"] for run in runs for n in range(3, 8))
    for run in runs:
        for n in range(3, 8):
            assert round(x[list(y).index(run[f"n{n}"])]) == n
    for steps in (1000, 4000):
        medians = [np.median([run[f"n{n}"] for run in runs if run["steps"] == steps]) for n in range(3, 8)]
        half = max([n for n, median in zip(range(3, 8), medians) if median >= 0.5], default=2)
        assert f"after {steps:,} steps up to {half} digits" in picture.sentence
    fits(picture)


def test_places_by_budget():
    settings = {label: [{"place": float(RNG.random()), "place_train": float(RNG.random())} for _ in range(n)]
                for label, n in (("said last\n900 steps", 6), ("said first\n900 steps", 4))}
    picture = explorers.place_by_budget(settings)
    x, y = drawn(picture.figure.axes[0])
    for at, runs in enumerate(settings.values()):
        for run in runs:
            assert round(x[list(y).index(run["place"])]) == round(x[list(y).index(run["place_train"])]) == at
    assert len(y) == 20
    median = np.median([run["place_train"] for run in settings["said first\n900 steps"]])
    assert f"said first 900 steps (4 seeds): {median:.2f} in training pictures" in picture.sentence
    fits(picture)


def test_ways_of_choosing():
    ways = {name: [(f"{v}", [{"flawless": float(RNG.random()), "different": float(RNG.random())} for _ in range(5)])
                   for v in range(3)] for name in ("temperature", "top-k", "nucleus")}
    rules = RNG.random(4)
    picture = explorers.mistakes_against_sameness(ways, rules)
    (ax,) = picture.figure.axes
    *_, star = ax.lines
    assert (list(star.get_xdata()), list(star.get_ydata())) == ([np.median(rules)], [1])
    assert f"The rules themselves: 1 flawless and {np.median(rules):.2f} different." in picture.sentence
    faint, strong = ax.lines[::2], ax.lines[1::2]
    for points, dots, line in zip(ways.values(), faint, strong):
        assert list(dots.get_xdata()) == [run["different"] for _, runs in points for run in runs]
        assert list(dots.get_ydata()) == [run["flawless"] for _, runs in points for run in runs]
        np.testing.assert_allclose(line.get_ydata(), [np.median([run["flawless"] for run in runs]) for _, runs in points])
    assert "Medians of 5 networks" in picture.sentence
    fits(picture)


def test_two_rows_names_what_is_read_and_said():
    picture = explorers.two_rows("jordan of course flooded".split(), ["place", "other", "other", "other"])
    labels = [patch.get_label() for ax in picture.figure.axes for patch in (*ax.patches, *ax.artists)]
    for word in ("jordan", "flooded", "place", "$f_{1}$", "$b_{4}$", "forwards", "backwards"):
        assert word in labels
    assert "“jordan”" in picture.sentence and "“flooded”" in picture.sentence
