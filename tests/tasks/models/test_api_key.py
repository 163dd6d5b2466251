from datetime import timedelta

import pytest

from tasks.models import ApiKey, KeyState


@pytest.fixture
def key(make_key):
    return make_key()


def fresh():
    return ApiKey.objects.get()


@pytest.mark.parametrize("state", KeyState)
def test_it_buys_only_when_enabled(key, now, state):
    ApiKey.objects.update(state=state, until=now + timedelta(seconds=1))
    usable = state == KeyState.ENABLED
    assert ApiKey.objects.usable(now).exists() is usable
    assert fresh().is_usable(now) is usable


@pytest.mark.parametrize("state", KeyState)
def test_it_asks_after_its_purchases_unless_refused(key, state):
    ApiKey.objects.update(state=state)
    assert ApiKey.objects.readable().exists() is (state != KeyState.INVALID)


def test_it_cools_and_is_usable_again_by_itself(key, now):
    assert key.cool("key_limit", now=now, seconds=60)
    assert not fresh().is_usable(now)
    later = now + timedelta(seconds=60)
    assert fresh().is_usable(later)
    assert ApiKey.objects.usable(later).exists()


def test_it_cools_once_for_refusals_that_arrive_together(key, now):
    assert key.cool("key_limit", now=now, seconds=60)
    assert not key.cool("key_limit", now=now, seconds=60)
    assert fresh().failures == 1


def test_it_is_healed_by_a_purchase(key, now):
    key.cool("key_limit", now=now, seconds=60)
    assert fresh().heal()
    assert (fresh().state, fresh().failures) == (KeyState.ENABLED, 0)
    assert (fresh().reason, fresh().until) == ("", None)
    assert not fresh().heal()


def test_it_stays_refused_until_a_person_acts(key, now):
    assert key.refuse("key_invalid")
    assert not key.refuse("key_invalid")
    assert not fresh().heal()
    assert not fresh().cool("key_limit", now=now, seconds=1)
    assert fresh().state == KeyState.INVALID


def test_it_is_not_refused_while_switched_off(key):
    ApiKey.objects.update(state=KeyState.OFF)
    assert not key.refuse("key_invalid")
