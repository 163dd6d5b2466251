"""Each planned attempt is sent once, and what came of it is written."""

import hashlib
import time

import pytest
from django.utils import timezone

from tasks.engine import recorder, settle, submit
from tasks.engine.submit import claim
from tasks.engine.wake import Wake
from tasks.kie.errors import Verdict
from tasks.models import (
    Attempt,
    ProviderAccount,
    State,
    Status,
    TaskEvent,
    VideoTask,
)


def test_it_buys_once_and_keeps_the_id(kie, bought):
    task, attempt = bought()
    (call,) = kie.calls()
    assert (attempt.state, task.status) == (State.SUBMITTED, Status.GENERATING)
    assert attempt.provider_task_id == call["task_id"]
    assert task.stage == "submitted"
    token = call["callback_url"].rstrip("/").rpartition("/")[2]
    assert attempt.token_sha256 == hashlib.sha256(token.encode()).hexdigest()


def test_it_records_before_and_after_the_post(now, bought):
    _task, attempt = bought()
    found = recorder.read({str(attempt.pk)}, since=now.date())
    assert found[str(attempt.pk)] == recorder.Entry(True, attempt.provider_task_id)


DOUBTFUL = [
    ("[sim:lost]", "answer_lost"),
    ("[sim:lost-reset]", "answer_lost"),
    ("[sim:lost][sim:not-created]", "answer_lost"),
    ("[sim:no-task-id]", "no_task_id"),
    ("[sim:code=500]", "server_error"),
    ("[sim:code=531]", "unknown_code"),
    ("[sim:http=502][sim:created]", "gateway_error"),
    ("[sim:answer=html]", "answer_unreadable"),
    ("[sim:answer=truncated]", "answer_broken"),
]


@pytest.mark.parametrize(("mark", "code"), DOUBTFUL)
def test_it_never_sends_a_doubtful_purchase_again(engine, kie, mark, code, bought):
    task, attempt = bought(mark)
    for _ in range(3):
        engine.buy()
        engine.poll()
        engine.reconcile()
    assert (attempt.state, attempt.error_code) == (State.UNCERTAIN, code)
    assert (task.status, task.stage) == (Status.UNCERTAIN, "confirming")
    assert attempt.credits_settled is None
    assert len(kie.calls()) == 1


def test_it_doubts_an_id_that_another_attempt_has(kie, bought):
    bought()
    task, attempt = bought("[sim:same-task-id]")
    assert (attempt.state, attempt.error_code) == (State.UNCERTAIN, "duplicate_task_id")
    assert attempt.error_text == kie.calls()[0]["task_id"]
    assert task.status == Status.UNCERTAIN


def test_it_does_not_send_after_it_was_held_up(kie, settings, planned):
    planned()
    (ready,) = [submit._prepare(a) for a in submit._planned(8)]
    (sending,), _opens = claim([ready], timezone.now())
    settings.VEO_TIME_SCALE = 10_000
    time.sleep(0.001)
    outcome = submit.send(sending)
    settle.answer(sending.attempt, outcome)
    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.error_code) == (State.CANCELED, "held_up")
    assert VideoTask.objects.get().status == Status.QUEUED
    assert kie.calls() == []


def test_it_does_not_send_what_it_cannot_record(kie, settings, tmp_path, bought):
    settings.RECORDER_DIR = tmp_path / "full"
    settings.RECORDER_DIR.write_text("a file where the folder should be")
    task, attempt = bought()
    assert (attempt.state, attempt.error_code) == (State.CANCELED, "recorder_full")
    assert (task.status, kie.calls()) == (Status.QUEUED, [])
    assert ProviderAccount.objects.get().reason == "recorder_full"


def test_it_keeps_the_id_when_only_the_second_line_fails(monkeypatch, bought):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recorder, "got", full)
    _task, attempt = bought()
    assert attempt.state == State.SUBMITTED


def test_it_doubts_a_purchase_that_our_own_mistake_broke(monkeypatch, bought):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("tasks.kie.client.Kie.generate", broken)
    task, attempt = bought()
    assert (attempt.state, attempt.error_code) == (State.UNCERTAIN, "client_error")
    assert task.status == Status.UNCERTAIN


def test_it_takes_its_own_copy_of_the_request(engine, kie, planned):
    (attempt,) = planned()
    VideoTask.objects.update(prompt="Edited behind its back")
    engine.submit()
    wanted = hashlib.sha256(b"Wave 0").hexdigest()
    assert kie.calls()[0]["prompt_sha"] == wanted
    attempt.refresh_from_db()
    assert attempt.request["prompt"] == "Wave 0"


def test_it_leaves_alone_what_must_not_be_sent_now(engine, kie, now, planned):
    (attempt,) = planned()
    attempt.account.close("maintenance", now=now, seconds=60)
    assert engine.submit() == [Wake.DISPATCH]
    attempt.refresh_from_db()
    assert (attempt.state, kie.calls()) == (State.PLANNED, [])


def test_it_never_sends_for_a_task_in_the_trash(engine, kie, now, planned):
    planned()
    VideoTask.objects.update(deleted_at=now)
    engine.submit()
    engine.dispatch()
    assert kie.calls() == []
    assert Attempt.objects.get().state == State.CANCELED


def test_it_says_in_the_log_what_happened(bought):
    task, _attempt = bought("[sim:code=400]")
    event = TaskEvent.objects.get(task=task, key="refused")
    assert event.data["code"] == "content_policy"


def test_it_hides_the_token_of_its_callback(kie, bought):
    _task, attempt = bought()
    token = kie.calls()[0]["callback_url"].rstrip("/").rpartition("/")[2]
    assert token not in str(Attempt.objects.values().get(pk=attempt.pk))


def test_it_wakes_the_poller_for_what_was_accepted(engine, make_task, alice):
    make_task()
    engine.start(alice)
    assert engine.buy() == [Wake.POLL]


def test_it_says_what_an_outcome_of_our_own_means():
    assert settle.not_sent("held_up").verdict is Verdict.NOT_SENT
    assert settle.unknown("worker_died").verdict is Verdict.UNCERTAIN
