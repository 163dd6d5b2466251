import socket

import pytest

from tasks.embedded import simulated


@pytest.fixture
def account(make_key):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    return make_key.account(
        "Simulator", base_url=url, upload_url=url, simulated=True
    ), port


def test_it_needs_no_simulator_without_a_simulated_account(make_key):
    make_key.account("real", base_url="http://127.0.0.1:9", upload_url="http://x")
    assert simulated.settled_port() is None


def test_it_listens_on_the_same_port_at_every_start(account):
    _account, port = account
    assert simulated.settled_port() == simulated.settled_port() == port


def test_it_moves_the_account_when_the_port_is_taken(account):
    account, port = account
    with socket.create_server(("127.0.0.1", port)):
        moved = simulated.settled_port()
    account.refresh_from_db()
    assert moved != port
    assert account.base_url == account.upload_url == f"http://127.0.0.1:{moved}"


def test_it_looks_for_a_place_beside_the_web_server(settings):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.PORT = port - 1000
    assert simulated.first_url() == f"http://127.0.0.1:{port}"
