import pytest

from tasks.models import Project, TaskEvent


def test_it_lists_them_with_their_defaults(as_alice, project):
    (item,) = as_alice.get("/projects").json()["items"]

    assert item["id"] == str(project.pk)
    assert item["name"] == "Autumn"
    assert item["aspect_ratio"] == "9:16"
    assert item["concurrency"] == 5
    assert item["role"] == "owner"
    assert item["counts"]["waiting"] == 0


@pytest.mark.parametrize(
    ("who", "role"),
    [("as_alice", "owner"), ("as_bob", "editor"), ("as_viewer", "viewer")],
)
def test_it_says_what_part_one_has(request, project, who, role):
    them = request.getfixturevalue(who)

    assert them.get(f"/projects/{project.pk}").json()["role"] == role


def test_it_hides_projects_of_others(as_charlie, project):
    assert as_charlie.get("/projects").json()["items"] == []
    for answer in (
        as_charlie.get(f"/projects/{project.pk}"),
        as_charlie.patch(f"/projects/{project.pk}", {"name": "Mine"}),
        as_charlie.delete(f"/projects/{project.pk}"),
    ):
        assert answer.status_code == 404


def test_it_creates_one(as_charlie, charlie):
    answer = as_charlie.post("/projects", {"name": "Winter", "seed": 12345})

    assert answer.status_code == 201
    made = Project.objects.get(pk=answer.json()["id"])
    assert (made.owner, made.name, made.seed) == (charlie, "Winter", 12345)


def test_it_creates_a_rehearsal_until_a_real_account_is_known(as_charlie, make_key):
    first = as_charlie.post("/projects", {"name": "Winter"})
    make_key.account()
    second = as_charlie.post("/projects", {"name": "Winter"})

    assert first.json()["simulated"] is True
    assert second.json()["simulated"] is False


def test_it_creates_a_rehearsal(as_charlie):
    answer = as_charlie.post("/projects", {"name": "Winter", "simulated": True})

    assert answer.json()["simulated"] is True


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", 7),
        ("name", "x" * 121),
        ("name", "\0"),
        ("concurrency", 0),
        ("concurrency", "many"),
        ("retries", 11),
        ("aspect_ratio", "2:1"),
        ("duration", 5),
        ("seed", 5),
        ("paused", "perhaps"),
        ("callback_url", "http://127.0.0.1/"),
        ("simulated", "perhaps"),
    ],
)
def test_it_refuses_bad_values(as_alice, field, value):
    answer = as_alice.post("/projects", {"name": "Winter", field: value})

    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [field]
    assert Project.objects.count() == 1


def test_it_changes_what_is_given_and_wakes_the_dispatcher(
    as_bob, project, woken, django_capture_on_commit_callbacks
):
    Project.objects.update(paused=True)

    with django_capture_on_commit_callbacks(execute=True):
        answer = as_bob.patch(f"/projects/{project.pk}", {"paused": False})

    assert answer.json()["paused"] is False
    assert answer.json()["name"] == "Autumn"
    assert woken
    project.refresh_from_db()
    assert project.version == 1
    assert TaskEvent.objects.get().key == "project_edited"


def test_it_does_not_make_a_rehearsal_real(as_alice, project):
    answer = as_alice.patch(f"/projects/{project.pk}", {"simulated": True})

    assert answer.status_code == 422
    assert "simulated" in answer.json()["error"]["fields"]


def test_it_lets_a_viewer_only_look(as_viewer, project):
    assert as_viewer.get(f"/projects/{project.pk}").status_code == 200
    answer = as_viewer.patch(f"/projects/{project.pk}", {"name": "Mine"})

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden"


def test_it_is_deleted_by_its_owner_and_nothing_more_is_bought(
    as_alice, project, make_task
):
    task = make_task()
    as_alice.post(f"/projects/{project.pk}/start", {})

    assert as_alice.delete(f"/projects/{project.pk}").status_code == 204

    assert as_alice.get(f"/projects/{project.pk}").status_code == 404
    assert as_alice.get(f"/tasks/{task.pk}").status_code == 404
    task.refresh_from_db()
    assert task.status == "WAITING"


def test_it_is_not_deleted_by_an_editor(as_bob, project):
    assert as_bob.delete(f"/projects/{project.pk}").status_code == 403
