import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.urls import reverse

LOGIN = reverse("account_login")


def test_it_signs_in(client, alice):
    form = {"login": "alice", "password": "alice-long-password"}

    assert client.post(LOGIN, form)["Location"] == "/"


def test_it_says_when_name_or_password_are_wrong(client, alice):
    response = client.post(LOGIN, {"login": "alice", "password": "wrong"})

    assert 'role="alert"' in response.text
    assert 'value="alice"' in response.text


def test_it_leads_back_to_where_one_wanted_to_go(client, alice):
    form = {
        "login": "alice",
        "password": "alice-long-password",
        "next": "/preferences/",
    }

    assert 'value="/preferences/"' in client.get(LOGIN, {"next": "/preferences/"}).text
    assert client.post(LOGIN, form)["Location"] == "/preferences/"


def test_it_signs_out(client, alice):
    client.force_login(alice)
    client.post(reverse("account_logout"))

    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    "name", ["account_change_password", "account_logout", "mfa_index"]
)
def test_its_other_pages_wear_our_frame(client, alice, name):
    client.force_login(alice)

    page = client.get(reverse(name), follow=True).text

    assert 'class="shell"' in page or 'class="entrance"' in page


@pytest.mark.parametrize(
    "name", ["account_signup", "account_email", "account_reset_password"]
)
def test_it_offers_nothing_that_would_need_mail(client, alice, name):
    assert client.post(reverse(name), {"email": "a@example.org"}).status_code == 404


def test_it_tells_of_a_form_from_elsewhere_in_our_frame(alice):
    response = Client(enforce_csrf_checks=True).post(LOGIN, {"login": "alice"})

    assert response.status_code == 403
    assert 'class="entrance"' in response.text


def test_it_hashes_a_wrong_password_once(client, alice, monkeypatch):
    hashed = []
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, *a: hashed.append(a) or "md5$x$y"
    )
    client.post(LOGIN, {"login": "alice", "password": "wrong"})
    known = len(hashed)
    client.post(LOGIN, {"login": "nobody", "password": "wrong"})

    assert (known, len(hashed)) == (1, 2)
