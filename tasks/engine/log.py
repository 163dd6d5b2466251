"""Writing a line into a task's log."""

from datetime import datetime

from tasks.models import Attempt, TaskEvent


def note(attempt: Attempt, key: str, *, now: datetime, **figures: object) -> None:
    TaskEvent.objects.create(
        project_id=attempt.project_id,
        task_id=attempt.task_id,
        attempt=attempt,
        at=now,
        key=key,
        data={"attempt": attempt.number, **figures},
    )
