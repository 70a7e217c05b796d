"""A canvas that draws again in the time a moving slider leaves.

Matplotlib draws a figure from nothing each time. Here what stays from one move to the next is kept: texts as pixels, and
an axis with its ticks and grid as the list of what it drew. The picture is packed the quick way.
"""

import struct
import zlib

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg


class Renderer(RendererAgg):
    """Agg that keeps each text as pixels: from move to move most texts stay, and drawing them is more than half of the work."""

    MOST = 400

    def __init__(self, width, height, dpi):
        super().__init__(width, height, dpi)
        self._kept, self._aside = {}, RendererAgg(width, height, dpi)
        self.noting = Noting(self)

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        key = (x, y, s, hash(prop), angle, ismath, gc.get_rgb(), gc.get_alpha())
        if key not in self._kept:
            if len(self._kept) == self.MOST:
                self._kept.clear()
            self._kept[key] = self._pixels(gc, x, y, s, prop, angle, ismath, mtext)
        left, bottom, pixels = self._kept[key]
        if pixels.size:
            self.draw_image(gc, left, bottom, pixels)

    def _pixels(self, gc, *text):
        """(left, bottom, pixels) of a text drawn alone, where it belongs, and cut out; whether it is clipped is seen later."""
        unclipped = self.new_gc()
        unclipped.copy_properties(gc)
        unclipped.set_clip_rectangle(None)
        unclipped.set_clip_path(None)
        self._aside.clear()
        self._aside.draw_text(unclipped, *text)
        pixels = np.asarray(self._aside.buffer_rgba())
        rows, columns = (np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            return 0, 0, np.empty((0, 0, 4), np.uint8)
        cut = pixels[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
        return columns[0], len(pixels) - 1 - rows[-1], cut[::-1].copy()     # draw_image counts rows from below


class Noting:
    """A renderer that passes on what is drawn to another, and notes it in `calls`."""

    def __init__(self, renderer):
        self._renderer, self.calls = renderer, []

    def __getattr__(self, name):
        attribute = getattr(self._renderer, name)
        if not name.startswith("draw_"):
            return attribute

        def noted(gc, *args, **kwargs):
            own = self._renderer.new_gc()       # the artist uses its gc again, for something else
            own.copy_properties(gc)
            self.calls.append((attribute, own, args, kwargs))
            attribute(gc, *args, **kwargs)

        return noted


def keep(axis):
    """Let an axis repeat what it drew before, for as long as nothing of it has changed.

    Where ticks, their labels and the axis' name go is found by measuring all of them, which takes half the time of a
    picture. `stale` is Matplotlib's own word for what has changed since it was drawn; the limits are compared as well.
    A locator changed by its own `set_params` is not noticed: `ax.locator_params` is.
    """
    anew, last, calls = axis.draw, None, []

    def draw(renderer):
        nonlocal last, calls
        if not isinstance(renderer, Renderer):      # a PDF, say; it takes note of all changes, so that we can not
            last = None
            return anew(renderer)
        now = renderer, *axis.get_view_interval(), *axis.axes.bbox.bounds
        if now != last or any(part.stale for part in _parts(axis)):
            renderer.noting.calls, last = [], None
            anew(renderer.noting)
            calls, last = renderer.noting.calls, now
            for part in _parts(axis):       # an empty text, say, would stay stale
                part.stale = False
        else:
            for call, gc, args, kwargs in calls:
                call(gc, *args, **kwargs)

    axis.draw = draw


def _parts(axis):
    """The axis and every artist that it draws."""
    yield from (axis, axis.label, axis.offsetText)
    for tick in (*axis.majorTicks, *axis.minorTicks):
        yield from (tick, tick.gridline, tick.tick1line, tick.tick2line, tick.label1, tick.label2)


class Canvas(FigureCanvasAgg):
    """A canvas of its own for each figure, that draws with `Renderer`."""

    def get_renderer(self):
        plain = super().get_renderer()
        if not isinstance(plain, Renderer):
            self.renderer = Renderer(plain.width, plain.height, plain.dpi)
        return self.renderer


def encoded(pixels):
    """Pixels (height, width, 4), uint8, as a PNG: https://www.w3.org/TR/png-3/.

    Pillow tries five filters on every line, which takes about as long as drawing did; without them a drawing of lines
    and words is packed in less than half the time and becomes no larger.
    """
    height, width, channels = pixels.shape
    lines = np.zeros((height, 1 + width * channels), np.uint8)          # each begins with its filter: 0, none
    lines[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)      # 8 bits a channel, RGBA
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(lines, level=1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(data)) + kind + data
                                             + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
