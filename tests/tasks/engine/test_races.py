"""Every step run by two at once: nothing is done twice, and no count drifts."""

import contextlib
import threading

import pytest
from django.db import connection
from django.utils import timezone

from tasks import actions
from tasks.engine import download, submit, upload, verdicts
from tasks.engine.dispatch import dispatch
from tasks.engine.reconcile import reconcile
from tasks.engine.replay import replay
from tasks.kie.replies import Phase, Progress
from tasks.models import (
    Attempt,
    Batch,
    Clip,
    Project,
    Stale,
    State,
    Status,
    VideoTask,
)

RACERS = 2


@pytest.fixture
def together():
    """Run this in several threads that set off at the same moment."""

    def run(*works):
        line = threading.Barrier(len(works))
        racers = [Racer(work, line) for work in works]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        assert [r.error for r in racers if r.error] == []
        return [r.found for r in racers]

    return run


class Racer(threading.Thread):
    def __init__(self, work, line):
        super().__init__()
        self.work, self.line = work, line
        self.found = self.error = None

    def run(self):
        try:
            self.line.wait()
            self.found = self.work()
        except Exception as e:  # noqa: BLE001 - told to the test's own thread
            self.error = e
        finally:
            connection.close()


@pytest.fixture
def batch(shared_engine, make_task, alice):
    """Six started tasks of a project that allows six at once."""
    shared_engine.project.concurrency = 6
    shared_engine.project.save()
    for n in range(6):
        make_task(f"Wave {n}")
    shared_engine.start(alice)
    return shared_engine


def counts_are_right(project):
    project = Project.objects.get(pk=project.pk)
    tasks = VideoTask.objects.alive().filter(project=project)
    return project.counts == {s: tasks.filter(status=s).count() for s in Status}


def test_it_plans_each_task_once(batch, together):
    batch.plan()
    Attempt.objects.all().delete()
    VideoTask.objects.update(next_try_at=timezone.now(), attempt=None)
    together(*[lambda: dispatch(timezone.now())] * RACERS)
    assert Attempt.objects.filter(state=State.PLANNED).count() == 6
    assert Attempt.objects.values("task").distinct().count() == 6


def test_it_buys_each_attempt_once(batch, together, kie):
    batch.plan()
    together(*[lambda: list(submit.steps())] * RACERS)
    assert len(kie.calls()) == 6
    assert Attempt.objects.filter(state=State.SUBMITTED).count() == 6
    assert counts_are_right(batch.project)


def test_it_keeps_the_rate_between_them(batch, together, kie, settings):
    batch.plan()
    settings.KIE_CREATE_RATE = 3
    settings.VEO_TIME_SCALE = 20
    together(*[lambda: list(submit.steps())] * RACERS)
    times = sorted(call["at"] for call in kie.calls())
    assert len(times) == 6
    assert times[3] - times[0] > 0.45


def test_it_uploads_each_picture_once(batch, together):
    batch.dispatch()
    done = together(*[lambda: list(upload.steps())] * RACERS)
    assert sum(len(wakes) for wakes in done) == 1


def test_it_stores_each_clip_once(batch, together):
    batch.until(
        lambda: Attempt.objects.filter(state=State.DOWNLOADING).count() == 6,
        fetch=False,
    )
    together(*[lambda: list(download.steps())] * RACERS)
    assert Attempt.objects.filter(state=State.STORED).count() == 6
    assert Clip.objects.count() == 6
    assert counts_are_right(batch.project)


def test_it_settles_the_dead_once(batch, together):
    batch.plan()
    dead = {"lease_pid": 2**22 + 1, "lease_started": "1"}
    ready = [submit._prepare(a) for a in submit._planned(6)]
    submit.claim(ready, timezone.now())
    Attempt.objects.update(**dead)
    together(*[replay] * RACERS)
    assert Attempt.objects.filter(state=State.CANCELED).count() == 6
    assert counts_are_right(batch.project)


def test_it_repairs_each_thing_once(batch, together):
    batch.plan()
    submit.claim([submit._prepare(a) for a in submit._planned(6)], timezone.now())
    Attempt.objects.update(lease_until=timezone.now())
    together(*[lambda: reconcile(timezone.now())] * RACERS)
    assert Attempt.objects.filter(state=State.UNCERTAIN).count() == 6
    assert counts_are_right(batch.project)


def test_it_starts_one_batch(shared_engine, make_task, alice, together):
    make_task()
    together(*[lambda: shared_engine.start(alice)] * 5)
    assert Batch.objects.count() == 1
    assert counts_are_right(shared_engine.project)


@pytest.mark.parametrize("deed", [actions.stop, actions.delete_tasks])
def test_it_sends_or_takes_back_but_never_both(batch, together, kie, alice, deed):
    batch.plan()
    together(
        lambda: list(submit.steps()),
        lambda: deed(batch.project, by=alice),
        lambda: dispatch(timezone.now()),
    )
    sent = Attempt.objects.exclude(state__in=[State.CANCELED, State.PLANNED]).count()
    assert len(kie.calls()) == sent
    assert counts_are_right(batch.project)


def test_it_counts_each_task_once_when_deleted_twice(batch, together, alice):
    together(*[lambda: actions.delete_tasks(batch.project, by=alice)] * RACERS)
    batch.project.refresh_from_db()
    assert not any(batch.project.counts.values())


def test_it_counts_right_when_tasks_move_under_a_deletion(batch, together, alice):
    batch.buy()
    together(
        lambda: actions.delete_tasks(batch.project, by=alice),
        _finish_all,
    )
    assert counts_are_right(batch.project)


def test_it_keeps_an_edit_or_a_send(batch, together, alice, kie):
    batch.plan()
    task = VideoTask.objects.first()

    def edit():
        with contextlib.suppress(Stale):
            actions.edit_task(task, {"prompt": "Edited"}, by=alice)

    together(lambda: list(submit.steps()), edit)
    assert len(kie.calls()) in (5, 6)
    assert counts_are_right(batch.project)


def _finish_all():
    """What a sweep writes when all of them are done."""
    done = Progress(Phase.SUCCEEDED, urls=("http://127.0.0.1:9/a.mp4",))
    rows = Attempt.objects.filter(state=State.SUBMITTED).select_related(
        "task", "account"
    )
    verdicts.write([(a, done) for a in rows])
