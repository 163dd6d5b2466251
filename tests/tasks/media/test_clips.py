"""Facts, posters and cut-outs of a real clip."""

import pytest
from PIL import Image

from tasks.media.clips import BadClip, crop, poster, probe, walk_boxes
from tasks.media.ratios import Box, window


def test_it_probes(clip):
    facts = probe(clip)
    assert (facts.width, facts.height, facts.has_audio) == (640, 360, True)
    assert facts.seconds == pytest.approx(2, abs=0.1)


def test_it_makes_a_poster(clip, tmp_path):
    into = tmp_path / "posters" / "clip.webp"
    poster(clip, into, edge=320)
    with Image.open(into) as image:
        assert (image.format, image.size) == ("WEBP", (320, 180))
    assert [path.name for path in into.parent.iterdir()] == ["clip.webp"]


def test_it_does_not_enlarge_a_poster(clip, tmp_path):
    poster(clip, tmp_path / "clip.webp", edge=4000)
    with Image.open(tmp_path / "clip.webp") as image:
        assert image.size == (640, 360)


def test_it_cuts_a_rectangle_and_keeps_the_sound(clip, tmp_path):
    into = tmp_path / "square.mp4"
    box = window("1:1", "16:9", 640, 360)
    assert box
    crop(clip, into, box)
    walk_boxes(into)
    facts = probe(into)
    assert (facts.width, facts.height, facts.has_audio) == (360, 360, True)
    assert facts.seconds == pytest.approx(2, abs=0.1)
    content = into.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_it_cuts_at_even_numbers(clip, tmp_path):
    crop(clip, tmp_path / "odd.mp4", Box(3, 3, 101, 77))
    facts = probe(tmp_path / "odd.mp4")
    assert (facts.width, facts.height) == (100, 76)


@pytest.mark.parametrize("deed", [poster, crop])
def test_it_leaves_nothing_behind_when_a_clip_is_bad(tmp_path, clip, deed):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(clip.read_bytes()[:2000])
    folder = tmp_path / "out"
    with pytest.raises(BadClip):
        deed(bad, folder / "x.mp4", *([Box(0, 0, 20, 20)] if deed is crop else []))
    assert not folder.exists() or not list(folder.iterdir())


def test_it_opens_nothing_but_mp4(tmp_path):
    playlist = tmp_path / "clip.mp4"
    playlist.write_text("#EXTM3U\n#EXTINF:8,\nhttp://127.0.0.1:9/x.ts\n")
    with pytest.raises(BadClip):
        probe(playlist)
