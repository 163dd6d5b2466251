"""The whole product in a folder of its own, started as its README says, driven over REST.

For tests marked `whole` and for the benches: its processes are real and may be killed.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "a-password-for-tests"
START_SECONDS = 60


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Product:
    """`manage.py up` on a free port. `env` adds to its environment."""

    def __init__(self, folder, **env):
        self.folder = Path(folder)
        self.port = int(env.pop("PORT", 0)) or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        clean = {
            k: v
            for k, v in os.environ.items()
            if k not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "CI")
        }
        self.env = {
            **clean,
            "DJANGO_SETTINGS_MODULE": "veoplatform.settings",
            "VEO_DATA_DIR": str(self.folder / "data"),
            "PORT": str(self.port),
            "VEO_ADMIN_PASSWORD": PASSWORD,
            **{k: str(v) for k, v in env.items()},
        }
        self.log = self.folder / "up.log"
        self.process = None
        self.api = None

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_until_ready()
        if self.api is None:
            token = self.manage("create_token", "admin")
            self.api = httpx.Client(
                base_url=f"{self.url}/api/v1",
                headers={"Authorization": f"Bearer {token}"},
                trust_env=False,
                timeout=60,
            )

    def manage(self, *argv, stdin=None):
        done = subprocess.run(
            [sys.executable, "manage.py", *argv],
            cwd=ROOT,
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def wait_until_ready(self, seconds=START_SECONDS):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"up ended early:\n{self.tail()}")
            with contextlib.suppress(httpx.HTTPError):
                answer = httpx.get(f"{self.url}/readyz", trust_env=False, timeout=2)
                if answer.status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"not ready after {seconds} s:\n{self.tail()}")

    def tail(self, lines=40):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, seconds=30):
        """Ctrl-C; returns the exit code. Whatever is left after that is killed."""
        if self.api is not None:
            self.api.close()
        if self.process is None:
            return None
        family = self.family()
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(seconds)
        finally:
            for child in [*family, self.process]:
                with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                    child.kill()
            self.process.wait()

    def family(self):
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children(recursive=True)
        return []

    def by_role(self):
        """`{role: [process]}`: up, web, clock, generate, poll, download, misc, redis,
        simulator."""
        roles = {"up": [psutil.Process(self.process.pid)]}
        for process in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                roles.setdefault(role_of(process.cmdline()), []).append(process)
        return roles

    def simulator(self):
        """Its control address, on the port that the account keeps."""
        code = (
            "from tasks.models import ProviderAccount as A;"
            "print(A.objects.get(simulated=True).base_url)"
        )
        return self.manage("shell", "--no-imports", "-c", code).splitlines()[-1]


def role_of(argv):
    words = " ".join(argv)
    for role, mark in (
        ("web", "granian"),
        ("clock", "manage.py clock"),
        ("simulator", "manage.py simulator"),
        ("redis", "redis-server"),
        ("redis", "valkey-server"),
    ):
        if mark in words:
            return role
    if "rqworker" in argv:
        return argv[argv.index("rqworker") + 1]
    return "renderer" if "spawn_main" in words or "render" in words else "other"


@contextlib.contextmanager
def running_product(folder, **env) -> Iterator[Product]:
    product = Product(folder, **env)
    try:
        product.start()
        yield product
    finally:
        product.stop()
