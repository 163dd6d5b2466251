"""The thin functions that RQ runs, and how each is woken: all that knows RQ is here.

A job takes no arguments and drains what is due: it may run 0, 1 or 10 times, now or late.
Redis only wakes. When it is away the row still says what is due, and the clock finds it.
"""

import logging
from collections.abc import Iterable
from functools import cache

import django_rq
import redis
from django.conf import settings
from django.db import transaction
from rq import Queue

from tasks.engine.wake import Wake

log = logging.getLogger(__name__)

# Lists that a waiting process reads with BLPOP: cheaper and sooner than a job.
CLOCK_BELL = "veo:wake:clock"
POLL_BELL = "veo:wake:poll"

# flag: (queue, job, jobs worth having in the queue at once, seconds it may run)
_JOBS = {
    Wake.GENERATE: ("generate", "tasks.jobs.generate", 2, 300),
    Wake.POLL: ("poll", "tasks.jobs.poll", 1, 120),
    Wake.DOWNLOAD: ("download", "tasks.jobs.download", 2, 3600),
    Wake.PICTURES: ("misc", "tasks.jobs.pictures", 1, 600),
}


@cache
def _queue(name: str) -> Queue:
    # Kept: django-rq would make a new connection pool for every call.
    return django_rq.get_queue(name)


def wake_on_commit(wake: Wake) -> None:
    """Wake after the transaction under way; at once when there is none."""
    transaction.on_commit(lambda: wake_now(wake))


def wake_now(wake: Wake) -> None:
    """Wake what there is work for. Redis may be away: the clock will find the rows."""
    try:
        if Wake.DISPATCH in wake:
            ring(CLOCK_BELL)
        if Wake.POLL in wake:
            ring(POLL_BELL)
        for flag, (queue, job, enough, seconds) in _JOBS.items():
            # A job that still waits will see our rows when it starts: no need of more.
            if flag in wake and len(_queue(queue)) < enough:
                _queue(queue).enqueue(job, job_timeout=seconds, result_ttl=0)
    except redis.RedisError as e:
        log.warning("redis is away, nothing was woken: %s", type(e).__name__)


def ring(bell: str) -> None:
    connection = _queue("misc").connection
    with connection.pipeline(transaction=False) as pipe:
        pipe.rpush(bell, 1)
        pipe.ltrim(bell, -1, -1)
        pipe.expire(bell, 60)
        pipe.execute()


def wait_for(bell: str, seconds: float) -> bool:
    """Wait for a ring; whether there was one. Raises redis.RedisError."""
    return _queue("misc").connection.blpop([bell], timeout=seconds) is not None


def generate() -> None:
    from tasks.engine import submit

    _wake_each(submit.steps())


def poll() -> None:
    from tasks.engine import poll as sweep

    sweep.stay(wait=lambda seconds: _wait_quietly(POLL_BELL, seconds), wake=wake_now)


def download() -> None:
    from tasks.engine import download as fetch

    _wake_each(fetch.steps())


def pictures() -> None:
    from tasks.engine import thumbnails, upload

    _wake_each(upload.steps())
    _wake_each(thumbnails.steps())


def _wake_each(wakes: Iterable[Wake]) -> None:
    for wake in wakes:
        wake_now(wake)


def _wait_quietly(bell: str, seconds: float) -> bool:
    try:
        return wait_for(bell, seconds)
    except redis.RedisError:
        return False


def redis_is_up() -> bool:
    try:
        return bool(_queue("misc").connection.ping())
    except redis.RedisError:
        return False


def queue_lengths() -> dict[str, int]:
    return {name: len(_queue(name)) for name in settings.RQ_QUEUES}
