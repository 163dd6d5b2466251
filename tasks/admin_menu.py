"""The sidebar of our admin, RQ's own pages among it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        _group(
            _("Provider"),
            (_("Accounts"), "account_balance_wallet", "tasks_provideraccount"),
            (_("API keys"), "key", "tasks_apikey"),
            (_("Prices"), "sell", "tasks_price"),
        ),
        _group(
            _("Work"),
            (_("Projects"), "folder", "tasks_project"),
            (_("Tasks"), "movie", "tasks_videotask"),
            (_("Attempts"), "receipt_long", "tasks_attempt"),
            (_("Events"), "history", "tasks_taskevent"),
        ),
        _group(_("People"), (_("Users"), "person", "accounts_user")),
        {
            "title": _("Machine"),
            "items": [
                {
                    "title": _("Queues and workers"),
                    "icon": "dns",
                    "link": reverse("django_rq:home"),
                }
            ],
        },
    ]


def _group(title: str, *pages: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "title": title,
        "items": [
            {"title": name, "icon": icon, "link": reverse(f"admin:{page}_changelist")}
            for name, icon, page in pages
        ],
    }
