"""The addresses of tasks: noun, id, verb."""

from django.urls import URLPattern, URLResolver

Addresses = list[URLPattern | URLResolver]

# /
project_urls: Addresses = []
# /tasks/
task_urls: Addresses = []
# /pictures/<id>/, /clips/<id>/
media_urls: Addresses = []
# /healthz, /readyz
health_urls: Addresses = []
# /hooks/kie/<token>/
hook_urls: Addresses = []
# /api/v1/
api_urls: Addresses = []

urlpatterns: Addresses = [
    *project_urls,
    *task_urls,
    *media_urls,
    *health_urls,
    *hook_urls,
    *api_urls,
]
