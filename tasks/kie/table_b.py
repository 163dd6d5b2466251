"""Table B: the POST was answered. Which fault it is, is read from KIE's own code, the
HTTP status and, where a code is ambiguous, the text (reliability.md §3.4, kie-api §7).
"""

from functools import partial

from tasks.kie.fault import Blame, Category, Fault, Verdict
from tasks.kie.text import DOUBT, WAITS
from tasks.kie.text import gettext_noop as _

_refused = partial(Fault, verdict=Verdict.REFUSED)
_uncertain = partial(Fault, verdict=Verdict.UNCERTAIN)
_closed = partial(_refused, blame=Blame.PROVIDER, retry=True)

# Not bought, for the task's own sake: only these count against its retries.
CONTENT_POLICY = _refused(
    "content_policy",
    _("The content filter refused this prompt or picture."),
    _("Change the prompt or the picture, then retry."),
    category=Category.PARAMETER,
)
IMAGE_POLICY = _refused(
    "image_policy",
    _("The content filter refused this picture."),
    _("Use another picture, then retry. Children and well-known faces are refused."),
    category=Category.FILE,
)
IMAGE_REJECTED = _refused(
    "image_rejected",
    _("KIE.AI refused this picture's size or format."),
    _("Use a smaller JPEG or PNG picture, then retry."),
    category=Category.FILE,
)
IMAGE_FETCH = _refused(
    "image_fetch",
    _("KIE.AI could not fetch the picture."),
    _("Upload the picture anew or check its link, then retry."),
    category=Category.FILE,
)
ENGLISH_ONLY = _refused(
    "english_only",
    _("KIE.AI took only English prompts for this request."),
    _("Switch the translation on or write the prompt in English, then retry."),
    category=Category.PARAMETER,
)
INVALID_PARAMETER = _refused(
    "invalid_parameter",
    _("KIE.AI refused a value of this request."),
    _("Read the provider's words below, correct the task and retry."),
    category=Category.PARAMETER,
)
AUDIO_FAILED = _refused(
    "audio_failed",
    _("The model could not make the sound for this clip."),
    _("It is tried again by itself. Describing the surrounding sounds helps."),
    retry=True,
)
PROVIDER_HICCUP = _refused(
    "provider_hiccup",
    _("KIE.AI failed for a passing reason."),
    _("It is tried again by itself while retries are left."),
    retry=True,
)
GENERATION_FAILED = _refused(
    "generation_failed",
    _("KIE.AI could not generate this clip."),
    _("It is tried again by itself while retries are left."),
    retry=True,
)

# Not bought, for the sake of a key, an account, a model or the provider: the task waits.
KEY_INVALID = _refused(
    "key_invalid",
    _("KIE.AI refused the API key."),
    _("Ask an administrator to check the key and its IP list. Nothing was charged."),
    blame=Blame.KEY,
    retry=True,
)
KEY_LIMIT = _refused(
    "key_limit",
    _("The API key has reached its spending limit."),
    WAITS,
    blame=Blame.KEY,
    retry=True,
    cooling=(3600,),
)
NO_CREDITS = _refused(
    "no_credits",
    _("The account at KIE.AI has too few credits."),
    _("Top the account up. The task stays queued and goes on by itself."),
    blame=Blame.ACCOUNT,
    retry=True,
    cooling=(300,),
)
RATE_LIMITED = _refused(
    "rate_limited",
    _("KIE.AI takes no more requests at this moment."),
    WAITS,
    blame=Blame.ACCOUNT,
    retry=True,
    cooling=(10, 20, 40, 80, 120),
)
REDIRECTED = _refused(
    "redirected",
    _("The API address leads elsewhere."),
    _("Ask an administrator to correct the API address. Nothing was charged."),
    blame=Blame.ACCOUNT,
    retry=True,
    cooling=(300, 900),
)
MODEL_UNAVAILABLE = _refused(
    "model_unavailable",
    _("KIE.AI does not offer this model now."),
    _("Choose another model, or wait. Nothing was charged."),
    blame=Blame.MODEL,
    retry=True,
    cooling=(900, 3600),
)
FEATURE_OFF = _refused(
    "feature_off",
    _("KIE.AI has switched this feature off."),
    _("Choose another model, or wait. Nothing was charged."),
    blame=Blame.MODEL,
    retry=True,
    cooling=(900, 3600),
)
ENDPOINT_MISSING = _closed(
    "endpoint_missing",
    _("KIE.AI does not know this API address."),
    _("Ask an administrator to check the API address. Nothing was charged."),
    cooling=(300, 900),
)
CLIENT_BLOCKED = _closed(
    "client_blocked",
    _("KIE.AI's firewall keeps this server out."),
    _("Ask an administrator to check the server's address. Nothing was charged."),
    cooling=(60, 120, 300, 900),
)
MAINTENANCE = _closed(
    "maintenance", _("KIE.AI is under maintenance."), WAITS, cooling=(60, 120, 300, 900)
)
ORIGIN_UNREACHABLE = _closed(
    "origin_unreachable",
    _("KIE.AI's own servers cannot be reached at this moment."),
    WAITS,
    cooling=(60,),
)

