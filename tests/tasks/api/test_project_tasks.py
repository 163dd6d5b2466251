import base64
import uuid

import pytest

from tasks.models import VideoTask


@pytest.fixture
def url(project):
    return f"/projects/{project.pk}/tasks"


@pytest.fixture
def body(make_picture):
    return {"prompt": "Waves roll in", "picture_id": str(make_picture().pk)}


def test_it_creates_one(as_alice, alice, url, body):
    answer = as_alice.post(url, {**body, "seed": 12345, "name": "Sea"})

    assert answer.status_code == 201
    told = answer.json()
    assert told["number"] == 1
    assert told["status"] == "waiting"
    assert told["stage"] == "Waiting"
    assert told["progress"] == 0
    assert told["attempts"] == 0
    assert told["prompt"] == "Waves roll in"
    assert told["aspect_ratio"] == "9:16"
    assert told["error"] is told["video_url"] is told["waiting_for"] is None
    task = VideoTask.objects.get(pk=told["id"])
    assert (task.seed, task.name, task.created_by) == (12345, "Sea", alice)


def test_it_creates_with_a_link(as_alice, url):
    body = {"prompt": "Waves", "image_url": "https://example.com/beach.jpg"}

    assert as_alice.post(url, body).json()["image_url"] == body["image_url"]


def test_it_creates_with_the_projects_defaults(as_alice, url, body, project):
    as_alice.patch(f"/projects/{project.pk}", {"aspect_ratio": "1:1", "seed": 11111})

    told = as_alice.post(url, body).json()

    assert (told["aspect_ratio"], told["seed"]) == ("1:1", 11111)


def test_it_lets_a_teammate_use_a_picture_of_the_project(
    as_bob, url, make_task, make_picture
):
    picture = make_picture()
    body = {"prompt": "Again", "picture_id": str(picture.pk)}
    assert as_bob.post(url, body).status_code == 422

    make_task(picture=picture)

    assert as_bob.post(url, body).status_code == 201


def test_it_creates_many_in_order(as_alice, url, body, django_assert_max_num_queries):
    rows = [{**body, "prompt": f"Wave {n}"} for n in range(300)]

    with django_assert_max_num_queries(30):
        answer = as_alice.post(url, {"tasks": rows})

    assert answer.status_code == 201
    told = answer.json()["tasks"]
    assert [t["prompt"] for t in told] == [r["prompt"] for r in rows]
    assert [t["number"] for t in told] == list(range(1, 301))


def test_it_creates_all_or_none(as_alice, url, body):
    rows = [body, {**body, "seed": 5}, {**body, "prompt": ""}]

    answer = as_alice.post(url, {"tasks": rows})

    assert answer.status_code == 422
    assert set(answer.json()["error"]["fields"]) == {"tasks.1.seed", "tasks.2.prompt"}
    assert not VideoTask.objects.exists()


def test_it_creates_none_of_none(as_alice, url):
    assert as_alice.post(url, {"tasks": []}).json() == {"tasks": []}


def test_it_drops_nothing_that_stands_beside_many(as_alice, url, body):
    answer = as_alice.post(url, {"tasks": [body], "model": "veo3"})

    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == ["model"]
    assert not VideoTask.objects.exists()


def test_it_refuses_more_than_a_thousand(as_alice, url, body):
    answer = as_alice.post(url, {"tasks": [body] * 1001})

    assert answer.status_code == 422
    assert answer.json()["error"]["fields"] == {"tasks": "These are too many at once."}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", ""),
        ("prompt", "  \n"),
        ("prompt", None),
        ("prompt", "x" * 3001),
        ("prompt", ["x"]),
        ("prompt", "nul \0"),
        ("prompt", "half \ud83d"),
        ("picture_id", None),
        ("picture_id", "beach.jpg"),
        ("picture_id", str(uuid.uuid4())),
        ("picture_id", ["x"]),
        ("last_picture_id", str(uuid.uuid4())),
        ("image_url", "https://example.com/and-a-picture.jpg"),
        ("aspect_ratio", "2:1"),
        ("aspect_ratio", ["9:16"]),
        ("model", "veo9"),
        ("resolution", "8k"),
        ("duration", 5),
        ("duration", True),
        ("seed", 5),
        ("seed", 100_000),
        ("seed", 12345.5),
        ("seed", "1e5"),
        ("watermark", "x" * 81),
        ("name", "x" * 201),
        ("translate", "perhaps"),
        ("callback_url", "http://169.254.169.254/"),
        ("callback_url", "https://user:word@example.com/"),
        ("Prompt", "?"),
    ],
)
def test_it_refuses_bad_values(as_alice, url, body, field, value):
    answer = as_alice.post(url, {**body, field: value})

    assert answer.status_code == 422
    (name,) = answer.json()["error"]["fields"]
    assert name == field
    assert not VideoTask.objects.exists()


