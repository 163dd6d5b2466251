import json

import pytest
from django.test import Client

from accounts.models import AccessToken


class Rest:
    """A program that calls our REST API with somebody's token."""

    def __init__(self, user=None, language="en"):
        self.headers = {"Accept-Language": language}
        if user:
            _row, token = AccessToken.issue(user)
            self.headers["Authorization"] = f"Bearer {token}"
        self._client = Client(headers=self.headers, raise_request_exception=False)

    def get(self, path, **query):
        return self._client.get(f"/api/v1{path}", query)

    def post(self, path, body=None, **files):
        if files:
            return self._client.post(f"/api/v1{path}", files)
        return self._send("POST", path, body)

    def patch(self, path, body):
        return self._send("PATCH", path, body)

    def delete(self, path):
        return self._client.delete(f"/api/v1{path}")

    def raw(self, path, body, kind="application/json"):
        return self._client.post(f"/api/v1{path}", body, content_type=kind)

    def _send(self, method, path, body):
        content = "" if body is None else json.dumps(body)
        return self._client.generic(
            method, f"/api/v1{path}", content, content_type="application/json"
        )


@pytest.fixture
def rest():
    return Rest


@pytest.fixture
def as_alice(alice, project):
    return Rest(alice)


@pytest.fixture
def as_bob(bob, project):
    return Rest(bob)


@pytest.fixture
def as_charlie(charlie):
    return Rest(charlie)


@pytest.fixture
def as_viewer(viewer):
    return Rest(viewer)


@pytest.fixture
def as_nobody(db):
    return Rest()
