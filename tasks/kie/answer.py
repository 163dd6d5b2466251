"""One answer of KIE's, read tolerantly at the edge: status, code, words and content."""

import email.utils
import json
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tasks.kie.text import excerpt

LONGEST_WAIT = 300.0  # seconds; a Retry-After beyond this is not obeyed to the letter


@dataclass(frozen=True, slots=True)
class Answer:
    """`code` is None when the body is no envelope of KIE's, but a page or rubbish."""

    http_status: int
    code: int | None
    text: str
    content: Any
    retry_after: float | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def quote(self, text: str) -> str:
        """Return the provider's words, shortened and without the secrets."""
        return excerpt(text, self.secrets)

    @property
    def is_success(self) -> bool:
        return 200 <= self.http_status < 300

    @property
    def effective_code(self) -> int | None:
        """Body before status, but a failing status before a body that says 200."""
        if self.code is None or (self.code == 200 and not self.is_success):
            return None if self.is_success else self.http_status
        return self.code


def read_answer(
    http_status: int, headers: Mapping[str, str], body: bytes, *secrets: str
) -> Answer:
    """Read it, whatever it is; the secrets are kept out of its words."""
    retry_after = _retry_after(headers.get("Retry-After", ""))
    envelope = parse_json(body)
    if not isinstance(envelope, dict):
        words = excerpt(body.decode(errors="replace"), secrets)
        return Answer(http_status, None, words, None, retry_after, secrets)
    words = envelope.get("msg") or envelope.get("message") or ""
    return Answer(
        http_status,
        whole_number(envelope.get("code")),
        excerpt(words if isinstance(words, str) else str(words), secrets),
        envelope.get("data"),
        retry_after,
        secrets,
    )


def parse_json(body: bytes | str) -> Any:
    """Return what it holds, fractions exact; None when it is not JSON."""
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):
        return None


def whole_number(value: object) -> int | None:
    """Read 200 and "200"; not True, not 200.5, nothing longer than a code."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value) if isinstance(value, str) or abs(value) < 10**6 else ""
    return int(text) if re.fullmatch(r"\s*-?[0-9]{1,6}\s*", text) else None


def _retry_after(value: str) -> float | None:
    """Return seconds, from seconds or an HTTP date, at most LONGEST_WAIT."""
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value)
    return min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else None


def _seconds_until(http_date: str) -> float:
    try:
        moment = email.utils.parsedate_to_datetime(http_date)
    except (ValueError, OverflowError):
        return math.nan
    return moment.timestamp() - time.time()
