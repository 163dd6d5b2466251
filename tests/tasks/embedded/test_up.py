"""The product's own processes, as a person starts them: one story, told once."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[3]
LEFT_OUT = ("DATABASE_URL", "REDIS_URL", "MEDIA_ROOT", "KIE_API_KEY", "PUBLIC_URL")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture
def environment(tmp_path):
    env = {name: v for name, v in os.environ.items() if name not in LEFT_OUT}
    return env | {
        "DJANGO_SETTINGS_MODULE": "veoplatform.settings",
        "VEO_DATA_DIR": str(tmp_path / "data"),
        "VEO_WORKERS": "generate=1,poll=0,download=0,misc=0",
        "PORT": str(free_port()),
    }


class Up:
    """A running `manage.py up` and every process below it."""

    def __init__(self, env, log):
        self.env, self.log = env, log
        with log.open("a") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=env,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.seen = {}

    def tree(self):
        found = psutil.Process(self.process.pid).children(recursive=True)
        self.seen |= {child.pid: child for child in found}
        return found

    def running(self, word):
        """The first child whose command holds the word."""
        for child in self.tree():
            try:
                if word in " ".join(child.cmdline()) and "-IS" not in child.cmdline():
                    return child
            except psutil.Error:
                continue
        return None

    def wait_for(self, condition, what, seconds=20):
        end = time.monotonic() + seconds
        while not (found := condition()):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, f"no {what}:\n{self.log.read_text()}"
            time.sleep(0.1)
        return found

    def page(self, path):
        url = f"http://127.0.0.1:{self.env['PORT']}{path}"
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return response.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.read().decode()
        except OSError:
            return ""

    def works(self):
        words = self.page("/readyz")
        return '"redis": "ok"' in words and '"clock": "ok"' in words

    def wait_until_it_works(self):
        self.wait_for(lambda: "password" in self.page("/accounts/login/"), "login page")
        self.wait_for(self.works, "clock and Redis")

    def nothing_left(self):
        _gone, left = psutil.wait_procs(self.seen.values(), timeout=5)
        return [p for p in left if p.status() != psutil.STATUS_ZOMBIE] == []


@pytest.fixture
def start(environment, tmp_path):
    started = []

    def start():
        started.append(Up(environment, tmp_path / "log"))
        return started[-1]

    yield start
    for up in started:
        if up.process.poll() is None:
            up.tree()
            up.process.kill()
        up.process.wait()
        for child in up.seen.values():
            if child.is_running():
                child.kill()


def second_copy(environment, **changed):
    return subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=environment | changed,
        capture_output=True,
        text=True,
        timeout=20,
    )


@pytest.mark.whole
def test_it_starts_heals_refuses_a_second_copy_and_stops(start, environment, tmp_path):
    up = start()
    up.wait_until_it_works()
    assert f"http://127.0.0.1:{environment['PORT']}/" in up.log.read_text()
    refuse_second_copies(environment, tmp_path / "other")
    heal(up, "granian", "redis", "rqworker")
    if sys.platform == "linux":  # elsewhere nobody tells children of a killed parent
        up.process.kill()
        up.process.wait()
        assert up.nothing_left()
        up = start()
        up.wait_until_it_works()
    up.tree()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(timeout=15) == 0
    assert up.nothing_left()
    assert up.log.read_text().count("Password  ") == 1


def refuse_second_copies(environment, other):
    same_data = second_copy(environment, PORT=str(free_port()))
    assert (same_data.returncode, same_data.stdout) == (1, "")
    assert "already running" in same_data.stderr
    same_port = second_copy(environment, VEO_DATA_DIR=str(other))
    assert (same_port.returncode, same_port.stdout) == (1, "")
    assert "is taken" in same_port.stderr


def heal(up, *words):
    killed = [up.running(word) for word in words]
    for child in killed:
        child.kill()
    psutil.wait_procs(killed, timeout=5)
    for word in words:
        up.wait_for(lambda word=word: up.running(word), word)
    up.wait_until_it_works()
