from datetime import timedelta
from itertools import product

import pytest
from django.db import IntegrityError, transaction

from tasks import actions
from tasks.models import (
    Batch,
    Project,
    Stale,
    State,
    Status,
    Unlawful,
    VideoTask,
    change,
)
from tasks.models.video_task import FINISHED, IN_FLIGHT, NEXT, STARTABLE
from tests.attempts import clip_of

ALL = list(product(Status, Status))
LAWFUL = [(old, new) for old, new in ALL if new in NEXT[old]]


@pytest.fixture
def task_in(make_task, make_attempt):
    """A task with this status, whatever way led there."""

    def make(status):
        task = make_attempt(State.STORED).task
        VideoTask.objects.filter(pk=task.pk).update(status=status, error_code="x")
        Project.advance(task.project_id, {Status.SUCCEEDED: -1})
        Project.advance(task.project_id, {status: 1})
        return VideoTask.objects.get(pk=task.pk)

    return make


@pytest.fixture
def batch(project, alice, now):
    return Batch.objects.create(
        project=project, by=alice, task_count=1, estimate=0, started_at=now
    )


@pytest.mark.parametrize(("old", "new"), LAWFUL)
def test_it_makes_every_lawful_move_and_counts_it(task_in, now, old, new):
    task = task_in(old)
    with change() as moves:
        task.move(new, moves, now=now)
    task.refresh_from_db()
    counts = Project.objects.get(pk=task.project_id).counts
    assert task.status == new
    assert counts == {s: int(s == new) for s in Status}


@pytest.mark.parametrize("old", Status)
def test_it_refuses_every_other_move(task_in, now, old):
    task = task_in(old)
    for new in set(Status) - NEXT[old]:
        with pytest.raises(Unlawful), change() as moves:
            task.move(new, moves, now=now)
    task.refresh_from_db()
    assert task.status == old


@pytest.mark.parametrize(("old", "new"), LAWFUL)
def test_it_lets_one_of_two_racers_win(task_in, now, old, new):
    first = task_in(old)
    second = VideoTask.objects.get(pk=first.pk)
    with change() as moves:
        first.move(new, moves, now=now)
    with pytest.raises(Stale), change() as moves:
        second.move(new, moves, now=now)
    counts = Project.objects.get(pk=first.project_id).counts
    assert counts[new] == 1
    assert sum(counts.values()) == 1


def test_it_knows_every_status():
    assert set(NEXT) == set(Status)


def test_it_reaches_every_status_from_waiting():
    reached, edge = {Status.WAITING}, {Status.WAITING}
    while edge:
        edge = {new for old in edge for new in NEXT[old]} - reached
        reached |= edge
    assert reached == set(Status)


def test_it_takes_every_finished_task_into_the_queue_again():
    assert all(Status.QUEUED in NEXT[s] for s in FINISHED)
    assert set(STARTABLE) <= FINISHED
    assert not FINISHED & IN_FLIGHT


def test_it_forgets_the_finer_step_at_a_move(task_in, now):
    task = task_in(Status.GENERATING)
    VideoTask.objects.filter(pk=task.pk).update(stage="submitted")
    with change() as moves:
        task.move(Status.DOWNLOADING, moves, now=now)
    assert VideoTask.objects.get(pk=task.pk).stage == ""


def test_it_notices_that_it_went_to_the_trash(make_task, now):
    task = make_task()
    VideoTask.objects.filter(pk=task.pk).update(deleted_at=now)
    with pytest.raises(Stale), change() as moves:
        task.move(Status.QUEUED, moves, now=now)
    with pytest.raises(Stale), change() as moves:
        task.note(moves, now=now, name="late")


def test_it_moves_in_the_trash_without_being_counted(make_task, now):
    task = make_task()
    VideoTask.objects.filter(pk=task.pk).update(deleted_at=now)
    task.refresh_from_db()
    before = Project.objects.get(pk=task.project_id).counts
    with change() as moves:
        task.move(Status.QUEUED, moves, now=now)
    assert Project.objects.get(pk=task.project_id).counts == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": Status.FAILED, "error_code": ""},
        {"status": Status.SUCCEEDED, "clip": None},
        {"picture": None, "image_url": ""},
    ],
)
def test_it_is_kept_whole_by_the_database(make_task, wrong):
    task = make_task()
    with pytest.raises(IntegrityError), transaction.atomic():
        VideoTask.objects.filter(pk=task.pk).update(**wrong)


