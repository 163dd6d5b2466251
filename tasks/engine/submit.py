"""Claim planned attempts, send each once, write down what came of it.

In this order, because whatever dies in between must neither lose a paid clip nor buy it
twice: commit `sending` → recorder line `go` → one POST → recorder line with the task id
→ commit `submitted`.
"""

import logging
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from tasks.engine import recorder, settle, stopping
from tasks.engine.durations import durations
from tasks.engine.process import this_process
from tasks.engine.purchase import callback_url, client_for, token_digest
from tasks.engine.roll import Roll
from tasks.engine.settle import not_sent, unknown
from tasks.engine.wake import Wake
from tasks.kie.client import Kie
from tasks.kie.errors import Verdict
from tasks.kie.replies import Outcome
from tasks.kie.requests import GenerateRequest
from tasks.models import Attempt, Change, ProviderAccount, State, change

log = logging.getLogger(__name__)

AT_ONCE = 8
STAY = 60.0  # seconds; with the POST's deadline this ends well within the job's time
LOOK_AGAIN = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Sending:
    """One purchase about to be made: all that its POST needs is ready."""

    attempt: Attempt
    client: Kie
    request: GenerateRequest
    token: str
    claimed_at: float = 0.0  # on the monotonic clock

    @property
    def id(self) -> str:
        return str(self.attempt.pk)


def steps() -> Iterator[Wake]:
    """Send what is planned, as fast as the accounts' rates allow."""
    line = Line()
    yield from Roll(
        size=AT_ONCE, claim=line.claim, work=send, settle=_settle, wait=line.wait
    ).run(seconds=STAY)
    if Attempt.objects.filter(state=State.PLANNED).exists():
        # Left over, or not to be sent now: dispatch takes back or wakes again. Waking
        # ourselves would spin while they cannot be sent.
        yield Wake.DISPATCH


@dataclass(slots=True)
class Line:
    """What is planned, and when the rate lets the next one through."""

    opens_at: datetime | None = None

    def claim(self, room: int) -> list[Sending]:
        ready = [_prepare(a) for a in _planned(room)]
        claimed, self.opens_at = claim(ready, timezone.now()) if ready else ([], None)
        return claimed

    def wait(self) -> bool:
        """Sleep when the rate alone is in the way; whether it was."""
        if self.opens_at is None:
            return False
        # An answer that another worker writes may open it sooner.
        seconds = (self.opens_at - timezone.now()).total_seconds()
        return not stopping.sleep(min(max(seconds, 0.01), LOOK_AGAIN))


def _planned(room: int) -> list[Attempt]:
    planned = Attempt.objects.filter(state=State.PLANNED).order_by("planned_at")
    return list(planned.select_related("task", "account", "key__account")[:room])


def _prepare(attempt: Attempt) -> Sending:
    """Build everything before the claim: the window in which a crash leaves doubt is
    the POST alone (L14)."""
    return Sending(
        attempt=attempt,
        client=client_for(attempt.key),
        request=GenerateRequest.from_snapshot(attempt.request),
        token=secrets.token_urlsafe(32),
    )


def claim(ready: list[Sending], now: datetime) -> tuple[list[Sending], datetime | None]:
    """Take of these what the accounts' rate windows have room for.

    Returns what was claimed and, if the rate alone stood in the way of the rest, when
    the next window opens.
    """
    by_id = {s.attempt.pk: s for s in ready}
    with change() as moves:
        accounts = _lock_accounts({s.attempt.account_id for s in ready})
        windows = {pk: RateWindow.of(pk, now) for pk in accounts}
        taken = []
        planned = _lock_planned(by_id)
        for attempt in (s.attempt for s in ready if s.attempt.pk in planned):
            if not _may_send(attempt, accounts[attempt.account_id], now):
                continue  # dispatch takes it back and pairs it anew
            if windows[attempt.account_id].take():
                sending = by_id[attempt.pk]
                _commit_intent(sending, now, moves)
                taken.append(sending)
    claimed_at = time.monotonic()
    opens = [w.opens_at for w in windows.values() if w.opens_at]
    return [replace(s, claimed_at=claimed_at) for s in taken], min(opens, default=None)


@dataclass(slots=True)
class RateWindow:
    """How many more creates an account may begin now.

    A create occupies the window from its claim until 10 s after its answer, so that
    the provider, whatever the network does, never counts more than the limit.
    """

    free: int
    ends: list[datetime]
    opens_at: datetime | None = None

    @classmethod
    def of(cls, account_id: int, now: datetime) -> Self:
        occupied = Attempt.objects.in_rate_window(account_id, now)
        ends = list(
            occupied.order_by("rate_until").values_list("rate_until", flat=True)
        )
        return cls(settings.KIE_CREATE_RATE - len(ends), [e for e in ends if e])

    def take(self) -> bool:
        if self.free <= 0:
            self.opens_at = self.ends[0] if self.ends else None
            return False
        self.free -= 1
        return True


def _lock_accounts(ids: set[int]) -> dict[int, ProviderAccount]:
    rows = ProviderAccount.objects.filter(pk__in=ids).order_by("pk")
    return {a.pk: a for a in rows.select_for_update()}


def _lock_planned(ids: Iterable[UUID]) -> set[UUID]:
    """Those that nobody claimed or took back since they were read."""
    planned = Attempt.objects.filter(pk__in=list(ids), state=State.PLANNED)
    return set(planned.select_for_update().values_list("pk", flat=True))


def _may_send(attempt: Attempt, account: ProviderAccount, now: datetime) -> bool:
    return (
        attempt.task.deleted_at is None
        and account.is_open(now)
        and account.takes_model(attempt.model, now)
        and attempt.key.is_usable(now)
    )


def _commit_intent(sending: Sending, now: datetime, moves: Change) -> None:
    attempt, d = sending.attempt, durations()
    attempt.move(
        State.SENDING,
        moves,
        now=now,
        **this_process().lease(now=now, seconds=d.send_lease),
        fence=attempt.fence + 1,
        claimed_at=now,
        token_sha256=token_digest(sending.token),
        # Until the answer sets it, as if the answer came at the POST's deadline.
        rate_until=now + timedelta(seconds=d.send_lease + d.rate_window),
    )


def send(sending: Sending) -> Outcome:
    """Buy it: the one place that does."""
    if time.monotonic() - sending.claimed_at > durations().pause_guard:
        return not_sent("held_up")
    try:
        recorder.go(sending.id)
    except OSError as e:
        log.error("the flight recorder cannot be written: %s", e)
        return not_sent("recorder_full")
    with sending.client as client:
        outcome = client.generate(
            sending.request,
            callback_url=callback_url(sending.attempt.account, sending.token),
        )
    if outcome.verdict is Verdict.ACCEPTED and outcome.task_id:
        try:
            recorder.got(sending.id, outcome.task_id)
        except OSError as e:
            log.error("the flight recorder cannot be written: %s", e)
    return outcome


def _settle(sending: Sending, outcome: Outcome | Exception) -> Wake:
    if isinstance(outcome, Exception):
        # Our own mistake, after which nobody knows whether the POST had left.
        log.error("sending %s went wrong", sending.id, exc_info=outcome)
        outcome = unknown("client_error", text=type(outcome).__name__)
    return settle.answer(sending.attempt, outcome)
