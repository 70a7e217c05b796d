"""Which pictures are drawn ahead: the policy alone, without a figure, a browser or a clock."""

import itertools

import numpy as np
import pytest

from rnnlib.course.ahead import COARSE_KEYS, COARSE_POINTER, MOST, NEAR_KEYS, NEAR_POINTER, Ahead, order


def positions(*args, **kwargs):
    return [k for k in order(*args, **kwargs) if k is not None]


@pytest.mark.parametrize("keys", [False, True])
@pytest.mark.parametrize("pace", [0, 1, 40])
@pytest.mark.parametrize(("at", "count", "step"), [(0, 1, 0), (5, 7, 0), (98, 499, 1), (98, 499, -20), (498, 499, 3),
                                                   (0, 499, -1)])
def test_every_position_but_its_own_comes_once(at, count, step, pace, keys):
    assert sorted(positions(at, count, step, pace, keys)) == [k for k in range(count) if k != at]


def test_a_hand_that_only_reaches_gets_both_neighbours_first():
    assert positions(50, 500)[:4] == [51, 49, 52, 48]
    assert positions(50, 500, keys=True)[:NEAR_KEYS] == [50 + d * k for k in range(1, NEAR_KEYS // 2 + 1) for d in (1, -1)]


@pytest.mark.parametrize("step", [1, -1, 7, -20])
def test_a_pointer_meets_what_comes_next_if_it_goes_on(step):
    first = positions(250, 500, step)[:NEAR_POINTER + 1]
    assert set(first) == {250 + step * k for k in range(1, NEAR_POINTER + 1)} | {250 - step}
    assert first[0] == 250 + step


@pytest.mark.parametrize(("step", "forward"), [(1, 1), (-1, -1), (3, 1)])
def test_an_arrow_key_reaches_one_after_the_other(step, forward):
    assert positions(250, 500, step, keys=True)[:NEAR_KEYS] == [250 + forward * k for k in range(1, NEAR_KEYS + 1)]


def test_what_the_hand_passes_before_it_is_drawn_waits():
    assert positions(250, 500, 1, pace=2, keys=True)[:2] == [253, 254]
    assert positions(250, 500, -10, pace=5)[:3] == [235, 230, 225], "as the picture gets to the page it is three pictures later"
    assert positions(250, 500, -10, pace=5, since=1)[0] == 230


@pytest.mark.parametrize(("keys", "near", "coarse"), [(True, NEAR_KEYS, COARSE_KEYS), (False, NEAR_POINTER, COARSE_POINTER)])
def test_then_the_whole_control_by_halves(keys, near, coarse):
    first = positions(250, 500, 1, keys=keys)
    gaps = np.diff(sorted({*first[:near + 1 + coarse + 1], 250}))
    assert {0, 499} <= set(first[:near + 3]) and gaps.max() <= np.ceil(499 / coarse)
    half = first[:near + 1 + 5]      # the ends, the middle, the quarters
    assert np.diff(sorted({*half, 250})).max() <= np.ceil(499 / 4)


def test_the_rest_comes_nearest_first_on_the_side_of_the_movement():
    rest = positions(250, 500, -1)[NEAR_POINTER + 1 + COARSE_POINTER + 1:]
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


def test_a_plan_draws_along_the_touched_control_and_one_step_of_the_others():
    plan = Ahead([5, 4, None])
    assert plan.next(set().__contains__) is None
    plan.reach((2, 1, 0), 1)
    assert list(drawn_by(plan)) == [(2, 1, 0), (2, 2, 0), (2, 0, 0), (3, 1, 0), (1, 1, 0), (2, 3, 0)]
    plan.move((3, 1, 0), 0)
    assert set(drawn_by(plan)) == {(k, 1, 0) for k in range(5)} | {(3, 0, 0), (3, 2, 0)}
    plan.reach((3, 1, 0), 2)
    assert list(drawn_by(plan)) == [(3, 1, 0)]


def test_it_goes_on_where_the_hand_goes():
    plan, drawn = Ahead([499]), {(98,)}
    plan.reach((98,), 0, keys=True)
    assert plan.next(drawn.__contains__) == (99,)
    plan.move((99,), 0)
    assert plan.next(drawn.__contains__) == (99,), "one press: it may be the only one"
    plan.move((100,), 0)
    assert plan.next(drawn.__contains__) == (102,), "the key is held: (101,) would come too late"
    assert plan.next(drawn.__contains__) == (100,), "it has rested: its own"
    drawn.update({(99,), (100,), (101,), (102,)})
    assert plan.next(drawn.__contains__) == (103,)
    plan.reach((100,), 0)
    plan.move((130,), 0)
    assert plan.next(drawn.__contains__) == (130,), "a jump, after which nobody knows more"
    drawn.add((130,))
    plan.move((140,), 0)
    assert plan.next(drawn.__contains__) == (170,), "a drag of 10 positions a picture, and three pictures until one is there"
    drawn.add((170,))
    assert plan.next(drawn.__contains__) == (180,), "one picture later"
    assert plan.next(drawn.__contains__) == (140,), "the next move is overdue"
    plan.move((130,), 0)
    plan.move((120,), 0)
    assert plan.next(drawn.__contains__)[0] < 120, "and back"


def test_it_ends():
    plan = Ahead([5000])
    plan.reach((98,), 0)
    assert len(list(drawn_by(plan))) == MOST
    plan.reach((98,), 0)
    assert len(list(drawn_by(plan, 3))) == 3
    plan.reach((98,), 0, keys=True)
    plan.pause()
    assert list(drawn_by(plan)) == []
    plan.move((99,), 0)
    plan.move((100,), 0)
    assert next(drawn_by(plan)) == (102,), "it still is a hand on the keys"
    plan.leave()
    assert list(drawn_by(plan)) == []


def played(path, picture, way, keys, ahead=0.5, count=500, heard=0.0):
    """A hand, a kernel and a page, in seconds of a clock of their own.

    Parameters
    ----------
    path : list of (time, position)
    picture, way : float
        What a picture takes to draw, and a message on its way to the kernel or to the page.
    heard : float
        How often the kernel hears of the hand: a page sends a move when the last has been dealt with.
    ahead : float
        How long the hand has been there before it moves.

    Returns
    -------
    exact : int, positions at which the page had the picture before the hand left them
    shown : list of (time, position drawn), whenever another picture was shown
    """
    plan, kept, shown, exact = Ahead([count]), {path[0][1]: 0.0}, [], 0
    start = path[0][1]
    plan.reach((start,), 0, keys)
    drawn = {(start,)}
    moves, sent = [], -np.inf
    for i, (time, position) in enumerate(path[1:], 1):
        if time - sent >= heard or i == len(path) - 1:      # the last one in any case
            sent = max(time, sent + heard)
            moves.append((sent + way, position))
    now = path[0][0] - ahead
    while now < path[-1][0] + 1:
        while moves and moves[0][0] <= now:
            plan.move((moves.pop(0)[1],), 0)
        place = plan.next(drawn.__contains__)
        now += picture if place else 0.001
        if place:
            drawn.add(place)
            kept[place[0]] = now + way
    moments = sorted([(time, None) for time, _ in path] + [(time, position) for position, time in kept.items()],
                     key=lambda moment: moment[0])
    at, last, there = start, None, set()
    until = dict(itertools.pairwise([time for time, _ in path] + [path[-1][0] + 1]))
    hand = dict(path)
    for moment, arrived in moments:
        if arrived is None:
            at = hand[moment]
            exact += kept.get(at, np.inf) < until[moment]
        else:
            there.add(arrived)
        nearest = min(there, key=lambda k: abs(k - at), default=None)
        if nearest is not None and nearest != last and (last is None or abs(nearest - at) < abs(last - at)):
            last = nearest
            shown.append((moment, nearest))
    return exact, shown


def held(count=60):
    return [(k / 30, 100 + k) for k in range(count + 1)]


@pytest.mark.parametrize("way", [0.005, 0.04, 0.08])
def test_a_held_key_finds_its_pictures_where_the_kernel_needs_thirty_milliseconds(way):
    exact, _ = played(held(), 0.03, way, keys=True)
    assert exact / 61 >= 25 / 30


def test_a_kernel_that_is_too_slow_still_meets_the_key_as_often_as_it_can():
    exact, _ = played(held(), 0.06, 0.01, keys=True, ahead=0.1)
    assert exact / 61 >= 0.8 * (0.0333 / 0.06)


def dragged(to):
    return [(2 * k / 120, round(to * k / 120)) for k in range(121)]


@pytest.mark.parametrize("heard", [0.0, 0.035, 0.07])
@pytest.mark.parametrize("to", [499, 300])
def test_a_drag_shows_a_picture_in_most_frames(to, heard):
    _, shown = played(dragged(to), 0.03, 0.005, keys=False, heard=heard)
    assert sum(time < 2 for time, _ in shown) / 2 >= 25


@pytest.mark.parametrize("heard", [0.0, 0.035, 0.07])
@pytest.mark.parametrize("way", [0.005, 0.04, 0.08])
@pytest.mark.parametrize("to", [499, 300])
def test_a_drag_ends_at_the_right_picture(to, way, heard):
    _, shown = played(dragged(to), 0.03, way, keys=False, heard=heard)
    assert shown[-1][1] == to and shown[-1][0] - 2 <= 0.15 + 2 * way + min(way, heard)     # its last move waits for an answer
