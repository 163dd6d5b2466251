"""How a page answers: whole for a browser, a part of itself for htmx."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from accounts.http import SignedInRequest


def page_or_sheet(
    request: SignedInRequest, template: str, context: dict[str, Any]
) -> HttpResponse:
    """The whole page, or its `sheet` partial for the dialog of another page."""
    part = "#sheet" if request.htmx else ""
    return render(request, f"{template}{part}", context)


def done(request: SignedInRequest, words: str, *, project_id: UUID) -> HttpResponse:
    """Say what was done. A live page stays and fetches its news; others go to the
    project's board."""
    if not request.htmx:
        messages.success(request, words)
        return redirect("project-detail", project_id)
    response = HttpResponse(status=204)
    trigger_client_event(response, "toast", {"text": words})
    return trigger_client_event(response, "moved", {})


def leave(request: SignedInRequest, words: str, url: str) -> HttpResponse:
    """Say what was done on another page."""
    messages.success(request, words)
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
