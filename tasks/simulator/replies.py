"""KIE.AI's envelope and its texts, as the documentation and public clients report them (read November 2026)."""

import json
from typing import Any

from tasks.simulator.wire import Response

SAYS = {
    400: "Your prompt was flagged by Website as violating content policies.",
    401: "You do not have access permissions",
    402: "Credits insufficient. Please top up to continue.",
    404: "The requested resource does not exist.",
    408: "Upstream gave no result for more than 10 minutes.",
    422: "Images size exceeds limit",
    429: "The call frequency is too high, please try again later.",
    433: "The usage limit of this key has been reached.",
    451: "Failed to fetch the image. Kindly verify any access limits set by you or your service provider.",
    455: "The service is under maintenance, please try again later.",
    500: "Internal Error, Please try again later.",
    501: "Video generation failed",
    505: "This feature is currently disabled.",
}
"""Code → the sentence that comes with it."""

FAILURES = {
    "content": (400, SAYS[400]),
    "minor": (400, "public error minor upload"),
    "people": (400, "public error prominent people upload"),
    "unsafe": (400, "public error unsafe image upload"),
    "flow": (
        422,
        "Your request was rejected by Flow(content policy). You may consider using our other fallback channels, which are likely to succeed.",
    ),
    "audio": (
        400,
        "The Google model was unable to generate audio for this request. Please try a different prompt.",
    ),
    "image": (400, "File type not supported"),
    "image-size": (400, "Images size exceeds limit"),
    "image-fetch": (400, SAYS[451]),
    "english": (400, "Only English prompts are supported at this time."),
    "model": (400, "The model name you specified is not supported"),
    "internal": (500, SAYS[500]),
    "timeout": (500, "Timeout"),
    "generation": (501, SAYS[501]),
    "unknown": (599, "Something nobody has documented"),
}
"""Class of a generation's failure → errorCode, errorMessage."""

CLOUDFLARE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>Error {0}</h1><p>cloudflare</p></body></html>"


class Refused(Exception):
    """The call is answered with this code and does nothing."""

    def __init__(self, code: int, msg: str = "", http: int = 200) -> None:
        super().__init__(code, msg)
        self.code = code
        self.msg = msg or SAYS.get(code, f"Error {code}")
        self.http = http

    def response(self) -> Response:
        return envelope(self.code, self.msg, None, self.http)


def envelope(code: int, msg: str, data: Any, http: int = 200) -> Response:
    return as_json({"code": code, "msg": msg, "data": data}, http)


def success(data: Any) -> Response:
    return envelope(200, "success", data)


def as_json(body: Any, http: int = 200) -> Response:
    return Response(http, json.dumps(body, ensure_ascii=False).encode())


def page(http: int) -> Response:
    """What stands before KIE says when KIE itself does not."""
    return Response(http, CLOUDFLARE.format(http).encode(), "text/html; charset=UTF-8")


def over_http(http: int) -> Response:
    """The status as a real HTTP one, in the dress it is usually met in."""
    if http == 403:
        return Response(403, b"error code: 1010", "text/plain; charset=UTF-8")
    if http > 500:
        return page(http)
    response = envelope(http, SAYS.get(http, f"Error {http}"), None, http)
    if http == 429:
        response.headers["retry-after"] = "10"
    return response
