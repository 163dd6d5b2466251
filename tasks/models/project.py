"""Projects, who may see them, and the counters and cursor the board reads."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tasks.models.choices import AspectRatio, Duration, Resolution, Status, VeoModel

Person = User | AnonymousUser


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: Person) -> Self:
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser:
            return self
        return self.filter(
            Q(owner=user)
            | Q(pk__in=Membership.objects.filter(user=user).values("project"))
        )

    def editable_by(self, user: Person) -> Self:
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser:
            return self
        edits = Membership.objects.filter(user=user, role=Membership.Role.EDITOR)
        return self.filter(Q(owner=user) | Q(pk__in=edits.values("project")))

    def alive(self) -> Self:
        return self.filter(deleted_at=None)

    def listed(self) -> Self:
        return self.alive().order_by("archived_at", "-created_at")


class Project(models.Model):
    """A set of tasks with its defaults for new ones, its members and its limits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="owned_projects",
        verbose_name=_("owner"),
    )
    simulated = models.BooleanField(
        _("simulated"),
        default=False,
        editable=False,
        help_text=_("Runs on the built-in simulator and costs nothing."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    paused = models.BooleanField(_("paused"), default=False)
    concurrency = models.PositiveSmallIntegerField(
        _("generations at once"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
    )

    # Defaults of new tasks
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
    callback_url = models.URLField(
        _("callback URL"), max_length=1000, blank=True, default=""
    )
    seed = models.PositiveIntegerField(_("seed"), null=True, blank=True)
    translate = models.BooleanField(_("translate the prompt"), default=True)
    retries = models.PositiveSmallIntegerField(
        _("automatic retries"), default=3, validators=[MaxValueValidator(10)]
    )
    fallback = models.BooleanField(_("fall back to another model"), default=False)
    fallback_model = models.CharField(
        _("fallback model"), max_length=40, choices=VeoModel, default=VeoModel.LITE
    )

    # The board's cursor and counters: written by `advance` alone.
    next_number = models.PositiveIntegerField(default=1, editable=False)
    version = models.PositiveBigIntegerField(default=0, editable=False)
    count_waiting = models.IntegerField(default=0, editable=False)
    count_queued = models.IntegerField(_("queued"), default=0, editable=False)
    count_generating = models.IntegerField(default=0, editable=False)
    count_downloading = models.IntegerField(default=0, editable=False)
    count_succeeded = models.IntegerField(default=0, editable=False)
    count_failed = models.IntegerField(default=0, editable=False)
    count_uncertain = models.IntegerField(default=0, editable=False)
    count_canceled = models.IntegerField(default=0, editable=False)

    # Why its queued tasks wait, said once for all of them: written by dispatch.
    wait_reason = models.CharField(
        max_length=40, blank=True, default="", editable=False
    )
    wait_until = models.DateTimeField(null=True, editable=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        indexes = [
            models.Index(
                fields=["owner"],
                name="project_with_queue",
                condition=Q(count_queued__gt=0),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def advance(project_id: UUID, counts: Mapping[str, int]) -> int:
        """Take the next version and add to the per-status counters; return the version."""
        columns = [(f"count_{s.lower()}", n) for s, n in counts.items() if n]
        table = connection.ops.quote_name(Project._meta.db_table)
        sets = "".join(f", {name} = {name} + %s" for name, _n in columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET version = version + 1{sets} "  # noqa: S608 - our own column names
                "WHERE id = %s RETURNING version",
                [*(n for _name, n in columns), _pk(project_id)],
            )
            return int(cursor.fetchone()[0])

    @staticmethod
    def take_numbers(project_id: UUID, count: int) -> int:
        """Reserve `count` task numbers and return the first. Never given out again."""
        table = connection.ops.quote_name(Project._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET next_number = next_number + %s "  # noqa: S608
                "WHERE id = %s RETURNING next_number",
                [count, _pk(project_id)],
            )
            return int(cursor.fetchone()[0]) - count

    def explain(self, reason: str, until: datetime | None) -> bool:
        """Keep why queued tasks wait; whether that is news."""
        news = self.wait_reason != reason
        if news or self.wait_until != until:
            Project.objects.filter(pk=self.pk).update(
                wait_reason=reason, wait_until=until
            )
        return news

    @property
    def counts(self) -> dict[Status, int]:
        return {s: getattr(self, f"count_{s.lower()}") for s in Status}

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def is_moving(self) -> bool:
        """Whether a board of it has something to wait for."""
        return bool(
            self.count_queued
            or self.count_generating
            or self.count_downloading
            or self.count_uncertain
        )

    @property
    def can_start(self) -> bool:
        return bool(self.count_waiting or self.count_canceled)


def _pk(value: UUID) -> Any:
    """As the database holds it: SQLite has no UUID type."""
    return Project._meta.pk.get_db_prep_value(value, connection)


class Membership(models.Model):
    """A person's part in somebody else's project."""

    class Role(models.TextChoices):
        EDITOR = "editor", _("Editor")
        VIEWER = "viewer", _("Viewer")

    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.EDITOR)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "user"], name="one_membership_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"
