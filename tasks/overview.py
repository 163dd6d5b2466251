"""What the list of projects shows: each with its live state."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from accounts.models import User
from tasks.board import Segment, segments
from tasks.models import Project
from tasks.sentences import wait_sentence

MOST = 200


@dataclass(frozen=True, slots=True)
class Entry:
    project: Project

    @property
    def segments(self) -> list[Segment]:
        return segments(self.project)

    @property
    def waits_for(self) -> str:
        return wait_sentence(self.project) if self.project.count_queued else ""

    @property
    def done(self) -> int:
        """Per cent of its tasks that have their clip."""
        total = self.project.total
        return 100 * self.project.count_succeeded // total if total else 0


class Overview:
    """The projects a person may see, newest first, archived ones last."""

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def entries(self) -> list[Entry]:
        projects = Project.objects.visible_to(self.user).listed()
        return [Entry(p) for p in projects.select_related("owner")[:MOST]]

    @property
    def is_moving(self) -> bool:
        return any(e.project.is_moving for e in self.entries)

    @property
    def seen(self) -> str:
        """A mark of everything that is shown: another mark means news."""
        marks = "".join(f"{e.project.pk}{e.project.version}" for e in self.entries)
        return hashlib.blake2s(marks.encode(), digest_size=6).hexdigest()
