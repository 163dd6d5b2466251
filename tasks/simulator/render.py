"""Draws clips from pictures in a process of its own: one JSON job a line on standard input, one JSON answer a line.

Run as a script, so that it needs nothing of the project and ends with its parent's pipe.
"""

import functools
import io
import json
import os
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.filter
from PIL import Image, ImageOps

SIZES = {"16:9": (640, 360), "9:16": (360, 640)}
PAN_FPS = 24
STILL_FPS = 8  # a still costs a quarter of a pan: for load tests
NICENESS = 10
TRAVEL = 0.12  # how far the pan goes, as a share of the long side


@functools.cache
def soundtrack(seconds: int) -> bytes:
    """Quiet brown noise, like distant surf, as an AAC stream; made once a duration."""
    track = io.BytesIO()
    graph = av.filter.Graph()
    noise = f"color=brown:amplitude=0.05:duration={seconds}:sample_rate=24000"
    source = graph.add("anoisesrc", noise)
    shape = graph.add("aformat", "sample_fmts=fltp:channel_layouts=mono")
    frames = graph.add("asetnsamples", "n=1024:p=0")
    sink = graph.add("abuffersink")
    for one, other in ((source, shape), (shape, frames), (frames, sink)):
        one.link_to(other)
    graph.configure()
    with av.open(track, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=24000, layout="mono")
        stream.bit_rate = 32000
        while (frame := _pulled(graph)) is not None:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return track.getvalue()


def _pulled(graph: av.filter.Graph) -> av.AudioFrame | None:
    try:
        frame = graph.pull()
    except (av.error.EOFError, av.error.BlockingIOError):
        return None
    return frame if isinstance(frame, av.AudioFrame) else None


def still(picture: str, ratio: str) -> tuple[Image.Image, str]:
    """The picture cut to the ratio, longer by the pan's travel; "Auto" picks the nearer ratio."""
    image = (
        Image.open(picture) if picture else Image.new("RGB", SIZES["16:9"], "#24506b")
    )
    with image:
        image.draft("RGB", (1280, 1280))
        upright = ImageOps.exif_transpose(image).convert("RGB")
    if ratio not in SIZES:
        ratio = "16:9" if upright.width >= upright.height else "9:16"
    width, height = SIZES[ratio]
    if ratio == "16:9":
        width += 2 * int(width * TRAVEL / 2)
    else:
        height += 2 * int(height * TRAVEL / 2)
    return ImageOps.fit(upright, (width, height)), ratio


def _pan(image: Image.Image, ratio: str, frames: int) -> av.filter.Graph:
    width, height = SIZES[ratio]
    # The crop is done before chroma is halved, or the pan would move two pixels at a time.
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=image.width,
        height=image.height,
        format="yuv444p",
        time_base=Fraction(1, PAN_FPS),
    )
    along = f"(in_w-out_w)*n/{frames}:(in_h-out_h)*n/{frames}"
    crop = graph.add("crop", f"{width}:{height}:{along}")
    colours = graph.add("format", "yuv420p")
    sink = graph.add("buffersink")
    for one, other in ((source, crop), (crop, colours), (colours, sink)):
        one.link_to(other)
    graph.configure()
    return graph


def panned(image: Image.Image, ratio: str, frames: int) -> Iterator[av.VideoFrame]:
    graph = _pan(image, ratio, frames)
    frame = _frame(image, "yuv444p")
    for number in range(frames):
        frame.pts = number
        frame.time_base = Fraction(1, PAN_FPS)
        graph.push(frame)
        moved = graph.pull()
        if isinstance(moved, av.VideoFrame):
            yield moved


def standing(image: Image.Image, ratio: str, frames: int) -> Iterator[av.VideoFrame]:
    frame = _frame(ImageOps.fit(image, SIZES[ratio]), "yuv420p")
    for number in range(frames):
        frame.pts = number
        frame.time_base = Fraction(1, STILL_FPS)
        yield frame


def _frame(image: Image.Image, pixels: str) -> av.VideoFrame:
    frame: av.VideoFrame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]  # PyAV leaves it bare
    return frame.reformat(format=pixels)


def render(picture: str, out: str, ratio: str, seconds: int, pan: bool) -> None:
    """Writes an H.264 and AAC file with its index first; the name appears only when the file is whole."""
    image, ratio = still(picture, ratio)
    part = Path(out).with_suffix(".part")
    whole = {"movflags": "+faststart"}
    with av.open(str(part), "w", format="mp4", options=whole) as container:
        fps = PAN_FPS if pan else STILL_FPS
        frames = (panned if pan else standing)(image, ratio, fps * seconds)
        _write(container, frames, SIZES[ratio], fps, soundtrack(seconds))
    part.replace(out)


def _write(
    container: av.container.OutputContainer,
    frames: Iterator[av.VideoFrame],
    size: tuple[int, int],
    fps: int,
    sound: bytes,
) -> None:
    options = {"preset": "ultrafast", "crf": "30"}
    video = container.add_stream("libx264", rate=fps, options=options)
    video.width, video.height = size
    video.pix_fmt = "yuv420p"
    video.thread_count = 1
    with av.open(io.BytesIO(sound), "r") as track:
        audio = container.add_stream_from_template(track.streams.audio[0])
        for frame in frames:
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for packet in track.demux(track.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = audio
                container.mux(packet)


def main() -> None:
    os.nice(NICENESS)
    for line in sys.stdin:
        try:
            render(**json.loads(line))
            answer = ""
        except Exception as e:  # noqa: BLE001  one bad picture must not end the process
            answer = f"{type(e).__name__}: {e}"
        sys.stdout.write(json.dumps({"error": answer}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
