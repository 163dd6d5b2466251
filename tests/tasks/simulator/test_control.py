import httpx
import pytest

from tests.simulator_fixture import running_simulator
from tests.tasks.simulator.conftest import Caller


def test_it_answers_ping(shared):
    assert shared.http.get("/_sim/ping").json() == {"ok": True}


@pytest.mark.parametrize(
    ("mode", "answer"),
    [
        ("maintenance", (200, 455)),
        ("http-503", (503, None)),
        ("http-429", (429, 429)),
        ("code-500", (200, 500)),
        ("slow-0.1", (200, 200)),
    ],
)
def test_it_misbehaves_as_a_whole(kie, mode, answer):
    kie.control(mode=mode)
    caller = Caller(kie)
    for response in (
        caller.create(),
        caller.kie.http.get("/api/v1/chat/credit", headers=caller.headers),
    ):
        is_json = response.headers["content-type"] == "application/json"
        code = response.json()["code"] if is_json else None
        assert (response.status_code, code) == answer
    assert kie.ledger()["call_count"] == 1


@pytest.mark.parametrize(
    ("mode", "error"), [("down", httpx.ReadError), ("hang", httpx.ReadTimeout)]
)
def test_it_goes_down_and_comes_back(kie, mode, error):
    kie.control(mode=mode)
    kie.http.timeout = 0.1
    caller = Caller(kie)
    for call in (caller.create, caller.credit, lambda: kie.http.get("/files/x")):
        with pytest.raises(error):
            call()
    kie.http.timeout = 5
    kie.control(mode="ok")
    assert caller.create().json()["code"] == 200
    assert [call["code"] for call in kie.ledger()["calls"]] == [0, 200]


def test_it_puts_marks_on_every_create(kie):
    kie.control(marks="[sim:code=451]")
    assert Caller(kie).create().json()["code"] == 451


def test_it_revokes_restores_and_tops_up():
    with running_simulator(keys={"k": 10}) as kie:
        caller = Caller(kie, "k")
        kie.control(revoke="k")
        assert caller.create().json()["code"] == 401
        kie.control(restore=["k"])
        assert caller.create().json()["code"] == 402
        assert kie.control(top_up={"k": "55.5"})["balances"] == {"k": 65.5}
        assert caller.credit() == 65.5
        caller.made()


def test_it_makes_new_keys(kie):
    kie.control(top_up={"new": 500})
    assert Caller(kie, "new").credit() == 500


def test_it_changes_time_and_rate(kie):
    now = kie.control(generation_seconds=60, spread=5, create_rate=1, callbacks=False)
    assert (now["generation_seconds"], now["create_rate"]) == (60, 1)
    caller = Caller(kie)
    assert caller.record(caller.made())["successFlag"] == 0
    assert caller.create().json()["code"] == 429


@pytest.mark.parametrize(
    "changes",
    [
        {"mood": 1},
        {"mode": "odd"},
        {"mode": "http-9"},
        {"marks": "[sim:x]"},
        {"spread": "x"},
        {"top_up": {"k": "x"}},
    ],
)
def test_it_refuses_changes_it_cannot_read(shared, changes):
    response = shared.http.post("/_sim/control", json=changes)
    assert response.status_code == 400
    assert response.json()["error"]


def test_it_reports_every_call(kie):
    caller = Caller(kie)
    for prompt in ("a", "a", "b"):
        caller.made(prompt, callBackUrl="http://127.0.0.1:9/hooks/kie/tok/")
    Caller(kie, "sk-secret-of-somebody").create()
    ledger = kie.ledger()
    assert [call["accepted"] for call in ledger["calls"]] == [True] * 3 + [False]
    assert ledger["calls"][3]["key"] == "…body"
    assert ledger["creates_by_callback"] == {"/hooks/kie/tok/": 3}
    assert sorted(ledger["creates_by_prompt"].values()) == [1, 2]
    assert len(ledger["tasks"]) == 3
    assert "calls" not in kie.http.get("/_sim/ledger?summary=1").json()
