"""HTTP/1.1 on asyncio and h11: reads requests, writes answers, and can cut, reset or never answer.

ASGI servers cannot close a connection before the answer, and the answer lost after a
purchase is the fault that matters most.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

import h11

BODY_LIMIT = 64 * 2**20
READ_SIZE = 64 * 1024


class Cut(Exception):
    """Ends the connection without an answer, or in the middle of one; reset=True sends RST."""

    def __init__(self, reset: bool = False) -> None:
        super().__init__(reset)
        self.reset = reset


class Hang(Exception):
    """Says no more and waits until the other side has gone."""


@dataclass(slots=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Response:
    """A streamed body without a length goes out chunked."""

    status: int = 200
    body: bytes | AsyncIterator[bytes] = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None


type Answer = Callable[[Request], Awaitable[Response]]


async def serve_connection(
    answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    conn = h11.Connection(h11.SERVER)
    try:
        await _converse(conn, answer, reader, writer)
    except Cut as cut:
        if cut.reset:
            _reset(writer)
    except Hang:
        while await reader.read(READ_SIZE):
            pass
    except h11.RemoteProtocolError:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    except ConnectionError:
        pass
    finally:
        writer.close()


async def _converse(
    conn: h11.Connection,
    answer: Answer,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    while (request := await _request(conn, reader, writer)) is not None:
        await _send(conn, writer, request, await answer(request))
        if conn.our_state is not h11.DONE or conn.their_state is not h11.DONE:
            return
        conn.start_next_cycle()


async def _request(
    conn: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = conn.next_event()
        if event is h11.NEED_DATA:
            if conn.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                writer.write(conn.send(go_on) or b"")
            conn.receive_data(await reader.read(READ_SIZE))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > BODY_LIMIT:
                raise Cut
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return _parsed(head, bytes(body))
        else:
            return None


def _parsed(head: h11.Request, body: bytes) -> Request:
    path, _, query = head.target.decode("latin-1").partition("?")
    return Request(
        method=head.method.decode(),
        path=unquote(path) if "%" in path else path,
        query=dict(parse_qsl(query)) if query else {},
        headers={name.decode(): v.decode("latin-1") for name, v in head.headers},
        body=body,
    )


async def _send(
    conn: h11.Connection,
    writer: asyncio.StreamWriter,
    request: Request,
    response: Response,
) -> None:
    body = response.body
    out = conn.send(_head(response)) or b""
    if request.method == "HEAD":
        writer.write(out + (conn.send(h11.EndOfMessage()) or b""))
    elif isinstance(body, bytes):
        out += conn.send(h11.Data(data=body)) or b""
        writer.write(out + (conn.send(h11.EndOfMessage()) or b""))
    else:
        writer.write(out)
        async for chunk in body:
            writer.write(conn.send(h11.Data(data=chunk)) or b"")
            await writer.drain()
        writer.write(conn.send(h11.EndOfMessage()) or b"")
    await writer.drain()


def _head(response: Response) -> h11.Response:
    headers = [(b"content-type", response.content_type.encode())]
    length = response.length
    if isinstance(response.body, bytes) and length is None:
        length = len(response.body)
    if length is not None:
        headers.append((b"content-length", b"%d" % length))
    headers.extend((k.encode(), v.encode()) for k, v in response.headers.items())
    return h11.Response(status_code=response.status, headers=headers)


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None:
        linger = struct.pack("ii", 1, 0)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
