"""Aspect ratios: what a person may ask for, what Veo makes, and where inside the
native frame a 1:1 or 4:3 picture lies. Pure arithmetic; no pictures are opened here.
"""

from typing import NamedTuple

NATIVE = {"16:9": (16, 9), "9:16": (9, 16)}
"""What the provider makes (KIE Veo documentation, read 2026-08)."""

OFFERED = {**NATIVE, "1:1": (1, 1), "4:3": (4, 3)}
"""What a person may ask for; the order is the order shown."""


class Box(NamedTuple):
    """A rectangle in pixels; every number is even, as 4:2:0 video wants."""

    left: int
    top: int
    width: int
    height: int


def sent_ratio(ratio: str, width: int, height: int) -> str:
    """The native ratio to ask the provider for, given a picture of this size."""
    if ratio in NATIVE:
        return ratio
    if ratio not in OFFERED:
        raise ValueError(f"unknown aspect ratio {ratio!r}")
    return "9:16" if height > width else "16:9"


def window(ratio: str, sent: str, width: int, height: int) -> Box | None:
    """Where the asked picture lies in a native frame of this size; None: everywhere."""
    if ratio == sent:
        return None
    across, down = OFFERED[ratio]
    inner_width = _even(min(width, height * across / down))
    inner_height = _even(min(height, width * down / across))
    left, top = _even((width - inner_width) / 2), _even((height - inner_height) / 2)
    return Box(left, top, inner_width, inner_height)


def centre_cut(
    ratio: str, width: int, height: int
) -> tuple[float, float, float, float]:
    """The largest centred (left, top, right, bottom) of this ratio, not rounded."""
    across, down = OFFERED[ratio]
    inner_width = min(width, height * across / down)
    inner_height = min(height, width * down / across)
    left, top = (width - inner_width) / 2, (height - inner_height) / 2
    return left, top, left + inner_width, top + inner_height


def _even(number: float) -> int:
    return int(number) // 2 * 2
