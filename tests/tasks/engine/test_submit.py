"""Each planned attempt is sent once, and what came of it is written."""

import hashlib
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from tasks.engine import recorder, settle, submit
from tasks.engine.submit import claim
from tasks.engine.wake import Wake
from tasks.kie.errors import Verdict
from tasks.models import (
    ApiKey,
    Attempt,
    KeyState,
    ProviderAccount,
    State,
    Status,
    TaskEvent,
    VideoTask,
)


def bought(engine, make_task, alice, prompt="Waves", **fields):
    """A task whose one purchase has been sent; its attempt afterwards."""
    task = make_task(prompt, **fields)
    engine.start(alice)
    engine.buy()
    task.refresh_from_db()
    return task, task.attempts.get()


def planned(engine, make_task, alice, count=1):
    for n in range(count):
        make_task(f"Wave {n}")
    engine.start(alice)
    engine.plan()
    return list(Attempt.objects.order_by("planned_at"))


def test_it_buys_once_and_keeps_the_id(engine, make_task, alice, kie):
    task, attempt = bought(engine, make_task, alice)
    (call,) = kie.calls()
    assert (attempt.state, task.status) == (State.SUBMITTED, Status.GENERATING)
    assert attempt.provider_task_id == call["task_id"]
    assert task.stage == "submitted"
    token = call["callback_url"].rstrip("/").rpartition("/")[2]
    assert attempt.token_sha256 == hashlib.sha256(token.encode()).hexdigest()


def test_it_records_before_and_after_the_post(engine, make_task, alice, now):
    _task, attempt = bought(engine, make_task, alice)
    found = recorder.read({str(attempt.pk)}, since=now.date())
    assert found[str(attempt.pk)] == recorder.Entry(True, attempt.provider_task_id)


REFUSED = [
    ("[sim:code=400]", "content_policy"),
    ("[sim:code=422]", "image_rejected"),
    ("[sim:unheard-of]", "invalid_parameter"),
]


@pytest.mark.parametrize(("mark", "code"), REFUSED)
def test_it_fails_a_refused_task_and_never_buys_it_again(
    engine, make_task, alice, kie, mark, code
):
    task, attempt = bought(engine, make_task, alice, mark)
    engine.buy()
    assert (attempt.state, attempt.is_counted) == (State.REJECTED, True)
    assert (task.status, task.error_code) == (Status.FAILED, code)
    assert len(kie.calls()) == 1


def test_it_tries_a_passing_refusal_again_later(engine, make_task, alice, project):
    task, attempt = bought(engine, make_task, alice, "[sim:code=501]")
    assert (attempt.state, attempt.is_counted) == (State.REJECTED, True)
    assert (task.status, task.stage) == (Status.QUEUED, "retrying")
    assert task.retries_left == project.retries - 1
    wait = (task.next_try_at - attempt.ended_at).total_seconds()
    assert 15 <= wait <= 30


def test_it_buys_again_only_while_retries_are_left(engine, make_task, alice, settings):
    settings.VEO_TIME_SCALE = 1000
    engine.project.retries = 2
    engine.project.save()
    task = make_task("[sim:code=501]")
    engine.start(alice)
    engine.until(lambda: VideoTask.objects.get().status == Status.FAILED)
    assert task.attempts.filter(is_counted=True).count() == 3
    assert [a.number for a in task.attempts.order_by("number")] == [1, 2, 3]


def test_it_succeeds_at_a_later_try(engine, make_task, alice, kie, settings):
    settings.VEO_TIME_SCALE = 1000
    make_task("[sim:code=501][sim:times=1]")
    engine.start(alice)
    engine.run()
    assert VideoTask.objects.get().status == Status.SUCCEEDED
    assert len(kie.bought()) == 1


# What refuses for the sake of a key, an account or a model: the task waits uncounted.
WAITS = [
    ("[sim:code=402]", "no_credits", 300),
    ("[sim:code=429]", "rate_limited", 10),
    ("[sim:code=455]", "maintenance", 60),
    ("[sim:code=404]", "endpoint_missing", 300),
    ("[sim:http=403]", "client_blocked", 60),
    ("[sim:http=521]", "origin_unreachable", 60),
]


