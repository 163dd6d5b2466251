"""The sweep: who is asked, how often, with which key."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from tasks.engine import poll, stopping
from tasks.engine.poll import Pace, Sweeper
from tasks.engine.process import this_process
from tasks.engine.wake import Wake
from tasks.kie import table_b, table_c
from tasks.kie.replies import Phase, Progress
from tasks.models import ApiKey, Attempt, KeyState, Lease, ProviderAccount, State
from tests.attempts import crowd_like
from tests.tasks.engine.conftest import PAIR

RUNNING = Progress(Phase.RUNNING)
SILENCE = Progress(Phase.QUERY_FAILED, fault=table_c.QUERY_FAILED)
WRONG_KEY = Progress(Phase.QUERY_FAILED, fault=table_b.KEY_INVALID)
SPENT_KEY = Progress(Phase.QUERY_FAILED, fault=table_b.KEY_LIMIT)


class Oracle:
    """Stands on the wire's side of the asker: answers by task id, and keeps count."""

    def __init__(self, answer=RUNNING, **by_id):
        self.answer, self.by_id, self.asked = answer, by_id, []

    def ask(self, questions):
        questions = list(questions)
        self.asked += questions
        return [self.by_id.get(task_id, self.answer) for _key, task_id in questions]

    def ids(self):
        return [task_id for _key, task_id in self.asked]


@pytest.fixture
def sweep():
    def run(oracle, sweeper=None):
        return list((sweeper or Sweeper(oracle)).sweep())

    return run


@pytest.fixture
def eager(settings):
    """A sweeper whose accounts may be asked as much as one likes, and are silent short."""
    settings.KIE_STATUS_RATE = 1000
    settings.VEO_TIME_SCALE = 1000

    def make(oracle):
        sweeper = Sweeper(oracle)
        for account in ProviderAccount.objects.all():
            sweeper._pace[account.pk] = Pace(asked_at=time.monotonic() - 1)
        return sweeper

    return make


def name(attempts):
    """Give them short names, oldest due first."""
    for n, attempt in enumerate(attempts):
        due = timezone.now() - timedelta(seconds=60 - n)
        Attempt.objects.filter(pk=attempt.pk).update(
            provider_task_id=f"veo{n}", due_at=due
        )


def test_it_asks_what_is_due_and_puts_it_off(make_attempt, sweep, now):
    make_attempt(State.SUBMITTED, provider_task_id="veo")
    oracle = Oracle()
    sweep(oracle)
    assert oracle.ids() == ["veo"]
    attempt = Attempt.objects.get()
    assert 2 <= (attempt.due_at - now).total_seconds() <= 16
    sweep(oracle)
    assert oracle.ids() == ["veo"]


def test_it_keeps_each_accounts_pace(make_attempt, make_key, sweep, settings):
    settings.KIE_STATUS_RATE = 2
    other = make_key("second", account=make_key.account("other"))
    for n in range(4):
        make_attempt(State.SUBMITTED, provider_task_id=f"a{n}")
        make_attempt(State.SUBMITTED, provider_task_id=f"b{n}", bought_with=other)
    oracle = Oracle()
    sweeper = Sweeper(oracle)
    sweep(oracle, sweeper)
    first = sorted(i[0] for i in oracle.ids())
    sweep(oracle, sweeper)
    assert first == ["a", "b"]
    assert len(oracle.asked) == 2


def test_it_asks_no_faster_than_allowed(settings, monkeypatch):
    settings.KIE_STATUS_RATE = 8
    clock = [100.0]
    monkeypatch.setattr(poll.time, "monotonic", lambda: clock[0])
    pace, asked = Pace(asked_at=100.0), 0
    for _ in range(100):
        clock[0] += 0.1
        allowed = pace.allow()
        pace.used(allowed)
        asked += allowed
    assert 79 <= asked <= 81


def test_it_saves_up_no_more_than_a_second(settings, monkeypatch):
    settings.KIE_STATUS_RATE = 8
    clock = [100.0]
    monkeypatch.setattr(poll.time, "monotonic", lambda: clock[0])
    pace = Pace(asked_at=100.0)
    clock[0] += 3600
    assert pace.allow() == 8


def test_it_probes_a_silent_account_with_one_question(make_attempt, sweep, eager):
    name([make_attempt(State.SUBMITTED) for _ in range(3)])
    oracle = Oracle(SILENCE)
    sweeper = eager(oracle)
    sweep(oracle, sweeper)
    assert len(oracle.asked) == 3
    sweep(oracle, sweeper)
    assert len(oracle.asked) == 3
    time.sleep(0.01)
    sweep(oracle, sweeper)
    assert len(oracle.asked) == 4


def test_it_writes_nothing_when_a_whole_account_falls_silent(make_attempt, sweep):
    due = make_attempt(State.SUBMITTED).due_at
    sweep(Oracle(SILENCE))
    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.due_at, attempt.tries) == (State.SUBMITTED, due, 0)


def test_it_hears_an_account_again(make_attempt, sweep, eager):
    name([make_attempt(State.SUBMITTED) for _ in range(3)])
    oracle = Oracle(SILENCE)
    sweeper = eager(oracle)
    sweep(oracle, sweeper)
    oracle.answer = RUNNING
    for _ in range(3):
        time.sleep(0.01)
        sweep(oracle, sweeper)
    assert set(oracle.ids()) == {"veo0", "veo1", "veo2"}


