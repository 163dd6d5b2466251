"""What a person chooses for themselves."""

import zoneinfo
from functools import cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import User

if TYPE_CHECKING:
    UserModelForm = forms.ModelForm[User]
else:
    UserModelForm = forms.ModelForm


@cache
def _zones() -> list[tuple[str, str]]:
    """Places only: no aliases such as Etc/GMT+8 or Cuba."""
    names = sorted(zoneinfo.available_timezones())
    places = [n for n in names if "/" in n and not n.startswith(("Etc/", "SystemV/"))]
    return [(n, n.replace("_", " ")) for n in [*places, "UTC"]]


class PreferencesForm(UserModelForm):
    language = forms.ChoiceField(
        label=_("language"),
        required=False,
        # Each in its own words: who cannot read this page must find the way out.
        choices=[("", _("Like the browser")), ("zh-hans", "中文"), ("en", "English")],
    )
    time_zone = forms.ChoiceField(label=_("time zone"), required=False)

    class Meta:
        model = User
        fields = ("language", "theme", "time_zone")
        widgets = {"theme": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ours = _("Like the server (%(zone)s)") % {"zone": settings.TIME_ZONE}
        zone = self.fields["time_zone"]
        zone.choices = [("", ours), *_zones()]  # type: ignore[attr-defined]  # a ChoiceField


class TokenForm(forms.Form):
    name = forms.CharField(label=_("What it is for"), max_length=80)
