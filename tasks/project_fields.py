"""What a project's fields may hold, the defaults of its new tasks among them."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_noop

from tasks.cleaning import Cleaned, Raw, Rule, apply_rules, choice, flag, text, whole
from tasks.models import VeoModel
from tasks.task_fields import PARAMETERS

RULES: dict[str, Rule] = {
    "name": text(120, missing=gettext_noop("Give the project a name.")),
    "concurrency": whole(range(1, 1001)),
    "paused": flag,
    "retries": whole(range(11)),
    "fallback_model": choice(VeoModel),
    **PARAMETERS,
}
FIELDS = frozenset(RULES)


def clean_project(raw: Raw, *, partial: bool = False) -> Cleaned:
    """Return the columns of a Project that `raw` speaks of; other names are ignored.

    Raises ValidationError with `{name: message}` of everything that is wrong.
    """
    cleaned, errors = apply_rules(RULES, raw if partial else {"name": "", **raw})
    if errors:
        raise ValidationError(errors)
    return cleaned
