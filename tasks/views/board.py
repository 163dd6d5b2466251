"""A project's board, and what changed on it since a reader last asked."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.http import SignedInRequest
from tasks.board import Board, Look
from tasks.views.loading import may_edit, project_for


@require_GET
@login_required
def project_detail(request: SignedInRequest, pk: UUID) -> HttpResponse:
    project = project_for(request, pk)
    edits = may_edit(request.user, project)
    board = Board(project, Look.of(request.GET), may_edit=edits)
    context = {"project": project, "board": board, "rows": board.rows}
    return render(request, "tasks/project_detail.html", context)


@require_GET
@login_required
def project_changes(request: SignedInRequest, pk: UUID) -> HttpResponse:
    project = project_for(request, pk)
    if request.GET.get("since") == str(project.version):
        # 204, never 304: a browser shows a revalidated 200 to htmx, which swaps again.
        return HttpResponse(status=204)
    edits = may_edit(request.user, project)
    board = Board(project, Look.of(request.GET), may_edit=edits)
    news = board.news(request.GET)
    context = {
        "project": project,
        "board": board,
        "rows": board.rows if news is None else news,
        "is_whole": news is None,
        "is_single": news is not None,
    }
    return render(request, "tasks/project_detail.html#news", context)
