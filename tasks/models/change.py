"""The change cursor: what a transaction moved, stamped on projects as it ends.

A board asks for everything whose `version` is above the last number it saw. That is only
right if numbers become visible in order, so they are taken last, under the project's row
lock, which is held from there to the commit and no longer.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from tasks.models.choices import Status
from tasks.models.project import Project
from tasks.models.video_task import VideoTask


class Change:
    """Collects moves of tasks; `change()` stamps them before it commits."""

    def __init__(self) -> None:
        self._counts: dict[UUID, Counter[str]] = {}
        self._tasks: dict[UUID, Q] = {}

    def moved(
        self,
        project_id: UUID,
        old: Status | None,
        new: Status | None,
        tasks: Iterable[UUID] | Q,
        *,
        count: int = 1,
    ) -> None:
        """Note that `count` tasks went from `old` (None: made) to `new` (None: gone)."""
        counts = self._counts.setdefault(project_id, Counter())
        if old:
            counts[old] -= count
        if new:
            counts[new] += count
        self.touched(project_id, tasks)

    def touched(self, project_id: UUID, tasks: Iterable[UUID] | Q) -> None:
        """Note that these tasks look different now, though their status is the same."""
        self._counts.setdefault(project_id, Counter())
        where = tasks if isinstance(tasks, Q) else Q(pk__in=list(tasks))
        self._tasks[project_id] = self._tasks.get(project_id, Q()) | where

    def stamp(self) -> None:
        for project_id in sorted(self._tasks):
            version = Project.advance(project_id, self._counts[project_id])
            VideoTask.objects.filter(
                self._tasks[project_id], project_id=project_id
            ).update(version=version)


@contextmanager
def change() -> Iterator[Change]:
    """One transaction in which tasks move."""
    with transaction.atomic():
        collected = Change()
        yield collected
        collected.stamp()
