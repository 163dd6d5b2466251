"""Tells the callback address how a generation ended: signed, tried three times, and as wrongly as the marks ask for."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlsplit

from tasks.simulator.accounts import Accounts
from tasks.simulator.outside import Outside
from tasks.simulator.records import SUCCESS, Generation
from tasks.simulator.replies import FAILURES
from tasks.simulator.settings import Behaviour, Settings, is_loopback

TRIES = 3
STALE_SECONDS = 3600
METADATA_URL = "http://169.254.169.254/latest/meta-data/clip.mp4"


def sign(key: str, task_id: str, timestamp: int) -> str:
    """KIE "Webhook Security Verification": only the task id and the time are signed."""
    message = f"{task_id}.{timestamp}".encode()
    digest = hmac.new(key.encode(), message, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def success_body(generation: Generation, url: str) -> dict[str, Any]:
    return {
        "code": 200,
        "msg": "Veo3.1 video generated successfully.",
        "data": {
            "taskId": generation.task_id,
            "info": {
                "resultUrls": [url],
                "originUrls": None,
                "resolution": generation.resolution,
            },
            "promptJson": generation.param_json,
            "fallbackFlag": False,
        },
    }


def failure_body(generation: Generation, code: int, msg: str) -> dict[str, Any]:
    data = {"taskId": generation.task_id, "fallbackFlag": False}
    return {"code": code, "msg": msg, "data": data}


class Callbacks:
    def __init__(
        self,
        settings: Settings,
        behaviour: Behaviour,
        accounts: Accounts,
        outside: Outside,
        base: str,
    ) -> None:
        self._settings = settings
        self._behaviour = behaviour
        self._accounts = accounts
        self._outside = outside
        self._base = base

    async def tell(self, generation: Generation) -> None:
        """The story at the end: late, often and contradictory where marked."""
        marks = generation.marks
        if "no-callback" in marks:
            return
        await asyncio.sleep(marks.number("callback-late"))
        times = marks.number("callback-times") or 1 + ("callback-twice" in marks)
        for _ in range(int(times)):
            await self._insist(generation, self._news(generation))
        if "callback-contradict" in marks:
            await self._insist(generation, self._opposite(generation))

    async def early(self, generation: Generation) -> None:
        """Before the create is answered; says success although nothing is known yet."""
        body = success_body(generation, self._url(generation))
        await self._post(generation, body, self._headers(generation))

    async def forged(self, generation: Generation) -> None:
        """Somebody else's: false news, a metadata address, a signature of another key."""
        body = failure_body(generation, *FAILURES["content"])
        for news in (body, success_body(generation, METADATA_URL)):
            headers = self._headers(generation, key="somebody else's key")
            await self._post(generation, news, headers)

    def _url(self, generation: Generation) -> str:
        return f"{self._base}/clips/{generation.task_id}.mp4"

    def _news(self, generation: Generation) -> dict[str, Any]:
        if generation.flag != SUCCESS:
            code = generation.error_code or 501
            return failure_body(generation, code, generation.error)
        tampered = "callback-tampered" in generation.marks
        return success_body(
            generation, METADATA_URL if tampered else self._url(generation)
        )

    def _opposite(self, generation: Generation) -> dict[str, Any]:
        if generation.flag == SUCCESS:
            return failure_body(generation, *FAILURES["internal"])
        return success_body(generation, self._url(generation))

    async def _insist(self, generation: Generation, body: dict[str, Any]) -> None:
        pause = self._settings.callback_pause
        for attempt in range(TRIES):
            headers = self._headers(generation)
            if await self._post(generation, body, headers):
                return
            if attempt < TRIES - 1:
                await asyncio.sleep(pause * 2**attempt)

    async def _post(
        self, generation: Generation, body: dict[str, Any], headers: dict[str, str]
    ) -> bool:
        """True also when nobody is to be called."""
        url = generation.callback_url
        if not url or not self._behaviour.callbacks or not self._may_call(url):
            return True
        return await self._outside.deliver(url, json.dumps(body).encode(), headers)

    def _may_call(self, url: str) -> bool:
        near = is_loopback(urlsplit(url).hostname or "")
        return near or self._settings.outside_callbacks

    def _headers(self, generation: Generation, key: str = "") -> dict[str, str]:
        marks = generation.marks
        own = self._accounts.named(generation.account).hmac_key
        if not own and not key or "callback-unsigned" in marks:
            return {}
        if "callback-wrong-signature" in marks:
            key = "a false key"
        timestamp = int(time.time())
        if "callback-old" in marks:
            timestamp -= STALE_SECONDS
        signature = sign(key or own, generation.task_id, timestamp)
        return {
            "X-Webhook-Timestamp": str(timestamp),
            "X-Webhook-Signature": signature,
        }
