import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tasks import actions
from tasks.models import State
from tests.attempts import attempt_in
from tests.conftest import picture_bytes


@pytest.fixture
def task(make_task):
    return make_task("Waves roll in")


@pytest.fixture
def url(task):
    return reverse("task-edit", args=[task.pk])


TYPED = {"prompt": "Waves roll out", "aspect_ratio": "1:1", "seed": "12345"}


def test_it_works(as_alice, url, task, project):
    response = as_alice.post(url, TYPED)

    before = task.picture
    task.refresh_from_db()
    assert response["Location"] == reverse("project-detail", args=[project.pk])
    assert (task.prompt, task.aspect_ratio, task.seed) == (
        "Waves roll out",
        "1:1",
        12345,
    )
    assert task.picture == before


def test_it_shows_what_there_is(as_alice, url):
    response = as_alice.get(url)

    assert response.context["form"]["prompt"].value() == "Waves roll in"
    assert "beach.jpg" in response.text


def test_it_takes_another_picture(as_alice, url, task):
    file = SimpleUploadedFile("dune.jpg", picture_bytes("orange"))
    as_alice.post(url, TYPED | {"picture": file})

    task.refresh_from_db()
    assert task.picture.name == "dune.jpg"


def test_it_takes_an_address_in_the_pictures_place(as_alice, url, task):
    as_alice.post(url, TYPED | {"image_url": "https://example.com/a.jpg"})

    task.refresh_from_db()
    assert (task.picture, task.image_url) == (None, "https://example.com/a.jpg")


def test_it_works_for_a_teammate(as_bob, url, task):
    as_bob.post(url, TYPED)

    task.refresh_from_db()
    assert task.prompt == "Waves roll out"


def test_it_is_not_there_for_a_stranger(as_charlie, url):
    assert as_charlie.post(url, TYPED).status_code == 404


def test_it_is_forbidden_to_who_may_only_look(as_viewer, url):
    assert as_viewer.post(url, TYPED).status_code == 403


def test_it_asks_to_sign_in(client, url):
    assert client.post(url, TYPED).status_code == 302


def test_it_tells_bad_input_beside_its_field(as_alice, url, task):
    form = as_alice.post(url, TYPED | {"prompt": "", "seed": "5"}).context["form"]

    assert form.errors.keys() == {"prompt", "seed"}
    task.refresh_from_db()
    assert task.prompt == "Waves roll in"


def test_it_says_when_the_task_has_left_meanwhile(as_alice, url, task, make_key):
    attempt_in(State.SUBMITTED, task, make_key())

    response = as_alice.post(url, TYPED)

    assert response.context["form"].non_field_errors()
    task.refresh_from_db()
    assert task.prompt == "Waves roll in"


def test_it_keeps_a_queued_task_in_the_queue(as_alice, url, task, project, alice):
    actions.start(project, by=alice)
    as_alice.post(url, TYPED)

    task.refresh_from_db()
    assert (task.status, task.prompt) == ("QUEUED", "Waves roll out")
