"""The provider as a process of its own, which a test may stop and start again."""

import contextlib
import subprocess
import sys
import time

import httpx

from tests.product import ROOT, free_port

KEY = "sim-test-key"


class Provider:
    """`manage.py simulator` on one port; its ledger survives a stop."""

    def __init__(self, folder, *options):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._argv = [
            *(sys.executable, "manage.py", "simulator", "--still"),
            *(f"--port={self.port}", f"--state-dir={folder}/kie"),
            *(f"--key={KEY}=10000000", *options),
        ]
        self._process = None

    def start(self, patience=20):
        self._process = subprocess.Popen(
            self._argv, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        end = time.monotonic() + patience
        while time.monotonic() < end:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{self.url}/_sim/ping", trust_env=False)
                return
            time.sleep(0.1)
        raise AssertionError("the simulator does not answer")

    def stop(self):
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def control(self, **changes):
        httpx.post(
            f"{self.url}/_sim/control", json=changes, trust_env=False
        ).raise_for_status()

    def ledger(self, *, summary=True):
        query = "?summary=1" if summary else ""
        answer = httpx.get(f"{self.url}/_sim/ledger{query}", trust_env=False)
        return answer.raise_for_status().json()

    @property
    def environment(self):
        """What a product needs to take this for KIE.AI."""
        return {
            "KIE_API_URL": self.url,
            "KIE_UPLOAD_URL": self.url,
            "KIE_API_KEY": KEY,
            "ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
        }


@contextlib.contextmanager
def running_provider(folder, *options):
    provider = Provider(folder, *options)
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()
