import json
import logging

import pytest
from django.test import Client
from structlog.stdlib import ProcessorFormatter

from tasks.engine.purchase import token_digest
from tasks.engine.wake import Wake
from tasks.kie.replies import signature_of_callback
from tasks.models import Attempt, CallbackReceipt, State
from tests.attempts import attempt_in

TOKEN = "t0ken-of-the-attempt"
URL = f"/hooks/kie/{TOKEN}/"
HMAC_KEY = "whk_example_0123456789"


@pytest.fixture
def key(make_key):
    return make_key()


@pytest.fixture
def make_attempt(make_task, key, now):
    def make(state=State.SUBMITTED):
        attempt = attempt_in(state, make_task(), key, token_sha256=token_digest(TOKEN))
        Attempt.objects.update(due_at=None)
        return attempt

    return make


@pytest.fixture
def signed(key):
    account = key.account
    account.hmac_key = HMAC_KEY
    account.save()


@pytest.fixture
def call(client, django_capture_on_commit_callbacks):
    client = Client(enforce_csrf_checks=True)

    def call(body, url=URL, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(
                url, content, content_type="application/json", headers=headers
            )

    return call


def news(task_id):
    return {"code": 200, "msg": "success", "data": {"taskId": task_id}}


def signature(task_id, now, *, age=0, key=HMAC_KEY):
    stamp = str(int(now.timestamp()) - age)
    return {
        "X-Webhook-Timestamp": stamp,
        "X-Webhook-Signature": signature_of_callback(key, task_id, stamp),
    }


def test_it_has_the_poller_look_at_once(call, make_attempt, woken):
    attempt = make_attempt()

    response = call(news(attempt.provider_task_id))

    assert response.status_code == 200
    assert response.json() == {"code": 200, "msg": "success"}
    assert Attempt.objects.get().due_at is not None
    assert woken == [Wake.POLL]
    # Its id is known: nothing to keep.
    assert not CallbackReceipt.objects.exists()


def test_it_keeps_the_id_that_it_names_for_a_doubtful_purchase(call, make_attempt):
    attempt = make_attempt(State.UNCERTAIN)

    assert call(news("veo-found")).status_code == 200

    receipt = CallbackReceipt.objects.get()
    assert (receipt.attempt, receipt.provider_task_id) == (attempt, "veo-found")


def test_it_changes_no_state(call, make_attempt):
    attempt = make_attempt()
    body = news(attempt.provider_task_id)
    body["data"]["info"] = {"resultUrls": ["http://169.254.169.254/clip.mp4"]}

    call(body)

    after = Attempt.objects.get()
    assert (after.state, after.result_urls) == (State.SUBMITTED, [])


@pytest.mark.parametrize("state", [State.SENDING, State.UNCERTAIN])
def test_it_keeps_an_id_that_is_not_known_yet(call, make_attempt, state):
    make_attempt(state)

    call(news("veo-new"))

    assert CallbackReceipt.objects.get().provider_task_id == "veo-new"
    assert Attempt.objects.get().provider_task_id is None


def test_it_hears_the_same_twice(call, make_attempt, now):
    make_attempt(State.UNCERTAIN)
    call(news("veo-found"))
    CallbackReceipt.objects.update(used_at=now)

    call(news("veo-found"))

    assert CallbackReceipt.objects.get().used_at is None


def test_it_keeps_no_id_of_another_generation(call, make_attempt):
    make_attempt()

    assert call(news("somebody-elses")).status_code == 200

    assert not CallbackReceipt.objects.exists()


def test_it_keeps_only_so_many_ids(call, make_attempt):
    make_attempt(State.UNCERTAIN)

    for n in range(12):
        assert call(news(f"veo-{n}")).status_code == 200

    assert CallbackReceipt.objects.count() == 8


def test_it_leaves_alone_what_is_over(call, make_attempt, woken):
    make_attempt(State.FAILED)

    assert call(news("veo-late")).status_code == 200

    assert not CallbackReceipt.objects.exists()
    assert not woken


def test_it_knows_no_such_token(call, make_attempt, woken, django_assert_num_queries):
    attempt = make_attempt()

    with django_assert_num_queries(1):  # it only looks
        response = call(news(attempt.provider_task_id), url="/hooks/kie/guessed/")

    assert response.status_code == 404
    assert not woken


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"[]",
        b"null",
        b"[" * 60_000,
        b'{"data": {}}',
        b'{"data": {"taskId": "a", "task_id": "b"}}',
        b'{"data": {"taskId": ["a"]}}',
    ],
)
def test_it_cannot_read_that(call, make_attempt, woken, body):
    make_attempt()

    assert call(body).status_code == 400
    assert not CallbackReceipt.objects.exists()
    assert not woken


def test_it_refuses_large_bodies(call, make_attempt):
    attempt = make_attempt()
    body = {**news(attempt.provider_task_id), "more": "x" * 65_536}

    assert call(body).status_code == 413


def test_it_takes_json_only(client, make_attempt):
    attempt = make_attempt()
    body = json.dumps(news(attempt.provider_task_id))

    assert client.post(URL, body, content_type="text/plain").status_code == 415


def test_it_refuses_to_be_read(client, make_attempt):
    make_attempt()

    assert client.get(URL).status_code == 405


def test_it_takes_a_signature(call, make_attempt, signed, now):
    make_attempt(State.UNCERTAIN)

    assert call(news("veo-1"), **signature("veo-1", now)).status_code == 200

    assert CallbackReceipt.objects.exists()


def test_it_refuses_what_is_not_signed_right(call, make_attempt, signed, now, woken):
    attempt = make_attempt()
    task_id = attempt.provider_task_id
    for headers in (
        {},
        signature(task_id, now, key="a false key"),
        signature("another", now),
        {**signature(task_id, now), "X-Webhook-Timestamp": "0"},
        {**signature(task_id, now), "X-Webhook-Signature": "é"},
    ):
        assert call(news(task_id), **headers).status_code == 403

    assert not CallbackReceipt.objects.exists()
    assert not woken


@pytest.mark.parametrize("age", [301, -400, 86_400])
def test_it_only_looks_when_the_signature_is_old(
    call, make_attempt, signed, now, woken, age
):
    attempt = make_attempt()
    task_id = attempt.provider_task_id

    response = call(news(task_id), **signature(task_id, now, age=age))

    assert response.status_code == 200
    assert not CallbackReceipt.objects.exists()
    assert woken == [Wake.POLL]


def test_it_leaves_no_token_in_the_log(call, make_attempt, caplog):
    call(news("veo-1"), url="/hooks/kie/secret-canary/")
    formatters = (h.formatter for h in logging.getLogger().handlers)
    console = next(f for f in formatters if isinstance(f, ProcessorFormatter))

    lines = [console.format(record) for record in caplog.records]

    assert any("/hooks/kie/" in line for line in lines)
    assert not any("canary" in line for line in lines)
