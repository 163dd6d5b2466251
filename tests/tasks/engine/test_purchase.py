"""What is asked for, and with which model."""

from tasks.models import (
    Status,
    VideoTask,
)


def test_it_uploads_a_picture_anew_once_when_it_could_not_be_fetched(
    engine, make_task, alice, settings
):
    settings.VEO_TIME_SCALE = 1000
    task = make_task("[sim:code=451]")
    engine.start(alice)
    engine.until(lambda: VideoTask.objects.get().status == Status.FAILED)
    first, second = (a.request["image_urls"] for a in task.attempts.order_by("number"))
    assert first != second


def test_it_falls_back_to_the_other_model_after_a_definite_failure(
    engine, make_task, alice, settings
):
    settings.VEO_TIME_SCALE = 1000
    task = make_task("[sim:code=501][sim:times=1]", fallback=True, model="veo3")
    engine.start(alice)
    engine.run()
    counted = task.attempts.counted().order_by("number")
    assert [a.model for a in counted] == ["veo3", "veo3_lite"]


def test_it_does_not_fall_back_unasked_or_uncounted(engine, make_task, alice, settings):
    settings.VEO_TIME_SCALE = 1000
    plain = make_task("[sim:code=501][sim:times=1] a", model="veo3")
    waited = make_task("[sim:code=429][sim:times=1] b", fallback=True, model="veo3")
    engine.start(alice)
    engine.run()
    models = {a.model for t in (plain, waited) for a in t.attempts.all()}
    assert models == {"veo3"}
