"""A call of the provider to an attempt's own address. It is only a hint: it never moves
anything, and nothing in it is believed before record-info has said the same."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from django.db import transaction

from tasks.engine.wake import Wake
from tasks.jobs import wake_on_commit
from tasks.kie.replies import signature_of_callback, task_id_of_callback
from tasks.models import Attempt, CallbackReceipt, State

LARGEST = 64 * 1024  # bytes of a body
FRESH = timedelta(minutes=5)
MOST_RECEIPTS = 8  # of one attempt; each names another generation

_EXPECTED = (State.SENDING, State.SUBMITTED, State.UNCERTAIN)


class Verdict(Enum):
    HEARD = auto()
    UNKNOWN = auto()
    MALFORMED = auto()
    FORGED = auto()


@dataclass(frozen=True, slots=True)
class Callback:
    """What arrived, as it was sent."""

    token: str
    body: bytes
    timestamp: str = ""
    signature: str = ""


def hear(callback: Callback, *, now: datetime) -> Verdict:
    """Have the poller look at once, if this is the provider speaking of that attempt.
    Whatever else arrives writes nothing."""
    digest = hashlib.sha256(callback.token.encode()).hexdigest()
    attempts = Attempt.objects.select_related("account")
    attempt = attempts.filter(token_sha256=digest).first()
    if attempt is None:
        return Verdict.UNKNOWN
    task_id = _task_id(callback.body)
    if task_id is None:
        return Verdict.MALFORMED
    if not _is_signed(callback, task_id, key=attempt.account.hmac_key):
        return Verdict.FORGED
    if attempt.state in _EXPECTED:
        _wake(attempt, task_id, is_fresh=_is_fresh(callback, now), now=now)
    return Verdict.HEARD


def _task_id(body: bytes) -> str | None:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return task_id_of_callback(content) if isinstance(content, dict) else None


def _is_signed(callback: Callback, task_id: str, *, key: str) -> bool:
    """Whether it is signed right, or the account has no key to sign with."""
    if not key:
        return True
    expected = signature_of_callback(key, task_id, callback.timestamp)
    return hmac.compare_digest(expected.encode(), callback.signature.encode())


def _is_fresh(callback: Callback, now: datetime) -> bool:
    if not callback.signature:
        return True
    stamp = callback.timestamp
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        return False
    return abs(now.timestamp() - int(stamp)) <= FRESH.total_seconds()


@transaction.atomic
def _wake(attempt: Attempt, task_id: str, *, is_fresh: bool, now: datetime) -> None:
    # An old delivery may be played back by anybody who has seen it: it has us look, but
    # the id it names is not kept.
    # One whose id is known is asked after by that.
    if is_fresh and not attempt.provider_task_id and _is_credible(attempt, task_id):
        CallbackReceipt.hint(attempt, task_id, now=now)
    Attempt.objects.hurry([attempt.pk], now)
    wake_on_commit(Wake.POLL)


def _is_credible(attempt: Attempt, task_id: str) -> bool:
    others = attempt.receipts.exclude(provider_task_id=task_id)
    return others.count() < MOST_RECEIPTS
