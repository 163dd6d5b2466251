"""The order in which the children start and stop, and what signals do to them."""

import signal
import time
from collections.abc import Callable, Sequence
from types import FrameType

from tasks.embedded.children import Child
from tasks.embedded.output import Output

ROUND = 0.2  # seconds between two looks at the children
SAME_PRESS = 1.0  # `uv run` and the terminal may both deliver one Ctrl-C
SILENT = 3.0  # a stop that takes longer is explained


class Stopped(Exception):
    """Somebody asked for the end while something was being waited for."""


class Tree:
    """Children in the order of their start. A first Ctrl-C or SIGTERM asks for the
    end, a second one kills."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._floors: list[list[Child]] = []
        self._asked = 0
        self._asked_at = 0.0

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if not self._asked or now - self._asked_at >= SAME_PRESS:
            self._asked += 1
            self._asked_at = now

    def start(self, children: Sequence[Child]) -> None:
        """Start one floor: it stops before those that were started earlier."""
        self._floors.append(list(children))
        for child in children:
            child.start()

    def wait_for(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Tend the children until the condition holds; whether it ever did."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() >= end:
                return False
            self._tend(0.05)
        return True

    def run(self) -> None:
        """Tend the children until somebody asks for the end."""
        while not self._asked:
            self._tend(ROUND)

    def check(self) -> None:
        """Raise Stopped if somebody asked for the end meanwhile."""
        if self._asked:
            raise Stopped

    def _tend(self, pause: float) -> None:
        self.check()
        for floor in self._floors:
            for child in floor:
                child.tend()
        time.sleep(pause)

    def stop(self) -> None:
        """Stop the floors from the last started to the first, each by its patience."""
        for floor in reversed(self._floors):
            self._stop_floor(floor)

    def _stop_floor(self, floor: list[Child]) -> None:
        for child in floor:
            child.ask_to_stop()
        asked_at, told = time.monotonic(), False
        while floor := self._still_there(floor, time.monotonic() - asked_at):
            if not told and time.monotonic() - asked_at >= SILENT:
                told = True
                self._explain(floor)
            time.sleep(0.05)

    def _still_there(self, floor: list[Child], waited: float) -> list[Child]:
        left = []
        for child in floor:
            late = self._asked > 1 or waited >= child.plan.patience
            if child.is_running and not late:
                left.append(child)
            else:
                child.kill()  # or what it left behind
        return left

    def _explain(self, left: list[Child]) -> None:
        longest = max(child.plan.patience for child in left)
        names = ", ".join(c.name for c in left if c.plan.patience == longest)
        self._output.line(
            "up",
            f"waiting up to {longest:.0f} s for {names} to finish what is under way; "
            "Ctrl-C again kills",
        )
