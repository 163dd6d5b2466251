"""What the page's frame shows on every page: the projects beside it, the themes."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from tasks.models import Project
from tasks.overview import Entry

BESIDE = 30


def chrome(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}

    def side_entries() -> list[Entry]:
        # Called by the template: only a page that prints them asks the database.
        return [Entry(p) for p in Project.objects.visible_to(user).listed()[:BESIDE]]

    return {"side_entries": side_entries, "themes": _themes}


def _themes() -> list[tuple[str, str, str]]:
    """Return (value, words, icon)."""
    return [
        ("", _("Like the system"), "monitor"),
        ("light", _("Light"), "sun"),
        ("dark", _("Dark"), "moon"),
    ]
