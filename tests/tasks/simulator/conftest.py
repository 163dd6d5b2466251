"""One simulator for most tests, a client that speaks like ours, and an ear for callbacks."""

import io
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from tests.simulator_fixture import Simulated, running_simulator

HMAC_KEY = "whk_example_0123456789"
PATIENCE = 8


@dataclass
class Caller:
    """A user of the simulator with a key of its own."""

    kie: Simulated
    key: str = ""

    def __post_init__(self):
        self.key = self.key or self.kie.key
        self.headers = {"Authorization": f"Bearer {self.key}"}

    def create(self, prompt="A lighthouse", **fields):
        body = {"prompt": prompt, "duration": 4, **fields}
        return self.kie.http.post(
            "/api/v1/veo/generate", json=body, headers=self.headers
        )

    def made(self, prompt="A lighthouse", **fields):
        body = self.create(prompt, **fields).json()
        assert body["code"] == 200, body
        return body["data"]["taskId"]

    def ask(self, task_id):
        return self.kie.http.get(
            "/api/v1/veo/record-info", params={"taskId": task_id}, headers=self.headers
        )

    def record(self, task_id):
        return self.ask(task_id).json()["data"]

    def finished(self, task_id):
        return wait_for(lambda: self.when_done(task_id))

    def when_done(self, task_id):
        data = self.record(task_id)
        return data if data and data["successFlag"] else None

    def clip_url(self, prompt="A lighthouse", **fields):
        done = self.finished(self.made(prompt, **fields))
        return done["response"]["resultUrls"][0]

    def mint(self, url):
        return self.kie.http.post(
            "/api/v1/common/download-url", json={"url": url}, headers=self.headers
        ).json()

    def credit(self):
        reply = self.kie.http.get("/api/v1/chat/credit", headers=self.headers)
        return reply.json()["data"]

    def upload(self, content, name="shot.jpg", folder="reel/b1"):
        return self.kie.http.post(
            "/api/file-stream-upload",
            headers=self.headers,
            data={"uploadPath": folder, "fileName": name},
            files={"file": (name, content, "image/jpeg")},
        )


def wait_for(look):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("It did not happen in time.")


def jpeg(size=(320, 180), colour="teal"):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(scope="session")
def shared():
    with running_simulator(
        generation_seconds=0, create_rate=0, hmac_keys={"*": HMAC_KEY}
    ) as kie:
        yield kie


@pytest.fixture
def caller(shared):
    return Caller(shared)


@pytest.fixture
def kie():
    """A simulator of one's own, for tests that change or count."""
    with running_simulator(generation_seconds=0) as simulated:
        yield simulated


@dataclass
class Ear:
    url: str = ""
    status: int = 200
    heard: list[Any] = field(default_factory=list)

    def wait(self, count):
        wait_for(lambda: len(self.heard) >= count)
        return self.heard


@pytest.fixture
def ear():
    """Hears callbacks as (body, headers, when)."""
    ear = Ear()

    class Hears(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            ear.heard.append((body, dict(self.headers), time.monotonic()))
            self.send_response(ear.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hears) as server:
        ear.url = f"http://127.0.0.1:{server.server_port}/hooks/kie/token/"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield ear
        server.shutdown()
        thread.join()
