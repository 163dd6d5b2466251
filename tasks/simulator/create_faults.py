"""How the create call is answered when its marks ask for something else than the truth."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

from tasks.simulator.marks import Marks
from tasks.simulator.replies import Refused, envelope, over_http, success
from tasks.simulator.wire import Cut, Hang, Response

HUGE = 50 * 2**20
DEPTH = 50_000
CHUNK = 64 * 1024


def creates(marks: Marks) -> bool:
    """Whether the task is made, and paid, before the call is answered."""
    if "created" in marks:
        return True
    refuses = "code" in marks or "http" in marks
    return not refuses and "not-created" not in marks


async def answer(marks: Marks, task_id: str, previous_id: str) -> Response:
    """May raise Refused, Cut or Hang in place of an answer."""
    if "code" in marks:
        raise Refused(int(marks["code"]))
    if "http" in marks:
        return over_http(int(marks["http"]))
    if "lost" in marks or "lost-reset" in marks:
        raise Cut(reset="lost-reset" in marks)
    if "hang" in marks:
        raise Hang
    await asyncio.sleep(marks.number("slow-answer"))
    return _worded(marks, task_id, previous_id)


def _worded(marks: Marks, task_id: str, previous_id: str) -> Response:
    if "no-task-id" in marks:
        return success({})
    if "same-task-id" in marks:
        return success({"taskId": previous_id or task_id})
    response = success({"taskId": task_id})
    content = response.body if isinstance(response.body, bytes) else b""
    if "hang-headers" in marks:
        return Response(200, _silent(), length=len(content))
    if "drip-answer" in marks:
        drops = _drops(content, marks.number("drip-answer"))
        return Response(200, drops, length=len(content))
    if "answer" in marks:
        return SPOILED[marks["answer"]](task_id, content)
    return response


async def _silent() -> AsyncIterator[bytes]:
    yield b""
    raise Hang


async def _drops(content: bytes, pause: float) -> AsyncIterator[bytes]:
    for start in range(len(content)):
        yield content[start : start + 1]
        await asyncio.sleep(pause)


async def _half(content: bytes) -> AsyncIterator[bytes]:
    yield content[: len(content) // 2]
    raise Cut


async def _huge() -> AsyncIterator[bytes]:
    for _ in range(HUGE // CHUNK):
        yield b" " * CHUNK


def _html(task_id: str, content: bytes) -> Response:
    return Response(200, b"<html><body>Welcome</body></html>", "text/html")


def _extra(task_id: str, content: bytes) -> Response:
    extra = {"taskId": task_id, "mood": ["fine"], "nested": {"taskId": None}}
    return envelope(200, "success", extra | {"creditsLeft": 1.5})


def _string_code(task_id: str, content: bytes) -> Response:
    body = {"code": "200", "msg": "success", "data": {"taskId": task_id}}
    return Response(200, json.dumps(body).encode())


def _charset(task_id: str, content: bytes) -> Response:
    return Response(200, b"\xff\xfe" + content, "application/json; charset=klingon")


SPOILED: dict[str, Callable[[str, bytes], Response]] = {
    "empty": lambda _, __: Response(200, b""),
    "html": _html,
    "garbage": lambda _, content: Response(200, content[5:]),
    "truncated": lambda _, content: Response(200, _half(content), length=len(content)),
    "huge": lambda _, __: Response(200, _huge(), length=HUGE),
    "string-code": _string_code,
    "extra": _extra,
    "charset": _charset,
    "deep": lambda _, __: Response(200, b"[" * DEPTH + b"]" * DEPTH),
    "null": lambda _, __: success(None),
}
