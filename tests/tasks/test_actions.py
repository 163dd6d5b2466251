"""What people ask for: one transaction, one event, one wake-up each."""

import io
from decimal import Decimal

import pytest

from tasks import actions
from tasks.engine.wake import Wake
from tasks.media.pictures import BadPicture
from tasks.models import (
    Attempt,
    Batch,
    Picture,
    PictureUpload,
    Project,
    Stale,
    State,
    Status,
    TaskEvent,
    VideoTask,
)
from tests.attempts import attempt_in
from tests.conftest import picture_bytes


@pytest.fixture
def attempt(make_task, make_key):
    key = None

    def make(state, **fields):
        nonlocal key
        key = key or make_key()
        return attempt_in(state, make_task(), key, **fields)

    return make


@pytest.fixture
def wakes(django_capture_on_commit_callbacks, woken):
    """What a deed wakes once it is committed."""

    def of(deed):
        woken.clear()
        with django_capture_on_commit_callbacks(execute=True):
            deed()
        return woken

    return of


def statuses():
    return sorted(VideoTask.objects.alive().values_list("status", flat=True))


def only_event(key):
    return TaskEvent.objects.get(key=key)


# Pictures


def test_it_keeps_a_picture_under_its_content(make_picture, settings):
    picture = make_picture()
    assert picture.file.read_bytes() == picture_bytes()
    assert picture.sha256 in picture.path
    assert (picture.width, picture.height, picture.name) == (320, 180, "beach.jpg")


def test_it_keeps_the_same_bytes_once(make_picture):
    assert make_picture(name="a.jpg") == make_picture(name="b.jpg")
    assert Picture.objects.get().name == "a.jpg"


def test_it_puts_a_lost_file_back(make_picture):
    picture = make_picture()
    picture.file.unlink()
    make_picture()
    assert picture.file.exists()


def test_it_forgets_that_a_picture_was_unreadable(make_picture, now):
    picture = make_picture()
    PictureUpload.objects.create(
        picture=picture,
        variant="9:16",
        upload_url="http://up",
        next_try_at=now,
        error_code="picture_unreadable",
    )
    picture.file.write_bytes(b"rotten")
    make_picture()
    assert picture.file.read_bytes() == picture_bytes()
    assert not PictureUpload.objects.exists()


def test_it_refuses_what_is_no_picture(alice, settings):
    with pytest.raises(BadPicture):
        actions.store_picture(io.BytesIO(b"no picture"), name="a.jpg", by=alice)
    assert not Picture.objects.exists()


@pytest.mark.parametrize("name", ["../../etc/passwd", "x" * 400, ""])
def test_it_trusts_no_file_name(make_picture, name, settings):
    picture = make_picture(name=name)
    assert "/" not in picture.name
    assert 0 < len(picture.name) <= 255
    assert picture.file.is_relative_to(settings.MEDIA_ROOT)


