"""Projects and their defaults."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from ninja import Router, Status

from accounts.http import SignedInRequest
from accounts.models import User
from tasks import project_actions
from tasks.api.schemas import NewProject, ProjectIn, ProjectOut, ProjectPage
from tasks.cleaning import flag
from tasks.models import Project
from tasks.project_fields import FIELDS, clean_project
from tasks.views.loading import project_for

router = Router(tags=["projects"])


@router.get("", response=ProjectPage)
def list_projects(request: SignedInRequest) -> dict[str, Any]:
    projects = Project.objects.visible_to(request.user).listed()
    return {"items": _out(list(projects), request.user)}


@router.post("", response={201: ProjectOut})
def create_project(
    request: SignedInRequest, payload: NewProject
) -> Status[dict[str, Any]]:
    given = payload.given()
    fields = clean_project(given)
    try:
        fields |= flag("simulated", given.get("simulated"))
    except ValidationError as e:
        raise ValidationError({"simulated": e}) from e
    project = project_actions.create_project(fields, by=request.user)
    return Status(201, _one(project, request.user))


@router.get("/{uuid:project_id}", response=ProjectOut)
def get_project(request: SignedInRequest, project_id: UUID) -> dict[str, Any]:
    return _one(project_for(request, project_id), request.user)


@router.patch("/{uuid:project_id}", response=ProjectOut)
def edit_project(
    request: SignedInRequest, project_id: UUID, payload: ProjectIn
) -> dict[str, Any]:
    project = project_for(request, project_id, edit=True)
    fields = clean_project(payload.given(), partial=True)
    project_actions.edit_project(project, fields, by=request.user)
    return _one(project_for(request, project_id), request.user)


@router.delete("/{uuid:project_id}", response={204: None})
def delete_project(request: SignedInRequest, project_id: UUID) -> Status[None]:
    project = project_for(request, project_id, edit=True)
    if request.user.pk != project.owner_id and not request.user.is_superuser:
        raise PermissionDenied
    project_actions.delete_project(project, by=request.user)
    return Status(204, None)


def _one(project: Project, user: User) -> dict[str, Any]:
    return _out([project], user)[0]


def _out(projects: list[Project], user: User) -> list[dict[str, Any]]:
    mine = Project.objects.editable_by(user).filter(pk__in=[p.pk for p in projects])
    editable = set(mine.values_list("pk", flat=True))
    return [
        {
            **{name: getattr(project, name) for name in FIELDS},
            "id": project.pk,
            "simulated": project.simulated,
            "role": _role(project, user, editable),
            "counts": counts_out(project),
            "created_at": project.created_at,
        }
        for project in projects
    ]


def _role(project: Project, user: User, editable: set[UUID]) -> str:
    if project.owner_id == user.pk:
        return "owner"
    return "editor" if project.pk in editable else "viewer"


def counts_out(project: Project) -> dict[str, int]:
    return {status.lower(): n for status, n in project.counts.items()}
