import socket

import pytest

from tasks.embedded.locks import Refused, exclusive, free_port, is_free, require_free


def test_it_lets_one_copy_in_at_a_time(tmp_path):
    file = tmp_path / "data" / "up.lock"
    with (
        exclusive(file),
        pytest.raises(Refused, match="already running on"),
        exclusive(file),
    ):
        pass
    with exclusive(file):
        pass


def test_it_refuses_a_port_that_somebody_listens_on():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=f"Port {port} on 127.0.0.1 is taken"):
            require_free("127.0.0.1", port)
    require_free("127.0.0.1", port)


def test_it_refuses_a_port_that_is_shared_out_as_granian_does():
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert not is_free("127.0.0.1", taken.getsockname()[1])


def test_it_refuses_an_address_of_another_machine():
    with pytest.raises(Refused, match="is not an address of this machine"):
        require_free("192.0.2.1", 8000)


def test_it_refuses_nonsense_in_one_sentence():
    with pytest.raises(Refused, match="Port 8000 on no host cannot be used"):
        require_free("no host", 8000)
    with pytest.raises(Refused, match="PORT must be from 1 to 65535, not 70000"):
        require_free("127.0.0.1", 70000)


def test_it_takes_the_wanted_port_or_any_other():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        other = free_port("127.0.0.1", port)
        assert other != port
        assert is_free("127.0.0.1", other)
    assert free_port("127.0.0.1", port) == port
    assert free_port("127.0.0.1", 70000) < 65536
