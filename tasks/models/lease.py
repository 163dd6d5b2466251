"""The right to be the only one: clock leader, poll sweep."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q


class Lease(models.Model):
    """A named right held until a time, taken and renewed by compare-and-set."""

    CLOCK = "clock"
    POLL = "poll"

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=120, blank=True, default="")
    until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"

    @classmethod
    def hold(cls, name: str, holder: str, *, now: datetime, seconds: float) -> bool:
        """Take or renew; False when somebody else holds it."""
        mine = Q(holder=holder) | Q(until__lte=now) | Q(until=None)
        until = now + timedelta(seconds=seconds)
        if cls.objects.filter(mine, name=name).update(holder=holder, until=until):
            return True
        if cls.objects.filter(name=name).exists():
            return False
        _row, made = cls.objects.get_or_create(
            name=name, defaults={"holder": holder, "until": until}
        )
        return made

    @classmethod
    def release(cls, name: str, holder: str) -> None:
        cls.objects.filter(name=name, holder=holder).update(holder="", until=None)

    @classmethod
    def is_held(cls, name: str, now: datetime) -> bool:
        return cls.objects.filter(name=name, until__gt=now).exists()
