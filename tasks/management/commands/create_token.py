"""Issue a token for the REST API to a person: on standard output the token alone."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import AccessToken, User


class Command(BaseCommand):
    help = "Print a new REST token for USERNAME. It is stored nowhere: keep it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["username"]
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user named {name!r}.")
        _row, token = AccessToken.issue(user, name="manage.py create_token")
        self.stdout.write(token)
