"""A task, its purchases and its log as REST tells of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from tasks.explain import explain
from tasks.models import Attempt, Stage, Status, TaskEvent, VideoTask
from tasks.models.video_task import VideoTaskQuerySet
from tasks.sentences import WAITS, line, wait_sentence
from tasks.task_fields import PARAMETERS

_SAME = (
    *PARAMETERS,
    "number",
    "name",
    "prompt",
    "picture_id",
    "last_picture_id",
    "project_id",
    "image_url",
    "retries_left",
    "created_at",
    "updated_at",
)


def with_all(tasks: VideoTaskQuerySet) -> VideoTaskQuerySet:
    """Bring along what `task_out` tells, so that it asks nothing more."""
    made = Attempt.objects.counted().filter(task=OuterRef("pk")).order_by()
    count = made.values("task").annotate(n=Count("pk")).values("n")
    return tasks.select_related("project", "attempt", "clip").annotate(
        attempts_made=Coalesce(Subquery(count), 0)
    )


def tasks_out(tasks: Iterable[VideoTask]) -> list[dict[str, Any]]:
    now = timezone.now()
    return [task_out(task, now) for task in tasks]


def task_out(task: VideoTask, now: datetime) -> dict[str, Any]:
    """`task` comes from `with_all`."""
    return {
        **{name: getattr(task, name) for name in _SAME},
        "id": task.pk,
        "status": task.status.lower(),
        "stage": task.sentence,
        "stage_code": task.stage,
        "progress": task.progress(now),
        "error": _task_error(task),
        "attempts": getattr(task, "attempts_made"),  # noqa: B009 - an annotation, unknown to types
        **_waiting(task),
        **_video(task),
        **_steps(task.attempt),
    }


def _task_error(task: VideoTask) -> dict[str, str] | None:
    if task.status == Status.UNCERTAIN and task.attempt:
        return error_out(task.attempt.error_code, task.attempt.error_text)
    if task.status == Status.FAILED:
        return error_out(task.error_code, task.error_text, is_final=True)
    return None


def error_out(
    code: str, words: str, *, is_final: bool = False
) -> dict[str, str] | None:
    """`words` are the provider's own."""
    told = explain(code, is_final=is_final)
    if told is None:
        return None
    return {
        "category": told.category,
        "code": told.code,
        "message": told.message,
        "next_step": told.next_step,
        "detail": words,
    }


def _waiting(task: VideoTask) -> dict[str, Any]:
    """Why it is queued and not being made: its own reason first, then its project's."""
    reason, text, until = None, "", None
    if task.status == Status.QUEUED and task.stage == Stage.RETRYING:
        reason, until = "retry_at", task.next_try_at
        text = str(WAITS["retry_at"])
    elif task.status == Status.QUEUED:
        reason, until = task.project.wait_reason or None, task.project.wait_until
        text = wait_sentence(task.project)
    return {"waiting_for": reason, "waiting_text": text, "waiting_until": until}


def _video(task: VideoTask) -> dict[str, Any]:
    clip = task.clip
    return {
        "video_url": f"/api/v1/tasks/{task.pk}/video" if clip else None,
        "video_width": clip.width if clip else None,
        "video_height": clip.height if clip else None,
        "video_seconds": clip.seconds if clip else None,
        "video_size": clip.size if clip else None,
        "video_sha256": clip.sha256 if clip else None,
    }


def _steps(attempt: Attempt | None) -> dict[str, datetime | None]:
    return {
        "submitted_at": attempt.submitted_at if attempt else None,
        "generated_at": attempt.generated_at if attempt else None,
    }


def attempt_out(attempt: Attempt) -> dict[str, Any]:
    same = (
        "number",
        "state",
        "is_counted",
        "model",
        "seed",
        "provider_task_id",
        "credits_reserved",
        "credits_settled",
        "planned_at",
        "submitted_at",
        "generated_at",
        "ended_at",
    )
    return {
        **{name: getattr(attempt, name) for name in same},
        "id": attempt.pk,
        "error": error_out(attempt.error_code, attempt.error_text),
    }


def event_out(event: TaskEvent) -> dict[str, Any]:
    told = line(event)
    return {
        "at": event.at,
        "key": event.key,
        "data": event.data,
        "message": told.text,
        "detail": told.detail,
        "by": event.by.username if event.by else None,
    }
