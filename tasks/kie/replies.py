"""What KIE's answers mean to us: the outcome of a purchase, the progress of a task,
an upload, a callback. Outside this package nobody sees a raw dict.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from tasks.kie import table_b, table_c
from tasks.kie.answer import Answer, whole_number
from tasks.kie.fault import Fault, Verdict
from tasks.kie.links import as_dict, is_link, links_in

MOST_CREDITS = Decimal(10) ** 10


class KieError(Exception):
    """A call that is free and safe to repeat brought nothing."""


class KieUnreachable(KieError):
    """KIE did not answer, or could not: ask again later."""


class KieGarbled(KieError):
    """KIE answered with something else than what it documents."""


class KieRefused(KieError):
    """KIE said no; `fault` says why, `text` in its own words."""

    def __init__(self, fault: Fault, answer: Answer) -> None:
        super().__init__(f"{fault.code}: {answer.text}")
        self.fault = fault
        self.text = answer.text
        self.http_status = answer.http_status
        self.provider_code = answer.code
        self.retry_after = answer.retry_after


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one POST that buys. `fault` is None only when it was accepted.

    An uncertain one may carry the task id that KIE named beside its refusal.
    `retry_after` is in seconds and capped.
    """

    verdict: Verdict
    task_id: str | None = None
    fault: Fault | None = None
    http_status: int | None = None
    provider_code: int | None = None
    text: str = ""
    retry_after: float | None = None


class Phase(StrEnum):
    """Where a task is at the provider."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    """Always with at least one link."""
    FAILED = "failed"
    NOT_VISIBLE = "not_visible"
    """No such record: too new, another account's, or older than 14 days."""
    QUERY_FAILED = "query_failed"
    """The question failed; nothing is known about the task."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What record-info says. `prompt` and `callback_url` are what KIE stored of ours."""

    phase: Phase
    urls: tuple[str, ...] = ()
    fault: Fault | None = None
    text: str = ""
    prompt: str | None = None
    callback_url: str | None = field(default=None, repr=False)  # holds a token
    retry_after: float | None = None
    http_status: int | None = None
    provider_code: int | None = None
    is_certain: bool = True
    """False: a failure to believe when it is seen twice, 30 s apart (kie-api §2.4)."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file KIE keeps for us for a day or so; `expires` is None when it does not say."""

    url: str
    expires: datetime | None = None


def outcome_of(answer: Answer) -> Outcome:
    """Read the answer to `POST generate`."""
    fault = table_b.fault_of_answer(answer.http_status, answer.code, answer.text)
    content = as_dict(answer.content)
    task_id = _task_id(content.get("taskId")) or _task_id(content.get("task_id"))
    if fault is None and task_id is None:
        fault = table_b.NO_TASK_ID
    if fault is not None and fault.verdict is Verdict.REFUSED and task_id:
        fault = table_b.ANSWER_CONTRADICTS
    return Outcome(
        fault.verdict if fault else Verdict.ACCEPTED,
        task_id,
        fault,
        answer.http_status,
        answer.code,
        answer.text,
        answer.retry_after,
    )


def progress_of(answer: Answer) -> Progress:
    """Read the answer of record-info (kie-api §2.4)."""
    code = answer.effective_code
    record = as_dict(answer.content)
    if code == 200 and (record or answer.content is None):
        return _of_record(record, answer) if record else _not_visible(answer)
    if code in (404, 422):
        return _not_visible(answer)
    if answer.code in (400, 451, 501) and code == answer.code:
        if "successFlag" in record:
            return _of_record(record, answer)
        fault = table_c.fault_of_failure(code, answer.text)
        return _seen(Phase.FAILED, answer, fault=fault, is_certain=False)
    return _seen(Phase.QUERY_FAILED, answer, fault=table_c.fault_of_query(code))


def content_of(answer: Answer) -> Any:
    """Return what a free call brought. Raises KieRefused, KieGarbled, KieUnreachable."""
    fault = table_b.fault_of_answer(answer.http_status, answer.code, answer.text)
    if fault is None:
        return answer.content
    if fault.verdict is Verdict.REFUSED:
        raise KieRefused(fault, answer)
    if answer.is_success and answer.code is None:
        raise KieGarbled(answer.text)
    raise KieUnreachable(f"{answer.http_status}: {answer.text}")


def credits_of(content: object) -> Decimal:
    """Documented as a whole number; fractions occur. Raises KieGarbled."""
    try:
        amount = Decimal(str(content))
    except InvalidOperation:
        amount = Decimal("NaN")
    if (
        isinstance(content, bool)
        or not amount.is_finite()
        or abs(amount) > MOST_CREDITS
    ):
        raise KieGarbled("no number of credits")
    return amount


def upload_of(content: object) -> Upload:
    """The documents say fileUrl, the service says downloadUrl. Raises KieGarbled."""
    file = as_dict(content)
    url = file.get("downloadUrl") or file.get("fileUrl")
    return Upload(link_of(url), _moment(file.get("expiresAt")))


def link_of(content: object) -> str:
    if not is_link(content):
        raise KieGarbled("no link")
    return str(content)


def task_id_of_callback(body: Mapping[str, Any]) -> str | None:
    """Return the task a callback is about; None when it names none, or two."""
    content = as_dict(body.get("data"))
    named = {
        _task_id(place.get(name))
        for place in (content, body)
        for name in ("taskId", "task_id")
        if place.get(name) is not None
    }
    return named.pop() if len(named) == 1 else None


def signature_of_callback(key: str, task_id: str, timestamp: int | str) -> str:
    """Return X-Webhook-Signature. The body is not signed: a callback is only a hint."""
    message = f"{task_id}.{timestamp}".encode()
    digest = hmac.new(key.encode(), message, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _of_record(record: dict[str, Any], answer: Answer) -> Progress:
    flag = whole_number(record.get("successFlag"))
    if flag == 1:
        links = links_in(record)
        if links:
            return _seen(Phase.SUCCEEDED, answer, record, urls=links)
        return _seen(Phase.RUNNING, answer, record, fault=table_c.NO_LINK)
    text = str(record.get("errorMessage") or "")
    error_code = whole_number(record.get("errorCode"))
    is_lagging = flag == 0 and text and (error_code or record.get("completeTime"))
    if flag in (2, 3) or is_lagging:
        return _seen(
            Phase.FAILED,
            answer,
            record,
            fault=table_c.fault_of_failure(error_code, text),
            text=answer.quote(text),
            provider_code=error_code,
            is_certain=not is_lagging,
        )
    return _seen(Phase.RUNNING, answer, record)


def _not_visible(answer: Answer) -> Progress:
    gone = table_c.RECORD_GONE if "14 days" in answer.text else None
    return _seen(Phase.NOT_VISIBLE, answer, fault=gone)


def _seen(
    phase: Phase, answer: Answer, record: Mapping[str, Any] | None = None, **more: Any
) -> Progress:
    asked = as_dict((record or {}).get("paramJson"))
    asked = {**as_dict(asked.get("input")), **asked}
    about = {
        "text": "" if record else answer.text,
        "prompt": _words(asked.get("prompt")),
        "callback_url": _words(asked.get("callBackUrl") or asked.get("callbackUrl")),
        "retry_after": answer.retry_after,
        "http_status": answer.http_status,
        "provider_code": answer.code,
    }
    return Progress(phase, **{**about, **more})


def _task_id(value: object) -> str | None:
    """Task ids are opaque: any run of up to 128 printable letters."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    match = re.fullmatch(r"\s*([!-~]{1,128})\s*", str(value))
    return match[1] if match else None


def _words(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
