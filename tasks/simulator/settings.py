"""How one simulator is set up, and the part of it that may be changed while it runs."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

DEMO_KEY = "sim-demo-key"
DEMO_ACCOUNT = "demo"
DEMO_CREDITS = Decimal(100000)


@dataclass(slots=True)
class Settings:
    """Everything given at the start. Times in seconds, money in credits."""

    state_dir: Path
    host: str = "127.0.0.1"
    port: int = 8090
    """0 takes any free port."""
    keys: Mapping[str, Decimal | int] = field(
        default_factory=lambda: {DEMO_KEY: DEMO_CREDITS}
    )
    """Secret → what it brings to its account's balance."""
    accounts: Mapping[str, str] = field(default_factory=dict)
    """Secret → account, for keys that share one balance and one rate; others have their own."""
    hmac_keys: Mapping[str, str] = field(default_factory=dict)
    """Account → webhook key; "*" stands for every account."""
    generation_seconds: float = 20
    spread: float = 0
    """Generation takes generation_seconds ± spread."""
    create_rate: int = 20
    """Creates an account may send in any 10 seconds; 0 = as many as it likes."""
    callbacks: bool = True
    outside_callbacks: bool = False
    """Whether callback addresses off the loopback are called, too."""
    pan: bool = True
    """Clips pan slowly over the picture; a still is three times cheaper to draw."""
    renders_dir: Path | None = None
    """Where drawn clips are kept; None = in state_dir."""
    minted_seconds: float = 20 * 60
    result_seconds: float = 24 * 3600
    upload_seconds: float = 24 * 3600
    callback_pause: float = 2
    """Before the second try of a callback; twice that before the third."""
    seed: int = 1

    def account_of(self, secret: str) -> str:
        demo = DEMO_ACCOUNT if secret == DEMO_KEY else secret
        return self.accounts.get(secret, demo)

    def hmac_key_of(self, account: str) -> str:
        return self.hmac_keys.get(account) or self.hmac_keys.get("*", "")


@dataclass(slots=True)
class Behaviour:
    """What `POST /_sim/control` can change; a restart goes back to the settings."""

    generation_seconds: float
    spread: float
    create_rate: int
    callbacks: bool
    mode: str = "ok"
    marks: str = ""
    """Marks every create obeys as if its prompt held them."""

    @classmethod
    def starting(cls, settings: Settings) -> "Behaviour":
        return cls(
            generation_seconds=settings.generation_seconds,
            spread=settings.spread,
            create_rate=settings.create_rate,
            callbacks=settings.callbacks,
        )


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
