"""How long a generation usually takes, learned for each account and model."""

import statistics
import time
from dataclasses import dataclass

from tasks.engine.durations import durations
from tasks.models import Attempt, VeoModel

SAMPLE = 50
ENOUGH = 5
KEEP = 10.0  # seconds: a sweep asks for hundreds of rows at once

# Until enough is known. Source: kie-api.md §6.4, times of an 8 s clip.
TYPICAL = {VeoModel.LITE: 150.0, VeoModel.FAST: 90.0, VeoModel.QUALITY: 240.0}


@dataclass(frozen=True, slots=True)
class Usual:
    """Seconds from submitted to generated: the median and the 10th percentile."""

    median: float
    early: float
    is_known: bool

    @property
    def first_poll(self) -> float:
        return self.early if self.is_known else durations().first_poll

    @property
    def interval(self) -> float:
        d = durations()
        return min(max(self.median / 8, d.shortest_poll), d.longest_poll)


_known: dict[tuple[int, str], tuple[float, Usual]] = {}


def usual(account_id: int, model: str) -> Usual:
    found = _known.get((account_id, model))
    if found and time.monotonic() - found[0] < KEEP:
        return found[1]
    fresh = _learn(account_id, model)
    _known[account_id, model] = (time.monotonic(), fresh)
    return fresh


def _learn(account_id: int, model: str) -> Usual:
    rows = (
        Attempt.objects.filter(
            account_id=account_id,
            model=model,
            generated_at__isnull=False,
            submitted_at__isnull=False,
        )
        .order_by("-generated_at")
        .values_list("submitted_at", "generated_at")[:SAMPLE]
    )
    seconds = sorted(
        (done - sent).total_seconds() for sent, done in rows if sent and done
    )
    if len(seconds) < ENOUGH:
        typical = TYPICAL.get(VeoModel(model) if model in VeoModel else VeoModel.FAST)
        return Usual(typical or TYPICAL[VeoModel.FAST], 0, is_known=False)
    early = seconds[len(seconds) // 10]
    return Usual(statistics.median(seconds), early, is_known=True)
