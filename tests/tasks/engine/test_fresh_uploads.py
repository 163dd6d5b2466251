"""Dispatch asks for the pictures that are not at the provider, and waits for them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tasks import actions
from tasks.engine.dispatch import dispatch
from tasks.engine.wake import Wake
from tasks.models import (
    Attempt,
    PictureUpload,
    Project,
    State,
    Status,
    VideoTask,
)


@pytest.fixture
def now():
    """A moment after everything that a test has people do."""
    return timezone.now() + timedelta(seconds=5)


def planned(**which):
    return Attempt.objects.filter(state=State.PLANNED, **which)


def reason(project):
    return Project.objects.get(pk=project.pk).wait_reason


def test_it_asks_once_for_each_picture_and_ratio(make_task, project, alice, key, now):
    for ratio in ("9:16", "9:16", "16:9"):
        make_task(aspect_ratio=ratio)
    actions.start(project, by=alice)
    assert dispatch(now) == Wake.PICTURES
    dispatch(now)
    variants = PictureUpload.objects.values_list("variant", flat=True)
    assert sorted(variants) == ["16:9", "9:16"]
    assert not Attempt.objects.exists()
    assert reason(project) == "uploading"


def test_it_needs_both_pictures(ready, make_picture, uploaded, now):
    last = make_picture("red")
    (task,) = ready(1, last_picture=last)
    dispatch(now)
    assert not planned().exists()
    task.picture_id = last.pk
    uploaded(task, url="http://127.0.0.1:9/last.jpg")
    dispatch(now)
    urls = planned().get().request["image_urls"]
    assert urls == ["http://127.0.0.1:9/p.jpg", "http://127.0.0.1:9/last.jpg"]


def test_it_needs_no_upload_for_a_picture_on_the_web(
    make_task, project, alice, key, now
):
    task = make_task(image_url="https://example.org/a.jpg")
    VideoTask.objects.filter(pk=task.pk).update(picture=None)
    actions.start(project, by=alice)
    dispatch(now)
    assert planned().get().request["image_urls"] == ["https://example.org/a.jpg"]


def test_it_uploads_ahead_of_the_slots(
    make_task, make_picture, project, alice, key, now
):
    Project.objects.filter(pk=project.pk).update(concurrency=1)
    for colour in ("red", "green", "blue"):
        make_task(picture=make_picture(colour))
    actions.start(project, by=alice)
    dispatch(now)
    assert PictureUpload.objects.count() == 2


def test_it_renews_an_upload_that_expired(ready, now):
    ready(1)
    later = now + timedelta(hours=13)
    assert dispatch(later) == Wake.PICTURES
    assert PictureUpload.objects.due(later).exists()
    assert not planned().exists()


def test_it_fails_the_tasks_of_a_picture_that_cannot_be_read(ready, uploaded, now):
    first, second = ready(2)
    uploaded(first, error_code="picture_unreadable", expires_at=None, url="")
    dispatch(now)
    for task in (first, second):
        task.refresh_from_db()
        assert (task.status, task.error_code) == (Status.FAILED, "picture_unreadable")
        assert task.next_try_at is None
