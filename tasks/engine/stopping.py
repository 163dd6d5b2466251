"""Whether this process was asked to leave: steps claim nothing more, and end soon."""

from threading import Event

_asked = Event()


def ask() -> None:
    _asked.set()


def is_asked() -> bool:
    return _asked.is_set()


def sleep(seconds: float) -> bool:
    """Sleep, but wake at once when asked to leave; whether it was."""
    return _asked.wait(seconds)
