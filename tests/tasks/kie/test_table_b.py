"""One test a row of table B: what KIE says to a POST that buys."""

import json

import httpx
import pytest

from tasks.kie.errors import FAULTS, Blame, Category, Verdict

from .conftest import CALLBACK, KEY, TOKEN, make_request

GENERATE = "https://api.kie.ai/api/v1/veo/generate"


@pytest.fixture
def buy(kie, respx_mock):
    def answered(status=200, **answer):
        respx_mock.post(GENERATE).mock(httpx.Response(status, **answer))
        outcome = kie.generate(make_request(), callback_url=CALLBACK)
        assert (outcome.fault is None) == (outcome.verdict is Verdict.ACCEPTED)
        return outcome

    return answered


def envelope(code, msg="", data=None):
    return {"code": code, "msg": msg, "data": data}


@pytest.mark.parametrize("code", [200, "200"])
@pytest.mark.parametrize("name", ["taskId", "task_id"])
def test_it_takes_the_task_id(buy, code, name):
    outcome = buy(json=envelope(code, "success", {name: "veo_task_9f3c2a71"}))
    assert outcome.verdict is Verdict.ACCEPTED
    assert outcome.task_id == "veo_task_9f3c2a71"
    assert (outcome.http_status, outcome.provider_code) == (200, 200)


@pytest.mark.parametrize("http_status", [200, None])
@pytest.mark.parametrize(
    ("code", "slug", "verdict", "category", "blame"),
    [
        (400, "invalid_parameter", "refused", "parameter", "task"),
        (401, "key_invalid", "refused", "api", "key"),
        (402, "no_credits", "refused", "api", "account"),
        (403, "client_blocked", "refused", "api", "provider"),
        (404, "endpoint_missing", "refused", "api", "provider"),
        (408, "upstream_timeout", "uncertain", "api", "task"),
        (422, "invalid_parameter", "refused", "parameter", "task"),
        (429, "rate_limited", "refused", "api", "account"),
        (433, "key_limit", "refused", "api", "key"),
        (451, "image_fetch", "refused", "file", "task"),
        (455, "maintenance", "refused", "api", "provider"),
        (500, "server_error", "uncertain", "api", "task"),
        (501, "generation_failed", "refused", "api", "task"),
        (505, "feature_off", "refused", "api", "model"),
        (531, "unknown_code", "uncertain", "api", "task"),
        (418, "unknown_code", "uncertain", "api", "task"),
        (521, "unknown_code", "uncertain", "api", "task"),
    ],
)
def test_it_knows_the_code(buy, http_status, code, slug, verdict, category, blame):
    outcome = buy(http_status or code, json=envelope(code, "Words of KIE"))
    assert outcome.fault is FAULTS[slug]
    assert outcome.verdict is outcome.fault.verdict is Verdict(verdict)
    assert outcome.fault.category is Category(category)
    assert outcome.fault.blame is Blame(blame)
    assert outcome.text == "Words of KIE"
    assert outcome.provider_code == code


@pytest.mark.parametrize(
    ("status", "slug"),
    [
        (200, "answer_unreadable"),
        (302, "redirected"),
        (400, "invalid_parameter"),
        (401, "key_invalid"),
        (402, "no_credits"),
        (403, "client_blocked"),
        (404, "endpoint_missing"),
        (405, "endpoint_missing"),
        (408, "upstream_timeout"),
        (413, "invalid_parameter"),
        (415, "invalid_parameter"),
        (422, "invalid_parameter"),
        (425, "upstream_timeout"),
        (429, "rate_limited"),
        (499, "upstream_timeout"),
        (500, "gateway_error"),
        (501, "answer_unreadable"),
        (502, "gateway_error"),
        (503, "gateway_error"),
        (504, "gateway_error"),
        (520, "gateway_error"),
        (521, "origin_unreachable"),
        (522, "origin_unreachable"),
        (523, "origin_unreachable"),
        (524, "gateway_error"),
        (525, "origin_unreachable"),
        (526, "origin_unreachable"),
    ],
)
def test_it_judges_a_page_by_its_status(buy, status, slug):
    outcome = buy(status, html="<html><h1>Bad\ngateway</h1></html>")
    assert outcome.fault is FAULTS[slug]
    assert outcome.provider_code is None
    assert outcome.text == "<html><h1>Bad gateway</h1></html>"


def test_it_does_not_take_a_blocked_client_for_a_bad_key(buy):
    assert buy(403, text="error code: 1010").fault.blame is Blame.PROVIDER


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[200]",
        b'"200"',
        b'{"code": true, "data": {"taskId": "x"}}',
        b'{"code": 200.5, "data": {"taskId": "x"}}',
        b'{"code": null}',
        b'{"code": 1e999999999999999999999}',
        b'{"code": ' + b"9" * 5000 + b"}",
        b'{"msg": "success"}',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"\xff\xfe\x00garbage",
        b'{"code": 200, "data": {"taskId": "x"',
    ],
)
def test_it_leaves_open_what_rubbish_means(buy, body):
    outcome = buy(content=body)
    assert outcome.fault is FAULTS["answer_unreadable"]
    assert outcome.verdict is Verdict.UNCERTAIN


