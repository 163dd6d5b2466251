from datetime import timedelta
from itertools import product

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Q

from tasks.engine.process import this_process
from tasks.models import Attempt, Stale, State, Status, Unlawful, VideoTask, change
from tasks.models.attempt import (
    FINAL,
    LIVE,
    NEXT,
    TASK_STAGE,
    TASK_STATUS,
    UNCERTAIN_SLOT,
)
from tests.attempts import attempt_in, clip_of

ALL = list(product(State, State))
LAWFUL = [(old, new) for old, new in ALL if new in NEXT[old]]


def move(attempt, new, now, **fields):
    """The move with what the database asks of its end."""
    if new == State.STORED:
        fields["clip_id"] = clip_of(attempt).pk
    with change() as moves:
        attempt.move(
            new,
            moves,
            now=now,
            **{"provider_task_id": "veo-1", "error_code": "audio_failed", **fields},
        )


@pytest.mark.parametrize(("old", "new"), LAWFUL)
def test_it_leads_its_task_through_every_lawful_move(
    make_attempt, project, now, old, new
):
    attempt = make_attempt(old)
    move(attempt, new, now)
    attempt.refresh_from_db()
    task = VideoTask.objects.get(pk=attempt.task_id)
    assert (attempt.state, task.status) == (new, TASK_STATUS[new])
    assert task.stage == TASK_STAGE.get(new, "")
    project.refresh_from_db()
    assert project.counts == {s: int(s == task.status) for s in Status}


@pytest.mark.parametrize("old", State)
def test_it_refuses_every_other_move(make_attempt, now, old):
    attempt = make_attempt(old)
    for new in set(State) - NEXT[old]:
        with pytest.raises(Unlawful), change() as moves:
            attempt.move(new, moves, now=now)
    assert Attempt.objects.get().state == old


@pytest.mark.parametrize(("old", "new"), LAWFUL)
def test_it_lets_one_of_two_racers_win(make_attempt, project, now, old, new):
    first = make_attempt(old)
    second = Attempt.objects.select_related("task").get()
    move(first, new, now)
    with pytest.raises(Stale), change() as moves:
        second.move(new, moves, now=now)
    project.refresh_from_db()
    assert sum(project.counts.values()) == 1


@pytest.mark.parametrize("old", LIVE)
def test_it_obeys_only_the_holder_of_the_fence(make_attempt, now, old):
    attempt = make_attempt(old)
    Attempt.objects.update(fence=7)
    for new in NEXT[old]:
        with pytest.raises(Stale), change() as moves:
            attempt.move(new, moves, now=now)


def test_it_knows_every_state():
    assert set(NEXT) == set(TASK_STATUS) == set(State)
    assert set(LIVE) | set(FINAL) == set(State)
    assert not any(NEXT[s] for s in FINAL)


def test_it_is_never_sent_twice():
    assert {old for old in State if State.SENDING in NEXT[old]} == {State.PLANNED}
    assert not {old for old in State if State.PLANNED in NEXT[old]}


@pytest.mark.parametrize("old", [State.SENDING, State.SUBMITTED])
def test_it_sends_its_task_back_to_the_queue_for_another_try(make_attempt, now, old):
    attempt, later = make_attempt(old), now + timedelta(seconds=30)
    new = State.REJECTED if old == State.SENDING else State.FAILED
    move(attempt, new, now, again_at=later, is_counted=True)
    task = VideoTask.objects.get()
    assert (task.status, task.next_try_at) == (Status.QUEUED, later)
    assert (task.stage, task.error_code) == ("retrying", "audio_failed")


def test_it_clears_the_reason_when_the_clip_is_stored(make_attempt, now):
    attempt = make_attempt(State.DOWNLOADING)
    VideoTask.objects.update(error_code="expired")
    move(attempt, State.STORED, now, error_code="")
    task = VideoTask.objects.get()
    assert (task.error_code, task.clip_id) == ("", attempt.clip_id)


@pytest.mark.parametrize("state", FINAL)
def test_it_ends_with_a_time_and_nothing_due(make_attempt, now, state):
    old = next(s for s in LIVE if state in NEXT[s])
    attempt = make_attempt(old, due_at=now)
    move(attempt, state, now)
    attempt.refresh_from_db()
    assert (attempt.ended_at, attempt.due_at, attempt.lease_until) == (now, None, None)


@pytest.mark.parametrize("state", LIVE)
def test_it_is_the_only_live_one_of_its_task(make_attempt, state):
    attempt = make_attempt(state)
    with pytest.raises(IntegrityError), transaction.atomic():
        attempt_in(State.PLANNED, attempt.task, attempt.key)


@pytest.mark.parametrize("state", FINAL)
def test_it_leaves_room_for_another_when_final(make_attempt, state):
    attempt = make_attempt(state)
    assert attempt_in(State.PLANNED, attempt.task, attempt.key).number == 2


