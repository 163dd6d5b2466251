"""Why a download stored nothing, and which errors of disk and wire mean what."""

import contextlib
import errno
from collections.abc import Iterator

import httpx

from tasks.media import gettext_noop
from tasks.media.guard import Forbidden

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

TEXTS = {
    "expired": gettext_noop("The download link has expired."),
    "forbidden": gettext_noop("The download link leads to a forbidden address."),
    "bad_file": gettext_noop("The file received is not a whole video."),
    "too_large": gettext_noop("The file is larger than allowed."),
    "interrupted": gettext_noop("The connection broke off during the download."),
    "too_slow": gettext_noop("The download was too slow."),
    "unavailable": gettext_noop("The file server gave no file."),
    "no_space": gettext_noop("There is not enough space to store the file."),
    "storage": gettext_noop("The file could not be stored."),
    "occupied": gettext_noop("Another file already has this name."),
    "stopped": gettext_noop("The download was stopped and will go on later."),
}
"""Every code a DownloadFault can have, and its sentence for people."""


class DownloadFault(Exception):
    """No file was stored. `text` is a msgid for people, `detail` is for the log."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.text, self.detail = code, TEXTS[code], detail


@contextlib.contextmanager
def disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        code = "no_space" if error.errno in FULL else "storage"
        raise DownloadFault(code, str(error.strerror)) from error


@contextlib.contextmanager
def wire() -> Iterator[None]:
    try:
        yield
    except Forbidden as error:
        raise DownloadFault("forbidden", error.code) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise DownloadFault("forbidden", "not a link") from error
    except httpx.HTTPError as error:
        raise DownloadFault("interrupted", type(error).__name__) from error
