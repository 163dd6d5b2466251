"""One copy for a data directory and a port. Two at once would corrupt things silently:
granian shares ports, and Redis opens the same append-only file twice (skeleton.md §3.3)."""

import errno
import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - listening → calling
_REASONS = {
    errno.EADDRINUSE: "is taken: stop the program that uses it, or set PORT to another number",
    errno.EACCES: "needs more rights than you have: set PORT to a number above 1023",
    errno.EADDRNOTAVAIL: "is not an address of this machine: set HOST to one that is",
}


class Refused(Exception):
    """The product cannot start; the text is one sentence for the person who tried."""


@contextmanager
def exclusive(file: Path) -> Iterator[None]:
    """Hold a lock on the file; raises Refused when another process holds it.

    The kernel lets go when the process dies, however it dies.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            raise Refused(
                f"VeoPlatform is already running on {file.parent}: stop that copy "
                "first, or set VEO_DATA_DIR to another folder."
            ) from e
        yield


def require_free(host: str, port: int) -> None:
    """Raise Refused when nothing can listen there."""
    if not 0 < port < 65536:  # the resolver would take it modulo 65536
        raise Refused(f"PORT must be from 1 to 65535, not {port}.")
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, proto) as trial:
            # Else connections that linger from the last run would count as "taken";
            # a listener never lets this pass, unlike SO_REUSEPORT.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
            trial.listen(1)
    except OSError as e:
        reason = _REASONS.get(e.errno or 0, f"cannot be used ({e})")
        raise Refused(f"Port {port} on {host} {reason}.") from e


def is_free(host: str, port: int) -> bool:
    try:
        require_free(host, port)
    except Refused:
        return False
    return True


def free_port(host: str, wanted: int) -> int:
    """Return the wanted port, else any other that is free now."""
    if is_free(host, wanted):
        return wanted
    with socket.create_server((host, 0)) as trial:
        return int(trial.getsockname()[1])
