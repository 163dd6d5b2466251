"""What became of purchases whose process died: each host asks its own flight recorder.

Runs in the workers that buy, at their start and every half minute: a killed worker's
attempts are settled as soon as its successor starts.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from tasks.engine import recorder, settle
from tasks.engine.process import Process, host_id
from tasks.engine.wake import Wake
from tasks.kie.errors import Verdict
from tasks.kie.replies import Outcome
from tasks.models import Attempt, State

log = logging.getLogger(__name__)

# Doubtful attempts whose line was looked for already: a dead process writes no more.
_looked_up: set[UUID] = set()


def replay() -> Wake:
    """Settle the attempts that dead processes of this host were sending."""
    now = timezone.now()
    orphans = [a for a in _sending_here() if not _holder(a).is_alive()]
    doubtful = [a for a in _doubtful_here(now) if a.pk not in _looked_up]
    if not orphans and not doubtful:
        return Wake.NOTHING
    oldest = min(a.claimed_at or now for a in [*orphans, *doubtful])
    wanted = {str(a.pk) for a in [*orphans, *doubtful]}
    # A day more: the clock may have been set back between the claim and its line.
    entries = recorder.read(wanted, since=oldest.date() - timedelta(days=1))
    wake = Wake.NOTHING
    for attempt in orphans:
        entry = entries.get(str(attempt.pk), recorder.Entry())
        log.warning("attempt %s outlived its process: %s", attempt.pk, entry)
        wake |= settle.answer(attempt, _outcome(entry))
    for attempt in doubtful:
        entry = entries.get(str(attempt.pk), recorder.Entry())
        if not _holder(attempt).is_alive():
            _looked_up.add(attempt.pk)
        if entry.provider_task_id:
            wake |= settle.answer(attempt, _outcome(entry))
    return wake


def _outcome(entry: recorder.Entry) -> Outcome:
    if entry.provider_task_id:
        return Outcome(verdict=Verdict.ACCEPTED, task_id=entry.provider_task_id)
    if entry.went:
        return settle.unknown("worker_died")
    return settle.not_sent("never_began")


def _sending_here() -> list[Attempt]:
    return list(Attempt.objects.filter(state=State.SENDING, lease_host=host_id()))


def _doubtful_here(now: datetime) -> list[Attempt]:
    return list(
        Attempt.objects.filter(
            state=State.UNCERTAIN,
            lease_host=host_id(),
            claimed_at__gt=now - recorder.KEEP,
        )
    )


def _holder(attempt: Attempt) -> Process:
    return Process(
        attempt.lease_host,
        attempt.lease_boot,
        attempt.lease_pid or 0,
        attempt.lease_started,
    )
