"""Calls that are free: the balance, uploads, links; and what every call has in common."""

import base64
import tomllib
import traceback
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from tasks.kie.client import Kie
from tasks.kie.errors import FAULTS
from tasks.kie.replies import KieError, KieGarbled, KieRefused, KieUnreachable
from tasks.kie.wire import USER_AGENT, tls

from .conftest import CALLBACK, KEY, http, make_request

CREDIT = "https://api.kie.ai/api/v1/chat/credit"
LINK = "https://api.kie.ai/api/v1/common/download-url"
UPLOAD = "https://kieai.redpandaai.co/api/file-{}-upload"
PICTURE = "https://tempfile.redpandaai.co/kieai/48213/reelbatch/b17-shot-003-4be1.jpg"
UPLOADED = {
    "success": True,
    "code": 200,
    "msg": "File uploaded successfully",
    "data": {"fileName": "b17.jpg", "downloadUrl": PICTURE, "fileSize": 412345},
}


def test_it_says_who_it_is(serve, make_kie):
    def answer(server, connection):
        server.read(connection)
        connection.sendall(http(200, '{"code":200,"data":{"taskId":"veo_1"}}'))

    server = serve(answer)
    make_kie(server.url).generate(make_request(), callback_url=CALLBACK)
    [(head, body)] = server.requests
    lines = head.lower().split("\r\n")
    assert lines[0] == "post /api/v1/veo/generate http/1.1"
    assert f"authorization: bearer {KEY}" in lines
    assert "user-agent: " + USER_AGENT.lower() in lines
    assert "accept-encoding: identity" in lines
    assert "content-type: application/json" in lines
    assert body == make_request().encode(CALLBACK)


def test_it_names_the_version_of_the_project():
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert f"VeoPlatform/{project['version']}" == USER_AGENT


def test_it_heeds_no_proxy_of_the_environment(serve, make_kie, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    body = http(200, '{"code":200,"data":7}')
    server = serve(lambda s, c: (s.read(c), c.sendall(body)))
    assert make_kie(server.url).credit() == 7


def test_it_makes_the_tls_context_once():
    assert tls() is tls()


def test_it_hides_its_key():
    with Kie(KEY, base_url="https://api.kie.ai", upload_url="https://u") as kie:
        assert KEY not in repr(kie)
        assert KEY not in str(kie)


@pytest.mark.parametrize(
    ("data", "balance"),
    [
        ("5780.03", "5780.03"),
        ("5780", "5780"),
        ('"12.50"', "12.50"),
        ("0", "0"),
        ("-3", "-3"),
    ],
)
def test_it_reads_the_balance(kie, respx_mock, data, balance):
    body = f'{{"code":200,"msg":"success","data":{data}}}'
    respx_mock.get(CREDIT).mock(httpx.Response(200, text=body))
    assert kie.credit() == Decimal(balance)


@pytest.mark.parametrize(
    "data", ["null", "true", '"much"', "NaN", "{}", "1e99999", "[]"]
)
def test_it_takes_no_balance_that_is_none(kie, respx_mock, data):
    respx_mock.get(CREDIT).mock(
        httpx.Response(200, text=f'{{"code":200,"data":{data}}}')
    )
    with pytest.raises(KieGarbled):
        kie.credit()


@pytest.mark.parametrize("status", [200, 401])
def test_it_says_why_it_was_refused(kie, respx_mock, status):
    answer = {"code": 401, "msg": f"No access for {KEY}"}
    respx_mock.get(CREDIT).mock(httpx.Response(status, json=answer))
    with pytest.raises(KieRefused, match="key_invalid: No access for …") as caught:
        kie.credit()
    assert caught.value.fault is FAULTS["key_invalid"]
    assert caught.value.provider_code == 401


@pytest.mark.parametrize("status", [500, 502, 520, 408])
def test_it_cannot_reach_a_broken_server(kie, respx_mock, status):
    respx_mock.get(CREDIT).mock(httpx.Response(status, html="<h1>oops</h1>"))
    with pytest.raises(KieUnreachable):
        kie.credit()


@pytest.mark.parametrize("code", [500, 531])
def test_it_cannot_reach_a_server_in_trouble(kie, respx_mock, code):
    respx_mock.get(CREDIT).mock(httpx.Response(200, json={"code": code}))
    with pytest.raises(KieUnreachable):
        kie.credit()


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"data": 5}'])
def test_it_takes_no_page_for_an_answer(kie, respx_mock, body):
    respx_mock.get(CREDIT).mock(httpx.Response(200, content=body))
    with pytest.raises(KieGarbled):
        kie.credit()


