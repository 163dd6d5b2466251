"""Fetch one finished clip: resumable, bounded in size and time, verified, and under
its final name whole or not at all. Knows no rows; the caller holds the lease.
"""

import contextlib
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tasks.media.boxes import BadClip, walk_boxes
from tasks.media.faults import DownloadFault, disk, wire
from tasks.media.guard import check_url, pulsing
from tasks.media.partial import Partial
from tasks.media.publishing import Occupied, publish

__all__ = ["DownloadFault", "Downloaded", "download"]

MAX_BYTES = 2 * 1024**3
MIN_BYTES = 10 * 1024
MIN_RATE = 16 * 1024
RATE_SECONDS = 60
WALL_SECONDS = 30 * 60
KEEP_ALIVE_SECONDS = 5
MAX_REDIRECTS = 3

RESUMABLE = {"expired", "interrupted", "too_slow", "unavailable", "stopped"}
EXPIRED = {401, 403, 404, 410}
NOT_VIDEO = ("text/", "image/", "application/json", "application/xml")


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A stored file: its size in bytes and its hash in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Bounds:
    max_bytes: int
    min_bytes: int
    reserve: int | None


def download(
    url: str,
    *,
    into: Path,
    partial: Path,
    client: httpx.Client,
    allowed: frozenset[str],
    keep_alive: Callable[[], None],
    stop: Callable[[], bool],
    max_bytes: int = MAX_BYTES,
    min_bytes: int = MIN_BYTES,
    min_rate: int = MIN_RATE,
    rate_seconds: float = RATE_SECONDS,
    wall: float = WALL_SECONDS,
    reserve: int | None = None,
) -> Downloaded:
    """Store a clip at `into`, by way of `partial` in the same file system.

    `client` is a guarded_client. `keep_alive` is called about every 5 s, and what it
    raises ends the download; so does a true `stop`, within about a second. `reserve`
    is the free space to leave, by default 2 GiB or 5 %. What was received is kept for
    a resume where that can help. Raises DownloadFault.
    """
    watch = _Watch(keep_alive, stop, min_rate, rate_seconds, wall)
    bounds = _Bounds(max_bytes, min_bytes, reserve)
    with disk():
        part = Partial(partial)
    try:
        with pulsing(watch.beat), wire():
            _receive(url, part, client, allowed, bounds, watch)
        return _store(part, into, bounds)
    except DownloadFault as fault:
        _leave(part, keep=fault.code in RESUMABLE)
        raise
    except BaseException:  # the caller's own: the lease is lost, the worker ends
        _leave(part, keep=True)
        raise


class _Watch:
    """What is checked at every chunk and in every silent second."""

    def __init__(
        self,
        keep_alive: Callable[[], None],
        stop: Callable[[], bool],
        min_rate: int,
        rate_seconds: float,
        wall: float,
    ) -> None:
        now = time.monotonic()
        self._keep_alive, self._stop = keep_alive, stop
        self._min_rate, self._rate_seconds = min_rate, rate_seconds
        self._end, self._keep_at = now + wall, now + KEEP_ALIVE_SECONDS
        self._since, self._received = now, 0

    def count(self, received: int) -> None:
        self._received += received

    def beat(self) -> None:
        now = time.monotonic()
        if self._stop():
            raise DownloadFault("stopped")
        if now >= self._end:
            raise DownloadFault("too_slow", "the time for the whole file is over")
        if now >= self._keep_at:
            self._keep_at = now + KEEP_ALIVE_SECONDS
            self._keep_alive()
        if now - self._since >= self._rate_seconds:
            if self._received < self._min_rate * self._rate_seconds:
                raise DownloadFault("too_slow", f"{self._received} bytes in the window")
            self._since, self._received = now, 0


def _receive(
    url: str,
    part: Partial,
    client: httpx.Client,
    allowed: frozenset[str],
    bounds: _Bounds,
    watch: _Watch,
) -> None:
    """Fill the part; a second request only when the server would not resume."""
    while True:
        resuming = part.can_resume
        with _answer(url, client, allowed, _range_headers(part)) as response:
            if _begin(part, response):
                _check_bounds(part, bounds)
                _stream(part, response, bounds, watch)
                return
        if not resuming:
            raise DownloadFault("unavailable", f"HTTP {response.status_code}")
        with disk():
            part.restart()


