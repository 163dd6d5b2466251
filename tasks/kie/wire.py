"""HTTP that cannot last for ever: every connection obeys the deadline of its call.

httpx bounds each read, not the whole call: an answer that trickles in byte by byte was
seen to take 27 s under a read time-out of 2 s (reliability.md L9).
"""

import contextlib
import functools
import ssl
import time
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

USER_AGENT = "VeoPlatform/0.1.0"
LONGEST_ANSWER = 1024 * 1024  # bytes; what lies beyond is not read
PIECE = 64 * 1024  # bytes between two looks at the deadline while sending

_end: ContextVar[float | None] = ContextVar("end", default=None)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `wall` bounds a whole call that sends, `ask_wall` one that only reads."""

    connect: float = 10.0
    write: float = 30.0
    pool: float = 10.0
    read: float = 120.0  # each one that passes is a purchase in doubt: be patient
    wall: float = 150.0
    ask_read: float = 30.0
    ask_wall: float = 45.0

    def to_send(self) -> httpx.Timeout:
        return httpx.Timeout(
            connect=self.connect, write=self.write, pool=self.pool, read=self.read
        )

    def to_ask(self) -> httpx.Timeout:
        return httpx.Timeout(
            connect=self.connect, write=self.write, pool=self.pool, read=self.ask_read
        )


class Sent:
    """Watches httpcore's trace: `whole` is whether all of the request has left (L8)."""

    def __init__(self) -> None:
        self.whole = False

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith("send_request_body.complete"):
            self.whole = True


@functools.cache
def tls() -> ssl.SSLContext:
    """Return the one TLS context, slow to make and so made once (L14)."""
    return httpx.create_ssl_context(trust_env=False)


def headers(api_key: str) -> dict[bytes, bytes]:
    # Bytes: a key in odd letters is then the provider's to refuse, not ours to trip on.
    return {
        b"Authorization": b"Bearer " + api_key.encode(errors="replace"),
        b"User-Agent": USER_AGENT.encode(),
        b"Accept-Encoding": b"identity",
    }


def fresh_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client that opens a connection for each call: one that idled adds doubt."""
    return httpx.Client(
        transport=transport or _DeadlineTransport(),
        trust_env=False,
        follow_redirects=False,
    )


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """While inside, no connection of this thread waits beyond so many seconds."""
    token = _end.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _end.reset(token)


def read_capped(pieces: Iterable[bytes]) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) >= LONGEST_ANSWER:
            break
    return bytes(body[:LONGEST_ANSWER])


async def aread_capped(pieces: AsyncIterable[bytes]) -> bytes:
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) >= LONGEST_ANSWER:
            break
    return bytes(body[:LONGEST_ANSWER])


class _DeadlineTransport(httpx.HTTPTransport):
    def __init__(self) -> None:
        # httpx 0.28 has no public way to name a network backend, so its pool is made
        # here in its place; the slow-loris test proves that the deadline is obeyed.
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls(),
            max_connections=100,
            max_keepalive_connections=0,
            http1=True,
            http2=False,
            retries=0,
            network_backend=_DeadlineBackend(),
        )


class _DeadlineBackend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = _left(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(
            super().connect_tcp(host, port, timeout, local_address, socket_options)
        )


class _DeadlineStream(httpcore.NetworkStream):
    """A connection whose every wait is cut to what is left of the call."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), PIECE):
            piece = buffer[start : start + PIECE]
            self._stream.write(piece, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        timeout = _left(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(
            self._stream.start_tls(ssl_context, server_hostname, timeout)
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    end = _end.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise late("the call's own deadline has passed")
    return left if timeout is None else min(timeout, left)
