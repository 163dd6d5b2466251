"""Source pictures: what a file is, and what is made from it for the provider and
for the screen.
"""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFilter, ImageOps

from tasks.media import gettext_noop
from tasks.media.decoding import (
    MAX_PIXELS,
    SUFFIXES,
    BadPicture,
    decoding,
    opened,
    plain,
    too_many_pixels,
    turn,
)
from tasks.media.ratios import NATIVE, OFFERED, Box, centre_cut, sent_ratio, window

__all__ = [
    "DRAWN",
    "NATIVE",
    "OFFERED",
    "BadPicture",
    "Box",
    "Facts",
    "Prepared",
    "inspect",
    "prepare",
    "sent_ratio",
    "thumbnail",
    "window",
]

DRAWN = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".avif": "image/avif",
}
"""What browsers draw by themselves; other formats are only handed out as files."""

MAX_BYTES = 25 * 1024 * 1024
MIN_EDGE = 64
SENT_BYTES = 2_000_000
SENT_SHORT_EDGES = (720, 1080)
"""The provider's working envelope is 1280x720 to 1920x1080 (kie-api.md, 6.3)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a verified picture file is; sizes are after the EXIF turn."""

    sha256: str
    size: int
    width: int
    height: int
    format: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A JPEG ready to be sent, and the native ratio it was made for."""

    content: bytes
    width: int
    height: int
    sent_ratio: str


def inspect(
    file: BinaryIO | Path, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> Facts:
    """Verify a picture by decoding all of it, after its size and header have passed.

    Raises BadPicture. A file object is left at its beginning.
    """
    if isinstance(file, Path):
        with file.open("rb") as stream:
            return inspect(stream, max_bytes=max_bytes, max_pixels=max_pixels)
    file.seek(0, io.SEEK_END)
    size = file.tell()
    _check_bytes(size, max_bytes)
    with opened(file) as image:
        _check_size(image, max_pixels)
        kind = "JPEG" if image.format == "MPO" else str(image.format)
        with decoding:
            image.load()
            sideways = turn(image) >= 5
    width, height = image.size[::-1] if sideways else image.size
    return Facts(_hash(file), size, width, height, kind, SUFFIXES[kind])


def prepare(source: Path, ratio: str) -> Prepared:
    """Turn, crop and fit a picture for the provider; the same bytes every time."""
    with source.open("rb") as file, opened(file) as image, decoding:
        picture = plain(image, max(SENT_SHORT_EDGES) * 2 / min(image.size))
    sent = sent_ratio(ratio, picture.width, picture.height)
    canvas = _on_canvas(picture, ratio, sent)
    return Prepared(_as_jpeg(canvas), canvas.width, canvas.height, sent)


def thumbnail(source: Path, edge: int = 480) -> bytes:
    """A WebP whose long edge is at most `edge`, turned upright, without metadata."""
    with source.open("rb") as file, opened(file) as image, decoding:
        small = plain(image, edge * 2 / max(image.size))
    small.thumbnail((edge, edge), reducing_gap=2.0)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=80, method=4)
    return buffer.getvalue()


def _hash(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(1024**2):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _check_bytes(size: int, max_bytes: int) -> None:
    if size == 0:
        raise BadPicture("empty_file", gettext_noop("The file is empty."))
    if size > max_bytes:
        message = gettext_noop("The picture is larger than %(limit)s MB.")
        raise BadPicture("too_many_bytes", message, limit=max_bytes // 1024**2)


def _check_size(image: Image.Image, max_pixels: int) -> None:
    if image.width * image.height > max_pixels:
        raise too_many_pixels(max_pixels)
    if min(image.size) < MIN_EDGE:
        message = gettext_noop("The picture is smaller than %(limit)s pixels.")
        raise BadPicture("too_small", message, limit=MIN_EDGE)


def _on_canvas(picture: Image.Image, ratio: str, sent: str) -> Image.Image:
    """The picture, cropped to `ratio`, at its place in a native frame."""
    cut = centre_cut(ratio, *picture.size)
    frame, place = _frame(ratio, sent, cut)
    if place is None:
        return picture.resize(frame, Image.Resampling.LANCZOS, cut, reducing_gap=2.0)
    canvas = _blurred(picture.crop(cut), frame)
    # Two pixels more on each side, so that no blur shows when a clip of another
    # size is cut at rounded edges.
    bled = (place.width + 4, place.height + 4)
    sharp = picture.resize(bled, Image.Resampling.LANCZOS, cut, reducing_gap=2.0)
    canvas.paste(sharp, (place.left - 2, place.top - 2))
    return canvas


def _frame(
    ratio: str, sent: str, cut: tuple[float, float, float, float]
) -> tuple[tuple[int, int], Box | None]:
    """The smaller native frame if the cut fits into it without loss, else the larger,
    and the picture's place in it.
    """
    across, down = NATIVE[sent]
    for short in SENT_SHORT_EDGES:
        scale = short // min(across, down)
        frame = (across * scale, down * scale)
        place = window(ratio, sent, *frame)
        if cut[2] - cut[0] <= (place.width if place else frame[0]):
            break
    return frame, place


def _blurred(picture: Image.Image, frame: tuple[int, int]) -> Image.Image:
    """The picture spread over the whole frame, out of focus; blurred while small."""
    small = (frame[0] // 8, frame[1] // 8)
    spread = ImageOps.fit(picture, small, Image.Resampling.BOX)
    soft = spread.filter(ImageFilter.GaussianBlur(min(small) / 12))
    return soft.resize(frame, Image.Resampling.BICUBIC)


def _as_jpeg(image: Image.Image) -> bytes:
    """The best quality that stays within the limit."""
    for quality in (90, 80, 70, 50, 30):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= SENT_BYTES:
            break
    return buffer.getvalue()
