"""The staff's pages of tasks: accounts and keys to keep, everything else to look into."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline

from tasks.admin_parts import Kept, Record
from tasks.engine import credit
from tasks.engine.wake import Wake
from tasks.explain import explain
from tasks.jobs import wake_on_commit
from tasks.key_forms import AccountForm, ApiKeyForm
from tasks.kie.replies import KieError, KieRefused
from tasks.models import (
    ApiKey,
    Attempt,
    KeyState,
    Membership,
    Price,
    Project,
    ProviderAccount,
    TaskEvent,
    VideoTask,
)


@admin.register(ProviderAccount)
class ProviderAccountAdmin(Kept):
    form = AccountForm
    list_display = ("name", "base_url", "enabled", "credits", "state", "closed_until")
    list_filter = ("enabled", "simulated")
    readonly_fields = ("simulated", "credits", "credits_at", "state", "closed_until")
    actions = ("reopen",)

    @admin.display(description=gettext_lazy("state"))
    def state(self, account: ProviderAccount) -> str:
        told = explain(account.reason)
        return told.message if told else _("In order")

    @admin.action(description=gettext_lazy("Buy again at once"), permissions=["change"])
    def reopen(self, request: HttpRequest, accounts: Any) -> None:
        accounts.reopen()
        wake_on_commit(Wake.DISPATCH)
        messages.success(request, _("The accounts buy again."))

    def changed_columns(self, form: Any) -> list[str]:
        secret = {"new_hmac_key", "drop_hmac_key"} & set(form.changed_data)
        return super().changed_columns(form) + (["hmac_key"] if secret else [])


@admin.register(ApiKey)
class ApiKeyAdmin(Kept):
    form = ApiKeyForm
    list_display = (
        "name",
        "shown",
        "account",
        "state",
        "why",
        "until",
        "concurrency",
        "balance",
    )
    list_filter = ("state", "account")
    list_select_related = ("account",)
    search_fields = ("name", "last_four")
    readonly_fields = ("shown", "state", "why", "until", "created_at")
    actions = ("test_connection", "enable", "drain", "switch_off")

    @admin.display(description=gettext_lazy("secret"), ordering="last_four")
    def shown(self, key: ApiKey) -> str:
        return f"…{key.last_four}" if key.last_four else "–"

    @admin.display(description=gettext_lazy("reason"))
    def why(self, key: ApiKey) -> str:
        told = explain(key.reason)
        return told.message if told else "–"

    @admin.display(description=gettext_lazy("credits"), ordering="account__credits")
    def balance(self, key: ApiKey) -> object:
        return key.account.credits

    @admin.action(
        description=gettext_lazy("Test the connection"), permissions=["change"]
    )
    def test_connection(self, request: HttpRequest, keys: Any) -> None:
        for key in keys.select_related("account"):
            try:
                words = _("%(key)s works: %(credits)s credits are left.")
                figures = {"key": key, "credits": credit.check(key)}
                messages.success(request, words % figures)
            except KieError as e:
                words = _("%(key)s does not work: %(why)s")
                messages.error(request, words % {"key": key, "why": _refusal(e)})

    @admin.action(description=gettext_lazy("Enable"), permissions=["change"])
    def enable(self, request: HttpRequest, keys: Any) -> None:
        self._switch(request, keys, KeyState.ENABLED)

    @admin.action(
        description=gettext_lazy("Disable, finish what it began"),
        permissions=["change"],
    )
    def drain(self, request: HttpRequest, keys: Any) -> None:
        self._switch(request, keys, KeyState.DRAINING)

    @admin.action(description=gettext_lazy("Switch off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, keys: Any) -> None:
        self._switch(request, keys, KeyState.OFF)

    def _switch(self, request: HttpRequest, keys: Any, to: KeyState) -> None:
        for key in keys:
            self.log_change(request, key, [{"changed": {"fields": ["state"]}}])
        keys.switch(to)
        wake_on_commit(Wake.DISPATCH)
        messages.success(
            request, _("The keys are now: %(state)s.") % {"state": to.label}
        )

    def changed_columns(self, form: Any) -> list[str]:
        secret = ["secret", "last_four"] if "new_secret" in form.changed_data else []
        return super().changed_columns(form) + secret


def _refusal(e: KieError) -> str:
    """In our words and, where the provider said something, in its own."""
    if isinstance(e, KieRefused):
        return " ".join(filter(None, [_(e.fault.message), e.text]))
    return _("KIE.AI gave no answer that can be read (%(what)s).") % {"what": e}


class MembershipInline(TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Project)
class ProjectAdmin(Kept):
    list_display = (
        "name",
        "owner",
        "simulated",
        "paused",
        "count_queued",
        "created_at",
    )
    list_filter = ("simulated", "paused")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username")
    fields = ("name", "owner", "paused", "concurrency", "simulated", "created_at")
    readonly_fields = ("simulated", "created_at")
    autocomplete_fields = ("owner",)
    inlines = (MembershipInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # people make their own


@admin.register(VideoTask)
class VideoTaskAdmin(Record):
    list_display = ("number", "title", "project", "status", "error_code", "updated_at")
    list_filter = ("status", "model")
    list_select_related = ("project", "picture")
    search_fields = ("prompt", "name")
    show_full_result_count = False
    exclude = ("series", "import_key")


@admin.register(Attempt)
class AttemptAdmin(Record):
    list_display = (
        "task",
        "number",
        "state",
        "account",
        "key",
        "credits_reserved",
        "credits_settled",
        "error_code",
        "planned_at",
    )
    list_filter = ("state", "account", "model")
    list_select_related = ("task__picture", "account", "key")
    search_fields = ("provider_task_id",)
    show_full_result_count = False
    exclude = ("token_sha256",)


@admin.register(Price)
class PriceAdmin(Kept):
    list_display = ("model", "resolution", "credits", "checked_on", "source")


@admin.register(TaskEvent)
class TaskEventAdmin(Record):
    list_display = ("at", "key", "project", "task", "by")
    list_select_related = ("project", "task__picture", "by")
    list_filter = ("key",)
    search_fields = ("key",)
    show_full_result_count = False
