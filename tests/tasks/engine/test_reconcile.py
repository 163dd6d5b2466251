"""Repairs: each finds what a crash left, and nothing in a healthy week."""

import logging
from datetime import timedelta

import pytest

from tasks import actions
from tasks.engine.reconcile import due, reconcile
from tasks.engine.wake import Wake
from tasks.models import Attempt, Batch, State, Status, VideoTask


def test_it_finds_nothing_in_a_healthy_week(engine, make_task, alice, caplog, now):
    make_task()
    engine.start(alice)
    engine.run()
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        assert reconcile(now + timedelta(days=1)) == Wake.NOTHING
    assert "repaired" not in caplog.text


def test_it_doubts_a_send_whose_lease_is_over(make_attempt, now, caplog):
    attempt = make_attempt(State.SENDING, lease_host="gone", lease_until=now)
    assert reconcile(now) == Wake.POLL
    attempt.refresh_from_db()
    assert (attempt.state, attempt.error_code) == (State.UNCERTAIN, "worker_died")
    assert "sends whose lease ran out" in caplog.text


def test_it_leaves_a_send_with_a_lease_alone(make_attempt, now):
    make_attempt(State.SENDING, lease_until=now + timedelta(seconds=1))
    assert reconcile(now) == Wake.NOTHING
    assert Attempt.objects.get().state == State.SENDING


def test_it_has_the_forgotten_asked_after(make_attempt, now, caplog):
    make_attempt(State.SUBMITTED, due_at=None)
    reconcile(now)
    assert Attempt.objects.get().due_at == now
    assert "submitted without a time to ask" in caplog.text


@pytest.fixture
def forgotten(make_task, project, alice, now):
    """Queued, but with neither an attempt nor a time to begin."""
    task = make_task()
    actions.start(project, by=alice)
    old = now - timedelta(minutes=1)
    VideoTask.objects.update(next_try_at=None, updated_at=old)
    return task


def test_it_queues_the_forgotten_again(forgotten, now, caplog):
    reconcile(now)
    assert VideoTask.objects.get().next_try_at == now
    assert "queued without a time to begin" in caplog.text


def test_it_leaves_the_planned_alone(make_attempt, now):
    make_attempt(State.PLANNED)
    VideoTask.objects.update(updated_at=now - timedelta(minutes=1))
    reconcile(now)
    assert VideoTask.objects.get().next_try_at is None


def test_it_leaves_a_moment_to_transactions_under_way(forgotten, now):
    VideoTask.objects.update(updated_at=now - timedelta(seconds=5))
    reconcile(now)
    assert VideoTask.objects.get().next_try_at is None


MOVING = {Status.QUEUED, Status.GENERATING, Status.DOWNLOADING, Status.UNCERTAIN}


@pytest.mark.parametrize("status", [s for s in Status if s != Status.SUCCEEDED])
def test_it_finishes_a_batch_when_nothing_of_it_moves(
    make_task, project, alice, now, status
):
    make_task()
    batch = actions.start(project, by=alice).batch
    VideoTask.objects.update(status=status, error_code="x")
    reconcile(now)
    assert (Batch.objects.get(pk=batch.pk).finished_at is None) is (status in MOVING)


def test_it_is_harmless_as_often_as_it_runs(make_attempt, now):
    make_attempt(State.SENDING, lease_host="gone", lease_until=now)
    for _ in range(3):
        reconcile(now)
    assert Attempt.objects.get().state == State.UNCERTAIN


@pytest.mark.parametrize(
    ("state", "wake"),
    [
        (State.PLANNED, Wake.GENERATE),
        (State.DOWNLOADING, Wake.DOWNLOAD),
        (State.SENDING, Wake.NOTHING),
        (State.STORED, Wake.NOTHING),
    ],
)
def test_it_finds_work_whose_wake_up_was_lost(make_attempt, now, state, wake):
    make_attempt(state)
    assert due(now + timedelta(seconds=1)) == wake
