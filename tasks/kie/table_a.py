"""Table A: the POST brought no whole answer. Which fault it is, is read from httpcore's
trace first and from the exception's class second (reliability.md §3.3, L8).
"""

import socket
import ssl
from collections.abc import Iterator
from functools import partial

import httpx

from tasks.kie.fault import Blame, Category, Fault, Verdict
from tasks.kie.text import AGAIN, DOUBT
from tasks.kie.text import gettext_noop as _

_not_sent = partial(
    Fault,
    verdict=Verdict.NOT_SENT,
    category=Category.NETWORK,
    blame=Blame.PROVIDER,
    retry=True,
)
_uncertain = partial(Fault, verdict=Verdict.UNCERTAIN)

CONNECT_REFUSED = _not_sent(
    "connect_refused", _("KIE.AI did not take the connection."), AGAIN
)
CONNECT_TIMEOUT = _not_sent(
    "connect_timeout", _("KIE.AI did not take the connection in time."), AGAIN
)
DNS_FAILED = _not_sent(
    "dns_failed",
    _("The name of KIE.AI's server could not be looked up."),
    _("Check the network and the account's API address. It is tried again by itself."),
)
TLS_FAILED = _not_sent(
    "tls_failed",
    _("The secure connection to KIE.AI could not be made."),
    _("Check the server's clock, proxies and firewall. It is tried again by itself."),
)
POOL_FULL = _not_sent(
    "pool_full", _("All connections were in use."), AGAIN, cooling=(1, 2, 5)
)
SEND_INTERRUPTED = _not_sent(
    "send_interrupted", _("The connection broke while the request was sent."), AGAIN
)
BAD_ADDRESS = _not_sent(
    "bad_address",
    _("The account's API address cannot be used."),
    _("Ask an administrator to correct it. Nothing was charged."),
    category=Category.PARAMETER,
    blame=Blame.ACCOUNT,
)
KEY_MALFORMED = _not_sent(
    "key_malformed",
    _("The API key holds letters that no key can have."),
    _("Ask an administrator to enter the key anew. Nothing was charged."),
    category=Category.PARAMETER,
    blame=Blame.KEY,
)
UNSENDABLE = _not_sent(
    "unsendable",
    _("The prompt holds letters that cannot be sent."),
    _("Type the prompt anew and retry. Nothing was charged."),
    category=Category.PARAMETER,
    blame=Blame.TASK,
    retry=False,
)
ANSWER_TIMEOUT = _uncertain(
    "answer_timeout",
    _("KIE.AI did not answer in time, so it may or may not have begun."),
    DOUBT,
    category=Category.NETWORK,
)
ANSWER_LOST = _uncertain(
    "answer_lost",
    _("The connection broke before the answer, so KIE.AI may or may not have begun."),
    DOUBT,
    category=Category.NETWORK,
)
ANSWER_BROKEN = _uncertain(
    "answer_broken", _("KIE.AI's answer arrived broken. It may have begun."), DOUBT
)
WORKER_DIED = _uncertain(
    "worker_died", _("A worker stopped while it was sending. It may have begun."), DOUBT
)

Rows = tuple[tuple[type[Exception] | tuple[type[Exception], ...], Fault], ...]

# The first row that fits counts.
BEFORE_SENT: Rows = (
    (httpx.LocalProtocolError, KEY_MALFORMED),  # the key is our only variable header
    (httpx.PoolTimeout, POOL_FULL),
    (httpx.ConnectTimeout, CONNECT_TIMEOUT),
    (httpx.ConnectError, CONNECT_REFUSED),
    (httpx.UnsupportedProtocol, BAD_ADDRESS),
    ((httpx.InvalidURL, ValueError), BAD_ADDRESS),  # neither is an HTTPError
)
AFTER_SENT: Rows = (
    (httpx.TimeoutException, ANSWER_TIMEOUT),
    ((httpx.DecodingError, httpx.RemoteProtocolError), ANSWER_BROKEN),
)
BENEATH_CONNECT_ERROR: Rows = (
    (socket.gaierror, DNS_FAILED),
    (ssl.SSLError, TLS_FAILED),
)


def fault_of_exception(error: Exception, *, sent: bool) -> Fault:
    """Return the row; `sent` is whether the trace saw the whole request leave."""
    if not sent:
        if isinstance(error, httpx.ConnectError):
            for cause in _causes(error):
                if fault := _pick(BENEATH_CONNECT_ERROR, cause):
                    return fault
        return _pick(BEFORE_SENT, error) or SEND_INTERRUPTED
    if "disconnected without sending a response" in str(error):
        return ANSWER_LOST
    return _pick(AFTER_SENT, error) or ANSWER_LOST


def _pick(rows: Rows, error: BaseException) -> Fault | None:
    return next((fault for kinds, fault in rows if isinstance(error, kinds)), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
