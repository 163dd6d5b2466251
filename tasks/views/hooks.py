"""Where the provider calls: the one address that takes a POST without a CSRF token."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tasks.callbacks import LARGEST, Callback, Verdict, hear

_ANSWERS = {
    Verdict.HEARD: (200, "success"),
    Verdict.UNKNOWN: (404, "unknown"),
    Verdict.MALFORMED: (400, "no task id"),
    Verdict.FORGED: (403, "bad signature"),
}


@csrf_exempt
@require_POST
def kie_hook(request: HttpRequest, token: str) -> HttpResponse:
    if request.content_type != "application/json":
        return _answer(415, "JSON only")
    if _length(request) > LARGEST:
        return _answer(413, "too large")
    callback = Callback(
        token=token,
        body=request.read(LARGEST),
        timestamp=request.headers.get("X-Webhook-Timestamp", ""),
        signature=request.headers.get("X-Webhook-Signature", ""),
    )
    return _answer(*_ANSWERS[hear(callback, now=timezone.now())])


def _length(request: HttpRequest) -> int:
    declared = request.META.get("CONTENT_LENGTH") or ""
    # WSGI gives no body beyond a declared length; one that declares none sends nothing.
    return int(declared) if declared.isdigit() else 0


def _answer(status: int, msg: str) -> HttpResponse:
    return JsonResponse({"code": status, "msg": msg}, status=status)
