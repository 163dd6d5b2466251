import re

import pytest
from django.urls import reverse

from tasks import actions
from tasks.models import State, TaskEvent
from tests.attempts import attempt_in


@pytest.fixture
def task(make_task):
    return make_task("Waves roll in", name="Sea", seed=12345)


@pytest.fixture
def url(task):
    return reverse("task-detail", args=[task.pk])


@pytest.fixture(autouse=True)
def english(alice):
    alice.language = "en"
    alice.save()


def test_it_works(as_alice, url, task):
    page = as_alice.get(url).text

    for words in ("Sea", "Waves roll in", "12345", "Created by alice", "Start"):
        assert words in page
    assert reverse("picture-file", args=[task.picture_id]) in page


def test_it_works_for_a_teammate(as_bob, url):
    assert as_bob.get(url).status_code == 200


def test_it_is_not_there_for_a_stranger(as_charlie, url):
    assert as_charlie.get(url).status_code == 404


def test_it_offers_no_deeds_to_who_may_only_look(as_viewer, url):
    assert "data-sheet" not in as_viewer.get(url).text.split("<main", 1)[1]


def test_it_asks_to_sign_in(client, url):
    assert client.get(url).status_code == 302


def test_it_refuses_post(as_alice, url):
    assert as_alice.post(url).status_code == 405


def test_it_is_not_there_once_deleted(as_alice, url, task, project, alice):
    actions.delete_tasks(project, by=alice, task_ids=[task.pk])

    assert as_alice.get(url).status_code == 404


def test_it_plays_and_hands_out_the_clip(as_alice, url, task, make_key):
    attempt_in(State.STORED, task, make_key())
    task.refresh_from_db()

    page = as_alice.get(url).text

    clip = reverse("clip-file", args=[task.clip_id])
    assert f'<video src="{clip}"' in page
    assert f'href="{clip}?download"' in page
    assert task.clip.path in page


def test_it_tells_cause_and_next_step_of_a_failure(as_alice, url, task, make_key):
    text = "Flagged by Google"
    attempt_in(State.FAILED, task, make_key(), error_text=text)
    task.__class__.objects.filter(pk=task.pk).update(error_text=text)

    page = as_alice.get(url).text

    assert "The content filter refused this prompt or picture." in page
    assert "Change the prompt or the picture, then retry." in page
    assert text in page


def test_it_survives_a_code_of_another_version(as_alice, url, task, make_key):
    attempt_in(State.FAILED, task, make_key())
    task.__class__.objects.filter(pk=task.pk).update(error_code="of_tomorrow")

    assert "of_tomorrow" in as_alice.get(url).text


def test_it_shows_attempts_with_a_masked_key(as_alice, url, task, make_key):
    attempt = attempt_in(State.SUBMITTED, task, make_key(secret="sk-hidden-4f2a"))

    page = as_alice.get(url).text

    assert "Attempt 1" in page
    assert "····4f2a" in page
    assert "sk-hidden" not in page
    assert attempt.provider_task_id in page


def test_it_tells_the_log_in_words(as_alice, url, task, project, now, alice):
    TaskEvent.objects.create(
        project=project, task=task, at=now, key="generated", data={"seconds": 93}
    )
    TaskEvent.objects.create(project=project, task=task, at=now, key="edited", by=alice)

    page = as_alice.get(url).text

    assert "Generated after 93 s" in page
    assert page.index("Edited · alice") < page.index("Generated after")


def changes_url(page):
    return re.findall(r'id="live".*?hx-get="([^"]+)"', page)[0]


def test_it_has_no_news_when_nothing_changed(as_alice, url):
    assert as_alice.get(changes_url(as_alice.get(url).text)).status_code == 204


def test_it_has_news_when_the_task_moved(as_alice, url, task, project, alice):
    changes = changes_url(as_alice.get(url).text)
    actions.start(project, by=alice)

    response = as_alice.get(changes)

    assert 'id="live" hx-swap-oob="true"' in response.text
    assert "Queued" in response.text
    assert "<html" not in response.text


def test_its_news_is_not_there_for_a_stranger(as_charlie, task):
    url = reverse("task-changes", args=[task.pk])

    assert as_charlie.get(url).status_code == 404


def test_it_asks_for_news_only_while_something_moves(as_alice, url, task, make_key):
    picture = task.picture
    picture.thumbnail = "thumbnails/t.webp"
    picture.save()
    still = as_alice.get(url).text
    attempt_in(State.SUBMITTED, task, make_key())
    moving = as_alice.get(url).text

    assert "tick from:body" not in still
    assert "tick from:body" in moving


def test_it_links_to_a_picture_elsewhere_without_loading_it(as_alice, project, alice):
    address = "https://example.com/beach.jpg"
    row = {"prompt": "p", "image_url": address}
    [task] = actions.create_tasks(project, [row], by=alice)

    page = as_alice.get(reverse("task-detail", args=[task.pk])).text

    assert f'href="{address}"' in page
    assert f'src="{address}"' not in page
