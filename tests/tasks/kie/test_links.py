"""Every place and shape in which KIE has put links (kie-api §2.3)."""

import json

import pytest

from tasks.kie.links import links_in

A, B = (
    "https://tempfile.aiquickdraw.com/v/a_1.mp4",
    "http://cdn.example.org/b.mp4?x=1,2",
)


@pytest.mark.parametrize(
    "content",
    [
        {"response": {"resultUrls": [A]}},
        {"response": {"result_urls": [A]}},
        {"resultUrls": [A]},
        {"info": {"resultUrls": [A]}},
        {"info": {"result_urls": [A]}},
        {"response": {"videoUrl": A}},
        {"videoUrl": A},
        {"response": json.dumps({"resultUrls": [A]})},
        {"response": {"resultUrls": []}, "resultUrls": [A]},
        {"response": {"resultUrls": None}, "info": {"resultUrls": f"[{A}]"}},
        {"response": None, "videoUrl": A},
        {"response": "gone", "resultUrls": [None, 5, "ftp://x/y", "https://a b", A]},
    ],
)
def test_it_finds_the_place(content):
    assert links_in(content) == (A,)


@pytest.mark.parametrize(
    ("value", "links"),
    [
        ([A, B], (A, B)),
        (json.dumps([A, B]), (A, B)),
        (f"[{A}, {B}]", (A, B)),
        (f"[{A}]", (A,)),
        (f"['{A}','{B}']", (A, B)),
        (f"{A},{B}", (A, B)),
        (A, (A,)),
        (json.dumps(A), (A,)),
        (f"  {A}  ", (A,)),
    ],
)
def test_it_reads_the_shape(value, links):
    assert links_in({"response": {"resultUrls": value}}) == links


def test_it_prefers_the_first_place():
    assert links_in({"response": {"resultUrls": [A]}, "resultUrls": [B]}) == (A,)


@pytest.mark.parametrize(
    "value", [None, "", "[]", "null", {}, 5, True, [[A]], ["javascript:x"], ["https://"]]
    + [["https://a\x00b/"], ["https://a/" + "x" * 2000]],
)  # fmt: skip
def test_it_finds_none(value):
    content = {
        "response": {"resultUrls": value, "originUrls": [A], "fullResultUrls": [A]}
    }
    assert links_in(content) == ()
