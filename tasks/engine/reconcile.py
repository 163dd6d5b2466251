"""Repairs, every half minute. In a healthy week each of these finds nothing."""

import logging
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from tasks.engine import recorder, settle
from tasks.engine.wake import Wake
from tasks.models import Attempt, Batch, Project, State, Status, VideoTask
from tasks.models.attempt import LIVE

log = logging.getLogger(__name__)

# A moment of grace: transactions under way are not repaired.
GRACE = timedelta(seconds=10)


def reconcile(now: datetime) -> Wake:
    """Put right what a crash left behind; say what to wake."""
    wake = _doubt_dead_sends(now)
    _report("submitted without a time to ask", _ask_unpolled(now))
    _report("queued without a time to begin", _requeue_forgotten(now))
    _finish_batches(now)
    recorder.forget_old(now)
    return wake


def due(now: datetime) -> Wake:
    """What there is work for: finds what a lost wake-up left lying."""
    wake = Wake.NOTHING
    if Attempt.objects.filter(state=State.PLANNED).exists():
        wake |= Wake.GENERATE
    if Attempt.objects.due(State.DOWNLOADING, now).exists():
        wake |= Wake.DOWNLOAD
    return wake


def _doubt_dead_sends(now: datetime) -> Wake:
    """A send whose lease ran out may or may not have bought: it is to be confirmed.
    Its own host, if it lives, has looked into the recorder long before."""
    wake = Wake.NOTHING
    expired = Attempt.objects.filter(state=State.SENDING, lease_until__lte=now)
    for attempt in expired:
        wake |= settle.answer(attempt, settle.unknown("worker_died"))
        _report("sends whose lease ran out", 1)
    return wake


def _ask_unpolled(now: datetime) -> int:
    return Attempt.objects.filter(state=State.SUBMITTED, due_at=None).update(due_at=now)


def _requeue_forgotten(now: datetime) -> int:
    live = Attempt.objects.filter(task=OuterRef("pk"), state__in=LIVE)
    forgotten = VideoTask.objects.filter(
        ~Exists(live),
        # Reads the queues alone, not every task there is.
        project__in=Project.objects.filter(count_queued__gt=0),
        status=Status.QUEUED,
        next_try_at=None,
        updated_at__lt=now - GRACE,
    )
    return forgotten.update(next_try_at=now)


def _finish_batches(now: datetime) -> None:
    moving = VideoTask.objects.filter(
        batch=OuterRef("pk"),
        status__in=[
            Status.QUEUED,
            Status.GENERATING,
            Status.DOWNLOADING,
            Status.UNCERTAIN,
        ],
    )
    Batch.objects.filter(~Exists(moving), finished_at=None).update(finished_at=now)


def _report(what: str, count: int) -> None:
    if count:
        log.warning("repaired: %s (%d)", what, count)
