"""Which pictures are drawn ahead: the policy alone, without a figure, a browser or a clock."""

import numpy as np
import pytest

from rnnlib.course.ahead import COARSE, MOST, NEAR, Ahead, order


@pytest.mark.parametrize(("at", "count", "step"), [(0, 1, 0), (5, 7, 0), (98, 499, 1), (98, 499, -20), (498, 499, 3),
                                                   (0, 499, -1)])
def test_every_position_but_its_own_comes_once(at, count, step):
    assert sorted(order(at, count, step)) == [k for k in range(count) if k != at]


def test_a_hand_that_only_reaches_gets_both_neighbours_first():
    assert list(order(50, 500))[:4] == [51, 49, 52, 48]


@pytest.mark.parametrize("step", [1, -1, 7, -20])
def test_a_hand_that_moves_meets_what_comes_next_if_it_goes_on(step):
    first = list(order(250, 500, step))[:NEAR + 1]
    assert set(first) == {250 + step * k for k in range(1, NEAR + 1)} | {250 - step}
    assert first[0] == 250 + step


def test_then_the_whole_control_by_halves():
    first = list(order(250, 500, 1))[:NEAR + 1 + COARSE + 1]
    gaps = np.diff(sorted({*first, 250}))
    assert {0, 499} <= set(first) and gaps.max() <= np.ceil(499 / COARSE)
    half = list(order(250, 500, 1))[:NEAR + 1 + 5]      # the ends, the middle, the quarters
    assert np.diff(sorted({*half, 250})).max() <= np.ceil(499 / 4)


def test_the_rest_comes_nearest_first_on_the_side_of_the_movement():
    rest = [k for k in order(250, 500, -1)][NEAR + 1 + COARSE + 1:]
    distance = [abs(k - 250) for k in rest]
    assert distance == sorted(distance)
    assert all(rest[i] < 250 for i in range(20) if distance[i] == distance[i + 1])


def drawn_by(plan, count=10_000):
    places = set()
    for _ in range(count):
        place = plan.next(places.__contains__)
        if place is None:
            break
        places.add(place)
        yield place


def test_a_plan_draws_along_the_touched_control_alone():
    plan = Ahead([5, 4, None])
    assert plan.next(set().__contains__) is None
    plan.reach((2, 1, 0), 1)
    assert list(drawn_by(plan)) == [(2, 2, 0), (2, 0, 0), (2, 3, 0)]
    plan.move((3, 1, 0), 0)
    assert set(drawn_by(plan)) == {(k, 1, 0) for k in (0, 1, 2, 4)}
    plan.reach((3, 1, 0), 2)
    assert list(drawn_by(plan)) == []


def test_it_goes_on_where_the_hand_goes():
    plan, drawn = Ahead([499]), set()
    plan.reach((98,), 0)
    plan.move((99,), 0)
    assert plan.next(drawn.__contains__) == (100,)
    drawn.update({(100,), (101,)})
    plan.move((100,), 0)
    assert plan.next(drawn.__contains__) == (102,)
    plan.move((130,), 0)
    assert plan.next(drawn.__contains__) == (160,), "a drag"
    plan.move((99,), 0)
    assert plan.next(drawn.__contains__) == (68,), "and back"


def test_it_ends():
    plan = Ahead([5000])
    plan.reach((98,), 0)
    assert len(list(drawn_by(plan))) == MOST
    plan.reach((98,), 0)
    assert len(list(drawn_by(plan, 3))) == 3
    plan.leave()
    assert list(drawn_by(plan)) == []
