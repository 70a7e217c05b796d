"""Captions of small drawn pictures: shape, size, colour and place, told in a few words.

A picture is SIDE x SIDE pixels, one shape on grey paper. Its caption::

    caption  ->  article [size] colour shape place
    article  ->  "an" before a vowel, else "a"
    size     ->  "small", "large", or nothing where it is neither
    colour   ->  white | yellow | brown | indigo | black
    shape    ->  circle | square | triangle | cross | ring
    place    ->  "in the middle", "at the top", "on the left", "at the bottom right" ... one of nine

So the first word already depends on the second, and on a size that is never said: "an indigo ring", "a large indigo ring".
Everything is drawn evenly; half width, centre and paint vary from picture to picture within what a caption can mean, with
gaps in between (`RADII`, `CENTRES`), so that a caption is never a matter of taste.

What a network gets is not the pixels but V = 23 numbers measured from them (`features`), as a captioner of photographs
gets what another network has made of them.

The split is by what is drawn. Each shape has one colour of `STRANGE` in which it is never trained, at any size or place: a
part of its own, "strange". Of the other combinations one in five, by the checksum of its caption, is the part "test"; the
rest is "train". So no caption is in two parts, and a strange one holds two words that were never read together.

The shipped weights are made anew by ``python tools/weights.py captions``.
"""

import functools
from itertools import product
from pathlib import Path

import numpy as np

from ... import LSTMCell, OneToMany, Readout
from . import _runs, _split

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
GRID = 4                        # the box around the shape is looked at in GRID x GRID parts
V = GRID * GRID + 7
MOST = 10                       # words in the longest caption, `end` included

CELL_TYPES = _runs.CELL_TYPES
H = 40
STEPS, LEARNING_RATE, BATCH = 900, 0.02, 32
TARGET = 0.95                   # exact captions; the ceiling is 1 and the baseline 0, see there
POOL = 4000                     # pictures a run is trained on, in batches drawn from them
WEIGHTS = Path(__file__).with_name("captions.npz")
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
    """What is measured of pictures (B, SIDE, SIDE, 3): v (B, V).

    The box around all that is not paper: its centre (2 numbers) and its width and height (2), the mean colour in it (3),
    and, cut into GRID x GRID parts, how much of each part is painted (16, row by row). All about -1 to 1.
    """
    ink = np.abs(pictures - PAPER).max(axis=-1) > 0.02                  # (B, SIDE, SIDE)
    B, columns, rows = len(pictures), ink.any(axis=1), ink.any(axis=2)
    if not rows.any(axis=1).all():
        raise ValueError("every picture must have something painted on it")
    ends = [(line.argmax(axis=1), SIDE - line[:, ::-1].argmax(axis=1)) for line in (columns, rows)]     # first, last + 1
    # half a pixel more for each side, so that a box of a few pixels is cut evenly
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
    """The right caption of `picture_of`; an empty text where it lies in a gap between two."""
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
    tokens = np.full((max(len(text.split()) for text in captions) + 1, len(captions)), END)
    for b, text in enumerate(captions):
        words = text.split()
        tokens[:len(words), b] = [TOKEN[word] for word in words]
    return tokens


def decode(tokens):
    """Tokens (T, B) as a list of B captions, each up to its first END."""
    return [" ".join(WORDS[token] for token in column[:np.argmax([*column, END] == np.int64(END))])
            for column in np.asarray(tokens).T]


