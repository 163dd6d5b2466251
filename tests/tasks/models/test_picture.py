from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tasks.models import Picture, PictureUpload
from tasks.models.picture import NO_THUMBNAIL


@pytest.fixture
def upload(make_picture, now):
    return PictureUpload.objects.create(
        picture=make_picture(), variant="9:16", upload_url="http://up", next_try_at=now
    )


def test_it_is_one_picture_a_content_and_person(make_picture, bob):
    assert make_picture() == make_picture()
    assert make_picture(by=bob) != make_picture()
    assert Picture.objects.count() == 2


def test_it_knows_whether_it_has_a_thumbnail(make_picture):
    picture = make_picture()
    assert not picture.has_thumbnail
    assert not Picture(thumbnail=NO_THUMBNAIL).has_thumbnail
    assert Picture(thumbnail="thumbnails/a.webp").has_thumbnail


def test_it_is_claimed_by_one_of_two(upload, now):
    until = now + timedelta(seconds=60)
    other = PictureUpload.objects.get()
    assert upload.claim(now, until)
    assert not other.claim(now, until)
    assert PictureUpload.objects.get().tries == 1


def test_it_is_taken_over_when_the_lease_is_over(upload, now):
    upload.claim(now, now + timedelta(seconds=60))
    later = now + timedelta(seconds=60)
    assert upload.claim(later, later + timedelta(seconds=60))


def test_it_is_due_until_it_is_there(upload, now):
    assert PictureUpload.objects.due(now).exists()
    PictureUpload.objects.update(expires_at=now + timedelta(hours=12))
    assert not PictureUpload.objects.due(now).exists()
    assert PictureUpload.objects.fresh(now).exists()


@pytest.mark.parametrize("why", [{"error_code": "picture_unreadable"}, {"later": 1}])
def test_it_is_not_due_when_it_is_no_use(upload, now, why):
    if "later" in why:
        why = {"next_try_at": now + timedelta(seconds=1)}
    PictureUpload.objects.update(**why)
    assert not PictureUpload.objects.due(now).exists()


def test_it_is_one_row_a_variant_and_host(upload, now):
    with pytest.raises(IntegrityError), transaction.atomic():
        PictureUpload.objects.create(
            picture=upload.picture,
            variant="9:16",
            upload_url="http://up",
            next_try_at=now,
        )
