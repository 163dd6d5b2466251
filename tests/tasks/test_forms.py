import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tasks.forms import NewProjectForm, ProjectForm, TaskForm
from tests.conftest import picture_bytes


def picture(content=None):
    return SimpleUploadedFile("beach.jpg", content or picture_bytes())


def task_form(data=None, file=None, **kwargs):
    files = {"picture": file} if file else {}
    return TaskForm({"prompt": "Waves", **(data or {})}, files, **kwargs)


def test_it_leaves_out_what_was_not_chosen():
    form = task_form(file=picture())

    assert form.is_valid()
    assert "model" not in form.row  # the project's default stays
    assert form.row["seed"] is None


def test_it_turns_values_into_those_of_a_task():
    form = task_form({"duration": "6", "seed": " 12345 ", "translate": "on"}, picture())

    assert form.is_valid()
    assert (form.row["duration"], form.row["seed"]) == (6, 12345)
    assert (form.row["translate"], form.row["fallback"]) == (True, False)


def test_it_hands_the_pictures_file_over_apart():
    form = task_form(file=picture())

    assert form.is_valid()
    assert "picture" not in form.row
    assert form.cleaned_data["picture"].name == "beach.jpg"


def test_it_wants_a_picture_or_an_address():
    assert list(task_form().errors) == ["picture"]
    assert task_form({"image_url": "https://example.com/a.jpg"}).is_valid()


def test_it_blames_a_bad_address_and_not_the_missing_picture():
    assert list(task_form({"image_url": "nonsense"}).errors) == ["image_url"]


def test_it_wants_no_second_picture_of_a_task_that_has_one(make_task):
    form = task_form(task=make_task())

    assert form.is_valid()
    assert form.initial["prompt"] == "Waves roll in"


def test_it_looks_into_the_picture_when_something_else_is_wrong():
    form = task_form({"prompt": ""}, picture(b"just words"))

    assert form.errors.keys() == {"prompt", "picture"}


@pytest.mark.parametrize("name", ["seed", "callback_url", "watermark", "name"])
def test_it_unfolds_fields_with_errors(name):
    form = task_form({name: "w" * 5000}, picture())

    assert not form.is_valid()
    assert form.more_is_open


def test_it_keeps_the_rest_folded():
    assert not task_form({"prompt": ""}).more_is_open


def test_it_starts_from_the_project(project):
    project.watermark = "House"

    assert ProjectForm(project=project).initial["watermark"] == "House"


@pytest.mark.parametrize("on", [True, False])
def test_it_always_says_whether_a_new_project_is_simulated(on):
    form = NewProjectForm({"name": "Winter"} | ({"simulated": "on"} if on else {}))

    assert form.is_valid()
    assert form.cleaned_data == {"name": "Winter", "simulated": on}