@pytest.mark.parametrize(
    "link",
    ["beach.jpg", "ftp://example.com/a.jpg", "https://10.0.0.1/a.jpg", "https://[", 7],
)
def test_it_refuses_bad_links(as_alice, url, link):
    answer = as_alice.post(url, {"prompt": "Waves", "image_url": link})

    assert list(answer.json()["error"]["fields"]) == ["image_url"]


def test_it_tells_all_that_is_wrong_at_once(as_alice, url):
    fields = as_alice.post(url, {"seed": 5}).json()["error"]["fields"]

    assert fields == {
        "prompt": "Write a prompt.",
        "picture_id": "Choose a picture.",
        "seed": "This must be between 10000 and 99999.",
    }


def test_it_keeps_strangers_and_viewers_out(
    as_charlie, as_viewer, as_nobody, url, body, project
):
    for path, sent in (
        (url, body),
        *(
            (f"/projects/{project.pk}/{v}", {})
            for v in ("start", "stop", "retry-failed")
        ),
    ):
        assert as_charlie.post(path, sent).status_code == 404
        assert as_viewer.post(path, sent).status_code == 403
        assert as_nobody.post(path, sent).status_code == 401
    assert as_charlie.get(url).status_code == 404
    assert as_viewer.get(url).status_code == 200
    assert not VideoTask.objects.exists()


def test_it_lists_page_by_page(as_bob, url, make_task):
    for n in range(5):
        make_task(f"Wave {n}")

    seen, cursor, pages = [], "", 0
    while cursor is not None:
        told = as_bob.get(url, limit=2, cursor=cursor).json()
        seen += [t["number"] for t in told["items"]]
        cursor, pages = told["next"], pages + 1

    assert (seen, pages) == ([1, 2, 3, 4, 5], 3)
    assert told["counts"]["waiting"] == 5


@pytest.mark.parametrize("sort", ["-number", "-created_at", "-updated_at", "-name"])
def test_it_lists_the_other_way_round(as_alice, url, make_task, sort):
    for n in range(3):
        make_task(name=f"wave {n}")

    first = as_alice.get(url, sort=sort, limit=2).json()
    rest = as_alice.get(url, sort=sort, cursor=first["next"]).json()

    assert [t["number"] for t in first["items"] + rest["items"]] == [3, 2, 1]


def test_it_lists_rows_that_are_alike_once(as_alice, url, make_task):
    for _ in range(4):
        make_task()

    first = as_alice.get(url, sort="status", limit=3).json()
    rest = as_alice.get(url, sort="status", cursor=first["next"]).json()

    assert [t["number"] for t in first["items"] + rest["items"]] == [1, 2, 3, 4]


def test_it_finds_by_status_words_and_number(as_alice, url, make_task):
    for prompt in ("Waves", "Dunes", "Waves again"):
        make_task(prompt)

    def found(**query):
        return [t["number"] for t in as_alice.get(url, **query).json()["items"]]

    assert found(q="waves") == [1, 3]
    assert found(q="2") == [2]
    assert found(status="waiting") == [1, 2, 3]
    assert found(status="failed") == []


@pytest.mark.parametrize(
    "query",
    [
        {"status": "lost"},
        {"sort": "colour"},
        {"limit": "0"},
        {"limit": "all"},
        {"cursor": "x"},
        {"cursor": "W10"},
        {"cursor": "é"},
    ],
)
def test_it_refuses_bad_questions(as_alice, url, query):
    answer = as_alice.get(url, **query)

    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == list(query)


@pytest.mark.parametrize(
    ("sort", "place"),
    [
        ("number", '["number", Infinity, 1]'),
        ("name", '["name", "a\\u0000b", 1]'),
        ("created_at", '["created_at", "0001-01-01T00:00:00+23:59", 1]'),
    ],
)
def test_it_refuses_a_forged_cursor(as_alice, url, sort, place):
    cursor = base64.urlsafe_b64encode(place.encode()).decode()

    assert as_alice.get(url, sort=sort, cursor=cursor).status_code == 422


def test_it_looks_for_words_with_a_nul_in_them(as_alice, url, make_task):
    make_task("Waves roll in")

    assert len(as_alice.get(url, q="wa\0ves").json()["items"]) == 1


def test_it_lists_with_few_queries(
    as_alice, url, make_task, django_assert_max_num_queries
):
    for _ in range(10):
        make_task()

    with django_assert_max_num_queries(7):
        as_alice.get(url)
