"""The staff's pages: secrets go in and never come out, money stays, strangers stay out."""

import httpx
import pytest
import respx
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from tasks.admin_menu import navigation
from tasks.models import ApiKey, KeyState, Price, Project, ProviderAccount, State
from tests.attempts import attempt_in

CANARY = "sk-canary-5d41402abc4b2a76-9876"
KIE = "http://127.0.0.1:9/api/v1/chat/credit"


@pytest.fixture
def root(client, db):
    root = User.objects.create_superuser("root", password="root-long-password")
    client.force_login(root)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def key(make_key):
    return make_key(secret=CANARY)


@pytest.fixture
def some_of_each(make_task, key):
    attempt = attempt_in(State.STORED, make_task(), key)
    Price.objects.get_or_create(
        model="veo3_fast",
        resolution="720p",
        defaults={"credits": 60, "checked_on": "2026-10-01", "source": "test"},
    )
    return attempt


def page(model, kind="changelist", *args):
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{kind}", args=args)


def act(root, model, action, *rows):
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return root.post(page(model), chosen, follow=True)


def ours():
    return [
        m for m in admin.site._registry if m._meta.app_label in ("tasks", "accounts")
    ]


def test_it_shows_every_list_and_every_row(root, some_of_each):
    for model in ours():
        assert root.get(page(model)).status_code == 200
        row = model.objects.first()
        if row is not None:
            assert root.get(page(model, "change", row.pk)).status_code == 200


def test_it_shows_no_secret_anywhere(root, some_of_each, key):
    root.post(
        page(ApiKey, "change", key.pk),
        {"account": key.account_id, "name": "first", "new_secret": CANARY + "-new"},
    )
    act(root, ApiKey, "drain", key)
    addresses = [reverse("admin:index")]
    for model in ours():
        addresses += [page(model)]
        addresses += [
            page(model, k, r.pk)
            for r in model.objects.all()
            for k in ("change", "history")
        ]

    pages = [root.get(url, follow=True).content.decode() for url in addresses]

    assert not any("canary" in text for text in pages)
    entries = LogEntry.objects.values_list("object_repr", "change_message")
    assert len(entries) == 2
    assert "canary" not in str(list(entries))
    assert "canary" not in f"{ApiKey.objects.get()!r}"


def test_it_lets_no_money_be_deleted(root, some_of_each):
    for model in ours():
        row = model.objects.first()
        if row is not None:
            assert root.post(page(model, "delete", row.pk)).status_code == 403
        assert "delete_selected" not in root.get(page(model)).content.decode()


def test_it_takes_a_key_and_seals_it(root, make_key):
    account = make_key.account()
    typed = {"account": account.pk, "name": "second", "new_secret": CANARY}

    root.post(page(ApiKey, "add"), typed)

    key = ApiKey.objects.get()
    assert (key.secret, key.last_four, key.state) == (CANARY, "9876", KeyState.ENABLED)


def test_it_wants_a_secret_for_a_new_key(root, make_key):
    account = make_key.account()

    root.post(page(ApiKey, "add"), {"account": account.pk, "name": "second"})

    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("secret", ["sk-ключ", "sk-\x07bell"])
def test_it_refuses_what_can_be_no_key(root, make_key, secret):
    typed = {"account": make_key.account().pk, "name": "second", "new_secret": secret}

    root.post(page(ApiKey, "add"), typed)

    assert not ApiKey.objects.exists()


def test_it_keeps_the_secret_when_none_is_typed(root, key):
    typed = {"account": key.account_id, "name": "renamed", "new_secret": ""}

    root.post(page(ApiKey, "change", key.pk), typed)

    key.refresh_from_db()
    assert (key.name, key.secret) == ("renamed", CANARY)


def test_it_replaces_the_secret(root, key):
    typed = {"account": key.account_id, "name": "first", "new_secret": "sk-new-1234"}

    root.post(page(ApiKey, "change", key.pk), typed)

    key.refresh_from_db()
    assert (key.secret, key.last_four) == ("sk-new-1234", "1234")


