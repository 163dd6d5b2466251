"""Runs one simulator until the process is told to end."""

import asyncio
import signal
from collections.abc import Callable

from tasks.simulator.server import Simulator
from tasks.simulator.settings import Settings


async def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Raises CannotStart; ends on SIGTERM and SIGINT. A second simulator on the same state or port cannot start."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, over.set)
    async with Simulator(settings, say) as simulator:
        say(f"simulator ready on {simulator.url}")
        await over.wait()
