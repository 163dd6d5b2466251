"""Draw docs/states.md from the tables of moves, so that it cannot lie."""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import TextChoices
from django.utils import translation

from tasks.models import State, Status, attempt, video_task

INTRODUCTION = """\
# States

Drawn by `manage.py states --write` from `NEXT` and `TASK_STATUS` in `tasks/models/`; a test
keeps it in step. A move that is not here raises `Unlawful`; of two that race one wins and
the other raises `Stale`.
"""
ABOUT_TASKS = """\
## A task

What a person asked for, and what its row on the board says (`VideoTask.status`).
"""
ABOUT_ATTEMPTS = """\
## An attempt

One intended purchase for a task (`Attempt.state`). Final is final: a retry is a new attempt,
and no way leads back to `planned` or `sending`, so none is ever sent twice. Its moves lead
the task; one that is to be tried again sends the task to `QUEUED` instead.
"""


class Command(BaseCommand):
    help = (
        "Print docs/states.md; --write writes it, --check fails when it is out of step."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--write", action="store_true")
        how.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        file = Path(settings.BASE_DIR, "docs", "states.md")
        text = document()
        if options["write"]:
            file.write_text(text)
        elif not options["check"]:
            self.stdout.write(text, ending="")
        elif not file.exists() or file.read_text() != text:
            raise CommandError(
                "docs/states.md is out of step: manage.py states --write"
            )


def document() -> str:
    with translation.override("en"):
        return "\n".join(
            [
                INTRODUCTION,
                ABOUT_TASKS,
                diagram(video_task.NEXT, Status.WAITING),
                table(["Status", "In words", "Next"], _task_rows()),
                ABOUT_ATTEMPTS,
                diagram(attempt.NEXT, State.PLANNED),
                table(["State", "In words", "Its task", "Next"], _attempt_rows()),
            ]
        )


def diagram[S: TextChoices](moves: Mapping[S, Iterable[S]], first: S) -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    for old in _in_order(moves):
        after = [str(state) for state in _in_order(moves[old])]
        lines += [f"    {old} --> {new}" for new in after or ["[*]"]]
    return "\n".join([*lines, "```", ""])


def table(heads: list[str], rows: Iterable[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), ""])


def _task_rows() -> Iterator[list[str]]:
    for status in Status:
        yield [_code(status), str(status.label), _codes(video_task.NEXT[status])]


def _attempt_rows() -> Iterator[list[str]]:
    for state in State:
        yield [
            _code(state),
            str(state.label),
            _code(attempt.TASK_STATUS[state]),
            _codes(attempt.NEXT[state]) or "final",
        ]


def _in_order[S: TextChoices](states: Iterable[S]) -> list[S]:
    return sorted(states, key=lambda state: type(state).values.index(state.value))


def _codes(states: Iterable[TextChoices]) -> str:
    return ", ".join(_code(state) for state in _in_order(states))


def _code(state: TextChoices) -> str:
    return f"`{state}`"
