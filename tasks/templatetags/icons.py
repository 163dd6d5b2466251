"""Icons: one sprite of `<symbol>`s in the page, and a line for each use of it."""

import re
from functools import cache
from importlib import resources
from zipfile import ZipFile

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

NAMES = (
    "arrow-left arrow-right check chevron-down chevron-left chevron-right "
    "circle-alert circle-help clock coins copy download ellipsis film folder "
    "folder-plus globe image image-plus key-round languages link log-out menu "
    "monitor moon pause pencil play plus rotate-ccw search settings-2 shield-check "
    "sparkles square sun trash-2 upload user wifi-off x"
).split()


@register.simple_tag
@cache
def sprite() -> SafeString:
    """Every icon we name, read once out of lucide's archive."""
    with (
        resources.files("lucide").joinpath("lucide.zip").open("rb") as file,
        ZipFile(file) as archive,
    ):
        symbols = "".join(_symbol(n, archive.read(f"{n}.svg").decode()) for n in NAMES)
    return mark_safe(f'<svg class="sprite" aria-hidden="true">{symbols}</svg>')  # noqa: S308 - the package's own drawings


def _symbol(name: str, svg: str) -> str:
    drawing = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$|\n\s*", "", svg, flags=re.DOTALL)
    return f'<symbol id="i-{name}" viewBox="0 0 24 24">{drawing}</symbol>'


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    if name not in NAMES:
        raise template.TemplateSyntaxError(f"The sprite has no icon {name!r}.")
    return mark_safe(  # noqa: S308 - a name of our own list
        f'<svg class="icon" aria-hidden="true"><use href="#i-{name}"></use></svg>'
    )
