"""A small real MP4 (moving noise and a sound, index first, as CDNs serve it), a file
server, and downloads from it."""

from fractions import Fraction

import av
import pytest
from PIL import Image

from tasks.media.download import DownloadFault, download
from tasks.media.guard import guarded_client
from tests.tasks.media.fileserver import LOOPBACK, FileServer


def make_clip(path, seconds=2, size=(640, 360), rate=24):
    options = {"movflags": "+faststart"}
    with av.open(path, "w", format="mp4", options=options) as output:
        video = output.add_stream(
            "libx264", rate=rate, options={"preset": "ultrafast", "crf": "30"}
        )
        (video.width, video.height), video.pix_fmt = size, "yuv420p"
        video.thread_count = 1
        audio = output.add_stream("aac", rate=48000)
        still = Image.effect_noise((size[0] + 100, size[1]), 60).convert("RGB")
        for number in range(seconds * rate):
            image = still.crop((number % 100, 0, number % 100 + size[0], size[1]))
            frame = av.VideoFrame.from_image(image)
            frame.pts, frame.time_base = number, Fraction(1, rate)
            output.mux(video.encode(frame))
        output.mux(video.encode())
        for number in range(seconds * 48000 // 1024):
            sound = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            for plane in sound.planes:
                plane.update(bytes(plane.buffer_size))
            sound.rate, sound.pts = 48000, number * 1024
            sound.time_base = Fraction(1, 48000)
            output.mux(audio.encode(sound))
        output.mux(audio.encode())
    return path


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4")


@pytest.fixture
def server():
    running = FileServer()
    yield running
    running.close()


@pytest.fixture
def client():
    with guarded_client(allowed=LOOPBACK) as client:
        yield client


@pytest.fixture
def fetch(server, client, tmp_path):
    """Download from the server into tmp_path/clips/one.mp4, with changed arguments."""

    def fetch(url=None, **changes):
        arguments = {
            "into": tmp_path / "clips" / "one.mp4",
            "partial": tmp_path / ".partial" / "one.part",
            "client": client,
            "allowed": LOOPBACK,
            "keep_alive": lambda: None,
            "stop": lambda: False,
            "reserve": 0,
        }
        return download(url or server.url, **{**arguments, **changes})

    return fetch


@pytest.fixture
def fault(fetch):
    """The code of the fault that a download ends with."""

    def fault(*args, **changes):
        with pytest.raises(DownloadFault) as caught:
            fetch(*args, **changes)
        assert caught.value.text
        return caught.value.code

    return fault


@pytest.fixture
def content(clip):
    return clip.read_bytes()


@pytest.fixture
def path(tmp_path):
    """Write bytes to a file with a name that tells nothing."""

    def path(content):
        file = tmp_path / "picture"
        file.write_bytes(content)
        return file

    return path
