"""Purchases whose process died: the recorder says what became of them."""

import pytest

from tasks.engine import recorder, replay
from tasks.engine.process import this_process
from tasks.engine.wake import Wake
from tasks.models import Attempt, State, Status, VideoTask

DEAD = {"lease_pid": 2**22 + 1, "lease_started": "1"}


@pytest.fixture
def orphan(make_attempt):
    """Being sent by a process of this host that is no more."""
    return make_attempt(State.SENDING, **DEAD)


def became(attempt):
    attempt.refresh_from_db()
    return attempt.state, VideoTask.objects.get(pk=attempt.task_id).status


def test_it_queues_again_what_was_never_sent(orphan, project):
    assert replay.replay() == Wake.DISPATCH
    assert became(orphan) == (State.CANCELED, Status.QUEUED)
    assert VideoTask.objects.get().next_try_at
    assert (orphan.error_code, orphan.is_counted) == ("never_began", False)


def test_it_doubts_what_may_have_left(orphan):
    recorder.go(str(orphan.pk))
    replay.replay()
    assert became(orphan) == (State.UNCERTAIN, Status.UNCERTAIN)
    assert orphan.error_code == "worker_died"


def test_it_binds_what_was_answered(orphan):
    recorder.go(str(orphan.pk))
    recorder.got(str(orphan.pk), "veo-1")
    assert replay.replay() == Wake.POLL
    assert became(orphan) == (State.SUBMITTED, Status.GENERATING)
    assert orphan.provider_task_id == "veo-1"


def test_it_binds_what_was_given_up_as_doubtful(make_attempt):
    attempt = make_attempt(State.UNCERTAIN, lease_host=this_process().host, **DEAD)
    recorder.got(str(attempt.pk), "veo-1")
    replay.replay()
    assert became(attempt) == (State.SUBMITTED, Status.GENERATING)


def test_it_leaves_the_living_alone(make_attempt):
    attempt = make_attempt(State.SENDING)
    assert replay.replay() == Wake.NOTHING
    assert became(attempt) == (State.SENDING, Status.GENERATING)


def test_it_leaves_other_hosts_alone(make_attempt):
    attempt = make_attempt(State.SENDING, lease_host="elsewhere", **DEAD)
    assert replay.replay() == Wake.NOTHING
    assert became(attempt) == (State.SENDING, Status.GENERATING)


def test_it_knows_the_dead_by_their_boot(make_attempt):
    attempt = make_attempt(State.SENDING, lease_boot="before the power cut")
    replay.replay()
    assert became(attempt) == (State.CANCELED, Status.QUEUED)


def test_it_looks_once_for_what_a_dead_process_left(make_attempt, count_queries):
    make_attempt(State.UNCERTAIN, lease_host=this_process().host, **DEAD)
    first = count_queries(replay.replay)
    assert count_queries(replay.replay) <= first == 2
    assert len(replay._looked_up) == 1


def test_it_looks_again_while_the_process_may_still_write(make_attempt, now):
    mine = this_process().lease(now=now, seconds=60)
    attempt = make_attempt(State.UNCERTAIN, **{**mine, "lease_until": None})
    replay.replay()
    recorder.got(str(attempt.pk), "veo-1")
    replay.replay()
    assert became(attempt) == (State.SUBMITTED, Status.GENERATING)


def test_it_settles_each_orphan_once(orphan, kie, engine):
    for _ in range(3):
        replay.replay()
    assert Attempt.objects.count() == 1
    assert kie.calls() == []


def test_it_ends_a_whole_story_after_a_kill(engine, make_task, alice, kie):
    """Killed between the answer and the commit: bound, and bought once."""
    make_task()
    engine.start(alice)
    engine.buy()
    task_id = kie.bought()[0]["task_id"]
    Attempt.objects.update(
        state=State.SENDING, provider_task_id=None, submitted_at=None, **DEAD
    )
    engine.replay()
    engine.run()
    assert Attempt.objects.get().provider_task_id == task_id
    assert VideoTask.objects.get().status == Status.SUCCEEDED
    assert len(kie.calls()) == 1
