"""What a refusal does: to its task, its key, its account or its model."""

import pytest

from tasks.engine import submit
from tasks.models import (
    ApiKey,
    KeyState,
    ProviderAccount,
    State,
    Status,
    VideoTask,
)

REFUSED = [
    ("[sim:code=400]", "content_policy"),
    ("[sim:code=422]", "image_rejected"),
    ("[sim:unheard-of]", "invalid_parameter"),
]


@pytest.mark.parametrize(("mark", "code"), REFUSED)
def test_it_fails_a_refused_task_and_never_buys_it_again(
    engine, kie, mark, code, bought
):
    task, attempt = bought(mark)
    engine.buy()
    assert (attempt.state, attempt.is_counted) == (State.REJECTED, True)
    assert (task.status, task.error_code) == (Status.FAILED, code)
    assert len(kie.calls()) == 1


def test_it_tries_a_passing_refusal_again_later(project, bought):
    task, attempt = bought("[sim:code=501]")
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
    engine, kie, project, mark, code, seconds, bought
):
    task, attempt = bought(mark)
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
    engine, kie, make_key, project, planned
):
    make_key("second", secret=kie.new_key())
    (attempt,) = planned()
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
    engine, kie, project, planned
):
    planned()
    kie.control(revoke=kie.key)
    engine.submit()
    engine.buy()
    project.refresh_from_db()
    assert VideoTask.objects.get().status == Status.QUEUED
    assert project.wait_reason == "no_key"
    assert len(kie.calls()) == 1


def test_it_cools_a_key_that_reached_its_limit(bought):
    _task, attempt = bought("[sim:code=433]")
    key = ApiKey.objects.get()
    assert (key.state, key.reason) == (KeyState.COOLING, "key_limit")
    assert (key.until - attempt.ended_at).total_seconds() == pytest.approx(3600, abs=1)
    assert attempt.account.is_open(attempt.ended_at)


def test_it_closes_a_model_that_is_switched_off(bought):
    task, attempt = bought("[sim:code=505]", model="veo3")
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


def test_it_buys_nothing_while_nobody_answers(make_key, bought):
    ProviderAccount.objects.update(base_url="http://127.0.0.1:9")
    task, attempt = bought()
    account = ProviderAccount.objects.get()
    assert (attempt.state, attempt.error_code) == (State.CANCELED, "connect_refused")
    assert (attempt.credits_settled, attempt.rate_until) == (0, None)
    assert (task.status, task.error_code) == (Status.QUEUED, "connect_refused")
    assert (account.reason, account.failures) == ("connect_refused", 1)


def test_it_goes_on_when_the_provider_is_back(engine, kie, settings, bought):
    settings.VEO_TIME_SCALE = 1000
    ProviderAccount.objects.update(base_url="http://127.0.0.1:9")
    task, _attempt = bought()
    ProviderAccount.objects.update(base_url=kie.url)
    engine.run()
    task.refresh_from_db()
    assert (task.status, task.error_code) == (Status.SUCCEEDED, "")
    assert len(kie.calls()) == 1
    assert task.retries_left == engine.project.retries
