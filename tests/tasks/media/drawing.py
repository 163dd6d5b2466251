"""Pictures drawn for the tests, as bytes of any format."""

import io
import struct
import zlib

from PIL import Image, ImageDraw


def noise(size=(320, 240), mode="RGB"):
    return Image.effect_noise(size, 80).convert(mode)


def saved(image, kind="JPEG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def halves(size, left="red", right="blue"):
    image = Image.new("RGB", size, left)
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, *size), fill=right)
    return image


def with_exif(image, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "CanaryPhone"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 30.0)  # GPS latitude
    return saved(image, exif=exif)


def png(width, height, rows=b""):
    def chunk(kind, content):
        check = zlib.crc32(kind + content)
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def opened(content):
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def near(image, at, colour):
    found = image.convert("RGB").getpixel(at)
    return all(abs(a - b) < 40 for a, b in zip(found, colour, strict=True))
