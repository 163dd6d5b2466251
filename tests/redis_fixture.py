"""A real Redis on a socket of its own, for the few tests that need one."""

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tasks.embedded import redis_server


@contextlib.contextmanager
def running_redis() -> Iterator[str]:
    """Yields its URL; gone with everything in it afterwards."""
    with tempfile.TemporaryDirectory(prefix="veo-redis-") as name:
        folder = Path(name)
        socket = folder / "redis.sock"
        plan = redis_server.plan(redis_server.find(), folder, socket)
        with subprocess.Popen(plan.argv, stdout=subprocess.DEVNULL) as server:
            try:
                _until_it_answers(socket)
                yield f"unix://{socket}?db=0"
            finally:
                server.kill()


def _until_it_answers(socket: Path) -> None:
    leave_at = time.monotonic() + 10
    while not redis_server.answers(socket):
        if time.monotonic() > leave_at:
            raise AssertionError("redis does not answer")
        time.sleep(0.02)
