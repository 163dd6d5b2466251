"""Stored, verified video files."""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Clip(models.Model):
    """A file that is whole: its length, its boxes and its SHA-256 were checked."""

    class Kind(models.TextChoices):
        ORIGINAL = "original", _("Original")
        CROPPED = "cropped", _("Cropped")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    attempt = models.ForeignKey("tasks.Attempt", models.PROTECT, related_name="clips")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.ORIGINAL)
    index = models.PositiveSmallIntegerField(default=0)
    path = models.CharField(max_length=255, unique=True)
    poster = models.CharField(max_length=255, blank=True, default="")
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    seconds = models.FloatField(null=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("clip")
        verbose_name_plural = _("clips")
        constraints = [
            models.UniqueConstraint(
                fields=["attempt", "kind", "index"], name="one_clip_a_place"
            ),
            models.CheckConstraint(
                condition=~Q(sha256="") & Q(size__gt=0), name="a_clip_is_verified"
            ),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def file(self) -> Path:
        return Path(settings.MEDIA_ROOT) / self.path

    @property
    def etag(self) -> str:
        return f'"{self.sha256[:32]}"'
