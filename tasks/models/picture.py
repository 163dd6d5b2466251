"""Source pictures, stored once by content, and their copies at the provider."""

import uuid
from datetime import datetime
from pathlib import Path
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

# Stands in `thumbnail` where none could be made, so that nobody tries for ever.
NO_THUMBNAIL = "none"


class Picture(models.Model):
    """A picture as it was brought in. Two uploads of the same bytes are one picture
    for each person, so that nobody learns from a hash what others have."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="pictures"
    )
    sha256 = models.CharField(max_length=64)
    name = models.CharField(_("file name"), max_length=255)
    path = models.CharField(max_length=255)
    thumbnail = models.CharField(max_length=255, blank=True, default="")
    size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "sha256"], name="one_picture_a_content"
            )
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="picture_without_thumbnail",
                condition=Q(thumbnail=""),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def file(self) -> Path:
        return Path(settings.MEDIA_ROOT) / self.path

    @property
    def is_sound(self) -> bool:
        """Whether its file is there, and nobody found it unreadable."""
        return self.file.exists() and not self.uploads.exclude(error_code="").exists()

    @property
    def has_thumbnail(self) -> bool:
        return self.thumbnail not in ("", NO_THUMBNAIL)


class PictureUploadQuerySet(models.QuerySet["PictureUpload"]):
    def fresh(self, now: datetime) -> Self:
        return self.filter(expires_at__gt=now)

    def due(self, now: datetime) -> Self:
        """Asked for, not there, and nobody is at it. One that has expired is not due
        before it is asked for anew."""
        return self.filter(error_code="", expires_at=None, next_try_at__lte=now).filter(
            Q(lease_until=None) | Q(lease_until__lte=now)
        )


class PictureUpload(models.Model):
    """A picture prepared for one ratio and uploaded to one provider host.

    A repeatable, free step. The row is asked for by dispatch and filled by upload.
    `error_code` says that the picture itself cannot be prepared: no use trying again.
    """

    picture = models.ForeignKey(Picture, models.CASCADE, related_name="uploads")
    variant = models.CharField(max_length=10)
    upload_url = models.CharField(max_length=200)
    url = models.CharField(max_length=1000, blank=True, default="")
    expires_at = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True, default="")

    objects = PictureUploadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["picture", "variant", "upload_url"],
                name="one_upload_a_variant_and_host",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="upload_due",
                condition=Q(error_code="", expires_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.picture} ({self.variant})"

    def claim(self, now: datetime, lease_until: datetime) -> bool:
        """Take the row if nobody else has: two workers racing, one wins."""
        return bool(
            PictureUpload.objects.due(now)
            .filter(pk=self.pk)
            .update(lease_until=lease_until, tries=models.F("tries") + 1)
        )
