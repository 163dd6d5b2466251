"""What a stored clip is and what is made from it: facts, poster, cut-out rectangle.
Callers walk the boxes first; decoding happens on one thread, in a worker.
"""

import contextlib
import errno
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import av
import av.filter
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from PIL import Image, WebPImagePlugin

from tasks.media import gettext_noop
from tasks.media.boxes import BadClip, walk_boxes
from tasks.media.publishing import replacing
from tasks.media.ratios import Box

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

__all__ = ["BadClip", "Probe", "crop", "poster", "probe", "walk_boxes"]

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
X264 = {"preset": "veryfast", "crf": "20"}
POSTER_FORMAT = WebPImagePlugin.WebPImageFile.format
POSTER_QUALITY = 80
POSTER_EFFORT = 2
"""WebP's method; 4 and more cost twice the time for a few per cent."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What the container and its first video stream say of themselves."""

    seconds: float
    width: int
    height: int
    has_audio: bool


def probe(path: Path) -> Probe:
    """Read the facts from the index; decodes no picture for a caller."""
    with _reading(), _open(path) as container:
        stream = _video(container)
        return Probe(
            seconds=(container.duration or 0) / av.time_base,
            width=stream.codec_context.width,
            height=stream.codec_context.height,
            has_audio=bool(container.streams.audio),
        )


def poster(path: Path, into: Path, edge: int = 640) -> None:
    """Write the key frame at or before the first second as WebP, long edge `edge`."""
    with _reading(), _open(path) as container:
        stream = _video(container)
        container.seek(av.time_base, backward=True)
        frame = next(container.decode(stream), None)
        if frame is None:
            raise _unreadable()
        scale = min(1, edge / max(frame.width, frame.height))
        image: Image.Image = frame.to_image(  # type: ignore[no-untyped-call]  # PyAV's stub
            width=max(1, round(frame.width * scale)),
            height=max(1, round(frame.height * scale)),
            interpolation="AREA",
        )
    with replacing(into) as temporary:
        image.save(
            temporary, POSTER_FORMAT, quality=POSTER_QUALITY, method=POSTER_EFFORT
        )


def crop(source: Path, into: Path, box: Box) -> None:
    """Cut a rectangle out of a clip; its sound is copied, not encoded again."""
    box = Box(*(number // 2 * 2 for number in box))
    options = {"movflags": "+faststart"}
    with (
        replacing(into) as temporary,
        _reading(),
        _open(source) as container,
        av.open(temporary, "w", format="mp4", options=options) as output,
    ):
        _cut(container, output, box)


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """Tell a clip that cannot be read from a disk that cannot be written."""
    try:
        yield
    except av.FFmpegError as error:
        if error.errno in FULL:
            raise
        raise _unreadable() from error


def _open(path: Path) -> "InputContainer":
    # Only this demuxer and only files: a playlist named .mp4 must lead nowhere.
    return av.open(path, format="mp4", options={"protocol_whitelist": "file"})


def _video(container: "InputContainer") -> VideoStream:
    if not container.streams.video:
        raise BadClip("no_video", gettext_noop("The file holds no moving picture."))
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1
    return stream


def _cut(container: "InputContainer", output: "OutputContainer", box: Box) -> None:
    picture, sound = _video(container), next(iter(container.streams.audio), None)
    encoder = _encoder(output, picture, box)
    copied = output.add_stream_from_template(sound) if sound else None
    frames = _Cutter(picture, box)
    for packet in container.demux(*((picture, sound) if sound else (picture,))):
        if packet.stream is picture:
            for frame in picture.decode(packet):
                output.mux(encoder.encode(frames.cut(frame)))
        elif copied and packet.dts is not None:
            packet.stream = copied
            output.mux(packet)
    output.mux(encoder.encode())


def _encoder(output: "OutputContainer", source: VideoStream, box: Box) -> VideoStream:
    stream = output.add_stream("libx264", rate=source.average_rate, options=X264)
    stream.width, stream.height, stream.pix_fmt = box.width, box.height, "yuv420p"
    stream.thread_count = 1
    stream.codec_context.time_base = source.time_base
    for tag in ("color_range", "color_primaries", "color_trc", "colorspace"):
        setattr(stream.codec_context, tag, getattr(source.codec_context, tag))
    return stream


class _Cutter:
    """A filter graph that crops frames one by one."""

    def __init__(self, source: VideoStream, box: Box) -> None:
        self._graph = av.filter.Graph()
        self._graph.threads = 1
        size = f"{box.width}:{box.height}:{box.left}:{box.top}"
        self._graph.link_nodes(
            self._graph.add_buffer(template=source, time_base=source.time_base),
            self._graph.add("crop", size),
            self._graph.add("buffersink"),
        ).configure()

    def cut(self, frame: VideoFrame) -> VideoFrame:
        self._graph.vpush(frame)
        cropped = self._graph.vpull()
        cropped.pict_type = PictureType.NONE  # else every old key frame is forced
        return cropped


def _unreadable() -> BadClip:
    return BadClip("unreadable", gettext_noop("The video cannot be read."))
