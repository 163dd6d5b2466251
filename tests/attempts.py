"""Makes attempts in any state by hand, with their task and counters as the engine would leave them."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from tasks.engine.process import this_process
from tasks.kie.requests import GenerateRequest
from tasks.models import Attempt, Clip, Project, State, VideoTask
from tasks.models.attempt import NEXT, TASK_STAGE, TASK_STATUS

NAMED = {
    State.SUBMITTED,
    State.DOWNLOADING,
    State.STORED,
    State.FAILED,
    State.FILE_LOST,
}
SENT = NAMED | {State.SENDING, State.UNCERTAIN, State.WRITTEN_OFF, State.NOT_CREATED}


def request_of(task):
    return GenerateRequest(
        prompt=task.prompt,
        image_urls=("http://127.0.0.1:9/picture.jpg",),
        model=task.model,
        aspect_ratio="9:16",
        resolution=task.resolution,
        duration=task.duration,
        watermark=None,
        translate=True,
        seed=12345,
    )


def attempt_in(state, task, key, **fields):
    """One attempt as if it had come that far, and its task as the attempt leaves it."""
    number = task.attempts.count() + 1
    made = Attempt.objects.create(
        **{
            **_what(task, key),
            **_when(state, timezone.now()),
            "number": number,
            "state": State.DOWNLOADING if state == State.STORED else state,
            "provider_task_id": f"veo-{task.pk}-{number}" if state in NAMED else None,
            "error_code": "answer_lost" if state not in NAMED else "",
            **({"error_code": "content_policy"} if state == State.FAILED else {}),
            **fields,
        }
    )
    if state == State.STORED:
        Attempt.objects.filter(pk=made.pk).update(state=state, clip=clip_of(made))
    _lead(task, made, state)
    return Attempt.objects.select_related("task", "account", "key__account").get(
        pk=made.pk
    )


def _what(task, key):
    request = request_of(task)
    return {
        "task": task,
        "project": task.project,
        "started_by": task.created_by,
        "account": key.account,
        "key": key,
        "request": request.as_snapshot(),
        "request_sha256": request.sha256,
        "model": task.model,
        "aspect_ratio": task.aspect_ratio,
        "credits_reserved": Decimal(60),
    }


def _when(state, now):
    lease = this_process().lease(now=now, seconds=180)
    return {
        "planned_at": now,
        **({"claimed_at": now} if state in SENT else {}),
        **({"submitted_at": now} if state in NAMED else {}),
        **(lease if state == State.SENDING else {}),
        **({"due_at": now} if state in (State.SUBMITTED, State.DOWNLOADING) else {}),
        **({"ended_at": now} if not NEXT[state] else {}),
        "rate_until": now + timedelta(seconds=190) if state == State.SENDING else None,
    }


def clip_of(attempt, **fields):
    return Clip.objects.create(
        **{
            "attempt": attempt,
            "path": f"clips/{attempt.pk}.mp4",
            "size": 20_000,
            "sha256": "ab" * 32,
            **fields,
        }
    )


def _lead(task, attempt, state):
    status = TASK_STATUS[state]
    Project.advance(task.project_id, {task.status: -1})
    Project.advance(task.project_id, {status: 1})
    clip = attempt.clips.first()
    VideoTask.objects.filter(pk=task.pk).update(
        status=status,
        stage=TASK_STAGE.get(state, ""),
        attempt=attempt,
        clip=clip,
        error_code="" if clip else attempt.error_code or "file_lost",
        next_try_at=None,
    )
    task.refresh_from_db()


def crowd_like(attempt, count):
    """So many more live attempts like this one, each of a task of its own."""
    tasks = [_copy(attempt.task, number=1000 + n, attempt=None) for n in range(count)]
    VideoTask.objects.bulk_create(tasks)
    made = [
        _copy(attempt, task=task, provider_task_id=f"veo-crowd-{task.number}")
        for task in tasks
    ]
    Attempt.objects.bulk_create(made)
    Project.advance(attempt.project_id, {attempt.task.status: count})
    return made


def _copy(row, **fields):
    kept = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}
    del kept["id"]
    for name in fields:
        kept.pop(f"{name}_id", None)
    return type(row)(**{**kept, **fields})
