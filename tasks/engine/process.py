"""Who holds a lease: host, boot, process and when it began, so that the dead are known."""

import contextlib
import os
import secrets
import socket
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Process:
    """A process, named so that no later one can be mistaken for it."""

    host: str
    boot: str
    pid: int
    started: str

    def lease(self, *, now: datetime, seconds: float) -> dict[str, Any]:
        """Return the columns of an attempt leased to this process."""
        return {
            "lease_until": now + timedelta(seconds=seconds),
            "lease_host": self.host,
            "lease_boot": self.boot,
            "lease_pid": self.pid,
            "lease_started": self.started,
        }

    @property
    def name(self) -> str:
        return f"{self.host}:{self.pid}:{self.started}"

    def is_alive(self) -> bool:
        """Whether it still runs; only to be asked on its own host. One that cannot be
        seen from here, in another container, is taken for alive: nothing may be
        concluded from its silence."""
        kernel, _slash, namespace = self.boot.partition("/")
        if kernel != boot_id():
            return False
        if namespace != _pid_namespace():
            return True
        return _started(self.pid) == self.started


def this_process() -> Process:
    return _process(host_id(), os.getpid())


@cache
def _process(host: str, pid: int) -> Process:
    boot = f"{boot_id()}/{_pid_namespace()}"
    return Process(host, boot, pid, _started(pid))


def host_folder() -> Path:
    """Where this host keeps its own records."""
    return Path(settings.RECORDER_DIR) / socket.gethostname()


def host_id() -> str:
    """This host and its flight recorder. Two machines may have one name, and a recorder
    that was lost must not be taken for one in which nothing was written."""
    return f"{socket.gethostname()}.{_recorder_id(host_folder())}"


@cache
def _recorder_id(folder: Path) -> str:
    file, draft = folder / "id", folder / f".id.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_text(secrets.token_hex(4))
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)  # whole or not at all; the first of two wins
        draft.unlink()
        return file.read_text()
    except OSError:
        # Nothing can be recorded, so nobody may ever look this process up.
        return secrets.token_hex(4)


@cache
def _pid_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return ""


@cache
def boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return _ask("sysctl", "-n", "kern.boottime")  # macOS


def _started(pid: int) -> str:
    """When the process began, in whatever unit the system keeps; empty if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return (
            ""
            if Path("/proc/self").exists()
            else _ask("ps", "-o", "lstart=", "-p", str(pid))
        )
    # The name in brackets may hold spaces: count the fields from behind it.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def _ask(*argv: str) -> str:
    out = subprocess.run(argv, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603 - our own argv
    return out.stdout.strip()[:32]
