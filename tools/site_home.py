"""The first page of the site: one sentence, one figure with a question to it, and the lessons."""
import html
import re

import nbformat
import numpy as np

from rnnlib.course import figures, static_export
from rnnlib.course.live import LiveFigure, slider

T = 100
GOAL = 0.01


def told(factor):
    """What the figure says of a factor: how much arrives, and how far that is from one per cent."""
    share = factor ** (T - 1)
    off = share / GOAL
    percent = figures.scientific(np.log10(100 * share))
    begins = f"Multiplied by {factor:g} at each of {T - 1} steps, {percent} % of the gradient reaches step 1"
    if abs(np.log10(off)) < 0.05:
        return f"{begins}: found. (Where does a hundred times as much arrive as set out?)"
    if abs(np.log10(share / 100)) < 0.15:
        return f"{begins}: a hundred times as much as set out. The window between vanished and exploded is this narrow."
    times = figures.scientific(abs(np.log10(off)))
    near = "Near: that is" if abs(np.log10(off)) < 0.5 else "That is"
    return f"{begins}. {near} {times} times too {'much' if off > 1 else 'little'}."


@figures.style()
def _figure(size, **margins):
    figure, ax = figures.new(size=size, **margins)
    steps = np.arange(1, T + 1)
    line, = ax.plot(steps, steps, color=figures.GRADIENT, linewidth=3)
    end, = ax.plot([1], [0], "o", color=figures.GRADIENT, markersize=10, clip_on=False)
    ax.axhline(-2, color=figures.BLACK, linewidth=1.5, linestyle="--")
    ax.text(T, -2.1, "one per cent", ha="right", va="top")
    ax.set(xlim=(0, T + 0.5), ylim=(-10, 3), xlabel="step (the loss is computed at step 100)", ylabel="share left")
    ax.yaxis.set_major_formatter(figures.decade)
    ax.set_yticks([-10, -8, -6, -4, -2, 0, 2])

    def draw(factor):
        left = (T - steps) * np.log10(factor)
        line.set_ydata(left)
        end.set_ydata([left[0]])
        ax.set_title(f"{figures.power(factor, T - 1)} = {figures.scientific(left[0])}")
        return told(factor)

    return LiveFigure(figure, draw, factor=slider("factor per step", 0.9, 0.8, 1.06, 0.005))


def challenge(folder):
    """The HTML of the first page's figure, whose pictures go into `folder`."""
    wide, narrow = _figure((8.4, 3.3)), _figure((4.8, 3.4))
    markup = static_export.export(wide, folder, narrow=narrow)
    for made in (wide, narrow):
        made.close()
    return markup


def lesson(path):
    """{number, title, question, minutes, promise} of a lesson, as its first cell says them."""
    text = nbformat.read(path, as_version=4).cells[0].source
    title, _, question = re.match(r"# (?:\d\d )?(.*)", text)[1].partition(": ")
    minutes = re.search(r"After these (\d+) minutes", text)
    promise = re.search(r"\*\*After these.*?[^.][.:](?=\s|$)", text, re.S)
    promise = " ".join(re.sub(r"\[([^\]]*)\]\([^)]*\)|[*$`]", r"\1", promise[0]).split()) if promise else ""
    return {"number": path.stem[:2], "title": title, "question": question[:1].upper() + question[1:],
            "minutes": minutes[1] if minutes else "", "promise": promise}


def description(path):
    """A few sentences on a lesson, for those who find it elsewhere."""
    told_of = lesson(path)
    question = told_of["question"]
    opened = f"{question}{'' if question.endswith('?') else '.'} " if question else ""
    return f"{opened}{told_of['promise']} With figures that move, in the browser."


def descriptions(lessons):
    """{page: its description}, of every page that others may find."""
    return {
        "index.html": "A course on recurrent networks whose figures move: one cell used again at every step, the gradient that "
                      "travels back, and why it dies on the way. Nothing to install.",
        "instructors.html": "For those who teach recurrent networks with this course: which slider to move when, what to ask, "
                            "and what a class of 30 or of 500 needs.",
        "licences.html": "Licences of the course on recurrent networks and of what it uses.",
        **{f"notebooks/{path.stem}.html": description(path) for path in lessons},
    }


def cards(lessons):
    items = []
    for path in lessons:
        told_of = {key: html.escape(value) for key, value in lesson(path).items()}
        minutes = f"<span>{told_of['minutes']} minutes</span>" if told_of["minutes"] else ""
        asked = told_of["question"] or told_of["promise"]
        link = f'<a href="notebooks/{path.stem}.html"><b>{told_of["number"]}</b> <strong>{told_of["title"]}</strong></a>'
        items.append(f"<li>{link}<span>{asked}</span>{minutes}</li>")
    return f'<ul class="lesson-cards">{"".join(items)}</ul>'


def page(readme, lessons, figure):
    """The Markdown of the page: README.md's sections follow what can be moved and read."""
    title, rest = readme.split("\n", 1)
    intro, rest = re.split(r"^!\[.*$", rest, maxsplit=1, flags=re.M)
    rest = re.sub(r"^## Lessons\n.*?(?=^## )|^## Contributing\n.*?(?=^## )", "", rest, flags=re.M | re.S)
    return f"""{title}

<p class="opening">A network that reads step by step learns from a gradient that travels back through every step.
Here each step multiplies it by one factor. <strong>Find the factor at which one per cent survives 100 steps.</strong></p>

{figure}

<p class="start-link"><a href="notebooks/{lessons[0].stem}.html">Start with lesson 00</a>
<span>Read, move the sliders, or run any lesson live in your browser: nothing to install.</span></p>

## Lessons

{cards(lessons)}

## What this is

{intro.strip()}

{rest.strip()}
"""
