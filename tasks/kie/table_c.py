"""Table C: reading and fetching what was bought. Free, so always safe to repeat
(reliability.md §3.5). Its faults never buy again.
"""

from functools import partial

from tasks.kie import table_b
from tasks.kie.fault import Blame, Category, Fault, Verdict
from tasks.kie.text import gettext_noop as _

_bought = partial(Fault, verdict=Verdict.ACCEPTED)
_asked = partial(_bought, blame=Blame.PROVIDER)

_ASK_AGAIN = _("The clip is safe there. KIE.AI is asked again by itself.")
_FETCH_AGAIN = _("It is fetched again by itself, without buying it anew.")

QUERY_FAILED = _asked(
    "query_failed",
    _("KIE.AI could not be asked about this task."),
    _ASK_AGAIN,
    category=Category.NETWORK,
)
QUERY_UNREADABLE = _asked(
    "query_unreadable", _("KIE.AI's answer about this task cannot be read."), _ASK_AGAIN
)
NO_LINK = _bought(
    "no_link", _("KIE.AI says it is done but gives no link to the clip."), _ASK_AGAIN
)
RECORD_GONE = _bought(
    "record_gone",
    _("KIE.AI no longer knows this task; it keeps records for 14 days."),
    _("Look for it at kie.ai/logs, or start the task anew."),
)
LINK_EXPIRED = _bought(
    "link_expired",
    _("The link to the clip has expired."),
    _FETCH_AGAIN,
    category=Category.FILE,
)
FILE_BROKEN = _bought(
    "file_broken",
    _("The file that arrived is not a whole video."),
    _FETCH_AGAIN,
    category=Category.FILE,
)
FILE_LOST = _bought(
    "file_lost",
    _("The clip was made, but KIE.AI no longer keeps its file."),
    _("Retry the task; that buys it anew."),
    category=Category.FILE,
)
FAILED_UNEXPLAINED = Fault(
    "failed_unexplained",
    _("KIE.AI reported a failure without a reason it is known for."),
    _("Read the provider's words below, then retry if you wish."),
    verdict=Verdict.REFUSED,
)

# What record-info gives as the reason of a failure; by then nothing is in doubt.
BY_ERROR_CODE: dict[int, Fault] = {
    400: table_b.INVALID_PARAMETER,
    422: table_b.INVALID_PARAMETER,
    451: table_b.IMAGE_FETCH,
    500: table_b.PROVIDER_HICCUP,
    501: table_b.GENERATION_FAILED,
}
# Answers that are about the one who asks. Any other means: ask again.
BY_QUERY_CODE: dict[int, Fault] = {
    200: QUERY_UNREADABLE,
    **{code: table_b.BY_CODE[code] for code in (401, 402, 403, 429, 433, 455, 505)},
}


def fault_of_failure(error_code: int | None, text: str) -> Fault:
    """Return why the provider failed a task that it had accepted."""
    return table_b.refine(BY_ERROR_CODE.get(error_code or 0, FAILED_UNEXPLAINED), text)


def fault_of_query(code: int | None) -> Fault:
    """Return why the question failed; the task itself is untouched."""
    return BY_QUERY_CODE.get(code or 0, QUERY_FAILED if code else QUERY_UNREADABLE)
