"""What an answer does, however late it comes and however often it has to be written."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from tasks.engine import settle
from tasks.engine.wake import Wake
from tasks.kie import table_b
from tasks.kie.errors import Verdict
from tasks.kie.replies import Outcome
from tasks.models import (
    Attempt,
    CallbackReceipt,
    KeyState,
    Stale,
    State,
    Status,
    TaskEvent,
    VideoTask,
)

BOUGHT = Outcome(Verdict.ACCEPTED, task_id="veo-1")
REFUSED = Outcome(Verdict.REFUSED, fault=table_b.CONTENT_POLICY, text="No.")
BUSY = Outcome(Verdict.REFUSED, fault=table_b.RATE_LIMITED, retry_after=7.0)


@pytest.fixture
def sending(make_attempt):
    return make_attempt(State.SENDING)


def written(attempt):
    attempt.refresh_from_db()
    attempt.task.refresh_from_db()
    return attempt.state, attempt.task.status


def test_it_keeps_the_id_and_asks_for_a_poll(sending):
    assert settle.answer(sending, BOUGHT) == Wake.POLL
    assert written(sending) == (State.SUBMITTED, Status.GENERATING)
    assert sending.provider_task_id == "veo-1"


@pytest.mark.parametrize("error", [OperationalError("locked"), Stale("moved")])
def test_it_tries_until_the_database_takes_it(
    transactional_db, sending, monkeypatch, error
):
    real, failures = settle._answer, [error, error]

    def shaky(*args):
        if failures:
            raise failures.pop()
        return real(*args)

    monkeypatch.setattr(settle, "_answer", shaky)
    settle.answer(sending, BOUGHT)
    assert written(sending) == (State.SUBMITTED, Status.GENERATING)


@pytest.mark.parametrize("outcome", [BOUGHT, REFUSED, BUSY])
def test_it_changes_nothing_when_it_is_written_twice(sending, project, outcome):
    settle.answer(sending, outcome)
    first = written(sending)
    settle.answer(sending, outcome)
    project.refresh_from_db()
    assert written(sending) == first
    assert sum(project.counts.values()) == 1


def test_it_finishes_in_the_trash_what_was_bought(sending, now):
    VideoTask.objects.update(deleted_at=now)
    settle.answer(sending, BOUGHT)
    assert written(sending) == (State.SUBMITTED, Status.GENERATING)


def test_it_takes_an_id_for_a_purchase_that_was_given_up_as_doubtful(make_attempt):
    attempt = make_attempt(State.UNCERTAIN)
    settle.answer(attempt, BOUGHT)
    assert written(attempt) == (State.SUBMITTED, Status.GENERATING)


@pytest.mark.parametrize(
    ("outcome", "state", "status"),
    [
        (REFUSED, State.REJECTED, Status.FAILED),
        (BUSY, State.REJECTED, Status.QUEUED),
        (settle.not_sent("held_up"), State.CANCELED, Status.QUEUED),
        (settle.unknown("client_error"), State.UNCERTAIN, Status.UNCERTAIN),
    ],
)
def test_it_believes_a_definite_answer_that_comes_late(
    make_attempt, outcome, state, status
):
    attempt = make_attempt(State.UNCERTAIN)
    settle.answer(attempt, outcome)
    assert written(attempt) == (state, status)


def test_it_keeps_an_id_that_comes_after_a_person_gave_up(make_attempt):
    attempt = make_attempt(State.WRITTEN_OFF)
    assert settle.answer(attempt, BOUGHT) == Wake.NOTHING
    assert written(attempt) == (State.WRITTEN_OFF, Status.FAILED)
    assert TaskEvent.objects.get(key="late_answer").data["task_id"] == "veo-1"


def test_it_says_nothing_of_an_id_it_knows(make_attempt):
    attempt = make_attempt(State.STORED)
    settle.answer(attempt, Outcome(Verdict.ACCEPTED, task_id=attempt.provider_task_id))
    assert not TaskEvent.objects.filter(key="late_answer").exists()


def test_it_doubts_an_id_that_is_taken(make_attempt):
    make_attempt(State.SUBMITTED, provider_task_id="veo-1")
    second = make_attempt(State.SENDING)
    settle.answer(second, BOUGHT)
    assert written(second) == (State.UNCERTAIN, Status.UNCERTAIN)
    assert (second.error_code, second.error_text) == ("duplicate_task_id", "veo-1")


def test_it_keeps_an_id_named_beside_a_refusal_as_a_hint(sending):
    outcome = Outcome(
        Verdict.UNCERTAIN, task_id="veo-1", fault=table_b.ANSWER_CONTRADICTS
    )
    settle.answer(sending, outcome)
    assert CallbackReceipt.objects.unused().get().provider_task_id == "veo-1"


def test_it_waits_as_long_as_it_was_told(sending, now):
    settle.answer(sending, BUSY)
    sending.account.refresh_from_db()
    wait = (sending.account.closed_until - now).total_seconds()
    assert wait == pytest.approx(7, abs=1)


def test_it_heals_account_and_key_by_a_purchase(make_attempt, now):
    attempt = make_attempt(State.SENDING)
    past = now - timedelta(seconds=60)
    attempt.account.close("maintenance", now=past, seconds=10)
    attempt.key.cool("key_limit", now=past, seconds=10)
    settle.answer(Attempt.objects.get(pk=attempt.pk), BOUGHT)
    attempt.account.refresh_from_db()
    attempt.key.refresh_from_db()
    assert (attempt.account.failures, attempt.account.reason) == (0, "")
    assert attempt.key.state == KeyState.ENABLED


def test_it_heals_nothing_by_a_purchase_from_before_the_refusal(make_attempt, now):
    attempt = make_attempt(State.SENDING)
    attempt.account.close("rate_limited", now=now, seconds=60)
    attempt.key.cool("key_limit", now=now, seconds=60)
    settle.answer(attempt, BOUGHT)
    attempt.account.refresh_from_db()
    attempt.key.refresh_from_db()
    assert not attempt.account.is_open(now)
    assert attempt.key.state == KeyState.COOLING


@pytest.mark.parametrize(
    ("outcome", "settled"),
    [(REFUSED, 0), (BUSY, 0), (settle.not_sent("held_up"), 0), (BOUGHT, None)],
)
def test_it_settles_nothing_spent_when_nothing_was_bought(sending, outcome, settled):
    settle.answer(sending, outcome)
    sending.refresh_from_db()
    assert sending.credits_settled == settled


def test_it_frees_the_rate_window_of_what_never_left(sending):
    settle.answer(sending, settle.not_sent("held_up"))
    sending.refresh_from_db()
    assert sending.rate_until is None


def test_it_closes_an_account_once_for_a_crowd_of_refusals(make_attempt):
    attempts = [make_attempt(State.SENDING) for _ in range(5)]
    for attempt in attempts:
        settle.answer(attempt, BUSY)
    attempts[0].account.refresh_from_db()
    assert attempts[0].account.failures == 1


def test_it_waits_longer_each_time_an_account_refuses(make_attempt, now):
    waits = []
    for n in range(3):
        attempt = make_attempt(State.SENDING)
        settle.answer(
            attempt, Outcome(Verdict.REFUSED, fault=table_b.MAINTENANCE, text=str(n))
        )
        attempt.account.refresh_from_db()
        waits.append(round((attempt.account.closed_until - now).total_seconds(), -1))
        type(attempt.account).objects.update(closed_until=now)
    assert waits == [60, 120, 300]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server")
def test_it_outlives_a_restart_of_the_database(transactional_db, sending, monkeypatch):
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()
    settle.answer(sending, BOUGHT)
    assert written(sending) == (State.SUBMITTED, Status.GENERATING)
