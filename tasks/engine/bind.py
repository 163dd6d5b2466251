"""Finding the generation that a doubtful purchase bought.

A callback, the flight recorder or a person names a task id; it is bound to the attempt
only after record-info agrees that it is the same request.
"""

import logging
from datetime import datetime

from django.db import IntegrityError

from tasks.engine import settle
from tasks.engine.asking import Asker
from tasks.engine.durations import durations
from tasks.engine.log import note
from tasks.engine.purchase import token_digest
from tasks.engine.wake import Wake
from tasks.kie.replies import Phase, Progress
from tasks.models import Attempt, CallbackReceipt, State, change
from tasks.models.callback_receipt import CallbackReceiptQuerySet

log = logging.getLogger(__name__)

AT_ONCE = 100


def unused_receipts() -> CallbackReceiptQuerySet:
    return CallbackReceipt.objects.unused()


def use_receipts(asker: Asker, now: datetime) -> list[Wake]:
    """Follow the hints of callbacks: the submitted are asked after by the sweep itself,
    the doubtful are looked up under the id that was named."""
    if not unused_receipts().exists():
        return []
    receipts = list(unused_receipts().select_related("attempt__key__account")[:AT_ONCE])
    doubtful = [
        r for r in receipts if r.attempt.state == State.UNCERTAIN and r.provider_task_id
    ]
    questions = [(r.attempt.key, r.provider_task_id) for r in doubtful]
    answers = asker.ask(questions) if questions else []
    wakes, unanswered = [], set()
    for receipt, progress in zip(doubtful, answers, strict=True):
        if _is_open(progress, receipt, now):
            unanswered.add(receipt.pk)
        else:
            wakes.append(bind(receipt.attempt, receipt.provider_task_id, progress, now))
    # While the POST is under way its own answer will name the id: look again later.
    waiting = {r.pk for r in receipts if r.attempt.state == State.SENDING}
    used = {r.pk for r in receipts} - unanswered - waiting
    CallbackReceipt.objects.filter(pk__in=used).update(used_at=now)
    return wakes


def _is_open(progress: Progress, receipt: CallbackReceipt, now: datetime) -> bool:
    """Whether the question has to be asked again: it failed, or the record is too new
    to be seen."""
    if progress.phase == Phase.NOT_VISIBLE:
        age = (now - receipt.received_at).total_seconds()
        return age < durations().not_visible_grace
    return progress.phase == Phase.QUERY_FAILED


def bind(
    attempt: Attempt, provider_task_id: str, progress: Progress, now: datetime
) -> Wake:
    """Take the generation for this attempt's, if the provider's record says so."""
    if not is_same_request(attempt, progress):
        log.warning(
            "task %s is not what attempt %s asked for", provider_task_id, attempt.pk
        )
        return Wake.NOTHING
    try:
        return _bind(attempt, provider_task_id, now)
    except IntegrityError:
        log.error(
            "task %s is bound already, not to %s as well", provider_task_id, attempt.pk
        )
        return Wake.NOTHING


def _bind(attempt: Attempt, provider_task_id: str, now: datetime) -> Wake:
    with change() as moves:
        attempt = (
            Attempt.objects.select_related("task", "account", "key")
            .select_for_update(of=("self",))
            .get(pk=attempt.pk)
        )
        if attempt.state != State.UNCERTAIN:
            return Wake.NOTHING
        settle.submitted(attempt, provider_task_id, now=now, moves=moves)
        note(attempt, "bound", now=now, task_id=provider_task_id)
        Attempt.objects.hurry([attempt.pk], now)
    return Wake.POLL


def is_same_request(attempt: Attempt, progress: Progress) -> bool:
    if progress.phase in (Phase.NOT_VISIBLE, Phase.QUERY_FAILED):
        return False
    if progress.callback_url:  # it holds the token that only this attempt was given
        token = progress.callback_url.rstrip("/").rpartition("/")[2]
        return token_digest(token) == attempt.token_sha256
    return progress.prompt is None or progress.prompt == attempt.request["prompt"]
