"""Ways the whole provider can misbehave at once: maintenance, down, hang, http-NNN, code-NNN, slow-SECONDS; or ok."""

import asyncio
from typing import Any

from tasks.simulator import marks
from tasks.simulator.replies import Refused, over_http
from tasks.simulator.wire import Cut, Hang, Response

NUMBERED = ("http", "code", "slow")
PLAIN = ("ok", "maintenance", "down", "hang")


def read(value: Any) -> str:
    """Raises ValueError for a mode nobody knows."""
    name, _, number = str(value).partition("-")
    if name in NUMBERED:
        (marks.status if name == "http" else marks.seconds)(number)
    elif value not in PLAIN:
        raise ValueError(f"Unknown mode {value}")
    return str(value)


async def obey(mode: str) -> None:
    """Does to one call what the global mode says; raises Cut, Hang or Refused, or returns."""
    if mode == "down":
        raise Cut(reset=True)
    if mode == "hang":
        raise Hang
    if mode == "maintenance":
        raise Refused(455)
    name, _, number = mode.partition("-")
    if name == "http":
        raise OverHttp(int(number))
    if name == "code":
        raise Refused(int(number))
    if name == "slow":
        await asyncio.sleep(float(number))


class OverHttp(Refused):
    """Refused by the HTTP status, not in the envelope."""

    def response(self) -> Response:
        return over_http(self.code)
