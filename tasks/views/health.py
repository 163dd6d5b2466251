"""For machines that watch us: is the process up, and can the installation work?"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tasks.health import readings


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answers as long as this process does, whatever the database and Redis do."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """`{"database": "ok", "redis": "down", …}`; 503 when one is down. Why it is down
    is in the log, not for strangers."""
    parts = readings()
    words = {name: "ok" if works else "down" for name, works in parts.items()}
    return JsonResponse(words, status=200 if all(parts.values()) else 503)
