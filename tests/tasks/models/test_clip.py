import pytest
from django.db import IntegrityError, transaction

from tasks.models import State
from tests.attempts import clip_of


@pytest.mark.parametrize("wrong", [{"sha256": ""}, {"size": 0}])
def test_it_is_never_kept_unverified(make_attempt, wrong):
    attempt = make_attempt(State.DOWNLOADING)
    with pytest.raises(IntegrityError), transaction.atomic():
        clip_of(attempt, **wrong)


def test_it_has_a_place_of_its_own(make_attempt):
    attempt = make_attempt(State.DOWNLOADING)
    clip = clip_of(attempt)
    with pytest.raises(IntegrityError), transaction.atomic():
        clip_of(attempt, path="clips/other.mp4")
    assert clip_of(attempt, path="clips/b.mp4", kind="cropped").pk != clip.pk


def test_it_names_its_content_for_browsers(make_attempt, settings):
    clip = clip_of(make_attempt(State.DOWNLOADING))
    assert clip.etag == f'"{"ab" * 16}"'
    assert clip.file == settings.MEDIA_ROOT / clip.path
