"""Everything a task's page tells: its log in words, its attempts, its cause of failure."""

from datetime import datetime
from functools import cached_property

from django.urls import reverse
from django.utils.translation import gettext as _

from tasks.board_row import Row
from tasks.explain import Explanation, explain
from tasks.media.pictures import DRAWN
from tasks.models import Attempt, Status, VideoTask
from tasks.sentences import Line, line, wait_sentence

# A task that was tried again and again still opens at once.
MOST_LINES = 200


class Story:
    def __init__(self, task: VideoTask, *, now: datetime) -> None:
        self.task = task
        waits_for = wait_sentence(task.project)
        self.row = Row(task, now, waits_for if task.status == Status.QUEUED else "")

    @property
    def has_news_to_come(self) -> bool:
        return not self.task.is_finished or self.row.is_unsettled

    @cached_property
    def attempts(self) -> list[Attempt]:
        attempts = self.task.attempts.select_related("account", "key", "clip")
        return list(attempts.order_by("-number"))

    @cached_property
    def lines(self) -> list[Line]:
        """Newest first."""
        events = self.task.events.select_related("by").order_by("-id")
        return [line(event) for event in events[:MOST_LINES]]

    @property
    def picture_url(self) -> str:
        """The picture itself where browsers draw it, else its small version."""
        picture = self.task.picture
        if picture is None:
            return ""
        if picture.file.suffix in DRAWN:
            return reverse("picture-file", args=[picture.pk])
        if picture.has_thumbnail:
            return reverse("picture-thumbnail", args=[picture.pk])
        return ""

    @property
    def parameters(self) -> list[tuple[str, object]]:
        """Return (words, value) of what was asked for, unset ones left out."""
        task = self.task
        rows: list[tuple[str, object]] = [
            (_("Aspect ratio"), task.aspect_ratio),
            (_("Model"), task.get_model_display()),
            (_("Resolution"), task.get_resolution_display()),
            (_("Duration"), task.get_duration_display()),
            (_("Seed"), task.seed),
            (_("Watermark"), task.watermark),
            (_("Callback URL"), task.callback_url),
            (_("Picture address"), task.image_url),
            (_("Translate the prompt"), _("Yes") if task.translate else _("No")),
            (_("Fall back to another model"), _("Yes") if task.fallback else _("No")),
        ]
        return [(words, value) for words, value in rows if value]

    @property
    def trouble(self) -> Explanation | None:
        """Why it failed, or why it is tried again."""
        code = self.task.error_code
        if not code and self.task.status == Status.UNCERTAIN and self.task.attempt:
            code = self.task.attempt.error_code
        return explain(code, is_final=self.task.status == Status.FAILED)
