"""The address guard: an HTTP client that can only reach public addresses.
Every URL that does not come from the settings is fetched through it.
"""

import contextlib
import http.cookiejar
import ipaddress
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from tasks.media import gettext_noop

USER_AGENT = "VeoPlatform/1.0"
TIMEOUT = httpx.Timeout(connect=10, read=30, write=10, pool=10)
READ_BYTES = 256 * 1024
SLICE_SECONDS = 1.0
"""How long a silent connection is waited on before the pulse is felt again."""

# is_global is true for these, yet each can lead to a private IPv4 address.
TUNNELS = tuple(
    ipaddress.IPv6Network(network)
    for network in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
)


class Forbidden(Exception):
    """The address may not be fetched; `message` is a msgid for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def public(ip: str) -> bool:
    """Whether this address, in its usual notation, lies on the open internet."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return public(str(address.ipv4_mapped))
        if address.is_site_local or any(address in tunnel for tunnel in TUNNELS):
            return False
    return address.is_global and not address.is_multicast


def check_url(url: str, *, allowed: frozenset[str]) -> None:
    """Raise Forbidden for a URL that could never pass; asks no name server."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, TypeError) as error:
        raise _not_a_link() from error
    if parsed.userinfo or not parsed.host:
        raise _not_a_link()
    if parsed.scheme not in ("http", "https"):
        raise _not_https()
    port = parsed.port or {"http": 80, "https": 443}[parsed.scheme]
    if _is_allowed(parsed.host, port, allowed):
        return
    if parsed.scheme != "https":
        raise _not_https()
    _check_port(port)
    _check_name(parsed.host)


def guarded_client(
    *, allowed: frozenset[str] = frozenset(), timeout: httpx.Timeout = TIMEOUT
) -> httpx.Client:
    """A client that resolves a name once and refuses unless every address is public.

    `allowed` holds "host" (any port) or "host:port" entries that pass unchecked,
    over plain http too.
    """
    no_cookies = http.cookiejar.DefaultCookiePolicy(allowed_domains=[])
    return httpx.Client(
        transport=_GuardedTransport(allowed),
        timeout=timeout,
        trust_env=False,
        follow_redirects=False,
        cookies=http.cookiejar.CookieJar(policy=no_cookies),
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
    )


_pulse: ContextVar[Callable[[], None] | None] = ContextVar("pulse", default=None)


@contextlib.contextmanager
def pulsing(pulse: Callable[[], None]) -> Iterator[None]:
    """While inside, call `pulse` before every read of a guarded connection and once
    a second while the peer is silent; what it raises ends the request.
    """
    token = _pulse.set(pulse)
    try:
        yield
    finally:
        _pulse.reset(token)


class _GuardedTransport(httpx.HTTPTransport):
    def __init__(self, allowed: frozenset[str]) -> None:
        # httpx 0.28 has no public way to name a network backend, so its pool is
        # made here in its place; test_guard proves that the guard is in the path.
        self._allowed = allowed
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=20,
            max_keepalive_connections=8,
            keepalive_expiry=15,
            network_backend=_Guard(allowed),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        check_url(str(request.url), allowed=self._allowed)
        return super().handle_request(request)


class _Guard(httpcore.SyncBackend):
    """Connects to the very address it has checked, so a name cannot be rebound."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _resolve(host, port)
        if not _is_allowed(host, port, self._allowed):
            _check_port(port)
            if not all(public(address) for address in addresses):
                raise _not_public()
        return _Wire(self._first_to_answer(addresses, port, timeout, socket_options))

    def _first_to_answer(
        self,
        addresses: list[str],
        port: int,
        timeout: float | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore.NetworkStream:
        for address in addresses[:-1]:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return super().connect_tcp(address, port, timeout, None, socket_options)
        return super().connect_tcp(addresses[-1], port, timeout, None, socket_options)


class _Wire(httpcore.NetworkStream):
    """A connection read in large pieces, whose silence does not stop the pulse."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            if pulse := _pulse.get():
                pulse()
            left = SLICE_SECONDS if end is None else end - time.monotonic()
            try:
                # httpcore asks for 64 KiB; its parser takes any amount.
                return self._stream.read(
                    max(max_bytes, READ_BYTES), max(min(left, SLICE_SECONDS), 0.001)
                )
            except httpcore.ReadTimeout:
                if end is not None and time.monotonic() >= end:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: Any = None, timeout: Any = None
    ) -> httpcore.NetworkStream:
        return _Wire(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _resolve(host: str, port: int) -> list[str]:
    """Every address of this host, without repeats; at least one."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} cannot be resolved") from error
    if not found:
        raise httpcore.ConnectError(f"{host} has no address")
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _is_allowed(host: str, port: int, allowed: frozenset[str]) -> bool:
    name = _plain(host)
    if ":" in name:
        return not allowed.isdisjoint({name, f"[{name}]", f"[{name}]:{port}"})
    return not allowed.isdisjoint({name, f"{name}:{port}"})


def _check_port(port: int) -> None:
    if port not in (80, 443):
        raise Forbidden("port", gettext_noop("Only the ports 80 and 443 can be used."))


def _check_name(host: str) -> None:
    """Refuse private addresses in any notation and names that are never public."""
    name = _plain(host)
    local = "." not in name or name.endswith((".localhost", ".local", ".internal"))
    literal = _literal(name)
    if not public(literal) if literal else local:
        raise _not_public()


def _literal(name: str) -> str | None:
    """The address itself when the name is one; reads 2130706433 and 0x7f.1 too."""
    if ":" in name:
        return name
    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except (OSError, UnicodeError):
        return None


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()


def _not_a_link() -> Forbidden:
    return Forbidden("not_a_link", gettext_noop("This is not a link to a file."))


def _not_https() -> Forbidden:
    return Forbidden("not_https", gettext_noop("The link must begin with https://."))


def _not_public() -> Forbidden:
    message = gettext_noop("The link does not lead to a public address.")
    return Forbidden("not_public", message)
