"""The provider or Redis away: tasks wait and say so, pages answer, work goes on."""

import signal
import time

import httpx
import psutil
import pytest

from tests.product import free_port, running_product
from tests.provider import running_provider

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def provider(folder):
    with running_provider(folder, "--generation-seconds=1") as provider:
        yield provider


@pytest.fixture(scope="module")
def product(folder, provider):
    """Ten minutes pass in twenty seconds; nobody can call back."""
    env = {**provider.environment, "PORT": free_port(), "VEO_TIME_SCALE": 30}
    with running_product(folder, **env) as product:
        yield product


def test_it_waits_while_the_provider_cannot_be_reached(product, provider, desk):
    warm = desk.batch("Warm", 1)
    desk.wait(warm, lambda c: c == {"succeeded": 1})
    before = provider.ledger()["call_count"]
    provider.stop()
    project = desk.batch("Outage", 5)
    time.sleep(20)
    page = desk.page(project)
    assert {t["status"] for t in page["items"]} == {"queued"}
    assert all(t["waiting_for"] for t in page["items"])
    assert all(t["attempts"] == 0 for t in page["items"])
    provider.start()
    desk.wait(project, lambda c: c == {"succeeded": 5})
    assert provider.ledger()["call_count"] == before + 5


def test_it_serves_pages_while_redis_hangs(product, desk):
    redis = product.by_role()["redis"][0]
    project = desk.project("Without Redis", concurrency=5)
    picture = desk.picture(project)
    row = {"prompt": "Waves", "picture_id": picture}
    task = product.api.post(f"/projects/{project}/tasks", json=row).json()
    redis.send_signal(signal.SIGSTOP)
    try:
        page = httpx.get(f"{product.url}/accounts/login/", trust_env=False, timeout=10)
        assert page.status_code == 200
        product.api.post(f"/projects/{project}/start", json={}).raise_for_status()
        assert product.api.get(f"/tasks/{task['id']}").json()["status"] == "queued"
    finally:
        redis.send_signal(signal.SIGCONT)
    desk.wait(project, lambda c: c == {"succeeded": 1})


def test_it_goes_on_after_redis_came_back_empty(product, desk):
    project = desk.batch("Empty Redis", 5)
    for process in product.by_role()["redis"]:
        process.kill()
    desk.wait(project, lambda c: c == {"succeeded": 5})
    assert psutil.pid_exists(product.process.pid)
