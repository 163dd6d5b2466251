"""The loop that decides: one leads, and what is due gets woken."""

from datetime import timedelta

import pytest
import redis
from django.db import OperationalError
from django.utils import timezone

from tasks import actions, clock, jobs
from tasks.clock import Clock
from tasks.engine import stopping
from tasks.engine.wake import Wake
from tasks.models import (
    Attempt,
    CallbackReceipt,
    Lease,
    Picture,
    PictureUpload,
    State,
)
from tests.attempts import attempt_in


@pytest.fixture(autouse=True)
def _quick(settings, monkeypatch, db):
    settings.VEO_TIME_SCALE = 100
    monkeypatch.setattr(jobs, "wait_for", lambda bell, seconds: False)
    stopping._asked.clear()
    yield
    stopping._asked.clear()


@pytest.fixture
def attempt(make_task, make_key):
    def make(state, **fields):
        return attempt_in(state, make_task(), make_key(), **fields)

    return make


def round_of(woken):
    woken.clear()
    Clock().round()
    Lease.objects.all().delete()
    return woken[-1] if woken else None


def test_it_plans_and_asks_for_uploads(make_task, make_key, project, alice, woken):
    make_key()
    make_task()
    Picture.objects.update(thumbnail="none")
    actions.start(project, by=alice)
    assert round_of(woken) == Wake.PICTURES
    now = timezone.now()
    PictureUpload.objects.update(expires_at=now + timedelta(hours=1), url="http://u")
    assert round_of(woken) == Wake.GENERATE
    assert Attempt.objects.get().state == State.PLANNED


@pytest.mark.parametrize(
    ("state", "wake"),
    [
        (State.PLANNED, Wake.GENERATE),
        (State.SUBMITTED, Wake.POLL),
        (State.DOWNLOADING, Wake.DOWNLOAD),
        (State.STORED, Wake.NOTHING),
        (State.UNCERTAIN, Wake.NOTHING),
    ],
)
def test_it_wakes_whoever_has_work(attempt, woken, state, wake):
    attempt(state)
    Picture.objects.update(thumbnail="none")
    assert round_of(woken) == wake


def test_it_wakes_the_poller_for_a_callback(attempt, woken, now):
    CallbackReceipt.hint(attempt(State.UNCERTAIN), "veo-1", now=now)
    Picture.objects.update(thumbnail="none")
    assert round_of(woken) == Wake.POLL


def test_it_leaves_the_poller_that_is_at_it_alone(attempt, woken, now):
    attempt(State.SUBMITTED)
    Picture.objects.update(thumbnail="none")
    Lease.hold(Lease.POLL, "a sweep", now=now, seconds=60)
    assert round_of(woken) == Wake.NOTHING


def test_it_wakes_for_a_new_picture(make_picture, woken):
    make_picture()
    assert round_of(woken) == Wake.PICTURES


def test_it_leads_alone(woken, now):
    Lease.hold(Lease.CLOCK, "another", now=now, seconds=60)
    Clock().round()
    assert woken == []


def test_it_takes_over_when_the_leader_is_gone(woken, now):
    past = now - timedelta(seconds=60)
    Lease.hold(Lease.CLOCK, "another", now=past, seconds=10)
    Clock().round()
    assert woken == [Wake.NOTHING]


def test_it_repairs_once_in_a_while(woken, monkeypatch):
    seen = []
    monkeypatch.setattr(
        clock, "reconcile", lambda now: seen.append(now) or Wake.NOTHING
    )
    one = Clock()
    for _ in range(5):
        one.round()
    assert len(seen) == 1


def test_it_goes_on_when_the_database_comes_back(
    transactional_db, woken, monkeypatch, caplog
):
    failures = [OperationalError("gone")]

    def shaky(now):
        if failures:
            raise failures.pop()
        stopping.ask()
        return Wake.NOTHING

    monkeypatch.setattr(clock, "dispatch", shaky)
    Clock().run()
    assert "a round was lost" in caplog.text
    assert woken == [Wake.NOTHING]


def test_it_gives_the_lead_back_when_it_leaves(woken, monkeypatch, now):
    monkeypatch.setattr(clock, "dispatch", lambda now: stopping.ask() or Wake.NOTHING)
    Clock().run()
    assert not Lease.is_held(Lease.CLOCK, now)


def test_it_looks_at_the_rows_though_redis_is_away(woken, monkeypatch):
    def away(bell, seconds):
        raise redis.ConnectionError

    monkeypatch.setattr(jobs, "wait_for", away)
    Clock().round()
    assert woken == [Wake.NOTHING]


def test_it_asks_little_when_there_is_nothing_to_do(
    woken, project, django_assert_max_num_queries
):
    one = Clock()
    one.round()
    with django_assert_max_num_queries(10):
        one.round()
