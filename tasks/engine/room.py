"""What may still be begun: free capacity of projects, accounts and keys, counted once
for a round of dispatch, under the accounts' row locks."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from tasks.models import ApiKey, Attempt, KeyState, Project, ProviderAccount, State


@dataclass(frozen=True, slots=True)
class Wait:
    """Why tasks of a project are not begun, and until when at the latest."""

    reason: str
    until: datetime | None = None


class Room:
    """Free capacity. `take` uses it up as the round deals it out."""

    def __init__(
        self, accounts: list[ProviderAccount], keys: list[ApiKey], now: datetime
    ) -> None:
        self.now = now
        self.accounts = accounts
        self.keys: dict[int, list[ApiKey]] = defaultdict(list)
        for key in keys:
            self.keys[key.account_id].append(key)
        self.recount()

    @classmethod
    def lock(cls, now: datetime) -> Self:
        accounts = ProviderAccount.objects.filter(enabled=True).order_by("pk")
        locked = list(accounts.select_for_update())
        keys = ApiKey.objects.filter(account__in=locked).order_by("pk")
        return cls(locked, list(keys), now)

    def recount(self) -> None:
        self.by_project: Counter[UUID] = Counter()
        self.by_person: Counter[int] = Counter()
        self.by_account: Counter[int] = Counter()
        self.by_key: Counter[int] = Counter()
        self.planned: Counter[int] = Counter()
        self.buying: Counter[int] = Counter()
        rows = (
            Attempt.objects.holding_slots(self.now)
            .order_by()
            .values_list("project_id", "started_by_id", "account_id", "key_id", "state")
            .annotate(n=Count("pk"))
        )
        for project, person, account, key, state, n in rows:
            self.by_project[project] += n
            self.by_person[person] += n
            self.by_account[account] += n
            self.by_key[key] += n
            if state == State.PLANNED:
                self.planned[account] += n
            if state in (State.PLANNED, State.SENDING):
                self.buying[account] += n

    def take(self, project: Project, person_id: int, key: ApiKey) -> None:
        self.by_project[project.pk] += 1
        self.by_person[person_id] += 1
        self.by_account[key.account_id] += 1
        self.by_key[key.pk] += 1
        self.planned[key.account_id] += 1
        self.buying[key.account_id] += 1

    def free_in(self, project: Project) -> int:
        return max(0, project.concurrency - self.by_project[project.pk])

    def seat(self, project: Project, model: str) -> ApiKey | Wait:
        """The least loaded key of the least loaded account that may buy this now."""
        mine = [a for a in self.accounts if a.simulated == project.simulated]
        waits: list[Wait] = []
        for account in sorted(mine, key=lambda a: self.by_account[a.pk]):
            found = self._key_of(account, model)
            if isinstance(found, ApiKey):
                return found
            waits.append(found)
        # The one that clears soonest by itself is the reason worth showing.
        dated = [w for w in waits if w.until]
        return min(dated, key=_ends) if dated else next(iter(waits), Wait("no_account"))

    def shut_models(self, project: Project) -> set[str]:
        """Models that no account of the project's kind takes now."""
        mine = [a for a in self.accounts if a.simulated == project.simulated]
        named = {model for account in mine for model in account.closed_models}
        return {m for m in named if not any(a.takes_model(m, self.now) for a in mine)}

    def _key_of(self, account: ProviderAccount, model: str) -> ApiKey | Wait:
        if not account.is_open(self.now):
            return Wait(f"account:{account.reason}", account.closed_until)
        if not account.takes_model(model, self.now):
            return Wait("model")
        # While failures are counted one purchase at a time finds out whether it is over;
        # what the provider is generating already is no purchase.
        is_probed = account.failures and self.buying[account.pk]
        if is_probed or self.by_account[account.pk] >= account.concurrency:
            return Wait("account_full")
        if self.planned[account.pk] >= settings.KIE_CREATE_RATE:
            return Wait("rate")
        return self._least_loaded(account)

    def _least_loaded(self, account: ProviderAccount) -> ApiKey | Wait:
        keys = self.keys[account.pk]
        usable = [k for k in keys if k.is_usable(self.now)]
        if not usable:
            cooling = [k.until for k in keys if k.state == KeyState.COOLING and k.until]
            return Wait("key_cooling", min(cooling)) if cooling else Wait("no_key")
        free = [
            k
            for k in usable
            if k.concurrency is None or self.by_key[k.pk] < k.concurrency
        ]
        if not free:
            return Wait("key_full")
        return min(free, key=lambda k: self.by_key[k.pk])


def _ends(wait: Wait) -> datetime:
    if wait.until is None:
        raise ValueError("only dated waits are compared")
    return wait.until
