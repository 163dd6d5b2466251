"""Files appear under their final name whole or not at all, and stay after a crash."""

import contextlib
import errno
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

STALE_LOCK_SECONDS = 60
"""A lock is held for one rename; one as old as this was left by a dead process."""

NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS}
NO_HARD_LINKS |= {errno.EMLINK, errno.EACCES, errno.EINVAL}


class Occupied(Exception):
    """Another file already has that final name."""


def publish(source: Path, into: Path, sha256: str) -> None:
    """Give a synced file its final name and take its temporary one away.

    A file that is already there is adopted when its hash is the same; otherwise
    Occupied is raised and both are left as they are.
    """
    make_folder(into.parent)
    try:
        os.link(source, into)
    except FileExistsError:
        _adopt(into, sha256)
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        _rename_under_lock(source, into, sha256)
    source.unlink(missing_ok=True)
    sync_folder(into.parent)


@contextlib.contextmanager
def replacing(into: Path) -> Iterator[Path]:
    """A temporary path beside `into` that takes its place when the block ends well."""
    make_folder(into.parent)
    temporary = into.with_name(f".{uuid.uuid4().hex}.tmp{into.suffix}")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(into)
        sync_folder(into.parent)
    finally:
        temporary.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it so that they survive a power cut."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _adopt(into: Path, sha256: str) -> None:
    with into.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise Occupied(into.name)


def _rename_under_lock(source: Path, into: Path, sha256: str) -> None:
    """For file systems without hard links, where a rename would silently replace."""
    lock = into.with_name(f".{into.name}.lock")
    with contextlib.suppress(FileNotFoundError):
        if time.time() - lock.stat().st_mtime > STALE_LOCK_SECONDS:
            lock.unlink()
    os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        if into.exists():
            _adopt(into, sha256)
        else:
            source.rename(into)
    finally:
        lock.unlink(missing_ok=True)
