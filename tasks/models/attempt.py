"""One intended purchase for a task, and every step it may take. Final is final."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tasks.models.api_key import ApiKey
from tasks.models.batch import Batch
from tasks.models.choices import Stage, Status
from tasks.models.project import Project
from tasks.models.provider_account import ProviderAccount
from tasks.models.video_task import Stale, Unlawful, VideoTask

if TYPE_CHECKING:
    from tasks.models.change import Change


class State(models.TextChoices):
    """Where a purchase is. These strings are in the database."""

    PLANNED = "planned", _("Planned")
    SENDING = "sending", _("Being sent")
    SUBMITTED = "submitted", _("Submitted")
    UNCERTAIN = "uncertain", _("To be confirmed")
    DOWNLOADING = "downloading", _("Downloading")
    STORED = "stored", _("Stored")
    REJECTED = "rejected", _("Refused, not bought")
    FAILED = "failed", _("Failed at the provider")
    NOT_CREATED = "not_created", _("Proved not bought")
    WRITTEN_OFF = "written_off", _("Given up")
    FILE_LOST = "file_lost", _("File lost")
    CANCELED = "canceled", _("Never sent")


# An attempt is sent at most once: no way leads back to `planned` or `sending`.
NEXT: dict[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.SENDING, State.CANCELED}),
    State.SENDING: frozenset(
        {State.SUBMITTED, State.REJECTED, State.UNCERTAIN, State.CANCELED}
    ),
    State.SUBMITTED: frozenset({State.DOWNLOADING, State.FAILED, State.UNCERTAIN}),
    # REJECTED and CANCELED: a definite answer that came after the lease was given up.
    State.UNCERTAIN: frozenset(
        {
            State.SUBMITTED,
            State.NOT_CREATED,
            State.WRITTEN_OFF,
            State.REJECTED,
            State.CANCELED,
        }
    ),
    State.DOWNLOADING: frozenset({State.STORED, State.FILE_LOST}),
    **{
        final: frozenset()
        for final in (
            State.STORED,
            State.REJECTED,
            State.FAILED,
            State.NOT_CREATED,
            State.WRITTEN_OFF,
            State.FILE_LOST,
            State.CANCELED,
        )
    },
}
LIVE = tuple(s for s in State if NEXT[s])
FINAL = tuple(s for s in State if not NEXT[s])

# What each state makes of its task. A refusal or failure that is to be tried again
# sends the task back to the queue instead (`move(..., again_at=…)`).
TASK_STATUS: dict[State, Status] = {
    State.PLANNED: Status.QUEUED,
    State.SENDING: Status.GENERATING,
    State.SUBMITTED: Status.GENERATING,
    State.UNCERTAIN: Status.UNCERTAIN,
    State.DOWNLOADING: Status.DOWNLOADING,
    State.STORED: Status.SUCCEEDED,
    State.REJECTED: Status.FAILED,
    State.FAILED: Status.FAILED,
    State.NOT_CREATED: Status.QUEUED,
    State.WRITTEN_OFF: Status.FAILED,
    State.FILE_LOST: Status.FAILED,
    State.CANCELED: Status.QUEUED,
}
TASK_STAGE: dict[State, Stage] = {
    State.SENDING: Stage.SUBMITTING,
    State.SUBMITTED: Stage.SUBMITTED,
    State.UNCERTAIN: Stage.CONFIRMING,
    State.DOWNLOADING: Stage.DOWNLOADING,
}

# An uncertain purchase keeps its slot this long after its claim (design §5.7).
UNCERTAIN_SLOT = timedelta(minutes=15)


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def holding_slots(self, now: datetime) -> Self:
        """Those the provider may be working on. A clip being downloaded holds none."""
        return self.filter(
            Q(state__in=[State.PLANNED, State.SENDING, State.SUBMITTED])
            | Q(state=State.UNCERTAIN, claimed_at__gt=now - UNCERTAIN_SLOT)
        )

    def in_rate_window(self, account_id: int, now: datetime) -> Self:
        return self.filter(account_id=account_id, rate_until__gt=now)

    def counted(self) -> Self:
        """The n of "attempt n of m": those the provider has or had, and refusals that
        are the task's own. Plans, and refusals for a key's or the provider's sake, are
        not among them."""
        never = [State.PLANNED, State.CANCELED, State.NOT_CREATED]
        return self.exclude(state__in=never).exclude(
            state=State.REJECTED, is_counted=False
        )

    def hurry(self, ids: Iterable[UUID], now: datetime) -> int:
        """Have these submitted attempts asked after at once."""
        return self.filter(pk__in=ids, state=State.SUBMITTED).update(due_at=now)

    def due(self, state: State, now: datetime) -> Self:
        """Time to look at them, and nobody is at it."""
        return (
            self.filter(state=state, due_at__lte=now)
            .filter(Q(lease_until=None) | Q(lease_until__lte=now))
            .order_by("due_at")
        )


class Attempt(models.Model):
    """A purchase: its intent is committed before the first byte leaves."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(
        VideoTask, models.PROTECT, related_name="attempts", verbose_name=_("task")
    )
    number = models.PositiveSmallIntegerField(
        _("number"),
    )
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    batch = models.ForeignKey(Batch, models.SET_NULL, null=True, related_name="+")
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    account = models.ForeignKey(
        ProviderAccount,
        models.PROTECT,
        related_name="attempts",
        verbose_name=_("account"),
    )
    key = models.ForeignKey(
        ApiKey, models.PROTECT, related_name="attempts", verbose_name=_("API key")
    )
    state = models.CharField(
        _("state"), max_length=12, choices=State, default=State.PLANNED
    )
    is_counted = models.BooleanField(default=False)

    # Who is at it: a claim raises the fence, and only its holder may write back.
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_host = models.CharField(max_length=120, blank=True, default="")
    lease_boot = models.CharField(max_length=64, blank=True, default="")
    lease_pid = models.PositiveIntegerField(null=True)
    lease_started = models.CharField(max_length=32, blank=True, default="")

    # What is asked for
    request = models.JSONField()
    request_sha256 = models.CharField(max_length=64)
    model = models.CharField(max_length=40)
    aspect_ratio = models.CharField(max_length=5)
    seed = models.PositiveIntegerField(null=True)
    token_sha256 = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - unique, so "none yet" must be NULL
    provider_task_id = models.CharField(max_length=128, null=True)  # noqa: DJ001 - unique
    result_urls = models.JSONField(default=list)

    # Money, in credits
    credits_reserved = models.DecimalField(
        _("credits reserved"), max_digits=12, decimal_places=2
    )
    credits_settled = models.DecimalField(
        _("credits settled"), max_digits=12, decimal_places=2, null=True
    )

    # When
    planned_at = models.DateTimeField(
        _("planned at"),
    )
    claimed_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    generated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    rate_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    is_visible = models.BooleanField(default=False)  # record-info has known it
    usual_seconds = models.FloatField(null=True)

    error_code = models.CharField(
        _("error code"), max_length=40, blank=True, default=""
    )
    error_text = models.CharField(max_length=300, blank=True, default="")
    provider_code = models.IntegerField(null=True)
    clip = models.OneToOneField(
        "tasks.Clip", models.PROTECT, null=True, related_name="+"
    )

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            models.UniqueConstraint(
                fields=["task"],
                name="one_live_attempt_a_task",
                condition=Q(state__in=LIVE),
            ),
            models.UniqueConstraint(
                fields=["task", "number"], name="one_attempt_a_number"
            ),
            models.UniqueConstraint(
                fields=["account", "provider_task_id"],
                name="one_attempt_a_provider_task",
            ),
            models.CheckConstraint(
                condition=~Q(
                    state__in=[
                        State.SUBMITTED,
                        State.DOWNLOADING,
                        State.STORED,
                        State.FAILED,
                        State.FILE_LOST,
                    ]
                )
                | Q(provider_task_id__isnull=False),
                name="submitted_has_a_provider_task",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.STORED) | Q(clip__isnull=False),
                name="stored_has_a_clip",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.REJECTED, State.FAILED])
                | ~Q(error_code=""),
                name="a_failed_attempt_says_why",
            ),
        ]
        indexes = [
            # Of all states: SQLite cannot tell that `state = 'planned'` is within a
            # condition on LIVE, and would read every attempt there ever was.
            models.Index(fields=["state", "due_at"], name="attempt_due"),
            models.Index(
                fields=["account", "rate_until"],
                name="attempt_rate",
                condition=Q(rate_until__isnull=False),
            ),
            models.Index(
                fields=["account", "model", "-generated_at"],
                name="attempt_durations",
                condition=Q(generated_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} · {self.number}"

    def move(
        self,
        to: State,
        change: "Change",
        *,
        now: datetime,
        again_at: datetime | None = None,
        **fields: object,
    ) -> None:
        """Take the next step, if the row still stands where we know it, and let the
        task follow. `again_at` sends the task back to the queue until then."""
        old = State(self.state)
        if to not in NEXT[old]:
            raise Unlawful(f"attempt {old} → {to}")
        fields = {"lease_until": None, **fields, "state": to}
        if not NEXT[to]:
            fields |= {"ended_at": now, "due_at": None}
        rows = Attempt.objects.filter(pk=self.pk, state=old, fence=self.fence)
        if not rows.update(**fields):
            raise Stale(f"attempt {self.pk} is no longer {old}")
        for name, value in fields.items():
            setattr(self, name, value)
        self._lead_task(change, now=now, again_at=again_at)

    def _lead_task(
        self, change: "Change", *, now: datetime, again_at: datetime | None
    ) -> None:
        state = State(self.state)
        status = Status.QUEUED if again_at else TASK_STATUS[state]
        fields: dict[str, object] = {"stage": TASK_STAGE.get(state, Stage.NONE)}
        if status == Status.QUEUED:
            fields["next_try_at"] = again_at or now
            if self.is_counted:
                fields["stage"] = Stage.RETRYING
        if status in (Status.FAILED, Status.QUEUED):
            fields |= {"error_code": self.error_code, "error_text": self.error_text}
        if status == Status.SUCCEEDED:
            fields |= {"clip_id": self.clip_id, "error_code": "", "error_text": ""}
        task = self.task
        if task.status == status:
            task.note(change, now=now, **fields)
        else:
            task.move(status, change, now=now, **fields)

    @classmethod
    def withdraw(
        cls, which: Q, change: "Change", *, now: datetime, why: str = ""
    ) -> int:
        """Take back planned attempts that nobody has claimed; their tasks are queued
        as before. Returns how many there were."""
        planned = cls.objects.filter(which, state=State.PLANNED)
        withdrawn = 0
        for attempt in planned.select_related("task").select_for_update(of=("self",)):
            attempt.move(State.CANCELED, change, now=now, error_code=why)
            withdrawn += 1
        return withdrawn

    def claim(self, *, now: datetime, lease: dict[str, object]) -> bool:
        """Become the one who downloads it: two workers racing, one wins."""
        rows = Attempt.objects.due(State(self.state), now).filter(
            pk=self.pk, fence=self.fence
        )
        if not rows.update(fence=F("fence") + 1, **lease):
            return False
        self.fence += 1
        for name, value in lease.items():
            setattr(self, name, value)
        return True

    def renew(self, until: datetime) -> None:
        """Keep a lease that is still ours."""
        mine = Attempt.objects.filter(pk=self.pk, fence=self.fence)
        if mine.filter(lease_until__isnull=False).update(lease_until=until):
            self.lease_until = until

    def put_off(
        self, change: "Change", *, now: datetime, until: datetime, code: str
    ) -> None:
        """Give the lease back and try the download again later."""
        mine = Attempt.objects.filter(
            pk=self.pk, state=State.DOWNLOADING, fence=self.fence
        )
        if not mine.update(
            due_at=until, lease_until=None, tries=F("tries") + 1, error_code=code
        ):
            raise Stale(f"attempt {self.pk} is no longer ours")
        self.task.note(change, now=now, stage=Stage.DOWNLOAD_RETRY, error_code=code)

    def progress(self, now: datetime) -> int:
        """Elapsed against the usual duration, never 100 before the clip is stored."""
        if self.submitted_at is None or not self.usual_seconds:
            return 0
        elapsed = (now - self.submitted_at).total_seconds() / self.usual_seconds
        # Past the usual time the bar creeps on: 90 % at 1×, nearing 94 % after that.
        return int(min(90 * elapsed, 90 + 4 * (1 - 1 / max(elapsed, 1))))
