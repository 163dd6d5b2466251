"""What record-info says of a task, truthfully or as its marks ask."""

import json
import time
from typing import Any

from tasks.simulator.records import GENERATING, SUCCESS, Generation
from tasks.simulator.replies import Refused, page, success
from tasks.simulator.wire import Cut, Response

QUERY_CODES = (401, 404, 422, 429, 455, 500)
FLIPPED = (2, 3)  # which of the queries after success say generating again
NULL = "recordInfo is null"


def record_info(generation: Generation, url: str) -> Response:
    marks = generation.marks
    if marks:
        if time.time() < generation.created_at + marks.number("null-record"):
            raise Refused(422, NULL)
        if response := _spoiled(generation):
            return response
    flag = _flag(generation)
    if flag > SUCCESS and "fail-outer" in marks:
        raise Refused(generation.error_code or 501, generation.error)
    return success(_record(generation, flag, url))


def _spoiled(generation: Generation) -> Response | None:
    for code in QUERY_CODES:
        if _is_among_first(generation, f"query-{code}"):
            raise Refused(code, "record result data is blank" if code == 422 else "")
    if _is_among_first(generation, "query-lost"):
        raise Cut
    return page(502) if _is_among_first(generation, "query-html") else None


def _is_among_first(generation: Generation, mark: str) -> bool:
    if mark not in generation.marks:
        return False
    return generation.counted(mark) <= generation.marks.number(mark)


def _flag(generation: Generation) -> int:
    """The flag shown; it may lag behind the truth, or flip back."""
    if generation.completed_at is None:
        return GENERATING
    if time.time() < generation.completed_at + generation.marks.number("lag"):
        return GENERATING
    if "flip" in generation.marks and generation.counted("flip") in FLIPPED:
        return GENERATING
    return generation.flag


def _record(generation: Generation, flag: int, url: str) -> dict[str, Any]:
    failed = flag > SUCCESS
    return {
        "taskId": generation.task_id,
        "paramJson": generation.param_json,
        "response": _response(generation, flag, url),
        "successFlag": flag,
        "errorCode": generation.error_code if failed else None,
        "errorMessage": generation.error if failed else "",
        "createTime": _milliseconds(generation.created_at),
        "completeTime": _milliseconds(generation.completed_at),
        "fallbackFlag": False,
    }


def _response(generation: Generation, flag: int, url: str) -> dict[str, Any] | None:
    origin = [url.replace(".mp4", "_o.mp4")]
    body: dict[str, Any] = {
        "taskId": generation.task_id,
        "resultUrls": None,
        "originUrls": origin,
        "resolution": generation.resolution,
    }
    if flag == GENERATING and generation.render and "origin-first" in generation.marks:
        return body
    if flag != SUCCESS:
        return None
    body["resultUrls"] = _urls(generation, url)
    body["originUrls"] = None if generation.ratio == "16:9" else origin
    return body | {"hasAudioList": [True]}


def _urls(generation: Generation, url: str) -> list[str] | str:
    done_at = generation.completed_at or 0
    if time.time() < done_at + generation.marks.number("no-url"):
        return []
    return json.dumps([url]) if "url-string" in generation.marks else [url]


def _milliseconds(at: float | None) -> int | None:
    return None if at is None else int(at * 1000)
