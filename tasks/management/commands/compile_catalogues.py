"""Compile the .po catalogues to .mo in pure Python: no GNU gettext needed to run."""

from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Compile locale/*.po; only those that changed."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for root in settings.LOCALE_PATHS:
            for source in Path(root).glob("*/LC_MESSAGES/*.po"):
                compiled = source.with_suffix(".mo")
                if _is_newer(source, compiled):
                    polib.pofile(str(source)).save_as_mofile(str(compiled))


def _is_newer(source: Path, compiled: Path) -> bool:
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime
