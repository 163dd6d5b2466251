"""One task: a new one, its page with log and attempts, and changing what is asked."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.http import SignedInRequest
from tasks import actions
from tasks.forms import TaskForm
from tasks.media.pictures import BadPicture
from tasks.models import Price, Project, Stale
from tasks.story import Story
from tasks.views.loading import may_edit, project_for, task_for
from tasks.views.pages import done, page_or_sheet


@require_http_methods(["GET", "POST"])
@login_required
@vary_on_headers("HX-Request")
def task_create(request: SignedInRequest, pk: UUID) -> HttpResponse:
    project = project_for(request, pk, edit=True)
    initial = actions.task_defaults(project)
    form = TaskForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid() and (row := _row(request, form)):
        [task] = actions.create_tasks(project, [row], by=request.user)
        words = _("Task %(number)d is on the board.") % {"number": task.number}
        return done(request, words, project_id=pk)
    return page_or_sheet(request, "tasks/task_form.html", _priced(project, form))


@require_http_methods(["GET", "POST"])
@login_required
@vary_on_headers("HX-Request")
def task_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    task = task_for(request, pk, edit=True)
    form = TaskForm(request.POST or None, request.FILES or None, task=task)
    if request.method == "POST" and form.is_valid() and (row := _row(request, form)):
        try:
            actions.edit_task(task, row, by=request.user)
            return done(request, _("Saved."), project_id=task.project_id)
        except Stale:
            form.add_error(None, _("It was sent to the provider meanwhile."))
    context = _priced(task.project, form, task=task)
    return page_or_sheet(request, "tasks/task_form.html", context)


@require_GET
@login_required
def task_detail(request: SignedInRequest, pk: UUID) -> HttpResponse:
    return render(request, "tasks/task_detail.html", _told(request, pk))


@require_GET
@login_required
def task_changes(request: SignedInRequest, pk: UUID) -> HttpResponse:
    context = _told(request, pk)
    if request.GET.get("since") == str(context["task"].version):
        return HttpResponse(status=204)
    return render(request, "tasks/task_detail.html#live", context)


def _row(request: SignedInRequest, form: TaskForm) -> dict[str, Any] | None:
    """The fields of a task, its picture stored; None when the picture is no good."""
    row, file = form.row, form.cleaned_data["picture"]
    if row["image_url"]:
        row["picture"] = None
    if not file:
        return row
    try:
        picture = actions.store_picture(file.file, name=file.name, by=request.user)
    except BadPicture as e:
        form.refuse_picture(e)
        return None
    return {**row, "picture": picture}


def _told(request: SignedInRequest, pk: UUID) -> dict[str, Any]:
    task = task_for(request, pk)
    edits = may_edit(request.user, task.project)
    return {
        "task": task,
        "project": task.project,
        "story": Story(task, now=timezone.now()),
        "may_edit": edits,
    }


def _priced(project: Project, form: TaskForm, **context: Any) -> dict[str, Any]:
    prices = {" ".join(kind): int(cost) for kind, cost in Price.table().items()}
    chosen = f"{form['model'].value()} {form['resolution'].value()}"
    return {
        "project": project,
        "form": form,
        "prices": prices,
        "price": prices.get(chosen, ""),
        **context,
    }
