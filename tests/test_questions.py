"""`make questions`: what a learning platform would read is what the quiz and the checks say."""

import base64
import html
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import questions

from rnnlib.course import exercises
from rnnlib.course.exercises.questions import QUESTIONS, Question
from rnnlib.course.exercises.texts import TEXT

MADE = questions.categories()
FAULTS = MADE["Find the fault"]
PLAIN = questions.without_pictures(MADE)


@pytest.fixture(scope="module")
def pictures():
    return questions.panels()


def parsed_gift(text):
    """{category: [(title, text, {option: (right, feedback)})]}, by GIFT's own rules: a backslash takes the meaning off a sign."""
    found, category = {}, None
    for block in re.split(r"\n\s*\n", text.strip()):
        if block.startswith("$CATEGORY:"):
            category = block.removeprefix("$CATEGORY:").strip()
            continue
        title, rest = re.match(r"::((?:\\.|[^:\\])*)::\[html\](.*)", block, re.S).groups()
        asked, answers = re.fullmatch(r"((?:\\.|[^\\{}])*)\{((?:\\.|[^\\{}])*)\}", rest, re.S).groups()
        options = {}
        for sign, option, feedback in re.findall(r"([=~])((?:\\.|[^\\=~#])*)#((?:\\.|[^\\=~#])*)", answers):
            options[plain(option)] = (sign == "=", plain(feedback))
        found.setdefault(category, []).append((plain(title), plain(asked), options))
    return found


def stripped(code):
    return [line.strip() for line in code.split("\n")]


def parsed_moodle(text):
    found, category = {}, None
    for item in ET.fromstring(text):
        if item.get("type") == "category":
            category = item.findtext("category/text")
            continue
        assert item.get("type") == "multichoice" and item.findtext("single") == "true"
        options = {answer_text(answer): (answer.get("fraction") == "100", answer_text(answer.find("feedback")))
                   for answer in item.iter("answer")}
        assert {answer.get("fraction") for answer in item.iter("answer")} == {"0", "100"}
        found.setdefault(category, []).append((item.findtext("name/text"), answer_text(item.find("questiontext")), options))
    return found


def answer_text(element):
    return unmarked(element.findtext("text"))


def plain(text):
    return unmarked(re.sub(r"\\(.)", r"\1", text)).strip()


def unmarked(text):
    """The words of some HTML, white space as one space."""
    return " ".join(html.unescape(re.sub("<[^<>]+>", " ", text)).split())


def expected(made):
    def words(text):
        return " ".join(re.sub("```|`([^`]+)`", r" \1 ", text).split())

    return {f"$course$/top/Recurrent neural networks/{category}":
            [(words(questions.title(q)), words(q.text),
              {words(option): (option == q.right, words(why)) for option, why in q.options.items()}) for q in some]
            for category, some in made.items()}


@pytest.mark.parametrize("kind", ["moodle", "gift"])
def test_what_is_read_back_is_what_was_asked(kind, pictures):
    made = MADE if kind == "moodle" else PLAIN
    found = parsed_moodle(questions.moodle(made, pictures)) if kind == "moodle" else parsed_gift(questions.gift(made))

    def tight(tree):        # an inline mark may or may not leave a space
        return {category: [(re.sub(" ", "", title), re.sub(" ", "", text), {
            re.sub(" ", "", option): (right, re.sub(" ", "", why)) for option, (right, why) in options.items()})
            for title, text, options in some] for category, some in tree.items()}

    assert tight(found) == tight(expected(made))


