"""Captions of small drawn pictures: shape, size, colour and place, told in a few words.

A picture is SIDE x SIDE pixels, one shape on grey paper. Its caption::

    caption  ->  article [size] colour shape place
    article  ->  "an" before a vowel, else "a"
    size     ->  "small", "large", or nothing where it is neither
    colour   ->  white | yellow | brown | indigo | black
    shape    ->  circle | square | triangle | cross | ring
    place    ->  "in the middle", "at the top", "on the left", "at the bottom right" ... one of nine

So the first word already depends on the second, which may be a size or a colour: "an indigo ring", "a large indigo ring".
Everything is drawn evenly; half width, centre and paint vary from picture to picture within what a caption can mean, with
gaps in between (`RADII`, `CENTRES`), so that every picture has exactly one right caption.

A network does not get the pixels but V = 23 numbers measured from them (`features`), as a captioner of photographs gets
what another network has computed from them.

The split is by what is drawn. Each shape has one colour, in `STRANGE`, in which it is never trained, at any size or place:
these pictures are the part "strange". Of the other combinations one in five, by the checksum of its caption, is in the part
"test"; the rest is "train". So no caption is in two parts, and a strange one has two words that were never read together.
"""

import functools
from itertools import product

import numpy as np

from ... import OneToMany, Readout
from .task import CELL_TYPES, Task, held_out, new_cell, padded, up_to_end

SIDE, PAPER = 32, 0.72
SHAPES = ("circle", "square", "triangle", "cross", "ring")
# apart in lightness too: 1.00, 0.85, 0.41, 0.25, 0.07 of white, and the paper 0.72
PAINTS = {"white": (1.0, 1.0, 1.0), "yellow": (0.96, 0.87, 0.28), "brown": (0.60, 0.36, 0.16), "indigo": (0.30, 0.16, 0.66),
          "black": (0.07, 0.07, 0.07)}
COLOURS = tuple(PAINTS)
SIZES = ("small", "", "large")
RADII = ((3.0, 3.5), (4.6, 5.1), (6.5, 7.0))                # half the width, pixels: small, neither, large
CENTRES = ((7.0, 9.5), (14.5, 17.5), (22.5, 25.0))          # left or top, middle, right or bottom
PLACES = ("at the top left", "at the top", "at the top right", "on the left", "in the middle", "on the right",
          "at the bottom left", "at the bottom", "at the bottom right")
STRANGE = dict(zip(SHAPES, ("brown", "indigo", "black", "white", "yellow")))

WORDS = ("end", "start", "a", "an", *SIZES[::2], *COLOURS, *SHAPES, "at", "on", "in", "the", "top", "bottom", "left", "right",
         "middle")
END, START, K = 0, 1, len(WORDS)
TOKEN = {word: token for token, word in enumerate(WORDS)}
GRID = 4                        # the box around the shape is cut into GRID x GRID parts
V = GRID * GRID + 7
MOST = 10                       # words in the longest caption, `end` included

H = 40
STEPS, LEARNING_RATE, BATCH = 900, 0.02, 32
TARGET = 0.95                   # exact captions; the ceiling is 1 and the baseline 0, see there
POOL = 4000                     # pictures a run is trained on, in batches drawn from them
SHIPPED = [("GRU", 0), ("GRU", 1), ("GRU", 2), ("RNN", 0), ("LSTM", 0)]


def paint(shape, colour, radius, x, y):
    """Pictures from what is on them: ndarray (B, SIDE, SIDE, 3), red, green, blue from 0 to 1, row 0 at the top.

    shape : ndarray of int (B,), a place in SHAPES; colour (B, 3); radius, x, y (B,): half width and centre, in pixels.
    """
    across = np.arange(SIDE) + 0.5
    u = ((across - x[:, None]) / radius[:, None])[:, None, :]           # (B, 1, SIDE): -1 at the left edge, 1 at the right
    v = ((across - y[:, None]) / radius[:, None])[:, :, None]           # (B, SIDE, 1): -1 at the top
    far, box = u * u + v * v, np.maximum(np.abs(u), np.abs(v)) <= 1
    inside = np.stack([far <= 1, box, box & (np.abs(u) <= (v + 1) / 2), box & (np.minimum(np.abs(u), np.abs(v)) <= 0.36),
                       (far <= 1) & (far >= 0.32)])                     # (shapes, B, SIDE, SIDE)
    ink = inside[shape, np.arange(len(x))][..., None]
    return np.where(ink, colour[:, None, None, :], PAPER)


