"""What answers to status questions do to attempts and their tasks (table C)."""

import logging
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from tasks.engine.backoff import backoff
from tasks.engine.durations import durations
from tasks.engine.log import note
from tasks.engine.settle import NOTHING_SPENT, again_at
from tasks.engine.usual import usual
from tasks.engine.wake import Wake
from tasks.kie.replies import Phase, Progress
from tasks.models import Attempt, Change, Stale, State, change

log = logging.getLogger(__name__)

# Stands in `error_code` of a submitted attempt whose failure is to be believed when it
# is seen a second time (kie-api.md §2.4).
ONCE = "failing"


@dataclass(frozen=True, slots=True)
class Later:
    """What attempts that are asked again at the same time have in common."""

    due_at: datetime
    failed: bool
    is_visible: bool
    error_code: str


def write(answers: Iterable[tuple[Attempt, Progress]]) -> Wake:
    """Write some answers in one transaction."""
    wake = Wake.NOTHING
    now = timezone.now()
    again: dict[Later, list[Attempt]] = defaultdict(list)
    try:
        with change() as moves:
            # In one order, as whoever else locks many tasks does.
            for attempt, progress in sorted(answers, key=lambda a: a[0].task_id):
                if final := _final(attempt, progress, now):
                    wake |= final(attempt, progress, now, moves)
                else:
                    again[_later(attempt, progress, now)].append(attempt)
            for later, attempts in again.items():
                _ask_later(later, attempts)
    except Stale as e:
        # Somebody trashed a task meanwhile. The rows are still due: asked again at once.
        log.info("a sweep's answers were not written: %s", e)
        return Wake.NOTHING
    return wake


Final = Callable[[Attempt, Progress, datetime, Change], Wake]


def _final(attempt: Attempt, progress: Progress, now: datetime) -> Final | None:
    """The end of the provider's work, if this answer is one."""
    if progress.phase == Phase.SUCCEEDED and progress.urls:
        return _generated
    if progress.phase == Phase.FAILED and (
        progress.is_certain or attempt.error_code == ONCE
    ):
        return _failed
    is_lost = progress.phase == Phase.NOT_VISIBLE and not attempt.is_visible
    if is_lost and _age(attempt, now) > durations().not_visible_grace:
        return _never_seen
    return None


def _generated(
    attempt: Attempt, progress: Progress, now: datetime, moves: Change
) -> Wake:
    attempt.move(
        State.DOWNLOADING,
        moves,
        now=now,
        generated_at=now,
        result_urls=list(progress.urls),
        due_at=now,
        tries=0,
    )
    note(attempt, "generated", now=now, seconds=round(_age(attempt, now)))
    return Wake.DOWNLOAD | Wake.DISPATCH


def _failed(attempt: Attempt, progress: Progress, now: datetime, moves: Change) -> Wake:
    fault = progress.fault
    if fault is None:
        raise ValueError("a failed generation without a fault")
    attempt.move(
        State.FAILED,
        moves,
        now=now,
        again_at=again_at(attempt, fault, now),
        is_counted=True,
        generated_at=None,
        error_code=fault.code,
        error_text=progress.text[:300],
        provider_code=progress.provider_code,
        credits_settled=NOTHING_SPENT,
    )
    note(attempt, "failed", now=now, code=fault.code, text=progress.text)
    return Wake.DISPATCH


def _never_seen(
    attempt: Attempt, progress: Progress, now: datetime, moves: Change
) -> Wake:
    attempt.move(State.UNCERTAIN, moves, now=now, error_code="never_visible")
    note(attempt, "uncertain", now=now, code="never_visible", text=progress.text)
    log.error("the provider never knew task %s", attempt.provider_task_id)
    return Wake.NOTHING


def _later(attempt: Attempt, progress: Progress, now: datetime) -> Later:
    failed = progress.phase == Phase.QUERY_FAILED
    doubted = progress.phase == Phase.FAILED
    seconds = _after_failure(attempt) if failed else _interval(attempt, now)
    if doubted:
        seconds = durations().second_look
    if progress.retry_after is not None:
        seconds = max(seconds, progress.retry_after)
    # In tenths of a second: one UPDATE serves all that are due together.
    tenths = math.ceil((now.timestamp() + seconds) * 10)
    return Later(
        due_at=datetime.fromtimestamp(tenths / 10, UTC),
        failed=failed,
        is_visible=attempt.is_visible or progress.phase == Phase.RUNNING,
        error_code=ONCE if doubted else "",
    )


def _after_failure(attempt: Attempt) -> float:
    d = durations()
    return backoff(attempt.tries, first=d.poll_backoff, cap=d.poll_backoff_cap)


def _interval(attempt: Attempt, now: datetime) -> float:
    """Seconds to the next question: often at first, seldom once it takes very long."""
    d, age = durations(), _age(attempt, now)
    if age > d.very_slow_after:
        return d.very_slow_poll
    if age > d.slow_after:
        return d.slow_poll
    seconds = usual(attempt.account_id, attempt.model).interval
    # A callback will most likely ring before the question is due.
    called = settings.PUBLIC_URL or attempt.account.simulated
    return min(seconds * 2, d.longest_poll) if called else seconds


def _ask_later(later: Later, attempts: list[Attempt]) -> None:
    known = [a.due_at for a in attempts if a.due_at]
    rows = Attempt.objects.filter(
        pk__in=[a.pk for a in attempts], state=State.SUBMITTED
    )
    if known:
        # A callback may have come since the question: it is to be asked after at once,
        # and what we heard before it must not put that off.
        rows = rows.filter(due_at__lte=max(known))
    rows.update(
        due_at=later.due_at,
        is_visible=later.is_visible,
        error_code=later.error_code,
        tries=F("tries") + 1 if later.failed else 0,
    )


def _age(attempt: Attempt, now: datetime) -> float:
    return (now - (attempt.submitted_at or now)).total_seconds()