def test_no_question_about_a_picture_is_without_it(pictures):
    """By the words of the questions: whoever asks about a panel, a curve or a figure shows it, and GIFT has none of them."""
    about = re.compile(r"\b(panel|picture|figure|curve|diagram|plot)s?\b", re.IGNORECASE)
    shown = {}
    for item in ET.fromstring(questions.moodle(MADE, pictures)).iterfind("question[@type='multichoice']"):
        asked = item.find("questiontext")
        files = {file.get("name"): base64.b64decode(file.text, validate=True)
                 for file in asked.iterfind("file[@encoding='base64']")}
        assert re.findall(r'src="@@PLUGINFILE@@/([^"]+)" alt="[^"]+"', asked.findtext("text")) == list(files)
        assert bool(about.search(" ".join(item.itertext()))) == bool(files), item.findtext("name/text")
        shown |= {re.search(r"Panel ([A-Z]):", asked.findtext("text"))[1]: png for png in files.values()}
    assert list(shown) == ["A", "B", "C"] and len(set(shown.values())) == 3
    assert all(png.startswith(b"\x89PNG\r\n\x1a\n") for png in shown.values())
    assert not about.search(questions.gift(PLAIN))
    assert sum(map(len, MADE.values())) - sum(map(len, PLAIN.values())) == len(shown)


def test_a_picture_is_of_its_panel_alone(pictures):
    from io import BytesIO

    import matplotlib.image
    for png, _ in pictures.values():
        pixels = matplotlib.image.imread(BytesIO(png))[..., :3]
        edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        assert (edge == pixels[0, 0]).all()         # nothing is cut, and nothing of a neighbour is there
        assert min(pixels.shape[:2]) > 400


def test_signs_with_a_meaning_survive():
    odd = Question("01", "Is {x} = ~y # <b> & \\n: `a -> b`?", {"=yes: {1}": "because # & <i>", "~no": "x = y", "a\\b": "`c`"})
    for found in (parsed_moodle(questions.moodle({"odd": [odd]}, {})), parsed_gift(questions.gift({"odd": [odd]}))):
        [(_, text, options)] = next(iter(found.values()))
        assert text.replace(" ", "") == "Is {x} = ~y # <b> & \\n: a -> b?".replace(" ", "")
        assert options == {"=yes: {1}": (True, "because # & <i>"), "~no": (False, "x = y"), "a\\b": (False, "c")}


def test_the_quiz_and_one_for_each_lesson():
    assert MADE["The final quiz"] is QUESTIONS
    lessons = [question.lesson for question in FAULTS]
    assert lessons == sorted(set(lessons)) and len(lessons) == len(questions.PLANTED) >= 11


@pytest.mark.parametrize("question", FAULTS, ids=lambda question: question.lesson)
def test_the_fault_is_the_one_that_the_check_names(question):
    name = re.search(r"solution of (\w+) has", question.text)[1]
    space = {"np": np, "sigmoid": lambda z: 1 / (1 + np.exp(-z))}
    exec(re.search(r"```\n(.*)\n```", question.text, re.S)[1], space)
    message = exercises.check(name, space[name]).message
    assert question.right in message
    assert not any(option in message for option in question.options if option != question.right)


@pytest.mark.parametrize("question", FAULTS, ids=lambda question: question.lesson)
def test_every_answer_says_what_it_would_change(question):
    """Putting the line that the feedback names in the place of the one that stands there makes what the answer says."""
    name, code = re.search(r"solution of (\w+) has one fault. Which\?\n.+\n```\n(.*)\n```", question.text, re.S).groups()
    solution, changes = TEXT[name]
    assert len(question.options) == questions.OPTIONS == len(set(question.options.values()))
    for option, why in question.options.items():
        verb, lead = ("should", "") if option == question.right else ("would", "Then ")
        there = re.fullmatch(lead + f"`([^`]+)` {verb} read `([^`]+)`" + r"\.", why)
        assert there[1] in stripped(code) and there[1] != there[2]
        if option == question.right:
            assert code.replace(there[1], there[2]).strip() == solution.strip()
        else:
            mistaken = [solution.replace(old, new) for old, new, *others, sentence in changes.values()
                        if sentence == option and not others]
            assert any(there[2] in stripped(made) for made in mistaken) and there[2] not in stripped(code)


def test_both_files_are_written(tmp_path, capsys):
    assert questions.main(["--to", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"questions.xml", "questions.gift"}
    said = capsys.readouterr().out
    assert said.count(f"Find the fault: {len(FAULTS)}") == 2 and "questions about one, of lessons 04, 11, 12, are in" in said
