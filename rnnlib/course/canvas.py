"""A canvas that draws again in the time a moving slider leaves.

Matplotlib draws a figure from nothing each time. Here texts, which mostly stay from one move to the next, are kept as
pixels, and the picture is packed the quick way.
"""

import struct
import threading
import zlib

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg


class Renderer(RendererAgg):
    """Agg that keeps each text as pixels: from move to move most texts stay, and drawing them is more than half of the work."""

    MOST = 400

    def __init__(self, width, height, dpi):
        super().__init__(width, height, dpi)
        self._kept, self._fonts, self._aside = {}, {}, RendererAgg(width, height, dpi)

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        key = (x, y, s, hash(prop), angle, ismath, gc.get_rgb(), gc.get_alpha())
        if key not in self._kept:
            if len(self._kept) == self.MOST:
                self._kept.clear()
            self._kept[key] = self._pixels(gc, x, y, s, prop, angle, ismath, mtext)
        left, bottom, pixels = self._kept[key]
        if pixels.size:
            self.draw_image(gc, left, bottom, pixels)

    def _pixels(self, gc, x, y, s, prop, angle, ismath, mtext):
        """(left, bottom, pixels) of a text drawn alone, where it belongs, and cut out; whether it is clipped is seen later."""
        unclipped = self.new_gc()
        unclipped.copy_properties(gc)
        unclipped.set_clip_rectangle(None)
        unclipped.set_clip_path(None)
        self._aside.clear()
        self._aside.draw_text(unclipped, x, y, s, prop, angle, ismath, mtext)
        pixels = np.asarray(self._aside.buffer_rgba())
        # at any angle the text is no farther from where it begins than it is long and high
        reach = sum(self.get_text_width_height_descent(s, prop, ismath)) + 20
        top, side = max(int(y - reach), 0), max(int(x - reach), 0)
        pixels = pixels[top:max(int(y + reach), 0), side:max(int(x + reach), 0)]
        seen = pixels[..., 3] != 0
        rows, columns = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            return 0, 0, np.empty((0, 0, 4), np.uint8)
        cut = pixels[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]
        # draw_image counts rows from below
        return side + columns[0], int(self.height) - 1 - top - rows[-1], cut[::-1].copy()

    def _prepare_font(self, prop):
        # by thread, as Matplotlib keeps its fonts
        key = hash(prop), threading.get_ident()
        if key not in self._fonts:
            self._fonts[key] = super()._prepare_font(prop)
        font = self._fonts[key]
        font.clear()
        font.set_size(prop.get_size_in_points(), self.dpi)
        return font


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