def test_it_has_a_number_of_its_own(make_task):
    first, second = make_task(), make_task()
    with pytest.raises(IntegrityError), transaction.atomic():
        VideoTask.objects.filter(pk=second.pk).update(number=first.number)


def test_it_takes_a_picture_from_an_address_alone(make_task):
    task = make_task(picture=None, image_url="https://example.org/a.jpg")
    VideoTask.objects.filter(pk=task.pk).update(picture=None)


def test_it_is_seen_with_its_project_and_not_in_the_trash(
    make_task, alice, bob, charlie, viewer, now
):
    task = make_task()
    seen = VideoTask.objects.visible_to
    assert all(seen(person).count() == 1 for person in (alice, bob, viewer))
    assert not seen(charlie).exists()
    VideoTask.objects.filter(pk=task.pk).update(deleted_at=now)
    assert not seen(alice).exists()


def test_it_is_edited_by_owner_and_editors(make_task, alice, bob, charlie, viewer):
    make_task()
    may_edit = VideoTask.objects.editable_by
    assert all(may_edit(person).exists() for person in (alice, bob))
    assert not any(may_edit(person).exists() for person in (viewer, charlie))


def test_it_is_not_seen_in_a_project_in_the_trash(make_task, alice, project, now):
    make_task()
    Project.objects.filter(pk=project.pk).update(deleted_at=now)
    assert not VideoTask.objects.visible_to(alice).exists()


def test_it_stands_in_turn_by_priority_then_position(make_task):
    late, early, urgent = make_task(), make_task(), make_task()
    VideoTask.objects.filter(pk=late.pk).update(position=9)
    VideoTask.objects.filter(pk=urgent.pk).update(priority=1, position=99)
    assert list(VideoTask.objects.in_turn()) == [urgent, early, late]


def test_it_starts_what_may_start_and_no_more(task_in, project, batch, now):
    tasks = {s: task_in(s) for s in Status}
    with change() as moves:
        count = VideoTask.objects.start(project, moves, batch=batch, now=now)
    assert count == 2
    for status in STARTABLE:
        tasks[status].refresh_from_db()
        assert tasks[status].status == Status.QUEUED
        assert tasks[status].retries_left == project.retries


def test_it_stops_only_what_nobody_is_buying(make_attempt, make_task, project, alice):
    now = make_attempt(State.PLANNED).planned_at
    make_task()
    actions.start(project, by=alice)
    with change() as moves:
        count = VideoTask.objects.stop(project, moves, now=now)
    assert count == 1
    project.refresh_from_db()
    assert (project.count_queued, project.count_waiting) == (1, 1)


def test_it_never_takes_a_retry_that_is_not_there(make_task):
    task = make_task()
    VideoTask.objects.filter(pk=task.pk).update(retries_left=1)
    task.use_retry()
    task.use_retry()
    task.refresh_from_db()
    assert task.retries_left == 0


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, 0), (30, 45), (60, 90), (120, 92), (9000, 93)]
)
def test_it_shows_progress_below_the_end(make_attempt, now, seconds, shown):
    begun = now - timedelta(seconds=seconds)
    attempt = make_attempt(State.SUBMITTED, submitted_at=begun, usual_seconds=60)
    assert attempt.task.progress(now) == shown


def test_it_is_done_only_when_the_clip_is_stored(make_attempt, now):
    assert make_attempt(State.DOWNLOADING).task.progress(now) == 95
    assert make_attempt(State.STORED).task.progress(now) == 100
    assert make_attempt(State.PLANNED).task.progress(now) == 0


def test_it_keeps_serving_its_take_while_it_is_made_again(make_attempt, now):
    task = make_attempt(State.STORED).task
    clip = task.clip
    with change() as moves:
        task.move(Status.QUEUED, moves, now=now, next_try_at=now)
    task.refresh_from_db()
    assert task.clip == clip
    assert clip_of(task.attempt, index=1, path="clips/second.mp4") != clip


@pytest.mark.parametrize(("q", "found"), [("waves", 1), ("#2", 1), ("2", 1), ("no", 0)])
def test_it_is_found_by_words_and_number(make_task, q, found):
    make_task("Waves roll in")
    make_task("A lighthouse")
    assert VideoTask.objects.matching(q=q).count() == found


def test_it_is_found_by_status(make_task, project, alice):
    make_task()
    actions.start(project, by=alice, task_ids=[make_task().pk])
    assert VideoTask.objects.matching(status="queued").count() == 1
