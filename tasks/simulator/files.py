"""Hands out bytes over HTTP: Range, If-Range, ETag and 416, and links that are only good for a while."""

import hashlib
import hmac
import re
import time
from urllib.parse import unquote, urlsplit

from tasks.simulator.wire import Request, Response

RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


def serve(request: Request, content: bytes, mime: str, etag: str = "") -> Response:
    etag = etag or f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": etag, "accept-ranges": "bytes", "cache-control": "max-age=86400"}
    wanted = request.headers.get("range", "")
    if request.headers.get("if-range", etag) != etag:
        wanted = ""
    span = _span(wanted, len(content))
    if span is None:
        return Response(200, content, mime, headers)
    start, end = span
    if start >= end:
        headers["content-range"] = f"bytes */{len(content)}"
        return Response(416, b"", mime, headers)
    headers["content-range"] = f"bytes {start}-{end - 1}/{len(content)}"
    return Response(206, content[start:end], mime, headers)


def _span(wanted: str, size: int) -> tuple[int, int] | None:
    """[start, end) of a single range; empty when it cannot be met, None when there is none."""
    match = RANGE.match(wanted)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size
    end = min(size, int(last) + 1) if last else size
    return int(first), end


class Minting:
    """Links that carry their own end and a signature, so that nothing needs to be kept."""

    def __init__(self, secret: str, seconds: float) -> None:
        self._secret = secret.encode()
        self._seconds = seconds

    def minted(self, url: str) -> str:
        until = f"{time.time() + self._seconds:.3f}"
        path = unquote(urlsplit(url).path)
        return f"{url.partition('?')[0]}?until={until}&sig={self._sign(path, until)}"

    def _sign(self, path: str, until: str) -> str:
        message = f"{path} {until}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()

    def holds(self, request: Request) -> bool | None:
        """Whether a minted link is still good; None when the link is a plain one."""
        if "sig" not in request.query:
            return None
        until = request.query.get("until", "")
        expected = self._sign(request.path, until)
        if not hmac.compare_digest(request.query["sig"], expected):
            return False
        return float(until) > time.time()
