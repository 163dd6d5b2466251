"""What is sent for each ratio asked, and where the asked picture lies in the frame."""

import pytest

from tasks.media.ratios import Box, sent_ratio, window


@pytest.mark.parametrize(
    ("ratio", "size", "sent"),
    [
        ("16:9", (100, 900), "16:9"),
        ("9:16", (900, 100), "9:16"),
        ("1:1", (800, 600), "16:9"),
        ("1:1", (600, 600), "16:9"),
        ("1:1", (600, 800), "9:16"),
        ("4:3", (800, 600), "16:9"),
        ("4:3", (600, 800), "9:16"),
    ],
)
def test_it_chooses_the_native_ratio(ratio, size, sent):
    assert sent_ratio(ratio, *size) == sent


def test_it_knows_no_other_ratio():
    with pytest.raises(ValueError, match="21:9"):
        sent_ratio("21:9", 100, 100)


@pytest.mark.parametrize(
    ("ratio", "sent", "frame", "box"),
    [
        ("16:9", "16:9", (1280, 720), None),
        ("9:16", "9:16", (720, 1280), None),
        ("1:1", "16:9", (1280, 720), Box(280, 0, 720, 720)),
        ("4:3", "16:9", (1280, 720), Box(160, 0, 960, 720)),
        ("1:1", "9:16", (720, 1280), Box(0, 280, 720, 720)),
        ("4:3", "9:16", (720, 1280), Box(0, 370, 720, 540)),
        ("4:3", "16:9", (1920, 1080), Box(240, 0, 1440, 1080)),
        ("1:1", "16:9", (853, 481), Box(186, 0, 480, 480)),
    ],
)
def test_it_places_the_window(ratio, sent, frame, box):
    assert window(ratio, sent, *frame) == box
