"""The flight recorder: lines that survive what the database does not."""

import os
import stat
from datetime import UTC, datetime, timedelta

import pytest

from tasks.engine import recorder
from tasks.engine.process import host_folder
from tasks.engine.recorder import Entry

TODAY = datetime.now(UTC).date()


def folder(settings):
    return host_folder()


def only_file(settings):
    (file,) = folder(settings).iterdir()
    return file


def read(*ids, since=TODAY):
    return recorder.read(set(ids), since=since)


def test_it_knows_nothing_of_what_was_not_sent(settings):
    assert read("a") == {}


def test_it_remembers_what_went_and_what_came(settings):
    recorder.go("a")
    recorder.go("b")
    recorder.got("b", "veo-1")
    assert read("a", "b", "c") == {"a": Entry(True), "b": Entry(True, "veo-1")}


def test_it_never_forgets_an_id_over_a_later_line(settings):
    recorder.got("a", "veo-1")
    recorder.go("a")
    assert read("a") == {"a": Entry(True, "veo-1")}


def test_it_passes_over_a_torn_line(settings):
    recorder.go("a")
    with only_file(settings).open("ab") as file:
        file.write(b'{"go": "tor')
    recorder.go("b")
    assert read("a", "b") == {"a": Entry(True), "b": Entry(True)}


def test_it_refuses_when_a_line_does_not_fit(settings, monkeypatch):
    write = os.write
    monkeypatch.setattr(recorder.os, "write", lambda f, line: write(f, line[:20]))
    with pytest.raises(OSError, match="cut short"):
        recorder.go("a")


def test_it_refuses_when_the_folder_cannot_be_made(settings):
    settings.RECORDER_DIR.write_text("in the way")
    with pytest.raises(OSError, match="directory"):
        recorder.go("a")


def test_it_syncs_each_line_to_the_disk(settings, monkeypatch):
    synced = []
    monkeypatch.setattr(recorder.os, "fsync", synced.append)
    recorder.go("a")
    recorder.got("a", "veo-1")
    assert len(synced) == 2


def test_it_is_read_by_nobody_else(settings):
    recorder.go("a")
    assert stat.S_IMODE(only_file(settings).stat().st_mode) == 0o600


def test_it_reads_from_a_day_on(settings):
    recorder.go("a")
    file = only_file(settings)
    file.rename(file.with_stem((TODAY - timedelta(days=2)).isoformat()))
    assert read("a") == {}
    assert read("a", since=TODAY - timedelta(days=2)) == {"a": Entry(True)}


def test_it_forgets_what_is_older_than_a_month(settings, now):
    recorder.go("a")
    file = only_file(settings)
    old = file.with_stem((TODAY - timedelta(days=31)).isoformat())
    old.write_bytes(b"")
    assert recorder.forget_old(now) == 1
    assert list(folder(settings).iterdir()) == [file]
