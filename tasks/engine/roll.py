"""Several pieces of outside work at once, claimed and settled in one thread.

Database work stays in the calling thread; threads of the pool only talk to the network
and the disk. A slow piece holds up no other.
"""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from tasks.engine import stopping
from tasks.engine.wake import Wake

log = logging.getLogger(__name__)
# While pieces are under way, new ones are looked for this often, in seconds.
LOOK_AGAIN = 0.2


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Roll[Piece, Result]:
    """What to do with pieces of one kind.

    `claim(room)` takes at most that many. `work` runs in a thread. `settle` writes what
    came of it: the result, or the exception that escaped. `beat` is called a few times a
    second with what is under way. `wait` is called when there is nothing to do, and says
    whether to look again; without it the run is over.
    """

    size: int
    claim: Callable[[int], list[Piece]]
    work: Callable[[Piece], Result]
    settle: Callable[[Piece, Result | Exception], Wake]
    beat: Callable[[list[Piece]], None] = lambda _under_way: None
    wait: Callable[[], bool] = _never

    def run(self, *, seconds: float) -> Iterator[Wake]:
        """Claim for so long, then finish what is under way; yields what to wake."""
        leave_at = time.monotonic() + seconds
        under_way: dict[Future[Result], Piece] = {}
        with ThreadPoolExecutor(self.size) as pool:
            try:
                while True:
                    is_open = time.monotonic() < leave_at and not stopping.is_asked()
                    room = self.size - len(under_way) if is_open else 0
                    for piece in self.claim(room) if room else ():
                        under_way[pool.submit(self.work, piece)] = piece
                    if under_way:
                        yield from self._finish(under_way)
                    elif not (is_open and self.wait()):
                        return
            except Exception:
                self._rescue(under_way)
                raise

    def _finish(self, under_way: dict[Future[Result], Piece]) -> Iterator[Wake]:
        done, _rest = wait(under_way, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
        for future in done:
            outcome = _outcome(future)
            yield self.settle(under_way.pop(future), outcome)
        self.beat(list(under_way.values()))

    def _rescue(self, under_way: dict[Future[Result], Piece]) -> None:
        """Write what comes of the rest: nobody else will ever know it."""
        for future, piece in under_way.items():
            try:
                outcome = _outcome(future)
                self.settle(piece, outcome)
            except Exception:
                log.exception("what came of a piece of work could not be written")


def _outcome[R](future: Future[R]) -> R | Exception:
    error = future.exception()
    if isinstance(error, Exception):
        return error
    return future.result()  # or raises what no code of ours should catch
