"""Reads multipart/form-data bodies, no more of it than uploads need."""

import re
from dataclasses import dataclass

BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
PARAMETER = re.compile(r'(name|filename)="([^"]*)"')
TYPE = re.compile(r"^content-type:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True)
class Part:
    content: bytes
    filename: str = ""
    mime: str = ""


def parts(content_type: str, body: bytes) -> dict[str, Part]:
    """Field name → part; empty when the body is not multipart."""
    boundary = BOUNDARY.search(content_type)
    if boundary is None:
        return {}
    found = {}
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace")
        names = dict(PARAMETER.findall(lines))
        mime = TYPE.search(lines)
        found[names.get("name", "")] = Part(
            content, names.get("filename", ""), mime[1] if mime else ""
        )
    return found
