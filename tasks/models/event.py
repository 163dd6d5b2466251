"""What happened, in order: a key and its figures; the language is chosen when shown."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tasks.models.project import Project
from tasks.models.video_task import VideoTask


class TaskEvent(models.Model):
    """One line of a task's log (or, for deeds on many tasks, of the project's).

    Append only. `key` names a sentence in `tasks/sentences.py`; `data` fills it.
    """

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="events", verbose_name=_("project")
    )
    task = models.ForeignKey(
        VideoTask,
        models.CASCADE,
        null=True,
        related_name="events",
        verbose_name=_("task"),
    )
    attempt = models.ForeignKey(
        "tasks.Attempt", models.CASCADE, null=True, related_name="+"
    )
    at = models.DateTimeField(
        _("time"),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    key = models.CharField(_("event"), max_length=40)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.key
