"""Hands out finished clips, and everything that can go wrong on the way."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable

from tasks.simulator import files
from tasks.simulator.callbacks import METADATA_URL
from tasks.simulator.clips import Clips
from tasks.simulator.files import Minting
from tasks.simulator.generations import Generations
from tasks.simulator.records import SUCCESS, Generation
from tasks.simulator.wire import Cut, Request, Response

PREFIX = "/clips/"
MP4 = "video/mp4"
HUGE = 3 * 2**30
CHUNK = 256 * 1024
SLICES = 20


class Delivery:
    def __init__(
        self,
        generations: Generations,
        clips: Clips,
        minting: Minting,
        result_seconds: float,
    ) -> None:
        self._generations = generations
        self._clips = clips
        self._minting = minting
        self._result_seconds = result_seconds

    async def serve(self, request: Request) -> Response:
        name = request.path.removeprefix(PREFIX).removesuffix(".mp4")
        generation = self._generations.find(name.removesuffix("_o"))
        if generation is None or not self._is_there(generation, name):
            return _gone()
        minted = self._minting.holds(request)
        if minted is False or not (minted or self._is_fresh(generation)):
            return Response(403, b"<Error>AccessDenied</Error>", "application/xml")
        fault = self._fault(generation, request, bool(minted))
        if fault == "gone-clip":
            return _gone()
        try:
            content = self._clips.read(generation.render, generation.task_id)
        except FileNotFoundError:
            return _gone()
        return self._spoiled(fault, request, content, generation)

    def _is_there(self, generation: Generation, name: str) -> bool:
        is_origin = name.endswith("_o")
        return bool(generation.render) and (is_origin or generation.flag == SUCCESS)

    def _is_fresh(self, generation: Generation) -> bool:
        done_at = generation.completed_at or time.time()
        return time.time() < done_at + self._result_seconds

    def _fault(self, generation: Generation, request: Request, minted: bool) -> str:
        """The first of the task's marks that still holds for this download; else empty."""
        for mark in generation.marks:
            if mark not in FAULTS or (minted and mark in ("dead-link", "moved-clip")):
                continue
            if request.method == "HEAD":
                return ""
            if generation.counted(mark) <= generation.marks.number(mark):
                return mark
        return ""

    def _spoiled(
        self, fault: str, request: Request, content: bytes, generation: Generation
    ) -> Response:
        if fault == "moved-clip":
            link = self._minting.minted(request.path)
            return Response(302, headers={"location": link})
        if fault:
            return FAULTS[fault](request, content)
        response = files.serve(request, content, MP4)
        if "slow-clip" in generation.marks:
            return _slowly(response, generation.marks.number("slow-clip"))
        return response


def _gone() -> Response:
    return Response(404, b"<Error>NoSuchKey</Error>", "application/xml")


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


async def _cut_half_way(content: bytes, reset: bool) -> AsyncIterator[bytes]:
    yield _half(content)
    await asyncio.sleep(0.05)  # a reset would overtake what is still unsent
    raise Cut(reset=reset)


def _cut(request: Request, content: bytes, reset: bool = False) -> Response:
    response = files.serve(request, content, MP4)
    if isinstance(response.body, bytes):
        response.length = len(response.body)
        response.body = _cut_half_way(response.body, reset)
    return response


def _reset(request: Request, content: bytes) -> Response:
    return _cut(request, content, reset=True)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _short(request: Request, content: bytes) -> Response:
    return Response(200, _once(_half(content)), MP4)


async def _zeros(content: bytes, size: int) -> AsyncIterator[bytes]:
    """size 0 never ends."""
    yield content
    left = size - len(content)
    while left > 0 or not size:
        yield bytes(min(CHUNK, left) if size else CHUNK)
        left -= CHUNK
        await asyncio.sleep(0)


def _slowly(response: Response, seconds: float) -> Response:
    content = response.body
    if isinstance(content, bytes):
        response.length = len(content)
        response.body = _sliced(content, seconds)
    return response


async def _sliced(content: bytes, seconds: float) -> AsyncIterator[bytes]:
    size = len(content) // SLICES + 1
    for start in range(0, len(content), size):
        yield content[start : start + size]
        await asyncio.sleep(seconds / SLICES)


def _ignores_range(request: Request, content: bytes) -> Response:
    request.headers.pop("range", None)
    return files.serve(request, content, MP4)


def _no_such_range(request: Request, content: bytes) -> Response:
    if "range" in request.headers:
        headers = {"content-range": f"bytes */{len(content)}"}
        return Response(416, headers=headers)
    return files.serve(request, content, MP4)


def _changed(request: Request, content: bytes) -> Response:
    return files.serve(request, content, MP4, etag=f'"{secrets.token_hex(8)}"')


def _broken(request: Request, content: bytes) -> Response:
    return files.serve(request, content[:32] + bytes(len(content) - 32), MP4)


FAULTS: dict[str, Callable[[Request, bytes], Response]] = {
    "dead-link": lambda _, __: Response(403, b"Forbidden", "text/plain"),
    "gone-clip": lambda _, __: _gone(),
    "moved-clip": lambda _, __: _gone(),
    "html-clip": lambda _, __: Response(200, b"<html>Sorry</html>", "text/html"),
    "empty-clip": lambda _, __: Response(200, b"", MP4),
    "broken-clip": _broken,
    "truncated-clip": _cut,
    "short-clip": _short,
    "reset-clip": _reset,
    "huge-clip": lambda _, c: Response(200, _zeros(c, HUGE), MP4, length=HUGE),
    "endless-clip": lambda _, content: Response(200, _zeros(content, 0), MP4),
    "redirect-clip": lambda _, __: Response(302, headers={"location": METADATA_URL}),
    "no-range-clip": _ignores_range,
    "range-416-clip": _no_such_range,
    "changed-clip": _changed,
}
