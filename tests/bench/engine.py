"""How fast and how cheap the engine is: N tasks, C slots, T seconds a generation.

    uv run python -m tests.bench.engine --tasks 100 --slots 20 --seconds 10 --lift-rate

Starts the whole product in a folder of its own beside a simulator (which is not counted),
presses start, waits for the last clip and prints one table. `--no-callbacks` leaves the
provider unable to call; without `--lift-rate` 18 creates in 10 s are kept.
"""

import argparse
import contextlib
import io
import sqlite3
import tempfile
import time
from datetime import datetime

from PIL import Image

from tests.bench import meter
from tests.bench.counting.apps import total as queries_so_far
from tests.product import free_port, running_product
from tests.provider import running_provider

RATE_WINDOW = 10.0
IDLE_SECONDS = 10
PICTURES = 10


def main(argv=None):
    options = _options(argv)
    with (
        tempfile.TemporaryDirectory(prefix="veo-bench-") as folder,
        running_provider(folder, *_provider_options(options)) as kie,
        running_product(folder, **_environment(kie, options)) as product,
    ):
        report = _measure(product, kie, options)
    for name, value in report.items():
        print(f"{name:<44} {value}")


def _options(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=100)
    parser.add_argument("--slots", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--lift-rate", action="store_true")
    parser.add_argument("--no-callbacks", action="store_true")
    parser.add_argument("--workers", default="")
    return parser.parse_args(argv)


def _provider_options(options):
    return (
        f"--generation-seconds={options.seconds}",
        f"--create-rate={0 if options.lift_rate else 20}",
    )


def _environment(kie, options):
    env = {
        **kie.environment,
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "KIE_STATUS_RATE": 250,
    }
    if options.lift_rate:
        env["KIE_CREATE_RATE"] = 100_000
    if options.workers:
        env["VEO_WORKERS"] = options.workers
    if not options.no_callbacks:
        port = free_port()
        env |= {"PORT": port, "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    return env


def _measure(product, kie, options):
    project = _fill(product, options)
    _account_for(product, options.slots)
    time.sleep(5)  # thumbnails
    idle = _cpu_over(product, IDLE_SECONDS)
    cpu, queries = meter.cpu_seconds(product), queries_so_far(_data(product))
    began = time.monotonic()
    with meter.PeakMemory(product) as memory:
        product.api.post(f"/projects/{project}/start", json={}).raise_for_status()
        _wait(product, project, options)
    elapsed = time.monotonic() - began
    used = meter.cpu_seconds(product) - cpu
    queries = queries_so_far(_data(product)) - queries
    times = _times(product)
    media = _media_seconds(product)
    return _report(
        options, times, elapsed, used, idle, media, memory.peak, queries, kie
    )


def _fill(product, options):
    body = {"name": "Bench", "concurrency": options.slots, "aspect_ratio": "16:9"}
    project = product.api.post("/projects", json=body).raise_for_status().json()["id"]
    pictures = [_upload(product, project, n) for n in range(PICTURES)]
    tasks = [
        {"prompt": f"Wave {n}", "picture_id": pictures[n % PICTURES]}
        for n in range(options.tasks)
    ]
    for first in range(0, len(tasks), 500):
        chunk = {"tasks": tasks[first : first + 500]}
        product.api.post(f"/projects/{project}/tasks", json=chunk).raise_for_status()
    return project


def _upload(product, project, n):
    out = io.BytesIO()
    Image.new("RGB", (640, 360), (n * 20, 90, 120)).save(out, "JPEG")
    files = {"file": (f"{n}.jpg", out.getvalue(), "image/jpeg")}
    answer = product.api.post(f"/projects/{project}/pictures", files=files)
    return answer.raise_for_status().json()["picture_id"]


def _account_for(product, slots):
    product.manage(
        "shell",
        "--no-imports",
        "-c",
        "from tasks.models import ProviderAccount as A;"
        f"A.objects.update(concurrency={slots})",
    )


def _cpu_over(product, seconds):
    """CPU per second of the idle product."""
    before = meter.cpu_seconds(product)
    time.sleep(seconds)
    used = meter.cpu_seconds(product) - before
    return {role: used[role] / seconds for role in used}


def _wait(product, project, options):
    patience = time.monotonic() + 60 + 4 * _ideal(options)
    while time.monotonic() < patience:
        answer = product.api.get(f"/projects/{project}/tasks", params={"limit": 1})
        counts = answer.raise_for_status().json()["counts"]
        if sum(n for s, n in counts.items() if s not in ("succeeded", "failed")) == 0:
            if counts.get("failed"):
                raise SystemExit(f"{counts['failed']} tasks failed")
            return
        time.sleep(1)
    raise SystemExit(f"not finished in time: {counts}\n{product.tail()}")


def _ideal(options):
    """End of the perfect schedule: create i at the later of its slot and 10 s after
    create i−R."""
    rate = options.tasks if options.lift_rate else 18
    ends = []
    begins = []
    for i in range(options.tasks):
        slot = ends[i - options.slots] if i >= options.slots else 0.0
        window = begins[i - rate] + RATE_WINDOW if i >= rate else 0.0
        begins.append(max(slot, window))
        ends.append(begins[-1] + options.seconds)
    return max(ends)


def _data(product):
    return product.folder / "data"


def _times(product):
    """`(start pressed, [(planned, claimed, submitted, generated, stored)])`, in seconds
    after the start, by the database's own times."""
    with contextlib.closing(
        sqlite3.connect(_data(product) / "veoplatform.sqlite3")
    ) as db:
        rows = db.execute(
            "SELECT planned_at, claimed_at, submitted_at, generated_at, ended_at "
            "FROM tasks_attempt WHERE state = 'stored'"
        ).fetchall()
        began = db.execute("SELECT min(started_at) FROM tasks_batch").fetchone()[0]
    zero = datetime.fromisoformat(began)
    return [
        [(datetime.fromisoformat(t) - zero).total_seconds() for t in row]
        for row in rows
    ]


STEPS = ("planned to claimed", "claimed to submitted", "", "generated to stored")


def _lags(times, options):
    """Where time goes: median and 95th percentile of each step, in seconds."""
    slots = options.slots
    planned, generated = sorted(r[0] for r in times), sorted(r[3] for r in times)
    rows = {
        "  start to first plan, to all slots full (s)": (
            f"{planned[0]:.2f}, {planned[min(slots, len(planned)) - 1]:.2f}"
        )
    }
    if freed := sorted(p - g for p, g in zip(planned[slots:], generated, strict=False)):
        late = freed[len(freed) * 95 // 100]
        rows["  slot free to planned (s, median and p95)"] = (
            f"{freed[len(freed) // 2]:.2f}, {late:.2f}"
        )
    for n, name in enumerate(STEPS):
        lags = sorted(row[n + 1] - row[n] for row in times)
        if not name:
            name, lags = (
                "the provider done to known",
                [x - options.seconds for x in lags],
            )
        median, late = lags[len(lags) // 2], lags[len(lags) * 95 // 100]
        rows[f"  {name} (s, median and p95)"] = f"{median:.2f}, {late:.2f}"
    return rows


def _media_seconds(product):
    """CPU seconds of poster and probe of one clip, measured here on a stored one."""
    code = """
import time
from pathlib import Path
from django.conf import settings
from tasks.media.clips import poster, probe
from tasks.models import Clip
clips = [Path(settings.MEDIA_ROOT) / c.path for c in Clip.objects.all()[:12]]
for n, clip in enumerate(clips):
    if n == 2:
        began = time.process_time()
    poster(clip, Path(settings.DATA_DIR) / "bench.webp"); probe(clip)
print((time.process_time() - began) / (len(clips) - 2))
"""
    return float(product.manage("shell", "--no-imports", "-c", code).splitlines()[-1])


def _report(options, times, elapsed, used, idle, media, peak, queries, kie):
    n, ideal = options.tasks, _ideal(options)
    makespan = max(row[-1] for row in times)
    busy = {r: used[r] - idle.get(r, 0) * elapsed for r in used}
    total = sum(busy.values())
    ledger = kie.ledger()
    rows = {
        "tasks, slots, seconds": f"{n}, {options.slots}, {options.seconds:g}",
        "makespan, ideal (s)": f"{makespan:.2f}, {ideal:.2f}",
        "makespan ÷ ideal": f"{makespan / ideal:.3f}",
        **_lags(times, options),
        "CPU ms a task, without media": f"{(total - n * media) / n * 1000:.1f}",
        "  of it poster and probe, left out (ms)": f"{media * 1000:.1f}",
    }
    for role, seconds in sorted(busy.items(), key=lambda item: -item[1]):
        rows[f"  {role} (ms a task)"] = f"{seconds / n * 1000:.1f}"
    return rows | {
        "idle CPU (% of a core)": f"{sum(idle.values()) * 100:.1f}",
        "peak memory, PSS (MB)": f"{peak:.0f}",
        "HTTP connections to the provider a task": f"{ledger['connections'] / n:.2f}",
        "database queries a task": f"{queries / n:.1f}",
        "creates, most in any 10 s": f"{ledger['call_count']}, {ledger['max_window']}",
    }


if __name__ == "__main__":
    main()
