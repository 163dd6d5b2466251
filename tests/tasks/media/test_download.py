"""A clip is stored whole under its name, or nothing is, whatever the server does."""

import errno
import hashlib
import os
import resource
import threading
import time

import pytest

from tasks.media import download as module
from tasks.media.download import DownloadFault
from tasks.media.guard import guarded_client
from tests.tasks.media.fileserver import FileServer, files, head, whole


def test_it_stores_a_clip(server, fetch, content, tmp_path):
    server.answer = whole(content)
    stored = fetch()
    assert stored.size == len(content)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert (tmp_path / "clips" / "one.mp4").read_bytes() == content
    assert files(tmp_path) == ["one.mp4"]


def test_it_stores_a_chunked_clip(server, fetch, content):
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)
    server.answer = lambda request: [head(Transfer_Encoding="chunked"), body]
    assert fetch().size == len(content)


def test_it_sends_no_secret(server, client, fetch, content):
    client.headers["Authorization"] = "Bearer canary"
    server.answer = whole(content)
    fetch()
    request = server.requests[0]
    assert "authorization" not in request
    assert request["accept-encoding"] == "identity"


@pytest.mark.parametrize("status", [204, 206, 304, 416, 429, 500, 503])
def test_it_says_that_there_is_no_file(server, fault, status):
    server.answer = lambda request: [head(status, Content_Length=0)]
    assert fault() == "unavailable"


@pytest.mark.parametrize(
    "answer",
    [
        [head(Content_Type="text/html; charset=utf-8"), b"<html>" * 9000],
        [head(Content_Type="application/json"), b"{}"],
        [head(Content_Type="video/mp4"), b"<html>" * 9000],
        [head(Content_Length=0)],
        [head(Content_Length=5000), bytes(5000)],
        [head(), bytes(5000)],
    ],
)
def test_it_refuses_what_is_not_a_video(server, fault, tmp_path, answer):
    server.answer = lambda request: answer
    assert fault() == "bad_file"
    assert files(tmp_path) == []


def test_it_finds_a_cut_without_any_length(server, fault, content, tmp_path):
    server.answer = lambda request: [head(ETag='"one"'), content[:-1]]
    assert fault() == "bad_file"
    assert files(tmp_path) == []


def test_it_finds_a_cut_in_a_chunked_answer(server, fault, content):
    piece = b"%x\r\n%s\r\n" % (20_000, content[:20_000])
    server.answer = lambda request: [head(Transfer_Encoding="chunked"), piece]
    assert fault() == "interrupted"


def test_it_stops_an_endless_answer(server, fault, tmp_path):
    def answer(request):
        yield head(Transfer_Encoding="chunked")
        while True:
            yield b"10000\r\n" + bytes(0x10000) + b"\r\n"

    server.answer = answer
    assert fault(max_bytes=1_000_000) == "too_large"
    assert files(tmp_path) == []


def test_it_refuses_a_giant_before_its_first_byte(server, fault):
    server.answer = lambda request: [head(Content_Length=3 * 1024**3)]
    assert fault() == "too_large"


def test_it_follows_a_redirect(server, fetch, content):
    def answer(request):
        if "/clip.mp4" in request[""]:
            return [head(302, Location="/moved.mp4?a=b", Content_Length=0)]
        return whole(content)(request)

    server.answer = answer
    assert fetch().size == len(content)


def test_it_follows_three_redirects_at_most(server, fault):
    server.answer = lambda request: [head(307, Location="/again", Content_Length=0)]
    assert fault() == "unavailable"
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:{port}/x",
        "http://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/x",
        "file:///etc/passwd",
        "http://a:b@127.0.0.1:{port}/x",
        "http://[broken/x",
    ],
)
def test_it_checks_each_redirect(server, fault, location):
    target = location.format(port=server.port)
    server.answer = lambda request: [head(302, Location=target, Content_Length=0)]
    assert fault() == "forbidden"
    assert len(server.requests) == 1


