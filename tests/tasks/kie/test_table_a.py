"""One test a row of table A, on real sockets."""

import json
import socket
import time

import httpx
import pytest

from tasks.kie.errors import FAULTS, Blame, Verdict

from .conftest import CALLBACK, HASTE, KEY, http, make_request, reset

HUGE = "x" * 24_000_000  # more than the sockets' buffers hold


def accepted(task_id="veo_task_9f3c2a71"):
    return json.dumps({"code": 200, "data": {"taskId": task_id}})


def buy(kie, prompt="Gulls cross the frame"):
    began = time.monotonic()
    outcome = kie.generate(make_request(prompt=prompt), callback_url=CALLBACK)
    assert time.monotonic() - began < 2.5
    assert KEY not in repr(outcome)
    return outcome


def rst_on_accept(server, connection):
    reset(connection)


def rst_mid_body(server, connection):
    connection.recv(1000)
    reset(connection)


def fin_mid_body(server, connection):
    connection.recv(1000)


def never_read(server, connection):
    server.over.wait(2)


@pytest.mark.parametrize("behave", [rst_mid_body, fin_mid_body, never_read])
def test_it_proves_that_half_a_request_was_not_sent(serve, make_kie, behave):
    server = serve(behave)
    outcome = buy(make_kie(server.url), prompt=HUGE)
    assert outcome.verdict is Verdict.NOT_SENT
    assert outcome.fault is FAULTS["send_interrupted"]
    assert server.connections == 1


def test_it_is_not_sent_when_the_connection_is_dropped_at_once(serve, make_kie):
    server = serve(rst_on_accept)
    outcome = buy(make_kie(server.url), prompt=HUGE)
    assert outcome.verdict is Verdict.NOT_SENT
    assert outcome.fault.code in ("send_interrupted", "connect_refused")  # a race
    assert server.connections == 1


def rst(server, connection):
    server.read(connection)
    reset(connection)


def fin(server, connection):
    server.read(connection)


def hang(server, connection):
    server.read(connection)
    server.over.wait(2)


