"""What can go wrong on our side of the wire, in the same form as the provider's tables."""

from django.utils.translation import gettext_noop

from tasks.kie.errors import FAULTS as KIE_FAULTS
from tasks.kie.errors import Blame, Category, Fault, Verdict
from tasks.media.faults import TEXTS as DOWNLOAD_TEXTS

_AGAIN = gettext_noop(
    "Nothing to do: it is tried again by itself, and nothing was paid."
)
_CONFIRM = gettext_noop(
    "Wait for the provider's callback, or look the task up on the provider's own page. "
    "It is never bought again by itself."
)

_OWN = [
    Fault(
        "held_up",
        gettext_noop("This machine was held up just before sending."),
        _AGAIN,
        Verdict.NOT_SENT,
        blame=Blame.TASK,
        retry=True,
    ),
    Fault(
        "never_began",
        gettext_noop("The worker ended before it sent anything."),
        _AGAIN,
        Verdict.NOT_SENT,
        blame=Blame.TASK,
        retry=True,
    ),
    Fault(
        "recorder_full",
        gettext_noop("The flight recorder cannot be written, so nothing is bought."),
        gettext_noop("Free some disk space on the machine that runs the workers."),
        Verdict.NOT_SENT,
        category=Category.FILE,
        blame=Blame.PROVIDER,
        retry=True,
        cooling=(60,),
    ),
    Fault(
        "client_error",
        gettext_noop("Something went wrong while sending: it may have been bought."),
        _CONFIRM,
        Verdict.UNCERTAIN,
    ),
    Fault(
        "duplicate_task_id",
        gettext_noop("The provider gave the same task to two purchases."),
        _CONFIRM,
        Verdict.UNCERTAIN,
    ),
    Fault(
        "never_visible",
        gettext_noop("The provider accepted the task but never showed it."),
        _CONFIRM,
        Verdict.UNCERTAIN,
    ),
    Fault(
        "picture_unreadable",
        gettext_noop("The stored picture cannot be read any more."),
        gettext_noop("Put the picture in again and retry."),
        Verdict.REFUSED,
        category=Category.FILE,
    ),
    Fault(
        "download_failed",
        gettext_noop("The clip could not be downloaded."),
        gettext_noop("Nothing to do: the download is tried again by itself."),
        Verdict.ACCEPTED,
        category=Category.FILE,
    ),
]

_DOWNLOADS = [
    Fault(
        code,
        text,
        gettext_noop("Nothing to do: the download is tried again by itself."),
        Verdict.ACCEPTED,
        category=Category.FILE,
    )
    for code, text in DOWNLOAD_TEXTS.items()
]

FAULTS: dict[str, Fault] = {
    **{fault.code: fault for fault in _DOWNLOADS},
    **KIE_FAULTS,
    **{fault.code: fault for fault in _OWN},
}
