import pytest

from accounts.models import User
from tasks.embedded import product
from tasks.first_run import Made


def test_it_lets_children_compile_and_hides_used_secrets(monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("VEO_ADMIN_PASSWORD", "secret")
    monkeypatch.setenv("KIE_API_KEY", "secret")
    monkeypatch.setenv("VEO_TIME_SCALE", "10")
    env = product.child_environment(coloured=False)
    assert not {"PYTHONDONTWRITEBYTECODE", "VEO_ADMIN_PASSWORD", "KIE_API_KEY"} & set(
        env
    )
    assert env["VEO_TIME_SCALE"] == "10"


def test_it_shows_a_made_password_on_the_first_start_alone(settings):
    settings.HOST, settings.PORT, settings.PUBLIC_URL = "127.0.0.1", 8123, ""
    admin = User(username="admin")
    first = product.banner(Made(admin, "abcd-efgh"))
    assert "http://127.0.0.1:8123/" in first
    assert "Password      abcd-efgh   (shown this once" in first
    assert "Password" not in product.banner(Made())


def test_it_does_not_repeat_a_given_password(settings):
    text = product.banner(Made(User(username="admin"), ""))
    assert "the one in VEO_ADMIN_PASSWORD" in text


@pytest.mark.parametrize(
    ("host", "public", "shown"),
    [
        ("0.0.0.0", "", "http://localhost:8123/"),
        ("::1", "", "http://[::1]:8123/"),
        ("127.0.0.1", "https://veo.example", "https://veo.example/"),
    ],
)
def test_it_shows_an_address_that_can_be_opened(settings, host, public, shown):
    settings.HOST, settings.PORT, settings.PUBLIC_URL = host, 8123, public
    assert shown in product.banner(Made())


def test_it_notices_that_nobody_answers(settings):
    settings.HOST, settings.PORT = "127.0.0.1", 1
    assert not product.answers()
