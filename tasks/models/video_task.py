"""What a person asked for: one row of the board, and the moves its status may make."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tasks.models.batch import Batch
from tasks.models.choices import (
    AspectRatio,
    Duration,
    Resolution,
    Stage,
    Status,
    VeoModel,
)
from tasks.models.picture import Picture
from tasks.models.project import Person, Project

if TYPE_CHECKING:
    from tasks.models.change import Change

NEXT: dict[Status, frozenset[Status]] = {
    Status.WAITING: frozenset({Status.QUEUED, Status.CANCELED}),
    Status.QUEUED: frozenset(
        {Status.WAITING, Status.GENERATING, Status.FAILED, Status.CANCELED}
    ),
    Status.GENERATING: frozenset(
        {Status.QUEUED, Status.DOWNLOADING, Status.FAILED, Status.UNCERTAIN}
    ),
    Status.UNCERTAIN: frozenset({Status.GENERATING, Status.QUEUED, Status.FAILED}),
    Status.DOWNLOADING: frozenset({Status.SUCCEEDED, Status.FAILED}),
    Status.SUCCEEDED: frozenset({Status.QUEUED}),
    Status.FAILED: frozenset({Status.QUEUED}),
    Status.CANCELED: frozenset({Status.QUEUED}),
}

STARTABLE = (Status.WAITING, Status.CANCELED)
FINISHED = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELED, Status.WAITING})
# What may not be edited: the attempt that is under way has its own copy of the request.
IN_FLIGHT = frozenset({Status.GENERATING, Status.DOWNLOADING, Status.UNCERTAIN})


class Unlawful(Exception):
    """A move that the table of states does not know: a mistake in our code."""


class Stale(Exception):
    """Somebody else moved the row first."""


class VideoTaskQuerySet(models.QuerySet["VideoTask"]):
    def alive(self) -> Self:
        return self.filter(deleted_at=None)

    def visible_to(self, user: Person) -> Self:
        projects = Project.objects.visible_to(user).alive()
        return self.alive().filter(project__in=projects)

    def editable_by(self, user: Person) -> Self:
        projects = Project.objects.editable_by(user).alive()
        return self.alive().filter(project__in=projects)

    def for_board(self) -> Self:
        return self.select_related("attempt", "picture", "clip").order_by("number")

    def matching(self, *, status: str = "", q: str = "") -> Self:
        found = self.filter(status=status.upper()) if status else self
        if not q:
            return found
        words = Q(prompt__icontains=q) | Q(name__icontains=q)
        if q.lstrip("#").isascii() and q.lstrip("#").isdigit():
            words |= Q(number=int(q.lstrip("#")[:9]))
        return found.filter(words)

    def dispatchable(self, now: datetime) -> Self:
        """Queued, with no attempt under way, and not told to wait for a later time."""
        return self.alive().filter(status=Status.QUEUED, next_try_at__lte=now)

    def dispatchable_ever(self) -> Self:
        return self.filter(status=Status.QUEUED, next_try_at__isnull=False)

    def in_turn(self) -> Self:
        return self.order_by("-priority", "position", "number")

    def start(
        self, project: Project, change: "Change", *, batch: Batch, now: datetime
    ) -> int:
        """Queue those of these that nobody has started; return how many there were."""
        return sum(
            self._queue(project, status, change, batch=batch, now=now)
            for status in STARTABLE
        )

    def retry(
        self, project: Project, change: "Change", *, batch: Batch, now: datetime
    ) -> int:
        """Queue those of these that failed; return how many there were."""
        return self._queue(project, Status.FAILED, change, batch=batch, now=now)

    def _queue(
        self,
        project: Project,
        old: Status,
        change: "Change",
        *,
        batch: Batch,
        now: datetime,
    ) -> int:
        count = self.filter(project=project, status=old).update(
            status=Status.QUEUED,
            stage=Stage.NONE,
            batch=batch,
            started_by=batch.by,
            retries_left=project.retries,
            next_try_at=now,
            updated_at=now,
            error_code="",
            error_text="",
        )
        if count:
            change.moved(project.pk, old, Status.QUEUED, Q(batch=batch), count=count)
        return count

    def stop(self, project: Project, change: "Change", *, now: datetime) -> int:
        """Take those of these that nobody has bought out of the queue again."""
        ids = list(self.dispatchable_ever().values_list("pk", flat=True))
        count = VideoTask.objects.filter(
            pk__in=ids, status=Status.QUEUED, next_try_at__isnull=False
        ).update(
            status=Status.WAITING, stage=Stage.NONE, next_try_at=None, updated_at=now
        )
        if count:
            change.moved(project.pk, Status.QUEUED, Status.WAITING, ids, count=count)
        return count


class VideoTask(models.Model):
    """One clip that a person asked for. Its attempts are the purchases made for it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(
        Project, models.CASCADE, related_name="tasks", verbose_name=_("project")
    )
    number = models.PositiveIntegerField(_("number"))
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    prompt = models.TextField(_("prompt"))
    picture = models.ForeignKey(
        Picture, models.PROTECT, null=True, blank=True, related_name="+"
    )
    image_url = models.CharField(max_length=2000, blank=True, default="")
    last_picture = models.ForeignKey(
        Picture, models.PROTECT, null=True, blank=True, related_name="+"
    )

    model = models.CharField(
        _("model"), max_length=40, choices=VeoModel, default=VeoModel.FAST
    )
    aspect_ratio = models.CharField(
        _("aspect ratio"), max_length=5, choices=AspectRatio, default=AspectRatio.TALL
    )
    resolution = models.CharField(
        _("resolution"), max_length=5, choices=Resolution, default=Resolution.HD
    )
    duration = models.PositiveSmallIntegerField(
        _("duration"), choices=Duration, default=Duration.EIGHT
    )
    watermark = models.CharField(_("watermark"), max_length=80, blank=True, default="")
    callback_url = models.CharField(max_length=1000, blank=True, default="")
    seed = models.PositiveIntegerField(_("seed"), null=True, blank=True)
    translate = models.BooleanField(_("translate the prompt"), default=True)
    fallback = models.BooleanField(_("fall back to another model"), default=False)

    series = models.UUIDField(null=True, blank=True, editable=False)
    position = models.BigIntegerField(default=0)
    priority = models.SmallIntegerField(default=0)
    import_key = models.CharField(max_length=300, blank=True, default="")

    status = models.CharField(
        _("status"), max_length=12, choices=Status, default=Status.WAITING
    )
    stage = models.CharField(max_length=20, choices=Stage, blank=True, default="")
    batch = models.ForeignKey(
        Batch, models.SET_NULL, null=True, blank=True, related_name="tasks"
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    retries_left = models.PositiveSmallIntegerField(default=0)
    # When dispatch may take it; none while an attempt is under way or nobody asked.
    next_try_at = models.DateTimeField(null=True, blank=True)
    # The attempt under way, or the last one there was.
    attempt = models.ForeignKey(
        "tasks.Attempt", models.SET_NULL, null=True, related_name="+"
    )
    # The accepted take: served while the task is being made again.
    clip = models.ForeignKey("tasks.Clip", models.SET_NULL, null=True, related_name="+")
    error_code = models.CharField(
        _("error code"), max_length=40, blank=True, default=""
    )
    error_text = models.CharField(max_length=300, blank=True, default="")

    version = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(
        _("updated at"),
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = VideoTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "number"], name="one_task_a_number"
            ),
            models.CheckConstraint(
                condition=Q(picture__isnull=False) | ~Q(image_url=""),
                name="a_task_has_a_picture",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.FAILED) | ~Q(error_code=""),
                name="a_failed_task_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.SUCCEEDED) | Q(clip__isnull=False),
                name="a_succeeded_task_has_a_clip",
            ),
        ]
        indexes = [
            models.Index(
                F("project"),
                F("priority").desc(),
                F("position"),
                F("number"),
                name="task_dispatch",
                condition=Q(
                    status=Status.QUEUED,
                    deleted_at__isnull=True,
                    next_try_at__isnull=False,
                ),
            ),
            models.Index(fields=["project", "version"], name="task_changes"),
            models.Index(
                fields=["project", "status", "number"],
                name="task_board",
                condition=Q(deleted_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"

    def move(
        self, to: Status, change: "Change", *, now: datetime, **fields: object
    ) -> None:
        """Go to another status, if the row still has the one we know."""
        old = Status(self.status)
        if to not in NEXT[old]:
            raise Unlawful(f"task {old} → {to}")
        fields = {"stage": Stage.NONE, **fields, "status": to, "updated_at": now}
        if not self._as_known().update(**fields):
            raise Stale(f"task {self.pk} is no longer {old}")
        self._remember(fields)
        if self.deleted_at is None:
            change.moved(self.project_id, old, to, [self.pk])

    def note(self, change: "Change", *, now: datetime, **fields: object) -> None:
        """Change what the row shows without a move of its status."""
        fields = {**fields, "updated_at": now}
        if not self._as_known().update(**fields):
            raise Stale(f"task {self.pk} is no longer {self.status}")
        self._remember(fields)
        change.touched(self.project_id, [self.pk])

    def _as_known(self) -> VideoTaskQuerySet:
        # A task in the trash is out of the project's counters: a move must know of it.
        return VideoTask.objects.filter(
            pk=self.pk, status=self.status, deleted_at__isnull=self.deleted_at is None
        )

    def _remember(self, fields: dict[str, object]) -> None:
        for name, value in fields.items():
            setattr(self, name, value)

    @property
    def title(self) -> str:
        return self.name or (self.picture.name if self.picture else self.image_url)

    @property
    def is_finished(self) -> bool:
        return Status(self.status) in FINISHED

    @property
    def is_editable(self) -> bool:
        return Status(self.status) not in IN_FLIGHT

    def use_retry(self) -> None:
        """Take one of the automatic retries that are left."""
        VideoTask.objects.filter(pk=self.pk, retries_left__gt=0).update(
            retries_left=F("retries_left") - 1
        )

    def require_editable(self) -> None:
        if not self.is_editable:
            raise Stale(f"task {self.pk} is {self.status}")

    @property
    def sentence(self) -> str:
        """Its status in words, by the finest step known."""
        return self.get_stage_display() if self.stage else self.get_status_display()

    def progress(self, now: datetime) -> int:
        """0–100: elapsed against the usual time, below 100 until the clip is stored."""
        if self.status == Status.SUCCEEDED:
            return 100
        if self.status == Status.DOWNLOADING:
            return 95
        if self.status != Status.GENERATING or self.attempt is None:
            return 0
        return self.attempt.progress(now)

    @property
    def pictures(self) -> list[Picture]:
        return [p for p in (self.picture, self.last_picture) if p is not None]

    @property
    def picture_ids(self) -> list[UUID]:
        return [p for p in (self.picture_id, self.last_picture_id) if p is not None]