def test_it_leaves_no_draft_when_the_disk_is_full(alice, settings, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(actions.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        actions.store_picture(io.BytesIO(picture_bytes()), name="a.jpg", by=alice)
    assert not [f for f in settings.MEDIA_ROOT.rglob("*") if f.is_file()]
    assert not Picture.objects.exists()


# Tasks


def test_it_makes_tasks_with_the_projects_defaults(project, make_picture, alice):
    Project.objects.filter(pk=project.pk).update(model="veo3", seed=20000)
    project.refresh_from_db()
    rows = [{"prompt": str(n), "picture": make_picture()} for n in range(3)]
    made = actions.create_tasks(project, [*rows[:2], {**rows[2], "seed": 7}], by=alice)
    assert [t.number for t in made] == [1, 2, 3]
    assert [t.seed for t in made] == [20000, 20000, 7]
    assert {t.model for t in made} == {"veo3"}
    assert only_event("created").data == {"count": 3, "first": 1}


def test_it_makes_all_or_none(project, make_picture, alice):
    rows = [{"prompt": "a", "picture": make_picture()}, {"prompt": "b"}]
    with pytest.raises(Exception, match="a_task_has_a_picture"):
        actions.create_tasks(project, rows, by=alice)
    assert not VideoTask.objects.exists()
    assert Project.objects.get(pk=project.pk).total == 0


def test_it_makes_nothing_of_nothing(project, alice):
    assert actions.create_tasks(project, [], by=alice) == []
    assert not TaskEvent.objects.exists()


def test_it_makes_many_in_few_queries(project, make_picture, alice, count_queries):
    row = {"prompt": "a", "picture": make_picture()}
    few = count_queries(lambda: actions.create_tasks(project, [row], by=alice))
    many = count_queries(lambda: actions.create_tasks(project, [row] * 150, by=alice))
    assert many == few


@pytest.mark.parametrize("state", [None, State.PLANNED, State.FAILED, State.STORED])
def test_it_edits_what_is_not_under_way(attempt, make_task, alice, state):
    task = attempt(state).task if state else make_task()
    actions.edit_task(task, {"prompt": "New"}, by=alice)
    task.refresh_from_db()
    assert task.prompt == "New"
    assert not Attempt.objects.filter(state=State.PLANNED).exists()
    assert only_event("edited").data == {"fields": ["prompt"]}


@pytest.mark.parametrize(
    "state", [State.SENDING, State.SUBMITTED, State.UNCERTAIN, State.DOWNLOADING]
)
def test_it_does_not_edit_what_is_under_way(attempt, alice, state):
    task = attempt(state).task
    with pytest.raises(Stale):
        actions.edit_task(task, {"prompt": "New"}, by=alice)
    task.refresh_from_db()
    assert task.prompt != "New"


# Start, stop, retry, delete


def test_it_starts_all_that_may_start(project, make_task, attempt, alice, wakes):
    for _ in range(2):
        make_task()
    attempt(State.FAILED)
    assert wakes(lambda: actions.start(project, by=alice)) == [Wake.DISPATCH]
    assert statuses() == ["FAILED", "QUEUED", "QUEUED"]
    batch = Batch.objects.get()
    assert (batch.task_count, batch.estimate, batch.by) == (2, Decimal(120), alice)
    assert only_event("started").data == {"count": 2, "credits": "120.00"}


def test_it_starts_the_chosen_alone(project, make_task, alice):
    chosen, _other = make_task(), make_task()
    started = actions.start(project, by=alice, task_ids=[chosen.pk])
    assert (started.count, started.estimate) == (1, Decimal(60))
    assert statuses() == ["QUEUED", "WAITING"]


def test_it_starts_nothing_of_another_project(project, make_task, alice, charlie):
    other = Project.objects.create(name="Other", owner=charlie)
    theirs = make_task(into=other)
    started = actions.start(project, by=alice, task_ids=[theirs.pk])
    assert (started.count, started.batch) == (0, None)


def test_it_starts_twenty_times_as_one(project, make_task, alice):
    make_task()
    started = [actions.start(project, by=alice).count for _ in range(20)]
    assert sum(started) == Batch.objects.count() == 1


def test_it_gives_the_retries_of_the_project(project, make_task, bob):
    task = make_task()
    actions.start(project, by=bob)
    task.refresh_from_db()
    assert (task.retries_left, task.started_by) == (project.retries, bob)
    assert task.batch.by == bob


def test_it_retries_what_failed_with_fresh_retries(project, attempt, alice, wakes):
    task = attempt(State.FAILED).task
    attempt(State.STORED)
    wake = wakes(lambda: actions.retry_failed(project, by=alice))
    task.refresh_from_db()
    assert wake == [Wake.DISPATCH]
    assert (task.status, task.retries_left) == (Status.QUEUED, project.retries)
    assert (task.error_code, task.error_text) == ("", "")
    assert statuses() == ["QUEUED", "SUCCEEDED"]


def test_it_retries_nothing_of_nothing(project, make_task, alice):
    make_task()
    assert actions.retry_failed(project, by=alice).count == 0
    assert not Batch.objects.exists()


def test_it_never_retries_a_doubtful_purchase(project, attempt, alice):
    attempt(State.UNCERTAIN)
    actions.retry_failed(project, by=alice)
    actions.start(project, by=alice)
    assert statuses() == ["UNCERTAIN"]


def test_it_stops_what_is_not_sent(project, make_task, attempt, alice):
    make_task()
    actions.start(project, by=alice)
    for state in (State.PLANNED, State.SENDING, State.SUBMITTED):
        attempt(state)
    assert actions.stop(project, by=alice) == 2
    assert statuses() == ["GENERATING", "GENERATING", "WAITING", "WAITING"]
    assert Attempt.objects.filter(state=State.CANCELED).count() == 1
    assert only_event("stopped").data == {"count": 2}


def test_it_says_nothing_when_nothing_was_stopped(project, attempt, alice):
    attempt(State.SUBMITTED)
    assert actions.stop(project, by=alice) == 0
    assert not TaskEvent.objects.filter(key="stopped").exists()


@pytest.mark.parametrize("state", State)
def test_it_deletes_in_every_state_and_loses_no_purchase(
    project, attempt, alice, state
):
    row = attempt(state)
    assert actions.delete_tasks(project, by=alice) == 1
    row.refresh_from_db()
    assert row.state == (State.CANCELED if state == State.PLANNED else state)
    assert statuses() == []
    assert Project.objects.get(pk=project.pk).total == 0


def test_it_deletes_once(project, make_task, alice):
    make_task()
    assert [actions.delete_tasks(project, by=alice) for _ in range(2)] == [1, 0]
    assert TaskEvent.objects.filter(key="deleted").count() == 1


def test_it_deletes_many_in_few_queries(project, make_picture, alice, count_queries):
    row = {"prompt": "a", "picture": make_picture()}
    actions.create_tasks(project, [row] * 5, by=alice)
    few = count_queries(lambda: actions.delete_tasks(project, by=alice))
    actions.create_tasks(project, [row] * 300, by=alice)
    assert count_queries(lambda: actions.delete_tasks(project, by=alice)) == few


def test_it_estimates_by_model_and_resolution(project, make_task):
    make_task()
    make_task(model="veo3", resolution="1080p")
    assert actions.estimate_of(VideoTask.objects.all()) == (2, Decimal(315))
