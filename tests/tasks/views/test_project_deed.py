import re

import pytest
from django.urls import reverse

from tasks import actions
from tasks.engine.wake import Wake
from tasks.models import Project, State, VideoTask
from tests.attempts import attempt_in


@pytest.fixture
def url(project):
    return lambda verb: reverse(f"project-{verb}", args=[project.pk])


@pytest.fixture(autouse=True)
def english(alice):
    alice.language = "en"
    alice.save()


def statuses():
    return list(VideoTask.objects.order_by("number").values_list("status", flat=True))


def test_it_starts_all(as_alice, url, project, make_task):
    make_task()
    make_task()

    response = as_alice.post(url("start"))

    assert response["Location"] == reverse("project-detail", args=[project.pk])
    assert statuses() == ["QUEUED", "QUEUED"]


def test_it_starts_the_chosen_ones(as_alice, url, make_task):
    make_task()
    chosen = make_task()

    as_alice.post(url("start"), {"task": [chosen.pk]})

    assert statuses() == ["WAITING", "QUEUED"]


def test_it_asks_first_and_names_the_price(as_alice, url, make_task, make_key):
    make_task()
    make_task(resolution="1080p")
    account = make_key().account
    account.credits = 100
    account.save()

    page = as_alice.get(url("start")).text

    assert "2 clips · 125 credits" in page
    assert "Balance: 100 credits." in page
    assert "not enough" in page
    assert statuses() == ["WAITING", "WAITING"]


def test_it_asks_again_when_more_has_come_to_it(as_alice, url, make_task):
    make_task()
    page = as_alice.get(url("start")).text
    agreed = re.search(r'name="agreed" value="([^"]+)"', page)[1]
    make_task()

    response = as_alice.post(url("start"), {"agreed": agreed})

    assert "2 clips · 120 credits" in response.text
    assert "this is the price now" in response.text
    assert statuses() == ["WAITING", "WAITING"]

    agreed = re.search(r'name="agreed" value="([^"]+)"', response.text)[1]
    assert as_alice.post(url("start"), {"agreed": agreed}).status_code == 302
    assert statuses() == ["QUEUED", "QUEUED"]


@pytest.mark.parametrize("agreed", ["", "cheap", "NaN"])
def test_it_refuses_what_is_no_price(as_alice, url, agreed):
    assert as_alice.post(url("start"), {"agreed": agreed}).status_code == 400


def test_it_says_that_a_rehearsal_costs_nothing(as_alice, url, project, make_task):
    project.simulated = True
    project.save()
    make_task()

    page = as_alice.get(url("start")).text

    assert "1 clip · no cost" in page
    assert "Balance" not in page


def test_it_prices_only_the_chosen_ones(as_alice, url, make_task):
    make_task()
    chosen = make_task()

    page = as_alice.get(url("start"), {"task": chosen.pk}).text

    assert "1 clip · 60 credits" in page
    assert f'name="task" value="{chosen.pk}"' in page


def test_it_says_when_there_is_nothing_to_do(as_alice, url, project):
    page = as_alice.get(url("start")).text.split("<main", 1)[1]

    assert "There is nothing" in page
    assert "submit" not in page


def test_it_retries_what_failed(as_alice, url, make_task, make_key):
    make_task()
    attempt_in(State.FAILED, make_task(), make_key())

    assert "1 clip · 60 credits" in as_alice.get(url("retry")).text
    as_alice.post(url("retry"))

    assert statuses() == ["WAITING", "QUEUED"]


def test_it_stops_what_has_not_been_sent(
    as_alice, url, project, make_task, make_key, alice
):
    sent = make_task()
    make_task()
    actions.start(project, by=alice)
    sent.refresh_from_db()
    attempt_in(State.SUBMITTED, sent, make_key())

    as_alice.post(url("stop"))

    assert statuses() == ["GENERATING", "WAITING"]


def test_it_moves_tasks_to_the_trash(as_alice, url, make_task):
    gone, stays = make_task(), make_task()

    assert (
        "1 task leaves the board."
        in as_alice.get(url("delete"), {"task": gone.pk}).text
    )
    as_alice.post(url("delete"), {"task": [gone.pk]})

    assert list(VideoTask.objects.alive()) == [stays]


def test_it_deletes_nothing_when_nothing_is_chosen(as_alice, url, make_task):
    make_task()

    assert as_alice.post(url("delete")).status_code == 400
    assert VideoTask.objects.alive().count() == 1


def test_it_leaves_the_page_of_a_task_that_is_deleted(
    as_alice, url, project, make_task, htmx
):
    form = {"task": [make_task().pk], "leave": "1"}
    response = as_alice.post(url("delete"), form, headers=htmx)

    assert response["HX-Redirect"] == reverse("project-detail", args=[project.pk])


def test_it_leaves_alone_what_belongs_to_other_projects(
    as_charlie, charlie, make_task, make_picture
):
    own = Project.objects.create(name="Own", owner=charlie)
    foreign = make_task()

    as_charlie.post(reverse("project-delete", args=[own.pk]), {"task": [foreign.pk]})

    assert VideoTask.objects.alive().count() == 1


def test_it_tells_a_live_page_and_stays(as_alice, url, make_task, htmx):
    make_task()

    response = as_alice.post(url("start"), headers=htmx)

    assert response.status_code == 204
    assert "1 task started." in response["HX-Trigger"]
    assert '"moved"' in response["HX-Trigger"]


def test_it_opens_as_a_sheet(as_alice, url, htmx):
    assert "<html" not in as_alice.get(url("start"), headers=htmx).text


VERBS = ["start", "retry", "stop", "delete"]


@pytest.mark.parametrize("verb", VERBS)
def test_it_works_for_a_teammate(as_bob, url, make_task, verb):
    assert as_bob.post(url(verb), {"task": make_task().pk}).status_code == 302


@pytest.mark.parametrize("verb", VERBS)
def test_it_is_not_there_for_a_stranger(as_charlie, url, make_task, verb):
    form = {"task": make_task().pk}

    assert as_charlie.get(url(verb), form).status_code == 404
    assert as_charlie.post(url(verb), form).status_code == 404


@pytest.mark.parametrize("verb", VERBS)
def test_it_is_forbidden_to_who_may_only_look(as_viewer, url, make_task, verb):
    form = {"task": make_task().pk}

    assert as_viewer.get(url(verb), form).status_code == 403
    assert as_viewer.post(url(verb), form).status_code == 403
    assert statuses() == ["WAITING"]


@pytest.mark.parametrize("verb", VERBS)
def test_it_asks_to_sign_in(client, url, make_task, verb):
    assert client.post(url(verb), {"task": make_task().pk}).status_code == 302
    assert statuses() == ["WAITING"]


@pytest.mark.parametrize("verb", VERBS)
def test_it_refuses_what_is_no_id(as_alice, url, verb):
    assert as_alice.post(url(verb), {"task": "x"}).status_code == 400


def test_it_wakes_dispatch(
    as_alice, url, make_task, woken, django_capture_on_commit_callbacks
):
    make_task()
    with django_capture_on_commit_callbacks(execute=True):
        as_alice.post(url("start"))

    assert Wake.DISPATCH in woken
