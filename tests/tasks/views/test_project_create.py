import pytest
from django.urls import reverse

from tasks.models import Project

URL = reverse("project-create")


def test_it_works(as_alice, alice):
    response = as_alice.post(URL, {"name": "Winter", "aspect_ratio": "16:9"})

    project = Project.objects.get()
    assert response["Location"] == reverse("project-detail", args=[project.pk])
    assert (project.name, project.owner) == ("Winter", alice)
    assert project.aspect_ratio == "16:9"
    assert not project.simulated


def test_it_makes_a_rehearsal(as_alice):
    as_alice.post(URL, {"name": "Winter", "simulated": "on"})

    assert Project.objects.get().simulated


def test_it_offers_a_rehearsal_while_there_is_no_account(as_alice, make_key):
    before = as_alice.get(URL).context["form"]
    make_key()
    after = as_alice.get(URL).context["form"]

    assert before["simulated"].initial
    assert not after["simulated"].initial


def test_it_opens_as_a_sheet(as_alice, htmx):
    response = as_alice.get(URL, headers=htmx)

    assert "<html" not in response.text
    assert "<form" in response.text
    assert "HX-Request" in response["Vary"]


def test_it_leads_a_sheet_to_the_new_project(as_alice, htmx):
    response = as_alice.post(URL, {"name": "Winter"}, headers=htmx)

    project = Project.objects.get()
    assert response["HX-Redirect"] == reverse("project-detail", args=[project.pk])


def test_it_asks_to_sign_in(client, db):
    assert client.post(URL, {"name": "W"})["Location"].startswith("/accounts/login/")
    assert not Project.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "n" * 121])
def test_it_wants_a_name_of_some_length(as_alice, name):
    form = as_alice.post(URL, {"name": name}).context["form"]

    assert list(form.errors) == ["name"]
    assert not Project.objects.exists()
