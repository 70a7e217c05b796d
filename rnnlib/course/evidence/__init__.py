"""What the lessons' sentences about random things rest on: stored runs, and the two ways to sum them up.

A sentence about a share gives the share with its 95 % interval, one about a size the median and the middle 80 %::

    runs = evidence.stored("recall", cell="RNN", start="default", learning_rate=0.01, lag=40, steps=500)
    solved = [run["accuracy"] >= 0.95 for run in runs]
    print(evidence.share_with_interval(sum(solved), len(solved)))       # 0.2 (0.081 to 0.42)

tools/evidence.py (``make evidence``) makes the files anew and says what each column holds.
"""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ... import _check

FOLDER = Path(__file__).parent


class Summary(NamedTuple):
    """A number and the interval around it; as text "0.28 (0.17 to 0.42)"."""

    value: float
    low: float
    high: float

    def __str__(self):
        return f"{self.value:.2g} ({self.low:.2g} to {self.high:.2g})"


def stored(name, **only):
    """The rows of one stored table, in the order of its file, each a dict from column to value.

    Numbers are int or float, yes and no are bool, and an empty field is None ("never solved").

    Parameters
    ----------
    name : str
        One of `names()`.
    only :
        Columns and the values they must have: ``stored("recall", cell="RNN", lag=40)``.

    Raises
    ------
    ValueError
        There is no such table, column, or row; the message says what there is.
    """
    path = FOLDER / f"{name}.csv"
    if not path.is_file():
        raise ValueError(f"name must be one of {', '.join(names())}; it was {name!r}")
    with path.open(newline="") as file:
        rows = [{column: _value(text) for column, text in row.items()} for row in csv.DictReader(file)]
    for column, value in only.items():
        if column not in rows[0]:
            raise ValueError(f"{name} has the columns {', '.join(rows[0])}; there is no {column!r}")
        there = {row[column] for row in rows}
        if value not in there:
            raise ValueError(f"{column} must be one of {', '.join(sorted(map(str, there)))} here; it was {value!r}")
        rows = [row for row in rows if row[column] == value]
    return rows


def names():
    """The tables there are, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.csv"))


def _value(text):
    if text in ("", "True", "False"):
        return {"": None, "True": True, "False": False}[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def share_with_interval(hits, total):
    """The share hits / total with Wilson's 95 % interval (1927), as a `Summary`.

    Unlike share +- 1.96 deviations it stays inside 0 to 1 and says something at 0 of n and at n of n, too: 0 of 20 leaves
    room for a share of 0.16.

    Parameters
    ----------
    hits, total : int
        0 <= hits <= total, total at least 1.
    """
    total = _check.whole("total", total, 1)
    hits = _check.whole("hits", hits, 0)
    if hits > total:
        raise ValueError(f"hits must be at most total = {total}; it was {hits}")
    z2 = 1.959964 ** 2
    share = hits / total
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = np.sqrt(z2 * (share * (1 - share) / total + z2 / (4 * total**2))) / (1 + z2 / total)
    return Summary(share, float(max(0.0, middle - half)), float(min(1.0, middle + half)))


def median_and_middle_80(values):
    """Median, 10th and 90th percentile of numbers (n,), as a `Summary`: four of five values lie in the interval."""
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not len(values) or np.isnan(values).any():
        raise ValueError(f"values must be one row of at least one number, without nan; it had shape {values.shape}"
                         + (" and held nan" if np.isnan(values).any() else ""))
    low, median, high = np.percentile(values, (10, 50, 90), method="averaged_inverted_cdf")
    return Summary(float(median), float(low), float(high))


def table(runs):
    """Stored "rivals" of one task as a text: a line for each kind of network, windows first, and a column for each budget.

    A column holds the median score, the middle 80 % and the number of seeds; a dash stands where no runs are stored.

    Parameters
    ----------
    runs : list of dict
        With kind, steps, parameters and score.
    """
    budgets = sorted({run["steps"] for run in runs})
    kinds = sorted({(run["parameters"], run["kind"]) for run in runs}, key=lambda row: ("window" not in row[1], row))
    wide = max(len(kind) for kind in ("network", *(kind for _, kind in kinds)))
    lines = [f"{'network':{wide}}  parameters" + "".join(f"{f'{steps} steps':>30}" for steps in budgets)]
    for parameters, kind in kinds:
        line = f"{kind:{wide}}{parameters:12}"
        for steps in budgets:
            scores = [run["score"] for run in runs if (run["kind"], run["steps"]) == (kind, steps)]
            told = "-"
            if scores:
                median, low, high = median_and_middle_80(scores)
                told = f"{median:.3f} ({low:.3f} to {high:.3f}) of {len(scores):2}"
            line += f"{told:>30}"
        lines.append(line)
    return "\n".join(lines)
