"""The life of a task: bought, drawn, ended when its time has come, told. Lives go on after a restart."""

import asyncio
import random
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from tasks.simulator.accounts import Account, Accounts
from tasks.simulator.callbacks import Callbacks
from tasks.simulator.clips import Clips, RenderFailed
from tasks.simulator.ledger import Ledger
from tasks.simulator.marks import Marks
from tasks.simulator.orders import Order
from tasks.simulator.outside import Outside, Unreachable
from tasks.simulator.records import FAILED, GENERATING, SUCCESS, Call, Generation
from tasks.simulator.replies import FAILURES
from tasks.simulator.settings import Behaviour, Settings
from tasks.simulator.uploads import PREFIX, Pictures, Uploads


class GenerationFailed(Exception):
    """The generation ends without a clip."""

    def __init__(self, failure: str) -> None:
        self.code, self.msg = FAILURES[failure]
        super().__init__(self.msg)


class Generations:
    def __init__(
        self,
        settings: Settings,
        behaviour: Behaviour,
        ledger: Ledger,
        accounts: Accounts,
        studio: "Studio",
        callbacks: Callbacks,
        say: Callable[[str], None],
    ) -> None:
        self._behaviour = behaviour
        self._ledger = ledger
        self._accounts = accounts
        self._studio = studio
        self._callbacks = callbacks
        self._say = say
        self._random = random.Random(settings.seed)  # noqa: S311  durations, not secrets
        self._by_id = {g.task_id: g for g in ledger.tasks()}
        self._lives: set[asyncio.Task[None]] = set()

    def resume(self) -> None:
        """Takes up every task that is not finished, or finished and not told."""
        for generation in self._by_id.values():
            if generation.flag == GENERATING or generation.callback_due:
                self._start(generation)

    def begin(
        self, account: Account, order: Order, marks: Marks, call: Call
    ) -> Generation:
        """Takes the credits and writes call, task and balance together; raises Refused(402)."""
        generation = self._made(account, order, marks, call)
        call.code, call.task_id = 200, generation.task_id
        call.credits = generation.price
        with self._ledger.together():
            self._accounts.move(account, -generation.price)
            self._ledger.record_call(call)
            self._ledger.record_task(generation)
        self._by_id[generation.task_id] = generation
        self._start(generation)
        self._say(f"create {generation.task_id} {account.name} {generation.price}")
        return generation

    def _made(
        self, account: Account, order: Order, marks: Marks, call: Call
    ) -> Generation:
        usual = self._behaviour.generation_seconds
        usual += self._behaviour.spread * self._random.uniform(-1, 1)
        took = marks.number("time") if "time" in marks else max(0, usual)
        return Generation(
            task_id=f"veo_task_{secrets.token_hex(16)}",
            account=account.name,
            prompt_sha=call.prompt_sha,
            param_json=order.param_json,
            pictures=order.pictures,
            ratio=order.ratio,
            seconds=order.seconds,
            resolution=order.resolution,
            callback_url=order.callback_url,
            marks=marks,
            price=order.price,
            created_at=call.at,
            ends_at=call.at + took,
        )

    def find(self, task_id: str) -> Generation | None:
        return self._by_id.get(task_id)

    def all(self) -> list[Generation]:
        return list(self._by_id.values())

    def _start(self, generation: Generation) -> None:
        life = asyncio.create_task(self._live(generation))
        self._lives.add(life)
        life.add_done_callback(self._lives.discard)

    async def _live(self, generation: Generation) -> None:
        if generation.flag == GENERATING:
            if "callback-forged" in generation.marks:
                await self._callbacks.forged(generation)
            failure = await self._drawn(generation)
            await asyncio.sleep(max(0, generation.ends_at - time.time()))
            self._finish(generation, failure)
        await self._callbacks.tell(generation)
        generation.callback_due = False
        if generation.callback_url:
            self._ledger.record_task(generation)

    async def _drawn(self, generation: Generation) -> GenerationFailed | None:
        try:
            generation.render = await self._studio.draw(generation)
        except GenerationFailed as e:
            return e
        return None

    def _finish(self, generation: Generation, failure: GenerationFailed | None) -> None:
        generation.completed_at = time.time()
        generation.callback_due = bool(generation.callback_url)
        with self._ledger.together():
            if failure is None:
                generation.flag = SUCCESS
            else:
                generation.flag = int(generation.marks.get("flag", FAILED))
                generation.error_code, generation.error = failure.code, failure.msg
                account = self._accounts.named(generation.account)
                self._accounts.move(account, generation.price)
            self._ledger.record_task(generation)
        self._say(f"{failure or 'success'} {generation.task_id}")

    async def stop(self) -> None:
        lives = list(self._lives)
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)


class Studio:
    """Gets a task's pictures and has its clip drawn."""

    def __init__(
        self,
        base: str,
        pictures: Pictures,
        uploads: Uploads,
        outside: Outside,
        clips: Clips,
    ) -> None:
        self._base = base
        self._pictures = pictures
        self._uploads = uploads
        self._outside = outside
        self._clips = clips

    async def draw(self, generation: Generation) -> str:
        """Name of the drawn file; raises GenerationFailed."""
        if "fail" in generation.marks:
            raise GenerationFailed(generation.marks["fail"])
        # The last picture must be there as well, though the clip shows the first alone.
        found = [await self._picture(url) for url in generation.pictures]
        ratio = generation.ratio
        if "wrong-ratio" in generation.marks:
            ratio = "9:16" if ratio == "16:9" else "16:9"
        try:
            return await self._clips.drawn(
                found[0] if found else None, ratio, generation.seconds
            )
        except RenderFailed as e:
            raise GenerationFailed("image") from e

    async def _picture(self, url: str) -> Path:
        if url.startswith(f"{self._base}{PREFIX}"):
            picture = self._uploads.find(url)
            if picture is None:
                raise GenerationFailed("image-fetch")
            return picture
        try:
            return await self._pictures.keep(await self._outside.fetch(url))
        except Unreachable as e:
            raise GenerationFailed("image-fetch") from e
