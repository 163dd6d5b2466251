"""Accounts at the provider: one credit balance and one rate limit each."""

from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tasks.models.fields import SealedTextField


class ProviderAccountQuerySet(models.QuerySet["ProviderAccount"]):
    def open(self, now: datetime) -> Self:
        return self.filter(enabled=True).filter(
            Q(closed_until=None) | Q(closed_until__lte=now)
        )

    def reopen(self) -> int:
        """What an admin decides: their breakers are closed and they buy again at once."""
        return self.update(
            closed_until=None, closed_models={}, reason="", failures=0, enabled=True
        )


class ProviderAccount(models.Model):
    """A balance, a rate limit and the addresses they are reached at.

    `closed_until` is the breaker: nothing is bought before that time. `failures` in a
    row make it longer each time; while it is above 0 one purchase at a time probes.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    base_url = models.URLField(_("API address"))
    upload_url = models.URLField(_("upload address"))
    simulated = models.BooleanField(_("simulated"), default=False, editable=False)
    enabled = models.BooleanField(_("enabled"), default=True)
    concurrency = models.PositiveIntegerField(
        _("generations at once"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(10_000)],
    )
    hmac_key = SealedTextField(_("webhook HMAC key"), blank=True, default="")
    credits = models.DecimalField(
        _("credits"), max_digits=12, decimal_places=2, null=True, editable=False
    )
    credits_at = models.DateTimeField(_("credits read at"), null=True, editable=False)

    closed_until = models.DateTimeField(_("closed until"), null=True, editable=False)
    closed_models = models.JSONField(default=dict, editable=False)
    reason = models.CharField(
        _("reason"), max_length=40, blank=True, default="", editable=False
    )
    failures = models.PositiveIntegerField(default=0, editable=False)

    objects = ProviderAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("provider account")
        verbose_name_plural = _("provider accounts")

    def __str__(self) -> str:
        return self.name

    @property
    def hosts(self) -> frozenset[str]:
        """Its addresses as the address guard writes them: `host:port`."""
        return frozenset(urlsplit(u).netloc for u in (self.base_url, self.upload_url))

    def is_open(self, now: datetime) -> bool:
        return self.enabled and (self.closed_until is None or self.closed_until <= now)

    def takes_model(self, model: str, now: datetime) -> bool:
        until = self.closed_models.get(model)
        return until is None or datetime.fromisoformat(until) <= now

    def close(self, reason: str, *, now: datetime, seconds: float) -> bool:
        """Buy nothing for so long. Returns whether it was open: five hundred refusals
        that arrive together close it once."""
        until = now + timedelta(seconds=seconds)
        return bool(
            ProviderAccount.objects.open(now)
            .filter(pk=self.pk)
            .update(closed_until=until, reason=reason, failures=F("failures") + 1)
        )

    def close_model(self, model: str, *, now: datetime, seconds: float) -> bool:
        if not self.takes_model(model, now):
            return False
        self.closed_models[model] = (now + timedelta(seconds=seconds)).isoformat()
        self.save(update_fields=["closed_models"])
        return True

    def heal(self) -> bool:
        """Something was bought: the breaker closes for good. Returns whether it was
        open or probing."""
        if not self.failures:
            return False
        return bool(
            ProviderAccount.objects.filter(pk=self.pk, failures__gt=0).update(
                failures=0, closed_until=None, reason=""
            )
        )
