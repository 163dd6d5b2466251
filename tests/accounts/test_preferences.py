import pytest
from django.urls import reverse

URL = reverse("preferences")


@pytest.fixture
def as_alice(client, alice):
    client.force_login(alice)
    return client


def test_it_works(as_alice, alice):
    typed = {"language": "en", "theme": "dark", "time_zone": "Europe/Berlin"}
    response = as_alice.post(URL, typed)

    alice.refresh_from_db()
    assert response["Location"] == URL
    assert (alice.language, alice.theme) == ("en", "dark")
    assert alice.time_zone == "Europe/Berlin"


def test_it_changes_how_pages_look(as_alice):
    as_alice.post(URL, {"language": "en", "theme": "dark"})

    page = as_alice.get(URL).text

    assert '<html lang="en" data-theme="dark">' in page
    assert "Access tokens" in page


def test_it_confirms_in_the_language_just_chosen(as_alice):
    response = as_alice.post(URL, {"language": "en", "theme": ""}, follow=True)

    assert "Saved." in response.text


@pytest.mark.parametrize(
    ("field", "value"),
    [("language", "tlh"), ("theme", "neon"), ("time_zone", "Moon/Base")],
)
def test_it_tells_bad_input_beside_its_field(as_alice, alice, field, value):
    form = as_alice.post(URL, {field: value}).context["form"]

    assert list(form.errors) == [field]
    alice.refresh_from_db()
    assert getattr(alice, field) == ""


def test_it_asks_to_sign_in(client, db):
    assert client.get(URL).status_code == 302


def test_it_chooses_a_theme_at_once(as_alice, alice):
    response = as_alice.post(reverse("theme-choose"), {"theme": "dark", "next": "/x/"})

    alice.refresh_from_db()
    assert (alice.theme, response["Location"]) == ("dark", "/x/")


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "x:y", ""])
def test_it_leads_nowhere_else(as_alice, url):
    response = as_alice.post(reverse("theme-choose"), {"theme": "dark", "next": url})

    assert response["Location"] == "/"


def test_it_ignores_an_unknown_theme(as_alice, alice):
    as_alice.post(reverse("theme-choose"), {"theme": "neon"})

    alice.refresh_from_db()
    assert alice.theme == ""


def test_it_chooses_a_language_for_a_person(as_alice, alice):
    as_alice.post(reverse("language-choose"), {"language": "en"})

    alice.refresh_from_db()
    assert alice.language == "en"


def test_it_chooses_a_language_before_signing_in(client, db):
    login = reverse("account_login")
    client.post(reverse("language-choose"), {"language": "en", "next": login})

    headers = {"Accept-Language": "zh-CN"}
    assert "Sign in" in client.get(login, headers=headers).text


def test_it_ignores_an_unknown_language(client, db):
    response = client.post(reverse("language-choose"), {"language": "tlh"})

    assert "language" not in response.cookies


@pytest.mark.parametrize("name", ["theme-choose", "language-choose"])
def test_it_refuses_get(as_alice, name):
    assert as_alice.get(reverse(name)).status_code == 405
