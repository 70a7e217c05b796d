"""What learners typed is never lost, and what they have not touched is kept up to date."""
import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learner_copy import MANIFEST, copy_course, refresh


def notebook(*sources, outputs=(), count=None, metadata=None):
    cells = [{"cell_type": "code", "id": f"c{n}", "source": source.splitlines(keepends=True), "outputs": list(outputs),
              "execution_count": count, "metadata": metadata or {}} for n, source in enumerate(sources)]
    return json.dumps({"cells": cells, "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5}).encode()


GIVEN = notebook("x = 1\ny = 2", "print(x)")
EXECUTED = notebook("x = 1\ny = 2", "print(x)", "", outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}],
                    count=7, metadata={"trusted": True})  # with the empty cell that running the last one adds
TYPED = notebook("x = 1\ny = 2", "print(x + 1)")
REVISED = notebook("x = 1\ny = 2", "print(x)", "print('new in the course')")
LESSON = "01_rnn_cell.ipynb"


@pytest.fixture
def course(tmp_path):
    """A course of one lesson that has been copied once."""
    root = tmp_path / "Kürs mit Leerzeichen"
    (root / "notebooks").mkdir(parents=True)
    (root / "notebooks" / LESSON).write_bytes(GIVEN)
    assert copy(root) == [f"new: {LESSON}"]
    return root


def copy(root):
    return list(refresh(root / "notebooks", root / "my_notebooks"))


def revise(root, content=REVISED):
    (root / "notebooks" / LESSON).write_bytes(content)


def learner(root):
    return root / "my_notebooks" / LESSON


def test_a_second_copy_finds_nothing_to_do(course):
    assert copy(course) == []
    assert learner(course).read_bytes() == GIVEN


def test_a_notebook_only_run_is_updated_with_the_course(course):
    learner(course).write_bytes(EXECUTED)
    revise(course)
    assert copy(course) == [f"updated: {LESSON}"]
    assert learner(course).read_bytes() == REVISED


def test_outputs_stay_while_the_course_is_the_same(course):
    learner(course).write_bytes(EXECUTED)
    assert copy(course) == []
    assert learner(course).read_bytes() == EXECUTED


def test_new_outputs_of_the_course_reach_an_untouched_copy(course):
    revise(course, EXECUTED)
    assert copy(course) == [f"updated: {LESSON}"]
    assert learner(course).read_bytes() == EXECUTED


def test_typed_code_is_kept_and_said(course):
    learner(course).write_bytes(TYPED)
    assert copy(course) == [f"kept, yours: {LESSON}"]
    assert learner(course).read_bytes() == TYPED


def test_typed_code_is_kept_when_the_course_changes_too(course):
    learner(course).write_bytes(TYPED)
    revise(course)
    for _ in range(2):  # it goes on saying so
        (line,) = copy(course)
        assert line.startswith(f"kept, yours: {LESSON} (") and f"notebooks/{LESSON}" in line and "rename" in line
    assert learner(course).read_bytes() == TYPED
    assert sorted(path.name for path in (course / "my_notebooks").iterdir()) == [MANIFEST, LESSON]


def test_renaming_ones_own_brings_the_new_one(course):
    learner(course).write_bytes(TYPED)
    revise(course)
    learner(course).rename(course / "my_notebooks" / "mine.ipynb")
    assert copy(course) == [f"given back: {LESSON}"]
    assert learner(course).read_bytes() == REVISED
    assert (course / "my_notebooks" / "mine.ipynb").read_bytes() == TYPED


def test_a_change_the_course_makes_too_is_no_longer_ones_own(course):
    learner(course).write_bytes(TYPED)
    revise(course, TYPED)
    copy(course)
    revise(course)
    assert copy(course) == [f"updated: {LESSON}"]


def test_a_deleted_lesson_is_given_back(course):
    learner(course).unlink()
    assert copy(course) == [f"given back: {LESSON}"]
    assert learner(course).read_bytes() == GIVEN


BROKEN = [b"", b"[]", b'{"a": 1}', b'{"01_rnn_cell.ipynb": {"bytes": ""}}', b"\xff\xfe", None]


@pytest.mark.parametrize("broken", BROKEN)
def test_without_a_readable_manifest_whatever_differs_is_theirs(course, broken):
    manifest = course / "my_notebooks" / MANIFEST
    manifest.unlink() if broken is None else manifest.write_bytes(broken)
    learner(course).write_bytes(TYPED)
    (line,) = copy(course)
    assert line.startswith("kept, yours")
    assert learner(course).read_bytes() == TYPED


