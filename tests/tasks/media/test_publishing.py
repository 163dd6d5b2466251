"""Final names appear whole or not at all, also where there are no hard links."""

import errno
import hashlib
import os

import pytest

from tasks.media.publishing import Occupied, publish, replacing

HASH = hashlib.sha256(b"clip").hexdigest()


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "one.part"
    path.write_bytes(b"clip")
    return path


@pytest.fixture(params=[True, False], ids=["links", "no links"])
def into(request, tmp_path, monkeypatch):
    """The final name, on file systems with and without hard links."""
    if not request.param:

        def link(_source, _into):
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")

        monkeypatch.setattr(os, "link", link)
    return tmp_path / "deep" / "er" / "one.mp4"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_it_publishes(source, into):
    publish(source, into, HASH)
    assert into.read_bytes() == b"clip"
    assert not source.exists()
    assert names(into.parent) == ["one.mp4"]


def test_it_adopts_the_same_file(source, into):
    into.parent.mkdir(parents=True)
    into.write_bytes(b"clip")
    publish(source, into, HASH)
    assert not source.exists()
    assert names(into.parent) == ["one.mp4"]


def test_it_never_replaces_another_file(source, into):
    into.parent.mkdir(parents=True)
    into.write_bytes(b"other")
    with pytest.raises(Occupied):
        publish(source, into, HASH)
    assert into.read_bytes() == b"other"
    assert source.exists()
    assert names(into.parent) == ["one.mp4"]


@pytest.mark.parametrize("into", [False], indirect=True)
def test_it_respects_a_fresh_lock_and_takes_a_stale_one(source, into):
    into.parent.mkdir(parents=True)
    lock = into.with_name(".one.mp4.lock")
    lock.touch()
    with pytest.raises(FileExistsError):
        publish(source, into, HASH)
    os.utime(lock, (0, 0))
    publish(source, into, HASH)
    assert names(into.parent) == ["one.mp4"]


def test_it_passes_other_faults_of_the_disk_on(source, tmp_path, monkeypatch):
    def link(_source, _into):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(OSError, match="No space"):
        publish(source, tmp_path / "one.mp4", HASH)


def test_it_replaces_only_when_the_block_ends_well(tmp_path):
    into = tmp_path / "poster.webp"
    into.write_bytes(b"old")
    with pytest.raises(FileNotFoundError), replacing(into) as temporary:
        temporary.with_name("missing").unlink()
    assert into.read_bytes() == b"old"
    with replacing(into) as temporary:
        temporary.write_bytes(b"new")
    assert into.read_bytes() == b"new"
    assert names(tmp_path) == ["poster.webp"]
