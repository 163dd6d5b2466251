"""What answers to status questions do to attempts (table C), on the wire."""

from datetime import timedelta

import pytest

from tasks.engine import verdicts
from tasks.engine.verdicts import ONCE
from tasks.engine.wake import Wake
from tasks.kie import table_b, table_c
from tasks.kie.replies import Phase, Progress
from tasks.models import Attempt, State, Status, TaskEvent, VideoTask

DONE = Progress(Phase.SUCCEEDED, urls=("http://127.0.0.1:9/a.mp4",))
RUNNING = Progress(Phase.RUNNING)
UNSEEN = Progress(Phase.NOT_VISIBLE)
SILENT = Progress(Phase.QUERY_FAILED, fault=table_c.QUERY_FAILED)
FAILED = Progress(Phase.FAILED, fault=table_b.CONTENT_POLICY, text="No.")
HICCUP = Progress(Phase.FAILED, fault=table_b.PROVIDER_HICCUP, text="Again.")
UNSURE = Progress(Phase.FAILED, fault=table_b.CONTENT_POLICY, is_certain=False)


@pytest.fixture
def submitted(make_attempt):
    return make_attempt(State.SUBMITTED)


def tell(attempt, progress):
    wake = verdicts.write([(attempt, progress)])
    attempt.refresh_from_db()
    attempt.task.refresh_from_db()
    return wake


def test_it_hands_a_finished_one_to_download(submitted):
    assert tell(submitted, DONE) == Wake.DOWNLOAD | Wake.DISPATCH
    assert submitted.state == State.DOWNLOADING
    assert submitted.task.status == Status.DOWNLOADING
    assert submitted.result_urls == ["http://127.0.0.1:9/a.mp4"]
    assert submitted.due_at == submitted.generated_at


def test_it_fails_what_will_not_get_better(submitted):
    assert tell(submitted, FAILED) == Wake.DISPATCH
    assert (submitted.state, submitted.is_counted) == (State.FAILED, True)
    assert submitted.task.status == Status.FAILED
    assert (submitted.task.error_code, submitted.task.error_text) == (
        "content_policy",
        "No.",
    )
    assert submitted.credits_settled == 0


def test_it_sends_a_hiccup_back_to_the_queue(submitted, now):
    VideoTask.objects.update(retries_left=1)
    submitted.task.refresh_from_db()
    tell(submitted, HICCUP)
    task = submitted.task
    assert (submitted.state, task.status) == (State.FAILED, Status.QUEUED)
    assert task.retries_left == 0
    assert 15 <= (task.next_try_at - now).total_seconds() <= 31


def test_it_fails_a_hiccup_when_no_retries_are_left(submitted):
    VideoTask.objects.update(retries_left=0)
    submitted.task.refresh_from_db()
    tell(submitted, HICCUP)
    assert submitted.task.status == Status.FAILED


def test_it_believes_an_unsure_failure_when_it_is_seen_twice(submitted, now):
    tell(submitted, UNSURE)
    assert (submitted.state, submitted.error_code) == (State.SUBMITTED, ONCE)
    assert (submitted.due_at - now).total_seconds() == pytest.approx(30, abs=1)
    tell(submitted, UNSURE)
    assert submitted.state == State.FAILED


def test_it_forgets_an_unsure_failure_that_passed(submitted):
    tell(submitted, UNSURE)
    tell(submitted, RUNNING)
    tell(submitted, UNSURE)
    assert submitted.state == State.SUBMITTED


def test_it_waits_for_a_record_that_is_not_visible_yet(submitted):
    tell(submitted, UNSEEN)
    assert (submitted.state, submitted.is_visible) == (State.SUBMITTED, False)


def test_it_doubts_what_was_never_visible(make_attempt, now):
    old = make_attempt(State.SUBMITTED, submitted_at=now - timedelta(minutes=11))
    tell(old, UNSEEN)
    assert (old.state, old.error_code) == (State.UNCERTAIN, "never_visible")
    assert old.task.status == Status.UNCERTAIN
    assert old.provider_task_id


def test_it_keeps_asking_after_what_was_visible_once(make_attempt, now):
    old = make_attempt(State.SUBMITTED, submitted_at=now - timedelta(minutes=11))
    tell(old, RUNNING)
    tell(old, UNSEEN)
    assert old.state == State.SUBMITTED


@pytest.mark.parametrize("days", [1, 13, 60])
def test_it_never_fails_by_our_own_clock(make_attempt, now, days):
    old = make_attempt(State.SUBMITTED, submitted_at=now - timedelta(days=days))
    tell(old, RUNNING)
    tell(old, SILENT)
    assert old.state == State.SUBMITTED


