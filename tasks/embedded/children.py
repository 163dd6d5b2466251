"""One supervised process: started in a session of its own, read line by line, started
again when it dies, stopped with all it started."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tasks.embedded import tether
from tasks.embedded.output import Output

FIRST_PAUSE = 2.0  # seconds before a dead child starts again; doubles with each death …
LONGEST_PAUSE = 30.0
HEALTHY = 60.0  # … until one has lived so long


@dataclass(frozen=True, slots=True)
class Plan:
    """What a child runs. `patience` is how many seconds it has to stop by itself."""

    name: str
    argv: Sequence[str]
    patience: float = 10.0
    quiet: str = ""
    """Lines that match this expression are not shown."""


class Child:
    def __init__(
        self, plan: Plan, output: Output, *, cwd: Path, env: Mapping[str, str]
    ) -> None:
        self.plan = plan
        self.name = plan.name
        self._output = output
        self._cwd = cwd
        self._env = env
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._pause = FIRST_PAUSE
        self._started_at = 0.0
        self._start_at = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Must be called from the main thread: the tether is to the thread, too."""
        self._process = subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, "-IS", tether.__file__, str(os.getpid()), *self.plan.argv],
            cwd=self._cwd,
            env=dict(self._env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self._started_at = time.monotonic()
        self._reader = threading.Thread(
            target=self._read, args=(self._process.stdout,), daemon=True
        )
        self._reader.start()

    def tend(self) -> None:
        """Notice a death and, when the pause is over, start again. Call it often."""
        if self._process is None:
            if time.monotonic() >= self._start_at:
                self.start()
        elif self._process.poll() is not None:
            self._bury(self._process)

    def _bury(self, dead: subprocess.Popen[str]) -> None:
        code = dead.returncode
        self.kill()  # what it started must not outlive it and keep its port
        if time.monotonic() - self._started_at >= HEALTHY:
            self._pause = FIRST_PAUSE
        self._output.line(
            "up",
            f"{self.name} ended ({_ending(code)}); "
            f"it starts again in {self._pause:.0f} s",
        )
        self._start_at = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def ask_to_stop(self) -> None:
        """Once only: a second SIGTERM makes an RQ worker drop its job."""
        if self.is_running and self.pid:
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it and all it started, at once."""
        if self._process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._reader is not None:
            self._reader.join(timeout=1)
        self._process = None

    def _read(self, pipe: IO[str]) -> None:
        quiet = re.compile(self.plan.quiet) if self.plan.quiet else None
        with pipe:
            for line in pipe:
                text = line.rstrip()
                if text and not (quiet and quiet.search(text)):
                    self._output.line(self.name, text)


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
