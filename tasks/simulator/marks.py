"""The marks a prompt may carry to ask for a fault: `[sim:name]` or `[sim:name=value]`, as many as you like."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tasks.simulator.replies import FAILURES

PATTERN = re.compile(r"\[sim:([a-z0-9-]+)(?:=([^\]]*))?\]")
ANSWERS = [
    "empty",
    "html",
    "garbage",
    "truncated",
    "huge",
    "string-code",
    "extra",
    "charset",
    "deep",
    "null",
]


class BadMark(Exception):
    """The prompt holds a mark or a value nobody knows; the text says what is known."""


def seconds(value: str) -> str:
    number = float(value)
    if not math.isfinite(number) or number < 0:
        raise ValueError
    return value


def count(value: str) -> str:
    return str(int(seconds(value)))


def status(value: str) -> str:
    if not 200 <= int(value) <= 599:
        raise ValueError
    return value


def choice(*known: str) -> Callable[[str], str]:
    def one_of(value: str) -> str:
        if value not in known:
            raise ValueError
        return value

    return one_of


def code(value: str) -> str:
    return str(int(value))


def nothing(value: str) -> str:
    if value:
        raise ValueError
    return value


@dataclass(frozen=True, slots=True)
class Mark:
    says: str
    reads: Callable[[str], str] = nothing
    default: str | None = ""
    """Value of a bare mark; None = the value must be given."""


EVERY = "999999999"

KNOWN: Mapping[str, Mark] = {
    # The create call
    "code": Mark("the create is refused with this code in the body", code, None),
    "http": Mark("the create is refused with this HTTP status", status, None),
    "answer": Mark("created; the answer is unreadable", choice(*ANSWERS), None),
    "lost": Mark("created; the connection closes without an answer"),
    "lost-reset": Mark("created; the connection is reset without an answer"),
    "hang": Mark("created; no answer ever"),
    "hang-headers": Mark("created; headers, then silence"),
    "slow-answer": Mark("created; answers after so many seconds", seconds, "5"),
    "drip-answer": Mark("created; a byte of the answer every so often", seconds, "0.5"),
    "no-task-id": Mark("created; code 200 without a task id"),
    "same-task-id": Mark("created; answers the account's previous task id"),
    "created": Mark("the create happens although it looks refused (code, http)"),
    "not-created": Mark("the create does not happen although it looks lost"),
    "times": Mark("all but `time` counts for the prompt's first creates", count, None),
    # The generation
    "time": Mark("seconds this generation takes", seconds, None),
    "fail": Mark("the generation fails", choice(*FAILURES), "internal"),
    "fail-times": Mark("the prompt's first so many creates fail", count, None),
    "flag": Mark("successFlag of the failure", choice("2", "3"), None),
    "wrong-ratio": Mark("the clip comes in the other ratio"),
    # The status query
    "null-record": Mark("422 null for the first seconds", seconds, "5"),
    "query-401": Mark("the first so many queries answer 401", count, "3"),
    "query-404": Mark("the first so many queries answer 404", count, "3"),
    "query-422": Mark("the first so many queries answer 422", count, "3"),
    "query-429": Mark("the first so many queries answer 429", count, "3"),
    "query-455": Mark("the first so many queries answer 455", count, "3"),
    "query-500": Mark("the first so many queries answer 500", count, "3"),
    "query-html": Mark("the first so many queries answer HTTP 502 HTML", count, "3"),
    "query-lost": Mark("the first so many queries are not answered", count, "3"),
    "fail-outer": Mark("the failure stands in the outer code, without data"),
    "no-url": Mark("success without URLs for so many seconds", seconds, EVERY),
    "url-string": Mark("resultUrls is a string that holds a list"),
    "origin-first": Mark("originUrls while still generating"),
    "lag": Mark("completeTime set, flag still 0, for seconds", seconds, "3"),
    "flip": Mark("success, then twice generating, then success"),
    # The file: a value says how many downloads are bad, else all are
    "dead-link": Mark("the link is 403, a minted one works", count, EVERY),
    "gone-clip": Mark("the file is 404, however asked", count, EVERY),
    "html-clip": Mark("HTML in place of the file", count, EVERY),
    "empty-clip": Mark("0 bytes", count, EVERY),
    "broken-clip": Mark("right length, boxes destroyed", count, EVERY),
    "truncated-clip": Mark("cut half way, length promised", count, EVERY),
    "short-clip": Mark("ends half way, no length", count, EVERY),
    "reset-clip": Mark("reset half way", count, EVERY),
    "huge-clip": Mark("3 GiB promised and sent", count, EVERY),
    "endless-clip": Mark("never ends, no length", count, EVERY),
    "redirect-clip": Mark("redirects to a metadata address", count, EVERY),
    "moved-clip": Mark("redirects to a minted link", count, EVERY),
    "no-range-clip": Mark("ignores Range", count, EVERY),
    "range-416-clip": Mark("416 for every Range", count, EVERY),
    "changed-clip": Mark("another ETag for every request", count, EVERY),
    "slow-clip": Mark("takes seconds", seconds, "10"),
    # The callback
    "no-callback": Mark("none"),
    "callback-early": Mark("one more before the create is answered"),
    "callback-twice": Mark("two"),
    "callback-times": Mark("so many", count, None),
    "callback-late": Mark("after so many seconds", seconds, "3"),
    "callback-forged": Mark("a forged one first: false signature, false news"),
    "callback-unsigned": Mark("without a signature"),
    "callback-wrong-signature": Mark("with a false signature"),
    "callback-old": Mark("signed with a time one hour ago"),
    "callback-contradict": Mark("followed by one that says the opposite"),
    "callback-tampered": Mark("its URLs point at a metadata address"),
}


class Marks(dict[str, str]):
    """Name → value, checked."""

    def number(self, name: str) -> float:
        """0 when the mark is not there."""
        return float(self.get(name, "0"))

    def within(self, creates: int) -> "Marks":
        """What still holds at the prompt's so-manieth create."""
        held = Marks(self)
        if "fail-times" in self and creates > self.number("fail-times"):
            held.pop("fail", None)
        elif "fail-times" in self:
            held.setdefault("fail", "internal")
        if "times" in self and creates > self.number("times"):
            held = Marks({k: v for k, v in self.items() if k == "time"})
        return held


def parse(text: str) -> Marks:
    marks = Marks()
    for name, value in PATTERN.findall(text):
        mark = KNOWN.get(name)
        if mark is None:
            known = " ".join(sorted(KNOWN))
            raise BadMark(f"Unknown mark [sim:{name}]. Known marks: {known}")
        marks[name] = _value(name, mark, value)
    return marks


def _value(name: str, mark: Mark, value: str) -> str:
    try:
        if value:
            return mark.reads(value)
        if mark.default is not None:
            return mark.default
    except ValueError:
        pass
    raise BadMark(f"[sim:{name}={value}] has a value this mark cannot read.")
