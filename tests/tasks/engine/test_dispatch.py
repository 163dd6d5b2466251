"""Which tasks are bought next: limits exact, turns fair, reasons said."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from tasks import actions
from tasks.engine.dispatch import dispatch
from tasks.engine.wake import Wake
from tasks.models import (
    Attempt,
    Project,
    ProviderAccount,
    State,
    Status,
    VideoTask,
)


@pytest.fixture
def now():
    """A moment after everything that a test has people do."""
    return timezone.now() + timedelta(seconds=5)


def planned(**which):
    return Attempt.objects.filter(state=State.PLANNED, **which)


def reason(project):
    return Project.objects.get(pk=project.pk).wait_reason


def test_it_does_nothing_when_nothing_is_queued(make_task, now, db):
    make_task()
    assert dispatch(now) == Wake.NOTHING


def test_it_plans_as_many_as_the_project_allows(ready, now, project):
    ready(8)
    assert dispatch(now) == Wake.GENERATE
    assert planned().count() == 5
    assert reason(project) == "concurrency"
    dispatch(now)
    assert Attempt.objects.count() == 5


def test_it_fills_slots_as_they_come_free(ready, now):
    ready(8)
    dispatch(now)
    attempts = list(planned()[:2])
    for attempt in attempts:
        Attempt.objects.filter(pk=attempt.pk).update(
            state=State.DOWNLOADING, provider_task_id=str(attempt.pk)
        )
    dispatch(now)
    assert planned().count() == 5


def test_it_writes_the_intent_whole(ready, now, key, alice, project):
    (task,) = ready(1)
    dispatch(now)
    attempt = planned().get()
    task.refresh_from_db()
    assert (task.attempt, task.next_try_at) == (attempt, None)
    assert (attempt.number, attempt.key, attempt.started_by) == (1, key, alice)
    assert attempt.credits_reserved == 60
    assert attempt.request["image_urls"] == ["http://127.0.0.1:9/p.jpg"]
    assert len(attempt.request_sha256) == 64


def test_it_never_plans_a_task_twice(ready, now):
    ready(1)
    for _ in range(3):
        dispatch(now)
    assert Attempt.objects.count() == 1


def test_it_goes_by_priority_then_position(ready, now, project):
    Project.objects.filter(pk=project.pk).update(concurrency=1)
    first, _second, urgent = ready(3)
    VideoTask.objects.filter(pk=urgent.pk).update(priority=1)
    dispatch(now)
    assert planned().get().task == urgent
    Attempt.objects.update(state=State.CANCELED)
    dispatch(now)
    assert planned().get().task == first


def test_it_waits_until_a_task_may_be_tried_again(ready, now):
    ready(1)
    later = now + timedelta(minutes=1)
    VideoTask.objects.update(next_try_at=later)
    dispatch(now)
    assert not planned().exists()
    dispatch(later)
    assert planned().exists()


def test_it_shares_an_account_between_people(ready, alice, bob, project, now):
    ProviderAccount.objects.update(concurrency=6)
    theirs = Project.objects.create(name="Theirs", owner=bob, concurrency=50)
    Project.objects.filter(pk=project.pk).update(concurrency=50)
    ready(10)
    ready(10, into=theirs, by=bob)
    dispatch(now)
    people = Counter(planned().values_list("started_by", flat=True))
    assert people == {alice.pk: 3, bob.pk: 3}


def test_it_gives_a_newcomer_the_next_slots(ready, alice, bob, project, now):
    ProviderAccount.objects.update(concurrency=4)
    Project.objects.filter(pk=project.pk).update(concurrency=50)
    theirs = Project.objects.create(name="Theirs", owner=bob, concurrency=50)
    ready(10)
    dispatch(now)
    ProviderAccount.objects.update(concurrency=6)
    ready(10, into=theirs, by=bob)
    dispatch(now)
    assert planned(started_by=bob).count() == 2


def test_it_shares_a_persons_turns_between_projects(ready, alice, project, now):
    ProviderAccount.objects.update(concurrency=4)
    other = Project.objects.create(name="Other", owner=alice)
    ready(5)
    ready(5, into=other)
    dispatch(now)
    assert Counter(planned().values_list("project", flat=True)) == {
        project.pk: 2,
        other.pk: 2,
    }


def test_it_uses_every_key_alike(ready, make_key, key, now, project):
    Project.objects.filter(pk=project.pk).update(concurrency=6)
    second = make_key("second", account=key.account)
    ready(6)
    dispatch(now)
    assert Counter(planned().values_list("key", flat=True)) == {key.pk: 3, second.pk: 3}


def test_it_takes_plans_back_when_a_project_is_paused(ready, now, project):
    ready(2)
    dispatch(now)
    Project.objects.filter(pk=project.pk).update(paused=True)
    assert dispatch(now) == Wake.NOTHING
    assert not planned().exists()
    assert reason(project) == "paused"
    Project.objects.filter(pk=project.pk).update(paused=False)
    dispatch(now)
    assert planned().count() == 2
    assert reason(project) == ""


@pytest.mark.parametrize("what", ["account", "model", "key", "disabled"])
def test_it_takes_plans_back_that_cannot_be_sent(ready, now, key, what):
    ready(2)
    dispatch(now)
    if what == "account":
        key.account.close("maintenance", now=now, seconds=60)
    elif what == "model":
        key.account.close_model("veo3_fast", now=now, seconds=60)
    elif what == "key":
        key.refuse("key_invalid")
    else:
        ProviderAccount.objects.update(enabled=False)
    assert dispatch(now) == Wake.NOTHING
    assert set(Attempt.objects.values_list("state", flat=True)) == {State.CANCELED}
    assert set(VideoTask.objects.values_list("status", flat=True)) == {Status.QUEUED}


def test_it_pairs_anew_with_another_key(ready, now, key, make_key):
    ready(1)
    dispatch(now)
    second = make_key("second", account=key.account)
    key.refuse("key_invalid")
    dispatch(now)
    assert planned().get().key == second
    assert planned().get().number == 2


@pytest.mark.parametrize("whole_project", [True, False])
def test_it_takes_plans_back_from_the_trash(ready, now, project, whole_project):
    ready(1)
    dispatch(now)
    rows = Project.objects if whole_project else VideoTask.objects
    rows.update(deleted_at=now)
    assert dispatch(now) == Wake.NOTHING
    assert not planned().exists()


def test_it_plans_nothing_of_the_trash(ready, now):
    ready(1)
    VideoTask.objects.update(deleted_at=now)
    dispatch(now)
    assert not Attempt.objects.exists()


def test_it_buys_nothing_while_the_disk_is_nearly_full(
    ready, now, project, monkeypatch
):
    ready(1)
    monkeypatch.setattr("tasks.engine.disk.LEAST", 2**60)
    monkeypatch.setattr("tasks.engine.disk.MOST", 2**60)
    dispatch(now)
    assert not Attempt.objects.exists()
    assert reason(project) == "disk"


def test_it_says_why_tasks_wait_and_tells_boards_once(make_task, project, alice, now):
    make_task()
    actions.start(project, by=alice)
    dispatch(now)
    project.refresh_from_db()
    assert project.wait_reason == "no_account"
    dispatch(now)
    assert Project.objects.get(pk=project.pk).version == project.version


def test_it_keeps_an_edit_between_plan_and_send(ready, now, alice):
    (task,) = ready(1)
    dispatch(now)
    actions.edit_task(task, {"prompt": "Something else"}, by=alice)
    assert not planned().exists()
    dispatch(now)
    assert planned().get().request["prompt"] == "Something else"


@pytest.mark.parametrize("deed", [actions.stop, actions.delete_tasks])
def test_it_has_nothing_left_to_send_after_stop_and_delete(
    ready, now, alice, project, deed
):
    ready(3)
    dispatch(now)
    deed(project, by=alice)
    dispatch(now)
    assert set(Attempt.objects.values_list("state", flat=True)) == {State.CANCELED}
    project.refresh_from_db()
    assert project.count_queued == 0


@pytest.mark.parametrize("deed", ["nothing to plan", "all at work"])
def test_it_asks_the_database_as_little_with_many_tasks(
    ready, project, now, count_queries, deed
):
    if deed == "nothing to plan":
        ProviderAccount.objects.update(concurrency=0)
    counts = []
    for more in (10, 90):
        ready(more)
        dispatch(now)
        counts.append(count_queries(lambda: dispatch(now)))
    assert counts[0] == counts[1]
    assert counts[0] <= 14


def test_it_asks_two_queries_when_nothing_is_queued(project, now, count_queries):
    assert count_queries(lambda: dispatch(now)) <= 2


def test_it_counts_the_person_who_pressed_start(ready, make_task, bob, project, now):
    ready(1, by=bob)
    dispatch(now)
    assert planned().get().started_by == bob
    assert User.objects.count() == 2


def test_it_lets_others_pass_tasks_of_a_model_that_is_shut(ready, now, project):
    ready(30)
    last = VideoTask.objects.order_by("-number")[0]
    VideoTask.objects.exclude(pk=last.pk).update(model="veo3")
    ProviderAccount.objects.get().close_model("veo3", now=now, seconds=900)
    dispatch(now)
    assert [a.task for a in planned()] == [last]
    assert reason(project) == "model"
