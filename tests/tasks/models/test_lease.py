from datetime import timedelta

import pytest

from tasks.models import Lease

pytestmark = pytest.mark.django_db


def hold(holder, at):
    return Lease.hold("clock", holder, now=at, seconds=10)


def test_it_has_one_holder(now):
    assert hold("one", now)
    assert not hold("two", now)
    assert Lease.objects.get().holder == "one"


def test_it_is_renewed_by_its_holder(now):
    hold("one", now)
    later = now + timedelta(seconds=9)
    assert hold("one", later)
    assert not hold("two", now + timedelta(seconds=11))


def test_it_passes_on_when_it_is_over(now):
    hold("one", now)
    later = now + timedelta(seconds=10)
    assert not Lease.is_held("clock", later)
    assert hold("two", later)
    assert not hold("one", later)


def test_it_is_given_back_by_its_holder_alone(now):
    hold("one", now)
    Lease.release("clock", "two")
    assert Lease.is_held("clock", now)
    Lease.release("clock", "one")
    assert not Lease.is_held("clock", now)
    assert hold("two", now)


def test_it_is_one_right_a_name(now):
    hold("one", now)
    assert Lease.hold("poll", "two", now=now, seconds=10)
