"""How log lines look: JSON for machines, one readable line for a person; and what they
must never hold."""

import logging
import re
from typing import Any

import structlog

# A callback's path is its secret, and a bearer token is ours.
_SECRETS = (
    (re.compile(r"(/hooks/kie/)[^/\s'\"]+"), r"\1…"),
    (re.compile(r"(?i)(bearer\s+)[\w.~+/=-]+"), r"\1…"),
    (re.compile(r"\bveo_[0-9a-f]{8}\.[\w-]+"), "veo_…"),
)
# Asked every few seconds by machines that read the answer themselves.
_PROBES = ("GET /healthz", "GET /readyz", "Service Unavailable: /readyz")


def mask(_logger: object, _method: str, line: str) -> str:
    """Take secrets out of a line as it will be written, its traceback included."""
    for pattern, instead in _SECRETS:
        line = pattern.sub(instead, line)
    return line


class ProbeFilter(logging.Filter):
    """Drops the lines about health probes: whoever asks reads the answer."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = str(record.msg)
        return not any(probe in said for probe in _PROBES)


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.ExtraAdder(),
]


def _renderers(style: str) -> list[Any]:
    if style == "json":
        return [
            # Without locals: they hold secrets.
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(),
        ]
    return [
        structlog.dev.ConsoleRenderer(
            colors=style == "colour",
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,
        ),
    ]


def logging_config(style: str) -> dict[str, Any]:
    """Return a `logging.config.dictConfig` mapping and set structlog to feed it.

    `style` is `json`, `plain` or `colour`.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"probes": {"()": "veoplatform.logs.ProbeFilter"}},
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *_renderers(style),
                    mask,
                ],
            }
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["probes"],
            }
        },
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # One line an HTTP call or job would drown everything else.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "rq.worker": {"level": "WARNING"},
            "django_structlog": {"level": "WARNING"},
            # django_structlog says the same with the request's id.
            "django.request": {"level": "CRITICAL"},
            "PIL": {"level": "WARNING"},
        },
    }
