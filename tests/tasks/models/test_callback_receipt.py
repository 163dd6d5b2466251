from datetime import timedelta

from tasks.models import CallbackReceipt, State


def test_it_keeps_a_hint_once(make_attempt, now):
    attempt = make_attempt(State.UNCERTAIN)
    for _ in range(10):
        CallbackReceipt.hint(attempt, "veo-1", now=now)
    CallbackReceipt.hint(attempt, "veo-2", now=now)
    assert CallbackReceipt.objects.unused().count() == 2


def test_it_is_looked_at_again_when_said_again(make_attempt, now):
    attempt = make_attempt(State.UNCERTAIN)
    CallbackReceipt.hint(attempt, "veo-1", now=now)
    CallbackReceipt.objects.update(used_at=now)
    assert not CallbackReceipt.objects.unused().exists()
    later = now + timedelta(seconds=5)
    CallbackReceipt.hint(attempt, "veo-1", now=later)
    assert CallbackReceipt.objects.unused().get().received_at == later
