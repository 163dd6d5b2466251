"""One readable log of many processes: each line begins with the name of its child."""

import os
import threading
from typing import TextIO

COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)


class Output:
    """Writes whole lines from many threads. A reader that went away (a closed
    terminal, a broken pipe) is no reason to stop: the children's pipes must drain."""

    def __init__(self, stream: TextIO, *, width: int = 10) -> None:
        self._stream = stream
        self._width = width
        self._lock = threading.Lock()
        self._colours: dict[str, int] = {}
        self.is_coloured = stream.isatty() and "NO_COLOR" not in os.environ

    def line(self, name: str, text: str) -> None:
        with self._lock:
            self._write(f"{self._prefix(name)} {text}")

    def plain(self, text: str) -> None:
        with self._lock:
            self._write(text)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return

    def _prefix(self, name: str) -> str:
        padded = f"{name:<{self._width}} │"
        if not self.is_coloured:
            return padded
        place = self._colours.setdefault(name, len(self._colours))
        return f"\033[{COLOURS[place % len(COLOURS)]}m{padded}\033[0m"
