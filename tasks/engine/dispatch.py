"""Decide which tasks are bought next, with which account and key.

Runs in the clock, under the accounts' row locks: limits are then plain counts over live
attempts. It reads what is free, deals it out in turn, and writes the plan.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from tasks.engine import disk
from tasks.engine.fresh_uploads import FreshUploads
from tasks.engine.purchase import model_for, request_for
from tasks.engine.room import Room, Wait
from tasks.engine.usual import usual
from tasks.engine.wake import Wake
from tasks.models import (
    ApiKey,
    Attempt,
    Change,
    Price,
    Project,
    State,
    Status,
    VideoTask,
    change,
)
from tasks.models.project import ProjectQuerySet

# Pictures of so many tasks beyond the free slots are uploaded ahead, at the most.
UPLOAD_AHEAD = 20


@dataclass(slots=True)
class Line:
    """The tasks of one project that stand ready, in their turn."""

    project: Project
    tasks: deque[VideoTask]


@dataclass(slots=True)
class Round:
    """One round of dispatch."""

    now: datetime
    moves: Change
    room: Room
    uploads: FreshUploads
    waits: dict[UUID, Wait] = field(default_factory=dict)
    prices: dict[tuple[str, str], Decimal] = field(default_factory=Price.table)
    disk_has_room: bool = field(default_factory=disk.has_room)


def dispatch(now: datetime) -> Wake:
    """Plan what there is room for; say what to wake."""
    planned = Attempt.objects.filter(state=State.PLANNED)
    if not _queued_projects().exists() and not planned.exists():
        return Wake.NOTHING
    with change() as moves:
        room = Room.lock(now)
        _withdraw_unsendable(room, moves)
        projects = list(_queued_projects())
        lines = [_line(p, room) for p in projects]
        uploads = FreshUploads((t for line in lines for t in line.tasks), now)
        turn = Round(now, moves, room, uploads)
        _deal(lines, turn)
        asked = uploads.ask()
        for project in projects:
            _say_why(project, turn)
    wake = Wake.PICTURES if asked else Wake.NOTHING
    return wake | (Wake.GENERATE if room.planned.total() else Wake.NOTHING)


def _queued_projects() -> ProjectQuerySet:
    return Project.objects.alive().filter(count_queued__gt=0)


def _withdraw_unsendable(room: Room, moves: Change) -> None:
    """Take back plans that can no longer be sent, to pair their tasks anew."""
    open_accounts = [a.pk for a in room.accounts if a.is_open(room.now)]
    usable = [k.pk for ks in room.keys.values() for k in ks if k.is_usable(room.now)]
    stuck = ~Q(account__in=open_accounts) | ~Q(key__in=usable) | Q(project__paused=True)
    stuck |= ~Q(task__deleted_at=None) | ~Q(project__deleted_at=None)
    for account in room.accounts:
        shut = [
            m for m in account.closed_models if not account.takes_model(m, room.now)
        ]
        stuck |= Q(account=account, model__in=shut)
    if Attempt.withdraw(stuck, moves, now=room.now):
        room.recount()


def _line(project: Project, room: Room) -> Line:
    """Those that could go now, and some more whose pictures are uploaded ahead."""
    free = room.free_in(project)
    if project.paused or not free:
        return Line(project, deque())
    ahead = min(project.concurrency, UPLOAD_AHEAD)
    ready = (
        VideoTask.objects.dispatchable(room.now)
        .filter(project=project)
        # They would hide those behind them that can go.
        .exclude(model__in=room.shut_models(project))
        .select_related("attempt", "picture")
        .in_turn()
        .select_for_update(of=("self",), skip_locked=True)
    )
    return Line(project, deque(ready[: free + ahead]))


def _deal(lines: list[Line], turn: Round) -> None:
    """Give free slots to whoever has fewest: first by person, then by project."""
    waiting = [line for line in lines if line.tasks]
    while waiting:
        line = min(waiting, key=lambda line: _load(line, turn.room))
        task = line.tasks.popleft()
        wait = _try(task, line.project, turn)
        if wait is not None:
            turn.waits.setdefault(line.project.pk, wait)
        if not line.tasks:
            waiting.remove(line)


def _load(line: Line, room: Room) -> tuple[int, int]:
    return room.by_person[_person(line.tasks[0])], room.by_project[line.project.pk]


def _try(task: VideoTask, project: Project, turn: Round) -> Wait | None:
    """Plan one task, or say why not. Its pictures are asked for either way."""
    model = model_for(task, project)
    seat = turn.room.seat(project, model)
    if isinstance(seat, Wait):
        return seat
    account = next(a for a in turn.room.accounts if a.pk == seat.account_id)
    fault = turn.uploads.fault_of(task, account.upload_url)
    if fault:
        task.move(
            Status.FAILED, turn.moves, now=turn.now, error_code=fault, next_try_at=None
        )
        return None
    uploads = turn.uploads.of(task, account.upload_url)
    if not turn.room.free_in(project):
        return Wait("concurrency")
    if uploads is None:
        return Wait("uploading")
    if not turn.disk_has_room:
        return Wait("disk")
    _plan(task, project, seat, model, uploads, turn)
    return None


def _plan(
    task: VideoTask,
    project: Project,
    key: ApiKey,
    model: str,
    uploads: dict[UUID, str],
    turn: Round,
) -> None:
    request = request_for(task, model=model, uploads=uploads)
    attempt = Attempt.objects.create(
        task=task,
        number=task.attempt.number + 1 if task.attempt else 1,
        project=project,
        batch_id=task.batch_id,
        started_by_id=_person(task),
        account_id=key.account_id,
        key=key,
        request=request.as_snapshot(),
        request_sha256=request.sha256,
        model=model,
        aspect_ratio=task.aspect_ratio,
        seed=request.seed,
        credits_reserved=turn.prices.get((model, task.resolution), Decimal(0)),
        planned_at=turn.now,
        usual_seconds=usual(key.account_id, model).median,
    )
    task.note(turn.moves, now=turn.now, attempt=attempt, next_try_at=None)
    turn.room.take(project, _person(task), key)


def _person(task: VideoTask) -> int:
    """Whose turn it takes: who pressed start."""
    return task.started_by_id or task.created_by_id


def _say_why(project: Project, turn: Round) -> None:
    """Keep on the project why its tasks wait; boards hear of it when it changes."""
    if project.paused:
        wait = Wait("paused")
    elif project.pk in turn.waits:
        wait = turn.waits[project.pk]
    elif not turn.room.free_in(project):
        wait = Wait("concurrency")
    else:
        wait = Wait("model" if turn.room.shut_models(project) else "")
    if project.explain(wait.reason, wait.until):
        turn.moves.touched(project.pk, [])
