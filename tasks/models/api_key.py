"""API keys: secrets that spend an account's credits, and their health."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tasks.models.fields import SealedTextField
from tasks.models.provider_account import ProviderAccount


class KeyState(models.TextChoices):
    ENABLED = "enabled", _("Enabled")
    COOLING = "cooling", _("Cooling down")
    INVALID = "invalid", _("Refused by the provider")
    DRAINING = "draining", _("Finishing what it began")
    OFF = "off", _("Switched off")


# The reason of a key that the provider did not know when it asked a question.
DOUBTED = "key_invalid"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, now: datetime) -> Self:
        """Keys that may buy now. A cooling key is usable again when its time is up."""
        return self.filter(
            Q(state=KeyState.ENABLED) | Q(state=KeyState.COOLING, until__lte=now)
        )

    def readable(self) -> Self:
        """Keys that may still ask after what was bought."""
        return self.exclude(state=KeyState.INVALID).exclude(
            state=KeyState.COOLING, reason=DOUBTED
        )

    def switch(self, to: KeyState) -> int:
        """What an admin decides; what the provider held against them is forgotten."""
        return self.update(state=to, until=None, reason="", failures=0)


class ApiKey(models.Model):
    """A secret of one account. Only its last four letters are ever shown."""

    account = models.ForeignKey(
        ProviderAccount, models.PROTECT, related_name="keys", verbose_name=_("account")
    )
    name = models.CharField(_("name"), max_length=80, unique=True)
    secret = SealedTextField(_("secret"))
    last_four = models.CharField(max_length=4, editable=False)
    concurrency = models.PositiveIntegerField(
        _("generations at once"), null=True, blank=True
    )
    state = models.CharField(
        _("state"), max_length=10, choices=KeyState, default=KeyState.ENABLED
    )
    reason = models.CharField(
        _("reason"), max_length=40, blank=True, default="", editable=False
    )
    until = models.DateTimeField(_("until"), null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} (…{self.last_four})"

    def save(self, *args: object, **kwargs: object) -> None:
        self.last_four = self.secret[-4:]
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came

    def is_usable(self, now: datetime) -> bool:
        return self.state == KeyState.ENABLED or (
            self.state == KeyState.COOLING
            and self.until is not None
            and self.until <= now
        )

    @property
    def is_readable(self) -> bool:
        """Whether it may still ask after what was bought."""
        doubted = self.state == KeyState.COOLING and self.reason == DOUBTED
        return self.state != KeyState.INVALID and not doubted

    def cool(self, reason: str, *, now: datetime, seconds: float) -> bool:
        until = now + timedelta(seconds=seconds)
        return bool(
            ApiKey.objects.usable(now)
            .filter(pk=self.pk)
            .update(
                state=KeyState.COOLING,
                until=until,
                reason=reason,
                failures=F("failures") + 1,
            )
        )

    def refuse(self, reason: str) -> bool:
        """The provider does not know this key: it buys no more until a person acts."""
        live = [KeyState.ENABLED, KeyState.COOLING, KeyState.DRAINING]
        return bool(
            ApiKey.objects.filter(pk=self.pk, state__in=live).update(
                state=KeyState.INVALID, reason=reason, until=None
            )
        )

    def heal(self) -> bool:
        """It bought something: it is well."""
        if self.state == KeyState.ENABLED and not self.failures:
            return False
        return bool(
            ApiKey.objects.filter(pk=self.pk, state=KeyState.COOLING).update(
                state=KeyState.ENABLED, until=None, reason="", failures=0
            )
        )
