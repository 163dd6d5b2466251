"""The RQ worker this project runs: in one process, with kept connections."""

import os
from types import FrameType
from typing import Any

from django.db import close_old_connections, reset_queries
from rq import Queue, SimpleWorker
from rq.job import Job

from tasks.engine import stopping
from tasks.engine.replay import replay
from tasks.jobs import wake_now

REPLAY_EVERY = 30  # seconds
# Files and pictures can wait a moment; a free slot at the provider should not.
PATIENT = frozenset({"download", "misc"})


class Worker(SimpleWorker):
    """SimpleWorker that minds the database's connections and the queue's serializer.

    Plain SimpleWorker never closes a dropped connection, so every later job would fail;
    and `rqworker` passes pickle whatever RQ_QUEUES says (skeleton.md §3.1).
    """

    def __init__(self, queues: list[Queue], *args: Any, **kwargs: Any) -> None:
        kwargs["maintenance_interval"] = REPLAY_EVERY
        kwargs["serializer"] = queues[0].serializer
        if PATIENT.issuperset(queue.name for queue in queues):
            os.nice(5)
        super().__init__(queues, *args, **kwargs)

    @property
    def dequeue_timeout(self) -> int:
        return 15  # wake often enough for maintenance

    def run_maintenance_tasks(self) -> None:
        super().run_maintenance_tasks()  # type: ignore[no-untyped-call]  # rq's
        if "generate" in self.queue_names():
            # Also the first thing after a start: what a killed worker was buying.
            wake_now(replay())

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        stopping.ask()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # rq's

    def perform_job(self, job: Job, queue: Queue) -> bool:
        reset_queries()
        close_old_connections()
        try:
            return super().perform_job(job, queue)
        finally:
            close_old_connections()
