import threading
import time

import pytest

from tasks.engine import stopping
from tasks.engine.roll import Roll
from tasks.engine.wake import Wake


class Work:
    """Pieces to be claimed, and what became of them."""

    def __init__(self, *pieces, size=2):
        self.pieces, self.settled, self.threads = list(pieces), {}, set()
        self.size, self.most, self._now = size, 0, 0

    def claim(self, room):
        taken, self.pieces = self.pieces[:room], self.pieces[room:]
        return taken

    def do(self, piece):
        self._now += 1
        self.most = max(self.most, self._now)
        self.threads.add(threading.get_ident())
        try:
            return piece() if callable(piece) else piece
        finally:
            self._now -= 1

    def settle(self, piece, outcome):
        self.settled[piece] = outcome
        return Wake.DISPATCH

    def run(self, seconds=5, **more):
        roll = Roll(
            **{
                "size": self.size,
                "claim": self.claim,
                "work": self.do,
                "settle": self.settle,
                **more,
            }
        )
        return list(roll.run(seconds=seconds))


def fail():
    raise ZeroDivisionError


def slow():
    time.sleep(0.05)
    return "slow"


def test_it_does_everything_and_says_what_to_wake():
    work = Work("a", "b", "c")
    assert work.run() == [Wake.DISPATCH] * 3
    assert work.settled == {"a": "a", "b": "b", "c": "c"}


def test_it_does_no_more_at_once_than_it_may():
    work = Work(*(lambda: time.sleep(0.01) for _ in range(6)), size=2)
    work.run()
    assert (len(work.settled), work.most) == (6, 2)


def test_it_works_in_threads_and_settles_in_its_own():
    work, settlers = Work("a"), set()
    work.run(settle=lambda *_: settlers.add(threading.get_ident()) or Wake.NOTHING)
    assert settlers == {threading.get_ident()}
    assert not work.threads & settlers


def test_it_hands_an_escaped_error_to_settle():
    work = Work(fail)
    work.run()
    assert isinstance(work.settled[fail], ZeroDivisionError)


def test_it_claims_nothing_more_when_asked_to_leave():
    work = Work("a")
    stopping.ask()
    assert work.run() == []
    assert work.pieces == ["a"]


def test_it_claims_nothing_more_when_the_time_is_over():
    work = Work("a")
    assert work.run(seconds=-1) == []


def test_it_finishes_what_is_under_way():
    def leave():
        stopping.ask()
        time.sleep(0.02)
        return "done"

    work = Work(leave, "never", size=1)
    work.run()
    assert work.settled == {leave: "done"}


def test_it_writes_what_was_under_way_when_a_claim_fails():
    def claim(room, work=None, calls=[]):  # noqa: B006 - counts over the run
        calls.append(room)
        if len(calls) > 1:
            raise ZeroDivisionError
        return [slow]

    work = Work()
    with pytest.raises(ZeroDivisionError):
        work.run(claim=claim)
    assert work.settled == {slow: "slow"}


def test_it_writes_the_others_when_one_cannot_be_written():
    work = Work("bad", slow, size=2)

    def settle(piece, outcome):
        if piece == "bad":
            raise ZeroDivisionError
        return work.settle(piece, outcome)

    with pytest.raises(ZeroDivisionError):
        work.run(settle=settle)
    assert work.settled == {slow: "slow"}


def test_it_beats_while_something_is_under_way():
    seen = []
    Work(slow).run(beat=lambda under_way: seen.append(list(under_way)))
    assert seen


def test_it_waits_for_more_as_long_as_it_is_told_to():
    answers = iter([True, False])
    work = Work("a")
    work.run(wait=lambda: next(answers))
    assert next(answers, "asked twice") == "asked twice"