def test_it_keeps_the_key_out_of_errors(kie, respx_mock):
    respx_mock.get(CREDIT).mock(
        side_effect=httpx.LocalProtocolError(f"Illegal header value {KEY}")
    )
    with pytest.raises(KieUnreachable) as caught:
        kie.credit()
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_it_uploads_a_stream(kie, respx_mock):
    route = respx_mock.post(UPLOAD.format("stream")).respond(json=UPLOADED)
    upload = kie.upload_stream(
        b"\xff\xd8jpeg", "b17.jpg", "reelbatch/b17", "image/jpeg"
    )
    assert (upload.url, upload.expires) == (PICTURE, None)
    request = route.calls.last.request
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    sent = request.content
    assert b'name="uploadPath"\r\n\r\nreelbatch/b17\r\n' in sent
    assert b'name="fileName"\r\n\r\nb17.jpg\r\n' in sent
    assert b'name="file"; filename="b17.jpg"\r\nContent-Type: image/jpeg' in sent
    assert b"\xff\xd8jpeg" in sent


def test_it_uploads_base64(kie, respx_mock):
    encoded = base64.b64encode(b"png").decode()
    respx_mock.post(
        UPLOAD.format("base64"),
        json={
            "base64Data": f"data:image/png;base64,{encoded}",
            "uploadPath": "b17",
            "fileName": "a.png",
        },
    ).respond(json=UPLOADED)
    assert kie.upload_base64(b"png", "a.png", "b17", "image/png").url == PICTURE


def test_it_uploads_from_an_address(kie, respx_mock):
    respx_mock.post(
        UPLOAD.format("url"),
        json={
            "fileUrl": "https://a.example/x.jpg",
            "uploadPath": "b",
            "fileName": "x.jpg",
        },
    ).respond(json=UPLOADED)
    assert kie.upload_url("https://a.example/x.jpg", "x.jpg", "b").url == PICTURE


@pytest.mark.parametrize(
    ("expires", "moment"),
    [
        ("2026-11-21T10:15:30.000Z", datetime(2026, 11, 21, 10, 15, 30, tzinfo=UTC)),
        ("2026-11-21 10:15:30", datetime(2026, 11, 21, 10, 15, 30, tzinfo=UTC)),
        ("tomorrow", None),
        (None, None),
    ],
)
def test_it_reads_the_upload_as_documented(kie, respx_mock, expires, moment):
    data = {"fileId": "f1", "fileUrl": PICTURE, "expiresAt": expires}
    respx_mock.post(UPLOAD.format("url")).respond(json={**UPLOADED, "data": data})
    upload = kie.upload_url("https://a.example/x.jpg", "x.jpg", "b")
    assert (upload.url, upload.expires) == (PICTURE, moment)


@pytest.mark.parametrize(
    ("status", "code", "slug"),
    [
        (400, 400, "invalid_parameter"),
        (401, 401, "key_invalid"),
        (200, 429, "rate_limited"),
    ],
)
def test_it_says_why_an_upload_was_refused(kie, respx_mock, status, code, slug):
    answer = {"success": False, "code": code, "msg": "Missing required parameter"}
    respx_mock.post(UPLOAD.format("url")).respond(status, json=answer)
    with pytest.raises(KieRefused) as caught:
        kie.upload_url("https://a.example/x.jpg", "x.jpg", "b")
    assert caught.value.fault is FAULTS[slug]


@pytest.mark.parametrize(
    "data", [None, {}, [], {"downloadUrl": 5}, {"fileUrl": "ftp://x/"}]
)
def test_it_takes_no_upload_without_an_address(kie, respx_mock, data):
    respx_mock.post(UPLOAD.format("url")).respond(json={**UPLOADED, "data": data})
    with pytest.raises(KieGarbled):
        kie.upload_url("https://a.example/x.jpg", "x.jpg", "b")


def test_it_renews_a_link(kie, respx_mock):
    fresh = "https://cdn.example-files.net/s/1796000101/9f3c2a71.mp4?sig=x"
    respx_mock.post(LINK, json={"url": PICTURE}).respond(
        json={"code": 200, "msg": "success", "data": fresh}
    )
    assert kie.download_url(PICTURE) == fresh


def test_it_renews_no_link_that_is_not_theirs(kie, respx_mock):
    respx_mock.post(LINK).respond(json={"code": 422, "msg": "not a file of ours"})
    with pytest.raises(KieError, match="not a file of ours"):
        kie.download_url("https://elsewhere.example/x.mp4")


def test_it_says_that_a_server_is_away(make_kie):
    with pytest.raises(KieUnreachable, match="ConnectError"):
        make_kie("http://127.0.0.1:9").credit()
