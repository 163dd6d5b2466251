"""Every fault there is can be explained, and none contradicts itself."""

import ast
from pathlib import Path

import pytest

from tasks.kie import table_a, table_b, table_c
from tasks.kie.errors import FAULTS, Blame, Verdict
from tasks.kie.fault import Fault

every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


@pytest.mark.parametrize("table", [table_a, table_b, table_c])
def test_it_covers_all_that_can_be_returned(table):
    returned = [row for row in vars(table).values() if isinstance(row, Fault)]
    for rows in vars(table).values():
        if isinstance(rows, dict):
            returned += [row for row in rows.values() if isinstance(row, Fault)]
        if isinstance(rows, tuple):
            returned += [row for _, row in rows]
    assert returned
    assert all(FAULTS[row.code] is row for row in returned)


@every_fault
def test_it_speaks_in_sentences(fault):
    assert fault.message.endswith(".")
    assert fault.next_step.endswith(".")
    assert fault.message != fault.next_step
    assert len(fault.code) <= 40
    assert fault.code.isidentifier()


@every_fault
def test_it_never_buys_again_what_may_have_been_bought(fault):
    if fault.verdict in (Verdict.UNCERTAIN, Verdict.ACCEPTED):
        assert fault.retry is False


@every_fault
def test_it_never_holds_against_a_task_what_is_not_its_own(fault):
    if (
        fault.verdict in (Verdict.REFUSED, Verdict.NOT_SENT)
        and fault.blame is not Blame.TASK
    ):
        assert fault.retry is True


def test_it_buys_again_only_after_passing_failures():
    again = {
        code
        for code, fault in FAULTS.items()
        if fault.blame is Blame.TASK and fault.retry
    }
    assert again == {"audio_failed", "provider_hiccup", "generation_failed"}


@pytest.mark.parametrize(
    ("code", "cooling"),
    [
        ("key_limit", (3600,)),
        ("rate_limited", (10, 20, 40, 80, 120)),
        ("maintenance", (60, 120, 300, 900)),
        ("no_credits", (300,)),
        ("origin_unreachable", (60,)),
        ("key_invalid", None),
        ("connect_refused", None),
    ],
)
def test_it_cools_as_the_tables_say(code, cooling):
    assert FAULTS[code].cooling == cooling


def test_it_knows_no_django():
    for path in Path("tasks/kie").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [a.name for a in node.names] + [getattr(node, "module", None)]
                assert not any(n and n.split(".")[0] == "django" for n in names)
