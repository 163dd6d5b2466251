import base64

import pytest

from tests.tasks.simulator.conftest import Caller, jpeg


def posted(caller, how, **fields):
    return caller.kie.http.post(
        f"/api/file-{how}-upload", json=fields, headers=caller.headers
    )


def test_it_takes_a_stream_as_it_is(caller):
    content = b"\r\n--x\n\r" + bytes(range(256)) + b"\r\n"
    body = caller.upload(content, "odd name.jpg").json()
    assert (body["success"], body["code"]) == (True, 200)
    assert body["data"]["fileName"] == "odd name.jpg"
    assert body["data"]["fileSize"] == len(content)
    response = caller.kie.http.get(body["data"]["downloadUrl"])
    assert response.content == content
    assert response.headers["content-type"] == "image/jpeg"


def test_it_takes_base64(caller):
    text = "data:image/png;base64," + base64.b64encode(b"png").decode()
    body = posted(caller, "base64", base64Data=text, uploadPath="a").json()
    assert body["data"]["mimeType"] == "image/png"
    assert caller.kie.http.get(body["data"]["downloadUrl"]).content == b"png"


def test_it_takes_an_address(caller):
    url = caller.upload(jpeg()).json()["data"]["downloadUrl"]
    body = posted(caller, "url", fileUrl=url, uploadPath="copy").json()
    assert caller.kie.http.get(body["data"]["downloadUrl"]).content == jpeg()


def test_it_overwrites_the_same_name(caller):
    urls = [
        caller.upload(content).json()["data"]["downloadUrl"] for content in (b"a", b"b")
    ]
    assert urls[0] == urls[1]
    assert caller.kie.http.get(urls[0]).content == b"b"


@pytest.mark.parametrize(
    ("how", "fields", "msg"),
    [
        ("base64", {"base64Data": "aGk="}, "Missing required parameter: uploadPath"),
        ("base64", {"base64Data": "!", "uploadPath": "a"}, "Base64 decoding failed"),
        ("url", {"uploadPath": "a"}, "Missing required parameter: fileUrl"),
        ("url", {"fileUrl": "http://127.0.0.1:9/", "uploadPath": "a"}, "Failed to"),
        ("stream", {"uploadPath": "a"}, "Missing required parameter: file"),
    ],
)
def test_it_refuses_in_its_own_dress(caller, how, fields, msg):
    response = posted(caller, how, **fields)
    body = response.json()
    assert (response.status_code, body["success"], body["code"]) == (400, False, 400)
    assert body["msg"].startswith(msg)


def test_it_refuses_an_unknown_key(shared):
    response = Caller(shared, "sk-nobody").upload(b"x")
    assert response.status_code == 401
    assert response.json()["msg"] == "Authentication failed: Invalid API Key"
