"""Which pictures of a slider figure to draw before somebody asks for them.

A picture that is in the page already is there at once, however far away the kernel is. Five things are known of a hand on a
control: where the control stands, how its last move went, whether it holds an arrow key or a pointer, how far it comes while
a picture is drawn, its pace, and how many pictures were drawn since it was last heard of. Moves come less often than pictures:
a page sends the next one when the last has been dealt with. From them, for each picture:

1. *Where it stands*, if that picture is missing and the hand has rested: no move came though one was due. A hand that moves
   has left the place before its picture is there; meanwhile the page shows the nearest one that it has.
2. *Next to the hand*: an arrow key moves by one, so all positions in the direction in which it moves are needed, one after
   the other, but for those that it will have passed. A pointer moves by many: what it meets is where it will be when the
   picture has arrived, and then a pace further, two paces ...
3. *A step of each other control*, for the key that is pressed first there; if the hand has rested for a while, already after
   two positions of 2, for it may be on its way to that control.
4. *Coarse*: positions spread over the whole control, by halves: both ends, the middle, the quarters ... Wherever a quick drag
   gets to, there is a picture not far away.
5. *The rest*, nearest first, the side towards which the hand moves before the other.

A hand that only reaches for a control has no direction: its neighbours on both sides come first. MOST pictures after the last
touch it ends, and when the hand leaves: a kernel that nobody touches does nothing.

Nothing here knows of a clock, a browser or a picture: `Ahead.next` says which place to draw, or None. It may be called in one
thread while the hand is told of in another: what it reads of the hand is one object, put in place at once.
"""

import itertools
from typing import NamedTuple

NEAR_KEYS, NEAR_POINTER = 24, 8         # so many positions in the direction of the movement come before the coarse ones
COARSE_KEYS, COARSE_POINTER = 16, 64    # so many positions spread over the whole control
MOST = 100                              # so many pictures after the last touch: two or three seconds of drawing
PAUSE_KEYS, PAUSE_POINTER = 12, 3       # a hand of which nothing was heard for more pictures than these begins anew
RESTED = 3                              # after so many pictures it may be on its way to another control
TRANSIT = 2                             # pictures that are drawn while word of a move gets here and one gets to the page


class Hand(NamedTuple):
    """Where a hand is: positions of all controls, which of them it is on, its last move (0: none yet), and by what.

    `passed`: positions in its last moves, between which no picture was drawn; `gap`: pictures that were drawn before those.
    """

    place: tuple
    control: int
    step: int = 0
    keys: bool = False
    passed: int = 0
    gap: int = 1


def order(at, count, step=0, pace=0, keys=False, since=0):
    """Positions of a control that stands at `at`, each once, in the order in which they should be drawn.

    Parameters
    ----------
    at : int
        0 .. count - 1.
    count : int
        How many positions the control has.
    step : int
        The last move, with its sign; 0 where there was none yet.
    pace : float
        How many positions the hand passes while a picture is drawn; 0 where it rests.
    keys : bool
        Whether it is moved by arrow keys, one by one.
    since : int
        How many pictures have been drawn since it was at `at`.

    Yields
    ------
    int, or None where one step of each other control should come: after the positions next to the hand, or the first two of
    them if it has rested for a while.
    """
    seen = {at}
    near = _near(at, step, pace, keys, since)
    nearest = itertools.islice(near, 0, 2 if not pace and since > RESTED else None)
    for k in itertools.chain(nearest, [None], near, _coarse(count, keys), _outwards(at, count, step)):
        if k is None or (0 <= k < count and k not in seen):
            seen.add(k)
            yield k


def _near(at, step, pace, keys, since):
    if step == 0:
        for k in range(1, NEAR_KEYS // 2 + 1 if keys else 3):
            yield from (at + k, at - k)
        return
    forward = 1 if step > 0 else -1
    if keys:
        yield from (at + forward * (int(pace) + k) for k in range(1, NEAR_KEYS + 1))
    elif pace:
        yield from (at + forward * round(pace * (since + 1 + TRANSIT + k)) for k in range(NEAR_POINTER))
    else:
        yield from (at + step * k for k in range(1, NEAR_POINTER + 1))
    if not pace:
        yield at - (forward if keys else step)


def _coarse(count, keys):
    """Both ends, the middle, the quarters ..."""
    yield from (0, count - 1)
    parts = 2
    while parts <= (COARSE_KEYS if keys else COARSE_POINTER):
        yield from (round(k * (count - 1) / parts) for k in range(1, parts, 2))
        parts *= 2


def _outwards(at, count, step):
    forward = -1 if step < 0 else 1
    for k in range(1, count):
        yield at + forward * k
        yield at - forward * k


class Ahead:
    """The plan of one figure: told of every touch and move, it names the next place to draw.

    A place is a tuple with the position of each control.

    Parameters
    ----------
    counts : sequence of int or None
        How many positions each control has; None for one that cannot be drawn along, a text box say.
    """

    def __init__(self, counts):
        self.counts = list(counts)
        self.leave()

    def reach(self, place, control, keys=False):
        """Somebody reaches for a control, with a pointer or by keys."""
        hand = self.hand
        step = hand.step if hand is not None and hand.control == control else 0
        self.hand, self.left, self.since = Hand(tuple(place), control, step, keys), MOST, max(PAUSE_KEYS, PAUSE_POINTER) + 1

    def move(self, place, control):
        """A control has been moved, and the figure now stands at `place`."""
        hand, since = self.hand, self.since
        if hand is None or hand.control != control:
            hand = Hand(tuple(place), control)
        else:
            step = place[control] - hand.place[control]
            if since > (PAUSE_KEYS if hand.keys else PAUSE_POINTER):
                passed, gap = 0, 1
            elif since:
                passed, gap = abs(step), since
            else:
                passed, gap = hand.passed + abs(step), hand.gap
            hand = Hand(tuple(place), control, step, hand.keys, passed, gap)
        self.hand, self.left, self.since = hand, MOST, 0

    def pause(self):
        """Draw nothing more until the next touch or move; the hand stays where it is."""
        self.left = 0

    def leave(self):
        """Nobody touches it any more."""
        self.hand, self.left, self.since = None, 0, 0

    def next(self, drawn):
        """The place to draw next, or None; `drawn(place)` says whether a place has its picture already."""
        hand, since = self.hand, self.since
        if hand is None or self.left <= 0:
            return None
        for place in self._places(hand, since):
            if not drawn(place):
                self.left -= 1
                self.since += 1
                return place
        return None

    def _places(self, hand, since):
        rests = since > (0 if hand.keys else hand.gap)
        pace = 0 if rests else hand.passed / (1 if hand.keys else hand.gap)
        if not pace:
            yield hand.place
        if self.counts[hand.control] is not None:
            for k in order(hand.place[hand.control], self.counts[hand.control], hand.step, pace, hand.keys, since):
                if k is not None:
                    yield _with(hand.place, hand.control, k)
                    continue
                for i, count in enumerate(self.counts):
                    if i != hand.control and count is not None:
                        at = hand.place[i]
                        yield from (_with(hand.place, i, k) for k in (at + 1, at - 1) if 0 <= k < count)
        yield hand.place


def _with(place, control, position):
    return *place[:control], position, *place[control + 1:]
