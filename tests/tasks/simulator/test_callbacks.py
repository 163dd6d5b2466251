import time

from tasks.simulator.callbacks import sign
from tests.simulator_fixture import running_simulator
from tests.tasks.simulator.conftest import HMAC_KEY, Caller


def is_signed(body, headers):
    task_id = body["data"]["taskId"]
    timestamp = headers["X-Webhook-Timestamp"]
    return headers["X-Webhook-Signature"] == sign(HMAC_KEY, task_id, int(timestamp))


def test_it_signs_as_documented():
    expected = "OFnfYSGftt742ziC+oTrjxjHJ+midUo6oPQ7MKyGoI4="
    assert sign(HMAC_KEY, "veo_task_9f3c2a71", 1764000000) == expected


def test_it_tells_of_success(caller, ear):
    task_id = caller.made(callBackUrl=ear.url)
    ((body, headers, _),) = ear.wait(1)
    assert (body["code"], body["data"]["taskId"]) == (200, task_id)
    assert body["data"]["info"]["resultUrls"] == [
        caller.record(task_id)["response"]["resultUrls"][0]
    ]
    assert is_signed(body, headers)


def test_it_tells_of_failure(caller, ear):
    caller.made("[sim:fail=content] x", callBackUrl=ear.url)
    ((body, _, _),) = ear.wait(1)
    assert body["code"] == 400
    assert "content policies" in body["msg"]


def test_it_tries_three_times(caller, ear):
    ear.status = 500
    caller.made(callBackUrl=ear.url)
    ear.wait(3)
    time.sleep(0.25)
    assert len(ear.heard) == 3


def test_it_leaves_signatures_out_without_a_key(kie, ear):
    Caller(kie).made(callBackUrl=ear.url)
    assert "X-Webhook-Signature" not in ear.wait(1)[0][1]


def test_it_calls_nobody_outside(kie, ear):
    caller = Caller(kie)
    task_id = caller.made(callBackUrl="https://video.example.org/hooks/x")
    assert caller.finished(task_id)["successFlag"] == 1


def test_it_calls_nobody_when_switched_off(ear):
    with running_simulator(generation_seconds=0, callbacks=False) as kie:
        caller = Caller(kie)
        caller.finished(caller.made(callBackUrl=ear.url))
        time.sleep(0.1)
    assert ear.heard == []


def test_it_tells_nothing(caller, ear):
    caller.finished(caller.made("[sim:no-callback] x", callBackUrl=ear.url))
    time.sleep(0.1)
    assert ear.heard == []


def test_it_tells_before_the_create_is_answered(caller, ear):
    caller.made("[sim:callback-early][sim:time=60] x", callBackUrl=ear.url)
    assert len(ear.heard) == 1


def test_it_tells_often(caller, ear):
    caller.made("[sim:callback-twice] x", callBackUrl=ear.url)
    ear.wait(2)
    caller.made("[sim:callback-times=3] x", callBackUrl=ear.url)
    ear.wait(5)


def test_it_tells_late(caller, ear):
    caller.finished(caller.made("[sim:callback-late=0.3] x", callBackUrl=ear.url))
    start = time.monotonic()
    assert ear.wait(1)[0][2] - start > 0.2


def test_it_lets_somebody_else_tell_first(caller, ear):
    caller.made("[sim:callback-forged] x", callBackUrl=ear.url)
    heard = ear.wait(3)
    assert [is_signed(body, headers) for body, headers, _ in heard] == [
        False,
        False,
        True,
    ]
    assert heard[0][0]["code"] == 400
    assert "169.254" in str(heard[1][0])


def test_it_tells_unsigned(caller, ear):
    caller.made("[sim:callback-unsigned] x", callBackUrl=ear.url)
    assert "X-Webhook-Signature" not in ear.wait(1)[0][1]


def test_it_signs_falsely(caller, ear):
    caller.made("[sim:callback-wrong-signature] x", callBackUrl=ear.url)
    body, headers, _ = ear.wait(1)[0]
    assert not is_signed(body, headers)


def test_it_signs_an_old_time(caller, ear):
    caller.made("[sim:callback-old] x", callBackUrl=ear.url)
    body, headers, _ = ear.wait(1)[0]
    assert is_signed(body, headers)
    assert int(headers["X-Webhook-Timestamp"]) < time.time() - 3000


def test_it_contradicts_itself(caller, ear):
    caller.made("[sim:callback-contradict] x", callBackUrl=ear.url)
    assert [body["code"] for body, _, _ in ear.wait(2)] == [200, 500]


def test_it_points_elsewhere(caller, ear):
    caller.made("[sim:callback-tampered] x", callBackUrl=ear.url)
    body = ear.wait(1)[0][0]
    assert "169.254.169.254" in body["data"]["info"]["resultUrls"][0]
