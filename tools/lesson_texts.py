"""What lessons and INSTRUCTORS.md tell readers to do with a figure, for the site's pictures and the tests that read along."""
import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
# the last line of what a slider figure stores: [factor = 0.7, T = 100]
SETTING = re.compile(r"\n\[\w+ = .*\]$")


def is_figure(output):
    """Whether a stored output is a slider figure."""
    data = output.get("data", {})
    return "image/png" in data and bool(SETTING.search(data.get("text/plain", "")))


def paragraphs(text):
    """The paragraphs and list items of a Markdown text, each on one line."""
    parts = re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )", text)
    return [" ".join(part.split()) for part in parts if part.strip()]


def of_figures(path):
    """For each slider figure of a notebook, in their order: what INSTRUCTORS.md says of its lesson, and the paragraphs beside it.

    Beside it: in the Markdown cells since the figure before, two at most, and in the one that follows.
    """
    cells = nbformat.read(path, as_version=4).cells
    told = instructions().get(path.stem, [])
    found, before = [], []
    for i, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            before.append(cell.source)
            continue
        figures = [output for output in cell.get("outputs", []) if is_figure(output)]
        if figures:
            after = [other.source for other in cells[i + 1:i + 2] if other.cell_type == "markdown"]
            texts = [part for text in [*before[-2:], *after] for part in paragraphs(text)]
            found += [[*told, *texts]] * len(figures)
            before = []
    return found


def instructions():
    """What INSTRUCTORS.md tells to move: {name of the lesson: [what]}; a figure that comes again has what is said of it first."""
    rows, lesson = {}, None
    for line in (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 5 or not (match := re.match(r"\[\d+\]\(notebooks/(\w+)\.ipynb\)", cells[0])) and cells[0]:
            continue
        lesson = match[1] if match else lesson
        if lesson and "*" in cells[2]:
            rows.setdefault(lesson, []).append(cells[2])
    # lesson 04 opens with the figure of lesson 00
    return {name: [*told, *(rows["00_start_here"] if name.startswith("04") else [])] for name, told in rows.items()}
