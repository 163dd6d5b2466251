import pytest
from django.urls import reverse

from tasks.models import Project, TaskEvent


@pytest.fixture
def url(project):
    return reverse("project-edit", args=[project.pk])


@pytest.fixture
def typed(project):
    return {
        "name": "Winter",
        "concurrency": "9",
        "retries": "1",
        "paused": "on",
        "aspect_ratio": "1:1",
        "model": "veo3",
        "resolution": "1080p",
        "duration": "6",
        "seed": "12345",
        "watermark": "Ours",
        "callback_url": "https://example.com/done",
        "fallback_model": "veo3_fast",
    }


def test_it_works(as_alice, url, typed, project):
    response = as_alice.post(url, typed)

    project.refresh_from_db()
    assert response["Location"] == reverse("project-detail", args=[project.pk])
    assert (project.name, project.concurrency, project.paused) == ("Winter", 9, True)
    assert (project.seed, project.duration, project.translate) == (12345, 6, False)


def test_it_shows_what_there_is(as_alice, url, project):
    form = as_alice.get(url).context["form"]

    assert form["name"].value() == "Autumn"
    assert form["concurrency"].value() == 5


def test_it_works_for_a_teammate(as_bob, url, typed, project):
    as_bob.post(url, typed)

    project.refresh_from_db()
    assert project.name == "Winter"


def test_it_is_not_there_for_a_stranger(as_charlie, url, typed):
    assert as_charlie.get(url).status_code == 404
    assert as_charlie.post(url, typed).status_code == 404


def test_it_is_forbidden_to_who_may_only_look(as_viewer, url, typed, project):
    assert as_viewer.get(url).status_code == 403
    assert as_viewer.post(url, typed).status_code == 403
    project.refresh_from_db()
    assert project.name == "Autumn"


def test_it_asks_to_sign_in(client, url):
    assert client.get(url).status_code == 302


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("concurrency", "0"),
        ("concurrency", ""),
        ("concurrency", "many"),
        ("retries", "11"),
        ("aspect_ratio", "2:1"),
        ("seed", "5"),
        ("callback_url", "ftp://example.com"),
        ("fallback_model", "sora"),
    ],
)
def test_it_tells_bad_input_beside_its_field(
    as_alice, url, typed, project, field, value
):
    response = as_alice.post(url, typed | {field: value})

    assert list(response.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in response.text
    project.refresh_from_db()
    assert project.name == "Autumn"


def test_it_writes_no_counters(as_alice, url, typed, project, make_task):
    as_alice.get(url)
    make_task()
    as_alice.post(url, typed)

    assert Project.objects.get().count_waiting == 1
    assert TaskEvent.objects.filter(key="project_edited").count() == 1
