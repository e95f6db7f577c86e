"""The example's tests: no server, no browser."""

import pytest
from pingpong import make_app
from tgext.socketio.testing import SocketIOTestClient

PONG = ("pong", {"sound": "pong"})
BANG = ("pong", {"sound": "bang!"})


@pytest.fixture
def socket():
    return SocketIOTestClient(make_app({})).namespace("/pingpong")


def test_a_ping_is_answered_by_a_pong(socket):
    assert socket.emit("ping", {"type": "ping"}).events == [PONG]


def test_a_fireball_is_answered_ten_times(socket):
    assert socket.emit("ping", {"type": "fireball"}).events == [BANG] * 10


def test_auto_is_one_of_both(socket):
    assert socket.emit("ping", {"type": "auto"}).events in ([PONG], [BANG] * 10)


def test_an_error_says_which_argument_is_wrong(socket):
    reply = socket.emit("ping", {"type": "error"})
    assert reply.events == []
    assert reply.errors == [("invalid_method_args", {"attack": "Got an error!"})]