@pytest.mark.parametrize(
    ("age", "seconds"), [(60, 15), (1801, 60), (6 * 3600 + 1, 600)]
)
def test_it_asks_less_often_the_longer_it_takes(make_attempt, now, age, seconds):
    old = make_attempt(State.SUBMITTED, submitted_at=now - timedelta(seconds=age))
    tell(old, RUNNING)
    wait = (old.due_at - now).total_seconds()
    assert seconds * 0.7 <= wait <= seconds + 1


def test_it_asks_twice_as_seldom_where_callbacks_ring(submitted, now, settings):
    tell(submitted, RUNNING)
    plain = (submitted.due_at - now).total_seconds()
    settings.PUBLIC_URL = "https://veo.example.org"
    tell(submitted, RUNNING)
    assert (submitted.due_at - now).total_seconds() > plain
    assert (submitted.due_at - now).total_seconds() <= 16


def test_it_waits_longer_after_each_question_that_failed(submitted, now):
    waits = []
    for _ in range(3):
        tell(submitted, SILENT)
        waits.append((submitted.due_at - now).total_seconds())
    assert submitted.tries == 3
    assert 15 <= waits[0] <= 31
    assert 60 <= waits[2] <= 121
    tell(submitted, RUNNING)
    assert submitted.tries == 0


def test_it_waits_as_long_as_it_was_told(submitted, now):
    tell(submitted, Progress(Phase.QUERY_FAILED, retry_after=200.0))
    assert (submitted.due_at - now).total_seconds() >= 200


def test_it_writes_nothing_over_somebody_elses_move(submitted, now):
    Attempt.objects.update(state=State.UNCERTAIN)
    verdicts.write([(submitted, DONE)])
    assert Attempt.objects.get().state == State.UNCERTAIN


def test_it_learns_of_a_task_that_was_trashed_meanwhile(submitted, now):
    VideoTask.objects.update(deleted_at=now)
    assert verdicts.write([(submitted, DONE)]) == Wake.NOTHING
    fresh = Attempt.objects.select_related("task").get()
    tell(fresh, DONE)
    assert fresh.state == State.DOWNLOADING


def test_it_tells_the_log(submitted):
    tell(submitted, FAILED)
    event = TaskEvent.objects.get(key="failed")
    assert (event.data["code"], event.data["text"]) == ("content_policy", "No.")


# The same, on the wire.


@pytest.mark.parametrize(
    "mark",
    [
        "[sim:null-record=0.3]",
        "[sim:query-500=1]",
        "[sim:query-html=1]",
        "[sim:query-lost=1]",
        "[sim:query-429=1]",
        "[sim:query-404=1]",
        "[sim:no-url=0.2]",
        "[sim:url-string]",
        "[sim:origin-first][sim:time=0.3]",
        "[sim:lag=0.3]",
        "[sim:flip]",
    ],
)
def test_it_ends_well_whatever_the_query_says(
    engine, make_task, alice, kie, settings, mark
):
    settings.VEO_TIME_SCALE = 20
    make_task(mark)
    engine.start(alice)
    engine.run()
    assert VideoTask.objects.get().status == Status.SUCCEEDED
    assert len(kie.calls()) == 1


@pytest.mark.parametrize(
    ("mark", "code"),
    [
        ("[sim:fail=content]", "content_policy"),
        ("[sim:fail=minor]", "image_policy"),
        ("[sim:fail=flow]", "content_policy"),
        ("[sim:fail=english]", "english_only"),
        ("[sim:fail=unknown]", "failed_unexplained"),
        ("[sim:fail=content][sim:fail-outer]", "content_policy"),
        ("[sim:fail=content][sim:flag=2]", "content_policy"),
    ],
)
def test_it_fails_for_the_providers_reason_and_buys_no_more(
    engine, make_task, alice, kie, settings, mark, code
):
    settings.VEO_TIME_SCALE = 1000
    task = make_task(mark)
    engine.start(alice)
    engine.run()
    task.refresh_from_db()
    assert (task.status, task.error_code) == (Status.FAILED, code)
    assert len(kie.bought()) == 1


@pytest.mark.parametrize("why", ["internal", "timeout", "generation", "audio"])
def test_it_buys_again_what_failed_for_a_passing_reason(
    engine, make_task, alice, kie, settings, why
):
    settings.VEO_TIME_SCALE = 1000
    task = make_task(f"[sim:fail={why}][sim:fail-times=1]")
    engine.start(alice)
    engine.run()
    task.refresh_from_db()
    assert (task.status, task.retries_left) == (Status.SUCCEEDED, 2)
    assert len(kie.bought()) == 2


def test_it_lets_a_callback_that_came_meanwhile_have_its_way(submitted, now):
    """Asked before the end, answered after the callback: it is asked again at once."""
    rung = now + timedelta(milliseconds=5)
    Attempt.objects.hurry([submitted.pk], rung)
    verdicts.write([(submitted, RUNNING)])
    submitted.refresh_from_db()
    assert submitted.due_at == rung
