import pytest
from django.urls import reverse

from accounts.models import AccessToken

URL = reverse("token-create")


@pytest.fixture
def as_alice(client, alice):
    client.force_login(alice)
    return client


def test_it_shows_a_token_once(as_alice, alice):
    response = as_alice.post(URL, {"name": "nightly"})

    token = response.context["token"]
    assert token in response.text
    assert AccessToken.user_of(token) == alice
    assert "no-store" in response["Cache-Control"]
    assert token not in as_alice.get(reverse("preferences")).text


def test_it_lists_tokens_by_name(as_alice, alice):
    AccessToken.issue(alice, name="nightly")

    assert "nightly" in as_alice.get(reverse("preferences")).text


def test_it_wants_a_name(as_alice):
    response = as_alice.post(URL, {"name": ""})

    assert list(response.context["token_form"].errors) == ["name"]
    assert not AccessToken.objects.exists()


def test_it_revokes_a_token(as_alice, alice):
    row, token = AccessToken.issue(alice, name="nightly")

    as_alice.post(reverse("token-revoke", args=[row.pk]))

    assert AccessToken.user_of(token) is None
    assert "nightly" not in as_alice.get(reverse("preferences")).text


def test_it_does_not_revoke_other_peoples_tokens(as_alice, bob):
    row, token = AccessToken.issue(bob)

    assert as_alice.post(reverse("token-revoke", args=[row.pk])).status_code == 404
    assert AccessToken.user_of(token) == bob


def test_it_asks_to_sign_in(client, db):
    assert client.post(URL, {"name": "nightly"}).status_code == 302
    assert not AccessToken.objects.exists()


def test_it_leads_back_when_it_is_only_looked_at(as_alice):
    assert as_alice.get(URL)["Location"] == reverse("preferences")
    assert not AccessToken.objects.exists()
