"""What a person asks for: deeds that touch several nouns, or that start work.

Each takes `by`, is one transaction, leaves one event, and wakes the engine on commit.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import User
from tasks.engine.wake import Wake
from tasks.jobs import wake_on_commit
from tasks.media.pictures import inspect
from tasks.models import (
    Attempt,
    Batch,
    Change,
    Picture,
    Price,
    Project,
    Status,
    TaskEvent,
    VideoTask,
    change,
)
from tasks.models.video_task import STARTABLE, VideoTaskQuerySet


@dataclass(frozen=True, slots=True)
class Started:
    """What one press of start set going; `estimate` is in credits."""

    count: int
    estimate: Decimal
    batch: Batch | None = None


def store_picture(file: BinaryIO, *, name: str, by: User) -> Picture:
    """Check and keep a picture; the same bytes twice are one picture.

    Raises BadPicture. The file is under its final name, whole, before the row exists.
    """
    facts = inspect(
        file,
        max_bytes=settings.PICTURE_MAX_BYTES,
        max_pixels=settings.PICTURE_MAX_PIXELS,
    )
    known = Picture.objects.filter(owner=by, sha256=facts.sha256).first()
    if known is not None and known.is_sound:
        return known
    path = Path("pictures", facts.sha256[:2], f"{facts.sha256}{facts.suffix}")
    file.seek(0)
    _store(file, Path(settings.MEDIA_ROOT) / path)
    picture, _made = Picture.objects.get_or_create(
        owner=by,
        sha256=facts.sha256,
        defaults={
            "name": Path(name).name[:255] or f"{facts.sha256[:8]}{facts.suffix}",
            "path": str(path),
            "size": facts.size,
            "width": facts.width,
            "height": facts.height,
        },
    )
    picture.uploads.exclude(error_code="").delete()  # that was another file
    wake_on_commit(Wake.PICTURES)
    return picture


def _store(file: BinaryIO, final: Path) -> None:
    final.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=final.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as out:
            while block := file.read(1 << 20):
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        Path(draft).replace(final)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def create_tasks(
    project: Project, rows: Iterable[Mapping[str, Any]], *, by: User
) -> list[VideoTask]:
    """Make one task a row, all or none. A row is the cleaned fields of a task; what it
    leaves out comes from the project's defaults."""
    rows = list(rows)
    if not rows:
        return []
    now = timezone.now()
    with change() as moves:
        first = Project.take_numbers(project.pk, len(rows))
        tasks = [
            VideoTask(
                project=project,
                number=number,
                position=number,
                created_by=by,
                created_at=now,
                updated_at=now,
                **{**task_defaults(project), **row},
            )
            for number, row in enumerate(rows, first)
        ]
        VideoTask.objects.bulk_create(tasks, batch_size=200)
        span = Q(number__gte=first, number__lt=first + len(rows))
        moves.moved(project.pk, None, Status.WAITING, span, count=len(rows))
        log_event(project, "created", by=by, count=len(rows), first=first)
    return tasks


def task_defaults(project: Project) -> dict[str, Any]:
    """Return the parameters a new task of this project starts from."""
    return {
        name: getattr(project, name)
        for name in (
            "model",
            "aspect_ratio",
            "resolution",
            "duration",
            "watermark",
            "callback_url",
            "seed",
            "translate",
            "fallback",
        )
    }


def edit_task(task: VideoTask, fields: Mapping[str, Any], *, by: User) -> None:
    """Change what is asked for. Raises Stale when the task has left meanwhile for the
    provider: the attempt under way keeps its own copy of the request."""
    now = timezone.now()
    with change() as moves:
        # The attempt before its task: whoever moves them locks them in this order too.
        Attempt.withdraw(Q(task=task), moves, now=now)
        locked = VideoTask.objects.select_for_update().get(pk=task.pk)
        locked.require_editable()
        locked.note(moves, now=now, **fields)
        log_event(task.project, "edited", by=by, task=task, fields=sorted(fields))


class Dearer(Exception):
    """It would cost more than the person agreed to."""


def start(
    project: Project,
    *,
    by: User,
    task_ids: Iterable[UUID] | None = None,
    at_most: Decimal | None = None,
) -> Started:
    """Queue the chosen tasks (None: all that may start) as one batch. Raises Dearer when
    the estimate is above `at_most` credits."""
    chosen = _chosen(project, task_ids).filter(status__in=STARTABLE)
    return _queue(
        project, chosen, VideoTaskQuerySet.start, "started", by=by, at_most=at_most
    )


