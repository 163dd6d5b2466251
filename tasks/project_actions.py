"""What a person asks for about a project itself: make it, change it, put it away."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from accounts.models import User
from tasks import actions
from tasks.engine.wake import Wake
from tasks.jobs import wake_on_commit
from tasks.models import Project, ProviderAccount, change


def create_project(fields: Mapping[str, Any], *, by: User) -> Project:
    """Without a word about it, a project is a rehearsal on the simulator as long as no
    real account is known. It stays what it was made as."""
    rehearsal = not ProviderAccount.objects.filter(simulated=False).exists()
    return Project.objects.create(owner=by, **{"simulated": rehearsal, **fields})


def edit_project(project: Project, fields: Mapping[str, Any], *, by: User) -> None:
    """Change these columns and no others: counters and version are not ours to write."""
    if not fields:
        return
    with change() as moves:
        Project.objects.filter(pk=project.pk).update(**fields)
        actions.log_event(project, "project_edited", by=by, fields=sorted(fields))
        moves.touched(project.pk, [])
    wake_on_commit(Wake.DISPATCH)  # more slots, or no longer paused


def delete_project(project: Project, *, by: User) -> None:
    """Put it in the trash. What nobody has bought yet is taken back; the rest finishes
    there."""
    with change():
        actions.stop(project, by=by)
        Project.objects.filter(pk=project.pk).update(deleted_at=timezone.now())
        actions.log_event(project, "project_deleted", by=by)
