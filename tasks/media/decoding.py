"""The only place where Pillow opens foreign bytes: which formats, how large, and how
any picture becomes plain upright RGB. File names and declared types are not believed.
"""

import contextlib
import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from tasks.media import gettext_noop

MAX_PIXELS = 50_000_000

SUFFIXES = {
    JpegImagePlugin.JpegImageFile.format: ".jpg",
    PngImagePlugin.PngImageFile.format: ".png",
    WebPImagePlugin.WebPImageFile.format: ".webp",
    GifImagePlugin.GifImageFile.format: ".gif",
    BmpImagePlugin.BmpImageFile.format: ".bmp",
    TiffImagePlugin.TiffImageFile.format: ".tif",
    pillow_heif.HeifImageFile.format: ".heic",
    AvifImagePlugin.AvifImageFile.format: ".avif",
}
"""The formats read. Named by their plugins, which must be imported to be usable."""

KNOWN_OTHERS = {
    b"%PDF": "PDF",
    b"8BPS": "Photoshop",
    b"<svg": "SVG",
    b"<?xml": "SVG",
    b"\x00\x00\x01\x00": "ICO",
    b"II*\x00\x10\x00\x00\x00CR": "RAW",
    b"PK\x03\x04": "ZIP",
}

# What decoders raise on damaged files; Pillow promises no common class.
DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
)

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation → what sets the picture upright."""

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
ImageFile.LOAD_TRUNCATED_IMAGES = False
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False)

decoding = threading.Lock()
"""Held for each full decode: one at a time a process."""

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


class BadPicture(Exception):
    """The file cannot be used; `message` is a msgid that takes `params`."""

    def __init__(self, code: str, message: str, **params: object) -> None:
        super().__init__(message % params)
        self.code, self.message = code, message
        self.params: Mapping[str, object] = params


@contextlib.contextmanager
def opened(file: BinaryIO) -> Iterator[Image.Image]:
    """The picture with only its header read; damage found inside is BadPicture."""
    file.seek(0)
    try:
        image = Image.open(file, formats=tuple(SUFFIXES))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_many_pixels(MAX_PIXELS) from error
    except DAMAGE as error:
        raise _not_a_picture(file) from error
    try:
        yield image
    except DAMAGE as error:
        message = gettext_noop("The picture is damaged or cut short.")
        raise BadPicture("truncated", message) from error


def too_many_pixels(limit: int) -> BadPicture:
    message = gettext_noop("The picture has more than %(limit)s million pixels.")
    return BadPicture("too_many_pixels", message, limit=limit // 1_000_000)


def _not_a_picture(file: BinaryIO) -> BadPicture:
    file.seek(0)
    head = file.read(512).removeprefix(b"\xef\xbb\xbf").lstrip()
    for start, name in KNOWN_OTHERS.items():
        if head.startswith(start):
            message = gettext_noop("%(format)s files cannot be used as pictures.")
            return BadPicture("unsupported_format", message, format=name)
    message = gettext_noop("The file is not a picture that can be read.")
    return BadPicture("not_a_picture", message)


def turn(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; may decode. Damaged EXIF counts as none."""
    with contextlib.suppress(*DAMAGE):
        orientation = image.getexif().get(0x0112)
        return orientation if orientation in TURNS else 1
    return 1


def plain(image: Image.Image, scale: float = 1) -> Image.Image:
    """Upright 8-bit sRGB on white, whatever it was, with no metadata left.

    May come out smaller, but never below `scale` times the picture's size.
    """
    wanted = [max(1, int(edge * min(scale, 1))) for edge in image.size]
    image.draft("RGB", (wanted[0], wanted[1]))  # a JPEG decodes to 1/2, 1/4 or 1/8
    image.load()
    method = TURNS.get(turn(image))
    factor = min(image.width // wanted[0], image.height // wanted[1])
    if factor > 1 and image.mode in ("L", "RGB", "RGBA", "CMYK"):
        image = image.reduce(factor)  # so that only one full picture is in memory
    if method is not None:
        image = image.transpose(method)
    if image.mode.startswith("I"):
        # Pillow would clip 16 bits at 255 instead of scaling them.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return _srgb(image)


def _srgb(image: Image.Image) -> Image.Image:
    """By the picture's own colour profile where it has one that can be used."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            result = ImageCms.profileToProfile(image, own, _SRGB, outputMode="RGB")
            if result is not None:
                result.info.clear()
                return result
    result = image.convert("RGB")
    result.info.clear()
    return result
