"""KIE.AI over HTTP: buy a clip, ask after it, carry pictures there (kie-api §1 to §5).

The one place that sends anything. A POST is never repeated here, redirects are not
followed, and no answer is waited for beyond its deadline.
"""

import asyncio
import base64
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Self

import httpx

from tasks.kie import table_a, wire
from tasks.kie.answer import Answer, read_answer
from tasks.kie.fault import Fault
from tasks.kie.replies import (
    KieUnreachable,
    Outcome,
    Phase,
    Progress,
    Upload,
    content_of,
    credits_of,
    link_of,
    outcome_of,
    progress_of,
    upload_of,
)
from tasks.kie.requests import GenerateRequest
from tasks.kie.table_c import QUERY_FAILED
from tasks.kie.wire import Timeouts

WIRE_FAULTS = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    OSError,
    ValueError,
)
RECORD_INFO = "/api/v1/veo/record-info"


class Kie:
    """One key's way to KIE. Made before the purchase is claimed, so that nothing slow
    lies between the claim and the first byte; threads may share it.
    """

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str,
        upload_url: str,
        transport: httpx.BaseTransport | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._api_key = api_key
        self._base = base_url.rstrip("/")
        self._upload_base = upload_url.rstrip("/")
        self._timeouts = timeouts or Timeouts()
        self._headers = wire.headers(api_key)
        self._http = wire.fresh_client(transport)

    def __repr__(self) -> str:
        return f"Kie({self._base!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def generate(
        self, request: GenerateRequest, *, callback_url: str | None
    ) -> Outcome:
        """Buy one clip: one POST, whatever happens to it. Never raises for the wire."""
        sent = wire.Sent()
        try:
            body = request.encode(callback_url)
        except UnicodeEncodeError as error:
            return _not_answered(table_a.UNSENDABLE, error)
        try:
            answer = self._call(
                "POST",
                f"{self._base}/api/v1/veo/generate",
                content=body,
                headers={b"Content-Type": b"application/json"},
                extensions={"trace": sent},
                secrets=tuple(_token_of(callback_url)),
            )
        except WIRE_FAULTS as error:
            fault = table_a.fault_of_exception(error, sent=sent.whole)
            return _not_answered(fault, error)
        return outcome_of(answer)

    def record_info(self, task_id: str) -> Progress:
        """Ask after a task. Never raises for the wire."""
        url, params = f"{self._base}{RECORD_INFO}", {"taskId": task_id}
        try:
            return progress_of(self._call("GET", url, params=params))
        except WIRE_FAULTS as error:
            return _not_asked(error)

    def credit(self) -> Decimal:
        """Return the account's balance; the cheapest check of a key. Raises KieError."""
        return credits_of(self._fetch("GET", f"{self._base}/api/v1/chat/credit"))

    def download_url(self, url: str) -> str:
        """Return a link of 20 minutes to a file that KIE made. Raises KieError."""
        path = f"{self._base}/api/v1/common/download-url"
        return link_of(self._fetch("POST", path, json={"url": url}))

    def upload_stream(
        self, content: bytes, name: str, folder: str, mime: str
    ) -> Upload:
        """Raises KieError. The same name twice may be served from a cache: vary it."""
        return self._upload(
            "stream",
            data={"uploadPath": folder, "fileName": name},
            files={"file": (name, content, mime)},
        )

    def upload_base64(
        self, content: bytes, name: str, folder: str, mime: str
    ) -> Upload:
        """For small files; it adds a third. Raises KieError."""
        encoded = f"data:{mime};base64,{base64.b64encode(content).decode()}"
        fields = {"base64Data": encoded, "uploadPath": folder, "fileName": name}
        return self._upload("base64", json=fields)

    def upload_url(self, url: str, name: str, folder: str) -> Upload:
        """Let KIE fetch a public file, at most 100 MB in 30 s. Raises KieError."""
        fields = {"fileUrl": url, "uploadPath": folder, "fileName": name}
        return self._upload("url", json=fields)

    def _upload(self, way: str, **content: Any) -> Upload:
        url = f"{self._upload_base}/api/file-{way}-upload"
        return upload_of(self._fetch("POST", url, **content))

    def _fetch(self, method: str, url: str, **content: Any) -> Any:
        """A call that is free and may be repeated by whoever made it."""
        try:
            answer = self._call(method, url, **content)
        except WIRE_FAULTS as error:
            # Its own words may quote a header, and so the key.
            raise KieUnreachable(type(error).__name__) from None
        return content_of(answer)

    def _call(
        self, method: str, url: str, *, secrets: tuple[str, ...] = (), **content: Any
    ) -> Answer:
        times = self._timeouts.to_ask() if method == "GET" else self._timeouts.to_send()
        wall = self._timeouts.ask_wall if method == "GET" else self._timeouts.wall
        content["headers"] = {**self._headers, **content.get("headers", {})}
        with (
            wire.deadline(wall),
            self._http.stream(method, url, timeout=times, **content) as response,
        ):
            body = wire.read_capped(response.iter_bytes())
        return read_answer(
            response.status_code, response.headers, body, self._api_key, *secrets
        )


async def ask(
    http: httpx.AsyncClient,
    *,
    base_url: str,
    api_key: str,
    task_id: str,
    timeouts: Timeouts | None = None,
) -> Progress:
    """Do what `Kie.record_info` does, for a sweep that asks after thousands at once."""
    times = timeouts or Timeouts()
    try:
        async with (
            asyncio.timeout(times.ask_wall),
            http.stream(
                "GET",
                f"{base_url.rstrip('/')}{RECORD_INFO}",
                params={"taskId": task_id},
                headers=wire.headers(api_key),
                timeout=times.to_ask(),
                follow_redirects=False,
            ) as response,
        ):
            body = await wire.aread_capped(response.aiter_bytes())
    except WIRE_FAULTS as error:  # asyncio's own TimeoutError is an OSError
        return _not_asked(error)
    return progress_of(
        read_answer(response.status_code, response.headers, body, api_key)
    )


def _not_answered(fault: Fault, error: Exception) -> Outcome:
    # Only the class: the words may quote a header, and so the key.
    return Outcome(fault.verdict, fault=fault, text=type(error).__name__)


def _not_asked(error: Exception) -> Progress:
    return Progress(Phase.QUERY_FAILED, fault=QUERY_FAILED, text=type(error).__name__)


def _token_of(callback_url: str | None) -> Iterator[str]:
    """The last piece of its path proves to us who calls: it is a secret."""
    if callback_url:
        yield callback_url.rstrip("/").rpartition("/")[2]
