"""The values a task's fields may take. These strings are in the database."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Where a task is, in the words of the board."""

    WAITING = "WAITING", _("Waiting")
    QUEUED = "QUEUED", _("Queued")
    GENERATING = "GENERATING", _("Generating")
    DOWNLOADING = "DOWNLOADING", _("Downloading")
    SUCCEEDED = "SUCCEEDED", _("Succeeded")
    FAILED = "FAILED", _("Failed")
    UNCERTAIN = "UNCERTAIN", _("To be confirmed")
    CANCELED = "CANCELED", _("Canceled")


class Stage(models.TextChoices):
    """The finer step within a status, said in words on the row."""

    NONE = "", ""
    RETRYING = "retrying", _("Will be tried again by itself")
    SUBMITTING = "submitting", _("Submitting…")
    SUBMITTED = "submitted", _("Task submitted, waiting for the provider…")
    CONFIRMING = "confirming", _("It is not known whether this was bought")
    DOWNLOADING = "downloading", _("Generated, download begins…")
    DOWNLOAD_RETRY = "download_retry", _("The download will be tried again")


class AspectRatio(models.TextChoices):
    TALL = "9:16", _("9:16 upright")
    WIDE = "16:9", _("16:9 landscape")
    SQUARE = "1:1", _("1:1 square")
    CLASSIC = "4:3", _("4:3 classic")


class VeoModel(models.TextChoices):
    """Source: kie-api.md §1.1 (KIE's Veo 3.1 page, read October 2026)."""

    FAST = "veo3_fast", _("Veo 3.1 Fast")
    QUALITY = "veo3", _("Veo 3.1 Quality")
    LITE = "veo3_lite", _("Veo 3.1 Lite")


class Resolution(models.TextChoices):
    HD = "720p", "720p"
    FULL_HD = "1080p", "1080p"
    UHD = "4k", "4K"


class Duration(models.IntegerChoices):
    FOUR = 4, _("4 seconds")
    SIX = 6, _("6 seconds")
    EIGHT = 8, _("8 seconds")
