"""The cast and the props: Alice owns, Bob is on her team, Charlie is a stranger."""

import io
import os
import shutil

import pytest
from django.db import connection
from django.utils import timezone
from PIL import Image

from accounts.models import User
from tasks import actions
from tasks.models import ApiKey, Membership, Project, ProviderAccount

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
IN_CI = os.environ.get("CI") == "true"
_left_out = []


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Without Chromium its tests are left out, and that is said; in CI it fails."""
    browser = [item for item in items if item.get_closest_marker("browser")]
    # Last, whatever the random order: once Playwright has begun, its event loop runs in
    # this thread to the end of the session, and nobody else can start one.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    if not browser or CHROMIUM:
        return
    if IN_CI:
        raise pytest.UsageError("CI needs Chromium: apt-get install chromium")
    items[:] = [item for item in items if item not in browser]
    config.hook.pytest_deselected(items=browser)
    _left_out.append(f"{len(browser)} browser tests: there is no Chromium here")


def pytest_terminal_summary(terminalreporter):
    if connection.vendor == "sqlite" and not IN_CI:
        _left_out.append("PostgreSQL: set DATABASE_URL=postgresql://… to test on it")
    for line in _left_out:
        terminalreporter.write_line(f"left out: {line}", yellow=True)


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.RECORDER_DIR = tmp_path / "recorder"


@pytest.fixture
def alice(db):
    return User.objects.create_user("alice", password="alice-long-password")


@pytest.fixture
def bob(db):
    return User.objects.create_user("bob", password="bob-long-password")


@pytest.fixture
def charlie(db):
    return User.objects.create_user("charlie", password="charlie-long-password")


@pytest.fixture
def project(alice, bob):
    """Alice's project; Bob edits it."""
    project = Project.objects.create(name="Autumn", owner=alice)
    Membership.objects.create(project=project, user=bob, role="editor")
    return project


@pytest.fixture
def viewer(project):
    """Dora may look at Alice's project and no more."""
    dora = User.objects.create_user("dora", password="dora-long-password")
    Membership.objects.create(project=project, user=dora, role="viewer")
    return dora


def picture_bytes(colour="teal", size=(320, 180), kind="JPEG"):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


@pytest.fixture
def make_picture(alice):
    def make(colour="teal", size=(320, 180), name="beach.jpg", by=alice):
        file = io.BytesIO(picture_bytes(colour, size))
        return actions.store_picture(file, name=name, by=by)

    return make


@pytest.fixture
def make_task(project, make_picture, alice):
    def make(prompt="Waves roll in", *, into=project, picture=None, **fields):
        row = {"prompt": prompt, "picture": picture or make_picture(), **fields}
        return actions.create_tasks(into, [row], by=alice)[0]

    return make


@pytest.fixture
def make_key(db):
    def make(name="first", *, account=None, secret="sk-secret-0001", **fields):
        account = account or make_account()
        return ApiKey.objects.create(
            account=account, name=name, secret=secret, **fields
        )

    def make_account(name="main", **fields):
        fields = {
            "base_url": "http://127.0.0.1:9",
            "upload_url": "http://127.0.0.1:9",
            **fields,
        }
        return ProviderAccount.objects.get_or_create(name=name, defaults=fields)[0]

    make.account = make_account
    return make


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture(autouse=True)
def _quiet_redis(monkeypatch):
    """No Redis in unit tests: what would be woken is collected instead."""
    from tasks import jobs

    woken = []
    monkeypatch.setattr(jobs, "wake_now", woken.append)
    return woken


@pytest.fixture
def woken(_quiet_redis):
    return _quiet_redis
