import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tasks.embedded import children

FOREVER = "import time; print('up', flush=True); time.sleep(60)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + FOREVER
PARENT = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print(p.pid, flush=True); p.wait()"


def test_it_shows_what_the_child_says(make_child, log, until):
    child = make_child("import sys; print('one'); print('zwei ä', file=sys.stderr)")
    child.start()
    until(lambda: not child.is_running)
    child.kill()
    lines = sorted(log.getvalue().splitlines())
    assert lines == ["child      │ one", "child      │ zwei ä"]


def test_it_leaves_out_quiet_lines(make_child, log, until):
    child = make_child("print('a warning'); print('news')", quiet="warn")
    child.start()
    until(lambda: not child.is_running)
    child.kill()
    assert log.getvalue() == "child      │ news\n"


def test_it_starts_a_dead_child_again_after_a_pause(make_child, log, until):
    child = make_child(FOREVER)
    child.start()
    until(lambda: "up" in log.getvalue())
    first = child.pid
    os.kill(first, signal.SIGKILL)

    def is_back():
        child.tend()
        return child.is_running and child.pid != first

    until(is_back)
    assert "child ended (SIGKILL); it starts again in" in log.getvalue()


def test_it_waits_longer_after_each_death_until_one_was_healthy(
    make_child, log, until, monkeypatch
):
    monkeypatch.setattr(children, "LONGEST_PAUSE", 0.15)
    child = make_child("raise SystemExit(3)")
    pauses: list[float] = []

    def has_died(times):
        child.tend()
        if child.pid is None and log.getvalue().count("exit code 3") > len(pauses):
            pauses.append(round(child._start_at - time.monotonic(), 1))
        return len(pauses) == times

    until(lambda: has_died(4))
    assert pauses == sorted(pauses)
    assert child._pause == 0.15
    monkeypatch.setattr(children, "HEALTHY", 0)
    until(lambda: has_died(5))
    assert child._pause == 0.1


def test_it_asks_to_stop_and_kills_the_deaf(make_child, log, until):
    willing, deaf = make_child(FOREVER), make_child(DEAF)
    willing.start()
    deaf.start()
    until(lambda: log.getvalue().count("up") == 2)
    willing.ask_to_stop()
    deaf.ask_to_stop()
    until(lambda: not willing.is_running)
    assert deaf.is_running
    deaf.kill()
    assert not deaf.is_running


def test_it_kills_what_the_child_started(make_child, log, until):
    child = make_child(PARENT)
    child.start()
    until(lambda: log.getvalue().strip())
    grandchild = psutil.Process(int(log.getvalue().split("│")[1]))
    child.kill()
    psutil.wait_procs([grandchild], timeout=3)
    assert not is_alive(grandchild)


SUPERVISOR = """
import io, os, sys, time
from pathlib import Path
from tasks.embedded.children import Child, Plan
from tasks.embedded.output import Output
argv = [sys.executable, "-c", "import time; time.sleep(60)"]
child = Child(Plan("c", argv), Output(io.StringIO()), cwd=Path("."), env=dict(os.environ))
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_it_ends_with_its_parent_even_of_a_kill(until):
    reader, writer = os.pipe()
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR], stdout=writer)
    os.close(writer)
    with os.fdopen(reader) as said:
        child = psutil.Process(int(said.readline()))
    until(lambda: "time.sleep" in child.cmdline()[-1] and "-IS" not in child.cmdline())
    supervisor.kill()
    supervisor.wait()
    psutil.wait_procs([child], timeout=3)
    assert not is_alive(child)


def is_alive(process):
    """A zombie that nobody buries (a container without init) is dead enough."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