def test_it_is_not_held_up_by_one_that_never_answers(make_attempt, sweep, settings):
    settings.VEO_TIME_SCALE = 1000
    settings.KIE_STATUS_RATE = 1
    name([make_attempt(State.SUBMITTED) for _ in range(2)])
    oracle = Oracle(RUNNING, veo0=SILENCE)
    sweeper = Sweeper(oracle)
    for _ in range(3):
        sweep(oracle, sweeper)
        time.sleep(0.01)
    assert "veo1" in oracle.ids()


def test_it_is_not_held_up_by_the_backlog_of_another_account(
    make_attempt, make_key, sweep, settings, monkeypatch
):
    monkeypatch.setattr(poll, "AT_ONCE", 2)
    settings.KIE_STATUS_RATE = 1
    silent = [make_attempt(State.SUBMITTED) for _ in range(3)]
    name(silent)
    other = make_key("second", account=make_key.account("other"))
    make_attempt(State.SUBMITTED, provider_task_id="mine", bought_with=other)
    oracle = Oracle(SILENCE, mine=RUNNING)
    sweep(oracle)
    assert "mine" in oracle.ids()


def test_it_asks_with_another_key_of_the_account(make_attempt, sweep, key, make_key):
    make_attempt(State.SUBMITTED)
    key.refuse("key_invalid")
    second = make_key("second", account=key.account)
    oracle = Oracle()
    sweep(oracle)
    assert [k.pk for k, _id in oracle.asked] == [second.pk]


def test_it_rests_the_key_it_asked_with(make_attempt, sweep, key, make_key):
    make_attempt(State.SUBMITTED)
    key.refuse("key_invalid")
    second = make_key("second", account=key.account)
    sweep(Oracle(WRONG_KEY))
    second.refresh_from_db()
    # One answer may be a hiccup: whether it is known, the next purchase finds out.
    assert (second.state, second.is_readable) == (KeyState.COOLING, False)
    assert second.is_usable(timezone.now() + timedelta(seconds=61))
    assert Attempt.objects.get().state == State.SUBMITTED


def test_it_refuses_no_key_for_a_limit_that_passes(make_attempt, sweep, key):
    make_attempt(State.SUBMITTED)
    sweep(Oracle(SPENT_KEY))
    key.refresh_from_db()
    assert key.state == KeyState.ENABLED


def test_it_goes_on_with_the_other_key_on_the_wire(
    engine, make_task, alice, kie, make_key, settings, caplog
):
    settings.VEO_TIME_SCALE = 10
    ApiKey.objects.update(secret=PAIR[0])
    key = ApiKey.objects.get()
    make_task()
    engine.start(alice)
    engine.buy()
    kie.control(revoke=PAIR[0])
    make_key("second", account=key.account, secret=PAIR[1])
    engine.until(lambda: not engine.is_moving())
    attempt = Attempt.objects.get()
    assert attempt.state == State.STORED
    assert ApiKey.objects.get(name="first").state == KeyState.COOLING
    assert "key first: key_invalid" in caplog.text


def test_it_sweeps_alone(make_attempt, now):
    make_attempt(State.SUBMITTED)
    Lease.hold("poll", "somebody else", now=now, seconds=60)
    woken = []
    poll.stay(wait=lambda _s: False, wake=woken.append)
    assert woken == []
    assert Lease.objects.get().holder == "somebody else"


def test_it_gives_the_lease_back_when_there_is_nothing(db, now, settings):
    settings.VEO_TIME_SCALE = 100
    poll.stay(wait=lambda _s: False, wake=lambda _w: None)
    assert not Lease.is_held("poll", now)
    poll.asker().close()
    poll.asker.cache_clear()


def test_it_makes_way_for_a_fresh_job(make_attempt, settings, monkeypatch):
    settings.VEO_TIME_SCALE = 1000
    make_attempt(State.SUBMITTED)
    oracle, woken = Oracle(), []
    monkeypatch.setattr(poll, "asker", lambda: oracle)
    poll.stay(wait=lambda s: bool(time.sleep(0.01)), wake=woken.append)
    assert woken[-1] == Wake.POLL
    assert not Lease.is_held("poll", timezone.now())


def test_it_leaves_when_asked_to(make_attempt, monkeypatch):
    make_attempt(State.SUBMITTED)
    monkeypatch.setattr(poll, "asker", Oracle)
    poll.stay(wait=lambda s: stopping.ask(), wake=lambda _w: None)
    assert not Lease.is_held("poll", timezone.now())


def test_it_leaves_when_it_has_lost_the_lease(make_attempt, monkeypatch, settings):
    settings.VEO_TIME_SCALE = 10
    make_attempt(State.SUBMITTED)
    monkeypatch.setattr(poll, "asker", Oracle)

    def lose(_seconds):
        Lease.objects.update(holder="somebody else", until="2100-01-01T00:00Z")
        time.sleep(0.4)

    woken = []
    poll.stay(wait=lose, wake=woken.append)
    assert Wake.POLL not in woken
    assert Lease.objects.get().holder == "somebody else"
    assert this_process().name != "somebody else"


def test_it_waits_until_the_next_is_due(make_attempt, now):
    make_attempt(State.SUBMITTED, due_at=now + timedelta(hours=1))
    assert Sweeper(Oracle()).next_in() == 0.5
    Attempt.objects.update(due_at=now)
    assert Sweeper(Oracle()).next_in() == 0.05


def test_it_asks_the_database_little_for_a_hundred(
    make_attempt, count_queries, sweep, eager
):
    crowd_like(make_attempt(State.SUBMITTED), 99)
    oracle = Oracle()
    sweeper = eager(oracle)
    assert count_queries(lambda: sweep(oracle, sweeper)) <= 14
    assert len(oracle.asked) == 100
