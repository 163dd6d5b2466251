"""Keys and codes as sentences for people: the log, and why a row waits.

The database holds keys; the language is chosen here, when they are shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from tasks.explain import explain
from tasks.models import Project, TaskEvent

EVENTS = {
    "created": _("Created"),
    "edited": _("Edited"),
    "started": _("Started: %(count)s tasks, about %(credits)s credits"),
    "retried": _("Sent to be tried again: %(count)s tasks"),
    "stopped": _("Stopped: %(count)s tasks went back to waiting"),
    "deleted": _("Moved to the trash"),
    "project_edited": _("Project settings changed"),
    "project_deleted": _("Project moved to the trash"),
    "submitted": _("Submitted: the provider took attempt %(attempt)s"),
    "late_answer": _("A late answer named the provider's task"),
    "bound": _("Bound to the provider's task"),
    "generated": _("Generated after %(seconds)s s"),
    "download_retry": _("The download failed and will be tried again"),
    "stored": _("The clip is downloaded, verified and stored"),
    "file_lost": _("The provider no longer has the file"),
    "refused": _("The provider refused attempt %(attempt)s"),
    "failed": _("Attempt %(attempt)s failed at the provider"),
    "not_sent": _("Attempt %(attempt)s never left: nothing was bought"),
    "uncertain": _("It is not known whether attempt %(attempt)s was bought"),
}
BAD = frozenset({"refused", "failed", "file_lost"})
DOUBTFUL = frozenset({"uncertain", "not_sent", "download_retry"})
GOOD = frozenset({"stored"})

WAITS = {
    "paused": _("The project is paused"),
    "concurrency": _("Waiting for a free slot of this project"),
    "no_account": _("No provider account can be used: ask an admin to add an API key"),
    "no_key": _("No API key can be used: add or enable one"),
    "key_cooling": _("All API keys rest just now; they come back by themselves"),
    "key_full": _("Every API key is at its limit"),
    "account_full": _("The provider account is at its limit"),
    "rate": _("Waiting for the provider's rate limit"),
    "model": _("The provider does not offer this model just now"),
    "uploading": _("The picture is being uploaded"),
    "retry_at": _("Will be tried again by itself"),
    "disk": _("The disk is nearly full: nothing more is bought"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log as it is shown. `tone` is a status's colour, or none."""

    event: TaskEvent
    text: str
    detail: str
    tone: str


class _Figures(dict[str, Any]):
    """An old row may lack a figure that its sentence names: a dash stands for it."""

    def __missing__(self, key: str) -> str:
        return "–"


def line(event: TaskEvent) -> Line:
    sentence = EVENTS.get(event.key)
    text = str(sentence) % _Figures(event.data) if sentence else event.key
    return Line(event, text, _detail(event.data), _tone(event.key))


def _detail(figures: Mapping[str, Any]) -> str:
    """What else the event knows: the fault in words, the provider's own words."""
    parts = [cause(figures.get("code", "")), figures.get("text", "")]
    return " ".join(part for part in parts if part)


def cause(code: str) -> str:
    """What went wrong, in one sentence; empty for no code."""
    explanation = explain(code)
    return explanation.message if explanation else ""


def _tone(key: str) -> str:
    for tone, keys in (("failed", BAD), ("uncertain", DOUBTFUL), ("succeeded", GOOD)):
        if key in keys:
            return tone
    return ""


def wait_sentence(project: Project) -> str:
    """Why the project's queued tasks are not being made; empty when nothing is known."""
    reason, _colon, code = project.wait_reason.partition(":")
    if reason in ("account", "account_closed"):
        return cause(code) or str(WAITS["no_account"])
    return str(WAITS.get(reason, reason))
