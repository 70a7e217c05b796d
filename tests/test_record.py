"""The learner's record: only where asked for, never lost, never in the way."""

import json

import pytest

from rnnlib.course import exercises, live, record
from rnnlib.course.exercises import _EXERCISES


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def right(*arguments):
    return _EXERCISES["rnn_step"].reference(*arguments)


def test_nothing_is_written_unasked(here):
    exercises.check("rnn_step", right)
    guess = live.Prediction("?", low=1, high=9)
    guess.commit()
    assert list(here.iterdir()) == []
    assert record.summary(exercises.names()).startswith("No record is kept.")


def test_exercises_and_predictions_are_kept(here):
    assert "From now on" in record.start()
    exercises.check("rnn_step", lambda *a: a[1])
    exercises.check("rnn_step", right)
    day = json.loads((here / "progress.json").read_text())["exercises"]["rnn_step"]["solved"]
    exercises.check("rnn_step", lambda *a: a[1])                # later attempts take nothing away
    guess = live.Prediction("How many?", low=1, high=9, start=4)
    guess.reveal(7, why="")
    guess.commit()
    data = json.loads((here / "progress.json").read_text())
    assert data["exercises"]["rnn_step"] == {"attempts": 3, "solved": day}
    assert data["predictions"] == {"How many?": {"answer": 4, "truth": 7}}
    said = record.summary(["rnn_step", "bptt"])
    assert "1 of 2" in said and "Still open: bptt." in said and "How many? You said 4; it is 7." in said
    assert [path.name for path in here.iterdir()] == ["progress.json"]


def test_a_second_start_keeps_what_is_there(here):
    record.start()
    exercises.check("rnn_step", right)
    before = (here / "progress.json").read_bytes()
    assert "already" in record.start()
    assert (here / "progress.json").read_bytes() == before


def test_what_a_newer_version_wrote_is_kept(here):
    (here / "progress.json").write_text('{"exercises": {}, "predictions": {}, "quiz": {"score": 9}}')
    exercises.check("rnn_step", right)
    assert json.loads((here / "progress.json").read_text())["quiz"] == {"score": 9}


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"exercises": 3, "predictions": {}}', "\x00\x01", "null",
                                    '{"exercises": {"rnn_step": 5}, "predictions": {}}'])
def test_a_corrupt_record_is_set_aside_and_told(here, capsys, broken):
    for n in (1, 2):
        (here / "progress.json").write_text(broken)
        assert exercises.check("rnn_step", right).ok
        assert f"set aside as progress.unreadable-{n}.json" in capsys.readouterr().out
        assert (here / f"progress.unreadable-{n}.json").read_text() == broken
        assert json.loads((here / "progress.json").read_text())["exercises"]["rnn_step"]["attempts"] == 1


def test_a_full_disk_stops_no_lesson(here, capsys, monkeypatch):
    record.start()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(record.os, "replace", full)
    assert exercises.check("rnn_step", right).ok
    assert "could not be written: No space left" in capsys.readouterr().out
    assert [path.name for path in here.iterdir()] == ["progress.json"]
