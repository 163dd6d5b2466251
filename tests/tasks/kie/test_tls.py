"""The same over TLS, which is how it always is in production."""

import datetime
import ipaddress
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tasks.kie.errors import FAULTS, Verdict
from tasks.kie.wire import tls

from .conftest import CALLBACK, http, make_request


@pytest.fixture
def server_side(tmp_path):
    """A TLS context for 127.0.0.1 that our client trusts; its key ends with the test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "pair.pem").write_bytes(secret + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pair.pem")
    tls().load_verify_locations(cadata=pem.decode())
    return context


def test_it_buys_over_tls(serve, make_kie, server_side):
    def answer(server, connection):
        with server_side.wrap_socket(connection, server_side=True) as wrapped:
            server.read(wrapped)
            wrapped.sendall(http(200, '{"code":200,"data":{"taskId":"veo_1"}}'))

    server = serve(answer)
    kie = make_kie(server.url.replace("http", "https"))
    outcome = kie.generate(make_request(), callback_url=CALLBACK)
    assert (outcome.verdict, outcome.task_id) == (Verdict.ACCEPTED, "veo_1")


def test_it_does_not_wait_for_a_trickle_over_tls(serve, make_kie, server_side):
    def trickle(server, connection):
        with server_side.wrap_socket(connection, server_side=True) as wrapped:
            server.read(wrapped)
            wrapped.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not server.over.wait(0.04):
                wrapped.sendall(b" ")

    server = serve(trickle)
    kie = make_kie(server.url.replace("http", "https"))
    began = time.monotonic()
    outcome = kie.generate(make_request(), callback_url=CALLBACK)
    assert outcome.fault is FAULTS["answer_timeout"]
    assert time.monotonic() - began < 2.5


def test_it_trusts_no_stranger(serve, make_kie, server_side):
    def answer(server, connection):
        with server_side.wrap_socket(connection, server_side=True):
            pass

    server = serve(answer)
    kie = make_kie(server.url.replace("http://127.0.0.1", "https://localhost"))
    outcome = kie.generate(make_request(), callback_url=CALLBACK)
    assert outcome.verdict is Verdict.NOT_SENT
    assert outcome.fault is FAULTS["tls_failed"]
