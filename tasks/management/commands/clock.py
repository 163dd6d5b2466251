"""Run the clock: dispatch, reconcile, wake."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from tasks.clock import Clock
from tasks.engine import stopping


class Command(BaseCommand):
    help = "Decide what is bought next and wake the workers. Any number may run."

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.ask())
        Clock().run()
