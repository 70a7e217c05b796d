"""A canvas that draws again in the time a moving slider leaves.

Matplotlib draws a figure from nothing each time. Here what mostly stays from one move to the next is kept: texts as
pixels, and an axis with its ticks, numbers and grid as the strokes it was drawn with. The picture is packed the quick way.
"""

import struct
import threading
import zlib

import numpy as np
from matplotlib import axis
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.font_manager import fontManager, get_font


class Renderer(RendererAgg):
    """Agg that keeps each text as pixels: from move to move most texts stay, and drawing them is more than half of the work."""

    MOST = 400      # texts, a few kilobytes each
    MARGIN = 8      # pixels

    def __init__(self, width, height, dpi):
        super().__init__(width, height, dpi)
        self._kept, self._fonts, self._heights = {}, {}, {}

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        x, y = round(x), round(y)       # to whole pixels: numbers of an axis that moves are found again
        key = (s, hash(prop), angle, ismath, gc.get_rgb(), gc.get_alpha())
        kept = self._kept.pop(key, None)
        if kept is None:
            kept = self._pixels(gc, s, prop, angle, ismath, mtext)
        self._kept[key] = kept      # the least recently drawn comes first
        if len(self._kept) > self.MOST:
            del self._kept[next(iter(self._kept))]
        left, bottom, pixels = kept
        self.draw_image(gc, x + left, int(self.height) - y + bottom, pixels)

    def _pixels(self, gc, s, prop, angle, ismath, mtext):
        """(left, bottom, pixels) of a text drawn alone and cut out, from where it belongs; what is clipped is seen later."""
        unclipped = self.new_gc()
        unclipped.copy_properties(gc)
        unclipped.set_clip_rectangle(None)
        unclipped.set_clip_path(None)
        width, height, descent = self.get_text_width_height_descent(s, prop, ismath)
        cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        corners = [(x * cos - y * sin, x * sin + y * cos) for x in (0, width) for y in (-descent, height - descent)]
        # letters may reach a little over what the font says of them
        left, bottom = (int(np.floor(least)) - self.MARGIN for least in np.min(corners, axis=0))
        right, top = (int(np.ceil(most)) + self.MARGIN for most in np.max(corners, axis=0))
        alone = RendererAgg(right - left, top - bottom, self.dpi)
        alone.draw_text(unclipped, -left, top, s, prop, angle, ismath, mtext)
        return left, bottom, np.asarray(alone.buffer_rgba())[::-1].copy()       # draw_image counts rows from below

    def _get_font_height_metrics(self, prop):
        """(ascent, descent, gap between lines) in pixels; Matplotlib asks here first, or reads the font's tables each time."""
        key = hash(prop)
        if key not in self._heights:
            font = get_font(fontManager._find_fonts_by_props(prop))
            tables = (("OS/2", "sTypoAscender", "sTypoDescender", "sTypoLineGap"), ("hhea", "ascent", "descent", "lineGap"))
            table, *names = next((t for t in tables if font.get_sfnt_table(t[0]) is not None), (None,))
            self._heights[key] = (None, None, None)     # it measures the letters instead
            if table is not None:
                pixels = prop.get_size_in_points() * self.dpi / 72 / font.get_sfnt_table("head")["unitsPerEm"]
                ascent, descent, gap = (font.get_sfnt_table(table)[name] * pixels for name in names)
                self._heights[key] = ascent, -descent, gap
        return self._heights[key]

    def record(self, draw):
        """Call draw(), and return the strokes it was drawn with, for `replay`."""
        strokes, plain = [], {name: getattr(self, name) for name in ("draw_path", "draw_markers", "draw_image")}

        def noting(stroke):
            def note(gc, *args):
                own = self.new_gc()
                own.copy_properties(gc)
                strokes.append((stroke, own, args))
                stroke(gc, *args)
            return note

        try:
            for name, stroke in plain.items():
                setattr(self, name, noting(stroke))
            draw()
        finally:
            vars(self).update(plain)
        return strokes

    @staticmethod
    def replay(strokes):
        for stroke, gc, args in strokes:
            stroke(gc, *args)

    def _prepare_font(self, prop):
        # by thread, as Matplotlib keeps its fonts
        key = hash(prop), threading.get_ident()
        if key not in self._fonts:
            self._fonts[key] = super()._prepare_font(prop)
        font = self._fonts[key]
        font.clear()
        font.set_size(prop.get_size_in_points(), self.dpi)
        return font


class _Kept:
    """An axis that is drawn from its strokes of the last time as long as nothing of it has changed."""

    _found = _strokes = _state = None

    def draw(self, renderer):
        if not isinstance(renderer, Renderer):
            return super().draw(renderer)
        state = self._state_for(renderer)
        if self._strokes is not None and state == self._state and not any(part.stale for part in self._parts()):
            return renderer.replay(self._strokes)
        self._strokes, self._state, self._found = None, state, {}
        try:
            self._strokes = renderer.record(lambda: super(_Kept, self).draw(renderer))
        finally:
            self._found = None
        for part in self._parts():      # one that is not seen stays stale by itself
            part.stale = False

    def _state_for(self, renderer):
        """What an axis looks like follows from this, and from its parts."""
        return (renderer, tuple(self.get_view_interval()), self.axes.bbox.bounds, self._scale, self.get_visible(),
                self.major.locator, self.major.formatter, self.minor.locator, self.minor.formatter)

    def _parts(self):
        yield from (self.label, self.offsetText)
        for tick in (*self.majorTicks, *self.minorTicks):
            yield from (tick, tick.gridline, tick.tick1line, tick.tick2line, tick.label1, tick.label2)

    # Matplotlib finds the ticks once for the ticks themselves, once for the label and once for the spine

    def _update_ticks(self):
        if self._found is None:
            return super()._update_ticks()
        if "ticks" not in self._found:
            self._found["ticks"] = super()._update_ticks()
        return self._found["ticks"]

    def _get_ticklabel_bboxes(self, ticks, renderer):
        if self._found is None:
            return super()._get_ticklabel_bboxes(ticks, renderer)
        if "boxes" not in self._found:
            self._found["boxes"] = super()._get_ticklabel_bboxes(ticks, renderer)
        return self._found["boxes"]


class XAxis(_Kept, axis.XAxis):
    pass


class YAxis(_Kept, axis.YAxis):
    pass


def quicken(ax):
    """Let the axes' own two axes be drawn the quick way."""
    ax.xaxis.__class__, ax.yaxis.__class__ = XAxis, YAxis


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