def features(pictures):
    """What is measured in pictures (B, SIDE, SIDE, 3): v (B, V).

    The box around everything that is not paper: its centre (2 numbers) and its width and height (2), the mean colour in it (3),
    and, cut into GRID x GRID parts, how much of each part is painted (16, row by row). All about -1 to 1.
    """
    ink = np.abs(pictures - PAPER).max(axis=-1) > 0.02                  # (B, SIDE, SIDE)
    B, columns, rows = len(pictures), ink.any(axis=1), ink.any(axis=2)
    if not rows.any(axis=1).all():
        raise ValueError("every picture must have something painted on it")
    ends = [(line.argmax(axis=1), SIDE - line[:, ::-1].argmax(axis=1)) for line in (columns, rows)]     # first, last + 1
    # by the middles of pixels, so that a box of a few pixels is cut evenly
    parts = [np.clip(((np.arange(SIDE) + 0.5 - low[:, None]) * GRID / (high - low)[:, None]).astype(int), 0, GRID - 1)
             for low, high in ends]
    part = np.arange(B)[:, None, None] * GRID ** 2 + parts[1][:, :, None] * GRID + parts[0][:, None, :]
    (left, right), (top, bottom) = ends
    across = np.arange(SIDE)
    in_box = (((across >= left[:, None]) & (across < right[:, None]))[:, None, :]
              & ((across >= top[:, None]) & (across < bottom[:, None]))[:, :, None])
    painted, all_of_it = (np.bincount(part[which], minlength=B * GRID ** 2) for which in (ink, in_box))
    coverage = (painted / np.maximum(all_of_it, 1)).reshape(B, -1)
    colour = (pictures * ink[..., None]).sum(axis=(1, 2)) / ink.sum(axis=(1, 2))[:, None]
    box = np.stack([(left + right) / SIDE - 1, (top + bottom) / SIDE - 1,
                    2 * (right - left) / SIDE - 0.6, 2 * (bottom - top) / SIDE - 0.6], axis=1)
    return np.concatenate([2 * box, 2 * colour - 1, 2 * coverage - 1], axis=1)


def picture_of(shape, colour, radius, x, y):
    """One picture (SIDE, SIDE, 3) from the names of a shape and a colour, half its width and its centre, in pixels."""
    return paint(np.array([SHAPES.index(shape)]), np.array([PAINTS[colour]]), *(np.array([float(n)]) for n in (radius, x, y)))[0]


def caption_of(shape, colour, radius, x, y):
    """The right caption of `picture_of`; an empty text where it lies in a gap between two captions."""
    def within(value, between):
        return next((place for place, (low, high) in enumerate(between) if low - 1e-9 <= value <= high + 1e-9), None)

    size, column, row = within(radius, RADII), within(x, CENTRES), within(y, CENTRES)
    if None in (size, column, row):
        return ""
    return caption(SHAPES.index(shape), size, COLOURS.index(colour), 3 * row + column)


def caption(shape, size, colour, place):
    """The right words for places in SHAPES, SIZES, COLOURS, PLACES: caption(4, 1, 3, 4) -> "an indigo ring in the middle"."""
    named = f"{SIZES[size]} {COLOURS[colour]} {SHAPES[shape]} {PLACES[place]}".strip()
    return f"{'an' if named[0] in 'aeiou' else 'a'} {named}"


def encode(captions):
    """A list of captions as tokens (T, B), each closed by END and padded with it."""
    return padded([[TOKEN[word] for word in text.split()] for text in captions], closed=True)


def decode(tokens):
    """Tokens (T, B) as a list of B captions, each up to its first END."""
    return [" ".join(WORDS[token] for token in column) for column in up_to_end(tokens)]


PARTS = ("train", "test", "strange")
_ALL = np.array(list(product(range(len(SHAPES)), range(len(SIZES)), range(len(COLOURS)), range(len(PLACES)))))
_TEXTS = [caption(*row) for row in _ALL]
_TOKENS = encode(_TEXTS)
_PART = np.array([2 if COLOURS[c] == STRANGE[SHAPES[s]] else int(held_out(text.encode()))
                  for (s, _, c, _), text in zip(_ALL, _TEXTS)])


def texts(part="train"):
    """Every caption of one of PARTS: a list of str."""
    return [_TEXTS[i] for i in _places(part)]


def _places(part):
    if part not in PARTS:
        raise ValueError(f"part must be one of {', '.join(PARTS)}; it was {part!r}")
    return np.flatnonzero(_PART == PARTS.index(part))


def draw(n, rng, part="train"):
    """n pictures of one of PARTS: (pictures (n, SIDE, SIDE, 3), captions: a list of n)."""
    which = rng.choice(_places(part), n)
    return paint(*_settings(which, rng)), [_TEXTS[i] for i in which]


def measure(n, rng, part="train"):
    """The same as `draw`, but measured: (v (n, V), captions); a few pictures at a time, so that memory stays small."""
    which = rng.choice(_places(part), n)
    settings = _settings(which, rng)
    v = [features(paint(*(values[i:i + 200] for values in settings))) for i in range(0, n, 200)]
    return np.concatenate(v), [_TEXTS[i] for i in which]


