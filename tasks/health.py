"""Whether each part of the installation works, in the cheapest way that proves it."""

import logging
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import django_rq
import redis
from django.conf import settings
from django.db import Error, connection
from django.utils import timezone
from rq import Queue
from rq.worker import BaseWorker, Worker, WorkerStatus

from tasks import jobs
from tasks.clock import LEASE
from tasks.engine.dispatch import DISK_RESERVE
from tasks.models import Lease

log = logging.getLogger(__name__)

# An idle worker reports every 15 s, a busy one only when its job is done.
SILENT_TOO_LONG = timedelta(seconds=90)


def readings() -> dict[str, bool]:
    """Return each part's name and whether it works."""
    return {name: _holds(name, check) for name, check in CHECKS.items()}


def _holds(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (Error, redis.RedisError, OSError) as e:
        log.warning("%s is down: %s", name, e)
        return False


def database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


def every_queue_has_a_worker() -> bool:
    now = datetime.now(UTC)
    return all(
        any(_is_alive(worker, now) for worker in Worker.all(queue=queue))
        for queue in _queues()
    )


@cache
def _queues() -> list[Queue]:
    # Kept: django-rq would make a new connection pool for every call.
    return [django_rq.get_queue(name) for name in settings.RQ_QUEUES]


def _is_alive(worker: BaseWorker, now: datetime) -> bool:
    if worker.get_state() == WorkerStatus.BUSY:
        return True
    seen = worker.last_heartbeat
    return seen is not None and now - seen < SILENT_TOO_LONG


def clock_leads() -> bool:
    return Lease.is_held(LEASE, timezone.now())


def disk_has_room() -> bool:
    """As dispatch sees it: with less than this nothing is bought."""
    folder = Path(settings.MEDIA_ROOT)
    usage = shutil.disk_usage(folder if folder.exists() else settings.BASE_DIR)
    least, most = DISK_RESERVE
    return usage.free >= min(max(least, usage.total // 20), most)


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "redis": jobs.redis_is_up,
    "workers": every_queue_has_a_worker,
    "clock": clock_leads,
    "disk": disk_has_room,
}
