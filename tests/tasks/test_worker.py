"""The worker: JSON only, kept connections, and the dead's purchases first of all."""

import signal

import pytest
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from tasks import jobs, worker
from tasks.engine import stopping
from tasks.models import State, VideoTask
from tasks.worker import Worker
from tests.attempts import attempt_in

DEAD = {"lease_pid": 2**22 + 1, "lease_started": "1"}


@pytest.fixture(autouse=True)
def _as_before():
    """RQ takes the signals of the process it works in."""
    kept = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
    stopping._asked.clear()
    yield
    stopping._asked.clear()
    for number, action in kept.items():
        signal.signal(number, action)


@pytest.fixture
def make_worker(redis):
    def make(*queues):
        rows = [jobs._queue(name) for name in queues]
        return Worker(rows, connection=redis)

    return make


def test_it_runs_what_waits(make_worker, transactional_db):
    queue = jobs._queue("generate")
    job = queue.enqueue("tasks.jobs.redis_is_up", result_ttl=60)
    make_worker("generate").work(burst=True)
    assert job.get_status(refresh=True) == "finished"
    assert job.return_value() is True


def test_it_speaks_json_alone(make_worker):
    assert make_worker("generate").serializer is JSONSerializer


def test_it_closes_a_database_connection_that_dropped(make_worker, monkeypatch, db):
    closed = []
    monkeypatch.setattr(worker, "close_old_connections", lambda: closed.append(1))
    jobs._queue("generate").enqueue("tasks.jobs.redis_is_up")
    make_worker("generate").work(burst=True)
    assert len(closed) == 2


@pytest.mark.parametrize(("queue", "settles"), [("generate", True), ("poll", False)])
def test_it_settles_first_what_a_killed_worker_was_buying(
    make_worker, make_task, make_key, queue, settles
):
    attempt = attempt_in(State.SENDING, make_task(), make_key(), **DEAD)
    make_worker(queue).run_maintenance_tasks()
    attempt.refresh_from_db()
    assert (attempt.state == State.CANCELED) is settles
    assert VideoTask.objects.get().status == ("QUEUED" if settles else "GENERATING")


@pytest.mark.parametrize(
    ("queues", "steps"), [(["misc"], 1), (["generate"], 0), (["poll", "misc"], 0)]
)
def test_it_yields_to_the_buyers(make_worker, monkeypatch, queues, steps):
    seen = []
    monkeypatch.setattr(worker.os, "nice", seen.append)
    make_worker(*queues)
    assert len(seen) == steps


def test_it_tells_the_steps_to_leave(make_worker):
    one = make_worker("generate")
    with pytest.raises(StopRequested):
        one.request_stop(signal.SIGTERM, None)
    assert stopping.is_asked()


def test_it_wakes_often_enough_to_look_after_the_dead(make_worker):
    assert make_worker("generate").dequeue_timeout <= worker.REPLAY_EVERY
