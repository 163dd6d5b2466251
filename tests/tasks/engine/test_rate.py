"""The rate window: exact at the provider, whatever the network does."""

import time
from datetime import timedelta

import pytest

from tasks.engine import submit
from tasks.engine.submit import claim
from tasks.models import (
    Attempt,
)


def test_it_never_claims_more_than_it_may(settings, now, planned):
    planned(3)
    settings.KIE_CREATE_RATE = 2
    ready = [submit._prepare(a) for a in submit._planned(8)]
    taken, _opens_at = claim(ready, now)
    more, opens_at = claim(ready, now)
    assert (len(taken), more) == (2, [])
    assert opens_at > now + timedelta(seconds=180)


def test_it_opens_the_window_ten_seconds_after_the_answer(engine, settings, planned):
    settings.KIE_CREATE_RATE = 2
    planned(2)
    engine.submit()
    ends = Attempt.objects.values_list("rate_until", "submitted_at")
    assert all(
        (end - answered).total_seconds() == pytest.approx(10, abs=0.1)
        for end, answered in ends
    )


def test_it_keeps_the_rate_at_the_provider(engine, make_task, alice, kie, settings):
    settings.KIE_CREATE_RATE = 3
    settings.VEO_TIME_SCALE = 20  # the window of 10 s is half a second long
    engine.project.concurrency = 20
    engine.project.save()
    for n in range(8):
        make_task(f"Wave {n}")
    engine.start(alice)
    engine.until(lambda: len(kie.bought()) == 8)
    times = sorted(call["at"] for call in kie.calls())
    assert len(times) == 8
    assert all(b - a > 0.45 for a, b in zip(times, times[3:], strict=False))


def test_it_writes_answers_while_the_rate_holds_up_the_next(
    engine, make_task, alice, settings
):
    settings.KIE_CREATE_RATE = 2
    settings.VEO_TIME_SCALE = 20
    engine.project.concurrency = 20
    engine.project.save()
    for n in range(3):
        make_task(f"[sim:slow-answer=0.2] Wave {n}")
    engine.start(alice)
    began = time.monotonic()
    engine.until(lambda: Attempt.objects.exclude(provider_task_id=None).count() == 3)
    assert time.monotonic() - began < 5
