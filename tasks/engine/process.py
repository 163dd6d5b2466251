"""Who holds a lease: host, boot, process and when it began, so that the dead are known."""

import os
import socket
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any


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
        """Whether it still runs; only to be asked on its own host."""
        return self.boot == boot_id() and _started(self.pid) == self.started


def this_process() -> Process:
    return _process(os.getpid())


@cache
def _process(pid: int) -> Process:
    return Process(host_name(), boot_id(), pid, _started(pid))


@cache
def host_name() -> str:
    return socket.gethostname()


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
