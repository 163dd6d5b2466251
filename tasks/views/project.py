"""The list of projects, a new one, and a project's settings."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from accounts.http import SignedInRequest
from tasks.forms import NewProjectForm, ProjectForm
from tasks.models import AspectRatio, ProviderAccount
from tasks.overview import Overview
from tasks.project_actions import create_project, edit_project
from tasks.views.loading import project_for
from tasks.views.pages import leave, page_or_sheet


@require_GET
@login_required
def project_list(request: SignedInRequest) -> HttpResponse:
    overview = Overview(request.user)
    return render(request, "tasks/project_list.html", {"overview": overview})


@require_GET
@login_required
def overview_changes(request: SignedInRequest) -> HttpResponse:
    overview = Overview(request.user)
    if request.GET.get("seen") == overview.seen:
        return HttpResponse(status=204)
    return render(request, "tasks/project_list.html#news", {"overview": overview})


@require_http_methods(["GET", "POST"])
@login_required
@vary_on_headers("HX-Request")
def project_create(request: SignedInRequest) -> HttpResponse:
    rehearse = not ProviderAccount.objects.filter(
        simulated=False, enabled=True
    ).exists()
    initial = {"simulated": rehearse, "aspect_ratio": AspectRatio.TALL}
    form = NewProjectForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        project = create_project(form.cleaned_data, by=request.user)
        words = _("Project “%(name)s” is ready.") % {"name": project.name}
        return leave(request, words, reverse("project-detail", args=[project.pk]))
    return page_or_sheet(request, "tasks/project_create.html", {"form": form})


@require_http_methods(["GET", "POST"])
@login_required
def project_edit(request: SignedInRequest, pk: UUID) -> HttpResponse:
    project = project_for(request, pk, edit=True)
    form = ProjectForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        edit_project(project, form.cleaned_data, by=request.user)
        return leave(request, _("Saved."), reverse("project-detail", args=[pk]))
    context = {"project": project, "form": form}
    return render(request, "tasks/project_edit.html", context)
