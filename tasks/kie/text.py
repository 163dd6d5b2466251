"""Sentences for people: marked for the translators, or quoted safely from outside."""

from collections.abc import Iterable

LONGEST_QUOTE = 200  # letters of the provider's text that are kept
SHORTEST_SECRET = 8  # anything shorter would blot out ordinary words


def gettext_noop(text: str) -> str:
    """Mark a sentence for the translators; whoever shows it translates it."""
    return text


AGAIN = gettext_noop("Nothing was charged. It is tried again by itself.")
DOUBT = gettext_noop(
    "It is being checked. It is not sent again, so nothing is charged twice."
)
WAITS = gettext_noop(
    "Nothing was charged. The task stays queued and goes on by itself."
)


def excerpt(text: str, secrets: Iterable[str] = ()) -> str:
    """Quote the provider: one line, printable, at most 200 letters, no secret in it."""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "…")
    text = text[: 4 * LONGEST_QUOTE]
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:LONGEST_QUOTE]
