"""A doubtful purchase finds its generation by what a callback names."""

from datetime import timedelta

import pytest

from tasks.engine import bind
from tasks.engine.purchase import token_digest
from tasks.kie.replies import Phase, Progress
from tasks.models import Attempt, CallbackReceipt, State, Status, VideoTask


@pytest.fixture
def doubtful(engine, make_task, alice, kie):
    """Bought, but the answer never came: the attempt, and the id it does not know."""
    make_task("[sim:lost] Waves")
    engine.start(alice)
    engine.buy()
    attempt = Attempt.objects.get()
    assert attempt.state == State.UNCERTAIN
    return attempt, kie.bought()[0]["task_id"]


def test_it_binds_what_a_callback_names(engine, doubtful, kie, now):
    attempt, task_id = doubtful
    CallbackReceipt.hint(attempt, task_id, now=now)
    engine.run()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.provider_task_id) == (State.STORED, task_id)
    assert VideoTask.objects.get().status == Status.SUCCEEDED
    assert len(kie.calls()) == 1
    assert not CallbackReceipt.objects.unused().exists()


def test_it_counts_the_time_from_the_claim(engine, doubtful, now):
    attempt, task_id = doubtful
    CallbackReceipt.hint(attempt, task_id, now=now)
    engine.poll()
    attempt.refresh_from_db()
    assert attempt.submitted_at == attempt.claimed_at


def test_it_does_not_bind_another_prompt(engine, doubtful, make_task, alice, kie, now):
    attempt, _task_id = doubtful
    make_task("Something else")
    engine.start(alice)
    engine.buy()
    other = kie.bought()[-1]["task_id"]
    Attempt.objects.filter(provider_task_id=other).update(provider_task_id="elsewhere")
    CallbackReceipt.hint(attempt, other, now=now)
    list(bind.use_receipts(engine.asker, now))
    attempt.refresh_from_db()
    assert (attempt.state, attempt.provider_task_id) == (State.UNCERTAIN, None)
    assert not CallbackReceipt.objects.unused().exists()


def test_it_does_not_bind_what_another_attempt_has(
    engine, doubtful, make_task, alice, kie, now
):
    attempt, task_id = doubtful
    CallbackReceipt.hint(attempt, task_id, now=now)
    engine.poll()
    make_task("[sim:lost] Waves")
    engine.start(alice)
    engine.buy()
    second = Attempt.objects.exclude(pk=attempt.pk).get()
    CallbackReceipt.hint(second, task_id, now=now)
    engine.poll()
    second.refresh_from_db()
    assert second.state == State.UNCERTAIN
    assert not CallbackReceipt.objects.unused().exists()


def test_it_looks_again_when_the_question_failed(engine, doubtful, kie, now):
    attempt, task_id = doubtful
    CallbackReceipt.hint(attempt, task_id, now=now)
    kie.control(revoke=kie.key)
    engine.poll()
    assert CallbackReceipt.objects.unused().exists()


def test_it_looks_again_while_the_record_may_be_too_new(engine, doubtful, now):
    attempt, _task_id = doubtful
    CallbackReceipt.hint(attempt, "not-there-yet", now=now)
    list(bind.use_receipts(engine.asker, now))
    assert CallbackReceipt.objects.unused().exists()
    list(bind.use_receipts(engine.asker, now + timedelta(minutes=11)))
    assert not CallbackReceipt.objects.unused().exists()


def test_it_waits_for_the_answer_that_is_under_way(engine, make_attempt, now):
    attempt = make_attempt(State.SENDING)
    CallbackReceipt.hint(attempt, "veo-1", now=now)
    list(bind.use_receipts(engine.asker, now))
    assert CallbackReceipt.objects.unused().exists()


@pytest.mark.parametrize("state", [State.SUBMITTED, State.STORED, State.WRITTEN_OFF])
def test_it_changes_nothing_where_there_is_no_doubt(engine, make_attempt, now, state):
    attempt = make_attempt(state)
    CallbackReceipt.hint(attempt, "veo-other", now=now)
    list(bind.use_receipts(engine.asker, now))
    attempt.refresh_from_db()
    assert (attempt.state, attempt.provider_task_id == "veo-other") == (state, False)
    assert not CallbackReceipt.objects.unused().exists()


def test_it_ends_alike_however_often_it_is_told(engine, doubtful, kie, now):
    attempt, task_id = doubtful
    for _ in range(10):
        CallbackReceipt.hint(attempt, task_id, now=now)
        engine.poll()
    engine.run()
    assert Attempt.objects.get().state == State.STORED
    assert len(kie.calls()) == 1


@pytest.mark.parametrize(
    ("phase", "prompt", "same"),
    [
        (Phase.RUNNING, "Waves", True),
        (Phase.FAILED, "Waves", True),
        (Phase.RUNNING, "Other", False),
        (Phase.NOT_VISIBLE, "Waves", False),
        (Phase.QUERY_FAILED, "Waves", False),
    ],
)
def test_it_knows_its_own_request(make_attempt, make_task, phase, prompt, same):
    attempt = make_attempt(State.UNCERTAIN, make_task("Waves"))
    assert bind.is_same_request(attempt, Progress(phase, prompt=prompt)) is same


def test_it_believes_the_token_before_the_prompt(make_attempt):
    attempt = make_attempt(State.UNCERTAIN)
    attempt.token_sha256 = token_digest("ours")
    prompt = attempt.request["prompt"]
    for token, is_ours in (("ours", True), ("another's", False)):
        url = f"https://veo.example.org/hooks/kie/{token}/"
        seen = Progress(Phase.RUNNING, prompt=prompt, callback_url=url)
        assert bind.is_same_request(attempt, seen) is is_ours
