"""What is left of an account's credits: the cheapest question that proves a key."""

from decimal import Decimal

from django.utils import timezone

from tasks.engine.purchase import client_for
from tasks.models import ApiKey, ProviderAccount


def check(key: ApiKey) -> Decimal:
    """Ask the provider with this key and keep the balance on its account. Raises
    KieError."""
    with client_for(key) as kie:
        balance = kie.credit()
    ProviderAccount.objects.filter(pk=key.account_id).update(
        credits=balance, credits_at=timezone.now()
    )
    return balance
