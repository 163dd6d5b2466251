"""A newcomer's first clip: log in, add a picture with a prompt, start, watch, play, save."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.whole]

MINUTE = 60_000


def picture(colour="seagreen"):
    out = io.BytesIO()
    Image.new("RGB", (640, 360), colour).save(out, "JPEG")
    return {"name": "meadow.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def open_demo(page):
    page.goto("/")
    page.get_by_role("link", name=re.compile("示例项目")).first.click()
    page.wait_for_url("**/projects/**")


def test_it_brings_a_picture_to_a_clip(signed_in):
    page = signed_in
    open_demo(page)
    page.locator("#add").click()
    sheet = page.locator("form[data-task]")
    sheet.locator("#id_picture").set_input_files(picture())
    expect(sheet.locator("img.preview")).to_be_visible()
    sheet.locator("#id_prompt").fill("草地上的风，镜头缓缓升起")
    sheet.locator("button.primary").click()
    row = page.locator("#rows tr").filter(has_text="草地上的风")
    expect(row.locator(".state")).to_have_text("等待中")

    page.get_by_role("link", name="全部开始").click()
    page.locator("form.sheet button.primary").click()
    expect(row.locator(".state")).to_have_text("生成中", timeout=MINUTE)
    expect(row.locator(".status p")).to_contain_text("任务已提交")
    expect(row.locator(".state")).to_have_text("成功", timeout=MINUTE)
    expect(row.locator("td.file")).to_contain_text(".mp4")

    row.locator("a.thumb").click()
    video = page.locator("dialog video")
    expect(video).to_be_visible()
    page.wait_for_timeout(500)
    assert video.evaluate("v => v.readyState >= 1 && v.videoHeight > v.videoWidth")
    page.keyboard.press("Escape")
    expect(video).not_to_be_visible()

    row.hover()
    with page.expect_download() as saved:
        row.locator("a[download]").click()
    assert saved.value.suggested_filename.endswith(".mp4")

    row.locator(".what a").click()
    expect(page.get_by_text("已下载、校验并保存").first).to_be_visible()


@pytest.mark.parametrize(
    ("prompt", "seed", "words"),
    [("", "", "提示词"), ("Waves", "5", "10000")],
    ids=["no prompt", "seed of 5"],
)
def test_it_says_what_is_wrong_beside_it_and_keeps_the_rest(
    signed_in, prompt, seed, words
):
    page = signed_in
    open_demo(page)
    before = page.locator("#rows tr").count()
    page.locator("#add").click()
    sheet = page.locator("form[data-task]")
    sheet.locator("#id_picture").set_input_files(picture())
    sheet.locator("#id_prompt").fill(prompt)
    sheet.locator("details.more summary").click()
    sheet.locator("#id_seed").fill(seed)
    sheet.locator("button.primary").click()
    expect(sheet.locator(".error").first).to_contain_text(words)
    expect(sheet.locator("img.preview")).to_be_visible()
    expect(sheet.locator("#id_prompt")).to_have_value(prompt)
    page.goto(page.url)
    assert page.locator("#rows tr").count() == before


def test_it_refuses_a_text_file_named_jpg(signed_in):
    page = signed_in
    open_demo(page)
    page.locator("#add").click()
    sheet = page.locator("form[data-task]")
    fake = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture"}
    sheet.locator("#id_picture").set_input_files(fake)
    sheet.locator("#id_prompt").fill("Waves")
    sheet.locator("button.primary").click()
    expect(sheet.locator("#id_picture_error")).to_be_visible()
