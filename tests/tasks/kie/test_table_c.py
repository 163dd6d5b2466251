"""One test a row of table C: what record-info says about a task."""

import asyncio
import json
import time

import httpx
import pytest

from tasks.kie.client import ask
from tasks.kie.errors import FAULTS, Category
from tasks.kie.replies import Phase
from tasks.kie.wire import tls

from .conftest import CALLBACK, HASTE, KEY, TOKEN

RECORD_INFO = "https://api.kie.ai/api/v1/veo/record-info"
CLIP = "https://tempfile.aiquickdraw.com/v/9f3c2a71_1796000101.mp4"


def record(**fields):
    """A record as documented, running (kie-api §2.2)."""
    return {
        "taskId": "veo_task_9f3c2a71",
        "paramJson": '{"prompt":"Slow push-in","aspectRatio":"16:9"}',
        "response": None,
        "successFlag": 0,
        "errorCode": None,
        "errorMessage": "",
        "createTime": 1796000000000,
        "completeTime": None,
        "fallbackFlag": False,
        **fields,
    }


@pytest.fixture
def query(kie, respx_mock):
    """Ask with both clients: they must agree."""

    def answered(status=200, **answer):
        route = respx_mock.get(RECORD_INFO, params={"taskId": "veo_task_9f3c2a71"})
        route.mock(return_value=httpx.Response(status, **answer))
        progress = kie.record_info("veo_task_9f3c2a71")
        assert asyncio.run(ask_once("https://api.kie.ai/")) == progress
        return progress

    return answered


async def ask_once(base_url):
    async with httpx.AsyncClient(verify=tls(), trust_env=False) as http:
        return await ask(
            http,
            base_url=base_url,
            api_key=KEY,
            task_id="veo_task_9f3c2a71",
            timeouts=HASTE,
        )


@pytest.fixture
def reading(query):
    def read(**fields):
        return query(json={"code": 200, "msg": "success", "data": record(**fields)})

    return read


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"successFlag": "0"},
        {"successFlag": None},
        {"successFlag": 7},
        {"successFlag": True},
        {"response": {"originUrls": [CLIP], "resultUrls": None}},
        {"completeTime": 1796000101000},
        {"errorCode": 500},
        {"errorMessage": "busy"},
    ],
)
def test_it_runs(reading, fields):
    progress = reading(**fields)
    assert (progress.phase, progress.fault) == (Phase.RUNNING, None)
    assert progress.urls == ()


@pytest.mark.parametrize("flag", [1, "1"])
def test_it_succeeds(reading, flag):
    progress = reading(successFlag=flag, response={"resultUrls": [CLIP]})
    assert (progress.phase, progress.urls) == (Phase.SUCCEEDED, (CLIP,))


@pytest.mark.parametrize(
    "response", [None, {}, {"resultUrls": []}, {"originUrls": [CLIP]}]
)
def test_it_is_not_done_before_there_is_a_link(reading, response):
    progress = reading(successFlag=1, response=response)
    assert (progress.phase, progress.fault) == (Phase.RUNNING, FAULTS["no_link"])


@pytest.mark.parametrize("flag", [2, 3, "3"])
@pytest.mark.parametrize(
    ("code", "message", "slug", "retry"),
    [
        (400, "The Google model was unable to generate audio for this request.", "audio_failed", True),
        (400, "Your prompt was flagged by Website as violating content policies.", "content_policy", False),
        ("400", "public error minor upload", "image_policy", False),
        (422, "Your request was rejected by Flow(x).", "content_policy", False),
        (400, "Something else", "invalid_parameter", False),
        (400, "Please try again later", "provider_hiccup", True),
        (451, "", "image_fetch", False),
        (500, "Internal Error, Please try again later.", "provider_hiccup", True),
        (500, "", "provider_hiccup", True),
        (None, "Timeout", "provider_hiccup", True),
        (501, "Video generation failed", "generation_failed", True),
        (None, "", "failed_unexplained", False),
        (777, "Strange", "failed_unexplained", False),
    ],
)  # fmt: skip
def test_it_failed(reading, flag, code, message, slug, retry):
    progress = reading(successFlag=flag, errorCode=code, errorMessage=message)
    assert (progress.phase, progress.fault) == (Phase.FAILED, FAULTS[slug])
    assert progress.fault.retry is retry
    assert progress.text == message
    assert progress.provider_code == (int(code) if code else None)
    assert progress.is_certain


@pytest.mark.parametrize(
    "seen", [{"errorCode": 500}, {"completeTime": "2025-06-06 10:30:00"}]
)
def test_it_half_believes_a_failure_that_still_runs(reading, seen):
    progress = reading(errorMessage="Timeout", **seen)
    assert progress.phase is Phase.FAILED
    assert not progress.is_certain


@pytest.mark.parametrize(
    ("code", "msg", "slug"),
    [
        (501, "Video generation failed", "generation_failed"),
        (400, "Your prompt was flagged by Website", "content_policy"),
        (451, "Failed to fetch the image.", "image_fetch"),
    ],
)
def test_it_half_believes_a_failure_told_by_the_outer_code(query, code, msg, slug):
    progress = query(json={"code": code, "msg": msg, "data": None})
    assert (progress.phase, progress.fault) == (Phase.FAILED, FAULTS[slug])
    assert not progress.is_certain


