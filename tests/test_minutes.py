"""The minutes that are promised are those that a reader needs."""
import json
import re
from pathlib import Path

import pytest
from minutes import minutes

ROOT = Path(__file__).parent.parent
LESSONS = {path.name[:2]: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
MOST, LONG = 75, 45         # no main line is longer; beyond this a pause is marked


def cells_of(number):
    return json.loads(LESSONS[number].read_text(encoding="utf-8"))["cells"]


def told(number):
    """The minutes that each place promises for a lesson, by place."""
    name = re.escape(LESSONS[number].name)
    title = "".join(cells_of(number)[0]["source"])
    pages = {page: (ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "INSTRUCTORS.md")}
    pages["README.md"] = re.findall(rf"^\| \[\d\d\]\(notebooks/{name}\) \|.*\| (\d+) \|$", pages["README.md"], re.M)
    pages["INSTRUCTORS.md"] = re.findall(rf"^\| \[\d\d\]\(notebooks/{name}\) [^|]*\| (\d+) \|", pages["INSTRUCTORS.md"], re.M)
    if number != "00":
        map_of_00 = "\n".join("".join(cell["source"]) for cell in cells_of("00"))
        pages["the map in lesson 00"] = re.findall(rf"^\| \[[^]]*\]\({name}\) \|.*\| (\d+) \|$", map_of_00, re.M)
    return {"its title": re.findall(r"\b(\d+) min", title), **pages}


@pytest.mark.parametrize("number", LESSONS)
def test_what_is_promised_is_what_a_reader_needs(number):
    needed, _ = minutes(cells_of(number))
    for place, found in told(number).items():
        assert len(found) == 1, f"{place} should say once how many minutes lesson {number} takes: {found}"
        assert abs(int(found[0]) - needed) <= 0.15 * needed, f"{place} says {found[0]} minutes for {number}, not {needed:.0f}"


@pytest.mark.parametrize("number", LESSONS)
def test_no_lesson_is_too_long_and_a_long_one_has_a_pause(number):
    cells = cells_of(number)
    needed, _ = minutes(cells)
    assert needed <= MOST
    pauses = [minutes(cells[:n])[0] / needed for n, cell in enumerate(cells, 1)
              if "A good place to stop for today" in "".join(cell["source"])]
    assert needed <= LONG or any(0.3 < share < 0.7 for share in pauses), pauses


# --- the function itself

def prose(text):
    return {"cell_type": "markdown", "source": [text], "metadata": {}}


def code(text, *said, tags=()):
    outputs = [{"output_type": "display_data", "data": {"image/png": "", "text/plain": [text]}} for text in said]
    return {"cell_type": "code", "source": [text], "outputs": outputs, "metadata": {"tags": list(tags)}}


@pytest.mark.parametrize(("needed", "cells"), [
    ((1, 0), [prose("word " * 180)]),
    ((1, 0), [prose("| word word |\n" * 45 + "|---|---|\n" + "| word " * 90)]),
    ((0.5, 0), [prose("```python\n" + "x = 1  # and a word\n\n" * 6 + "```\n")]),
    ((1, 0), [code("x = 1\n\n" * 12)]),
    ((LINE := 5 / 60, 0), [code("x", *[])]),
    ((LINE + 0.5, 0), [code("x", "A picture.")]),
    ((LINE + 1, 0), [code("x", "A picture.", "Read there, 'red' is past its end: by 17.")]),
    ((LINE + 1.5, 0), [code("x", "A figure: that moves.\n[t = 5, T = 8]")]),
    ((LINE + 1.5, 0), [code("x", "Press Train. [a panel with the buttons Train and Stop]")]),
    ((LINE + 1.5, 0), [code("x", "your sentence 'not bad': Kind.")]),
    ((LINE + 2, 0), [code('live.Prediction("How many?")')]),
    ((LINE, 0), [code("guess.reveal(3)", "Truth: 3. No prediction was committed above. [a = b]")]),
    ((LINE + 8, 0), [code('check("rnn_step", rnn_step)')]),
    ((1, 1), [prose("word " * 180 + "<details><summary><b>Solution</b></summary>" + " word" * 179 + "\n\n</details>")]),
    ((0, 0.5 + LINE), [code("x", "A picture.", tags=["optional"])]),
    ((LINE + 1 / 60, 2 * LINE + 1 / 30), [prose("## A side (optional)"), prose("### way\n```\n# x\n```"), code("x"),
                                          prose("## The road"), code("x")]),
])
def test_minutes_are_counted(needed, cells):
    assert minutes(cells) == pytest.approx(needed, abs=0.012)
