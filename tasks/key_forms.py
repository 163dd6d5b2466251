"""Admin's forms of accounts and keys: secrets go in and never come out."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks.admin_parts import SecretField
from tasks.models import ApiKey, ProviderAccount

_KEEP = _("Leave empty to keep the one there is.")


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    new_secret = SecretField(label=_("API key"), help_text=_KEEP, required=False)

    class Meta:
        model = ApiKey
        fields = ("account", "name", "concurrency")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None and "new_secret" in self.fields:
            self.fields["new_secret"].required = True
            self.fields["new_secret"].help_text = ""

    def clean_new_secret(self) -> str:
        secret: str = self.cleaned_data["new_secret"]
        if secret and not (secret.isascii() and secret.isprintable()):
            raise forms.ValidationError(_("A key holds only plain letters and digits."))
        return secret

    def save(self, commit: bool = True) -> ApiKey:
        if self.cleaned_data.get("new_secret"):
            self.instance.secret = self.cleaned_data["new_secret"]
        saved: ApiKey = super().save(commit)
        return saved


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    new_hmac_key = SecretField(
        label=_("webhook HMAC key"), help_text=_KEEP, required=False
    )
    drop_hmac_key = forms.BooleanField(
        label=_("Remove the webhook HMAC key"),
        help_text=_("Callbacks are then believed without a signature."),
        required=False,
    )

    class Meta:
        model = ProviderAccount
        fields = ("name", "base_url", "upload_url", "enabled", "concurrency")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        moved = {"base_url", "upload_url"} & set(self.changed_data)
        if self.instance.pk and moved and self.instance.keys.exists():
            # Whoever takes over a session must not have the secrets sent to himself.
            for name in moved:
                self.add_error(
                    name,
                    _(
                        "Its keys would be sent to the new address. Make an account of its own for it."
                    ),
                )
        return cleaned

    def save(self, commit: bool = True) -> ProviderAccount:
        if self.cleaned_data.get("drop_hmac_key"):
            self.instance.hmac_key = ""
        elif self.cleaned_data.get("new_hmac_key"):
            self.instance.hmac_key = self.cleaned_data["new_hmac_key"]
        saved: ProviderAccount = super().save(commit)
        return saved
