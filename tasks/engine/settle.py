"""What an answer to a purchase does to its attempt and task.

Knowledge of a task id is never thrown away, so this tries until the database takes it.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, close_old_connections
from django.utils import timezone

from tasks.engine.backoff import backoff
from tasks.engine.blame import open_breaker
from tasks.engine.durations import durations
from tasks.engine.faults import FAULTS
from tasks.engine.log import note
from tasks.engine.usual import usual
from tasks.engine.wake import Wake
from tasks.kie.errors import Blame, Fault, Verdict
from tasks.kie.replies import Outcome
from tasks.models import (
    Attempt,
    CallbackReceipt,
    Change,
    PictureUpload,
    Stale,
    State,
    change,
)

log = logging.getLogger(__name__)

NOTHING_SPENT = Decimal(0)


def not_sent(code: str) -> Outcome:
    """An outcome of our own: the POST never began."""
    return Outcome(verdict=Verdict.NOT_SENT, fault=FAULTS[code])


def unknown(code: str, *, text: str = "") -> Outcome:
    """An outcome of our own: nobody knows whether the POST arrived."""
    return Outcome(verdict=Verdict.UNCERTAIN, fault=FAULTS[code], text=text)


def answer(attempt: Attempt, outcome: Outcome) -> Wake:
    """Write what came of a POST, however often the database has to be asked."""
    tries = 0
    known: Attempt | None = attempt
    while True:
        try:
            return _answer(attempt.pk, known, outcome)
        except IntegrityError:
            log.error(
                "provider task %s was given to two attempts; %s is to be confirmed",
                outcome.task_id,
                attempt.pk,
            )
            outcome = unknown("duplicate_task_id", text=outcome.task_id or "")
            known = None
        except (Stale, OperationalError) as e:
            # Somebody moved the row or its task meanwhile, or the database is away.
            log.warning("writing the answer for %s: %s", attempt.pk, e)
            time.sleep(min(0.05 * 2**tries, 4))
            tries += 1
            known = None
            if isinstance(e, OperationalError):
                close_old_connections()


def _answer(attempt_id: UUID, known: Attempt | None, outcome: Outcome) -> Wake:
    """The row as it was claimed will nearly always do: a move makes sure of it. Only
    when somebody moved it meanwhile it is read again."""
    now = timezone.now()
    with change() as moves:
        attempt = known or (
            Attempt.objects.select_related("task", "account", "key")
            .select_for_update(of=("self",))
            .get(pk=attempt_id)
        )
        if State(attempt.state) not in (State.SENDING, State.UNCERTAIN):
            return _too_late(attempt, outcome, now)
        return _BY_VERDICT[outcome.verdict](attempt, outcome, now, moves)


def _too_late(attempt: Attempt, outcome: Outcome, now: datetime) -> Wake:
    """A person closed the attempt before its answer came: kept, and said loudly."""
    if outcome.task_id and outcome.task_id != attempt.provider_task_id:
        log.error("late answer for %s: task %s", attempt.pk, outcome.task_id)
        note(attempt, "late_answer", now=now, task_id=outcome.task_id)
    return Wake.NOTHING


def _accepted(attempt: Attempt, outcome: Outcome, now: datetime, moves: Change) -> Wake:
    submitted(attempt, outcome.task_id or "", now=now, moves=moves)
    # While they are shut this was claimed before they shut, and proves nothing.
    if attempt.account.is_open(now):
        attempt.account.heal()
    if attempt.key.is_usable(now):
        attempt.key.heal()
    return Wake.POLL


def submitted(
    attempt: Attempt, provider_task_id: str, *, now: datetime, moves: Change
) -> None:
    """The provider has it under this id: from here on it is asked after."""
    known = usual(attempt.account_id, attempt.model)
    began = attempt.claimed_at or now
    attempt.move(
        State.SUBMITTED,
        moves,
        now=now,
        provider_task_id=provider_task_id,
        submitted_at=now if attempt.state == State.SENDING else began,
        rate_until=_rate_end(attempt, now),
        due_at=now + timedelta(seconds=known.first_poll),
        usual_seconds=known.median,
        tries=0,
        error_code="",
        error_text="",
    )
    note(attempt, "submitted", now=now, task_id=provider_task_id)


def _rate_end(attempt: Attempt, now: datetime) -> datetime:
    end = now + timedelta(seconds=durations().rate_window)
    return min(attempt.rate_until or end, end)


def _refused(attempt: Attempt, outcome: Outcome, now: datetime, moves: Change) -> Wake:
    fault = _fault(outcome)
    if fault.blame == Blame.TASK:
        _refuse_task(attempt, fault, outcome, now, moves)
    else:
        attempt.move(
            State.REJECTED,
            moves,
            now=now,
            again_at=now,
            **_why(fault, outcome),
            rate_until=_rate_end(attempt, now),
            credits_settled=NOTHING_SPENT,
        )
        open_breaker(attempt, fault, now=now, retry_after=outcome.retry_after)
    note(attempt, "refused", now=now, code=fault.code, text=outcome.text)
    return Wake.DISPATCH


def _refuse_task(
    attempt: Attempt, fault: Fault, outcome: Outcome, now: datetime, moves: Change
) -> None:
    attempt.move(
        State.REJECTED,
        moves,
        now=now,
        again_at=again_at(attempt, fault, now),
        is_counted=True,
        **_why(fault, outcome),
        rate_until=_rate_end(attempt, now),
        credits_settled=NOTHING_SPENT,
    )


def again_at(attempt: Attempt, fault: Fault, now: datetime) -> datetime | None:
    """When to buy again by ourselves; None when a person has to decide.

    Takes one of the task's retries. Only transient and audio failures, and only while
    retries are left: content, pictures and parameters will not get better by paying.
    """
    task = attempt.task
    if not task.retries_left or not (
        fault.retry or _is_worth_a_fresh_upload(attempt, fault)
    ):
        return None
    d = durations()
    made = task.attempts.filter(is_counted=True).count()
    seconds = backoff(made, first=d.retry_backoff, cap=d.retry_backoff_cap)
    task.use_retry()
    return now + timedelta(seconds=seconds)


def _is_worth_a_fresh_upload(attempt: Attempt, fault: Fault) -> bool:
    """The provider could not fetch a picture that we had uploaded there: once more,
    with a new copy of it."""
    task = attempt.task
    if fault.code != "image_fetch" or not task.picture_ids:
        return False
    if task.attempts.filter(error_code=fault.code).exclude(pk=attempt.pk).exists():
        return False
    PictureUpload.objects.filter(picture__in=task.picture_ids).update(expires_at=None)
    return True


def _not_sent(attempt: Attempt, outcome: Outcome, now: datetime, moves: Change) -> Wake:
    """Proved never to have arrived whole: free, uncounted, and tried again."""
    fault = _fault(outcome)
    fixed = fault.blame == Blame.TASK and not fault.retry
    attempt.move(
        State.CANCELED if not fixed else State.REJECTED,
        moves,
        now=now,
        again_at=None if fixed else now,
        is_counted=fixed,
        **_why(fault, outcome),
        rate_until=None,
        credits_settled=NOTHING_SPENT,
    )
    if fault.blame != Blame.TASK:
        open_breaker(attempt, fault, now=now, retry_after=None)
    note(attempt, "not_sent", now=now, code=fault.code)
    return Wake.DISPATCH


def _uncertain(
    attempt: Attempt, outcome: Outcome, now: datetime, moves: Change
) -> Wake:
    if attempt.state == State.UNCERTAIN:
        return Wake.NOTHING
    fault = _fault(outcome)
    attempt.move(
        State.UNCERTAIN,
        moves,
        now=now,
        **_why(fault, outcome),
        rate_until=_rate_end(attempt, now),
    )
    if outcome.task_id:  # named beside a refusal: looked up like a callback's hint
        CallbackReceipt.hint(attempt, outcome.task_id, now=now)
    if fault.blame != Blame.TASK:
        open_breaker(attempt, fault, now=now, retry_after=outcome.retry_after)
    note(attempt, "uncertain", now=now, code=fault.code, text=outcome.text)
    return Wake.POLL  # a callback may have come already


_BY_VERDICT: dict[Verdict, Callable[[Attempt, Outcome, datetime, Change], Wake]] = {
    Verdict.ACCEPTED: _accepted,
    Verdict.REFUSED: _refused,
    Verdict.NOT_SENT: _not_sent,
    Verdict.UNCERTAIN: _uncertain,
}


def _fault(outcome: Outcome) -> Fault:
    if outcome.fault is None:
        raise ValueError(f"an outcome {outcome.verdict} without a fault")
    return outcome.fault


def _why(fault: Fault, outcome: Outcome) -> dict[str, Any]:
    return {
        "error_code": fault.code,
        "error_text": outcome.text[:300],
        "provider_code": outcome.provider_code,
    }
