"""The learner's record: only where asked for, never lost, never in the way."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from rnnlib.course import exercises, live, record
from rnnlib.course.exercises import _EXERCISES

TODAY = time.strftime("%Y-%m-%d")


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
    assert list(here.iterdir()) == [] and record.read() is None
    assert record.summary(exercises.names()).startswith("No record is kept.")


def test_exercises_and_predictions_are_kept(here):
    assert "From now on" in record.start()
    exercises.check("rnn_step", lambda *a: a[1])
    exercises.check("rnn_step", right)
    exercises.check("rnn_step", lambda *a: a[1])                # later attempts take nothing away
    guess = live.Prediction("How many?", low=1, high=9, start=4)
    guess.reveal(7, why="")
    guess.commit()
    assert record.read() == ({"rnn_step": {"attempts": 3, "solved": TODAY}}, {"How many?": {"answer": 4, "truth": 7}}, 0)
    said = record.summary(["rnn_step", "bptt"])
    assert "1 of 2" in said and "Still open: bptt." in said and "How many? You said 4; it is 7." in said
    assert "could not be read" not in said
    assert [path.name for path in here.iterdir()] == ["progress.jsonl"]


def test_the_first_day_counts_and_the_last_answer(monkeypatch):
    record.start()
    for day in ("2025-01-02", "2025-01-03"):
        monkeypatch.setattr(record.time, "strftime", lambda form, day=day: day)
        record.note_exercise("bptt", ok=True)
        record.note_prediction("?", np.float64(day[-1]))
    assert record.read() == ({"bptt": {"attempts": 2, "solved": "2025-01-02"}}, {"?": {"answer": 3.0}}, 0)


def test_a_second_start_keeps_what_is_there(here):
    record.start()
    exercises.check("rnn_step", right)
    before = (here / "progress.jsonl").read_bytes()
    assert "already" in record.start()
    assert (here / "progress.jsonl").read_bytes() == before


def test_lessons_open_at_the_same_time_lose_nothing(here):
    record.start()
    note = ("import sys; from rnnlib.course import record\n"
            "for n in range(100): record.note_prediction(f'{sys.argv[1]} {n} ' + 200 * '?', n)")
    for process in [subprocess.Popen([sys.executable, "-c", note, name]) for name in "abc"]:
        assert process.wait(120) == 0
    _, predictions, unreadable = record.read()
    assert unreadable == 0
    assert predictions == {f"{name} {n} " + 200 * "?": {"answer": n} for name in "abc" for n in range(100)}


def test_a_record_of_the_old_kind_is_read_and_goes_on(here):
    """It was one JSON object, and kept what it did not know."""
    old = {"exercises": {"rnn_step": {"attempts": 2}, "bptt": {"attempts": 1, "solved": "2024-05-06"}},
           "predictions": {"How many?": {"answer": 4, "truth": 7}}, "quiz": {"score": 9}}
    (here / "progress.json").write_text(json.dumps(old, indent=1))
    before = (here / "progress.json").read_bytes()
    exercises.check("rnn_step", right)
    exercises.check("bptt", right)
    record.note_prediction("And now?", "yes")
    assert (here / "progress.json").read_bytes() == before
    assert record.read() == ({"rnn_step": {"attempts": 3, "solved": TODAY}, "bptt": {"attempts": 2, "solved": "2024-05-06"}},
                             {"How many?": {"answer": 4, "truth": 7}, "And now?": {"answer": "yes"}}, 0)


def test_what_a_newer_version_wrote_is_kept(here):
    (here / "progress.jsonl").write_text('\n{"quiz": 9}')
    exercises.check("rnn_step", right)
    assert (here / "progress.jsonl").read_text().startswith('\n{"quiz": 9}\n{"exercise": "rnn_step"')
    assert record.read()[::2] == ({"rnn_step": {"attempts": 1, "solved": TODAY}}, 0)


@pytest.mark.parametrize("broken", ["{", "\x00\x01", "null", "3", "\xff", '{"exercise": 5', '{"exercise": "bptt"}',
                                    '{"exercise": ["bptt"], "ok": true, "day": ""}'])
def test_a_broken_line_costs_that_line_and_is_told(here, broken):
    (here / "progress.jsonl").write_bytes(b"\n" + broken.encode("latin-1"))
    exercises.check("rnn_step", right)                      # as after a line cut short
    tried, _, unreadable = record.read()
    assert tried["rnn_step"] == {"attempts": 1, "solved": TODAY} and unreadable == 1
    assert "Lines that could not be read: 1." in record.summary(["rnn_step"])


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"exercises": 3, "predictions": {}}', "\x00\x01", "null",
                                    '{"exercises": {"rnn_step": 5}, "predictions": {}}'])
def test_a_broken_record_of_the_old_kind_stays_and_is_told(here, broken):
    (here / "progress.json").write_text(broken)
    assert exercises.check("rnn_step", right).ok
    assert (here / "progress.json").read_text() == broken
    assert "Exercises solved: 1 of 1." in record.summary(["rnn_step"])
    assert "Lines that could not be read: 1." in record.summary(["rnn_step"])


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device to write to")
def test_a_full_disk_stops_no_lesson(here, capsys):
    (here / "progress.jsonl").symlink_to("/dev/full")
    assert exercises.check("rnn_step", right).ok
    assert "could not be written: No space left" in capsys.readouterr().out


def test_a_deleted_record_stops(here):
    record.start()
    (here / "progress.jsonl").unlink()
    exercises.check("rnn_step", right)
    assert list(here.iterdir()) == []