PARTS = ("train", "test", "strange")
_ALL = np.array(list(product(range(len(SHAPES)), range(len(SIZES)), range(len(COLOURS)), range(len(PLACES)))))
_TEXTS = [caption(*row) for row in _ALL]
_TOKENS = encode(_TEXTS)
_PART = np.array([2 if COLOURS[c] == STRANGE[SHAPES[s]] else int(_split.held_out(text.encode()))
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
    """What `paint` takes for rows of _ALL: the place within a caption's meaning is drawn."""
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
    """(pictures, captions) of n pictures of the test part; the same ones every time unless an rng is given."""
    return draw(n, np.random.default_rng(9) if rng is None else rng, part)


@functools.cache
def baseline(n=2000):
    """Of whoever finds the one of n training pictures that measures most alike, and copies what is said of it.

    Returns (exact, said): the share of test captions right as a whole, 0 by the split, and what `things_right` says of them.
    """
    (v, known), (pictures, wanted) = measure(n, np.random.default_rng(90)), test_set()
    found = [known[i] for i in _nearest(features(pictures), v)]
    return exact(found, wanted), things_right(found, wanted)


@functools.cache
def ceiling():
    """The exact captions of a rule written by hand that reads the same V numbers: 1, for nothing in them is in doubt.

    The shape is that of the picture, among 3000 of the training, whose GRID x GRID parts are most alike.
    """
    (known, said), (pictures, wanted) = measure(3000, np.random.default_rng(91)), test_set()
    v, shapes = features(pictures), [SHAPES.index(things(text)["shape"]) for text in said]
    shape = [shapes[i] for i in _nearest(v[:, 7:], known[:, 7:])]
    colour = _nearest(v[:, 4:7], 2 * np.array(list(PAINTS.values())) - 1)
    size = np.searchsorted([-0.26, 0.24], v[:, 2:4].max(axis=1))
    column, row = np.searchsorted([-0.5, 0.5], v[:, :2]).T
    return exact([caption(*row) for row in zip(shape, size, colour, 3 * row + column)], wanted)


def _nearest(rows, to):
    """For each of rows (n, V) the place of the nearest of to (m, V): (n,)."""
    return ((to ** 2).sum(axis=1) - 2 * rows @ to.T).argmin(axis=1)        # |row|^2 is the same for all of them


def exact(found, wanted):
    """The share of captions that are right in every word: two lists of str."""
    return float(np.mean([a == b for a, b in zip(found, wanted, strict=True)]))


THINGS = {"size": SIZES, "colour": COLOURS, "shape": SHAPES, "place": PLACES}


def things(text):
    """What a caption says of each of THINGS: a dict of str; "" where it says nothing (an ordinary size) or nothing clear."""
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

    The LSTM starts with its forget gate open (a bias of 2): the place is said last, and has to wait for its turn.
    """
    cell = LSTMCell(K, H, rng, forget_bias=2.0) if cell_name == "LSTM" else _runs.cell(cell_name, K, H, rng)
    return OneToMany(cell, Readout(H, K, rng), V, rng, start=START, end=END)


def training(model, batches, steps=STEPS):
    """The default run as a generator of (step, loss, gradient norm); `model` is changed in place."""
    return _runs.train_with_decay(model, batches, steps, LEARNING_RATE)


def score(model, batch=None):
    """The share of captions right in every word, 0 to 1, of (pictures, captions); of the test set without one."""
    pictures, wanted = test_set() if batch is None else batch
    return exact(decode(model.predict(features(pictures), MOST)), wanted)


def trained(cell_name="GRU", seed=0):
    """A default run from its beginning; it depends on the seed alone."""
    rng = np.random.default_rng(seed)
    made = model(cell_name, rng)
    for _ in training(made, batches(rng)):
        pass
    return made


def load_model(cell_name="GRU", seed=0):
    """The default model with its shipped weights; SHIPPED lists the (cell_name, seed) there are."""
    if (cell_name, seed) not in SHIPPED:
        raise ValueError(f"(cell_name, seed) must be one of {SHIPPED}; it was {(cell_name, seed)}")
    return _runs.fill(model(cell_name, np.random.default_rng(0)), WEIGHTS, f"{cell_name}/{seed}")


def make_weights(path):
    """Train every model of SHIPPED and write the weights to `path` (.npz)."""
    _runs.save(path, {f"{cell_name}/{seed}": trained(cell_name, seed) for cell_name, seed in SHIPPED})


def table():
    """The row of this task in the table of scores, from three fresh runs."""
    return _runs.row("captions (09)", baseline()[0], ceiling(), TARGET, [score(trained(seed=seed)) for seed in range(3)])
