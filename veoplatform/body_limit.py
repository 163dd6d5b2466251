"""Refuses a body larger than anything we take, before a byte of it is on the disk. Django
caps the fields of a form but not its files, and reads them for people it does not know."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tasks.api.errors import error


class BodyLimitMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        declared = request.META.get("CONTENT_LENGTH") or ""
        # WSGI gives no body beyond a declared length, nor one without.
        if not declared.isdecimal() or int(declared) <= settings.BODY_MAX_BYTES:
            return self.get_response(request)
        if request.path.startswith("/api/"):
            return error(413)
        return render(request, "413.html", status=413)