def test_it_alone_owns_a_provider_task_of_its_account(make_attempt):
    make_attempt(State.SUBMITTED, provider_task_id="veo-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_attempt(State.SUBMITTED, provider_task_id="veo-1")


def test_it_may_share_an_id_with_another_account(make_attempt, make_key):
    other = make_key("second", account=make_key.account("other"))
    make_attempt(State.SUBMITTED, provider_task_id="veo-1")
    make_attempt(State.SUBMITTED, provider_task_id="veo-1", bought_with=other)


@pytest.mark.parametrize(
    ("state", "wrong"),
    [
        (State.SUBMITTED, {"provider_task_id": None}),
        (State.DOWNLOADING, {"provider_task_id": None}),
        (State.STORED, {"provider_task_id": None}),
        (State.FAILED, {"provider_task_id": None}),
        (State.FILE_LOST, {"provider_task_id": None}),
        (State.STORED, {"clip": None}),
        (State.FAILED, {"error_code": ""}),
        (State.REJECTED, {"error_code": ""}),
    ],
)
def test_it_is_kept_whole_by_the_database(make_attempt, state, wrong):
    attempt = make_attempt(state)
    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk).update(**wrong)


def test_it_is_withdrawn_before_it_is_sent(make_attempt, now):
    planned, sending = make_attempt(State.PLANNED), make_attempt(State.SENDING)
    with change() as moves:
        assert Attempt.withdraw(Q(), moves, now=now) == 1
    planned.refresh_from_db()
    sending.refresh_from_db()
    assert (planned.state, sending.state) == (State.CANCELED, State.SENDING)
    task = VideoTask.objects.get(pk=planned.task_id)
    assert (task.status, task.next_try_at) == (Status.QUEUED, now)


def test_it_is_claimed_by_one_of_two(make_attempt, now):
    first = make_attempt(State.DOWNLOADING, due_at=now)
    second = Attempt.objects.get()
    lease = this_process().lease(now=now, seconds=60)
    assert first.claim(now=now, lease=lease)
    assert not second.claim(now=now, lease=lease)


def test_it_is_taken_over_when_the_lease_is_over(make_attempt, now):
    first = make_attempt(State.DOWNLOADING, due_at=now)
    first.claim(now=now, lease=this_process().lease(now=now, seconds=60))
    second, later = Attempt.objects.get(), now + timedelta(seconds=61)
    assert second.claim(now=later, lease=this_process().lease(now=later, seconds=60))
    first.renew(later + timedelta(hours=1))
    assert Attempt.objects.get().lease_until == later + timedelta(seconds=60)
    with pytest.raises(Stale), change() as moves:
        first.put_off(moves, now=later, until=later, code="expired")


def test_it_renews_a_lease_that_is_still_its_own(make_attempt, now):
    attempt = make_attempt(State.DOWNLOADING, due_at=now)
    attempt.claim(now=now, lease=this_process().lease(now=now, seconds=60))
    attempt.renew(now + timedelta(seconds=90))
    assert Attempt.objects.get().lease_until == now + timedelta(seconds=90)


def test_it_is_put_off_with_a_reason(make_attempt, now):
    attempt, later = make_attempt(State.DOWNLOADING), now + timedelta(minutes=1)
    with change() as moves:
        attempt.put_off(moves, now=now, until=later, code="expired")
    attempt.refresh_from_db()
    assert (attempt.due_at, attempt.tries) == (later, 1)
    assert VideoTask.objects.get().error_code == "expired"


@pytest.mark.parametrize(
    ("state", "holds"), [(s, s not in (State.DOWNLOADING, *FINAL)) for s in State]
)
def test_it_holds_a_slot_while_the_provider_is_at_it(make_attempt, now, state, holds):
    make_attempt(state)
    assert Attempt.objects.holding_slots(now).exists() is holds


def test_it_gives_the_slot_of_a_doubtful_purchase_back(make_attempt, now):
    make_attempt(State.UNCERTAIN, claimed_at=now - UNCERTAIN_SLOT)
    assert not Attempt.objects.holding_slots(now).exists()


def test_it_hurries_only_what_is_submitted(make_attempt, now):
    submitted = make_attempt(State.SUBMITTED, due_at=now + timedelta(hours=1))
    doubtful = make_attempt(State.UNCERTAIN)
    assert Attempt.objects.hurry([submitted.pk, doubtful.pk], now) == 1
    assert list(Attempt.objects.due(State.SUBMITTED, now)) == [submitted]


def test_it_is_due_to_whoever_holds_no_lease(make_attempt, now):
    make_attempt(State.DOWNLOADING, due_at=now, lease_until=now + timedelta(seconds=1))
    assert not Attempt.objects.due(State.DOWNLOADING, now).exists()
    later = now + timedelta(seconds=1)
    assert Attempt.objects.due(State.DOWNLOADING, later).exists()


def test_it_occupies_the_window_of_its_own_account(make_attempt, key, make_key, now):
    make_attempt(State.SENDING)
    other = make_key("second", account=make_key.account("other"))
    assert Attempt.objects.in_rate_window(key.account_id, now).count() == 1
    assert not Attempt.objects.in_rate_window(other.account_id, now).exists()
