"""The README's first command and the main job, as somebody outside would drive it."""

import hashlib

import httpx
import pytest

from tests.product import running_product
from tests.whole.conftest import Desk

pytestmark = pytest.mark.whole


def test_it_makes_and_serves_a_verified_clip(desk, product):
    project = desk.batch("Main", 1)
    desk.wait(project, lambda c: c == {"succeeded": 1})
    task = desk.page(project)["items"][0]
    assert (task["progress"], task["error"], task["attempts"]) == (100, None, 1)
    url = f"{product.url}{task['video_url']}"
    headers = dict(product.api.headers)
    with httpx.Client(headers=headers, trust_env=False) as client:
        whole = client.get(url)
        part = client.get(url, headers={"Range": "bytes=4-7"})
    assert part.status_code == 206
    assert part.content == b"ftyp"
    assert hashlib.sha256(whole.content).hexdigest() == task["video_sha256"]
    log = product.api.get(f"/tasks/{task['id']}/events").json()["items"]
    assert [e["key"] for e in log][-3:] == ["submitted", "generated", "stored"]


def test_it_rehearses_on_the_simulator_when_there_is_no_key(tmp_path):
    with running_product(tmp_path) as product:
        demo = product.api.get("/projects").json()["items"][0]
        httpx.post(
            f"{product.simulator()}/_sim/control",
            json={"generation_seconds": 2},
            trust_env=False,
        ).raise_for_status()
        desk = Desk(product.api)
        product.api.post(f"/projects/{demo['id']}/start", json={}).raise_for_status()
        desk.wait(demo["id"], lambda c: set(c) == {"succeeded"})
