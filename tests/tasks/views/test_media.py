import pytest
from django.urls import reverse

from tasks.models import Membership, State
from tests.attempts import attempt_in
from tests.conftest import picture_bytes

CLIP = bytes(range(256)) * 4000  # 1,024,000 bytes: several blocks


@pytest.fixture
def task(make_task, make_key):
    task = make_task()
    attempt_in(State.STORED, task, make_key())
    clip = task.clip
    clip.file.parent.mkdir(parents=True)
    clip.file.write_bytes(CLIP)
    clip.poster = "clips/poster.jpg"
    clip.file.with_name("poster.jpg").write_bytes(b"poster")
    clip.save()
    return task


@pytest.fixture
def picture(task, settings):
    picture = task.picture
    picture.thumbnail = "thumbnails/t.webp"
    picture.save()
    file = settings.MEDIA_ROOT / picture.thumbnail
    file.parent.mkdir()
    file.write_bytes(b"small")
    return picture


@pytest.fixture
def urls(task, picture):
    return {
        "clip": reverse("clip-file", args=[task.clip_id]),
        "poster": reverse("clip-poster", args=[task.clip_id]),
        "picture": reverse("picture-file", args=[picture.pk]),
        "thumbnail": reverse("picture-thumbnail", args=[picture.pk]),
    }


@pytest.fixture
def as_bob(client, bob):
    client.force_login(bob)
    return client


def ask(client, url, **headers):
    return client.get(url, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_it_works(as_bob, urls):
    bodies = {name: as_bob.get(url).getvalue() for name, url in urls.items()}

    assert bodies == {
        "clip": CLIP,
        "poster": b"poster",
        "picture": picture_bytes(),
        "thumbnail": b"small",
    }


def test_it_works_for_viewers(client, viewer, urls):
    client.force_login(viewer)

    for url in urls.values():
        response = client.get(url)
        assert response.status_code == 200
        response.getvalue()


def test_it_is_not_there_for_strangers(client, charlie, urls):
    client.force_login(charlie)

    assert {client.get(url).status_code for url in urls.values()} == {404}


def test_it_is_gone_for_those_who_left_the_team(as_bob, bob, urls):
    Membership.objects.filter(user=bob).delete()

    assert {as_bob.get(url).status_code for url in urls.values()} == {404}


def test_it_asks_to_sign_in(client, urls):
    for url in urls.values():
        response = client.get(url)
        assert response.status_code == 302
        assert "/accounts/login/" in response["Location"]


def test_it_refuses_to_be_posted_to(as_bob, urls):
    assert {as_bob.post(url).status_code for url in urls.values()} == {405}


def test_it_guards_what_it_serves(as_bob, urls):
    for url in urls.values():
        response = as_bob.get(url)
        response.getvalue()
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"].startswith("sandbox; ")
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response["Cache-Control"].startswith("private")


def test_it_is_never_at_a_public_path(as_bob, task):
    for path in (f"/media/{task.clip.path}", f"/{task.clip.path}"):
        assert as_bob.get(path).status_code == 404


def test_it_is_shown_or_handed_out_by_number(as_bob, urls):
    shown = as_bob.get(urls["clip"])
    handed_out = as_bob.get(urls["clip"] + "?download=1")
    shown.getvalue()
    handed_out.getvalue()

    assert shown["Content-Disposition"] == 'inline; filename="0001.mp4"'
    assert handed_out["Content-Disposition"] == 'attachment; filename="0001.mp4"'


def test_it_keeps_foreign_names_and_tricks_in_order(as_bob, picture, urls):
    picture.name = 'b"\r\n海.jpg'
    picture.save()
    response = as_bob.get(urls["picture"])
    response.getvalue()

    assert response["Content-Disposition"].startswith(
        "inline; filename*=utf-8''b%22%0D"
    )


def test_it_does_not_show_what_browsers_do_not_draw(as_bob, picture, urls):
    picture.file.rename(picture.file.with_suffix(".heic"))
    picture.path = picture.path.replace(".jpg", ".heic")
    picture.save()
    response = as_bob.get(urls["picture"])
    response.getvalue()

    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")


def test_it_has_no_thumbnail_yet(as_bob, picture, urls):
    for thumbnail in ("", "none"):
        type(picture).objects.update(thumbnail=thumbnail)
        assert as_bob.get(urls["thumbnail"]).status_code == 404


def test_it_has_no_poster(as_bob, task, urls):
    type(task.clip).objects.update(poster="")

    assert as_bob.get(urls["poster"]).status_code == 404


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-499", 0, 499),
        ("bytes=300000-", 300_000, 1_023_999),
        ("bytes=-5", 1_023_995, 1_023_999),
        ("bytes=-9999999", 0, 1_023_999),
        ("bytes=1023999-9999999", 1_023_999, 1_023_999),
    ],
)
def test_it_gives_a_part(as_bob, urls, asked, first, last):
    response = ask(as_bob, urls["clip"], Range=asked)

    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/1024000"
    assert response["Content-Length"] == str(last - first + 1)
    assert response.getvalue() == CLIP[first : last + 1]


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=5-2",
        "bytes=-",
        "bytes=a-b",
        "lines=1-2",
        "bytes=0-1,3-4",
        "bytes=٣-٤",
        "",
    ],
)
def test_it_gives_the_whole_where_no_part_is_meant(as_bob, urls, asked):
    response = ask(as_bob, urls["clip"], Range=asked)

    assert response.status_code == 200
    assert response.getvalue() == CLIP


@pytest.mark.parametrize(
    "asked", ["bytes=1024000-", "bytes=-0", "bytes=9999999-99999999"]
)
def test_it_has_no_part_behind_the_end(as_bob, urls, asked):
    response = ask(as_bob, urls["clip"], Range=asked)

    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */1024000"


def test_it_gives_a_part_of_the_same_file_only(as_bob, task, urls):
    same = ask(as_bob, urls["clip"], Range="bytes=0-4", If_Range=task.clip.etag)
    other = ask(as_bob, urls["clip"], Range="bytes=0-4", If_Range='"another"')
    same.getvalue()
    other.getvalue()

    assert (same.status_code, other.status_code) == (206, 200)


def test_it_does_not_send_again_what_is_known(as_bob, task, urls):
    response = ask(as_bob, urls["clip"], If_None_Match=task.clip.etag)

    assert response.status_code == 304
    assert response["ETag"] == task.clip.etag
    assert not response.content


def test_it_tells_the_length(as_bob, urls):
    response = as_bob.head(urls["clip"], headers={"Range": "bytes=0-4"})

    assert (response.status_code, response["Content-Length"]) == (200, "1024000")
    assert response["Accept-Ranges"] == "bytes"


def test_it_sends_large_blocks(as_bob, urls):
    blocks = list(as_bob.get(urls["clip"]).streaming_content)

    assert [len(b) for b in blocks] == [262144, 262144, 262144, 237568]
