"""Who comes in to the staff's pages, and the people who are kept there."""

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import User


@pytest.fixture
def root(client, db):
    root = User.objects.create_superuser("root", password="root-long-password")
    client.force_login(root)
    return client


def test_it_sends_strangers_to_the_one_door(client, db):
    response = client.get(reverse("admin:index"), follow=True)

    assert response.redirect_chain[-1][0].startswith("/accounts/login/")


@pytest.mark.parametrize("path", ["/admin/", "/admin/tasks/apikey/"])
def test_it_keeps_people_out_who_are_no_staff(client, alice, path):
    client.force_login(alice)

    assert client.get(path, follow=True).status_code == 403


def test_it_keeps_people_out_of_the_queues(client, alice):
    client.force_login(alice)
    response = client.get(reverse("django_rq:home"))

    assert response.status_code in (302, 403)


def test_it_makes_a_person(root):
    typed = {
        "username": "emil",
        "usable_password": "true",
        "password1": "emil-long-password",
        "password2": "emil-long-password",
    }

    root.post(reverse("admin:accounts_user_add"), typed)

    assert User.objects.get(username="emil").check_password("emil-long-password")


def test_it_does_not_show_second_factors():
    names = {m._meta.label for m in admin.site._registry}

    assert not names & {"mfa.Authenticator", "auth.Group", "account.EmailAddress"}
