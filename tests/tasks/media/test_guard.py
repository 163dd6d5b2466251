"""Only public addresses are reached, by the address that was checked."""

import socket

import httpx
import pytest

from tasks.media.guard import Forbidden, check_url, guarded_client, public, pulsing
from tests.tasks.media.fileserver import head

NOBODY: frozenset[str] = frozenset()

HOSTILE = [
    "http://example.com/x",
    "ftp://example.com/x",
    "file:///etc/passwd",
    "https://user:secret@example.com/x",
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "https://0177.0.0.1/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[64:ff9b::7f00:1]/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.8/x",
    "https://100.64.0.1/x",
    "https://224.0.0.1/x",
    "https://0.0.0.0/x",
    "https://example.com:6379/x",
    "https://example.com:99999/x",
    "https://intranet/x",
    "https://db.internal/x",
    "https://localhost./x",
    "https://evil.example\\@127.0.0.1/x",
    "https:///x",
    "//example.com/x",
    "not a link",
    "",
]


@pytest.fixture
def client():
    with guarded_client() as client:
        yield client


def resolve_to(monkeypatch, *answers):
    """Each look-up gives the next answer, the last one for ever."""
    left = list(answers)

    def getaddrinfo(host, port, *_args, **_kwargs):
        if host[0].isdigit():  # the connection itself, to a checked address
            addresses = [host]
        else:
            addresses = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, 1, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("url", HOSTILE)
def test_it_refuses_a_hostile_url(client, url):
    with pytest.raises(Forbidden):
        check_url(url, allowed=NOBODY)
    with pytest.raises((Forbidden, httpx.InvalidURL, httpx.UnsupportedProtocol)):
        client.get(url)


@pytest.mark.parametrize(
    "url",
    ["https://example.com/a", "https://example.com:443/a", "https://93.184.215.14/a"],
)
def test_it_lets_a_public_url_pass(url):
    check_url(url, allowed=NOBODY)


@pytest.mark.parametrize(
    ("ip", "answer"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("::ffff:93.184.215.14", True),
        ("::ffff:10.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("ff02::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("fd00::1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", False),
        ("64:ff9b:1::1", False),
        ("2002:7f00:1::", False),
        ("2001:0:4136:e378::1", False),
        ("::127.0.0.1", False),
        ("::", False),
        ("localhost", False),
    ],
)
def test_it_knows_public_addresses(ip, answer):
    assert public(ip) is answer


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("http://127.0.0.1:8123/x", "127.0.0.1"),
        ("http://127.0.0.1:8123/x", "127.0.0.1:8123"),
        ("http://media.local/x", "media.local"),
        ("http://MEDIA.local./x", "media.local:80"),
        ("https://[::1]:8443/x", "[::1]:8443"),
        ("https://[::1]:8443/x", "::1"),
    ],
)
def test_it_lets_named_hosts_pass(url, entry):
    check_url(url, allowed=frozenset({entry}))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8124/x", "http://127.0.0.2:8123/x", "ftp://127.0.0.1/"]
)
def test_it_lets_only_the_named_hosts_pass(url):
    with pytest.raises(Forbidden):
        check_url(url, allowed=frozenset({"127.0.0.1:8123"}))


def test_it_refuses_allowed_hosts_with_a_password_in_the_url():
    with pytest.raises(Forbidden):
        check_url("http://a:b@127.0.0.1/x", allowed=frozenset({"127.0.0.1"}))


def test_it_refuses_a_name_with_one_private_address(client, monkeypatch):
    resolve_to(monkeypatch, ["93.184.215.14", "10.0.0.1"])
    with pytest.raises(Forbidden):
        client.get("https://two-faced.example/x")


def test_it_connects_to_the_address_it_checked(client, monkeypatch):
    # Public at the first look-up, loopback at the next: a rebinding name server.
    resolve_to(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    dialled = []

    def create_connection(address, *_args, **_kwargs):
        dialled.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", create_connection)
    with pytest.raises(httpx.ConnectError):
        client.get("https://rebinding.example/x")
    assert dialled == [("93.184.215.14", 443)]


def test_it_tries_the_next_address(server, monkeypatch):
    server.answer = lambda request: [head(Content_Length=2), b"ok"]
    resolve_to(monkeypatch, ["127.0.0.1"])
    dialled = []
    dial = socket.create_connection

    def create_connection(address, *args, **kwargs):
        dialled.append(address[0])
        if len(dialled) == 1:
            raise ConnectionRefusedError
        return dial(("127.0.0.1", server.port), *args, **kwargs)

    resolve_to(monkeypatch, ["127.0.0.9", "127.0.0.1"])
    monkeypatch.setattr(socket, "create_connection", create_connection)
    with guarded_client(allowed=frozenset({"files.example"})) as client:
        assert client.get("http://files.example/x").text == "ok"
    assert dialled == ["127.0.0.9", "127.0.0.1"]


def test_it_is_in_the_path(server, client, monkeypatch):
    """Fails if httpx should stop using the pool that the guard was put into."""
    server.answer = lambda request: [head(Content_Length=2), b"ok"]
    resolve_to(monkeypatch, ["127.0.0.1"])
    with pytest.raises(Forbidden, match="public address"):
        client.get("https://public-by-name.example/x")
    assert server.requests == []


def test_it_refuses_other_ports_behind_the_check_of_the_url(client):
    backend = client._transport._pool._network_backend
    with pytest.raises(Forbidden):
        backend.connect_tcp("93.184.215.14", 22)


def test_it_says_when_a_name_is_unknown(client, monkeypatch):
    def getaddrinfo(*_args, **_kwargs):
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(httpx.ConnectError):
        client.get("https://nowhere.example/x")


def test_it_sends_no_cookie_and_follows_nothing(server):
    server.answer = lambda request: [
        head(302, Location="/next", Set_Cookie="a=b; Path=/", Content_Length=0)
    ]
    with guarded_client(allowed=frozenset({"127.0.0.1"})) as client:
        client.get(server.url)
        client.get(server.url)
    assert len(server.requests) == 2
    for request in server.requests:
        assert "cookie" not in request
        assert request["accept-encoding"] == "identity"
        assert request["user-agent"].startswith("VeoPlatform")


def test_it_ignores_the_proxies_of_the_environment(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server.answer = lambda request: [head(Content_Length=2), b"ok"]
    with guarded_client(allowed=frozenset({"127.0.0.1"})) as client:
        assert client.get(server.url).text == "ok"


@pytest.fixture
def silent(monkeypatch):
    """The URL of a server that accepts and never says a word."""
    monkeypatch.setattr("tasks.media.guard.SLICE_SECONDS", 0.02)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def test_it_lets_the_pulse_end_a_silent_request(silent):
    beats = []

    def pulse():
        beats.append(1)
        if len(beats) > 3:
            raise InterruptedError

    with (
        guarded_client(allowed=frozenset({"127.0.0.1"})) as client,
        pulsing(pulse),
        pytest.raises(InterruptedError),
    ):
        client.get(silent)


def test_it_gives_up_on_a_silent_peer(silent):
    timeout = httpx.Timeout(5, read=0.1)
    with (
        guarded_client(allowed=frozenset({"127.0.0.1"}), timeout=timeout) as client,
        pytest.raises(httpx.ReadTimeout),
    ):
        client.get(silent)
