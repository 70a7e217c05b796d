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
import re
from pathlib import Path

import numpy as np

from . import figures
from .live import LiveFigure, Prediction, Reveal, TextBox, Training, _count

JOINT = 150             # so many pictures, at most, over the controls that move together
ALONE = 12              # so many positions of a control that moves alone, or together with another
NARROW = 575            # pixels of a window, up to which a figure that has narrow pictures begins with one of them
ONLY = 60               # so many of a figure's only control
# 32 shades a channel, white and black exact: lines stay crisp, and a picture takes a fifth of what its PNG takes
SHADES = np.round(np.round(np.arange(256) * 31 / 255) * 255 / 31).astype(np.uint8)
START, ALL = 250_000, 2_000_000     # bytes: before the first move, and in all
RECORDED = "application/x-recorded"     # marks an output that only Python can make anew; the value: what it is
PHOTOGRAPH = "application/x-photograph"     # marks a picture that keeps its colours on a dark page


def follow(folder, texts=None):
    """From now on every output that a page can bring to life by itself puts HTML for that into what is stored of it.

    texts : path of a JSON file, optional: for each LiveFigure in the order in which they are shown, the paragraphs that tell
        readers what to do with it. The values they name are in its grid, and controls they name together move together.
    """
    told = iter(json.loads(Path(texts).read_text(encoding="utf-8")) if texts else ())
    plain = {kind: kind.bundle for kind in (LiveFigure, Prediction, Reveal, TextBox, Training)}

    def figure(self):
        markup = export(self, folder, next(told, ()))
        return {**plain[LiveFigure](self), "text/html": markup} if markup else plain[LiveFigure](self)

    LiveFigure.bundle = figure
    Prediction.bundle = lambda self: {**plain[Prediction](self), "text/html": _prediction(self)}
    Reveal.bundle = lambda self: {**plain[Reveal](self), "text/html": _reveal(self)}
    TextBox.bundle = lambda self: {**plain[TextBox](self), RECORDED: "text"}
    Training.bundle = lambda self: {**plain[Training](self), RECORDED: "training"}
    picture = figures.Picture._repr_mimebundle_
    figures.Picture._repr_mimebundle_ = lambda self, **which: {
        **picture(self, **which), **({PHOTOGRAPH: ""} if _photograph(self.figure) else {})}


def _photograph(figure):
    return any(ax.get_gid() == "photograph" for ax in figure.axes)


