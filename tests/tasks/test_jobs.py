"""Waking and waiting: Redis carries nothing but the hint that there is work."""

import contextlib
import time

import pytest
from django.db import transaction

from tasks import jobs
from tasks.engine import stopping
from tasks.engine.wake import Wake

QUEUES = {
    Wake.GENERATE: "generate",
    Wake.POLL: "poll",
    Wake.DOWNLOAD: "download",
    Wake.PICTURES: "misc",
}


@pytest.fixture(autouse=True)
def _not_leaving():
    stopping._asked.clear()
    yield
    stopping._asked.clear()


@pytest.mark.parametrize(("wake", "queue"), QUEUES.items())
def test_it_puts_a_job_without_arguments_into_its_queue(redis, wake, queue):
    jobs.wake_now(wake)
    (job,) = jobs._queue(queue).jobs
    assert job.func_name == f"tasks.jobs.{'pictures' if queue == 'misc' else queue}"
    assert (job.args, job.kwargs, job.retries_left) == ([], {}, None)
    assert all(len(jobs._queue(q)) == 0 for q in QUEUES.values() if q != queue)


@pytest.mark.parametrize(("wake", "queue"), QUEUES.items())
def test_it_fills_no_queue_with_what_one_job_does(redis, wake, queue):
    for _ in range(10):
        jobs.wake_now(wake)
    assert len(jobs._queue(queue)) == jobs._KINDS[wake].enough <= 2


def test_it_can_run_whatever_it_enqueues(redis):
    for kind in jobs._KINDS.values():
        assert callable(getattr(jobs, kind.path.rpartition(".")[2]))
        assert kind.seconds > jobs.STAY


def test_it_wakes_several_at_once(redis):
    jobs.wake_now(Wake.GENERATE | Wake.DOWNLOAD | Wake.DISPATCH)
    assert len(jobs._queue("generate")) == len(jobs._queue("download")) == 1
    assert jobs.wait_for(jobs.CLOCK_BELL, 0.1)


def test_it_wakes_nobody_for_nothing(redis):
    jobs.wake_now(Wake.NOTHING)
    assert redis.keys() == []


def test_it_rings_until_somebody_hears(redis):
    jobs.ring(jobs.CLOCK_BELL)
    assert jobs.wait_for(jobs.CLOCK_BELL, 0.1)
    assert not jobs.wait_for(jobs.CLOCK_BELL, 0.01)


def test_it_rings_once_for_many_rings(redis):
    for _ in range(100):
        jobs.ring(jobs.CLOCK_BELL)
    assert redis.llen(jobs.CLOCK_BELL) == 1
    assert 0 < redis.ttl(jobs.CLOCK_BELL) <= 60


def test_it_wakes_at_the_commit_and_not_before(redis, transactional_db):
    with transaction.atomic():
        jobs.wake_on_commit(Wake.GENERATE)
        assert len(jobs._queue("generate")) == 0
    assert len(jobs._queue("generate")) == 1


def test_it_wakes_nobody_for_what_was_rolled_back(redis, transactional_db):
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        jobs.wake_on_commit(Wake.GENERATE)
        raise ZeroDivisionError
    assert len(jobs._queue("generate")) == 0


def test_it_lives_without_redis(no_redis, caplog):
    jobs.wake_now(Wake.GENERATE | Wake.DISPATCH)
    assert "redis is away" in caplog.text
    assert not jobs.redis_is_up()
    assert not jobs._wait_quietly("bell", 1)


def test_it_knows_that_redis_is_up(redis):
    assert jobs.redis_is_up()
    assert not jobs.every_queue_has_a_worker()


@pytest.mark.parametrize("flag", [Wake.GENERATE, Wake.DOWNLOAD, Wake.PICTURES])
def test_it_stays_for_more_while_it_is_rung(redis, monkeypatch, flag):
    monkeypatch.setattr(jobs, "LINGER", 0.05)
    runs = []

    def steps():
        runs.append(1)
        if len(runs) < 3:
            yield flag

    jobs._stay(flag, steps)
    assert len(runs) >= 3


def test_it_goes_home_when_nothing_comes(redis, monkeypatch):
    monkeypatch.setattr(jobs, "LINGER", 0.05)
    began = time.monotonic()
    jobs._stay(Wake.GENERATE, list)
    assert time.monotonic() - began < 1


def test_it_goes_home_when_asked_to(redis):
    stopping.ask()
    runs = []
    jobs._stay(Wake.GENERATE, lambda: runs.append(1) or [])
    assert runs == [1]


def test_it_goes_home_when_its_time_is_over(redis, monkeypatch):
    monkeypatch.setattr(jobs, "STAY", -1)
    jobs._stay(Wake.GENERATE, list)


def test_it_passes_on_what_steps_wake(no_redis, monkeypatch):
    woken = []
    monkeypatch.setattr(jobs, "wake_now", woken.append)
    jobs._stay(Wake.PICTURES, lambda: [Wake.DISPATCH], lambda: [Wake.POLL])
    assert woken == [Wake.DISPATCH, Wake.POLL]
