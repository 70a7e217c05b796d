"""A JupyterHub on one machine: the nbgitpuller link, edits that survive a changed course, a kernel that is culled."""

import json
import time

import pytest
from students import ANOTHER, Hub, Student, source

LESSON = "00_start_here.ipynb"


@pytest.fixture(scope="module")
def ada(browser, hub):
    student = Student(browser, hub, "ada")
    yield student
    student.leave()


@pytest.fixture(scope="module")
def ben(browser, hub, ada):
    student = Student(browser, hub, "ben")
    yield student
    student.leave()


def figure_of(student):
    return next(figure for figure in student.figures() if figure.locator(".noUi-handle").count() == 2)


def test_from_the_link_to_a_lesson_that_runs(ada, ben, hub, record_property):
    for student in (ada, ben):
        record_property(f"{student.student}: from the link to the open lesson (s)", round(student.opened, 1))
        student.run_all()
        assert student.errors() == [] and hub.home(student.student).is_dir()
    assert hub.home("ada") != hub.home("ben")


def test_a_slider_moves(ada):
    figure = figure_of(ada)
    figure.scroll_into_view_if_needed()
    before = source(figure)
    figure.locator(".noUi-handle").first.focus()
    ada.page.keyboard.press("ArrowRight")
    ada.page.wait_for_function(ANOTHER, arg=[figure.element_handle(), before], timeout=20_000)


def test_nothing_is_lost_when_the_course_changes(ada, ben, hub):
    cells = ada.cells()
    code = [n for n, cell in enumerate(json.loads((hub.course / "notebooks" / LESSON).read_text())["cells"])
            if cell["cell_type"] == "code"]
    mine, theirs = code[1], code[2]
    ada.write(mine, "# ada was here\n" + cells[mine]["source"])
    ada.save()

    def upstream(n, line):
        path = hub.course / "notebooks" / LESSON
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"][n]["source"].insert(0, line)
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        hub.publish(line.strip())

    def sources(name):
        files = sorted(path for path in hub.home(name).joinpath("notebooks").glob("00*.ipynb"))
        return {path.name: ["".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
                for path in files}

    for n, line in ((theirs, "# another cell changed upstream\n"), (mine, "# the same cell changed upstream\n")):
        upstream(n, line)
        ada.follow()
        kept = sources("ada")
        assert any(cell.startswith("# ada was here") for cells in kept.values() for cell in cells), "her lines"
        assert ada.cells()[mine]["source"].startswith("# ada was here"), "and they are what she sees"
    ben.follow()
    news = [cell for cells in sources("ben").values() for cell in cells if cell.startswith("# the same cell changed")]
    assert news, "who has edited nothing gets what is new"


def test_a_culled_kernel_leaves_a_sentence(browser, tmp_path):
    hub = Hub(tmp_path, cull=25)
    try:
        student = Student(browser, hub, "cleo")
        student.run_all()
        figure = figure_of(student)
        figure.scroll_into_view_if_needed()
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and not student.page.locator(".rnn-dead").count():
            student.page.wait_for_timeout(500)
        words = student.page.locator(".rnn-dead").first.inner_text()
        assert "run this cell" in words.lower(), words
        student.leave()
    finally:
        hub.end()
