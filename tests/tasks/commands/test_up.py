import socket

import pytest
from django.core.management import CommandError, call_command

from tasks.embedded.locks import exclusive


@pytest.fixture
def place(settings, tmp_path):
    settings.DATA_DIR, settings.HOST, settings.PORT = tmp_path, "127.0.0.1", 1
    return tmp_path


def test_it_refuses_a_second_copy_on_the_same_data(place):
    with (
        exclusive(place / "up.lock"),
        pytest.raises(CommandError, match="already running on"),
    ):
        call_command("up")


def test_it_refuses_a_port_that_is_taken(place, settings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings.PORT = taken.getsockname()[1]
        with pytest.raises(CommandError, match="is taken"):
            call_command("up")


def test_it_refuses_workers_it_cannot_read(place, settings, monkeypatch):
    monkeypatch.setenv("VEO_WORKERS", "many")
    with socket.create_server(("127.0.0.1", 0)) as free:
        settings.PORT = free.getsockname()[1]
    with pytest.raises(CommandError, match="VEO_WORKERS cannot hold 'many'"):
        call_command("up")
