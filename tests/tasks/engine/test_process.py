"""Processes are named so that the dead are known."""

import subprocess
import sys
from dataclasses import replace

from tasks.engine import process
from tasks.engine.process import Process, this_process


def test_it_names_a_process_that_no_later_one_can_be():
    me = this_process()
    assert me.is_alive()
    assert not Process(me.host, me.boot, me.pid, "another start").is_alive()
    assert not Process(me.host, "another boot", me.pid, me.started).is_alive()


def test_it_knows_that_a_process_has_ended():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    me = this_process()
    other = Process(me.host, me.boot, child.pid, process._started(child.pid))
    assert other.is_alive()
    child.communicate(b"\n")
    assert not other.is_alive()


def test_it_takes_a_zombie_for_dead():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    me = this_process()
    other = Process(me.host, me.boot, child.pid, process._started(child.pid))
    child.stdin.close()
    while other.is_alive():
        pass
    assert process._started(child.pid) == ""
    child.wait()
    assert not other.is_alive()


def test_it_signs_a_lease_with_its_name(now):
    lease = this_process().lease(now=now, seconds=60)
    assert lease["lease_pid"] == this_process().pid
    assert (lease["lease_until"] - now).total_seconds() == 60


def test_it_knows_a_host_by_its_recorder(settings, tmp_path):
    first = process.host_id()
    assert process.host_id() == first
    settings.RECORDER_DIR = tmp_path / "another disk"
    assert process.host_id() != first


def test_it_concludes_nothing_about_another_container():
    other = replace(process.this_process(), boot=f"{process.boot_id()}/1", pid=1)
    assert other.is_alive()


def test_it_knows_that_a_restart_of_the_machine_ended_all():
    assert not replace(process.this_process(), boot="another-boot/1").is_alive()
