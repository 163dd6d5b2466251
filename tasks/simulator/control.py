"""The tester's own door: reads the ledger, changes the behaviour, makes the whole provider misbehave."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from tasks.simulator import marks, modes, orders
from tasks.simulator.accounts import Accounts
from tasks.simulator.generations import Generations
from tasks.simulator.ledger import Ledger, widest_window
from tasks.simulator.replies import as_json
from tasks.simulator.settings import Behaviour
from tasks.simulator.wire import Request, Response


class Control:
    def __init__(
        self,
        behaviour: Behaviour,
        ledger: Ledger,
        accounts: Accounts,
        generations: Generations,
        connections: Callable[[], int],
    ) -> None:
        self._behaviour = behaviour
        self._ledger = ledger
        self._accounts = accounts
        self._generations = generations
        self._connections = connections

    async def ping(self, request: Request) -> Response:
        return as_json({"ok": True})

    async def change(self, request: Request) -> Response:
        """Answers the behaviour that holds now, or 400 and changes nothing."""
        wishes = orders.body_of(request.body)
        try:
            changes = [(name, READS[name](value)) for name, value in wishes.items()]
        except KeyError as e:
            known = " ".join(READS)
            return as_json({"error": f"Unknown field {e}. Known: {known}"}, 400)
        except (ValueError, TypeError, InvalidOperation, marks.BadMark) as e:
            return as_json({"error": str(e) or "A value cannot be read."}, 400)
        for name, value in changes:
            self._set(name, value)
        balances = {k: float(v) for k, v in self._accounts.balances().items()}
        return as_json(asdict(self._behaviour) | {"balances": balances})

    def _set(self, name: str, value: Any) -> None:
        if name == "top_up":
            for secret, amount in value.items():
                self._accounts.top_up(secret, amount)
        elif name in ("revoke", "restore"):
            for secret in value:
                self._accounts.revoke(secret, revoked=name == "revoke")
        else:
            setattr(self._behaviour, name, value)

    async def ledger(self, request: Request) -> Response:
        """`?summary=1` leaves calls and tasks out."""
        calls = self._ledger.calls()
        report = self._summary(calls)
        if "summary" not in request.query:
            report["calls"] = [_call(call) for call in calls]
            report["tasks"] = [
                {
                    "task_id": g.task_id,
                    "account": g.account,
                    "flag": g.flag,
                    "error": g.error,
                    "credits": float(g.price),
                    "refunded": g.flag > 1,
                    "created_at": g.created_at,
                    "completed_at": g.completed_at,
                    "prompt_sha": g.prompt_sha,
                    "callback_url": g.callback_url,
                }
                for g in self._generations.all()
            ]
        return as_json(report)

    def _summary(self, calls: list[dict[str, Any]]) -> dict[str, Any]:
        times: dict[str, list[float]] = {}
        for call in calls:
            times.setdefault(call["account"], []).append(call["at"])
        paid = [call for call in calls if call["task_id"]]
        paths = (urlsplit(call["callback_url"]).path for call in paid)
        balances = self._accounts.balances()
        return {
            "call_count": len(calls),
            "task_count": len(paid),
            "flags": Counter(g.flag for g in self._generations.all()),
            "max_window": {n: widest_window(t) for n, t in times.items() if n},
            "creates_by_callback": Counter(path for path in paths if path),
            "creates_by_prompt": Counter(call["prompt_sha"] for call in paid),
            "connections": self._connections(),
            "balances": {name: float(amount) for name, amount in balances.items()},
        }


def _call(call: dict[str, Any]) -> dict[str, Any]:
    return call | {
        "credits": float(call["credits"]),
        "accepted": bool(call["task_id"]),
        "weighed": bool(call["weighed"]),
    }


def _seconds(value: Any) -> float:
    return float(marks.seconds(str(value)))


def _marks(value: Any) -> str:
    marks.parse(str(value))
    return str(value)


def _secrets(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(secret) for secret in value]


def _credits(value: Any) -> dict[str, Decimal]:
    return {str(secret): Decimal(str(amount)) for secret, amount in value.items()}


READS: dict[str, Callable[[Any], Any]] = {
    "generation_seconds": _seconds,
    "spread": _seconds,
    "create_rate": lambda value: int(_seconds(value)),
    "callbacks": bool,
    "mode": modes.read,
    "marks": _marks,
    "top_up": _credits,
    "revoke": _secrets,
    "restore": _secrets,
}
