"""One task as a row of the board: what is shown of it, decided before it is printed."""

from dataclasses import dataclass
from datetime import datetime

from tasks.explain import explain
from tasks.models import Stage, Status, VideoTask
from tasks.sentences import cause

MOVING = frozenset({Status.GENERATING, Status.DOWNLOADING})


@dataclass(frozen=True, slots=True)
class Row:
    """One task as a row of the board. The template only prints."""

    task: VideoTask
    now: datetime
    waits_for: str

    @property
    def tone(self) -> str:
        return self.task.status.lower()

    @property
    def note(self) -> str:
        """The line under the status: the finer step, why it waits, what went wrong."""
        task = self.task
        if task.status == Status.FAILED:
            return cause(task.error_code)
        if task.stage:
            return str(task.get_stage_display())
        return self.waits_for if task.status == Status.QUEUED else ""

    @property
    def again_at(self) -> datetime | None:
        due = self.task.next_try_at
        return due if self.task.stage == Stage.RETRYING and due else None

    @property
    def category(self) -> str:
        failed = self.task.status == Status.FAILED
        why = explain(self.task.error_code) if failed else None
        return why.category_name if why else ""

    @property
    def percent(self) -> int:
        return self.task.progress(self.now)

    @property
    def is_moving(self) -> bool:
        return self.task.status in MOVING

    @property
    def since(self) -> int:
        """When the provider took it, in seconds of the epoch; 0 when it did not."""
        attempt = self.task.attempt
        if attempt is None or attempt.submitted_at is None:
            return 0
        return int(attempt.submitted_at.timestamp())

    @property
    def usual(self) -> int:
        attempt = self.task.attempt
        return int(attempt.usual_seconds or 0) if attempt else 0

    @property
    def ticks(self) -> bool:
        """Whether its progress is counted on in the browser."""
        return bool(self.task.status == Status.GENERATING and self.usual and self.since)

    @property
    def poster(self) -> str:
        """The address of the small picture of it; empty while there is none."""
        task = self.task
        if task.clip and task.clip.poster:
            return f"/clips/{task.clip_id}/poster/"
        if task.picture and task.picture.has_thumbnail:
            return f"/pictures/{task.picture_id}/thumbnail/"
        return ""

    @property
    def is_unsettled(self) -> bool:
        """Whether it will look different soon without anybody's doing."""
        picture = self.task.picture
        return picture is not None and not picture.thumbnail

    @property
    def took(self) -> float | None:
        """Seconds of generation, once it is done."""
        attempt = self.task.attempt
        if attempt is None or not (attempt.submitted_at and attempt.generated_at):
            return None
        return (attempt.generated_at - attempt.submitted_at).total_seconds()

    @property
    def deed(self) -> str:
        """What is most likely wanted of it next."""
        if self.task.status in (Status.WAITING, Status.CANCELED):
            return "start"
        if self.task.status == Status.QUEUED:
            return "stop"
        return "retry" if self.task.status == Status.FAILED else ""
