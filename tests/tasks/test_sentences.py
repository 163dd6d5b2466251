import pytest
from django.utils import translation

from tasks.models import TaskEvent
from tasks.sentences import BAD, DOUBTFUL, EVENTS, GOOD, WAITS, line, wait_sentence


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def event(key, **figures):
    return TaskEvent(key=key, data=figures)


def test_it_fills_in_figures():
    told = line(event("generated", attempt=1, seconds=93))

    assert told.text == "Generated after 93 s"


@pytest.mark.parametrize("key", EVENTS)
def test_it_survives_missing_figures(key):
    assert "%" not in line(event(key)).text


def test_it_shows_an_unknown_key_as_it_is():
    assert line(event("of_tomorrow")).text == "of_tomorrow"


def test_it_adds_the_fault_and_the_providers_words():
    told = line(event("failed", attempt=1, code="content_policy", text="Flagged"))

    assert "content filter" in told.detail
    assert "Flagged" in told.detail


@pytest.mark.parametrize(
    ("key", "tone"),
    [("failed", "failed"), ("uncertain", "uncertain"), ("stored", "succeeded")],
)
def test_it_colours_what_matters(key, tone):
    assert line(event(key)).tone == tone
    assert line(event("edited")).tone == ""


def test_it_colours_only_keys_that_have_a_sentence():
    assert EVENTS.keys() >= BAD | DOUBTFUL | GOOD


@pytest.mark.parametrize("reason", WAITS)
def test_it_says_why_tasks_wait(project, reason):
    project.wait_reason = reason

    assert wait_sentence(project) == str(WAITS[reason])


@pytest.mark.parametrize("prefix", ["account", "account_closed"])
def test_it_says_what_closed_the_account(project, prefix):
    project.wait_reason = f"{prefix}:no_credits"

    assert "too few credits" in wait_sentence(project)


@pytest.mark.parametrize("reason", ["", "account:", "of_tomorrow"])
def test_it_survives_unknown_reasons(project, reason):
    project.wait_reason = reason

    assert isinstance(wait_sentence(project), str)