def _range_headers(part: Partial) -> dict[str, str]:
    if not part.can_resume:
        return {}
    return {"Range": f"bytes={part.size}-", "If-Range": part.etag}


@contextlib.contextmanager
def _answer(
    url: str, client: httpx.Client, allowed: frozenset[str], headers: dict[str, str]
) -> Iterator[httpx.Response]:
    """The answer behind at most three redirects, each checked like the first link."""
    for _hop in range(MAX_REDIRECTS + 1):
        check_url(url, allowed=allowed)
        request = client.build_request("GET", url, headers=headers)
        for secret in ("Authorization", "Cookie"):  # never for a file server
            request.headers.pop(secret, None)
        response = client.send(request, stream=True, auth=None, follow_redirects=False)
        with contextlib.closing(response):
            if not response.has_redirect_location:
                yield response
                return
            url = str(response.url.join(response.headers["Location"]))
    raise DownloadFault("unavailable", "too many redirects")


def _begin(part: Partial, response: httpx.Response) -> bool:
    """Make the part ready for this body; False when it does not continue the part."""
    status = response.status_code
    if status in EXPIRED:
        raise DownloadFault("expired", f"HTTP {status}")
    if status == 206:
        return _continues(part, response.headers.get("Content-Range", ""))
    if status == 416:
        return False
    if status != 200:
        raise DownloadFault("unavailable", f"HTTP {status}")
    kind = response.headers.get("Content-Type", "").lower()
    if kind.startswith(NOT_VIDEO):
        raise DownloadFault("bad_file", kind[:80])
    length = response.headers.get("Content-Length", "")
    with disk():
        part.restart(
            response.headers.get("ETag", ""), int(length) if length.isdigit() else None
        )
    return True


def _continues(part: Partial, content_range: str) -> bool:
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", content_range.strip())
    if not found or not part.can_resume:
        return False
    start, total = int(found[1]), int(found[2])
    if start != part.size or part.total not in (None, total):
        return False
    part.total = total
    return True


def _check_bounds(part: Partial, bounds: _Bounds) -> None:
    """Size and free space, before the first byte is taken."""
    if part.total is not None:
        if part.total > bounds.max_bytes:
            raise DownloadFault("too_large", f"{part.total} bytes announced")
        if part.total < bounds.min_bytes:
            raise DownloadFault("bad_file", f"{part.total} bytes announced")
    with disk():
        usage = shutil.disk_usage(part.path.parent)
    reserve = bounds.reserve
    if reserve is None:
        reserve = max(2 * 1024**3, usage.total // 20)
    if usage.free < max((part.total or 0) - part.size, 0) + reserve:
        raise DownloadFault("no_space", f"{usage.free} bytes free")


def _stream(
    part: Partial, response: httpx.Response, bounds: _Bounds, watch: _Watch
) -> None:
    for chunk in response.iter_raw():
        if part.size + len(chunk) > bounds.max_bytes:
            raise DownloadFault("too_large", f"more than {bounds.max_bytes} bytes")
        with disk():
            part.write(chunk)
        watch.count(len(chunk))
        watch.beat()
    if part.total not in (None, part.size):
        raise DownloadFault("interrupted", f"{part.size} of {part.total} bytes")


def _store(part: Partial, into: Path, bounds: _Bounds) -> Downloaded:
    if part.size < bounds.min_bytes:
        raise DownloadFault("bad_file", f"{part.size} bytes")
    with disk():
        part.seal()
        try:
            walk_boxes(part.path)
            publish(part.path, into, part.sha256)
        except BadClip as error:
            raise DownloadFault("bad_file", error.code) from error
        except Occupied as error:
            raise DownloadFault("occupied", str(error)) from error
    return Downloaded(part.size, part.sha256)


def _leave(part: Partial, *, keep: bool) -> None:
    with contextlib.suppress(OSError):
        if keep:
            part.keep()
        else:
            part.drop()