def test_without_a_manifest_an_equal_file_is_followed_again(course):
    (course / "my_notebooks" / MANIFEST).unlink()
    learner(course).write_bytes(EXECUTED)
    assert copy(course) == []
    revise(course)
    assert copy(course) == [f"updated: {LESSON}"]


@pytest.mark.parametrize("content", [b"", b"not json", b"[]", b'{"cells": 3}', b'{"cells": [{"source": 1}]}'])
def test_what_is_no_notebook_is_theirs(course, content):
    learner(course).write_bytes(content)
    revise(course)
    (line,) = copy(course)
    assert line.startswith("kept, yours")
    assert learner(course).read_bytes() == content


def test_other_files_come_along_and_hidden_ones_do_not(course):
    data = course / "notebooks" / "data"
    data.mkdir()
    (data / "größe.csv").write_bytes(b"1,2\n")
    checkpoints = course / "notebooks" / ".ipynb_checkpoints"
    checkpoints.mkdir()
    (checkpoints / "01-checkpoint.ipynb").write_bytes(GIVEN)
    (course / "my_notebooks" / "notes.txt").write_bytes(b"mine")
    assert copy(course) == ["new: data/größe.csv"]
    assert copy(course) == []
    (data / "größe.csv").write_bytes(b"3,4\n")
    assert copy(course) == ["updated: data/größe.csv"]
    assert (course / "my_notebooks" / "notes.txt").read_bytes() == b"mine"
    assert not (course / "my_notebooks" / ".ipynb_checkpoints").exists()


def test_a_read_only_original_makes_a_copy_that_can_be_saved(course):
    original = course / "notebooks" / "02_unrolling.ipynb"
    original.write_bytes(GIVEN)
    original.chmod(0o444)
    copy(course)
    assert (course / "my_notebooks" / "02_unrolling.ipynb").stat().st_mode & 0o644 == 0o644  # and others may read it


@pytest.mark.skipif(os.name == "nt", reason="Windows refuses to replace a read-only file; the sentence is tested below")
def test_a_read_only_copy_is_still_kept_up_to_date(course):
    learner(course).chmod(0o444)
    revise(course)
    assert copy(course) == [f"updated: {LESSON}"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError])
def test_an_interrupted_copy_leaves_the_old_file_whole(course, monkeypatch, interruption):
    def interrupted(*_):
        raise interruption

    revise(course)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupted)
        with pytest.raises(interruption):
            copy(course)
    assert learner(course).read_bytes() == GIVEN
    assert sorted(path.name for path in (course / "my_notebooks").iterdir()) == [MANIFEST, LESSON]
    assert copy(course) == [f"updated: {LESSON}"]


def test_a_crash_before_the_manifest_is_written_costs_nothing(course):
    before = (course / "my_notebooks" / MANIFEST).read_bytes()
    revise(course)
    copy(course)
    (course / "my_notebooks" / MANIFEST).write_bytes(before)
    copy(course)
    assert learner(course).read_bytes() == REVISED
    assert copy(course) == []


def test_a_folder_that_cannot_be_written_is_a_sentence(course, capsys):
    for path in (course / "my_notebooks").iterdir():
        path.unlink()
    (course / "my_notebooks").rmdir()
    (course / "my_notebooks").write_text("a file where the folder should be")
    assert copy_course(course) is False
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "my_notebooks" in error and "may write" in error


def test_what_was_done_is_printed(course, capsys):
    learner(course).write_bytes(TYPED)
    assert copy_course(course) is True
    assert capsys.readouterr().out == f"my_notebooks: kept, yours: {LESSON}\n"


STEPS = st.sampled_from(["type", "run", "course", "delete", "forget", "copy"])


@given(st.lists(STEPS, max_size=12))
@settings(max_examples=60, deadline=None)
def test_nothing_typed_is_ever_lost(tmp_path_factory, steps):
    root = tmp_path_factory.mktemp("course")
    (root / "notebooks").mkdir()
    revise(root, GIVEN)
    copy(root)
    typed = []
    for number, step in enumerate(steps):
        mine = learner(root)
        if step == "type" and mine.exists():
            typed.append(f"typed in step {number}")
            mine.write_bytes(notebook(*typed))
        elif step == "run" and mine.exists():
            content = json.loads(mine.read_bytes())
            content["cells"][0]["execution_count"] = number
            mine.write_bytes(json.dumps(content).encode())
        elif step == "course":
            revise(root, notebook(f"course in step {number}"))
        elif step == "delete" and mine.exists():
            mine.unlink()
            typed = []
        elif step == "forget":
            (root / "my_notebooks" / MANIFEST).unlink(missing_ok=True)
        elif step == "copy":
            copy(root)
            assert mine.exists()
        if typed:
            assert all(text in mine.read_text() for text in typed)
