"""Pages by cursor: each begins behind the last row of the one before, so the last page of
a hundred thousand costs what the first does, and rows that come or go shift nothing."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from tasks.cleaning import clean_whole
from tasks.models import VideoTask
from tasks.models.video_task import VideoTaskQuerySet

SORTS = ("number", "created_at", "updated_at", "status", "name")
_COLUMNS = {f.name: f for f in VideoTask._meta.concrete_fields if f.name in SORTS}
MOST = 500
USUAL = 100


def page(
    tasks: VideoTaskQuerySet, *, sort: str, limit: str, cursor: str
) -> tuple[list[VideoTask], str | None]:
    """Return the rows and the cursor of what follows. Raises ValidationError."""
    size = _limit(limit)
    name, sign = sort.removeprefix("-"), "-" if sort.startswith("-") else ""
    if name not in SORTS:
        offered = ", ".join(SORTS)
        raise _wrong("sort", _("Choose one of these: %(offered)s."), offered=offered)
    if cursor:
        tasks = tasks.filter(_behind(name, bool(sign), cursor))
    rows = list(tasks.order_by(f"{sign}{name}", f"{sign}number")[: size + 1])
    following = _cursor(rows[size - 1], name) if len(rows) > size else None
    return rows[:size], following


def _limit(limit: str) -> int:
    try:
        return clean_whole(limit, range(1, MOST + 1)) if limit else USUAL
    except ValidationError as e:
        raise ValidationError({"limit": e}) from e


def _cursor(task: VideoTask, name: str) -> str:
    value = getattr(task, name)
    if isinstance(value, datetime):
        value = value.isoformat()
    place = json.dumps([name, value, task.number])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _behind(name: str, is_descending: bool, cursor: str) -> Q:
    value, number = _place(name, cursor)
    way = "lt" if is_descending else "gt"
    return Q(**{f"{name}__{way}": value}) | Q(**{name: value, f"number__{way}": number})


def _place(name: str, cursor: str) -> tuple[Any, int]:
    """Read back what `_cursor` wrote, for the same sorting."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        sort, value, number = json.loads(base64.urlsafe_b64decode(padded))
        if sort != name or not isinstance(number, int):
            raise ValueError(sort)
        return _storable(_COLUMNS[name].to_python(value)), number
    except (ArithmeticError, TypeError, ValueError, ValidationError) as e:
        raise _wrong("cursor", _("This page is not known. Begin anew.")) from e


def _storable(value: Any) -> Any:
    """Return a value that every database can be asked about. Raises ValueError, or
    OverflowError for a day before the first one."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, str) and "\0" in value:
        raise ValueError(value)
    return value


def _wrong(name: str, message: str, **params: str) -> ValidationError:
    return ValidationError({name: ValidationError(message, params=params)})