def test_it_does_not_leave_the_allowed_hosts_by_a_redirect(server, content, fetch):
    """127.0.0.1 by port is allowed here; another port on it is not."""
    other = FileServer()
    other.answer = whole(content)
    server.answer = lambda request: [head(302, Location=other.url, Content_Length=0)]
    allowed = frozenset({f"127.0.0.1:{server.port}"})
    with (
        guarded_client(allowed=allowed) as client,
        pytest.raises(DownloadFault) as caught,
    ):
        fetch(client=client, allowed=allowed)
    other.close()
    assert caught.value.code == "forbidden"
    assert other.requests == []


def test_it_refuses_a_private_link(fault):
    assert fault("http://127.0.0.1/x", allowed=frozenset()) == "forbidden"


def test_it_says_when_nobody_answers(fault):
    assert fault("http://127.0.0.1:1/x") == "interrupted"


def test_it_adopts_the_file_that_is_already_there(server, fetch, content, tmp_path):
    server.answer = whole(content)
    fetch()
    before = (tmp_path / "clips" / "one.mp4").stat()
    fetch()
    after = (tmp_path / "clips" / "one.mp4").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert files(tmp_path) == ["one.mp4"]


def test_it_never_replaces_another_file(server, fault, content, tmp_path):
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "one.mp4").write_bytes(b"mine")
    server.answer = whole(content)
    assert fault() == "occupied"
    assert (tmp_path / "clips" / "one.mp4").read_bytes() == b"mine"


def test_it_leaves_a_reserve_on_the_disk(server, fault, tmp_path, content):
    server.answer = whole(content)
    assert fault(reserve=1 << 60) == "no_space"
    assert files(tmp_path) == []


def test_it_gives_way_when_the_disk_is_full(server, fault, tmp_path):
    server.answer = whole(bytes(3_000_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        assert fault() == "no_space"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files(tmp_path) == []


def test_it_says_when_the_disk_fails(server, fault, content, monkeypatch):
    def fsync(_descriptor):
        raise OSError(errno.EIO, "Input/output error")

    server.answer = whole(content)
    monkeypatch.setattr(os, "fsync", fsync)
    assert fault() == "storage"


def test_it_says_when_the_folder_cannot_be_made(server, fault, tmp_path):
    (tmp_path / ".partial").write_text("in the way")
    assert fault() == "storage"


@pytest.fixture
def trickling(server, content, monkeypatch):
    """The server sends 20,000 bytes, then falls silent until the test is over."""
    monkeypatch.setattr("tasks.media.guard.SLICE_SECONDS", 0.02)
    over = threading.Event()

    def answer(request):
        yield head(Content_Length=len(content), ETag='"one"')
        yield content[:20_000]
        over.wait(10)

    server.answer = answer
    yield
    over.set()


@pytest.mark.usefixtures("trickling")
def test_it_stops_soon_and_keeps_its_part(fault, tmp_path):
    started = time.monotonic()
    late = started + 0.1
    assert fault(stop=lambda: time.monotonic() > late) == "stopped"
    assert time.monotonic() - started < 1
    assert files(tmp_path) == ["one.part", "one.part.etag"]


@pytest.mark.usefixtures("trickling")
def test_it_is_too_slow(fault):
    assert fault(rate_seconds=0.1, min_rate=10**6) == "too_slow"


@pytest.mark.usefixtures("trickling")
def test_it_has_an_end(fault):
    assert fault(wall=0.1) == "too_slow"


@pytest.mark.usefixtures("trickling")
def test_it_keeps_the_lease_alive(fault, monkeypatch):
    monkeypatch.setattr(module, "KEEP_ALIVE_SECONDS", 0.05)
    calls = []
    assert fault(wall=0.3, keep_alive=lambda: calls.append(1)) == "too_slow"
    assert 2 <= len(calls) <= 6


@pytest.mark.usefixtures("trickling")
def test_it_ends_when_the_lease_is_lost(fetch, monkeypatch, tmp_path):
    class Lost(Exception):
        pass

    def keep_alive():
        raise Lost

    monkeypatch.setattr(module, "KEEP_ALIVE_SECONDS", 0.05)
    with pytest.raises(Lost):
        fetch(keep_alive=keep_alive)
    assert files(tmp_path) == ["one.part", "one.part.etag"]
