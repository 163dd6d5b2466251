from datetime import timedelta

import pytest

from tasks.models import ProviderAccount


@pytest.fixture
def account(make_key):
    return make_key.account()


def fresh():
    return ProviderAccount.objects.get()


def test_it_closes_for_a_while_and_opens_by_itself(account, now):
    assert account.close("maintenance", now=now, seconds=60)
    assert not fresh().is_open(now)
    assert not ProviderAccount.objects.open(now).exists()
    later = now + timedelta(seconds=60)
    assert fresh().is_open(later)
    assert ProviderAccount.objects.open(later).exists()


def test_it_closes_once_for_refusals_that_arrive_together(account, now):
    closed = [account.close("rate_limited", now=now, seconds=10) for _ in range(500)]
    assert closed.count(True) == fresh().failures == 1


def test_it_closes_again_and_counts_it_when_it_fails_after_opening(account, now):
    account.close("maintenance", now=now, seconds=60)
    assert account.close("maintenance", now=now + timedelta(seconds=60), seconds=120)
    assert fresh().failures == 2


def test_it_is_healed_by_a_purchase(account, now):
    account.close("maintenance", now=now, seconds=60)
    assert fresh().heal()
    assert (fresh().failures, fresh().closed_until, fresh().reason) == (0, None, "")
    assert not fresh().heal()


def test_it_stays_shut_while_disabled(account, now):
    ProviderAccount.objects.update(enabled=False)
    assert not fresh().is_open(now)
    assert not ProviderAccount.objects.open(now).exists()


def test_it_closes_one_model_alone(account, now):
    assert account.close_model("veo3", now=now, seconds=60)
    assert not account.close_model("veo3", now=now, seconds=60)
    assert not fresh().takes_model("veo3", now)
    assert fresh().takes_model("veo3_fast", now)
    assert fresh().takes_model("veo3", now + timedelta(seconds=60))


def test_it_names_its_hosts_as_the_address_guard_does(account):
    account.upload_url = "https://up.example.org/"
    assert account.hosts == {"127.0.0.1:9", "up.example.org"}
