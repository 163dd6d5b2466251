"""A raw server for faults of the wire, a client that is soon out of patience."""

import contextlib
import socket
import struct
import threading

import pytest

from tasks.kie.client import Kie
from tasks.kie.requests import GenerateRequest
from tasks.kie.wire import Timeouts

KEY = "kie_live_0123456789abcdef"
TOKEN = "t0ken-" + "x" * 37
CALLBACK = f"https://video.example.org/hooks/kie/{TOKEN}/"
HASTE = Timeouts(
    connect=0.3, write=0.1, pool=0.1, read=0.15, wall=0.3, ask_read=0.15, ask_wall=0.3
)


class RawServer:
    """Hands each connection to `behave`; no HTTP of its own."""

    def __init__(self, behave):
        self.behave = behave
        self.connections = 0
        self.requests = []
        self.over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, contextlib.suppress(OSError):
                connection.settimeout(2)
                self.behave(self, connection)

    def read(self, connection):
        """Read one whole request and keep it."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._piece(connection)
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.decode().lower().split("\r\n")
        length = next((int(x[16:]) for x in lines if x[:15] == "content-length:"), 0)
        while len(body) < length:
            body += self._piece(connection)
        self.requests.append((head.decode(), body))

    def _piece(self, connection):
        if piece := connection.recv(65536):
            return piece
        raise ConnectionError("gone before its request was whole")

    def close(self):
        self.over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(3)


def reset(connection):
    """Make closing it send RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def http(status, body, *headers):
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.fixture
def serve():
    """Start a raw server with this behaviour; it ends with the test."""
    servers = []

    def start(behave):
        servers.append(RawServer(behave))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def make_kie():
    clients = []

    def make(base_url="https://api.kie.ai", **options):
        options.setdefault("timeouts", HASTE)
        options.setdefault("upload_url", "https://kieai.redpandaai.co")
        clients.append(Kie(KEY, base_url=base_url, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def kie(make_kie):
    return make_kie()


def make_request(**fields):
    return GenerateRequest(
        **{
            "prompt": "Slow push-in on the lighthouse",
            "image_urls": ("https://tempfile.redpandaai.co/kieai/48213/003.jpg",),
            "model": "veo3_fast",
            "aspect_ratio": "9:16",
            "resolution": "720p",
            "duration": 8,
            "watermark": None,
            "translate": True,
            "seed": 48213,
            **fields,
        }
    )
