import contextlib

import pytest
from django.db.models import Q

from tasks import actions
from tasks.models import Project, State, Status, VideoTask, change


def changed_since(project, version):
    return set(VideoTask.objects.filter(project=project, version__gt=version))


def actual(project):
    tasks = VideoTask.objects.alive().filter(project=project)
    return {s: tasks.filter(status=s).count() for s in Status}


def test_it_counts_what_is_made(project, make_task):
    make_task()
    make_task()
    project.refresh_from_db()
    assert project.counts == actual(project)


def test_it_counts_what_starts_and_stops(project, make_task, alice):
    first, _second = make_task(), make_task()
    actions.start(project, by=alice, task_ids=[first.pk])
    project.refresh_from_db()
    assert (project.count_queued, project.count_waiting) == (1, 1)
    actions.stop(project, by=alice)
    project.refresh_from_db()
    assert (
        project.counts
        == actual(project)
        == {s: 2 * (s == Status.WAITING) for s in Status}
    )


@pytest.mark.parametrize("state", [s for s in State if s != State.PLANNED])
def test_it_counts_nothing_of_the_trash(project, make_attempt, alice, state):
    make_attempt(state)
    actions.delete_tasks(project, by=alice)
    project.refresh_from_db()
    assert project.total == 0
    assert not any(project.counts.values())


def test_it_counts_nothing_that_ends_in_the_trash(project, make_attempt, alice, now):
    attempt = make_attempt(State.SUBMITTED)
    actions.delete_tasks(project, by=alice)
    attempt.refresh_from_db()
    attempt.task.refresh_from_db()
    with change() as moves:
        attempt.move(State.DOWNLOADING, moves, now=now)
    project.refresh_from_db()
    assert not any(project.counts.values())
    assert VideoTask.objects.get().status == Status.DOWNLOADING


def test_it_tells_boards_what_changed(project, make_task, now):
    moved, touched, quiet = (make_task() for _ in range(3))
    project.refresh_from_db()
    since = project.version
    with change() as moves:
        moved.move(Status.QUEUED, moves, now=now)
        touched.note(moves, now=now, name="new")
    assert changed_since(project, since) == {moved, touched}
    assert quiet.version <= since


def test_it_takes_one_version_a_transaction(project, make_task, now):
    tasks = [make_task() for _ in range(3)]
    project.refresh_from_db()
    with change() as moves:
        for task in tasks:
            task.move(Status.QUEUED, moves, now=now)
    versions = set(VideoTask.objects.values_list("version", flat=True))
    assert versions == {project.version + 1}


def test_it_stamps_every_project_it_touched(make_task, alice, now, project):
    other = Project.objects.create(name="Other", owner=alice)
    tasks = [make_task(), make_task(into=other)]
    before = {p.pk: p.version for p in Project.objects.all()}
    with change() as moves:
        for task in tasks:
            task.move(Status.QUEUED, moves, now=now)
    assert {p.pk: p.version for p in Project.objects.all()} == {
        pk: version + 1 for pk, version in before.items()
    }


def test_it_leaves_nothing_of_a_transaction_that_failed(project, make_task, now):
    task = make_task()
    project.refresh_from_db()
    with contextlib.suppress(ZeroDivisionError), change() as moves:
        task.move(Status.QUEUED, moves, now=now)
        moves.stamp()
        raise ZeroDivisionError
    fresh = Project.objects.get()
    assert (fresh.version, fresh.counts) == (project.version, project.counts)


def test_it_moves_the_cursor_for_a_project_without_tasks(project):
    with change() as moves:
        moves.touched(project.pk, [])
    assert Project.objects.get().version == project.version + 1


def test_it_stamps_a_span_without_reading_it(project, make_task):
    task = make_task()
    with change() as moves:
        moves.touched(project.pk, Q(number__gte=1))
    task.refresh_from_db()
    assert task.version == Project.objects.get().version
