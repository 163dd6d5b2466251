"""Start everything on this machine and keep it running: the README's first command."""

import io
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tasks.embedded import product
from tasks.embedded.locks import Refused
from tasks.embedded.output import Output


class Command(BaseCommand):
    help = "Start the whole product on this machine; Ctrl-C stops it."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")
        # See product.child_environment: what only this process imports, too.
        sys.dont_write_bytecode = False
        try:
            product.run(Output(sys.stdout))
        except Refused as e:
            raise CommandError(str(e)) from e
