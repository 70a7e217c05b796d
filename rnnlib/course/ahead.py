"""Which pictures of a slider figure to draw before somebody asks for them.

A picture that is in the page already is there at once, however far away the kernel is. Three things are known of a hand on a
control: where the control stands, how far its last move went and in which direction. From them:

1. *Next to the hand.* The next eight positions if it goes on as it went, and the one it came from. An arrow key that is
   held moves by one, so these are the very positions it will reach, 30 a second: eight of them last a quarter of a second,
   which is how long a picture takes from a distant kernel. A hand that drags moves by many, and meets one of these or one
   near it.
2. *Coarse.* Sixteen positions spread over the whole control, by halves: both ends, the middle, the quarters ... Wherever
   a quick drag gets to, there is a picture not far away, to be shown until the exact one comes.
3. *The rest*, nearest first, the side towards which the hand moves before the other.

A hand that only reaches for a control has no direction: its neighbours on both sides come first. Only the control that is
touched is drawn along, for a move of another makes all of these wrong ones. MOST pictures after the last touch it ends, and
when the hand leaves: a kernel that nobody touches does nothing.

Nothing here knows of a clock, a browser or a picture: `Ahead.next` says which place to draw, or None.
"""

NEAR = 8        # so many positions in the direction of the movement come before everything else
COARSE = 16     # so many positions spread over the whole control
MOST = 100      # so many pictures after the last touch: two or three seconds of drawing


def order(at, count, step=0):
    """Positions of a control that stands at `at`, each once, in the order in which they should be drawn.

    Parameters
    ----------
    at : int
        0 .. count - 1.
    count : int
        How many positions the control has.
    step : int
        The last move, with its sign; 0 where there was none yet.
    """
    seen = {at}
    for k in (*_near(at, step), *_coarse(count), *_outwards(at, count, step)):
        if 0 <= k < count and k not in seen:
            seen.add(k)
            yield k


def _near(at, step):
    if step == 0:
        return at + 1, at - 1, at + 2, at - 2
    return at + step, at + 2 * step, at - step, *(at + step * k for k in range(3, NEAR + 1))


def _coarse(count):
    """Both ends, the middle, the quarters ..., COARSE of them."""
    yield from (0, count - 1)
    parts = 2
    while parts <= COARSE:
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

    def reach(self, place, control):
        """Somebody reaches for a control."""
        if control != self.control:
            self.step = 0
        self.place, self.control, self.left = tuple(place), control, MOST

    def move(self, place, control):
        """A control has been moved, and the figure now stands at `place`."""
        known = self.control == control and self.place is not None
        self.step = place[control] - self.place[control] if known else 0
        self.place, self.control, self.left = tuple(place), control, MOST

    def leave(self):
        """Nobody touches it any more."""
        self.place, self.control, self.step, self.left = None, None, 0, 0

    def next(self, drawn):
        """The place to draw next, or None; `drawn(place)` says whether a place has its picture already."""
        if self.control is None or self.counts[self.control] is None or self.left <= 0:
            return None
        for k in order(self.place[self.control], self.counts[self.control], self.step):
            place = (*self.place[:self.control], k, *self.place[self.control + 1:])
            if not drawn(place):
                self.left -= 1
                return place
        return None
