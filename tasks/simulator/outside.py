"""The calls the simulator itself makes: pictures it fetches, callbacks it delivers."""

import asyncio
from collections.abc import Mapping

import httpx

FETCH_SECONDS = 10
FETCH_LIMIT = 30 * 2**20
CALLBACK_SECONDS = 15
CALLBACKS_AT_ONCE = 16


class Unreachable(Exception):
    """The file could not be fetched; the text says why."""


class Outside:
    def __init__(self) -> None:
        self._made: httpx.AsyncClient | None = None
        # Hundreds fall due at once, and a pool's cost grows with the square of its queue.
        self._turns = asyncio.Semaphore(CALLBACKS_AT_ONCE)

    @property
    def _client(self) -> httpx.AsyncClient:
        if self._made is None:
            self._made = httpx.AsyncClient(timeout=CALLBACK_SECONDS, trust_env=False)
        return self._made

    async def fetch(self, url: str) -> bytes:
        """Raises Unreachable, for redirects too: KIE does not follow them."""
        content = bytearray()
        try:
            async with self._client.stream("GET", url, timeout=FETCH_SECONDS) as r:
                if r.status_code != 200:
                    raise Unreachable(f"HTTP {r.status_code}")
                async for chunk in r.aiter_bytes():
                    content += chunk
                    if len(content) > FETCH_LIMIT:
                        raise Unreachable("too large")
        except (httpx.HTTPError, httpx.InvalidURL) as e:
            raise Unreachable(str(e)) from e
        return bytes(content)

    async def deliver(self, url: str, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether the callback was answered with HTTP 200."""
        head = {"Content-Type": "application/json", **headers}
        try:
            async with self._turns:
                response = await self._client.post(url, content=body, headers=head)
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return response.status_code == 200

    async def close(self) -> None:
        if self._made is not None:
            await self._made.aclose()
