import io

import pytest
from django.core.management import CommandError, call_command

from tasks.engine.wake import Wake
from tasks.models import ApiKey


@pytest.fixture
def add(db, monkeypatch):
    def add(*arguments, secret="sk-new-0001"):
        monkeypatch.setattr("sys.stdin", io.StringIO(secret))
        out = io.StringIO()
        call_command("add_key", *arguments, stdout=out)
        return out.getvalue()

    return add


def test_it_makes_the_first_account_with_the_environments_addresses(add, settings):
    said = add("first", secret="sk-new-0001\n")
    key = ApiKey.objects.select_related("account").get()
    assert (key.name, key.secret, key.concurrency) == ("first", "sk-new-0001", None)
    assert (key.account.name, key.account.base_url) == ("KIE.AI", settings.KIE_API_URL)
    assert said == "Added first (…0001) to the account KIE.AI.\n"


def test_it_adds_to_an_account_there_is(add, make_key):
    account = make_key.account("ours")
    add("second", "--account", "ours", "--concurrency", "7")
    key = ApiKey.objects.get()
    assert (key.account, key.concurrency) == (account, 7)


def test_it_lets_waiting_tasks_go_on(add, woken, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        add("first")
    assert woken == [Wake.DISPATCH]


@pytest.mark.parametrize(
    ("arguments", "secret", "sentence"),
    [
        (["first"], "", "No secret came on standard input"),
        (["first"], " \n", "No secret came on standard input"),
        (["first"], "two words", "no spaces"),
        (["first"], "密钥", "only ASCII"),
        ([" "], "sk-new", "1 to 80 letters"),
        (["known"], "sk-new", "a key named 'known' already"),
        (["first"], "sk-known", "known already, as known"),
        (["first", "--concurrency", "0"], "sk-new", "must be 1 or more"),
    ],
)
def test_it_refuses_in_one_sentence(add, make_key, arguments, secret, sentence):
    make_key("known", secret="sk-known")
    with pytest.raises(CommandError, match=sentence):
        add(*arguments, secret=secret)
    assert ApiKey.objects.count() == 1