def headers_then_hang(server, connection):
    server.read(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{")
    server.over.wait(2)


def trickle(server, connection, head=b""):
    server.read(connection)
    for letter in head + b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000:
        connection.sendall(bytes([letter]))
        if server.over.wait(0.04):
            return


def trickle_body(server, connection):
    server.read(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not server.over.wait(0.04):
        connection.sendall(b" ")


def truncated(server, connection):
    server.read(connection)
    connection.sendall(http(200, accepted())[:-10])


def truncated_chunks(server, connection):
    server.read(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{")


def illegal_status_line(server, connection):
    server.read(connection)
    connection.sendall(b"SMTP ready\r\n\r\n")


def false_gzip(server, connection):
    server.read(connection)
    connection.sendall(http(200, "no gzip", "Content-Encoding: gzip"))


@pytest.mark.parametrize(
    ("behave", "code"),
    [
        (rst, "answer_lost"),
        (fin, "answer_lost"),
        (hang, "answer_timeout"),
        (headers_then_hang, "answer_timeout"),
        (trickle, "answer_timeout"),
        (trickle_body, "answer_timeout"),
        (truncated, "answer_broken"),
        (truncated_chunks, "answer_broken"),
        (illegal_status_line, "answer_broken"),
        (false_gzip, "answer_broken"),
    ],
)
def test_it_leaves_open_what_may_have_been_bought(serve, make_kie, behave, code):
    server = serve(behave)
    outcome = buy(make_kie(server.url))
    assert (outcome.verdict, outcome.fault) == (Verdict.UNCERTAIN, FAULTS[code])
    assert outcome.fault.retry is False
    assert server.connections == len(server.requests) == 1


def test_it_is_not_sent_when_nobody_listens(make_kie):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    outcome = buy(make_kie(f"http://127.0.0.1:{port}"))
    assert outcome.verdict is Verdict.NOT_SENT
    assert outcome.fault is FAULTS["connect_refused"]
    assert outcome.text == "ConnectError"


def test_it_is_not_sent_when_the_name_is_unknown(kie, monkeypatch):
    def unknown(*args, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert buy(kie).fault is FAULTS["dns_failed"]


def test_it_is_not_sent_when_the_connection_is_not_taken(make_kie):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(address)
        outcome = buy(make_kie(f"http://127.0.0.1:{address[1]}"))
        for client in waiting:
            client.close()
    assert outcome.fault is FAULTS["connect_timeout"]


def test_it_is_not_sent_when_the_server_speaks_no_tls(serve, make_kie):
    server = serve(lambda server, connection: connection.sendall(http(200, "hello")))
    outcome = buy(make_kie(server.url.replace("http", "https")))
    assert outcome.fault is FAULTS["tls_failed"]


@pytest.mark.parametrize(
    "url",
    ["api.kie.ai", "ftp://api.kie.ai", "https://api.kie.ai:port", "https://é\u200b.x/"],
)
def test_it_blames_the_account_for_an_impossible_address(make_kie, url):
    outcome = buy(make_kie(url))
    assert outcome.verdict is Verdict.NOT_SENT
    assert outcome.fault is FAULTS["bad_address"]
    assert outcome.fault.blame is Blame.ACCOUNT


def test_it_blames_the_key_for_letters_no_header_can_hold(serve, make_kie, monkeypatch):
    monkeypatch.setattr("tests.tasks.kie.conftest.KEY", "kie_live\r\nX-Evil: 1")
    outcome = buy(make_kie(serve(hang).url))
    assert outcome.fault is FAULTS["key_malformed"]
    assert "Evil" not in repr(outcome)


def test_it_blames_the_task_for_half_a_character(kie):
    outcome = buy(kie, prompt="half \ud83d")
    assert outcome.verdict is Verdict.NOT_SENT
    assert outcome.fault is FAULTS["unsendable"]
    assert outcome.fault.blame is Blame.TASK


def test_it_waits_for_a_connection_of_the_pool_only_so_long(kie, respx_mock):
    respx_mock.post().mock(side_effect=httpx.PoolTimeout)
    assert buy(kie).fault is FAULTS["pool_full"]


def test_it_reads_an_early_refusal_although_not_all_was_sent(serve, make_kie):
    def refuse(server, connection):
        connection.recv(1000)
        connection.sendall(http(413, "too large", "Connection: close"))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1_000_000):
            pass

    outcome = buy(make_kie(serve(refuse).url), prompt=HUGE)
    assert outcome.fault is FAULTS["invalid_parameter"]


def test_it_reads_at_most_a_mebibyte(serve, make_kie):
    def flood(server, connection):
        server.read(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
        connection.sendall(b'{"code": 200, "msg": "' + b"x" * 50_000_000)

    outcome = buy(make_kie(serve(flood).url))
    assert outcome.fault is FAULTS["answer_unreadable"]
    assert len(outcome.text) <= 200


def test_it_opens_a_fresh_connection_for_each_purchase(serve, make_kie):
    def keep_alive(server, connection):
        server.read(connection)
        connection.sendall(http(200, accepted(f"veo_{len(server.requests)}")))

    server = serve(keep_alive)
    kie = make_kie(server.url)
    assert [buy(kie).task_id for _ in range(3)] == ["veo_1", "veo_2", "veo_3"]
    assert server.connections == 3


def test_it_follows_no_redirect(serve, make_kie):
    def redirect(server, connection):
        server.read(connection)
        connection.sendall(http(307, "", f"Location: {server.url}/elsewhere"))

    server = serve(redirect)
    outcome = buy(make_kie(server.url))
    assert outcome.fault is FAULTS["redirected"]
    assert outcome.verdict is Verdict.REFUSED
    assert len(server.requests) == 1


def test_it_has_the_times_of_the_table():
    times = type(HASTE)()
    assert (times.connect, times.write, times.read, times.pool) == (10, 30, 120, 10)
    assert (times.wall, times.ask_read, times.ask_wall) == (150, 30, 45)
