"""Figures as people read them: credits, spans of time, file sizes."""

from datetime import datetime
from decimal import Decimal

from django import template

from tasks.models import State

register = template.Library()


@register.filter("credits")
def in_credits(value: Decimal | None) -> str:
    """1,234 or 1,234.50: whole credits without their empty places."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"


@register.filter
def count(value: int) -> str:
    return f"{value:,}"


@register.filter
def clock(seconds: float | None) -> str:
    """0:08, 1:32 or 1:02:03."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{head}:{rest:02}"


@register.filter
def until(start: datetime | None, end: datetime | None) -> str:
    """The time between two steps, empty while one of them is missing."""
    return clock((end - start).total_seconds()) if start and end else ""


# What a purchase's step looks like: the colour of the status it leads its task to.
TONES = {
    State.PLANNED: "queued",
    State.SENDING: "generating",
    State.SUBMITTED: "generating",
    State.UNCERTAIN: "uncertain",
    State.DOWNLOADING: "downloading",
    State.STORED: "succeeded",
    State.CANCELED: "canceled",
    State.NOT_CREATED: "canceled",
}


@register.filter
def tone(state: str) -> str:
    return TONES.get(State(state), "failed")
