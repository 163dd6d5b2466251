import pytest

from tasks.engine.log import note
from tasks.models import State, VideoTask
from tests.attempts import attempt_in


@pytest.fixture
def task(make_task):
    return make_task()


@pytest.fixture
def stored(task, make_key):
    attempt_in(State.STORED, task, make_key())
    task.clip.file.parent.mkdir(parents=True)
    task.clip.file.write_bytes(b"0123456789")
    return task


def test_it_tells_of_one(as_bob, task):
    told = as_bob.get(f"/tasks/{task.pk}").json()

    assert (told["id"], told["number"], told["status"]) == (str(task.pk), 1, "waiting")


def test_it_keeps_strangers_out(as_charlie, as_nobody, stored):
    for path in ("", "/events", "/attempts", "/video"):
        assert as_charlie.get(f"/tasks/{stored.pk}{path}").status_code == 404
        assert as_nobody.get(f"/tasks/{stored.pk}{path}").status_code == 401
    assert as_charlie.patch(f"/tasks/{stored.pk}", {"prompt": "x"}).status_code == 404
    assert as_charlie.delete(f"/tasks/{stored.pk}").status_code == 404


def test_it_lets_a_viewer_only_look(as_viewer, stored):
    for path in ("", "/events", "/attempts", "/video"):
        answer = as_viewer.get(f"/tasks/{stored.pk}{path}")
        assert answer.status_code == 200
        answer.getvalue()
    assert as_viewer.patch(f"/tasks/{stored.pk}", {"prompt": "x"}).status_code == 403
    assert as_viewer.delete(f"/tasks/{stored.pk}").status_code == 403


def test_it_changes_what_is_given(as_bob, task):
    told = as_bob.patch(
        f"/tasks/{task.pk}", {"prompt": " Dunes ", "seed": 12345}
    ).json()

    assert (told["prompt"], told["seed"]) == ("Dunes", 12345)
    assert told["picture_id"] == str(task.picture_id)


def test_it_takes_a_link_in_the_pictures_place(as_alice, task):
    link = "https://example.com/beach.jpg"

    told = as_alice.patch(f"/tasks/{task.pk}", {"image_url": link}).json()

    assert (told["image_url"], told["picture_id"]) == (link, None)


def test_it_changes_nothing_when_nothing_is_given(as_alice, task):
    assert as_alice.patch(f"/tasks/{task.pk}", {}).status_code == 200
    task.refresh_from_db()
    assert task.prompt == "Waves roll in"


@pytest.mark.parametrize(
    ("field", "value"),
    [("prompt", ""), ("picture_id", None), ("image_url", ""), ("seed", 5)],
)
def test_it_refuses_bad_values(as_alice, task, field, value):
    answer = as_alice.patch(f"/tasks/{task.pk}", {field: value})

    assert answer.status_code == 422
    assert VideoTask.objects.get().prompt == "Waves roll in"


def test_it_does_not_change_what_is_under_way(as_alice, task, make_key):
    attempt_in(State.SUBMITTED, task, make_key())

    answer = as_alice.patch(f"/tasks/{task.pk}", {"prompt": "Dunes"})

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "conflict"


def test_it_deletes_one(as_bob, task):
    assert as_bob.delete(f"/tasks/{task.pk}").status_code == 204
    assert as_bob.get(f"/tasks/{task.pk}").status_code == 404
    assert as_bob.delete(f"/tasks/{task.pk}").status_code == 404


def test_it_tells_its_log(as_alice, task, make_key, now):
    attempt = attempt_in(State.SUBMITTED, task, make_key())
    note(attempt, "submitted", now=now, task_id="veo-1")

    (event,) = as_alice.get(f"/tasks/{task.pk}/events").json()["items"]

    assert event["key"] == "submitted"
    assert event["message"] == "Submitted: the provider took attempt 1"
    assert event["by"] is None


def test_it_tells_its_purchases_without_the_key(as_alice, task, make_key):
    attempt_in(State.SUBMITTED, task, make_key(secret="sk-canary-7788"))

    answer = as_alice.get(f"/tasks/{task.pk}/attempts")

    (told,) = answer.json()["items"]
    assert (told["number"], told["state"]) == (1, "submitted")
    assert told["credits_reserved"] == 60
    assert b"canary" not in answer.content
    assert b"7788" not in answer.content


@pytest.mark.parametrize(
    ("state", "fields", "count"),
    [
        (State.PLANNED, {}, 0),
        (State.SENDING, {}, 1),
        (State.SUBMITTED, {}, 1),
        (State.UNCERTAIN, {}, 1),
        (State.STORED, {}, 1),
        (State.FAILED, {}, 1),
        (State.CANCELED, {}, 0),
        (State.REJECTED, {"is_counted": True}, 1),
        (State.REJECTED, {"is_counted": False}, 0),
    ],
)
def test_it_counts_attempts_that_are_the_tasks_own(
    as_alice, task, make_key, state, fields, count
):
    attempt_in(state, task, make_key(), **fields)

    assert as_alice.get(f"/tasks/{task.pk}").json()["attempts"] == count


def test_it_says_what_went_wrong(as_alice, task, make_key):
    attempt_in(State.FAILED, task, make_key())

    told = as_alice.get(f"/tasks/{task.pk}").json()

    assert told["status"] == "failed"
    assert told["error"]["code"] == "content_policy"
    assert told["error"]["category"] == "parameter"
    assert told["error"]["message"]
    assert told["error"]["next_step"]


def test_it_says_what_is_in_doubt(as_alice, task, make_key):
    attempt_in(State.UNCERTAIN, task, make_key())

    assert as_alice.get(f"/tasks/{task.pk}").json()["error"]["code"] == "answer_lost"


def test_it_leads_to_the_clip(as_bob, stored, client):
    told = as_bob.get(f"/tasks/{stored.pk}").json()

    assert told["video_url"] == f"/api/v1/tasks/{stored.pk}/video"
    clip = client.get(told["video_url"], headers=as_bob.headers)
    assert clip.getvalue() == b"0123456789"
    assert clip["Content-Type"] == "video/mp4"
    assert clip["Content-Disposition"] == 'attachment; filename="0001.mp4"'


def test_it_gives_part_of_the_clip(as_bob, stored, client):
    headers = {**as_bob.headers, "Range": "bytes=2-4"}

    part = client.get(f"/api/v1/tasks/{stored.pk}/video", headers=headers)

    assert (part.status_code, part.getvalue()) == (206, b"234")


def test_it_says_how_long_the_clip_is(as_bob, stored, client):
    head = client.head(f"/api/v1/tasks/{stored.pk}/video", headers=as_bob.headers)

    assert (head.status_code, head["Content-Length"]) == (200, "10")


def test_it_has_no_clip_yet(as_bob, task):
    assert as_bob.get(f"/tasks/{task.pk}/video").json()["error"]["code"] == "not_found"


def test_it_tells_when_the_file_is_gone(as_bob, stored):
    stored.clip.file.unlink()

    assert as_bob.get(f"/tasks/{stored.pk}/video").status_code == 404


def test_it_serves_the_accepted_clip_while_it_is_made_again(as_bob, stored, make_key):
    old = stored.clip
    attempt_in(State.SUBMITTED, stored, make_key("second"))
    VideoTask.objects.filter(pk=stored.pk).update(clip=old)

    told = as_bob.get(f"/tasks/{stored.pk}").json()

    assert told["status"] == "generating"
    assert told["video_url"]
