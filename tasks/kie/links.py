"""The links to finished clips, in every shape KIE has used for them (kie-api §2.3)."""

import re
from collections.abc import Iterator
from typing import Any

from tasks.kie.answer import parse_json

LONGEST_LINK = 2000
BETWEEN_LINKS = re.compile(r""",\s*(?=["']?https?://)""")

# Tried in this order; `originUrls` is never a result.
PLACES = (
    ("response", "resultUrls"),
    ("response", "result_urls"),
    ("resultUrls",),
    ("info", "resultUrls"),
    ("info", "result_urls"),
    ("response", "videoUrl"),
    ("videoUrl",),
)


def links_in(content: dict[str, Any]) -> tuple[str, ...]:
    """Return the first place's links that has any."""
    found = (tuple(_links(_at(content, place))) for place in PLACES)
    return next((links for links in found if links), ())


def is_link(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(value) <= LONGEST_LINK
        and value.isprintable()
        and re.match(r"https?://[^\s/]", value, re.IGNORECASE) is not None
        and " " not in value
    )


def as_dict(value: object) -> dict[str, Any]:
    """Return an object, also one that came as a JSON string; else an empty one."""
    for _ in range(2):  # some of them were encoded twice
        if isinstance(value, str):
            value = parse_json(value)
    return value if isinstance(value, dict) else {}


def _at(content: dict[str, Any], place: tuple[str, ...]) -> object:
    *way, last = place
    for step in way:
        content = as_dict(content.get(step))
    return content.get(last)


def _links(value: object) -> Iterator[str]:
    """A list, a JSON string of one, a bracketed string that is no JSON, or one link."""
    if isinstance(value, str):
        value = parse_json(value) or BETWEEN_LINKS.split(value.strip().strip("[]"))
    if isinstance(value, str):
        value = [value]
    for item in value if isinstance(value, list) else ():
        link = item.strip().strip("\"'") if isinstance(item, str) else item
        if is_link(link):
            yield link
