"""A slider figure as pictures over a coarse grid of its sliders: what a page shows that has no kernel to ask.

The figure draws the pictures itself, with the same function that draws them in a notebook. A page loads `NAME-start.bin`
when the figure comes near and `NAME-rest.bin` when somebody reaches for a slider. The first begins with a length (4
bytes, little-endian) and so many bytes of JSON that list every picture; behind it, and in the second file, lie the pictures.
"""

import base64
import hashlib
import html
import io
import itertools
import json
from pathlib import Path

import numpy as np

from . import figures
from .live import LiveFigure

JOINT = 150             # so many pictures, at most, over the controls that move together
ALONE = 12              # so many positions of a control that moves alone, or together with another
ONLY = 60               # so many of a figure's only control
# 32 shades a channel, white and black exact: lines stay crisp, and a picture takes a fifth of what its PNG takes
SHADES = np.round(np.round(np.arange(256) * 31 / 255) * 255 / 31).astype(np.uint8)
START, ALL = 250_000, 2_000_000     # bytes: before the first move, and in all


def follow(folder):
    """From now on every LiveFigure that is shown puts its pictures into `folder` and their HTML into its output."""
    plain = LiveFigure.bundle

    def bundle(self):
        markup = export(self, folder)
        return {**plain(self), "text/html": markup} if markup else plain(self)

    LiveFigure.bundle = bundle


def export(live, folder):
    """Write the pictures of a LiveFigure into `folder` and return the HTML that shows them.

    The first two controls move together, and others with them as long as that makes no more than JOINT pictures; the rest
    move one at a time, from where they stand now. A figure with a control that has no list of values, a text box say, or
    with no second picture at all, is left to its saved picture: None.
    """
    for most, joint in ((ALONE, JOINT), (10, JOINT), (8, JOINT), (6, JOINT), (6, 0)):     # as rich as ALL allows
        controls = _controls(live, most, joint)
        if controls is None:
            return None
        places = _places(controls)
        sample = [_picture(live, controls, places[i])[0] for i in np.linspace(0, len(places) - 1, 8).astype(int)]
        if 1.1 * np.mean([len(picture) for picture in sample]) * len(places) < ALL:
            break
    drawn = [_picture(live, controls, place) for place in places]
    live._redraw()      # back to where its sliders stand
    listed = [[*place, len(picture), sentence] for place, (picture, sentence) in zip(places, drawn)]
    head = json.dumps(listed, ensure_ascii=False, separators=(",", ":")).encode()
    sizes = np.cumsum([4 + len(head), *(len(picture) for picture, _ in drawn)])
    first = int((sizes[1:] <= START).sum())
    start = len(head).to_bytes(4, "little") + head + b"".join(picture for picture, _ in drawn[:first])
    rest = b"".join(picture for picture, _ in drawn[first:])
    if len(start) + len(rest) > ALL:
        raise ValueError(f"the pictures of the figure that says {drawn[0][1]!r} take {len(start) + len(rest)} bytes, "
                         f"more than the {ALL} allowed")
    name = hashlib.sha256(start + rest).hexdigest()[:16]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}-start.bin").write_bytes(start)
    (folder / f"{name}-rest.bin").write_bytes(rest)
    return _markup(name, controls, first, *drawn[0], live.figure.canvas.get_width_height())


def _controls(live, most, most_joint):
    """What a page must know of each control, or None: label, values, where it stands, how it moves."""
    controls, places = [], 1
    for name, control in live.sliders.items():
        if hasattr(control, "_options_full"):       # menus and sliders over options
            texts, values = zip(*control._options_full)
            kept = _spread(len(values), values.index(control.value), ONLY if len(live.sliders) == 1 else most)
            values, texts = [values[i] for i in kept], [str(texts[i]) for i in kept]
            slides = "Slider" in type(control).__name__
        elif hasattr(control, "step"):
            most_value = getattr(control, "longest", control.max)       # of a slider that ends where another one lets it
            count = int(round((most_value - control.min) / control.step)) + 1
            at = int(round((control.value - control.min) / control.step))
            kept = _spread(count, at, ONLY if len(live.sliders) == 1 else most)
            values = [type(control.value)(round(min(control.min + i * control.step, most_value), 10)) for i in kept]
            values[int(np.argmin(np.abs(kept - at)))] = control.value
            texts, slides = [format(value, control.readout_format) for value in values], True
        else:
            return None
        coarse = len(values) < (len(control._options_full) if hasattr(control, "_options_full") else count)
        together = len(controls) < 2 or places * len(values) <= most_joint
        places *= len(values) if together else 1
        controls.append({"name": name, "label": control.description or name, "values": values, "texts": texts,
                         "at": values.index(control.value), "slides": slides, "joint": together, "coarse": coarse})
    return controls if controls and max(len(c["values"]) for c in controls) > 1 else None


def _spread(count, at, most):
    """At most `most` of the positions 0 .. count - 1, evenly spread, with both ends and `at` among them."""
    kept = np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))
    if at not in kept:
        inner = np.arange(1, len(kept) - 1) if len(kept) > 2 else np.arange(len(kept))
        kept[inner[np.abs(kept[inner] - at).argmin()]] = at
    return kept


def _places(controls):
    """The positions that get a picture, the ones nearest to where the controls stand first."""
    at = [c["at"] for c in controls]
    joint = [range(len(c["values"])) if c["joint"] else [c["at"]] for c in controls]
    places = set(itertools.product(*joint))
    for i, control in enumerate(controls):
        places |= {(*at[:i], k, *at[i + 1:]) for k in range(len(control["values"]))}
    return sorted(places, key=lambda place: (sum(abs(k - k_0) for k, k_0 in zip(place, at)), place))


def _picture(live, controls, place):
    """(WebP bytes, sentence) at one place of the grid."""
    from PIL import Image

    values = {c["name"]: c["values"][k] for c, k in zip(controls, place)}
    with figures.style():
        sentence = live._draw(**values)
        live.figure.canvas.draw()
    canvas = live.figure.canvas
    picture = Image.fromarray(SHADES[np.asarray(canvas.buffer_rgba())[:, :, :3]])
    buffer = io.BytesIO()
    picture.save(buffer, format="WEBP", lossless=True, quality=50, method=3)
    return buffer.getvalue(), sentence or "A live figure."


def _markup(name, controls, first, picture, sentence, size):
    shown = [{key: c[key] for key in ("label", "texts", "at", "slides", "joint", "coarse")} for c in controls]
    said = html.escape(sentence)
    return (f'<figure class="live-figure" data-name="{name}" data-first="{first}" '
            f'data-controls="{html.escape(json.dumps(shown, ensure_ascii=False))}">'
            f'<img src="data:image/webp;base64,{base64.b64encode(picture).decode()}" width="{size[0]}" height="{size[1]}" '
            f'alt="{said}" aria-hidden="true"><figcaption role="status">{said}</figcaption></figure>')