def _settings(which, rng):
    """What `paint` takes for rows of _ALL; whatever the caption leaves open is drawn at random."""
    shape, size, colour, place = _ALL[which].T
    paints = np.clip(np.array(list(PAINTS.values()))[colour] + rng.uniform(-0.04, 0.04, (len(which), 3)), 0, 1)
    radius, x, y = (rng.uniform(*np.array(between)[index].T)
                    for between, index in ((RADII, size), (CENTRES, place % 3), (CENTRES, place // 3)))
    return shape, paints, radius, x, y


def batches(rng, B=BATCH):
    """Fresh batches (v (B, V), target (T, B)) of the training part without end."""
    v, said = measure(POOL, rng)
    tokens = _TOKENS[:, [_TEXTS.index(text) for text in said]]
    while True:
        b = rng.integers(POOL, size=B)
        yield v[b], tokens[:, b]


def test_set(n=900, rng=None, part="test"):
    """(pictures, captions) of n pictures of the test part; always the same ones without an rng."""
    return draw(n, np.random.default_rng(9) if rng is None else rng, part)


@functools.cache
def baseline(n=2000):
    """What copying scores: find the most similar of n training pictures, by what is measured, and repeat its caption.

    Returns (exact, said): the share of test captions right as a whole, 0 by the split, and what `things_right` says of them.
    """
    (v, known), (pictures, wanted) = measure(n, np.random.default_rng(90)), test_set()
    found = [known[i] for i in _nearest(features(pictures), v)]
    return exact(found, wanted), things_right(found, wanted)


@functools.cache
def ceiling():
    """The share exact of a rule written by hand that reads the same V numbers: 1, since they leave nothing in doubt.

    The shape is that of the most similar of 3000 training pictures, by their GRID x GRID parts.
    """
    (known, said), (pictures, wanted) = measure(3000, np.random.default_rng(91)), test_set()
    v, shapes = features(pictures), [SHAPES.index(things(text)["shape"]) for text in said]
    shape = [shapes[i] for i in _nearest(v[:, 7:], known[:, 7:])]
    colour = _nearest(v[:, 4:7], 2 * np.array(list(PAINTS.values())) - 1)
    size = np.searchsorted([-0.26, 0.24], v[:, 2:4].max(axis=1))
    column, row = np.searchsorted([-0.5, 0.5], v[:, :2]).T
    return exact([caption(*row) for row in zip(shape, size, colour, 3 * row + column)], wanted)


def _nearest(rows, to):
    """For each of rows (n, V) the index of the nearest of to (m, V): (n,)."""
    return ((to ** 2).sum(axis=1) - 2 * rows @ to.T).argmin(axis=1)        # |row|^2 is the same for all of them


def exact(found, wanted):
    """The share of captions that are right in every word: two lists of str."""
    return float(np.mean([a == b for a, b in zip(found, wanted, strict=True)]))


THINGS = {"size": SIZES, "colour": COLOURS, "shape": SHAPES, "place": PLACES}


def things(text):
    """What a caption says of each of THINGS: a dict of str, with "" for what it does not say."""
    said = {}
    for thing, options in THINGS.items():
        found = [option for option in options if option and f" {option} " in f" {text} "]
        said[thing] = max(found, key=len, default="")       # "at the top left" holds "at the top" too
    return said


def things_right(found, wanted):
    """The share of captions that say the right thing of each of THINGS: a dict of float."""
    pairs = [(things(a), things(b)) for a, b in zip(found, wanted, strict=True)]
    return {thing: float(np.mean([a[thing] == b[thing] for a, b in pairs])) for thing in THINGS}


def model(cell_name, rng):
    """The default model, a OneToMany of H = 40 that reads its own words one-hot; cell_name is "RNN", "LSTM" or "GRU".

    The LSTM starts with its forget gate open (a bias of 2), because the place is said last and has to be kept until then.
    """
    biases = {"forget_bias": 2.0} if cell_name == "LSTM" else {}
    return OneToMany(new_cell(cell_name, K, H, rng, **biases), Readout(H, K, rng), V, rng, start=START, end=END)


def score(model, batch=None):
    """The share of captions right in every word, 0 to 1, of (pictures, captions), by default the test set."""
    pictures, wanted = test_set() if batch is None else batch
    return exact(decode(model.predict(features(pictures), MOST)), wanted)


TASK = Task(name=__name__, title="captions", lesson=9, kinds=CELL_TYPES, model=model, batches=batches,
            test_set=test_set, score=score, baseline=lambda: baseline()[0], ceiling=ceiling, target=TARGET,
            steps=STEPS, learning_rate=LEARNING_RATE, window=2, shipped=SHIPPED)
training, trained, load_model = TASK.training, TASK.trained, TASK.load_model
