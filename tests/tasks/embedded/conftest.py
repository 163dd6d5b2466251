"""Children that live for one test, and the log they write."""

import io
import os
import sys
import time

import pytest

from tasks.embedded import children
from tasks.embedded.children import Child, Plan
from tasks.embedded.output import Output


@pytest.fixture
def log():
    return io.StringIO()


@pytest.fixture
def make_child(log, tmp_path, monkeypatch):
    monkeypatch.setattr(children, "FIRST_PAUSE", 0.05)
    made = []

    def make(code, *, name="child", **fields):
        argv = [sys.executable, "-uIS", "-c", code]
        plan = Plan(name, argv, **fields)
        child = Child(plan, Output(log), cwd=tmp_path, env=dict(os.environ))
        made.append(child)
        return child

    yield make
    for child in made:
        child.kill()


@pytest.fixture
def until():
    def wait(condition, seconds=5):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.01)

    return wait
