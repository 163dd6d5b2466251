import io

import pytest

from tests.conftest import picture_bytes


def test_it_takes_a_picture(as_bob, project, bob):
    file = io.BytesIO(picture_bytes())
    file.name = "beach.jpg"
    answer = as_bob.post(f"/projects/{project.pk}/pictures", file=file)

    assert answer.status_code == 201
    told = answer.json()
    assert (told["width"], told["height"]) == (320, 180)
    body = {"prompt": "Waves", "picture_id": told["picture_id"]}
    assert as_bob.post(f"/projects/{project.pk}/tasks", body).status_code == 201


@pytest.mark.parametrize(
    "content", [b"", b"just text", b"\x89PNG\r\n\x1a\nand no more"]
)
def test_it_refuses_what_is_no_picture(as_alice, project, content):
    file = io.BytesIO(content)
    file.name = "notes.jpg"
    answer = as_alice.post(f"/projects/{project.pk}/pictures", file=file)

    assert answer.status_code == 422
    assert answer.json()["error"]["fields"]["file"]


def test_it_refuses_a_picture_that_is_too_large(as_alice, project, settings):
    settings.PICTURE_MAX_BYTES = 100
    file = io.BytesIO(picture_bytes())
    file.name = "beach.jpg"

    answer = as_alice.post(f"/projects/{project.pk}/pictures", file=file)

    assert answer.status_code == 413


def test_it_takes_pictures_of_members_only(as_charlie, as_viewer, project):
    for them, status in ((as_charlie, 404), (as_viewer, 403)):
        file = io.BytesIO(picture_bytes())
        file.name = "beach.jpg"
        answer = them.post(f"/projects/{project.pk}/pictures", file=file)
        assert answer.status_code == status


def test_it_needs_the_file(as_alice, project):
    answer = as_alice.post(f"/projects/{project.pk}/pictures", other="x")

    assert answer.json()["error"]["fields"] == {"file": "This is needed."}
