"""What one page of a project's board shows, and what of it is news to a reader who saw
an earlier version."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext

from tasks.board_row import Row
from tasks.cleaning import clean_search
from tasks.models import Project, Status, VideoTask
from tasks.models.video_task import VideoTaskQuerySet
from tasks.sentences import wait_sentence

PAGE = 50
# Beyond so many changed rows the whole body is cheaper than one swap a row.
SINGLY = 30


@dataclass(frozen=True, slots=True)
class Look:
    """Which part of the board is looked at: it stands in the address."""

    status: str = ""
    q: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        status = query.get("status", "").upper()
        return cls(
            status=status.lower() if status in Status else "",
            q=clean_search(query.get("q", "")),
            page=_number(query.get("page", ""), longest=6) or 1,
        )

    def query(self, **other: object) -> str:
        """Return `?status=…&q=…`; filtering anew begins on the first page."""
        look = replace(self, **{"page": 1, **other})  # type: ignore[arg-type]  # our own fields
        pairs = [("status", look.status), ("q", look.q)]
        if look.page > 1:
            pairs.append(("page", str(look.page)))
        return "?" + urlencode([(name, value) for name, value in pairs if value])


def _number(text: str, *, longest: int) -> int | None:
    """Read digits out of an address, where anybody may write anything."""
    is_one = text.isascii() and text.isdigit() and len(text) <= longest
    return int(text) if is_one else None


# The order of the strip: what is done first, what has not begun last.
STRIP = (
    Status.SUCCEEDED,
    Status.DOWNLOADING,
    Status.GENERATING,
    Status.QUEUED,
    Status.UNCERTAIN,
    Status.FAILED,
    Status.CANCELED,
    Status.WAITING,
)
NARROWEST = 0.6  # per cent: one task of ten thousand is still seen


@dataclass(frozen=True, slots=True)
class Segment:
    """One status in the strip: how many, and where its stretch lies, in per cent."""

    status: Status
    count: int
    x: float
    width: float

    @property
    def tone(self) -> str:
        return self.status.lower()


def segments(project: Project) -> list[Segment]:
    found = [(s, project.counts[s]) for s in STRIP if project.counts[s] > 0]
    widths = [max(100 * n / project.total, NARROWEST) for _s, n in found]
    whole, x, strip = sum(widths), 0.0, []
    for (status, n), width in zip(found, widths, strict=True):
        share = 100 * width / whole
        strip.append(Segment(status, n, round(x, 2), round(share, 2)))
        x += share
    return strip


class Board:
    """A page of the project's tasks. Counts come from the project's own counters."""

    def __init__(self, project: Project, look: Look, *, may_edit: bool) -> None:
        self.project, self.look, self.may_edit = project, look, may_edit
        self.now = timezone.now()
        self.waits_for = wait_sentence(project) if project.count_queued else ""

    @property
    def has_news_to_come(self) -> bool:
        if self.project.is_moving:
            return True
        # Small versions of new pictures are made in a worker.
        shown = VideoTask.objects.filter(pk__in=self.ids)
        return shown.filter(picture__thumbnail="").exists()

    @property
    def is_empty(self) -> bool:
        return not self.project.total

    @property
    def in_view(self) -> list[Segment]:
        """What is going on, beside what is done."""
        going = (Status.GENERATING, Status.DOWNLOADING, Status.QUEUED)
        return [s for s in self.segments if s.status in going]

    @property
    def before(self) -> str:
        return self.look.query(page=self.page - 1) if self.page > 1 else ""

    @property
    def after(self) -> str:
        return self.look.query(page=self.page + 1) if self.page < self.pages else ""

    @property
    def segments(self) -> list[Segment]:
        return segments(self.project)

    @property
    def tabs(self) -> list[tuple[str, str, str, int]]:
        """Return (status, its words, its address, how many); those with none are left
        out, except the one that is being looked at."""
        counts = self.project.counts
        tabs = [("", gettext("All"), self.look.query(status=""), self.project.total)]
        for status in Status:
            tone = status.lower()
            if counts[status] or tone == self.look.status:
                address = self.look.query(status=tone)
                tabs.append((tone, str(status.label), address, counts[status]))
        return tabs

    @property
    def found(self) -> VideoTaskQuerySet:
        tasks = VideoTask.objects.alive().filter(project=self.project)
        return tasks.matching(status=self.look.status, q=self.look.q)

    @cached_property
    def count(self) -> int:
        if self.look.q:
            return self.found.count()
        if self.look.status:
            return self.project.counts[Status(self.look.status.upper())]
        return self.project.total

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // PAGE))

    @property
    def page(self) -> int:
        return min(max(1, self.look.page), self.pages)

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1 if self.count else 0

    @property
    def last(self) -> int:
        return min(self.page * PAGE, self.count)

    @cached_property
    def ids(self) -> list[UUID]:
        start = (self.page - 1) * PAGE
        ids = self.found.order_by("number").values_list("pk", flat=True)
        return list(ids[start : start + PAGE])

    @cached_property
    def rows(self) -> list[Row]:
        return self._rows(VideoTask.objects.filter(pk__in=self.ids))

    def _rows(self, tasks: VideoTaskQuerySet) -> list[Row]:
        tasks = tasks.for_board().defer("attempt__request", "attempt__result_urls")
        return [Row(task, self.now, self.waits_for) for task in tasks]

    @cached_property
    def shown(self) -> str:
        """A mark of which rows stand on the page, and in which order."""
        ids = b"".join(pk.bytes for pk in self.ids)
        return hashlib.blake2s(ids, digest_size=6).hexdigest()

    @property
    def cursor(self) -> str:
        """The query by which the page asks for news of itself."""
        seen = {"since": self.project.version, "shown": self.shown}
        why = urlencode(seen | {"why": self.project.wait_reason})
        query = self.look.query(page=self.page)
        return f"{query}&{why}" if query != "?" else f"?{why}"

    def news(self, query: QueryDict) -> list[Row] | None:
        """Rows changed since the cursor in `query`; None: all of them, or which they
        are, changed."""
        since = _number(query.get("since", ""), longest=18)
        if query.get("shown") != self.shown or since is None:
            return None
        tasks = VideoTask.objects.filter(pk__in=self.ids)
        changed = tasks.filter(version__gt=since)
        if query.get("why") != self.project.wait_reason:
            changed |= tasks.filter(status=Status.QUEUED)
        rows = self._rows(changed)
        return rows if len(rows) <= SINGLY else None
