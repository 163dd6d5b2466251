"""Every duration of the engine, in seconds, divided by VEO_TIME_SCALE (tests only)."""

from dataclasses import dataclass, fields
from functools import cache

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Durations:
    clock_round: float = 1.0  # dispatch at least this often
    reconcile_every: float = 30.0
    clock_lease: float = 10.0
    poll_lease: float = 10.0
    poll_stay: float = 50.0  # a sweep stays this long, then makes way for a fresh job
    poll_round: float = 0.5  # between rounds, unless woken
    first_poll: float = 5.0  # while fewer than 5 durations are known
    shortest_poll: float = 2.0
    longest_poll: float = 15.0
    poll_backoff: float = 30.0  # doubling …
    poll_backoff_cap: float = 600.0
    not_visible_grace: float = 600.0  # "record is null" is normal for so long
    second_look: float = 30.0  # at a failure that may be a hiccup of the query
    slow_after: float = 1800.0  # polled every minute from here …
    slow_poll: float = 60.0
    very_slow_after: float = 6 * 3600.0  # … and every 10 minutes from here
    very_slow_poll: float = 600.0
    send_lease: float = 180.0  # POST deadline 150 + 30
    pause_guard: float = 5.0  # longest wait between a claim and its POST
    rate_window: float = 10.0  # the provider's: 20 creates in 10 s
    download_lease: float = 60.0
    download_backoff: float = 10.0
    download_backoff_cap: float = 3600.0
    file_life: float = 14 * 86400.0  # the provider keeps files so long
    upload_life: float = 12 * 3600.0  # docs: 24 h or 3 days; half of the shorter
    upload_lease: float = 180.0
    retry_backoff: float = 30.0  # before buying again after a definite failure
    retry_backoff_cap: float = 900.0
    connect_backoff: float = 5.0  # nobody answered, nothing was sent
    connect_backoff_cap: float = 300.0
    doubted_key: float = 60.0  # refused when it asked a question

    @staticmethod
    def scaled(seconds: float) -> float:
        """A duration that comes from outside this table."""
        return seconds / settings.VEO_TIME_SCALE


@cache
def _scaled(scale: float) -> Durations:
    base = Durations()
    return Durations(**{f.name: getattr(base, f.name) / scale for f in fields(base)})


def durations() -> Durations:
    return _scaled(settings.VEO_TIME_SCALE)
