"""Pictures are taken to the provider once for each ratio and host, and again when old."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tasks import actions
from tasks.engine import upload
from tasks.engine.wake import Wake
from tasks.models import (
    ApiKey,
    KeyState,
    PictureUpload,
    ProviderAccount,
    Status,
    VideoTask,
)


@pytest.fixture
def wanted(engine, make_task, alice):
    """A picture that dispatch asked for."""
    make_task()
    engine.start(alice)
    engine.dispatch()
    return PictureUpload.objects.get()


def carry():
    return list(upload.steps())


def test_it_carries_what_was_asked_for(wanted, kie):
    assert carry() == [Wake.DISPATCH]
    wanted.refresh_from_db()
    assert wanted.url.startswith(f"{kie.url}/files/")
    assert (wanted.lease_until, wanted.tries, wanted.error_code) == (None, 0, "")
    life = (wanted.expires_at - timezone.now()).total_seconds()
    assert life == pytest.approx(12 * 3600, abs=10)


def test_it_carries_each_picture_once(wanted, engine, make_task, alice):
    carry()
    first = PictureUpload.objects.get().url
    make_task()
    engine.start(alice)
    engine.plan()
    engine.plan()
    assert PictureUpload.objects.get().url == first


def test_it_sends_a_name_nobody_can_guess(wanted):
    carry()
    name = PictureUpload.objects.get().url.rpartition("/")[2]
    assert len(name) == len("a" * 32 + ".jpg")
    assert "beach" not in name


def test_it_renews_what_expired_under_another_name(wanted, engine, kie):
    carry()
    old = PictureUpload.objects.get().url
    PictureUpload.objects.update(expires_at=timezone.now())
    engine.dispatch()
    carry()
    assert PictureUpload.objects.get().url != old
    engine.dispatch()
    engine.submit()
    assert len(kie.bought()) == 1


def test_it_leaves_what_expired_and_nobody_wants(wanted, engine, alice):
    carry()
    actions.stop(engine.project, by=alice)
    PictureUpload.objects.update(expires_at=timezone.now())
    assert carry() == []
    assert not PictureUpload.objects.due(timezone.now()).exists()


def test_it_fails_the_tasks_of_a_picture_that_is_gone(wanted, engine, alice, kie):
    task = VideoTask.objects.get()
    task.picture.file.unlink()
    assert carry() == [Wake.DISPATCH]
    engine.dispatch()
    task.refresh_from_db()
    assert (task.status, task.error_code) == (Status.FAILED, "picture_unreadable")
    assert kie.calls() == []


@pytest.mark.parametrize("damage", ["gone", "rotten"])
def test_it_goes_on_when_the_picture_is_put_in_again(
    wanted, engine, make_picture, alice, damage
):
    file = VideoTask.objects.get().picture.file
    file.unlink() if damage == "gone" else file.write_bytes(b"rotten")
    engine.plan()
    make_picture()
    actions.retry_failed(engine.project, by=alice)
    engine.run()
    assert VideoTask.objects.get().status == Status.SUCCEEDED


def test_it_tries_again_later_when_the_host_is_away(wanted, kie, now):
    wanted.upload_url = "http://127.0.0.1:9"
    wanted.save()
    ProviderAccount.objects.update(upload_url=wanted.upload_url)
    assert carry() == [Wake.NOTHING]
    wanted.refresh_from_db()
    assert (wanted.error_code, wanted.tries, wanted.lease_until) == ("", 1, None)
    assert wanted.next_try_at > now


def test_it_refuses_a_key_that_the_host_refuses(wanted, kie, engine):
    kie.control(revoke=kie.key)
    carry()
    key = ApiKey.objects.get()
    assert (key.state, key.reason) == (KeyState.INVALID, "key_invalid")
    engine.dispatch()
    engine.project.refresh_from_db()
    assert engine.project.wait_reason == "no_key"


def test_it_goes_on_with_another_key(wanted, kie, make_key):
    kie.control(revoke=kie.key)
    make_key("second", account=ApiKey.objects.get().account, secret=kie.new_key())
    carry()
    assert PictureUpload.objects.get().url


def test_it_waits_for_a_key(wanted):
    ApiKey.objects.update(state=KeyState.OFF)
    assert carry() == []
    assert PictureUpload.objects.due(timezone.now()).exists()


def test_it_is_taken_over_when_its_process_died(wanted, now):
    wanted.claim(timezone.now(), timezone.now() + timedelta(seconds=60))
    assert carry() == []
    PictureUpload.objects.update(lease_until=timezone.now())
    carry()
    assert PictureUpload.objects.get().url


def test_it_outlives_what_nobody_expected(wanted, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(upload, "prepare", broken)
    assert carry() == [Wake.NOTHING]
    assert PictureUpload.objects.get().next_try_at > timezone.now()


def test_it_crops_to_the_ratio_that_is_sent(engine, make_task, alice, kie):
    make_task(aspect_ratio="9:16")
    make_task(aspect_ratio="16:9")
    engine.start(alice)
    engine.plan()
    urls = PictureUpload.objects.values_list("url", flat=True)
    assert len(set(urls)) == 2
