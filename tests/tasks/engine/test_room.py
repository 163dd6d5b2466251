from datetime import timedelta

import pytest

from tasks.engine.room import Room, Wait
from tasks.models import ApiKey, KeyState, ProviderAccount, State


@pytest.fixture
def seat(project, now):
    """The key a task of the project would be bought with now, or why none."""

    def ask(model="veo3_fast", at=now):
        return Room.lock(at).seat(project, model)

    return ask


def reason(seat):
    return seat.reason if isinstance(seat, Wait) else seat.name


def test_it_offers_the_one_key_there_is(key, seat):
    assert seat() == key


def test_it_has_no_seat_without_an_account(project, now, db):
    assert Room.lock(now).seat(project, "veo3") == Wait("no_account")


def test_it_pairs_only_real_with_real(key, seat, project):
    ProviderAccount.objects.update(simulated=True)
    assert reason(seat()) == "no_account"
    project.simulated = True
    assert seat() == key


def test_it_prefers_the_least_loaded_key(key, seat, make_key, make_attempt):
    second = make_key("second", account=key.account)
    make_attempt(State.SUBMITTED)
    assert seat() == second
    for _ in range(2):
        make_attempt(State.SUBMITTED, bought_with=second)
    assert seat() == key


def test_it_prefers_the_least_loaded_account(key, seat, make_key, make_attempt):
    other = make_key("second", account=make_key.account("other"))
    make_attempt(State.SUBMITTED)
    assert seat() == other


def test_it_skips_keys_that_may_not_buy(key, seat, make_key, now):
    second = make_key("second", account=key.account)
    key.refuse("key_invalid")
    assert seat() == second
    second.cool("key_limit", now=now, seconds=60)
    assert seat() == Wait("key_cooling", now + timedelta(seconds=60))
    assert seat(at=now + timedelta(seconds=60)) == second


@pytest.mark.parametrize("state", [KeyState.OFF, KeyState.DRAINING, KeyState.INVALID])
def test_it_leaves_out_keys_that_people_switched_off(key, seat, state):
    ApiKey.objects.update(state=state)
    assert seat() == Wait("no_key")


def test_it_fills_a_key_and_no_more(key, seat, make_attempt):
    ApiKey.objects.update(concurrency=1)
    make_attempt(State.SUBMITTED)
    assert reason(seat()) == "key_full"


def test_it_fills_an_account_and_no_more(key, seat, make_attempt):
    ProviderAccount.objects.update(concurrency=2)
    make_attempt(State.SUBMITTED)
    assert seat() == key
    make_attempt(State.SENDING)
    assert reason(seat()) == "account_full"


def test_it_counts_no_clip_that_is_only_downloaded(key, seat, make_attempt):
    ProviderAccount.objects.update(concurrency=1)
    make_attempt(State.DOWNLOADING)
    assert seat() == key


def test_it_says_why_and_until_when_an_account_is_closed(key, seat, now):
    key.account.close("maintenance", now=now, seconds=60)
    until = now + timedelta(seconds=60)
    assert seat() == Wait("account:maintenance", until)
    assert seat(at=until) == key


def test_it_goes_to_another_account_while_one_is_closed(key, seat, make_key, now):
    other = make_key("second", account=make_key.account("other"))
    key.account.close("no_credits", now=now, seconds=60)
    assert seat() == other


def test_it_buys_other_models_while_one_is_closed(key, seat, now):
    key.account.close_model("veo3", now=now, seconds=60)
    assert reason(seat("veo3")) == "model"
    assert seat("veo3_fast") == key


def test_it_plans_no_more_than_the_rate_takes(key, seat, make_attempt, settings):
    settings.KIE_CREATE_RATE = 2
    make_attempt(State.PLANNED)
    assert seat() == key
    make_attempt(State.PLANNED)
    assert reason(seat()) == "rate"


@pytest.mark.parametrize("state", [State.PLANNED, State.SENDING])
def test_it_probes_with_one_purchase_after_a_failure(key, seat, make_attempt, state):
    ProviderAccount.objects.update(failures=1)
    assert seat() == key
    make_attempt(state)
    assert reason(seat()) == "account_full"


def test_it_probes_although_others_are_being_generated(key, seat, make_attempt):
    ProviderAccount.objects.update(failures=1)
    for state in (State.SUBMITTED, State.UNCERTAIN, State.DOWNLOADING):
        make_attempt(state)
    assert seat() == key


def test_it_uses_itself_up(key, project, alice, now):
    room = Room.lock(now)
    assert room.free_in(project) == 5
    room.take(project, alice.pk, key)
    assert (room.free_in(project), room.by_key[key.pk]) == (4, 1)
    assert room.by_person[alice.pk] == room.buying[key.account_id] == 1


def test_it_counts_in_one_query_however_many_there_are(
    key, make_attempt, now, count_queries
):
    few = count_queries(lambda: Room.lock(now))
    for _ in range(5):
        make_attempt(State.SUBMITTED)
    assert count_queries(lambda: Room.lock(now)) == few == 3