@pytest.mark.parametrize(("mark", "code", "seconds"), WAITS)
def test_it_closes_the_account_and_keeps_the_task_queued(
    engine, make_task, alice, kie, project, mark, code, seconds
):
    task, attempt = bought(engine, make_task, alice, mark)
    account = ProviderAccount.objects.get()
    assert (task.status, attempt.is_counted) == (Status.QUEUED, False)
    assert task.retries_left == project.retries
    assert account.reason == code
    open_in = (account.closed_until - attempt.ended_at).total_seconds()
    assert open_in == pytest.approx(seconds, abs=1)
    engine.buy()
    assert len(kie.calls()) == 1
    project.refresh_from_db()
    assert project.wait_reason == f"account:{code}"


@pytest.mark.parametrize("mark", ["[sim:code=402]", "[sim:code=429]", "[sim:code=455]"])
def test_it_goes_on_by_itself_when_the_account_opens(
    engine, make_task, alice, kie, settings, mark
):
    settings.VEO_TIME_SCALE = 1000
    make_task(f"{mark}[sim:times=1]")
    engine.start(alice)
    engine.run()
    account = ProviderAccount.objects.get()
    assert VideoTask.objects.get().status == Status.SUCCEEDED
    assert (account.failures, account.reason, account.closed_until) == (0, "", None)
    assert len(kie.bought()) == 1


def test_it_uses_the_next_key_when_one_is_refused(
    engine, make_task, alice, kie, make_key, project
):
    make_key("second", secret=kie.new_key())
    (attempt,) = planned(engine, make_task, alice)
    kie.control(revoke=kie.key)
    engine.submit()
    task = attempt.task
    task.refresh_from_db()
    assert task.status == Status.QUEUED
    engine.buy()
    task.refresh_from_db()
    assert task.status == Status.GENERATING
    assert ApiKey.objects.get(name="first").state == KeyState.INVALID
    assert [call["accepted"] for call in kie.calls()] == [False, True]
    assert task.retries_left == project.retries


def test_it_waits_with_a_reason_when_every_key_is_refused(
    engine, make_task, alice, kie, project
):
    planned(engine, make_task, alice)
    kie.control(revoke=kie.key)
    engine.submit()
    engine.buy()
    project.refresh_from_db()
    assert VideoTask.objects.get().status == Status.QUEUED
    assert project.wait_reason == "no_key"
    assert len(kie.calls()) == 1


def test_it_cools_a_key_that_reached_its_limit(engine, make_task, alice):
    _task, attempt = bought(engine, make_task, alice, "[sim:code=433]")
    key = ApiKey.objects.get()
    assert (key.state, key.reason) == (KeyState.COOLING, "key_limit")
    assert (key.until - attempt.ended_at).total_seconds() == pytest.approx(3600, abs=1)
    assert attempt.account.is_open(attempt.ended_at)


def test_it_closes_a_model_that_is_switched_off(engine, make_task, alice):
    task, attempt = bought(engine, make_task, alice, "[sim:code=505]", model="veo3")
    assert task.status == Status.QUEUED
    assert not attempt.account.takes_model("veo3", attempt.ended_at)
    assert attempt.account.takes_model("veo3_fast", attempt.ended_at)


def test_it_buys_other_models_while_one_is_closed(engine, make_task, alice, kie):
    for n in range(submit.AT_ONCE + 1):
        make_task(f"[sim:code=505] {n}", model="veo3")
    other = make_task("Waves")
    engine.project.concurrency = 50
    engine.project.save()
    engine.start(alice, task_ids=[t.pk for t in VideoTask.objects.exclude(pk=other.pk)])
    engine.buy()
    engine.start(alice)
    engine.buy()
    assert len(kie.bought()) == 1


def test_it_buys_nothing_while_nobody_answers(engine, make_task, alice, make_key):
    ProviderAccount.objects.update(base_url="http://127.0.0.1:9")
    task, attempt = bought(engine, make_task, alice)
    account = ProviderAccount.objects.get()
    assert (attempt.state, attempt.error_code) == (State.CANCELED, "connect_refused")
    assert (attempt.credits_settled, attempt.rate_until) == (0, None)
    assert (task.status, task.error_code) == (Status.QUEUED, "connect_refused")
    assert (account.reason, account.failures) == ("connect_refused", 1)


