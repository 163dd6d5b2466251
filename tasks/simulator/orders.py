"""Reads what a create call asks for, as strictly as KIE.AI does, and what it costs."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tasks.simulator.replies import Refused

PRICES = {
    "veo3_lite": {"720p": 30, "1080p": 35, "4k": 150},
    "veo3_fast": {"720p": 60, "1080p": 65, "4k": 180},
    "veo3": {"720p": 250, "1080p": 255, "4k": 380},
}
"""Credits a clip, whatever its length (public price feed, October 2026)."""

RATIOS = ("16:9", "9:16", "Auto")
DURATIONS = (4, 6, 8)
GENERATION_TYPES = (
    "TEXT_2_VIDEO",
    "FIRST_AND_LAST_FRAMES_2_VIDEO",
    "REFERENCE_2_VIDEO",
)
MOST_PICTURES = 3


@dataclass(frozen=True, slots=True)
class Order:
    prompt: str
    pictures: list[str]
    ratio: str
    resolution: str
    seconds: int
    callback_url: str
    price: Decimal
    param_json: str
    """The request as record-info echoes it."""


def body_of(content: bytes) -> dict[str, Any]:
    """Empty when it is not a JSON object."""
    try:
        body = json.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def read(body: dict[str, Any]) -> Order:
    """Raises Refused(422)."""
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise Refused(422, "prompt is required")
    # The two spellings of the ratio are both met in the wild; others are silently 16:9.
    ratio = body.get("aspect_ratio") or body.get("aspectRatio") or "16:9"
    model = _one_of(body, "model", "veo3_fast", tuple(PRICES), "Invalid model")
    resolution = _one_of(body, "resolution", "720p", tuple(PRICES[model]))
    _one_of(body, "generationType", GENERATION_TYPES[0], GENERATION_TYPES)
    if ratio not in RATIOS:
        raise Refused(422, f"Invalid aspect_ratio {ratio}: use 16:9 or 9:16")
    return Order(
        prompt=prompt,
        pictures=_pictures(body),
        ratio=ratio,
        resolution=resolution,
        seconds=_seconds(body),
        callback_url=str(body.get("callBackUrl") or ""),
        price=Decimal(PRICES[model][resolution]),
        param_json=json.dumps(_echo(body, ratio), ensure_ascii=False),
    )


def _echo(body: dict[str, Any], ratio: str) -> dict[str, Any]:
    renamed = {"aspect_ratio": "aspectRatio", "watermark": "waterMark"}
    echo = {renamed.get(name, name): value for name, value in body.items()}
    return echo | {"aspectRatio": ratio}


def _one_of(
    body: dict[str, Any], name: str, default: str, known: tuple[str, ...], msg: str = ""
) -> str:
    value = body.get(name) or default
    if value not in known:
        raise Refused(422, msg or f"Invalid {name}")
    return str(value)


def _seconds(body: dict[str, Any]) -> int:
    value = body.get("duration", 8)
    if value not in DURATIONS:
        raise Refused(422, "duration must be 4, 6 or 8")
    return int(value)


def _pictures(body: dict[str, Any]) -> list[str]:
    urls = body.get("imageUrls") or []
    if not isinstance(urls, list) or len(urls) > MOST_PICTURES:
        raise Refused(422, "imageUrls must be an array of 1 to 3 URLs")
    if not all(isinstance(url, str) and url.startswith("http") for url in urls):
        raise Refused(422, "imageUrls must hold http or https URLs")
    return urls
