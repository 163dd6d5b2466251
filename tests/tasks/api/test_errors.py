"""Whatever goes wrong is told in one form."""

import pytest

from tasks import project_actions


def told(response):
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "fields"}
    assert body["error"]["message"]
    return response.status_code, body["error"]["code"]


@pytest.mark.parametrize("path", ["/nowhere", "/projects/not-an-id", "/tasks/1/", "/"])
def test_it_knows_no_such_address(as_alice, path):
    assert told(as_alice.get(path)) == (404, "not_found")


def test_it_needs_a_token(as_nobody):
    assert told(as_nobody.get("/projects")) == (401, "unauthorized")


def test_it_refuses_a_false_token(rest, alice):
    alices = rest(alice)
    alices._client.defaults["HTTP_AUTHORIZATION"] = (
        alices.headers["Authorization"][:-1] + "~"
    )

    assert told(alices.get("/projects")) == (401, "unauthorized")


def test_it_refuses_a_token_of_somebody_who_left(as_alice, alice):
    alice.is_active = False
    alice.save()

    assert told(as_alice.get("/projects")) == (401, "unauthorized")


def test_it_does_not_take_a_cookie_for_a_token(client, alice):
    client.force_login(alice)

    assert told(client.get("/api/v1/projects")) == (401, "unauthorized")


def test_it_refuses_other_methods(as_alice):
    response = as_alice.delete("/projects")

    assert told(response) == (405, "method_not_allowed")
    assert "POST" in response["Allow"]


@pytest.mark.parametrize("body", ["{", "[" * 100_000, "\xff"])
def test_it_cannot_read_what_is_not_json(as_alice, body):
    assert told(as_alice.raw("/projects", body)) == (400, "bad_request")


@pytest.mark.parametrize("body", ["[]", "7", '"x"', "null"])
def test_it_cannot_use_json_of_another_kind(as_alice, body):
    assert told(as_alice.raw("/projects", body)) == (422, "invalid")


def test_it_refuses_a_body_that_is_too_large(as_alice, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    assert told(as_alice.post("/projects", {"name": "x" * 200})) == (413, "too_large")


def test_it_says_when_it_is_our_fault(as_alice, monkeypatch, caplog):
    def break_down(*_, **__):
        raise RuntimeError("the reason is nobody's business")

    monkeypatch.setattr(project_actions, "create_project", break_down)
    response = as_alice.post("/projects", {"name": "Autumn"})

    assert told(response) == (500, "server_error")
    assert b"business" not in response.content
    assert "nobody's business" in caplog.text


def test_it_speaks_the_language_of_the_request(rest, alice):
    chinese = rest(alice, "zh-CN").post("/projects", {"name": ""}).json()
    english = rest(alice, "en").post("/projects", {"name": ""}).json()

    assert english["error"]["fields"] == {"name": "Give the project a name."}
    assert chinese["error"]["code"] == "invalid"


def test_it_names_a_misspelt_field(as_alice):
    response = as_alice.post("/projects", {"name": "Autumn", "aspectRatio": "9:16"})

    assert response.json()["error"]["fields"] == {
        "aspectRatio": "There is no such field."
    }
