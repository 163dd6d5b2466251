"""Drawn clips: each picture, ratio and length is drawn once, by one child process, and kept on disk."""

import asyncio
import hashlib
import json
import struct
import sys
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("render.py")
TAIL_BYTES = 32


class RenderFailed(Exception):
    """The picture cannot be made into a clip; the text says why."""


class Renderer:
    """The child: started when first needed, alone, one job at a time; ends when its pipe closes."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def draw(self, job: dict[str, Any]) -> None:
        """Raises RenderFailed. A child that died is replaced once."""
        async with self._turn:
            answer = await self._ask(job) or await self._ask(job)
        error = json.loads(answer)["error"] if answer else "The renderer died."
        if error:
            raise RenderFailed(error)

    async def _ask(self, job: dict[str, Any]) -> bytes:
        if self._process is None or self._process.returncode is not None:
            self._process = await self._start()
        if self._process.stdin is None or self._process.stdout is None:
            return b""
        try:
            self._process.stdin.write(json.dumps(job).encode() + b"\n")
            await self._process.stdin.drain()
            answer = await self._process.stdout.readline()
        except ConnectionError:
            answer = b""
        if not answer:
            await self.stop()
        return answer

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # its neighbours must not shadow the standard library
            str(SCRIPT),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us; it follows by its pipe
        )

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.communicate()


class Clips:
    def __init__(self, folder: Path, pan: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._pan = pan
        self._renderer = Renderer()
        self._making: dict[str, asyncio.Task[None]] = {}

    async def drawn(self, picture: Path | None, ratio: str, seconds: int) -> str:
        """Name of the clip of this picture (None = a plain card); raises RenderFailed."""
        sha = picture.name[:40] if picture else "plain"
        moves = "pan" if self._pan else "still"
        name = f"{sha}-{ratio.replace(':', 'x')}-{seconds}-{moves}.mp4"
        if not (self._folder / name).exists():
            await asyncio.shield(self._made(name, picture, ratio, seconds))
        return name

    def _made(
        self, name: str, picture: Path | None, ratio: str, seconds: int
    ) -> asyncio.Task[None]:
        if name not in self._making:
            job = {
                "picture": str(picture or ""),
                "out": str(self._folder / name),
                "ratio": ratio,
                "seconds": seconds,
                "pan": self._pan,
            }
            task = asyncio.create_task(self._renderer.draw(job))
            task.add_done_callback(lambda _: self._making.pop(name))
            self._making[name] = task
        return self._making[name]

    def read(self, name: str, task_id: str) -> bytes:
        """The clip as this task's own: a trailing `free` box makes every file another one."""
        return (self._folder / name).read_bytes() + tail(task_id)

    async def stop(self) -> None:
        for task in self._making.values():
            task.cancel()
        await asyncio.gather(*self._making.values(), return_exceptions=True)
        await self._renderer.stop()


def tail(task_id: str) -> bytes:
    """Task ids are random, and so is their digest: the same at every download, never twice."""
    noise = hashlib.sha256(task_id.encode()).digest()
    return struct.pack(">I4s", 8 + TAIL_BYTES, b"free") + noise
