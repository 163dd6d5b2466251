"""How single values from outside are read, whether typed, sent as JSON or imported."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Choices
from django.utils.translation import gettext as _

from tasks.media.guard import Forbidden, check_url

Raw = Mapping[str, Any]
Cleaned = dict[str, Any]
# Takes a field's name and raw value; returns the columns that follow from it.
Rule = Callable[[str, Any], Cleaned]

_YES_NO = {
    "true": True,
    "on": True,
    "1": True,
    "false": False,
    "off": False,
    "0": False,
}


def apply_rules(
    rules: Mapping[str, Rule], raw: Raw
) -> tuple[Cleaned, dict[str, ValidationError]]:
    """Return what could be read and, by name, what could not."""
    cleaned: Cleaned = {}
    errors: dict[str, ValidationError] = {}
    for name, rule in rules.items():
        if name in raw:
            try:
                cleaned |= rule(name, raw[name])
            except ValidationError as e:
                errors[name] = e
    return cleaned, errors


def clean_text(value: object, *, longest: int) -> str:
    """Return trimmed text; None is empty. Raises ValidationError."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValidationError(_("This must be text."))
    text = value.replace("\r\n", "\n").strip()
    if len(text) > longest:
        raise ValidationError(
            _("This has %(length)s characters; at most %(longest)s are possible."),
            params={"length": len(text), "longest": longest},
        )
    # Neither PostgreSQL nor the provider can hold these.
    if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise ValidationError(_("This holds a character that cannot be used."))
    return text


def clean_search(value: str) -> str:
    """Return what is looked for; PostgreSQL refuses a question with NUL in it."""
    return value.replace("\0", "").strip()[:200]


def clean_url(value: object, *, longest: int) -> str:
    """Return a link to a public address. Raises ValidationError."""
    url = clean_text(value, longest=longest)
    try:
        # Fetched by others, who also take plain http; the address must be public anyway.
        https = (
            url.replace("http://", "https://", 1) if url.startswith("http:") else url
        )
        check_url(https, allowed=frozenset(settings.ALLOWED_PRIVATE_HOSTS))
    except Forbidden as e:
        raise ValidationError(_(e.message)) from e
    return url


def clean_whole(value: object, allowed: range) -> int:
    """Return a whole number of `allowed`. Raises ValidationError."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value.strip()[:10])
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValidationError(_("This must be a whole number."))
    if value not in allowed:
        raise ValidationError(
            _("This must be between %(least)s and %(most)s."),
            params={"least": str(allowed[0]), "most": str(allowed[-1])},
        )
    return value


def clean_bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    known = _YES_NO.get(str(value).lower())
    if known is None:
        raise ValidationError(_("This must be true or false."))
    return known


def text(longest: int, *, missing: str = "") -> Rule:
    """`missing` is what to say when it is empty; without it, empty is allowed."""

    def rule(name: str, value: Any) -> Cleaned:
        cleaned = clean_text(value, longest=longest)
        if missing and not cleaned:
            raise ValidationError(_(missing))
        return {name: cleaned}

    return rule


def url(longest: int) -> Rule:
    def rule(name: str, value: Any) -> Cleaned:
        return {name: clean_url(value, longest=longest) if value else ""}

    return rule


def whole(allowed: range) -> Rule:
    def rule(name: str, value: Any) -> Cleaned:
        return {} if _is_empty(value) else {name: clean_whole(value, allowed)}

    return rule


def whole_or_none(allowed: range) -> Rule:
    def rule(name: str, value: Any) -> Cleaned:
        return {name: None if _is_empty(value) else clean_whole(value, allowed)}

    return rule


def flag(name: str, value: Any) -> Cleaned:
    return {} if _is_empty(value) else {name: clean_bool(value)}


def choice(choices: type[Choices]) -> Rule:
    """Nothing chosen is nothing said: the default stays."""

    def rule(name: str, value: Any) -> Cleaned:
        if _is_empty(value):
            return {}
        for known in choices.values:
            if not isinstance(value, bool) and str(value) == str(known):
                return {name: known}
        offered = ", ".join(str(v) for v in choices.values)
        raise ValidationError(
            _("Choose one of these: %(offered)s."), params={"offered": offered}
        )

    return rule


def _is_empty(value: object) -> bool:
    return value is None or value == ""
