import time

import httpx
import pytest

from tests.tasks.simulator.conftest import Caller


@pytest.fixture(scope="module")
def clip(shared):
    """(address, content)"""
    url = Caller(shared).clip_url("A clip to cut")
    return url, shared.http.get(url).content


def got(shared, url, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return shared.http.get(url, headers=named)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-99", 0, 100), ("bytes=100-", 100, None), ("bytes=-10", -10, None)],
)
def test_it_serves_ranges(shared, clip, asked, start, end):
    url, content = clip
    response = got(shared, url, range=asked)
    assert response.status_code == 206
    assert response.content == content[start:end]
    assert response.headers["content-range"].endswith(f"/{len(content)}")


def test_it_refuses_a_range_behind_the_end(shared, clip):
    url, content = clip
    response = got(shared, url, range=f"bytes={len(content)}-")
    assert response.status_code == 416
    assert response.headers["content-range"] == f"bytes */{len(content)}"


def test_it_serves_the_whole_when_the_tag_has_changed(shared, clip):
    url, content = clip
    tag = got(shared, url).headers["etag"]
    assert got(shared, url, range="bytes=5-", if_range=tag).status_code == 206
    whole = got(shared, url, range="bytes=5-", if_range='"other"')
    assert (whole.status_code, whole.content) == (200, content)


def test_it_answers_head(shared, clip):
    url, content = clip
    response = shared.http.head(url)
    assert response.headers["content-length"] == str(len(content))
    assert response.content == b""
    assert shared.http.post(url).status_code == 405


def test_it_has_no_clip_before_the_end(caller):
    task_id = caller.made("[sim:time=60] x")
    url = f"{caller.kie.url}/clips/{task_id}.mp4"
    assert caller.kie.http.get(url).status_code == 404


def test_it_serves_a_dead_link_through_a_minted_one(caller):
    url = caller.clip_url("[sim:dead-link] x")
    assert caller.kie.http.get(url).status_code == 403
    assert caller.kie.http.get(caller.mint(url)["data"]).status_code == 200


def test_it_knows_a_forged_link(caller):
    link = caller.mint(caller.clip_url())["data"]
    forged = link[:-1] + ("0" if link[-1] != "0" else "1")
    assert caller.kie.http.get(forged).status_code == 403


def test_it_has_lost_the_clip(caller):
    url = caller.clip_url("[sim:gone-clip] x")
    assert caller.kie.http.get(url).status_code == 404
    assert caller.kie.http.get(caller.mint(url)["data"]).status_code == 404


def test_it_moves_the_clip_to_a_minted_link(caller):
    url = caller.clip_url("[sim:moved-clip] x")
    response = caller.kie.http.get(url)
    assert response.status_code == 302
    assert caller.kie.http.get(response.headers["location"]).status_code == 200


def test_it_redirects_into_the_dark(caller):
    response = caller.kie.http.get(caller.clip_url("[sim:redirect-clip] x"))
    assert response.headers["location"].startswith("http://169.254.169.254/")


@pytest.mark.parametrize("mark", ["[sim:truncated-clip=1]", "[sim:reset-clip=1]"])
def test_it_cuts_the_clip_once(caller, mark):
    url = caller.clip_url(f"{mark} x")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        caller.kie.http.get(url)
    assert caller.kie.http.get(url).status_code == 200


@pytest.mark.parametrize(
    ("mark", "looks"),
    [
        ("[sim:html-clip=1]", lambda r, n: r.headers["content-type"] == "text/html"),
        ("[sim:empty-clip=1]", lambda r, n: r.content == b""),
        ("[sim:broken-clip=1]", lambda r, n: r.content.endswith(bytes(99))),
        ("[sim:short-clip=1]", lambda r, n: len(r.content) == n // 2),
    ],
)
def test_it_serves_something_else_once(caller, mark, looks):
    url = caller.clip_url(f"{mark} x")
    bad, good = caller.kie.http.get(url), caller.kie.http.get(url)
    assert bad.status_code == 200
    assert looks(bad, len(good.content))
    assert b"moov" in good.content


@pytest.mark.parametrize("mark", ["[sim:huge-clip]", "[sim:endless-clip]"])
def test_it_sends_more_than_anyone_wants(caller, mark):
    url = caller.clip_url(f"{mark} x")
    with caller.kie.http.stream("GET", url) as response:
        received = 0
        for chunk in response.iter_raw():
            received += len(chunk)
            if received > 5_000_000:
                break
    assert received > 5_000_000


def test_it_ignores_ranges(caller):
    url = caller.clip_url("[sim:no-range-clip] x")
    assert got(caller.kie, url, range="bytes=9-").status_code == 200


def test_it_refuses_ranges(caller):
    url = caller.clip_url("[sim:range-416-clip] x")
    assert got(caller.kie, url, range="bytes=9-").status_code == 416
    assert got(caller.kie, url).status_code == 200


def test_it_changes_the_tag(caller):
    url = caller.clip_url("[sim:changed-clip] x")
    tags = {caller.kie.http.get(url).headers["etag"] for _ in range(2)}
    assert len(tags) == 2


def test_it_takes_its_time(caller):
    url = caller.clip_url("[sim:slow-clip=0.3] x")
    start = time.monotonic()
    assert b"moov" in caller.kie.http.get(url).content
    assert time.monotonic() - start >= 0.25
