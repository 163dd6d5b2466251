"""A picture is verified by decoding all of it, after cheap checks of its header."""

import hashlib
import io
import threading
import time
import tracemalloc

import pytest
from PIL import Image

from tasks.media import decoding
from tasks.media.pictures import BadPicture, inspect, prepare, thumbnail
from tests.tasks.media.drawing import near, noise, opened, png, saved

CORPUS = [
    ("JPEG", {}, "RGB", ".jpg"),
    ("JPEG", {}, "CMYK", ".jpg"),
    ("JPEG", {"progressive": True}, "L", ".jpg"),
    ("PNG", {}, "RGBA", ".png"),
    ("PNG", {}, "P", ".png"),
    ("PNG", {}, "1", ".png"),
    ("PNG", {}, "LA", ".png"),
    ("PNG", {}, "I;16", ".png"),
    ("WEBP", {}, "RGBA", ".webp"),
    ("GIF", {}, "P", ".gif"),
    ("BMP", {}, "RGB", ".bmp"),
    ("TIFF", {"compression": "tiff_lzw"}, "RGB", ".tif"),
    ("TIFF", {}, "CMYK", ".tif"),
    ("HEIF", {}, "RGB", ".heic"),
    ("AVIF", {}, "RGB", ".avif"),
]


@pytest.mark.parametrize(("kind", "options", "mode", "suffix"), CORPUS)
def test_it_reads(path, kind, options, mode, suffix):
    content = saved(noise(mode=mode), kind, **options)
    facts = inspect(io.BytesIO(content))
    assert (facts.format, facts.suffix) == (kind, suffix)
    assert (facts.width, facts.height, facts.size) == (320, 240, len(content))
    assert facts.sha256 == hashlib.sha256(content).hexdigest()
    assert inspect(path(content)) == facts
    sent = opened(prepare(path(content), "16:9").content)
    assert (sent.format, sent.mode, sent.size) == ("JPEG", "RGB", (1280, 720))
    assert opened(thumbnail(path(content), 100)).size == (100, 75)


def test_it_leaves_a_file_open_and_at_its_beginning():
    for kind in ("JPEG", "TIFF", "HEIF", "GIF"):
        file = io.BytesIO(saved(noise(), kind))
        file.read()
        inspect(file)
        assert file.tell() == 0


def test_it_reads_a_jpeg_with_a_second_picture_behind_it(path):
    content = saved(noise(), "MPO", save_all=True, append_images=[noise()])
    facts = inspect(path(content))
    assert (facts.format, facts.suffix) == ("JPEG", ".jpg")


def test_it_takes_the_first_frame_of_an_animation(path):
    frames = [Image.new("RGB", (320, 180), colour) for colour in ("red", "blue")]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert inspect(path(content)).format == "GIF"
    assert near(opened(prepare(path(content), "16:9").content), (9, 9), (255, 0, 0))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF", "TIFF"])
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_it_finds_a_cut(kind, part):
    content = saved(noise((640, 480)), kind)
    with pytest.raises(BadPicture) as caught:
        inspect(io.BytesIO(content[: int(len(content) * part)]))
    assert caught.value.code in ("truncated", "not_a_picture")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"just a text, whatever its name says" * 9, "not_a_picture"),
        (b"\x89PNG\r\n\x1a\n", "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "unsupported_format"),
        (b"\xef\xbb\xbf <?xml version='1.0'?><svg/>", "unsupported_format"),
        (b"%PDF-1.7", "unsupported_format"),
        (png(50_000, 50_000), "too_many_pixels"),
        (png(9_000, 9_000), "too_many_pixels"),
        (png(1_000_000, 1), "too_small"),
        (png(200, 200, b"short"), "truncated"),
        (saved(noise((30, 300))), "too_small"),
    ],
)
def test_it_refuses(content, code):
    with pytest.raises(BadPicture) as caught:
        inspect(io.BytesIO(content))
    assert caught.value.code == code
    assert caught.value.message % caught.value.params == str(caught.value)


def test_it_refuses_a_bomb_without_spending_anything():
    file = io.BytesIO(png(50_000, 50_000, bytes(100_000)))
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(BadPicture):
        inspect(file)
    spent = time.process_time() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spent < 0.05
    assert peak < 2_000_000


def test_it_keeps_the_caller_s_limits():
    content = saved(noise())
    with pytest.raises(BadPicture, match="larger than 0 MB") as caught:
        inspect(io.BytesIO(content), max_bytes=len(content) - 1)
    assert caught.value.code == "too_many_bytes"
    with pytest.raises(BadPicture) as caught:
        inspect(io.BytesIO(content), max_pixels=320 * 240 - 1)
    assert caught.value.code == "too_many_pixels"


def test_it_decodes_one_picture_at_a_time(path):
    done = threading.Event()
    file = path(saved(noise()))

    def work():
        inspect(file)
        done.set()

    with decoding.decoding:
        thread = threading.Thread(target=work)
        thread.start()
        assert not done.wait(0.1)
    thread.join(5)
    assert done.is_set()
