"""A person's own pages. Signing in and out, passwords and second factors are
allauth's."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("preferences/", views.preferences, name="preferences"),
    path("preferences/tokens/", views.token_create, name="token-create"),
    path(
        "preferences/tokens/<int:pk>/revoke/", views.token_revoke, name="token-revoke"
    ),
    path("preferences/language/", views.language_choose, name="language-choose"),
    path("preferences/theme/", views.theme_choose, name="theme-choose"),
]
