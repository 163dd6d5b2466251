"""A download under way on disk: its bytes, their hash, and what is needed to go on.

Only a part that was left in good order can be resumed: its length and ETag are noted
beside it after a sync. After a crash the part is not trusted and starts over.
"""

import contextlib
import hashlib
import io
import json
import os
from pathlib import Path


class Partial:
    """A file that is being received; close it with keep(), drop() or seal()."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self.etag = ""
        self.total: int | None = None
        self._note = path.with_name(f"{path.name}.etag")
        self._digest = hashlib.sha256()
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        self._file = io.FileIO(descriptor, "r+")
        self._recall()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    @property
    def can_resume(self) -> bool:
        return bool(self.size and self.etag)

    def restart(self, etag: str = "", total: int | None = None) -> None:
        """Forget what was received. A weak ETag does not prove equal bytes."""
        self._file.seek(0)
        self._file.truncate()
        self._digest = hashlib.sha256()
        self.size, self.total = 0, total
        self.etag = "" if etag.startswith("W/") else etag

    def write(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        left = memoryview(chunk)
        while left:
            left = left[self._file.write(left) :]
        self.size += len(chunk)

    def keep(self) -> None:
        """Leave what is there for a later resume, if there can be one."""
        if not self.can_resume:
            self.drop()
            return
        self.seal()
        note = {"etag": self.etag, "size": self.size, "total": self.total}
        self._note.write_text(json.dumps(note))

    def drop(self) -> None:
        """Take the file away."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def seal(self) -> None:
        """Make the bytes durable."""
        os.fsync(self._file.fileno())
        self._file.close()

    def _recall(self) -> None:
        """Take up the noted part, and the note itself with it."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            note = json.loads(self._note.read_text())
            self._note.unlink()
            size = int(note["size"])
            if size <= os.fstat(self._file.fileno()).st_size:
                self._file.truncate(size)
                self._digest = hashlib.file_digest(self._file, "sha256")
                self.size, self.etag, self.total = size, note["etag"], note["total"]
                return
        self.restart()
