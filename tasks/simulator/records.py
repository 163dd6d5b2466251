"""What the ledger keeps: a call to create, a generation, an uploaded file."""

import json
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Self

from tasks.simulator.marks import Marks

GENERATING, SUCCESS, FAILED = 0, 1, 3


@dataclass(slots=True)
class Call:
    """One POST to create, whatever became of it."""

    at: float
    key: str
    """The secret when it is one of ours, else its last four letters."""
    account: str
    prompt_sha: str
    callback_url: str
    code: int = 0
    """The code that refused it; 200 when a task was made, however that was answered."""
    task_id: str = ""
    credits: Decimal = Decimal(0)
    weighed: bool = False
    """Whether it got past key and rate: only such calls count for `times`."""


@dataclass(slots=True)
class Generation:
    """One task at the provider. Times are Unix seconds."""

    task_id: str
    account: str
    prompt_sha: str
    param_json: str
    pictures: list[str]
    ratio: str
    seconds: int
    resolution: str
    callback_url: str
    marks: Marks
    price: Decimal
    created_at: float
    ends_at: float
    flag: int = GENERATING
    error_code: int | None = None
    error: str = ""
    completed_at: float | None = None
    render: str = ""
    """Name of the drawn file, once there is one."""
    callback_due: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    """How often it was asked for; forgotten at a restart."""

    def counted(self, what: str) -> int:
        """Which time this is, from 1."""
        self.counts[what] = self.counts.get(what, 0) + 1
        return self.counts[what]

    def dumped(self) -> str:
        record = asdict(self) | {"price": str(self.price)}
        del record["counts"]
        return json.dumps(record)

    @classmethod
    def loaded(cls, record: str) -> Self:
        values: dict[str, Any] = json.loads(record)
        values["marks"] = Marks(values["marks"])
        values["price"] = Decimal(values["price"])
        return cls(**values)


@dataclass(slots=True)
class StoredFile:
    """An uploaded file; its bytes lie under their sha256."""

    path: str
    sha256: str
    size: int
    mime: str
    uploaded_at: float
