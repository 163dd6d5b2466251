import pytest

from tasks.engine import stopping, thumbnails
from tasks.models import Picture, Project
from tasks.models.picture import NO_THUMBNAIL


def steps():
    return list(thumbnails.steps())


def test_it_makes_a_small_version(make_picture, settings):
    make_picture(size=(2000, 1000))
    steps()
    picture = Picture.objects.get()
    assert picture.has_thumbnail
    assert (settings.MEDIA_ROOT / picture.thumbnail).stat().st_size > 100


def test_it_tells_the_boards_that_show_it(make_task, project):
    task = make_task()
    project.refresh_from_db()
    steps()
    task.refresh_from_db()
    assert task.version == Project.objects.get().version == project.version + 1


@pytest.mark.parametrize("damage", ["gone", "rotten"])
def test_it_does_not_try_for_ever(make_picture, damage):
    file = make_picture().file
    file.unlink() if damage == "gone" else file.write_bytes(b"rotten")
    steps()
    assert Picture.objects.get().thumbnail == NO_THUMBNAIL
    assert steps() == []


def test_it_does_nothing_twice(make_picture):
    make_picture()
    assert len(steps()) == 1
    assert steps() == []


def test_it_leaves_when_asked_to(make_picture):
    make_picture()
    stopping.ask()
    assert steps() == []