def test_it_goes_on_when_the_provider_is_back(engine, make_task, alice, kie, settings):
    settings.VEO_TIME_SCALE = 1000
    ProviderAccount.objects.update(base_url="http://127.0.0.1:9")
    task, _attempt = bought(engine, make_task, alice)
    ProviderAccount.objects.update(base_url=kie.url)
    engine.run()
    task.refresh_from_db()
    assert (task.status, task.error_code) == (Status.SUCCEEDED, "")
    assert len(kie.calls()) == 1
    assert task.retries_left == engine.project.retries


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
def test_it_never_sends_a_doubtful_purchase_again(
    engine, make_task, alice, kie, mark, code
):
    task, attempt = bought(engine, make_task, alice, mark)
    for _ in range(3):
        engine.buy()
        engine.poll()
        engine.reconcile()
    assert (attempt.state, attempt.error_code) == (State.UNCERTAIN, code)
    assert (task.status, task.stage) == (Status.UNCERTAIN, "confirming")
    assert attempt.credits_settled is None
    assert len(kie.calls()) == 1


def test_it_doubts_an_id_that_another_attempt_has(engine, make_task, alice, kie):
    bought(engine, make_task, alice)
    task, attempt = bought(engine, make_task, alice, "[sim:same-task-id]")
    assert (attempt.state, attempt.error_code) == (State.UNCERTAIN, "duplicate_task_id")
    assert attempt.error_text == kie.calls()[0]["task_id"]
    assert task.status == Status.UNCERTAIN


def test_it_does_not_send_after_it_was_held_up(engine, make_task, alice, kie, settings):
    planned(engine, make_task, alice)
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


def test_it_does_not_send_what_it_cannot_record(
    engine, make_task, alice, kie, settings, tmp_path
):
    settings.RECORDER_DIR = tmp_path / "full"
    settings.RECORDER_DIR.write_text("a file where the folder should be")
    task, attempt = bought(engine, make_task, alice)
    assert (attempt.state, attempt.error_code) == (State.CANCELED, "recorder_full")
    assert (task.status, kie.calls()) == (Status.QUEUED, [])
    assert ProviderAccount.objects.get().reason == "recorder_full"


def test_it_keeps_the_id_when_only_the_second_line_fails(
    engine, make_task, alice, monkeypatch
):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recorder, "got", full)
    _task, attempt = bought(engine, make_task, alice)
    assert attempt.state == State.SUBMITTED


def test_it_doubts_a_purchase_that_our_own_mistake_broke(
    engine, make_task, alice, monkeypatch
):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("tasks.kie.client.Kie.generate", broken)
    task, attempt = bought(engine, make_task, alice)
    assert (attempt.state, attempt.error_code) == (State.UNCERTAIN, "client_error")
    assert task.status == Status.UNCERTAIN


def test_it_takes_its_own_copy_of_the_request(engine, make_task, alice, kie):
    (attempt,) = planned(engine, make_task, alice)
    VideoTask.objects.update(prompt="Edited behind its back")
    engine.submit()
    wanted = hashlib.sha256(b"Wave 0").hexdigest()
    assert kie.calls()[0]["prompt_sha"] == wanted
    attempt.refresh_from_db()
    assert attempt.request["prompt"] == "Wave 0"


def test_it_uploads_a_picture_anew_once_when_it_could_not_be_fetched(
    engine, make_task, alice, settings
):
    settings.VEO_TIME_SCALE = 1000
    task = make_task("[sim:code=451]")
    engine.start(alice)
    engine.until(lambda: VideoTask.objects.get().status == Status.FAILED)
    first, second = (a.request["image_urls"] for a in task.attempts.order_by("number"))
    assert first != second


def test_it_falls_back_to_the_other_model_after_a_definite_failure(
    engine, make_task, alice, settings
):
    settings.VEO_TIME_SCALE = 1000
    task = make_task("[sim:code=501][sim:times=1]", fallback=True, model="veo3")
    engine.start(alice)
    engine.run()
    counted = task.attempts.counted().order_by("number")
    assert [a.model for a in counted] == ["veo3", "veo3_lite"]


