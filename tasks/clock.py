"""The loop that decides: dispatch, reconcile, and waking whoever has work.

Any number may run; the one that holds the lease works, the others wait for it.
"""

import logging
import time
from datetime import datetime

import redis
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from tasks import jobs
from tasks.engine import stopping
from tasks.engine.dispatch import dispatch
from tasks.engine.durations import durations
from tasks.engine.process import this_process
from tasks.engine.reconcile import due, reconcile
from tasks.engine.wake import Wake
from tasks.models import (
    Attempt,
    CallbackReceipt,
    Lease,
    Picture,
    PictureUpload,
    Stale,
    State,
)

log = logging.getLogger(__name__)

# Bells may ring many times a second; dispatch answers all of them with one round.
SHORTEST_ROUND = 0.05


class Clock:
    def __init__(self) -> None:
        self._holder = this_process().name
        self._renew_at = 0.0
        self._reconcile_at = 0.0

    def run(self) -> None:
        """Until asked to leave."""
        while not stopping.is_asked():
            try:
                self.round()
            except (DatabaseError, Stale) as e:
                # The database is away, or somebody was quicker: say so, and look again.
                log.error("a round was lost: %s", e)
                close_old_connections()
                stopping.sleep(durations().clock_round)
        Lease.release(Lease.CLOCK, self._holder)

    def round(self) -> None:
        began = time.monotonic()
        if self._leads(began):
            self._work(began)
            stopping.sleep(max(0, SHORTEST_ROUND - (time.monotonic() - began)))
        self._wait()

    def _leads(self, at: float) -> bool:
        if at < self._renew_at:
            return True
        d = durations()
        led = Lease.hold(
            Lease.CLOCK, self._holder, now=timezone.now(), seconds=d.clock_lease
        )
        self._renew_at = at + d.clock_lease / 3 if led else 0.0
        return led

    def _work(self, at: float) -> None:
        now = timezone.now()
        wake = dispatch(now) | due(now) | _readings_due(now)
        if at >= self._reconcile_at:
            wake |= reconcile(now)
            self._reconcile_at = at + durations().reconcile_every
        jobs.wake_now(wake)

    def _wait(self) -> None:
        seconds = durations().clock_round
        try:
            jobs.wait_for(jobs.CLOCK_BELL, seconds)
        except redis.RedisError:
            # Without Redis nobody rings, but the rows are still looked at.
            stopping.sleep(seconds)


def _readings_due(now: datetime) -> Wake:
    """Work for those whose wake-up was lost, or whose time has come."""
    wake = Wake.NOTHING
    if not Lease.is_held(Lease.POLL, now) and (
        Attempt.objects.filter(state=State.SUBMITTED).exists()
        or CallbackReceipt.objects.unused().exists()
    ):
        wake |= Wake.POLL
    if (
        PictureUpload.objects.due(now).exists()
        or Picture.objects.filter(thumbnail="").exists()
    ):
        wake |= Wake.PICTURES
    return wake