def export(live, folder, texts=(), narrow=None):
    """Write the pictures of a LiveFigure into `folder` and return the HTML that shows them.

    The first two controls move together, and others with them as long as that makes no more than JOINT pictures; so do any
    two that one of the `texts` names together. The rest move one at a time, from where they stand now. A figure with a control
    that has no list of values, a text box say, or with no second picture at all, is left to its saved picture: None.

    narrow : LiveFigure, optional: the same figure as a telephone shows it, with the same controls.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # as rich as ALL allows: first with the pairs that are named, then without, at last without what is named
    ladder = (*((most, JOINT, texts, texts) for most in (ALONE, 10, 8, 6)), *((most, JOINT, texts, ()) for most in (8, 6)),
              (6, JOINT, (), ()), (6, 0, (), ()))
    for rung in ladder:
        most, joint, values, pairs = rung
        controls = _controls(live, most, values)
        if controls is None:
            return None
        groups = _groups(controls, joint, pairs)
        places = _places(controls, groups)
        poorest = rung is ladder[-1]
        sample = [_picture(live, controls, places[i])[0] for i in np.linspace(0, len(places) - 1, 12).astype(int)]
        if 1.1 * np.mean([len(picture) for picture in sample]) * len(places) > ALL and not poorest:
            continue
        try:
            stored = [_store(shown, folder, controls, places) for shown in (live, narrow) if shown is not None]
            break
        except ValueError:      # the sample had promised less
            if poorest:
                raise
    live._redraw()      # back to where its sliders stand
    return _markup(live, controls, groups, stored)


def _store(live, folder, controls, places):
    """Draw and write all pictures: (name, how many are in the first file, the first picture, its sentence, its size)."""
    drawn = [_picture(live, controls, place) for place in places]
    listed = [[*place, len(picture), sentence] for place, (picture, sentence) in zip(places, drawn)]
    if hasattr(live, "notes"):      # it can be heard
        for entry, place in zip(listed, places):
            entry[-1] = [entry[-1], live.notes(**{c["name"]: c["values"][k] for c, k in zip(controls, place)})]
    head = json.dumps(listed, ensure_ascii=False, separators=(",", ":")).encode()
    sizes = np.cumsum([4 + len(head), *(len(picture) for picture, _ in drawn)])
    first = int((sizes[1:] <= START).sum())
    start = len(head).to_bytes(4, "little") + head + b"".join(picture for picture, _ in drawn[:first])
    rest = b"".join(picture for picture, _ in drawn[first:])
    if len(start) + len(rest) > ALL:
        raise ValueError(f"the pictures of the figure that says {drawn[0][1]!r} take {len(start) + len(rest)} bytes, "
                         f"more than the {ALL} allowed")
    name = hashlib.sha256(start + rest).hexdigest()[:16]
    (folder / f"{name}-start.bin").write_bytes(start)
    (folder / f"{name}-rest.bin").write_bytes(rest)
    return name, first, *drawn[0], live.figure.canvas.get_width_height()


def _controls(live, most, texts=()):
    """What a page must know of each control, or None: label, values, where it stands, how it moves."""
    controls = []
    only = len(live.sliders) == 1
    for name, control in live.sliders.items():
        label = control.description or name
        if hasattr(control, "_options_full"):       # menus and sliders over options
            texts_of, values = zip(*control._options_full)
            count, at = len(values), values.index(control.value)
            named = [i for i, text in enumerate(texts_of) if _number(text) is not None
                     and any(np.isclose(_number(text), value) for value in named_values(live.sliders, name, texts))]
            kept = _spread(count, at, ONLY if only else most, named)
            values, texts_of = [values[i] for i in kept], [str(texts_of[i]) for i in kept]
            slides = "Slider" in type(control).__name__
        elif hasattr(control, "step"):
            most_value = getattr(control, "longest", control.max)       # of a slider that ends where another one lets it
            count = int(round((most_value - control.min) / control.step)) + 1
            at = int(round((control.value - control.min) / control.step))
            positions = [(value - control.min) / control.step for value in named_values(live.sliders, name, texts)]
            named = [round(i) for i in positions if abs(i - round(i)) < 1e-6 and 0 <= round(i) < count]
            kept = _spread(count, at, ONLY if only else most, named)
            values = [type(control.value)(round(min(control.min + i * control.step, most_value), 10)) for i in kept]
            values[int(np.argmin(np.abs(kept - at)))] = control.value
            texts_of, slides = [format(value, control.readout_format) for value in values], True
        else:
            return None
        controls.append({"name": name, "label": label, "values": values, "texts": texts_of, "at": values.index(control.value),
                         "slides": slides, "coarse": len(values) < count})
    return controls if controls and max(len(c["values"]) for c in controls) > 1 else None


def _groups(controls, most, texts=()):
    """Which controls move together: sets of their numbers; within one set every combination has a picture."""
    first, places = set(), 1
    for i, control in enumerate(controls):
        if i < 2 or places * len(control["values"]) <= most:
            first.add(i)
            places *= len(control["values"])
    groups = [first]
    for text in texts:
        named = sorted(i for i, control in enumerate(controls) if _mentions(controls, i, text))
        menus, sliders = ({i for i, control in enumerate(controls) if control["slides"] is kind} for kind in (False, True))
        if len(menus & set(named)) > 1 and sliders:     # "an indigo ring, and let it grow"
            groups.append((menus & set(named)) | {min(sliders)})
        groups += [{i, j} for i, j in itertools.combinations(named, 2)]
    return [group for k, group in enumerate(groups) if not any(group <= other for other in groups[:k])]


# --- what a text says of a figure's controls

def _number(text):
    try:
        return float(str(text).replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        return None


def _bare(text):
    """Without Markdown's and LaTeX's marks, and with hyphens for minus signs."""
    return re.sub(r"[*$`{}\\]", "", text).replace("\N{MINUS SIGN}", "-")


def _names(labels, i):
    """What a text may call control i: its label, its letter, and words of its label that no other label has."""
    words = [set(re.findall(r"[\w]+", _bare(re.sub(r"\(.*?\)", "", label)))) for label in labels]
    own = {word for word in words[i] if not any(word in other for j, other in enumerate(words) if j != i)}
    common = {"steps", "number", "size", "length", "words", "step", "input", "with", "samples", "from", "that", "changed"}
    kept = {word for word in own if word not in common and (len(word) > 3 or word[0].isupper() or len(word) == 1 or "_" in word)}
    return {_bare(re.sub(r"\s*\(.*?\)", "", labels[i])), *kept} - {"a"}


def _found(labels, i, text):
    """The places in a bare text where control i is named."""
    names = "|".join(re.escape(name) for name in sorted(_names(labels, i), key=len, reverse=True))
    return list(re.finditer(rf"(?<![\w-])(?:{names})(?![\w])", text))


def _mentions(controls, i, text):
    """Whether a text names control i, or one of the texts of a menu."""
    if _found([control["label"] for control in controls], i, _bare(text)):
        return True
    return not controls[i]["slides"] and any(len(option) > 3 and re.search(rf"\b{re.escape(option)}\b", _bare(text))
                                             for option in controls[i]["texts"])


def named_values(sliders, name, texts):
    """The numbers that the texts name for one of a figure's controls: those after its name, up to the next control's."""
    labels = [control.description or key for key, control in sliders.items()]
    me, values = list(sliders).index(name), []
    for text in map(_bare, texts):
        found = sorted((match.end(), match.start(), i) for i in range(len(labels)) for match in _found(labels, i, text))
        for k, (end, _, i) in enumerate(found):
            if i == me:
                until = found[k + 1][1] if k + 1 < len(found) else len(text)
                values += [float(number) for number in re.findall(r"(?<![\w.^])-?\d+(?:\.\d+)?(?![\w%])", text[end:until])]
    return values


def _spread(count, at, most, named=()):
    """About `most` of the positions 0 .. count - 1, evenly spread, with both ends, `at` and the first `named` ones among them."""
    kept = np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist()
    named = list(dict.fromkeys(named))[:max(most - 3, 5)]
    fixed = {0, count - 1} if len(kept) > 2 else set()
    for position in (at, *named):
        free = [i for i in kept if i not in fixed]
        if position not in kept:
            if free:        # it takes the place of its neighbour
                kept.remove(min(free, key=lambda i: abs(i - position)))
            kept.append(position)
        fixed.add(position)
    return np.array(sorted(kept))


def _places(controls, groups):
    """The positions that get a picture, the ones nearest to where the controls stand first."""
    at = [c["at"] for c in controls]
    places = set()
    for group in [*groups, *({i} for i in range(len(controls)))]:
        places |= set(itertools.product(*(range(len(c["values"])) if i in group else [c["at"]] for i, c in enumerate(controls))))
    return sorted(places, key=lambda place: (sum(abs(k - k_0) for k, k_0 in zip(place, at)), place))


def _picture(live, controls, place):
    """(WebP bytes, sentence) at one place of the grid."""
    values = {c["name"]: c["values"][k] for c, k in zip(controls, place)}
    with figures.style():
        sentence = live._draw(**values)
        return _webp(live.figure), sentence or "A live figure."


def _webp(figure):
    """A figure as it stands, as WebP bytes."""
    from PIL import Image

    figure.canvas.draw()
    picture, buffer = Image.fromarray(SHADES[np.asarray(figure.canvas.buffer_rgba())[:, :, :3]]), io.BytesIO()
    picture.save(buffer, format="WEBP", lossless=True, quality=50, method=3)
    return buffer.getvalue()


def _address(picture):
    return f"data:image/webp;base64,{base64.b64encode(picture).decode()}"


def _image(picture, size, said):
    return f'<img src="{_address(picture)}" width="{size[0]}" height="{size[1]}" alt="{said}" aria-hidden="true">'


def _data(value):
    return html.escape(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _markup(live, controls, groups, stored):
    shown = [{key: c[key] for key in ("label", "texts", "at", "slides", "coarse")} for c in controls]
    name, first, picture, sentence, size = stored[0]
    more = f' data-groups="{_data([sorted(group) for group in groups])}"'
    said = html.escape(sentence)
    image = _image(picture, size, said)
    if len(stored) > 1:
        narrow, first_narrow, small, _, narrow_size = stored[1]
        more += f' data-narrow="{_data([narrow, first_narrow, *narrow_size])}"'
        image = (f'<picture><source media="(max-width: {NARROW}px)" srcset="{_address(small)}" width="{narrow_size[0]}" '
                 f'height="{narrow_size[1]}">{image}</picture>')
    if _photograph(live.figure):
        more += " data-photograph"
    if live.image.play >= 0:        # here with fewer positions: it takes as long as in a notebook
        positions, here = (count - 1 for count in (_count(list(live.sliders.values())[live.image.play]),
                                                    len(controls[live.image.play]["values"])))
        more += f' data-play="{_data([live.image.play, live.image.pace * here / max(positions, 1)])}"'
    return (f'<figure class="live-figure" data-name="{name}" data-first="{first}" data-controls="{_data(shown)}"{more}>'
            f'{image}<figcaption><div role="status">{said}</div></figcaption></figure>')


# --- predictions: committed on the page, which keeps them; the answer stands folded until then, and without a script too

def _key(prediction):
    return hashlib.sha256(prediction.question.encode()).hexdigest()[:12]


def _prediction(prediction):
    p, question = prediction, html.escape(prediction.question)
    choices = "".join(f"<li>{html.escape(option)}</li>" for option in p.options or ())
    span = f"<ul>{choices}</ul>" if choices else f"<p>A number from {p.low:g} to {p.high:g} {html.escape(p.unit)}.</p>"
    asked = {"options": p.options} if p.options else {"low": p.low, "high": p.high, "start": p.input.value, "step": p.input.step}
    return (f'<div class="prediction" data-key="{_key(p)}" data-asked="{_data({**asked, "unit": p.unit})}">'
            f"<p><strong>{question}</strong></p>{span}</div>")


def _reveal(reveal):
    p, truth = reveal.prediction, reveal.truth if reveal.prediction.options else float(reveal.truth)
    shown = f"{float(truth):.4g}" if not p.options else truth
    said = html.escape(f"{'The answer: ' if p.options else 'It is '}{shown}{' ' + p.unit if p.unit else ''}. {reveal.why}")
    return f'<div class="reveal" data-key="{_key(p)}" data-truth="{_data(truth)}">{reveal.drawn()}<p>{said}</p></div>'
