import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection

from tasks.management.commands.prepare import collect_if_changed


@pytest.fixture
def static(settings, tmp_path):
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "ours.css").write_text("a {}")
    settings.STATICFILES_DIRS = [ours]
    settings.STATICFILES_FINDERS = [
        "django.contrib.staticfiles.finders.FileSystemFinder"
    ]
    settings.STATIC_ROOT = tmp_path / "static"
    return ours


def test_it_collects_static_files_when_they_changed(static, settings):
    assert collect_if_changed()
    assert (settings.STATIC_ROOT / "ours.css").read_text() == "a {}"
    assert not collect_if_changed()
    (static / "new.css").write_text("b {}")
    assert collect_if_changed()
    assert (settings.STATIC_ROOT / "new.css").exists()
    (static / "new.css").unlink()
    assert collect_if_changed()


def test_it_makes_everything_ready_and_may_run_again(db, static, settings, capsys):
    call_command("prepare")
    call_command("prepare")
    assert "tasks_videotask" in connection.introspection.table_names()
    assert settings.MEDIA_ROOT.is_dir()
    assert capsys.readouterr().out == ""


def test_it_forgets_sessions_that_have_ended(db, static, now):
    Session.objects.create(session_key="old", session_data="", expire_date=now)
    call_command("prepare")
    assert not Session.objects.exists()
