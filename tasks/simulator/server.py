"""Puts the simulator together, keeps it on the loopback, and sends each request where it belongs."""

import asyncio
import fcntl
import secrets
from collections.abc import Callable
from io import TextIOWrapper
from typing import Self

from tasks.simulator import delivery, uploads
from tasks.simulator.accounts import Accounts
from tasks.simulator.callbacks import Callbacks
from tasks.simulator.clips import Clips
from tasks.simulator.control import Control
from tasks.simulator.delivery import Delivery
from tasks.simulator.files import Minting
from tasks.simulator.generations import Generations, Studio
from tasks.simulator.ledger import Ledger
from tasks.simulator.modes import obey
from tasks.simulator.outside import Outside
from tasks.simulator.provider import Provider
from tasks.simulator.replies import Refused, envelope
from tasks.simulator.settings import Behaviour, Settings, is_loopback
from tasks.simulator.uploads import Pictures, Uploads
from tasks.simulator.wire import Answer, Request, Response, serve_connection

BACKLOG = 1024
LOCK_TRIES, LOCK_PAUSE = 10, 0.05


class CannotStart(Exception):
    """The simulator must not or cannot run here; the text is one sentence for a person."""


def _quiet(line: str) -> None:
    pass


class Simulator:
    """`async with Simulator(settings) as simulator:` serves at simulator.url until the block ends."""

    url: str

    def __init__(self, settings: Settings, say: Callable[[str], None] = _quiet) -> None:
        self._settings = settings
        self._say = say
        self._talks: set[asyncio.Task[None]] = set()
        self._connections = 0

    async def __aenter__(self) -> Self:
        self._lock = await _locked(self._settings)
        try:
            self._server = await self._bound()
        except BaseException:
            self._lock.close()
            raise
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://{self._settings.host}:{port}"
        self._assemble()
        await self._server.start_serving()
        self._generations.resume()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        talks = list(self._talks)
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await self._server.wait_closed()
        await self._generations.stop()
        await self._clips.stop()
        await self._outside.close()
        self._ledger.close()
        self._lock.close()

    async def _bound(self) -> asyncio.Server:
        host, port = self._settings.host, self._settings.port
        if not is_loopback(host):
            raise CannotStart(f"The simulator only serves the loopback, not {host}.")
        try:
            return await asyncio.start_server(
                self._talk, host, port, backlog=BACKLOG, start_serving=False
            )
        except OSError as e:
            raise CannotStart(f"Port {port} on {host} is taken.") from e

    def _assemble(self) -> None:
        settings, folder = self._settings, self._settings.state_dir
        self._behaviour = behaviour = Behaviour.starting(settings)
        self._ledger = ledger = Ledger(folder / "ledger.sqlite3")
        self._outside = outside = Outside()
        self._clips = clips = Clips(
            settings.renders_dir or folder / "renders", settings.pan
        )
        accounts = Accounts(settings, ledger)
        pictures = Pictures(folder / "pictures", ledger, settings.upload_seconds)
        self._uploads = Uploads(pictures, accounts, outside, self.url)
        studio = Studio(self.url, pictures, self._uploads, outside, clips)
        callbacks = Callbacks(settings, behaviour, accounts, outside, self.url)
        self._generations = generations = Generations(
            settings, behaviour, ledger, accounts, studio, callbacks, self._say
        )
        secret = ledger.secret("minting", secrets.token_hex(32))
        minting = Minting(secret, settings.minted_seconds)
        self._delivery = Delivery(generations, clips, minting, settings.result_seconds)
        self._provider = Provider(
            self.url, behaviour, ledger, accounts, generations, callbacks, minting
        )
        control = Control(
            behaviour, ledger, accounts, generations, lambda: self._connections
        )
        self._routes = self._calls(self._provider, self._uploads) | {
            ("GET", "/_sim/ping"): control.ping,
            ("GET", "/_sim/ledger"): control.ledger,
            ("POST", "/_sim/control"): control.change,
        }

    def _calls(
        self, provider: Provider, uploads: Uploads
    ) -> dict[tuple[str, str], Answer]:
        return {
            ("POST", "/api/v1/veo/generate"): provider.generate,
            ("GET", "/api/v1/veo/record-info"): provider.record_info,
            ("GET", "/api/v1/chat/credit"): provider.credit,
            ("POST", "/api/v1/common/download-url"): provider.download_url,
            ("POST", "/api/file-stream-upload"): uploads.stream,
            ("POST", "/api/file-base64-upload"): uploads.base64,
            ("POST", "/api/file-url-upload"): uploads.url,
        }

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._connections += 1
        talk = asyncio.current_task()
        if talk is not None:
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)
        await serve_connection(self._answer, reader, writer)

    async def _answer(self, request: Request) -> Response:
        try:
            if request.path.startswith("/api/"):
                return await self._called(request)
            if request.path.startswith("/_sim/"):
                return await self._routed(request)
            return await self._file(request)
        except Refused as e:
            return e.response()

    async def _called(self, request: Request) -> Response:
        # The create call obeys by itself: it must be written down first.
        if request.path != "/api/v1/veo/generate":
            await obey(self._behaviour.mode)
        return await self._routed(request)

    async def _routed(self, request: Request) -> Response:
        route = self._routes.get((request.method, request.path))
        if route is None:
            return envelope(404, "The requested resource does not exist.", None, 404)
        return await route(request)

    async def _file(self, request: Request) -> Response:
        if self._behaviour.mode in ("down", "hang"):
            await obey(self._behaviour.mode)
        if request.method not in ("GET", "HEAD"):
            return envelope(405, "Method not allowed", None, 405)
        if request.path.startswith(delivery.PREFIX):
            return await self._delivery.serve(request)
        if request.path.startswith(uploads.PREFIX):
            return self._uploads.serve(request)
        return Response(404, b"Not found", "text/plain")


async def _locked(settings: Settings) -> TextIOWrapper:
    """Two simulators on one ledger would sell the same balance twice."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    lock = (settings.state_dir / "lock").open("w")
    # A child that was just being started holds a killed simulator's lock a moment longer.
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            await asyncio.sleep(LOCK_PAUSE)
        else:
            return lock
    lock.close()
    raise CannotStart(f"Another simulator is using {settings.state_dir}.")
