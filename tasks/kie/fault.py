"""What can go wrong with a purchase, and what follows from it."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a purchase."""

    ACCEPTED = "accepted"
    """Bought. A fault with this verdict is about reading it or fetching its file."""
    REFUSED = "refused"
    """Definitely not bought, or definitely failed at the provider."""
    NOT_SENT = "not_sent"
    """Proved: the provider cannot hold the whole request."""
    UNCERTAIN = "uncertain"
    """It may have been bought. Never sent again by a machine."""


class Category(StrEnum):
    """The four kinds of the specification."""

    NETWORK = "network"
    API = "api"
    FILE = "file"
    PARAMETER = "parameter"


class Blame(StrEnum):
    """Whose breaker opens."""

    TASK = "task"
    """Nobody's: it is the task itself, and a refusal counts against it."""
    KEY = "key"
    ACCOUNT = "account"
    MODEL = "model"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of tables A, B and C. Its code is in the database: never rename one.

    `message` and `next_step` are msgids. `cooling` holds the seconds to wait after the
    first, second … fault in a row (the last repeats); None leaves it to the breaker,
    which for a key means until a person acts.
    """

    code: str
    message: str
    next_step: str
    verdict: Verdict
    category: Category = Category.API
    blame: Blame = Blame.TASK
    retry: bool = False
    """Whether a machine may buy again by itself."""
    cooling: tuple[float, ...] | None = None
