"""What the pages of our admin have in common: what may be deleted, what is saved, and
how a secret is typed in without ever being shown."""

from typing import Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminPasswordWidget


class Kept(ModelAdmin):  # type: ignore[misc]  # unfold is untyped
    """Rows that are never deleted here, and of which only what was typed is written:
    the engine changes the other columns meanwhile."""

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Model, form: Any, change: bool
    ) -> None:
        obj.save(update_fields=self.changed_columns(form) if change else None)

    def changed_columns(self, form: Any) -> list[str]:
        columns = {field.name for field in self.model._meta.concrete_fields}
        return [name for name in form.changed_data if name in columns]


class Record(Kept):
    """Rows that people read and only the engine writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False


class SecretField(forms.CharField):
    """Typed, never shown: the page holds no value, and an empty field changes nothing."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminPasswordWidget(
            attrs={"autocomplete": "new-password", "spellcheck": "false"}
        )
        super().__init__(widget=widget, **kwargs)
