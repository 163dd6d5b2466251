import asyncio
import io

import av
import pytest
from PIL import Image

from tasks.simulator import render
from tasks.simulator.clips import Renderer
from tests.tasks.simulator.conftest import jpeg


def opened(content):
    with av.open(io.BytesIO(content), "r") as clip:
        video = clip.streams.video[0]
        frame = next(clip.decode(video)).to_image()
        return {
            "size": (video.width, video.height),
            "codecs": [stream.codec_context.name for stream in clip.streams],
            "seconds": (clip.duration or 0) / 1e6,
            "colour": frame.getpixel((video.width // 2, video.height // 2)),
        }


@pytest.mark.parametrize(
    ("picture", "ratio", "size"),
    [
        ((320, 180), "16:9", (640, 360)),
        ((320, 180), "9:16", (360, 640)),
        ((180, 320), "Auto", (360, 640)),
    ],
)
@pytest.mark.parametrize("seconds", [4, 8])
def test_it_makes_a_real_clip_from_the_picture(caller, picture, ratio, size, seconds):
    url = caller.upload(jpeg(picture, "red")).json()["data"]["downloadUrl"]
    clip = caller.clip_url(imageUrls=[url], aspectRatio=ratio, duration=seconds)
    found = opened(caller.kie.http.get(clip).content)
    assert found["size"] == size
    assert found["codecs"] == ["h264", "aac"]
    assert found["seconds"] == pytest.approx(seconds, abs=0.15)
    assert found["colour"][0] > 200
    assert found["colour"][1] < 60


def test_it_gives_the_other_ratio_when_asked(caller):
    clip = caller.clip_url("[sim:wrong-ratio] x", aspect_ratio="16:9")
    assert opened(caller.kie.http.get(clip).content)["size"] == (360, 640)


def test_it_makes_every_file_another_one(caller):
    one, two = (caller.kie.http.get(caller.clip_url()).content for _ in range(2))
    assert one != two
    assert len(one) == len(two)
    assert one[:-32] == two[:-32]


def test_it_puts_the_index_first(caller):
    content = caller.kie.http.get(caller.clip_url()).content
    assert content.index(b"moov") < content.index(b"mdat") < content.rindex(b"free")


def test_it_fetches_pictures_from_elsewhere(caller, shared):
    url = caller.upload(jpeg(colour="blue")).json()["data"]["downloadUrl"]
    elsewhere = url.replace("127.0.0.1", "localhost")
    clip = caller.clip_url(imageUrls=[elsewhere])
    assert opened(shared.http.get(clip).content)["colour"][2] > 200


def test_it_fails_when_elsewhere_has_nothing(caller):
    task_id = caller.made(imageUrls=["http://127.0.0.1:9/x.jpg"])
    assert "Failed to fetch" in caller.finished(task_id)["errorMessage"]


def test_it_pans_over_the_picture(tmp_path):
    half = Image.new("RGB", (640, 360), "black")
    half.paste("white", (320, 0, 640, 360))
    half.save(tmp_path / "half.png")
    out = tmp_path / "out.mp4"
    render.render(str(tmp_path / "half.png"), str(out), "16:9", 4, pan=True)
    with av.open(str(out)) as clip:
        frames = [f.to_image().convert("L") for f in clip.decode(video=0)]
    assert len(frames) == 4 * render.PAN_FPS
    assert _edge(frames[0]) - _edge(frames[-1]) > 50


def _edge(frame):
    return next(x for x in range(frame.width) if frame.getpixel((x, 180)) > 128)


def test_it_replaces_a_renderer_that_died(tmp_path):
    async def draw_twice():
        renderer = Renderer()
        job = {"picture": "", "ratio": "16:9", "seconds": 4, "pan": False}
        await renderer.draw(job | {"out": str(tmp_path / "one.mp4")})
        if renderer._process is not None:
            renderer._process.kill()
        await renderer.draw(job | {"out": str(tmp_path / "two.mp4")})
        await renderer.stop()

    asyncio.run(draw_twice())
    assert (tmp_path / "two.mp4").exists()
