"""What a family of processes uses: CPU by role, and memory."""

import contextlib
import threading
from collections import Counter

import psutil

MB = 1024 * 1024


def cpu_seconds(product):
    """`{role: CPU seconds}` of the living, children that ended included."""
    used = Counter()
    for role, processes in product.by_role().items():
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                t = process.cpu_times()
                used[role] += t.user + t.system
    return used


class PeakMemory:
    """Watches the proportional set size of the product, without simulator and clips'
    renderer, while the block runs."""

    def __init__(self, product, every=1.0):
        self._product, self._every = product, every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._over.set()
        self._thread.join()

    def _watch(self):
        while not self._over.wait(self._every):
            self.peak = max(self.peak, memory(self._product))


def memory(product):
    total = 0
    for processes in product.by_role().values():
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                total += process.memory_full_info().pss
    return total / MB
