"""Installs the counter on every connection."""

import os
import struct
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.db.backends.signals import connection_created


class CountingConfig(AppConfig):
    name = "tests.bench.counting"
    label = "counting"

    def ready(self):
        folder = Path(settings.DATA_DIR) / "queries"
        folder.mkdir(parents=True, exist_ok=True)
        self.count = 0
        self.file = os.open(folder / str(os.getpid()), os.O_RDWR | os.O_CREAT)
        connection_created.connect(self._install)

    def _install(self, connection, **_kwargs):
        # The object outlives its connections, and its wrappers with it.
        if self._counted not in connection.execute_wrappers:
            connection.execute_wrappers.append(self._counted)

    def _counted(self, execute, sql, params, many, context):
        self.count += 1
        os.pwrite(self.file, struct.pack("<Q", self.count), 0)
        return execute(sql, params, many, context)


def total(data_dir):
    """Queries of all processes so far."""
    files = (Path(data_dir) / "queries").glob("*")
    return sum(struct.unpack("<Q", f.read_bytes() or bytes(8))[0] for f in files)
