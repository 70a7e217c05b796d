"""`make questions`: what a learning platform would read is what the quiz and the checks say."""

import html
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import questions

from rnnlib.course import exercises
from rnnlib.course.exercises.questions import QUESTIONS, Question

MADE = questions.categories()
FAULTS = MADE["Find the fault"]


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


def expected():
    def words(text):
        return " ".join(re.sub("```|`([^`]+)`", r" \1 ", text).split())

    return {f"$course$/top/Recurrent neural networks/{category}":
            [(words(questions.title(q)), words(q.text),
              {words(option): (option == q.right, words(why)) for option, why in q.options.items()}) for q in some]
            for category, some in MADE.items()}


@pytest.mark.parametrize("write, read", [(questions.moodle, parsed_moodle), (questions.gift, parsed_gift)])
def test_what_is_read_back_is_what_was_asked(write, read):
    found = read(write(MADE))

    def tight(tree):        # an inline mark may or may not leave a space
        return {category: [(re.sub(" ", "", title), re.sub(" ", "", text), {
            re.sub(" ", "", option): (right, re.sub(" ", "", why)) for option, (right, why) in options.items()})
            for title, text, options in some] for category, some in tree.items()}

    assert tight(found) == tight(expected())


def test_signs_with_a_meaning_survive():
    odd = Question("01", "Is {x} = ~y # <b> & \\n: `a -> b`?", {"=yes: {1}": "because # & <i>", "~no": "x = y", "a\\b": "`c`"})
    for write, read in ((questions.moodle, parsed_moodle), (questions.gift, parsed_gift)):
        [(_, text, options)] = next(iter(read(write({"odd": [odd]})).values()))
        assert text.replace(" ", "") == "Is {x} = ~y # <b> & \\n: a -> b?".replace(" ", "")
        assert options == {"=yes: {1}": (True, "because # & <i>"), "~no": (False, "x = y"), "a\\b": (False, "c")}


def test_the_quiz_and_one_for_each_lesson():
    assert MADE["The final quiz"] is QUESTIONS
    lessons = [question.lesson for question in FAULTS]
    assert lessons == sorted(set(lessons)) and len(lessons) >= 11


@pytest.mark.parametrize("question", FAULTS, ids=lambda question: question.lesson)
def test_the_fault_is_the_one_that_the_check_names(question):
    name = re.search(r"solution of (\w+) has", question.text)[1]
    space = {"np": np, "sigmoid": lambda z: 1 / (1 + np.exp(-z))}
    exec(re.search(r"```\n(.*)\n```", question.text, re.S)[1], space)
    message = exercises.check(name, space[name]).message
    assert question.right in message
    assert not any(option in message for option in question.options if option != question.right)


def test_both_files_are_written(tmp_path, capsys):
    assert questions.main(["--to", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"questions.xml", "questions.gift"}
    assert f"Find the fault: {len(FAULTS)}" in capsys.readouterr().out