def retry_failed(
    project: Project,
    *,
    by: User,
    task_ids: Iterable[UUID] | None = None,
    at_most: Decimal | None = None,
) -> Started:
    """Queue failed tasks again, with a fresh set of automatic retries; raises as
    `start` does."""
    chosen = _chosen(project, task_ids).filter(status=Status.FAILED)
    return _queue(
        project, chosen, VideoTaskQuerySet.retry, "retried", by=by, at_most=at_most
    )


def _queue(
    project: Project,
    chosen: VideoTaskQuerySet,
    queue: Callable[..., int],
    key: str,
    *,
    by: User,
    at_most: Decimal | None,
) -> Started:
    now = timezone.now()
    with change() as moves:
        count, estimate = estimate_of(chosen)
        if not count:
            return Started(0, Decimal(0))
        if at_most is not None and estimate > at_most:
            raise Dearer
        batch = Batch.objects.create(
            project=project, by=by, task_count=count, estimate=estimate, started_at=now
        )
        count = queue(chosen, project, moves, batch=batch, now=now)
        if not count:  # another press of start was first
            batch.delete()
            return Started(0, Decimal(0))
        log_event(project, key, by=by, count=count, credits=str(estimate))
    wake_on_commit(Wake.DISPATCH)
    return Started(count, estimate, batch)


def stop(project: Project, *, by: User, task_ids: Iterable[UUID] | None = None) -> int:
    """Take back what has not been sent; what the provider has runs on. Returns how
    many went back to waiting."""
    now = timezone.now()
    with change() as moves:
        chosen = _chosen(project, task_ids).filter(status=Status.QUEUED)
        ids = list(chosen.values_list("pk", flat=True))
        Attempt.withdraw(Q(task__in=ids), moves, now=now)
        count = VideoTask.objects.filter(pk__in=ids).stop(project, moves, now=now)
        if count:
            log_event(project, "stopped", by=by, count=count)
    wake_on_commit(Wake.DISPATCH)
    return count


def delete_tasks(
    project: Project, *, by: User, task_ids: Iterable[UUID] | None = None
) -> int:
    """Put tasks in the trash. Unsent ones are taken back first; what was bought
    finishes there, and its cost stays visible."""
    now = timezone.now()
    with change() as moves:
        ids = list(_chosen(project, task_ids).values_list("pk", flat=True))
        unsent = VideoTask.objects.filter(pk__in=ids, status=Status.QUEUED)
        Attempt.withdraw(Q(task__in=unsent), moves, now=now)
        unsent.stop(project, moves, now=now)
        # Locked before they are counted: a move in between would be counted wrongly.
        gone = VideoTask.objects.alive().filter(pk__in=ids).order_by("pk")
        ids = list(gone.select_for_update().values_list("pk", flat=True))
        tasks = VideoTask.objects.filter(pk__in=ids)
        _count_gone(project, tasks, moves)
        tasks.update(deleted_at=now, updated_at=now)
        if ids:
            log_event(project, "deleted", by=by, count=len(ids))
    return len(ids)


def _count_gone(project: Project, tasks: VideoTaskQuerySet, moves: Change) -> None:
    ids = list(tasks.values_list("pk", flat=True))
    by_status = tasks.order_by().values_list("status").annotate(n=Count("pk"))
    for status, n in by_status:
        moves.moved(project.pk, Status(status), None, ids, count=n)


def _chosen(project: Project, task_ids: Iterable[UUID] | None) -> VideoTaskQuerySet:
    tasks = VideoTask.objects.alive().filter(project=project)
    return tasks if task_ids is None else tasks.filter(pk__in=list(task_ids))


def estimate_of(tasks: VideoTaskQuerySet) -> tuple[int, Decimal]:
    """Return how many tasks these are and what one take of each costs, in credits."""
    prices = Price.table()
    kinds = tasks.order_by().values_list("model", "resolution").annotate(n=Count("pk"))
    rows = [(n, n * prices.get((model, res), Decimal(0))) for model, res, n in kinds]
    return sum(n for n, _c in rows), sum((c for _n, c in rows), Decimal(0))


def log_event(
    project: Project,
    key: str,
    *,
    by: User,
    task: VideoTask | None = None,
    **figures: object,
) -> None:
    TaskEvent.objects.create(
        project=project, task=task, by=by, key=key, data=figures, at=timezone.now()
    )
