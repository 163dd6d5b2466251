from datetime import timedelta

import pytest

from tasks.engine.usual import Usual, usual
from tasks.models import Attempt, State
from tests.attempts import crowd_like


@pytest.fixture
def finished(make_attempt, now):
    """Finished generations that took 10, 20, 30 … seconds."""

    def make(count, **fields):
        first = make_attempt(State.DOWNLOADING, submitted_at=now, **fields)
        rows = [first, *crowd_like(first, count - 1)]
        for n, row in enumerate(rows, 1):
            done = now + timedelta(seconds=10 * n)
            Attempt.objects.filter(pk=row.pk).update(generated_at=done)
        return first

    return make


def test_it_starts_with_what_is_typical(key):
    known = usual(key.account_id, "veo3_fast")
    assert (known.median, known.is_known, known.first_poll) == (90, False, 5)
    assert usual(key.account_id, "veo3").median == 240
    assert usual(key.account_id, "some new model").median == 90


def test_it_learns_from_five_on(finished, key):
    finished(5)
    known = usual(key.account_id, "veo3_fast")
    assert (known.median, known.early, known.is_known) == (30, 10, True)
    assert known.first_poll == 10


def test_it_does_not_learn_from_too_few(finished, key):
    finished(4)
    assert not usual(key.account_id, "veo3_fast").is_known


def test_it_learns_each_model_and_account_alone(finished, key, make_key):
    finished(5)
    other = make_key("second", account=make_key.account("other"))
    assert not usual(key.account_id, "veo3").is_known
    assert not usual(other.account_id, "veo3_fast").is_known


def test_it_asks_the_database_once_in_a_while(finished, key, count_queries):
    finished(5)
    assert count_queries(lambda: usual(key.account_id, "veo3_fast")) == 1
    assert count_queries(lambda: usual(key.account_id, "veo3_fast")) == 0


@pytest.mark.parametrize(("median", "interval"), [(8, 2), (40, 5), (400, 15)])
def test_it_asks_eight_times_in_a_usual_generation(median, interval):
    assert Usual(median, 0, is_known=True).interval == interval
