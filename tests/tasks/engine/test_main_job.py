import hashlib

from tasks import jobs
from tasks.engine import poll
from tasks.models import Attempt, Clip, Status, TaskEvent, VideoTask


def test_it_makes_a_verified_clip_of_a_picture_and_a_prompt(
    engine, make_task, alice, kie
):
    task = make_task("Waves roll in")
    engine.start(alice)
    engine.run()
    task.refresh_from_db()
    assert task.status == Status.SUCCEEDED
    clip = task.clip
    assert clip.file.stat().st_size == clip.size
    assert hashlib.sha256(clip.file.read_bytes()).hexdigest() == clip.sha256
    assert (clip.width, clip.height) == (360, 640)
    assert len(kie.calls()) == 1


def test_it_tells_the_story_in_the_log(engine, make_task, alice):
    task = make_task()
    engine.start(alice)
    engine.run()
    keys = TaskEvent.objects.filter(task=task).values_list("key", flat=True)
    assert list(keys) == ["submitted", "generated", "stored"]


def test_it_cuts_a_square_out_of_a_native_clip(engine, make_task, alice):
    task = make_task(aspect_ratio="1:1")
    engine.start(alice)
    engine.run()
    task.refresh_from_db()
    assert task.clip.kind == Clip.Kind.CROPPED
    assert task.clip.width == task.clip.height
    assert Clip.objects.filter(attempt=task.attempt).count() == 2


def test_it_keeps_counters_and_cursor_in_step(engine, make_task, alice):
    for n in range(3):
        make_task(f"Wave {n}")
    engine.start(alice)
    engine.run()
    engine.project.refresh_from_db()
    assert engine.project.count_succeeded == engine.project.total == 3
    assert (
        engine.project.version >= engine.project.tasks.order_by("-version")[0].version
    )


def test_it_buys_once_however_often_each_job_runs(
    engine, make_task, alice, kie, monkeypatch, settings
):
    settings.VEO_TIME_SCALE = 20
    monkeypatch.setattr(jobs, "_wait_quietly", lambda *_: False)
    monkeypatch.setattr(poll, "asker", lambda: engine.asker)
    for n in range(3):
        make_task(f"Wave {n}")
    engine.start(alice)
    every = [jobs.pictures, jobs.generate, jobs.poll, jobs.download]
    while engine.is_moving():
        for job in [engine.dispatch, engine.reconcile, engine.replay, *every]:
            for _ in range(3):
                job()
    assert len(kie.calls()) == Attempt.objects.count() == 3
    assert set(VideoTask.objects.values_list("status", flat=True)) == {"SUCCEEDED"}
