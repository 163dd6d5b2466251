import os
import signal
import time

import pytest

from tasks.embedded import tree as trees
from tasks.embedded.output import Output
from tasks.embedded.tree import Stopped, Tree

TELLS = """
import signal, time
def end(*_):
    print("stops", flush=True)
    raise SystemExit
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(60)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def tree(log):
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    tree = Tree(Output(log))
    tree.listen()
    yield tree
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def start(tree, make_child, log, until):
    def start(code, *, name, **fields):
        child = make_child(code, name=name, **fields)
        tree.start([child])
        until(lambda: f"{name:<10} │ ready" in log.getvalue())
        return child

    return start


def test_it_stops_the_last_started_first(tree, start, log):
    start(TELLS, name="redis")
    start(TELLS, name="web")
    start(TELLS, name="worker")
    tree.stop()
    ends = [line.split()[0] for line in log.getvalue().splitlines() if "stops" in line]
    assert ends == ["worker", "web", "redis"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_runs_until_it_is_asked_to_end(tree, number):
    os.kill(os.getpid(), number)
    tree.run()
    with pytest.raises(Stopped):
        tree.wait_for(lambda: False, seconds=5)


def test_it_takes_one_press_that_arrives_twice_for_one(tree, monkeypatch):
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    assert tree._asked == 1
    monkeypatch.setattr(trees, "SAME_PRESS", 0)
    os.kill(os.getpid(), signal.SIGINT)
    assert tree._asked == 2


def test_it_kills_who_is_out_of_patience_and_says_whom_it_waited_for(
    tree, start, log, monkeypatch
):
    monkeypatch.setattr(trees, "SILENT", 0.05)
    child = start(DEAF, name="generate-1", patience=0.3)
    began = time.monotonic()
    tree.stop()
    assert 0.3 <= time.monotonic() - began < 3
    assert not child.is_running
    assert "waiting up to 0 s for generate-1" in log.getvalue()


def test_it_kills_at_once_when_asked_again(tree, start, monkeypatch):
    monkeypatch.setattr(trees, "SAME_PRESS", 0)
    child = start(DEAF, name="generate-1", patience=60)
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    tree.stop()
    assert not child.is_running


def test_it_keeps_children_running_while_it_waits(tree, start, log):
    child = start(TELLS, name="web")
    child.kill()
    assert tree.wait_for(lambda: log.getvalue().count("ready") == 2, seconds=5)
    assert not tree.wait_for(lambda: False, seconds=0.1)
