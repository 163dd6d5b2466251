"""The box walk finds every cut, and says what is wrong with other files."""

import random
import struct

import pytest

from tasks.media.boxes import BadClip, walk_boxes


def box(kind, content):
    return struct.pack(">I4s", 8 + len(content), kind) + content


def code_of(tmp_path, content):
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(BadClip) as caught:
        walk_boxes(path)
    return caught.value.code


def index(handler=b"vide", duration=1000, offset=40):
    header = box(b"mvhd", bytes(12) + struct.pack(">II", 1000, duration) + bytes(80))
    chunks = box(b"stco", bytes(4) + struct.pack(">II", 1, offset))
    media = box(b"hdlr", bytes(8) + handler + bytes(12))
    media += box(b"minf", box(b"stbl", chunks))
    return box(b"moov", header + box(b"trak", box(b"mdia", media)))


FTYP = box(b"ftyp", b"isom0000")
MDAT = box(b"mdat", bytes(100))


def test_it_passes_a_whole_clip(clip):
    walk_boxes(clip)


def test_it_finds_200_cuts_of_200(clip, tmp_path):
    content = clip.read_bytes()
    chance = random.Random(7)
    path = tmp_path / "cut.mp4"
    for offset in chance.sample(range(len(content)), 200):
        path.write_bytes(content[:offset])
        with pytest.raises(BadClip):
            walk_boxes(path)


def test_it_finds_a_cut_at_each_byte_of_the_index(tmp_path):
    content = FTYP + index() + MDAT
    for offset in range(len(content)):
        assert code_of(tmp_path, content[:offset]) in ("truncated", "not_a_video")


def test_it_finds_a_clean_cut_between_two_media_boxes(tmp_path):
    first = FTYP + index(offset=330) + MDAT
    path = tmp_path / "two.mp4"
    path.write_bytes(first + MDAT)
    walk_boxes(path)
    assert code_of(tmp_path, first) == "truncated"


def test_it_reads_boxes_of_64_bit_length(tmp_path):
    path = tmp_path / "long.mp4"
    large = struct.pack(">I4sQ", 1, b"mdat", 116) + bytes(100)
    path.write_bytes(FTYP + index() + large)
    walk_boxes(path)
    assert code_of(tmp_path, FTYP + index() + large[:12]) == "truncated"


def test_it_reads_the_long_movie_header(tmp_path):
    header = b"\x01" + bytes(19) + struct.pack(">IQ", 1000, 8000) + bytes(80)
    whole = index()
    short = whole.index(b"mvhd") - 4
    rest = whole[short + 8 + 100 :]
    path = tmp_path / "v1.mp4"
    path.write_bytes(FTYP + box(b"moov", box(b"mvhd", header) + rest) + MDAT)
    walk_boxes(path)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_a_video"),
        (b"<html>sorry</html>" * 100, "not_a_video"),
        (FTYP + MDAT, "truncated"),
        (FTYP + index(), "truncated"),
        (FTYP + index(handler=b"soun") + MDAT, "no_video"),
        (FTYP + index(duration=0) + MDAT, "no_duration"),
        (FTYP + index(duration=0xFFFFFFFF) + MDAT, "no_duration"),
        (FTYP + index() + struct.pack(">I4s", 0, b"mdat") + bytes(50), "truncated"),
        (FTYP + index() + MDAT + b"tail", "truncated"),
        (FTYP + box(b"moov", b"\xff\xff\xff\xfftrak") + MDAT, "truncated"),
        (FTYP + index(offset=5000) + MDAT, "truncated"),
    ],
)
def test_it_says_what_is_wrong(tmp_path, content, code):
    assert code_of(tmp_path, content) == code


def test_it_does_not_read_a_giant_index(tmp_path):
    path = tmp_path / "giant.mp4"
    with path.open("wb") as file:
        file.write(FTYP + struct.pack(">I4s", 100 * 1024**2, b"moov"))
        file.seek(len(FTYP) + 100 * 1024**2)
        file.write(MDAT)
    with pytest.raises(BadClip):
        walk_boxes(path)
