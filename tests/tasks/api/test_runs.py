"""Start, stop and retry."""

import pytest

from tasks.models import ApiKey, Price, Project, TaskEvent, VideoTask


@pytest.fixture
def prices(db):
    Price.objects.all().delete()
    Price.objects.create(
        model="veo3_fast",
        resolution="720p",
        credits="60.50",
        checked_on="2026-10-01",
        source="test",
    )


def test_it_starts_all(
    as_alice, project, make_task, prices, woken, django_capture_on_commit_callbacks
):
    make_task(), make_task()

    with django_capture_on_commit_callbacks(execute=True):
        answer = as_alice.post(f"/projects/{project.pk}/start", {})

    assert answer.json() == {"started": 2, "estimate_credits": 121.0}
    assert woken
    counts = as_alice.get(f"/projects/{project.pk}/tasks").json()["counts"]
    assert counts["queued"] == 2
    assert TaskEvent.objects.filter(key="started").count() == 1


def test_it_starts_without_a_body(as_alice, project, make_task):
    make_task()

    assert as_alice.post(f"/projects/{project.pk}/start").json()["started"] == 1


def test_it_starts_once(as_alice, project, make_task):
    make_task()

    for started in (1, 0):
        told = as_alice.post(f"/projects/{project.pk}/start", {}).json()
        assert told["started"] == started


def test_it_starts_the_chosen_and_none_of_another_project(
    as_bob, project, make_task, charlie
):
    theirs = make_task(into=Project.objects.create(name="Other", owner=charlie))
    mine, other = make_task(), make_task()
    chosen = [str(mine.pk), str(theirs.pk)]

    told = as_bob.post(f"/projects/{project.pk}/start", {"task_ids": chosen}).json()

    assert told["started"] == 1
    for task, status in ((mine, "QUEUED"), (other, "WAITING"), (theirs, "WAITING")):
        task.refresh_from_db()
        assert task.status == status


def test_it_starts_none_of_none(as_alice, project, make_task):
    make_task()
    told = as_alice.post(f"/projects/{project.pk}/start", {"task_ids": []}).json()

    assert told["started"] == 0


@pytest.mark.parametrize("ids", ["x", ["x"], [1], {}])
def test_it_refuses_what_is_no_list_of_ids(as_alice, project, ids):
    answer = as_alice.post(f"/projects/{project.pk}/start", {"task_ids": ids})

    assert answer.status_code == 422


def test_it_stops(as_alice, project, make_task):
    make_task()
    as_alice.post(f"/projects/{project.pk}/start", {})

    told = as_alice.post(f"/projects/{project.pk}/stop", {}).json()

    assert told["stopped"] == 1
    assert VideoTask.objects.get().status == "WAITING"


def test_it_retries_what_failed(as_alice, project, make_task, prices):
    task = make_task()
    VideoTask.objects.filter(pk=task.pk).update(status="FAILED", error_code="x")

    told = as_alice.post(f"/projects/{project.pk}/retry-failed", {}).json()

    assert told == {"started": 1, "estimate_credits": 60.5}
    assert VideoTask.objects.get().status == "QUEUED"


def test_it_says_why_it_waits(as_alice, project, make_task):
    make_task()
    as_alice.post(f"/projects/{project.pk}/start", {})
    type(project).objects.update(wait_reason="no_account")

    (told,) = as_alice.get(f"/projects/{project.pk}/tasks").json()["items"]

    assert told["waiting_for"] == "no_account"
    assert "API key" in told["waiting_text"]
    assert not ApiKey.objects.exists()
