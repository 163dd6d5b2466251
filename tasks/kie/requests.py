"""What is asked of KIE: the request that buys a clip, and the shape of its body."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """One clip. `seed` is 10000 to 99999, `duration` in seconds."""

    prompt: str
    image_urls: tuple[str, ...]
    model: str
    aspect_ratio: str
    resolution: str
    duration: int
    watermark: str | None
    translate: bool
    seed: int | None
    enable_fallback: bool = False

    def body(self, callback_url: str | None) -> dict[str, Any]:
        """Return the JSON of `POST /api/v1/veo/generate` (kie-api §1.1)."""
        body: dict[str, Any] = {
            "prompt": self.prompt,
            "model": self.model,
            # The wrong spelling is silently ignored and gives 16:9; both are in use.
            "aspect_ratio": self.aspect_ratio,
            "aspectRatio": self.aspect_ratio,
            "resolution": self.resolution,
            "duration": self.duration,
            "enableTranslation": self.translate,
        }
        if self.image_urls:
            body["imageUrls"] = list(self.image_urls)
            body["generationType"] = "FIRST_AND_LAST_FRAMES_2_VIDEO"
        if self.watermark:
            body["watermark"] = self.watermark
        if self.seed is not None:
            body["seeds"] = self.seed
        if self.enable_fallback:
            body["enableFallback"] = True
        if callback_url:
            body["callBackUrl"] = callback_url
        return body

    def encode(self, callback_url: str | None) -> bytes:
        """Return the body's bytes. Raises UnicodeEncodeError for half a character."""
        return _canonical(self.body(callback_url))

    @property
    def sha256(self) -> str:
        """Return the fingerprint of what is bought; the callback is no part of it."""
        return hashlib.sha256(self.encode(None)).hexdigest()

    def as_snapshot(self) -> dict[str, Any]:
        """Return it as JSON for the attempt's row, whole and without the callback."""
        return {**asdict(self), "image_urls": list(self.image_urls)}

    @classmethod
    def from_snapshot(cls, snapshot: Mapping[str, Any]) -> Self:
        return cls(**{**snapshot, "image_urls": tuple(snapshot["image_urls"])})


def _canonical(body: dict[str, Any]) -> bytes:
    """Return the same bytes for the same content."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()
