"""Clips are fetched, verified and stored once; a lost link never buys again."""

import errno
from datetime import timedelta

import pytest
from django.utils import timezone

from tasks import actions
from tasks.engine import download, stopping
from tasks.engine.process import this_process
from tasks.engine.wake import Wake
from tasks.media.download import DownloadFault
from tasks.models import Attempt, Clip, State, Status, VideoTask

MEDIA = "clips"


@pytest.fixture
def generated(engine, make_task, alice, kie, settings):
    """Bought and generated: what is left is to fetch it."""
    settings.VEO_TIME_SCALE = 20

    def make(mark=""):
        make_task(f"Waves {mark}")
        engine.start(alice)
        engine.until(
            lambda: Attempt.objects.filter(state=State.DOWNLOADING).exists(),
            fetch=False,
        )
        return Attempt.objects.select_related("task").latest("planned_at")

    return make


def fresh(attempt):
    return Attempt.objects.select_related("task").get(pk=attempt.pk)


def files(settings):
    root = settings.MEDIA_ROOT
    return sorted(f.suffix for f in (root / MEDIA).rglob("*") if f.is_file())


def test_it_stores_a_clip_with_its_poster_and_facts(engine, generated, settings):
    attempt = generated()
    engine.download()
    attempt = fresh(attempt)
    clip = attempt.clip
    assert (attempt.state, attempt.task.status) == (State.STORED, Status.SUCCEEDED)
    assert attempt.credits_settled == attempt.credits_reserved == 60
    assert clip.path == f"clips/{attempt.project_id}/1/{attempt.pk}-0.mp4"
    assert clip.seconds == pytest.approx(8, abs=0.3)
    assert files(settings) == [".mp4", ".webp"]
    assert not any((settings.MEDIA_ROOT / ".partial").iterdir())


@pytest.mark.parametrize(
    "mark",
    [
        "[sim:dead-link]",
        "[sim:moved-clip]",
        "[sim:reset-clip=1]",
        "[sim:truncated-clip=1]",
        "[sim:html-clip=1]",
        "[sim:empty-clip=1]",
        "[sim:broken-clip=1]",
        "[sim:gone-clip=2]",
        "[sim:range-416-clip][sim:reset-clip=1]",
        "[sim:no-range-clip][sim:reset-clip=1]",
        "[sim:changed-clip][sim:reset-clip=1]",
    ],
)
def test_it_gets_the_whole_file_in_the_end(engine, generated, kie, settings, mark):
    generated(mark)
    settings.VEO_TIME_SCALE = 1000
    engine.run()
    assert VideoTask.objects.get().status == Status.SUCCEEDED
    assert files(settings) == [".mp4", ".webp"]
    assert len(kie.calls()) == 1


@pytest.mark.parametrize(
    ("mark", "code"),
    [
        ("[sim:html-clip]", "bad_file"),
        ("[sim:empty-clip]", "bad_file"),
        ("[sim:broken-clip]", "bad_file"),
        ("[sim:truncated-clip]", "interrupted"),
        ("[sim:gone-clip]", "expired"),
        ("[sim:huge-clip]", "too_large"),
        ("[sim:redirect-clip]", "forbidden"),
    ],
)
def test_it_tries_a_bad_file_later_and_buys_nothing(
    engine, generated, kie, settings, mark, code
):
    attempt = generated(mark)
    engine.download()
    attempt = fresh(attempt)
    assert (attempt.state, attempt.error_code) == (State.DOWNLOADING, code)
    assert attempt.tries == 1
    assert attempt.due_at > timezone.now()
    assert attempt.task.status == Status.DOWNLOADING
    assert (attempt.task.stage, attempt.task.error_code) == ("download_retry", code)
    assert not list((settings.MEDIA_ROOT / MEDIA).rglob("*.mp4"))
    assert len(kie.calls()) == 1


def test_it_gives_a_file_up_only_after_fourteen_days(engine, generated, settings):
    attempt = generated("[sim:gone-clip]")
    old = timezone.now() - timedelta(days=13)
    settings.VEO_TIME_SCALE = 1
    Attempt.objects.update(generated_at=old)
    engine.download()
    assert fresh(attempt).state == State.DOWNLOADING
    Attempt.objects.update(generated_at=old - timedelta(days=2), due_at=old)
    engine.download()
    attempt = fresh(attempt)
    assert (attempt.state, attempt.error_code) == (State.FILE_LOST, "file_lost")
    assert attempt.credits_settled == attempt.credits_reserved
    assert (attempt.task.status, attempt.task.error_code) == (
        Status.FAILED,
        "file_lost",
    )


def test_it_never_gives_up_what_only_could_not_be_stored(engine, generated):
    attempt = generated("[sim:broken-clip]")
    Attempt.objects.update(generated_at=timezone.now() - timedelta(days=60))
    engine.download()
    assert fresh(attempt).state == State.DOWNLOADING


