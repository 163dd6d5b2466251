"""Add a provider key. Its secret comes on standard input, never as an argument: those
are seen by everybody on the machine."""

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from tasks.engine.wake import Wake
from tasks.first_run import REAL_ACCOUNT, real_account
from tasks.jobs import wake_on_commit
from tasks.models import ApiKey


class Command(BaseCommand):
    help = "Add the provider key NAME; its secret is read from standard input."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument(
            "--account",
            default=REAL_ACCOUNT,
            help="whose credits it spends; made if there is none of that name "
            "(default: %(default)s)",
        )
        parser.add_argument(
            "--concurrency", type=int, help="generations at once with this key"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name, concurrency = options["name"].strip(), options["concurrency"]
        if concurrency is not None and concurrency < 1:
            raise CommandError("--concurrency must be 1 or more.")
        secret = _read_secret()
        with transaction.atomic():
            _require_new(name, secret)
            key = ApiKey.objects.create(
                account=real_account(options["account"]),
                name=name,
                secret=secret,
                concurrency=concurrency,
            )
            wake_on_commit(Wake.DISPATCH)
        self.stdout.write(f"Added {key} to the account {key.account}.")


def _read_secret() -> str:
    typed = sys.stdin.isatty()
    secret = (getpass.getpass("Secret: ") if typed else sys.stdin.readline()).strip()
    if not secret:
        raise CommandError("No secret came on standard input: nothing was added.")
    if not secret.isascii() or any(c.isspace() for c in secret):
        raise CommandError("A secret has no spaces and only ASCII letters.")
    return secret


def _require_new(name: str, secret: str) -> None:
    if not name or len(name) > 80:
        raise CommandError("A name has 1 to 80 letters.")
    if ApiKey.objects.filter(name=name).exists():
        raise CommandError(f"There is a key named {name!r} already.")
    # Sealed secrets differ each time they are written: only opened ones compare.
    for known in ApiKey.objects.iterator():
        if known.secret == secret:
            raise CommandError(f"This secret is known already, as {known}.")
