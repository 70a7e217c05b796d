"""The moving dot: its films, and baseline and ceiling by counting."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from rnnlib.course.toydata import moving_dot


@pytest.fixture(scope="module")
def films():
    return moving_dot._films(4000, np.random.default_rng(0))


def test_the_label_is_the_move_that_led_here(films):
    places, directions = films
    rows, columns = places // 6, places % 6
    steps = np.stack([rows[1:] - rows[:-1], columns[1:] - columns[:-1]], axis=-1)
    np.testing.assert_array_equal((steps - moving_dot.MOVES[directions[1:]]) % 6, 0)
    assert (directions[1:] == directions[:-1]).mean() == pytest.approx(moving_dot.STAYS, abs=0.01)


def best_by_counting(films, seen):
    """The accuracy of the best rule that sees seen(places, t, b), by counting on the films themselves."""
    places, directions = films
    votes = defaultdict(Counter)
    for t, b in np.ndindex(places.shape):
        votes[seen(places, t, b)][directions[t, b]] += 1
    return sum(max(counts.values()) for counts in votes.values()) / places.size


def test_one_frame_says_nothing(films):
    assert best_by_counting(films, lambda places, t, b: places[t, b]) == pytest.approx(moving_dot.baseline(), abs=0.02)


def test_two_frames_say_all_but_the_first(films):
    def two(places, t, b):
        return (places[t - 1, b], places[t, b]) if t else "first"
    assert best_by_counting(films, two) == pytest.approx(moving_dot.ceiling(), abs=0.005)
    assert moving_dot.ceiling() == 0.9375


def test_frames_hold_one_dot():
    x, directions = moving_dot.test_set(20)
    assert x.shape == (moving_dot.T, 20, 36) and directions.shape == x.shape[:2]
    assert (x.sum(axis=-1) == 1).all() and x.max() == 1
    batch = next(moving_dot.batches(np.random.default_rng(0), B=3))
    assert batch[0].shape == (moving_dot.T, 3, 36)
