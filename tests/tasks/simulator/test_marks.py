from pathlib import Path

import pytest

from tasks.simulator import create_faults, delivery, marks
from tasks.simulator.marks import KNOWN, BadMark, parse

DOCS = Path(__file__).parents[3] / "docs" / "simulator.md"


def test_it_reads_several_marks():
    found = parse("[sim:time=2] A cat [sim:callback-twice], running [sim:no-url]")
    assert list(found) == ["time", "callback-twice", "no-url"]
    assert found.number("time") == 2


@pytest.mark.parametrize(
    "prompt",
    [
        "[sim:nonsense]",
        "[sim:time]",
        "[sim:time=soon]",
        "[sim:time=-1]",
        "[sim:fail=love]",
        "[sim:lost=3]",
        "[sim:http=9]",
    ],
)
def test_it_refuses_what_it_cannot_read(prompt):
    with pytest.raises(BadMark):
        parse(prompt)


def test_it_answers_an_unknown_mark_with_the_known_ones(caller):
    body = caller.create("[sim:nonsense] A cat").json()
    assert body["code"] == 400
    assert "callback-twice" in body["msg"]


def test_it_holds_for_the_first_creates_only(caller):
    prompt = "[sim:code=429][sim:times=2] thrice"
    assert [caller.create(prompt).json()["code"] for _ in range(3)] == [429, 429, 200]


def test_it_fails_the_first_creates_only(caller):
    prompt = "[sim:fail=audio][sim:fail-times=1] twice"
    flags = [caller.finished(caller.made(prompt))["successFlag"] for _ in range(2)]
    assert flags == [3, 1]


def test_it_uses_every_answer_and_every_fault_it_lists():
    assert set(marks.ANSWERS) == set(create_faults.SPOILED)
    assert set(delivery.FAULTS) <= set(KNOWN)


@pytest.mark.parametrize("mark", KNOWN)
def test_it_is_written_down_and_tested(mark):
    assert f"`{mark}" in DOCS.read_text()
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("*.py"))
    assert f"[sim:{mark}]" in tests or f"[sim:{mark}=" in tests
