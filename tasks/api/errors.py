"""Every error in one form, `{"error": {"code", "message", "fields"}}`, in the language of
the request: ours, ninja's and Django's."""

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.exceptions import ValidationError as Invalid
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from tasks.media.pictures import BadPicture
from tasks.models import Stale

log = logging.getLogger(__name__)

# HTTP status: (code, what to say when nothing better is known)
KINDS = {
    400: ("bad_request", gettext_lazy("The request cannot be read: is it JSON?")),
    401: ("unauthorized", gettext_lazy("A valid access token is needed.")),
    403: ("forbidden", gettext_lazy("You may look at this but not change it.")),
    404: ("not_found", gettext_lazy("There is no such thing here.")),
    405: ("method_not_allowed", gettext_lazy("This cannot be done here.")),
    409: (
        "conflict",
        gettext_lazy("This is under way and cannot be changed just now."),
    ),
    413: ("too_large", gettext_lazy("This is too large.")),
    422: ("invalid", gettext_lazy("Some values cannot be used.")),
    429: ("too_many_requests", gettext_lazy("Too many requests: wait a little.")),
    500: ("server_error", gettext_lazy("Something went wrong on our side.")),
}
# pydantic's kinds of errors, by the beginning of their names
_FIELD_TEXTS = (
    ("missing", gettext_lazy("This is needed.")),
    ("extra_forbidden", gettext_lazy("There is no such field.")),
    ("uuid", gettext_lazy("This is not an id.")),
    ("int", gettext_lazy("This must be a whole number.")),
    ("list", gettext_lazy("This must be a list.")),
    ("too_long", gettext_lazy("These are too many at once.")),
)
_EXCEPTIONS: dict[type[Exception], int] = {
    Http404: 404,
    PermissionDenied: 403,
    Stale: 409,
    RequestDataTooBig: 413,
    BadRequest: 400,
    SuspiciousOperation: 400,
    MultiPartParserError: 400,
}


def error(
    status: int, *, message: str = "", fields: Mapping[str, str] | None = None
) -> HttpResponse:
    code, usual = KINDS.get(status, KINDS[400])
    body = {"code": code, "message": message or str(usual), "fields": fields or {}}
    return JsonResponse({"error": body}, status=status)


def not_found(request: HttpRequest) -> HttpResponse:
    return error(404)


def speaking_json[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Say what ninja and Django answer by themselves as all else is said."""

    @wraps(view)
    def speak(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            response = view(*args, **kwargs)
        except Http404:
            return error(404)
        if response.status_code != 405:
            return response
        refusal = error(405)
        refusal.headers["Allow"] = response.headers["Allow"]
        return refusal

    return speak


def install(api: NinjaAPI) -> None:
    # ninja has answers of its own for the last three.
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, answer)


def answer(request: HttpRequest, e: object) -> HttpResponse:
    match e:
        case ValidationError():
            return _unreadable(e)
        case Invalid():
            return _invalid(e)
        case BadPicture():
            return _bad_picture(e)
        case HttpError():
            return error(e.status_code)
    for kind, status in _EXCEPTIONS.items():
        if isinstance(e, kind):
            return error(status)
    trace = e if isinstance(e, BaseException) else None
    log.error("%s %s failed", request.method, request.path, exc_info=trace)
    return error(500)


def _invalid(e: Invalid) -> HttpResponse:
    """Ours: a message for each field, or one for the whole."""
    if not hasattr(e, "error_dict"):
        return error(422, message=" ".join(e.messages))
    return error(422, fields={n: " ".join(m) for n, m in e.message_dict.items()})


def _unreadable(e: ValidationError) -> HttpResponse:
    """ninja's: the shape is wrong, before any field was looked at."""
    return error(422, fields={_name(one): _sentence(one) for one in e.errors})


def _name(one: Mapping[str, Any]) -> str:
    # ("body", "payload", "tasks", 3, "prompt"): where it was and how our code calls it
    return ".".join(map(str, one["loc"][2:] or one["loc"][1:]))


def _sentence(one: Mapping[str, Any]) -> str:
    kind = str(one["type"])
    texts = (text for start, text in _FIELD_TEXTS if kind.startswith(start))
    return str(next(texts, _("This cannot be used.")))


def _bad_picture(e: BadPicture) -> HttpResponse:
    message = _(e.message) % e.params
    status = 413 if e.code == "too_many_bytes" else 422
    return error(status, message=message, fields={"file": message})
