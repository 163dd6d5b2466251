"""Icons: one sprite of `<symbol>`s in the page, and a line for each use of it."""

import re
from functools import cache
from importlib import resources
from zipfile import ZipFile

from django import template
from django.utils.safestring import SafeString, mark_safe

from tasks.models import Status

register = template.Library()

_NAMES = (
    "check chevron-left chevron-right circle-alert clock coins copy download ellipsis "
    "film globe image image-plus key-round log-out menu monitor moon pause pencil play "
    "plus rotate-ccw search settings-2 shield-check sparkles square sun trash-2 wifi-off x"
)
NAMES = frozenset(_NAMES.split())
# A status is told by its shape as well as by its colour.
STATUS_SHAPES = {
    Status.WAITING: "circle-dashed",
    Status.QUEUED: "circle-ellipsis",
    Status.GENERATING: "loader-circle",
    Status.DOWNLOADING: "circle-arrow-down",
    Status.SUCCEEDED: "circle-check",
    Status.FAILED: "circle-x",
    Status.UNCERTAIN: "circle-question-mark",
    Status.CANCELED: "circle-slash",
}


def _drawings() -> dict[str, str]:
    """Return `{symbol id: name in lucide}`."""
    shapes = {f"s-{s.lower()}": name for s, name in STATUS_SHAPES.items()}
    return {f"i-{name}": name for name in sorted(NAMES)} | shapes


@register.simple_tag
@cache
def sprite() -> SafeString:
    """Every icon we name, read once out of lucide's archive."""
    with (
        resources.files("lucide").joinpath("lucide.zip").open("rb") as file,
        ZipFile(file) as archive,
    ):
        symbols = "".join(
            _symbol(key, archive.read(f"{name}.svg").decode())
            for key, name in _drawings().items()
        )
    return mark_safe(f'<svg class="sprite" aria-hidden="true">{symbols}</svg>')  # noqa: S308 - the package's own drawings


def _symbol(key: str, svg: str) -> str:
    drawing = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$|\n\s*", "", svg, flags=re.DOTALL)
    return f'<symbol id="{key}" viewBox="0 0 24 24">{drawing}</symbol>'


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    if name not in NAMES:
        raise template.TemplateSyntaxError(f"The sprite has no icon {name!r}.")
    return mark_safe(  # noqa: S308 - a name of our own list
        f'<svg class="icon"><use href="#i-{name}"/></svg>'
    )
