"""Keys, and the accounts they share: one balance and one window of creates each."""

import time
from collections import deque
from decimal import Decimal

from tasks.simulator.ledger import WINDOW_SECONDS, Ledger
from tasks.simulator.replies import Refused
from tasks.simulator.settings import Settings


class Account:
    def __init__(self, name: str, hmac_key: str) -> None:
        self.name = name
        self.credits = Decimal(0)
        self.hmac_key = hmac_key
        self.last_task_id = ""
        self._granted = deque[float]()

    def take_turn(self, rate: int) -> None:
        """Takes a place in the sliding window; raises Refused(429) when it is full."""
        now = time.monotonic()
        while self._granted and self._granted[0] <= now - WINDOW_SECONDS:
            self._granted.popleft()
        if rate and len(self._granted) >= rate:
            raise Refused(429)
        self._granted.append(now)


class Accounts:
    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._settings = settings
        self._ledger = ledger
        self._revoked = ledger.revoked()
        self._by_key: dict[str, Account] = {}
        self._by_name: dict[str, Account] = {}
        stored = ledger.balances()
        for name, balance in stored.items():
            self.named(name).credits = balance
        for secret, amount in settings.keys.items():
            account = self._issue(secret)
            if account.name not in stored:
                account.credits += amount
                ledger.record_balance(account.name, account.credits)

    def named(self, name: str) -> Account:
        if name not in self._by_name:
            hmac_key = self._settings.hmac_key_of(name)
            self._by_name[name] = Account(name, hmac_key)
        return self._by_name[name]

    def _issue(self, secret: str) -> Account:
        account = self.named(self._settings.account_of(secret))
        self._by_key[secret] = account
        return account

    def of(self, authorization: str) -> Account:
        """Raises Refused(401) when the bearer's key is unknown or revoked."""
        secret = authorization.removeprefix("Bearer ")
        account = self._by_key.get(secret)
        if account is None or secret in self._revoked:
            raise Refused(401)
        return account

    def label(self, authorization: str) -> str:
        secret = authorization.removeprefix("Bearer ")
        return secret if secret in self._by_key else f"…{secret[-4:]}"

    def move(self, account: Account, amount: Decimal) -> None:
        """Adds to the balance, or takes from it; raises Refused(402) when it would fall below 0."""
        if account.credits + amount < 0:
            raise Refused(402)
        account.credits += amount
        self._ledger.record_balance(account.name, account.credits)

    def top_up(self, secret: str, amount: Decimal) -> None:
        """A secret nobody knows becomes a key."""
        account = self._by_key.get(secret) or self._issue(secret)
        account.credits = max(Decimal(0), account.credits + amount)
        self._ledger.record_balance(account.name, account.credits)

    def revoke(self, secret: str, revoked: bool) -> None:
        (self._revoked.add if revoked else self._revoked.discard)(secret)
        self._ledger.record_revoked(secret, revoked)

    def balances(self) -> dict[str, Decimal]:
        return {name: account.credits for name, account in self._by_name.items()}
