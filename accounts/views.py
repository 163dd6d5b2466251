"""What a person sets for themselves: language, theme, time zone, access tokens."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import PreferencesForm, TokenForm
from accounts.http import SignedInRequest
from accounts.models import AccessToken, User


@require_http_methods(["GET", "POST"])
@login_required
def preferences(request: SignedInRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(request.user.language or None):
            messages.success(request, _("Saved."))
        return redirect("preferences")
    return _page(request, form=form)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def token_create(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":  # the way back from a choice made on this page
        return redirect("preferences")
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, token_form=form)
    _row, token = AccessToken.issue(request.user, name=form.cleaned_data["name"])
    # Shown in this answer alone: a redirect would have to keep it somewhere.
    return _page(request, token=token)


@require_POST
@login_required
def token_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(request.user.access_tokens, pk=pk, revoked_at=None)
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    messages.success(request, _("The token no longer opens anything."))
    return redirect("preferences")


@require_POST
def language_choose(request: HttpRequest) -> HttpResponse:
    """Also for people who are not signed in: the choice is kept in a cookie."""
    language = request.POST.get("language", "")
    response = redirect(_way_back(request))
    if language in dict(settings.LANGUAGES):
        name = settings.LANGUAGE_COOKIE_NAME
        response.set_cookie(name, language, max_age=365 * 86400, samesite="Lax")
        if isinstance(request.user, User):
            request.user.language = language
            request.user.save(update_fields=["language"])
    return response


@require_POST
@login_required
def theme_choose(request: SignedInRequest) -> HttpResponse:
    theme = request.POST.get("theme", "")
    if theme in User.Theme:
        request.user.theme = theme
        request.user.save(update_fields=["theme"])
    return redirect(_way_back(request))


def _way_back(request: HttpRequest) -> str:
    url = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if safe else "/"


def _page(request: SignedInRequest, **context: object) -> HttpResponse:
    tokens = request.user.access_tokens.filter(revoked_at=None).order_by("-pk")
    defaults = {
        "form": PreferencesForm(instance=request.user),
        "token_form": TokenForm(),
        "tokens": tokens,
    }
    return render(request, "accounts/preferences.html", {**defaults, **context})