def test_it_does_not_fall_back_unasked_or_uncounted(engine, make_task, alice, settings):
    settings.VEO_TIME_SCALE = 1000
    plain = make_task("[sim:code=501][sim:times=1] a", model="veo3")
    waited = make_task("[sim:code=429][sim:times=1] b", fallback=True, model="veo3")
    engine.start(alice)
    engine.run()
    models = {a.model for t in (plain, waited) for a in t.attempts.all()}
    assert models == {"veo3"}


def test_it_leaves_alone_what_must_not_be_sent_now(engine, make_task, alice, kie, now):
    (attempt,) = planned(engine, make_task, alice)
    attempt.account.close("maintenance", now=now, seconds=60)
    assert engine.submit() == [Wake.DISPATCH]
    attempt.refresh_from_db()
    assert (attempt.state, kie.calls()) == (State.PLANNED, [])


def test_it_never_sends_for_a_task_in_the_trash(engine, make_task, alice, kie, now):
    planned(engine, make_task, alice)
    VideoTask.objects.update(deleted_at=now)
    engine.submit()
    engine.dispatch()
    assert kie.calls() == []
    assert Attempt.objects.get().state == State.CANCELED


def test_it_says_in_the_log_what_happened(engine, make_task, alice):
    task, _attempt = bought(engine, make_task, alice, "[sim:code=400]")
    event = TaskEvent.objects.get(task=task, key="refused")
    assert event.data["code"] == "content_policy"


def test_it_hides_the_token_of_its_callback(engine, make_task, alice, kie):
    _task, attempt = bought(engine, make_task, alice)
    token = kie.calls()[0]["callback_url"].rstrip("/").rpartition("/")[2]
    assert token not in str(Attempt.objects.values().get(pk=attempt.pk))


def test_it_never_claims_more_than_it_may(engine, make_task, alice, settings, now):
    planned(engine, make_task, alice, 3)
    settings.KIE_CREATE_RATE = 2
    ready = [submit._prepare(a) for a in submit._planned(8)]
    taken, _opens_at = claim(ready, now)
    more, opens_at = claim(ready, now)
    assert (len(taken), more) == (2, [])
    assert opens_at > now + timedelta(seconds=180)


def test_it_opens_the_window_ten_seconds_after_the_answer(
    engine, make_task, alice, settings
):
    settings.KIE_CREATE_RATE = 2
    planned(engine, make_task, alice, 2)
    engine.submit()
    ends = Attempt.objects.values_list("rate_until", "submitted_at")
    assert all(
        (end - answered).total_seconds() == pytest.approx(10, abs=0.1)
        for end, answered in ends
    )


def test_it_keeps_the_rate_at_the_provider(engine, make_task, alice, kie, settings):
    settings.KIE_CREATE_RATE = 3
    settings.VEO_TIME_SCALE = 20  # the window of 10 s is half a second long
    engine.project.concurrency = 20
    engine.project.save()
    for n in range(8):
        make_task(f"Wave {n}")
    engine.start(alice)
    engine.until(lambda: len(kie.bought()) == 8)
    times = sorted(call["at"] for call in kie.calls())
    assert len(times) == 8
    assert all(b - a > 0.45 for a, b in zip(times, times[3:], strict=False))


def test_it_writes_answers_while_the_rate_holds_up_the_next(
    engine, make_task, alice, settings
):
    settings.KIE_CREATE_RATE = 2
    settings.VEO_TIME_SCALE = 20
    engine.project.concurrency = 20
    engine.project.save()
    for n in range(3):
        make_task(f"[sim:slow-answer=0.2] Wave {n}")
    engine.start(alice)
    began = time.monotonic()
    engine.until(lambda: Attempt.objects.exclude(provider_task_id=None).count() == 3)
    assert time.monotonic() - began < 5


def test_it_wakes_the_poller_for_what_was_accepted(engine, make_task, alice):
    make_task()
    engine.start(alice)
    assert engine.buy() == [Wake.POLL]


def test_it_says_what_an_outcome_of_our_own_means():
    assert settle.not_sent("held_up").verdict is Verdict.NOT_SENT
    assert settle.unknown("worker_died").verdict is Verdict.UNCERTAIN