@pytest.mark.parametrize(
    "data",
    [None, "", [], {}, "veo_task", {"taskId": None}, {"taskId": ""}]
    + [{"taskId": True}, {"taskId": "a b"}, {"taskId": "x" * 129}, {"taskId": {}}],
)
def test_it_leaves_open_a_success_without_a_task(buy, data):
    assert buy(json=envelope(200, "success", data)).fault is FAULTS["no_task_id"]


@pytest.mark.parametrize(
    ("status", "code", "slug"),
    [
        (500, 200, "server_error"),
        (500, 422, "server_error"),
        (422, 500, "server_error"),
        (502, 402, "gateway_error"),
        (418, 401, "unknown_code"),
        (400, 402, "no_credits"),
        (429, 200, "rate_limited"),
        (302, 200, "redirected"),
    ],
)
def test_it_believes_the_worse_of_two(buy, status, code, slug):
    assert buy(status, json=envelope(code)).fault is FAULTS[slug]


@pytest.mark.parametrize(("status", "code"), [(200, 402), (429, 200), (200, 422)])
def test_it_leaves_open_a_refusal_that_names_a_task(buy, status, code):
    outcome = buy(status, json=envelope(code, data={"taskId": "veo_1"}))
    assert outcome.fault is FAULTS["answer_contradicts"]
    assert outcome.task_id == "veo_1"


def test_it_keeps_the_task_named_beside_a_server_error(buy):
    outcome = buy(500, json=envelope(200, data={"taskId": "veo_1"}))
    assert (outcome.verdict, outcome.task_id) == (Verdict.UNCERTAIN, "veo_1")


@pytest.mark.parametrize(
    ("code", "msg", "slug"),
    [
        (400, "Your prompt was flagged by Website as violating content policies.", "content_policy"),
        (422, "Your request was rejected by Flow(unsafe).", "content_policy"),
        (400, "PUBLIC_ERROR_MINOR_UPLOAD", "image_policy"),
        (400, "public error prominent people upload", "image_policy"),
        (400, "public error unsafe image upload", "image_policy"),
        (422, "Images size exceeds limit", "image_rejected"),
        (422, "File type not supported", "image_rejected"),
        (422, "imageUrls must be an array", "image_rejected"),
        (400, "Failed to fetch the image. Kindly verify any access limits set by you.", "image_fetch"),
        (400, "Only English prompts are supported at this time.", "english_only"),
        (422, "The model name you specified is not supported", "model_unavailable"),
        (422, "Invalid model", "model_unavailable"),
        (422, "Credits insufficient. Please top up to continue.", "no_credits"),
        (400, "Internal Error, Please try again later.", "provider_hiccup"),
        (422, "Ratio error", "invalid_parameter"),
        (500, "Your prompt was flagged by Website", "server_error"),
        (401, "image", "key_invalid"),
        (429, "The call frequency is too high, please try again later.", "rate_limited"),
    ],
)  # fmt: skip
def test_it_tells_the_meanings_of_a_code_apart(buy, code, msg, slug):
    assert buy(json=envelope(code, msg)).fault is FAULTS[slug]
    assert buy(json={"code": code, "message": msg}).fault is FAULTS[slug]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("0.5", 0.5), ("-3", 0), ("99999999", 300), ("inf", None), ("nan", None)]
    + [("", None), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)]
    + [("Wed, 21 Oct 9999 07:28:00 GMT", 300), ("Wed, 99 Oct 2099 07:28:00 GMT", None)],
)
def test_it_reads_how_long_to_wait(buy, value, seconds):
    outcome = buy(429, json=envelope(429), headers={"Retry-After": value})
    assert outcome.retry_after == seconds


def test_it_keeps_secrets_and_control_letters_out_of_the_words(buy):
    msg = f"Bad\x00 key\n{KEY} for {CALLBACK} \ud83d" + "x" * 900
    outcome = buy(content=json.dumps(envelope(401, msg)).encode())
    assert outcome.text.startswith(
        "Bad key … for https://video.example.org/hooks/kie/…/"
    )
    assert len(outcome.text) == 200
    assert KEY not in repr(outcome)
    assert TOKEN not in repr(outcome)


def test_it_keeps_the_key_out_of_the_words_of_a_page(buy):
    assert KEY not in buy(502, html=f"<pre>Authorization: Bearer {KEY}</pre>").text
