"""The sweep: ask after everything that is due, at once, and write what came of it.

One sweep an installation, by lease. Reads are free and safe to repeat; nothing here ever
buys, and our clock never fails a task.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched

from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from tasks.engine import bind, stopping, verdicts
from tasks.engine.asking import Asker, asker
from tasks.engine.backoff import backoff
from tasks.engine.blame import doubt, is_for_good
from tasks.engine.durations import durations
from tasks.engine.process import this_process
from tasks.engine.wake import Wake
from tasks.kie.replies import Phase, Progress
from tasks.models import ApiKey, Attempt, Lease, ProviderAccount, State

AT_ONCE = 300
A_TRANSACTION = 50
SILENCE_CAP = 30.0


def stay(*, wait: Callable[[float], bool], wake: Callable[[Wake], None]) -> None:
    """Sweep for a while, if nobody else does; `wait` sleeps until rung or time is up."""
    d, holder = durations(), this_process().name
    if not Lease.hold(Lease.POLL, holder, now=timezone.now(), seconds=d.poll_lease):
        return
    sweeper = Sweeper()
    leave_at = renew_at = time.monotonic()
    leave_at += d.poll_stay
    try:
        while time.monotonic() < leave_at and not stopping.is_asked():
            if time.monotonic() > renew_at:
                now = timezone.now()
                if not Lease.hold(Lease.POLL, holder, now=now, seconds=d.poll_lease):
                    return
                renew_at = time.monotonic() + d.poll_lease / 3
            for woken in sweeper.sweep():
                wake(woken)
            if not sweeper.has_work():
                return
            wait(sweeper.next_in())
    finally:
        Lease.release(Lease.POLL, holder)
    wake(Wake.POLL)


@dataclass(slots=True)
class Pace:
    """How fast one account may be asked, and whether it answers at all."""

    asked_at: float = field(default_factory=lambda: time.monotonic())
    credit: float = 1.0
    silent_until: float = 0.0
    failures: int = 0

    def allow(self) -> int:
        """Questions that may be asked now: the rate since the last time, never saved
        up for more than a second. After silence one question finds out."""
        now = time.monotonic()
        rate = float(settings.KIE_STATUS_RATE)
        self.credit = min(self.credit + (now - self.asked_at) * rate, max(rate, 1.0))
        self.asked_at = now
        if now < self.silent_until:
            return 0
        return 1 if self.failures else int(self.credit)

    def used(self, count: int) -> None:
        self.credit -= count

    def heard(self, any_answer: bool) -> None:
        if any_answer:
            self.failures, self.silent_until = 0, 0.0
            return
        d = durations()
        wait = backoff(self.failures, first=d.connect_backoff, cap=SILENCE_CAP)
        self.failures += 1
        self.silent_until = time.monotonic() + wait


class Sweeper:
    """What a sweep remembers from round to round; losing it costs a question or two."""

    def __init__(self, asking: Asker | None = None) -> None:
        self._asker = asking or asker()
        self._pace: dict[int, Pace] = {}

    def sweep(self) -> Iterable[Wake]:
        """One round."""
        now = timezone.now()
        yield from bind.use_receipts(self._asker, now)
        due = self._due(now)
        if not due:
            return
        keys = _reading_keys(due)
        questions = [(keys[a.key_id], a.provider_task_id or "") for a in due]
        answers = list(zip(due, self._asker.ask(questions), strict=True))
        self._listen(answers, [key for key, _task_id in questions])
        # When an account falls silent as a whole its rows stay due: nothing to write.
        # But the one question that probes it is put off, lest it be the only bad one
        # and asked for ever.
        worth = [
            (a, p)
            for a, p in answers
            if p.phase != Phase.QUERY_FAILED or self._pace[a.account_id].failures != 1
        ]
        for some in batched(worth, A_TRANSACTION):
            yield verdicts.write(some)

    def _due(self, now: datetime) -> list[Attempt]:
        """Those that are due, as many of each account as may be asked now."""
        rows = Attempt.objects.due(State.SUBMITTED, now).select_related("task")
        chosen: list[Attempt] = []
        # One query each: the backlog of a silent account must not hide the others'.
        for account_id in ProviderAccount.objects.values_list("pk", flat=True):
            pace = self._pace.setdefault(account_id, Pace())
            allowed = min(pace.allow(), AT_ONCE)
            if allowed > 0:
                some = list(rows.filter(account_id=account_id)[:allowed])
                pace.used(len(some))
                chosen += some
        return chosen

    def _listen(
        self, answers: list[tuple[Attempt, Progress]], asked_with: list[ApiKey]
    ) -> None:
        heard: dict[int, bool] = {}
        for (attempt, progress), key in zip(answers, asked_with, strict=True):
            answered = progress.phase != Phase.QUERY_FAILED
            heard[attempt.account_id] = heard.get(attempt.account_id, False) or answered
            fault = progress.fault
            if not answered and fault and is_for_good(fault):
                doubt(key, fault, now=timezone.now())
        for account_id, any_answer in heard.items():
            self._pace[account_id].heard(any_answer)

    def has_work(self) -> bool:
        return (
            Attempt.objects.filter(state=State.SUBMITTED).exists()
            or bind.unused_receipts().exists()
        )

    def next_in(self) -> float:
        """Seconds until the next question is due, within a round's length."""
        submitted = Attempt.objects.filter(state=State.SUBMITTED)
        next_due: datetime | None = submitted.aggregate(first=Min("due_at"))["first"]
        d = durations()
        if next_due is None:
            return d.poll_round
        seconds = (next_due - timezone.now()).total_seconds()
        return min(max(float(seconds), 0.05), d.poll_round)


def _reading_keys(due: Iterable[Attempt]) -> dict[int, ApiKey]:
    """For each key that bought something, one that may ask after it: itself, or while
    the provider refuses it another of the same account.

    Gives the attempts their keys and accounts too: hundreds of rows share a few.
    """
    keys = ApiKey.objects.filter(account__in={a.account_id for a in due})
    own = {k.pk: k for k in keys.select_related("account").order_by("pk")}
    readable: dict[int, ApiKey] = {}
    for key in own.values():
        if key.is_readable:
            readable.setdefault(key.account_id, key)
    for attempt in due:
        attempt.key = own[attempt.key_id]
        attempt.account = attempt.key.account
    return {
        k.pk: k if k.is_readable else readable.get(k.account_id, k)
        for k in own.values()
    }
