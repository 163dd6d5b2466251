"""The addresses of tasks: noun, id, verb."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from tasks.api.api import api_patterns
from tasks.api.errors import not_found
from tasks.views import board, health, hooks, media, project, video_task
from tasks.views.deed import DELETE, RETRY, START, STOP, project_deed

Addresses = list[URLPattern | URLResolver]

# / and /projects/<id>/
_PROJECT = "projects/<uuid:pk>/"
project_urls: Addresses = [
    path("", project.project_list, name="project-list"),
    path("projects/changes/", project.overview_changes, name="overview-changes"),
    path("projects/new/", project.project_create, name="project-create"),
    path(_PROJECT, board.project_detail, name="project-detail"),
    path(_PROJECT + "changes/", board.project_changes, name="project-changes"),
    path(_PROJECT + "settings/", project.project_edit, name="project-edit"),
    path(_PROJECT + "tasks/new/", video_task.task_create, name="task-create"),
    *[
        path(f"{_PROJECT}{d.verb}/", project_deed, {"deed": d}, f"project-{d.verb}")
        for d in (START, RETRY, STOP, DELETE)
    ],
]
# /tasks/<id>/
task_urls: Addresses = [
    path("tasks/<uuid:pk>/", video_task.task_detail, name="task-detail"),
    path("tasks/<uuid:pk>/changes/", video_task.task_changes, name="task-changes"),
    path("tasks/<uuid:pk>/edit/", video_task.task_edit, name="task-edit"),
]
# /pictures/<id>/, /clips/<id>/
media_urls: Addresses = [
    path("pictures/<uuid:pk>/", media.picture_file, name="picture-file"),
    path(
        "pictures/<uuid:pk>/thumbnail/",
        media.picture_thumbnail,
        name="picture-thumbnail",
    ),
    path("clips/<uuid:pk>/", media.clip_file, name="clip-file"),
    path("clips/<uuid:pk>/poster/", media.clip_poster, name="clip-poster"),
]
# /healthz, /readyz
health_urls: Addresses = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
# /hooks/kie/<token>/
hook_urls: Addresses = [
    path("hooks/kie/<str:token>/", hooks.kie_hook, name="kie-hook"),
]
# /api/v1/
api_urls: Addresses = [
    path("api/v1/", include((api_patterns(), "api"))),
    re_path(r"^api/", not_found),
]

urlpatterns: Addresses = [
    *project_urls,
    *task_urls,
    *media_urls,
    *health_urls,
    *hook_urls,
    *api_urls,
]
