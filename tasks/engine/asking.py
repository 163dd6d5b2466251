"""Asking the provider about many generations at once."""

import asyncio
import itertools
from collections.abc import Iterable
from functools import cache

import httpx

from tasks.kie.client import ask
from tasks.kie.replies import Progress
from tasks.kie.wire import tls
from tasks.models import ApiKey

# One client with 50 connections costs 9 ms of CPU a request, eight with 6 each 1.5 ms:
# httpcore looks through the whole pool at every request (rq-lab §5).
SHARDS = 8
CONNECTIONS = 6

Question = tuple[ApiKey, str]  # the key to ask with, the provider's task id


class Asker:
    """Kept by the polling process, so that connections live from sweep to sweep."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        limits = httpx.Limits(
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS,
            keepalive_expiry=60,
        )
        self._clients = [
            httpx.AsyncClient(limits=limits, trust_env=False, verify=tls())
            for _ in range(SHARDS)
        ]

    def ask(self, questions: Iterable[Question]) -> list[Progress]:
        """Return the answers in order. A question that fails is an answer too."""
        return self._runner.run(self._ask(questions))

    async def _ask(self, questions: Iterable[Question]) -> list[Progress]:
        clients = itertools.cycle(self._clients)
        gates = {client: asyncio.Semaphore(CONNECTIONS) for client in self._clients}

        async def one(key: ApiKey, task_id: str, client: httpx.AsyncClient) -> Progress:
            async with gates[client]:
                return await ask(
                    client,
                    base_url=key.account.base_url,
                    api_key=key.secret,
                    task_id=task_id,
                )

        return await asyncio.gather(
            *(one(key, task_id, next(clients)) for key, task_id in questions)
        )

    def close(self) -> None:
        for client in self._clients:
            self._runner.run(client.aclose())
        self._runner.close()


@cache
def asker() -> Asker:
    return Asker()
