"""How long to wait before another try: doubling, capped, with full jitter."""

import random


def backoff(tries: int, *, first: float, cap: float) -> float:
    """Return seconds for the try after `tries` failed ones (0-based).

    Full jitter spreads a crowd that failed together; half of the span is kept so that
    nobody comes back at once.
    """
    span = min(first * float(2 ** min(tries, 20)), cap)
    return span * random.uniform(0.5, 1)  # noqa: S311 - spreads load, guards nothing
