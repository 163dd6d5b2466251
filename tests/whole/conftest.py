"""A whole product for one file of tests, and what its tests say to it."""

import io
import time

import httpx
import pytest
from PIL import Image

from tests.product import free_port, running_product
from tests.provider import running_provider


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("whole")


@pytest.fixture(scope="module")
def provider(folder):
    options = ("--generation-seconds=3", "--create-rate=0")
    with running_provider(folder, *options) as provider:
        yield provider


@pytest.fixture(scope="module")
def product(folder, provider):
    """Real accounts and keys, pointed at the simulator; it is called back."""
    port = free_port()
    env = {
        **provider.environment,
        "PORT": port,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "KIE_CREATE_RATE": 1000,
        "KIE_STATUS_RATE": 100,
    }
    with running_product(folder, **env) as product:
        yield product


class Desk:
    """A person's REST calls."""

    def __init__(self, api):
        self.api = api

    def project(self, name, **fields):
        return self._post("/projects", {"name": name, **fields})["id"]

    def picture(self, project, colour="teal"):
        out = io.BytesIO()
        Image.new("RGB", (320, 180), colour).save(out, "JPEG")
        file = {"file": ("beach.jpg", out.getvalue(), "image/jpeg")}
        answer = self.api.post(f"/projects/{project}/pictures", files=file)
        return answer.raise_for_status().json()["picture_id"]

    def batch(self, name, count, *, prompt="Wave", **fields):
        """A started project of so many tasks, each with a prompt of its own."""
        project = self.project(name, concurrency=20, **fields)
        picture = self.picture(project)
        rows = [
            {"prompt": f"{name} {prompt} {n}", "picture_id": picture}
            for n in range(count)
        ]
        self._post(f"/projects/{project}/tasks", {"tasks": rows})
        self._post(f"/projects/{project}/start", {})
        return project

    def counts(self, project):
        return self.page(project, limit=1)["counts"]

    def page(self, project, **query):
        answer = self.api.get(f"/projects/{project}/tasks", params=query)
        return answer.raise_for_status().json()

    def wait(self, project, wanted, seconds=60):
        """Until `wanted(counts)`; returns the counts."""
        end = time.monotonic() + seconds
        counts = {}
        while time.monotonic() < end:
            try:
                counts = {s: n for s, n in self.counts(project).items() if n}
            except httpx.HTTPError:  # its web server may be what was killed
                counts = {}
            if counts and wanted(counts):
                return counts
            time.sleep(0.25)
        raise AssertionError(f"after {seconds} s: {counts}")

    def _post(self, path, body):
        return self.api.post(path, json=body).raise_for_status().json()


@pytest.fixture
def desk(product):
    return Desk(product.api)
