"""The body that buys a clip (kie-api §1.1)."""

import json

import pytest

from tasks.kie.requests import GenerateRequest

from .conftest import CALLBACK, make_request


def test_it_sends_what_is_documented():
    assert make_request(watermark="VEO").body(CALLBACK) == {
        "prompt": "Slow push-in on the lighthouse",
        "imageUrls": ["https://tempfile.redpandaai.co/kieai/48213/003.jpg"],
        "generationType": "FIRST_AND_LAST_FRAMES_2_VIDEO",
        "model": "veo3_fast",
        "aspect_ratio": "9:16",
        "aspectRatio": "9:16",
        "resolution": "720p",
        "duration": 8,
        "enableTranslation": True,
        "watermark": "VEO",
        "seeds": 48213,
        "callBackUrl": CALLBACK,
    }


def test_it_omits_what_is_empty():
    body = make_request(image_urls=(), watermark="", seed=None).body(None)
    assert set(body) == {
        *("prompt", "model", "aspect_ratio", "aspectRatio"),
        *("resolution", "duration", "enableTranslation"),
    }


def test_it_asks_for_the_deprecated_fallback_only_when_told():
    assert "enableFallback" not in make_request().body(None)
    assert make_request(enable_fallback=True).body(None)["enableFallback"] is True


def test_it_comes_back_from_its_snapshot():
    request = make_request(prompt="灯塔 🌊", watermark="VEO", seed=None)
    snapshot = json.loads(json.dumps(request.as_snapshot()))
    assert GenerateRequest.from_snapshot(snapshot) == request


@pytest.mark.parametrize(
    "change", [{"prompt": "x"}, {"seed": 5}, {"image_urls": ()}, {"translate": False}]
)
def test_its_fingerprint_is_of_what_is_bought(change):
    assert make_request().sha256 == make_request().sha256
    assert make_request(**change).sha256 != make_request().sha256
    assert len(make_request().sha256) == 64


def test_it_is_sent_in_utf8():
    assert "灯塔".encode() in make_request(prompt="灯塔").encode(None)
