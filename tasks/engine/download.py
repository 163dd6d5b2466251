"""Fetch finished clips: verified, stored once, and only then a success.

A lost link never buys again: the clip is asked for anew until the provider has deleted
it for certain.
"""

import contextlib
import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import httpx
from django.conf import settings
from django.utils import timezone

from tasks.engine import stopping
from tasks.engine.backoff import backoff
from tasks.engine.durations import durations
from tasks.engine.log import note
from tasks.engine.process import this_process
from tasks.engine.purchase import client_for, reading_key
from tasks.engine.roll import Roll
from tasks.engine.wake import Wake
from tasks.kie.replies import KieError, Phase
from tasks.media.boxes import BadClip, walk_boxes
from tasks.media.clips import Probe, crop, poster, probe
from tasks.media.download import Downloaded, DownloadFault
from tasks.media.download import download as fetch
from tasks.media.guard import guarded_client
from tasks.media.ratios import window
from tasks.models import ApiKey, Attempt, Clip, Stale, State, change

log = logging.getLogger(__name__)

AT_ONCE = 4
STAY = 300.0
FULL_DISK_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Fetching:
    """One claimed download and the key to ask for new links with."""

    attempt: Attempt
    key: ApiKey

    @property
    def folder(self) -> Path:
        task = self.attempt.task
        return Path("clips", str(task.project_id), str(task.number))


@dataclass(frozen=True, slots=True)
class Stored:
    """A file under its final name, and what is in it. Paths are below MEDIA_ROOT."""

    kind: str
    index: int
    path: Path
    poster: Path
    file: Downloaded
    facts: Probe


def steps() -> Iterator[Wake]:
    yield from Roll(
        size=AT_ONCE, claim=_claim, work=_fetch_all, settle=_settle, beat=_renew
    ).run(seconds=STAY)


def _claim(room: int) -> list[Fetching]:
    now = timezone.now()
    lease = this_process().lease(now=now, seconds=durations().download_lease)
    due = Attempt.objects.due(State.DOWNLOADING, now).select_related(
        "task__picture", "account", "key__account"
    )
    return [
        Fetching(a, reading_key(a.key))
        for a in due[:room]
        if a.claim(now=now, lease=lease)
    ]


def _renew(under_way: list[Fetching]) -> None:
    now, d = timezone.now(), durations()
    late = now + timedelta(seconds=d.download_lease * 2 / 3)
    for fetching in under_way:
        attempt = fetching.attempt
        if attempt.lease_until and attempt.lease_until < late:
            attempt.renew(now + timedelta(seconds=d.download_lease))


def _fetch_all(fetching: Fetching) -> list[Stored]:
    """Fetch every file of a generation (nearly always one), and cut what was asked in a
    ratio that the provider does not make."""
    stored = []
    for index in range(len(fetching.attempt.result_urls)):
        original = _fetch_one(fetching, index)
        stored += [original, *_cropped(fetching, original)]
    return stored


def _fetch_one(fetching: Fetching, index: int) -> Stored:
    attempt = fetching.attempt
    path = fetching.folder / f"{attempt.pk}-{index}.mp4"
    into = Path(settings.MEDIA_ROOT) / path
    if into.exists():  # a crash between its final name and the commit
        return _look_at("original", index, path, _adopted(into))
    partial = _partial(attempt, index)
    for url in _addresses(fetching, index):
        try:
            got = fetch(
                url,
                into=into,
                partial=partial,
                client=_client(_allowed(attempt)),
                allowed=_allowed(attempt),
                keep_alive=lambda: None,
                stop=stopping.is_asked,
            )
        except DownloadFault as fault:
            if fault.code != "expired":
                raise
            continue
        return _look_at("original", index, path, got)
    raise DownloadFault("expired", "no address of the file answers any more")


def _addresses(fetching: Fetching, index: int) -> Iterator[str]:
    """The link we know; when it has expired, what the record says now; then a link
    minted for the file (kie-api.md §5.2)."""
    known = fetching.attempt.result_urls[index]
    yield known
    with client_for(fetching.key) as kie:
        record = kie.record_info(fetching.attempt.provider_task_id or "")
        if record.phase == Phase.SUCCEEDED and index < len(record.urls):
            known = record.urls[index]
            yield known
        with contextlib.suppress(KieError):
            yield kie.download_url(known)


def _partial(attempt: Attempt, index: int) -> Path:
    """Where the bytes collect. A part that an earlier claim left in good order is taken
    over; one that a dead process left stays behind for housekeeping."""
    folder = Path(settings.MEDIA_ROOT, ".partial")
    folder.mkdir(parents=True, exist_ok=True)
    mine = folder / f"{attempt.pk}-{index}-{attempt.fence}.part"
    before = folder / f"{attempt.pk}-{index}-{attempt.fence - 1}.part"
    note_of = [(p, p.with_name(f"{p.name}.etag")) for p in (before, mine)]
    if note_of[0][1].exists():
        for old, new in zip(*note_of, strict=True):
            with contextlib.suppress(FileNotFoundError):
                old.rename(new)
    return mine


