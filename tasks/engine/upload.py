"""Prepare pictures and take them to the provider: free, and repeated at will."""

import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from tasks.engine.backoff import backoff
from tasks.engine.blame import is_for_good, shut_out
from tasks.engine.durations import durations
from tasks.engine.purchase import client_for
from tasks.engine.roll import Roll
from tasks.engine.wake import Wake
from tasks.kie.replies import KieError, KieRefused
from tasks.media.pictures import BadPicture, prepare
from tasks.models import ApiKey, PictureUpload

log = logging.getLogger(__name__)

AT_ONCE = 3
STAY = 60.0
TRY_CAP = 60.0  # the provider's outage should not outlive itself by much
FOLDER = "veoplatform"


@dataclass(frozen=True, slots=True)
class Carrying:
    upload: PictureUpload
    key: ApiKey


def steps() -> Iterator[Wake]:
    yield from Roll(size=AT_ONCE, claim=_claim, work=_carry, settle=_settle).run(
        seconds=STAY
    )


def _claim(room: int) -> list[Carrying]:
    now, d = timezone.now(), durations()
    claimed = []
    due = PictureUpload.objects.due(now).select_related("picture").order_by("pk")
    for upload in due[:room]:
        key = _key_for(upload)
        until = now + timedelta(seconds=d.upload_lease)
        if key and upload.claim(now, until):
            claimed.append(Carrying(upload, key))
    return claimed


def _key_for(upload: PictureUpload) -> ApiKey | None:
    """Any key that works there will do: uploading costs nothing."""
    now = timezone.now()
    keys = ApiKey.objects.usable(now).filter(
        account__upload_url=upload.upload_url, account__enabled=True
    )
    return keys.select_related("account").order_by("?").first()


def _carry(carrying: Carrying) -> str:
    """Return the address at the provider."""
    upload = carrying.upload
    prepared = prepare(upload.picture.file, upload.variant)
    # A name nobody can guess and nobody used: the provider serves old content under an
    # old name (kie-api.md §4).
    name = f"{secrets.token_hex(16)}.jpg"
    with client_for(carrying.key) as kie:
        return kie.upload_stream(prepared.content, name, FOLDER, "image/jpeg").url


def _settle(carrying: Carrying, outcome: str | Exception) -> Wake:
    now, d = timezone.now(), durations()
    upload = carrying.upload
    mine = PictureUpload.objects.filter(pk=upload.pk)
    if isinstance(outcome, str):
        expires = now + timedelta(seconds=d.upload_life)
        mine.update(url=outcome, expires_at=expires, lease_until=None, tries=0)
        return Wake.DISPATCH
    if isinstance(outcome, BadPicture | FileNotFoundError):
        # The picture is at fault, and will be tomorrow: dispatch fails its tasks.
        log.warning("picture %s cannot be prepared: %s", upload.picture_id, outcome)
        mine.update(error_code="picture_unreadable", lease_until=None)
        return Wake.DISPATCH
    if isinstance(outcome, KieRefused) and is_for_good(outcome.fault):
        # Still due: tried at once with another key, if there is one.
        shut_out(carrying.key, outcome.fault)
        mine.update(lease_until=None)
        return Wake.DISPATCH
    level = logging.WARNING if isinstance(outcome, KieError) else logging.ERROR
    log.log(level, "uploading picture %s: %r", upload.picture_id, outcome)
    seconds = backoff(upload.tries, first=d.connect_backoff, cap=TRY_CAP)
    mine.update(lease_until=None, next_try_at=now + timedelta(seconds=seconds))
    return Wake.NOTHING
