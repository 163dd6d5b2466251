"""What a refusal does to the key, the account or the model it was about."""

import logging
from datetime import datetime

from tasks.engine.backoff import backoff
from tasks.engine.durations import durations
from tasks.kie.errors import Blame, Fault
from tasks.models import ApiKey, Attempt, ProviderAccount

log = logging.getLogger(__name__)


def open_breaker(
    attempt: Attempt, fault: Fault, *, now: datetime, retry_after: float | None
) -> None:
    """Stop buying there for a while. Many refusals that arrive together count once."""
    account, key = attempt.account, attempt.key
    if is_for_good(fault):
        shut_out(key, fault)
        return
    seconds = _cooling(fault, account, key, retry_after)
    if fault.blame == Blame.KEY:
        changed = key.cool(fault.code, now=now, seconds=seconds)
    elif fault.blame == Blame.MODEL:
        changed = account.close_model(attempt.model, now=now, seconds=seconds)
    else:
        changed = account.close(fault.code, now=now, seconds=seconds)
    if changed:
        log.warning(
            "%s: %s, nothing is bought for %.0f s", account.name, fault.code, seconds
        )


def shut_out(key: ApiKey, fault: Fault) -> None:
    """Use the key no more until a person acts, and tell those who read the log."""
    if key.refuse(fault.code):
        log.error(
            "key %s: %s, not used until an admin enables it", key.name, fault.code
        )


def doubt(key: ApiKey, fault: Fault, *, now: datetime) -> None:
    """A question was refused as if the key were unknown. One such answer may be a hiccup:
    others ask meanwhile, and the next purchase with it finds out."""
    if key.cool(fault.code, now=now, seconds=durations().doubted_key):
        log.warning("key %s: %s to a question, it rests", key.name, fault.code)


def is_for_good(fault: Fault) -> bool:
    """Whether the provider does not know the key: that does not pass by itself."""
    return fault.blame == Blame.KEY and fault.cooling is None


def _cooling(
    fault: Fault, account: ProviderAccount, key: ApiKey, retry_after: float | None
) -> float:
    if retry_after is not None:
        return retry_after
    d = durations()
    failures = key.failures if fault.blame == Blame.KEY else account.failures
    if not fault.cooling:
        return backoff(failures, first=d.connect_backoff, cap=d.connect_backoff_cap)
    return d.scaled(fault.cooling[min(failures, len(fault.cooling) - 1)])
