import json

import pytest

from tests.simulator_fixture import running_simulator
from tests.tasks.simulator.conftest import Caller, jpeg


def test_it_accepts_in_the_documented_envelope(caller):
    body = caller.create().json()
    assert body["code"] == 200
    assert body["msg"] == "success"
    assert body["data"]["taskId"].startswith("veo_task_")


def test_it_reports_a_running_task(caller):
    task_id = caller.made("[sim:time=60] A lighthouse")
    body = caller.ask(task_id).json()
    assert body["code"] == 200
    assert body["data"]["successFlag"] == 0
    assert body["data"]["response"] is None
    assert body["data"]["completeTime"] is None


def test_it_reports_success_with_one_url(caller):
    done = caller.finished(caller.made())
    assert done["successFlag"] == 1
    assert done["response"]["resultUrls"] == [
        f"{caller.kie.url}/clips/{done['taskId']}.mp4"
    ]
    assert done["completeTime"] >= done["createTime"]


def test_it_echoes_the_request(caller):
    task_id = caller.made(
        "A cat", aspect_ratio="9:16", callBackUrl="http://127.0.0.1:9/x"
    )
    echo = json.loads(caller.record(task_id)["paramJson"])
    assert echo["prompt"] == "A cat"
    assert echo["aspectRatio"] == "9:16"
    assert echo["callBackUrl"] == "http://127.0.0.1:9/x"


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": ""},
        {"aspect_ratio": "1:1"},
        {"model": "veo9"},
        {"duration": 7},
        {"resolution": "8k"},
        {"imageUrls": "http://127.0.0.1/x.jpg"},
        {"imageUrls": ["data:image/png;base64,xx"]},
    ],
)
def test_it_refuses_what_kie_refuses(caller, fields):
    response = caller.create(**fields)
    assert response.status_code == 200
    assert response.json()["code"] == 422


def test_it_refuses_an_unknown_key(shared):
    response = Caller(shared, "sk-nobody").create()
    assert (response.status_code, response.json()["code"]) == (200, 401)


def test_it_knows_no_task_of_another_account():
    with running_simulator(keys={"a": 100, "b": 100}) as kie:
        task_id = Caller(kie, "a").made()
        assert Caller(kie, "b").ask(task_id).json()["code"] == 422


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        ({}, 60),
        ({"model": "veo3_lite"}, 30),
        ({"model": "veo3", "resolution": "1080p"}, 255),
    ],
)
def test_it_takes_credits_at_submission(kie, fields, price):
    caller = Caller(kie)
    before = caller.credit()
    caller.made("[sim:time=60]x", **fields)
    assert caller.credit() == before - price


def test_it_gives_credits_back_on_failure(kie):
    caller = Caller(kie)
    before = caller.credit()
    done = caller.finished(caller.made("[sim:fail=audio]x"))
    assert (done["successFlag"], done["errorCode"]) == (3, 400)
    assert "unable to generate audio" in done["errorMessage"]
    assert caller.credit() == before


def test_it_sells_nothing_when_the_balance_is_gone():
    with running_simulator(keys={"poor": 100}) as kie:
        caller = Caller(kie, "poor")
        caller.made("[sim:time=60]x")
        assert caller.create().json()["code"] == 402
        assert caller.credit() == 40


def test_it_refuses_the_create_over_the_rate(kie):
    caller = Caller(kie)
    codes = [caller.create("[sim:time=60]x").json()["code"] for _ in range(22)]
    assert codes == [200] * 20 + [429] * 2
    ledger = kie.ledger()
    assert ledger["max_window"] == {"demo": 22}
    assert ledger["task_count"] == 20


def test_it_shares_balance_and_rate_between_keys_of_an_account():
    with running_simulator(
        keys={"k1": 100, "k2": 100},
        accounts={"k1": "team", "k2": "team"},
        create_rate=2,
    ) as kie:
        one, two = Caller(kie, "k1"), Caller(kie, "k2")
        one.made("[sim:time=60]x")
        assert two.credit() == 140
        task_id = two.made("[sim:time=60]x")
        assert one.record(task_id)["successFlag"] == 0
        assert one.create().json()["code"] == 429


def test_it_fails_a_task_whose_picture_is_gone(caller):
    urls = [f"{caller.kie.url}/files/kieai/1/never.jpg"]
    done = caller.finished(caller.made(imageUrls=urls))
    assert done["errorCode"] == 400
    assert done["errorMessage"].startswith("Failed to fetch the image")


def test_it_fails_a_task_whose_picture_is_none(caller):
    url = caller.upload(b"not a picture").json()["data"]["downloadUrl"]
    done = caller.finished(caller.made(imageUrls=[url]))
    assert done["errorMessage"] == "File type not supported"


def test_it_mints_links_for_its_own_files_only(caller):
    assert caller.mint("http://127.0.0.1:9/clips/x.mp4")["code"] == 422
    url = caller.clip_url()
    minted = caller.mint(url)
    assert minted["code"] == 200
    assert caller.kie.http.get(minted["data"]).status_code == 200


def test_it_lets_minted_and_plain_links_expire():
    with running_simulator(
        generation_seconds=0, minted_seconds=0, result_seconds=0
    ) as kie:
        caller = Caller(kie)
        url = caller.clip_url()
        assert kie.http.get(url).status_code == 403
        assert kie.http.get(caller.mint(url)["data"]).status_code == 403


def test_it_lets_uploads_expire():
    with running_simulator(upload_seconds=0) as kie:
        url = Caller(kie).upload(jpeg()).json()["data"]["downloadUrl"]
        assert kie.http.get(url).status_code == 404


def test_it_knows_no_other_paths(shared):
    assert shared.http.get("/api/v1/jobs/recordInfo").status_code == 404
    assert shared.http.get("/elsewhere").status_code == 404
