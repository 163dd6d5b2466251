import time

import httpx
import pytest

from tasks.simulator.marks import ANSWERS
from tests.tasks.simulator.conftest import Caller


def paid(kie, prompt):
    """Creates of this prompt that were taken, by the simulator's own book."""
    calls = kie.ledger()["calls"]
    (found,) = {
        call["prompt_sha"]
        for call in calls
        if call["at"] == max(c["at"] for c in calls)
    }
    return sum(call["accepted"] for call in calls if call["prompt_sha"] == found)


@pytest.mark.parametrize("code", [400, 401, 402, 422, 429, 433, 451, 455, 500, 505])
def test_it_refuses_in_the_body_without_selling(kie, code):
    response = Caller(kie).create(f"[sim:code={code}] {code}")
    assert (response.status_code, response.json()["code"]) == (200, code)
    assert kie.ledger()["task_count"] == 0


@pytest.mark.parametrize(
    ("status", "start"),
    [(429, b'{"code": 429'), (403, b"error code: 1010"), (500, b"{"), (502, b"<!DOC")],
)
def test_it_refuses_by_http(kie, status, start):
    response = Caller(kie).create(f"[sim:http={status}] x")
    assert response.status_code == status
    assert response.content.startswith(start)
    assert kie.ledger()["task_count"] == 0


@pytest.mark.parametrize("mark", ["[sim:http=502]", "[sim:code=500]"])
def test_it_sells_although_it_looks_refused(kie, mark):
    Caller(kie).create(f"{mark}[sim:created] x")
    assert kie.ledger()["task_count"] == 1


@pytest.mark.parametrize(
    ("mark", "error"),
    [
        ("[sim:lost]", httpx.RemoteProtocolError),
        ("[sim:lost-reset]", httpx.ReadError),
        ("[sim:hang]", httpx.ReadTimeout),
        ("[sim:hang-headers]", httpx.ReadTimeout),
        ("[sim:drip-answer=0.2]", httpx.ReadTimeout),
        ("[sim:answer=truncated]", httpx.RemoteProtocolError),
    ],
)
@pytest.mark.parametrize(("also", "sold"), [("", 1), ("[sim:not-created]", 0)])
def test_it_loses_the_answer(kie, mark, error, also, sold):
    kie.http.timeout = 0.1
    with pytest.raises(error):
        Caller(kie).create(f"{mark}{also} x")
    kie.http.timeout = 5
    ledger = kie.ledger()
    assert (ledger["call_count"], ledger["task_count"]) == (1, sold)


@pytest.mark.parametrize("how", set(ANSWERS) - {"truncated", "extra", "string-code"})
def test_it_answers_unreadably(caller, how):
    response = caller.create(f"[sim:answer={how}] {how}")
    assert response.status_code == 200
    assert not _task_id(response)


def _task_id(response):
    try:
        return (response.json()["data"] or {}).get("taskId")
    except (ValueError, TypeError, RecursionError):
        return None


@pytest.mark.parametrize("how", ["extra", "string-code"])
def test_it_answers_oddly_but_readably(caller, how):
    body = caller.create(f"[sim:answer={how}] x").json()
    assert int(body["code"]) == 200
    assert caller.finished(body["data"]["taskId"])


def test_it_answers_without_a_task_id(caller):
    body = caller.create("[sim:no-task-id] x").json()
    assert (body["code"], body["data"]) == (200, {})


def test_it_answers_the_task_id_of_the_task_before(kie):
    caller = Caller(kie)
    first = caller.made()
    assert caller.made("[sim:same-task-id] x") == first
    assert kie.ledger()["task_count"] == 2


def test_it_answers_late(caller):
    start = time.monotonic()
    caller.made("[sim:slow-answer=0.3] x")
    assert time.monotonic() - start >= 0.3
