"""Everything a task's page tells: its log in words, its attempts, its cause of failure."""

from datetime import datetime
from functools import cached_property

from tasks.board import Row
from tasks.models import Attempt, Status, VideoTask
from tasks.sentences import Explanation, Line, explain, line, wait_sentence

# A task that was tried again and again still opens at once.
MOST_LINES = 200


class Story:
    def __init__(self, task: VideoTask, *, now: datetime) -> None:
        self.task = task
        waits_for = wait_sentence(task.project)
        self.row = Row(task, now, waits_for if task.status == Status.QUEUED else "")

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
    def trouble(self) -> Explanation | None:
        """Why it failed, or why it is tried again."""
        code = self.task.error_code
        if not code and self.task.status == Status.UNCERTAIN and self.task.attempt:
            code = self.task.attempt.error_code
        return explain(code) if code else None
