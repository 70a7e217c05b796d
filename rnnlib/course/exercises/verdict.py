"""What `check` answers, and how it looks in a notebook."""

import html
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """The answer to one attempt at an exercise.

    Attributes
    ----------
    name : str
        The exercise.
    ok : bool
        Whether every result agreed with the reference on every problem.
    mistake : str or None
        The known mistake that explains the result exactly ("a + b" for two at once), or the single change of the solution that
        does; None where none matched.
    message : str
        What is right, what is wrong, and what to look at, in sentences; one finding a line.
    """

    name: str
    ok: bool
    mistake: str | None
    message: str

    @property
    def mark(self):
        """A sign and a word, so that nothing rests on colour."""
        return "\N{CHECK MARK} right" if self.ok else "\N{RIGHTWARDS ARROW} not yet"

    def __repr__(self):
        """As text that the output can show: a console of Windows (cp1252) knows no arrow."""
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        mark = self.mark
        try:
            mark.encode(encoding)
        except UnicodeEncodeError:
            mark = mark.split(" ", 1)[1]
        return f"{self.name}: {mark}\n{self.message}".encode(encoding, "backslashreplace").decode(encoding)

    def _repr_html_(self):
        border = "#00795a" if self.ok else "#b34700"
        lines = "".join(f"<div>{html.escape(line)}</div>" for line in self.message.split("\n"))
        return (f'<div role="status" style="border-left: 5px solid {border}; padding: 4px 12px; line-height: 1.5">'
                f"<b>{html.escape(self.name)}: {self.mark}</b>{lines}</div>")
