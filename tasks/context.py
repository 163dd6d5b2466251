"""What the page's frame shows on every page: the projects beside it."""

from typing import Any

from django.http import HttpRequest

from tasks.models import Project


def chrome(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    # Lazy: only a page that prints them asks the database.
    return {"side_projects": Project.objects.visible_to(user).listed()[:30]}
