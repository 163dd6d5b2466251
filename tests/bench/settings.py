"""The real settings, plus a counter of database queries in every process."""

from veoplatform.settings import *

INSTALLED_APPS = [*INSTALLED_APPS, "tests.bench.counting"]
