"""KIE.AI's own calls: create, record-info, credit and download-url."""

import hashlib
import time
from urllib.parse import urlsplit

from tasks.simulator import create_faults, delivery, orders, uploads
from tasks.simulator.accounts import Account, Accounts
from tasks.simulator.callbacks import Callbacks
from tasks.simulator.files import Minting
from tasks.simulator.generations import Generations
from tasks.simulator.ledger import Ledger
from tasks.simulator.marks import BadMark, Marks, parse
from tasks.simulator.modes import obey
from tasks.simulator.orders import Order
from tasks.simulator.records import Call, Generation
from tasks.simulator.replies import Refused, success
from tasks.simulator.settings import Behaviour
from tasks.simulator.status import NULL, record_info
from tasks.simulator.wire import Cut, Hang, Request, Response


class Provider:
    def __init__(
        self,
        base: str,
        behaviour: Behaviour,
        ledger: Ledger,
        accounts: Accounts,
        generations: Generations,
        callbacks: Callbacks,
        minting: Minting,
    ) -> None:
        self._base = base
        self._behaviour = behaviour
        self._ledger = ledger
        self._accounts = accounts
        self._generations = generations
        self._callbacks = callbacks
        self._minting = minting
        self._creates = ledger.creates_by_prompt()

    async def generate(self, request: Request) -> Response:
        body = orders.body_of(request.body)
        key = request.headers.get("authorization", "")
        call = Call(
            at=time.time(),
            key=self._accounts.label(key),
            account="",
            prompt_sha=hashlib.sha256(str(body.get("prompt")).encode()).hexdigest(),
            callback_url=str(body.get("callBackUrl") or ""),
        )
        try:
            await obey(self._behaviour.mode)
            account = self._let_in(key, call)
            order = orders.read(body)
            marks = self._marks(order, call)
            generation = self._begun(account, order, marks, call)
        except (Refused, Cut, Hang) as e:
            call.code = e.code if isinstance(e, Refused) else 0
            self._ledger.record_call(call)
            raise
        return await self._answered(account, marks, generation)

    def _let_in(self, key: str, call: Call) -> Account:
        account = self._accounts.of(key)
        call.account = account.name
        account.take_turn(self._behaviour.create_rate)
        call.weighed = True
        return account

    def _marks(self, order: Order, call: Call) -> Marks:
        prompt = (call.account, call.prompt_sha)
        self._creates[prompt] += 1
        try:
            marks = parse(self._behaviour.marks + order.prompt)
        except BadMark as e:
            raise Refused(400, str(e)) from e
        return marks.within(self._creates[prompt])

    def _begun(
        self, account: Account, order: Order, marks: Marks, call: Call
    ) -> Generation | None:
        if create_faults.creates(marks):
            return self._generations.begin(account, order, marks, call)
        call.code = int(marks.get("code") or marks.get("http") or 0)
        self._ledger.record_call(call)
        return None

    async def _answered(
        self, account: Account, marks: Marks, generation: Generation | None
    ) -> Response:
        task_id = generation.task_id if generation else "veo_task_never_made"
        previous, account.last_task_id = account.last_task_id, task_id
        if generation and "callback-early" in marks:
            await self._callbacks.early(generation)
        return await create_faults.answer(marks, task_id, previous)

    async def record_info(self, request: Request) -> Response:
        account = self._accounts.of(request.headers.get("authorization", ""))
        generation = self._generations.find(request.query.get("taskId", ""))
        if generation is None or generation.account != account.name:
            raise Refused(422, NULL)
        url = f"{self._base}{delivery.PREFIX}{generation.task_id}.mp4"
        return record_info(generation, url)

    async def credit(self, request: Request) -> Response:
        account = self._accounts.of(request.headers.get("authorization", ""))
        whole = account.credits == account.credits.to_integral_value()
        return success(int(account.credits) if whole else float(account.credits))

    async def download_url(self, request: Request) -> Response:
        """Mints for every address of ours, also for files that are gone."""
        self._accounts.of(request.headers.get("authorization", ""))
        url = str(orders.body_of(request.body).get("url") or "")
        ours = (delivery.PREFIX, uploads.PREFIX)
        if not (url.startswith(self._base) and urlsplit(url).path.startswith(ours)):
            raise Refused(422, "Only files generated or uploaded here are supported")
        return success(self._minting.minted(url))
