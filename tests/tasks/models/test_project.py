import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from accounts.models import User
from tasks import actions
from tasks.models import Membership, Project, Status, VideoTask


def test_it_is_visible_to_its_members(project, alice, bob, charlie, viewer):
    seen = Project.objects.visible_to
    assert all(seen(person).count() == 1 for person in (alice, bob, viewer))
    assert not seen(charlie).exists()
    assert not seen(AnonymousUser()).exists()


def test_it_is_editable_by_owner_and_editors(project, alice, bob, charlie, viewer):
    may_edit = Project.objects.editable_by
    assert all(may_edit(person).count() == 1 for person in (alice, bob))
    assert not any(may_edit(person).exists() for person in (viewer, charlie))
    assert not may_edit(AnonymousUser()).exists()


def test_it_is_open_to_an_administrator(project, db):
    root = User.objects.create_superuser("root", password="root-long-password")
    assert Project.objects.visible_to(root).get() == project
    assert Project.objects.editable_by(root).get() == project


def test_it_lists_the_newest_first_and_archived_last(alice, now):
    old, new, gone, kept = (Project.objects.create(name=n, owner=alice) for n in "abcd")
    Project.objects.filter(pk=gone.pk).update(deleted_at=now)
    Project.objects.filter(pk=kept.pk).update(archived_at=now)
    listed = list(Project.objects.listed())
    assert gone not in listed
    assert listed.index(new) < listed.index(old)


def test_it_gives_every_number_once(project, make_task, alice):
    first = [make_task().number for _ in range(2)]
    actions.delete_tasks(project, by=alice)
    VideoTask.objects.all().delete()
    assert [*first, make_task().number] == [1, 2, 3]


def test_it_reserves_numbers_in_one_piece(project):
    assert Project.take_numbers(project.pk, 5) == 1
    assert Project.take_numbers(project.pk, 1) == 6


def test_it_advances_version_and_counters_together(project):
    before = project.version
    version = Project.advance(
        project.pk, {Status.WAITING: 3, Status.FAILED: -1, Status.QUEUED: 0}
    )
    project.refresh_from_db()
    assert version == project.version == before + 1
    assert (project.count_waiting, project.count_failed) == (3, -1)
    assert (project.total, project.can_start) == (2, True)


@pytest.mark.parametrize("status", Status)
def test_it_moves_while_something_is_under_way(project, status):
    Project.advance(project.pk, {status: 1})
    project.refresh_from_db()
    resting = {Status.WAITING, Status.SUCCEEDED, Status.FAILED, Status.CANCELED}
    assert project.is_moving is (status not in resting)


def test_it_says_once_why_its_tasks_wait(project, now):
    assert project.explain("disk", None)
    project.refresh_from_db()
    assert not project.explain("disk", now)
    project.refresh_from_db()
    assert (project.wait_reason, project.wait_until) == ("disk", now)


def test_it_has_each_member_once(project, bob):
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(project=project, user=bob, role="viewer")
