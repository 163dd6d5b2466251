"""Nothing larger than we take is read, whoever sends it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse


@pytest.fixture
def _small(settings):
    settings.BODY_MAX_BYTES = 1000


def large():
    return SimpleUploadedFile("large.jpg", b"x" * 2000)


@pytest.mark.usefixtures("_small")
def test_it_refuses_strangers_before_it_reads(client, db):
    response = client.post(reverse("account_login"), {"file": large()})

    assert response.status_code == 413
    assert 'class="entrance"' in response.text


@pytest.mark.usefixtures("_small")
def test_it_speaks_json_to_programs(client, project):
    url = f"/api/v1/projects/{project.pk}/pictures"

    assert client.post(url, {"file": large()}).json()["error"]["code"] == "too_large"


@pytest.mark.usefixtures("_small")
def test_it_lets_small_ones_through(client, db):
    assert client.post(reverse("account_login"), {"login": "x"}).status_code == 200
