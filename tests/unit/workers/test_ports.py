"""A port that is taken is named with the variable that moves it."""

import socket
from collections.abc import Iterator

import pytest

from app.errors import BadSetting
from workers import ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_in_use_is_named_with_its_variable(taken):
    with pytest.raises(ports.PortInUse, match=f"SIM_INTACCT_PORT: port {taken} on 127.0.0.1 is in use"):
        ports.check("SIM_INTACCT_PORT", "127.0.0.1", taken, patience=0)


def test_zero_finds_a_free_port():
    found = ports.check("PORT", "127.0.0.1", 0)
    assert ports.check("PORT", "127.0.0.1", found) == found


@pytest.mark.parametrize(
    ("host", "port"), [("192.0.2.1", 8000), ("no such host", 8000), ("127.0.0.1", 70_000)]
)
def test_where_nobody_can_listen_the_setting_is_wrong(host, port):
    with pytest.raises(BadSetting, match="PORT"):
        ports.check("PORT", host, port)


@pytest.mark.parametrize(
    ("host", "named"),
    [("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("::1", "[::1]"), ("pay.example", "pay.example")],
)
def test_an_address_is_shown_as_a_browser_can_open_it(host, named):
    assert ports.reachable(host) == named
