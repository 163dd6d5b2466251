import signal
import subprocess
import sys

import httpx
import pytest

from tasks.simulator.ledger import widest_window
from tasks.simulator.server import CannotStart
from tests.simulator_fixture import running_simulator
from tests.tasks.simulator.conftest import Caller

RUN = """
import asyncio, sys
from pathlib import Path
from tasks.simulator.process import run
from tasks.simulator.settings import Settings
given = Settings(Path(sys.argv[1]), port=int(sys.argv[2]), generation_seconds=1, pan=False)
asyncio.run(run(given, lambda line: print(line, flush=True)))
"""


def test_it_goes_on_after_a_restart(tmp_path, ear):
    with running_simulator(state_dir=tmp_path, generation_seconds=0.3) as kie:
        task_id = Caller(kie).made(callBackUrl=ear.url)
        balance = Caller(kie).credit()
    with running_simulator(state_dir=tmp_path) as kie:
        caller = Caller(kie)
        assert caller.credit() == balance
        assert caller.finished(task_id)["successFlag"] == 1
        assert ear.wait(1)[0][0]["data"]["taskId"] == task_id
        assert kie.ledger()["call_count"] == 1


def test_it_counts_creates_across_a_restart(tmp_path):
    prompt = "[sim:code=429][sim:times=1] x"
    with running_simulator(state_dir=tmp_path) as kie:
        assert Caller(kie).create(prompt).json()["code"] == 429
    with running_simulator(state_dir=tmp_path) as kie:
        assert Caller(kie).create(prompt).json()["code"] == 200


def test_it_survives_kill_9(tmp_path, unused_port):
    with started(tmp_path, unused_port) as process:
        with httpx.Client(base_url=f"http://127.0.0.1:{unused_port}") as http:
            headers = {"Authorization": "Bearer sim-demo-key"}
            body = {"prompt": "[sim:lost] x", "duration": 4}
            with pytest.raises(httpx.RemoteProtocolError):
                http.post("/api/v1/veo/generate", json=body, headers=headers)
        process.kill()
    with running_simulator(state_dir=tmp_path) as kie:
        (task,) = kie.ledger()["tasks"]
        assert Caller(kie).finished(task["task_id"])["successFlag"] == 1


def test_it_stops_when_told(tmp_path, unused_port):
    with started(tmp_path, unused_port) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=2) == 0
        assert process.stderr.read() == ""


def test_it_runs_only_once(tmp_path):
    with running_simulator(state_dir=tmp_path) as kie:
        with pytest.raises(CannotStart, match="Another simulator"):
            running_simulator(state_dir=tmp_path).__enter__()
        port = int(kie.url.rpartition(":")[2])
        with pytest.raises(CannotStart, match="taken"):
            running_simulator(port=port).__enter__()


def test_it_stays_on_the_loopback():
    with pytest.raises(CannotStart, match="only serves the loopback"):
        running_simulator(host="0.0.0.0").__enter__()


def test_it_finds_the_widest_window():
    assert widest_window([]) == 0
    assert widest_window([0, 1, 9.9, 10, 10.5, 30]) == 4


@pytest.fixture
def unused_port():
    with running_simulator() as kie:
        return int(kie.url.rpartition(":")[2])


def started(folder, port):
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "ready" in process.stdout.readline()
    return process
