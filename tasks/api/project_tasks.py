"""The tasks of a project: the list, new ones and their pictures, start, stop, retry."""

from typing import Any, BinaryIO, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from ninja import File, Router, Status, UploadedFile

from accounts.http import SignedInRequest
from tasks import actions
from tasks.api.paging import page
from tasks.api.projects import counts_out
from tasks.api.schemas import (
    Chosen,
    PictureOut,
    StartedOut,
    StoppedOut,
    TaskOut,
    TaskPage,
    TasksIn,
    TasksOut,
)
from tasks.api.task_out import tasks_out, with_all
from tasks.cleaning import clean_search
from tasks.models import Status as TaskStatus
from tasks.models import VideoTask
from tasks.task_fields import clean_task, clean_tasks
from tasks.views.loading import project_for

router = Router(tags=["tasks"])


@router.get("/{uuid:project_id}/tasks", response=TaskPage)
def list_tasks(
    request: SignedInRequest,
    project_id: UUID,
    status: str = "",
    q: str = "",
    sort: str = "number",
    limit: str = "",
    cursor: str = "",
) -> dict[str, Any]:
    """`status` is one of the keys of `counts`; `q` is looked for in prompts, names and
    numbers; `sort` begins with `-` for the other way round."""
    project = project_for(request, project_id)
    found = _tasks(project_id).matching(status=_status(status), q=clean_search(q))
    rows, following = page(found, sort=sort, limit=limit, cursor=cursor)
    return {"items": tasks_out(rows), "next": following, "counts": counts_out(project)}


@router.post("/{uuid:project_id}/tasks", response={201: TaskOut | TasksOut})
def create_tasks(
    request: SignedInRequest, project_id: UUID, payload: TasksIn
) -> Status[dict[str, Any]]:
    project = project_for(request, project_id, edit=True)
    if payload.tasks is None:
        rows = [clean_task(payload.given(), by=request.user)]
    else:
        _require_alone(payload)
        rows = clean_tasks([one.given() for one in payload.tasks], by=request.user)
    made = actions.create_tasks(project, rows, by=request.user)
    told = tasks_out(_tasks(project_id).filter(pk__in=[t.pk for t in made]))
    return Status(201, told[0] if payload.tasks is None else {"tasks": told})


@router.post("/{uuid:project_id}/pictures", response={201: PictureOut})
def create_picture(
    request: SignedInRequest, project_id: UUID, file: File[UploadedFile]
) -> Status[dict[str, Any]]:
    project_for(request, project_id, edit=True)
    content = cast(BinaryIO, file)  # it reads and seeks like one
    picture = actions.store_picture(content, name=file.name or "", by=request.user)
    size = {"width": picture.width, "height": picture.height}
    return Status(201, {"picture_id": picture.pk, **size})


@router.post("/{uuid:project_id}/start", response=StartedOut)
def start(
    request: SignedInRequest, project_id: UUID, payload: Chosen | None = None
) -> dict[str, Any]:
    project = project_for(request, project_id, edit=True)
    return _started(actions.start(project, by=request.user, task_ids=_ids(payload)))


@router.post("/{uuid:project_id}/retry-failed", response=StartedOut)
def retry_failed(
    request: SignedInRequest, project_id: UUID, payload: Chosen | None = None
) -> dict[str, Any]:
    project = project_for(request, project_id, edit=True)
    return _started(
        actions.retry_failed(project, by=request.user, task_ids=_ids(payload))
    )


@router.post("/{uuid:project_id}/stop", response=StoppedOut)
def stop(
    request: SignedInRequest, project_id: UUID, payload: Chosen | None = None
) -> dict[str, Any]:
    project = project_for(request, project_id, edit=True)
    stopped = actions.stop(project, by=request.user, task_ids=_ids(payload))
    return {"stopped": stopped, "started": 0, "estimate_credits": 0}


def _require_alone(payload: TasksIn) -> None:
    """What stands beside `tasks` would be dropped, and it may cost credits."""
    beside = payload.given().keys() - {"tasks"}
    if beside:
        message = _("Give this with each of the tasks.")
        raise ValidationError(dict.fromkeys(beside, message))


def _tasks(project_id: UUID) -> Any:
    tasks = VideoTask.objects.alive().filter(project=project_id)
    return with_all(tasks).order_by("number")


def _ids(payload: Chosen | None) -> list[UUID] | None:
    return payload.task_ids if payload else None


def _status(status: str) -> str:
    if status and status.upper() not in TaskStatus:
        offered = ", ".join(s.lower() for s in TaskStatus)
        message = _("Choose one of these: %(offered)s.") % {"offered": offered}
        raise ValidationError({"status": message})
    return status


def _started(started: actions.Started) -> dict[str, Any]:
    return {"started": started.count, "estimate_credits": started.estimate}
