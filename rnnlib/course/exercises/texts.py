"""The solutions and their known mistakes, read from the text files of this folder.

One exercise::

    == name
    def name(...):
        the solution

    key of a mistake: `old` => `new`, `old` => `new` | what was done, and why that is not it
      (a longer line goes on here; \\n in `new` is a new line)
    and those of another_exercise but: key, key

What is old is replaced by what is new wherever it stands in the solution; two mistakes at once are both replacements.
"""

import re
from pathlib import Path

MISTAKE = re.compile(r"(.+?): ((?:`[^`]*` => `[^`]*`(?:, )?)+) \| (.+)")


def _read(text):
    """{name: (solution, {key: (old, new, ..., sentence)})}."""
    found = {}
    for block in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        name, block = block.split("\n", 1)
        solution, _, mistakes = block.partition("\n\n")
        changes = {}
        for line in re.sub(r"\n  (?=\S)", " ", mistakes).strip().split("\n"):
            inherited = re.fullmatch(r"and those of (\w+) but: (.+)", line)
            if inherited:
                without = inherited[2].split(", ")
                changes |= {key: change for key, change in found[inherited[1]][1].items() if key not in {*changes, *without}}
                continue
            key, pairs, sentence = MISTAKE.fullmatch(line).groups()
            parts = [part.replace("\\n", "\n") for pair in re.findall("`([^`]*)` => `([^`]*)`", pairs) for part in pair]
            changes[key] = (*parts, sentence)
        found[name] = solution + "\n", changes
    return found


TEXT = {name: texts for path in sorted(Path(__file__).parent.glob("*.txt"))
        for name, texts in _read(path.read_text(encoding="utf-8")).items()}