def test_it_writes_only_what_was_typed(root, key):
    """The engine may cool the key while an admin has its page open."""
    form = root.get(page(ApiKey, "change", key.pk)).context["adminform"].form
    assert set(form.fields) == {"account", "name", "concurrency", "new_secret"}
    typed = {"account": key.account_id, "name": "renamed"}

    with CaptureQueriesContext(connection) as queries:
        root.post(page(ApiKey, "change", key.pk), typed)

    (update,) = [q["sql"] for q in queries if 'UPDATE "tasks_apikey"' in q["sql"]]
    assert '"state"' not in update
    assert '"secret"' not in update


@pytest.mark.parametrize(
    ("action", "state"),
    [("drain", "draining"), ("switch_off", "off"), ("enable", "enabled")],
)
def test_it_switches_keys(root, key, action, state, woken):
    ApiKey.objects.update(state="invalid", reason="key_invalid", failures=3)

    act(root, ApiKey, action, key)

    key.refresh_from_db()
    assert (key.state, key.reason, key.failures) == (state, "", 0)
    assert LogEntry.objects.count() == 1


def test_it_says_why_a_key_does_not_buy(root, key):
    ApiKey.objects.update(state="invalid", reason="key_invalid")

    assert "KIE.AI refused the API key." in root.get(page(ApiKey)).content.decode()


@respx.mock
def test_it_tests_a_connection(root, key):
    asked = respx.get(KIE).respond(
        json={"code": 200, "msg": "success", "data": 5780.03}
    )

    shown = act(root, ApiKey, "test_connection", key).content.decode()

    assert "5780.03 credits are left" in shown
    assert asked.calls[0].request.headers["Authorization"] == f"Bearer {CANARY}"
    assert str(ProviderAccount.objects.get().credits) == "5780.03"


@respx.mock
def test_it_tells_the_providers_refusal_in_words(root, key):
    respx.get(KIE).respond(json={"code": 401, "msg": f"Bad key {CANARY}"})

    shown = act(root, ApiKey, "test_connection", key).content.decode()

    assert "KIE.AI refused the API key." in shown
    assert "canary" not in shown
    assert ProviderAccount.objects.get().credits is None


@respx.mock
def test_it_tells_when_the_provider_is_silent(root, key):
    respx.get(KIE).mock(side_effect=httpx.ConnectError("no"))

    shown = act(root, ApiKey, "test_connection", key).content.decode()

    assert "does not work" in shown
    assert "canary" not in shown


def test_it_reopens_an_account(root, key, now):
    ProviderAccount.objects.update(closed_until=now, reason="no_credits", failures=2)

    act(root, ProviderAccount, "reopen", key.account)

    account = ProviderAccount.objects.get()
    assert (account.closed_until, account.reason, account.failures) == (None, "", 0)


def test_it_seals_a_webhook_key(root, key):
    account = key.account
    typed = {
        "name": account.name,
        "base_url": account.base_url,
        "upload_url": account.upload_url,
        "concurrency": 100,
        "enabled": "on",
    }
    url = page(ProviderAccount, "change", account.pk)
    kept = []
    for more in ({"new_hmac_key": CANARY}, {}, {"drop_hmac_key": "on"}):
        assert root.post(url, typed | more).status_code == 302
        kept.append(ProviderAccount.objects.get().hmac_key)
        assert "canary" not in root.get(url).content.decode()

    assert kept == [CANARY, CANARY, ""]


def test_it_leaves_a_projects_counters_alone(root, project, make_task):
    make_task()
    url = page(Project, "change", project.pk)
    typed = {
        "name": "Winter",
        "owner": project.owner_id,
        "concurrency": 5,
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
    }

    assert root.post(url, typed).status_code == 302

    project.refresh_from_db()
    assert (project.name, project.count_waiting, project.next_number) == (
        "Winter",
        1,
        2,
    )


def test_it_leads_to_every_page(root, some_of_each, rf):
    groups = navigation(rf.get("/admin/"))
    links = [item["link"] for group in groups for item in group["items"]]

    assert reverse("django_rq:home") in links
    for model in ours():
        assert page(model) in links


def test_it_sends_no_key_to_another_address(root, key):
    account = key.account
    url = page(ProviderAccount, "change", account.pk)
    form = {
        "name": account.name,
        "base_url": "https://evil.example.org",
        "upload_url": account.upload_url,
        "concurrency": 100,
        "enabled": "on",
    }
    response = root.post(url, form)
    assert "base_url" in response.context["adminform"].form.errors
    assert ProviderAccount.objects.get().base_url == account.base_url
