"""`make slides`: what becomes of a cell, where the notes stand, and that a deck asks for nothing from outside."""

import html
import json
import re
from pathlib import Path

import nbformat
import pytest
import slides
from lessons import NOTEBOOKS
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")


def figure(*names, name="abc"):
    controls = [{"label": label, "texts": ["0", "1"], "at": 0, "slides": True, "joint": True, "coarse": False} for label in names]
    controls = html.escape(json.dumps(controls))
    markup = f'<figure class="live-figure" data-name="{name}" data-first="1" data-controls="{controls}"></figure>'
    return new_output("display_data", {"text/html": markup, "image/png": "iVBORw0KGgo=", "text/plain": "a figure"})


def of(*cells):
    return slides.kinds([new_markdown_cell("# Title"), *cells])[1:]


@pytest.mark.parametrize("cell, kind", [
    (new_markdown_cell("## Heading"), "slide"),
    (new_markdown_cell("prose"), "-"),
    (new_markdown_cell("<details><summary>Solution</summary></details>"), "notes"),
    (new_code_cell("import numpy as np\n\nimport rnnlib"), "skip"),
    (new_code_cell('check("rnn_step", rnn_step)'), "skip"),
    (new_code_cell('def f():\n    return 1\n\n\ncheck("f", f)'), "-"),
    (new_code_cell("guess.reveal(3, why='so')"), "fragment"),
    (new_code_cell("x = 1", metadata={"slideshow": {"slide_type": "subslide"}}), "subslide"),
    (new_markdown_cell("## Heading", metadata={"slideshow": {"slide_type": "skip"}}), "skip"),
])
def test_each_rule_and_metadata_before_rules(cell, kind):
    assert of(cell) == [kind]


def test_an_unknown_type_is_named():
    with pytest.raises(ValueError, match="slide_type must be one of .*'slides'"):
        of(new_code_cell("x", metadata={"slideshow": {"slide_type": "slides"}}))


def test_what_no_longer_fits_goes_on_the_next_slide():
    prose = new_markdown_cell("word " * 120)
    assert of(prose, prose) == ["-", "-"]
    assert "subslide" in of(*[prose] * 5)
    assert of(prose, prose, new_code_cell("explorers.f()", outputs=[figure("w")]))[-1] == "subslide"


def test_code_and_picture_part_where_there_is_no_room_for_both():
    long = new_code_cell("\n".join(["def f(x):", *["    x = 1"] * 12, "explorers.f(f)"]), outputs=[figure("w")])
    code, picture = slides.parted([long])
    assert code.source and not code.outputs and not picture.source and picture.outputs
    assert slides.is_call(picture) and not slides.is_call(code)


def test_the_notes_stand_behind_the_figure_they_speak_of():
    page = ("| [07](notebooks/x.ipynb) X | 60 | *gain* from 0 | after the prediction | Why? |\n"
            "| | | *steps T* up | later | And now? |\n| [08](notebooks/y.ipynb) Y | 60 | *gain* | now | No |\n")
    assert slides.rows(page, "07") == [("*gain* from 0", "after the prediction", "Why?"), ("*steps T* up", "later", "And now?")]
    cells = [new_markdown_cell("# T"),
             *(new_code_cell(source, outputs=[figure(label)]) for source, label in (("a", "gain"), ("b", "steps T")))]
    sources = [cell.source.split("\n")[0] for cell in slides.noted(cells, page, "07")]
    assert sources == ["# T", "a", "**Move** *gain* from 0", "b", "**Move** *steps T* up"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_lesson_becomes_slides(path):
    cells = list(slides.parted(nbformat.read(path, 4).cells))
    found = slides.kinds(cells)
    assert found[0] == "slide" and 10 < sum(kind in ("slide", "subslide") for kind in found) < 90
    height = 0
    for cell, kind in zip(cells, found):
        tall = slides.source_height(cell) + slides.output_height(cell)
        height = tall if "slide" in kind else height + tall if kind in ("-", "fragment") else height
        assert height <= max(slides.FULL, tall + 3), cell.id
    for text in ("".join(cell.source for cell, kind in zip(cells, found) if kind not in ("notes", "skip")),):
        assert "<details>" not in text


def test_a_deck_holds_its_pictures_and_asks_for_nothing(tmp_path):
    notebook = new_notebook(cells=[
        new_markdown_cell("# Lesson\n\n$h_t$ and [a link](01_rnn_cell.ipynb)"),
        new_code_cell("explorers.f()", outputs=[figure("w")]),
        new_markdown_cell("<details><summary>Solution</summary>\n\nsecret\n\n</details>")])
    path = tmp_path / "07_x.ipynb"
    nbformat.write(notebook, path)
    (tmp_path / "pictures").mkdir()
    for part in ("start", "rest"):
        (tmp_path / "pictures" / f"abc-{part}.bin").write_bytes(part.encode())
    text = slides.deck(path, PAGE)
    assert re.search(r'<script[^>]*id="abc-start"[^>]*>c3RhcnQ=<', text) and 'id="abc-rest"' in text
    assert "explorers.f()" not in text and "01_rnn_cell" not in text
    notes = "".join(re.findall(r'<aside class="notes">(.*?)</aside>', text, re.S))
    assert "secret" in notes and text.count("secret") == 1
    loaded = re.findall(r'<(?:script|link|img)[^>]*\b(?:src|href)="([^"]+)"', text)
    assert loaded and all(address.startswith(("reveal/", "data:")) for address in loaded)
    assert not re.search(r"""(?:import|from|fetch\()\s*["']https?:|url\(["']?https?:""", text)


def test_the_site_and_the_slides_show_figures_with_one_script():
    assert "data:text/javascript;base64," in slides.script() and "./page.js" not in slides.script()
