"""The project's settings on a database file of its own, away from anybody's data."""

import atexit
import os
import shutil
import tempfile

# Chosen before the import: an empty data directory that goes with the tests.
_ROOT = tempfile.mkdtemp(prefix="veo-test-")
atexit.register(shutil.rmtree, _ROOT, ignore_errors=True)
os.environ["VEO_DATA_DIR"] = _ROOT
os.environ.pop("REDIS_URL", None)
os.environ.setdefault("SECRET_KEY", "tests-only")
# Playwright's sync API keeps a loop in the test's thread, where Django refuses the ORM.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

from veoplatform.catalogues import compile_catalogues  # noqa: E402
from veoplatform.settings import *  # noqa: E402

# Before Django loads them: they are compiled here, not committed.
compile_catalogues(LOCALE_PATHS)

if DATABASE_URL:
    DATABASES["default"]["CONN_MAX_AGE"] = 0
else:
    # A file: the default shared in-memory database knows neither WAL nor time-outs.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns if it is missing
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]
LOGGING["root"]["level"] = "WARNING"
