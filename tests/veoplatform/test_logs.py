import json
import logging
import logging.config

import pytest

from veoplatform.logs import ProbeFilter, logging_config


@pytest.fixture
def say(capsys):
    """Log one line through the real configuration and return what was printed."""

    def say(*args, style="json", **kwargs):
        config = logging_config(style)
        config["handlers"]["console"]["stream"] = "ext://sys.stdout"
        before = logging.getLogger().handlers[:], logging.getLogger().level
        logging.config.dictConfig(config)
        try:
            logging.getLogger("some.where").warning(*args, **kwargs)
            return capsys.readouterr().out
        finally:
            logging.getLogger().handlers, logging.getLogger().level = before

    return say


def test_it_writes_json_for_machines(say):
    line = json.loads(say("%d clips", 3))
    assert (line["event"], line["level"]) == ("3 clips", "warning")


def test_it_writes_a_plain_line_for_people(say):
    assert "3 clips" in say("%d clips", 3, style="plain")


@pytest.mark.parametrize(
    "secret",
    [
        "POST /hooks/kie/s3cr3t-t0ken/",
        "Authorization: Bearer s3cr3t-t0ken",
        "veo_0a1b2c3d.s3cr3t-t0ken",
    ],
)
def test_it_masks_secrets(say, secret):
    assert "s3cr3t" not in say("got %s", secret)


@pytest.mark.parametrize("style", ["json", "plain"])
def test_it_masks_secrets_in_tracebacks(say, style):
    try:
        raise ValueError("/hooks/kie/s3cr3t-t0ken/ is not known")
    except ValueError:
        out = say("it broke", exc_info=True, style=style)

    assert "is not known" in out
    assert "s3cr3t" not in out


def test_it_shows_no_locals_in_tracebacks(say):
    canary = "sk-canary-0001"
    try:
        raise ValueError(len(canary))
    except ValueError:
        for style in ("json", "plain"):
            out = say("it broke", exc_info=True, style=style)
            assert "ValueError" in out
            assert canary not in out


def test_it_says_nothing_of_probes():
    record = logging.makeLogRecord({"msg": {"request": "GET /readyz", "code": 503}})
    assert not ProbeFilter().filter(record)
