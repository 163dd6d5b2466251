"""`kill -9` of any one process in the middle of a batch loses nothing, buys nothing twice."""

import contextlib
import hashlib
from collections import Counter

import psutil
import pytest

pytestmark = pytest.mark.whole

BATCH = 20
FINAL = {"succeeded", "uncertain"}


def creates_of(provider, name):
    """How often each prompt of that batch was bought."""
    bought = Counter(
        call["prompt_sha"]
        for call in provider.ledger(summary=False)["calls"]
        if call["accepted"]
    )
    shas = [
        hashlib.sha256(f"{name} Wave {n}".encode()).hexdigest() for n in range(BATCH)
    ]
    return [bought[sha] for sha in shas]


@pytest.mark.parametrize(
    "role", ["generate", "poll", "download", "misc", "clock", "web", "redis"]
)
def test_it_survives_a_kill(product, provider, desk, role):
    name = f"Kill {role}"
    project = desk.batch(name, BATCH)
    desk.wait(project, lambda c: c.get("generating", 0) + c.get("succeeded", 0) >= 5)
    for process in product.by_role()[role]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    counts = desk.wait(project, lambda c: set(c) <= FINAL)
    assert max(creates_of(provider, name)) == 1
    # Callbacks are on: only a create that never left stays to be confirmed.
    assert counts.get("uncertain", 0) == creates_of(provider, name).count(0)
