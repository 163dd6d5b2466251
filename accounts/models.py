"""People and the tokens by which their programs are known. Nothing here knows of tasks."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Self

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person. People are deactivated, never deleted: what they bought stays theirs."""

    class Theme(models.TextChoices):
        SYSTEM = "", _("Like the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    theme = models.CharField(
        _("theme"), max_length=5, choices=Theme, blank=True, default=Theme.SYSTEM
    )
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        return str(self)[:2].upper()


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    def usable(self, now: datetime) -> Self:
        return self.filter(revoked_at=None, user__is_active=True).filter(
            models.Q(expires_at=None) | models.Q(expires_at__gt=now)
        )


class AccessToken(models.Model):
    """A secret we issue for our REST API: shown once, stored as prefix and SHA-256."""

    user = models.ForeignKey(User, models.CASCADE, related_name="access_tokens")
    name = models.CharField(_("name"), max_length=80, blank=True, default="")
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.user})"

    @classmethod
    def issue(cls, user: User, *, name: str = "") -> tuple["AccessToken", str]:
        """Return the new row and the token itself, which is stored nowhere."""
        prefix = f"veo_{secrets.token_hex(4)}"
        token = f"{prefix}.{secrets.token_urlsafe(32)}"
        row = cls.objects.create(
            user=user, name=name, prefix=prefix, digest=_digest(token)
        )
        return row, token

    @classmethod
    def user_of(cls, token: str) -> User | None:
        """Return whose token this is; None when unknown, expired or revoked."""
        now = timezone.now()
        row = (
            cls.objects.usable(now)
            .select_related("user")
            .filter(prefix=token.partition(".")[0])
            .first()
        )
        if row is None or not hmac.compare_digest(row.digest, _digest(token)):
            return None
        # Once a minute is enough to know; a write for every call would cost more than it.
        if row.last_used_at is None or now - row.last_used_at > timedelta(minutes=1):
            cls.objects.filter(pk=row.pk).update(last_used_at=now)
        return row.user


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
