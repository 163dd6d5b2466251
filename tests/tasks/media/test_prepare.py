"""What provider and screen get: upright, plain, without metadata, in its window."""

import pytest
from PIL import Image, ImageCms, ImageDraw

from tasks.media.pictures import BadPicture, inspect, prepare, thumbnail, window
from tests.tasks.media.drawing import halves, near, noise, opened, saved, with_exif


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [(1, False), (2, False), (3, False), (4, False)]
    + [(n, True) for n in (5, 6, 7, 8)],
)
def test_it_turns_by_exif(path, orientation, upright):
    content = with_exif(halves((400, 200)), orientation)
    facts = inspect(path(content))
    assert (facts.width, facts.height) == ((200, 400) if upright else (400, 200))
    first = {1: "red", 2: "blue", 3: "blue", 4: "red"}
    first |= {5: "red", 6: "red", 7: "blue", 8: "blue"}  # at the top, now
    colour = {"red": (255, 0, 0), "blue": (0, 0, 255)}[first[orientation]]
    small = opened(thumbnail(path(content), 200))
    assert small.size == ((100, 200) if upright else (200, 100))
    assert near(small, (5, 5), colour)
    sent = prepare(path(content), "1:1")
    assert sent.sent_ratio == ("9:16" if upright else "16:9")


def test_it_leaves_no_metadata(path):
    file = path(with_exif(noise(), 6))
    for content in (prepare(file, "16:9").content, thumbnail(file)):
        image = opened(content)
        assert not image.getexif()
        assert b"CanaryPhone" not in content
        assert not {"exif", "icc_profile", "xmp", "comment"} & image.info.keys()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF:UserWarning")
def test_it_ignores_broken_exif(path):
    content = saved(
        noise(), exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff\x01\x12"
    )
    assert inspect(path(content)).width == 320
    prepare(path(content), "1:1")


def test_it_puts_transparent_pictures_on_white(path):
    image = Image.new("RGBA", (320, 180), (255, 0, 0, 0))
    file = path(saved(image, "PNG"))
    assert near(opened(prepare(file, "16:9").content), (50, 50), (255, 255, 255))
    assert near(opened(thumbnail(file)), (50, 50), (255, 255, 255))


def test_it_scales_sixteen_bits(path):
    image = Image.new("I;16", (320, 180), 0x8000)
    sent = opened(prepare(path(saved(image, "PNG")), "16:9").content)
    assert near(sent, (50, 50), (128, 128, 128))


@pytest.mark.parametrize("profile", ["real", b"not a profile"])
def test_it_heeds_a_colour_profile_that_can_be_used(path, profile):
    if profile == "real":
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGB", (320, 180), (200, 30, 60))
    sent = opened(prepare(path(saved(image, icc_profile=profile)), "16:9").content)
    assert near(sent, (50, 50), (200, 30, 60))


@pytest.mark.parametrize(
    ("size", "ratio", "frame", "sent"),
    [
        ((640, 480), "16:9", (1280, 720), "16:9"),
        ((1600, 900), "16:9", (1920, 1080), "16:9"),
        ((4000, 3000), "16:9", (1920, 1080), "16:9"),
        ((480, 640), "9:16", (720, 1280), "9:16"),
        ((640, 480), "9:16", (720, 1280), "9:16"),
        ((1500, 1400), "1:1", (1920, 1080), "16:9"),
        ((640, 480), "1:1", (1280, 720), "16:9"),
        ((480, 640), "1:1", (720, 1280), "9:16"),
        ((640, 480), "4:3", (1280, 720), "16:9"),
        ((480, 640), "4:3", (720, 1280), "9:16"),
        ((2000, 200), "16:9", (1280, 720), "16:9"),
    ],
)
def test_it_prepares_a_native_frame(path, size, ratio, frame, sent):
    prepared = prepare(path(saved(noise(size))), ratio)
    image = opened(prepared.content)
    assert image.size == (prepared.width, prepared.height) == frame
    assert prepared.sent_ratio == sent
    assert len(prepared.content) <= 2_000_000


@pytest.mark.parametrize("size", [(640, 480), (480, 640)])
@pytest.mark.parametrize("ratio", ["1:1", "4:3"])
def test_it_sets_the_cropped_picture_into_its_window(path, size, ratio):
    """Green stripes at the edges of the crop end where the window ends."""
    across, down = {"1:1": (1, 1), "4:3": (4, 3)}[ratio]
    width, height = min(size[0], size[1] * across / down), 0
    height = width * down / across
    left, top = (size[0] - width) / 2, (size[1] - height) / 2
    image = Image.new("RGB", size, "red")  # what is cropped away
    inner = (left, top, left + width - 1, top + height - 1)
    ImageDraw.Draw(image).rectangle(inner, fill="white", outline="lime", width=12)
    prepared = prepare(path(saved(image, "PNG")), ratio)
    sent = opened(prepared.content)
    box = window(ratio, prepared.sent_ratio, *sent.size)
    assert box
    cut = sent.crop((box.left, box.top, box.left + box.width, box.top + box.height))
    middle = (cut.width // 2, cut.height // 2)
    assert near(cut, middle, (255, 255, 255))
    for edge in (
        (4, middle[1]),
        (cut.width - 5, middle[1]),
        (middle[0], 4),
        (middle[0], cut.height - 5),
    ):
        assert near(cut, edge, (0, 255, 0))
    assert not near(sent, (1, 1), (255, 0, 0))


def test_it_prepares_the_same_bytes_every_time(path):
    file = path(saved(noise((900, 700))))
    assert prepare(file, "1:1").content == prepare(file, "1:1").content


def test_it_keeps_within_two_megabytes(path):
    file = path(saved(noise((1920, 1080)), quality=100))
    assert len(prepare(file, "16:9").content) <= 2_000_000


def test_it_refuses_an_unknown_ratio(path):
    with pytest.raises(ValueError, match="21:9"):
        prepare(path(saved(noise())), "21:9")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_it_says_when_a_stored_picture_is_damaged(path, kind):
    content = saved(noise((640, 480)), kind)
    file = path(content[: len(content) // 2])
    for deed in (lambda: prepare(file, "16:9"), lambda: thumbnail(file)):
        with pytest.raises(BadPicture):
            deed()
