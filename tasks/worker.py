"""The RQ worker this project runs: in one process, with kept connections."""

from typing import Any

from django.db import close_old_connections, reset_queries
from rq import Queue, SimpleWorker
from rq.job import Job


class Worker(SimpleWorker):
    """SimpleWorker that minds the database's connections and the queue's serializer.

    Plain SimpleWorker never closes a dropped connection, so every later job would fail;
    and `rqworker` passes pickle whatever RQ_QUEUES says (skeleton.md §3.1).
    """

    def __init__(self, queues: list[Queue], *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("maintenance_interval", 60)
        kwargs["serializer"] = queues[0].serializer
        super().__init__(queues, *args, **kwargs)

    @property
    def dequeue_timeout(self) -> int:
        return 15  # wake often enough for maintenance

    def perform_job(self, job: Job, queue: Queue) -> bool:
        reset_queries()
        close_old_connections()
        try:
            return super().perform_job(job, queue)
        finally:
            close_old_connections()
