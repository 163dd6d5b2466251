import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from tasks.models import ApiKey, ProviderAccount

CANARY = "sk-canary-5f0e"


def raw(table, column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return [row[0] for row in cursor.fetchall()]


def dump():
    """Every value of every table, as a thief of the database would see it."""
    seen = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            seen += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(seen)


@pytest.fixture
def sealed(make_key, settings):
    settings.FIELD_KEYS = ["first"]
    return make_key(secret=CANARY)


def test_it_opens_what_it_sealed(sealed):
    assert ApiKey.objects.get().secret == CANARY


def test_it_leaves_no_secret_in_the_database(sealed):
    ProviderAccount.objects.update(hmac_key=CANARY)
    assert CANARY not in dump()
    assert ProviderAccount.objects.get().hmac_key == CANARY


def test_it_shows_the_last_four_letters_alone(sealed):
    assert (sealed.last_four, str(sealed)) == ("5f0e", "first (…5f0e)")
    assert CANARY not in repr(sealed)


def test_it_seals_the_same_secret_differently_each_time(sealed, make_key):
    make_key("second", secret=CANARY)
    assert len(set(raw("tasks_apikey", "secret"))) == 2


def test_it_opens_what_an_older_key_sealed(sealed, settings):
    settings.FIELD_KEYS = ["second", "first"]
    key = ApiKey.objects.get()
    assert key.secret == CANARY
    key.save()
    settings.FIELD_KEYS = ["second"]
    assert ApiKey.objects.get().secret == CANARY


def test_it_refuses_to_hand_out_what_it_cannot_open(sealed, settings):
    settings.FIELD_KEYS = ["other"]
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        ApiKey.objects.get()


def test_it_refuses_a_text_that_was_never_sealed(sealed):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tasks_apikey SET secret = %s", [CANARY])
    with pytest.raises(ImproperlyConfigured):
        ApiKey.objects.get()


def test_it_leaves_an_empty_one_empty(make_key):
    account = make_key.account()
    assert ProviderAccount.objects.get(pk=account.pk).hmac_key == ""
    assert raw("tasks_provideraccount", "hmac_key") == [""]
