"""What runs in the embedded mode: the command of each child, and how long each may take
to stop."""

import sys
from collections.abc import Mapping
from pathlib import Path

from tasks.embedded.children import Plan
from tasks.embedded.locks import Refused

WORKERS = {"generate": 2, "poll": 1, "download": 2, "misc": 1}
# The longest POST (150 s) and the writing down of its answer.
PURCHASE_PATIENCE = 170.0
MOST_WORKERS = 64


def workers_wanted(text: str) -> dict[str, int]:
    """Read VEO_WORKERS (`generate=2,poll=1`); queues it leaves out keep the default."""
    wanted = dict(WORKERS)
    for part in text.replace(",", " ").split():
        queue, _, number = part.partition("=")
        if queue not in WORKERS or not number.isdecimal() or int(number) > MOST_WORKERS:
            raise Refused(
                f"VEO_WORKERS cannot hold {part!r}: write it like "
                "generate=2,poll=1,download=2,misc=1."
            )
        wanted[queue] = int(number)
    return wanted


def web(host: str, port: int) -> Plan:
    argv = [
        *(sys.executable, "-m", "granian"),
        *("--interface", "wsgi", "--host", host, "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "32", "--no-ws"),
        *("--respawn-failed-workers", "--workers-max-rss", "600"),
        *("--workers-kill-timeout", "5", "--log-level", "warning"),
        "veoplatform.wsgi:application",
    ]
    # 32 threads are meant: they serve slow downloads (stack.md §9).
    return Plan("web", argv, quiet="Python threads, which seems quite high")


def clock() -> Plan:
    return Plan("clock", _manage("clock"))


def workers(wanted: Mapping[str, int]) -> list[Plan]:
    return [
        Plan(
            f"{queue}-{number}",
            _manage("rqworker", queue, "--worker-ttl", "60", "--verbosity", "0"),
            patience=PURCHASE_PATIENCE if queue == "generate" else 10.0,
        )
        for queue, count in wanted.items()
        for number in range(1, count + 1)
    ]


def simulator(port: int, state_dir: Path) -> Plan:
    argv = _manage("simulator", "--port", str(port), "--state-dir", str(state_dir))
    return Plan("simulator", argv)


def _manage(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]