def test_it_adopts_a_file_that_a_crash_left_whole(engine, generated, kie):
    attempt = generated()
    engine.download()
    Attempt.objects.update(state=State.DOWNLOADING, clip=None, due_at=attempt.due_at)
    VideoTask.objects.update(status=Status.DOWNLOADING, clip=None)
    before = Clip.objects.get().file.stat().st_ino
    Clip.objects.all().delete()
    kie.control(mode="down")
    engine.download()
    assert fresh(attempt).state == State.STORED
    assert Clip.objects.get().file.stat().st_ino == before


def test_it_is_stored_by_one_of_two(engine, generated, now):
    attempt = generated()
    (mine,) = download._claim(1)
    assert download._claim(4) == []
    stored = download._fetch_all(mine)
    assert download._settle(mine, stored) == Wake.NOTHING
    assert download._settle(mine, stored) == Wake.DOWNLOAD
    assert fresh(attempt).state == State.STORED
    assert Clip.objects.count() == 1


def test_it_is_written_by_whoever_took_it_over(engine, generated):
    generated()
    (first,) = download._claim(1)
    Attempt.objects.update(lease_until=timezone.now())
    (second,) = download._claim(1)
    stored = download._fetch_all(second)
    download._settle(second, stored)
    assert download._settle(first, stored) == Wake.DOWNLOAD
    assert download._settle(first, DownloadFault("expired")) == Wake.DOWNLOAD
    assert Clip.objects.count() == 1


def test_it_keeps_its_lease_while_it_works(engine, generated):
    attempt = generated()
    (mine,) = download._claim(1)
    soon = timezone.now() + timedelta(milliseconds=100)
    Attempt.objects.update(lease_until=soon)
    mine.attempt.lease_until = soon
    download._renew([mine])
    assert fresh(attempt).lease_until > soon


def test_it_waits_for_space_and_goes_on(engine, generated, monkeypatch, settings):
    attempt = generated()
    whole = download.fetch
    monkeypatch.setattr(
        download, "fetch", lambda *_, **__: _raise(DownloadFault("no_space"))
    )
    engine.download()
    attempt = fresh(attempt)
    assert (attempt.state, attempt.error_code) == (State.DOWNLOADING, "no_space")
    assert (attempt.due_at - timezone.now()).total_seconds() > 50
    monkeypatch.setattr(download, "fetch", whole)
    Attempt.objects.update(due_at=timezone.now())
    engine.download()
    assert fresh(attempt).state == State.STORED


def test_it_comes_back_at_once_to_what_was_stopped(engine, generated, monkeypatch):
    attempt = generated()
    monkeypatch.setattr(
        download, "fetch", lambda *_, **__: _raise(DownloadFault("stopped"))
    )
    monkeypatch.setattr(stopping, "is_asked", _after(1))
    engine.download()
    attempt = fresh(attempt)
    assert attempt.due_at <= timezone.now()
    assert attempt.task.events.filter(key="download_retry").count() == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.EIO, "broken"), "download_failed"),
        (ZeroDivisionError(), "download_failed"),
    ],
)
def test_it_outlives_what_nobody_expected(engine, generated, monkeypatch, error, code):
    attempt = generated()
    monkeypatch.setattr(download, "fetch", lambda *_, **__: _raise(error))
    engine.download()
    assert (fresh(attempt).state, fresh(attempt).error_code) == (
        State.DOWNLOADING,
        code,
    )


def test_it_finishes_in_the_trash(engine, generated, alice):
    attempt = generated()
    actions.delete_tasks(engine.project, by=alice)
    engine.download()
    assert fresh(attempt).state == State.STORED
    assert not VideoTask.objects.alive().exists()


def test_it_lets_go_of_what_was_trashed_under_its_hands(engine, generated, alice):
    attempt = generated()
    (mine,) = download._claim(1)
    stored = download._fetch_all(mine)
    actions.delete_tasks(engine.project, by=alice)
    assert download._settle(mine, stored) == Wake.DOWNLOAD
    Attempt.objects.update(lease_until=None)
    engine.download()
    assert fresh(attempt).state == State.STORED


@pytest.mark.parametrize("ratio", ["1:1", "4:3"])
def test_it_keeps_the_original_beside_the_cut(engine, make_task, alice, ratio):
    make_task(aspect_ratio=ratio)
    engine.start(alice)
    engine.run()
    kinds = dict(Clip.objects.values_list("kind", "pk"))
    assert set(kinds) == {"original", "cropped"}
    assert VideoTask.objects.get().clip_id == kinds["cropped"]


def test_it_claims_no_more_than_there_is_room_for(make_attempt, now):
    for _ in range(3):
        make_attempt(State.DOWNLOADING, due_at=now)
    assert len(download._claim(2)) == 2
    assert len(download._claim(2)) == 1
    holders = set(Attempt.objects.values_list("lease_pid", flat=True))
    assert holders == {this_process().pid}


def _raise(error):
    raise error


def _after(count):
    """Asked to leave from the so-manieth look on."""
    looks = iter([False] * count)
    return lambda: next(looks, True)
