"""usage: python tools/questions.py [--to FOLDER]

Writes questions for a learning platform as Moodle XML (questions.xml) and as GIFT (questions.gift): those of the final quiz,
and for each lesson with an exercise one more, a solution with a fault to be found. Sources are the quiz in the notebook and the
mistakes that the checks know, so every answer, right or wrong, comes with its explanation.
"""
import argparse
import html
import re
import sys
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path

from assignments import tasks_of
from learner_copy import write_whole

from rnnlib.course.exercises.questions import QUESTIONS, Question
from rnnlib.course.exercises.texts import TEXT

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "questions"
FAULT = "This solution of {name} has one fault. Which?\n```\n{code}\n```"
OPTIONS = 4


def fault_to_find(lesson, name):
    """A question with four known mistakes of an exercise as answers, one of them made; None where it knows fewer.

    Which one is chosen by checksum, so that it stays. Mistakes that stand for each other (the same sentence) count once.
    """
    solution, changes = TEXT[name]
    made = {}       # sentence -> the solution with that mistake
    for old, new, *others, sentence in changes.values():
        changed = solution.replace(old, new)
        if not others and changed != solution and sentence not in made:
            made[sentence] = changed
    if len(made) < OPTIONS:
        return None
    chosen = sorted(made, key=lambda sentence: zlib.adler32((name + sentence).encode()))[:OPTIONS]
    right = chosen[0]
    options = dict.fromkeys(chosen, "A known mistake, but not the one made here.") | {right: "This is the fault."}
    return Question(lesson, FAULT.format(name=name, code=made[right].rstrip()), options)


def faults_to_find(lessons=ROOT / "notebooks"):
    """One for each lesson, of its first exercise that knows enough mistakes."""
    for path in sorted(lessons.glob("[0-9]*.ipynb")):
        found = (fault_to_find(path.stem[:2], task.name) for task in tasks_of(path))
        question = next(filter(None, found), None)
        if question:
            yield question


def categories():
    """{category: questions}."""
    return {"The final quiz": QUESTIONS, "Find the fault": list(faults_to_find())}


def title(question):
    """A name for lists of questions."""
    first = question.text.split("\n")[0]
    return f"Lesson {question.lesson}: {first if len(first) <= 60 else first[:57].rsplit(' ', 1)[0] + ' ...'}"


def as_html(text):
    """Plain text with `code` and fenced code, as HTML of one line."""
    def inline(part):
        return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(part, quote=False)).strip().replace("\n", "<br>")

    def block(part):
        return "<pre>" + html.escape(part.strip("\n"), quote=False).replace("\n", "<br>") + "</pre>"

    parts = re.split(r"^```$", text, flags=re.MULTILINE)        # prose and code in turn
    return "".join(block(part) if n % 2 else inline(part) for n, part in enumerate(parts))


def moodle(some):
    """Moodle XML of {category: questions}."""
    root = ET.Element("quiz")

    def add(parent, tag, text, **attributes):
        element = ET.SubElement(parent, tag, attributes)
        ET.SubElement(element, "text").text = text
        return element

    for category, questions in some.items():
        add(ET.SubElement(root, "question", type="category"), "category", f"$course$/top/Recurrent neural networks/{category}")
        for question in questions:
            item = ET.SubElement(root, "question", type="multichoice")
            add(item, "name", title(question))
            add(item, "questiontext", as_html(question.text), format="html")
            for tag, value in (("defaultgrade", "1"), ("single", "true"), ("shuffleanswers", "true")):
                ET.SubElement(item, tag).text = value
            for option in question.shuffled():
                answer = add(item, "answer", as_html(option), fraction="100" if option == question.right else "0", format="html")
                add(answer, "feedback", as_html(question.options[option]), format="html")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def escaped(text):
    """HTML for GIFT, which gives these characters a meaning of its own."""
    return re.sub(r"([\\~=#{}:])", r"\\\1", as_html(text))


def gift(some):
    """GIFT of {category: questions}."""
    lines = []
    for category, questions in some.items():
        lines.append(f"$CATEGORY: $course$/top/Recurrent neural networks/{category}\n")
        for question in questions:
            lines.append(f"::{escaped(title(question))}::[html]{escaped(question.text)}{{")
            lines += [f"\t{'=' if option == question.right else '~'}{escaped(option)}#{escaped(question.options[option])}"
                      for option in question.shuffled()]
            lines.append("}\n")
    return "\n".join(lines)


def main(arguments):
    parser = argparse.ArgumentParser(description="The questions of the course as Moodle XML and as GIFT.")
    parser.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER")
    folder, some = parser.parse_args(arguments).to, categories()
    for name, text in {"questions.xml": moodle(some), "questions.gift": gift(some)}.items():
        write_whole(folder / name, text.encode())
        print(f"{folder / name}: " + ", ".join(f"{category}: {len(questions)}" for category, questions in some.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
