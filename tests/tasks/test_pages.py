"""What holds for every page: policy, fonts, icons, words in both languages."""

import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import TemplateSyntaxError
from django.urls import reverse

from tasks.templatetags.figures import clock, count, in_credits
from tasks.templatetags.icons import NAMES, STATUS_SHAPES, icon, sprite

TEMPLATES = sorted(Path(settings.BASE_DIR, "templates").rglob("*.html"))


def test_it_has_no_inline_style_or_script():
    for path in TEMPLATES:
        text = path.read_text()
        assert not re.search(
            r"<style|\sstyle=|\son[a-z]+=|hx-on|<script(?! type)", text
        )


def test_its_templates_stay_short():
    for path in TEMPLATES:
        assert len(path.read_text().splitlines()) <= 120, path


def test_its_sheets_and_scripts_stay_small():
    static = Path(settings.BASE_DIR, "static")
    sheets = [p.read_text().count("\n") for p in static.glob("css/*.css")]
    scripts = [p.read_text().count("\n") for p in static.glob("js/*.js")]

    assert sum(sheets) <= 600
    assert max(scripts) < 150


def test_it_finds_the_fonts_that_unfold_brings():
    tokens = Path(settings.BASE_DIR, "static/css/tokens.css").read_text()

    fonts = re.findall(r'url\("\.\./([^"]+)"\)', tokens)

    assert len(fonts) == 3
    assert all(finders.find(font) for font in fonts)


def test_it_draws_every_status_and_icon():
    assert sprite().count("<symbol") == len(NAMES) + len(STATUS_SHAPES)
    assert 'id="s-generating"' in sprite()
    assert "#i-play" in icon("play")


def test_it_names_an_icon_that_is_missing():
    with pytest.raises(TemplateSyntaxError):
        icon("no-such-icon")


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (clock(8.0), "0:08"),
        (clock(92), "1:32"),
        (clock(3723), "1:02:03"),
        (clock(None), "–"),
        (count(12345), "12,345"),
        (in_credits(None), "–"),
    ],
)
def test_it_writes_figures_for_people(shown, words):
    assert shown == words


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_it_sends_the_strict_policy(client, lang):
    response = client.get(reverse("account_login"), headers={"Accept-Language": lang})

    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert f'<html lang="{lang}"' in response.text


def test_it_is_whole_in_chinese():
    catalogue = polib.pofile(
        str(Path(settings.BASE_DIR, "locale/zh_Hans/LC_MESSAGES/django.po"))
    )

    assert not catalogue.untranslated_entries()
    assert not catalogue.fuzzy_entries()


def test_it_has_a_page_for_what_is_not_there(client, alice):
    client.force_login(alice)

    response = client.get("/projects/nothing/")

    assert response.status_code == 404
    assert "页面不存在" in response.text
