"""What a person does to many tasks: start, retry, stop, delete. Each address asks first
(GET), with the price where money is spent, and then does it (POST)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db.models import Sum
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import ngettext, ngettext_lazy
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.http import SignedInRequest
from tasks import actions
from tasks.models import Project, ProviderAccount, Status, VideoTask
from tasks.models.video_task import STARTABLE, VideoTaskQuerySet
from tasks.views.loading import project_for
from tasks.views.pages import done, leave, page_or_sheet


@dataclass(frozen=True, slots=True)
class Deed:
    """One verb: which tasks it takes, what does it, and how that is told."""

    verb: str
    statuses: Sequence[Status]
    act: Callable[..., Any]
    told: Any
    buys: bool = False
    takes_all: bool = True

    def tasks(self, project: Project, ids: list[UUID] | None) -> VideoTaskQuerySet:
        tasks = VideoTask.objects.alive().filter(project=project)
        tasks = tasks.filter(status__in=self.statuses)
        return tasks if ids is None else tasks.filter(pk__in=ids)


_STARTED = ngettext_lazy("%d task started.", "%d tasks started.")
START = Deed("start", STARTABLE, actions.start, _STARTED, buys=True)
RETRY = Deed("retry", [Status.FAILED], actions.retry_failed, _STARTED, buys=True)
STOP = Deed(
    "stop",
    [Status.QUEUED],
    actions.stop,
    ngettext_lazy("%d task is waiting again.", "%d tasks are waiting again."),
)
DELETE = Deed(
    "delete",
    list(Status),
    actions.delete_tasks,
    ngettext_lazy("%d task moved to the trash.", "%d tasks moved to the trash."),
    takes_all=False,
)


@require_http_methods(["GET", "POST"])
@login_required
@vary_on_headers("HX-Request")
def project_deed(request: SignedInRequest, pk: UUID, deed: Deed) -> HttpResponse:
    project = project_for(request, pk, edit=True)
    ids = _chosen(request, deed)
    is_dearer = False
    if request.method == "POST":
        try:
            result = deed.act(
                project, by=request.user, task_ids=ids, **_agreed(request, deed)
            )
            return _told(request, deed.told % getattr(result, "count", result), pk)
        except actions.Dearer:
            is_dearer = True
    context = {"project": project, "deed": deed, "is_dearer": is_dearer}
    context |= _price(deed, project, ids)
    return page_or_sheet(request, "tasks/project_deed.html", context)


def _told(request: SignedInRequest, words: str, pk: UUID) -> HttpResponse:
    if "leave" in request.POST:
        return leave(request, words, reverse("project-detail", args=[pk]))
    return done(request, words, project_id=pk)


def _chosen(request: SignedInRequest, deed: Deed) -> list[UUID] | None:
    """The tasks named in the request; None for all of them, where the deed takes all."""
    query: QueryDict = request.POST if request.method == "POST" else request.GET
    try:
        ids = [UUID(value) for value in query.getlist("task")]
    except ValueError as e:
        raise BadRequest("a task's id is not one") from e
    if not ids and not deed.takes_all:
        raise BadRequest("no task was chosen")
    return ids or None


def _agreed(request: SignedInRequest, deed: Deed) -> dict[str, Decimal]:
    """The price that the page had named: tasks may have been added since."""
    if not deed.buys or "agreed" not in request.POST:
        return {}
    try:
        agreed = Decimal(request.POST["agreed"])
    except InvalidOperation as e:
        raise BadRequest("a price is not one") from e
    if not agreed.is_finite():
        raise BadRequest("a price is not one")
    return {"at_most": agreed}


def _price(deed: Deed, project: Project, ids: list[UUID] | None) -> dict[str, Any]:
    count, cost = actions.estimate_of(deed.tasks(project, ids))
    clips = ngettext("%d clip", "%d clips", count) % count
    facts = {"ids": ids or [], "count": count, "clips": clips, "cost": cost}
    if deed.buys and not project.simulated:
        facts |= {"balance": _balance(), "agreed": cost}
    return facts


def _balance() -> Decimal | None:
    """Credits of all real accounts as last read; None while none was read."""
    accounts = ProviderAccount.objects.filter(simulated=False, enabled=True)
    balance: Decimal | None = accounts.aggregate(sum=Sum("credits"))["sum"]
    return balance
