"""usage: python tools/questions.py [--to FOLDER]

Writes questions for a learning platform as Moodle XML (questions.xml) and as GIFT (questions.gift): those of the final quiz,
and for each lesson with an exercise one more, a solution with a fault to be found. Sources are the quiz in the notebook and the
mistakes that the checks know, so every answer, right or wrong, comes with its explanation. GIFT holds no pictures: the
questions about one are in the XML alone.
"""
import argparse
import base64
import html
import io
import re
import sys
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path

from assignments import tasks_of
from learner_copy import write_whole

from rnnlib.course import explorers, figures
from rnnlib.course.exercises.questions import QUESTIONS, Question
from rnnlib.course.exercises.texts import TEXT

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "questions"
FAULT = "This solution of {name} has one fault. Which?\n{task}\n```\n{code}\n```"
OPTIONS = 4
PANEL = re.compile(r"Panel ([A-Z])\b")

# {exercise: (its mistake to be found, what its task asks for)}
PLANTED = {
    "gradient_product": ("sign lost",
        "It returns the product of all factors between h_T and h_1, T - 1 of them, for any factor."),
    "rnn_step": ("W_h transposed",
        "It returns h_t = tanh(W_x x_t + W_h h_{t-1} + b) for a batch: x_t is (B, D), h_prev (B, H), W_x (H, D), "
        "W_h (H, H), b (H,)."),
    "rnn_forward": ("starts from zero",
        "It returns all states of a vanilla RNN: x is (T, B, D), h_0 (B, H), the result (T+1, B, H) with h[0] = "
        "h_0."),
    "gradient_w_h": ("w_h forgotten on the way back",
        "It returns dL/dw_h for h_1 = tanh(w_x x_1 + w_h h_0), h_2 = tanh(w_x x_2 + w_h h_1) and L = (h_2 - "
        "target)^2 / 2."),
    "rnn_jacobian": ("mean slope",
        "It returns the matrix dh_t / dh_{t-1} of a vanilla RNN, (H, H), from h_t (H,) and W_h (H, H)."),
    "lstm_step": ("no tanh around c",
        "It returns h_t and c_t of an LSTM for a batch: x_t is (B, D), h_prev and c_prev are (B, H); the rows of "
        "W_x, W_h and b stand in the order i, f, g, o."),
    "topic_model": ("too few words",
        "It returns a model that reads notes, whole numbers (T, B) below topics.V, and gives each note as a whole "
        "a score for each of topics.K topics. All weights are drawn from rng; the sizes 12 and 24 are free."),
    "delays": ("one too few",
        "For each change of the true labels (T,) it returns after how many samples announced (T,) is right and "
        "stays right up to the next change, or the end: 0 means right from the first sample on."),
    "teacher_forcing_shift": ("start added, nothing dropped",
        "It returns what a decoder reads at each of T steps, (T, B), while it is trained to write target (T, B)."),
    "temperature_probabilities": ("largest of the column",
        "It returns the softmax of logits (B, K) at a temperature, a distribution in each row, and is to survive "
        "a temperature of 0.001."),
    "bidirectional_forward": ("output not turned back",
        "x is (T, B, D); forward_rnn and backward_rnn return the states (T, B, H) of what they read from its "
        "first row to its last. It returns (T, B, 2H): for each position both directions' state there."),
    "attend": ("mean over the places",
        "It returns c (B, E) and the weights a (S, B) of attention with plain products as scores: q is (B, H), "
        "keys (S, B, H), values (S, B, E). Where mask (S, B) is False, there is only padding."),
    "combine": ("order",
        "Step 1 takes h to a1 h + b1, then step 2 takes that to a2 (...) + b2. It returns a and b of the single "
        "step that does both, number by number."),
}


def fault_to_find(lesson, name):
    """A question about an exercise with one of its known mistakes made, and three others as wrong answers.

    Which others is chosen by checksum, so that it stays; of those that add or take away no line, for what they would have
    changed is told line by line. Mistakes that stand for each other (the same sentence) count once.
    """
    key, task = PLANTED[name]
    solution, changes = TEXT[name]
    solved, right = solution.split("\n"), changes[key][-1]
    made = {}       # sentence -> the lines of the solution with that mistake
    for old, new, *others, sentence in changes.values():
        lines = solution.replace(old, new).split("\n")
        if not others and lines != solved and len(lines) == len(solved):
            made.setdefault(sentence, lines)
    shown = made.pop(right)

    def told(verb, wanted, changed):
        """What stands in the lines that are changed, and what is wanted there."""
        return ", ".join(f"`{now.strip()}` {verb} read `{then.strip()}`"
                         for now, then, a, b in zip(shown, wanted, changed, solved) if a != b) + "."

    options = {right: told("should", solved, shown)}
    for sentence in sorted(made, key=lambda sentence: zlib.adler32((name + sentence).encode()))[:OPTIONS - 1]:
        options[sentence] = "Then " + told("would", made[sentence], made[sentence])
    return Question(lesson, FAULT.format(name=name, task=task, code="\n".join(shown).rstrip()), options)


def faults_to_find(lessons=ROOT / "notebooks"):
    """One for each lesson with an exercise in PLANTED."""
    for path in sorted(lessons.glob("[0-9]*.ipynb")):
        yield from (fault_to_find(path.stem[:2], task.name) for task in tasks_of(path) if task.name in PLANTED)


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


def panels():
    """{"A": (a panel of the quiz's picture as PNG, its sentence)}, as lesson 12 draws it. A small network is trained: seconds."""
    picture = explorers.three_pictures()
    figure, found = picture.figure, {}
    figure.canvas.draw()
    for ax in figure.axes:
        name, file = ax.get_title("left"), io.BytesIO()
        for other in figure.axes:
            other.set_visible(other is ax)      # they are near
        around = ax.get_tightbbox().padded(8).transformed(figure.dpi_scale_trans.inverted())
        with figures.style():
            figure.savefig(file, format="png", dpi=200, bbox_inches=around)
        found[name] = file.getvalue(), re.search(rf"\b{name}: .+?(?=\. [A-Z]: |\.$)", picture.sentence)[0]
    return found


def moodle(some, pictures):
    """Moodle XML of {category: questions} with {panel: (PNG, sentence)}."""
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
            asked, panel = as_html(question.text), PANEL.search(question.text)
            if panel:
                png, sentence = pictures[panel[1]]
                file = f"panel_{panel[1].lower()}.png"
                asked += f'<br><img src="@@PLUGINFILE@@/{file}" alt="{html.escape(sentence)}">'
            text = add(item, "questiontext", asked, format="html")
            if panel:
                ET.SubElement(text, "file", name=file, path="/", encoding="base64").text = base64.b64encode(png).decode()
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


def without_pictures(some):
    """{category: questions} without those that ask about a panel."""
    return {category: [question for question in questions if not PANEL.search(question.text)]
            for category, questions in some.items()}


def gift(some):
    """GIFT of {category: questions}, none of which needs a picture."""
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
    plain = without_pictures(some)
    for name, held, text in (("questions.xml", some, moodle(some, panels())), ("questions.gift", plain, gift(plain))):
        write_whole(folder / name, text.encode())
        print(f"{folder / name}: " + ", ".join(f"{category}: {len(questions)}" for category, questions in held.items()))
    left = [question.lesson for category in some for question in some[category] if question not in plain[category]]
    print(f"GIFT holds no pictures: the questions about one, of lessons {', '.join(left)}, are in questions.xml alone.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
