"""A count of queries, and Redis for those who talk to it: real, empty, and only where a
test asks for it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks import jobs
from tests.redis_fixture import running_redis

wake_for_real = jobs.wake_now  # before a test replaces it


@pytest.fixture(scope="session")
def redis_url():
    with running_redis() as url:
        yield url


@pytest.fixture
def redis(redis_url, settings, monkeypatch, _quiet_redis):
    """Jobs wake and wait for real."""
    settings.RQ_REDIS_URL = redis_url
    monkeypatch.setattr(jobs, "wake_now", wake_for_real)
    _forget()
    connection = jobs._redis()
    connection.flushall()
    yield connection
    _forget()


@pytest.fixture
def no_redis(settings, tmp_path, monkeypatch, _quiet_redis):
    """Nobody answers."""
    settings.RQ_REDIS_URL = f"unix://{tmp_path}/none.sock"
    monkeypatch.setattr(jobs, "wake_now", wake_for_real)
    _forget()
    yield
    _forget()


def _forget():
    if jobs._redis.cache_info().currsize:
        jobs._redis().close()
    jobs._redis.cache_clear()
    jobs._queue.cache_clear()


@pytest.fixture
def count_queries():
    """How many queries a call makes."""

    def count(call):
        with CaptureQueriesContext(connection) as seen:
            call()
        return len(seen)

    return count
