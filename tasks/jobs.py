"""The thin functions that RQ runs, and how each is woken: all that knows RQ is here.

A job takes no arguments and drains what is due: it may run 0, 1 or 10 times, now or late.
Redis only wakes. When it is away the row still says what is due, and the clock finds it.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import redis
from django.conf import settings
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker, Worker, WorkerStatus

from tasks.engine import stopping
from tasks.engine.wake import Wake

log = logging.getLogger(__name__)

# Lists that a process reads with BLPOP while it waits: cheaper and sooner than a job.
CLOCK_BELL = "veo:wake:clock"

# A job that has drained its work stays so long for more: RQ costs 5 ms for each job.
# Shorter than the connection's time-out.
LINGER = 1.5
STAY = 60.0

# An idle worker reports every 15 s, a busy one only when its job is done.
SILENT_TOO_LONG = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Kind:
    """A job: its queue, how many are worth having in it, seconds it may run."""

    queue: str
    path: str
    enough: int
    seconds: int

    @property
    def bell(self) -> str:
        return f"veo:wake:{self.queue}"


_KINDS = {
    Wake.GENERATE: Kind("generate", "tasks.jobs.generate", 2, 300),
    Wake.POLL: Kind("poll", "tasks.jobs.poll", 1, 120),
    Wake.DOWNLOAD: Kind("download", "tasks.jobs.download", 2, 3600),
    Wake.PICTURES: Kind("misc", "tasks.jobs.pictures", 1, 600),
}


@cache
def _redis() -> redis.Redis:
    """Kept, and impatient: a page must not hang because Redis does."""
    return redis.Redis.from_url(
        settings.RQ_REDIS_URL,
        socket_timeout=2,
        socket_connect_timeout=2,
        retry=Retry(NoBackoff(), 1),
    )


@cache
def _queue(name: str) -> Queue:
    return Queue(name, connection=_redis(), serializer=JSONSerializer)


def wake_on_commit(wake: Wake) -> None:
    """Wake after the transaction under way; at once when there is none."""
    transaction.on_commit(lambda: wake_now(wake))


def wake_now(wake: Wake) -> None:
    """Wake what there is work for. Redis may be away: the clock will find the rows."""
    try:
        if Wake.DISPATCH in wake:
            ring(CLOCK_BELL)
        for flag, kind in _KINDS.items():
            if flag in wake:
                ring(kind.bell, kind.enough)
                # A job that still waits will see our rows when it starts.
                if len(_queue(kind.queue)) < kind.enough:
                    _queue(kind.queue).enqueue(
                        kind.path, job_timeout=kind.seconds, result_ttl=0
                    )
    except redis.RedisError as e:
        log.warning("redis is away, nothing was woken: %s", type(e).__name__)


def ring(bell: str, times: int = 1) -> None:
    """Wake up to so many of those that wait at this bell, now or within a minute."""
    with _redis().pipeline(transaction=False) as pipe:
        pipe.rpush(bell, *[1] * times)
        pipe.ltrim(bell, -times, -1)
        pipe.expire(bell, 60)
        pipe.execute()


def wait_for(bell: str, seconds: float) -> bool:
    """Wait for a ring; whether there was one. Raises redis.RedisError."""
    return _redis().blpop([bell], timeout=seconds) is not None


def generate() -> None:
    from tasks.engine import submit

    _stay(Wake.GENERATE, submit.steps)


def poll() -> None:
    from tasks.engine import poll as sweep

    bell = _KINDS[Wake.POLL].bell
    sweep.stay(wait=lambda seconds: _wait_quietly(bell, seconds), wake=wake_now)


def download() -> None:
    from tasks.engine import download as fetch

    _stay(Wake.DOWNLOAD, fetch.steps)


def pictures() -> None:
    from tasks.engine import thumbnails, upload

    _stay(Wake.PICTURES, upload.steps, thumbnails.steps)


def _stay(flag: Wake, *kinds_of_steps: Callable[[], Iterable[Wake]]) -> None:
    """Run steps until they find nothing, and again when rung, for a while."""
    leave_at = time.monotonic() + STAY
    while True:
        for steps in kinds_of_steps:
            for wake in steps():
                wake_now(wake)
        if stopping.is_asked() or time.monotonic() > leave_at:
            return
        if not _wait_quietly(_KINDS[flag].bell, LINGER):
            return


def _wait_quietly(bell: str, seconds: float) -> bool:
    """Wait for a ring; without Redis nobody rings, and a job has better things to do."""
    try:
        return wait_for(bell, seconds)
    except redis.RedisError:
        return False


def redis_is_up() -> bool:
    try:
        return bool(_redis().ping())
    except redis.RedisError:
        return False


def every_queue_has_a_worker() -> bool:
    now = datetime.now(UTC)
    return all(
        any(_is_alive(worker, now) for worker in Worker.all(queue=_queue(name)))
        for name in settings.RQ_QUEUES
    )


def _is_alive(worker: BaseWorker, now: datetime) -> bool:
    if worker.get_state() == WorkerStatus.BUSY:
        return True
    seen = worker.last_heartbeat
    return seen is not None and now - seen < SILENT_TOO_LONG
