"""The flight recorder: what this host sent and what came back, fsynced before the
database knows. It survives a database that is down and a process that dies.

Two kinds of lines: `go` before the POST, `got` the moment its answer holds a task id. A
dead process without a `go` line is proof that nothing was sent.
"""

import errno
import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tasks.engine.process import host_folder

KEEP = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one attempt."""

    went: bool = False
    provider_task_id: str | None = None


def go(attempt_id: str) -> None:
    """Note that the next thing is the POST. Raises OSError: then nothing may be sent."""
    _append({"go": attempt_id})


def got(attempt_id: str, provider_task_id: str) -> None:
    _append({"got": attempt_id, "task": provider_task_id})


def read(attempt_ids: Collection[str], *, since: date) -> dict[str, Entry]:
    """Return what this host recorded of these attempts from that day on."""
    found: dict[str, Entry] = {}
    for file in sorted(_folder().glob("*.jsonl")):
        if file.stem < since.isoformat():
            continue
        for line in file.read_bytes().splitlines():
            _take(line, attempt_ids, found)
    return found


def _take(line: bytes, wanted: Collection[str], found: dict[str, Entry]) -> None:
    try:
        entry = json.loads(line)
    except ValueError:
        return  # the torn last line of a machine that lost power
    attempt_id = entry.get("go") or entry.get("got")
    if attempt_id in wanted:
        known = found.get(attempt_id, Entry())
        found[attempt_id] = Entry(True, entry.get("task") or known.provider_task_id)


def forget_old(now: datetime) -> int:
    """Drop the files of days long past; return how many."""
    oldest = (now - KEEP).date().isoformat()
    old = [f for f in _folder().glob("*.jsonl") if f.stem < oldest]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)


def _append(entry: dict[str, str]) -> None:
    now = datetime.now(UTC)
    line = json.dumps({**entry, "at": now.isoformat(), "pid": os.getpid()})
    file = _folder() / f"{now.date().isoformat()}.jsonl"
    try:
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        # One write: lines of several processes never mix. It begins with a line's end,
        # so that the torn last line of a power cut spoils no other.
        content = b"\n" + line.encode() + b"\n"
        if os.write(handle, content) < len(content):
            raise OSError(errno.ENOSPC, "the line was cut short")
        os.fsync(handle)
    finally:
        os.close(handle)


def _folder() -> Path:
    return host_folder()
