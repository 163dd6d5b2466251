"""Loading is the permission check: a stranger's row is not there (404), and a member
who may not change it is told so (403)."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from accounts.http import SignedInRequest
from accounts.models import User
from tasks.models import Project, VideoTask


def project_for(request: SignedInRequest, pk: UUID, *, edit: bool = False) -> Project:
    projects = Project.objects.visible_to(request.user).alive()
    project = get_object_or_404(projects, pk=pk)
    if edit and not may_edit(request.user, project):
        raise PermissionDenied
    return project


def task_for(request: SignedInRequest, pk: UUID, *, edit: bool = False) -> VideoTask:
    tasks = VideoTask.objects.visible_to(request.user).select_related(
        "project", "attempt", "picture", "clip", "batch__by", "created_by"
    )
    task = get_object_or_404(tasks, pk=pk)
    if edit and not may_edit(request.user, task.project):
        raise PermissionDenied
    return task


def may_edit(user: User, project: Project) -> bool:
    if project.owner_id == user.pk:
        return True
    return Project.objects.editable_by(user).filter(pk=project.pk).exists()
