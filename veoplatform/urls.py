"""Where every address leads."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path, re_path


def not_offered(request: HttpRequest) -> HttpResponse:
    raise Http404


# People are invited, and no mail is sent: of allauth's pages these could only fail.
NOT_OFFERED = r"^accounts/(?:signup|email|confirm-email|password/reset|login/code)/"

urlpatterns = [
    path("", include("tasks.urls")),
    re_path(NOT_OFFERED, not_offered),
    path("accounts/", include("allauth.urls")),
    path("", include("accounts.urls")),
    path("admin/django-rq/", include("django_rq.urls")),
    path("admin/", admin.site.urls),
]