def test_it_reads_the_record_beside_an_outer_code(query):
    data = record(successFlag=3, errorCode=501, errorMessage="Video generation failed")
    progress = query(json={"code": 501, "msg": "failed", "data": data})
    assert progress.fault is FAULTS["generation_failed"]
    assert progress.is_certain


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"code": 422, "msg": "recordInfo is null", "data": None}),
        (422, {"code": 422, "msg": "record is null"}),
        (200, {"code": 422, "msg": "record result data is blank"}),
        (200, {"code": 404, "msg": "not found"}),
        (404, {"code": 404, "msg": "not found"}),
        (200, {"code": 200, "msg": "success", "data": None}),
    ],
)
def test_it_is_not_visible(query, status, body):
    progress = query(status, json=body)
    assert (progress.phase, progress.fault) == (Phase.NOT_VISIBLE, None)


def test_it_is_gone_after_14_days(query):
    progress = query(json={"code": 422, "msg": "Only supports records within 14 days"})
    assert progress.phase is Phase.NOT_VISIBLE
    assert progress.fault is FAULTS["record_gone"]


@pytest.mark.parametrize("http_status", [200, None])
@pytest.mark.parametrize(
    ("code", "slug"),
    [(401, "key_invalid"), (402, "no_credits"), (403, "client_blocked")]
    + [(429, "rate_limited"), (433, "key_limit"), (455, "maintenance")]
    + [(500, "query_failed"), (502, "query_failed"), (408, "query_failed")],
)
def test_it_tells_why_the_question_failed(query, http_status, code, slug):
    progress = query(http_status or code, json={"code": code, "data": None})
    assert (progress.phase, progress.fault) == (Phase.QUERY_FAILED, FAULTS[slug])


@pytest.mark.parametrize("status", [400, 451, 500, 501, 502, 520])
def test_it_never_fails_a_task_for_a_page(query, status):
    progress = query(status, html="<h1>gateway</h1>")
    assert progress.phase is Phase.QUERY_FAILED


@pytest.mark.parametrize("data", ["text", 5, [], [1], True])
def test_it_cannot_read_a_record_of_another_shape(query, data):
    progress = query(json={"code": 200, "data": data})
    assert progress.phase is Phase.QUERY_FAILED
    assert progress.fault is FAULTS["query_unreadable"]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[[", b'{"data":{}}'])
def test_it_cannot_read_rubbish(query, body):
    assert query(content=body).fault is FAULTS["query_unreadable"]


def test_it_fails_only_the_question_when_the_body_says_200_and_the_status_not(query):
    progress = query(503, json={"code": 200, "data": record(successFlag=2)})
    assert progress.phase is Phase.QUERY_FAILED


def test_it_passes_on_how_long_to_wait(query):
    assert query(429, html="slow", headers={"Retry-After": "9"}).retry_after == 9


@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, OSError]
)
def test_it_survives_a_broken_wire(kie, respx_mock, error):
    respx_mock.get().mock(side_effect=error("secret words"))
    progress = kie.record_info("veo_1")
    assert progress.phase is Phase.QUERY_FAILED
    assert progress.fault.category is Category.NETWORK
    assert progress.text == error.__name__
    assert asyncio.run(ask_once("https://api.kie.ai")) == progress


def test_it_survives_an_impossible_address(make_kie):
    assert make_kie("https://x:port").record_info("a").phase is Phase.QUERY_FAILED
    assert asyncio.run(ask_once("https://x:port")).phase is Phase.QUERY_FAILED


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 X\r\nContent-Length: 9999\r\n\r\n"]
)
def test_it_does_not_wait_for_a_trickle(serve, make_kie, head):
    def trickle(server, connection):
        server.read(connection)
        connection.sendall(head)
        while not server.over.wait(0.04):
            connection.sendall(b"H")

    server = serve(trickle)
    began = time.monotonic()
    assert make_kie(server.url).record_info("a").phase is Phase.QUERY_FAILED
    assert asyncio.run(ask_once(server.url)).phase is Phase.QUERY_FAILED
    assert time.monotonic() - began < 2.5


def test_it_keeps_the_key_out_of_the_reason(reading):
    progress = reading(successFlag=2, errorMessage=f"{KEY} is no good")
    assert progress.text == "… is no good"


def test_it_keeps_the_callback_out_of_sight(reading):
    progress = reading(paramJson={"callBackUrl": CALLBACK})
    assert progress.callback_url == CALLBACK
    assert TOKEN not in repr(progress)


@pytest.mark.parametrize(
    "stored",
    [
        '{"prompt":"Gulls","callBackUrl":"https://v.example.org/c/"}',
        {"prompt": "Gulls", "callBackUrl": "https://v.example.org/c/"},
        json.dumps(
            json.dumps({"prompt": "Gulls", "callbackUrl": "https://v.example.org/c/"})
        ),
        '{"callBackUrl":"https://v.example.org/c/","input":{"prompt":"Gulls"}}',
    ],
)
def test_it_gives_back_what_was_asked(reading, stored):
    progress = reading(paramJson=stored)
    assert progress.prompt == "Gulls"
    assert progress.callback_url == "https://v.example.org/c/"


@pytest.mark.parametrize("stored", [None, "", "prompt", "[1]", [1], {"prompt": 5}])
def test_it_does_without_what_was_asked(reading, stored):
    progress = reading(paramJson=stored)
    assert (progress.prompt, progress.callback_url) == (None, None)
