"""The simulator's book: calls to create, tasks, balances and uploads in one SQLite file that outlives `kill -9`.

Only deaths of the process matter here, not of the machine: writes are not synced.
"""

import sqlite3
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.simulator.records import Call, Generation, StoredFile

WINDOW_SECONDS = 10
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS calls (
    at REAL, key TEXT, account TEXT, prompt_sha TEXT, callback_url TEXT,
    code INTEGER, task_id TEXT, credits TEXT, weighed INTEGER
);
CREATE TABLE IF NOT EXISTS tasks (task_id TEXT PRIMARY KEY, record TEXT);
CREATE TABLE IF NOT EXISTS accounts (name TEXT PRIMARY KEY, credits TEXT);
CREATE TABLE IF NOT EXISTS revoked (secret TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, sha256 TEXT, size INTEGER, mime TEXT, uploaded_at REAL
);
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value TEXT);
"""
CALL_COLUMNS = [column.name for column in fields(Call)]


class Ledger:
    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Writes all or nothing of what is recorded inside."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # Writing

    def record_call(self, call: Call) -> None:
        row = [str(v) if isinstance(v, Decimal) else v for v in astuple(call)]
        self._db.execute("INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def record_task(self, generation: Generation) -> None:
        self._db.execute(
            "REPLACE INTO tasks VALUES (?, ?)",
            (generation.task_id, generation.dumped()),
        )

    def record_balance(self, account: str, amount: Decimal) -> None:
        self._db.execute("REPLACE INTO accounts VALUES (?, ?)", (account, str(amount)))

    def record_revoked(self, secret: str, revoked: bool) -> None:
        how = "REPLACE INTO revoked VALUES (?)"
        self._db.execute(
            how if revoked else "DELETE FROM revoked WHERE secret = ?", (secret,)
        )

    def record_file(self, file: StoredFile) -> None:
        self._db.execute("REPLACE INTO files VALUES (?, ?, ?, ?, ?)", astuple(file))

    # Reading

    def secret(self, name: str, fresh: str) -> str:
        """The stored secret of this name; the fresh one when there was none."""
        self._db.execute("INSERT OR IGNORE INTO secrets VALUES (?, ?)", (name, fresh))
        query = "SELECT value FROM secrets WHERE name = ?"
        (value,) = self._db.execute(query, (name,)).fetchone()
        return str(value)

    def balances(self) -> dict[str, Decimal]:
        rows = self._db.execute("SELECT name, credits FROM accounts")
        return {name: Decimal(amount) for name, amount in rows}

    def revoked(self) -> set[str]:
        return {secret for (secret,) in self._db.execute("SELECT * FROM revoked")}

    def files(self) -> dict[str, StoredFile]:
        rows = self._db.execute("SELECT * FROM files")
        return {row[0]: StoredFile(*row) for row in rows}

    def tasks(self) -> Iterator[Generation]:
        rows = self._db.execute("SELECT record FROM tasks ORDER BY rowid")
        return (Generation.loaded(record) for (record,) in rows)

    def creates_by_prompt(self) -> Counter[tuple[str, str]]:
        """(account, sha256 of the prompt) → creates that got past key and rate."""
        rows = self._db.execute(
            "SELECT account, prompt_sha, COUNT(*) FROM calls WHERE weighed GROUP BY 1, 2"
        )
        return Counter({(account, sha): n for account, sha, n in rows})

    def calls(self) -> list[dict[str, Any]]:
        rows = self._db.execute("SELECT * FROM calls ORDER BY rowid")
        return [dict(zip(CALL_COLUMNS, row, strict=True)) for row in rows]


def widest_window(times: Iterable[float]) -> int:
    """The most calls any 10 seconds held; times in rising order."""
    widest, window = 0, deque[float]()
    for at in times:
        window.append(at)
        while window[0] <= at - WINDOW_SECONDS:
            window.popleft()
        widest = max(widest, len(window))
    return widest
