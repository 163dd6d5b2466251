"""Runs the fake KIE.AI in a thread of the test's own process: `with running_simulator() as kie: …`."""

import asyncio
import atexit
import functools
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tasks.simulator.server import Simulator
from tasks.simulator.settings import DEMO_KEY, Settings

GENERATION_SECONDS = 0.2


@dataclass(slots=True)
class Simulated:
    """A simulator at work; `key` is one it knows unless the test gave its own."""

    url: str
    http: httpx.Client
    key: str = DEMO_KEY

    def control(self, **changes: Any) -> dict[str, Any]:
        """`control(mode="maintenance")`, `control(top_up={key: 100})` … see docs/simulator.md."""
        response = self.http.post("/_sim/control", json=changes)
        response.raise_for_status()
        return dict(response.json())

    def ledger(self) -> dict[str, Any]:
        """Every call to create, every task, and what they add up to."""
        return dict(self.http.get("/_sim/ledger").raise_for_status().json())


@functools.cache
def _renders() -> Path:
    # Equal pictures are drawn once for all tests of a run.
    folder = tempfile.mkdtemp(prefix="veo-sim-renders-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@contextmanager
def running_simulator(**settings: Any) -> Iterator[Simulated]:
    """Any field of simulator.settings.Settings; state_dir only for tests of restarts."""
    with tempfile.TemporaryDirectory(prefix="veo-sim-") as folder:
        given = {
            "state_dir": Path(folder),
            "port": 0,
            "generation_seconds": GENERATION_SECONDS,
            "pan": False,
            "callback_pause": 0.05,
            "renders_dir": _renders(),
            **settings,
        }
        with _thread(Settings(**given)) as url, _client(url) as http:
            yield Simulated(url, http)


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, trust_env=False, verify=False, timeout=10)


@contextmanager
def _thread(settings: Settings) -> Iterator[str]:
    ready = threading.Event()
    found: dict[str, Any] = {}

    async def serve() -> None:
        found["loop"], found["over"] = asyncio.get_running_loop(), asyncio.Event()
        async with Simulator(settings) as simulator:
            found["url"] = simulator.url
            ready.set()
            await found["over"].wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except Exception as e:  # noqa: BLE001  told to the test's own thread
            found["error"] = e
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="simulator", daemon=True)
    thread.start()
    ready.wait()
    try:
        if "url" in found:
            yield found["url"]
    finally:
        if "url" in found:
            found["loop"].call_soon_threadsafe(found["over"].set)
        thread.join(timeout=10)
    if "error" in found:
        raise found["error"]
