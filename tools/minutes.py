"""usage: python tools/minutes.py [NAME...]

How long a reader needs for a lesson, computed from the notebook as it is committed. NAME is a path, or how a name in
notebooks/ begins ("01"); without names, all of them.
"""
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

WORD, LINE = 1 / 180, 5 / 60                            # minutes for a word of prose, for a line of code
SLIDERS, PICTURE, EXERCISE, PREDICTION = 1.5, 0.5, 8, 2
CODE = re.compile(r"^```[^\n]*\n(.*?)^```", re.M | re.S)
# How the figures that a reader moves, types into or starts describe themselves in a saved notebook.
MOVES = re.compile(r"\n\[\w+ = .*\]$|\[a panel with the buttons|^[^:\n]* (['\"]).*?\1: ")


def minutes(cells):
    """(main line, side paths) of these cells, in minutes.

    A side path is what a reader may leave out: a folded ``<details>`` part; every section whose heading ends in
    "(optional)", up to the next heading of its level or above; a cell tagged "optional".
    """
    times, folded_from = [0.0, 0.0], 7                  # the level of the optional heading we are under; 7 is none
    for cell in cells:
        source = "".join(cell["source"])
        heading = re.search(r"^(#+) .*?(\(optional\))?\s*$", CODE.sub("", source), re.M | re.I)
        if cell["cell_type"] == "markdown" and heading and (len(heading[1]) <= folded_from or heading[2]):
            folded_from = len(heading[1]) if heading[2] else 7
        aside = folded_from < 7 or "optional" in cell["metadata"].get("tags", [])
        if cell["cell_type"] == "markdown":
            for part in re.split(r"(<details>.*?</details>)", source, flags=re.S):
                times[aside or part.startswith("<details>")] += _prose(part)
        else:
            times[aside] += _code(source) + sum(_output(output) for output in cell["outputs"])
    return times[0], times[1]


def _prose(markdown):
    words = re.sub(r"<[^>]*>|^[|:\s-]+$", "", CODE.sub("", markdown), flags=re.M).replace("|", " ").split()
    return WORD * len(words) + sum(_lines(block) for block in CODE.findall(markdown))


def _lines(code):
    return LINE * sum(bool(line.strip()) for line in code.split("\n"))


def _code(source):
    exercises = len(re.findall(r"\bcheck\(\"|\bquiz\(\)", source))
    choices = source.count("live.Prediction(") + 2 * source.count("exercises.decide(")         # which asks two questions
    return _lines(source) + EXERCISE * exercises + PREDICTION * choices


def _output(output):
    data = output.get("data", {})
    said = "".join(data.get("text/plain", ""))
    if "image/png" not in data or said.startswith("Truth:"):       # a truth revealed belongs to its prediction
        return 0
    return SLIDERS if MOVES.search(said) else PICTURE


def main(names):
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if not names or any(path.name.startswith(Path(name).name) for name in names):
            main_line, aside = minutes(json.loads(path.read_text(encoding="utf-8"))["cells"])
            print(f"{path.stem:35} {main_line:5.1f} minutes, side paths {aside:5.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
