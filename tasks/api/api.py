"""The routes of REST, put together."""

from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI, Swagger

from tasks.api import errors, project_tasks, projects, tasks
from tasks.api.auth import TokenBearer
from tasks.api.errors import speaking_json

api = NinjaAPI(
    title="VeoPlatform",
    version="1",
    description="Pictures and prompts in, finished clips out. Credits are the provider's.",
    auth=TokenBearer(),
    docs=Swagger(),
    urls_namespace="api",
)
errors.install(api)
api.add_router("/projects", projects.router)
api.add_router("/projects", project_tasks.router)
api.add_router("/tasks", tasks.router)


def api_patterns() -> list[URLPattern | URLResolver]:
    """Return ninja's addresses, with its one answer that is not JSON turned into it."""
    patterns, _app, _namespace = api.urls
    for pattern in patterns:
        if pattern.callback is not None:
            pattern.callback = speaking_json(pattern.callback)
    return list(patterns)
