"""Compile the message catalogues."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from veoplatform.catalogues import compile_catalogues


class Command(BaseCommand):
    help = "Compile locale/*.po; only those that changed."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        compile_catalogues(settings.LOCALE_PATHS)
