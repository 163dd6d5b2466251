import re

import pytest
from django.urls import reverse

from tasks import actions
from tasks.board import SINGLY
from tasks.models import Project, State, change
from tests.attempts import attempt_in


def cursor_in(page):
    found = re.findall(r'id="summary".*?hx-get="([^"]+)"', page)
    return found[0].replace("&amp;", "&")


@pytest.fixture
def news_url(as_alice, project):
    """Where a board, loaded now, would ask for its news."""

    def load(**query):
        page = as_alice.get(reverse("project-detail", args=[project.pk]), query).text
        return cursor_in(page)

    return load


def rows_in(response):
    return re.findall(r'<tr id="t([0-9a-f-]+)"', response.text)


def test_it_has_no_news_when_nothing_changed(as_alice, news_url, make_task):
    make_task()

    assert as_alice.get(news_url()).status_code == 204


def test_it_sends_the_changed_row_alone(as_alice, news_url, make_task, alice):
    make_task()
    changed = make_task()
    url = news_url()
    actions.edit_task(changed, {"prompt": "New words"}, by=alice)

    response = as_alice.get(url)

    assert rows_in(response) == [str(changed.pk)]
    assert "New words" in response.text
    assert "<html" not in response.text


def test_it_moves_the_cursor_on(as_alice, news_url, make_task, alice):
    task = make_task()
    url = news_url()
    actions.edit_task(task, {"prompt": "New words"}, by=alice)

    assert as_alice.get(cursor_in(as_alice.get(url).text)).status_code == 204


def test_it_sends_strip_tabs_and_deeds_with_the_rows(
    as_alice, news_url, project, make_task, alice
):
    make_task()
    url = news_url()
    actions.start(project, by=alice)

    response = as_alice.get(url)

    for part in ("summary", "tabs", "deeds"):
        assert f'id="{part}" hx-swap-oob="true"' in response.text


def test_it_sends_the_whole_body_when_there_is_another_row(
    as_alice, news_url, make_task
):
    first = make_task()
    url = news_url()
    second = make_task()

    response = as_alice.get(url)

    assert '<tbody id="rows" hx-swap-oob="true">' in response.text
    assert rows_in(response) == [str(first.pk), str(second.pk)]


def test_it_sends_the_whole_body_when_a_row_is_gone(
    as_alice, news_url, project, make_task, alice
):
    gone, stays = make_task(), make_task()
    url = news_url()
    actions.delete_tasks(project, by=alice, task_ids=[gone.pk])

    assert rows_in(as_alice.get(url)) == [str(stays.pk)]


def test_it_sends_the_whole_body_when_many_rows_changed(
    as_alice, news_url, project, make_picture, alice
):
    picture = make_picture()
    rows = [{"prompt": "p", "picture": picture} for _ in range(SINGLY + 1)]
    actions.create_tasks(project, rows, by=alice)
    url = news_url()
    actions.start(project, by=alice)

    response = as_alice.get(url)

    assert '<tbody id="rows"' in response.text
    assert len(rows_in(response)) == SINGLY + 1


def test_it_keeps_to_the_filter(as_alice, news_url, project, make_task, make_key):
    make_task()
    url = news_url(status="failed")
    failed = make_task()
    attempt_in(State.FAILED, failed, make_key())
    with change() as moves:
        moves.touched(project.pk, [failed.pk])

    assert rows_in(as_alice.get(url)) == [str(failed.pk)]


def test_it_sends_waiting_rows_when_the_reason_changed(
    as_alice, news_url, project, make_task, alice, now
):
    task = make_task()
    actions.start(project, by=alice)
    url = news_url()
    with change() as moves:
        Project.objects.get().explain("rate", None)
        moves.touched(project.pk, [])

    assert rows_in(as_alice.get(url)) == [str(task.pk)]


def test_it_asks_on_only_while_something_moves(as_alice, project, make_task, alice):
    make_task()
    picture = project.tasks.get().picture
    picture.thumbnail = "thumbnails/t.webp"
    picture.save()
    url = reverse("project-detail", args=[project.pk])

    assert "tick from:body" not in as_alice.get(url).text
    actions.start(project, by=alice)
    assert "tick from:body" in as_alice.get(url).text


def test_it_asks_on_while_a_small_picture_is_missing(as_alice, project, make_task):
    make_task()

    page = as_alice.get(reverse("project-detail", args=[project.pk])).text
    assert "tick from:body" in page


def test_it_tells_of_a_page_that_has_begun(as_alice, news_url, make_task, monkeypatch):
    monkeypatch.setattr("tasks.board.PAGE", 2)
    for _ in range(2):
        make_task()
    url = news_url()
    make_task()

    assert 'href="?page=2"' in as_alice.get(url).text


def test_it_works_for_a_teammate(as_bob, project):
    assert as_bob.get(reverse("project-changes", args=[project.pk])).status_code == 200


def test_it_is_not_there_for_a_stranger(as_charlie, project):
    url = reverse("project-changes", args=[project.pk])

    assert as_charlie.get(url).status_code == 404


def test_it_asks_to_sign_in(client, project):
    assert client.get(reverse("project-changes", args=[project.pk])).status_code == 302


def test_it_refuses_post(as_alice, project):
    url = reverse("project-changes", args=[project.pk])

    assert as_alice.post(url).status_code == 405


@pytest.mark.parametrize("since", ["", "x", "-1", "１", "²", "9" * 5000])
def test_it_sends_everything_for_a_senseless_cursor(
    as_alice, news_url, make_task, since
):
    make_task()
    url = re.sub(r"since=\d+", f"since={since}", news_url())

    assert len(rows_in(as_alice.get(url))) == 1


def test_it_asks_three_things_when_nothing_changed(
    as_alice, news_url, make_task, django_assert_num_queries
):
    make_task()
    url = news_url()

    with django_assert_num_queries(3):
        as_alice.get(url)
