from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from rq.worker import Worker

from tasks import health, jobs
from tasks.engine import disk
from tasks.models import Lease

PARTS = ["database", "redis", "workers", "clock", "disk"]


@pytest.fixture
def all_well(monkeypatch):
    checks = {name: lambda: True for name in PARTS}
    monkeypatch.setattr(health, "CHECKS", checks)
    return checks


def test_it_is_up_without_asking_anybody(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")
    assert response["Content-Type"] == "text/plain"
    assert "no-store" in response["Cache-Control"]


def test_it_is_ready_when_every_part_is(client, all_well):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == dict.fromkeys(PARTS, "ok")


@pytest.mark.parametrize("part", PARTS)
def test_it_is_not_ready_when_one_part_is_down(client, all_well, part, caplog):
    def refuse():
        raise OSError("secret detail")

    all_well[part] = refuse
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {**dict.fromkeys(PARTS, "ok"), part: "down"}
    assert "secret detail" in caplog.text


def test_it_refuses_other_methods(client):
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405


def test_it_checks_the_parts_the_contract_names():
    assert list(health.CHECKS) == PARTS


def test_it_finds_redis_and_workers_down_without_redis(client, db):
    words = client.get("/readyz").json()
    assert words["database"] == "ok"
    assert words["redis"] == words["workers"] == words["clock"] == "down"


def test_it_sees_the_clock_by_its_lease(db, now):
    assert not health.clock_leads()
    Lease.hold("clock", "me", now=now, seconds=10)
    assert health.clock_leads()


def test_it_sees_a_full_disk(monkeypatch):
    usage = SimpleNamespace(total=100 * 2**30, free=1 * 2**30)
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    assert not disk.has_room()
    usage.free = 50 * 2**30
    assert disk.has_room()


@pytest.mark.parametrize(
    ("state", "age", "alive"),
    [("idle", 10, True), ("idle", 120, False), ("busy", 3000, True)],
)
def test_it_knows_a_live_worker(state, age, alive):
    worker = Worker.__new__(Worker)
    now = datetime.now(UTC)
    worker._state, worker.last_heartbeat = state, now - timedelta(seconds=age)
    assert jobs._is_alive(worker, now) is alive
