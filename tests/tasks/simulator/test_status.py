import json

import httpx
import pytest

from tests.tasks.simulator.conftest import wait_for


@pytest.mark.parametrize(
    ("mark", "code"),
    [
        ("[sim:query-401=2]", 401),
        ("[sim:query-404=2]", 404),
        ("[sim:query-422=2]", 422),
        ("[sim:query-429=2]", 429),
        ("[sim:query-455=2]", 455),
        ("[sim:query-500=2]", 500),
    ],
)
def test_it_answers_the_first_queries_with_a_code(caller, mark, code):
    task_id = caller.made(f"{mark} x")
    codes = [caller.ask(task_id).json()["code"] for _ in range(3)]
    assert codes == [code, code, 200]


def test_it_answers_html_or_nothing_at_first(caller):
    task_id = caller.made("[sim:query-html=1][sim:query-lost=1] x")
    with pytest.raises(httpx.RemoteProtocolError):
        caller.ask(task_id)
    assert caller.ask(task_id).status_code == 502
    assert caller.ask(task_id).json()["code"] == 200


def test_it_does_not_see_the_record_at_first(caller):
    task_id = caller.made("[sim:null-record=0.3] x")
    assert caller.ask(task_id).json() == {
        "code": 422,
        "msg": "recordInfo is null",
        "data": None,
    }
    assert wait_for(lambda: caller.ask(task_id).json()["code"] == 200)


def test_it_takes_the_time_asked_for(caller):
    done = caller.finished(caller.made("[sim:time=0.4] x"))
    assert 400 <= done["completeTime"] - done["createTime"] < 2000


@pytest.mark.parametrize(
    "failure", ["content", "minor", "people", "unsafe", "flow", "image", "internal"]
)
def test_it_fails(caller, failure):
    done = caller.finished(caller.made(f"[sim:fail={failure}] x"))
    assert done["successFlag"] == 3
    assert done["errorMessage"]
    assert done["response"] is None


def test_it_fails_with_the_other_flag(caller):
    assert caller.finished(caller.made("[sim:fail][sim:flag=2] x"))["successFlag"] == 2


def test_it_fails_in_the_outer_code(caller):
    task_id = caller.made("[sim:fail=generation][sim:fail-outer] x")
    body = wait_for(lambda: _unless_fine(caller.ask(task_id).json()))
    assert body == {"code": 501, "msg": "Video generation failed", "data": None}


def _unless_fine(body):
    return None if body["code"] == 200 else body


def test_it_succeeds_without_urls(caller):
    task_id = caller.made("[sim:no-url=0.5] x")
    assert caller.finished(task_id)["response"]["resultUrls"] == []
    assert wait_for(lambda: caller.record(task_id)["response"]["resultUrls"])


def test_it_puts_the_urls_into_a_string(caller):
    urls = caller.finished(caller.made("[sim:url-string] x"))["response"]["resultUrls"]
    assert json.loads(urls)[0].endswith(".mp4")


def test_it_shows_origin_urls_while_generating(caller):
    task_id = caller.made("[sim:origin-first][sim:time=60] x")
    response = wait_for(lambda: caller.record(task_id)["response"])
    assert response["resultUrls"] is None
    assert caller.kie.http.get(response["originUrls"][0]).status_code == 200
    assert caller.record(task_id)["successFlag"] == 0


def test_it_lags_behind_its_own_complete_time(caller):
    task_id = caller.made("[sim:lag=0.3] x")
    data = wait_for(lambda: _completed(caller.record(task_id)))
    assert data["successFlag"] == 0
    assert caller.finished(task_id)["successFlag"] == 1


def _completed(data):
    return data if data["completeTime"] else None


def test_it_flips_back_to_generating(caller):
    task_id = caller.made("[sim:flip] x")
    caller.finished(task_id)
    flags = [caller.record(task_id)["successFlag"] for _ in range(3)]
    assert flags == [0, 0, 1]
