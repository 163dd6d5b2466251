import pytest
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