# Perhaps bought.
SERVER_ERROR = _uncertain(
    "server_error", _("KIE.AI answered with a server error. It may have begun."), DOUBT
)
GATEWAY_ERROR = _uncertain(
    "gateway_error",
    _("KIE.AI's gateway answered in its place. It may have begun."),
    DOUBT,
    blame=Blame.PROVIDER,
    cooling=(10, 30, 60, 120, 300),
)
UPSTREAM_TIMEOUT = _uncertain(
    "upstream_timeout", _("KIE.AI gave up waiting. It may have begun."), DOUBT
)
UNKNOWN_CODE = _uncertain(
    "unknown_code", _("KIE.AI answered with an unknown code. It may have begun."), DOUBT
)
ANSWER_UNREADABLE = _uncertain(
    "answer_unreadable", _("KIE.AI's answer cannot be read. It may have begun."), DOUBT
)
NO_TASK_ID = _uncertain(
    "no_task_id",
    _("KIE.AI accepted the task but did not name it. It may have begun."),
    DOUBT,
)
ANSWER_CONTRADICTS = _uncertain(
    "answer_contradicts",
    _("KIE.AI refused the task and named it all the same. It may have begun."),
    DOUBT,
)

BY_CODE: dict[int, Fault] = {
    400: INVALID_PARAMETER,
    401: KEY_INVALID,
    402: NO_CREDITS,
    403: CLIENT_BLOCKED,
    404: ENDPOINT_MISSING,
    408: UPSTREAM_TIMEOUT,
    422: INVALID_PARAMETER,
    429: RATE_LIMITED,
    433: KEY_LIMIT,
    451: IMAGE_FETCH,
    455: MAINTENANCE,
    500: SERVER_ERROR,
    501: GENERATION_FAILED,
    502: GATEWAY_ERROR,
    503: GATEWAY_ERROR,
    504: GATEWAY_ERROR,
    505: FEATURE_OFF,
}
"""KIE's own code, or the HTTP status beside one. Any other is UNKNOWN_CODE."""

BY_STATUS: dict[int, Fault] = {
    **{code: BY_CODE[code] for code in (400, 401, 402, 403, 404, 422, 429)},
    **{code: BY_CODE[code] for code in (433, 451, 455)},
    405: ENDPOINT_MISSING,
    413: INVALID_PARAMETER,
    415: INVALID_PARAMETER,
    408: UPSTREAM_TIMEOUT,
    425: UPSTREAM_TIMEOUT,
    499: UPSTREAM_TIMEOUT,
    **dict.fromkeys((521, 522, 523, 525, 526), ORIGIN_UNREACHABLE),
    **dict.fromkeys((500, 502, 503, 504, 520, 524), GATEWAY_ERROR),
}
"""The HTTP status of a page that is not KIE's. Any other is ANSWER_UNREADABLE."""

BY_TEXT: tuple[tuple[str, Fault], ...] = (
    ("generate audio", AUDIO_FAILED),
    ("minor upload", IMAGE_POLICY),
    ("prominent people upload", IMAGE_POLICY),
    ("unsafe image", IMAGE_POLICY),
    ("rejected by flow", CONTENT_POLICY),
    ("flagged by", CONTENT_POLICY),
    ("content polic", CONTENT_POLICY),
    ("safety", CONTENT_POLICY),
    ("prohibited", CONTENT_POLICY),
    ("fetch the image", IMAGE_FETCH),
    ("images size exceeds", IMAGE_REJECTED),
    ("file type not supported", IMAGE_REJECTED),
    ("only english prompts", ENGLISH_ONLY),
    ("model name you specified", MODEL_UNAVAILABLE),
    ("invalid model", MODEL_UNAVAILABLE),
    ("credits insufficient", NO_CREDITS),
    ("insufficient credits", NO_CREDITS),
    ("internal error", PROVIDER_HICCUP),
    ("try again later", PROVIDER_HICCUP),
    ("timeout", PROVIDER_HICCUP),
    ("timed out", PROVIDER_HICCUP),
)
"""What the text says in lower case, the first that fits (kie-api §7.3)."""


def fault_of_answer(http_status: int, code: int | None, text: str) -> Fault | None:
    """Return the row; None when both status and code say that it was accepted.

    `code` is the envelope's; None when there is no envelope. Where the two disagree
    the worse one counts: uncertain beats refused.
    """
    if code is None:
        faults = [_fault_of_page(http_status)]
    else:
        faults = [BY_CODE.get(code, UNKNOWN_CODE)] if code != 200 else []
        faults += _faults_of_status(http_status)
    doubts = [f for f in faults if f.verdict is Verdict.UNCERTAIN]
    fault = next(iter(doubts or faults), None)
    return None if fault is None else refine(fault, text)


def refine(fault: Fault, text: str) -> Fault:
    """Let the text decide between the meanings of an ambiguous refusal (kie-api §7.2)."""
    if fault.verdict is not Verdict.REFUSED or fault.blame is not Blame.TASK:
        return fault
    spoken = text.lower().replace("_", " ")
    said = next((row for words, row in BY_TEXT if words in spoken), None)
    if said is None and fault is INVALID_PARAMETER and "image" in spoken:
        return IMAGE_REJECTED
    return said or fault


def _faults_of_status(http_status: int) -> list[Fault]:
    if 200 <= http_status < 300:
        return []
    if 300 <= http_status < 400:
        return [REDIRECTED]
    return [BY_CODE.get(http_status, UNKNOWN_CODE)]


def _fault_of_page(http_status: int) -> Fault:
    if 300 <= http_status < 400:
        return REDIRECTED
    return BY_STATUS.get(http_status, ANSWER_UNREADABLE)
