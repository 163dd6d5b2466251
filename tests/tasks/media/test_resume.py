"""What was received before a cut is used again when it is certain to fit, else not."""

import hashlib
import os

import pytest

from tests.tasks.media.fileserver import cut_at, files, head, ranges, whole


def test_it_resumes_after_a_cut(server, fetch, fault, content, tmp_path):
    server.answer = cut_at(content, 40_000)
    assert fault() == "interrupted"
    assert files(tmp_path) == ["one.part", "one.part.etag"]
    server.answer = whole(content)
    assert fetch().sha256 == hashlib.sha256(content).hexdigest()
    assert ranges(server) == [None, "bytes=40000-"]
    assert files(tmp_path) == ["one.mp4"]


def test_it_resumes_twice(server, fetch, fault, content):
    server.answer = cut_at(content, 20_000)
    assert fault() == "interrupted"

    def half(request):
        start = int(request["range"][6:-1])
        rest = content[start:]
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return [head(206, Content_Range=span, Content_Length=len(rest)), rest[:9000]]

    server.answer = half
    assert fault() == "interrupted"
    server.answer = whole(content)
    assert fetch().size == len(content)
    assert ranges(server) == [None, "bytes=20000-", "bytes=29000-"]


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_it_does_not_resume_without_a_strong_etag(
    server, fetch, fault, content, tmp_path, etag
):
    server.answer = cut_at(content, 40_000, ETag=etag)
    assert fault() == "interrupted"
    assert files(tmp_path) == []
    server.answer = whole(content)
    fetch()
    assert ranges(server) == [None, None]


def test_it_starts_over_when_the_file_has_changed(server, fetch, fault, content):
    server.answer = cut_at(bytes(len(content)), 40_000)
    assert fault() == "interrupted"
    server.answer = whole(content, ETag='"two"')
    assert fetch().sha256 == hashlib.sha256(content).hexdigest()
    assert ranges(server) == [None, "bytes=40000-"]


@pytest.mark.parametrize(
    "refusal",
    [
        lambda total: head(416, Content_Range=f"bytes */{total}", Content_Length=0),
        lambda total: head(206, Content_Range=f"bytes 0-9/{total}", Content_Length=0),
        lambda total: head(206, Content_Range="bytes 40000-50000/50001"),
        lambda total: head(206),
    ],
)
def test_it_starts_over_when_it_cannot_go_on(server, fetch, fault, content, refusal):
    server.answer = cut_at(content, 40_000)
    assert fault() == "interrupted"

    def answer(request):
        if "range" in request:
            return [refusal(len(content))]
        return whole(content)(request)

    server.answer = answer
    assert fetch().sha256 == hashlib.sha256(content).hexdigest()
    assert ranges(server) == [None, "bytes=40000-", None]


def test_it_does_not_trust_a_part_left_by_a_crash(server, fetch, content, tmp_path):
    (tmp_path / ".partial").mkdir()
    (tmp_path / ".partial" / "one.part").write_bytes(bytes(30_000))
    server.answer = whole(content)
    assert fetch().sha256 == hashlib.sha256(content).hexdigest()
    assert ranges(server) == [None]


def test_it_starts_over_when_the_part_is_shorter_than_noted(
    server, fetch, fault, content, tmp_path
):
    server.answer = cut_at(content, 40_000)
    assert fault() == "interrupted"
    os.truncate(tmp_path / ".partial" / "one.part", 100)
    server.answer = whole(content)
    assert fetch().size == len(content)
    assert ranges(server) == [None, None]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_it_says_that_a_link_has_expired(server, fetch, fault, content, status):
    server.answer = cut_at(content, 40_000)
    assert fault() == "interrupted"
    server.answer = lambda request: [head(status, Content_Length=0)]
    assert fault() == "expired"
    server.answer = whole(content)
    fetch()  # by a fresh link, from where it was
    assert ranges(server)[-1] == "bytes=40000-"
