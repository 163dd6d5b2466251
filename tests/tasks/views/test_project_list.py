import re

import pytest
from django.urls import reverse

from tasks.models import Project

URL = reverse("project-list")


@pytest.fixture
def english(alice):
    alice.language = "en"
    alice.save()


def test_it_works(as_alice, english, make_task):
    make_task()

    page = as_alice.get(URL).text

    assert "Autumn" in page
    assert "1 task" in page
    assert 'class="waiting"' in page


def test_it_shows_shared_projects(as_bob, project):
    assert "Autumn" in as_bob.get(URL).text


def test_it_hides_other_peoples_projects(as_charlie, project):
    assert "Autumn" not in as_charlie.get(URL).text


def test_it_hides_the_trash(as_alice, project, now):
    Project.objects.filter(pk=project.pk).update(deleted_at=now)

    assert "Autumn" not in as_alice.get(URL).text


def test_it_asks_to_sign_in(client, db):
    assert client.get(URL)["Location"].startswith(reverse("account_login"))


def test_it_refuses_post(as_alice):
    assert as_alice.post(URL).status_code == 405


def test_it_teaches_who_has_none(as_charlie):
    page = as_charlie.get(URL).text

    assert "创建第一个项目" in page
    assert reverse("project-create") in page


def test_it_says_why_a_project_waits(as_alice, english, project):
    Project.objects.filter(pk=project.pk).update(count_queued=1, wait_reason="rate")

    assert "rate limit" in as_alice.get(URL).text


def test_it_asks_for_news_only_while_something_moves(as_alice, project):
    still = as_alice.get(URL).text
    Project.objects.filter(pk=project.pk).update(count_queued=1)
    moving = as_alice.get(URL).text

    assert "tick from:body" not in still
    assert "tick from:body" in moving


def news_url(page):
    return re.findall(r'hx-get="([^"]+)"', page)[0].replace("&amp;", "&")


def test_it_has_no_news_when_nothing_changed(as_alice, project):
    url = news_url(as_alice.get(URL).text)

    assert as_alice.get(url).status_code == 204


def test_it_has_news_when_a_project_changed(as_alice, project, make_task):
    url = news_url(as_alice.get(URL).text)
    make_task()

    response = as_alice.get(url)

    assert response.status_code == 200
    assert 'id="overview"' in response.text
    assert "<html" not in response.text
