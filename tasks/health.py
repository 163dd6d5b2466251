"""Whether each part of the installation works, in the cheapest way that proves it."""

import logging
from collections.abc import Callable

import redis
from django.db import Error, connection
from django.utils import timezone

from tasks import jobs
from tasks.engine import disk
from tasks.models import Lease

log = logging.getLogger(__name__)


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


def clock_leads() -> bool:
    return Lease.is_held(Lease.CLOCK, timezone.now())


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "redis": jobs.redis_is_up,
    "workers": jobs.every_queue_has_a_worker,
    "clock": clock_leads,
    "disk": disk.has_room,
}
