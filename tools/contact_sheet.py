"""usage: python tools/contact_sheet.py [NOTEBOOK ...]

Every figure of the lessons on a few pages, to be looked at: build/sheet/NN-1.png, NN-2.png ... for lesson NN. A slider
figure stands there at its default, with all controls at their low and at their high ends, and at two odd settings; the default
also on a dark page and, its upper left quarter, at twice the pixels. Above a figure, in red, stands what does not hold: a text
that is cut or too small to be read in a narrow window, a picture too tall for a screen.
"""
import argparse
import os
from pathlib import Path

import IPython.display
import nbformat
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from rnnlib.course import figures, live

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "sheet"
GAP = 12
WIDEST = 840                # pixels, or a notebook in a window of 1280 shrinks the picture
TALLEST = 660               # pixels that a figure, its controls and its sentence may take: a pane at 1280 x 800
SMALLEST = figures.TEXT * 100 / 72 / WIDEST     # of a picture's width: 11 pixels where a window of 900 shows it 468 wide
CONTROL, LINE = 34, 21      # pixels of a slider, or of its Play buttons, and of a line of the sentence, of about 115 characters


def drawn_by(path):
    """(matplotlib figures that running the notebook makes, in order; by the id of a figure, its LiveFigure)."""
    made, moved, new, init = [], {}, figures.new, live.LiveFigure.__init__

    def noted_new(*args, **kwargs):
        figure, axes = new(*args, **kwargs)
        made.append(figure)
        return figure, axes

    def noted_init(self, figure, *args, **kwargs):
        init(self, figure, *args, **kwargs)
        moved[id(figure)] = self

    figures.new, live.LiveFigure.__init__ = noted_new, noted_init
    shown, IPython.display.display = IPython.display.display, lambda *_, **__: None
    here, namespace = Path.cwd(), {"__name__": "__main__"}
    os.chdir(path.parent)
    try:
        for cell in nbformat.read(path, 4).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, f"{path.name}:{cell.id}", "exec"), namespace)
    finally:
        os.chdir(here)
        figures.new, live.LiveFigure.__init__, IPython.display.display = new, init, shown
    return made, moved


def settings(figure, rng):
    """Names and values of the settings that are shown: default, both ends, two odd ones."""
    choices = {name: [value for _, value in control._options_full] if hasattr(control, "_options_full") else
               [control.min, control.max] for name, control in figure.sliders.items()}

    def odd(name, control):
        if hasattr(control, "_options_full"):
            return choices[name][rng.integers(len(choices[name]))]
        notches = round((control.max - control.min) / control.step)
        return type(control.value)(control.min + control.step * rng.integers(notches + 1))

    yield "default", figure.values()
    yield "low", {name: values[0] for name, values in choices.items()}
    yield "high", {name: values[-1] for name, values in choices.items()}
    for i in (1, 2):
        yield f"odd {i}", {name: odd(name, control) for name, control in figure.sliders.items()}


def faults(figure, controls=0, sentence=""):
    """What does not hold of a figure as it stands, in words: texts that leave it or are small, its size with all it has."""
    renderer, (width, height) = figure.canvas.get_renderer(), figure.canvas.get_width_height()
    found = []
    with figures.style():
        for ax in figure.axes:
            ticks = [tick.label1 for axis in (ax.xaxis, ax.yaxis) for tick in axis.get_major_ticks()
                     if ax.axison and np.clip(tick.get_loc(), *sorted(axis.get_view_interval())) == tick.get_loc()]
            legend = ax.get_legend().get_texts() if ax.get_legend() else ()
            for text in (ax._left_title, ax.title, ax.xaxis.label, ax.yaxis.label, *ax.texts, *ticks, *legend, *figure.texts):
                if text.get_text() and text.get_visible() and (ax.axison or text not in (ax.xaxis.label, ax.yaxis.label)):
                    box = text.get_window_extent(renderer)
                    if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1:
                        found.append(f"cut: {text.get_text()}")
                    if text.get_fontsize() / 72 * figure.dpi < 0.999 * SMALLEST * width:
                        found.append(f"small: {text.get_text()}")
    tall = height + CONTROL * controls + LINE * (1 + len(sentence) // 115)
    return sorted(set(found)) + [f"{tall} pixels tall"] * (tall > TALLEST) + [f"{width} pixels wide"] * (width > WIDEST)


def picture(figure, dark=False):
    with figures.style():
        figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())
    return Image.fromarray(np.ascontiguousarray(figures.night(pixels, figure) if dark else pixels)).convert("RGB")


def row(name, figure, moved, rng):
    """The pictures of one figure, [(title, image, faults)]."""
    pictures = []
    for label, values in settings(moved, rng) if moved else [("", {})]:
        sentence = ""
        if moved:
            with figures.style():
                sentence = moved._draw(**values) or ""
        controls = len(values) + (moved is not None and moved.image.play >= 0)
        pictures.append((f"{name} {label}", picture(figure), faults(figure, controls, sentence)))
    if moved:
        with figures.style():
            moved._draw(**moved.values())
    pictures.append((f"{name} dark", picture(figure, dark=True), []))
    dpi = figure.dpi
    figure.set_dpi(2 * dpi)
    sharp = picture(figure)
    pictures.append((f"{name} at twice the pixels", sharp.crop((0, 0, sharp.width // 2, sharp.height // 2)), []))
    figure.set_dpi(dpi)
    return pictures


def pages(rows, width=4 * 856, most=2600):
    """The rows of pictures, wrapped, on pages of about `most` pixels."""
    places, x, y, tallest = [], GAP, GAP, 0
    for pictures in rows:
        for title, image, wrong in pictures:
            if x + image.width + GAP > width:
                x, y, tallest = GAP, y + tallest + GAP, 0
            places.append((x, y, title, image, wrong))
            x, tallest = x + image.width + GAP, max(tallest, image.height + 28)
        x, y, tallest = GAP, y + tallest + 2 * GAP, 0
        if y > most:
            yield sheet(places, width, y)
            places, y = [], GAP
    if places:
        yield sheet(places, width, y)


def sheet(places, width, height):
    """One page: pictures at their places, a title above each."""
    font = ImageFont.load_default(20)
    sheet = Image.new("RGB", (width, height), "#8aa0a8")
    pen = ImageDraw.Draw(sheet)
    for x, y, title, image, wrong in places:
        sheet.paste(image, (x, y + 26))
        pen.text((x, y), title, fill="black", font=font)
        if wrong:
            pen.text((x + 8 + pen.textlength(title, font=font), y), "; ".join(wrong)[:90], fill="#B00000", font=font)
    return sheet


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", help="beginnings of their names: 03 07")
    wanted = tuple(parser.parse_args().notebooks)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        if wanted and not path.name.startswith(wanted):
            continue
        made, moved = drawn_by(path)
        rows = [row(f"{path.stem[:2]}.{i}", figure, moved.get(id(figure)), np.random.default_rng(i))
                for i, figure in enumerate(made)]
        for number, each in enumerate(pages(rows), 1):
            each.save(FOLDER / f"{path.stem[:2]}-{number}.png")
        for pictures in rows:
            for title, _, wrong in pictures:
                if wrong:
                    print(f"{title}: {'; '.join(wrong)}")
        print(f"{FOLDER.relative_to(ROOT)}/{path.stem[:2]}-*.png: {len(rows)} figures", flush=True)


if __name__ == "__main__":
    main()
