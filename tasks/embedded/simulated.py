"""Where the built-in simulator listens: its port is kept in the account that uses it."""

from urllib.parse import urlsplit

from django.conf import settings

from tasks.embedded.locks import free_port
from tasks.models import ProviderAccount

LOOPBACK = "127.0.0.1"


def first_url() -> str:
    """Return an address for a simulator that does not exist yet."""
    return f"http://{LOOPBACK}:{free_port(LOOPBACK, settings.PORT + 1000)}"


def settled_port() -> int | None:
    """Return the port to listen on, None when no account wants the simulator. When
    somebody else took it meanwhile, the account moves to another."""
    account = ProviderAccount.objects.filter(
        simulated=True, base_url__startswith=f"http://{LOOPBACK}:"
    ).first()
    if account is None:
        return None
    wanted = urlsplit(account.base_url).port or 0
    port = free_port(LOOPBACK, wanted)
    if port != wanted:
        url = f"http://{LOOPBACK}:{port}"
        account.base_url = account.upload_url = url
        account.save(update_fields=["base_url", "upload_url"])
    return port
