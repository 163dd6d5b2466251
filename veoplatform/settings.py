"""Every setting of the project. Secrets come from the environment or the data directory."""

import hashlib
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from veoplatform.environment import database, env_int, env_list, env_str
from veoplatform.logs import logging_config

# Where things are -----------------------------------------------------------------------

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env_str("VEO_DATA_DIR") or BASE_DIR / "data").resolve()
MEDIA_ROOT = Path(env_str("MEDIA_ROOT") or DATA_DIR / "media").resolve()
RECORDER_DIR = DATA_DIR / "recorder"
STATIC_ROOT = DATA_DIR / "static"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
LOCALE_PATHS = [BASE_DIR / "locale"]

# Secrets --------------------------------------------------------------------------------
# The embedded mode keeps its secret beside its data; `prepare` creates the file. A
# database or Redis of one's own means production, and there the secret must be given.


def _secret(name: str, production: bool) -> str:
    value = env_str(name)
    if value:
        return value
    file = DATA_DIR / "secret_key"
    if file.exists():
        return file.read_text().strip()
    if production:
        raise ImproperlyConfigured(
            f"{name} is missing. Set it in the environment to a long random value; "
            "it must stay the same from one start to the next."
        )
    return ""


DATABASE_URL = env_str("DATABASE_URL")
REDIS_URL = env_str("REDIS_URL")
PUBLIC_URL = env_str("PUBLIC_URL").rstrip("/")
HOST = env_str("HOST", "127.0.0.1")
PORT = env_int("PORT", 8000)
EMBEDDED = not (DATABASE_URL or REDIS_URL)

SECRET_KEY = _secret("SECRET_KEY", production=not EMBEDDED)
if not SECRET_KEY:
    # First start of the embedded mode: `prepare` writes the file before anything serves.
    from veoplatform.first_secret import make_secret

    SECRET_KEY = make_secret(DATA_DIR)
# Keys that seal the provider's secrets in the database, newest first.
FIELD_KEYS = env_list("FIELD_KEYS") or [
    hashlib.sha256(f"field-key:{SECRET_KEY}".encode()).hexdigest()
]

DEBUG = False
ALLOWED_HOSTS = [
    *{
        "localhost",
        "127.0.0.1",
        "[::1]",
        HOST,
        *([urlsplit(PUBLIC_URL).hostname or ""] if PUBLIC_URL else []),
    }
    - {"", "0.0.0.0", "::"}  # noqa: S104 - named to be left out
]
HTTPS = PUBLIC_URL.startswith("https://")

# Applications ---------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "django_rq",
    "django_structlog",
    "ninja",
    "accounts",
    "tasks",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "veoplatform.body_limit.BodyLimitMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "veoplatform.admin_csp.AdminCspMiddleware",
]

ROOT_URLCONF = "veoplatform.urls"
WSGI_APPLICATION = "veoplatform.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tasks.context.chrome",
            ],
        },
    }
]

# Database -------------------------------------------------------------------------------
# Never ATOMIC_REQUESTS with SQLite: every GET would take the write lock.

DATABASES = {
    "default": database(DATABASE_URL, sqlite_file=DATA_DIR / "veoplatform.sqlite3")
}

# Redis and RQ ---------------------------------------------------------------------------
# Redis only wakes. The serializer is JSON: whoever can write to Redis must not run code.

REDIS_SOCKET = DATA_DIR / "redis.sock"
if len(os.fsencode(REDIS_SOCKET)) > 100:  # sun_path holds 108 bytes, 104 on macOS
    REDIS_SOCKET = Path(
        "/tmp",  # noqa: S108 - a short path; `up` makes the folder 0700 and checks its owner
        "veo-" + hashlib.sha256(os.fsencode(DATA_DIR)).hexdigest()[:12],
        "redis.sock",
    )
RQ_REDIS_URL = REDIS_URL or f"unix://{REDIS_SOCKET}?db=0"
RQ_QUEUES = {
    name: {
        "URL": RQ_REDIS_URL,
        "DEFAULT_TIMEOUT": 240,
        "DEFAULT_RESULT_TTL": 0,
        "SERIALIZER": "rq.serializers.JSONSerializer",
    }
    for name in ("generate", "poll", "download", "misc")
}
RQ = {"WORKER_CLASS": "tasks.worker.Worker", "COMMIT_MODE": "on_db_commit"}
RQ_SHOW_ADMIN_LINK = False  # linked from our own admin page

# The database holds sessions and throttles, so that pages work without Redis.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        # With the usual 300, strangers who try 300 names would push out the count of
        # failed attempts at another.
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

# The provider ---------------------------------------------------------------------------

KIE_API_URL = env_str("KIE_API_URL", "https://api.kie.ai").rstrip("/")
KIE_UPLOAD_URL = env_str("KIE_UPLOAD_URL", "https://kieai.redpandaai.co").rstrip("/")
KIE_CREATE_RATE = env_int("KIE_CREATE_RATE", 18)  # per account, in any 10 s
KIE_STATUS_RATE = env_int("KIE_STATUS_RATE", 8)  # per account, a second
ALLOWED_PRIVATE_HOSTS = env_list("ALLOWED_PRIVATE_HOSTS")
VEO_DEMO = env_str("VEO_DEMO", "1") != "0"
VEO_TIME_SCALE = float(env_str("VEO_TIME_SCALE", "1"))  # tests only

# Signing in -----------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
# Django's own as well would only hash each wrong password a second time.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "accounts.adapter.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

SESSION_COOKIE_AGE = 14 * 24 * 3600
if HTTPS:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # Machines do not follow redirects: probes, the provider, programs with a token.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^hooks/", r"^api/"]
    CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
    # Else all who come through the proxy would share one count of failed attempts.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
# Whether its subdomains speak TLS too is for the domain's owner to say, not for us.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:", "blob:"],
    "media-src": [CSP.SELF, "blob:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}
# Unfold is Alpine and inline styles: the staff area alone gets the looser policy.
ADMIN_CSP: dict[str, list[str]] = {
    **SECURE_CSP,
    "script-src": [CSP.SELF, CSP.NONCE, CSP.UNSAFE_EVAL],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
}

# Uploads --------------------------------------------------------------------------------

PICTURE_MAX_BYTES = 25 * 1024 * 1024
PICTURE_MAX_PIXELS = 50_000_000
# 1,000 tasks over REST, each with 3,000 Chinese letters, are about 9 MB.
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
# Above the largest picture, so that somebody who brings a larger one is told the limit.
BODY_MAX_BYTES = 100 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# Languages and time ---------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "language"
TIME_ZONE = env_str("TZ", "Asia/Shanghai") or "Asia/Shanghai"

# Static files ---------------------------------------------------------------------------

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Logs -----------------------------------------------------------------------------------

# json for machines; `up` asks its children for plain or colour.
LOGGING = logging_config(
    env_str("VEO_LOG") or ("colour" if sys.stderr.isatty() else "json")
)

UNFOLD = {
    "SITE_TITLE": "VeoPlatform",
    "SITE_HEADER": "VeoPlatform",
    "SITE_URL": "/",
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "tasks.admin_menu.navigation",
    },
}
