"""What a task's fields may hold: one set of rules for the form, REST and imports."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from tasks.cleaning import (
    Cleaned,
    Raw,
    Rule,
    apply_rules,
    choice,
    clean_url,
    flag,
    text,
    url,
    whole_or_none,
)
from tasks.models import AspectRatio, Duration, Picture, Resolution, VeoModel
from tasks.sight import pictures_visible_to

PROMPT_LENGTH = 3000
SEEDS = range(10_000, 100_000)  # kie-api.md §1.1

# What a project's defaults and its tasks have in common.
PARAMETERS: dict[str, Rule] = {
    "model": choice(VeoModel),
    "aspect_ratio": choice(AspectRatio),
    "resolution": choice(Resolution),
    "duration": choice(Duration),
    "watermark": text(80),
    "callback_url": url(1000),
    "seed": whole_or_none(SEEDS),
    "translate": flag,
    "fallback": flag,
}
RULES: dict[str, Rule] = {
    "prompt": text(PROMPT_LENGTH, missing=gettext_noop("Write a prompt.")),
    "name": text(200),
    **PARAMETERS,
}
FIELDS = frozenset({*RULES, "picture_id", "last_picture_id", "image_url"})


def clean_task(raw: Raw, *, by: User, partial: bool = False) -> Cleaned:
    """Return the columns of a VideoTask that `raw` speaks of; what it leaves out keeps
    the project's default (or, when `partial`, its value). Other names are ignored.

    Raises ValidationError with `{name in raw: message}` of everything that is wrong.
    """
    return _clean(raw, known_pictures([raw], by), partial=partial)


def clean_tasks(raws: Iterable[Raw], *, by: User) -> list[Cleaned]:
    """Clean many, all or none. Errors are named `tasks.<place from 0>.<name>`."""
    raws = list(raws)
    pictures = known_pictures(raws, by)
    cleaned: list[Cleaned] = []
    errors: dict[str, list[str]] = {}
    for place, raw in enumerate(raws):
        try:
            cleaned.append(_clean(raw, pictures))
        except ValidationError as e:
            errors |= {f"tasks.{place}.{n}": m for n, m in e.message_dict.items()}
    if errors:
        raise ValidationError(errors)
    return cleaned


def known_pictures(raws: Iterable[Raw], by: User) -> dict[UUID, Picture]:
    """Return those of the pictures named that this person may use."""
    names = (raw.get(n) for raw in raws for n in ("picture_id", "last_picture_id"))
    ids = {pk for name in names if (pk := _uuid(name))}
    return pictures_visible_to(by).in_bulk(ids) if ids else {}


def _clean(
    raw: Raw, pictures: Mapping[UUID, Picture], *, partial: bool = False
) -> Cleaned:
    if not partial:
        raw = {"prompt": "", "picture_id": None, **raw}
    cleaned, by_rule = apply_rules(RULES, raw)
    errors: dict[str, object] = {**by_rule}
    for part in (_first_picture, _last_picture):
        try:
            cleaned |= part(raw, pictures)
        except ValidationError as e:
            errors |= e.error_dict
    if errors:
        raise ValidationError(errors)
    return cleaned


def _first_picture(raw: Raw, pictures: Mapping[UUID, Picture]) -> Cleaned:
    """A picture of ours or a link to one, and exactly one of them."""
    picture_id, link = raw.get("picture_id"), raw.get("image_url")
    if picture_id and link:
        raise _wrong("image_url", _("Give a picture or a link to one, not both."))
    if picture_id:
        picture = _picture("picture_id", picture_id, pictures)
        return {"picture": picture, "image_url": ""}
    if link:
        try:
            return {"picture": None, "image_url": clean_url(link, longest=2000)}
        except ValidationError as e:
            raise ValidationError({"image_url": e}) from e
    if "picture_id" in raw or "image_url" in raw:
        raise _wrong("picture_id", _("Choose a picture."))
    return {}


def _last_picture(raw: Raw, pictures: Mapping[UUID, Picture]) -> Cleaned:
    if "last_picture_id" not in raw:
        return {}
    value = raw["last_picture_id"]
    if not value:
        return {"last_picture": None}
    return {"last_picture": _picture("last_picture_id", value, pictures)}


def _picture(name: str, value: object, pictures: Mapping[UUID, Picture]) -> Picture:
    pk = _uuid(value)
    if pk is None or pk not in pictures:
        raise _wrong(name, _("There is no such picture. Upload it first."))
    return pictures[pk]


def _uuid(value: object) -> UUID | None:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        return None


def _wrong(name: str, message: str) -> ValidationError:
    return ValidationError({name: message})
