"""Make database, messages and static files ready for this version: once a deploy."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = (
        "Migrate the database, compile the messages, collect static files if changed."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        Path(settings.MEDIA_ROOT).mkdir(parents=True, exist_ok=True)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("clearsessions", verbosity=0)
        call_command("compile_catalogues", verbosity=0)
        collect_if_changed()


def collect_if_changed() -> bool:
    """Collect static files unless they are as they were; whether it was needed.

    Ours are watched file by file; those of packages change with pyproject's pins.
    """
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    wanted = _fingerprint()
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)
    return True


def _fingerprint() -> str:
    lines = (
        f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}"
        for file in sorted(_sources())
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _sources() -> Iterator[Path]:
    yield Path(settings.BASE_DIR) / "pyproject.toml"
    for folder in settings.STATICFILES_DIRS:
        yield from (file for file in Path(folder).rglob("*") if file.is_file())
