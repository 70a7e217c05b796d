"""Which pictures of a slider figure to draw before somebody asks for them.

A picture that is in the page already is there at once, however far away the kernel is. Four things are known of a hand on a
control: where the control stands, how its last move went, whether it holds an arrow key or a pointer, and how far it came
while the last picture was being drawn, its pace. From them, for each picture:

1. *Where it stands*, if that picture is missing and the hand has rested since the last one. A hand that moves has left the
   place before its picture is there; meanwhile the page shows the nearest one that it has.
2. *Next to the hand*: an arrow key moves by one, so all positions in the direction in which it moves are needed, one after
   the other. A pointer moves by many, and meets one of those that lie a move, two moves ... ahead, or one near it. Positions
   that the hand will have passed before they are drawn wait until it rests.
3. *A step of each other control*, for the key that is pressed first there.
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


class Hand(NamedTuple):
    """Where a hand is: positions of all controls, which of them it is on, its last move (0: none yet), and by what."""

    place: tuple
    control: int
    step: int = 0
    keys: bool = False


def order(at, count, step=0, pace=0, keys=False):
    """Positions of a control that stands at `at`, each once, in the order in which they should be drawn.

    Parameters
    ----------
    at : int
        0 .. count - 1.
    count : int
        How many positions the control has.
    step : int
        The last move, with its sign; 0 where there was none yet.
    pace : int
        How many positions the hand passes while a picture is drawn.
    keys : bool
        Whether it is moved by arrow keys, one by one.

    Yields
    ------
    int, or None where the positions next to the hand end and one step of each other control should come.
    """
    seen = {at}
    for k in itertools.chain(_near(at, step, pace, keys), [None], _coarse(count, keys), _outwards(at, count, step)):
        if k is None or (0 <= k < count and k not in seen):
            seen.add(k)
            yield k


def _near(at, step, pace, keys):
    if step == 0:
        for k in range(1, NEAR_KEYS // 2 + 1 if keys else 3):
            yield from (at + k, at - k)
        return
    stride = (1 if step > 0 else -1) if keys else step
    passed = pace // abs(stride)        # of these no picture can come in time
    yield from (at + stride * k for k in range(passed + 1, passed + 1 + (NEAR_KEYS if keys else NEAR_POINTER)))
    if not pace:
        yield at - stride


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
        step = self.hand.step if self.hand is not None and self.hand.control == control else 0
        self.hand, self.left = Hand(tuple(place), control, step, keys), MOST

    def move(self, place, control):
        """A control has been moved, and the figure now stands at `place`."""
        hand, keys = self.hand, False
        step = 0
        if hand is not None and hand.control == control:
            step, keys = place[control] - hand.place[control], hand.keys
        self.moved += abs(step)
        self.hand, self.left = Hand(tuple(place), control, step, keys), MOST

    def leave(self):
        """Nobody touches it any more."""
        self.hand, self.left, self.moved = None, 0, 0

    def next(self, drawn):
        """The place to draw next, or None; `drawn(place)` says whether a place has its picture already."""
        hand, pace, self.moved = self.hand, self.moved, 0
        if hand is None or self.left <= 0:
            return None
        for place in self._places(hand, pace):
            if not drawn(place):
                self.left -= 1
                return place
        return None

    def _places(self, hand, pace):
        if not pace:
            yield hand.place
        if self.counts[hand.control] is not None:
            for k in order(hand.place[hand.control], self.counts[hand.control], hand.step, pace, hand.keys):
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
