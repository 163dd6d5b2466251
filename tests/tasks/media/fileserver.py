"""A file server on loopback that answers exactly what a test tells it to: raw bytes,
so that it can lie about lengths, stall, cut and never end.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable

LOOPBACK = frozenset({"127.0.0.1"})


class FileServer:
    """`answer(request)` gives the raw pieces of one answer; then the line is cut.

    `request` is the request line under "" and the headers in lower case.
    """

    def __init__(self):
        self.requests = []
        self.answer: Callable[[dict[str, str]], Iterable[bytes]] = lambda request: []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/clip.mp4"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._talk, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _talk(self, connection):
        with connection, contextlib.suppress(OSError):
            received = b""
            while b"\r\n\r\n" not in received:
                piece = connection.recv(65536)
                if not piece:
                    return
                received += piece
            lines = received.decode().split("\r\n")
            request = {"": lines[0]}
            for line in lines[1:]:
                name, _, value = line.partition(": ")
                request[name.lower()] = value
            self.requests.append(request)
            for piece in self.answer(request):
                connection.sendall(piece)


def head(status=200, **headers):
    """A status line and headers; `Content_Length=5` becomes `Content-Length: 5`."""
    lines = [f"HTTP/1.1 {status} Said"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


def whole(content, **headers):
    """An honest server of one file that knows ranges."""

    def answer(request):
        total = len(content)
        tag = headers.get("ETag", '"one"')
        asked = request.get("range")
        if asked and request.get("if-range") == tag:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            span = f"bytes {start}-{total - 1}/{total}"
            rest = content[start:]
            return [head(206, Content_Range=span, Content_Length=len(rest)), rest]
        given = {"Content_Length": total, "ETag": tag, **headers}
        return [head(200, Content_Type="video/mp4", **given), content]

    return answer


def files(tmp_path):
    return sorted(path.name for path in tmp_path.rglob("*") if path.is_file())


def ranges(server):
    return [request.get("range") for request in server.requests]


def cut_at(content, length, **headers):
    """An answer that announces everything and breaks off."""
    given = {"Content_Length": len(content), "ETag": '"one"', **headers}
    return lambda request: [head(200, **given), content[:length]]
