import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tasks.engine.wake import Wake
from tasks.models import Picture, VideoTask
from tests.conftest import picture_bytes


@pytest.fixture
def url(project):
    return reverse("task-create", args=[project.pk])


def upload(content=None, name="beach.jpg"):
    return SimpleUploadedFile(name, content or picture_bytes())


def typed(**fields):
    values = {
        "prompt": "Waves roll in",
        "picture": upload(),
        "aspect_ratio": "16:9",
        "model": "veo3_fast",
        "resolution": "720p",
        "duration": "8",
    } | fields
    return {name: value for name, value in values.items() if value is not None}


def huge_png():
    """A PNG that says it is 50,000 × 50,000, in a few bytes."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body))
            + kind
            + body
            + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def test_it_works(as_alice, url, project, alice):
    response = as_alice.post(
        url,
        typed(
            name="Sea",
            seed="12345",
            watermark="Ours",
            callback_url="https://example.com/done",
            translate="on",
        ),
    )

    task = VideoTask.objects.get()
    assert response["Location"] == reverse("project-detail", args=[project.pk])
    assert (task.prompt, task.name, task.number) == ("Waves roll in", "Sea", 1)
    assert (task.aspect_ratio, task.seed, task.duration) == ("16:9", 12345, 8)
    assert (task.watermark, task.translate, task.fallback) == ("Ours", True, False)
    assert task.picture.name == "beach.jpg"
    assert task.created_by == alice


def test_it_takes_an_address_instead_of_a_picture(as_alice, url):
    address = "https://example.com/beach.jpg"
    as_alice.post(url, typed(picture=None, image_url=address))

    task = VideoTask.objects.get()
    assert (task.picture, task.image_url) == (None, address)


def test_it_starts_from_the_projects_defaults(as_alice, url, project):
    project.aspect_ratio, project.watermark = "1:1", "House"
    project.save()

    form = as_alice.get(url).context["form"]

    assert form["aspect_ratio"].value() == "1:1"
    assert form["watermark"].value() == "House"


def test_it_shows_the_price(as_alice, url):
    response = as_alice.get(url)

    assert response.context["price"] == 60
    assert "<b data-price>60</b>" in response.text


def test_it_says_that_a_rehearsal_costs_nothing(as_alice, url, project):
    project.simulated = True
    project.save()

    response = as_alice.get(url)
    assert "模拟器：不产生费用" in response.text
    assert "data-price" not in response.text


def test_it_opens_as_a_sheet(as_alice, url, htmx):
    response = as_alice.get(url, headers=htmx)

    assert "<html" not in response.text
    assert "HX-Request" in response["Vary"]


def test_it_tells_a_live_page_and_stays(as_alice, url, htmx):
    response = as_alice.post(url, typed(), headers=htmx)

    assert response.status_code == 204
    assert '"moved"' in response["HX-Trigger"]
    assert '"toast"' in response["HX-Trigger"]


def test_it_works_for_a_teammate(as_bob, url, bob):
    as_bob.post(url, typed())

    assert VideoTask.objects.get().created_by == bob


def test_it_is_not_there_for_a_stranger(as_charlie, url):
    assert as_charlie.get(url).status_code == 404
    assert as_charlie.post(url, typed()).status_code == 404


def test_it_is_forbidden_to_who_may_only_look(as_viewer, url):
    assert as_viewer.post(url, typed()).status_code == 403
    assert not VideoTask.objects.exists()


def test_it_asks_to_sign_in(client, url):
    assert client.post(url, typed()).status_code == 302
    assert not VideoTask.objects.exists()


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"picture": None}, "picture", "请选择图片，或填写图片地址。"),
        (
            {"picture": upload(b"just words", "words.jpg")},
            "picture",
            "该文件不是可识别的图片。",
        ),
        ({"picture": upload(huge_png(), "big.png")}, "picture", "百万像素"),
        (
            {"picture": upload(picture_bytes(size=(400, 400))[:1500])},
            "picture",
            "图片已损坏或不完整。",
        ),
        ({"image_url": "https://example.com/a.jpg"}, "image_url", "只能提供一个"),
        (
            {"picture": None, "image_url": "http://127.0.0.1/a.jpg"},
            "image_url",
            "公网地址",
        ),
        ({"prompt": ""}, "prompt", "请填写提示词。"),
        ({"prompt": "   \n "}, "prompt", "请填写提示词。"),
        ({"prompt": "w" * 10_000}, "prompt", "10000 个字符，最多允许 3000"),
        ({"seed": "5"}, "seed", "10000 到 99999"),
        ({"seed": "soon"}, "seed", "必须是整数"),
        ({"aspect_ratio": "2:1"}, "aspect_ratio", "请从以下选项中选择"),
        ({"model": "sora"}, "model", "请从以下选项中选择"),
        ({"duration": "7"}, "duration", "请从以下选项中选择"),
        ({"callback_url": "ftp://example.com"}, "callback_url", "https://"),
    ],
)
def test_it_tells_bad_input_beside_its_field(as_alice, url, fields, name, words):
    response = as_alice.post(url, typed(**fields))

    assert list(response.context["form"].errors) == [name]
    error = response.text.split(f'id="id_{name}_error"', 1)[1].split("</p>", 1)[0]
    assert words in error
    assert not VideoTask.objects.exists()
    assert not Picture.objects.exists()


def test_it_speaks_the_readers_language(as_alice, alice, url):
    alice.language = "en"
    alice.save()

    page = as_alice.post(url, typed(prompt="", seed="5")).text

    assert "Write a prompt." in page
    assert "This must be between 10000 and 99999." in page


def test_it_tells_all_errors_at_once(as_alice, url):
    bad = typed(prompt="", seed="5", picture=upload(b"just words"))

    form = as_alice.post(url, bad).context["form"]

    assert form.errors.keys() == {"prompt", "seed", "picture"}


def test_it_keeps_what_was_typed(as_alice, url, htmx):
    page = as_alice.post(url, typed(prompt="Half done", seed="5"), headers=htmx).text

    assert "Half done" in page
    assert 'name="seed" value="5"' in page
    # The picture is the browser's: htmx carries its control over into the new form.
    assert 'id="picker" hx-preserve="true"' in page
    assert '<details class="more" open>' in page


@pytest.mark.parametrize("length", [1, 3000])
def test_it_takes_prompts_up_to_the_limit(as_alice, url, length):
    as_alice.post(url, typed(prompt="海" * length))

    assert len(VideoTask.objects.get().prompt) == length


def test_it_counts_a_line_end_as_one(as_alice, url):
    as_alice.post(url, typed(prompt="a\r\n" * 1500))

    assert VideoTask.objects.count() == 1


def test_it_keeps_the_same_picture_once(as_alice, url):
    as_alice.post(url, typed())
    as_alice.post(url, typed())

    assert VideoTask.objects.count() == 2
    assert Picture.objects.count() == 1


def test_it_has_the_small_picture_made(
    as_alice, url, woken, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        as_alice.post(url, typed())

    assert Wake.PICTURES in woken


def test_it_buys_nothing(as_alice, url):
    as_alice.post(url, typed())

    assert VideoTask.objects.get().status == "WAITING"


def test_it_takes_pictures_by_their_content_not_their_name(as_alice, url):
    png = io.BytesIO(picture_bytes(kind="PNG")).getvalue()
    as_alice.post(url, typed(picture=upload(png, "../../odd name.txt")))

    assert Picture.objects.get().path.endswith(".png")
