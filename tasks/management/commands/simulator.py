"""Runs the fake KIE.AI; docs/simulator.md says what it can be told."""

import asyncio
from argparse import ArgumentParser, ArgumentTypeError
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tasks.simulator.process import run
from tasks.simulator.server import CannotStart
from tasks.simulator.settings import DEMO_CREDITS, DEMO_KEY, Settings


def key(text: str) -> tuple[str, Decimal, str]:
    """SECRET=CREDITS[@ACCOUNT]"""
    secret, _, rest = text.partition("=")
    amount, _, account = rest.partition("@")
    try:
        return secret, Decimal(amount), account or secret
    except InvalidOperation as e:
        raise ArgumentTypeError(
            "must be SECRET=CREDITS or SECRET=CREDITS@ACCOUNT"
        ) from e


def webhook_key(text: str) -> tuple[str, str]:
    """[ACCOUNT=]SECRET"""
    account, _, secret = text.rpartition("=")
    return account or "*", secret


class Command(BaseCommand):
    help = "Runs a fake KIE.AI on the loopback."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="loopback only")
        parser.add_argument("--port", type=int, default=8090)
        parser.add_argument("--state-dir", type=Path)
        parser.add_argument("--generation-seconds", type=float, default=20)
        parser.add_argument("--spread", type=float, default=0, help="± seconds")
        parser.add_argument(
            "--create-rate", type=int, default=20, help="in 10 s; 0 = unlimited"
        )
        parser.add_argument(
            "--key", type=key, action="append", default=[], help=key.__doc__
        )
        parser.add_argument(
            "--hmac",
            type=webhook_key,
            action="append",
            default=[],
            help=webhook_key.__doc__,
        )
        parser.add_argument("--still", action="store_true", help="cheaper clips")
        parser.add_argument("--no-callbacks", action="store_true")
        parser.add_argument("--outside-callbacks", action="store_true")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asyncio.run(run(_settings(options), self._say))
        except CannotStart as e:
            raise CommandError(str(e)) from e

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _settings(options: dict[str, Any]) -> Settings:
    keys = options["key"] or [(DEMO_KEY, DEMO_CREDITS, "demo")]
    return Settings(
        state_dir=options["state_dir"] or settings.DATA_DIR / "simulator",
        host=options["host"],
        port=options["port"],
        keys={secret: amount for secret, amount, _ in keys},
        accounts={secret: account for secret, _, account in keys},
        hmac_keys=dict(options["hmac"]),
        generation_seconds=options["generation_seconds"],
        spread=options["spread"],
        create_rate=options["create_rate"],
        callbacks=not options["no_callbacks"],
        outside_callbacks=options["outside_callbacks"],
        pan=not options["still"],
        seed=options["seed"],
    )
