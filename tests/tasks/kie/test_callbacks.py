"""What a callback says about itself (kie-api §3)."""

import pytest

from tasks.kie.replies import signature_of_callback, task_id_of_callback


@pytest.mark.parametrize(
    "body",
    [
        {
            "code": 200,
            "data": {"taskId": "veo_1", "info": {"resultUrls": "[http://x]"}},
        },
        {
            "code": 400,
            "msg": "flagged",
            "data": {"taskId": "veo_1", "fallbackFlag": False},
        },
        {"data": {"task_id": "veo_1"}},
        {"taskId": "veo_1"},
        {"task_id": "veo_1", "data": None},
        {"taskId": "veo_1", "data": {"task_id": "veo_1", "taskId": None}},
        {"data": '{"taskId": "veo_1"}'},
    ],
)
def test_it_names_its_task(body):
    assert task_id_of_callback(body) == "veo_1"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": []},
        {"data": {"taskId": ""}},
        {"data": {"taskId": {"a": 1}}},
        {"data": {"taskId": "x" * 129}},
        {"taskId": "veo_1", "data": {"task_id": "veo_2"}},
        {"data": {"taskId": "veo_1", "task_id": "veo_2"}},
    ],
)
def test_it_names_none_or_two(body):
    assert task_id_of_callback(body) is None


@pytest.mark.parametrize("timestamp", [1764000000, "1764000000"])
def test_it_signs_as_documented(timestamp):
    signature = signature_of_callback(
        "whk_example_0123456789", "veo_task_9f3c2a71", timestamp
    )
    assert signature == "OFnfYSGftt742ziC+oTrjxjHJ+midUo6oPQ7MKyGoI4="
