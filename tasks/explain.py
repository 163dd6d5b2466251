"""Why something went wrong, in words for people, from the code that a row keeps."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from tasks.engine.faults import FAULTS
from tasks.kie.errors import Category

USED_UP = gettext_noop(
    "Its automatic retries are used up. Press retry to have it made again; this is "
    "charged again."
)
CATEGORIES = {
    Category.NETWORK: gettext_lazy("Network error"),
    Category.API: gettext_lazy("API error"),
    Category.FILE: gettext_lazy("File error"),
    Category.PARAMETER: gettext_lazy("Parameter error"),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What to tell a person, in their language. `category` is one of `network`, `api`,
    `file`, `parameter`."""

    code: str
    category: str
    category_name: str
    message: str
    next_step: str


def explain(code: str, *, is_final: bool = False) -> Explanation | None:
    """Return None for no code. A code of a later version still gets a sentence.

    `is_final`: the task has failed, so nothing happens by itself any more.
    """
    if not code:
        return None
    fault = FAULTS.get(code)
    if fault and fault.retry and is_final:
        fault = replace(fault, next_step=USED_UP)
    category = fault.category if fault else Category.API
    return Explanation(
        code=code,
        category=str(category),
        category_name=str(CATEGORIES[category]),
        message=_(fault.message) if fault else _("Something went wrong (%s).") % code,
        next_step=_(fault.next_step) if fault else _("Look into the task's log."),
    )
