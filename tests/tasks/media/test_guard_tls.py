"""Over TLS the checked address is dialled, but the name is what is asked and proved."""

import datetime
import socket
import ssl
import threading

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tasks.media.guard import guarded_client
from tests.tasks.media.fileserver import head

NAME = "files.example"
BODY = bytes(range(256)) * 8000


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A file with a key and a self-signed certificate for NAME."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def asked(certificate, monkeypatch):
    """A TLS server behind NAME; the list of the names it was asked for by SNI."""
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as stream:
                stream.recv(65536)
                stream.sendall(head(Content_Length=len(BODY)) + BODY)
        except OSError:  # the client did not like the certificate
            connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    dial = socket.create_connection
    monkeypatch.setattr(
        socket,
        "create_connection",
        lambda _address, *args, **kwargs: dial(listener.getsockname(), *args, **kwargs),
    )
    monkeypatch.setattr(
        "tasks.media.guard._resolve", lambda _host, _port: ["93.184.215.14"]
    )
    yield names
    thread.join(5)
    listener.close()


def test_it_proves_the_name(asked, certificate, monkeypatch):
    trusting = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(httpx, "create_ssl_context", lambda **_: trusting)
    with guarded_client() as client:
        assert client.get(f"https://{NAME}/x").content == BODY
    assert asked == [NAME]


def test_it_refuses_an_unproved_name(asked):
    with guarded_client() as client, pytest.raises(httpx.ConnectError):
        client.get(f"https://{NAME}/x")
    assert asked == [NAME]