def _allowed(attempt: Attempt) -> frozenset[str]:
    own = attempt.account.hosts if attempt.account.simulated else frozenset()
    return frozenset(settings.ALLOWED_PRIVATE_HOSTS) | own


@cache
def _client(allowed: frozenset[str]) -> httpx.Client:
    return guarded_client(allowed=allowed)


def _look_at(kind: str, index: int, path: Path, file: Downloaded) -> Stored:
    root = Path(settings.MEDIA_ROOT)
    picture = path.with_suffix(".webp")
    poster(root / path, root / picture)
    return Stored(kind, index, path, picture, file, probe(root / path))


def _cropped(fetching: Fetching, original: Stored) -> list[Stored]:
    attempt = fetching.attempt
    facts, root = original.facts, Path(settings.MEDIA_ROOT)
    box = window(
        attempt.aspect_ratio, attempt.request["aspect_ratio"], facts.width, facts.height
    )
    if box is None:
        return []
    path = original.path.with_stem(f"{original.path.stem}-cropped")
    crop(root / original.path, root / path, box)
    return [_look_at("cropped", original.index, path, _adopted(root / path))]


def _adopted(file: Path) -> Downloaded:
    """A whole file whose hash nobody has written down yet."""
    walk_boxes(file)
    with file.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return Downloaded(size=file.stat().st_size, sha256=sha256)


def _settle(fetching: Fetching, outcome: list[Stored] | Exception) -> Wake:
    attempt, now = fetching.attempt, timezone.now()
    try:
        if isinstance(outcome, Exception):
            _try_later(attempt, outcome, now)
        else:
            _store(attempt, outcome, now)
    except Stale as e:
        # Another process took the download over, or the task went to the trash. The
        # files stay under their names: whoever comes next adopts them.
        log.info("a finished download was not written: %s", e)
        return Wake.DOWNLOAD
    return Wake.NOTHING


def _store(attempt: Attempt, stored: list[Stored], now: datetime) -> None:
    with change() as moves:
        _require_ours(attempt)
        clips = [_clip(attempt, s) for s in stored]
        # What was asked for: the cropped one where there is one.
        clip = next((c for c in clips if c.kind == Clip.Kind.CROPPED), clips[0])
        attempt.move(
            State.STORED,
            moves,
            now=now,
            clip_id=clip.pk,
            error_code="",  # of a download that had to be tried again
            credits_settled=attempt.credits_reserved,
        )
        note(attempt, "stored", now=now, size=clip.size, sha256=clip.sha256)


def _require_ours(attempt: Attempt) -> None:
    """Whoever took the download over may have written its clips."""
    mine = Attempt.objects.filter(
        pk=attempt.pk, state=State.DOWNLOADING, fence=attempt.fence
    )
    if not mine.select_for_update().exists():
        raise Stale(f"attempt {attempt.pk} is no longer ours")


def _clip(attempt: Attempt, stored: Stored) -> Clip:
    facts = stored.facts
    return Clip.objects.create(
        attempt=attempt,
        kind=stored.kind,
        index=stored.index,
        path=str(stored.path),
        poster=str(stored.poster),
        size=stored.file.size,
        sha256=stored.file.sha256,
        seconds=facts.seconds,
        width=facts.width,
        height=facts.height,
    )


def _try_later(attempt: Attempt, error: Exception, now: datetime) -> None:
    code, text = _reason(error)
    d = durations()
    generated = attempt.generated_at or now
    if code == "expired" and (now - generated).total_seconds() > d.file_life:
        with change() as moves:
            attempt.move(
                State.FILE_LOST,
                moves,
                now=now,
                error_code="file_lost",
                credits_settled=attempt.credits_reserved,
            )
            note(attempt, "file_lost", now=now)
        return
    seconds = backoff(
        attempt.tries, first=d.download_backoff, cap=d.download_backoff_cap
    )
    if code in ("no_space", "stopped"):
        seconds = FULL_DISK_WAIT if code == "no_space" else 0
    with change() as moves:
        attempt.put_off(
            moves, now=now, until=now + timedelta(seconds=seconds), code=code
        )
        if code != "stopped":
            note(attempt, "download_retry", now=now, code=code, text=text)


def _reason(error: Exception) -> tuple[str, str]:
    if isinstance(error, DownloadFault):
        return error.code, str(error)
    if isinstance(error, BadClip):
        return "bad_file", str(error)
    if not isinstance(error, KieError | OSError):
        log.error("a download went wrong", exc_info=error)
    return "download_failed", type(error).__name__
