"""What the embedded mode makes when it is missing: the first admin, the first key, and
a demo where there is no key. What a person has removed does not come back."""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from accounts.models import User
from tasks.demo.project import create_demo
from tasks.models import ApiKey, ProviderAccount

ADMIN = "admin"
REAL_ACCOUNT = "KIE.AI"
# Without letters that look alike: it is read from a terminal and typed.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Made:
    """What this start has made; `password` is shown once and stored nowhere."""

    admin: User | None = None
    password: str = ""


def make_what_is_missing(
    *, admin_password: str = "", provider_key: str = "", simulator_url: str
) -> Made:
    """Look, and make; does nothing from the second start on."""
    made = make_admin(admin_password)
    import_key(provider_key)
    if settings.VEO_DEMO and not ProviderAccount.objects.exists():
        create_demo(made.admin or first_admin(), simulator_url=simulator_url)
    return made


def make_admin(password: str) -> Made:
    if User.objects.filter(is_superuser=True).exists():
        return Made()
    chosen = password or make_password()
    admin = User.objects.create_superuser(ADMIN, password=chosen)
    return Made(admin, "" if password else chosen)


def first_admin() -> User:
    return User.objects.filter(is_superuser=True).earliest("pk")


def make_password() -> str:
    """Four groups of four letters: 79 bits."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


@transaction.atomic
def import_key(secret: str) -> None:
    """Take the environment's key as the first real one; later it is kept in admin."""
    if not secret or ApiKey.objects.filter(account__simulated=False).exists():
        return
    ApiKey.objects.create(
        account=real_account(REAL_ACCOUNT), name=REAL_ACCOUNT, secret=secret
    )


def real_account(name: str) -> ProviderAccount:
    """Return the account of that name, made with the environment's addresses if new."""
    account, _made = ProviderAccount.objects.get_or_create(
        name=name,
        defaults={
            "base_url": settings.KIE_API_URL,
            "upload_url": settings.KIE_UPLOAD_URL,
        },
    )
    return account
