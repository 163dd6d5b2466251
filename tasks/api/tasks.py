"""One task: what is asked for, its log, its purchases and its clip."""

from typing import Any
from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from ninja import Router, Status

from accounts.http import SignedInRequest
from tasks import actions
from tasks.api.schemas import AttemptOut, EventOut, TaskIn, TaskOut
from tasks.api.task_out import attempt_out, event_out, tasks_out, with_all
from tasks.models import VideoTask
from tasks.task_fields import clean_task
from tasks.views.loading import task_for
from tasks.views.media import clip_response

router = Router(tags=["tasks"])


@router.get("/{uuid:task_id}", response=TaskOut)
def get_task(request: SignedInRequest, task_id: UUID) -> dict[str, Any]:
    tasks = with_all(VideoTask.objects.visible_to(request.user))
    return tasks_out([get_object_or_404(tasks, pk=task_id)])[0]


@router.patch("/{uuid:task_id}", response=TaskOut)
def edit_task(
    request: SignedInRequest, task_id: UUID, payload: TaskIn
) -> dict[str, Any]:
    task = task_for(request, task_id, edit=True)
    fields = clean_task(payload.given(), by=request.user, partial=True)
    if fields:
        actions.edit_task(task, fields, by=request.user)
    return get_task(request, task_id)


@router.delete("/{uuid:task_id}", response={204: None})
def delete_task(request: SignedInRequest, task_id: UUID) -> Status[None]:
    task = task_for(request, task_id, edit=True)
    actions.delete_tasks(task.project, by=request.user, task_ids=[task.pk])
    return Status(204, None)


@router.get("/{uuid:task_id}/events", response=dict[str, list[EventOut]])
def list_events(request: SignedInRequest, task_id: UUID) -> dict[str, Any]:
    events = task_for(request, task_id).events.select_related("by").order_by("id")
    return {"items": [event_out(event) for event in events]}


@router.get("/{uuid:task_id}/attempts", response=dict[str, list[AttemptOut]])
def list_attempts(request: SignedInRequest, task_id: UUID) -> dict[str, Any]:
    attempts = task_for(request, task_id).attempts.order_by("number")
    return {"items": [attempt_out(attempt) for attempt in attempts]}


@router.api_operation(["GET", "HEAD"], "/{uuid:task_id}/video")
def get_video(request: SignedInRequest, task_id: UUID) -> HttpResponseBase:
    task = task_for(request, task_id)
    if task.clip is None:
        raise Http404
    return clip_response(request, task.clip, attachment=True)
